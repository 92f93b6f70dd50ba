"""Draws a network's curves without a plotting library: found against wrongly found, validation and test."""
import cv2
import numpy as np

SIDE, MARGIN = 360, 46
COLOURS = {"validation": (200, 140, 60), "test": (40, 40, 200)}
LEAST = 0.001  # of the logarithmic axis


def draw(task, results, file):
    """Writes one panel for each output."""
    panels = [panel(name, k, results) for k, name in enumerate(task.outputs)]
    cv2.imwrite(str(file), np.hstack(panels), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def panel(name, k, results):
    image = np.full((SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, 3), 255, np.uint8)
    for share in (0.001, 0.01, 0.1, 1):
        x = across(share)
        cv2.line(image, (x, MARGIN), (x, MARGIN + SIDE), (220, 220, 220), 1)
        text(image, f"{share:g}", (x - 14, MARGIN + SIDE + 16))
    for found in (0, 0.25, 0.5, 0.75, 1):
        y = down(found)
        cv2.line(image, (MARGIN, y), (MARGIN + SIDE, y), (220, 220, 220), 1)
        text(image, f"{found:g}", (8, y + 4))
    text(image, f"{name}: found against wrongly found", (MARGIN, 20))
    for n, (part, colour) in enumerate(COLOURS.items()):
        _, labels, answers = results[part]
        positive, negative = np.sort(answers[labels[:, k] == 1, k]), np.sort(answers[labels[:, k] == 0, k])
        limits = np.unique(np.concatenate([positive, negative]))
        points = [(across(1 - np.searchsorted(negative, t) / len(negative)), down(1 - np.searchsorted(positive, t) / len(positive))) for t in limits]
        cv2.polylines(image, [np.array(points, np.int32)], False, colour, 1, cv2.LINE_AA)
        text(image, part, (MARGIN + SIDE - 90, MARGIN + SIDE - 30 + 16 * n), colour)
    return image


def across(share):
    return int(MARGIN + SIDE * (1 + np.log10(max(share, LEAST)) / -np.log10(LEAST)))


def down(found):
    return int(MARGIN + SIDE * (1 - found))


def text(image, words, at, colour=(60, 60, 60)):
    cv2.putText(image, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
