"""Compose pieces to learn rhythm and harmony from.

compose(number, seed, held) gives a Piece: notes in seconds, each for a
track, and the truth about them (beats, downbeats, metre, key, chords,
sections). render.py turns it into sound. Nothing here is shared with
bench/truth.py, which judges what was learned here.

A groove of styles.py is thrown once a section, so no two pieces have the
same.
"""
import dataclasses

import numpy as np

from styles import (CHAINS, CRASH, DEGREES, FAMILIES, HATS, KICK, KINDS,
                    MAJOR, MINOR, NAMES, PICKS, SNARE, STRUMS, STYLES, TOM1,
                    TOM2, TOM3)


@dataclasses.dataclass
class Piece:
    """Notes (start_s, length_s, track, pitch or drum, velocity) and truth."""
    notes: list
    tracks: dict  # track name to a family of sounds
    truth: dict
    cents: float
    style: dict
    length_s: float


class Pen:
    """Writes notes given in beats."""

    def __init__(self, rng, times, swing, sub):
        self.rng, self.times, self.notes = rng, times, []
        self.swing, self.sub = swing, sub
        self.jitter = float(rng.choice([0, 0.003, 0.006, 0.01, 0.014]))
        self.late = {}

    def at(self, beat):
        n = len(self.times) - 1
        if beat >= n:
            return self.times[n] + (beat - n) * (self.times[n] -
                                                 self.times[n - 1])
        i = int(beat)
        return self.times[i] + (beat - i) * (self.times[i + 1] -
                                             self.times[i])

    def swung(self, beat):
        if self.sub == 3:
            whole = np.floor(beat + 1e-6)
            part = beat - whole
            return whole + (2 / 3 if abs(part - 0.5) < 0.01 else
                            1 / 3 if abs(part - 0.25) < 0.01 else part)
        grain = self.swing[1]  # beats a pair of notes takes
        whole = np.floor(beat / grain + 1e-6) * grain
        part = (beat - whole) / grain
        s = self.swing[0]
        part = part * 2 * s if part <= 0.5 else s + (part - 0.5) * 2 * (1 - s)
        return whole + part * grain

    def put(self, track, pitch, beat, length, velocity):
        late = self.late.setdefault(
            track, float(self.rng.normal(0, 0.004 * (self.jitter > 0))))
        start = self.at(self.swung(beat))
        seconds = max(0.04, self.at(beat + length) - self.at(beat))
        start += float(self.rng.normal(0, self.jitter)) + late
        velocity = float(np.clip(velocity + self.rng.normal(0, 0.05),
                                 0.1, 1.0))
        self.notes.append((max(0.0, start), seconds, track, pitch, velocity))


def time_map(rng, bpm, count, tags):
    """Times of `count` beats and the one after: steady to rubato."""
    period = np.full(count, 60 / bpm)
    kind = rng.choice(["steady", "drift", "ramp", "step", "rubato", "jumps"],
                      p=[0.42, 0.26, 0.09, 0.1, 0.09, 0.04])
    where = np.linspace(0, 1, count)
    if kind == "drift":
        walk = np.cumsum(rng.normal(0, 0.005, count))
        walk -= where * walk[-1]
        period *= 1 + np.clip(walk, -0.05, 0.05)
    elif kind == "ramp":
        period *= np.interp(where, [0, rng.uniform(0, 0.5), 1],
                            [1, 1, rng.uniform(0.78, 1.25)])
    elif kind == "step":
        period[int(count * rng.uniform(0.3, 0.7)):] *= rng.uniform(0.8, 1.25)
    elif kind == "rubato":
        phrase = rng.choice([4, 8, 16])
        period *= 1 + rng.uniform(0.03, 0.12) * np.cos(
            2 * np.pi * np.arange(count) / phrase)
        period *= 1 + rng.normal(0, 0.015, count)
        if rng.random() < 0.5:
            period[-6:] *= np.linspace(1, 1.5, 6)
    elif kind == "jumps":
        for cut in np.sort(rng.integers(8, count, 3)):
            period[cut:] *= rng.uniform(0.85, 1.18)
    if kind != "steady":
        tags.append(str(kind))
    return rng.uniform(0.0, 1.5) + np.concatenate([[0], np.cumsum(period)])


def throw(rng, line):
    """A line of chances to a line of velocities."""
    out = []
    for mark in line:
        if mark == "x":
            out.append(0.9)
        elif mark == ".":
            out.append(0.0)
        else:
            out.append(float(rng.uniform(0.35, 0.8))
                       if rng.random() < int(mark) / 10 else 0.0)
    return out


def kit(rng, style, beats, sub):
    """One groove: instrument to (velocities, bars they last)."""
    lines = {}
    for drum, line in style["drums"].items():
        bars = 2 if rng.random() < 0.3 else 1
        lines[drum] = throw(rng, line * bars), bars
    hats = style.get("hats", ())
    if hats and rng.random() < 0.92:
        drum = str(rng.choice(hats))
        grain = 3 if sub == 3 else 4
        line = str(rng.choice(HATS[grain]))
        line = (line * 2)[:grain * beats] if beats < 5 else (
            line * 2)[:grain * 4] + line[:grain * (beats - 4)]
        if sub == 2:
            line = str(rng.choice(HATS[2]))[:2] * beats
        marks = throw(rng, line)
        soft = rng.uniform(0.3, 1.1)
        every = int(rng.choice([1, 2, grain]))
        lines[drum] = [v * (1 if i % every == 0 else soft)
                       for i, v in enumerate(marks)], 1
    return lines


def play_kit(pen, lines, bar, beats, slow):
    for drum, (line, bars) in lines.items():
        per_bar = len(line) // bars
        step = beats / per_bar
        first = (bar % bars) * per_bar
        for i in range(per_bar):
            j = first + i
            if slow == 2:  # half-time: the first half of it, stretched
                j = first + i // 2 + (bar % 2) * per_bar // 2
                if i % 2:
                    continue
            v = line[j % len(line)]
            if v > 0:
                pen.put("drums", drum, bar * beats + i * step, 0.2, v)


def kicks(lines, bar, beats):
    """Where the bass drum of a groove falls in a bar, in beats."""
    line, bars = lines.get(KICK, ([1.0], 1))
    per_bar = len(line) // bars
    first = (bar % bars) * per_bar
    return np.flatnonzero(line[first:first + per_bar]) * beats / per_bar


def fill(pen, bar, beats, sub, length):
    drums = [SNARE, TOM1, TOM2, TOM3, KICK]
    grain = 3 if sub == 3 else int(pen.rng.choice([2, 4]))
    where = 0
    for i in range(int(length * grain)):
        if pen.rng.random() < 0.8:
            where = min(4, max(0, where + int(pen.rng.integers(-1, 3)) // 2))
            pen.put("drums", drums[where], (bar + 1) * beats - length +
                    i / grain, 0.2, pen.rng.uniform(0.5, 1))


def rhythm(rng, beats, sub, busy):
    """Positions of a syncopated pattern in a bar, always with beat 0."""
    grain = 3 if sub == 3 else 4
    steps = beats * grain
    weight = np.array([1.0 if i % grain == 0 else
                       0.6 if grain == 4 and i % 2 == 0 else 0.25
                       for i in range(steps)])
    got = rng.random(steps) < weight * busy
    got[0] = True
    return np.flatnonzero(got) / grain


def bass_line(pen, kind, low, following, bar, beats, pattern):
    rng, put = pen.rng, lambda b, p, n, v=0.85: pen.put(
        "bass", p, bar * beats + b, n, v)
    if kind == "one":
        put(0, low, min(beats, 2))
    elif kind == "long":
        put(0, low, beats)
    elif kind == "roots":
        for b in range(0, beats, 2 if beats % 2 == 0 and beats > 2 else 1
                       if beats == 2 else beats):
            put(b, low, 1.2)
    elif kind == "quarters":
        for b in range(beats):
            put(b, low + int(rng.choice([0, 0, 7, 4 if b else 0])), 0.95)
    elif kind == "fifths":
        half = beats // 2 if beats % 2 == 0 else beats - 1
        put(0, low, 0.9)
        put(half, low + (7 if rng.random() < 0.8 else 0), 0.9)
    elif kind == "eighths":
        for i in range(beats * 2):
            put(i / 2, low, 0.45, 0.9 if i % 2 == 0 else 0.75)
    elif kind == "roll16":
        for i in range(beats * 4):
            if i % 4:
                put(i / 4, low, 0.2, 0.75)
    elif kind == "octaves":
        for i in range(beats * 2):
            put(i / 2, low + 12 * (i % 2), 0.4)
    elif kind == "offbeat":
        for i in range(beats):
            put(i + 0.5, low, 0.4)
    elif kind == "tresillo":
        for b in (0, 1.5, 3):
            if b < beats:
                put(b, low + (7 if b == 1.5 and rng.random() < 0.5 else 0),
                    0.9)
    elif kind == "tied":  # the next chord's root comes before its bar
        late = 3.5 if 3.5 in pattern else 3.0
        put(2.0 if 2 in pattern and 1.5 not in pattern else 1.5, low + 7,
            1.2)
        if late < beats:
            over = len(pattern) % 2  # beats it lasts into the next bar
            put(late, following if len(pattern) % 3 == 0 else low,
                beats - late + over - 0.05)
    elif kind == "away":  # not on the first beat
        for b in pattern:
            if b != 0:
                put(float(b), low + (0 if rng.random() < 0.6 else 7), 0.9)
    elif kind == "walking":
        line = np.linspace(low, following, beats + 1)[:-1]
        for i, p in enumerate(line):
            put(i, int(round(p)) + (int(rng.integers(-2, 3)) if i else 0),
                0.9)
    elif kind in ("pattern", "locked"):
        for b in pattern:
            put(float(b), low + (0 if b == 0 or rng.random() < 0.75 else
                                 int(rng.choice([7, 12]))), 0.4)


def comp_line(pen, kind, notes, bar, beats, sub, memo):
    """One bar of accompaniment; memo keeps what was thrown for a section."""
    rng, start = pen.rng, bar * beats

    def hit(beat, length, v=0.7, which=None, spread=0.0):
        for j, p in enumerate(which if which is not None else notes):
            pen.put("comp", p, start + beat + j * spread, length, v)
    if kind == "block" and memo["early"] and start > 0:
        hit(-memo["early"], beats * 0.95)
    elif kind == "block":
        step = beats / memo["split"]
        for i in range(memo["split"]):
            hit(i * step, step * 0.95)
    elif kind == "pads":
        hit(0, beats * 1.02, 0.6)
    elif kind == "ballad":
        hit(0, beats * 0.9, 0.7, notes[:1])
        for b in range(1, beats):
            hit(b, 0.9, 0.55, notes[1:])
    elif kind == "pulse4":
        for b in range(beats):
            hit(b, 0.7, 0.8 if b == 0 else 0.65)
    elif kind == "pulse8":
        for i in range(beats * 2):
            hit(i / 2, 0.4, 0.75 if i % 2 == 0 else 0.6)
    elif kind == "pulse_swing":
        for i in range(beats):
            hit(i, 0.4, 0.75)
            hit(i + 0.5, 0.25, 0.55)
    elif kind == "power":
        for i in range(beats * 2):
            hit(i / 2, 0.42, 0.85 if i % 4 == 0 else 0.65,
                [notes[0] - 12, notes[0] - 5, notes[0]])
    elif kind in ("stabs", "montuno", "pattern_block"):
        places = (rhythm(rng, beats, sub, memo["loose"])[
            int(rng.random() < 0.3):] if memo["loose"] else memo["stabs"])
        for b in places:
            hit(float(b), 0.35 if kind != "pattern_block" else 0.9, 0.75,
                None if kind != "montuno" else
                [notes[int(b * 2) % len(notes)], notes[0] + 12])
    elif kind == "skank":
        for b in range(beats):
            hit(b + 0.5, 0.25, 0.7)
    elif kind == "chop":
        for b in range(beats):
            hit(b + 0.5, 0.2, 0.65, notes[1:])
    elif kind == "oom_pah":
        for b in (range(1, beats) if beats > 2 else (0.5, 1.5)):
            hit(b, 0.4, 0.6)
    elif kind == "strum":
        line = (memo["strum"] * 2)[:beats * 4] if sub != 3 else (
            "x..x.x" * 4)[:beats * 3]
        for i, mark in enumerate(line):
            if mark == "x":
                hit(i / (3 if sub == 3 else 4), 0.5,
                    0.8 if i == 0 else rng.uniform(0.45, 0.75), spread=0.012)
    elif kind == "fingers":
        for i in range(beats * 2):
            k = memo["pick"][i % 8] % len(notes)
            hit(i / 2, 1.0, 0.75 if k == 0 else 0.6, [notes[k]])
    elif kind == "run16":
        for i in range(beats * 4):
            step = memo["run"][i % len(memo["run"])]
            hit(i / 4, 0.24, 0.7 if i % 4 == 0 else 0.55,
                [notes[step % len(notes)] + 12 * (step // len(notes))])
    elif kind.startswith("arp"):
        per = {"arp8": 2, "arp16": 4, "arp_triplet": 3}[kind]
        line = memo["order"](notes)
        for i in range(beats * per):
            hit(i / per, 0.8 / per * memo["ring"],
                0.75 if i == 0 else 0.62 if i % per == 0 else 0.52,
                [line[i % len(line)]])


def memo_for(rng, beats, sub):
    orders = [lambda n: n, lambda n: n + n[1:-1][::-1], lambda n: n[::-1],
              lambda n: [n[0]] + n[1:] * 2, lambda n: n + [n[0] + 12]]
    splits = [d for d in (1, 1, 2, beats) if beats % d == 0]
    return dict(split=int(rng.choice(splits)),
                early=0.5 if sub == 4 and rng.random() < 0.12 else 0,
                stabs=rhythm(rng, beats, sub, rng.uniform(0.3, 0.8))[
                    int(rng.random() < 0.3):],
                loose=float(rng.uniform(0.3, 0.7) * (rng.random() < 0.35)),
                strum=str(rng.choice(STRUMS)), pick=PICKS[rng.integers(4)],
                run=rng.integers(0, 7, int(rng.choice([4, 8, 16]))).tolist(),
                order=orders[rng.integers(len(orders))],
                ring=float(rng.choice([1, 1, 2, 4])),
                bass=rhythm(rng, beats, sub, rng.uniform(0.3, 0.9)))


def motif(rng, beats, sub, busy):
    """Notes (beat, length, step) of one bar of a tune."""
    lengths = ([1 / 3, 2 / 3, 1, 1, 2] if sub == 3 else
               [0.25, 0.5, 0.5, 1, 1, 1.5, 2])
    out, beat = [], float(rng.choice([0, 0, 0, 0.5, 1]))
    while beat < beats:
        length = float(rng.choice(lengths)) * (1 if busy else 2)
        if rng.random() < 0.85:
            out.append((beat, length * rng.uniform(0.6, 1),
                        int(rng.integers(-3, 4))))
        beat += length
    return out


def tune(pen, tonic, mode, notes, bar, beats, phrase, place):
    scale = MAJOR if mode == "major" else MINOR
    ladder = [tonic % 12 + s + 12 * o for o in range(4, 8) for s in scale]
    chord = {n % 12 for n in notes}
    for beat, length, step in phrase:
        if beat >= beats:
            break
        place = int(np.clip(place + step, 6, len(ladder) - 4))
        pitch = ladder[place]
        if (beat == int(beat) and pitch % 12 not in chord and
                pen.rng.random() < 0.8):
            pitch = min((p for p in range(pitch - 4, pitch + 5)
                         if p % 12 in chord), key=lambda p: abs(p - pitch))
        pen.put("lead", pitch, bar * beats + beat, length, 0.8)
    return place


def colour(rng, kind, rich):
    """Sevenths and suspensions over a plain chord."""
    if rng.random() > rich:
        return kind
    return {"maj": str(rng.choice(["maj7", "7", "sus4", "sus2", "maj7",
                                   "aug"], p=[.3, .25, .15, .15, .1, .05])),
            "min": "min7", "dim": "hdim7"}.get(kind, kind)


def progression(rng, mode, rich):
    chain = str(rng.choice(CHAINS[mode])).split()
    out = []
    for name in chain:
        up, kind = DEGREES[mode][name]
        plain = rich * (0.5 if name in ("V", "i", "I") else 1)
        if name == "V" and rng.random() < rich:
            kind = "7"
        out.append((up, colour(rng, kind, plain)))
    return out


def voicing(rng, root, kind, around):
    notes = [around + (root + step - around) % 12 for step in KINDS[kind]]
    return sorted(notes)


def pick_style(rng, bpm, held):
    names = [n for n, s in STYLES.items()
             if s["bpm"][0] <= bpm <= s["bpm"][1] and
             (held or not s.get("held"))]
    weight = np.array([STYLES[n]["weight"] * (
        4.0 if held and STYLES[n].get("held") else 1.0) for n in names])
    return str(rng.choice(names, p=weight / weight.sum()))


def cast(rng, style, tags):
    """Which parts play: a dict of booleans."""
    drums = bool(style["drums"])
    parts = dict(drums=drums, bass=True, comp=True,
                 lead=rng.random() < 0.65, pad=rng.random() < 0.15)
    kind = rng.random()
    if drums and kind < 0.05:
        parts.update(bass=False, comp=False, lead=False, pad=False)
        tags.append("drums_only")
    elif drums and kind < 0.11:
        parts.update(drums=False)
        tags.append("drumless")
    elif kind < 0.18:
        parts.update(bass=False)
    elif drums and kind < 0.24:
        parts.update(comp=False, pad=False)
    return parts


class Writer:
    """Fills a Pen with one piece, bar by bar."""

    def __init__(self, rng, number, held):
        self.rng = rng
        self.tags = []
        self.bpm = float(np.exp(rng.uniform(np.log(55), np.log(211))))
        self.name = pick_style(rng, self.bpm, held)
        self.style = STYLES[self.name]
        self.beats = self.style.get("beats", 4)
        self.sub = self.style.get("sub", 4)
        self.mode = "major" if number % 2 == 0 else "minor"
        self.tonic = (number // 2) % 12
        seconds = rng.uniform(30, 46)
        self.bars = max(6, int(seconds * self.bpm / 60 / self.beats))
        self.times = time_map(rng, self.bpm, self.bars * self.beats,
                              self.tags)
        swing = (rng.uniform(0.55, 0.67)
                 if rng.random() < self.style.get("swing", 0.03) else 0.5)
        grain = 0.5 if self.bpm < 105 and rng.random() < 0.7 else 1.0
        self.pen = Pen(rng, self.times, (swing, grain), self.sub)
        self.parts = cast(rng, self.style, self.tags)
        self.rich = float(rng.choice([0, 0.15, 0.4, 0.8]))
        self.per_chord = float(rng.choice([1, 1, 1, 1, 1, 2, 0.5]))
        if self.beats % 2 and self.per_chord == 0.5:
            self.per_chord = 1.0
        self.chords, self.sections, self.keys = [], [], []

    def section(self):
        rng = self.rng
        chain = progression(rng, self.mode, self.rich)
        chain += chain if rng.random() < 0.6 else progression(
            rng, self.mode, self.rich)
        busy = rng.random() < 0.7
        comp = str(rng.choice(self.style["comp"].split()))
        return dict(chain=chain, kit=kit(rng, self.style, self.beats,
                                         self.sub),
                    comp=comp, bass=str(rng.choice(
                        self.style["bass"].split())),
                    memo=memo_for(rng, self.beats, self.sub),
                    motifs=[motif(rng, self.beats, self.sub, busy)
                            for _ in range(int(rng.choice([2, 4])))],
                    lead=self.parts["lead"] and rng.random() < 0.8,
                    slow=2 if rng.random() < 0.03 and self.sub == 4 and
                    self.bpm > 100 else 1,
                    around=int(rng.integers(45, 62)))

    def chord_at(self, part, index, last):
        up, kind = part["chain"][index % len(part["chain"])]
        if last:
            up, kind = (0, "maj" if self.mode == "major" else "min")
        return (self.tonic + up) % 12, kind

    def harmony(self, part, bar, drums_alone):
        """Bass, comp and lead of one bar, each of its chords in turn."""
        count = 2 if self.per_chord == 0.5 else 1
        for half in range(count):
            index = (bar - part["start"]) * count + half
            if self.per_chord == 2:
                index //= 2
            last = bar == self.bars - 1
            root, kind = self.chord_at(part, index, last)
            following, _ = self.chord_at(part, index + 1, False)
            self.play(part, bar, half, count, root, kind, following,
                      drums_alone)

    def play(self, part, bar, half, count, root, kind, following, alone):
        rng, pen, beats = self.rng, self.pen, self.beats // count
        place = bar * count + half  # in units of `beats`
        start, end = (pen.at(place * beats), pen.at((place + 1) * beats))
        tonal = self.parts["bass"] or self.parts["comp"]
        label = f"{NAMES[root]}:{kind}" if tonal and not alone else "N"
        if self.chords and self.chords[-1][2] == label:
            self.chords[-1][1] = end
        else:
            self.chords.append([start, end, label])
        if alone:
            return
        low = 28 + (root - 4) % 12
        notes = voicing(rng, root, kind, part["around"])
        if self.parts["bass"]:
            pattern = (kicks(part["kit"], bar, self.beats)
                       if part["bass"] == "locked" else part["memo"]["bass"])
            bass_line(pen, part["bass"], low, 28 + (following - 4) % 12,
                      place, beats, pattern[pattern < beats])
        if self.parts["comp"]:
            comp_line(pen, part["comp"], notes, place, beats, self.sub,
                      dict(part["memo"], split=part["memo"]["split"]
                           if count == 1 else 1,
                           stabs=[b for b in part["memo"]["stabs"]
                                  if b < beats]))
        if self.parts["pad"]:
            for p in notes:
                pen.put("pad", p + 12, place * beats, beats, 0.5)
        if part["lead"]:
            phrase = part["motifs"][bar % len(part["motifs"])]
            self.place = tune(pen, self.tonic, self.mode, notes, place,
                              beats, phrase, self.place)

    def drums(self, part, bar, quiet, first, last):
        pen, rng = self.pen, self.rng
        if not self.parts["drums"] or quiet:
            return
        if first and rng.random() < 0.6:
            pen.put("drums", CRASH, bar * self.beats, 0.2, 0.9)
        filled = last and rng.random() < 0.6
        length = float(rng.choice([1, 2, self.beats])) if filled else 0
        count = len(pen.notes)
        play_kit(pen, part["kit"], bar, self.beats, part["slow"])
        if filled:
            cut = pen.at((bar + 1) * self.beats - length) - 0.03
            pen.notes[count:] = [n for n in pen.notes[count:] if n[0] < cut]
            fill(pen, bar, self.beats, self.sub, length)

    def write(self):
        rng = self.rng
        parts = {label: self.section() for label in "ABC"}
        form = str(rng.choice(["AABA", "ABAB", "AABB", "ABAC", "ABCA",
                               "AAAA"]))
        span = int(rng.choice([4, 8, 8])) if self.bars >= 16 else 4
        intro = int(rng.choice([0, 0, 0, 2, 4]))
        alone = int(rng.choice([0, 0, 0, 0, 1, 2]))
        gap = int(rng.integers(4, self.bars)) if rng.random() < 0.3 else -9
        gap_bars, self.place = int(rng.choice([1, 2, 4])), 14
        modulates = rng.random() < 0.1
        self.keys = [[self.times[0], self.times[-1], self.key()]]
        for bar in range(self.bars):
            label = form[bar // span % len(form)]
            part = parts[label]
            if bar % span == 0:
                part["start"] = bar
                self.sections.append([self.times[bar * self.beats], 0.0,
                                      label])
                if modulates and bar >= self.bars * 0.6 and bar:
                    modulates = False
                    self.modulate(bar)
            self.sections[-1][1] = self.times[(bar + 1) * self.beats]
            quiet = (bar < intro and alone == 0) or (gap <= bar <
                                                     gap + gap_bars)
            self.drums(part, bar, quiet, bar % span == 0,
                       bar % span == span - 1)
            self.harmony(part, bar, self.parts["drums"] and bar < alone)
        if gap > 0 and self.parts["drums"]:
            self.tags.append("break")
        return form

    def key(self):
        return f"{NAMES[self.tonic]} {self.mode}"

    def modulate(self, bar):
        self.tonic = (self.tonic + int(self.rng.choice([1, 2, 3, 5, 7]))) % 12
        at = self.times[bar * self.beats]
        self.keys[-1][1] = at
        self.keys.append([at, self.times[-1], self.key()])
        self.tags.append("modulates")


def sounds(rng, style):
    bass, comp, lead = FAMILIES[style["family"]]
    return dict(bass=str(rng.choice(bass.split())),
                comp=str(rng.choice(comp.split())),
                lead=str(rng.choice(lead.split())),
                pad=str(rng.choice(["strings", "pad", "voice"])))


def compose(number, seed, held):
    """Piece `number` of a seed; held: for validation only."""
    rng = np.random.default_rng([seed, number, int(held)])
    writer = Writer(rng, number, held)
    key = writer.key()
    writer.write()
    times, beats = writer.times, writer.beats
    truth = dict(
        style=writer.name, tags=writer.tags,
        tempo_bpm=float(60 / np.median(np.diff(times))),
        beats_s=times[:-1].tolist(), downbeats_s=times[:-1:beats].tolist(),
        metre=writer.style.get("name", f"{beats}/4"), key=key,
        keys=writer.keys, chords=writer.chords, sections=writer.sections)
    if "drums_only" in writer.tags:
        truth.update(key="none", keys=[])
    cents = 1200 * np.log2(rng.uniform(430, 450) / 440) * (
        rng.random() < 0.5)
    return rng, Piece(writer.pen.notes, sounds(rng, writer.style), truth,
                      float(cents), writer.style, float(times[-1]) + 1.5)
