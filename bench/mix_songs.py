#!/usr/bin/env python3
"""Ten real multitracks from the LMMS demo songs, to judge mixing by.

    bench/mix_songs.py OUT [--count N] [--list] [--only SONG]

Of the songs of the Debian package lmms-common whose project file says 30 s to
5 minutes and at least 4 tracks, those with the least to render (tracks times
seconds) are taken until N (10) have at least 4 tracks that sound. Writes

    OUT/SONG/stems/NAME.wav   float stereo, 44.1 kHz, cut at 4 minutes
    OUT/SONG/mix.wav          their plain sum: the balance of the author
    OUT/index.json            [{song, stems: [{file, name, rms_db, silent}],
                                seconds, rate, master}]

Each track was rendered alone through the song's own mixer; tracks that are
silent are named with file null. `master` says which effects the song has on
its master, and how the sum stands to LMMS's own render of the whole: its
lag_frames, its level_db beside it, and rest_db, the difference once aligned.
Without effects the rest is LMMS's own chance (noise, free phases, resampling
in another place): it does not render twice the same. A song that is done is
kept (SONG/song.json). Takes about twenty minutes. Needs lmms, numpy,
soundfile.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import soundfile

import rhythm_lmms

RATE, CUT_S, LEAST_S, MOST_S, LEAST_STEMS = 44100, 240, 30, 300, 4
LIMIT_S = "1500"
BLOCK = 256  # frames
WILD, USUAL = 4.0, 0.9999  # over full scale, and over what all but 1e-4 keep
PARTS = ("pattern", "bbtco", "sampletco", "automationpattern")


def told(path):
    """What the project file says: tracks, seconds, master effects."""
    song = ElementTree.fromstring(rhythm_lmms.xml_of(path)).find("song")
    tracks = song.find("trackcontainer").findall("track")
    beats = [t for t in tracks if t.get("type") == "1"][:1]
    plays = [t for t in tracks if t.get("type") in ("0", "2")]
    plays += [t for b in beats for t in b.iter("track") if t is not b]
    end = max((int(p.get("pos", 0)) + int(p.get("len", 0) or 192)
               for t in tracks for kind in PARTS for p in t.findall(kind)),
              default=0)
    bpm = rhythm_lmms.stated(path)
    return dict(path=path, song=path.stem, tracks=len(plays),
                seconds=end / 48 * 60 / (bpm or 120),
                steady=bpm is not None, effects=master_effects(song))


def master_effects(song):
    """Names of what is switched on in the mixer's channel 0."""
    out = []
    for chain in song.findall("fxmixer/fxchannel[@num='0']/fxchain"):
        if chain.get("enabled") == "1":
            out += [e.get("name") if e.get("name") != "ladspaeffect" else
                    e.find("key/attribute[@name='plugin']").get("value")
                    for e in chain.findall("effect") if e.get("on") != "0"]
    return [name for name in out if name != "spectrumanalyzer"]


def candidates():
    files = [*rhythm_lmms.PROJECTS.glob("demos/**/*.mmp*"),
             *rhythm_lmms.PROJECTS.glob("shorties/*.mmp*")]
    found = [told(path) for path in files]
    return sorted((s for s in found if s["tracks"] >= LEAST_STEMS and
                   s["steady"] and LEAST_S <= s["seconds"] <= MOST_S),
                  key=lambda s: (s["tracks"] * s["seconds"], s["song"]))


def lmms(action, path, out):
    """As root lmms would take real-time priority: it may not."""
    quiet = ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]
    done = subprocess.run(
        [*(quiet if os.geteuid() == 0 else []), "nice", "-n", "10", "timeout",
         "-s", "KILL", LIMIT_S, "lmms", "--allowroot", action, path, "-o",
         out, "-f", "wav", "-s", str(RATE), "-a"],
        env=dict(os.environ, QT_QPA_PLATFORM="offscreen"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def load(path):
    """[frames, 2], at most CUT_S; None where nothing is there."""
    if not path.exists() or path.stat().st_size < 4096:
        return None
    rhythm_lmms.mended(path)
    x, rate = soundfile.read(path, CUT_S * RATE, dtype="float32",
                             always_2d=True)
    if rate != RATE:
        return None
    x = x[:, :2] if x.shape[1] > 1 else np.repeat(x, 2, 1)
    return without_rubbish(x)


def without_rubbish(x):
    """LMMS may write memory that it never set in its first block."""
    size = np.nan_to_num(np.abs(x), nan=np.inf)
    bad = size > WILD * max(1.0, float(np.quantile(size, USUAL, method="lower")))
    if bad[:BLOCK].any():
        x[:BLOCK] = 0
    x[bad] = 0
    return x


def clean(file, used):
    """'12_linn_kik.ds.wav' -> 'linn kik'; a second one is 'linn kik 2'."""
    name = re.sub(r"^\d+_", "", file.stem)
    name = re.sub(r"\.(ogg|wav|ds|flac|xpf|xiz|sf2)\b", "", name, flags=re.I)
    name = re.sub(r"[^A-Za-z0-9+()-]+", " ", name).strip() or "Track"
    used[name.lower()] = used.get(name.lower(), 0) + 1
    count = used[name.lower()]
    return name if count == 1 else f"{name} {count}"


def decibel(value):
    return round(float(20 * np.log10(max(float(value), 1e-6))), 2)


def order(file):
    number = re.match(r"\d+", file.name)
    return int(number.group()) if number else 0, file.name


def collect(raw, folder):
    """(stems, sum) from the tracks that LMMS wrote; writes the stems."""
    files = sorted(raw.glob("*.wav"), key=order)
    frames = max((len(x) for x in map(load, files) if x is not None),
                 default=0)
    total, stems, used = np.zeros((frames, 2), np.float32), [], {}
    (folder / "stems").mkdir(parents=True, exist_ok=True)
    for file in files:
        x, name = load(file), clean(file, used)
        silent = x is None or np.abs(x).max() < 1e-4
        if not silent:
            x = np.pad(x, ((0, frames - len(x)), (0, 0)))
            soundfile.write(folder / "stems" / f"{name}.wav", x, RATE, "FLOAT")
            total += x
        stems.append(dict(
            file=None if silent else f"stems/{name}.wav", name=name,
            rms_db=decibel(0 if x is None else rms(x)),
            silent=bool(silent)))
    return stems, total


def lag(a, b, most=4096):
    """Frames by which b comes after a, by cross-correlation of the mid."""
    size = 1 << (len(a) + most).bit_length()
    far = np.fft.irfft(np.conj(np.fft.rfft(a.sum(1), size)) *
                       np.fft.rfft(b.sum(1), size))
    near = np.concatenate([far[-most:], far[:most]])
    return int(np.argmax(np.abs(near))) - most


def rms(x):
    return np.sqrt(np.mean(np.square(x, dtype=np.float64)))


def beside(whole, total):
    """How the sum comes to lie beside LMMS's render of the whole."""
    if whole is None:
        return dict(lag_frames=None, level_db=None, rest_db=None)
    frames = min(len(whole), len(total))
    late = lag(whole[:frames], total[:frames])
    a = whole[max(0, -late):frames - max(0, late)]
    b = total[max(0, late):frames - max(0, -late)]
    return dict(lag_frames=late, level_db=decibel(rms(b) / rms(a)),
                rest_db=decibel(rms(a - b) / rms(a)))


def make(song, out):
    """The song's entry, or None where it has too few tracks that sound."""
    folder, raw = out / song["song"], out / "raw" / song["song"]
    note = folder / "song.json"
    if note.exists():
        return json.loads(note.read_text())
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir(parents=True)
    good = lmms("rendertracks", song["path"], raw)
    stems, total = collect(raw, folder)
    full = raw / "whole.wav"
    lmms("render", song["path"], full)
    entry = dict(song=song["song"], stems=stems,
                 seconds=round(len(total) / RATE, 3), rate=RATE,
                 complete=good and len(stems) == song["tracks"],
                 master=dict(effects=song["effects"],
                             **beside(load(full), total)))
    soundfile.write(folder / "mix.wav", total, RATE, "FLOAT")
    note.write_text(json.dumps(entry, indent=1) + "\n")
    shutil.rmtree(raw)
    return entry


def fits(entry):
    return sum(not s["silent"] for s in entry["stems"]) >= LEAST_STEMS and \
        LEAST_S <= entry["seconds"] <= MOST_S


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--count", type=int, default=10)
    args.add_argument("--list", action="store_true", help="candidates only")
    args.add_argument("--only", help="one song, by name")
    args = args.parse_args()
    index, songs = [], candidates()
    if args.list:
        for s in songs:
            print(f"{s['song']}: {s['tracks']} tracks, {s['seconds']:.0f} s, "
                  f"master {s['effects']}")
        return
    for song in songs:
        if len(index) < args.count and args.only in (None, song["song"]):
            entry = make(song, args.out)
            good = fits(entry)
            index += [entry] * good
            print(f"{entry['song']}: {len(entry['stems'])} tracks, "
                  f"{sum(not s['silent'] for s in entry['stems'])} sound, "
                  f"{entry['seconds']:.0f} s, master {entry['master']}"
                  f"{'' if good else ': left out'}", flush=True)
    if not args.only:
        (args.out / "index.json").write_text(json.dumps(index, indent=1))
    sys.exit(0 if args.only or len(index) == args.count else 1)


if __name__ == "__main__":
    main()
