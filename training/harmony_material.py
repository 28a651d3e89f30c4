#!/usr/bin/env python3
"""Compose and render pieces whose key, chords and sections are known.

    training/harmony_material.py FOLDER COUNT SEED HARMONY_DUMP [FIRST]

Writes FOLDER/NNNNN.cells (what the network hears, bench/harmony_dump.c) and
NNNNN.json of each piece; sound is not kept. Harmony is drawn from a grammar
of functions (no list of progressions), rhythm and voicing at random, sounds
from FluidR3_GM and MuseScore_General (MIT). One piece in eight has no key:
drums, noise, clicks. Needs numpy, soundfile, fluidsynth.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

FONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2",
         "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3")
RATE = 22050
NAMES = "C C# D Eb E F F# G Ab A Bb B".split()
QUALITIES = {"maj": (0, 4, 7), "min": (0, 3, 7), "dim": (0, 3, 6),
             "aug": (0, 4, 8), "sus4": (0, 5, 7), "7": (0, 4, 7, 10),
             "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10)}
MAJOR = {"T": [(0, "maj", 5), (9, "min", 2), (4, "min", 1)],
         "S": [(5, "maj", 4), (2, "min", 3), (9, "min", 2), (5, "min", .4),
               (10, "maj", .5), (8, "maj", .3), (2, "maj", .4)],
         "D": [(7, "maj", 6), (11, "dim", .5), (4, "min", .7), (7, "aug", .15),
               (4, "maj", .3), (7, "sus4", .6)]}
MINOR = {"T": [(0, "min", 5), (3, "maj", 1.5), (8, "maj", 1)],
         "S": [(5, "min", 4), (8, "maj", 2), (2, "dim", .8), (5, "maj", .5),
               (1, "maj", .3), (10, "maj", 1)],
         "D": [(7, "maj", 3.5), (10, "maj", 2.5), (7, "min", 1.5),
               (11, "dim", .4), (7, "sus4", .4), (3, "aug", .1)]}
NEXT = {"T": "TSSSDD", "S": "SDDDTT", "D": "TTTTTS"}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}


# --- harmony ---

def draw(rng, table):
    weights = np.array([row[2] for row in table], float)
    root, kind, _ = table[rng.choice(len(table), p=weights / weights.sum())]
    return root, kind


def progression(rng, mode, bars, taste):
    """[(root above the tonic, quality)] of a part; most begin at home."""
    functions = MAJOR if mode == "major" else MINOR
    state = "T" if rng.random() < 0.7 else rng.choice(["S", "D"])
    out = []
    for bar in range(bars):
        if bar == 0 and state == "T" and rng.random() < 0.85:
            chord = functions["T"][0][:2]
        else:
            chord = draw(rng, functions[state])
        if out and chord == out[-1] and rng.random() < 0.7:
            chord = draw(rng, functions[state])
        out.append(chord)
        state = rng.choice(list(NEXT[state]))
    return [(root, richer(rng, root, kind, mode, taste)) for root, kind in out]


def richer(rng, root, kind, mode, taste):
    if rng.random() >= taste:
        return "sus4" if kind == "maj" and rng.random() < 0.03 else kind
    if kind == "min":
        return "min7"
    if kind != "maj":
        return kind
    home = root in ((0, 5) if mode == "major" else (3, 8))
    return "maj7" if home else "7"


# --- notes ---

class Score:
    def __init__(self, rng, grid):
        self.rng, self.grid, self.events = rng, grid, []
        self.jitter = rng.choice([0, 0.004, 0.01, 0.018])

    def at(self, beat):
        return float(np.interp(beat, np.arange(len(self.grid)), self.grid))

    def note(self, channel, pitch, beat, length, velocity):
        start = max(0.0, self.at(beat) + self.rng.normal(0, self.jitter))
        end = max(start + 0.05, self.at(beat + length) - 0.01)
        loud = int(np.clip(velocity + self.rng.normal(0, 8), 15, 127))
        self.events.append((start, 1, channel, int(np.clip(pitch, 12, 115)),
                            loud))
        self.events.append((end, 0, channel, int(np.clip(pitch, 12, 115)), 0))


def rhythm(rng, beats, step, busy):
    """Onsets of a bar in beats: what is strong comes more often."""
    slots = np.arange(0, beats, step)
    weight = np.where(slots % 1 == 0, 1.0, np.where(slots % 0.5 == 0, .6, .3))
    chosen = [float(s) for s, w in zip(slots, weight)
              if rng.random() < min(0.97, busy * w * 1.4)]
    return chosen or [0.0]


def voicing(rng, low, spread, notes):
    out = sorted(low + (n - low) % 12 for n in notes)
    turn = rng.integers(len(out))
    out = out[turn:] + [n + 12 for n in out[:turn]]
    if spread:
        out = [n + 12 * (i % 2) for i, n in enumerate(out)]
    if rng.random() < 0.3:
        out.append(out[0] + 12)
    return sorted(out)


def part_style(rng, beats):
    step = rng.choice([0.25, 0.5, 0.5, 1.0, 1 / 3])
    return dict(
        comp=rng.choice(["block", "block", "arp", "arp", "hold", "hold",
                         "strum", "power", "alternate", "none"]),
        comp_low=int(rng.integers(43, 62)), spread=rng.random() < 0.3,
        comp_rhythm=rhythm(rng, beats, step, rng.uniform(0.2, 0.9)),
        comp_length=rng.choice([0.25, 0.5, 0.9, 2.0]),
        arp=int(rng.choice([2, 3, 4])), arp_order=rng.random(),
        bass=rng.choice(["root", "root", "fifth", "walk", "octave", "hold",
                         "hold", "none", "inverted"]),
        bass_low=int(rng.integers(26, 38)),
        bass_rhythm=rhythm(rng, beats, rng.choice([0.5, 1.0, .25]),
                           rng.uniform(0.15, 0.9)),
        pad=rng.random() < 0.3, lead=rng.random() < 0.6,
        lead_rhythm=[rhythm(rng, beats, 0.5, rng.uniform(0.2, 0.7))
                     for _ in range(2)],
        lead_low=int(rng.integers(58, 74)), loud=rng.uniform(0.75, 1.0))


def play_comp(score, s, at, beats, notes):
    rng = score.rng
    chord = voicing(rng, s["comp_low"], s["spread"], notes)
    if s["comp"] == "power":
        chord = [s["comp_low"] - 8 + (notes[0] - s["comp_low"] + 8) % 12]
        chord += [chord[0] + 7, chord[0] + 12]
    if s["comp"] == "hold":
        for n in chord:
            score.note(2, n, at, beats * 0.98, 74)
    elif s["comp"] == "arp":
        count = int(beats * s["arp"])
        line = chord + chord[1:-1][::-1] if s["arp_order"] < 0.5 else chord
        for i in range(count):
            score.note(2, line[i % len(line)], at + i / s["arp"],
                       s["comp_length"], 80)
    elif s["comp"] == "alternate":
        for i in range(int(beats * 2)):
            for n in chord[1:] if i % 2 else chord[:1]:
                score.note(2, n, at + i / 2, 0.45, 78)
    elif s["comp"] != "none":
        for beat in s["comp_rhythm"]:
            for i, n in enumerate(chord):
                lag = 0.03 * i if s["comp"] == "strum" else 0
                score.note(2, n, at + beat + lag, s["comp_length"], 78)


def play_bass(score, s, at, beats, notes, following):
    rng, low = score.rng, s["bass_low"]
    root = low + (notes[0] - low) % 12
    target = low + (following - low) % 12
    if s["bass"] == "hold":
        score.note(1, root, at, beats * 0.97, 92)
    elif s["bass"] == "inverted":
        bottom = rng.choice(notes[:3])
        score.note(1, low + (bottom - low) % 12, at, beats * 0.97, 92)
    elif s["bass"] == "walk":
        line = np.round(np.linspace(root, target, beats + 1)[:-1]).astype(int)
        for i, n in enumerate(line):
            score.note(1, n + (rng.integers(-1, 2) if i else 0), at + i, .9, 92)
    elif s["bass"] != "none":
        for i, beat in enumerate(s["bass_rhythm"]):
            other = {"root": 0, "fifth": 7, "octave": 12}[s["bass"]]
            score.note(1, root + (other if i % 2 else 0), at + beat, 0.5, 94)


def play_lead(score, s, at, tonic, scale, notes, bar, place, raised):
    rng = score.rng
    ladder = [n for n in range(s["lead_low"] - 8, s["lead_low"] + 20)
              if (n - tonic) % 12 in scale]
    inside = {n % 12 for n in notes}
    for beat in s["lead_rhythm"][bar % 2]:
        place[0] = int(np.clip(place[0] + rng.integers(-2, 3), 0,
                               len(ladder) - 1))
        pitch = ladder[place[0]]
        if raised and (pitch - tonic) % 12 == 10:
            pitch += 1
        if beat == int(beat) and rng.random() < 0.7:
            pitch = min(range(pitch - 3, pitch + 4), key=lambda p:
                        (p % 12 not in inside, abs(p - pitch)))
        score.note(3, pitch, at + beat, rng.choice([0.4, 0.9, 1.5]), 92)


def drum_style(rng, beats):
    pitches = rng.permutation([36, 35, 38, 40, 37, 39, 42, 42, 44, 46, 51, 49,
                               41, 45, 48, 54, 56, 62, 63, 64, 70, 75, 82])
    out = {}
    for pitch in pitches[:rng.integers(2, 6)]:
        out[int(pitch)] = rhythm(rng, beats, rng.choice([.25, .5, 1.0, 1 / 3]),
                                 rng.uniform(0.1, 0.8))
    return out


def play_drums(score, kit, at, loud):
    for pitch, onsets in kit.items():
        for beat in onsets:
            if score.rng.random() < 0.95:
                score.note(9, pitch, at + beat, 0.2, 90 * loud)


# --- a piece ---

def compose(rng, keyed):
    beats = int(rng.choice([4, 4, 4, 4, 3, 3, 2, 5]))
    bpm = float(np.exp(rng.uniform(np.log(58), np.log(190))))
    length = rng.uniform(24, 48)
    block = int(rng.choice([4, 4, 8, 8, 2]))
    if block * beats * 60 / bpm < 3:
        block *= 2
    blocks = int(np.clip(round(length / (block * beats * 60 / bpm)), 1, 12))
    period = np.full(blocks * block * beats + 1, 60 / bpm)
    period *= 1 + np.clip(np.cumsum(rng.normal(0, .003, len(period))), -.08, .08)
    grid = rng.uniform(0, 1.5) + np.concatenate([[0], np.cumsum(period)])
    score = Score(rng, grid)
    mode = str(rng.choice(["major", "minor"]))
    tonic = int(rng.integers(12))
    plan = "".join(rng.choice(list("ABC"), size=blocks, p=[.5, .35, .15]))
    taste = rng.choice([0, 0, 0.1, 0.4, 0.8])
    parts = {}
    for label in "ABC":
        bars = int(rng.choice([b for b in (2, 4, 8) if b <= block]))
        parts[label] = (progression(rng, mode, bars, taste),
                        part_style(rng, beats), drum_style(rng, beats))
        if label != "A" and rng.random() < 0.5:
            parts[label] = parts[label][:1] + parts["A"][1:]
    change = (int(rng.integers(1, blocks)) if blocks > 2 and
              rng.random() < 0.15 else 99)
    step = int(rng.choice([1, 2, 3, 5, 7, 10]))
    drummed = not keyed or rng.random() < 0.6
    chords, sections, keys = [], [], []
    place = [8]
    raised = rng.random() < 0.5
    last = blocks * block - 1
    for bar in range(blocks * block):
        part = bar // block
        home = (tonic + (step if part >= change else 0)) % 12
        chain, style, kit = parts[plan[part]]
        root, kind = chain[bar % block % len(chain)]
        if bar == last and rng.random() < 0.75:
            root, kind = 0, "maj" if mode == "major" else "min"
        after = chain[(bar + 1) % block % len(chain)][0]
        notes = [home + root + n for n in QUALITIES[kind]]
        at = bar * beats
        loud = style["loud"]
        if drummed and not (bar % block == 0 and rng.random() < 0.05):
            play_drums(score, kit, at, loud)
        if keyed:
            play_comp(score, style, at, beats, notes)
            play_bass(score, style, at, beats, notes, home + after)
            if style["comp"] == "none" or style["pad"]:
                for n in voicing(rng, 50, False, notes):
                    score.note(4, n, at, beats * 0.98, 60)
            if style["lead"]:
                play_lead(score, style, at, home, SCALES[mode], notes, bar,
                          place, raised and kind in ("maj", "7")
                          and root == 7)
        kind = "maj" if style["comp"] == "power" and kind == "aug" else kind
        chords.append([grid[at], grid[at + beats],
                       f"{NAMES[(home + root) % 12]}:{kind}"])
        if bar % block == 0:
            sections.append([grid[at], grid[at + block * beats], plan[part]])
            keys.append([grid[at], grid[at + block * beats], home])
    return score, dict(
        mode=mode, tonic=tonic, keys=keys, chords=chords, sections=sections,
        beats_s=grid[:-1].tolist(), downbeats_s=grid[:-1:beats].tolist(),
        end_s=float(grid[-1]))


# --- sound ---

def variable(value):
    out = [value & 127]
    while value > 127:
        value >>= 7
        out.insert(0, value & 127 | 128)
    return bytes(out)


def midi(rng, score, cents, drum_gain):
    bass = int(rng.choice([32, 33, 34, 35, 36, 37, 38, 39, 43, 58, 0, 87]))
    comp = int(rng.choice(list(range(0, 32)) + list(range(40, 56)) +
                          [57, 60, 61] + list(range(80, 105))))
    lead = int(rng.choice(list(range(0, 32)) + list(range(40, 88)) + [104]))
    pad = int(rng.choice([48, 49, 50, 51, 52, 88, 89, 90, 91, 92, 94, 95, 16]))
    body, start = b"", []
    for channel, program in ((1, bass), (2, comp), (3, lead), (4, pad)):
        start.append(bytes([0xC0 | channel, program]))
        tune = 8192 + round(cents * 81.92)
        volume = int(rng.integers(55, 120))
        for control, value in ((101, 0), (100, 1), (6, tune >> 7),
                               (38, tune & 127), (7, volume)):
            start.append(bytes([0xB0 | channel, control, value]))
    start.append(bytes([0xC9, int(rng.choice([0, 0, 8, 16, 24, 25, 32, 40]))]))
    start.append(bytes([0xB9, 7, drum_gain]))
    for message in start:
        body += b"\0" + message
    body += b"\0\xff\x51\x03" + (500000).to_bytes(3, "big")
    now = 0
    for second, on, channel, pitch, velocity in sorted(score.events):
        tick = round(second * 1000)
        body += variable(tick - now) + bytes(
            [(0x90 if on else 0x80) | channel, pitch, velocity])
        now = tick
    body += b"\0\xff\x2f\0"
    return (b"MThd" + (6).to_bytes(4, "big") + b"\0\0\0\1" +
            (500).to_bytes(2, "big") + b"MTrk" + len(body).to_bytes(4, "big")
            + body)


def fluid(font, data, folder):
    name, out = os.path.join(folder, "a.mid"), os.path.join(folder, "a.wav")
    pathlib.Path(name).write_bytes(data)
    subprocess.run(["fluidsynth", "-ni", "-g", "0.4", "-r", str(RATE), "-q",
                    "-o", "synth.dynamic-sample-loading=1", "-F", out, font,
                    name], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return soundfile.read(out, dtype="float32")[0].mean(axis=1)


def coloured(rng, n, slope):
    spectrum = np.fft.rfft(rng.normal(size=n))
    spectrum *= (np.arange(len(spectrum)) + 1.0) ** (-slope / 2)
    noise = np.fft.irfft(spectrum, n)
    return noise / np.sqrt(np.mean(noise ** 2))


def treat(rng, x):
    level = np.sqrt(np.mean(x ** 2)) + 1e-9
    if rng.random() < 0.35:
        n = int(rng.uniform(0.2, 1.6) * RATE)
        tail = rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / n)
        tail /= np.sqrt(np.sum(tail ** 2))
        size = 1 << int(np.ceil(np.log2(len(x) + n)))
        wet = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(tail, size), size)
        x = x + wet[:len(x)] * rng.uniform(0.1, 0.9)
    if rng.random() < 0.5:
        spectrum = np.fft.rfft(x)
        hz = np.fft.rfftfreq(len(x), 1 / RATE) + 20
        tilt = rng.uniform(-5, 5)
        bump = rng.uniform(-8, 8) * np.exp(
            -(np.log2(hz / np.exp(rng.uniform(np.log(60), np.log(5000))))) ** 2)
        db = tilt * np.log2(hz / 800) / 3 + bump
        if rng.random() < 0.2:
            db += -30 * np.clip(np.log2(80 * rng.uniform(0.5, 3) / hz), 0, 2)
        x = np.fft.irfft(spectrum * 10 ** (db / 20), len(x))
    if rng.random() < 0.35:
        ratio = rng.uniform(5, 35)
        x = x + coloured(rng, len(x), rng.uniform(0, 2)) * level * 10 ** (
            -ratio / 20)
    x = x / (np.max(np.abs(x)) + 1e-9)
    if rng.random() < 0.35:
        x = np.tanh(x * rng.uniform(1.5, 6))
    return (x * 10 ** (rng.uniform(-25, -1) / 20)).astype(np.float32)


def without_key(rng, folder):
    """Drums, noise, clicks, hum of no pitch; nothing that has a key."""
    kind = rng.choice(["drums", "drums", "drums", "noise", "clicks", "speechy"])
    if kind == "drums":
        score, truth = compose(rng, False)
        x = fluid(rng.choice(FONTS, p=[.6, .4]),
                  midi(rng, score, 0.0, 110), folder)
        return x, truth
    n = int(rng.uniform(15, 40) * RATE)
    x = coloured(rng, n, rng.uniform(0, 2.5))
    if kind == "clicks":
        x *= 1e-3
        for at in np.cumsum(rng.uniform(0.1, 0.6, 200) * RATE).astype(int):
            m = int(rng.uniform(0.005, 0.2) * RATE)
            if at + m < n:
                x[at:at + m] += (rng.normal(size=m) *
                                 np.exp(-6 * np.arange(m) / m))
    elif kind == "speechy":
        # a gliding buzz: pitches, but of no key
        hz = np.exp(np.interp(np.arange(n), np.sort(rng.integers(0, n, 150)),
                              rng.uniform(np.log(80), np.log(400), 150)))
        phase = np.cumsum(hz / RATE)
        x = 0.1 * x + sum(np.sin(2 * np.pi * phase * k) / k
                          for k in range(1, 12))
        x *= np.abs(coloured(rng, n, 2)) ** 0.5
    return x, dict(chords=[], sections=[], keys=[], beats_s=[],
                   downbeats_s=[], end_s=n / RATE, mode="", tonic=0)


def piece(number, seed, folder, dump):
    rng = np.random.default_rng([seed, number])
    with tempfile.TemporaryDirectory() as scratch:
        if number % 8 == 7:
            x, truth = without_key(rng, scratch)
            truth["key"] = None
            truth["chords"] = [[0.0, truth["end_s"], "N"]]
        else:
            score, truth = compose(rng, True)
            cents = rng.uniform(-50, 50) if rng.random() < 0.4 else 0.0
            x = fluid(rng.choice(FONTS, p=[.6, .4]),
                      midi(rng, score, cents, int(rng.integers(20, 127))),
                      scratch)
            truth["key"] = f"{NAMES[truth['tonic']]} {truth['mode']}"
            truth["cents"] = cents
        wav = os.path.join(scratch, f"{number:05d}.wav")
        soundfile.write(wav, treat(rng, np.asarray(x, float)), RATE, "PCM_16")
        said = subprocess.run([dump, "cells", folder, wav], check=True,
                              capture_output=True, text=True).stdout.split()
    truth["heard_cents"], truth["tuned"] = float(said[2]), float(said[3])
    pathlib.Path(folder, f"{number:05d}.json").write_text(json.dumps(truth))


def main():
    folder, count, seed, dump = sys.argv[1:5]
    first = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    os.makedirs(folder, exist_ok=True)
    for number in range(first, first + int(count)):
        piece(number, int(seed), folder, dump)


if __name__ == "__main__":
    main()
