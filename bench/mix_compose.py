"""The pieces of bench/mix_generated.py: parts, their notes, their audio.

Chord chains, bass lines, comping and motifs are those of bench/truth.py; a
piece is 20 to 40 s of one style in 4/4 at a steady tempo, of parts out of
CATALOG that come and go by sections.
"""
import numpy as np

import mix_sounds as sounds
import truth

# part: role, how it is made, of what, how often mono, pan (0 middle, 1 side)
CATALOG = {
    "kick_in": ("kick", "hits", "kick", 0.8, 0.0),
    "kick_out": ("kick", "hits", "kick_out", 0.8, 0.0),
    "snare_top": ("snare", "hits", "snare", 0.8, 0.1),
    "snare_bottom": ("snare", "hits", "snare_bottom", 0.9, 0.1),
    "clap": ("snare", "hits", "clap", 0.4, 0.1),
    "hats": ("hats", "hits", "hats", 0.6, 0.4),
    "open_hat": ("hats", "hits", "open_hat", 0.6, 0.4),
    "ride": ("cymbals", "hits", "ride", 0.3, 0.5),
    "crash": ("cymbals", "hits", "crash", 0.3, 0.4),
    "toms": ("toms", "hits", "toms", 0.3, 0.4),
    "floor_tom": ("toms", "hits", "floor_tom", 0.6, 0.4),
    "shaker": ("percussion", "hits", "shaker", 0.5, 0.6),
    "cowbell": ("percussion", "hits", "cowbell", 0.6, 0.5),
    "tabla": ("percussion", "hits", "tabla", 0.4, 0.5),
    "bell": ("percussion", "hits", "bell", 0.4, 0.6),
    "bass": ("bass", "bass", (32, 33, 34, 35, 36), 0.7, 0.0),
    "sub": ("bass", "sub", (38, 39), 0.8, 0.0),
    "piano": ("keys", "chords", (0, 1), 0.1, 0.3),
    "e_piano": ("keys", "chords", (4, 5), 0.2, 0.4),
    "organ": ("keys", "pads", (16, 17, 18), 0.3, 0.3),
    "clav": ("keys", "stabs", (7,), 0.4, 0.5),
    "vibes": ("keys", "arpeggio", (11, 12), 0.2, 0.5),
    "ac_guitar": ("guitar", "strum", (24, 25), 0.4, 0.6),
    "el_guitar_l": ("guitar", "power", (29, 30), 0.8, -0.9),
    "el_guitar_r": ("guitar", "power", (29, 30), 0.8, 0.9),
    "clean_guitar": ("guitar", "arpeggio", (26, 27, 28), 0.5, 0.6),
    "lead_guitar": ("guitar", "melody", (29, 30), 0.5, 0.2),
    "synth_lead": ("synth", "melody", (80, 81), 0.4, 0.2),
    "arp": ("synth", "arpeggio16", (81, 84, 87), 0.1, 0.5),
    "pad": ("synth", "pads", (88, 89, 90, 91, 94), 0.0, 0.2),
    "pluck": ("synth", "stabs", (80, 96, 98), 0.2, 0.5),
    "strings_hi": ("strings", "pads", (48, 49), 0.1, 0.4),
    "cello": ("strings", "sub", (42,), 0.4, 0.4),
    "violin": ("strings", "melody", (40,), 0.5, 0.4),
    "brass": ("brass", "stabs", (61,), 0.2, 0.4),
    "trumpet": ("brass", "melody", (56,), 0.6, 0.3),
    "sax": ("woodwind", "melody", (65, 66), 0.6, 0.3),
    "flute": ("woodwind", "melody", (73,), 0.6, 0.4),
    "lead_vox": ("lead_vocal", "voice", 0, 0.8, 0.0),
    "vox_double": ("backing_vocal", "voice", 0, 0.8, 0.3),
    "bvox_1": ("backing_vocal", "voice", 4, 0.7, -0.6),
    "bvox_2": ("backing_vocal", "voice", 7, 0.7, 0.6),
    "bvox_3": ("backing_vocal", "voice", -5, 0.7, 0.4),
    "choir": ("backing_vocal", "pads", (52, 53), 0.1, 0.2),
    "riser": ("fx", "hits", "riser", 0.1, 0.3),
    "impact": ("fx", "hits", "impact", 0.2, 0.2),
    "ambience": ("fx", "hits", "ambience", 0.0, 0.2),
}
PATTERNS = {
    "kick_in": "x.......x.......", "snare_top": "....x.......x...",
    "clap": "....x.......x...", "hats": "x.o.x.o.x.o.x.o.",
    "open_hat": "..x...x...x...x.", "ride": "x...x.x.x...x.x.",
    "shaker": "xoxoxoxoxoxoxoxo", "cowbell": "x...x...x...x...",
    "tabla": "x..o..xo..x.o.x.", "bell": "......x.......x.",
    "toms": "..........x.x.xx", "floor_tom": "............x..x",
    "crash": "x...............", "riser": "........x.......",
    "impact": "x...............", "ambience": "x...............",
}
STRUCK = {"kick_in": truth.KICK, "snare_top": truth.SNARE,
          "clap": truth.CLAP, "hats": truth.CLOSED, "open_hat": truth.OPEN,
          "ride": truth.RIDE}
LIKE = {"kick_out": "kick_in", "snare_bottom": "snare_top"}
STYLES = {k: v for k, v in truth.STYLES.items()
          if v.get("metre", 4) == 4 and not v.get("compound") and v["drums"]}
ONCE_IN = {"toms": (4, 3), "floor_tom": (4, 3), "crash": (4, 0),
           "riser": (4, 3), "impact": (8, 0), "ambience": (2, 0)}
CORE = ("kick_in", "bass", "snare_top", "lead_vox")


class Piece:
    """Tempo, chords and form, known before any part is written."""

    def __init__(self, rng, rate):
        self.rng, self.rate = rng, rate
        self.style_name = list(STYLES)[rng.integers(len(STYLES))]
        self.style = STYLES[self.style_name]
        self.swing = self.style.get("swing", 0.5)
        self.bpm = float(rng.uniform(*self.style["bpm"]))
        self.bars = max(4, round(rng.uniform(21, 36) * self.bpm / 240))
        self.mode = ("major", "minor")[rng.integers(2)]
        self.tonic = int(rng.integers(12))
        chains = truth.CHAINS[self.mode]
        self.chain = chains[rng.integers(len(chains))]
        self.motifs = [truth.motif(rng, 4) for _ in range(4)]
        self.lyric = int(rng.integers(len(sounds.LINES)))
        self.raps = rng.random() < 0.25
        self.singer = int(rng.integers(len(sounds.SINGERS)))
        self.font = sounds.FONTS[rng.integers(len(sounds.FONTS))]
        self.grid = 0.05 + np.arange(self.bars * 4 + 1) * 60 / self.bpm
        self.seconds = min(40.0, float(self.grid[-1]) + 1.5)

    def chord(self, bar):
        root, _, notes = truth.triad(self.tonic, self.mode,
                                     self.chain[bar % 4], False)
        return root, notes

    def form(self, part):
        """The bars in which a part plays; it comes and goes every fourth."""
        if part in CORE or self.bars < 8:
            return list(range(self.bars))
        on = self.rng.random(-(-self.bars // 4)) < 0.75
        on[self.rng.integers(len(on))] = True
        return [b for b in range(self.bars) if on[b // 4]]


def choose(rng, count):
    """Names of parts: a rhythm, a bass, one with chords, then any."""
    chosen = ["kick_in", "bass", ("piano", "ac_guitar", "pad", "e_piano")[
        rng.integers(4)]]
    if rng.random() < 0.8:
        chosen.append("lead_vox")
    chosen.append("snare_top" if rng.random() < 0.8 else "hats")
    rest = [p for p in CATALOG if p not in chosen]
    for i in rng.permutation(len(rest)):
        needs = {"kick_out": "kick_in", "snare_bottom": "snare_top",
                 "vox_double": "lead_vox", "bvox_1": "lead_vox",
                 "bvox_2": "lead_vox", "bvox_3": "lead_vox"}
        if len(chosen) < count and needs.get(rest[i], "bass") in chosen:
            chosen.append(rest[i])
    return chosen[:count]


def notes_of(score):
    """Pairs of on and off, as the score wrote them."""
    return [(a[0], a[3], b[0] - a[0], a[4]) for a, b in
            zip(score.events[::2], score.events[1::2])]


def beaten(piece, score, part, bar):
    name = LIKE.get(part, part)
    line = piece.style["drums"].get(STRUCK.get(name), PATTERNS[name])
    every, at = ONCE_IN.get(name, (1, 0))
    if bar % every != at:
        return
    for i, mark in enumerate(line):
        if mark == "x" or mark == "o" and score.rng.random() < 0.8:
            beat = truth.swung(i * 4 / len(line), piece.swing)
            score.note(9, i, bar * 4 + beat, 0.2, 104 if mark == "x" else 64)


def written(piece, part, how, bars):
    """The notes of a part."""
    score = truth.Score(np.random.default_rng(piece.rng.integers(1 << 32)),
                        piece.grid, 0.004)
    moved = CATALOG[part][2] if how == "voice" else 0
    for bar in bars:
        root, notes = piece.chord(bar)
        if how == "hits":
            beaten(piece, score, part, bar)
        elif how in ("bass", "sub"):
            truth.bass(score, piece.style, "long" if how == "sub" else
                       piece.style["bass"], root, piece.chord(bar + 1)[0],
                       bar, 4, piece.swing)
        elif how in ("melody", "voice"):
            which = bar % 2 if how == "voice" else 2 + bar % 2
            truth.melody(score, piece.tonic, piece.mode, notes, bar, 4,
                         piece.swing, piece.motifs[which])
        else:
            truth.comp(score, piece.style, how, notes, bar, 4, piece.swing)
    high = {"strings_hi": 12, "flute": 12, "cello": 12}.get(part, 0)
    return [(a, k + moved + high, d, v) for a, k, d, v in notes_of(score)]


def audio(piece, part):
    """[frames, 2] of a part."""
    role, how, of, _, _ = CATALOG[part]
    rng, rate, seconds = piece.rng, piece.rate, piece.seconds
    bars = piece.form(part)
    notes = written(piece, part, how, bars)
    if how == "hits":
        return sounds.hits(rng, of, rate, notes, seconds,
                           2 if role in ("toms", "percussion") else 1)
    if how == "voice" and piece.raps:
        starts = [piece.grid[b * 4] + rng.normal(0, 0.01)
                  for b in bars if b % 2 == 0]
        return sounds.rapped(rng, piece.singer, rate, starts, seconds)
    if how == "voice":
        low = 12 * round((57 - np.median([n[1] for n in notes] or [57])) / 12)
        notes = [(a, k + low, d, v) for a, k, d, v in notes]
        return sounds.sung(rng, piece.singer, piece.lyric, rate, notes,
                           seconds)
    return sounds.play(piece.font, rate, int(rng.choice(of)), notes, seconds)
