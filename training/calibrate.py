#!/usr/bin/env python3
"""Fit the probabilities of tempo candidates and of "there is a tempo".

    training/calibrate.py RHYTHM_SAY MATERIAL OUT.h

MATERIAL is held-out material of training/render.py. Pieces with an even
number fit, the others judge: the reliability error printed is theirs. OUT.h
is src/analysis/tempo_fit.h.
"""
import json
import pathlib
import subprocess
import sys

import numpy as np
import scipy.optimize

RATIOS = 9
SOME = ("some", "strength", "covered", "spread")


def listen(tool, folder):
    truth = {p.stem: json.loads(p.read_text())
             for p in sorted(pathlib.Path(folder).glob("*.json"))}
    out, names = [], list(truth)
    for at in range(0, len(names), 60):
        done = subprocess.run(
            [tool, *(f"{folder}/{n}.wav" for n in names[at:at + 60])],
            check=True, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            name = pathlib.Path(answer["file"]).stem
            out.append((int(name[-5:]), truth[name], answer))
    return out


def right_ratio(truth, answer):
    """Index of the right multiple, RATIOS for none of them."""
    if truth["tempo_bpm"] is None:
        return None
    for k, (ratio, possible, _, _) in enumerate(answer["ratios"]):
        off = answer["path_bpm"] * ratio / truth["tempo_bpm"]
        if possible and abs(off - 1) <= 0.04:
            return k
    return RATIOS


def table(rows):
    """mass, grid, possible [n, 9]; extra [n, 2]; target [n]."""
    keep = [(r, right_ratio(t, a)) for _, t, a in rows
            for r in [a] if a["path_bpm"] > 0 and t["tempo_bpm"] is not None]
    ratios = np.array([a["ratios"] for a, _ in keep], float)
    possible = ratios[:, :, 1] > 0
    mass = ratios[:, :, 2]
    grid = ratios[:, :, 3] - ratios[:, :1, 3]
    extra = np.stack([np.where(possible, mass, -99).max(1),
                      [a["strength"] for a, _ in keep]], 1)
    return mass, grid, possible, extra, np.array([k for _, k in keep])


def logits(w, mass, grid, possible, extra):
    each = w[0] * mass + w[1] * grid + w[2:11]
    each = np.where(possible, each, -1e9)
    other = extra @ w[11:13] + w[13]
    return np.concatenate([each, other[:, None]], 1)


def shares(w, *data):
    z = logits(w, *data)
    p = np.exp(z - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


START = np.array([1, 0.5, 0, -1, -1, -2, -2, -2, -2, -3, -3, -1, -2, -3.0])


def fit_shares(rows):
    *data, target = table(rows)

    def loss(w):
        p = shares(w, *data)[np.arange(len(target)), target]
        return -np.log(p + 1e-9).mean() + 0.01 * np.mean((w - START) ** 2)
    w = scipy.optimize.minimize(loss, START, method="L-BFGS-B").x
    return w


def some_table(rows):
    x, y = [], []
    for _, truth, a in rows:
        if a["covered_s"] < 3:
            continue
        x.append([a["some"], a["strength"], np.log(a["covered_s"]),
                  min(1, a["spread"]), 1])
        y.append(truth["tempo_bpm"] is not None)
    return np.array(x), np.array(y, float)


SOME_START = np.array([1.0, 4.0, 0.0, -2.0, -1.0])


def fit_some(rows):
    x, y = some_table(rows)

    def loss(w):
        z = x @ w
        return np.mean(np.logaddexp(0, -z) * y + np.logaddexp(0, z) *
                       (1 - y)) + 0.003 * np.mean((w - SOME_START) ** 2)
    return scipy.optimize.minimize(loss, SOME_START).x


def reliability(said, right):
    bins = np.minimum((said * 10).astype(int), 9)
    return sum((bins == b).mean() * abs(said[bins == b].mean() -
                                        right[bins == b].mean())
               for b in range(10) if (bins == b).any())


def judge(name, w, some, rows):
    *data, target = table(rows)
    p = shares(w, *data)
    best = p[:, :RATIOS].argmax(1)
    said = np.sort(p[:, :RATIOS], 1)[:, ::-1][:, :4].ravel()
    order = np.argsort(-p[:, :RATIOS], 1)[:, :4]
    right = (order == target[:, None]).ravel()
    keep = said > 0.02
    x, y = some_table(rows)
    q = 1 / (1 + np.exp(-x @ some))
    print(f"{name}: {len(target)} pieces, right {np.mean(best == target):.3f}"
          f" (path as it is {np.mean(target == 0):.3f}, none right "
          f"{np.mean(target == RATIOS):.3f}); reliability error of "
          f"candidates {reliability(said[keep], right[keep]):.3f}, of a "
          f"tempo at all {reliability(q, y):.3f}; tempo or none right "
          f"{np.mean((q > 0.5) == y):.3f}, said of music "
          f"{np.mean(q[y > 0] > 0.5):.3f}, of the rest "
          f"{np.mean(q[y == 0] > 0.5):.3f}")


def numbers(values):
    return "{" + ", ".join(f"{v:.5f}" for v in values) + "}"


def main():
    tool, folder, out = sys.argv[1:]
    rows = listen(tool, folder)
    fit = [r for r in rows if r[0] % 2 == 0]
    test = [r for r in rows if r[0] % 2]
    w, some = fit_shares(fit), fit_some(fit)
    judge("fitted", w, some, fit)
    judge("judged", w, some, test)
    pathlib.Path(out).write_text(
        "/* Written by training/calibrate.py; see models/beat.md. */\n"
        f"static const double fit_mass = {w[0]:.5f}, fit_grid = {w[1]:.5f};\n"
        f"static const double fit_ratio[] = {numbers(w[2:11])};\n"
        "/* best mass, strength, constant: none of the multiples */\n"
        f"static const double fit_other[] = {numbers(w[11:14])};\n"
        "/* some, strength, covered, spread, constant */\n"
        f"static const double fit_some[] = {numbers(some)};\n")


if __name__ == "__main__":
    main()
