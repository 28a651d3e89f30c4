#!/usr/bin/env python3
"""Tempo of forty tracks of game music, whose truth nobody states.

    bench/rhythm_games.py RHYTHM_SAY FOLDER [--peers ANSWERS.json]

The tracks: every music file (ogg, opus) of the Debian packages in PACKAGES,
sorted by path, without those under 30 s; of the m that are left the ones at
the places floor(i m / 40), i from 0 to 39. Decoded into FOLDER where they are
not there yet, the first 240 s of each. Prints what Stemma and the peers of
rhythm.py answer, and how far they agree: within 4 %, or within 4 % of the
other's double or half. A comparison without a goal: most may be wrong
together. Needs ffmpeg, numpy.
"""
import itertools
import pathlib
import subprocess

import numpy as np

import rhythm

PACKAGES = "wesnoth-1.16-music supertuxkart-data warzone2100-music".split()
TRACKS, LEAST_S, MOST_S = 40, 30.0, "240"
OCTAVE = (1, 2, 0.5)


def run(*args):
    return subprocess.run([str(a) for a in args], check=True,
                          capture_output=True, text=True).stdout


def seconds(path):
    return float(run("ffprobe", "-v", "error", "-show_entries",
                     "format=duration", "-of", "csv=p=0", path))


def chosen():
    """(package, path) of the forty, by the rule above."""
    found = []
    for package in PACKAGES:
        found += [(package, pathlib.Path(line))
                  for line in run("dpkg", "-L", package).splitlines()
                  if "/music/" in line and line.endswith((".ogg", ".opus"))]
    found = [f for f in sorted(found, key=lambda f: str(f[1]))
             if seconds(f[1]) >= LEAST_S]
    return [found[i * len(found) // TRACKS] for i in range(TRACKS)]


def decoded(folder):
    folder.mkdir(parents=True, exist_ok=True)
    out = []
    for package, path in chosen():
        wav = folder / f"{package.split('-')[0]}-{path.stem}.wav"
        if not wav.exists():
            run("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-t", MOST_S,
                "-ar", "44100", wav)
        out.append(dict(file=wav.name))
    return out


def agree(a, b, ratios=(1,)):
    """Either way round: 4 % of the one is not 4 % of the other."""
    return min(a, b) > 1 and (  # 0: no tempo
        rhythm.tempo_right(a, b, ratios) or rhythm.tempo_right(b, a, ratios))


def rows(pieces, answers):
    names = list(answers)
    print("| track | Stemma | confidence | " + " | ".join(names[1:]) +
          " | agree with Stemma |\n|---|---|---|" + "---|" * len(names))
    for piece in pieces:
        mine, *others = (answers[n][piece["file"]] for n in names)
        with_us = sum(agree(mine["bpm"], o["bpm"], OCTAVE) for o in others)
        said = f"{mine['bpm']:.1f}" if mine["has_tempo"] else "none"
        print(f"| {piece['file'][:-4]} | {said} | {mine['confidence']:.2f} | "
              + " | ".join(f"{o['bpm']:.1f}" for o in others) +
              f" | {with_us} of {len(others)} |")


def pairs(pieces, answers):
    """Tracks of the forty on which two agree; with octaves in brackets."""
    names = list(answers)
    print("\n| agree, of " + str(len(pieces)) + " | " + " | ".join(names) +
          " |\n|---|" + "---|" * len(names))
    for a in names:
        cells = []
        for b in names:
            bpm = [(answers[a][p["file"]]["bpm"], answers[b][p["file"]]["bpm"])
                   for p in pieces]
            cells.append("-" if a == b else
                         f"{sum(agree(x, y) for x, y in bpm)} "
                         f"({sum(agree(x, y, OCTAVE) for x, y in bpm)})")
        print(f"| {a} | " + " | ".join(cells) + " |")


def company(pieces, answers):
    """On how many tracks at least half of the others agree with each."""
    names = list(answers)
    print("\n| | at least half of the others agree | or an octave away |"
          "\n|---|---|---|")
    for a in names:
        count = [0, 0]
        for p in pieces:
            bpm = [answers[n][p["file"]]["bpm"] for n in names if n != a]
            mine = answers[a][p["file"]]["bpm"]
            for k, ratios in enumerate(((1,), OCTAVE)):
                count[k] += 2 * sum(agree(mine, b, ratios)
                                    for b in bpm) >= len(bpm)
        print(f"| {a} | {count[0]} | {count[1]} |")


def share(pieces, answers, pairs_of):
    """Percent of pairs that agree, and with octaves, as two cells."""
    bpm = [(answers[a][p["file"]]["bpm"], answers[b][p["file"]]["bpm"])
           for p in pieces for a, b in pairs_of]
    return " | ".join(
        f"{100 * np.mean([agree(x, y, ratios) for x, y in bpm]):.0f} %"
        if bpm else "-" for ratios in ((1,), OCTAVE))


def by_confidence(pieces, answers):
    """What Stemma's confidence says of how clear a tempo is to the others."""
    others = list(answers)[1:]
    among = list(itertools.combinations(others, 2))
    print("\n| Stemma's confidence | tracks | answers of the others that agree"
          " with it | or octave | pairs of the others that agree | or octave |"
          "\n|---|---|---|---|---|---|")
    mine = answers["Stemma"]
    for name, low, high in (("no tempo", -1, 0), ("under 0.5", 0, 0.5),
                            ("0.5 to 0.9", 0.5, 0.9), ("over 0.9", 0.9, 2)):
        some = [p for p in pieces if low <= (
            mine[p["file"]]["confidence"] if mine[p["file"]]["has_tempo"]
            else -1) < high]
        said = "- | -" if high == 0 else share(
            some, answers, [("Stemma", o) for o in others])
        print(f"| {name} | {len(some)} | {said} | "
              f"{share(some, answers, among)} |")


def main():
    args = rhythm.arguments(__doc__).parse_args()
    pieces = decoded(args.folder)
    answers = {"Stemma": rhythm.ours(args.rhythm_say, args.folder, pieces)}
    if args.peers:
        for name, got in rhythm.peer_answers(args.peers, args.folder,
                                             pieces).items():
            answers[name.split()[0]] = got
    rows(pieces, answers)
    silent = sum(not a["has_tempo"] for a in answers["Stemma"].values())
    print(f"\nStemma said of {silent} of {len(pieces)} that they have no "
          "tempo.")
    pairs(pieces, answers)
    company(pieces, answers)
    by_confidence(pieces, answers)


if __name__ == "__main__":
    main()
