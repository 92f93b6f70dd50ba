"""Says how good a network is: curves over thresholds, and what is found at a given share of false positives."""
import numpy as np


def auc(positive, negative):
    """The chance that a positive scores above a negative, ties counted half."""
    if len(positive) == 0 or len(negative) == 0:
        return float("nan")
    both = np.concatenate([positive, negative])
    _, where, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[where]
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def threshold(negative, share):
    """The least threshold that at most this share of the negatives reaches."""
    ordered = np.sort(negative)[::-1]
    allowed = int(share * len(ordered))
    return float(np.nextafter(ordered[allowed], 2)) if allowed < len(ordered) else 0.0


def recall(positive, negative, share):
    """The share of positives found where this share of negatives is wrongly found."""
    return float((positive >= threshold(negative, share)).mean()) if len(positive) and len(negative) else float("nan")


def weighing(positive, negative):
    """Slope and offset that make a log likelihood ratio of a score's log odds (Platt's scaling, both sides weighing the same)."""
    x = np.concatenate([positive, negative]).clip(1e-4, 1 - 1e-4)
    x = np.log(x / (1 - x))
    y = np.concatenate([np.ones(len(positive)), np.zeros(len(negative))])
    w = np.where(y == 1, 0.5 / len(positive), 0.5 / len(negative))
    a, b = 1.0, 0.0
    for _ in range(50):  # Newton's method, held back a little where the two are told apart without fault
        p = 1 / (1 + np.exp(-(a * x + b)))
        gradient = np.array([(w * (p - y) * x).sum() + 1e-3 * a, (w * (p - y)).sum()])
        v = w * p * (1 - p)
        hessian = np.array([[(v * x * x).sum() + 1e-3, (v * x).sum()], [(v * x).sum(), v.sum() + 1e-6]])
        a, b = np.array([a, b]) - np.linalg.solve(hessian, gradient)
    return float(a), float(b)


def quick(task, notes, labels, scores):
    """The validation figures that are printed while a network learns."""
    indices = [i for i, n in enumerate(notes) if n["part"] == "validation"]
    p, y = scores(indices), labels[indices]
    out = {}
    for k, name in enumerate(task.outputs):
        positive, negative = p[y[:, k] == 1, k], p[y[:, k] == 0, k]
        out |= {f"{name} auc": round(auc(positive, negative), 4), f"{name} recall at 1 %": round(recall(positive, negative, 0.01), 3)}
    return out
