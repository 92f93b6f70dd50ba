"""The squares from which the fire and smoke network learns: labels are (fire, smoke)."""
import json
import random

import cv2

from . import crops, places, sources, split
from .crops import UNKNOWN

SIDE = 128
FILLS = 0.15  # of the box that somebody drew, before a blot in it is taken for the flame
CLIPS = ("neg-dev/", "motion-dev/")  # folders of clips without fire whose pictures may be learnt from


def build():
    """Makes the collection; about five minutes on one core."""
    rng = random.Random(1)
    out = crops.Collection(SIDE)
    pictures = list(sources.pictures(set(sources.YOLO) | {"continuous_fire"}))
    parts = split.parts(pictures)
    for p in pictures:
        picture = sources.load(p.name)
        add = adder(out, picture, parts[p.name], p.scene, p.set)
        if p.set in sources.FIRE_SETS:
            of_fire_set(p, picture, add, rng)
        else:
            of_other_set(p, picture, add, rng)
    for clip in json.loads((places.DATA / "truth.json").read_text()):
        if clip["file"].startswith(CLIPS):
            of_clip(clip["file"], out, rng)
    out.save("fire")


def adder(out, picture, part, scene, source):
    return lambda box, kind, fire, smoke: out.add(picture, box, kind, (fire, smoke), part, scene, source)


def of_fire_set(p, picture, add, rng):
    fires = [b[1:] for b in p.boxes if b[0] == "fire"]
    smokes = [b[1:] for b in p.boxes if b[0] == "smoke"]
    for box in rng.sample(fires, min(3, len(fires))):
        if max(box[2] - box[0], box[3] - box[1]) >= 8:
            add(box, "fire", 1, smoke_label(p, box, smokes))
    # What a pre-filter would ask about there: boxes are often drawn around flame and smoke together. What fills little of
    # its box may be a lamp or a roof before the smoke.
    inside = [b for b in crops.suspicious(picture, 16, rng) if crops.covered(b, fires) > 0.8 and fills(b, fires) > FILLS]
    for box in sorted(inside, key=area)[-1:]:
        add(box, "flame", 1, UNKNOWN if smokes else smoke_label(p, box, smokes))
    for box in rng.sample(smokes, min(1, len(smokes))):
        share = crops.covered(crops.around(box, 1.2), fires)
        add(box, "smoke", 1 if share > 0.15 else UNKNOWN if share > 0 else 0, 1)
    burning = bool(fires)
    candidates = [("glow" if burning else "coloured", b) for b in crops.suspicious(picture, 3, rng)]
    candidates += [("background", crops.anywhere(picture, rng)) for _ in range(2)]
    for kind, box in candidates:
        square = crops.around(box, crops.WIDE)
        if crops.covered(square, fires) > 0:
            continue
        # A glow in a burning scene, or a flame without a box: it must teach nothing, and it is no false alarm either.
        if kind == "glow" or burning and crops.fire_coloured(crops.cut(picture, box, crops.WIDE, 64)) > 0.03:
            continue
        add(box, kind, 0, smoke_label(p, square, smokes))


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def fills(box, around):
    """The share of the box around it that a box fills."""
    return area(box) / min(area(b) for b in around if crops.covered(box, [b]) > 0.8)


def smoke_label(p, box, smokes):
    if not p.smoke_known:
        return UNKNOWN
    share = crops.covered(box, smokes)
    return 1 if share > 0.4 else UNKNOWN if share > 0 else 0


def of_other_set(p, picture, add, rng):
    things = [b for b in p.boxes if max(b[3] - b[1], b[4] - b[2]) > 14]
    for what, *box in rng.sample(things, min(3, len(things))):
        add(box, what, 0, 0)
    for box in crops.suspicious(picture, 4, rng):
        add(box, "coloured", 0, 0)
    add(crops.anywhere(picture, rng), "background", 0, 0)


def of_clip(name, out, rng):
    """Takes what is coloured or bright like fire, or changed since half a second ago, each second."""
    film, n, last = cv2.VideoCapture(str(places.DATA / name)), 0, None
    step = max(1, round((film.get(cv2.CAP_PROP_FPS) or 25) / 2))
    while film.grab():
        n += 1
        if n % step:
            continue
        _, picture = film.retrieve()
        if last is not None and n // step % 2 == 0:
            add = adder(out, picture, "train", "clip " + name, "clips")
            for box in crops.suspicious(picture, 3, rng):
                add(box, "coloured", 0, 0)
            for box in changed(last, picture)[:2]:
                add(box, "moving", 0, 0)
        last = picture


def changed(last, picture):
    """Boxes around what changed most between two pictures."""
    scale = 240 / picture.shape[1]
    small = [cv2.resize(p, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for p in (last, picture)]
    mask = (cv2.absdiff(*small).max(2) > 30).astype("uint8")
    mask = cv2.dilate(mask, None, iterations=2)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    stats = sorted(stats[1:].tolist(), key=lambda s: -s[4])
    return [(x / scale, y / scale, (x + w) / scale, (y + h) / scale) for x, y, w, h, area in stats if area > 20 and w * h < mask.size / 4]
