#!/usr/bin/env python3
"""Render labelled stems for the role network: log-mel pictures, no audio kept.

    roles_material.py OUT [--items N] [--seed N] [--minutes M]

Each item is a look of 5.94 s: one role, one sound source. Sources: the fonts
FluidR3 and MuseScore_General (MIT), samples of sonic-pi (CC0), numpy synthesis
(roles_synth.py), espeak-ng and flite made to sing (roles_voices.py). Nothing
else may teach; other fonts, kits, voices and songs judge (bench/roles.py).
OUT-<n>.npz: look [N, 128, 256] uint8 (half dB under the look's peak), role,
source.
"""
import argparse
import io
import pathlib
import time

import numpy as np
import soundfile
from scipy.fft import rfft
from scipy.signal import fftconvolve, resample_poly

import roles_fonts as fonts
import roles_parts as parts
import roles_synth as synth
import roles_voices as voices

RATE, SIZE, HOP, BANDS, FRAMES = 22050, 2048, 512, 128, 256
SECONDS = FRAMES * HOP / RATE
ROLES = ["kick", "snare", "hats", "cymbals", "toms", "percussion", "drums_bus",
         "bass", "keys", "guitar", "synth", "strings", "brass", "woodwind",
         "lead_vocal", "backing_vocal", "fx", "full_mix"]
FONTS = {"fluid": "/usr/share/sounds/sf2/FluidR3_GM.sf2",
         "musescore": "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"}
DRUM_ROLES = ROLES[:6]
SAMPLES = pathlib.Path("/usr/share/sonic-pi/samples")
SAMPLE_ROLES = {
    "kick": "bd_* drum_bass_* drum_heavy_kick elec_hollow_kick elec_soft_kick",
    "snare": "sn_* drum_snare_* elec_*snare perc_snap*",
    "hats": "drum_cymbal_closed drum_cymbal_pedal",
    "cymbals": "drum_cymbal_hard drum_cymbal_soft drum_cymbal_open "
               "drum_splash_* elec_cymbal",
    "toms": "drum_tom_* elec_fuzz_tom",
    "percussion": "drum_cowbell elec_wood elec_triangle elec_tick elec_pop "
                  "tabla_*",
    "bass": "bass_*", "guitar": "guit_*",
    "synth": "elec_beep elec_bell elec_ping elec_plip elec_twang elec_twip "
             "elec_chime elec_blup",
    "fx": "ambi_dark_woosh ambi_glass_* ambi_haunted_hum ambi_lunar_land "
          "ambi_sauna ambi_soft_buzz ambi_swoosh ambi_drone vinyl_* misc_* "
          "mehackit_* glitch_robot* perc_swoosh perc_swash perc_impact* "
          "perc_door"}
LOOPS = {"drums_bus": "loop_amen loop_amen_full loop_breakbeat loop_industrial",
         "percussion": "loop_perc1 loop_perc2 loop_tabla"}
SKIP = {47, 55, 112, 114, 119}  # programs whose role is a matter of taste


# --- pictures ---

def mel_bank():
    """librosa's Slaney bank, as src/analysis/mel.c."""
    def of_hz(f):
        return f * 3 / 200 if f < 1000 else 15 + np.log(f / 1000) / (
            np.log(6.4) / 27)

    def to_hz(m):
        return m * 200 / 3 if m < 15 else 1000 * np.exp(
            (m - 15) * np.log(6.4) / 27)
    edges = np.array([to_hz(m) for m in np.linspace(0, of_hz(RATE / 2),
                                                    BANDS + 2)])
    f = np.arange(SIZE // 2 + 1) * RATE / SIZE
    up = (f - edges[:-2, None]) / np.diff(edges)[:-1, None]
    down = (edges[2:, None] - f) / np.diff(edges)[1:, None]
    bank = np.maximum(0, np.minimum(up, down))
    return (bank * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


BANK = mel_bank()
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIZE) / SIZE)).astype(
    np.float32)


def mel_power(x):
    """[samples] to power [128, frames], frames centred, zeros outside."""
    x = np.pad(np.asarray(x, np.float32), SIZE // 2)
    at = np.lib.stride_tricks.sliding_window_view(x, SIZE)[::HOP]
    return BANK @ (np.abs(rfft(at * WINDOW)) ** 2).T


def picture(power):
    """Half dB under the peak, 0 the peak, 255 silence."""
    peak = power.max()
    if not np.isfinite(peak) or peak < 1e-9:
        return None
    return np.clip(np.round(-20 * np.log10(power / peak + 1e-12)), 0,
                   255).astype(np.uint8)


# --- what mixing does to a stem ---

def room(rng, x):
    n = int(RATE * synth.log_uniform(rng, 0.15, 2.5))
    tail = rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / n)
    tail = synth.lowpass(tail, rng.uniform(2000, 9000))
    tail /= np.sqrt((tail ** 2).sum())
    wet = fftconvolve(x, tail)[:len(x)]
    return x + wet * rng.uniform(0.05, 0.8)


def echo(rng, x):
    step = int(RATE * rng.uniform(0.1, 0.5))
    out, gain = x.copy(), rng.uniform(0.2, 0.6)
    for k in range(1, 5):
        out[k * step:] += gain ** k * x[:max(0, len(x) - k * step)]
    return out


def squash(rng, x):
    level = np.sqrt(np.convolve(x ** 2, np.ones(400) / 400, "same")) + 1e-4
    return x * level ** -rng.uniform(0.2, 0.6)


def coded(rng, x):
    held = io.BytesIO()
    soundfile.write(held, 0.9 * x / (np.abs(x).max() + 1e-9), RATE,
                    format="MP3" if rng.random() < 0.5 else "OGG")
    held.seek(0)
    y = soundfile.read(held, dtype="float32")[0]
    return np.pad(y, (0, max(0, len(x) - len(y))))[:len(x)]


def tone(rng, x):
    kind = rng.integers(3)
    if kind == 0:
        return synth.lowpass(x, synth.log_uniform(rng, 2500, 10000))
    if kind == 1:
        return synth.highpass(x, synth.log_uniform(rng, 25, 250))
    at = synth.log_uniform(rng, 100, 6000)
    return x + rng.uniform(-0.7, 2) * synth.band(x, at * 0.7, at * 1.4)


def treated(rng, x, role):
    x = np.asarray(x, np.float64)
    x = x / (np.abs(x).max() + 1e-9)
    if rng.random() < 0.5:
        x = tone(rng, x)
    if rng.random() < 0.12:
        drive = synth.log_uniform(rng, 1, 12)
        x = np.tanh(x * drive)
    if rng.random() < 0.25:
        x = squash(rng, x)
    if rng.random() < (0.25 if role == "kick" else 0.5):
        x = room(rng, x)
    if rng.random() < 0.12 and role != "drums_bus":
        x = echo(rng, x)
    if rng.random() < 0.2:
        x = x + rng.normal(size=len(x)) * np.abs(x).max() * \
            10 ** -rng.uniform(2, 4)
    if rng.random() < 0.08:
        x = coded(rng, x)
    return x


# --- sources: each gives (role, source, samples) ---

class Studio:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.fonts = {k: fonts.Font(p) for k, p in FONTS.items()}
        self.kits = {k: [p for p in range(128) if f.has(fonts.DRUM_BANK, p)
                         and p not in (48, 56, 57, 58, 59)]
                     for k, f in self.fonts.items()}
        self.samples = {role: [p for g in globs.split()
                               for p in sorted(SAMPLES.glob(g + ".flac"))]
                        for role, globs in SAMPLE_ROLES.items()}
        self.voices = []
        for engine, voice in voices.TEACHERS:
            for k in range(2):
                text = str(self.rng.choice(voices.LINES))
                speech = voices.speak(engine, voice, text)
                self.voices.append((f"{engine}:{voice}", speech,
                                    voices.Voice(speech)))
        self.cache = {}

    def font(self):
        return str(self.rng.choice(list(self.fonts)))

    def program(self, programs=None):
        rng, font = self.rng, self.font()
        program = int(rng.choice(programs if programs is not None else
                                 range(120)))
        if program in SKIP:
            return self.program(programs)
        bank = 8 if rng.random() < 0.15 and self.fonts[font].has(8, program) \
            else 0
        notes = parts.notes_for(rng, program, SECONDS)
        return (parts.role_of_program(program), f"gm:{program}",
                self.fonts[font].play(bank, program, notes, SECONDS))

    def kit_part(self, role):
        font = self.font()
        kit = int(self.rng.choice(self.kits[font]))
        notes = parts.drum_notes(self.rng, SECONDS, role)
        return role, f"kit:{font}:{kit}", self.fonts[font].play(
            fonts.DRUM_BANK, kit, notes, SECONDS)

    def read(self, path):
        if path not in self.cache:
            self.cache[path] = voices.read(path)
        return self.cache[path]

    def pitched_sample(self, path, semitones):
        x = self.read(path)
        at = np.arange(0, len(x) - 1, 2 ** (semitones / 12))
        return np.interp(at, np.arange(len(x)), x)

    def sample_part(self, role):
        rng = self.rng
        path = self.samples[role][rng.integers(len(self.samples[role]))]
        if role in ("bass", "synth", "guitar"):
            notes = (parts.bass_line(rng, SECONDS) if role == "bass" else
                     parts.melody(rng, SECONDS, 48, 72))
            root = notes[0][1]
            y = np.zeros(int(SECONDS * RATE))
            for at, key, held, velocity in notes[:24]:
                step = (key - root + 6) % 12 - 6
                one = self.pitched_sample(path, step)
                y += synth.place([(max(0, at), velocity / 127)], SECONDS, [one])
        elif role == "fx":
            one = self.pitched_sample(path, rng.uniform(-9, 7))
            one = one[::-1] if rng.random() < 0.3 else one
            hits = [(at, 1.0) for at in np.cumsum(
                rng.exponential(1.5, 6)) - 1.0 if at > 0] or [(0.0, 1.0)]
            y = synth.place(hits, SECONDS, [one])
        else:
            one = self.pitched_sample(path, rng.uniform(-3, 3))
            y = synth.place(parts.drum_hits(rng, SECONDS, role), SECONDS, [one])
        return role, f"sample:{path.stem}", y

    def loop(self, role):
        names = LOOPS[role].split()
        path = SAMPLES / f"{self.rng.choice(names)}.flac"
        x = self.pitched_sample(path, self.rng.uniform(-4, 4))
        x = np.tile(x, int(SECONDS * RATE / len(x)) + 2)
        a = int(self.rng.integers(len(x) - int(SECONDS * RATE)))
        return role, f"loop:{path.stem}", x[a:a + int(SECONDS * RATE)]

    def drum(self, role):
        how = [self.kit_part, self.sample_part, self.synth_drum]
        return how[self.rng.choice(3, p=[0.4, 0.2, 0.4])](role)

    def synth_drum(self, role):
        return role, f"synth:{self.rng.integers(1e9)}", synth.drum_part(
            self.rng, role, SECONDS)

    def drums_bus(self):
        """Parts at one tempo; kick or snare and at least one more."""
        rng = self.rng
        if rng.random() < 0.15:
            return self.loop("drums_bus")
        beat = parts.beat_of(rng)
        keep, parts.beat_of = parts.beat_of, lambda _: beat
        y = np.zeros(int(SECONDS * RATE))
        some = ["kick", "snare"] if rng.random() < 0.8 else \
            [str(rng.choice(["kick", "snare"]))]
        some += [r for r in DRUM_ROLES[2:] if rng.random() < (
            0.8 if r == "hats" else 0.25)] or ["hats"]
        font = self.font()
        kit = int(rng.choice(self.kits[font]))
        electric = rng.random() < 0.4
        for role in some:
            x = self.drum(role)[2] if electric else self.fonts[font].play(
                fonts.DRUM_BANK, kit, parts.drum_notes(rng, SECONDS, role),
                SECONDS)
            x = x[:len(y)] / (np.abs(x).max() + 1e-9)
            y[:len(x)] += x * rng.uniform(0.35, 1.0)
        parts.beat_of = keep
        return "drums_bus", f"bus:{rng.integers(1e9)}", y

    def vocal(self, role):
        rng = self.rng
        if role == "backing_vocal" and rng.random() < 0.25:
            return self.program([52, 53])
        i = int(rng.integers(len(self.voices)))
        source, speech, voice = self.voices[i]
        if role == "lead_vocal":
            if rng.random() < 0.2:
                n = int(SECONDS * RATE)
                y = np.tile(speech, n // len(speech) + 1)[:n]
            else:
                y = voices.lead(rng, voice, SECONDS)
        else:
            near = [self.voices[(i + k) % len(self.voices)][2]
                    for k in range(2)]
            y = voices.backing(rng, near, SECONDS)
        return role, source, y

    def full_mix(self):
        rng = self.rng
        y = np.zeros(int(SECONDS * RATE))
        layers = [self.drums_bus() if rng.random() < 0.85 else
                  self.program(range(48, 50)),
                  self.program(range(32, 40)) if rng.random() < 0.5 else
                  ("bass", "", synth.pitched(rng, "bass", SECONDS))]
        layers += [self.program() for _ in range(rng.integers(1, 4))]
        if rng.random() < 0.5:
            layers.append(self.vocal("lead_vocal"))
        for _, _, x in layers:
            x = x[:len(y)] / (np.abs(x).max() + 1e-9)
            y[:len(x)] += x * rng.uniform(0.3, 1.0)
        return "full_mix", f"mix:{rng.integers(1e9)}", y

    def item(self):
        """One of all sources, roles about evenly."""
        rng = self.rng
        role = str(rng.choice(ROLES + ["synth", "synth", "bass", "keys",
                                       "guitar", "fx"]))
        if role in DRUM_ROLES:
            if role == "percussion" and rng.random() < 0.25:
                return self.loop(role) if rng.random() < 0.4 else \
                    self.program([113, 115, 116])
            if role == "toms" and rng.random() < 0.1:
                return self.program([117, 118])
            return self.drum(role)
        if role == "drums_bus":
            return self.drums_bus()
        if role == "full_mix":
            return self.full_mix()
        if role.endswith("vocal"):
            return self.vocal(role)
        if role == "fx":
            kind = rng.random()
            if kind < 0.45:
                return "fx", f"synth:{rng.integers(1e9)}", synth.effect(
                    rng, SECONDS)
            return self.sample_part("fx") if kind < 0.75 else self.program(
                range(120, 128))
        if role in ("bass", "synth", "guitar") and rng.random() < 0.12:
            return self.sample_part(role)
        if role in ("bass", "synth") and rng.random() < 0.55:
            return role, f"synth:{rng.integers(1e9)}", synth.pitched(
                rng, role, SECONDS)
        return self.program([p for p in range(128) if p not in SKIP and
                             parts.role_of_program(p) == role])


def save(out, part, rows):
    np.savez(f"{out}-{part}.npz", look=np.stack([r[2] for r in rows]),
             role=np.array([ROLES.index(r[0]) for r in rows], np.int16),
             source=np.array([r[1] for r in rows]))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("out")
    options.add_argument("--items", type=int, default=4000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--minutes", type=float, default=8.0)
    given = options.parse_args()
    end = time.monotonic() + 60 * given.minutes
    studio, rows, part, made = Studio(given.seed), [], 0, 0
    while made < given.items and time.monotonic() < end:
        role, source, x = studio.item()
        for _ in range(2):  # two treatments of each
            look = picture(mel_power(treated(studio.rng, x, role))[:, :FRAMES])
            if look is not None:
                rows.append((role, source, look))
                made += 1
        if len(rows) >= 200:
            save(given.out, part, rows)
            rows, part = [], part + 1
    if rows:
        save(given.out, part, rows)
    print(made, "looks")


if __name__ == "__main__":
    main()
