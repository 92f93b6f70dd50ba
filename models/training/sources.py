"""Reads the sets of pictures that the networks may be trained on: what is in a picture, and where.

Sets without a licence that allows it are not read here; ../ATTRIBUTION.md lists those that are.
"""
import csv
import json
import xml.etree.ElementTree as xml
from collections import defaultdict, namedtuple

import cv2
import numpy as np

from .places import IMAGES

# A Picture's boxes are (what, x0, y0, x1, y1) in pixels. `fire_known` and `smoke_known` say whether a picture of the set
# that shows fire or smoke would have a box there.
Picture = namedtuple("Picture", "name set scene boxes fire_known smoke_known")

# The classes of the sets in YOLO's format, in the order of their numbers. "" is no thing: fire8 draws a box around normal frames.
YOLO = {
    "fire8": ["fire", "", "smoke"],
    "bombatronic_fire": ["fire"],
    "safety_vest": ["helmet", "vest", "bare head", "person"],
    "manaus_traffic": ["motorcycle", "car", "cyclist", "person", "truck"],
    "yuskun_car": ["motorcycle", "bus", "car", "truck"],
}
VEHICLES = {"motorcycle", "car", "bus", "truck"}
NOISY = {"safety_vest", "manaus_traffic"}  # salt and pepper was added by their makers
FIRE_SETS = {"fire8", "bombatronic_fire", "continuous_fire"}


def scenes():
    """Maps every picture to its scene. Sets share scenes, so the numbers hold across them."""
    return json.loads((IMAGES / "scenes.json").read_text())["scenes"]


def load(name):
    """Reads a picture as BGR bytes, without the noise that some sets carry."""
    picture = cv2.imread(str(IMAGES / name))
    return cv2.medianBlur(picture, 3) if name.split("/")[0] in NOISY else picture


def pictures(sets):
    """All pictures of some sets, in the order of their names."""
    continuous = continuous_boxes() if "continuous_fire" in sets else {}
    for name, scene in sorted(scenes().items()):
        kind = name.split("/")[0]
        if kind not in sets:
            continue
        boxes = continuous.get(name, []) if kind == "continuous_fire" else yolo_boxes(name, YOLO[kind])
        yield Picture(name, kind, scene, boxes, True, kind not in ("bombatronic_fire", "continuous_fire"))


def yolo_boxes(name, classes):
    labels = (IMAGES / name.replace("/images/", "/labels/")).with_suffix(".txt")
    if not labels.exists():
        return []
    height, width = cv2.imread(str(IMAGES / name)).shape[:2]
    boxes = []
    for line in labels.read_text().splitlines():
        number, *numbers = line.split()
        numbers = np.array(numbers, float)
        if len(numbers) > 4:  # a polygon
            (x0, y0), (x1, y1) = numbers.reshape(-1, 2).min(0), numbers.reshape(-1, 2).max(0)
        else:
            x, y, w, h = numbers
            x0, y0, x1, y1 = x - w / 2, y - h / 2, x + w / 2, y + h / 2
        if what := classes[int(number)]:
            boxes.append((what, x0 * width, y0 * height, x1 * width, y1 * height))
    return boxes


def continuous_boxes():
    boxes, sizes = defaultdict(list), {}
    for table in sorted((IMAGES / "continuous_fire").glob("*/_annotations.csv")):
        for row in csv.DictReader(table.open()):
            name = f"continuous_fire/{table.parent.name}/{row['filename']}"
            if not (IMAGES / name).exists():
                continue
            if name not in sizes:
                sizes[name] = cv2.imread(str(IMAGES / name)).shape
            height, width = sizes[name][:2]
            across, down = width / int(row["width"]), height / int(row["height"])  # some were made smaller after they were labelled
            boxes[name].append(("fire", int(row["xmin"]) * across, int(row["ymin"]) * down, int(row["xmax"]) * across, int(row["ymax"]) * down))
    return boxes


def parking_lot():
    """The frames of PKLot and their spaces as (occupied, x0, y0, x1, y1). For tests only: it is one place."""
    for frame in sorted((IMAGES / "polo_pklot").glob("*/frames/*.jpg")):
        spaces = []
        notes = frame.parents[1] / "bounding_boxes" / (frame.stem + ".xml")
        for space in xml.parse(notes).getroot().iter("space"):
            points = np.array([(float(p.get("x")), float(p.get("y"))) for p in space.iter("point")])
            if space.get("occupied") is not None and len(points):
                spaces.append((space.get("occupied") == "1", *points.min(0), *points.max(0)))
        yield frame, spaces
