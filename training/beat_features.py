#!/usr/bin/env python3
"""Dump what the network hears of all material that is there, at two hops.

    training/beat_features.py RHYTHM_DUMP MATERIAL FEATURES

Each piece once as it is and once stretched by up to a fifth (the hop is the
piece's own: a tempo stays within 50 to 215 BPM).
"""
import pathlib
import subprocess
import sys

import numpy as np

from beat_net import read_truth

HOPS = (371, 389, 404, 421, 463, 481, 503, 524)


def hop_of(name, truth):
    rng = np.random.default_rng([int(name[-5:]), 3])
    bpm = truth["tempo_bpm"] or 100
    fits = [h for h in HOPS if 53 < bpm * h / 441 < 208]
    return int(rng.choice(fits or [421 if bpm > 100 else 463]))


def main():
    tool, material, features = sys.argv[1:]
    jobs = {}
    for path in sorted(pathlib.Path(material).glob("*.json")):
        hops = [441]
        if not path.stem.startswith("held"):
            hops.append(hop_of(path.stem, read_truth(path)))
        for hop in hops:
            if not (pathlib.Path(features) /
                    f"{path.stem}.{hop}.bin").exists():
                jobs.setdefault(hop, []).append(
                    str(path.with_suffix(".wav")))
    for hop, files in jobs.items():
        subprocess.run([tool, features, str(hop), *files], check=True)


if __name__ == "__main__":
    main()
