#!/usr/bin/env python3
"""How near a mix is to a reference, and faders to an engineer's.

    bench/mix_af.py loss MIX REFERENCE [--json]     audio-feature loss
    bench/mix_af.py fader GOT.json TRUE.json        mean absolute gain error
    bench/mix_af.py equal TRUE.json...              the same of equal loudness
    bench/mix_af.py loudness FILE...                LUFS, integrated
    bench/mix_af.py --self-test SONG.wav [FILE...]  needs ffmpeg

The loss is that of Diff-MST (Vanka et al., ISMIR 2024): both mixes at
-22 LUFS; squared errors of RMS (per channel), crest factor in dB (per
channel), width E[(L-R)^2] / E[(L+R)^2], imbalance (E_R - E_L) / (E_R + E_L)
and Bark spectrum, weighted 0.1, 0.001, 1, 1, 0.1. Bark spectrum: natural log
of the time mean of |STFT| (32768, hop 8192, no window, ends reflected) in 24
triangles from 20 Hz to 20 kHz (Traunmueller), of L + R and of L - R, mean of
the 48 squares. As published its log runs away where there is no side; here
no band of either is lower than 60 dB under the mid's highest band.

JSON for `fader`: {"stems": [{"file", "gain_db"}]}, matched by the file's
name; gain null is left out. One gain common to all is free: it is the median
of the differences (where the mean absolute error is least). Needs numpy,
soundfile, scipy where rates differ.
"""
import argparse
import functools
import json
import pathlib
import subprocess
import sys

import numpy as np
import soundfile

TERMS = ("rms", "crest", "width", "imbalance", "bark")
WEIGHTS = (0.1, 0.001, 1.0, 1.0, 0.1)
RATE, LEVEL_LUFS = 44100, -22.0
SIZE, HOP, BANDS, FLOOR = 32768, 8192, 24, 1e-3


def read(path):
    """([frames, 2], rate); mono goes to both."""
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.repeat(x, 2, 1) if x.shape[1] == 1 else x[:, :2], rate


# --- loudness, ITU-R BS.1770-5 ---

@functools.lru_cache(4)
def k_gain(rate, bins):
    """Response of the K weighting at `bins` frequencies to rate / 2."""
    z = np.exp(-1j * np.pi * np.arange(bins) / (bins - 1))
    out = np.ones(bins)
    for hz, q, gain_db in ((1681.974450955533, 0.7071752369554196,
                            3.999843853973347),
                           (38.13547087602444, 0.5003270373238773, None)):
        k = np.tan(np.pi * hz / rate)
        a = (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k)
        if gain_db is None:
            b = (a[0], -2 * a[0], a[0])  # RLB: 1, -2, 1 as in the standard
        else:
            high = 10 ** (gain_db / 20)
            mid = high ** 0.4996667741545416
            b = (high + mid * k / q + k * k, 2 * (k * k - high),
                 high - mid * k / q + k * k)
        out *= np.abs((b[0] + b[1] * z + b[2] * z * z) /
                      (a[0] + a[1] * z + a[2] * z * z))
    return out


def k_filtered(x, rate):
    """x through the weighting's magnitude, its phase left out, in blocks."""
    size, edge = 1 << 17, 1 << 13  # its tail is shorter
    gain, step = k_gain(rate, size // 2 + 1), size - 2 * edge
    padded = np.pad(x.astype(np.float64), (edge, size))
    out = np.empty(len(x))
    for at in range(0, len(x), step):
        y = np.fft.irfft(np.fft.rfft(padded[at:at + size]) * gain, size)
        out[at:at + step] = y[edge:edge + min(step, len(x) - at)]
    return out


def integrated_lufs(x, rate):
    """Gated loudness of [frames, channels]; None: silent or under 0.4 s."""
    hop = round(rate / 10)
    steps = len(x) // hop
    if steps < 4:
        return None
    power = np.zeros(steps)
    for channel in x.T:
        y = k_filtered(channel, rate)[:steps * hop]
        power += np.mean(y.reshape(steps, hop) ** 2, 1)
    block = np.convolve(power, np.full(4, 0.25), "valid")
    loud = block[block > 10 ** ((-70 + 0.691) / 10)]
    if not len(loud):
        return None
    loud = loud[loud > 0.1 * loud.mean()]
    return float(-0.691 + 10 * np.log10(loud.mean()))


# --- the loss ---

def bark(hz):
    z = 26.81 * hz / (1960 + hz) - 0.53
    return z + (0.15 * (2 - z) if z < 2 else 0.22 * max(0, z - 20.1))


def hertz(z):
    z = np.where(z < 2, (z - 0.3) / 0.85, np.where(
        z > 20.1, (z + 4.422) / 1.22, z))
    return 1960 * (z + 0.53) / (26.28 - z)


def triangles():
    """[BANDS, SIZE / 2 + 1]"""
    edge = hertz(np.linspace(bark(20.0), bark(20000.0), BANDS + 2))[:, None]
    hz = np.linspace(0, RATE / 2, SIZE // 2 + 1)[None]
    width = np.diff(edge, axis=0)
    return np.maximum(0, np.minimum((hz - edge[:-2]) / width[:-1],
                                    (edge[2:] - hz) / width[1:]))


def mean_magnitude(x):
    padded = np.pad(x, SIZE // 2, "reflect")
    count = (len(padded) - SIZE) // HOP + 1
    total = np.zeros(SIZE // 2 + 1)
    for i in range(count):
        total += np.abs(np.fft.rfft(padded[i * HOP:i * HOP + SIZE]))
    return total / count


def at_level(x, rate):
    """[frames, 2] at 44.1 kHz and -22 LUFS."""
    if rate != RATE:
        from scipy.signal import resample_poly
        common = np.gcd(rate, RATE)
        x = resample_poly(x, RATE // common, rate // common, axis=0)
    lufs = integrated_lufs(x, RATE)
    if lufs is None:
        raise SystemExit("a silent mix has no features")
    return x.astype(np.float64) * 10 ** ((LEVEL_LUFS - lufs) / 20)


def features(x, rate):
    """A vector for each of TERMS."""
    x = at_level(x, rate)
    if len(x) <= SIZE // 2:
        raise SystemExit("a mix of less than half a second has no features")
    left, right = x.T
    rms = np.sqrt(np.maximum(np.mean(x ** 2, 0), 1e-8))
    power = rms ** 2
    bank = triangles()
    mid, side = (bank @ mean_magnitude(y) for y in (left + right,
                                                    left - right))
    floor = FLOOR * mid.max()
    return dict(
        rms=rms, crest=20 * np.log10(np.abs(x).max(0) / rms),
        width=np.mean((left - right) ** 2) /
        max(np.mean((left + right) ** 2), 1e-8),
        imbalance=(power[1] - power[0]) / (power[1] + power[0]),
        bark=np.log(np.maximum(np.concatenate([mid, side]), floor)))


def distance(a, b):
    """The weighted terms of two sets of features, and their sum."""
    out = {t: float(w * np.mean((np.asarray(a[t]) - b[t]) ** 2))
           for t, w in zip(TERMS, WEIGHTS)}
    return dict(out, loss=sum(out.values()))


def loss(mix, reference):
    return distance(features(*read(mix)), features(*read(reference)))


# --- faders ---

def fader_error(got, true):
    """MAE in dB of {file: gain_db}, the common offset (median) taken out."""
    both = [k for k in true if true[k] is not None and
            got.get(k) is not None]
    missing = [k for k in true if true[k] is not None and k not in both]
    if not both:
        raise SystemExit("no stem has a gain in both")
    apart = np.array([got[k] - true[k] for k in both], float)
    apart -= np.median(apart)
    return dict(mae_db=float(np.mean(np.abs(apart))), stems=len(both),
                missing=missing, error_db=dict(zip(both, apart.tolist())))


def gains(path):
    """{name of the file: gain_db} of a settings file."""
    stems = json.loads(pathlib.Path(path).read_text())["stems"]
    return {pathlib.Path(s.get("file") or s["name"]).name: s["gain_db"]
            for s in stems}


def equal_loudness(paths):
    """{name: gain_db} that brings every stem to one integrated loudness."""
    out = {}
    for path in paths:
        lufs = integrated_lufs(*read(path))
        out[pathlib.Path(path).name] = None if lufs is None else -lufs
    return out


def equal_error(path):
    """The error of equal loudness on the files that a setting names."""
    path = pathlib.Path(path)
    stems = json.loads(path.read_text())["stems"]
    return fader_error(equal_loudness(path.parent / s["file"] for s in stems
                                      if s["gain_db"] is not None),
                       gains(path))


# --- trial ---

def ffmpeg_lufs(path):
    said = subprocess.run(
        ["ffmpeg", "-nostdin", "-hide_banner", "-i", path, "-af",
         "ebur128=framelog=verbose", "-f", "null", "-"], capture_output=True,
        text=True, check=True).stderr
    return float(said.rsplit("I:", 1)[1].split()[0])


def halves(path):
    x, rate = read(path)
    middle = len(x) // 2
    return distance(features(x[:middle], rate), features(x[middle:], rate))


def tone_lufs():
    """BS.1770: 997 Hz at 0 dBFS in one channel reads -3.01 LUFS."""
    t = np.arange(48000 * 5) / 48000
    x = np.stack([np.sin(2 * np.pi * 997 * t), 0 * t], 1)
    return integrated_lufs(x, 48000)


def self_test(paths):
    bad = []

    def check(said, good):
        print(f"{'ok  ' if good else 'FAIL'} {said}")
        bad.extend([] if good else [said])
    lufs = tone_lufs()
    check(f"997 Hz tone: {lufs:.3f} LUFS (-3.01)", abs(lufs + 3.01) < 0.01)
    check("fader error: common gain free",
          fader_error(dict(a=3, b=4), dict(a=1, b=2))["mae_db"] < 1e-9)
    check("fader error: 1 of 4 dB in three",
          abs(fader_error(dict(a=0, b=0, c=4), dict(a=0, b=0, c=0))["mae_db"]
              - 4 / 3) < 1e-9)
    for path in paths:
        x, rate = read(path)
        mine, theirs = integrated_lufs(x, rate), ffmpeg_lufs(path)
        check(f"{path}: {mine:.2f} LUFS, ffmpeg {theirs:.1f}",
              abs(mine - theirs) <= 0.1)
    whole = features(*read(paths[0]))
    check("identical: 0", distance(whole, whole)["loss"] == 0)
    quiet = features(read(paths[0])[0] * np.float32(0.3), read(paths[0])[1])
    check("another level: 0", distance(whole, quiet)["loss"] < 1e-6)
    two = halves(paths[0])
    check("two halves: " + ", ".join(f"{k} {v:.4f}" for k, v in two.items()),
          two["loss"] < 0.2)
    x, rate = read(paths[0])
    mono = features(np.repeat(x.mean(1, keepdims=True), 2, 1), rate)
    far = distance(whole, mono)
    check(f"its mono sum: {far['loss']:.3f}, does not run away",
          far["loss"] < 6)
    return 1 if bad else 0


def main():
    if sys.argv[1:2] == ["--self-test"] and len(sys.argv) > 2:
        sys.exit(self_test(sys.argv[2:]))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("loss", "fader", "equal",
                                         "loudness"))
    parser.add_argument("files", nargs="+")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.what == "loudness":
        result = {f: integrated_lufs(*soundfile.read(f, always_2d=True))
                  for f in args.files}
    elif args.what == "equal":
        result = {f: equal_error(f)["mae_db"] for f in args.files}
        result["mean"] = float(np.mean(list(result.values())))
    elif len(args.files) != 2:
        parser.error("two files are compared")
    elif args.what == "fader":
        result = fader_error(*map(gains, args.files))
    else:
        result = loss(*args.files)
    if args.json:
        print(json.dumps(result, indent=1))
    else:
        for key, value in result.items():
            print(f"{key}: {value:.4f}" if isinstance(value, float) else
                  f"{key}: {value}")


if __name__ == "__main__":
    main()
