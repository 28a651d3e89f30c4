#!/usr/bin/env python3
"""Reference matching on pairs of real tracks, beside matchering.

    bench/reference.py STEMMA CORPUS_DIR

Twelve pairs, hot references among them. Outside meters only. Writes
bench/RESULTS-reference.md. Needs matchering (PyPI) in this Python.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import outside
from speed import MATCHERING

PAIRS = (
    ("orchestra-loyalists", "orchestra-knalgan_theme"),
    ("orchestra-love_theme", "warzone-track1"),
    ("orchestra-frantic", "kart-SkyVibe-HighFrequency"),
    ("lmms-Saber-FinalStep", "warzone-track17"),
    ("lmms-Oglsdl-Dr8v2", "kart-alien_signal"),
    ("lmms-Thomasso-AxeFromThe80s", "lmms-Jousboxx-BuzzerBeater"),
    ("lmms-Settel-InnerRecreation", "crushed-loud"),
    ("warzone-track4", "crushed-loud"),
    ("kart-garden", "warzone-menu_enhanced"),
    ("kart-celtic", "orchestra-heroes_rite"),
    ("warzone-track10", "warzone-track3"),
    ("lmms-TameAnderson-MakeMe", "kart-Boom_boom_boom"),
)


def figures(path, reference_bands, top):
    samples, rate = outside.decode(path)
    return {**outside.libebur128(samples, rate),
            **outside.stereo_figures(samples),
            "rmse": outside.spectrum_rmse(
                outside.bands26(samples, rate, top), reference_bands)}


def pair_rows(stemma, track, reference, work):
    samples, rate = outside.decode(reference)
    top = min(rate, outside.decode(track)[1]) / 2
    bands = outside.bands26(samples, rate, top)
    target = {**outside.libebur128(samples, rate),
              **outside.stereo_figures(samples)}
    before = figures(track, bands, top)
    rows = {"before": before, "reference": {**target, "rmse": 0.0}}
    report = work / "report.json"
    for name, extra in (("stemma --unbounded", ["--unbounded"]),
                        ("stemma", [])):
        out = work / "ours.wav"
        done = subprocess.run(
            [stemma, "master", track, "--reference", reference, "-o", out,
             "--report", report, *extra], capture_output=True, text=True)
        if done.returncode not in (0, 3):
            raise RuntimeError(done.stderr)
        rows[name] = figures(out, bands, top)
        rows[name]["notes"] = "; ".join(
            json.loads(report.read_text())["qc_results"]["warnings"])
    out = work / "matchering.wav"
    subprocess.run([sys.executable, "-c", MATCHERING, track, reference, out],
                   check=True, capture_output=True)
    rows["matchering"] = figures(out, bands, top)
    return rows


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    stemma, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
    table = []
    lines = ["| track -> reference | what | spectrum RMSE dB | LUFS | dBTP | "
             "width | notes |", "|---|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        for a, b in PAIRS:
            rows = pair_rows(stemma, corpus / f"{a}.wav", corpus / f"{b}.wav",
                             pathlib.Path(folder))
            table.append(rows)
            for what, r in rows.items():
                lines.append(
                    f"| {a} -> {b} | {what} | {r['rmse']:.2f} | "
                    f"{r['lufs']:.2f} | {r['tp']:.2f} | {r['width']:.3f} | "
                    f"{r.get('notes', '')} |")
                print(lines[-1], flush=True)
    head = ["# Reference matching on real music", ""]
    for what in ("stemma --unbounded", "stemma", "matchering"):
        rmse = [t[what]["rmse"] for t in table]
        miss = [t[what]["lufs"] - t["reference"]["lufs"] for t in table]
        width = [abs(t[what]["width"] - t["reference"]["width"])
                 for t in table]
        head.append(
            f"- {what}: spectrum RMSE mean {np.mean(rmse):.2f} dB, worst "
            f"{max(rmse):.2f}; loudness off by at most "
            f"{max(abs(m) for m in miss):.2f} LU; width off by at most "
            f"{max(width):.3f}; highest true peak "
            f"{max(t[what]['tp'] for t in table):+.2f} dBTP.")
    text = "\n".join(head + [""] + lines) + "\n"
    pathlib.Path(__file__).with_name("RESULTS-reference.md").write_text(text)
    print("\n".join(head))


if __name__ == "__main__":
    main()
