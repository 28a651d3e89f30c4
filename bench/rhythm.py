#!/usr/bin/env python3
"""Tempo, beats, downbeats and metre against known truth, beside peers.

    bench/rhythm.py RHYTHM_SAY TRUTH [--peers ANSWERS.json] [--first N]

TRUTH is a folder made by bench/truth.py (or training/render.py: NAME.json
beside NAME.wav). Prints the tables of bench/RESULTS-rhythm.md. Peers: librosa,
essentia, madmom, aubio (aubiotrack) and Queen Mary's tracker (qm_track, see
the results) where they are installed; their answers are kept in ANSWERS.json,
for they do not change with ours, so a peer that wants a Python environment of
its own may answer into it there. Scores as mir_eval: tempo within 4 %
(Acc1), or a multiple by 2 or 3 of it (Acc2); beats within 70 ms, one to one,
the first 5 s left out. Needs numpy.
"""
import argparse
import contextlib
import functools
import importlib.metadata
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

SLOW_BPM, WINDOW_S, SKIP_S = 88.0, 0.07, 5.0


def load(folder):
    index = folder / "index.json"
    if index.exists():
        return json.loads(index.read_text())
    return [json.loads(p.read_text()) for p in sorted(folder.glob("*.json"))]


def ours(tool, folder, pieces):
    out = {}
    for at in range(0, len(pieces), 50):
        files = [str(folder / p["file"]) for p in pieces[at:at + 50]]
        done = subprocess.run([tool, *files], check=True,
                              capture_output=True, text=True)
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            out[pathlib.Path(answer["file"]).name] = answer
    return out


def f_measure(found, truth):
    found, truth = (np.asarray(x, float) for x in (found, truth))
    found, truth = found[found >= SKIP_S], truth[truth >= SKIP_S]
    if len(found) == 0 or len(truth) == 0:
        return float(len(found) == len(truth))
    hits, j = 0, 0
    for t in truth:  # both ascending: the earliest partner is the best
        while j < len(found) and found[j] < t - WINDOW_S:
            j += 1
        if j < len(found) and found[j] <= t + WINDOW_S:
            hits += 1
            j += 1
    return 2 * hits / (len(found) + len(truth))


def tempo_right(found, truth, ratios=(1,)):
    return any(abs(found / (truth * r) - 1) <= 0.04 for r in ratios)


OCTAVES = (1, 2, 3, 1 / 2, 1 / 3)


def beats_of(piece):
    return int(piece["metre"].split("/")[0]) if piece["metre"] not in (
        "6/8", "none") else 2


def score(pieces, answers):
    """Means over what has a tempo; rows of (piece, answer, figures)."""
    rows = []
    for piece in pieces:
        answer = answers.get(piece["file"])
        if answer is None or piece["tempo_bpm"] is None:
            continue
        beats = [b[0] for b in answer["beats"]]
        downs = [b[0] for b in answer["beats"] if b[1] == 1]
        bpm = answer["bpm"]
        rows.append((piece, answer, dict(
            acc1=tempo_right(bpm, piece["tempo_bpm"]),
            acc2=tempo_right(bpm, piece["tempo_bpm"], OCTAVES),
            beat=f_measure(beats, piece["beats_s"]),
            down=f_measure(downs, piece["downbeats_s"]),
            metre=answer.get("metre") == beats_of(piece))))
    return rows


def mean(rows, key):
    return float(np.mean([r[2][key] for r in rows])) if rows else float("nan")


def line(name, rows, seconds):
    slow = [r for r in rows if r[0]["tempo_bpm"] <= SLOW_BPM]
    cells = [f"{100 * mean(rows, 'acc1'):.1f} %",
             f"{100 * mean(rows, 'acc2'):.1f} %",
             f"{100 * mean(slow, 'acc1'):.1f} % of {len(slow)}",
             f"{mean(rows, 'beat'):.3f}" if any(r[1]["beats"] for r in rows)
             else "-"]
    bars = [f"{mean(rows, 'down'):.3f}", f"{100 * mean(rows, 'metre'):.1f} %"]
    cells += bars if any(r[1].get("metre") for r in rows) else ["-", "-"]
    print(f"| {name} | " + " | ".join(cells) + f" | {seconds:.2f} |")


def seconds(rows, ours):
    """Spent for each 4 minutes; how long the pieces are, ours know."""
    return (sum(answer["spent_s"] for _, answer, _ in rows) /
            sum(ours[piece["file"]]["length_s"] for piece, *_ in rows) * 240)


def groups(rows, of):
    names = sorted({n for r in rows for n in of(r[0])})
    for name in names:
        some = [r for r in rows if name in of(r[0])]
        print(f"| {name} | {len(some)} | {100 * mean(some, 'acc1'):.0f} | "
              f"{100 * mean(some, 'acc2'):.0f} | {mean(some, 'beat'):.3f} | "
              f"{mean(some, 'down'):.3f} | {100 * mean(some, 'metre'):.0f} |")


def reliability(rows):
    """All candidates: probability said against how often it was right."""
    said, right = [], []
    for piece, answer, _ in rows:
        for bpm, probability in answer["candidates"]:
            said.append(probability)
            right.append(piece["tempo_bpm"] is not None and
                         tempo_right(bpm, piece["tempo_bpm"]))
    said, right = np.array(said), np.array(right, float)
    bins = np.minimum((said * 10).astype(int), 9)
    error = 0.0
    print("\n| said | candidates | mean said | right |\n|---|---|---|---|")
    for b in range(10):
        if (bins == b).any():
            s, r = said[bins == b].mean(), right[bins == b].mean()
            error += (bins == b).mean() * abs(s - r)
            print(f"| {b / 10:.1f}-{(b + 1) / 10:.1f} | {(bins == b).sum()} | "
                  f"{s:.3f} | {r:.3f} |")
    print(f"\nReliability error (mean over candidates): {error:.3f}")


# --- peers: a path to (BPM, beats [s] or [s, position], seconds spent) ---

def peer_librosa(path):
    import librosa
    y, rate = librosa.load(path, sr=22050)
    start = time.process_time()
    tempo, frames = librosa.beat.beat_track(y=y, sr=rate)
    spent = time.process_time() - start
    beats = librosa.frames_to_time(frames, sr=rate)
    return float(np.atleast_1d(tempo)[0]), beats, spent


def peer_essentia(path):
    import essentia.standard as es
    audio = es.MonoLoader(filename=path, sampleRate=44100)()
    start = time.process_time()
    bpm, beats = es.RhythmExtractor2013(method="multifeature")(audio)[:2]
    return float(bpm), beats, time.process_time() - start


@functools.cache
def madmom_tempo():
    from madmom.features import beats, tempo
    return beats.RNNBeatProcessor(), tempo.TempoEstimationProcessor(fps=100)


@functools.cache
def madmom_bars():
    from madmom.features import downbeats
    return (downbeats.RNNDownBeatProcessor(),
            downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4],
                                                   fps=100))


def madmom(steps, path):
    network, decode = steps
    with mono_wav(path) as wav:
        start = time.process_time()
        return decode(network(wav.name)), time.process_time() - start


def peer_madmom_tempo(path):
    found, spent = madmom(madmom_tempo(), path)
    return float(found[0][0]) if len(found) else 0.0, [], spent


def peer_madmom_bars(path):
    rows, spent = madmom(madmom_bars(), path)
    return median_bpm(rows[:, 0]), rows, spent


@contextlib.contextmanager
def mono_wav(path):
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", path, "-ac", "1",
                        "-ar", "44100", wav.name], check=True)
        yield wav


def peer_program(name):
    """A program that prints the seconds of beats; its tempo their median."""
    def peer(path):
        with mono_wav(path) as wav:
            start = time.time()
            said = subprocess.run([name, wav.name], check=True,
                                  capture_output=True, text=True).stdout
            spent = time.time() - start
        beats = np.array([float(x) for x in said.split()])
        return median_bpm(beats), beats, spent
    return peer


def median_bpm(beats):
    return float(60 / np.median(np.diff(beats))) if len(beats) > 2 else 0.0


def peers(bars):
    """Name to peer; bars: also what is slow and of use for bars alone."""
    out = {}
    for module, say, peer in (
            ("librosa", "beat_track", peer_librosa),
            ("essentia", "RhythmExtractor2013", peer_essentia),
            ("madmom", "TempoDetector", peer_madmom_tempo),
            ("madmom", "DBNDownBeatTracker", peer_madmom_bars)):
        try:
            version = importlib.metadata.version(module)
            if bars or peer != peer_madmom_bars:
                out[f"{module} {version} {say}"] = peer
        except importlib.metadata.PackageNotFoundError:
            print(f"({module} is not installed)", file=sys.stderr)
    for name, say in (("aubiotrack", "aubio 0.4.9 aubiotrack"),
                      ("qm_track", "QM (qm-dsp 1.7.1) TempoTrackV2")):
        if shutil.which(name):
            out[say] = peer_program(name)
        else:
            print(f"({name} is not installed)", file=sys.stderr)
    return out


def run_peer(peer, folder, piece):
    bpm, beats, spent = peer(str(folder / piece["file"]))
    rows = [[float(x) for x in np.atleast_1d(b)] for b in beats]
    rows = [[r[0], int(r[1]) if len(r) > 1 else 0] for r in rows]
    answer = dict(bpm=bpm or 1e-9, beats=rows, spent_s=spent)
    if any(r[1] for r in rows):
        answer["metre"] = max(r[1] for r in rows)
    return answer


def peer_answers(keep, folder, pieces, bars=False):
    """Name to answers by file, from KEEP what is there.

    A peer that is not installed here has what it answered elsewhere."""
    known = json.loads(keep.read_text()) if keep.exists() else {}
    for name, peer in peers(bars).items():
        answers = known.setdefault(name, {})
        for piece in pieces:
            if piece["file"] not in answers:
                answers[piece["file"]] = run_peer(peer, folder, piece)
                part = keep.with_suffix(".part")
                part.write_text(json.dumps(known))
                part.replace(keep)
    return known


def arguments(doc):
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rhythm_say")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--peers", type=pathlib.Path)
    return parser


def main():
    args = arguments(__doc__)
    args.add_argument("--first", type=int)
    args = args.parse_args()
    tool, folder = args.rhythm_say, args.folder
    pieces = load(folder)[:args.first]
    answers = ours(tool, folder, pieces)
    rows = score(pieces, answers)
    print("| | Acc1 | Acc2 | slow (Acc1) | beat F | downbeat F | metre | "
          "s per 4 min |\n|---|---|---|---|---|---|---|---|")
    line("Stemma", rows, seconds(rows, answers))
    if args.peers:
        for name, got in peer_answers(args.peers, folder, pieces,
                                      True).items():
            rows_of = score(pieces, got)
            line(name, rows_of, seconds(rows_of, answers))
    silent = [p for p in pieces if p["tempo_bpm"] is None]
    if silent:
        right = sum(not answers[p["file"]]["has_tempo"] for p in silent)
        print(f"\nWithout a beat: {right} of {len(silent)} said so.")
    print(f"A tempo was said of {sum(r[1]['has_tempo'] for r in rows)} of "
          f"{len(rows)} pieces that have one.")
    print("\n| style | pieces | Acc1 | Acc2 | beat F | downbeat F | metre |"
          "\n|---|---|---|---|---|---|---|")
    groups(rows, lambda p: [p["style"]])
    print("\n| treated | pieces | Acc1 | Acc2 | beat F | downbeat F | metre |"
          "\n|---|---|---|---|---|---|---|")
    groups(rows, lambda p: [t.split("_")[0] for t in p["tags"]] or ["-"])
    reliability(rows)


if __name__ == "__main__":
    main()
