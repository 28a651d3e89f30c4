#!/usr/bin/env python3
"""Multitracks whose balance their authors set, to learn mixing from.

    training/mixes.py FOLDER [--jobs N]

Two kinds of music keep the level and the place of every part in the file:
General MIDI (volume, expression, velocity and pan of each channel) and tracker
modules (the volume of each sample and each note). From the Debian packages of
PACKAGES each song gives one stretch of 40 s, rendered part by part:

    FOLDER/NAME/stems/*.wav   float stereo, 44.1 kHz; their sum is the mix
    FOLDER/NAME/song.json     {source, package, kind, stems: [{file, said}]}

MIDI: a channel is a stem, the drum channel is split by kit piece; a sound font
by chance for each song, no reverb, no chorus. Modules: an instrument (or
sample) is a stem, the others muted; the stems add up to the whole. More than
12: the softest are added up, two by two. Stems under -60 dB beside the mix are left out. `said` is what a file
name may tell ("Slap Bass"), null for modules. A song that is there is kept.
Songs that are held out of learning are chosen by name (mix_train.py).
Needs fluidsynth, libopenmpt0, the packages, mido, numpy, soundfile.
"""
import argparse
import concurrent.futures
import ctypes
import hashlib
import json
import pathlib
import struct
import subprocess
import tempfile

import mido
import numpy as np
import soundfile

RATE, SECONDS, MOST, LEAST = 44100, 40, 12, 4
PACKAGES = ("openttd-openmsx", "planetblupi-music-midi", "simutrans-data", "freedink-data", "freedoom", "freedm",
            "heroes-sound-tracks", "tecnoballz-data", "pingus-data", "gweled", "pekka-kana-2-data", "gl-117-data",
            "freedroid-data", "biniax2-data", "flobopuyo", "rockdodger", "rafkill-data", "pachi-data",
            "circuslinux-data", "bomberclone-data", "open-invaders-data")
FONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2",
         "/usr/share/sounds/sf2/sf_GMbank.sf2")
KIT = {"Kick": (35, 36), "Snare": (37, 38, 39, 40), "Hats": (42, 44, 46), "Toms": (41, 43, 45, 47, 48, 50),
       "Cymbals": (49, 51, 52, 53, 55, 57, 59)}
FAMILIES = ("Piano", "Mallets", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass", "Sax", "Flute",
            "Synth Lead", "Synth Pad", "FX", "Ethnic", "Percussion", "FX")


# --- sources ---

def lumps(path):
    """Songs of a WAD: (name, bytes)."""
    b = path.read_bytes()
    count, at = struct.unpack("<ii", b[4:12])
    for i in range(count):
        begin, size = struct.unpack("<ii", b[at + 16 * i:at + 16 * i + 8])
        name = b[at + 16 * i + 8:at + 16 * i + 16].rstrip(b"\0").decode("ascii", "replace")
        if name.startswith("D_") and b[begin:begin + 4] == b"MThd":
            yield name[2:].lower(), b[begin:begin + size]


def sources():
    """(name, package, "midi" or "module", bytes); each content once."""
    seen = set()
    for package in PACKAGES:
        listed = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True).stdout.split("\n")
        for path in sorted(map(pathlib.Path, filter(None, listed))):
            ending = path.suffix.lower()
            found = []
            if ending in (".mid", ".midi"):
                found = [(path.stem, "midi", path.read_bytes())]
            elif ending in (".xm", ".it", ".s3m", ".mod") and path.is_file():
                found = [(path.stem, "module", path.read_bytes())]
            elif ending == ".wad" and path.is_file():
                found = [(n, "midi", b) for n, b in lumps(path)]
            for name, kind, data in found:
                key = hashlib.sha256(data).hexdigest()
                if key not in seen:
                    seen.add(key)
                    yield f"{package.split('-')[0]}-{name}".replace(" ", "_"), package, kind, data


# --- MIDI ---

def events_of(data):
    with tempfile.NamedTemporaryFile(suffix=".mid") as f:
        f.write(data)
        f.flush()
        now, out = 0.0, []
        for message in mido.MidiFile(f.name, clip=True):
            now += message.time
            if not message.is_meta:
                out.append((now, message))
    return out


def busiest(events):
    """Start of the stretch in which most channels play, the most notes."""
    notes = [(t, m.channel) for t, m in events if m.type == "note_on" and m.velocity]
    end = max((t for t, _ in notes), default=0.0)
    best, at = (-1, 0), 0.0
    for start in np.arange(0.0, max(end - SECONDS / 2, 1.0), 5.0):
        there = [c for t, c in notes if start <= t < start + SECONDS]
        if (len(set(there)), len(there)) > best:
            best, at = (len(set(there)), len(there)), float(start)
    return at


def part_of(message):
    if message.channel != 9:
        return message.channel, None
    return 9, next((k for k, keys in KIT.items() if message.note in keys), "Percussion")


def part_file(events, start, part, path):
    """The stretch with the notes of one part alone."""
    file = mido.MidiFile(ticks_per_beat=1000)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=1000000))
    last = 0
    for t, m in events:
        if t >= start + SECONDS:
            break
        if m.type in ("note_on", "note_off", "polytouch"):
            if t < start or part_of(m) != part:
                continue
        elif m.type == "sysex" or getattr(m, "channel", part[0]) != part[0]:
            continue
        tick = max(0, int(round((t - start) * 1000)))
        track.append(m.copy(time=tick - last))
        last = tick
    for control in (123, 120):  # what still sounds must end
        track.append(mido.Message("control_change", channel=part[0], control=control, value=0,
                                  time=max(0, SECONDS * 1000 - last)))
        last = SECONDS * 1000
    file.save(path)


def programs_at(events, start):
    said = {}
    for t, m in events:
        if m.type == "program_change" and (t <= start + 1.0 or m.channel not in said):
            said[m.channel] = FAMILIES[m.program // 8]
    return said


def midi_parts(data, rng):
    events = events_of(data)
    start = busiest(events)
    names = programs_at(events, start)
    parts = sorted({part_of(m) for t, m in events if m.type == "note_on" and m.velocity and
                    start <= t < start + SECONDS}, key=str)
    font = str(rng.choice(FONTS))
    out = []
    with tempfile.TemporaryDirectory() as room:
        for i, part in enumerate(parts):
            middle, wave = f"{room}/{i}.mid", f"{room}/{i}.wav"
            part_file(events, start, part, middle)
            subprocess.run(["fluidsynth", "-niq", "-R0", "-C0", "-g0.25", f"-r{RATE}", "-Twav", "-Ofloat",
                            f"-F{wave}", font, middle], capture_output=True, timeout=120)
            x = soundfile.read(wave, dtype="float32", always_2d=True)[0][:RATE * SECONDS]
            out.append((part[1] or names.get(part[0], "Piano"), x))
    return out


# --- modules ---

class Module:
    """libopenmpt's interface "interactive": which instrument sounds."""
    MUTE = 12

    def __init__(self, data):
        lib = self.lib = ctypes.CDLL("libopenmpt.so.0")
        p, i, d, z = ctypes.c_void_p, ctypes.c_int32, ctypes.c_double, ctypes.c_size_t
        for name, gives, takes in (("ext_create_from_memory", p, [p, z] + [p] * 7), ("ext_get_module", p, [p]),
                                   ("ext_get_interface", ctypes.c_int, [p, ctypes.c_char_p, p, z]),
                                   ("ext_destroy", None, [p]), ("get_num_instruments", i, [p]),
                                   ("get_num_samples", i, [p]), ("get_duration_seconds", d, [p]),
                                   ("set_position_seconds", d, [p, d]), ("read_float_stereo", z, [p, i, z, p, p])):
            f = getattr(lib, "openmpt_module_" + name)
            f.restype, f.argtypes = gives, takes
        self.data = data
        self.ext = lib.openmpt_module_ext_create_from_memory(data, len(data), *[None] * 7)
        if not self.ext:
            raise ValueError("no module")
        self.module = lib.openmpt_module_ext_get_module(self.ext)
        table = (p * 16)()
        if not lib.openmpt_module_ext_get_interface(self.ext, b"interactive", table, ctypes.sizeof(table)):
            raise ValueError("no interface")
        self.mute = ctypes.CFUNCTYPE(ctypes.c_int, p, i, ctypes.c_int)(table[self.MUTE])
        self.count = lib.openmpt_module_get_num_instruments(self.module) or \
            lib.openmpt_module_get_num_samples(self.module)
        self.seconds = lib.openmpt_module_get_duration_seconds(self.module)

    def close(self):
        self.lib.openmpt_module_ext_destroy(self.ext)

    def render(self, start, alone):
        for j in range(self.count):
            self.mute(self.ext, j, int(alone is not None and j != alone))
        self.lib.openmpt_module_set_position_seconds(self.module, start)
        frames = RATE * SECONDS
        x, at = np.zeros((2, frames), np.float32), 0
        while at < frames:
            got = self.lib.openmpt_module_read_float_stereo(
                self.module, RATE, min(4096, frames - at), x[0, at:].ctypes.data, x[1, at:].ctypes.data)
            if got == 0:
                break
            at += got
        return x.T.copy()


def module_parts(data, rng):
    module = Module(data)
    start = max(0.0, min(20.0, module.seconds - SECONDS))
    whole = module.render(start, None)
    out = [(None, module.render(start, i)) for i in range(min(module.count, 120))]
    rest = whole - sum(x for _, x in out)
    module.close()
    if np.sqrt(np.mean(rest ** 2)) > 0.03 * np.sqrt(np.mean(whole ** 2)):
        return []  # an effect that the parts share
    return out


# --- songs ---

def rms_db(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=np.float64)) + 1e-20)


def at_most_twelve(parts):
    parts = sorted(parts, key=lambda p: -rms_db(p[1]))
    while len(parts) > MOST:
        said, x = parts.pop()
        parts[-1] = (parts[-1][0], parts[-1][1] + x)
    return parts


def make(job):
    name, package, kind, data, folder = job
    home = pathlib.Path(folder) / name
    if (home / "song.json").exists():
        return f"{name}: kept"
    rng = np.random.default_rng(list(hashlib.sha256(name.encode()).digest()))
    try:
        parts = (midi_parts if kind == "midi" else module_parts)(data, rng)
    except Exception as e:
        return f"{name}: {e!r}"
    if not parts:
        return f"{name}: parts do not add up"
    length = max(len(x) for _, x in parts)
    parts = [(s, np.pad(x, ((0, length - len(x)), (0, 0)))) for s, x in parts]
    whole = rms_db(sum(x for _, x in parts))
    parts = at_most_twelve([(s, x) for s, x in parts if rms_db(x) > whole - 60 and rms_db(x) > -90])
    if len(parts) < LEAST:
        return f"{name}: {len(parts)} parts"
    (home / "stems").mkdir(parents=True, exist_ok=True)
    stems = []
    for i, at in enumerate(rng.permutation(len(parts))):
        file = f"{i + 1:02d}.wav"
        soundfile.write(home / "stems" / file, parts[at][1], RATE, subtype="FLOAT")
        stems.append(dict(file=file, said=parts[at][0]))
    (home / "song.json").write_text(json.dumps(dict(source=name, package=package, kind=kind, stems=stems)))
    return f"{name}: {len(stems)} stems"


def main():
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("folder")
    ask.add_argument("--jobs", type=int, default=2)
    args = ask.parse_args()
    jobs = [(*s, args.folder) for s in sources()]
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        for said in pool.map(make, jobs):
            print(said, flush=True)


if __name__ == "__main__":
    main()
