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

from lines import (bass_line, comp_line, fill, kicks, kit, memo_for, motif,
                   play_kit)
from styles import (CHAINS, CRASH, DEGREES, FAMILIES, KINDS, MAJOR, MINOR,
                    NAMES, STYLES)


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
