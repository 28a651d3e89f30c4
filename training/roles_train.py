#!/usr/bin/env python3
"""Train the role network and export models/role.safetensors.

    roles_train.py MATERIAL... -o models/role.safetensors [--minutes M]
                   [--hold 0.12] [--temperature T]
                   [--state FILE.pt] [--begin FILE.pt]

MATERIAL: the .npz of roles_material.py. --hold keeps that share of the sound
sources (whole programs, kits, samples, voices) out, prints the accuracy on
them and the temperature that suits that (short) run. The shipped weights:
--minutes 5 --hold 0.12 --state a.pt, then --minutes 14 --begin a.pt.

Picture augmentation happens here, in power: equaliser curves, band limits,
noise floors, bleed, shifts in time and pitch, erased stretches; drum buses and
full mixes are also summed anew from other stems.
"""
import argparse
import sys
import time
import zlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from safetensors_file import write

ROLES = ["kick", "snare", "hats", "cymbals", "toms", "percussion", "drums_bus",
         "bass", "keys", "guitar", "synth", "strings", "brass", "woodwind",
         "lead_vocal", "backing_vocal", "fx", "full_mix"]
GROUPS = {"drums": range(0, 7), "bass": [7], "keys_guitar_synth": [8, 9, 10],
          "strings_brass_woodwind": [11, 12, 13], "vocal": [14, 15],
          "fx": [16], "full_mix": [17]}
GROUP_OF = torch.tensor([next(i for i, g in enumerate(GROUPS.values())
                              if r in g) for r in range(18)])
BANDS, FRAMES, EMBEDDING = 128, 256, 64
FLOOR_DB = 80.0


class RoleNet(nn.Module):
    """[B, 1, 256 frames, 128 bands] in 0..1 to logits [B, 18] and embedding."""

    def __init__(self, a=16, b=24, c=40, d=96):
        super().__init__()
        self.conv = nn.ModuleList([
            nn.Conv2d(1, a, (3, 5), stride=(1, 2), padding=(1, 2), bias=False),
            nn.Conv2d(a, b, 3, padding=1, bias=False),
            nn.Conv2d(b, c, 3, padding=1, bias=False)])
        self.norm = nn.ModuleList(nn.BatchNorm2d(n) for n in (a, b, c))
        self.time = nn.Conv1d(8 * c, d, 3, padding=1, bias=False)
        self.time_norm = nn.BatchNorm1d(d)
        self.embed = nn.Linear(3 * d, EMBEDDING)
        self.answer = nn.Linear(EMBEDDING, len(ROLES))

    def forward(self, x):
        for conv, norm in zip(self.conv, self.norm):
            x = F.max_pool2d(F.relu(norm(conv(x))), 2)
        x = x.permute(0, 3, 1, 2).flatten(1, 2)  # [B, band * c, time]
        x = F.relu(self.time_norm(self.time(x)))
        mean = x.mean(2)
        spread = torch.sqrt(((x - mean[:, :, None]) ** 2).mean(2) + 1e-6)
        x = torch.cat([mean, x.amax(2), spread], 1)
        x = F.dropout(x, 0.2, self.training)
        e = F.normalize(self.embed(x), dim=1)
        return self.answer(e), e


# --- pictures ---

def load(paths):
    packs = [np.load(p) for p in paths]
    return [np.concatenate([p[k] for p in packs]) for k in
            ("look", "role", "source")]


def power_of(look):
    """Half dB to power; the lowest band (it hears a constant) is left out."""
    power = 10 ** (look.astype(np.float32) * -0.05)
    power[:, 0] = 0
    return power


def level(rng, low, high, n):
    return 10 ** (rng.uniform(low, high, (n, 1, 1)) / 10)


def shifted(rng, x):
    """Each picture rolled in time; some a few bands up or down."""
    for i in range(len(x)):
        x[i] = np.roll(x[i], rng.integers(FRAMES), 1)
        step = int(rng.integers(-3, 4)) if rng.random() < 0.4 else 0
        if step:
            x[i] = np.roll(x[i], step, 0)
            if step > 0:
                x[i, :step] = 0
            else:
                x[i, step:] = 0
    return x


def equalised(rng, x):
    n = len(x)
    knots = rng.normal(0, 5, (n, 7)) * (rng.random((n, 1)) < 0.8)
    at = np.linspace(0, 6, BANDS)
    i = np.minimum(at.astype(int), 5)
    curve = knots[:, i] * (1 - (at - i)) + knots[:, i + 1] * (at - i)
    tilt = rng.normal(0, 6, (n, 1)) * np.linspace(-1, 1, BANDS)
    x *= 10 ** ((curve + tilt)[:, :, None] / 10)
    cut = np.where(rng.random(n) < 0.2, rng.integers(60, 128, n), 128)
    x *= np.where(np.arange(BANDS) < cut[:, None], 1, 1e-5)[:, :, None]
    return x


def erased(rng, x):
    for i in range(len(x)):
        if rng.random() < 0.3:
            a, m = rng.integers(FRAMES), rng.integers(20, 140)
            x[i, :, a:a + m] = 0
        if rng.random() < 0.2:
            a, m = rng.integers(BANDS), rng.integers(2, 14)
            x[i, a:a + m] *= 0.001
    return x


class Batches:
    def __init__(self, look, role, seed):
        self.look, self.role = look, role
        self.rng = np.random.default_rng(seed)
        self.by_role = [np.flatnonzero(role == r) for r in range(18)]
        count = np.array([max(1, len(b)) for b in self.by_role])
        self.chance = (count ** -0.6)[role]
        self.chance /= self.chance.sum()

    def power(self, index):
        return power_of(self.look[index])

    def some(self, roles):
        return self.power([self.rng.choice(self.by_role[self.rng.choice(
            [r for r in roles if len(self.by_role[r])])])])

    def mixed(self, x, y):
        """A few items become buses and mixes of others."""
        for i in range(len(x)):
            u = self.rng.random()
            if y[i] < 2 and u < 0.2:
                for _ in range(self.rng.integers(1, 4)):
                    x[i] += self.some(range(2, 6))[0] * 10 ** -self.rng.uniform(
                        0, 1.5)
                x[i] += self.some([1 - y[i]])[0] * 10 ** -self.rng.uniform(
                    -0.5, 0.8)
                y[i] = 6
            elif y[i] == 6 and u < 0.35:
                x[i] += self.some([7])[0] * 10 ** -self.rng.uniform(-0.6, 0.6)
                for _ in range(self.rng.integers(1, 4)):
                    x[i] += self.some([8, 9, 10, 11, 12, 14])[0] * \
                        10 ** -self.rng.uniform(-0.6, 0.8)
                y[i] = 17
        return x, y

    def batch(self, n):
        index = self.rng.choice(len(self.role), n, p=self.chance)
        rng, y = self.rng, self.role[index].astype(np.int64)
        x, y = self.mixed(self.power(index), y)
        x = equalised(rng, shifted(rng, x))
        bleed = self.power(rng.integers(0, len(self.role), n))
        on = rng.random((n, 1, 1)) < 0.25
        x += bleed * level(rng, -48, -28, n) * on * x.max((1, 2), keepdims=True)
        noise = rng.exponential(1, x.shape).astype(np.float32)
        slope = 10 ** (np.linspace(1, -1, BANDS) * rng.uniform(
            -0.5, 1.5, (n, 1)))[:, :, None]
        on = rng.random((n, 1, 1)) < 0.4
        x += noise * slope * level(rng, -85, -40, n) * on * x.max(
            (1, 2), keepdims=True)
        return seen(erased(rng, x)), torch.from_numpy(y)


def seen(power):
    """Power [n, bands, frames] to what the network gets."""
    peak = power.max((1, 2), keepdims=True) + 1e-20
    db = 10 * np.log10(power / peak + 1e-12)
    x = np.maximum(0, 1 + db / FLOOR_DB).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(
        x.transpose(0, 2, 1)))[:, None]


# --- learning ---

def loss_of(logits, y):
    """Roles, and their groups at half the weight."""
    group = torch.stack(
        [torch.logsumexp(logits[:, list(g)], 1) for g in GROUPS.values()], 1)
    return F.cross_entropy(logits, y, label_smoothing=0.06) + \
        0.5 * F.cross_entropy(group, GROUP_OF[y])


def judge(net, look, role):
    net.eval()
    with torch.no_grad():
        logits = torch.cat([net(seen(power_of(look[a:a + 64])))[0]
            for a in range(0, len(look), 64)])
    y = torch.from_numpy(role.astype(np.int64))
    best = logits.argmax(1)
    net.train()
    return logits, y, (best == y).float().mean().item(), (
        GROUP_OF[best] == GROUP_OF[y]).float().mean().item()


def temperature_of(logits, y):
    grid = np.geomspace(0.4, 3, 60)
    cost = [F.cross_entropy(logits / t, y).item() for t in grid]
    return float(grid[int(np.argmin(cost))])


def confusion(logits, y):
    table = np.zeros((18, 18), int)
    for a, b in zip(y.numpy(), logits.argmax(1).numpy()):
        table[a, b] += 1
    for r, row in enumerate(table):
        print(f"{ROLES[r]:14s}", *(f"{v:4d}" for v in row))


def cropped(rng, x, frames=128):
    """A stretch of each picture, the fuller of two."""
    out = x[:, :, :frames].clone()
    level = x.mean((1, 3)).numpy()
    for i in range(len(x)):
        at = rng.integers(0, x.shape[2] - frames + 1, 2)
        sums = [level[i, a:a + frames].sum() for a in at]
        a = at[int(np.argmax(sums))]
        out[i] = x[i, :, a:a + frames]
    return out


def train(net, data, held, seconds, size=48, rate=2.5e-3):
    """The first two thirds on halves of looks, the rest on whole ones."""
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.02)
    begin, step, average = time.process_time(), 0, 3.0
    said = 0
    while True:
        part = (time.process_time() - begin) / seconds
        if part >= 1:
            break
        warm = min(1, part / 0.03)
        for g in optimiser.param_groups:
            g["lr"] = rate * warm * (0.5 + 0.5 * np.cos(np.pi * part)) + 1e-6
        x, y = data.batch(size)
        if part < 0.66:
            x = cropped(data.rng, x)
        x = x.contiguous(memory_format=torch.channels_last)
        loss = loss_of(net(x)[0], y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        average += (loss.item() - average) * 0.02
        step += 1
        if part - said >= 0.1:
            said = part
            text = f"{part:.2f} step {step} loss {average:.3f}"
            if held is not None:
                text += " held {:.3f} groups {:.3f}".format(
                    *judge(net, *held)[2:])
            print(text, flush=True)


def folded(conv, norm):
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    shape = [-1] + [1] * (conv.weight.dim() - 1)
    return conv.weight * scale.view(shape), norm.bias - norm.running_mean * scale


def export(path, net, temperature, notes):
    named = {}
    for k, (conv, norm) in enumerate(zip(net.conv, net.norm)):
        named[f"conv.{k}.weight"], named[f"conv.{k}.bias"] = folded(conv, norm)
    named["time.weight"], named["time.bias"] = folded(net.time, net.time_norm)
    for name in ("embed", "answer"):
        layer = getattr(net, name)
        named[f"{name}.weight"] = layer.weight
        named[f"{name}.bias"] = layer.bias
    named["temperature"] = torch.tensor([temperature])
    write(path, {k: v.detach().numpy() for k, v in named.items()}, notes)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("material", nargs="+")
    options.add_argument("-o", default="")
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--hold", type=float, default=0.0)
    options.add_argument("--temperature", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--state", default="", help="PyTorch's own file")
    options.add_argument("--begin", default="", help="a --state to go on from")
    given = options.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    look, role, source = load(given.material)
    out = np.array([zlib.crc32(s.encode()) % 1000 < 1000 * given.hold
                    for s in source])
    print(len(role), "looks,", int(out.sum()), "held out")
    net = RoleNet().to(memory_format=torch.channels_last)
    if given.begin:
        net.load_state_dict(torch.load(given.begin))
    print(sum(p.numel() for p in net.parameters()), "parameters")
    held = (look[out], role[out]) if out.any() else None
    train(net, Batches(look[~out], role[~out], given.seed), held,
          60 * given.minutes)
    temperature = given.temperature
    if held is not None:
        logits, y, _, _ = judge(net, *held)
        temperature = temperature_of(logits, y)
        confusion(logits, y)
    print("temperature", temperature)
    net.eval()
    if given.o:
        torch.save(net.state_dict(), given.state) if given.state else None
        export(given.o, net, temperature, {
            "name": "role", "licence": "MIT", "roles": " ".join(ROLES),
            "source": "training/roles_train.py"})


if __name__ == "__main__":
    sys.exit(main())
