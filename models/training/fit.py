"""Trains a network: balanced draws, masked loss, small pictures first, and a mean of the weights that is what ships."""
import json
import os
import time
from copy import deepcopy

import cv2
import numpy as np
import torch
from torch.nn import functional

from . import augment, crops, feed, measure, places
from .net import Net

RATE = 3e-3
MEAN_OVER = 0.998  # the part of the mean weights that stays at each step
REPORT = 250       # steps between two looks at the validation scenes


class Task:
    """What is to be learnt. Subclasses name the sets and say how squares are drawn and changed."""

    name, outputs, widths, side = "", (), (), 0
    context = augment.USED  # a square's side over its thing's, as it is asked
    stages = ()  # (steps, side): small squares first, they cost less than half

    def groups(self, notes):
        """A list of (share of the draws, indices)."""
        raise NotImplementedError

    def change(self, square, labels, side, rng, other):
        """A training example from a square; other() draws another one of the training squares."""
        return augment.varied(square, side, rng), labels

    def clean(self, notes, labels, scores):
        """Sets labels to UNKNOWN that scores show to be wrong; returns how many."""
        return 0


class Trainer:
    """A network while it learns. It can be stopped and goes on from its last report."""

    def __init__(self, task):
        cv2.setNumThreads(1)
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
        torch.manual_seed(1)
        self.task = task
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        squares, self.notes = crops.saved(task.name)
        task.squares = self.squares = np.array(squares)
        self.labels = np.array([n["labels"] for n in self.notes], np.int8)
        self.draws = feed.Draws(task.groups(self.notes), self.notes)
        self.net = Net(task.widths, len(task.outputs)).to(self.device).to(memory_format=torch.channels_last)
        self.mean = deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=0.02)
        self.step, self.curve, self.loss, self.seconds = 0, [], None, 0
        self.total = sum(steps for steps, _ in task.stages)

    def run(self):
        """Learns through all stages and returns the mean weights' network."""
        self.resume()
        last = 0
        for stage, (steps, side) in enumerate(self.task.stages):
            last += steps
            if self.step >= last:
                continue
            if stage:
                self.look_back()
            workers = int(os.environ.get("EASTGATE_WORKERS", max(1, (os.cpu_count() or 2) - 1)))
            for squares, labels in feed.batches(self.task, self.squares, self.labels, self.draws, side, last - self.step, self.step, workers):
                began = time.process_time()
                self.learn(squares, labels)
                self.seconds += time.process_time() - began
                if self.step % REPORT == 0 or self.step == self.total:
                    self.report(side)
        return self.mean.cpu()

    def look_back(self):
        """Between stages: labels that are plainly wrong go, and what is still hard is shown more often."""
        indices = [i for i, n in enumerate(self.notes) if n["part"] == "train"]
        p = np.zeros(self.labels.shape, np.float32)
        p[indices] = scores(self.mean, self.squares, indices, self.task, self.device)
        cleaned = self.task.clean(self.notes, self.labels, p)
        wrong = np.where(self.labels == crops.UNKNOWN, 0, np.abs(p - self.labels)).max(1)
        self.draws.harden(wrong)
        print(f"{self.task.name}: {cleaned} labels cleaned, {(wrong[indices] > 0.5).sum()} of {len(indices)} wrong", flush=True)

    def learn(self, squares, labels):
        for g in self.optimiser.param_groups:
            g["lr"] = RATE * min((self.step + 1) / 200, 0.5 * (1 + np.cos(np.pi * self.step / self.total)) + 1e-3)
        loss = masked(self.net(tensor(squares, self.device)), torch.from_numpy(labels).to(self.device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.step += 1
        follow(self.mean, self.net, min(MEAN_OVER, self.step / (self.step + 20)))
        self.loss = loss.item() if self.loss is None else 0.99 * self.loss + 0.01 * loss.item()

    def report(self, side):
        """Prints what the validation scenes say and keeps everything to go on from here."""
        row = {"step": self.step, "side": side, "loss": round(self.loss, 4), "cpu_s": round(self.seconds)}
        row |= measure.quick(self.task, self.notes, self.labels, lambda indices: scores(self.mean, self.squares, indices, self.task, self.device))
        self.curve.append(row)
        print(f"{self.task.name}: {json.dumps(row)}", flush=True)
        torch.save({"mean": self.mean.state_dict(), "net": self.net.state_dict(), "optimiser": self.optimiser.state_dict(),
                    "curve": self.curve, "loss": self.loss}, state_file(self.task) + ".new")
        os.replace(state_file(self.task) + ".new", state_file(self.task))

    def resume(self):
        if not os.path.exists(state_file(self.task)):
            return
        state = torch.load(state_file(self.task), map_location=self.device)
        self.mean.load_state_dict(state["mean"])
        self.net.load_state_dict(state["net"])
        if "optimiser" in state:
            self.optimiser.load_state_dict(state["optimiser"])
        self.curve, self.loss = state["curve"], state["loss"]
        self.step, self.seconds = self.curve[-1]["step"], self.curve[-1]["cpu_s"]
        print(f"{self.task.name}: goes on from step {self.step}", flush=True)


def state_file(task):
    return str(places.CACHE / f"{task.name}.pt")


def tensor(squares, device):
    """BGR bytes to RGB between 0 and 1, as the box does it."""
    x = torch.from_numpy(np.ascontiguousarray(np.asarray(squares)[..., ::-1].transpose(0, 3, 1, 2))).to(device)
    return (x.float() / 255).contiguous(memory_format=torch.channels_last)


def scores(net, squares, indices, task, device):
    """The network's probabilities for squares as they are used."""
    net.eval()
    out = []
    with torch.no_grad():
        for at in range(0, len(indices), 256):
            batch = [augment.plain(squares[i], task.side, task.context) for i in indices[at:at + 256]]
            out.append(torch.sigmoid(net(tensor(batch, device))).cpu().numpy())
    net.train()
    return np.concatenate(out)


def masked(logits, labels):
    """Cross entropy over what is known, softened a little because boxes are not always right."""
    known = (labels >= 0).float()
    target = labels.float().clamp(min=0) * 0.97 + 0.015
    return (functional.binary_cross_entropy_with_logits(logits, target, reduction="none") * known).sum() / known.sum()


def follow(mean, net, kept):
    """Moves the mean weights towards the newest."""
    with torch.no_grad():
        for m, n in zip(mean.state_dict().values(), net.state_dict().values()):
            if m.dtype.is_floating_point:
                m.mul_(kept).add_(n, alpha=1 - kept)
            else:
                m.copy_(n)
