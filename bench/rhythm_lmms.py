#!/usr/bin/env python3
"""Tempo of the LMMS demo songs, whose project files state it.

    bench/rhythm_lmms.py RHYTHM_SAY FOLDER [--peers ANSWERS.json] [--rendered]

Renders the demos and shorties of the Debian package lmms-common into FOLDER
where they are not there yet (minutes each; --rendered leaves those out), and
prints the tempo found beside the one stated. Right is within 4 % of it; a
multiple by 2 is counted apart. Songs whose tempo is automated are left out,
and so is what is shorter than 30 s. A render that crashes or takes over 8
minutes is used as far as it came and marked by NAME.cut. Peers as in
rhythm.py; ANSWERS.json has to go when a song is rendered anew. The songs
judge, nothing learns from them. Needs lmms, numpy.
"""
import os
import pathlib
import re
import struct
import subprocess
import zlib

import rhythm

PROJECTS = pathlib.Path("/usr/share/lmms/projects")
RENDER_S, LEAST_S = "480", 30.0


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


def mended(wav):
    """Lets a WAV file's head say what is there; whether it did not."""
    with open(wav, "r+b") as f:
        head, size = f.read(4096), wav.stat().st_size
        if struct.unpack("<I", head[4:8])[0] == size - 8:
            return False
        data = head.index(b"data") + 8
        for at, left in ((4, size - 8), (data - 4, size - data)):
            f.seek(at)
            f.write(struct.pack("<I", left))
    return True


def render(path, wav):
    """As root lmms would take real-time priority: it may not."""
    part = wav.with_suffix(".part.wav")
    env = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    quiet = ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]
    subprocess.run(
        [*(quiet if os.geteuid() == 0 else []), "timeout", "-s", "KILL",
         RENDER_S, "lmms", "--allowroot", "render", path, "-o", part, "-f",
         "wav", "-s", "44100"], env=env, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    if part.exists():
        if mended(part):
            wav.with_suffix(".cut").touch()
        part.rename(wav)


def songs(folder, rendered):
    """Pieces as rhythm.py has them, with their length and whether cut."""
    out = []
    for path in sorted([*PROJECTS.glob("demos/**/*.mmp*"),
                        *PROJECTS.glob("shorties/*.mmp*")]):
        bpm, wav = stated(path), folder / f"{path.stem}.wav"
        if bpm is None:
            continue
        if not wav.exists() and not rendered:
            render(path, wav)
        if not wav.exists():
            continue
        length = wav.stat().st_size / (44100 * 4)
        if length >= LEAST_S:
            out.append(dict(file=wav.name, tempo_bpm=bpm, length_s=length,
                            cut=wav.with_suffix(".cut").exists()))
    return out


def row(piece, mine, others):
    """A line of the table; what is not right even by octave is bold."""
    def cell(answer):
        if answer is None:
            return "-"
        bpm = answer["bpm"]
        good = rhythm.tempo_right(bpm, piece["tempo_bpm"])
        octave = rhythm.tempo_right(bpm, piece["tempo_bpm"], (2, 0.5))
        return f"{bpm:.1f}" if good else (
            f"{bpm:.1f} (x)" if octave else f"**{bpm:.1f}**")
    said = "" if mine["has_tempo"] else " no"
    cut = " cut" if piece["cut"] else ""
    print(f"| {piece['file'][:-4]} | {piece['length_s']:.0f}{cut} | "
          f"{piece['tempo_bpm']:.0f} | {cell(mine)} | "
          f"{mine['confidence']:.2f}{said} |" +
          "".join(f" {cell(o)} |" for o in others))


def main():
    args = rhythm.arguments(__doc__)
    args.add_argument("--rendered", action="store_true")
    args = args.parse_args()
    pieces = songs(args.folder, args.rendered)
    answers = {"Stemma": rhythm.ours(args.rhythm_say, args.folder, pieces)}
    if args.peers:
        for name, got in rhythm.peer_answers(args.peers, args.folder,
                                             pieces).items():
            answers[name.split()[0]] = got
    names = list(answers)
    print("| song | s | stated | Stemma | confidence |" +
          "".join(f" {n} |" for n in names[1:]) + "\n|---|---|---|---|---|" +
          "---|" * (len(names) - 1))
    for piece in pieces:
        mine, *others = (answers[n].get(piece["file"]) for n in names)
        row(piece, mine, others)
    print("\n| | right | or its double or half |\n|---|---|---|")
    for name in names:
        got = [(answers[name][p["file"]]["bpm"], p["tempo_bpm"])
               for p in pieces if p["file"] in answers[name]]
        right = [sum(rhythm.tempo_right(*g, ratios) for g in got)
                 for ratios in ((1,), (1, 2, 0.5))]
        print(f"| {name} | {right[0]} of {len(got)} | {right[1]} |")


if __name__ == "__main__":
    main()
