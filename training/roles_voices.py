"""Speech synthesis made to sing: a source-filter vocoder in numpy.

The envelope of spoken frames (cepstrum, liftered) shapes a new source: a pulse
train on the notes of a melody (slides, vibrato, jitter) where the frame is
voiced, noise where not; vowels are held. `speak` runs the speech programs.
"""
import pathlib
import subprocess
import tempfile

import numpy as np
import soundfile
from scipy.signal import resample_poly

import roles_parts as parts
import roles_synth as synth

RATE = 22050
SIZE, HOP = 1024, 256
LINES = (
    "I was waiting in the rain for a sign that you would stay",
    "Take me home tonight, we are young and running free",
    "Oh my love, do you remember how the river used to sing",
    "Every morning I wake up and the city starts to move",
    "Hold on, hold on, never let the music die",
    "La la la, hey hey, na na na, come along with me",
    "Money on my mind and the beat is hitting harder than before",
    "Silent stars are falling slowly over golden fields of snow")
VOWELS = ("aaah", "oooh", "ah ah ooh ooh", "mmm aaah", "la la la laa")
TEACHERS = (
    [("espeak", v) for v in (
        "en-us", "en-us+f2", "en-us+f4", "en-gb+m3", "en-us+m7", "de", "es+f3",
        "it+f5", "fr", "pt-br+m4", "ru+f2", "sv+m1", "pl+f1", "el", "tr+f4",
        "en-us+klatt2", "en-gb+klatt4", "en-us+Annie", "en-us+Mario",
        "en-us+Andrea", "nl+m6", "hi+f3")] +
    [("flite", v) for v in ("awb", "rms")])


def read(path):
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    x = x.mean(1)
    return resample_poly(x, RATE, rate).astype(np.float32) if rate != RATE \
        else x


def speak(engine, voice, text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "x.wav")
        command = {
            "espeak": ["espeak-ng", "-v", voice, "-w", path, text],
            "flite": ["flite", "-voice", voice, "-t", text, "-o", path],
            "festival": ["text2wave", "-eval", f"(voice_{voice})", "-o", path],
        }[engine]
        subprocess.run(command, input=text.encode(), check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        x = read(path)
    loud = np.flatnonzero(np.abs(x) > 0.02 * np.abs(x).max())
    return x[loud[0]:loud[-1]] if len(loud) else x


def frames_of(x):
    x = np.pad(x, (SIZE // 2, SIZE))
    count = (len(x) - SIZE) // HOP
    at = np.arange(count)[:, None] * HOP + np.arange(SIZE)
    return np.fft.rfft(x[at] * np.hanning(SIZE))


class Voice:
    """What was said: envelopes [frames, bins] and how voiced each frame is."""

    def __init__(self, x):
        log = np.log(np.abs(frames_of(x)) + 1e-4)
        cepstrum = np.fft.irfft(log)
        cepstrum[:, 48:-47] = 0
        cepstrum[:, 36:48] *= np.linspace(1, 0, 12)
        cepstrum[:, -47:-35] *= np.linspace(0, 1, 12)
        self.envelope = np.exp(np.fft.rfft(cepstrum).real)
        power = self.envelope ** 2
        edge = int(2500 / RATE * SIZE)
        tilt = power[:, :edge].sum(1) / (power.sum(1) + 1e-9)
        level = power.sum(1) / (power.sum(1).max() + 1e-9)
        self.voiced = np.clip((tilt - 0.45) * 4, 0, 1) * (level > 3e-4)
        self.level = level


def pulses(rng, f):
    """All harmonics to 10 kHz, equally strong."""
    phase = synth.TAU * np.cumsum(f) / RATE
    count = int(min(70, 10000 / f.max()))
    twice, before, now = 2 * np.cos(phase), np.zeros(len(f)), np.sin(phase)
    y = np.zeros(len(f))
    tilt = rng.uniform(0.0, 0.5)
    for k in range(count):
        y += now / (k + 1) ** tilt
        before, now = now, twice * now - before
    return y / count ** 0.5


def contour(rng, notes, n, vibrato):
    """Hz a sample: the notes, slid between, with vibrato late in each."""
    f, depth = np.zeros(n), np.zeros(n)
    last = notes[0][1]
    for at, key, held, _ in notes:
        a = max(0, int(at * RATE))
        f[a:] = key
        m = len(depth[a:])
        depth[a:] = np.minimum(1, np.arange(m) / (0.4 * RATE))
        last = key
    f[f == 0] = notes[0][1] if notes else last
    width = int(rng.uniform(0.03, 0.1) * RATE)
    f = np.convolve(np.pad(f, width, "edge"), np.hanning(width) /
                    np.hanning(width).sum(), "same")[width:-width]
    slow = np.interp(np.arange(n), np.linspace(0, n, n // 400 + 2),
                     rng.normal(0, 0.06, n // 400 + 2))
    wave = np.sin(synth.TAU * rng.uniform(4.8, 6.5) * np.arange(n) / RATE)
    return synth.hz(f + slow + vibrato * depth * wave)


def sing(rng, voice, notes, seconds, stretch):
    """Frames of the voice walked at 1/stretch where voiced, on the notes."""
    n = int(seconds * RATE)
    count = n // HOP + 1
    walk, at = np.zeros(count, int), float(rng.integers(len(voice.voiced)))
    for i in range(count):
        walk[i] = int(at) % len(voice.voiced)
        at += 1 / stretch if voice.voiced[walk[i]] > 0.5 else 1.0
    vibrato = rng.choice([0.0, 0.15, 0.35, 0.6])
    f = contour(rng, notes, n + SIZE, vibrato)
    tone = frames_of(pulses(rng, f)[:n])[:count]
    noise = frames_of(rng.normal(size=n) * 0.7)[:count]
    walk = walk[:len(tone)]
    v = voice.voiced[walk][:, None]
    breath = rng.uniform(0.0, 0.12) * np.linspace(0.2, 1, SIZE // 2 + 1)
    spectrum = (v * (tone + breath * noise) + (1 - v) * noise * 0.5) * \
        voice.envelope[walk]
    y = np.zeros(len(walk) * HOP + SIZE)
    for i, frame in enumerate(np.fft.irfft(spectrum) * np.hanning(SIZE)):
        y[i * HOP:i * HOP + SIZE] += frame
    y = y[SIZE // 2:][:n]
    gate = np.zeros(len(y))
    for a, _, held, velocity in notes:
        gate[int(max(0, a) * RATE):int((a + held) * RATE)] = velocity / 127
    gate = np.convolve(gate, np.hanning(900) / np.hanning(900).sum(), "same")
    return y * gate


def lead(rng, voice, seconds):
    low = int(rng.choice([45, 50, 55, 60]))
    notes = parts.melody(rng, seconds, low, low + 16)
    return sing(rng, voice, notes, seconds, rng.uniform(1.0, 3.0))


def backing(rng, voices, seconds):
    """Several singers: unisons, thirds, fifths, octaves; dulled and wide."""
    low = int(rng.choice([48, 53, 57]))
    notes = parts.melody(rng, seconds, low, low + 12)
    if rng.random() < 0.6:
        notes = [(a, k, d * 1.3, v) for a, k, d, v in notes[::2]]
    y = np.zeros(int(seconds * RATE))
    some = [[0, 0], [0, 4, 7], [0, 3, 7], [0, 12], [0, 7], [0, 0, 0]]
    for step in some[rng.integers(len(some))]:
        for _ in range(int(rng.integers(1, 3))):
            voice = voices[rng.integers(len(voices))]
            late = rng.uniform(0, 0.03)
            part = [(a + late, k + step + rng.normal(0, 0.08), d, v)
                    for a, k, d, v in notes]
            y += sing(rng, voice, part, seconds, rng.uniform(1.5, 5.0))
    if rng.random() < 0.7:
        y = synth.lowpass(y, rng.uniform(2500, 7000))
    if rng.random() < 0.5:
        y = synth.highpass(y, rng.uniform(150, 500))
    return y
