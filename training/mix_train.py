#!/usr/bin/env python3
"""Learn faders (and EQ) from multitracks whose balance is known.

    training/mix_train.py faders FEATURES [--out models/mix.safetensors] [--folds]
    training/mix_train.py desk FEATURES SONGS

FEATURES is what bench/mix_dump says of the songs of mixes.py, a line a song.
A song is heard as a user might hand it in: each stem off by up to 12 dB (all
that hearing says of levels moves with it), some stems missing, the role by
sound, by its name or unknown. Songs of one source stand on one side only; a
fifth is held out (--folds: each fifth once; --out: none).

faders: the net gives each stem's gain; loss: mean absolute error in dB, the
median of a song taken out. What ships.
desk: the same net with the spectra of stems as more inputs and four EQ bands
as more outputs, trained through the copy of the desk (mix_console.py): stems
are coloured by EQ, and the sum must come near to the author's mix in log-mel
spectra of left, right, middle and side. Judged with and without its EQ.
Needs torch, numpy, soundfile.
"""
import argparse
import hashlib
import json
import pathlib

import numpy as np
import soundfile
import torch
from torch import nn

import mix_console
import safetensors_file

OFF_DB, STEPS, BATCH, NETS = 12.0, 900, 24, 4
# authors hide stems, or push them: that often, by that much
FAR_ODDS, FAR_DB = 0.25, (-24.0, 8.0)
WIDTH, HEADS, LAYERS, DROP, NOISE = 48, 4, 2, 0.2, 0.15
LEVELS, ROLES, SOUND, BANDS = 7, 19, 64, 26
# role of a name of mixes.py, as audio/role.h counts
SAID = {"Piano": 8, "Mallets": 8, "Organ": 8, "Guitar": 9, "Bass": 7, "Strings": 11, "Ensemble": 11, "Brass": 12,
        "Sax": 13, "Flute": 13, "Synth Lead": 10, "Synth Pad": 10, "FX": 16, "Percussion": 5, "Kick": 0, "Snare": 1,
        "Hats": 2, "Toms": 4, "Cymbals": 3}


# --- songs ---

def facts(stems, lufs):
    """[stems, 78]: what does not change with the gain of a stem. As src/mix/balance_net.c."""
    out = np.zeros((len(stems), LEVELS + 7 + SOUND), np.float32)
    for i, s in enumerate(stems):
        out[i, :LEVELS] = np.clip(np.array(s["levels"]) - lufs[i], -40, 30) / 15
        out[i, LEVELS] = np.clip((s["peak"] - lufs[i] - 15) / 8, -4, 4)
        out[i, LEVELS + 1] = min(s["range"], 40) / 10
        out[i, LEVELS + 2] = min(s["width"], 2.0)
        out[i, LEVELS + 3] = s["channels"] - 1
        out[i, LEVELS + 4] = s["confidence"]
        out[i, LEVELS + 7:] = np.array(s["sound"]) * 2
    return out


class Song:
    def __init__(self, line, folder):
        about = json.loads(line)
        path = pathlib.Path(about["folder"])
        self.name = path.parent.name if path.name == "stems" else path.name
        self.stems = about["stems"]
        self.lufs = np.array([s["lufs"] for s in self.stems], np.float32)
        self.facts = facts(self.stems, self.lufs)
        self.role = np.array([s["role"] for s in self.stems])
        self.bands = np.clip(np.array([s["bands"] for s in self.stems]) - self.lufs[:, None], -60, 20).astype(np.float32)
        self.said = np.full(len(self.stems), -2)
        told = folder and pathlib.Path(folder) / self.name / "song.json"
        if told and told.exists():
            by = {s["file"]: s["said"] for s in json.loads(told.read_text())["stems"]}
            self.said = np.array([SAID.get(by.get(s["file"]), -2) for s in self.stems])
        self.folder = path

    def fold(self, folds):
        return int(hashlib.sha256(self.name.split(".")[0].encode()).hexdigest(), 16) % folds


def load(features, folder=None):
    songs = [Song(line, folder) for line in open(features)]
    return [s for s in songs if len(s.stems) >= 3]


def inputs(song, keep, offset, rng, spectra=False):
    """[stems, inputs], loudness beside the median of the song."""
    lufs = song.lufs[keep] + offset
    rel = lufs - np.median(lufs)
    role = song.role[keep].copy()
    if rng is not None:
        told = (song.said[keep] > -2) & (rng.random(len(keep)) < 0.5)
        role = np.where(told, song.said[keep], role)
        role[rng.random(len(keep)) < 0.08] = -1
    hot = np.eye(ROLES, dtype=np.float32)[role]
    x = song.facts[keep].copy()
    x[:, LEVELS + 5] = len(keep) / 12
    x[:, LEVELS + 6] = [(role == r).sum() / 4 for r in role]
    if rng is not None:
        x += NOISE * rng.standard_normal(x.shape).astype(np.float32)
    more = [song.bands[keep] / 20 + 1] if spectra else []
    return np.concatenate([x, hot, *more, rel[:, None] / 12, np.abs(rel[:, None]) / 12], 1).astype(np.float32), \
        rel.astype(np.float32)


def batch(songs, rng, learn=True, spectra=False):
    """x [songs, stems, inputs], rel, wanted gain [songs, stems], empty [songs, stems]."""
    made = []
    for s in songs:
        keep = np.arange(len(s.stems))
        if learn:
            keep = np.sort(rng.permutation(keep)[:max(3, len(keep) - rng.integers(0, 3))])
        offset = rng.uniform(-OFF_DB, OFF_DB, len(keep)).astype(np.float32)
        want = -offset
        if learn:
            far = rng.random(len(keep)) < FAR_ODDS
            offset = offset + np.where(far, rng.uniform(*FAR_DB, len(keep)), 0).astype(np.float32)
        made.append((*inputs(s, keep, offset, rng if learn else None, spectra), want, keep))
    most = max(len(m[1]) for m in made)
    x = np.zeros((len(made), most, made[0][0].shape[1]), np.float32)
    rel, want = np.zeros((2, len(made), most), np.float32)
    empty = np.ones((len(made), most), bool)
    for i, (a, r, w, _) in enumerate(made):
        x[i, :len(r)], rel[i, :len(r)], want[i, :len(r)], empty[i, :len(r)] = a, r, w, False
    return *map(torch.tensor, (x, rel, want, empty)), [m[3] for m in made]


# --- the net ---

class Layer(nn.Module):
    """Attention over the stems of a song, then a step for each; norms first."""

    def __init__(self, width, heads, drop):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.drop, self.heads = nn.Dropout(drop), heads

    def forward(self, h, empty):
        n, t, w = h.shape
        q, k, v = (a.view(n, t, self.heads, -1).transpose(1, 2) for a in self.qkv(self.norm1(h)).chunk(3, -1))
        score = q @ k.transpose(2, 3) / (w // self.heads) ** 0.5
        score = score.masked_fill(empty[:, None, None], float("-inf")).softmax(-1)
        h = h + self.drop(self.merge((self.drop(score) @ v).transpose(1, 2).reshape(n, t, w)))
        return h + self.drop(self.down(self.drop(nn.functional.gelu(self.up(self.norm2(h))))))


class Net(nn.Module):
    def __init__(self, inputs, outputs=1):
        super().__init__()
        self.first = nn.Linear(inputs, WIDTH)
        self.layers = nn.ModuleList([Layer(WIDTH, HEADS, DROP) for _ in range(LAYERS)])
        self.norm, self.last = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, outputs)
        self.drop = nn.Dropout(DROP)

    def forward(self, x, rel, empty):
        """Gain in dB [songs, stems]; and what else is given, [songs, stems, outputs - 1]."""
        h = self.drop(nn.functional.gelu(self.first(x)))
        for layer in self.layers:
            h = layer(h, empty)
        y = self.last(self.norm(h))
        return 6 * y[..., 0] - rel, y[..., 1:]


def centred(error, empty):
    """The median of each song taken out (as a constant)."""
    with torch.no_grad():
        middle = error.masked_fill(empty, float("nan")).nanmedian(1, keepdim=True).values
    return error - middle


def faders(songs, steps, seed):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Net(LEVELS + 7 + SOUND + ROLES + 2)
    adam = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.05)
    pace = torch.optim.lr_scheduler.OneCycleLR(adam, 2e-3, steps)
    kinds = [s.name.split("-")[0] for s in songs]
    odds = np.array([1 / np.sqrt(kinds.count(k)) for k in kinds])
    for _ in range(steps):
        x, rel, want, empty, _ = batch([songs[i] for i in rng.choice(len(songs), BATCH, p=odds / odds.sum())], rng)
        loss = centred(net(x, rel, empty)[0] - want, empty).abs()[~empty].mean()
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        pace.step()
    return net.eval()


def mae(error):
    return float(np.mean(np.abs(error - np.median(error))))


def judge(nets, songs, seed=9, times=4):
    """Mean absolute error, dB: equal loudness, the mean of the nets."""
    rng, rows = np.random.default_rng(seed), []
    for s in songs:
        for _ in range(times):
            x, rel, want, empty, _ = batch([s], rng, learn=False)
            with torch.no_grad():
                gain = sum(n(x, rel, empty)[0][0] for n in nets).numpy() / len(nets)
            rows.append((mae(-rel[0].numpy() - want[0].numpy()), mae(gain - want[0].numpy())))
    return np.mean(rows, 0)


def learn_faders(args):
    songs = load(args.features, args.songs)
    print(len(songs), "songs,", sum(len(s.stems) for s in songs), "stems")
    rows = []
    for fold in range(5 if args.folds else 0 if args.out else 1):
        inside = [s for s in songs if s.fold(5) != fold]
        outside = [s for s in songs if s.fold(5) == fold]
        nets = [faders(inside, args.steps, n) for n in range(args.nets)]
        rows.append(judge(nets, outside))
        print(f"fold {fold}, {len(outside)} songs: equal loudness {rows[-1][0]:.2f}, learned {rows[-1][1]:.2f} dB; "
              f"one net {judge(nets[:1], outside)[1]:.2f}; learned songs {judge(nets, inside)[1]:.2f}", flush=True)
    if args.folds:
        print("mean:", np.mean(rows, 0).round(3))
    if args.out:
        nets = [faders(songs, args.steps, n) for n in range(args.nets)]
        tensors = {f"{n}.{k}": v.numpy().astype(np.float32) for n, net in enumerate(nets)
                   for k, v in net.state_dict().items()}
        safetensors_file.write(args.out, tensors, {"name": "mix", "nets": str(args.nets)})
        print("wrote", args.out, sum(v.size for v in tensors.values()), "weights")


# --- through the desk ---

RATE, FRAMES = 44100, 1 << 17


def log_mel(x):
    """[..., 64, frames] dB of left, right, middle, side."""
    x = torch.cat([x, (x[:, :1] + x[:, 1:]) / 2, (x[:, :1] - x[:, 1:]) / 2], 1)
    s = torch.stft(x.flatten(0, 1), 4096, 4096, window=torch.hann_window(4096), return_complex=True).abs() ** 2
    if not hasattr(log_mel, "bank"):
        edge = np.floor(np.linspace(0, 1, 66) ** 2.2 * 1850 + np.arange(66)).astype(int)
        bank = np.zeros((64, s.shape[1]), np.float32)
        for b in range(64):
            bank[b, edge[b]:edge[b + 1] + 1] = 1
        log_mel.bank = torch.tensor(bank)
    return 10 * torch.log10(log_mel.bank @ s + 1e-7)


def colour(rng, shape):
    return np.where(rng.random(shape + (1,)) < 0.5, rng.uniform(-6, 6, shape + (len(mix_console.BANDS),)), 0.0)


def coloured_bands(bands, eq_db):
    """Band levels behind an EQ, gain of the stem's loudness about kept."""
    hz = 20 * 1000 ** ((np.arange(BANDS) + 0.5) / BANDS)
    out = bands.copy()
    for b, (kind, at, q) in enumerate(mix_console.BANDS):
        grid = mix_console.response(kind, at, q, torch.tensor(eq_db[..., b]), RATE, 8193).abs().numpy()
        out += 20 * np.log10(grid[..., np.minimum((hz / (RATE / 2) * 8192).astype(int), 8192)])
    return out.astype(np.float32)


def excerpt(songs, kept, rng):
    audio = np.zeros((len(songs), max(map(len, kept)), 2, FRAMES), np.float32)
    for i, (s, keep) in enumerate(zip(songs, kept)):
        at = int(rng.uniform(0, 35 * RATE))
        for j, k in enumerate(keep):
            x = soundfile.read(s.folder / s.stems[k]["file"], frames=FRAMES, start=at, dtype="float32")[0]
            audio[i, j, :, :len(x)] = x.T
    return torch.tensor(audio)


def through_desk(net, songs, rng, learn, with_eq=True):
    """(mix loss, fader error) of a batch."""
    x, rel, want, empty, kept = batch(songs, rng, learn, spectra=True)
    audio = excerpt(songs, kept, rng)
    tint = colour(rng, tuple(want.shape))
    at = LEVELS + 7 + SOUND + ROLES
    flat = (x[..., at:at + BANDS].numpy() - 1) * 20
    x[..., at:at + BANDS] = torch.tensor(coloured_bands(flat, tint) / 20 + 1)
    gain, eq = net(x, rel, empty)
    error = centred(gain - want, empty)
    error = error.masked_fill(empty, 0.0)
    eq = 4 * torch.tanh(eq) * (1.0 if with_eq else 0.0)
    reference = log_mel(mix_console.mix(audio, torch.zeros_like(gain)))
    made = log_mel(mix_console.mix(audio, error, eq + torch.tensor(tint, dtype=torch.float32)))
    made = made + (reference - made).detach().median()
    return (made - reference).abs().mean(), error.abs()[~empty].mean()


def learn_desk(args):
    songs = load(args.features, args.songs)
    for s in songs:
        s.folder = pathlib.Path(args.songs) / s.name / "stems"
    inside = [s for s in songs if s.fold(5) != 0]
    outside = [s for s in songs if s.fold(5) == 0]
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    net = Net(LEVELS + 7 + SOUND + ROLES + BANDS + 2, 1 + len(mix_console.BANDS))
    adam = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.05)
    pace = torch.optim.lr_scheduler.OneCycleLR(adam, 2e-3, args.steps)
    for step in range(args.steps):
        far, off = through_desk(net, [inside[i] for i in rng.choice(len(inside), 4)], rng, True)
        adam.zero_grad()
        (far + off).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        pace.step()
        if step % 100 == 99:
            print(step + 1, f"{float(far):.2f} {float(off):.2f}", flush=True)
    net.eval()
    for said, flag in (("with EQ", True), ("without", False)):
        rng, rows = np.random.default_rng(3), []
        for s in outside:
            with torch.no_grad():
                rows.append([float(v) for v in through_desk(net, [s], rng, False, flag)])
        print(said, "log-mel dB, fader dB:", np.mean(rows, 0).round(3), flush=True)


def main():
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("what", choices=("faders", "desk"))
    ask.add_argument("features")
    ask.add_argument("songs", nargs="?")
    ask.add_argument("--out")
    ask.add_argument("--folds", action="store_true")
    ask.add_argument("--steps", type=int, default=STEPS)
    ask.add_argument("--nets", type=int, default=NETS)
    args = ask.parse_args()
    torch.set_num_threads(2)
    (learn_faders if args.what == "faders" else learn_desk)(args)


if __name__ == "__main__":
    main()
