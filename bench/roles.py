#!/usr/bin/env python3
"""The ear for roles on sound sources it never learned from.

    roles.py make DIR            render the judging stems (roles_judge.py)
    roles.py judge DIR DUMP      run build/bench/role_dump, print the tables
    roles.py lmms STEMS DUMP     the labelled stems of bench/lmms_roles.csv
                                 (rendered by: lmms rendertracks)
"""
import csv
import pathlib
import subprocess
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

ROLES = ["kick", "snare", "hats", "cymbals", "toms", "percussion", "drums_bus",
         "bass", "keys", "guitar", "synth", "strings", "brass", "woodwind",
         "lead_vocal", "backing_vocal", "fx", "full_mix"]
GROUPS = {"drums": ROLES[:7], "bass": ["bass"], "keys guitar synth":
          ROLES[8:11], "strings brass woodwind": ROLES[11:14],
          "vocal": ROLES[14:16], "fx": ["fx"], "full_mix": ["full_mix"]}
GROUP = {r: g for g, roles in GROUPS.items() for r in roles}


def make(folder):
    import roles_judge
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "list.csv", "w", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(["file", "role", "source", "detail"])
        for i, (role, source, detail, x) in enumerate(roles_judge.all_stems()):
            peak = np.abs(x).max()
            if peak < 1e-4:
                continue
            (0.5 * x / peak).astype("<f4").tofile(folder / f"{i:04d}.f32")
            rows.writerow([f"{i:04d}.f32", role, source, detail])


def heard(dump, files):
    """(role, confidence, ms, probabilities, embedding) of each file."""
    out = []
    for a in range(0, len(files), 200):
        text = subprocess.run([dump, *map(str, files[a:a + 200])], check=True,
                              capture_output=True, text=True).stdout
        for line in text.splitlines():
            word = line.split()
            out.append((word[0], float(word[1]), float(word[2]),
                        np.array(word[4:22], float), np.array(word[22:],
                                                              float)))
    return out


def share(pairs):
    return f"{100 * sum(pairs) / max(1, len(pairs)):5.1f} % of {len(pairs)}"


def tables(rows, answers):
    true = [r["role"] for r in rows]
    said = [a[0] for a in answers]
    same = [t == s for t, s in zip(true, said)]
    group = [GROUP[t] == GROUP.get(s) for t, s in zip(true, said)]
    print(f"\nroles {share(same)}; groups {share(group)}\n")
    by_group = [np.mean([g for t, g in zip(true, group) if GROUP[t] == name])
                for name in GROUPS if any(GROUP[t] == name for t in true)]
    print(f"mean of the groups: {100 * np.mean(by_group):.1f} %\n")
    print("| source | stems | roles | groups |\n|---|---|---|---|")
    for source in dict.fromkeys(r["source"] for r in rows):
        at = [i for i, r in enumerate(rows) if r["source"] == source]
        print(f"| {source} | {len(at)} | {np.mean([same[i] for i in at]):.3f} "
              f"| {np.mean([group[i] for i in at]):.3f} |")
    print("\n| group: true \\ heard |", " | ".join(GROUPS), "| right |")
    print("|---" * (len(GROUPS) + 2) + "|")
    for g in GROUPS:
        line = [sum(GROUP[t] == g and GROUP.get(s) == h for t, s in
                    zip(true, said)) for h in GROUPS]
        if sum(line):
            print(f"| {g} |", " | ".join(map(str, line)),
                  f"| {line[list(GROUPS).index(g)] / sum(line):.2f} |")
    short = [r[:5] for r in ROLES]
    print("\n| role |", " | ".join(short), "|\n" + "|---" * 19 + "|")
    for r in ROLES:
        line = [sum(t == r and s == h for t, s in zip(true, said))
                for h in ROLES]
        if sum(line):
            print(f"| {r} |", " | ".join(str(v or "") for v in line), "|")
    reliability(answers, same)
    print(f"\nnetwork, all looks of a stem: median "
          f"{np.median([a[2] for a in answers]):.1f} ms, longest "
          f"{max(a[2] for a in answers):.1f} ms")


def reliability(answers, same):
    """Confidence beside how often it was right."""
    sure = np.array([a[1] for a in answers])
    same = np.array(same, float)
    error = 0.0
    print("\n| confidence | stems | mean | right |\n|---|---|---|---|")
    for low in np.arange(0, 1, 0.2):
        at = (sure >= low) & (sure < low + 0.2 + 1e-6 * (low > 0.7))
        if at.any():
            error += at.sum() * abs(sure[at].mean() - same[at].mean())
            print(f"| {low:.1f}-{low + 0.2:.1f} | {at.sum()} | "
                  f"{sure[at].mean():.2f} | {same[at].mean():.2f} |")
    print(f"\nexpected calibration error {error / len(same):.3f}")


def neighbours(rows, answers):
    """Embedding: is the nearest stem of another source of the same group?"""
    e = np.stack([a[4] for a in answers])
    near = e @ e.T
    source = np.array([r["source"] for r in rows])
    near[source[:, None] == source[None]] = -2
    best = near.argmax(1)
    hit = [GROUP[rows[i]["role"]] == GROUP[rows[j]["role"]]
           for i, j in enumerate(best)]
    print(f"\nnearest stem of another source by the embedding is of the same "
          f"group: {share(hit)}")


def judge(folder, dump):
    folder = pathlib.Path(folder)
    rows = list(csv.DictReader(open(folder / "list.csv", newline="")))
    answers = heard(dump, [folder / r["file"] for r in rows])
    tables(rows, answers)
    neighbours(rows, answers)


def raw(path):
    """A stem as role_dump wants it, beside the file. LMMS writes a few samples
    of garbage (1e20) near the start of some stems: beyond 8 reads as 0."""
    import soundfile
    from scipy.signal import resample_poly
    out = path.with_suffix(".f32")
    if not out.exists():
        x, rate = soundfile.read(path, dtype="float32", always_2d=True)
        x = np.where(np.abs(x) <= 8, x, 0).mean(1)
        resample_poly(x, 1, rate // 22050).astype("<f4").tofile(out)
    return out


def lmms(stems, dump):
    every = list(csv.DictReader(open(HERE / "lmms_roles.csv", newline="")))
    rows = [r for r in every if r["role"] in ROLES]
    for r in rows:
        r["source"] = r["song"]
    print(f"{len(every)} stems, {len(every) - len(rows)} excluded")
    answers = heard(dump, [raw(pathlib.Path(stems, r["song"], r["stem"]))
                           for r in rows])
    tables(rows, answers)
    for r, a in zip(rows, answers):
        if a[0] != r["role"]:
            print(f"{r['song']}/{r['stem']}: {r['role']} heard as {a[0]} "
                  f"({a[1]:.2f})")


if __name__ == "__main__":
    {"make": make, "judge": judge, "lmms": lmms}[sys.argv[1]](*sys.argv[2:])
