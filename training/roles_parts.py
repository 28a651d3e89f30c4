"""Notes that an instrument of a role would play: (s, key, s, velocity).

Every function takes a numpy generator and the length in seconds; nothing here
knows sounds. Used by the training material and, with other seeds, the bench.
"""
import numpy as np

SCALES = ([0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 3, 5, 7, 9, 10],
          [0, 3, 5, 7, 10], [0, 2, 4, 7, 9])
CHORDS = ([0, 4, 7], [0, 3, 7], [0, 4, 7, 11], [0, 3, 7, 10], [0, 5, 7],
          [0, 4, 7, 14], [0, 3, 7, 12])

# General MIDI program: lowest and highest key it is written for
RANGES = {40: (55, 93), 41: (48, 81), 42: (36, 69), 43: (28, 52), 44: (40, 84),
          45: (40, 84), 46: (36, 92), 48: (36, 84), 49: (36, 84), 56: (54, 82),
          57: (40, 70), 58: (28, 53), 59: (54, 80), 60: (41, 74), 61: (43, 79),
          64: (56, 84), 65: (49, 78), 66: (44, 75), 67: (36, 68), 68: (58, 88),
          69: (52, 80), 70: (34, 67), 71: (50, 86), 72: (74, 98), 73: (60, 92),
          74: (60, 88), 75: (60, 88), 76: (55, 84), 77: (55, 84), 78: (65, 90),
          79: (60, 86), 110: (55, 88)}

DRUM_KEYS = {
    "kick": [35, 36], "snare": [38, 40, 37, 39], "hats": [42, 44, 46],
    "cymbals": [49, 51, 52, 53, 55, 57, 59], "toms": [41, 43, 45, 47, 48, 50],
    "percussion": [54, 56, 58, *range(60, 82)]}


def beat_of(rng):
    return 60.0 / rng.uniform(70, 175)


def human(rng, beat):
    return float(rng.normal(0.0, 0.006)) if rng.random() < 0.6 else 0.0


def melody(rng, seconds, low, high):
    beat, scale = beat_of(rng), SCALES[rng.integers(len(SCALES))]
    root = int(rng.integers(0, 12))
    keys = [k for k in range(low, high + 1) if (k - root) % 12 in scale]
    at, i, notes = float(rng.uniform(0, 0.5)), int(rng.integers(len(keys))), []
    lengths = [[0.25, 0.5, 0.5, 1], [0.5, 1, 1, 2], [1, 2, 2, 4]]
    lengths = lengths[rng.integers(3)]
    legato = rng.choice([0.5, 0.85, 1.0])
    rest = rng.uniform(0.0, 0.3)
    while at < seconds:
        d = beat * float(rng.choice(lengths))
        if rng.random() > rest:
            notes.append((at + human(rng, beat), keys[i], d * legato,
                          rng.integers(60, 120)))
        i = int(np.clip(i + rng.integers(-3, 4), 0, len(keys) - 1))
        at += d
    return notes


def chords(rng, seconds, low, high):
    beat, notes, at = beat_of(rng), [], float(rng.uniform(0, 0.5))
    style = rng.choice(["hold", "stab", "arp", "strum"])
    root = int(rng.integers(low, max(low + 1, high - 14)))
    bar = beat * rng.choice([2, 4])
    while at < seconds:
        shape = CHORDS[rng.integers(len(CHORDS))]
        base = root + int(rng.choice([0, 0, 3, 5, 7, -2, -4]))
        keys = [base + k for k in shape if base + k <= high + 2]
        if rng.random() < 0.4:
            keys.append(base + 12)
        if style == "hold":
            notes += [(at, k, bar * 0.97, rng.integers(55, 105)) for k in keys]
        elif style == "arp":
            step = beat * rng.choice([0.25, 0.5])
            for n in range(int(bar / step)):
                notes.append((at + n * step, keys[n % len(keys)], step * 1.2,
                              rng.integers(60, 110)))
        else:
            step = beat * rng.choice([0.5, 1.0])
            for n in range(int(bar / step)):
                if rng.random() < 0.25:
                    continue
                spread = rng.uniform(0.006, 0.03) if style == "strum" else 0.0
                v = rng.integers(60, 115)
                d = step * rng.choice([0.3, 0.9])
                notes += [(at + n * step + j * spread, k, d, v)
                          for j, k in enumerate(keys)]
        at += bar
    return notes


def two_hands(rng, seconds, low, high):
    left = chords(rng, seconds, max(low, 33), 62)
    return left + melody(rng, seconds, 60, min(high, 88))


def strumming(rng, seconds, low, high):
    """Guitar: open chords, power chords, picked notes."""
    kind = rng.random()
    if kind < 0.3:
        return melody(rng, seconds, 45, 81)
    beat, notes, at = beat_of(rng), [], 0.0
    root = int(rng.integers(40, 50))
    while at < seconds:
        base = root + int(rng.choice([0, 0, 3, 5, 7]))
        shape = [0, 7, 12] if kind < 0.55 else [0, 7, 12, 15 + int(
            rng.integers(0, 2)), 19, 24]
        for n in range(8):
            if rng.random() < 0.3:
                continue
            short = kind < 0.55 and rng.random() < 0.6
            d = beat * (0.2 if short else 0.6)
            v = rng.integers(60, 115)
            notes += [(at + n * beat / 2 + j * rng.uniform(0.004, 0.018),
                       base + k, d, v) for j, k in enumerate(shape)]
        at += 4 * beat
    return notes


def bass_line(rng, seconds, low=28, high=52):
    beat, notes, at = beat_of(rng), [], 0.0
    root = int(rng.integers(28, 41))
    steps = [[0.5] * 8, [1, 0.5, 0.5, 1, 1], [0.25] * 16, [1.5, 0.5, 1, 1],
             [2, 2], [0.75, 0.75, 0.5, 1, 1]][rng.integers(6)]
    legato = rng.choice([0.4, 0.8, 1.0])
    while at < seconds:
        base = root + int(rng.choice([0, 0, 3, 5, 7, -2]))
        for d in steps:
            if rng.random() > 0.12:
                k = base + int(rng.choice([0, 0, 0, 7, 12, 5, 10, 3]))
                notes.append((at + human(rng, beat), k, d * beat * legato,
                              rng.integers(70, 122)))
            at += d * beat
    return notes


def drum_hits(rng, seconds, role):
    """(s, velocity 0..1) of one part of a kit."""
    beat, hits, at = beat_of(rng), [], 0.0
    style = rng.integers(3)
    while at < seconds:
        for step in range(16):
            q, on = step % 4, False
            if role == "kick":
                on = [q == 0, step in (0, 6, 8, 11), rng.random() < 0.2][style]
            elif role == "snare":
                on = [step in (4, 12), step in (4, 12, 15), step == 8][style] \
                    or rng.random() < 0.04
            elif role == "hats":
                on = [step % 2 == 0, True, q == 2][style] and \
                    rng.random() < 0.93
            elif role == "cymbals":
                on = [step == 0, step % 4 == 0, step in (0, 8)][style]
            elif role == "toms":
                on = [step > 11, step in (2, 5, 8, 11, 14), q == 0][style]
            else:
                on = rng.random() < [0.25, 0.5, 0.7][style]
            if on:
                hits.append((at + step * beat / 4 + human(rng, beat),
                             rng.uniform(0.5, 1.0)))
        at += 4 * beat
    return hits


def drum_notes(rng, seconds, role):
    keys = DRUM_KEYS[role]
    some = rng.choice(keys, size=min(len(keys), int(rng.choice([1, 1, 2, 4]))),
                      replace=False)
    if role == "hats":
        some = [42, 42, 42, 46] if rng.random() < 0.5 else some
    return [(at, int(rng.choice(some)), 0.3, v * 127)
            for at, v in drum_hits(rng, seconds, role)]


def role_of_program(program):
    """As st_role_of_program (src/audio/role.c)."""
    special = {47: "toms", 50: "synth", 51: "synth", 52: "backing_vocal",
               53: "backing_vocal", 54: "synth", 55: "fx", 62: "synth",
               63: "synth", 109: "woodwind", 111: "woodwind", 110: "strings",
               108: "keys", 117: "toms", 118: "toms", 119: "fx"}
    family = ["keys", "keys", "keys", "guitar", "bass", "strings", "strings",
              "brass", "woodwind", "woodwind", "synth", "synth", "synth",
              "guitar", "percussion", "fx"]
    return special.get(program, family[program // 8])


def notes_for(rng, program, seconds):
    role = role_of_program(program)
    low, high = RANGES.get(program, (48, 84))
    if role == "bass":
        return bass_line(rng, seconds)
    if role == "guitar":
        return strumming(rng, seconds, low, high)
    if role == "keys":
        how = [two_hands, chords, melody][rng.integers(3)]
        return how(rng, seconds, low, high)
    if role in ("percussion", "toms"):
        keys = rng.integers(45, 75, 3)
        return [(at, int(rng.choice(keys)), 0.4, v * 120)
                for at, v in drum_hits(rng, seconds, "percussion")]
    if role == "fx":
        step = rng.uniform(0.5, 3.0)
        return [(at, int(rng.integers(40, 80)), step, rng.integers(70, 120))
                for at in np.arange(0.1, seconds, step)]
    solo = 0.45 if program in (48, 49, 61, 52, 53) else 0.75
    if role == "synth":
        solo = 0.5 if program < 88 else 0.2
    how = melody if rng.random() < solo else chords
    return how(rng, seconds, low, high)
