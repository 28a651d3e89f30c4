#!/usr/bin/env python3
"""Render pieces of music whose tempo, beats, metre, key and chords are known.

    bench/truth.py FOLDER [COUNT] [SEED]

Writes COUNT (500) FLAC files and index.json. The pieces judge the analysis;
nothing learns from them. training/ has a composer of its own, with other
styles, patterns and sounds. Needs fluidsynth, ffmpeg, numpy, soundfile and
the Debian packages timgm6mb-soundfont, csound-soundfont, opl3-soundfont and
hydrogen-drumkits.

index.json is a list of {file, style, tags, tempo_bpm, beats_s, downbeats_s,
metre, key, chords, sections}: tempo_bpm is the median beat of the grid,
chords are [start_s, end_s, "C:min"], sections [start_s, end_s, "A"], key
"A minor"; tags name what was done to the audio.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

import numpy as np
import soundfile

FONTS = {
    "timgm": "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "csound": "/usr/share/sounds/sf2/sf_GMbank.sf2",
    "opl3": "/usr/share/sounds/sf2/OPL-3_FM_128M.sf2",
}
KITS = pathlib.Path("/usr/share/hydrogen/data/drumkits")
KIT_NAMES = ("Audiophob", "BJA_Pacific", "ColomboAcousticDrumkit",
             "ElectricEmpireKit", "ForzeeStereo", "HardElectro1",
             "Millo-Drums_v.1", "Millo_MultiLayered2", "The Black Pearl 1.0",
             "VariBreaks", "rumpf_kit_z01_h2")
NAMES = "C C# D Eb E F F# G Ab A Bb B".split()
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
KICK, SNARE, STICK, CLAP, CLOSED, OPEN, RIDE, CRASH, TOM, SHAKER, CONGA = (
    36, 38, 37, 39, 42, 46, 51, 49, 45, 70, 63)

# What a kit's instrument may be called; what stands in for a missing one.
SAID = {KICK: "kick|bass ?drum", SNARE: "snare|drum 1", STICK: "stick|rim c",
        CLAP: "clap", CLOSED: r"clos|hat \d cl|hat low|hat free",
        OPEN: "open|hat 1 op|side ohh", RIDE: "ride", CRASH: "crash|cymbal",
        TOM: "tom"}
INSTEAD = {STICK: SNARE, CLAP: SNARE, RIDE: CLOSED, OPEN: CLOSED,
           CRASH: OPEN, TOM: SNARE, TOM + 3: TOM, SHAKER: CLOSED, CONGA: TOM}

# Drums: steps of a bar, a character each: x loud, o soft, . none. The bar is
# divided evenly, so a pattern of 12 is triplets in 4/4.
STYLES = {
    "four_floor": dict(bpm=(112, 138), drums={
        KICK: "x...x...x...x...", CLAP: "....x.......x...",
        OPEN: "..x...x...x...x.", CLOSED: "o.o.o.o.o.o.o.o."},
        bass="offbeat", comp="stabs", progs=(38, 81, 90)),
    "rock": dict(bpm=(96, 176), drums={
        KICK: "x.....x.x.......", SNARE: "....x.......x...",
        CLOSED: "x.o.x.o.x.o.x.o."},
        bass="eighths", comp="power", progs=(33, 30, 29)),
    "pop": dict(bpm=(84, 128), drums={
        KICK: "x..x..x...x.....", SNARE: "....x.......x..o",
        CLOSED: "xoxoxoxoxoxoxoxo"},
        bass="root_fifth", comp="chords", progs=(33, 0, 73)),
    "slow_eighths": dict(bpm=(60, 88), drums={
        KICK: "x.......x.x.....", SNARE: "....x.......x...",
        CLOSED: "x.x.x.x.x.x.x.x."},
        bass="root_fifth", comp="chords", progs=(32, 4, 66)),
    "slow_swing": dict(bpm=(60, 86), swing=0.64, drums={
        KICK: "x......o..x.....", SNARE: "....x.......x...",
        CLOSED: "x.xox.xox.xox.xo"},
        bass="syncopated", comp="chords", progs=(33, 5, 11)),
    "funk": dict(bpm=(92, 118), drums={
        KICK: "x..x..x...x..x..", SNARE: "....x..o.o..x..o",
        CLOSED: "xoxoxoxoxoxoxox."},
        bass="syncopated", comp="stabs", progs=(36, 27, 61)),
    "jazz_swing": dict(bpm=(104, 190), swing=0.66, drums={
        RIDE: "x...x.x.x...x.x.", CLOSED: "....x.......x...",
        KICK: "o.......o......."},
        bass="walking", comp="stabs", progs=(32, 0, 65)),
    "latin": dict(bpm=(92, 132), drums={
        STICK: "x..x...x..x.x...", KICK: "x.....o.x.....o.",
        SHAKER: "xoxoxoxoxoxoxoxo", CONGA: "..o.x.oo..o.x.oo"},
        bass="tumbao", comp="montuno", progs=(32, 0, 56)),
    "drum_bass": dict(bpm=(164, 184), drums={
        KICK: "x.........x.....", SNARE: "....x.......x...",
        CLOSED: "x.x.x.x.x.x.x.xo"},
        bass="long", comp="pads", progs=(39, 89, 80)),
    "fast_punk": dict(bpm=(160, 200), drums={
        KICK: "x...x...x...x...", SNARE: "....x.......x...",
        CRASH: "x...............", CLOSED: "x...x...x...x..."},
        bass="eighths", comp="power", progs=(34, 30, 30)),
    "waltz": dict(bpm=(84, 180), metre=3, drums={
        KICK: "x...........", STICK: "....o...o...",
        CLOSED: "x...o...o..."},
        bass="one", comp="oom_pah", progs=(32, 21, 40)),
    "six_eight": dict(bpm=(60, 92), metre=2, compound=True, drums={
        KICK: "x.....o.....", SNARE: "......x.....", CLOSED: "x.o.o.x.o.o."},
        bass="root_fifth", comp="arpeggio", progs=(33, 24, 71)),
    "shuffle": dict(bpm=(96, 140), compound=True, drums={
        KICK: "x.....x.....", SNARE: "...x.....x..",
        CLOSED: "x.ox.ox.ox.o"},
        bass="walking", comp="chords", progs=(33, 16, 65)),
    "five_four": dict(bpm=(110, 168), metre=5, drums={
        RIDE: "x...x...x...x...x...", KICK: "x.....o.....x.......",
        SNARE: "............o...x..."},
        bass="one", comp="stabs", progs=(32, 0, 65)),
    "piano_ballad": dict(bpm=(60, 92), drums={}, bass="one",
                         comp="arpeggio", progs=(0, 0, 0)),
    "folk_guitar": dict(bpm=(84, 140), drums={}, bass="root_fifth",
                        comp="strum", progs=(24, 25, 73)),
    "strings": dict(bpm=(72, 132), drums={}, bass="eighths",
                    comp="pulse", progs=(43, 48, 40)),
    "march": dict(bpm=(100, 132), metre=2, drums={
        SNARE: "x.oox.oo", KICK: "x...o..."},
        bass="root_fifth", comp="oom_pah", progs=(58, 60, 56)),
    "arp_synth": dict(bpm=(90, 150), drums={KICK: "x...x...x...x..."},
                      bass="long", comp="arpeggio16", progs=(38, 81, 84)),
}
# Degrees of a bar each, 0 the tonic; 4 in minor is major (raised leading
# note) unless the list says so.
CHAINS = {
    "major": [(0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 0), (0, 3, 0, 4),
              (0, 1, 4, 0), (0, 2, 3, 4), (0, 5, 1, 4), (0, 4, 3, 4)],
    "minor": [(0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 4), (0, 5, 3, 4),
              (0, 3, 0, 4), (0, 2, 5, 4), (0, 6, 0, 4), (0, 3, 6, 4)],
}


class Score:
    """Notes in beats of the grid; `at` turns beats into seconds."""

    def __init__(self, rng, grid_s, jitter_s):
        self.rng, self.grid, self.jitter = rng, grid_s, jitter_s
        self.events = []

    def at(self, beat):
        return float(np.interp(beat, np.arange(len(self.grid)), self.grid))

    def note(self, channel, pitch, beat, length, velocity):
        start = self.at(beat) + self.rng.normal(0, self.jitter)
        end = self.at(min(beat + length, len(self.grid) - 1))
        velocity = int(np.clip(velocity + self.rng.normal(0, 6), 20, 127))
        start = max(0.0, start)
        end = max(start + 0.04, end - 0.01)
        self.events.append((start, 1, channel, int(pitch), velocity))
        self.events.append((end, 0, channel, int(pitch), 0))


def grid(rng, bpm, beats, tags):
    """Times of the beats: steady, drifting, or changing in one place."""
    period = np.full(beats, 60.0 / bpm)
    kind = rng.random()
    if kind < 0.45:
        walk = np.cumsum(rng.normal(0, 0.004, beats))
        period *= 1 + np.clip(walk - np.linspace(0, walk[-1], beats),
                              -0.03, 0.03)
        tags.append("drift")
    elif kind < 0.53:
        to = rng.uniform(0.86, 1.16)
        period[beats // 2:] *= to
        tags.append("tempo_step")
    elif kind < 0.61:
        period *= np.linspace(1, rng.uniform(0.86, 1.16), beats)
        tags.append("tempo_ramp")
    return rng.uniform(0.02, 1.2) + np.concatenate([[0], np.cumsum(period)])


def triad(tonic, mode, degree, seventh):
    scale = MAJOR if mode == "major" else MINOR
    steps = [degree, degree + 2, degree + 4] + ([degree + 6] * seventh)
    notes = [scale[s % 7] + 12 * (s // 7) for s in steps]
    if mode == "minor" and degree == 4:
        notes[1] = notes[0] + 4
    third, fifth = notes[1] - notes[0], notes[2] - notes[0]
    kind = {(4, 7): "maj", (3, 7): "min", (3, 6): "dim"}[third, fifth]
    root = (tonic + notes[0]) % 12
    return root, kind, [tonic + n for n in notes]


def swung(beat, swing):
    whole = np.floor(beat)
    part = beat - whole
    if part <= 0.5:
        return whole + part * 2 * swing
    return whole + swing + (part - 0.5) * 2 * (1 - swing)


def drums(score, style, bar, beats, fill, density):
    rng = score.rng
    swing = style.get("swing", 0.5)
    for pitch, line in style["drums"].items():
        for i, mark in enumerate(line):
            if mark == ".":
                continue
            if mark == "o" and rng.random() > density:
                continue
            if fill and pitch in (SNARE, CLOSED, RIDE) and i >= len(line) // 2:
                continue
            beat = swung(i * beats / len(line), swing)
            score.note(9, pitch, bar * beats + beat, 0.2,
                       104 if mark == "x" else 64)
    if fill and style["drums"]:
        for i in range(4 * beats // 2, 4 * beats):
            if rng.random() < 0.7:
                score.note(9, rng.choice([SNARE, TOM, TOM + 3]),
                           bar * beats + swung(i / 4, swing), 0.2, 96)


def bass(score, style, kind, root, following, bar, beats, swing):
    rng, low = score.rng, 28 + (root - 4) % 12
    start = bar * beats
    put = lambda beat, pitch, length=0.5, velocity=96: score.note(
        1, pitch, start + swung(beat, swing), length, velocity)
    if kind in ("one", "long"):
        put(0, low, beats if kind == "long" else 1.5)
    elif kind == "eighths":
        for i in range(beats * 2):
            put(i / 2, low, 0.45)
    elif kind == "offbeat":
        for i in range(beats):
            put(i + 0.5, low, 0.4)
    elif kind == "walking":
        target = 28 + (following - 4) % 12
        for i, pitch in enumerate(np.linspace(low, target, beats + 1)[:-1]):
            put(i, low if i == 0 else round(pitch) + rng.integers(-1, 2), 0.9)
    elif kind == "tumbao":
        put(1.5, low + 7, 1.4)
        put(3, low, 1)
    elif kind == "syncopated":
        for beat in (0, 0.75, 1.5, 2.5, 3.25):
            if beat < beats and (beat == 0 or rng.random() < 0.8):
                put(beat, low + (12 if rng.random() < 0.2 else 0), 0.4)
    else:
        half = beats / 2 if beats % 2 == 0 else beats - 1
        put(0, low, 1)
        put(half, low + 7, 1)


def comp(score, style, kind, notes, bar, beats, swing):
    rng, start = score.rng, bar * beats
    notes = [48 + (n - 48) % 12 + (12 if i > 1 else 0)
             for i, n in enumerate(notes)]
    notes = sorted(48 + (n - 43) % 12 + 7 for n in notes)

    def hit(beat, length, velocity=80, which=None, spread=0.0):
        for j, n in enumerate(which if which is not None else notes):
            score.note(2, n, start + swung(beat, swing) + j * spread, length,
                       velocity)
    if kind in ("chords", "pads"):
        step = beats if kind == "pads" else max(1, beats // 2)
        for beat in range(0, beats, step):
            hit(beat, step * 0.98)
    elif kind == "power":
        for i in range(beats * 2):
            hit(i / 2, 0.45, 88 if i % 2 == 0 else 74, notes[:2] + notes[-1:])
    elif kind == "stabs":
        for beat in rng.choice(np.arange(beats * 2) / 2,
                               size=min(3, beats), replace=False):
            hit(float(beat), 0.3, 84)
    elif kind == "oom_pah":
        for beat in range(1, beats) if beats > 2 else (0.5, 1.5):
            hit(beat, 0.4, 72)
    elif kind == "montuno":
        for beat in (0, 0.5, 1.5, 2.5, 3.5):
            hit(beat, 0.4, 80, [notes[int(rng.integers(len(notes)))],
                                notes[0] + 12])
    elif kind == "strum":
        for beat, velocity in ((0, 88), (1, 80), (1.5, 62), (2.5, 62),
                               (3, 80), (3.5, 60)):
            if beat < beats:
                hit(beat, 0.6, velocity, spread=0.02)
    elif kind == "pulse":
        for i in range(beats * 2):
            hit(i / 2, 0.35, 84 if i % 2 == 0 else 68)
    else:
        count = beats * (4 if kind == "arpeggio16" else
                         3 if style.get("compound") else 2)
        line = notes + notes[1:-1][::-1]
        for i in range(count):
            score.note(2, line[i % len(line)] + 12 * (kind == "arpeggio16"),
                       start + i * beats / count, 0.5, 78)


def melody(score, tonic, mode, notes, bar, beats, swing, motif):
    scale = MAJOR if mode == "major" else MINOR
    ladder = sorted({tonic % 12 + s + 12 * o for s in scale
                     for o in range(4, 8)})
    chord = {n % 12 for n in notes}
    place = len(ladder) // 2
    for beat, length, step in motif:
        if beat >= beats:
            break
        place = int(np.clip(place + step, 8, len(ladder) - 6))
        pitch = ladder[place]
        if beat == int(beat) and pitch % 12 not in chord:
            pitch = min((p for p in range(pitch - 3, pitch + 4)
                         if p % 12 in chord), key=lambda p: abs(p - pitch))
        score.note(3, pitch, bar * beats + swung(beat, swing), length, 92)


def motif(rng, beats):
    out, beat = [], 0.0
    while beat < beats:
        length = float(rng.choice([0.5, 0.5, 1.0, 1.0, 1.5, 2.0]))
        if rng.random() < 0.85:
            out.append((beat, length * 0.95, int(rng.integers(-2, 3))))
        beat += length
    return out


def compose(number, seed):
    rng = np.random.default_rng([seed, number])
    name = list(STYLES)[number % len(STYLES)]
    style = STYLES[name]
    mode = "major" if (number // 12) % 2 == 0 else "minor"
    tonic = (number * 7 + number // 24) % 12
    beats = style.get("metre", 4)
    bpm = rng.uniform(*style["bpm"])
    bars = max(8, int(np.ceil(38 * bpm / 60 / beats / 4)) * 4)
    tags = []
    times = grid(rng, bpm, bars * beats, tags)
    score = Score(rng, times, rng.choice([0.0, 0.004, 0.008, 0.012]))
    parts = []
    for _ in range(2):
        chain = CHAINS[mode][rng.integers(len(CHAINS[mode]))]
        parts.append((chain, [motif(rng, beats) for _ in range(2)]))
    swing = style.get("swing", 0.5)
    if swing == 0.5 and "drums" in style and rng.random() < 0.15:
        swing = rng.uniform(0.54, 0.6)
        tags.append("light_swing")
    density, lead = rng.uniform(0.3, 1.0), rng.random() < 0.75
    break_bar = int(rng.integers(4, bars)) if rng.random() < 0.3 else -9
    chords, sections = [], []
    section_bars = 8 if bars >= 24 else 4
    for bar in range(bars):
        block = bar // section_bars
        label = "ABAABA"[block % 6] if bars > section_bars else "A"
        chain, motifs = parts["AB".index(label)]
        degree = chain[bar % 4] if bar < bars - 1 else 0
        following = chain[(bar + 1) % 4]
        seventh = bool(rng.random() < (0.5 if "jazz" in name else 0.12))
        root, kind, notes = triad(tonic, mode, degree, seventh)
        quiet = break_bar <= bar < break_bar + 2
        if not quiet:
            drums(score, style, bar, beats, bar % 8 == 7, density)
        if not quiet or rng.random() < 0.5:
            bass(score, style, style["bass"], root,
                 triad(tonic, mode, following, False)[0], bar, beats, swing)
        comp(score, style, style["comp"], notes, bar, beats, swing)
        if lead and (label == "B" or bar >= 4):
            melody(score, tonic, mode, notes, bar, beats, swing,
                   motifs[bar % 2])
        chords.append([times[bar * beats], times[(bar + 1) * beats],
                       f"{NAMES[root]}:{kind}"])
        if bar % section_bars == 0:
            sections.append([times[bar * beats], 0.0, label])
        sections[-1][1] = times[(bar + 1) * beats]
    if break_bar > 0:
        tags.append("break")
    if not lead:
        tags.append("no_lead")
    return rng, style, score, tags, dict(
        style=name, tempo_bpm=float(60 / np.median(np.diff(times))),
        beats_s=times[:-1].tolist(), downbeats_s=times[:-1:beats].tolist(),
        metre="6/8" if name == "six_eight" else f"{beats}/4",
        key=f"{NAMES[tonic]} {mode}", chords=chords, sections=sections)


def variable(value):
    out = [value & 127]
    while value > 127:
        value >>= 7
        out.insert(0, value & 127 | 128)
    return bytes(out)


def midi(score, style, cents, drum_kit):
    """One track, a tick a millisecond."""
    body, now = b"", 0
    start = []
    for channel, program in zip((1, 2, 3), style["progs"]):
        start.append(bytes([0xC0 | channel, program]))
    for channel in (1, 2, 3):
        tune = 8192 + round(cents * 81.92)
        for control, value in ((101, 0), (100, 1), (6, tune >> 7),
                               (38, tune & 127), (10, 30 + 22 * channel)):
            start.append(bytes([0xB0 | channel, control, value]))
    start.append(bytes([0xC9, drum_kit]))
    for message in start:
        body += b"\0" + message
    body += b"\0\xff\x51\x03" + (500000).to_bytes(3, "big")
    for second, on, channel, pitch, velocity in sorted(score.events):
        tick = round(second * 1000)
        status = 0x90 if on else 0x80
        body += variable(tick - now) + bytes([status | channel, pitch,
                                              velocity])
        now = tick
    body += b"\0\xff\x2f\0"
    return (b"MThd" + (6).to_bytes(4, "big") + b"\0\0\0\1" +
            (500).to_bytes(2, "big") + b"MTrk" + len(body).to_bytes(4, "big")
            + body)


def fluid(font, data, out):
    with tempfile.NamedTemporaryFile(suffix=".mid") as f:
        f.write(data)
        f.flush()
        subprocess.run(["fluidsynth", "-ni", "-g", "0.5", "-r", "44100", "-q",
                        "-F", out, font, f.name], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return soundfile.read(out, dtype="float32")[0]


def instruments(kit):
    """{pitch: audio} of a kit, the loudest layer of each instrument."""
    root = ElementTree.parse(KITS / kit / "drumkit.xml").getroot()
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    found = {}
    for part in root.iter("instrument"):
        said = (part.findtext("name") or "").lower()
        files = [f.text for f in part.iter("filename") if f.text]
        for pitch, pattern in SAID.items():
            if files and pitch not in found and re.search(pattern, said):
                found[pitch] = sample(KITS / kit / files[-1])
                break
    return {p: a for p, a in found.items() if a is not None}


def sample(path):
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    level = np.max(np.abs(audio), axis=1) if len(audio) else np.zeros(1)
    if level.max() < 1e-3:
        return None
    audio = audio[np.argmax(level > 0.02 * level.max()):][:2 * rate, :2]
    audio = np.repeat(audio, 2, axis=1)[:, :2] if audio.shape[1] == 1 else audio
    if rate != 44100:
        at = np.arange(0, len(audio) - 1, rate / 44100)
        audio = np.stack([np.interp(at, np.arange(len(audio)), c)
                          for c in audio.T], 1)
    return audio / np.max(np.abs(audio))


def play_kit(kit, events):
    found = instruments(kit)
    size = int((max(e[0] for e in events) + 3) * 44100)
    out = np.zeros((size, 2), np.float32)
    for second, on, _, pitch, velocity in events:
        while pitch not in found and pitch in INSTEAD:
            pitch = INSTEAD[pitch]
        if on and pitch in found:
            start, hit = round(second * 44100), found[pitch]
            gain = (velocity / 127) ** 2
            out[start:start + len(hit)] += gain * hit[:size - start]
    return out


def render(rng, style, score, tags, folder):
    font = list(FONTS)[rng.choice(3, p=[0.4, 0.4, 0.2])]
    cents = 0.0
    if rng.random() < 0.4:
        a4 = rng.uniform(430, 450)
        cents = 1200 * np.log2(a4 / 440)
        tags.append(f"a4_{a4:.1f}")
    tags.append(font)
    name = os.path.join(folder, "a.wav")
    if not style["drums"] or rng.random() < 0.35:
        return fluid(FONTS[font], midi(score, style, cents, 0), name)
    kit = KIT_NAMES[rng.integers(len(KIT_NAMES))]
    tags.append(kit)
    parts = Score(rng, score.grid, 0), Score(rng, score.grid, 0)
    for event in score.events:
        parts[event[2] == 9].events.append(event)
    music = fluid(FONTS[font], midi(parts[0], style, cents, 0), name)
    drum = play_kit(kit, parts[1].events)
    out = np.zeros((max(len(music), len(drum)), 2), np.float32)
    out[:len(music)] = music
    gain = (np.sqrt(np.mean(music ** 2)) / np.sqrt(np.mean(drum ** 2)) *
            10 ** (rng.uniform(-8, 4) / 20))
    out[:len(drum)] += drum * gain
    return out


def room(rng, audio):
    seconds = rng.uniform(0.3, 1.1)
    n = int(seconds * 44100)
    tail = rng.normal(size=(n, 2)) * np.exp(-6.9 * np.arange(n) / n)[:, None]
    tail /= np.sqrt(np.sum(tail ** 2) / 2)
    size = 1 << int(np.ceil(np.log2(len(audio) + n)))
    wet = np.fft.irfft(np.fft.rfft(audio, size, axis=0) *
                       np.fft.rfft(tail, size, axis=0), axis=0)
    return audio + wet[:len(audio)] * rng.uniform(0.2, 0.7)


def pink(rng, frames):
    spectrum = np.fft.rfft(rng.normal(size=(frames, 2)), axis=0)
    spectrum /= np.sqrt(np.arange(len(spectrum)) + 1.0)[:, None]
    noise = np.fft.irfft(spectrum, frames, axis=0)
    return noise / np.sqrt(np.mean(noise ** 2))


def treat(rng, audio, tags):
    if rng.random() < 0.25:
        audio = room(rng, audio)
        tags.append("room")
    if rng.random() < 0.2:
        ratio = rng.uniform(12, 30)
        level = np.sqrt(np.mean(audio ** 2))
        audio = audio + pink(rng, len(audio)) * level * 10 ** (-ratio / 20)
        tags.append(f"noise_{ratio:.0f}dB")
    audio = audio / (np.max(np.abs(audio)) + 1e-9)
    if rng.random() < 0.3:
        audio = np.tanh(audio * rng.uniform(2, 5))
        tags.append("driven")
    level = rng.uniform(-20, -1)
    return (audio / np.max(np.abs(audio)) * 10 ** (level / 20)).astype(
        np.float32)


def code(rng, path, tags):
    if rng.random() >= 0.2:
        return
    kbps = int(rng.choice([64, 96, 128]))
    tags.append(f"mp3_{kbps}k")
    mp3 = path.with_suffix(".mp3")
    for source, target, more in ((path, mp3, ["-b:a", f"{kbps}k"]),
                                 (mp3, path, ["-c:a", "flac"])):
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, *more,
                        target], check=True)
    mp3.unlink()


def piece(number, seed, folder):
    rng, style, score, tags, truth = compose(number, seed)
    path = folder / f"{number:03d}-{truth['style']}.flac"
    with tempfile.TemporaryDirectory() as scratch:
        audio = render(rng, style, score, tags, scratch)
    soundfile.write(path, treat(rng, audio, tags), 44100)
    code(rng, path, tags)
    return dict(file=path.name, tags=tags, **truth)


def main():
    folder = pathlib.Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20261
    folder.mkdir(parents=True, exist_ok=True)
    for font in [*FONTS.values(), KITS]:
        if not os.path.exists(font):
            sys.exit(f"{font} is missing: install the packages named in "
                     f"{sys.argv[0]}")
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        index = list(pool.map(piece, range(count), [seed] * count,
                              [folder] * count, chunksize=4))
    (folder / "index.json").write_text(json.dumps(index, indent=0))
    print(f"{len(index)} pieces in {folder}")


if __name__ == "__main__":
    main()
