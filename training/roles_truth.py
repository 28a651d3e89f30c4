#!/usr/bin/env python3
"""What PyTorch makes of the exported role network, for the tests in C.

    roles_truth.py models/role.safetensors > tests/models/rolenet_truth.h

Prints logits and embedding of the two pictures of tests/models/
test_rolenet.c; fails where numpy's reference differs by more than 1e-4.
"""
import pathlib
import sys

import numpy as np
import torch

import roles_train

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent /
                       "src/models/rolenet"))
import reference  # noqa: E402


def pictures():
    t, b = np.mgrid[0:256, 0:128]
    yield ((t * 7 + b * 13 + t * b % 31) % 97 / 96).astype(np.float32)
    hit = np.maximum(0, 64 - t % 64 * 2 - b) / 64
    yield hit.astype(np.float32)


def network(weights):
    """The folded weights in the module they were trained in."""
    net = roles_train.RoleNet().eval()
    state = net.state_dict()
    for k in range(3):
        state[f"conv.{k}.weight"] = weights[f"conv.{k}.weight"]
        state[f"norm.{k}.bias"] = weights[f"conv.{k}.bias"]
    state["time.weight"] = weights["time.weight"]
    state["time_norm.bias"] = weights["time.bias"]
    for name in ("embed", "answer"):
        for part in ("weight", "bias"):
            state[f"{name}.{part}"] = weights[f"{name}.{part}"]
    for name in state:
        if name.endswith("running_var"):
            state[name] = torch.full_like(state[name], 1 - 1e-5)
    net.load_state_dict({k: torch.as_tensor(np.array(v))
                         for k, v in state.items()})
    return net


def main():
    weights = reference.read(sys.argv[1])
    print("/* Rows of test_rolenet.c; made by training/roles_truth.py. */")
    net = network(weights)
    for picture in pictures():
        with torch.no_grad():
            logits, e = net(torch.from_numpy(picture)[None, None])
        again, _ = reference.forward(weights, picture)
        assert np.abs(again - logits[0].numpy()).max() < 1e-4
        rows = ["{" + ", ".join(f"{v:.6f}f" for v in values.tolist()) + "}"
                for values in (logits[0], e[0, :8])]
        print("{" + ",\n ".join(rows) + "},")


if __name__ == "__main__":
    main()
