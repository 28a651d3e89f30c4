#!/usr/bin/env python3
"""The example of docs/embedding.md does what it says, and the library shows
no name but its own."""
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import wave

example, library = sys.argv[1:3]

with tempfile.TemporaryDirectory() as folder:
    song = pathlib.Path(folder) / "song.wav"
    out = pathlib.Path(folder) / "out.wav"
    with wave.open(str(song), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(b"".join(
            struct.pack("<h", round(2320 * math.sin(i * 997 * 2 * math.pi
                                                    / 48000))) * 2
            for i in range(96000)))
    done = subprocess.run([example, song, out], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    first, rest = done.stdout.split("\n", 1)
    assert first.startswith("-23.0 LUFS"), first
    assert json.loads(rest)["status"] == "succeeded"
    with wave.open(str(out)) as file:
        assert file.getparams()[:4] == (2, 2, 44100, 88200), file.getparams()
    done = subprocess.run([example, "nowhere.wav", out], capture_output=True,
                          text=True)
    assert done.returncode == 1 and "nowhere.wav" in done.stderr, done.stderr

names = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                       capture_output=True, text=True).stdout.split("\n")
shown = [n.split()[-1] for n in names if n]
strange = [n for n in shown if not n.startswith(("stemma_", "__"))]
assert shown and not strange, strange
