"""Stems by sound sources that never taught the role network.

Fonts TimGM6mb, csound's sf_GMbank and OPL-3 FM; Hydrogen's drum kits; the
samples of LMMS; festival's voices (its own singing mode, and spoken lines made
to sing); other synthesis than training/roles_synth.py. The players of notes
are those of training/, with other seeds.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

import numpy as np
from scipy.signal import butter, sosfilt

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "training"))
import roles_fonts as fonts  # noqa: E402
import roles_parts as parts  # noqa: E402
import roles_voices as voices  # noqa: E402

RATE, SECONDS = 22050, 12.0
TASTE = {47, 55, 112, 114, 119}  # the role of these programs is disputed
FONTS = {"timgm6mb": "/usr/share/sounds/sf2/TimGM6mb.sf2",
         "csound": "/usr/share/sounds/sf2/sf_GMbank.sf2",
         "opl3": "/usr/share/sounds/sf2/OPL-3_FM_128M.sf2"}
KITS = pathlib.Path("/usr/share/hydrogen/data/drumkits")
LMMS = pathlib.Path("/usr/share/lmms/samples")
SINGERS = ("cmu_us_slt_arctic_hts", "lp_diphone", "czech_machac",
           "suo_fi_lj_diphone", "kal_diphone")
DRUMS = ["kick", "snare", "hats", "cymbals", "toms", "percussion"]

# name of a kit's instrument -> role; the first that matches
KIT_NAMES = (
    ("", r"^$|^\d+$|Sample|redo|Drum \d|FX|Zap|Whistle|Click|Roll|glass|"
         r"flink|swish|choke|sangban|dunun|kenkeni|cajon|djembe\d Bass|-\s*$"),
    ("kick", r"kick|bass ?drum"), ("percussion", r"cowbell|tamb|agogo|conga|"
     r"bongo|maraca|clave|wood|djembe|snaps"),
    ("snare", r"snare|clap|stick|rim"), ("hats", r"\bHH|hat|OHH"),
    ("toms", r"tom"), ("cymbals", r"crash|ride|china|splash|cymbal|bell"))

LMMS_SAMPLES = (
    ("kick", "drums/bassdrum*"), ("snare", "drums/snare*"),
    ("snare", "drums/clap*"), ("hats", "drums/hihat*"),
    ("cymbals", "drums/crash*"), ("cymbals", "drums/ride*"),
    ("toms", "drums/tom*"), ("percussion", "latin/*"),
    ("bass", "basses/*bass*"), ("bass", "bassloops/*bass*"),
    ("drums_bus", "beats/*break*"), ("drums_bus", "beats/*beat*"),
    ("drums_bus", "beats/house*"), ("drums_bus", "beats/jungle*"),
    ("keys", "instruments/*organ*"), ("keys", "instruments/*piano*"),
    ("guitar", "instruments/steel*"),
    ("brass", "instruments/trumpet*"), ("strings", "instruments/cello*"),
    ("strings", "instruments/violin*"), ("woodwind", "instruments/flute*"),
    ("fx", "effects/*"), ("fx", "misc/applause*"), ("fx", "misc/raving*"),
    ("strings", "stringsnpads/strings*"), ("synth", "stringsnpads/juno*"),
    ("synth", "stringsnpads/korg*"), ("synth", "stringsnpads/nord*"),
    ("synth", "bassloops/techno_synth*"))


def fit(x, seconds=SECONDS):
    n = int(seconds * RATE)
    return np.pad(x, (0, max(0, n - len(x))))[:n]


def place(hits, one):
    y = np.zeros(int(SECONDS * RATE))
    for i, (at, gain) in enumerate(hits):
        a, x = int(max(0, at) * RATE), one[i % len(one)]
        x = x[:max(0, len(y) - a)]
        y[a:a + len(x)] += gain * x
    return y


# --- fonts ---

def of_fonts(rng):
    for name, path in FONTS.items():
        font = fonts.Font(path)
        for program in sorted(set(range(128)) - TASTE):
            if font.has(0, program):
                notes = parts.notes_for(rng, program, SECONDS)
                yield (parts.role_of_program(program), name, str(program),
                       font.play(0, program, notes, SECONDS))
        kits = [p for p in range(128) if font.has(fonts.DRUM_BANK, p)
                and p not in (48, 56, 57, 58)]
        for kit in kits[:8]:
            for role in DRUMS:
                notes = parts.drum_notes(rng, SECONDS, role)
                yield role, name, f"kit{kit}", font.play(
                    fonts.DRUM_BANK, kit, notes, SECONDS)
            yield "drums_bus", name, f"kit{kit}", bus(rng, font, kit)
        for k in range(10):
            yield "full_mix", name, f"mix{k}", mix(rng, font, kits[k % len(
                kits)])


def bus(rng, font, kit):
    beat = parts.beat_of(rng)
    keep, parts.beat_of = parts.beat_of, lambda _: beat
    notes = [n for role in ["kick", "snare", "hats"] +
             (["cymbals"] if rng.random() < 0.5 else []) +
             (["toms"] if rng.random() < 0.3 else [])
             for n in parts.drum_notes(rng, SECONDS, role)]
    parts.beat_of = keep
    return font.play(fonts.DRUM_BANK, kit, notes, SECONDS)


def mix(rng, font, kit):
    layers = [bus(rng, font, kit)]
    some = [int(rng.integers(32, 40)), int(rng.integers(0, 8)),
            int(rng.integers(24, 32)), int(rng.integers(48, 96))]
    for program in some:
        layers.append(font.play(0, program, parts.notes_for(
            rng, program, SECONDS), SECONDS))
    return sum(x / (np.abs(x).max() + 1e-9) * rng.uniform(0.4, 1.0)
               for x in layers)


# --- recorded drums and samples ---

def kit_role(name):
    return next((role for role, pattern in KIT_NAMES
                 if re.search(pattern, name, re.I)), "")


def of_kits(rng):
    for path in sorted(KITS.glob("*/drumkit.xml")):
        text = path.read_text(errors="replace")
        text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text)
        text = re.sub(r'\sxsi:\w+="[^"]*"', "", text)
        one = {}
        for item in tree.fromstring(text).iter("instrument"):
            role = kit_role((item.findtext("name") or "").strip())
            file = next((f.text for f in item.iter("filename") if f.text), None)
            if role and file and (path.parent / file).exists():
                one.setdefault(role, []).append(path.parent / file)
        for role, files in one.items():
            for k in range(2):
                file = files[int(rng.integers(len(files)))]
                x = voices.read(file)
                yield (role, "hydrogen", f"{path.parent.name}/{file.name}",
                       place(parts.drum_hits(rng, SECONDS, role), [x]))


def of_samples(rng):
    for role, pattern in LMMS_SAMPLES:
        for path in sorted(LMMS.glob(pattern + ".ogg")):
            try:
                x = voices.read(path)
            except RuntimeError:  # some are no Ogg inside
                continue
            if role in DRUMS:
                hits = parts.drum_hits(rng, SECONDS, role)
                y = place(hits, [x])
            else:
                step = max(len(x) / RATE, 0.25)
                y = place([(at, 1.0) for at in np.arange(0, SECONDS, step)],
                          [x])
            yield role, "lmms samples", path.name, y


# --- voices ---

def festival_sings(rng, notes):
    """Festival's own singing: diphones at the durations and pitches given."""
    words = "la doe ray me far so lah tea star light home you free".split()
    names = "C C# D D# E F F# G G# A A# B".split()
    lines = ['<?xml version="1.0"?>', '<!DOCTYPE SINGING PUBLIC '
             '"-//SINGING//DTD SINGING mark up//EN" "Singing.v0_1.dtd" []>',
             '<SINGING BPM="60">']
    for _, key, held, _ in notes:
        note = f"{names[int(key) % 12]}{int(key) // 12 - 1}"
        lines.append(f'<PITCH NOTE="{note}"><DURATION BEATS="{held:.2f}">'
                     f'{rng.choice(words)}</DURATION></PITCH>')
    with tempfile.TemporaryDirectory() as folder:
        song = pathlib.Path(folder, "song.xml")
        song.write_text("\n".join([*lines, "</SINGING>"]))
        subprocess.run(["text2wave", "-mode", "singing", str(song), "-o",
                        str(song) + ".wav"], check=True, timeout=120,
                       stderr=subprocess.DEVNULL)
        return voices.read(str(song) + ".wav")


def of_voices(rng):
    spoken = {}
    for name in SINGERS:
        for k in range(2):
            x = voices.speak("festival", name, voices.LINES[2 * k + 1])
            spoken[name, k] = voices.Voice(x)
            yield "lead_vocal", "voices", f"{name} spoken", fit(np.tile(
                x, int(SECONDS * RATE / len(x)) + 1))
    for (name, k), voice in spoken.items():
        for _ in range(2):
            yield ("lead_vocal", "voices", f"{name} sung",
                   voices.lead(rng, voice, SECONDS))
        others = [v for (n, _), v in spoken.items() if n != name]
        yield ("backing_vocal", "voices", f"{name} choir",
               voices.backing(rng, [voice, others[int(rng.integers(
                   len(others)))]], SECONDS))
    for k in range(8):
        low = int(rng.choice([48, 52, 57]))
        notes = parts.melody(rng, 14.0, low, low + 14)[:20]
        x = festival_sings(rng, notes)
        yield "lead_vocal", "voices", f"festival singing {k}", fit(x)
        if k % 2:
            third = [(a, key + 4, d, v) for a, key, d, v in notes]
            y = fit(x) + fit(np.roll(x, 200)) + fit(festival_sings(rng, third))
            yield "backing_vocal", "voices", f"festival choir {k}", y


# --- other synthesis ---

def distorted_phase(f, n, amount, rng):
    """Phase distortion, as the CZ synthesisers do it."""
    phase = np.cumsum(np.full(n, f)) / RATE % 1.0
    knee = 0.5 - 0.48 * amount * np.exp(-np.arange(n) / (RATE * rng.uniform(
        0.1, 0.8)))
    bent = np.where(phase < knee, phase / knee / 2,
                    0.5 + (phase - knee) / (1 - knee) / 2)
    return -np.cos(2 * np.pi * bent)


def drawbars(f, n, weights):
    t = np.arange(n) / RATE
    return sum(w * np.sin(2 * np.pi * f * (k + 1) * t)
               for k, w in enumerate(weights) if f * (k + 1) < 10000)


def of_synthesis(rng):
    """bass and synth: CZ, drawn spectra; fx: random tape, ring modulation."""
    for k in range(24):
        role = "bass" if k % 2 else "synth"
        weights = rng.random(16) / np.arange(1, 17) ** rng.uniform(0.5, 1.5)
        amount, y = rng.uniform(0.4, 1.0), np.zeros(int(SECONDS * RATE))
        notes = (parts.bass_line(rng, SECONDS) if k % 2 else
                 parts.chords(rng, SECONDS, 48, 80) if k % 4 else
                 parts.melody(rng, SECONDS, 55, 88))
        fall = rng.uniform(0.1, 1.5)
        for at, key, held, velocity in notes:
            n = int(min(held + 0.1, 4) * RATE)
            f = 440 * 2 ** ((key - 69) / 12)
            x = (distorted_phase(f, n, amount, rng) if k % 3 else
                 drawbars(f, n, weights)) * np.exp(-np.arange(n) / RATE / fall)
            x *= np.minimum(1, (n - np.arange(n)) / (0.02 * RATE))
            y += place([(at, velocity / 127)], [x])
        yield role, "synthesis", f"cz{k}" if k % 3 else f"drawn{k}", y
    for k in range(16):
        n = int(SECONDS * RATE)
        t = np.arange(n) / RATE
        slow = np.interp(t, np.linspace(0, SECONDS, 7), rng.uniform(0, 1, 7))
        noise = sosfilt(butter(2, [200, 6000], "band", fs=RATE, output="sos"),
                        rng.normal(size=n))
        f = 80 * 2 ** (6 * slow)
        ring = np.sin(2 * np.pi * np.cumsum(f) / RATE)
        y = [noise * slow ** 2, noise * ring, ring * np.sin(31 * t) ** 2,
             noise * np.exp(-(t % 4) / 0.8)][k % 4]
        yield "fx", "synthesis", f"{('swell', 'ring', 'siren', 'boom')[k % 4]}", y


def all_stems(seed=20261121):
    rng = np.random.default_rng(seed)
    for source in (of_kits, of_samples, of_voices, of_synthesis, of_fonts):
        yield from source(rng)
