#!/usr/bin/env python3
"""Choose how much the changes of chords count for bars and beats.

    training/settle.py RHYTHM_SAY MATERIAL

MATERIAL is of training/render.py and taught the network nothing. Tries the
weights of src/analysis/bar_phase.c one after the other, from the best so
far, on pieces with an even number; the others judge. Prints the sum of beat
F and downbeat F for each, and what to write.
"""
import json
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bench"))
from rhythm import f_measure  # noqa: E402

TRIED = dict(bar=(0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.9, 1.4),
             gain=(0.02, 0.05, 0.1, 0.2, 1e6), trust=(0.0, 0.03, 0.1, 0.3))


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
    best = dict(bar=0.4, gain=0.1, trust=0.03)
    for name, values in TRIED.items():
        got = {}
        for value in values:
            got[value] = scores(tool, fit, {**best, name: value}).mean(0)
            print(f"{name} {value:g}: beat F {got[value][0]:.4f}, "
                  f"downbeat F {got[value][1]:.4f}", flush=True)
        best[name] = max(got, key=lambda v: got[v].sum())
    print("chosen", best)
    for label, weights in (("without", dict(bar=0.0, gain=1e6, trust=0.0)),
                           ("with", best)):
        beat, down = scores(tool, judge, weights).mean(0)
        print(f"{len(judge)} others, {label}: beat F {beat:.4f}, "
              f"downbeat F {down:.4f}")


if __name__ == "__main__":
    main()
