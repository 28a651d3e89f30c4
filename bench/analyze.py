#!/usr/bin/env python3
"""Speed of a whole analysis beside the Python stack -> bench/RESULTS-analyze.md.

    bench/analyze.py STEMMA TRACK.wav [RUNS]

TRACK is stereo, some minutes long. The Python stack is what a user would
write with librosa: load, mel, MFCC with deltas, constant-Q, chroma, tonnetz,
onsets, beat tracking, key by templates; then pYIN for pitch; loudness and
true peak by ffmpeg's ebur128. It has no metre, chords, sections and roles;
`analyze` alone has no constant-Q and no cepstra, with all its outputs it has.
Each in a fresh process, one thread; an hour and 12 stems are made of TRACK.
Needs librosa, ffmpeg, GNU time.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

STACK = """
import sys, librosa, numpy as np
y, sr = librosa.load(sys.argv[1], sr=22050, res_type='soxr_hq')
mel = librosa.feature.melspectrogram(y=y, sr=sr)
mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20)
d1, d2 = librosa.feature.delta(mfcc), librosa.feature.delta(mfcc, order=2)
cqt = np.abs(librosa.cqt(y, sr=sr))
chroma = librosa.feature.chroma_cqt(y=y, sr=sr, bins_per_octave=36)
tonnetz = librosa.feature.tonnetz(chroma=chroma)
tuning = librosa.estimate_tuning(y=y, sr=sr)
env = librosa.onset.onset_strength(y=y, sr=sr)
onsets = librosa.onset.onset_detect(onset_envelope=env, sr=sr)
tempo, beats = librosa.beat.beat_track(onset_envelope=env, sr=sr)
sync = librosa.util.sync(chroma, beats)
key = np.argmax([np.corrcoef(np.roll(chroma.mean(1), -k), np.arange(12))[0, 1] for k in range(12)])
if sys.argv[2] == 'pitch':
    librosa.pyin(y, fmin=40, fmax=2000, sr=sr)
"""
ONE = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
           NUMBA_NUM_THREADS="1", MKL_NUM_THREADS="1")


def run(*command):
    """(processor seconds, wall seconds, MiB) of a command."""
    done = subprocess.run(["/usr/bin/time", "-f", "%U %S %e %M", *map(str, command)],
                          capture_output=True, text=True, env=ONE)
    if done.returncode:
        sys.exit(done.stderr)
    user, system, wall, kib = map(float, done.stderr.split("\n")[-2].split())
    return user + system, wall, kib / 1024


def line(name, rows):
    cpu, wall, mib = (statistics.median(c) for c in zip(*rows))
    print(f"| {name} | {cpu:.2f} | {wall:.2f} | {mib:.0f} |", flush=True)
    return cpu


def main():
    stemma, track = sys.argv[1:3]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    room = pathlib.Path(tempfile.mkdtemp())
    base = [stemma, "analyze", track, "--no-cache", "--json", "--threads", "1"]
    pictures = [w for p in ("mel", "stft", "multires", "cqt", "chroma") for w in (f"--{p}", room / f"{p}.png")]
    everything = ["--pitch", "tracker", *pictures, "--plot", room / "p.html", "--peaks", room / "p.bin",
                  "--features", room / "f.npy", "--live", room / "l.jsonl"]
    jobs = {
        "stemma analyze": base,
        "the same with the pitch track": base + ["--pitch", "tracker"],
        "with pitch, five pictures, the page, peaks, features and live frames": base + everything,
        "only the meters": base + ["--engine", "meter"],
        "librosa stack": [sys.executable, "-c", STACK, track, "no"],
        "librosa stack with pYIN": [sys.executable, "-c", STACK, track, "pitch"],
        "ffmpeg ebur128": ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-i", track,
                           "-af", "ebur128=peak=true", "-f", "null", "-"],
    }
    rows = {name: [] for name in jobs}
    for name in ("librosa stack", "librosa stack with pYIN"):
        run(*jobs[name])  # numba keeps what it compiles in a first run
    for i in range(runs):
        for name, job in jobs.items():
            if i == 0 or "librosa" not in name:
                rows[name].append(run(*job))
    seconds = json.loads(subprocess.run(base, capture_output=True).stdout)["steps"][0]["inputs"][0]["seconds"]
    print(f"# A whole analysis: speed and memory\n\nMade by `bench/analyze.py` from a stereo track of {seconds:.0f} s, one thread, "
          f"in turns; medians of {runs} (librosa once, after a run that does not count).\n\n| | processor s | wall s | MiB |\n|---|---|---|---|")
    cpu = {name: line(name, r) for name, r in rows.items()}
    stack, pitch = (cpu[n] + cpu["ffmpeg ebur128"] for n in ("librosa stack", "librosa stack with pYIN"))
    whole = cpu["with pitch, five pictures, the page, peaks, features and live frames"]
    print(f"\nBoth do what the other does not. `analyze` alone makes no constant-Q or cepstra, and the stack no metre, chords, sections and roles: "
          f"{stack / cpu['stemma analyze']:.0f} times; with pitch {pitch / cpu['the same with the pitch track']:.0f} times. With pitch and everything else "
          f"(pictures and live frames the stack does not make): {pitch / whole:.0f} times.\n")
    hour = room / "hour.wav"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", str(int(3600 / seconds)), "-i", track,
                    "-t", "3600", "-c:a", "pcm_s16le", hour], check=True)
    print("| | processor s | wall s | MiB |\n|---|---|---|---|")
    line("an hour, all", [run(stemma, "analyze", hour, "--no-cache", "--json", "--threads", "1")])
    for threads in (1, 2):
        line(f"an hour, with pitch, five pictures, the page, peaks, features and live frames, {threads} thread{'s' * (threads > 1)}",
             [run(stemma, "analyze", hour, "--no-cache", "--json", "--threads", threads, *everything)])
    os.remove(hour)
    stems = [room / f"stem{i}.wav" for i in range(12)]
    for stem in stems:
        os.link(track, stem) if os.stat(track).st_dev == os.stat(room).st_dev else stem.symlink_to(os.path.abspath(track))
    walls = {}
    for threads in (1, 2):
        many = [run(stemma, "analyze", *stems, "--no-cache", "--json", "--threads", threads) for _ in range(runs)]
        line(f"12 stems of {seconds:.0f} s, {threads} thread{'s' * (threads > 1)}", many)
        walls[threads] = statistics.median(r[1] for r in many)
    print(f"\nTwo threads over one: {walls[1] / walls[2]:.2f} times as fast.")


if __name__ == "__main__":
    main()
