"""Tests a trained network on scenes it has not seen, and writes what ships: weights, card, golden answers, curves."""
import hashlib
import io
import json

import cv2
import numpy as np
import torch

from . import curves, evaluate, places
from .fit import tensor
from .net import Net, Probabilities


def ship(task, net, curve):
    """Writes models/NAME: the network as ONNX, model.json, golden.json, figures.md, learning.md and curves.png."""
    folder = places.MODELS / task.name
    folder.mkdir(exist_ok=True)
    net.eval()
    weights = onnx(task, net)
    (folder / f"{task.name}.onnx").write_bytes(weights)
    asked = evaluate.Asked(weights, task.side)
    results = evaluate.all_parts(task, asked)
    digest = hashlib.sha256(weights).hexdigest()
    card = {
        "name": task.name,
        "version": f"{task.name}-{digest[:8]}",
        "sha256": digest,
        "side": task.side,
        "context": task.context,
        "outputs": [{"name": name, **evaluate.thresholds(results, k)} for k, name in enumerate(task.outputs)],
    }
    (folder / "model.json").write_text(json.dumps(card, indent=1) + "\n")
    (folder / "golden.json").write_text(json.dumps(golden(task, net), indent=1) + "\n")
    (folder / "figures.md").write_text(evaluate.report(task, net, asked, results))
    (folder / "learning.md").write_text(learning(task, curve))
    curves.draw(task, results, folder / "curves.png")
    print(f"{task.name}: written to {folder}", flush=True)


def learning(task, curve):
    """What the validation scenes said while it learnt, as Markdown; every fourth report and the last."""
    names = [n for n in curve[-1] if n not in ("side", "cpu_s")]
    lines = ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
    lines += ["| " + " | ".join(str(row[n]) for n in names) + " |" for row in curve[3:-1:4] + curve[-1:]]
    return "\n".join(lines) + "\n"


def onnx(task, net):
    """The network in the ONNX format, operators that OpenCV 4.6 knows, one square at a time."""
    out = io.BytesIO()
    torch.onnx.export(Probabilities(net).eval(), torch.zeros(1, 3, task.side, task.side), out, opset_version=11,
                      input_names=["square"], output_names=["probabilities"], do_constant_folding=True)
    return out.getvalue()


def golden(task, net):
    """Answers that every build must give to pictures that a formula draws, so that no picture of the sets is needed."""
    rows = []
    for seed in range(6):
        square = drawn(seed, task.side)
        with torch.no_grad():
            answer = torch.sigmoid(net(tensor([square], "cpu")))[0].tolist()
        rows.append({"seed": seed, "answer": [round(a, 6) for a in answer]})
    return rows


def drawn(seed, side):
    """A blotch of one of six colours on a chequered ground, the same in Go: see models_test.go."""
    y, x = np.mgrid[0:side, 0:side].astype(np.int64)
    away = (x - side // 2) ** 2 + (y - side // 2) ** 2
    glow = np.maximum(0, 255 - away * 1020 // (side * side // (seed + 1)))
    ground = (x * (seed + 3) + y * 7 + (x * y) % (11 + seed)) % 97
    blue, green, red = np.minimum(255, ground + glow * seed // 8), np.minimum(255, ground + glow * 5 // 8), np.minimum(255, ground + glow)
    return np.stack([blue, green, red], 2).astype(np.uint8)
