#!/usr/bin/env python3
"""What torch says to a made-up input: tests/models/harmonynet_truth.h.

    training/harmony_truth.py STATE.pt > tests/models/harmonynet_truth.h
"""
import sys

import numpy as np
import torch

from harmony_net import Net

CELLS = 600


def signal():
    """The same as test_harmonynet.c: 1 in 8 of a generator's numbers."""
    seed, out = 1, np.zeros(CELLS * 84, np.float32)
    for i in range(len(out)):
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        v = np.float32(seed >> 8) / np.float32(16777216)
        out[i] = v if (seed >> 3) % 8 == 0 else 0
    return out.reshape(1, CELLS, 84)


@torch.no_grad()
def main():
    net = Net()
    net.load_state_dict(torch.load(sys.argv[1]))
    net.eval()
    x = torch.tensor(signal())
    chord, made, attention = net.cells(x)
    keys = [net.keys(made[:, :, a:b], attention[:, a:b])[0]
            for a, b in ((0, CELLS), (100, 140))]
    row = lambda v: ", ".join(f"{float(f):.6g}f" for f in v)
    print("/* Written by training/harmony_truth.py: what torch says. */")
    print(f"enum {{ CELLS = {CELLS} }};")
    print("static const struct {\n    int cell;\n    float chords[97];\n"
          "} chord_truth[] = {")
    for cell in (0, 1, 40, 300, 511, 512, 540, 599):
        print(f"    {{{cell}, {{{row(chord[0, cell])}}}}},")
    print("};\nstatic const struct {\n    int from, to;\n    float keys[25];\n"
          "} key_truth[] = {")
    print(f"    {{0, {CELLS}, {{{row(keys[0])}}}}},")
    print(f"    {{100, 140, {{{row(keys[1])}}}}},\n}};")


if __name__ == "__main__":
    main()
