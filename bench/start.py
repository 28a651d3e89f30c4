#!/usr/bin/env python3
"""Process start to the first byte of the result, on a 1-second file.

usage: start.py STEMMA [RUNS]: prints a Markdown table; ffprobe and a program
that does nothing run in turns with stemma, so that noise hits all alike."""
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import wave

stemma = sys.argv[1]
runs = int(sys.argv[2]) if len(sys.argv) > 2 else 100


def first_byte_ms(command):
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    child.stdout.read(1)
    spent = 1000 * (time.perf_counter() - start)
    child.stdout.read()
    child.wait()
    return spent


with tempfile.TemporaryDirectory() as folder:
    os.environ["STEMMA_HOME"] = folder + "/home"
    song = folder + "/one.wav"
    with wave.open(song, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(b"".join(
            struct.pack("<h", round(9000 * math.sin(i / 7))) * 2
            for i in range(48000)))
    rivals = {
        "stemma analyze --json --no-cache":
            [stemma, "analyze", song, "--json", "--no-cache"],
        "stemma analyze --json": [stemma, "analyze", song, "--json"],
        "/bin/true": ["/bin/true"],
    }
    if shutil.which("ffprobe"):
        rivals["ffprobe -show_format (measures nothing)"] = [
            "ffprobe", "-v", "0", "-of", "json", "-show_format", song]
    if shutil.which("ffmpeg"):
        rivals["ffmpeg ebur128=peak=true (to its end)"] = [
            "ffmpeg", "-v", "0", "-i", song, "-af", "ebur128=peak=true",
            "-f", "null", "-"]
    times = {name: [] for name in rivals}
    for _ in range(runs):
        for name, command in rivals.items():
            times[name].append(first_byte_ms(command))

print("| command | best ms | median ms | 90 % ms |")
print("|---|---|---|---|")
for name, spent in times.items():
    spent.sort()
    print(f"| {name} | {spent[0]:.1f} | {spent[runs // 2]:.1f} "
          f"| {spent[runs * 9 // 10]:.1f} |")
