"""The squares from which the vehicle network learns: labels are (vehicle, person).

A thing that stands in a zone is asked about, so what matters besides vehicles is people, ground and painted bays with cars
beside them. Bays are drawn onto ground; the one real parking lot is for tests only.
"""
import random

import cv2
import numpy as np

from . import crops, sources, split
from .crops import UNKNOWN

SIDE = 96
LEAST = 20  # pixels, the longer side of a thing
LABELS = {"cyclist": (UNKNOWN, UNKNOWN), "person": (0, 1), "vest": (0, UNKNOWN)}  # a cyclist is both, and neither


def build():
    """Makes the collection; about two minutes on one core."""
    rng = random.Random(2)
    out = crops.Collection(SIDE)
    pictures = [p for p in sources.pictures({"manaus_traffic", "yuskun_car", "safety_vest", "fire8"}) if p.set != "fire8" or not p.boxes]
    parts = split.parts(pictures)
    for p in pictures:
        of_picture(p, sources.load(p.name), out, parts[p.name], rng)
    for frame, spaces in sources.parking_lot():
        picture = cv2.imread(str(frame))
        for occupied, *box in spaces:
            out.add(picture, box, "bay", (int(occupied), 0), "test", f"parking lot {frame.stem}", "polo_pklot")
    out.save("vehicle")


def of_picture(p, picture, out, part, rng):
    def add(box, kind, labels):
        out.add(picture, box, kind, labels, part, p.scene, p.set)

    things = [b for b in p.boxes if max(b[3] - b[1], b[4] - b[2]) >= LEAST]
    for what, *box in rng.sample(things, min(8, len(things))):
        if what in sources.VEHICLES:
            add(box, what, (1, 0 if what != "motorcycle" else UNKNOWN))
        elif what in LABELS:
            add(box, what, LABELS[what])
    if p.set == "safety_vest":
        return  # vehicles are not labelled there
    boxes = [b[1:] for b in p.boxes]
    for _ in range(12):
        box = near(rng.choice(boxes), rng) if boxes and rng.random() < 0.6 else crops.anywhere(picture, rng)
        height, width = picture.shape[:2]
        if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height or box[2] - box[0] < 16:
            continue
        # The middle is empty; at the rim a vehicle may show, as beside an empty bay.
        if crops.covered(crops.around(box, 0.6), boxes) == 0 and crops.covered(box, boxes) < 0.25 and touches(crops.around(box, 0.9), boxes) < 0.3:
            add(box, "beside" if crops.covered(crops.around(box, 1.4), boxes) else "ground", (0, 0))


def touches(square, boxes):
    """The share of a square that all boxes together cover, at most."""
    return sum(crops.covered(square, [b]) for b in boxes)


def near(box, rng):
    """A square beside a thing and about as large."""
    x0, y0, x1, y1 = box
    half = max(x1 - x0, y1 - y0) * rng.uniform(0.35, 0.8)
    x = (x0 + x1) / 2 + rng.choice([-1, 1]) * ((x1 - x0) / 2 + half * rng.uniform(0.5, 1.2))
    y = (y0 + y1) / 2 + rng.uniform(-1, 1) * (y1 - y0)
    return x - half, y - half, x + half, y + half


def bay(ground, rng, vehicles=(), within=None):
    """A painted bay drawn onto ground, seen at a slant, with cars beside it and one within where they are given.

    rng is numpy's; ground and vehicles are kept squares.
    """
    side = ground.shape[0]
    out = cv2.GaussianBlur(ground, (0, 0), rng.uniform(0.01, 3)) if rng.random() < 0.7 else ground.copy()
    if rng.random() < 0.6:  # plain asphalt with a little of the picture left
        tone = rng.uniform(50, 190) + rng.normal(0, 6, (side, side, 1)) * rng.uniform(0.2, 2)
        out = np.clip(0.25 * out + 0.75 * tone, 0, 255).astype(np.uint8)
    angle, lean = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5)
    across = np.array([np.cos(angle), np.sin(angle)])
    along = np.array([-np.sin(angle), np.cos(angle)]) + lean * across
    middle = side / 2 + rng.normal(0, 0.04, 2) * side
    half = side * rng.uniform(0.14, 0.26)
    paint = [(235, 235, 235), (90, 200, 230), (190, 190, 200)][rng.integers(3)]
    sizes = half * rng.uniform(1.2, 1.6, len(vehicles))  # half of the sides of the cars beside it
    for n, (vehicle, size) in enumerate(zip(vehicles, sizes)):
        out = put(out, vehicle, middle + (-1) ** n * across * (half * rng.uniform(0.9, 1.3) + size), size)
    if within is not None:
        return put(out, within, middle, half * rng.uniform(1, 1.4))
    layer = out.copy()
    width = int(rng.integers(1, 4))
    for n in range(-3, 4):
        at = middle + across * half * (2 * n + 1)
        a, b = at - along * half * rng.uniform(1.6, 2.4), at + along * half * rng.uniform(1.6, 2.4)
        cv2.line(layer, tuple(int(v) for v in a), tuple(int(v) for v in b), paint, width, cv2.LINE_AA)
    if rng.random() < 0.5:
        at = middle + along * half * rng.uniform(1.6, 2.2)
        a, b = at - across * side, at + across * side
        cv2.line(layer, tuple(int(v) for v in a), tuple(int(v) for v in b), paint, width, cv2.LINE_AA)
    out = mix(layer, out, rng.uniform(0.3, 1))
    if rng.random() < 0.4:  # a shadow across it
        shadow = np.zeros((side, side), np.float32)
        edge = middle + rng.normal(0, 0.3, 2) * side
        d = rng.uniform(0, np.pi)
        far = np.array([np.cos(d), np.sin(d)]) * side
        turn = np.array([-far[1], far[0]])
        cv2.fillConvexPoly(shadow, np.array([edge - turn, edge + turn, edge + turn + far, edge - turn + far]).astype(np.int32), 1)
        out = (out * (1 - rng.uniform(0.3, 0.6) * cv2.GaussianBlur(shadow, (0, 0), 1.5))[..., None]).astype(np.uint8)
    return out


def mix(a, b, share):
    return cv2.addWeighted(a, share, b, 1 - share, 0)


def put(picture, vehicle, at, half):
    """Puts the middle of a kept vehicle around a point, fading towards its edges."""
    size = max(4, int(2 * half))
    kept = vehicle.shape[0]
    part = cv2.resize(vehicle[kept // 4:3 * kept // 4, kept // 4:3 * kept // 4], (size, size), interpolation=cv2.INTER_AREA)
    side, (x, y) = picture.shape[0], (at - size / 2).astype(int)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + size, side), min(y + size, side)
    if x1 > x0 and y1 > y0:
        b, a = np.mgrid[-1:1:size * 1j, -1:1:size * 1j]
        mask = np.clip((1 - a ** 6 - b ** 6) * 3, 0, 1)[y0 - y:y1 - y, x0 - x:x1 - x, None]
        picture[y0:y1, x0:x1] = part[y0 - y:y1 - y, x0 - x:x1 - x] * mask + picture[y0:y1, x0:x1] * (1 - mask)
    return picture
