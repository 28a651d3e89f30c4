#!/usr/bin/env python3
"""Pitch trackers beside each other -> bench/RESULTS-f0.md.

    f0.py BUILD MODEL.onnx [--quick]

MODEL.onnx is that of swift-f0 0.1.2. Needs numpy, scipy, onnxruntime and the
program bench_f0 (meson -Dbench=true); pYIN when librosa is there; the sound
font part needs fluidsynth and FluidR3_GM.sf2. One thread each, CPU time.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from scipy import signal as dsp

KINDS = ["voice", "pluck", "bow", "reed", "flute", "bass", "slide", "missing"]
CONDITIONS = [("clean", 0, 0, 0), ("vibrato", 45, 0, 0), ("reverberant", 0, 0, 1),
              ("10 dB noise", 0, 10, 0), ("all three, 15 dB", 30, 15, 1)]
FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
PROGRAMS = [("grand piano", 0, 40), ("nylon guitar", 24, 43), ("finger bass", 33, 29),
            ("violin", 40, 57), ("cello", 42, 40), ("trumpet", 56, 56), ("tenor sax", 66, 47),
            ("clarinet", 71, 52), ("flute", 73, 62), ("choir", 52, 50)]


class Peers:
    def __init__(self, build, model):
        self.bench = str(pathlib.Path(build) / "bench/bench_f0")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.net = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.room = pathlib.Path(tempfile.mkdtemp())
        try:
            import librosa
            self.librosa = librosa
        except ImportError:
            self.librosa = None

    def ours(self, mode, x, rate, repeats=1):
        path = self.room / "x.raw"
        x.astype(np.float32).tofile(path)
        done = subprocess.run([self.bench, mode, str(rate), path, str(repeats)],
                              capture_output=True, text=True, check=True)
        rows = np.array([line.split() for line in done.stdout.splitlines()], float)
        return rows, float(done.stderr)

    def onnx(self, x, repeats=1):
        best = 1e9
        for _ in range(repeats):
            start = time.process_time()
            hz, confidence = self.net.run(None, {"input_audio": x[None].astype(np.float32)})
            best = min(best, time.process_time() - start)
        return hz[0], confidence[0], best * 1e3 * 16000 / len(x)

    def pyin(self, x, rate):
        start = time.process_time()
        hz, voiced, p = self.librosa.pyin(x, fmin=40, fmax=2000, sr=rate, frame_length=2048, hop_length=220)
        ms = (time.process_time() - start) * 1e3 * rate / len(x)
        return np.arange(len(hz)) * 220 / rate, np.nan_to_num(hz), voiced, ms


def on_grid(times, hz, voiced, frames):
    grid = np.arange(frames) / 100
    nearest = np.clip(np.searchsorted((times[1:] + times[:-1]) / 2, grid), 0, len(times) - 1)
    return hz[nearest], voiced[nearest].astype(bool)


class Score:
    def __init__(self):
        self.rows = []

    def add(self, truth, hz, voiced):
        self.rows.append((truth, hz, voiced))

    def text(self):
        truth, hz, voiced = (np.concatenate(c) for c in zip(*self.rows))
        there = truth > 0
        cents = np.full(len(truth), 9999.0)
        ok = there & (hz > 0)
        cents[ok] = np.abs(1200 * np.log2(hz[ok] / truth[ok]))
        both = there & voiced
        gross = np.abs(hz[both] / truth[both] - 1) > 0.2
        hit = both.sum()
        f1 = 2 * hit / (2 * hit + (voiced & ~there).sum() + (there & ~voiced).sum())
        return (f"{100 * gross.mean():.2f} | {100 * (cents[there] <= 50).mean():.2f} | "
                f"{np.median(cents[both]):.2f} | {f1:.3f}")


def synth(peers, kind, seed, condition):
    path = peers.room / "s.raw"
    done = subprocess.run([peers.bench, "synth", str(kind), str(seed), "22050",
                           *map(str, condition[1:]), path], capture_output=True, text=True, check=True)
    return np.fromfile(path, np.float32), np.array(done.stdout.split(), float)


def differ(hz, confidence, rows):
    """[frames, those where confidence or relative pitch differ by over 1e-4, largest of each]."""
    by = np.abs(confidence - rows[:, 2]), np.abs(hz / rows[:, 1] - 1)
    return np.array([len(hz), (np.maximum(*by) > 1e-4).sum(), by[0].max(), by[1].max()])


def join(a, b):
    return np.concatenate([a[:2] + b[:2], np.maximum(a[2:], b[2:])])


def compare(peers, x, truth, scores, times, with_pyin):
    rows, ms = peers.ours("track", x, 22050, 2)
    scores["ours"].add(truth, rows[:, 1], rows[:, 3] > 0)
    times["ours"].append(ms)
    low = dsp.resample_poly(x, 320, 441).astype(np.float32)
    rows, ms = peers.ours("swiftf0", low, 16000)
    hz, voiced = on_grid(rows[:, 0], rows[:, 1], rows[:, 3] > 0, len(truth))
    scores["SwiftF0 (ours)"].add(truth, hz, voiced)
    times["SwiftF0 (ours)"].append(ms)
    hz, confidence, ms = peers.onnx(low)
    worst = differ(hz, confidence, rows)
    times["onnxruntime"].append(ms)
    if with_pyin:
        at, hz, voiced, ms = peers.pyin(x, 22050)
        hz, voiced = on_grid(at, hz, voiced, len(truth))
        scores["pYIN"].add(truth, hz, voiced)
        times["pYIN"].append(ms)
    return worst


def names(peers):
    return ["ours", "SwiftF0 (ours)"] + (["pYIN"] if peers.librosa else [])


def table(title, blocks):
    print(f"\n## {title}\n\n| material | tracker | gross error % | within 50 cents % | median cents | voicing F1 |\n"
          "|---|---|---|---|---|---|")
    for label, scores in blocks:
        for name, score in scores.items():
            if score.rows:
                print(f"| {label} | {name} | {score.text()} |")


def synthesised(peers, seeds):
    blocks, times, worst = [], {n: [] for n in names(peers) + ["onnxruntime"]}, np.zeros((2, 4))
    for c, condition in enumerate(CONDITIONS):
        scores = {n: Score() for n in names(peers)}
        for kind in range(len(KINDS)):
            for seed in range(seeds):
                x, truth = synth(peers, kind, 7000 + 100 * c + seed, condition)
                noise = int(condition[2] > 0)
                worst[noise] = join(worst[noise], compare(peers, x, truth, scores, times, peers.librosa and seed == 0))
        blocks.append((condition[0], scores))
    return blocks, times, worst


def note_file(path, program, first):
    """A scale of 24 notes, 0.5 s each with a rest of 0.1 s, at 120 bpm, 480 ticks."""
    def number(v):
        out = [v & 127]
        while v := v >> 7:
            out.insert(0, v & 127 | 128)
        return bytes(out)
    track = bytes([0, 0xC0, program])
    for i in range(24):
        key = first + i
        track += number(96 if i else 480) + bytes([0x90, key, 90]) + number(480) + bytes([0x80, key, 0])
    track += number(480) + b"\xff\x2f\0"
    path.write_bytes(b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk" + len(track).to_bytes(4, "big") + track)


def sampled(peers):
    blocks = []
    for label, program, first in PROGRAMS:
        midi, wav = peers.room / "n.mid", peers.room / "n.wav"
        note_file(midi, program, first)
        subprocess.run(["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.6", "-r", "22050", "-T", "wav",
                        "-F", str(wav), FONT, str(midi)], check=True, capture_output=True)
        import soundfile
        x = soundfile.read(wav, dtype="float32")[0].mean(axis=1)[:int(22050 * 15.4)]
        frames = 1 + len(x) * 100 // 22050
        t, truth = np.arange(frames) / 100, np.zeros(frames)
        for i in range(24):
            on = 0.5 + 0.6 * i
            truth[(t >= on + 0.02) & (t < on + 0.5)] = 440 * 2 ** ((first + i - 69) / 12)
        scores = {n: Score() for n in names(peers)}
        compare(peers, x, truth, scores, {n: [] for n in names(peers) + ["onnxruntime"]}, peers.librosa)
        blocks.append((label, scores))
    return blocks


def main():
    peers = Peers(sys.argv[1], sys.argv[2])
    seeds = 1 if "--quick" in sys.argv else 3
    long = np.concatenate([synth(peers, k, 6000 + k, CONDITIONS[k % 5])[0] for k in range(4)])
    low = dsp.resample_poly(long, 320, 441).astype(np.float32)
    rows, net_ms = peers.ours("swiftf0", low, 16000, 7)
    hz, confidence, onnx_ms = peers.onnx(low, 7)
    _, own_ms = peers.ours("track", long, 22050, 7)
    blocks, times, worst = synthesised(peers, seeds)
    print("# Pitch: accuracy and speed\n\nMade by `bench/f0.py`; see there for the material. "
          "Gross error: voiced in both and more than 20 % off. Within 50 cents: of all frames that sound.\n"
          "Median: of those voiced in both. Melodies with seeds that no one looked at while the tracker was made.\n")
    print("| one thread, 40 s | CPU ms for a second of audio |\n|---|---|")
    print(f"| our tracker | {own_ms:.2f} |\n| SwiftF0's network in C | {net_ms:.2f} ({1.1374 / net_ms * 1e3:.0f} GFLOP/s) |\n"
          f"| the same by onnxruntime {onnxruntime.__version__} | {onnx_ms:.2f} |")
    if times.get("pYIN"):
        print(f"| pYIN (librosa {peers.librosa.__version__}) | {np.median(times['pYIN']):.0f} |")
    print("\nThe network in C beside onnxruntime, largest differences of confidence and of relative pitch:\n")
    for what, w in zip(("without a noise floor (bands that are numerically empty: rounding is what both hear there)",
                        "with noise"), worst):
        print(f"- {what}: {w[2]:.1e}, {w[3]:.1e}; over 1e-4 in {w[1]:.0f} of {w[0]:.0f} frames")
    table("Synthesised voices and instruments, exact pitch", blocks)
    if pathlib.Path(FONT).exists():
        table("Notes of the sound font FluidR3 (samples have a tuning and an attack of their own)", sampled(peers))


if __name__ == "__main__":
    main()
