#!/usr/bin/env python3
"""The limiter beside ffmpeg alimiter and x42 dpl, +12 dB into -1 dBTP.

    bench/bench_limiter.py BENCH_LIMITER DIR > bench/RESULTS-limiter.md

BENCH_LIMITER is the program of bench_limiter.c, DIR holds music as WAV
(bench/corpus.py). 25 s of each track, peak set to -6 dBFS, driven by 12 dB.
alimiter has attack 1 ms, release 10 ms; 4x runs it at four times the rate.
dpl (package x42-plugins, run by lv2file) has true peak on and its own
release of 10 ms. Judges: our BS.1770 meter, a 32-fold true-peak meter, THD+N
of a held 60 Hz sine, IMD of 60 Hz and 7 kHz 4:1.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

RATE = 48000
DRIVE, CEILING = 12, -1
DPL = "http://gareus.org/oss/lv2/dpl#stereo"


def call(*args):
    done = subprocess.run([str(a) for a in args], check=True,
                          capture_output=True, text=True)
    return done.stdout


def ffmpeg(source, target, *args):
    call("ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *source,
         *args, "-ar", RATE, "-ac", 2, "-c:a", "pcm_f32le", target)


def alimiter(times):
    def run(source, target):
        limit = 10 ** (CEILING / 20)
        chain = (f"volume={DRIVE}dB:precision=double,"
                 f"aresample={RATE * times},alimiter=level_in=1:"
                 f"limit={limit}:attack=1:release=10:level=disabled,"
                 f"aresample={RATE}")
        began = time.monotonic()
        ffmpeg(["-i", source], target, "-af", chain)
        return time.monotonic() - began
    return run


def dpl(source, target):
    began = time.monotonic()
    call("lv2file", "-i", source, "-o", target, "-p", f"gain:{DRIVE}",
         "-p", f"threshold:{CEILING}", "-p", "truepeak:1",
         "--ignore-clipping", DPL)
    return time.monotonic() - began


def ours(program):
    def run(source, target):
        return float(call(program, "limit", source, target, DRIVE, CEILING))
    return run


def peak_db(path):
    done = subprocess.run(
        ["ffmpeg", "-hide_banner", "-i", str(path), "-af", "volumedetect",
         "-f", "null", "-"], capture_output=True, text=True, check=True)
    for line in done.stderr.splitlines():
        if "max_volume" in line:
            return float(line.split("max_volume:")[1].split()[0])
    return 0.0


def excerpt(track, target, folder):
    raw = folder / "raw.wav"
    ffmpeg(["-ss", 30, "-t", 25, "-i", track], raw)
    if raw.stat().st_size < 8 * RATE * 10:
        ffmpeg(["-t", 25, "-i", track], raw)
    gain = -6.0 - peak_db(raw)
    ffmpeg(["-i", raw], target, "-af", f"volume={gain}dB:precision=float")


def tones(folder):
    sine = folder / "sine.wav"
    smpte = folder / "smpte.wav"
    ffmpeg(["-f", "lavfi", "-i", "aevalsrc=0.5*sin(2*PI*60*t)|"
            f"0.5*sin(2*PI*60*t):s={RATE}:d=6"], sine)
    two = "0.4*sin(2*PI*60*t)+0.1*sin(2*PI*7000*t)"
    ffmpeg(["-f", "lavfi", "-i", f"aevalsrc={two}|{two}:s={RATE}:d=6"],
           smpte)
    return sine, smpte


def held(program, tracks, folder):
    """Rows (rate, drive, worst true peak, worst after 16-bit dither)."""
    raw, source = folder / "held-raw.wav", folder / "held-in.wav"
    out, short = folder / "held-out.wav", folder / "held-16.wav"
    worst = {}
    for track in tracks:
        excerpt(track, raw, folder)
        for rate in (44100, 48000, 96000):
            call("ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-i",
                 raw, "-t", 8, "-ar", rate, "-c:a", "pcm_f32le", source)
            for drive in (6, 12, 18):
                call(program, "limit", source, out, drive, CEILING)
                call("ffmpeg", "-hide_banner", "-loglevel", "error", "-y",
                     "-i", out, "-af",
                     f"aresample={rate}:dither_method=triangular",
                     "-c:a", "pcm_s16le", short)
                peaks = [float(call(program, "measure", f).split()[1])
                         for f in (out, short)]
                before = worst.get((rate, drive), [-400, -400])
                worst[rate, drive] = [max(a, b)
                                      for a, b in zip(before, peaks)]
    return [(rate, drive, *peaks)
            for (rate, drive), peaks in sorted(worst.items())]


def report_held(rows, count):
    print(f"\n## The ceiling on music\n\nHighest true peak of {count} tracks, "
          f"8 s each, by the 32-fold meter, for a ceiling of {CEILING} "
          "dBTP.\n\n| rate, Hz | drive, dB | float | 16 bits, dithered |\n"
          "|---|---|---|---|")
    for rate, drive, peak, short in rows:
        print(f"| {rate} | {drive} | {peak:.3f} | {short:.3f} |")


def main():
    program, music = sys.argv[1], pathlib.Path(sys.argv[2])
    peers = {"alimiter 1x": alimiter(1), "alimiter 4x": alimiter(4),
             "x42 dpl": dpl, "stemma": ours(program)}
    tracks = sorted(music.glob("*.wav"))
    rows = []
    spent = dict.fromkeys(peers, 0.0)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source, target = folder / "in.wav", folder / "out.wav"

        def judge(peer):
            spent[peer] += peers[peer](source, target)
            return [float(x) for x in
                    call(program, "measure", target).split()]

        for track in tracks:
            excerpt(track, source, folder)
            rows.append((track.stem, {p: judge(p)[:2] for p in peers}))
        seconds = dict(spent)
        sine, smpte = tones(folder)
        source = sine
        thd = {p: judge(p)[2] for p in peers}
        ceiling = held(program, tracks, folder)
        source = smpte
        imd = {p: judge(p)[3] for p in peers}
    report(peers, rows, thd, imd, seconds)
    report_held(ceiling, len(tracks))


def report(peers, rows, thd, imd, seconds):
    print("# The limiter beside its peers\n")
    print(f"{len(rows)} tracks, 25 s each, peak -6 dBFS, +{DRIVE} dB into "
          f"{CEILING} dBTP. LUFS after / true peak by a 32-fold meter.\n")
    print("| track | " + " | ".join(peers) + " |")
    print("|---|" + "---|" * len(peers))
    for name, got in rows:
        cells = [f"{got[p][0]:.2f} / {got[p][1]:.2f}" for p in peers]
        print(f"| {name} | " + " | ".join(cells) + " |")
    mean = {p: sum(g[p][0] for _, g in rows) / len(rows) for p in peers}
    worst = {p: max(g[p][1] for _, g in rows) for p in peers}
    over = {p: sum(g[p][1] > CEILING for _, g in rows) for p in peers}
    lines = [
        ("mean LUFS", mean, "{:.2f}"),
        ("highest true peak, dBTP", worst, "{:.2f}"),
        ("tracks over the ceiling", over, "{}"),
        ("THD+N, 60 Hz, dB", thd, "{:.1f}"),
        ("SMPTE IMD, dB", imd, "{:.1f}"),
        ("seconds for all", seconds, "{:.2f}")]
    for label, values, form in lines:
        cells = [form.format(values[p]) for p in peers]
        print(f"| **{label}** | " + " | ".join(cells) + " |")
    print("\nSeconds: wall of the whole program for the peers (with reading, "
          "resampling and writing), CPU of the limiter alone for stemma.")
    for peer in ("alimiter 4x", "x42 dpl"):
        gap = [g["stemma"][0] - g[peer][0] for _, g in rows]
        even = [g["stemma"][0] - g["stemma"][1] - g[peer][0] + g[peer][1]
                for _, g in rows]
        print(f"\nLouder than {peer} by {sum(gap) / len(gap):.2f} LU on "
              f"average, {min(gap):+.2f} at least; at equal true peak by "
              f"{sum(even) / len(even):.2f}, {min(even):+.2f} at least.")


if __name__ == "__main__":
    main()
