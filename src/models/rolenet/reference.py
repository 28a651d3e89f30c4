#!/usr/bin/env python3
"""The role network in numpy: reference.py models/role.safetensors PICTURE.npy

PICTURE: float32 [256, 128] as rolenet.h says. Prints the chances of 18 roles.
"""
import json
import struct
import sys

import numpy as np


def read(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    out = {}
    for name, t in header.items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            out[name] = np.frombuffer(data[8 + size + a:8 + size + b],
                                      "<f4").reshape(t["shape"])
    return out


def conv(x, weight, bias, stride):
    """x [rows, columns, in], weight [out, in, 3, wide], zeros around, ReLU."""
    wide = weight.shape[3]
    x = np.pad(x, ((1, 1), (wide // 2, wide // 2), (0, 0)))
    at = np.lib.stride_tricks.sliding_window_view(x, (3, wide), (0, 1))
    y = np.einsum("rcihw,oihw->rco", at[:, ::stride], weight)
    return np.maximum(0, y + bias)


def pool(x):
    r, c, n = x.shape
    return x.reshape(r // 2, 2, c // 2, 2, n).max((1, 3))


def forward(w, picture):
    x = picture[:, :, None]
    for k in range(3):
        x = pool(conv(x, w[f"conv.{k}.weight"], w[f"conv.{k}.bias"],
                      2 if k == 0 else 1))
    x = np.pad(x.reshape(len(x), -1), ((1, 1), (0, 0)))
    at = np.lib.stride_tricks.sliding_window_view(x, 3, 0)
    x = np.maximum(0, np.einsum("tik,oik->to", at, w["time.weight"]) +
                   w["time.bias"])
    mean = x.mean(0)
    spread = np.sqrt(((x - mean) ** 2).mean(0) + 1e-6)
    e = w["embed.weight"] @ np.concatenate([mean, x.max(0), spread]) + \
        w["embed.bias"]
    e /= np.linalg.norm(e)
    return w["answer.weight"] @ e + w["answer.bias"], e


if __name__ == "__main__":
    weights = read(sys.argv[1])
    logits, _ = forward(weights, np.load(sys.argv[2]))
    p = np.exp((logits - logits.max()) / weights["temperature"][0])
    print(p / p.sum())
