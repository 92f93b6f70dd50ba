"""The one shape of network: a thin column of depthwise separable convolutions, and one sigmoid for each thing.

Sigmoids rather than a softmax: flame and smoke are seen together, and what a set did not label is left out of the loss.
"""
import torch
from torch import nn


def convolution(i, o, stride, groups=1, size=3):
    return [nn.Conv2d(i, o, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True)]


class Separable(nn.Module):
    """A depthwise and a pointwise convolution, and what came in where the shape stays."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.way = nn.Sequential(*convolution(i, i, stride, groups=i), *convolution(i, o, 1, size=1))
        self.same = stride == 1 and i == o

    def forward(self, x):
        return x + self.way(x) if self.same else self.way(x)


class Net(nn.Module):
    def __init__(self, widths, outputs):
        super().__init__()
        first, *rest = widths
        layers, width = convolution(3, first, 2), first
        for next_width in rest:
            layers.append(Separable(width, next_width, 2 if next_width > width else 1))
            width = next_width
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(width, outputs))

    def forward(self, x):
        """Log odds; Probabilities wraps it for export."""
        return self.head(self.body(x))


class Probabilities(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return torch.sigmoid(self.net(x))
