#!/usr/bin/env python3
"""Mixes of many songs judged: faders, masking, distance to references.

    bench/mix.py STEMMA FOLDER... [--references FILE...] [--keep DIR] [--title TEXT]
                 [--engine learned|rules]

Each FOLDER holds songs as mix_songs.py, mix_offsets.py and mix_generated.py
make them: stems/, mix.wav and, where faders were moved, engineer.json (else
the faders as they are count as the engineer's). For every song:

- faders: error of the recipe's faders against the engineer's, the common
  offset removed, without a reference and with the song's own mix as one,
  beside equal loudness;
- masking: masked share (docs/measures.md) of the bass, of what leads (the lead
  vocal, else the loudest other stem of the music bus), and the mean of all
  stems, in the mix (--print-stems) beside the stems at equal loudness;
- references: audio-feature loss (mix_af.py) of plain sum, equal loudness and
  master to each reference, with the master's EQ in its +-3 dB and without
  (--unbounded).

What a song gave is kept in DIR and not computed again. Needs numpy, soundfile.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

import mix_af


ENGINE = "learned"


def stemma_mix(stemma, song, out, *more):
    done = subprocess.run([stemma, "mix", song / "stems", "--group", "-o", out, "-q", "--engine", ENGINE, *map(str, more)],
                          capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{song.name}: {done.stderr}")
    return json.loads((out / "recipe.json").read_text()), json.loads((out / "report.json").read_text())


def faders(recipe, report):
    """{file: dB from file to bus}."""
    members = {m["file"]: (m["gain_db"], g["name"]) for g in recipe.get("groups", []) for m in g["members"]}
    fader = {s["name"]: s.get("fader", {}).get("gain_db") for s in recipe["stems"]}
    out = {}
    groups = {g["name"] for g in recipe.get("groups", [])}
    for stem in report["input_analysis"]["stems"]:
        if stem["silent"] or stem["name"] in groups:
            continue
        file = stem["name"]
        gain, group = members.get(file, (0.0, pathlib.Path(file).stem))
        if fader.get(group) is not None:
            out[file] = fader[group] + gain
    for file, (gain, group) in members.items():
        if fader.get(group) is not None:
            out[file] = fader[group] + gain
    return out


def engineer(song, names):
    file = song / "engineer.json"
    if not file.exists():
        return {n: 0.0 for n in names}
    return {pathlib.Path(s["file"]).name: s["gain_db"] for s in json.loads(file.read_text())["stems"]}


# --- masking ---

def shares(stemma, files):
    """{name without ending: masked share} of stems beside each other."""
    done = subprocess.run([stemma, "stems", *map(str, files), "--json", "--no-cache"], capture_output=True, text=True)
    stems = json.loads(done.stdout)["steps"][0]["results"]["stems"]["stems"]
    return {pathlib.Path(s["name"]).stem: s["masked_share"] for s in stems}


def leader(strips):
    for strip in strips:
        if strip["role"] == "lead_vocal":
            return strip["name"]
    music = [s for s in strips if s["bus"] == "music" and s["role"] not in ("bass", "fx")]
    return max(music, key=lambda s: s["loudness"])["name"] if music else None


def at_equal_loudness(files, room):
    out = []
    for file in files:
        x, rate = mix_af.read(file)
        lufs = mix_af.integrated_lufs(x, rate)
        if lufs is not None:
            out.append(room / (pathlib.Path(file).stem + ".wav"))
            soundfile.write(out[-1], x * 10 ** ((-26 - lufs) / 20), rate, subtype="FLOAT")
    return out


def masking(stemma, song, report):
    with tempfile.TemporaryDirectory() as room:
        room = pathlib.Path(room)
        mixed, equal = room / "mixed", room / "equal"
        equal.mkdir()
        recipe, report = stemma_mix(stemma, song, mixed, "--print-stems")
        printed = sorted((mixed / "stems").glob("*.wav"))
        ours = shares(stemma, printed)
        before = shares(stemma, at_equal_loudness(printed if recipe.get("groups") else sorted((song / "stems").iterdir()), equal))
        strips = report["mixing_report"]["strips"]
        for strip in strips:
            x, rate = mix_af.read(mixed / "stems" / f"{strip['name']}.wav")
            strip["loudness"] = mix_af.integrated_lufs(x, rate)
    bass = max((s for s in strips if s["role"] == "bass"), key=lambda s: s["loudness"], default=None)
    both = sorted(set(ours) & set(before))
    out = {"all": [statistics.mean(before[n] for n in both), statistics.mean(ours[n] for n in both)]}
    for name, stem in (("bass", bass and bass["name"]), ("lead", leader(strips))):
        if stem in both:
            out[name] = [before[stem], ours[stem]]
    return out


# --- references ---

def af(stemma, song, references):
    with tempfile.TemporaryDirectory() as room:
        room = pathlib.Path(room)
        plain = mix_af.features(*mix_af.read(song / "mix.wav"))
        files = at_equal_loudness(sorted((song / "stems").iterdir()), room)
        total, rate = 0, 0
        for file in files:
            x, rate = mix_af.read(file)
            total = x if np.isscalar(total) else np.pad(total, ((0, max(0, len(x) - len(total))), (0, 0))) + \
                np.pad(x, ((0, max(0, len(total) - len(x))), (0, 0)))
        equal = mix_af.features(total, rate)
        out = {}
        for reference in references:
            want = mix_af.features(*mix_af.read(reference))
            row = [mix_af.distance(f, want)["loss"] for f in (plain, equal)]
            for flags in ([], ["--unbounded"]):
                stemma_mix(stemma, song, room / "out", "--reference", reference, *flags)
                row.append(mix_af.loss(room / "out/master.wav", reference)["loss"])
                shutil.rmtree(room / "out")
            out[pathlib.Path(reference).stem] = row
        return out


def judge(stemma, song, references, keep):
    kept = keep / f"{song.parent.name}-{song.name}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    out = {"song": song.name}
    with tempfile.TemporaryDirectory() as room:
        room = pathlib.Path(room)
        recipe, report = stemma_mix(stemma, song, room / "blind")
        got = faders(recipe, report)
        true = engineer(song, got)
        level = {s["name"]: -s["lufs"] - (3.01 if s["channels"] == 1 else 0)
                 for s in report["input_analysis"]["stems"] if not s["silent"] and s["lufs"] is not None}
        out["stems"] = len(got)
        out["blind"] = mix_af.fader_error(got, true)["mae_db"]
        out["equal"] = mix_af.fader_error({n: v for n, v in level.items() if n in got}, true)["mae_db"]
        out["guards"] = report["mixing_report"]["guards"]
        out["seconds"] = report["processing_time_seconds"]
        recipe, report = stemma_mix(stemma, song, room / "led", "--reference", song / "mix.wav")
        out["led"] = mix_af.fader_error(faders(recipe, report), true)["mae_db"]
    out["masking"] = masking(stemma, song, report)
    if references:
        out["af"] = af(stemma, song, references)
    kept.write_text(json.dumps(out, indent=1))
    return out


def table(rows, references):
    print("| song | stems | equal loudness | Stemma alone | with the mix as reference |\n|---|---|---|---|---|")
    for r in rows:
        print(f"| {r['song']} | {r['stems']} | {r['equal']:.2f} | {r['blind']:.2f} | {r['led']:.2f} |")
    mean = {k: statistics.mean(r[k] for r in rows) for k in ("equal", "blind", "led")}
    print(f"| **mean, dB** | | {mean['equal']:.2f} | {mean['blind']:.2f} ({100 * (1 - mean['blind'] / mean['equal']):.0f} % less) "
          f"| {mean['led']:.2f} |\n")
    print("Masked share, at equal loudness and in the mix:\n\n| song | all stems | bass | lead |\n|---|---|---|---|")

    def pair(m, key):
        return f"{m[key][0]:.3f}, {m[key][1]:.3f}" if key in m else "-"

    for r in rows:
        print(f"| {r['song']} | {pair(r['masking'], 'all')} | {pair(r['masking'], 'bass')} | {pair(r['masking'], 'lead')} |")
    for key in ("all", "bass", "lead"):
        pairs = [r["masking"][key] for r in rows if key in r["masking"]]
        if pairs:
            a, b = (statistics.mean(p[i] for p in pairs) for i in (0, 1))
            print(f"\n{key}: {a:.3f} to {b:.3f}, {100 * (1 - b / a):.0f} % less; lower in {sum(y < x for x, y in pairs)} of {len(pairs)}.")
    if not references:
        return
    print("\nAudio-feature loss:\n\n| song | reference | plain sum | equal loudness | master | without bounds |\n|---|---|---|---|---|---|")
    every = []
    for r in rows:
        for name, row in r.get("af", {}).items():
            every.append(row)
            print(f"| {r['song']} | {name} | " + " | ".join(f"{v:.3f}" for v in row) + " |")
    print("| **mean** | | " + " | ".join(f"{statistics.mean(row[i] for row in every):.3f}" for i in range(4)) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stemma")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--references", nargs="*", default=[])
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("mix-kept"))
    parser.add_argument("--title", default="A mix, judged")
    parser.add_argument("--engine", default=ENGINE)
    args = parser.parse_args()
    globals()["ENGINE"] = args.engine
    args.keep.mkdir(exist_ok=True)
    print(f"# {args.title}\n\nMade by `bench/mix.py`.\n")
    for folder in args.folders:
        songs = sorted(p for p in folder.iterdir() if (p / "stems").is_dir())
        rows = [judge(args.stemma, s, args.references, args.keep) for s in songs]
        print(f"## {folder.name}: {len(rows)} songs\n")
        table(rows, args.references)
        print()


if __name__ == "__main__":
    main()
