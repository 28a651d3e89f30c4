#!/usr/bin/env python3
"""Tempo of the LMMS demo songs, whose project files state it.

    bench/rhythm_lmms.py RHYTHM_SAY FOLDER [--rendered]

Renders the demos of the Debian package lmms-common into FOLDER where they are
not there yet (minutes each; --rendered leaves those out), and prints the tempo found beside the one
stated. Right is within 4 % of it; a multiple by 2 is counted apart. Songs
whose tempo changes (automation) are left out. They judge, nothing learns from
them. Needs lmms, numpy.
"""
import os
import pathlib
import re
import struct
import subprocess
import sys
import zlib

import rhythm

PROJECTS = pathlib.Path("/usr/share/lmms/projects")


def xml_of(path):
    data = path.read_bytes()
    if path.suffix == ".mmpz":
        data = zlib.decompress(data[4:4 + len(data)])
    return data.decode("utf-8", "replace")


def stated(path):
    """BPM, or None where it is automated."""
    head = re.search(r"<head\b.*?(/>|</head>)", xml_of(path), re.S).group(0)
    simple = re.search(r'\bbpm="([\d.]+)"', head)
    return float(simple.group(1)) if simple else None


def render(path, wav):
    env = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    subprocess.run(["lmms", "--allowroot", "render", path, "-o", wav, "-f",
                    "wav", "-s", "44100"], env=env, timeout=900,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    tool, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    pieces = []
    for path in sorted([*PROJECTS.glob("demos/**/*.mmp*"),
                        *PROJECTS.glob("shorties/*.mmp*")]):
        bpm, wav = stated(path), folder / f"{path.stem}.wav"
        if bpm is None:
            continue
        if not wav.exists() and "--rendered" not in sys.argv:
            render(path, wav)
        if wav.exists() and wav.stat().st_size > 44100 * 4 * 8:
            pieces.append(dict(file=wav.name, tempo_bpm=bpm))
    answers = rhythm.ours(tool, folder, pieces)
    peers = {name.split()[0]: rhythm.run_peer(peer, folder, pieces)[0]
             for name, peer in rhythm.peers().items()}
    print("| song | stated | Stemma | confidence | " +
          " | ".join(peers) + " |\n|---|---|---|---|" + "---|" * len(peers))
    right = {name: [0, 0] for name in ("Stemma", *peers)}
    for piece in pieces:
        mine = answers[piece["file"]]
        row = [("Stemma", mine["bpm"])] + [
            (n, p[piece["file"]]["bpm"]) for n, p in peers.items()]
        for name, bpm in row:
            right[name][0] += rhythm.tempo_right(bpm, piece["tempo_bpm"])
            right[name][1] += rhythm.tempo_right(bpm, piece["tempo_bpm"],
                                                 (1, 2, 0.5))
        cells = [f"{b:.1f}" for _, b in row]
        print(f"| {piece['file'][:-4]} | {piece['tempo_bpm']:.0f} | "
              f"{cells[0]} | {mine['confidence']:.2f} | "
              f"{' | '.join(cells[1:])} |")
    for name, (one, two) in right.items():
        print(f"{name}: {one} of {len(pieces)}, {two} with octaves")


if __name__ == "__main__":
    main()
