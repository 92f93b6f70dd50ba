"""Makes training batches in processes of their own, ahead of the network that learns from them."""
import multiprocessing
import os

import cv2
import numpy as np

BATCH = 96
AHEAD = 6  # batches


class Draws:
    """Draws training squares: each group has its share, each scene in it one that grows with its root, hard ones come more often."""

    def __init__(self, groups, notes):
        self.groups = []
        for share, indices in groups:
            indices = np.array([i for i in indices if notes[i]["part"] == "train"])
            sizes = {}
            for i in indices:
                sizes[notes[i]["scene"]] = sizes.get(notes[i]["scene"], 0) + 1
            self.groups.append((share, indices, np.array([sizes[notes[i]["scene"]] ** -0.5 for i in indices])))
        self.shares = np.cumsum([g[0] for g in groups]) / sum(g[0] for g in groups)
        self.harden(np.zeros(len(notes)))

    def harden(self, difficulty):
        """Draws squares more often by how wrong the network is about them, from 0 to 1."""
        self.bounds = []
        for _, indices, weight in self.groups:
            w = weight * (1 + 4 * difficulty[indices])
            self.bounds.append(np.cumsum(w) / w.sum())

    def one(self, rng):
        g = min(int(np.searchsorted(self.shares, rng.random())), len(self.groups) - 1)
        i = min(int(np.searchsorted(self.bounds[g], rng.random())), len(self.bounds[g]) - 1)
        return int(self.groups[g][1][i])


def batches(task, squares, labels, draws, side, steps, seed, workers):
    """Yields so many batches of squares and labels, in an order that only seed and the number of workers decide."""
    fork = multiprocessing.get_context("fork")  # shares the squares' memory
    queues = [fork.Queue(AHEAD) for _ in range(workers)]
    made = [fork.Process(target=make, daemon=True, args=(q, task, squares, labels, draws, side, -(-steps // workers), [seed, n]))
            for n, q in enumerate(queues)]
    for process in made:
        process.start()
    try:
        for step in range(steps):
            yield queues[step % workers].get(timeout=600)
    finally:
        for process in made:
            process.terminate()


def make(queue, task, squares, labels, draws, side, count, seed):
    os.setsid()  # where the kernel shares by session, this one counts for itself
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    for _ in range(count):
        examples = []
        for _ in range(BATCH):
            i = draws.one(rng)
            examples.append(task.change(squares[i], labels[i], side, rng, lambda: squares[draws.one(rng)]))
        queue.put((np.stack([e[0] for e in examples]), np.stack([e[1] for e in examples])))
