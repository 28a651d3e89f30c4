#!/usr/bin/env python3
"""The constant-Q transform and back, beside librosa's on the same sounds.

    icqt.py build/bench/icqt_dump TRACK...

20 s of each track from its 30th second, a sweep and noise, with a second of
silence before and after (the transform gives no frames beyond the ends, and
the lowest kernels are half a second long). SNR over the band from the lowest
to the highest bin. Writes the section "Back from constant-Q" of
bench/RESULTS-spectra.md.
"""
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

import librosa
import numpy as np
import scipy.sparse
import soundfile

if not hasattr(scipy.sparse.csr_matrix, "H"):  # gone from scipy 1.14 on
    scipy.sparse.csr_matrix.H = property(lambda m: m.conj().T)

RATE, SECONDS, LOW, TITLE = 22050, 20, 32.703195662574829, "## Back from "
SETS = [(84, 12, 1, 16), (84, 12, 0, 16), (84, 12, 1, 32), (84, 12, 1, 64),
        (168, 24, 1, 32), (252, 36, 1, 64)]


def sounds(paths):
    n = RATE * SECONDS
    t = np.arange(n) / RATE
    k = np.log(4500 / 30)
    yield "noise", 0.1 * np.random.default_rng(1).standard_normal(n)
    yield "sweep, 30 to 4500 Hz", 0.5 * np.sin(
        2 * np.pi * 30 * SECONDS / k * np.expm1(t / SECONDS * k))
    for path in paths:
        x, rate = soundfile.read(path, always_2d=True)
        x = x[30 * rate:(31 + SECONDS) * rate].mean(axis=1)
        yield path.name, librosa.resample(
            x, orig_sr=rate, target_sr=RATE, res_type="soxr_vhq")[:n]


def snr(got, want, high):
    def band(y):
        s = np.fft.rfft(y)
        hz = np.arange(len(s)) * RATE / len(y)
        s[(hz < LOW) | (hz > high)] = 0
        return (np.abs(s) ** 2).sum()
    return 10 * np.log10(band(want) / band(got - want))


def ours(dump, y, bins, per_octave, analytic, hop, folder):
    y.tofile(folder / "in.f32")
    text = subprocess.run(
        [dump, str(RATE), folder / "in.f32", folder / "out.f32", str(hop),
         str(bins), str(per_octave), str(analytic)], check=True,
        capture_output=True, text=True).stdout
    seconds = float(dict(line.split() for line in text.splitlines())["back"])
    return np.fromfile(folder / "out.f32", np.float32), seconds


def theirs(y, bins, per_octave, hop):
    about = {"sr": RATE, "hop_length": hop, "fmin": LOW,
             "bins_per_octave": per_octave, "tuning": 0.0,
             "res_type": "soxr_vhq", "sparsity": 0}
    c = librosa.cqt(y, n_bins=bins, **about)
    start = time.process_time()
    out = librosa.icqt(c, length=len(y), dtype=np.float32, **{
        k: about[k] for k in about if k != "sparsity"}, sparsity=0)
    return out, time.process_time() - start


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    warnings.filterwarnings("ignore")
    dump, paths = sys.argv[1], [pathlib.Path(p) for p in sys.argv[2:]]
    gate = np.zeros(RATE * SECONDS)
    gate[RATE:-RATE] = 1
    clips = [(name, (x * gate[:len(x)]).astype(np.float32))
             for name, x in sounds(paths)]
    lines = [f"{TITLE}constant-Q, beside librosa {librosa.__version__}", "",
             f"{SECONDS} s of mono at {RATE} Hz; SNR in dB over the band of "
             "the bins, stemma / librosa; the last column is processor "
             "seconds of the way back for 20 s, medians. L is the shortest "
             "kernel.", "",
             "| bins, an octave, kernels, hop | " +
             " | ".join(name for name, _ in clips) + " | seconds |",
             "|---|" + "---|" * (len(clips) + 1)]
    with tempfile.TemporaryDirectory() as folder:
        for bins, per_octave, analytic, hop in SETS:
            high = LOW * 2 ** ((bins - 1) / per_octave)
            r = 2 ** (2 / per_octave)
            length = (r + 1) / (r - 1) * RATE / high
            cells, a_s, b_s = [], [], []
            for _, y in clips:
                a, s = ours(dump, y, bins, per_octave, analytic, hop,
                            pathlib.Path(folder))
                b, t = theirs(y, bins, per_octave, hop)
                cells.append("%.1f / %.1f" % (snr(a.astype(float), y, high),
                                              snr(b.astype(float), y, high)))
                a_s.append(s)
                b_s.append(t)
            kind = "analytic" if analytic else "plain"
            lines.append(
                f"| {bins}, {per_octave}, {kind}, {hop} (L / "
                f"{length / hop:.1f}) | " + " | ".join(cells) +
                f" | {np.median(a_s):.2f} / {np.median(b_s):.2f} |")
            print(lines[-1], flush=True)
    path = pathlib.Path(__file__).with_name("RESULTS-spectra.md")
    text = path.read_text()
    at = text.find("\n" + TITLE)
    text = text[:at] if at >= 0 else text.rstrip("\n") + "\n"
    path.write_text(text + "\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
