#!/usr/bin/env python3
"""Spectra beside librosa 0.11.0, on the same files in one run.

    bench/spectra.py SPECTRA_DUMP FILE...

SPECTRA_DUMP is bench/spectra_dump of a build with -Dbench=true. FILEs are any
that libsndfile reads; each is folded to mono, brought to 22,050 Hz (soxr VHQ)
and repeated or cut to 4 minutes. Needs librosa==0.11.0 and soxr from PyPI.

Correctness: in each frame, every bin within 60 dB of the frame's peak must be
within 1e-3 of that peak (power for mel, magnitude for constant-Q, absolute
value for cepstra). Frames whose peak is below -140 dB of full scale hold only
rounding and are left out. Speed: processor seconds on one core, both sides in
turn. Writes bench/RESULTS-spectra.md.
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import librosa
import numpy as np
import soundfile
import soxr

RATE = 22050
SECONDS = 240
EDGE = 32  # frames: what the longest window sees
KINDS = ("mel", "mfcc", "delta", "delta2", "cqt", "chroma")


def load(path):
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(sound.mean(axis=1), rate, RATE, "VHQ")
    return np.resize(mono.astype(np.float32), RATE * SECONDS)


def timed(seconds, name, work):
    start = time.process_time()
    result = work()
    seconds[name] = time.process_time() - start
    return result


def librosa_run(y):
    """Features and seconds; the same quantities as spectra_dump."""
    s = {}
    mel = timed(s, "mel", lambda: librosa.feature.melspectrogram(y=y, sr=RATE))

    def cepstra():
        c = librosa.feature.mfcc(
            S=librosa.power_to_db(mel, top_db=None), n_mfcc=20)
        return (c, librosa.feature.delta(c),
                librosa.feature.delta(c, order=2))

    mfcc, first, second = timed(s, "mfcc", cepstra)
    constant = {"y": y, "sr": RATE, "hop_length": 512, "sparsity": 0,
                "res_type": "soxr_vhq", "tuning": 0.0}
    cqt = timed(s, "cqt", lambda: np.abs(
        librosa.cqt(**constant, n_bins=84, bins_per_octave=12)))
    tuning = timed(s, "tuning",
                   lambda: librosa.estimate_tuning(y=y, sr=RATE))

    def fold():
        fine = np.abs(librosa.cqt(**constant, n_bins=252, bins_per_octave=36))
        return librosa.feature.chroma_cqt(C=fine, bins_per_octave=36,
                                          tuning=0.0)

    chroma = timed(s, "chroma", fold)
    features = {"mel": mel, "mfcc": mfcc, "delta": first, "delta2": second,
                "cqt": cqt, "chroma": chroma}
    return features, s, 100 * tuning


def stemma_run(dump, y, folder):
    y.tofile(folder / "in.f32")
    text = subprocess.run(
        [dump, str(RATE), folder / "in.f32", folder / "out", "5"],
        check=True, capture_output=True, text=True).stdout
    values = dict(line.split() for line in text.splitlines())

    def raw(name, count):
        return np.fromfile(folder / f"out.{name}", np.float32).reshape(
            -1, count).T

    mfcc, cqt = raw("mfcc", 60), raw("cqt", 168)
    features = {"mel": raw("mel", 128), "mfcc": mfcc[:20],
                "delta": mfcc[20:40], "delta2": mfcc[40:],
                "cqt": np.hypot(cqt[:84], cqt[84:]),
                "chroma": raw("chroma", 12)}
    return features, {k: float(v) for k, v in values.items()}


def error(kind, got, want):
    """Worst error by the rule, frames over it, frames looked at, and the worst
    and how many of those over it lie EDGE frames or more from both ends."""
    peak = np.abs(want).max(axis=0)
    floor = {"mel": 1e-14 * 512 ** 2, "cqt": 1e-7}.get(kind, 1e-12)
    near = 1e-6 if kind == "mel" else 1e-3
    frames = peak > floor
    got, want, peak = got[:, frames], want[:, frames], peak[frames]
    off = np.abs(got - want) / peak * (np.abs(want) >= near * peak)
    worst = off.max(axis=0)
    at = np.flatnonzero(frames)
    inner = worst[(at >= EDGE) & (at < len(frames) - EDGE)]
    return (worst.max(initial=0.0), int((worst > 1e-3).sum()),
            int(frames.sum()), inner.max(initial=0.0),
            int((inner > 1e-3).sum()))


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    if librosa.__version__ != "0.11.0":
        raise SystemExit("needs librosa 0.11.0")
    warnings.filterwarnings("ignore")
    dump, paths = sys.argv[1], [pathlib.Path(p) for p in sys.argv[2:]]
    librosa_run(load(paths[0])[:RATE * 5])  # compiles what numba compiles
    errors, ours, theirs, tunings = {}, [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            y = load(path)
            got, s = stemma_run(dump, y, pathlib.Path(folder))
            want, t, cents = librosa_run(y)
            ours.append({"mel": s["mel"], "cqt": s["cqt"],
                         "chroma": s["chroma"], "tuning": s["tuning"]})
            theirs.append({"mel": t["mel"] + t["mfcc"], "cqt": t["cqt"],
                           "chroma": t["chroma"], "tuning": t["tuning"]})
            tunings.append((path.name, s["cents"], cents))
            errors[path.name] = {k: error(k, got[k], want[k]) for k in KINDS}
            print(path.name, {k: "%.1e/%d" % errors[path.name][k][:2]
                              for k in KINDS}, flush=True)
    report(errors, ours, theirs, tunings)


def report(errors, ours, theirs, tunings):
    lines = ["# Spectra beside librosa 0.11.0", "",
             f"{len(errors)} real tracks, 4 minutes each, mono 22,050 Hz. "
             "Worst error in parts of the frame's peak, over all bins within "
             "60 dB of it (rule: 1e-3), and how many frames break the rule.",
             "", "| track | " + " | ".join(KINDS) + " |",
             "|---|" + "---|" * len(KINDS)]
    for name, e in errors.items():
        cells = ["%.1e" % w + (f" ({over} of {all_})" if over else "")
                 for w, over, all_, _, _ in (e[k] for k in KINDS)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    over = {k: sum(e[k][1] for e in errors.values()) for k in KINDS}
    frames = {k: sum(e[k][2] for e in errors.values()) for k in KINDS}
    lines += ["", "Frames over the rule, all tracks: " + ", ".join(
        f"{k} {over[k]} of {frames[k]}" for k in KINDS) + ".", "",
        f"The same without the first and last {EDGE} frames, whose windows "
        "reach over a start or end at full level (there librosa cuts off the "
        "ringing of its resampler, we that of another filter): " + ", ".join(
            f"{k} {sum(e[k][4] for e in errors.values())}, worst "
            f"{max(e[k][3] for e in errors.values()):.1e}"
            for k in KINDS) + ".", "",
        "Processor seconds for 4 minutes on one core, medians over the "
        "tracks (ours: the fastest of 4 after one to warm up).", "",
        "| what | stemma | librosa | ratio |", "|---|---|---|---|"]
    rows = {"mel": "mel, MFCC, two slopes", "cqt": "constant-Q, 84 bins",
            "chroma": "chroma of 36 bins an octave",
            "tuning": "tuning (with a power spectrum of its own)"}
    for key, label in rows.items():
        a = statistics.median(r[key] for r in ours)
        b = statistics.median(r[key] for r in theirs)
        lines.append(f"| {label} | {a:.3f} | {b:.2f} | {b / a:.0f} |")
    total = [sum(r.values()) for r in ours]
    other = [sum(r.values()) for r in theirs]
    lines.append(f"| all of it | {statistics.median(total):.3f} | "
                 f"{statistics.median(other):.2f} | "
                 f"{statistics.median(b / a for a, b in zip(total, other)):.0f}"
                 " |")
    lines += ["", "Tuning found, cents (no truth is known for these): "
              + "; ".join(f"{n} {a:.1f} (librosa {b:.0f})"
                          for n, a, b in tunings) + "."]
    text = "\n".join(lines) + "\n"
    path = pathlib.Path(__file__).with_name("RESULTS-spectra.md")
    old = path.read_text() if path.exists() else ""
    at = old.find("\n## ")  # sections of other scripts stay
    path.write_text(text + (old[at:] if at >= 0 else ""))
    print(text)


if __name__ == "__main__":
    main()
