#!/usr/bin/env python3
"""Generated multitracks with an engineer's setting, to judge mixing by.

    bench/mix_generated.py OUT COUNT [--seed N] [--first N]

Writes OUT/NNN-STYLE/: stems/ (4 to 24 files), mix.wav (float), truth.json,
engineer.json; and OUT/index.json. A song that is there is kept. A song is a
function of seed and number. 20 to 40 s at 44.1 or 48 kHz; WAV of 16 or 24
bits or float, or FLAC; half of the file names tell the part, half do not.

The engineer: each stem is brought to a loudness drawn around LEVELS (what a
role has in a mix, written down from habit: nothing may be tuned to this
table) and to a place; mix.wav is the sum of the healthy stems so set. The
files are those stems without pan, each off by a gain of +-12 dB and with the
faults of FAULTS. engineer.json: {"stems": [{file, role, gain_db, pan}]},
gain_db being what brings the file to its level in the mix; null if it is
silent. Pan law: src/dsp/panner.h; a mono file sounds from both sides.

truth.json: {number, style, bpm, key, rate, seconds, trim_db, stems: [{file,
part, role, gain_db, pan, offset_db (-gain_db less the trim that all share; to
18 where clipped), mono, format, done: [...], late_s, timecode_frames}]}.
Faults in `done`: silent, empty, clipped (at full scale), clipped_below (flat
tops under it), dc, inverted, inverted_right, short (ends with its sound),
timecode (starts with its sound; bext says where), late (starts late_s too
late and nothing tells). Needs the packages of truth.py, sonic-pi-
samples, espeak-ng, flite; numpy, scipy, soundfile.
"""
import argparse
import json
import pathlib
import shutil
import struct
import time

import numpy as np
import soundfile

import mix_af
import mix_compose as compose

# LU beside the mix, of all stems of a role together
LEVELS = dict(kick=-8, snare=-9, hats=-18, cymbals=-17, toms=-13,
              percussion=-16, drums_bus=-6, bass=-8, keys=-11, guitar=-10,
              synth=-11, strings=-13, brass=-12, woodwind=-12, lead_vocal=-4.5,
              backing_vocal=-12, fx=-19)
SPREAD_DB, OFFSET_DB, MIX_LUFS = 1.8, 12.0, -20.0
FAULTS = (("silent", 0.025), ("empty", 0.005), ("clipped", 0.06),
          ("dc", 0.05), ("inverted", 0.04), ("inverted_right", 0.04),
          ("short", 0.12), ("late", 0.01))
FORMATS = ((".wav", "PCM_16"), (".wav", "PCM_24"), (".wav", "FLOAT"),
           (".flac", "PCM_16"), (".flac", "PCM_24"))
SAID = dict(kick_in="Kick In|BD_in|kick", kick_out="Kick Out|BD_out|kick2",
            snare_top="Snare Top|SN_top|snare", snare_bottom="Snare Bot|SnrBtm",
            clap="Clap|Claps", hats="HiHat|HH|Hats", open_hat="Open Hat|OHH",
            ride="Ride|RideCym", crash="Crash|Cymbals", toms="Toms|Rack Tom",
            floor_tom="Floor Tom|FlrTom", shaker="Shaker|Shkr",
            cowbell="Cowbell|Perc Cowbell", tabla="Tabla|Perc 1",
            bell="Triangle|Perc Bell", bass="Bass|Bass DI|E-Bass",
            sub="Sub Bass|SynBass", piano="Piano|Grand Pno|Keys",
            e_piano="Rhodes|E-Piano|EP", organ="Organ|B3", clav="Clav|Clavinet",
            vibes="Vibes|Vibraphone", ac_guitar="Ac Gtr|Acoustic Guitar",
            el_guitar_l="El Gtr L|Guitar_L", el_guitar_r="El Gtr R|Guitar_R",
            clean_guitar="Clean Gtr|Guitar Clean", lead_guitar="Lead Gtr|Solo "
            "Guitar", synth_lead="Synth Lead|Lead Syn", arp="Arp|Synth Arp",
            pad="Pad|Synth Pad", pluck="Pluck|Synth Pluck",
            strings_hi="Strings|Strings Hi", cello="Cello|Vc",
            violin="Violin|Vln Solo", brass="Brass|Horns", trumpet="Trumpet|Tpt",
            sax="Sax|Tenor Sax", flute="Flute|Fl", lead_vox="LdVox|Lead Vocal|"
            "Vox Main", vox_double="Vox Dbl|LdVox Double", bvox_1="BVox 1|BGV_L",
            bvox_2="BVox 2|BGV_R", bvox_3="BVox 3|Harmony Low",
            choir="Choir|BG Choir", riser="FX Riser|Riser", impact="FX Impact|"
            "Boom FX", ambience="Ambience FX|Atmo FX")
TELLING = ("{name}", "{name}_{n:02d}", "{n:02d} {name}", "{n:02d}_{name}")
BLANK = ("Audio {n:02d}", "Track{n:02d}", "{n:03d}-export", "REC_0512_{n:04d}")


def gain(db):
    return np.float32(10 ** (db / 20))


def panned(x, pan):
    angle = (pan + 1) * np.pi / 4
    return x * (np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])
                ).astype(np.float32)


def engineered(rng, part, x, rate, mono, alike):
    """The stem at its loudness in the mix (pan aside), and its pan."""
    role, _, _, _, side = compose.CATALOG[part]
    lufs = mix_af.integrated_lufs(x[:, :1] * np.sqrt(2) if mono else x, rate)
    if lufs is None:
        return None, 0.0
    wanted = MIX_LUFS + LEVELS[role] - 8 * np.log10(alike) + \
        rng.normal(0, SPREAD_DB)
    fixed = part[-2:] in ("_l", "_r") or part.startswith("bvox")
    pan = side + rng.normal(0, 0.08) if fixed else rng.uniform(-side, side)
    return x * gain(wanted - lufs), round(float(np.clip(pan, -1, 1)), 3)


def parts_of(rng, piece, count):
    """[{part, role, audio at the engineer's level, pan, mono}]"""
    names = compose.choose(rng, count)
    roles = [compose.CATALOG[n][0] for n in names]
    out = []
    for part, role in zip(names, roles):
        x = compose.audio(piece, part)
        mono = bool(rng.random() < compose.CATALOG[part][3])
        if mono:
            x = np.repeat((x[:, :1] + x[:, 1:]) / 2, 2, 1)
        x, pan = engineered(rng, part, x, piece.rate, mono, roles.count(role))
        if x is not None:
            out.append(dict(part=part, role=role, audio=x, pan=pan, mono=mono))
    return out


def fault(rng, stem):
    """At most one of FAULTS."""
    draw, at = rng.random(), 0.0
    for name, chance in FAULTS:
        at += chance
        if draw < at:
            return [] if name == "inverted_right" and stem["mono"] else [name]
    return []


def trim_of(stems):
    """The gain for all that keeps the files under full scale, in dB."""
    peak = max(np.abs(s["audio"]).max() * gain(s["offset_db"]) for s in stems)
    return float(min(0.0, -0.5 - 20 * np.log10(peak)))


def clipped(rng, x, stem, trim_db):
    """2 to 9 dB cut off; at full scale unless that is far from its level."""
    peak = float(20 * np.log10(np.abs(x).max()))
    total_db = float(rng.uniform(2, 9)) - peak
    x = np.clip(x * gain(total_db), -1, 1)
    if total_db - trim_db > OFFSET_DB + 6:
        stem["done"][0] = "clipped_below"
        down = stem["offset_db"] + trim_db - total_db
        return x * gain(down), total_db + down
    stem["offset_db"] = total_db - trim_db
    return x, total_db


def delivered(rng, stem, trim_db, rate):
    """The samples of the file [frames, 1 or 2]; notes gain and faults."""
    x, done = stem["audio"], stem["done"]
    total_db = float(stem["offset_db"] + trim_db)
    if "clipped" in done:
        x, total_db = clipped(rng, x, stem, trim_db)
    else:
        x = np.clip(x * gain(total_db), -1, 1)
    stem["gain_db"] = -total_db
    if "dc" in done:
        dc = rng.choice([-1, 1]) * rng.uniform(0.02, 0.2) * np.abs(x).max()
        x = np.clip(x + np.float32(dc), -1, 1)
    if "inverted" in done:
        x = -x
    if "inverted_right" in done:
        x = x * np.array([1, -1], np.float32)
    if "silent" in done or "empty" in done:
        x, stem["gain_db"] = x[:0 if "empty" in done else len(x)] * 0, None
    if "late" in done:
        stem["late_s"] = float(rng.choice([0.5, 2, 8, 30]))
        x = np.pad(x, ((int(stem["late_s"] * rate), 0), (0, 0)))
    return cut(x, stem)[:, :1 if stem["mono"] else 2]


def cut(x, stem):
    """Files that start and end with their sound, where so noted."""
    if not {"timecode", "short"} & set(stem["done"]):
        return x
    heard = np.flatnonzero(np.maximum(*np.abs(x.T)) > 1e-4)
    if not len(heard):
        return x
    if "timecode" in stem["done"]:
        stem["timecode_frames"] = int(heard[0])
        x = x[heard[0]:]
        heard = heard - heard[0]
    return x[:heard[-1] + 1] if "short" in stem["done"] else x


def bext(path, frames):
    """Appends the chunk of EBU Tech 3285 that says where a file starts."""
    body = bytearray(602)
    body[:6], body[256:262] = b"Stemma", b"Stemma"
    struct.pack_into("<IIH", body, 338, frames & 0xffffffff, frames >> 32, 1)
    with open(path, "r+b") as f:
        f.seek(0, 2)
        f.write(b"bext" + struct.pack("<I", len(body)) + body)
        size = f.tell() - 8
        f.seek(4)
        f.write(struct.pack("<I", size))


def put(path, x, rate, subtype):
    """Writes a file; libsndfile dates a float WAV, this takes the date out."""
    soundfile.write(path, x, rate, subtype)
    with open(path, "r+b") as f:
        at = f.read(128).find(b"PEAK")
        if subtype == "FLOAT" and at > 0:
            f.seek(at + 12)
            f.write(bytes(4))


def name_of(rng, number, stem, song):
    """A file's name; what it tells of the part."""
    tells = dict(all=True, none=False).get(song["names"], rng.random() < 0.5)
    if not tells:
        return BLANK[song["blank"]].format(n=number)
    said = SAID[stem["part"]].split("|")
    return TELLING[song["telling"]].format(
        n=number, name=said[rng.integers(len(said))])


def save(rng, folder, stems, piece, song):
    """Writes the files; the stems know theirs."""
    used = set()
    for number, i in enumerate(rng.permutation(len(stems)), 1):
        stem = stems[i]
        kind, subtype = FORMATS[song["format"] if rng.random() < 0.8 else
                                rng.integers(len(FORMATS))]
        x = delivered(rng, stem, song["trim_db"], piece.rate)
        if "timecode" in stem["done"] or len(x) == 0:
            kind = ".wav"
        name = name_of(rng, number, stem, song)
        name += f" {number}" * (name.lower() in used)
        used.add(name.lower())
        stem.update(file=f"stems/{name}{kind}",
                    format=f"{kind[1:]} {subtype.lower()}")
        path = folder / stem["file"]
        put(path, x, piece.rate, subtype)
        if "timecode" in stem["done"]:
            bext(path, 3600 * piece.rate +
                 stem.setdefault("timecode_frames", 0))


def setting(stems):
    return [{k: (round(s[k], 4) if isinstance(s[k], float) else s[k])
             for k in ("file", "role", "gain_db", "pan")} for s in stems]


def truth(stem):
    keep = ("file", "part", "role", "gain_db", "offset_db", "pan", "mono",
            "format", "done", "late_s", "timecode_frames")
    return {k: (round(stem[k], 4) if isinstance(stem[k], float) else stem[k])
            for k in keep if k in stem}


def song(number, seed, out):
    """Writes one; its line of the index."""
    rng = np.random.default_rng([seed, number])
    piece = compose.Piece(rng, int(rng.choice([44100, 48000])))
    folder = out / f"{number:03d}-{piece.style_name}"
    if (folder / "truth.json").exists():
        return json.loads((folder / "truth.json").read_text())
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "stems").mkdir(parents=True)
    stems = parts_of(rng, piece, int(rng.integers(4, 25)))
    told = dict(names=("all", "none", "some")[rng.choice(3, p=[.4, .4, .2])],
                telling=int(rng.integers(4)), blank=int(rng.integers(4)),
                format=int(rng.integers(len(FORMATS))))
    timecode = ["timecode"] * (rng.random() < 0.15)
    for stem in stems:
        stem["done"] = fault(rng, stem) + timecode
        stem["offset_db"] = float(rng.uniform(-OFFSET_DB, OFFSET_DB))
    told["trim_db"] = trim_of([s for s in stems if "clipped" not in s["done"]]
                              or stems)
    save(rng, folder, stems, piece, told)
    healthy = [s for s in stems if s["gain_db"] is not None]
    mix = sum(panned(s["audio"], s["pan"]) for s in healthy)
    put(folder / "mix.wav", mix, piece.rate, "FLOAT")
    (folder / "engineer.json").write_text(json.dumps(dict(
        mix_lufs=round(mix_af.integrated_lufs(mix, piece.rate), 2),
        stems=setting(stems)), indent=1) + "\n")
    entry = dict(number=number, song=folder.name, style=piece.style_name,
                 bpm=round(piece.bpm, 3), rate=piece.rate,
                 key=f"{compose.truth.NAMES[piece.tonic]} {piece.mode}",
                 seconds=round(len(mix) / piece.rate, 3), names=told["names"],
                 trim_db=round(told["trim_db"], 4),
                 stems=[truth(s) for s in stems])
    (folder / "truth.json").write_text(json.dumps(entry, indent=1) + "\n")
    return entry


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("count", type=int)
    args.add_argument("--seed", type=int, default=20263)
    args.add_argument("--first", type=int, default=0)
    args = args.parse_args()
    index, begun = [], time.monotonic()
    for number in range(args.first, args.first + args.count):
        index.append(song(number, args.seed, args.out))
    (args.out / "index.json").write_text(json.dumps(index))
    print(f"{len(index)} songs, {sum(len(s['stems']) for s in index)} stems "
          f"in {args.out}, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
