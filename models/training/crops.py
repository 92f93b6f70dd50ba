"""Cuts squares out of pictures and keeps them in one file of bytes, with what is known of each in another."""
import json
import random

import cv2
import numpy as np

from . import places, sources, split

WIDE = 2.0     # a kept square's side over the longer side of its thing; training and use look at less
PER_SCENE = 80 # squares of one kind, so that no scene rules
UNKNOWN = -1   # the set says nothing about it: left out of the loss


class Collection:
    """Squares of one size and their notes: labels, kind, set, scene and part."""

    def __init__(self, side):
        self.side, self.squares, self.notes, self.counts = side, [], [], {}

    def add(self, picture, box, kind, labels, part, scene, source):
        count = self.counts[(scene, kind)] = self.counts.get((scene, kind), 0) + 1
        if count > PER_SCENE:
            return
        self.squares.append(cut(picture, box, WIDE, self.side))
        self.notes.append({"labels": labels, "kind": kind, "part": part, "scene": scene, "source": source})

    def save(self, name):
        places.CACHE.mkdir(parents=True, exist_ok=True)
        np.save(places.CACHE / f"{name}.npy", np.array(self.squares, np.uint8))
        (places.CACHE / f"{name}.json").write_text(json.dumps(self.notes))


def saved(name):
    """The squares and notes that a collection kept."""
    return np.load(places.CACHE / f"{name}.npy", mmap_mode="r"), json.loads((places.CACHE / f"{name}.json").read_text())


def around(box, times):
    """The square around a box whose side is the box's longer side so many times."""
    x0, y0, x1, y1 = box
    half = max(x1 - x0, y1 - y0, 8) * times / 2
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return x - half, y - half, x + half, y + half


def cut(picture, box, times, side):
    """The square around a box, side pixels wide, mirrored at the picture's edges; averaged where it is made smaller."""
    x0, y0, x1, y1 = (int(round(v)) for v in around(box, times))
    height, width = picture.shape[:2]
    pad = max(0, -x0, -y0, x1 - width, y1 - height)
    if pad:
        pad = min(pad, 2 * max(height, width))
        picture = cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_REFLECT_101 if pad < min(height, width) else cv2.BORDER_REPLICATE)
        x0, y0, x1, y1 = x0 + pad, y0 + pad, x1 + pad, y1 + pad
    square = picture[y0:y1, x0:x1]
    shrink = max(square.shape) > side
    return cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR)


def covered(box, boxes):
    """The largest share of a box that one of some boxes covers."""
    most = 0.0
    for b in boxes:
        w, h = min(box[2], b[2]) - max(box[0], b[0]), min(box[3], b[3]) - max(box[1], b[1])
        if w > 0 and h > 0:
            most = max(most, w * h / ((box[2] - box[0]) * (box[3] - box[1])))
    return most


def suspicious(picture, most, rng):
    """Boxes around what is coloured or bright like fire: what a pre-filter would ask the network about."""
    scale = min(1, 480 / picture.shape[1])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    blue, green, red = (small[..., i].astype(np.int16) for i in range(3))
    warm = (red > 120) & (red >= green) & (red - blue > 35)
    bright = small.min(2) > 225
    boxes = []
    for mask in (warm, bright):
        mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        stats = stats[1:]
        stats = stats[stats[:, 4] >= max(12, mask.size * 0.0003)]
        boxes += [(x / scale, y / scale, (x + w) / scale, (y + h) / scale) for x, y, w, h, _ in stats[np.argsort(-stats[:, 4])[:8]]]
    rng.shuffle(boxes)
    return boxes[:most]


def anywhere(picture, rng):
    """A square somewhere in a picture, a tenth to half as wide."""
    height, width = picture.shape[:2]
    half = min(height, width) * rng.uniform(0.05, 0.25)
    x, y = rng.uniform(half, width - half), rng.uniform(half, height - half)
    return x - half, y - half, x + half, y + half


def fire_coloured(square):
    """The share of a square that could be flame by its colour: warm and light."""
    blue, green, red = (square[..., i].astype(np.int16) for i in range(3))
    return float(((red > 150) & (red - blue > 40) | (square.min(2) > 235)).mean())
