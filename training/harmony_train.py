#!/usr/bin/env python3
"""Train the harmony network and write models/harmony.safetensors.

    training/harmony_train.py OUT.safetensors SECONDS STATE.pt FOLDER...

FOLDERs hold NAME.cells and NAME.json (harmony_material.py, or any renderer
whose sound went through harmony_dump). One thread; pieces called held* are
held out. Goes on from STATE.pt where it exists.
"""
import json
import pathlib
import struct
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

from harmony_net import Net, NOTES

CELL_S = 8 * 512 / 22050
QUALITY = {"maj": 0, "min": 1, "dim": 2, "aug": 3, "sus4": 4, "7": 5,
           "maj7": 6, "min7": 7, "sus2": 4, "hdim7": 2, "dim7": 2, "min6": 1,
           "maj6": 0, "m7b5": 2, "minmaj7": 1, "9": 5, "5": 0, "1": 0}
PITCH = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NONE, IGNORE = 96, -100


def pitch_of(name):
    return (PITCH[name[0]] + name.count("#") - name[1:].count("b")) % 12


def chord_of(name):
    if name in ("N", "X", None):
        return NONE
    root, _, kind = name.partition(":")
    return pitch_of(root) * 8 + QUALITY.get(kind or "maj", 0)


def key_of(name):
    if name in (None, "none"):
        return 24
    tonic, mode = name.split()
    return pitch_of(tonic) * 2 + (mode == "minor")


def read(path):
    """Cells [T, 84], chord and key index of each cell."""
    truth = json.loads(path.with_suffix(".json").read_text())
    x = np.fromfile(path, "<f4").reshape(-1, NOTES)
    at = (np.arange(len(x)) + 0.5) * CELL_S - 256 / 22050
    chords = np.full(len(x), IGNORE)
    for start, end, name in truth["chords"]:
        chords[(at >= start) & (at < end)] = chord_of(name)
    keys = np.full(len(x), key_of(truth["key"]))
    for start, end, home in truth.get("keys", []):
        if keys[0] != 24:
            keys[(at >= start) & (at < end)] = (
                key_of(home) if isinstance(home, str)
                else 2 * home + keys[0] % 2)
    return x, chords, keys


def load(folders):
    paths = sorted(p for f in folders for p in pathlib.Path(f).glob("*.cells")
                   if p.with_suffix(".json").exists())
    pieces = [read(p) for p in paths]
    held = [path.name.startswith("held") for path in paths]
    return ([p for p, h in zip(pieces, held) if not h],
            [p for p, h in zip(pieces, held) if h])


def crop(rng, piece, length):
    x, chords, keys = piece
    if len(x) <= length:
        pad = length - len(x)
        return (np.pad(x, ((0, pad), (0, 0))),
                np.pad(chords, (0, pad), constant_values=IGNORE), keys)
    at = rng.integers(len(x) - length + 1)
    if rng.random() < 0.3:  # endings tell
        at = len(x) - length
    part = slice(at, at + length)
    return x[part], chords[part], keys[part]


def spoil(rng, x):
    """Other levels, other colours, a noise floor, no bass."""
    curve = np.interp(np.arange(NOTES), np.linspace(0, NOTES - 1, 7),
                      rng.normal(0, 0.2, 7))
    x = x * np.exp(curve) * np.exp(rng.normal(0, 0.15))
    if rng.random() < 0.3:
        x = x + rng.uniform(0, 0.15) * rng.random(x.shape)
    if rng.random() < 0.1:
        x = x * (np.arange(NOTES) >= rng.integers(30))
    if rng.random() < 0.1:
        x = x * (np.arange(NOTES) < rng.integers(48, 84))
    return x


def move(rng, x, chords, keys):
    """A few semitones up or down: what leaves the range is gone."""
    n = int(rng.integers(-7, 8))
    x = np.roll(x, n, axis=1)
    if n > 0:
        x[:, :n] = 0
    elif n < 0:
        x[:, n:] = 0
    chords = np.where((chords == NONE) | (chords == IGNORE), chords,
                      (chords + 8 * n) % 96)
    return x, chords, np.where(keys == 24, keys, (keys + 2 * n) % 24)


def batch(rng, pieces, size):
    length = int(rng.choice([48, 96, 160, 220]))
    size = max(4, size * 160 // length)
    xs, chords, keys = [], [], []
    for i in rng.integers(len(pieces), size=size):
        x, c, k = crop(rng, pieces[i], length)
        if rng.random() < 0.5:
            x, c, k = move(rng, x, c, k)
        xs.append(spoil(rng, x))
        chords.append(c)
        most = np.bincount(k).argmax()
        keys.append(most if np.mean(k == most) > 0.8 else IGNORE)
    return (torch.tensor(np.array(xs), dtype=torch.float32),
            torch.tensor(np.array(chords)), torch.tensor(keys))


def losses(net, x, chords, keys):
    chord, key = net(x)
    return (F.cross_entropy(chord.flatten(0, 1), chords.flatten(),
                            ignore_index=IGNORE),
            F.cross_entropy(key, keys, ignore_index=IGNORE,
                            label_smoothing=0.02))


def major_minor(index):
    """97 classes to 25: seventh and sus chords count by their third."""
    root, kind = index // 8, index % 8
    minor = (kind == 1) | (kind == 7) | (kind == 2)
    return torch.where(index == NONE, 24, root * 2 + minor.long())


@torch.no_grad()
def judge(net, pieces):
    """Key right, chord cells right (97; major and minor), no-key right."""
    net.eval()
    right, cells, plain, count, none = [], 0, 0, 0, []
    for x, chords, keys in pieces:
        chord, key = net(torch.tensor(x)[None])
        most = np.bincount(keys).argmax()
        (none if most == 24 else right).append(int(key.argmax()) == most)
        truth, said = torch.tensor(chords), chord[0].argmax(1)
        there = (truth != IGNORE) & (truth != NONE)
        cells += int((said == truth)[there].sum())
        plain += int((major_minor(said) == major_minor(truth))[there].sum())
        count += int(there.sum())
    net.train()
    return np.mean(right), cells / count, plain / count, np.mean(none or [0])


# --- export ---

def folded(conv, norm):
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = conv.weight * scale[:, None, None, None]
    return weight, norm.bias - norm.running_mean * scale


def tensors(net):
    out = {}
    put = lambda name, pair: out.update(
        {name + ".weight": pair[0].detach().numpy(),
         name + ".bias": pair[1].detach().numpy()})
    put("look", folded(net.look, net.look_norm))
    put("fold", folded(net.fold, net.fold_norm))
    for i, block in enumerate(net.blocks):
        put(f"block.{i}.mix", folded(block.mix, block.mix_norm))
        put(f"block.{i}.time", folded(block.time, block.time_norm))
    for name in ("chord", "flat", "keyed", "key_mix", "key", "no_key"):
        layer = getattr(net, name)
        weight = layer.weight
        if weight.ndim == 4 and weight.shape[2:] == (1, 1):
            weight = weight[:, :, 0, 0]
        put(name, (weight, layer.bias))
    return out


def write(path, named, notes):
    header, data = {"__metadata__": notes}, b""
    for name, value in named.items():
        raw = np.ascontiguousarray(value, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def train(net, pieces, seconds, state, held):
    rng = np.random.default_rng(int(time.time()))
    best = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.01)
    start, step, told = time.process_time(), 0, 0.0
    sums = np.zeros(2)
    while (used := time.process_time() - start) < seconds:
        part = used / seconds
        for group in best.param_groups:
            group["lr"] = 2e-3 * min(1, part * 50 + 0.02) * (
                0.5 + 0.5 * np.cos(np.pi * part))
        chord, key = losses(net, *batch(rng, pieces, 16))
        best.zero_grad()
        (chord + key).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        best.step()
        sums = 0.98 * sums + 0.02 * np.array([chord.item(), key.item()])
        step += 1
        if used - told > 60:
            told = used
            print(f"{used:5.0f} s, step {step}: {sums.round(3)}",
                  *np.round(judge(net, held[:60]), 3), flush=True)
            torch.save(net.state_dict(), state)


def main():
    out, seconds, state, *folders = sys.argv[1:]
    torch.set_num_threads(1)
    torch.manual_seed(3)
    pieces, held = load(folders)
    print(len(pieces), "pieces,", len(held), "held out", flush=True)
    net = Net()
    if pathlib.Path(state).exists():
        net.load_state_dict(torch.load(state))
    train(net, pieces, float(seconds), state, held)
    torch.save(net.state_dict(), state)
    net.eval()
    print("held out: key %.3f, chord %.3f, major/minor %.3f, no key %.3f" %
          judge(net, held))
    write(out, tensors(net), {"name": "harmony", "licence": "Apache-2.0",
                              "source": "training/harmony_train.py"})


if __name__ == "__main__":
    main()
