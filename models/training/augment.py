"""Changes squares as cameras would: other distance, light, colour, no colour, blur, few pixels, compression."""
import cv2
import numpy as np

from .crops import WIDE

LEAST, MOST, USED = 1.05, 1.9, 1.4  # a square's side over its thing's: the range learnt from, and what is used


def plain(square, side, times=USED):
    """The middle of a kept square, as it is used."""
    half = int(round(square.shape[0] * times / WIDE / 2))
    middle = square.shape[0] // 2
    part = square[middle - half:middle + half, middle - half:middle + half]
    return cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA if 2 * half > side else cv2.INTER_LINEAR)


def varied(square, side, rng):
    """A kept square as another camera may have seen it, in bytes."""
    square = placed(square, side, rng)
    if rng.random() < 0.3:
        square = coarse(square, rng)
    square = lit(square, rng)
    if rng.random() < 0.3:
        _, coded = cv2.imencode(".jpg", square, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(8, 60))])
        square = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return square


def placed(square, side, rng):
    """Looks at more or less around the thing, off its middle, tilted a little, stretched, mirrored."""
    kept = square.shape[0]
    times = rng.uniform(LEAST, MOST)
    scale = side / (kept * times / WIDE)
    angle = np.deg2rad(rng.normal(0, 6))
    stretch = np.exp(rng.normal(0, 0.1))
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    m = np.array([[c * stretch, -s, 0], [s, c / stretch, 0]])
    if rng.random() < 0.5:
        m[:, 0] *= -1
    off = rng.uniform(-0.1, 0.1, 2) * kept / WIDE
    m[:, 2] = side / 2 - m[:, :2] @ (kept / 2 + off)
    if scale < 0.75:  # a warp takes single pixels: averaged first, or it would flicker
        square = cv2.blur(square, (2, 2))
    return cv2.warpAffine(square, m, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def coarse(square, rng):
    """As if it had been far away, or out of focus."""
    side = square.shape[0]
    if rng.random() < 0.3:
        return cv2.GaussianBlur(square, (0, 0), rng.uniform(0.6, 2.5))
    few = int(rng.integers(9, 48))
    small = cv2.resize(square, (few, few), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)


def lit(square, rng):
    """Other exposure, white balance and saturation, noise; a fifth has no colour, as by infrared light."""
    x = square.astype(np.float32) / 255
    if rng.random() < 0.2:
        x = np.repeat(cv2.cvtColor(x, cv2.COLOR_BGR2GRAY)[..., None], 3, 2)
    else:
        grey = cv2.cvtColor(x, cv2.COLOR_BGR2GRAY)[..., None]
        x = grey + (x - grey) * np.float32(np.exp(rng.normal(0, 0.25)))
        x *= np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
    x = np.clip(x, 0, None) ** np.float32(np.exp(rng.normal(0, 0.2)))
    x = (x - 0.5) * np.float32(np.exp(rng.normal(0, 0.15))) + 0.5
    x *= np.float32(np.exp(rng.normal(0, 0.25)))  # beyond 1 is clipped: white flames, white lamps
    if rng.random() < 0.3:
        x += rng.normal(0, rng.uniform(0.01, 0.06), x.shape[:2] + (1,)).astype(np.float32)
    return (np.clip(x, 0, 1) * 255).astype(np.uint8)


def flame_before(flame, background, rng):
    """A flame put before another background, perhaps smaller: fire adds light, so only what is light is taken of it."""
    side = flame.shape[0]
    size = int(side * rng.uniform(0.4, 1))
    edge = (side - size) // 2
    flame = cv2.copyMakeBorder(cv2.resize(flame, (size, size), interpolation=cv2.INTER_AREA), edge, side - size - edge, edge, side - size - edge, cv2.BORDER_CONSTANT)
    light = flame.max(2).astype(np.float32)
    y, x = np.mgrid[-1:1:flame.shape[0] * 1j, -1:1:flame.shape[0] * 1j]
    near = np.clip(1.6 - 1.6 * np.hypot(x, y) / (0.75 * size / side), 0, 1)
    mask = (np.clip((light - 90) / 90, 0, 1) * near)[..., None].astype(np.float32)
    return (np.maximum(flame * mask, 0) + background * (1 - mask)).astype(np.uint8)


def with_lamp(square, rng):
    """One to three lamps with their bloom: round, white in the middle, tinted around."""
    side = square.shape[0]
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    out = square.astype(np.float32)
    tint = np.array([(0.35, 0.7, 1), (0.6, 0.85, 1), (1, 1, 1), (0.3, 0.45, 1)][rng.integers(4)], np.float32)
    cx, cy = rng.uniform(0.35, 0.65, 2) * side
    radius = side * rng.uniform(0.04, 0.2)
    for _ in range(rng.integers(1, 4)):
        d = np.hypot((x - cx) * rng.uniform(0.6, 1.4), y - cy) / radius
        core, bloom = 1 / (1 + np.exp(np.minimum(8 * (d - 1), 60))), np.exp(-d / rng.uniform(1, 3))
        out += 255 * core[..., None] + 200 * bloom[..., None] * tint
        cx += rng.uniform(1, 4) * radius * rng.choice([-1, 1])
    return np.clip(out, 0, 255).astype(np.uint8)


def with_smoke(square, rng):
    """A soft grey plume over a picture: noise of several sizes, denser in the middle."""
    side = square.shape[0]
    density = sum(cv2.resize(rng.random((n, n), np.float32), (side, side), interpolation=cv2.INTER_CUBIC) / n for n in (2, 4, 8, 16))
    y, x = np.mgrid[-1:1:side * 1j, -1:1:side * 1j]
    density = (density - density.min()) / (np.ptp(density) + 1e-6) * np.clip(1.3 - np.hypot(x, y), 0, 1)
    density = np.clip(density * rng.uniform(1.2, 2), 0, 0.95)[..., None].astype(np.float32)
    grey = rng.uniform(30, 230)
    return (square * (1 - density) + grey * density).astype(np.uint8)
