"""Measures a network as the box runs it, through OpenCV, on squares as the box cuts them."""
import time

import cv2
import numpy as np

from . import augment, crops, measure

LEAST = 20  # squares of a kind that are worth a row


class Asked:
    """A network in OpenCV."""

    def __init__(self, weights, side):
        self.net, self.side = cv2.dnn.readNetFromONNX(np.frombuffer(weights, np.uint8)), side

    def __call__(self, square):
        self.net.setInput(cv2.dnn.blobFromImage(square, 1 / 255, (self.side, self.side), swapRB=True))
        return self.net.forward()[0].copy()

    def seconds(self):
        """The CPU time of one look."""
        square = np.full((self.side, self.side, 3), 127, np.uint8)
        for _ in range(20):
            self(square)
        began = time.process_time()
        for _ in range(300):
            self(square)
        return (time.process_time() - began) / 300


def all_parts(task, asked):
    """For validation and test: the notes, labels and answers of the squares."""
    cv2.setNumThreads(1)
    squares, notes = crops.saved(task.name)
    out = {}
    for part in ("validation", "test"):
        indices = [i for i, n in enumerate(notes) if n["part"] == part]
        answers = np.array([asked(augment.plain(squares[i], task.side, task.context)) for i in indices])
        out[part] = [notes[i] for i in indices], np.array([notes[i]["labels"] for i in indices]), answers
    return out


def thresholds(results, k):
    """What validation says of an output: the scores that 1 % and 5 % of the negatives reach, and what a score weighs."""
    _, labels, answers = results["validation"]
    positive, negative = answers[labels[:, k] == 1, k], answers[labels[:, k] == 0, k]
    slope, offset = measure.weighing(positive, negative) if len(positive) >= LEAST else (0.5, 0.0)
    return {"at_one_percent": round(measure.threshold(negative, 0.01), 4), "at_five_percent": round(measure.threshold(negative, 0.05), 4),
            "slope": round(slope, 3), "offset": round(offset, 3)}


def report(task, net, asked, results):
    """The figures of the card, as Markdown."""
    lines = [f"Made by `models/train {task.name}`, through OpenCV, on squares {task.context} times as wide as the thing.", "",
             f"{sum(p.numel() for p in net.parameters()):,} parameters, {multiplications(net, task.side) / 1e6:.1f} million multiplications, "
             f"{asked.seconds() * 1000:.2f} ms of one CPU core a look when this was written.", ""]
    for k, name in enumerate(task.outputs):
        lines += section(task, results, k, name)
    return "\n".join(lines) + "\n"


def section(task, results, k, name):
    lines = [f"### {name}", "", "| part | scenes with it | positives | negatives | AUC | recall at 1 % false | at 5 % | recall · false at the 1 % threshold of validation |",
             "|---|---|---|---|---|---|---|---|"]
    limit = thresholds(results, k)["at_one_percent"]
    for part, select in task.rows():
        notes, labels, answers = results[part.split(":")[0]]
        chosen = np.array([select(n) for n in notes])
        positive, negative = answers[chosen & (labels[:, k] == 1), k], answers[chosen & (labels[:, k] == 0), k]
        if len(positive) < LEAST or len(negative) < LEAST:
            continue
        scenes = {n["scene"] for n, c, y in zip(notes, chosen, labels[:, k]) if c and y == 1}
        lines.append(f"| {part.split(':', 1)[-1]} | {len(scenes)} | {len(positive)} | {len(negative)} | {measure.auc(positive, negative):.4f} | "
                     f"{measure.recall(positive, negative, .01):.3f} | {measure.recall(positive, negative, .05):.3f} | "
                     f"{(positive >= limit).mean():.3f} · {(negative >= limit).mean():.4f} |")
    return lines + ["", *false_by_kind(results["test"], k, limit), ""]


def false_by_kind(result, k, limit):
    """Which negatives of the test scenes reach the threshold."""
    notes, labels, answers = result
    kinds = {}
    for n, y, a in zip(notes, labels[:, k], answers[:, k]):
        if y == 0:
            kinds.setdefault((n["source"], n["kind"]), []).append(a >= limit)
    rows = sorted(((np.mean(v), len(v), key) for key, v in kinds.items() if len(v) >= LEAST), reverse=True)[:8]
    return [f"False at {limit:.2f} among the test scenes, worst kinds first: " + ", ".join(f"{source} {kind} {share:.3f} of {n}" for share, n, (source, kind) in rows) + "."]


def multiplications(net, side):
    """Of one look, counted while a picture passes."""
    import torch
    count, hooks = [0], []

    def convolution(m, _, out):
        count[0] += out.numel() * m.weight[0].numel()

    for m in net.modules():
        if isinstance(m, torch.nn.Conv2d):
            hooks.append(m.register_forward_hook(convolution))
    with torch.no_grad():
        net(torch.zeros(1, 3, side, side))
    for h in hooks:
        h.remove()
    return count[0]
