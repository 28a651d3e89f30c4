#!/usr/bin/env python3
"""A folder as IN: the audio files in it, in natural order."""
import json
import sys
import unittest

from case import Case, sine


class Folder(Case):
    def setUp(self):
        super().setUp()
        self.stems = self.dir / "stems"
        self.stems.mkdir()

    def files(self, *words, code=0):
        done = self.run_it(*words, "--dry-run", code=code)
        plan = json.loads(done.stdout)
        return [item["file"].rsplit("/", 1)[1] for step in plan["steps"]
                for items in step["inputs"].values() for item in items]

    def make(self, *names):
        for name in names:
            sine(self.stems / name, seconds=0.1)

    def test_natural_order(self):
        self.make("10 Bass.wav", "2 Kick.wav", "1 hat.wav", "02 Kick.wav",
                  "b.wav", "A.wav")
        self.assertEqual(self.files("analyze", self.stems),
                         ["1 hat.wav", "02 Kick.wav", "2 Kick.wav",
                          "10 Bass.wav", "A.wav", "b.wav"])

    def test_what_is_left_out(self):
        self.make("a.wav", ".hidden.wav", "noending")
        (self.stems / "notes.txt").write_text("tempo 120\n")
        (self.stems / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
        (self.stems / "empty.wav").write_bytes(b"")
        (self.stems / "inner").mkdir()
        sine(self.stems / "inner" / "b.wav", seconds=0.1)
        # A broken file with audio's ending is spoken of, not passed over.
        self.assertEqual(self.files("mix", self.stems, "-o", "out/"),
                         ["a.wav", "empty.wav", "noending"])

    def test_none(self):
        (self.stems / "notes.txt").write_text("tempo 120\n")
        done = self.run_it("mix", self.stems, "-o", "out/", code=2)
        self.assertIn("no audio file in the folder", done.stderr)

    def test_several_words(self):
        self.make("2.wav", "10.wav")
        sine(self.song, seconds=0.1)
        self.assertEqual(self.files("stems", self.song, self.stems),
                         ["song.wav", "2.wav", "10.wav"])

    def test_one_file_is_still_a_folder(self):
        self.make("a.wav")
        self.run_it("convert", self.stems, "-o", "out")
        self.assertTrue((self.dir / "out" / "a.wav").is_file())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
