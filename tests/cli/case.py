"""What the tests of the program share: a folder of their own, a song."""
import math
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import wave

STEMMA = str(pathlib.Path(sys.argv[1]).resolve())
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def sine(path, seconds=1.0, db=-20.0, hz=997.0, rate=48000, channels=2,
         title=None):
    """A 16-bit WAV of a sine wave, with a title tag if asked for."""
    period = rate  # a whole number of cycles fits into one second
    peak = 32767 * 10 ** (db / 20)
    second = b"".join(
        struct.pack("<h", round(peak * math.sin(2 * math.pi * hz * i / rate)))
        * channels for i in range(period))
    frames = int(seconds * rate)
    data = (second * (frames // period + 1))[:frames * 2 * channels]
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(data)
    if title:
        text = title.encode() + b"\0"
        text += b"\0" * (len(text) % 2)
        info = b"INFO" + b"INAM" + struct.pack("<I", len(text)) + text
        with open(path, "r+b") as out:
            out.seek(0, os.SEEK_END)
            out.write(b"LIST" + struct.pack("<I", len(info)) + info)
            size = out.tell() - 8
            out.seek(4)
            out.write(struct.pack("<I", size))


def pcm(path):
    with wave.open(str(path), "rb") as file:
        return file.getparams()[:3], file.readframes(file.getnframes())


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="stemma-cli-"))
        self.env = dict(os.environ, STEMMA_HOME=str(self.dir / "home"),
                        TMPDIR=str(self.dir))
        self.env.pop("NO_COLOR", None)
        self.env["TERM"] = "xterm"
        self.song = self.dir / "song.wav"

    def tearDown(self):
        shutil.rmtree(self.dir)

    def run_it(self, *words, code=0, **more):
        done = subprocess.run([STEMMA, *map(str, words)], env=self.env,
                              capture_output=True, text=True, timeout=60,
                              cwd=self.dir, **more)
        if code is not None:
            self.assertEqual(done.returncode, code,
                             f"{words}: {done.stdout}\n{done.stderr}")
        return done

    def names(self):
        return sorted(p.name for p in self.dir.iterdir())
