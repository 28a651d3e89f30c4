#!/usr/bin/env python3
"""Mastering speed beside matchering and two-pass ffmpeg loudnorm, paired in
one run: each round runs the three one after another.

    bench/speed.py STEMMA TRACK REFERENCE [ROUNDS]

TRACK: 4 minutes, stereo, 48 kHz. matchering comes from PyPI (pip install
matchering) for the Python that runs this. Writes bench/RESULTS-speed.md.
"""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

MATCHERING = """
import sys
import matchering as mg
mg.process(target=sys.argv[1], reference=sys.argv[2],
           results=[mg.pcm24(sys.argv[3])])
"""


def timed(args):
    """Wall seconds and peak resident MiB of a command that must succeed."""
    start = time.monotonic()
    child = subprocess.Popen([str(a) for a in args],
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    text = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        raise RuntimeError(f"{args[0]}: {text[-400:]}")
    return seconds, usage.ru_maxrss / 1024, text


def stemma_run(stemma, track, reference, work):
    return timed([stemma, "master", track, "--reference", reference, "-o",
                  work / "ours.wav", "--report", work / "report.json"])[:2]


def matchering_run(track, reference, work):
    return timed([sys.executable, "-c", MATCHERING, track, reference,
                  work / "matchering.wav"])[:2]


def loudnorm_run(track, work):
    base = ["ffmpeg", "-nostdin", "-y", "-hide_banner", "-i", track]
    first, memory, text = timed(
        base + ["-af", "loudnorm=I=-14:TP=-1:LRA=11:print_format=json", "-f",
                "null", "-"])
    got = json.loads(re.findall(r"\{[^{}]*\}", text)[-1])
    second, memory2, _ = timed(
        base + ["-af", "loudnorm=I=-14:TP=-1:LRA=11:"
                f"measured_I={got['input_i']}:measured_TP={got['input_tp']}:"
                f"measured_LRA={got['input_lra']}:"
                f"measured_thresh={got['input_thresh']}:"
                f"offset={got['target_offset']}:linear=true", "-ar", "48000",
                "-c:a", "pcm_s24le", work / "loudnorm.wav"])
    return first + second, max(memory, memory2)


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    stemma, track, reference = sys.argv[1:4]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        stemma_run(stemma, track, reference, work)  # warm the page cache
        for _ in range(rounds):
            rows.append((stemma_run(stemma, track, reference, work),
                         matchering_run(track, reference, work),
                         loudnorm_run(track, work)))
            print(["%.2f s" % r[0] for r in rows[-1]], flush=True)
    names = ("stemma master", "matchering", "ffmpeg loudnorm, two passes")
    lines = ["# Mastering speed", "",
             f"{rounds} rounds in turn on {os.cpu_count()} cores, medians; "
             "4-minute stereo, with a reference (loudnorm takes none).", "",
             "| program | seconds | peak MiB | times slower than stemma |",
             "|---|---|---|---|"]
    for i, name in enumerate(names):
        ratio = statistics.median(r[i][0] / r[0][0] for r in rows)
        lines.append(f"| {name} | {statistics.median(r[i][0] for r in rows):.2f}"
                     f" | {statistics.median(r[i][1] for r in rows):.0f}"
                     f" | {ratio:.1f} |")
    text = "\n".join(lines) + "\n"
    pathlib.Path(__file__).with_name("RESULTS-speed.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
