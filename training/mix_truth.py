#!/usr/bin/env python3
"""What PyTorch makes of the exported mix networks, for the tests in C.

    mix_truth.py models/mix.safetensors > tests/models/mixnet_truth.h

Prints the levels of the song of tests/models/test_mixnet.c, all 9 stems, then
its first 2 alone.
"""
import sys

import numpy as np
import torch

import mix_train
import safetensors_file

INPUTS = mix_train.LEVELS + 7 + mix_train.SOUND + mix_train.ROLES + 2


def networks(path):
    tensors, out = safetensors_file.read(path), []
    while f"{len(out)}.first.weight" in tensors:
        net = mix_train.Net(INPUTS).eval()
        mark = f"{len(out)}."
        net.load_state_dict({k[len(mark):]: torch.tensor(np.array(v)) for k, v in tensors.items()
                             if k.startswith(mark)})
        out.append(net)
    return out


def levels(nets, x):
    x = torch.tensor(x)[None]
    none = torch.zeros(1, x.shape[1])
    with torch.no_grad():
        return sum(n(x, none, none > 1)[0][0] for n in nets).numpy() / len(nets)


def main():
    nets = networks(sys.argv[1])
    i, k = np.mgrid[0:9, 0:INPUTS]
    x = (((i * 37 + k * 11 + i * k % 29) % 61 - 30) / 30).astype(np.float32)
    print("/* Rows of test_mixnet.c; made by training/mix_truth.py. */")
    rows = [levels(nets, x), np.pad(levels(nets, x[:2]), (0, 7))]
    print(",\n".join("{" + ", ".join(f"{v:.6f}f" for v in r) + "}" for r in rows))


if __name__ == "__main__":
    main()
