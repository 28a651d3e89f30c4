#!/usr/bin/env python3
"""Render material to learn rhythm and harmony from.

    training/render.py BANK FOLDER FIRST COUNT [--held]

Writes FOLDER/NAME.wav (22,050 Hz mono) and NAME.json, whose fields are those
of bench/truth.py's index; a json that stands there belongs to a whole wav.
BANK is made by bank.py. --held: other styles, programs and kits, for
validation only. About one piece in 13 has no beat: noise, drones, speech,
free time, single events; its tempo_bpm is null.
"""
import concurrent.futures
import io
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import scipy.signal
import soundfile

import bank as banks
import compose
from bank import RATE

SEED = 417
SYNTH = ("lead", "synbass", "pad", "synpluck")


def synth_voice(rng, family):
    """A maker of notes: two detuned waves, a falling low-pass."""
    wave = str(rng.choice(["saw", "square", "triangle", "fm"]))
    spread, rise = rng.uniform(0, 0.006), 0.004
    fall = {"synbass": 0.5, "synpluck": 0.25}.get(family, 3.0)
    fall *= rng.uniform(0.6, 1.6)
    if family == "pad":
        rise = rng.uniform(0.02, 0.4)
    bright = rng.uniform(2, 12)

    def note(pitch, seconds):
        f = 440 * 2 ** ((pitch - 69) / 12)
        t = np.arange(int(min(seconds, 4) * RATE)) / RATE
        out = np.zeros(len(t))
        env = np.minimum(1, t / rise) * np.exp(-t / fall)
        for detune in (1 - spread, 1 + spread):
            for k in range(1, int(min(14, 10000 / f)) + 1):
                if wave in ("square", "triangle") and k % 2 == 0:
                    continue
                level = 1 / k ** (2 if wave == "triangle" else 1)
                level *= np.exp(-(k - 1) / bright)
                out += level * np.sin(2 * np.pi * f * detune * k * t + k)
        if wave == "fm":
            out = np.sin(2 * np.pi * f * t + bright / 3 * env *
                         np.sin(2 * np.pi * f * 2 * t)) * 1.3
        return (0.3 * out * env).astype(np.float32)
    return note


def noise_drums(rng):
    """A kit of sines and filtered noise."""
    def t(seconds):
        return np.arange(int(seconds * RATE)) / RATE

    def burst(seconds, low, high, decay):
        sos = scipy.signal.butter(2, [low, min(high, 10800)], "bandpass",
                                  fs=RATE, output="sos")
        x = t(seconds)
        return scipy.signal.sosfilt(sos, rng.normal(size=len(x))) * np.exp(
            -x / decay)

    def drop(top, base, fall, decay, seconds=0.5):
        x = t(seconds)
        phase = 2 * np.pi * np.cumsum(base + (top - base) * np.exp(
            -x / fall)) / RATE
        return np.sin(phase) * np.exp(-x / decay)

    def two(sound):
        sound = (sound / np.abs(sound).max()).astype(np.float32)
        return [sound, sound]
    u = rng.uniform
    snare = burst(0.4, u(800, 2000), 9000, u(0.05, 0.15))
    snare[:int(0.3 * RATE)] += u(0.3, 1.5) * drop(
        u(250, 400), u(150, 220), 0.02, 0.08, 0.3)
    clap = burst(0.4, 900, 4000, u(0.06, 0.12))
    for delay in (0.011, 0.023):
        late = int(delay * RATE)
        clap[late:] += clap[:-late]
    out = dict(kick=two(drop(u(120, 400), u(40, 65), u(0.01, 0.05),
                             u(0.08, 0.35))),
               snare=two(snare), clap=two(clap),
               stick=two(burst(0.1, 1500, 4000, 0.015)),
               closed=two(burst(0.2, u(5000, 7000), 10500, u(0.01, 0.05))),
               open=two(burst(0.6, u(4000, 7000), 10500, u(0.1, 0.3))),
               ride=two(burst(0.8, 4000, 9000, u(0.15, 0.4))),
               crash=two(burst(1.3, 2000, 10000, u(0.3, 0.6))),
               shaker=two(burst(0.2, 4000, 9000, u(0.03, 0.06))),
               tambourine=two(burst(0.3, 6000, 10500, u(0.05, 0.1))),
               cowbell=two(drop(u(540, 800), u(540, 800), 1, 0.1)),
               clave=two(drop(2000, 2000, 1, 0.02, 0.1)))
    for name, base in (("tom1", 160), ("tom2", 120), ("tom3", 85),
                       ("conga1", 300), ("conga2", 210), ("bongo", 420)):
        out[name] = two(drop(base * 1.6, base, 0.03, u(0.06, 0.2)))
    return out


def pick_kit(rng, bank, held):
    font = "muse" if held or rng.random() < 0.5 else "fluid"
    kits = banks.HELD_KITS if held else banks.KITS
    kit = bank.kit(font, int(rng.choice(kits)))
    kind = rng.random()
    if held or kind < 0.45:
        return kit
    other = noise_drums(rng) if kind < 0.7 else bank.cc0_kit(rng)
    if rng.random() < 0.6:
        return {**kit, **other}
    return {d: (other.get(d, kit[d]) if rng.random() < 0.5 else kit[d])
            for d in kit}


def drum_kit(rng, bank, held):
    kit = pick_kit(rng, bank, held)
    return kit if held or rng.random() < 0.25 else vary_kit(rng, kit, bank)


def vary_hit(rng, hit, other):
    """Another sound from a hit: faster or slower, another tone, shorter,
    driven, with `other` beside it."""
    out = hit[:int(1.4 * RATE)]
    ratio = float(np.exp(np.clip(rng.normal(0, 0.16), -0.45, 0.45)))
    at = np.arange(0, len(out) - 1, ratio)
    out = np.interp(at, np.arange(len(out)), out)
    if other is not None:
        level = 10 ** (rng.uniform(-14, 0) / 20) * np.abs(out).max() / (
            np.abs(other).max() + 1e-9)
        n = min(len(out), len(other))
        out[:n] += level * other[:n]
    size = 1 << int(np.ceil(np.log2(len(out) + 512)))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(size, 1 / RATE), 20) / 640)
    db = rng.normal(0, 2.5) * octaves
    db += rng.normal(0, 5) * np.exp(-(octaves - rng.uniform(-4, 4)) ** 2)
    out = np.fft.irfft(np.fft.rfft(out, size) *
                       10 ** (np.clip(db, -30, 15) / 20), size)[:len(out)]
    if rng.random() < 0.4:
        out = out * np.exp(-np.arange(len(out)) / RATE / np.exp(
            rng.uniform(np.log(0.03), np.log(0.6))))
    peak = np.abs(out).max() + 1e-9
    if rng.random() < 0.3:
        out = np.tanh(out / peak * rng.uniform(1, 5)) * peak
    return (out / peak * np.abs(hit).max()).astype(np.float32)


# What may stand where something else is meant.
CHANGED = {"kick": "tom3 tom2", "snare": "clap stick tom1 tambourine",
           "clap": "snare stick tambourine", "stick": "clave snare clap",
           "closed": "shaker ride tambourine open stick",
           "open": "crash ride closed tambourine", "ride": "closed open",
           "shaker": "closed tambourine", "conga1": "tom1 tom2 bongo",
           "conga2": "tom2 tom3", "clave": "stick cowbell",
           "cowbell": "ride clave", "tambourine": "shaker closed"}


def vary_kit(rng, kit, bank):
    """A kit nobody sampled: every hit changed, some exchanged, levels of
    their own or all the same."""
    out, second = {}, noise_drums(rng)
    third = bank.cc0_kit(rng)
    level = rng.random() < 0.4
    for drum, (soft, hard) in kit.items():
        source = (soft, hard)
        if drum in CHANGED and rng.random() < 0.06:
            source = kit[str(rng.choice(CHANGED[drum].split()))]
        if rng.random() < 0.75:
            pool = (second, third)[int(rng.integers(2))]
            other = (pool[drum][1] if drum in pool and rng.random() < 0.3
                     else None)
            hard = vary_hit(rng, source[1], other)
            soft = hard * np.float32(10 ** (-rng.uniform(0, 8) / 20))
        else:
            soft, hard = source
        if level:
            top = np.float32(0.3 / (np.abs(hard).max() + 1e-9))
            soft, hard = soft * top, hard * top
        out[drum] = [soft, hard]
    return out


def pick_voice(rng, bank, family, held, cents):
    if family in SYNTH and not held and rng.random() < 0.5:
        make = synth_voice(rng, family)
        return lambda pitch, seconds: make(pitch + cents / 100, seconds)
    font = "muse" if held or rng.random() < 0.5 else "fluid"
    program = str(rng.choice(banks.programs(family, held)))
    cache = {}

    def note(pitch, seconds):
        if pitch not in cache:
            cache[pitch] = bank.note(font, program, pitch + cents / 100)
        return cache[pitch]
    return note


def lay(out, sound, start_s, seconds, velocity, release):
    """Adds a note: cut at its length, with a release."""
    at = int(start_s * RATE)
    keep = min(len(sound), int(seconds * RATE))
    end = min(len(sound), keep + int(release * RATE))
    end = min(end, len(out) - at)
    if at >= len(out) or end <= 0:
        return
    part = sound[:end] * np.float32(velocity ** 1.5)
    if end > keep:
        part[keep:] *= np.linspace(1, 0, end - keep, dtype=np.float32) ** 2
    out[at:at + end] += part


def kit_balance(rng):
    """Gain of each part of a kit: in half of the pieces badly mixed."""
    spread = float(rng.choice([0.0, 0.0, 6.0, 10.0]))
    gains = {}

    def gain(pitch):
        if pitch not in gains:
            gains[pitch] = 10 ** (spread * float(rng.uniform(-1, 0.6)) / 20)
        return gains[pitch]
    return gain


def tracks(rng, bank, piece, held):
    frames = int(piece.length_s * RATE)
    buffers, release = {}, {}
    voices, balance = {}, kit_balance(rng)
    for start, seconds, track, pitch, velocity in piece.notes:
        if track not in buffers:
            buffers[track] = np.zeros(frames, np.float32)
            release[track] = float(rng.choice([0.05, 0.1, 0.3]))
            voices[track] = (drum_kit(rng, bank, held) if track == "drums"
                             else pick_voice(rng, bank, piece.tracks[track],
                                             held, piece.cents))
        if track == "drums":
            soft, hard = voices[track].get(pitch, (None, None))
            if hard is not None:
                lay(buffers[track], hard if velocity > 0.75 else soft,
                    start, 2.0, velocity * balance(pitch), 0.1)
        else:
            lay(buffers[track], voices[track](pitch, seconds), start,
                seconds, velocity, release[track])
    return buffers


LEVELS = dict(drums=(-14, 3), bass=(-9, 3), comp=(-9, 2), lead=(-12, 0),
              pad=(-18, -6))


def mix(rng, buffers, frames):
    out = np.zeros(frames, np.float32)
    for name, audio in buffers.items():
        rms = float(np.sqrt(np.mean(audio ** 2)))
        if rms > 1e-6:
            gain = 10 ** (rng.uniform(*LEVELS[name]) / 20)
            out += audio * np.float32(gain / rms)
    return out


def colour(rng, audio):
    """Room and tone, both as one filter in the frequency domain."""
    size = 1 << int(np.ceil(np.log2(len(audio) + RATE)))
    spectrum = np.fft.rfft(audio, size)
    f = np.fft.rfftfreq(size, 1 / RATE)
    octaves = np.log2(np.maximum(f, 20) / 640)
    db = rng.normal(0, 1.5) * octaves
    for _ in range(2):
        db += rng.normal(0, 3) * np.exp(-(octaves - rng.uniform(-4, 4)) ** 2)
    kind = rng.random()
    if kind < 0.06:
        db -= 24 * np.maximum(0, octaves - rng.uniform(1, 3))
    elif kind < 0.12:
        db -= 24 * np.maximum(0, rng.uniform(-3, 0) - octaves)
    spectrum *= 10 ** (np.clip(db, -60, 12) / 20)
    if rng.random() < 0.5:
        seconds = rng.uniform(0.2, 1.6)
        n = int(seconds * RATE * 0.9) if seconds < 1.1 else int(RATE * 0.98)
        tail = rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / RATE /
                                           seconds)
        tail[:int(rng.uniform(0, 0.03) * RATE)] = 0
        tail /= np.sqrt(np.sum(tail ** 2))
        spectrum *= 1 + np.fft.rfft(tail, size) * rng.uniform(0.1, 0.7)
    return np.fft.irfft(spectrum, size)[:len(audio)]


def squeeze(rng, audio):
    """A bus compressor on 10 ms blocks, then perhaps saturation."""
    if rng.random() < 0.4:
        block = RATE // 100
        power = np.square(audio[:len(audio) // block * block]).reshape(
            -1, block).mean(axis=1)
        fall = np.exp(-0.01 / rng.uniform(0.05, 0.4))
        level = np.sqrt(scipy.signal.lfilter([1 - fall], [1, -fall], power))
        limit = np.sqrt(np.mean(power)) * rng.uniform(0.4, 1) + 1e-9
        gain = np.minimum(1, limit / (level + 1e-9)) ** rng.uniform(0.3, 0.9)
        audio = audio * np.interp(np.arange(len(audio)) / block,
                                  np.arange(len(gain)) + 1, gain)
    audio = audio / (np.abs(audio).max() + 1e-9)
    if rng.random() < 0.35:
        audio = np.tanh(audio * rng.uniform(1.5, 6))
    return audio


def pink(rng, frames):
    spectrum = np.fft.rfft(rng.normal(size=frames))
    spectrum /= (np.arange(len(spectrum)) + 1.0) ** rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, frames)
    return noise / np.sqrt(np.mean(noise ** 2))


def coded(rng, audio):
    """Through MP3 and back, aligned to the sample."""
    data = io.BytesIO()
    soundfile.write(data, audio, RATE, format="MP3",
                    compression_level=float(rng.uniform(0.5, 0.99)),
                    bitrate_mode="CONSTANT")
    data.seek(0)
    back = soundfile.read(data, dtype="float32")[0]
    n = len(audio) - 1105  # some files lack the header that tells the delay
    late = max((0, 1105),
               key=lambda d: abs(float(np.dot(back[d:d + n], audio[:n]))))
    back = back[late:]
    return np.pad(back, (0, max(0, len(audio) - len(back))))[:len(audio)]


def treat(rng, audio, tags):
    audio = squeeze(rng, colour(rng, audio))
    if rng.random() < 0.25:
        ratio = rng.uniform(8, 35)
        level = np.sqrt(np.mean(audio ** 2))
        audio = audio + pink(rng, len(audio)) * level * 10 ** (-ratio / 20)
        tags.append(f"noise_{ratio:.0f}dB")
    audio = audio / (np.abs(audio).max() + 1e-9)
    audio = (audio * 10 ** (rng.uniform(-22, -0.5) / 20)).astype(np.float32)
    if rng.random() < 0.2:
        audio = coded(rng, audio)
        tags.append("mp3")
    return audio


# --- what has no beat ---

def speech(rng, seconds):
    words = ("the a of and to in light water over morning stone paper seven "
             "people garden never quite small river because answer green "
             "window under yellow travel market".split())
    text = " ".join(str(rng.choice(words)) + ("." if rng.random() < 0.1
                                              else "") for _ in range(160))
    voice = str(rng.choice(["en", "en-us", "de", "fr", "es", "en-gb"]))
    made = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(int(rng.integers(110, 210))),
         "-p", str(int(rng.integers(20, 80))), "--stdout", text],
        check=True, capture_output=True)
    audio, rate = soundfile.read(io.BytesIO(made.stdout), dtype="float32")
    assert rate == RATE
    return np.resize(audio, int(seconds * RATE)).copy()


def drone(rng, bank, seconds):
    out = np.zeros(int(seconds * RATE))
    t = np.arange(len(out)) / RATE
    for _ in range(int(rng.integers(1, 6))):
        f = 440 * 2 ** (rng.integers(-36, 12) / 12)
        for k in range(1, int(rng.integers(2, 9))):
            out += np.sin(2 * np.pi * f * k * t + rng.uniform(0, 6)) / k * (
                1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.03, 0.3) * t))
    return out


def events(rng, bank, seconds):
    """Hits and notes at random moments, or free phrases without a beat."""
    out = np.zeros(int(seconds * RATE), np.float32)
    voices = [pick_voice(rng, bank, str(rng.choice(
        ["piano", "flute", "strings", "bells", "guitar", "voice"])), False, 0)
        for _ in range(2)]
    kit = pick_kit(rng, bank, False)
    kind, at = rng.random(), 0.2
    rate, shape = rng.uniform(0.3, 3), rng.uniform(0.7, 2.5)
    drum = str(rng.choice(list(kit)))
    while at < seconds - 0.5:
        if kind < 0.35:
            lay(out, kit[drum if rng.random() < 0.5 else str(
                rng.choice(list(kit)))][1], at, 2, rng.uniform(0.3, 1), 0.1)
        else:
            for _ in range(int(rng.integers(1, 4))):
                lay(out, voices[rng.integers(2)](int(rng.integers(40, 84)),
                                                 3), at,
                    rng.uniform(0.2, 3), rng.uniform(0.3, 1), 0.3)
        at += max(0.06, rng.gamma(shape) / shape / rate *
                  (1 if kind < 0.7 else 2 ** rng.uniform(-1.5, 1.5)))
    return out


def hiss(rng, bank, seconds):
    noise = pink(rng, int(seconds * RATE))
    if rng.random() < 0.5:
        t = np.arange(len(noise)) / RATE
        swell = np.cumsum(rng.normal(size=int(seconds) + 2)) * 0.5
        noise *= np.exp(np.interp(t, np.arange(len(swell)), swell))
    return noise


def quiet(rng, bank, seconds):
    return rng.normal(size=int(seconds * RATE)) * 1e-4


def beatless(rng, bank):
    seconds = rng.uniform(28, 40)
    kind = str(rng.choice(["speech", "drone", "events", "hiss", "quiet"],
                          p=[0.26, 0.16, 0.36, 0.17, 0.05]))
    if kind == "speech":
        audio = speech(rng, seconds)
    else:
        audio = {"drone": drone, "events": events, "hiss": hiss,
                 "quiet": quiet}[kind](rng, bank, seconds)
    truth = dict(style=f"none_{kind}", tags=[], tempo_bpm=None, beats_s=[],
                 downbeats_s=[], metre="none", key="none", keys=[],
                 chords=[[0.0, seconds, "N"]], sections=[])
    return audio, truth


def write(folder, name, audio, truth):
    part = folder / f".{name}.wav"
    soundfile.write(part, np.clip(audio, -1, 1), RATE, subtype="PCM_16")
    os.replace(part, folder / f"{name}.wav")
    part = folder / f".{name}.json"
    part.write_text(json.dumps(dict(file=f"{name}.wav", **truth)))
    os.replace(part, folder / f"{name}.json")


def piece(job):
    bank_folder, folder, number, held = job
    name = f"{'held' if held else 'm'}{number:05d}"
    folder = pathlib.Path(folder)
    if (folder / f"{name}.json").exists():
        return
    global BANK
    if BANK is None:
        BANK = banks.Bank(bank_folder)
    if number % 13 == 12:
        rng = np.random.default_rng([SEED, number, 7 + held])
        audio, truth = beatless(rng, BANK)
    else:
        rng, made = compose.compose(number, SEED, held)
        buffers = tracks(rng, BANK, made, held)
        audio, truth = (mix(rng, buffers, int(made.length_s * RATE)),
                        made.truth)
        truth["cents"] = made.cents
    write(folder, name, treat(rng, audio, truth["tags"]), truth)


BANK = None


def main():
    held = "--held" in sys.argv
    bank, folder, first, count = [a for a in sys.argv[1:] if a != "--held"]
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    jobs = [(bank, folder, n, held)
            for n in range(int(first), int(first) + int(count))]
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for _ in pool.map(piece, jobs, chunksize=8):
            pass


if __name__ == "__main__":
    main()
