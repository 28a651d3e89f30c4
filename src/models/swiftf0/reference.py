#!/usr/bin/env python3
"""SwiftF0 in plain numpy, from models/swiftf0.safetensors (MODEL.md).

    reference.py IN.wav        16 kHz mono; prints time, Hz, confidence
"""
import json
import pathlib
import struct
import sys

import numpy as np

MODEL = pathlib.Path(__file__).resolve().parents[3] / "models/swiftf0.safetensors"


def load(path=MODEL):
    raw = pathlib.Path(path).read_bytes()
    size, = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + size])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(raw[8 + size:], "<f4", (t["data_offsets"][1] - t["data_offsets"][0]) // 4,
                                t["data_offsets"][0]).reshape(t["shape"])
            for name, t in header.items()}


def conv(x, weight, bias):
    """x [in, bins, frames]; 5x5, zeros around it, ReLU."""
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2)))
    y = np.zeros((weight.shape[0],) + x.shape[1:], np.float32)
    for i in range(5):
        for j in range(5):
            part = padded[:, i:i + x.shape[1], j:j + x.shape[2]]
            y += np.einsum("oi,ift->oft", weight[:, :, i, j], part)
    return np.maximum(y + bias[:, None, None], 0)


def features(x, window):
    x = np.pad(x, (0, max(0, 256 - len(x))))
    x = np.pad(x.astype(np.float32), 384)
    count = 1 + (len(x) - 1024) // 256
    frames = np.stack([x[256 * n:256 * n + 1024] * window for n in range(count)])
    spectrum = np.abs(np.fft.rfft(frames, axis=1))[:, 3:135]
    return np.log(spectrum + 1e-8).T[None].astype(np.float32)


def run(x, w):
    y = features(x, w["window"])
    for k in range(5):
        y = conv(y, w[f"conv.{k}.weight"], w[f"conv.{k}.bias"])
    z = w["project.weight"] @ y[0] + w["project.bias"][:, None]
    p = np.exp(z - z.max(axis=0))
    p /= p.sum(axis=0)
    near = np.abs(np.arange(200)[:, None] - p.argmax(axis=0)) <= 9
    confidence = (p * near).sum(axis=0)
    return (p * near / (confidence + 1e-7) * w["centres_hz"][:, None]).sum(axis=0), confidence


if __name__ == "__main__":
    import soundfile
    audio, rate = soundfile.read(sys.argv[1], dtype="float32")
    assert rate == 16000 and audio.ndim == 1
    for n, (hz, c) in enumerate(zip(*run(audio, load()))):
        print(f"{(256 * n + 127.5) / 16000:.4f} {hz:.3f} {c:.4f}")
