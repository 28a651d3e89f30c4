"""Taps made up for bench/mix_guard.py --self-test: each guard kept, broken.

A case is (where, broken, make): make(rng) returns what differs from a mix in
which nothing is wrong: units, the mix bus, the recipe, the master.
"""
import json

import numpy as np
import soundfile

RATE, SECONDS = 44100, 6
FRAMES = RATE * SECONDS


def noise(rng, level_db=-20):
    """Pink stereo with beats of 0.5 s, half of it common to both sides."""
    spectrum = np.fft.rfft(rng.normal(size=(3, FRAMES)))
    spectrum /= np.sqrt(np.arange(spectrum.shape[1]) + 20.0)
    a, b, c = np.fft.irfft(spectrum, FRAMES)
    beat = 0.1 + np.exp(-np.arange(FRAMES) % (RATE // 2) / (0.1 * RATE))
    x = np.stack([a + 0.4 * b, a + 0.4 * c], 1) * beat[:, None]
    return x * 10 ** (level_db / 20) / np.sqrt(np.mean(x ** 2))


def bell(x, hz, q, gain_db):
    """Zero-phase bell as |H| of the usual second-order one."""
    f = np.fft.rfftfreq(len(x), 1 / RATE)
    s = 1j * f / hz
    a = 10 ** (gain_db / 40)
    gain = np.abs((s * s + s * a / q + 1) / (s * s + s / (a * q) + 1))
    return np.fft.irfft(np.fft.rfft(x, axis=0) * gain[:, None], len(x), axis=0)


def eq(gain_db, q=1.4, hz=310):
    def make(rng):
        x = noise(rng)
        return dict(units=[("eq", "eq", x, bell(x, hz, q, gain_db))])
    return make


def moving(unit, kind, depth_db):
    """A bell at 3 kHz that comes and goes four times a second."""
    def make(rng):
        x = noise(rng)
        deep = bell(x, 3000, 1.0, depth_db)
        share = (np.sin(2 * np.pi * 4 * np.arange(FRAMES) / RATE) > 0)
        share = np.convolve(share, np.ones(400) / 400, "same")[:, None]
        return dict(units=[(unit, kind, x, x + share * (deep - x))])
    return make


def squeeze(unit, kind, ratio, make_up_db=0.0, threshold_db=-32):
    """A compressor by the envelope of 20 ms."""
    def make(rng):
        x = noise(rng)
        power = np.convolve(np.mean(x ** 2, 1), np.ones(882) / 882, "same")
        over = np.maximum(0, 10 * np.log10(power + 1e-12) - threshold_db)
        gain = 10 ** ((make_up_db - over * (1 - 1 / ratio)) / 20)
        return dict(units=[(unit, kind, x, x * gain[:, None])])
    return make


def wide(width, pan):
    def make(rng):
        x = noise(rng)
        mid, side = (x[:, 0] + x[:, 1]) / 2, width * (x[:, 0] - x[:, 1]) / 2
        y = np.stack([(1 - pan) * (mid + side), (1 + pan) * (mid - side)], 1)
        return dict(units=[("fader", "gain", x, y)])
    return make


def mix(peak_db=-6.1, side=0.4, turn=0.0):
    """Peak, how much side, and whether the right channel is turned over."""
    def make(rng):
        a, b = noise(rng)[:, 0], noise(rng)[:, 0]
        right = (a - side * b) * (1 - turn)
        x = np.stack([a + side * b, right], 1)
        return dict(mix=x * 10 ** (peak_db / 20) / np.abs(x).max())
    return make


def master(peak_db):
    """A quarter of the rate at 45 degrees: samples 3 dB under the curve."""
    def make(_):
        t = np.arange(RATE)
        x = np.sin(np.pi / 2 * t + np.pi / 4) * np.hanning(RATE)
        return dict(master=np.stack([x, x], 1) * 10 ** (peak_db / 20))
    return make


def recipe(width):
    return lambda _: dict(recipe={"stems": [{"name": "keys", "width": 1.0},
                                            {"name": "pad", "width": width}]})


def not_finite(rng):
    x = noise(rng)
    y = x.copy()
    y[1000] = np.nan
    return dict(units=[("eq", "eq", x, y)])


def shorter(rng):
    x = noise(rng)
    return dict(units=[("eq", "eq", x, x[:-1])])


def silent(rng):
    x = np.zeros((FRAMES, 2))
    return dict(units=[("eq", "eq", x, x), ("compressor", "dynamics", x, x),
                       ("dynamic_eq", "eq", x, x), ("fader", "gain", x, x)])


def unit_cases():
    for unit, kind in (("compressor", "dynamics"), ("glue", "dynamics"),
                       ("duck", "dynamics"), ("parallel", "bus"),
                       ("transient", "dynamics")):
        yield "keys", False, squeeze(unit, kind, 1.5)
        yield "keys", True, squeeze(unit, kind, 8.0)


CASES = [
    ("keys", False, eq(3.9)), ("keys", True, eq(4.3)),
    ("keys", False, eq(-3.9)), ("keys", True, eq(-4.3)),
    ("keys", False, eq(3.9, 8, 60)), ("keys", True, eq(4.5, 8, 60)),
    ("keys", True, eq(-6, 12, 5000)),
    ("keys", False, moving("dynamic_eq", "eq", -3.9)),
    ("keys", True, moving("dynamic_eq", "eq", -7)),
    ("keys", False, moving("deesser", "dynamics", -8)),
    ("keys", True, moving("deesser", "eq", -8)),
    *unit_cases(),
    ("keys", True, squeeze("compressor", "dynamics", 8.0, 6.0)),
    ("keys", False, wide(1.35, 0.5)), ("keys", True, wide(1.5, 0.5)),
    ("mix", False, mix()), ("mix", True, mix(peak_db=-5.5)),
    ("mix", False, mix(side=0.8)), ("mix", True, mix(side=1.2)),
    ("mix", True, mix(turn=1.6)),
    ("recipe", False, recipe(1.4)), ("recipe", True, recipe(1.41)),
    ("master", False, master(-1.0)), ("master", True, master(-0.8)),
    ("keys", True, not_finite), ("keys", True, shorter),
    ("keys", False, silent), ("taps", True, lambda _: dict(units=[])),
]


def lay(folder, make):
    """Writes the case's taps and outputs; (taps, out)."""
    rng = np.random.default_rng(4)
    case = {**silent(rng), **mix()(rng), **master(-3)(rng), **recipe(1.0)(rng), **make(rng)}
    taps, out = folder / "taps", folder / "out"
    taps.mkdir()
    out.mkdir()

    def put(path, x):
        soundfile.write(path, x, RATE, "FLOAT")
    units = []
    for i, (unit, kind, x, y) in enumerate(case.get("units", [])):
        names = [f"{i:02d}-{unit}-{side}.wav" for side in ("in", "out")]
        for name, audio in zip(names, (x, y)):
            put(taps / name, audio)
        units.append(dict(zip(("where", "unit", "kind", "in", "out"),
                              ("keys", unit, kind, *names))))
    put(taps / "mix.wav", case["mix"])
    put(out / "master.wav", case["master"])
    (out / "recipe.json").write_text(json.dumps(case["recipe"]))
    (taps / "taps.json").write_text(json.dumps(dict(
        schema="stemma.taps/1", rate_hz=RATE, units=units,
        buses=[dict(name="mix", file="mix.wav")])))
    return taps, out
