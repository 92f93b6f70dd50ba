"""Splits by scene, never by picture: a scene is trained on, chosen by, or tested on.

Pictures that show a scene of the evaluation clips are only ever tested on, so that the clips stay unseen.
"""
import hashlib
import json

import cv2
import numpy as np

from . import places, sources

CHAINED = 200  # pictures: such scenes are several places that resemble each other in a chain; they are trained on
ALIKE = 0.8    # correlation from which a picture shows a scene of a clip


def of(scene, size=0):
    """The part of the data that a scene belongs to."""
    if size > CHAINED:
        return "train"
    part = int(hashlib.sha256(f"scene {scene}".encode()).hexdigest(), 16) % 100
    return "test" if part < 20 else "validation" if part < 30 else "train"


def parts(pictures):
    """Maps the names of pictures to train, validation or test."""
    sizes, clips = {}, clip_frames()
    for p in pictures:
        sizes[p.scene] = sizes.get(p.scene, 0) + 1
    out, seen_in_clips = {}, set()
    for p in pictures:
        out[p.name] = of(p.scene, sizes[p.scene])
        if p.set in sources.FIRE_SETS and (clips @ outline(sources.load(p.name))).max() > ALIKE:
            seen_in_clips.add(p.scene)
            out[p.name] = "test"
    for p in pictures:
        if p.scene in seen_in_clips and sizes[p.scene] <= CHAINED:
            out[p.name] = "test"
    return out


def clip_frames():
    """What the clips with fire look like, every second and a half, and mirrored."""
    frames = []
    for clip in json.loads((places.DATA / "truth.json").read_text()):
        if not any(t["label"] == "fire" for t in clip["truth"]):
            continue
        film, n = cv2.VideoCapture(str(places.DATA / clip["file"])), 0
        while film.grab():
            n += 1
            if n % 40 == 0:
                _, picture = film.retrieve()
                frames += [outline(picture), outline(picture[:, ::-1])]
    return np.array(frames)


def outline(picture):
    """A picture's rough shape, of length one, regardless of how light it is."""
    grey = cv2.cvtColor(cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (24, 24), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= cv2.GaussianBlur(small, (0, 0), 6)
    small -= small.mean()
    return (small / (np.linalg.norm(small) + 1e-6)).ravel()
