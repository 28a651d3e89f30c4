"""The rhythm network and its training data.

Input [116, T] at 50 frames a second (analysis/rhythm_front.h). Two
convolutions lead to 25 frames a second, nine residual blocks with growing
dilation see 41 s to either side, and a branch back to 50 frames a second
gives the logits of beat and downbeat; tempo (80 classes, 50 to 215 BPM, and
"none") and metre (2 to 7 beats, other, none) are given at 25.
"""
import json
import pathlib

import numpy as np
import torch
from torch import nn

BANDS, CLASSES, INPUTS = 52, 12, 116
WIDE, FRONT, BLOCKS, TEMPI, METRES = 64, 40, 9, 81, 8
BACK = 24
LOW_BPM, HIGH_BPM = 50.0, 215.0
HOP = 441


class Block(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        self.conv = nn.Conv1d(WIDE, WIDE, 5, padding=2 * dilation,
                              dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(WIDE)
        self.mix = nn.Conv1d(WIDE, WIDE, 1)
        self.drop = nn.Dropout1d(0.1)

    def forward(self, x):
        return x + self.mix(self.drop(torch.relu(self.norm(self.conv(x)))))


class BeatNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = nn.Conv1d(INPUTS, FRONT, 3, padding=1, bias=False)
        self.front_norm = nn.BatchNorm1d(FRONT)
        self.down = nn.Conv1d(FRONT, WIDE, 4, stride=2, padding=1, bias=False)
        self.down_norm = nn.BatchNorm1d(WIDE)
        self.blocks = nn.ModuleList(Block(2 ** i) for i in range(BLOCKS))
        self.out_norm = nn.BatchNorm1d(WIDE)
        self.up = nn.Conv1d(WIDE, 2 * BACK, 1)
        self.skip = nn.Conv1d(FRONT, BACK, 3, padding=1)
        self.beats = nn.Conv1d(BACK, 2, 3, padding=1)
        self.slow = nn.Conv1d(WIDE, TEMPI + METRES, 1)

    def forward(self, x):
        """[B, 116, T], T even, to beats [B, 2, T], slow [B, 89, T / 2]."""
        near = torch.relu(self.front_norm(self.front(x)))
        y = torch.relu(self.down_norm(self.down(near)))
        for block in self.blocks:
            y = block(y)
        y = torch.relu(self.out_norm(y))
        up = self.up(y)
        up = up.view(len(x), BACK, 2, -1).transpose(2, 3).reshape(
            len(x), BACK, -1)
        beats = self.beats(torch.relu(up + self.skip(near)))
        return beats, self.slow(y)


def tempo_class(bpm):
    """Place of a tempo among the classes, as a fraction."""
    return (np.log(np.maximum(bpm, 1e-3) / LOW_BPM) /
            np.log(HIGH_BPM / LOW_BPM) * (TEMPI - 2))


def class_bpm():
    return LOW_BPM * (HIGH_BPM / LOW_BPM) ** (
        np.arange(TEMPI - 1) / (TEMPI - 2))


class Features:
    """One dumped file."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        n, c = np.frombuffer(data, np.int32, 2)
        self.power = float(np.frombuffer(data, np.float64, 1, 8)[0])
        self.logs = np.frombuffer(data, np.int16, n * BANDS, 16).reshape(
            n, BANDS)
        self.chroma = np.frombuffer(
            data, np.uint8, c * CLASSES, 16 + 2 * n * BANDS).reshape(
            c, CLASSES)
        self.frames = int(n)

    def inputs(self, first=0, count=None, tilt=0.0, roll=0, floor=None):
        """[count, 116] as st_rhythm_front_fill gives; the rest changes the
        sound: tilt is added to log2 power, floor is a power to add."""
        count = self.frames if count is None else count
        index = np.arange(first - 1, first + count)
        rows = self.logs[np.clip(index, 0, self.frames - 1)].astype(
            np.float32) / 256
        rows = rows - np.float32(np.log2(self.power + 1e-10)) + tilt
        if floor is not None:
            rows = np.logaddexp2(rows, floor)
        x = np.log2(1 + np.float32(20) * np.exp2(0.5 * rows))
        rise = np.maximum(0, np.diff(x, axis=0))
        at = np.minimum((index[1:] + 2) // 4, len(self.chroma) - 1)
        chroma = np.roll(self.chroma[np.maximum(at, 0)].astype(
            np.float32) / 255, roll, axis=1)
        out = np.concatenate([x[1:], rise, chroma], axis=1)
        out[(index[1:] < 0) | (index[1:] >= self.frames)] = 0
        return out


class Labels:
    """What the network should say of a file dumped with some hop."""

    def __init__(self, truth, hop, frames):
        self.frames = frames
        rate = 22050 / hop
        beats = np.asarray(truth["beats_s"]) * rate
        self.beat = spread(beats, frames)
        self.down = spread(np.asarray(truth["downbeats_s"]) * rate, frames)
        self.tempo = np.full(frames, TEMPI - 1, np.float32)
        self.weight = np.ones(frames, np.float32)
        self.metre = METRES - 1
        if len(beats) > 3:
            self.metre = min(6, max(0, int(np.median(np.diff(np.searchsorted(
                truth["beats_s"], np.asarray(truth["downbeats_s"]) - 1e-3
            )))) - 2)) if len(truth["downbeats_s"]) > 1 else METRES - 1
            period = np.diff(beats)
            smooth = np.convolve(np.pad(period, 2, mode="edge"),
                                 np.ones(5) / 5, "valid")
            at = np.interp(np.arange(frames), beats[:-1] + period / 2, smooth)
            self.tempo = np.clip(tempo_class(3000 / at), 0,
                                 TEMPI - 2).astype(np.float32)
            self.weight[:max(0, int(beats[0]))] = 0
            self.weight[min(frames, int(beats[-1] + period[-1])):] = 0


def spread(places, frames):
    out = np.zeros(frames, np.float32)
    index = np.round(places).astype(int)
    for offset, value in ((-1, 0.5), (1, 0.5), (0, 1.0)):
        k = index + offset
        k = k[(k >= 0) & (k < frames)]
        out[k] = np.maximum(out[k], value)
    return out


def read_truth(path):
    return json.loads(pathlib.Path(path).read_text())
