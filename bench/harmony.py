#!/usr/bin/env python3
"""Key, chords and sections on pieces whose truth is known.

    bench/harmony.py TRUTH_FOLDER HARMONY_DUMP [--beats | --heard RHYTHM_SAY]
        [--cut] [--peer [STEP]] [--material PREFIX]

TRUTH_FOLDER is made by bench/truth.py. --beats gives the true beats to the
analysis, --heard those that `analyze` hears (else chords stand on half-second
steps); --cut judges keys only, of
each piece without its first one to three and last one or two chords, because
all pieces of truth.py begin and end on the tonic; --peer also runs librosa's
chroma_cqt with the Krumhansl-Kessler templates on each STEPth piece; --material judges the
PREFIX*.wav and .json of a folder instead. Needs numpy (librosa, soundfile).
"""
import argparse
import collections
import json
import pathlib
import subprocess
import tempfile

import numpy as np

PITCH = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NAMES = "C C# D Eb E F F# G Ab A Bb B".split()
MAJOR = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88]
MINOR = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17]


def pitch_of(name):
    return (PITCH[name[0]] + name.count("#") - name[1:].count("b")) % 12


def key_of(name):
    if name in (None, "none"):
        return None
    tonic, mode = name.split()
    return pitch_of(tonic) * 2 + (mode == "minor")


def mirex(said, truth):
    """As mir_eval.key.weighted_score."""
    if said is None or truth is None:
        return float(said == truth)
    if said == truth:
        return 1.0
    if said % 2 == truth % 2:
        return 0.5 if (said // 2 - truth // 2) % 12 == 7 else 0.0
    if said // 2 == truth // 2:
        return 0.2
    up = 9 if truth % 2 == 0 else 3
    return 0.3 if (truth // 2 + up) % 12 == said // 2 else 0.0


def chord_of(name):
    """(root, third) or None; the third is 3, 4 or None (sus)."""
    if name in ("N", "X"):
        return None
    root, _, kind = name.partition(":")
    third = None if kind.startswith("sus") else (
        3 if kind[:3] in ("min", "dim", "hdi") else 4)
    return pitch_of(root), third


def overlap(said, truth, start, end):
    """Seconds in all, of right roots, of right roots and thirds, sampled."""
    at = np.arange(start, end, 0.02)

    def look(rows):
        starts = np.array([r[0] for r in rows])
        return [rows[i][2] for i in np.searchsorted(starts, at, "right") - 1]
    right = collections.Counter()
    names = {}
    for ours, theirs in zip(look(said), look(truth)):
        for n in (ours, theirs):
            if n not in names:
                names[n] = chord_of(n)
        a, b = names[ours], names[theirs]
        right["all"] += 1
        same_root = (a is None) == (b is None) and (a is None or a[0] == b[0])
        right["root"] += same_root
        if b is None or b[1] is not None:
            right["judged"] += 1
            right["third"] += same_root and (a is None or a[1] == b[1])
    return right


def boundary_f(said, truth, window=3.0):
    """Inner boundaries matched one to one."""
    a, b = [r[0] for r in said[1:]], [r[0] for r in truth[1:]]
    if not a or not b:
        return float(not a and not b)
    used, hits = set(), 0
    for t in a:
        near = [(abs(t - u), i) for i, u in enumerate(b)
                if i not in used and abs(t - u) <= window]
        if near:
            used.add(min(near)[1])
            hits += 1
    return 2 * hits / (len(a) + len(b))


def pair_f(said, truth, start, end):
    """F of pairs of moments with equal labels (sampled twice a second)."""
    at = np.arange(start, end, 0.5)

    def look(rows):
        starts = np.array([r[0] for r in rows])
        names = [rows[i][2] for i in np.searchsorted(starts, at, "right") - 1]
        return np.array(names)[:, None] == np.array(names)[None]
    a, b = look(said), look(truth)
    both = (a & b).sum() - len(at)
    return 2 * both / max(1, a.sum() + b.sum() - 2 * len(at))


def pieces_of(folder, prefix):
    if not prefix:
        return [dict(t, path=str(folder / t["file"]))
                for t in json.loads((folder / "index.json").read_text())]
    out = []
    for path in sorted(folder.glob(prefix + "*.json")):
        out.append(dict(json.loads(path.read_text()),
                        path=str(path.with_suffix(".wav"))))
    return out


def heard_beats(tool, pieces):
    """Times, and whether a bar begins, of each piece, by rhythm_say."""
    out = []
    for i in range(0, len(pieces), 50):
        for line in subprocess.run(
                [tool] + [t["path"] for t in pieces[i:i + 50]], check=True,
                capture_output=True, text=True).stdout.splitlines():
            out.append([(b, p == 1) for b, p in json.loads(line)["beats"]])
    return out


def true_beats(piece):
    strong = set(piece["downbeats_s"])
    return [(b, b in strong) for b in piece["beats_s"]]


def run_ours(pieces, dump, beats):
    """beats: a list of (time, strong) for each piece, or None."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for t, known in zip(pieces, beats or []):
            if known:
                (folder / (pathlib.Path(t["path"]).stem + ".beats")).write_text(
                    "".join(f"{b:.6f} {int(strong)}\n"
                            for b, strong in known))
        lines = []
        for i in range(0, len(pieces), 50):
            lines += subprocess.run(
                [dump, "tell", folder] + [t["path"] for t in pieces[i:i + 50]],
                check=True, capture_output=True, text=True).stdout.splitlines()
        said = [json.loads((folder / (pathlib.Path(t["path"]).stem +
                                      ".said.json")).read_text())
                for t in pieces]
    for s, line in zip(said, lines):
        s["cpu_s"], s["finish_s"] = map(float, line.split()[1:])
    return said


def run_cut(pieces, dump):
    """Keys of the pieces without the chords at their ends."""
    import soundfile
    said = []
    for at in range(0, len(pieces), 25):
        with tempfile.TemporaryDirectory() as folder:
            cut = []
            for i, t in enumerate(pieces[at:at + 25], at):
                x, rate = soundfile.read(t["path"], dtype="float32")
                start = int(t["chords"][1 + i % 3][0] * rate)
                end = int(t["chords"][-2 - i % 2][0] * rate)
                cut.append(dict(t, path=f"{folder}/{i:05d}.wav"))
                soundfile.write(cut[-1]["path"], x[start:end], rate)
            said += run_ours(cut, dump, False)
    return said


def edge_key(said, which):
    """The first (0) or last (-1) chord taken for the key."""
    chords = [chord_of(c[2]) for c in said["chords"] if c[2] != "N"]
    return chords[which][0] * 2 + (chords[which][1] == 3) if chords else None


def peer_key(path):
    import librosa
    x, rate = librosa.load(path, sr=22050)
    chroma = librosa.feature.chroma_cqt(y=x, sr=rate).mean(1)
    scores = [np.corrcoef(np.roll(t, tonic), chroma)[0, 1]
              for tonic in range(12) for t in (MAJOR, MINOR)]
    return int(np.argmax(scores))


def reliability(sure, right, bins=10):
    """Mean distance of confidence and accuracy over bins, weighted."""
    sure, right = np.array(sure), np.array(right, float)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return sum(abs(sure[place == b].mean() - right[place == b].mean()) *
               (place == b).mean() for b in range(bins) if (place == b).any())


def key_table(pieces, keys):
    rows = []
    for k in range(24):
        mine = [a == k for a, t in zip(keys, pieces) if key_of(t["key"]) == k]
        if mine:
            rows.append((f"{NAMES[k // 2]} {'minor' if k % 2 else 'major'}",
                         len(mine), np.mean(mine)))
    return rows


def report(name, pieces, keys):
    keyed = [i for i, t in enumerate(pieces) if key_of(t["key"]) is not None]
    right = [keys[i] == key_of(pieces[i]["key"]) for i in keyed]
    score = [mirex(keys[i], key_of(pieces[i]["key"])) for i in keyed]
    table = key_table(pieces, keys)
    print(f"## {name}\n\n- {len(keyed)} pieces with a key: right "
          f"{np.mean(right):.3f}, MIREX weighted {np.mean(score):.3f}, "
          f"least of a key {min(r[2] for r in table):.2f}")
    others = [keys[i] is None for i in range(len(pieces)) if i not in keyed]
    if others:
        print(f"- {len(others)} without a key: said so {np.mean(others):.3f}")
    print("\n| key | pieces | right |\n|---|---|---|")
    for row in table:
        print("| %s | %d | %.2f |" % row)
    wrong = collections.Counter()
    for i in keyed:
        a, b = keys[i], key_of(pieces[i]["key"])
        wrong["none said" if a is None else
              {1.0: "right", 0.5: "fifth above", 0.3: "relative",
               0.2: "parallel"}.get(mirex(a, b), "other")] += 1
    print("\n" + ", ".join(f"{k} {v}" for k, v in wrong.most_common()) + "\n")


def report_rest(pieces, said):
    sums, sections, labels = collections.Counter(), [], []
    for t, s in zip(pieces, said):
        if not t["chords"] or key_of(t["key"]) is None or not s["chords"]:
            continue
        start, end = t["chords"][0][0], t["chords"][-1][1]
        sums += overlap(s["chords"], t["chords"], start, end)
        sections.append(boundary_f(s["sections"], t["sections"]))
        labels.append(pair_f(s["sections"], t["sections"], start, end))
    print(f"- chords: root {sums['root'] / sums['all']:.3f}, major/minor "
          f"{sums['third'] / sums['judged']:.3f} of the time")
    print(f"- sections: boundaries F at 3 s {np.mean(sections):.3f}, "
          f"labels (pairs of moments) F {np.mean(labels):.3f}")
    keyed = [(s["key_confidence"], s["keys"] and
              key_of(s["keys"][0][0]) == key_of(t["key"]))
             for t, s in zip(pieces, said) if s["keys"]]
    sure, right = zip(*keyed)
    half = lambda i: reliability(sure[i::2], [bool(r) for r in right[i::2]])
    print(f"- key confidence: mean {np.mean(sure):.3f}, right "
          f"{np.mean([bool(r) for r in right]):.3f}, reliability error of the "
          f"two halves {half(0):.3f} {half(1):.3f}, of all "
          f"{reliability(sure, [bool(r) for r in right]):.3f}")
    seconds = sum(s["seconds"] for s in said)
    print(f"- processor time for 4 minutes: {240 / seconds * sum(s['cpu_s'] for s in said):.3f} s, "
          f"beyond transforms {240 / seconds * sum(s['finish_s'] for s in said):.3f} s\n")


def keys_of(said):
    return [key_of(s["keys"][0][0]) if s["keys"] else None for s in said]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("folder", type=pathlib.Path)
    args.add_argument("dump")
    args.add_argument("--beats", action="store_true")
    args.add_argument("--heard", metavar="RHYTHM_SAY")
    args.add_argument("--cut", action="store_true")
    args.add_argument("--peer", type=int, nargs="?", const=1)
    args.add_argument("--material", metavar="PREFIX")
    args = args.parse_args()
    pieces = pieces_of(args.folder, args.material)
    if args.cut:
        report("Stemma, ends cut off", pieces,
               keys_of(run_cut(pieces, args.dump)))
        return
    beats, by = None, ""
    if args.beats:
        beats, by = [true_beats(t) for t in pieces], " with the true beats"
    elif args.heard:
        beats, by = heard_beats(args.heard, pieces), " with its own beats"
    said = run_ours(pieces, args.dump, beats)
    report("Stemma" + by, pieces, keys_of(said))
    report_rest(pieces, said)
    keyed = [(s, key_of(t["key"])) for s, t in zip(said, pieces)
             if key_of(t["key"]) is not None]
    for which, name in ((0, "first"), (-1, "last")):
        print(f"- taking the {name} chord for the key would be right: %.3f" %
              np.mean([edge_key(s, which) == k for s, k in keyed]))
    if args.peer:
        some = pieces[::args.peer]
        print()
        report("librosa chroma_cqt, Krumhansl-Kessler", some,
               [peer_key(t["path"]) for t in some])
        report("Stemma on the same pieces", some, keys_of(said[::args.peer]))


if __name__ == "__main__":
    main()
