"""Single notes and drum hits to mix pieces from.

    training/bank.py FOLDER

renders each note of each program once with fluidsynth: mixing them with
numpy is then fifty times as fast as playing scores. Fonts: FluidR3_GM and
MuseScore_General (both MIT). Drums also from the CC0 samples of the package
sonic-pi-samples and from noise and sines made here.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import scipy.signal
import soundfile

RATE = 22050
FONTS = {"fluid": "/usr/share/sounds/sf2/FluidR3_GM.sf2",
         "muse": "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"}
CC0 = pathlib.Path("/usr/share/sonic-pi/samples")
PITCHES = list(range(24, 100, 3))
HOLD_S, NOTE_S, HIT_S = 3.4, 4.2, 1.4
# Programs of a family of sounds; those behind the bar only in validation.
FAMILIES = {
    "piano": "0 1 3 | 2", "epiano": "4 | 5", "organ": "16 17 19 | 18",
    "accordion": "21 23 | 22", "guitar": "24 25 | 26",
    "eguitar": "27 28 30 | 29", "banjo": "105 104 | 107", "harp": "46",
    "harpsi": "6 7 | 8", "bells": "9 10 14 | 98", "vibes": "11 13 | 12",
    "abass": "32", "ebass": "33 34 36 | 35", "synbass": "38 | 39",
    "cello": "42 | 43", "tuba": "58 | 57", "strings": "48 50 51 | 49",
    "pizz": "45", "fiddle": "40 110 | 41", "voice": "52 54 | 53",
    "brass": "56 59 60 63 | 61", "sax": "64 65 67 | 66",
    "reed": "68 71 69 | 70", "flute": "73 75 79 | 74",
    "pad": "88 89 91 95 | 90", "lead": "80 81 82 | 84",
    "synpluck": "45 87 | 103"}
LOW = ("abass", "ebass", "synbass", "tuba")
KITS, HELD_KITS = (0, 8, 24, 32, 40, 48), (16, 25)
GM = dict(kick=36, snare=38, stick=37, clap=39, closed=42, open=46, ride=51,
          crash=49, tom1=48, tom2=45, tom3=41, shaker=82, conga1=63,
          conga2=64, cowbell=56, tambourine=54, clave=75, bongo=60)
SAMPLES = {
    "kick": "bd_808 bd_ada bd_boom bd_fat bd_gas bd_haus bd_klub bd_pure "
            "bd_sone bd_tek bd_zome bd_zum drum_bass_hard drum_heavy_kick "
            "elec_hollow_kick elec_soft_kick",
    "snare": "sn_dolf sn_dub sn_generic sn_zome drum_snare_hard "
             "drum_snare_soft elec_hi_snare elec_lo_snare elec_mid_snare "
             "elec_snare elec_filt_snare",
    "stick": "elec_tick elec_wood elec_flip", "clap": "perc_snap perc_snap2",
    "closed": "drum_cymbal_closed drum_cymbal_pedal",
    "open": "drum_cymbal_open", "ride": "drum_cymbal_soft elec_cymbal",
    "crash": "drum_splash_hard drum_cymbal_hard drum_splash_soft",
    "tom1": "drum_tom_hi_hard drum_tom_hi_soft", "tom2": "drum_tom_mid_hard",
    "tom3": "drum_tom_lo_hard drum_tom_lo_soft", "shaker": "elec_twip",
    "conga1": "tabla_na tabla_tun1", "conga2": "tabla_ghe1 tabla_ghe4",
    "cowbell": "drum_cowbell elec_blip", "tambourine": "elec_triangle",
    "clave": "elec_wood elec_plip", "bongo": "tabla_te1 tabla_te2 tabla_tas1"}


def programs(family, held):
    """held None: all."""
    taught, _, kept = FAMILIES[family].partition("|")
    taught, kept = taught.split(), kept.split()
    if held is None:
        return taught + kept
    return kept if held and kept else taught


def variable(value):
    out = [value & 127]
    while value > 127:
        value >>= 7
        out.insert(0, value & 127 | 128)
    return bytes(out)


def score(events):
    """Events (second, bytes) as a MIDI file, a tick a millisecond."""
    body, now = b"\0\xff\x51\x03" + (500000).to_bytes(3, "big"), 0
    for second, message in sorted(events, key=lambda e: e[0]):
        tick = round(second * 1000)
        body += variable(tick - now) + message
        now = tick
    body += b"\0\xff\x2f\0"
    return (b"MThd" + (6).to_bytes(4, "big") + bytes([0, 0, 0, 1, 1, 244]) +
            b"MTrk" + len(body).to_bytes(4, "big") + body)


def play(font, events, seconds):
    with tempfile.TemporaryDirectory() as scratch:
        midi, wav = f"{scratch}/a.mid", f"{scratch}/a.wav"
        pathlib.Path(midi).write_bytes(score(events))
        subprocess.run(["fluidsynth", "-ni", "-q", "-g", "0.7", "-R", "0",
                        "-C", "0", "-r", str(RATE), "-o",
                        "synth.dynamic-sample-loading=1", "-F", wav,
                        FONTS[font], midi],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        audio = soundfile.read(wav, dtype="float32")[0].mean(axis=1)
    need = int(seconds * RATE)
    return np.pad(audio, (0, max(0, need - len(audio))))[:need]


def save(path, audio, step_s, count):
    """int16 rows; a level each, so that quiet notes keep their bits."""
    step = int(step_s * RATE)
    rows = audio[:count * step].reshape(count, step)
    top = max(1e-6, float(np.abs(rows).max()))
    np.save(path, np.round(rows / top * 32000).astype(np.int16))


def notes(folder, font, program, low):
    path = folder / f"{font}_{program}.npy"
    if path.exists():
        return
    pitches = PITCHES[:14] if low else PITCHES
    events = [(0.0, bytes([0xC0, int(program)]))]
    for i, pitch in enumerate(pitches):
        at = i * NOTE_S + 0.002
        events += [(at, bytes([0x90, pitch, 100])),
                   (at + HOLD_S, bytes([0x80, pitch, 0])),
                   (at + NOTE_S - 0.01, bytes([0xB0, 120, 0]))]
    seconds = NOTE_S * len(pitches)
    save(path, play(font, events, seconds), NOTE_S, len(pitches))


def hits(folder, font, program):
    path = folder / f"{font}_kit{program}.npy"
    if path.exists():
        return
    events = [(0.0, bytes([0xC9, program]))]
    for i, (note, velocity) in enumerate(
            (n, v) for n in GM.values() for v in (70, 118)):
        at = i * HIT_S + 0.002
        events += [(at, bytes([0x99, note, velocity])),
                   (at + 0.3, bytes([0x89, note, 0])),
                   (at + HIT_S - 0.01, bytes([0xB9, 120, 0]))]
    save(path, play(font, events, HIT_S * 2 * len(GM)), HIT_S, 2 * len(GM))


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for font in FONTS:
        for kit in KITS + HELD_KITS:
            hits(folder, font, kit)
        for family in FAMILIES:
            for program in programs(family, None):
                notes(folder, font, program, family in LOW)


class Bank:
    """Notes at any pitch and hits of any kit; keeps what was asked for."""

    def __init__(self, folder):
        self.folder, self.files, self.cc0 = pathlib.Path(folder), {}, {}

    def rows(self, name):
        if name not in self.files:
            self.files[name] = np.load(self.folder / f"{name}.npy",
                                       mmap_mode="r")
        return self.files[name]

    def note(self, font, program, pitch):
        """float32 of a note held for HOLD_S; pitch may be a fraction."""
        rows = self.rows(f"{font}_{program}")
        index = int(np.clip(round((pitch - PITCHES[0]) / 3), 0,
                            len(rows) - 1))
        ratio = 2 ** ((pitch - PITCHES[index]) / 12)
        row = rows[index].astype(np.float32) / 32768
        at = np.arange(0, len(row) - 1, ratio, dtype=np.float64)
        whole = at.astype(np.int64)
        part = (at - whole).astype(np.float32)
        return row[whole] * (1 - part) + row[whole + 1] * part

    def kit(self, font, program):
        rows = self.rows(f"{font}_kit{program}")
        return {drum: [rows[2 * i].astype(np.float32) / 32768,
                       rows[2 * i + 1].astype(np.float32) / 32768]
                for i, drum in enumerate(GM)}

    def sample(self, name):
        if name not in self.cc0:
            audio, rate = soundfile.read(CC0 / f"{name}.flac",
                                         dtype="float32", always_2d=True)
            audio = scipy.signal.resample_poly(audio.mean(axis=1), 1,
                                               round(rate / RATE))
            first = np.argmax(np.abs(audio) > 0.02 * np.abs(audio).max())
            self.cc0[name] = audio[max(0, first - 20):][:int(HIT_S * RATE)]
        return self.cc0[name]

    def cc0_kit(self, rng):
        out = {}
        for drum, names in SAMPLES.items():
            hit = self.sample(str(rng.choice(names.split())))
            out[drum] = [hit, hit]
        return out


if __name__ == "__main__":
    main()
