#!/usr/bin/env python3
"""Finished mixes with their faders moved: who brings them back?

    bench/mix_offsets.py SONGS OUT [--seed N] [--most DB]

SONGS is what bench/mix_songs.py wrote: stems whose plain sum is the author's
mix. Writes OUT/SONG/stems/*.wav, each off by a random gain of +-12 dB, with
one gain for all that keeps them under full scale; engineer.json {"stems":
[{file, gain_db, pan}]}, where gain_db takes the offset back (bench/mix_af.py
reads it); mix.wav, a link to the author's mix. Songs with more than 12 stems
are left as they are. Needs numpy, soundfile.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np
import soundfile


def peak(path):
    """The largest sample of a file, and its rate."""
    with soundfile.SoundFile(path) as f:
        return max((float(np.abs(b).max()) for b in f.blocks(1 << 18)),
                   default=0.0), f.samplerate


def move(entry, songs, out, seed, most_db):
    """Writes one song's moved stems; its settings."""
    rng = np.random.default_rng([seed, sum(entry["song"].encode())])
    folder = out / entry["song"]
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "stems").mkdir(parents=True)
    files = [s["file"] for s in entry["stems"] if s["file"]]
    offsets = rng.uniform(-most_db, most_db, len(files))
    paths = [songs / entry["song"] / f for f in files]
    trim = min(0.0, -0.1 - max(20 * np.log10(peak(p)[0]) + o
                               for p, o in zip(paths, offsets)))
    for path, file, offset in zip(paths, files, offsets):
        x, rate = soundfile.read(path, dtype="float32", always_2d=True)
        soundfile.write(folder / file,
                        x * np.float32(10 ** ((offset + trim) / 20)), rate,
                        "PCM_24")
    (folder / "mix.wav").symlink_to((songs / entry["song"] /
                                     "mix.wav").resolve())
    return [dict(file=f, gain_db=round(float(-o - trim), 4), pan=0.0)
            for f, o in zip(files, offsets)]


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("songs", type=pathlib.Path)
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--seed", type=int, default=20264)
    args.add_argument("--most", type=float, default=12.0, metavar="DB")
    args = args.parse_args()
    for entry in json.loads((args.songs / "index.json").read_text()):
        stems = move(entry, args.songs, args.out, args.seed, args.most)
        (args.out / entry["song"] / "engineer.json").write_text(
            json.dumps(dict(stems=stems), indent=1) + "\n")
        print(f"{entry['song']}: {len(stems)} stems")


if __name__ == "__main__":
    main()
