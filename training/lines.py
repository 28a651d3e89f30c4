"""What each player of compose.py plays in a bar: kit, bass, comp, motif."""
import numpy as np

from styles import HATS, KICK, PICKS, SNARE, STRUMS, TOM1, TOM2, TOM3


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
