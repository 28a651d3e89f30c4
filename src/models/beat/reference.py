#!/usr/bin/env python3
"""The rhythm network in plain numpy, from models/beat.safetensors (MODEL.md).

    reference.py ROWS.f32      [T, 116] float32; prints time, beat, downbeat

training/beat_export.py tells what the numbers must be.
"""
import json
import pathlib
import struct
import sys

import numpy as np

MODEL = pathlib.Path(__file__).resolve().parents[3] / "models/beat.safetensors"


def load(path=MODEL):
    raw = pathlib.Path(path).read_bytes()
    size, = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + size])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(raw[8 + size:], "<f4",
                                int(np.prod(t["shape"])),
                                t["data_offsets"][0]).reshape(t["shape"])
            for name, t in header.items()}


def conv(w, name, x, dilation=1, pad=1, stride=1):
    """x [T, in] to [T', out]; zeros around it."""
    weight, bias = w[name + ".weight"], w[name + ".bias"]
    taps = weight.shape[2]
    x = np.pad(x, ((pad, pad), (0, 0)))
    count = (len(x) - (taps - 1) * dilation - 1) // stride + 1
    y = np.tile(bias, (count, 1))
    for k in range(taps):
        y += x[k * dilation:][:(count - 1) * stride + 1:stride] @ (
            weight[:, :, k].T)
    return y


def dense(w, name, x):
    return x @ w[name + ".weight"][:, :, 0].T + w[name + ".bias"]


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def run(w, x):
    """[T, 116], T even, to beats [T, 2], tempo [T/2, 81], metre [T/2, 8]."""
    near = relu(conv(w, "front", x))
    y = relu(conv(w, "down", near, stride=2))
    for i in range(9):
        h = relu(conv(w, f"block.{i}.conv", y, 2 ** i, 2 * 2 ** i))
        y = y + dense(w, f"block.{i}.mix", h)
    y = relu(y * w["out.scale"] + w["out.shift"])
    slow = dense(w, "slow", y)
    up = dense(w, "up", y).reshape(len(x), 24)
    beats = conv(w, "beats", relu(up + conv(w, "skip", near)))
    return (1 / (1 + np.exp(-beats)), softmax(slow[:, :81]),
            softmax(slow[:, 81:]))


def main():
    x = np.fromfile(sys.argv[1], np.float32).reshape(-1, 116)
    beats, _, _ = run(load(), x[:len(x) // 2 * 2])
    for i, (beat, down) in enumerate(beats):
        print(f"{i / 50:.2f} {beat:.4f} {down:.4f}")


if __name__ == "__main__":
    main()
