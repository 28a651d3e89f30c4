"""A differentiable copy of the desk of `stemma mix`, in PyTorch.

Of a strip: EQ, fader, width, pan; then the sum. All of it is linear and does
not change over time, so a stretch of audio is multiplied by responses in its
spectrum. The EQ is the bilinear one; the C code's (matched, dsp/biquad.h) is
less squeezed near the top: with four bands within 4 dB on white noise the two
mixes differ by -38 dB, without EQ by less than -120. What follows its own level (compressors, dynamic EQ,
ducks) and the returns are left out: nothing that is learned here moves them.

    training/mix_console.py STEMMA    checks the copy: renders a recipe by both

Shapes: stems [songs, stems, 2, frames], gains in dB [songs, stems], EQ in dB
[songs, stems, len(BANDS)], pan -1..1.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch

# type as in a recipe, Hz, Q
BANDS = (("low_shelf", 120.0, 0.707), ("bell", 350.0, 1.0), ("bell", 2500.0, 0.9), ("high_shelf", 8000.0, 0.707))


def response(kind, hz, q, gain_db, rate, bins):
    """[..., bins] complex: of gains in dB [...]."""
    w = torch.linspace(0, math.pi / 2, bins, dtype=torch.float64)[:-1]
    w = torch.cat([torch.tan(w), torch.tensor([1e9], dtype=torch.float64)])
    s = 1j * (w / math.tan(math.pi * hz / rate)).to(torch.complex128)
    a = (10.0 ** (gain_db.double() / 40.0)).unsqueeze(-1)
    if kind == "bell":
        return ((s * s + s * a / q + 1) / (s * s + s / (a * q) + 1)).to(torch.complex64)
    root = torch.sqrt(a) / q
    if kind == "low_shelf":
        return (a * (s * s + s * root + a) / (a * s * s + s * root + 1)).to(torch.complex64)
    return (a * (a * s * s + s * root + 1) / (s * s + s * root + a)).to(torch.complex64)


def mix(stems, gain_db, eq_db=None, pan=None, width=None, rate=44100):
    """[songs, 2, frames]: the sum of the strips."""
    frames = stems.shape[-1]
    x = torch.fft.rfft(stems, 2 * frames if eq_db is not None else frames)
    if eq_db is not None:
        for i, (kind, hz, q) in enumerate(BANDS):
            x = x * response(kind, hz, q, eq_db[..., i], rate, x.shape[-1]).unsqueeze(2)
    left, right = x[:, :, 0], x[:, :, 1]
    if width is not None:
        middle, side = (left + right) / 2, (left - right) / 2 * width.unsqueeze(-1)
        left, right = middle + side, middle - side
    gain = 10.0 ** (gain_db / 20.0)
    angle = (pan + 1) * math.pi / 4 if pan is not None else torch.full_like(gain, math.pi / 4)
    both = torch.stack([(left * (gain * math.sqrt(2) * torch.cos(angle)).unsqueeze(-1)).sum(1),
                        (right * (gain * math.sqrt(2) * torch.sin(angle)).unsqueeze(-1)).sum(1)], 1)
    return torch.fft.irfft(both)[..., :frames]


def check(stemma):
    """Largest difference to the C console, dB beside the mix."""
    import soundfile
    rng = np.random.default_rng(5)
    rate, frames, count = 44100, 1 << 17, 3
    x = rng.standard_normal((count, 2, frames)) * np.hanning(frames) * 0.02
    gain, pan, width = rng.uniform(-6, 3, count), rng.uniform(-0.8, 0.8, count), rng.uniform(0.3, 1.2, count)
    eq = rng.uniform(-4, 4, (count, len(BANDS))).round(2)
    recipe = {"schema": "stemma.mix-recipe/1", "stems": [], "complete": True, "rate_hz": rate}
    with tempfile.TemporaryDirectory() as room:
        room = pathlib.Path(room)
        (room / "stems").mkdir()
        for i in range(count):
            soundfile.write(room / f"stems/s{i}.wav", x[i].T, rate, subtype="FLOAT")
            recipe["stems"].append({
                "name": f"s{i}", "role": "synth", "fader": {"gain_db": gain[i].round(3)},
                "place": {"pan": pan[i].round(3), "width_pct": 100 * width[i].round(3)},
                "eq": [{"type": k, "hz": hz, "q": q, "gain_db": eq[i, b]} for b, (k, hz, q) in enumerate(BANDS)]})
        (room / "recipe.json").write_text(json.dumps(recipe))
        done = subprocess.run([stemma, "mix", room / "stems", "--recipe", room / "recipe.json", "-o", room / "out",
                               "--premaster-only", "-q"], capture_output=True, text=True)
        if done.returncode not in (0, 3):
            sys.exit(done.stderr)
        got = soundfile.read(room / "out/premaster.wav", always_2d=True)[0].T[:, :frames]
    t = [torch.tensor(v, dtype=torch.float32)[None] for v in (x, gain.round(3), eq, pan.round(3), width.round(3))]
    want = mix(*t, rate=rate)[0].numpy()
    scale = (got * want).sum() / (want * want).sum()  # headroom of the whole mix
    rest = got - scale * want
    return 10 * np.log10((rest ** 2).sum() / (got ** 2).sum())


if __name__ == "__main__":
    print(f"{check(sys.argv[1]):.1f} dB")
