"""The network of src/models/harmonynet in torch (its MODEL.md has the table).

Every layer acts alike on all twelve pitch classes, so a transposed piece has
transposed answers; shifts in training only teach registers.
"""
import torch
from torch import nn
from torch.nn import functional as F

NOTES, WIDE, KEYED, QUALITIES = 84, 32, 24, 8
DILATIONS = (1, 2, 4, 8)


def around(x):
    """[..., 12] to [..., 23]: pitch classes are a circle."""
    return torch.cat([x, x[..., :11]], -1)


class Block(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        self.mix = nn.Conv2d(WIDE, WIDE, (1, 12), bias=False)
        self.mix_norm = nn.BatchNorm2d(WIDE)
        self.time = nn.Conv2d(WIDE, WIDE, (5, 1), dilation=(dilation, 1),
                              padding=(2 * dilation, 0), bias=False)
        self.time_norm = nn.BatchNorm2d(WIDE)

    def forward(self, h):
        y = F.relu(self.mix_norm(self.mix(around(h))))
        return h + F.relu(self.time_norm(self.time(y)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.Conv2d(1, 8, 3, padding=(1, 0), bias=False)
        self.look_norm = nn.BatchNorm2d(8)
        self.fold = nn.Conv2d(8, WIDE, (1, 96), bias=False)
        self.fold_norm = nn.BatchNorm2d(WIDE)
        self.blocks = nn.ModuleList(Block(d) for d in DILATIONS)
        self.chord = nn.Conv2d(WIDE, QUALITIES, 1)
        self.flat = nn.Linear(WIDE, 2)  # no chord, attention
        self.keyed = nn.Conv2d(WIDE, KEYED, 1)
        self.key_mix = nn.Conv2d(2 * KEYED, WIDE, (1, 12))
        self.key = nn.Conv2d(WIDE, 2, 1)
        self.no_key = nn.Linear(WIDE, 1)

    def cells(self, x):
        """x [B, T, 84] to chord logits [B, T, 97] (root, quality; last: none),
        what keys are made of [B, 24, T, 12], attention [B, T]."""
        x = F.pad(x[:, None], (13, 12))  # no border that a chord could tell
        h = F.relu(self.look_norm(self.look(x)))
        h = F.relu(self.fold_norm(self.fold(h)))
        for block in self.blocks:
            h = block(h)
        flat = self.flat(h.mean(3).transpose(1, 2))
        chord = self.chord(h).permute(0, 2, 3, 1).flatten(2)
        chord = torch.cat([chord, flat[..., :1]], 2)
        return chord, F.relu(self.keyed(h)), flat[..., 1]

    def keys(self, made, attention):
        """Logits [B, 25]: pitch class times (major, minor); last: none."""
        weight = torch.softmax(attention, 1)[:, None, :, None]
        pooled = torch.cat([made.mean(2), (made * weight).sum(2)], 1)
        h = F.relu(self.key_mix(around(pooled[:, :, None])))
        key = self.key(h)[:, :, 0].transpose(1, 2).flatten(1)
        return torch.cat([key, self.no_key(h.mean((2, 3)))], 1)

    def forward(self, x):
        chord, made, attention = self.cells(x)
        return chord, self.keys(made, attention)
