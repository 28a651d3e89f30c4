#!/usr/bin/env python3
"""Write the trained rhythm network as models/beat.safetensors.

    training/beat_export.py BEAT.pt OUT.safetensors [NUMBERS.h]

Batch norms are folded into the layers before them. NUMBERS.h gets inputs and
outputs of a small case, for the test that the C code is the network.
"""
import sys

import numpy as np
import torch

from beat_net import BACK, BeatNet, INPUTS
from safetensors_file import write


def folded(conv, norm):
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    bias = norm.bias - norm.running_mean * scale
    return conv.weight * scale[:, None, None], bias


def tensors(net):
    out = {}

    def put(name, weight, bias):
        out[f"{name}.weight"], out[f"{name}.bias"] = weight, bias
    put("front", *folded(net.front, net.front_norm))
    put("down", *folded(net.down, net.down_norm))
    for i, block in enumerate(net.blocks):
        put(f"block.{i}.conv", *folded(block.conv, block.norm))
        put(f"block.{i}.mix", block.mix.weight, block.mix.bias)
    scale = net.out_norm.weight / torch.sqrt(net.out_norm.running_var +
                                             net.out_norm.eps)
    out["out.scale"] = scale
    out["out.shift"] = net.out_norm.bias - net.out_norm.running_mean * scale
    # Both frames of a row one after the other, instead of interleaved.
    order = [2 * c + s for s in range(2) for c in range(BACK)]
    put("up", net.up.weight[order], net.up.bias[order])
    for name in ("skip", "beats", "slow"):
        layer = getattr(net, name)
        put(name, layer.weight, layer.bias)
    return {k: v.detach().numpy() for k, v in out.items()}


def unfold(net, path):
    """The reverse: norms that change nothing but add the biases."""
    from safetensors_file import read
    got = {k: torch.from_numpy(v.copy()) for k, v in read(path).items()}

    def norm_of(norm, bias, weight=None):
        norm.weight.fill_(1.0) if weight is None else norm.weight.copy_(weight)
        norm.weight *= (1 + norm.eps) ** 0.5
        norm.bias.copy_(bias)
        norm.running_mean.zero_()
        norm.running_var.fill_(1.0)
    with torch.no_grad():
        pairs = [("front", net.front, net.front_norm),
                 ("down", net.down, net.down_norm)]
        pairs += [(f"block.{i}.conv", b.conv, b.norm)
                  for i, b in enumerate(net.blocks)]
        for name, conv, norm in pairs:
            conv.weight.copy_(got[f"{name}.weight"])
            norm_of(norm, got[f"{name}.bias"])
        norm_of(net.out_norm, got["out.shift"], got["out.scale"])
        order = [2 * c + s for s in range(2) for c in range(BACK)]
        net.up.weight[order] = got["up.weight"]
        net.up.bias[order] = got["up.bias"]
        layers = [(f"block.{i}.mix", b.mix) for i, b in enumerate(net.blocks)]
        layers += [(n, getattr(net, n)) for n in ("skip", "beats", "slow")]
        for name, layer in layers:
            layer.weight.copy_(got[f"{name}.weight"])
            layer.bias.copy_(got[f"{name}.bias"])


def small_case(frames):
    """The input that tests/models/test_beat.c makes, too."""
    seed, x = 1, np.zeros((frames, INPUTS), np.float32)
    for f in range(frames):
        for i in range(INPUTS):
            seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
            pulse = 2.0 if f % 26 == 0 else 0.0
            x[f, i] = np.float32(seed / 4294967296.0) + np.float32(pulse)
    return x


def numbers(net, path):
    frames = 1200
    x = torch.from_numpy(small_case(frames)).T[None]
    with torch.no_grad():
        beats, slow = net(x)
    beats = torch.sigmoid(beats[0]).numpy()
    tempo = torch.softmax(slow[0, :81], 0).numpy()
    metre = torch.softmax(slow[0, 81:], 0).numpy()
    lines = ["/* Written by training/beat_export.py: what PyTorch gives. */"]
    for f in (0, 1, 26, 27, 401, 598, 599, 860, 1198, 1199):
        lines.append(f"BEAT({f}, {beats[0, f]:.7f}, {beats[1, f]:.7f})")
    for second in (0, 11, 23):
        part = slice(25 * second, 25 * second + 25)
        for k in (0, 30, 42, 80):
            lines.append(f"TEMPO({second}, {k}, {tempo[k, part].mean():.7f})")
        for k in (0, 2, 7):
            lines.append(f"METRE({second}, {k}, {metre[k, part].mean():.7f})")
    open(path, "w").write("\n".join(lines) + "\n")


def main():
    net = BeatNet()
    net.load_state_dict(torch.load(sys.argv[1]))
    net.eval()
    write(sys.argv[2], tensors(net), {
        "name": "beat", "source": "training/beat_train.py",
        "licence": "as Stemma"})
    if len(sys.argv) > 3:
        numbers(net, sys.argv[3])


if __name__ == "__main__":
    main()
