#!/usr/bin/env python3
"""`stemma analyze --peaks`: the file read back and held against the samples."""
import array
import hashlib
import json
import math
import struct
import sys
import time
import unittest
import wave

import case
from case import DOCS, sine

DEMO = DOCS.parent / "demo" / "song.flac"
HEAD = struct.Struct("<4sHBBIIQII")


def blake(text):
    return hashlib.blake2b(text, digest_size=32).hexdigest()


def samples(path):
    """Channels of a 16- or 24-bit WAV as lists of integers, their unit."""
    with wave.open(str(path), "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
        width, frames = file.getsampwidth(), file.getnframes()
        data = file.readframes(frames)
    if width == 2:
        values = array.array("h", data)
    else:  # 24 bits: put a zero byte under each
        wide = bytearray(4 * frames * channels)
        for byte in range(3):
            wide[byte + 1::4] = data[byte::3]
        values = array.array("i", bytes(wide))
    unit = 32768.0 if width == 2 else 2147483648.0
    return rate, [values[c::channels] for c in range(channels)], unit


def content(rate, channels, unit):
    """docs/formats.md, `pcm`."""
    names = [blake(array.array("f", (v / unit for v in c)).tobytes())
             for c in channels]
    head = f"stemma.pcm/1 f32 {rate} {len(channels)} {len(channels[0])} "
    return blake((head + " ".join(names)).encode())


def cut(value):
    return max(-32767, min(32767, value))


class Peaks(case.Case):
    def peaks(self, path, *words, code=0):
        """The file, and the document that explains it."""
        done = self.run_it("analyze", path, "--peaks", "out.peaks", "--json",
                           *words, code=code)
        results = json.loads(done.stdout)["steps"][0]["results"]
        return (self.dir / "out.peaks").read_bytes(), results["waveform"]

    def check(self, wav, data, about):
        rate, channels, unit = samples(wav)
        n, at = len(channels[0]), 0
        self.assertEqual(about["schema"], "stemma.waveform/1")
        self.assertEqual((about["rate_hz"], about["channels"],
                          about["frames"]), (rate, len(channels), n))
        self.assertEqual(about["content"], content(rate, channels, unit))
        self.assertEqual(about["levels"][-1]["entries"], 1)
        squares = None
        for level, entry in enumerate(about["levels"]):
            step = 256 << level
            count = -(-n // step)
            head = HEAD.unpack_from(data, at)
            self.assertEqual(head, (b"STPK", 1, len(channels), level, rate,
                                    count, n, step, 0))
            self.assertEqual((entry["level"], entry["step_frames"],
                              entry["entries"], entry["offset_bytes"],
                              entry["bytes"]),
                             (level, step, count, at,
                              32 + 6 * count * len(channels)))
            name = f"stemma.peaks/1\n{about['content']}\n{level}\n"
            self.assertEqual(entry["key"], blake(name.encode()))
            values = array.array("h", data[at + 32:at + entry["bytes"]])
            if squares is None:  # sums of level 0, for those above
                squares = [[sum(v * v for v in c[i:i + 256])
                            for i in range(0, n, 256)] for c in channels]
            else:
                squares = [[sum(s[i:i + 2]) for i in range(0, len(s), 2)]
                           for s in squares]
            for c, channel in enumerate(channels):
                for i in range(count):
                    part = channel[i * step:(i + 1) * step]
                    low, high, rms = values[3 * (c * count + i):
                                            3 * (c * count + i) + 3]
                    self.assertEqual(
                        low, cut(math.floor(min(part) / unit * 32767)))
                    self.assertEqual(
                        high, cut(math.ceil(max(part) / unit * 32767)))
                    want = math.sqrt(squares[c][i] / len(part)) / unit * 32767
                    self.assertLess(abs(rms - cut(want)), 0.501)
            at += entry["bytes"]
        self.assertEqual(at, len(data))

    def test_of_real_audio(self):
        self.run_it("convert", DEMO, "-o", "song.wav")
        rate, channels, unit = samples(self.song)
        self.assertGreater(max(channels[0]), unit / 100)
        data, about = self.peaks(DEMO, "--engine", "meter")
        self.check(self.song, data, about)
        # the same sound in another file: the same names, the same bytes
        again, other = self.peaks(self.song, "--engine", "meter",
                                  "--no-cache")
        self.assertEqual((again, other), (data, about))

    def test_odd_lengths_and_rates(self):
        for rate, frames, channels in ((8000, 1, 1), (192000, 257, 2),
                                       (44100, 70000, 8)):
            sine(self.song, seconds=frames / rate + 1e-9, rate=rate, db=0,
                 channels=channels)
            data, about = self.peaks(self.song)
            self.assertEqual(about["frames"], frames)
            self.check(self.song, data, about)

    def test_silence(self):
        sine(self.song, seconds=1, db=-200)
        data, about = self.peaks(self.song)
        for entry in about["levels"]:
            at = entry["offset_bytes"]
            self.assertFalse(any(data[at + 32:at + entry["bytes"]]))

    def test_a_cached_answer_has_no_peaks_and_does_not_hide_them(self):
        sine(self.song, seconds=1)
        time.sleep(2.1)  # younger files are not noted
        for _ in range(2):
            done = self.run_it("analyze", self.song, "--json")
            step = json.loads(done.stdout)["steps"][0]
            self.assertNotIn("waveform", step["results"])
        data, about = self.peaks(self.song)
        self.check(self.song, data, about)

    def test_several_files_and_a_folder_that_is_not_there(self):
        sine(self.song, seconds=1)
        sine(self.dir / "b.wav", seconds=2)
        (self.dir / "to").mkdir()
        self.run_it("analyze", self.song, "b.wav", "--peaks", "to/")
        self.assertEqual(sorted(p.name for p in (self.dir / "to").iterdir()),
                         ["b.peaks", "song.peaks"])
        done = self.run_it("analyze", self.song, "--peaks", "no/x.peaks",
                           code=1)
        self.assertIn("folder no does not exist", done.stderr)

    def test_every_field_is_explained(self):
        sine(self.song, seconds=1)
        _, about = self.peaks(self.song)
        text = (DOCS / "formats.md").read_text()
        text = text[text.index("\n## Waveform peaks"):]
        for name in {*about, *about["levels"][0]} - {"schema"}:
            self.assertIn(f"`{name}", text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
