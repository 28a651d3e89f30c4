#!/usr/bin/env python3
"""Train the rhythm network on dumped material.

    training/beat_train.py MATERIAL FEATURES OUT.pt MINUTES [START NUMBER RATE]

MATERIAL has NAME.json (training/render.py), FEATURES has NAME.HOP.bin
(bench/rhythm_dump.c) for some hops of each. Pieces called held... judge and
teach nothing. New pieces are taken up while they appear. One cycle of the
learning rate lasts MINUTES by the clock; OUT.pt has the moving average of
the weights and is written after each round. With START (a .pt, or what
beat_export.py made of one) it goes on from there at RATE times the rate, half
of the time with pieces from NUMBER on.
"""
import os
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import beat_export
from beat_net import (BANDS, HOP, METRES, TEMPI, BeatNet, Features, Labels,
                      read_truth)

BATCH, FRAMES, ROUND, PEAK = 12, 1536, 300, 3e-3


class Material:
    def __init__(self, material, features):
        self.material = pathlib.Path(material)
        self.features = pathlib.Path(features)
        self.seen, self.taught, self.held = set(), [], []
        self.recent, self.number = [], None

    def look(self):
        """Take up what is new."""
        for path in sorted(self.features.glob("*.bin")):
            if path.name in self.seen:
                continue
            name, hop, _ = path.name.split(".")
            truth = self.material / f"{name}.json"
            if not truth.exists():
                continue
            self.seen.add(path.name)
            f = Features(path)
            labels = Labels(read_truth(truth), int(hop), f.frames)
            if not name.startswith("held"):
                self.taught.append((f, labels))
                if self.number and int(name[1:]) >= self.number:
                    self.recent.append((f, labels))
            elif int(hop) == HOP:
                self.held.append((name, f, labels, read_truth(truth)))


def cut(rng, array, first, count):
    """Frames first.. of an array; the last (or first) repeats outside."""
    index = np.clip(np.arange(first, first + count), 0, len(array) - 1)
    return array[index]


def sample(rng, material):
    pool = (material.recent if material.recent and rng.random() < 0.5
            else material.taught)
    f, labels = pool[rng.integers(len(pool))]
    spare = f.frames - FRAMES
    first = int(rng.integers(-150, max(1, spare + 150)))
    index = np.arange(first, first + FRAMES)
    inside = (index >= 0) & (index < f.frames)
    wide = np.clip(np.arange(first - 1, first + FRAMES), 0, f.frames - 1)
    clipped = wide[1:]
    chroma = f.chroma[np.minimum((clipped + 2) // 4, len(f.chroma) - 1)]
    tilt = np.interp(np.arange(BANDS), np.linspace(0, BANDS - 1, 6),
                     rng.normal(0, 0.8, 6)) + rng.normal(0, 0.7)
    return dict(
        rows=f.logs[wide], power=np.log2(f.power + 1e-10),
        chroma=np.roll(chroma, int(rng.integers(12)), axis=1), tilt=tilt,
        floor=rng.uniform(-14, -4) if rng.random() < 0.4 else -40.0,
        inside=inside, beat=labels.beat[clipped] * inside,
        down=labels.down[clipped] * inside, tempo=labels.tempo[clipped],
        weight=labels.weight[clipped] * inside, metre=labels.metre)


def batch(rng, material):
    got = [sample(rng, material) for _ in range(BATCH)]

    def stack(key, kind=np.float32):
        return torch.from_numpy(np.stack([np.asarray(g[key], kind)
                                          for g in got]))
    rows = stack("rows", np.int16).float() / 256
    rows = rows - stack("power")[:, None, None] + stack("tilt")[:, None]
    rows = torch.logaddexp2(rows, stack("floor")[:, None, None])
    x = torch.log2(1 + 20 * torch.exp2(0.5 * rows))
    rise = (x[:, 1:] - x[:, :-1]).clamp(min=0)
    x = torch.cat([x[:, 1:], rise, stack("chroma", np.uint8).float() / 255],
                  2)
    x = x * stack("inside")[:, :, None]
    keep = torch.from_numpy(rng.random((BATCH, 1, x.shape[2]))) > 0.03
    x = (x * keep).transpose(1, 2).contiguous()
    return x, {k: stack(k) for k in ("beat", "down", "tempo", "weight",
                                     "inside")}, stack("metre", np.int64)


def losses(beats, slow, want, metre):
    inside = want["inside"]
    total = inside.sum() + 1
    loss = 0.0
    for row, key, weight in ((0, "beat", 2.0), (1, "down", 4.0)):
        each = F.binary_cross_entropy_with_logits(
            beats[:, row], want[key], reduction="none",
            pos_weight=torch.tensor(weight))
        loss = loss + (each * inside).sum() / total
    tempo = want["tempo"][:, ::2]
    weight = want["weight"][:, ::2]
    index = torch.arange(TEMPI - 1)
    near = torch.exp(-0.5 * ((index[None, :, None] -
                              tempo[:, None]) / 1.0) ** 2)
    none = (tempo > TEMPI - 1.5)[:, None]
    near = torch.cat([near * ~none, none.float()], 1)
    near = near / near.sum(1, keepdim=True)
    logs = F.log_softmax(slow[:, :TEMPI], 1)
    count = weight.sum() + 1
    loss = loss + 0.05 * (-(near * logs).sum(1) * weight).sum() / count
    each = F.cross_entropy(slow[:, TEMPI:], metre[:, None].expand(
        -1, slow.shape[2]), reduction="none")
    return loss + 0.05 * (each * weight).sum() / count


def peaks(activation, least):
    a = np.pad(activation, 1)
    top = (a[1:-1] >= a[:-2]) & (a[1:-1] > a[2:]) & (a[1:-1] > least)
    return np.flatnonzero(top) / 50


def f_measure(found, truth):
    if len(truth) == 0 or len(found) == 0:
        return float(len(truth) == len(found))
    near = np.abs(found[:, None] - truth[None]).min(0) <= 0.07
    true = np.abs(found[:, None] - truth[None]).min(1) <= 0.07
    return 2 * near.sum() / (len(truth) + max(len(found), true.sum()))


def judge(net, held):
    """Peak picking only: beat F, downbeat F, tempo class right, none."""
    net.eval()
    score = []
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for _, f, labels, truth in held:
            x = torch.from_numpy(f.inputs(0, f.frames // 2 * 2)).T[None]
            beats, slow = net(x)
            act = torch.sigmoid(beats[0].float()).numpy()
            tempo = torch.softmax(slow[0, :TEMPI].float(), 0).mean(1).numpy()
            if not len(truth["beats_s"]):
                score.append((np.nan, np.nan, np.nan, np.argmax(tempo) ==
                              TEMPI - 1))
                continue
            best = int(np.argmax(tempo[:-1]))
            right = abs(best - np.median(labels.tempo)) <= 2.5
            score.append((f_measure(peaks(act[0], 0.4),
                                    np.array(truth["beats_s"])),
                          f_measure(peaks(act[1], 0.3),
                                    np.array(truth["downbeats_s"])),
                          right, np.argmax(tempo) != TEMPI - 1))
    net.train()
    return np.nanmean(np.array(score, float), axis=0)


def start_from(net, path, some):
    """Weights of an earlier training; some() gives a batch of inputs."""
    if not path.endswith(".safetensors"):
        net.load_state_dict(torch.load(path))
        return
    beat_export.unfold(net, path)
    norms = [m for m in net.modules()
             if isinstance(m, torch.nn.BatchNorm1d)]
    seen = {m: [] for m in norms}
    hooks = [m.register_forward_pre_hook(
        lambda module, x: seen[module].append(x[0].mean((0, 2)))
        or seen[module].append(x[0].square().mean((0, 2)))) for m in norms]
    net.eval()
    with torch.no_grad():
        for _ in range(40):
            net(some())
    for hook in hooks:
        hook.remove()
    for m in norms:
        with torch.no_grad():
            mean = torch.stack(seen[m][::2]).mean(0)
            scale = torch.sqrt(torch.stack(seen[m][1::2]).mean(0) -
                               mean ** 2 + m.eps)
            m.bias += m.weight * mean
            m.weight *= scale
            m.running_mean.copy_(mean)
            m.running_var.copy_(scale ** 2 - m.eps)
    net.train()


def main():
    folder, features, out, minutes, *more = sys.argv[1:]
    torch.set_num_threads(int(os.environ.get("THREADS", "1")))
    torch.manual_seed(1)
    rng = np.random.default_rng(5)
    material = Material(folder, features)
    material.number = int(more[1]) if more else None
    material.look()
    net = BeatNet()
    peak = PEAK * (float(more[2]) if more else 1)
    if more:
        start_from(net, more[0], lambda: batch(rng, material)[0])
    slow = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998),
        use_buffers=True)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4,
                                  weight_decay=0.01)
    start, step, loss_sum = time.time(), 0, 0.0
    while (part := (time.time() - start) / 60 / float(minutes)) < 1:
        rate = peak * (min(1, step / 300) if part < 0.1 else
                       0.5 + 0.5 * np.cos(np.pi * (part - 0.1) / 0.9))
        for group in optimizer.param_groups:
            group["lr"] = max(rate, 1e-6)
        x, want, metre = batch(rng, material)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            beats, tempo = net(x)
        loss = losses(beats.float(), tempo.float(), want, metre)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        slow.update_parameters(net)
        step += 1
        loss_sum += float(loss.detach())
        if step % ROUND == 0:
            torch.save(slow.module.state_dict(), f"{out}.part")
            pathlib.Path(f"{out}.part").rename(out)
            figures = ""
            if step % (3 * ROUND) == 0:
                figures = " ".join(f"{v:.3f}" for v in judge(
                    slow.module, material.held[:130]))
            print(f"{(time.time() - start) / 60:6.1f} min {step:6d} "
                  f"loss {loss_sum / ROUND:.4f} {figures} "
                  f"({len(material.taught)} files)", flush=True)
            loss_sum = 0.0
            material.look()
    torch.save(slow.module.state_dict(), out)
    print(judge(slow.module, material.held))


if __name__ == "__main__":
    main()
