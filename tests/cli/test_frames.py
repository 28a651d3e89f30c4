#!/usr/bin/env python3
"""`stemma analyze --live` and `--features`: the files read back."""
import array
import ast
import json
import math
import struct
import sys
import unittest

import case
from case import DOCS, sine

DEMO = DOCS.parent / "demo" / "song.flac"
COLUMNS = 78
SILENCE, CLIP = 1, 2


def read_npy(data):
    """Shape and rows of a NPY file of float32, by its specification."""
    magic, major, minor, length = struct.unpack_from("<6sBBH", data)
    assert (magic, major, minor) == (b"\x93NUMPY", 1, 0)
    text = data[10:10 + length]
    assert (10 + length) % 64 == 0 and text.endswith(b"\n")
    about = ast.literal_eval(text.decode("ascii"))
    assert about["descr"] == "<f4" and about["fortran_order"] is False
    rows, columns = about["shape"]
    values = array.array("f", data[10 + length:])
    assert len(values) == rows * columns
    return (rows, columns), [values[r * columns:(r + 1) * columns]
                             for r in range(rows)]


class Frames(case.Case):
    def live(self, path, *words):
        self.run_it("analyze", path, "--engine", "meter", "--live", "out.jsonl",
                    *words)
        text = (self.dir / "out.jsonl").read_text()
        self.assertTrue(text == "" or text.endswith("\n"))
        return [json.loads(line) for line in text.splitlines()]

    def features(self, path, *words):
        self.run_it("analyze", path, "--features", "out.npy", *words)
        return (self.dir / "out.npy").read_bytes()

    def test_live_frames_of_a_song(self):
        done = self.run_it("analyze", DEMO, "--engine", "meter", "--json")
        meters = json.loads(done.stdout)["steps"][0]["results"]["meters"]
        lines = self.live(DEMO)
        seconds = meters["frames"] / meters["sample_rate"]
        self.assertEqual(len(lines), math.ceil(30 * seconds))
        for i, line in enumerate(lines):
            self.assertEqual(line["seq"], i)
            self.assertLess(abs(line["time_s"] - i / 30), 6e-7)
            self.assertEqual((len(line["bands"]), len(line["stems"])), (64, 4))
        # the loudest sample is in one of the frames, to 0.01 dB
        for c, channel in enumerate(meters["per_channel"]):
            peak = max(line["peak"][c] for line in lines) / 100
            self.assertLess(abs(peak - channel["sample_peak_dbfs"]), 0.011)

    def test_live_frames_of_a_sine_and_of_silence(self):
        sine(self.song, seconds=2, db=-20, hz=997)
        lines = self.live(self.song)
        self.assertEqual(len(lines), 60)
        for line in lines[10:50]:
            self.assertEqual(line["flags"] & (SILENCE | CLIP), 0)
            for value in line["rms"]:
                self.assertLess(abs(value / 100 + 23.01), 0.1)
            ratio = math.log(997 / 30) / math.log(16000 / 30)
            top = max(range(64), key=lambda b: line["bands"][b])
            self.assertLess(abs(top + 0.5 - 64 * ratio), 1.5)
        sine(self.song, seconds=1.01, db=-200)
        lines = self.live(self.song)
        self.assertEqual(len(lines), 31)
        for line in lines:
            self.assertEqual((line["flags"], line["rms"], line["peak"]),
                             (SILENCE, [-12000] * 2, [-12000] * 2))
            self.assertEqual(set(line["bands"]), {0})

    def test_threads_do_not_show(self):
        files = []
        for threads in (1, 2):
            self.run_it("analyze", DEMO, "--live", "out.jsonl", "--features",
                        "out.npy", "--threads", threads)
            files.append([(self.dir / name).read_bytes()
                          for name in ("out.jsonl", "out.npy")])
        self.assertEqual(files[0], files[1])
        # nor do the engine and what else is asked for
        self.assertEqual(self.features(DEMO, "--engine", "meter"), files[0][1])
        self.features(DEMO, "--chroma", "c.png", "--plot", "p.html")
        self.assertEqual((self.dir / "out.npy").read_bytes(), files[0][1])

    def test_features_of_a_song(self):
        done = self.run_it("analyze", DEMO, "--engine", "meter", "--json")
        meters = json.loads(done.stdout)["steps"][0]["results"]["meters"]
        samples = meters["frames"] * 22050 / meters["sample_rate"]
        shape, rows = read_npy(self.features(DEMO))
        self.assertEqual(shape[1], COLUMNS)
        self.assertLessEqual(abs(shape[0] - (1 + samples / 512)), 1)
        for t, row in enumerate(rows):
            self.assertTrue(all(map(math.isfinite, row)))
            chroma, place = row[60:72], row[72:78]
            self.assertTrue(0 <= min(chroma) and max(chroma) < 1 + 1e-6)
            total = sum(map(abs, chroma))
            for i, (turn, radius) in enumerate(((7 / 6, 1), (3 / 2, 1),
                                                (2 / 3, 0.5))):
                for wave, got in ((math.sin, place[2 * i]),
                                  (math.cos, place[2 * i + 1])):
                    want = sum(x * radius * wave(math.pi * turn * k)
                               for k, x in enumerate(chroma))
                    want = want / total if total > 0 else 0
                    self.assertLess(abs(got - want), 1e-5)
            if not 4 <= t < shape[0] - 4:
                continue
            for c in range(20):  # slopes, from the cepstra beside them
                y = [rows[t + j][c] for j in range(-4, 5)]
                first = sum(j * y[j + 4] for j in range(-4, 5)) / 60
                second = sum((j * j - 20 / 3) * y[j + 4]
                             for j in range(-4, 5)) / 154
                self.assertLess(abs(row[20 + c] - first), 1e-3)
                self.assertLess(abs(row[40 + c] - second), 1e-3)

    def test_features_of_a_note_and_of_silence(self):
        sine(self.song, seconds=2, db=-20, hz=440)
        _, rows = read_npy(self.features(self.song, "--engine", "meter"))
        for row in rows[20:60]:
            self.assertEqual(max(range(12), key=lambda k: row[60 + k]), 9)
        sine(self.song, seconds=1, db=-200, rate=22050)
        shape, rows = read_npy(self.features(self.song, "--engine", "meter"))
        self.assertEqual(shape, (44, COLUMNS))
        for row in rows:  # 128 bands at -100 dB, their sum rounded
            self.assertLess(abs(row[0] + 100 * math.sqrt(128)), 5e-3)
            self.assertLess(max(map(abs, row[1:])), 5e-3)

    def test_names_in_a_folder(self):
        sine(self.song, seconds=1)
        (self.dir / "to").mkdir()
        self.run_it("analyze", self.song, "--live", "to/", "--features", "to/")
        self.assertEqual(sorted(p.name for p in (self.dir / "to").iterdir()),
                         ["song.jsonl", "song.npy"])

    def test_every_field_is_explained(self):
        sine(self.song, seconds=1)
        text = (DOCS / "formats.md").read_text()
        live = text[text.index("\n## Live frames"):]
        for name in self.live(self.song)[0]:
            self.assertIn(f"`{name}`", live)
        table = text[text.index("\n## Features"):]
        for name in ("mfcc", "chroma", "tonnetz", "0-19", "20-39", "40-59",
                     "60-71", "72-77"):
            self.assertIn(name, table)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
