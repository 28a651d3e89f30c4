#!/usr/bin/env python3
"""Master every track of a folder to five loudness targets; measure the files
written with libebur128 and ffmpeg, and compare with what the report says.

    bench/targets.py STEMMA CORPUS_DIR [WORK_DIR] [LIMIT]

Writes bench/RESULTS-targets.md. Needs numpy, ffmpeg and libebur128-1.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import outside

TARGETS = (-23, -16, -14, -10, -8)
CEILING = -1.0
# ffmpeg prints peaks to 0.001 of full scale: half a step at -1 dBTP.
FFMPEG_STEP_DB = 0.0049


def master(stemma, track, target, work):
    """(report, written path, preview paths) of one run."""
    out = work / "out.wav"
    report = work / "report.json"
    result = subprocess.run(
        [stemma, "master", track, "-o", out, "--lufs", str(target),
         "--ceiling", str(CEILING), "--report", report, "--preview"],
        capture_output=True, text=True)
    if result.returncode not in (0, 3):
        raise RuntimeError(f"{track.name} {target}: {result.stderr.strip()}")
    return json.loads(report.read_text()), out


def held_by(report):
    """The bound that the report names when it stops short, or ''."""
    text = json.dumps(report.get("bounds", [])) + " ".join(
        report["qc_results"]["warnings"])
    return text if len(text) > 2 else ""


def check(report, out, target):
    """One row: outside figures and the list of faults."""
    samples, rate = outside.decode(out)
    ebu = outside.libebur128(samples, rate)
    stereo = outside.stereo_figures(samples)
    ours = report["mastering_report"]
    faults = []
    tp_ffmpeg = outside.ffmpeg_true_peak(out)
    if ebu["tp"] > CEILING:
        faults.append(f"libebur128 {ebu['tp']:.2f} dBTP")
    if tp_ffmpeg > CEILING + FFMPEG_STEP_DB:
        faults.append(f"ffmpeg {tp_ffmpeg:.2f} dBTP")
    on_target = abs(ebu["lufs"] - target) <= 0.1
    if not on_target and not held_by(report):
        faults.append(f"{ebu['lufs']:.2f} LUFS and no bound named")
    if stereo["correlation"] < 0.1 - 1e-3:
        faults.append(f"correlation {stereo['correlation']:.3f}")
    if abs(ours["lufs_integrated"] - ebu["lufs"]) > 0.1:
        faults.append("report and libebur128 differ in loudness")
    checks = report["qc_results"]["checks"]
    if checks["true_peak_safe"] and ebu["tp"] > CEILING:
        faults.append("QC passed a true peak that libebur128 fails")
    if checks["lufs_in_range"] and abs(ebu["lufs"] - target) > 0.5:
        faults.append("QC passed a loudness that libebur128 fails")
    for kind in ("ab.mp3", "preview.opus"):
        preview = out.with_name(f"{out.name}.{kind}")
        if preview.exists():
            p_samples, p_rate = outside.decode(preview)
            peak = outside.libebur128(p_samples, p_rate)["tp"]
            if peak > CEILING:
                faults.append(f"{kind} {peak:.2f} dBTP")
    rounds = report.get("qc_rounds", 0)
    if rounds > 3:
        faults.append(f"{rounds} QC rounds")
    return {"lufs": ebu["lufs"], "tp": ebu["tp"], "tp_ffmpeg": tp_ffmpeg,
            "on_target": on_target, "rounds": rounds, "faults": faults,
            **stereo}


def row_text(name, target, row):
    held = "yes" if row["on_target"] else "bound"
    fault = "; ".join(row["faults"]) or "-"
    return (f"| {name} | {target} | {row['lufs']:.2f} | {held} | "
            f"{row['tp']:.2f} | {row['tp_ffmpeg']:.2f} | "
            f"{row['correlation']:.2f} | {row['rounds']} | {fault} |")


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    stemma, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
    tracks = sorted(corpus.glob("*.wav"))
    if len(sys.argv) > 4:
        tracks = tracks[::max(1, len(tracks) // int(sys.argv[4]))]
    lines = ["| track | target LUFS | LUFS | on target | dBTP libebur128 | "
             "dBTP ffmpeg | correlation | QC rounds | faults |",
             "|---|---|---|---|---|---|---|---|---|"]
    rows = []
    with tempfile.TemporaryDirectory(
            dir=sys.argv[3] if len(sys.argv) > 3 else None) as folder:
        work = pathlib.Path(folder)
        for track in tracks:
            for target in TARGETS:
                report, out = master(stemma, track, target, work)
                row = check(report, out, target)
                rows.append(row)
                lines.append(row_text(track.stem, target, row))
                print(lines[-1], flush=True)
    bad = sum(bool(r["faults"]) for r in rows)
    on = sum(r["on_target"] for r in rows)
    head = (f"# Loudness targets on real music\n\n{len(tracks)} tracks x "
            f"{len(TARGETS)} targets at {CEILING} dBTP: {len(rows)} files, "
            f"{on} within 0.1 LU of the target, {len(rows) - on} held by a "
            f"named bound, {bad} with a fault. Worst true peak "
            f"{max(r['tp'] for r in rows):.2f} dBTP (libebur128), "
            f"{max(r['tp_ffmpeg'] for r in rows):.2f} (ffmpeg). Mean QC "
            f"rounds {np.mean([r['rounds'] for r in rows]):.2f}.\n\n")
    path = pathlib.Path(__file__).with_name("RESULTS-targets.md")
    path.write_text(head + "\n".join(lines) + "\n")
    print(head)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
