#!/usr/bin/env python3
"""Speed of a whole mix, stage by stage, and its DSP beside pedalboard's.

    bench/mix_speed.py STEMMA STEM.wav... [--roles LIST] [--runs N]

Mixes the stems, then renders the recipe that was written once more with each
side in turn: Stemma's strips and desk (its phases "stems" and "mixing"), and a
pedalboard script with the same settings: high-pass twice (24 dB/octave),
low-pass, each EQ and dynamic EQ band as a filter (pedalboard has no dynamic
one), compressor, gain; sends to one Reverb and one Delay; bus filters,
compressor, gain. It has no de-esser, ducks, transients or parallel bus, so it
does less. Both read the files and sum to stereo; pedalboard's stems run on a
pool of as many threads. Needs pedalboard, numpy, soundfile, GNU time.
"""
import argparse
import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pedalboard as pb
import soundfile

EQ = {"bell": pb.PeakFilter, "low_shelf": pb.LowShelfFilter, "high_shelf": pb.HighShelfFilter}


def band(move, gain_db):
    return EQ[move["type"]](cutoff_frequency_hz=move["hz"], gain_db=gain_db, q=move["q"])


def compressor(move):
    return pb.Compressor(threshold_db=move["threshold_db"], ratio=move["ratio"],
                         attack_ms=move["attack_ms"], release_ms=move["release_ms"])


def strip(stem):
    chain = []
    if "highpass" in stem:
        chain += [pb.HighpassFilter(stem["highpass"]["hz"]) for _ in range(2)]
    if "lowpass" in stem:
        chain.append(pb.LowpassFilter(stem["lowpass"]["hz"]))
    chain += [band(m, m["gain_db"]) for m in stem.get("eq", [])]
    chain += [band(m, -m["range_db"]) for m in stem.get("dynamic_eq", [])]
    if "compressor" in stem:
        chain.append(compressor(stem["compressor"]))
    chain.append(pb.Gain(stem.get("fader", {}).get("gain_db", 0)))
    return pb.Pedalboard(chain)


def bus_board(moves):
    chain = [band(m, m["gain_db"]) for m in moves.get("eq", [])]
    if "compressor" in moves:
        chain.append(compressor(moves["compressor"]))
    if "parallel" in moves:
        chain.append(compressor(moves["parallel"]))
    return pb.Pedalboard(chain + [pb.Gain(0)])


def peer(recipe, stems, threads):
    """Seconds of pedalboard for the strips and the desk."""
    begin = time.perf_counter()

    def one(stem):
        x, rate = soundfile.read(stems[stem["name"]], dtype="float32", always_2d=True)
        return strip(stem)(np.ascontiguousarray(x.T), rate), rate

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        prints = list(pool.map(one, recipe["stems"]))
    rate = prints[0][1]
    buses = {name: 0 for name in recipe["buses"]}
    sends = {"reverb": 0, "delay": 0}
    for stem, (x, _) in zip(recipe["stems"], prints):
        x = np.broadcast_to(x, (2, x.shape[1]))
        buses[stem["bus"]] = buses[stem["bus"]] + x
        for name in sends:
            if name in stem:
                sends[name] = sends[name] + x * np.float32(10 ** (stem[name]["level_db"] / 20))
    out = 0
    for name, x in buses.items():
        if not np.isscalar(x):
            out = out + bus_board(recipe["buses"][name])(x.astype(np.float32), rate)
    if not np.isscalar(sends["reverb"]):
        out = out + pb.Reverb(wet_level=1, dry_level=0)(sends["reverb"].astype(np.float32), rate)
    if not np.isscalar(sends["delay"]):
        delay = recipe["returns"]["delay"]
        out = out + pb.Delay(delay["right_ms"] / 1000, delay["feedback"], 1.0)(sends["delay"].astype(np.float32), rate)
    with tempfile.TemporaryDirectory() as room:
        soundfile.write(pathlib.Path(room) / "out.wav", np.asarray(out).T, rate, subtype="FLOAT")
    return time.perf_counter() - begin


def mix(stemma, stems, out, *more):
    """The result of a run, its wall seconds and MiB."""
    done = subprocess.run(["/usr/bin/time", "-f", "%e %M", stemma, "mix", *stems, "-o", out, "--json", "--no-cache", *more],
                          capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    wall, kib = map(float, done.stderr.strip().split("\n")[-1].split())
    return json.loads(done.stdout)["steps"][0], wall, kib / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stemma")
    parser.add_argument("stems", nargs="+")
    parser.add_argument("--roles", default="")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        out = pathlib.Path(room) / "out"
        step, wall, mib = mix(args.stemma, args.stems, out, "--roles", args.roles, "--threads", str(args.threads))
        phases = step["phases"]
        groups = {"analysis": ("hearing stems", "comparing stems", "hearing the sum", "references"),
                  "mix": ("stems", "mixing"),
                  "master and control": ("analysing", "processing", "chain", "aiming", "limiting", "dither", "control")}
        print(f"# A whole mix: speed\n\nMade by `bench/mix_speed.py` from {len(args.stems)} stems, {args.threads} threads.\n\n"
              "| | wall s |\n|---|---|")
        told = 0
        for name, words in groups.items():
            seconds = sum(phases.get(w, 0) for w in words)
            told += seconds
            print(f"| {name} | {seconds:.2f} |")
        print(f"| reading, writing and the rest | {wall - told:.2f} |\n| all | {wall:.2f} |\n\nPeak memory {mib:.0f} MiB.\n")
        recipe_file = out / "recipe.json"
        recipe = json.loads(recipe_file.read_text())
        stems = {pathlib.Path(s).stem: s for s in args.stems}
        ours, theirs = [], []
        for i in range(args.runs):
            again, _, _ = mix(args.stemma, args.stems, pathlib.Path(room) / f"again{i}", "--recipe", recipe_file,
                              "--threads", str(args.threads))
            ours.append(again["phases"].get("stems", 0) + again["phases"].get("mixing", 0))
            theirs.append(peer(recipe, stems, args.threads))
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"The recipe rendered again, {args.runs} times in turns: strips and desk {a:.2f} s, pedalboard {pb.__version__} "
              f"{b:.2f} s: {b / a:.1f} times.")


if __name__ == "__main__":
    main()
