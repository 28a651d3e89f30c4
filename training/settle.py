#!/usr/bin/env python3
"""Choose how much the changes of chords count for bars and beats.

    training/settle.py RHYTHM_SAY MATERIAL

MATERIAL is of training/render.py and taught the network nothing. Tries
weights of src/analysis/bar_phase.c on pieces with an even number, first that
of bars, then those of half a beat's move, which only a few pieces in a
hundred need: look at several folders, and prefer the middle of a plateau.
The others judge the ones the program has. Prints beat F and downbeat F.
"""
import json
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bench"))
from rhythm import f_measure  # noqa: E402

BARS = (0.0, 0.4, 0.8, 1.4, 2.0, 3.0)
MOVES = [(1e6, 0.0)] + [(g, t) for g in (0.1, 0.2, 0.3, 0.4)
                        for t in (0.03, 0.1, 0.3)]
CHOSEN = dict(bar=1.4, gain=0.3, trust=0.1)


def hear(tool, files, weights):
    out = {}
    for at in range(0, len(files), 60):
        done = subprocess.run(
            [tool, "--weights", *(str(w) for w in weights.values()),
             *map(str, files[at:at + 60])],
            check=True, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            out[pathlib.Path(answer["file"]).stem] = answer["beats"]
    return out


def scores(tool, pieces, weights):
    """[pieces, 2]: beat F, downbeat F."""
    heard = hear(tool, [wav for wav, _ in pieces], weights)
    rows = []
    for wav, truth in pieces:
        beats = heard[wav.stem]
        rows.append((f_measure([b[0] for b in beats], truth["beats_s"]),
                     f_measure([b[0] for b in beats if b[1] == 1],
                               truth["downbeats_s"])))
    return np.array(rows)


def main():
    tool, folder = sys.argv[1:]
    pieces = []
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        truth = json.loads(path.read_text())
        if truth["beats_s"]:
            pieces.append((path.with_suffix(".wav"), truth))
    fit = [p for p in pieces if int(p[0].stem[-5:]) % 2 == 0]
    judge = [p for p in pieces if int(p[0].stem[-5:]) % 2 == 1]
    tried = [dict(bar=b, gain=1e6, trust=0.0) for b in BARS]
    tried += [dict(bar=CHOSEN["bar"], gain=g, trust=t) for g, t in MOVES]
    for part, rows in (("fit", tried), ("judge", [tried[0], CHOSEN])):
        for weights in rows:
            beat, down = scores(tool, fit if part == "fit" else judge,
                                weights).mean(0)
            print(f"{part} {weights}: beat F {beat:.4f}, "
                  f"downbeat F {down:.4f}", flush=True)


if __name__ == "__main__":
    main()
