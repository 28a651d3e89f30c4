#!/usr/bin/env python3
"""The pages of `stemma mix`: report.html, --preview and --listen."""
import array
import base64
import html.parser
import json
import math
import os
import pty
import random
import re
import struct
import subprocess
import sys
import unittest

from case import STEMMA, Case

RATE, SECONDS = 44100, 8
EVIL = "vox <b>&'x"
PLAIN = {"schema": "stemma.mix-recipe/1", "complete": True, "rate_hz": RATE,
         "stems": [{"name": "kick", "role": "kick"},
                   {"name": EVIL, "role": "lead_vocal", "channels": 1},
                   {"name": "pad", "role": "synth"}]}
BUSY = {"schema": "stemma.mix-recipe/1", "complete": True, "rate_hz": RATE,
        "stems": [
            {"name": "kick", "role": "kick", "fader": {"gain_db": -9}},
            {"name": EVIL, "role": "lead_vocal", "channels": 1,
             "eq": [{"type": "bell", "hz": 1000, "q": 1, "gain_db": -4}],
             "compressor": {"threshold_db": -30, "ratio": 2, "makeup_db": 2},
             "reverb": {"level_db": -6}},
            {"name": "pad", "role": "synth", "place": {"pan": 0.6}}],
        "buses": {"drums": {"transient": {"attack_db": 4, "sustain_db": 0}}},
        "returns": {"reverb": {"return_db": 0}},
        "mix": {"eq": [{"type": "high_shelf", "hz": 3000, "gain_db": 4}]}}


def write(path, value):
    """Mono float WAV of value(t)."""
    data = array.array("f", (value(i / RATE) for i in
                             range(RATE * SECONDS))).tobytes()
    head = struct.pack("<HHIIHH", 3, 1, RATE, 4 * RATE, 4, 32)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE" +
                     b"fmt " + struct.pack("<I", 16) + head + b"data" +
                     struct.pack("<I", len(data)) + data)


class Nesting(html.parser.HTMLParser):
    """Tags that are closed in another order than they were opened."""
    VOID = {"meta", "br", "img", "rect", "path", "link"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in self.open and self.open[-1] != tag and tag not in ("p",
                                                                     "li"):
            self.wrong.append((self.getpos(), tag, self.open[-3:]))
        while self.open and self.open.pop() != tag:
            pass


class MixPages(Case):
    def setUp(self):
        super().setUp()
        rng = random.Random(7)
        self.stems = [self.dir / f"{name}.wav" for name in ("kick", EVIL,
                                                            "pad")]
        write(self.stems[0], lambda t: 0.6 * math.sin(377 * t) *
              math.exp(-12 * (t * 2 % 1)))
        write(self.stems[1], lambda t: 0.2 * rng.uniform(-1, 1) *
              (1 + math.sin(3 * t)))
        write(self.stems[2], lambda t: 0.1 * math.sin(1382 * t) +
              0.1 * math.sin(2764 * t))

    def mix(self, *more, recipe=None):
        if recipe:
            (self.dir / "mine.json").write_text(json.dumps(recipe))
            more = (*more, "--recipe", "mine.json")
        self.run_it("mix", *self.stems, "-o", "out", "-q", *more, code=None)
        return self.dir / "out"

    def measured(self, path):
        done = self.run_it("analyze", path, "--json", "--no-cache")
        return json.loads(done.stdout)["steps"][0]["results"]["meters"]

    def nested(self, text):
        page = Nesting()
        page.feed(text)
        self.assertEqual([], page.wrong)
        self.assertEqual([], page.open)
        return page

    def test_page_stands_alone_and_names_every_move(self):
        out = self.mix()
        text = (out / "report.html").read_text()
        page = self.nested(text)
        self.assertEqual(set(), {tag for tag, _ in page.tags} &
                         {"script", "link", "iframe"})
        self.assertNotIn("http", text)
        self.assertNotIn("vox <b>", text)
        self.assertIn("vox &lt;b&gt;&amp;", text)
        report = json.loads((out / "report.json").read_text())
        names = {re.sub("&#?[a-z0-9]+;", "?", n) for n in
                 re.findall("<code>([^<]*)</code>", text)}
        for move in report["mixing_report"]["moves"]:
            name = re.sub("[<>&'\"]", "?", move["move"])
            self.assertIn(name, names)

    def test_masking_says_that_it_is_estimated(self):
        text = (self.mix() / "report.html").read_text()
        self.assertIn("Hidden of a stem, estimated", text)
        self.assertIn("In the mix, estimated", text)
        self.assertIn("not measured on the mix", text)

    def test_page_says_what_was_vetoed(self):
        out = self.mix("--accept", "all,-kick.fader")
        text = (out / "report.html").read_text()
        self.assertEqual(1, text.count(">vetoed<"))

    def test_preview_is_safe(self):
        out = self.mix("--preview")
        meters = self.measured(out / "preview.ab.mp3")
        self.assertLessEqual(meters["true_peak_dbTP"], -1.0)
        self.assertAlmostEqual(SECONDS, meters["duration_seconds"], delta=7)

    def steps(self, recipe):
        self.mix("--listen", "steps", recipe=recipe)
        files = sorted((self.dir / "steps").glob("*.mp3"))
        self.assertEqual(9, len(files))
        return files

    def test_steps_are_equally_loud_and_safe(self):
        meters = [self.measured(f) for f in self.steps(BUSY)]
        loudness = [m["lufs_integrated"] for m in meters]
        self.assertLessEqual(max(loudness) - min(loudness), 0.1)
        self.assertLessEqual(max(m["true_peak_dbTP"] for m in meters), -1.0)
        self.assertEqual(1, len({m["frames"] for m in meters}))

    def test_each_step_adds_its_moves(self):
        sounds = [f.read_bytes() for f in self.steps(BUSY)]
        self.assertEqual(9, len(set(sounds)))

    def test_step_without_moves_is_the_one_before(self):
        recipe = json.loads(json.dumps(PLAIN))
        recipe["stems"][0]["fader"] = {"gain_db": -9}
        sounds = [f.read_bytes() for f in self.steps(recipe)]
        self.assertNotEqual(sounds[0], sounds[1])
        self.assertEqual(1, len(set(sounds[1:7])))

    def test_listening_page_holds_its_sound(self):
        self.steps(BUSY)
        text = (self.dir / "steps" / "index.html").read_text()
        page = self.nested(text)
        self.assertEqual([], [a for _, a in page.tags if "src" in a])
        self.assertNotIn("vox <b>", text)
        sound = re.findall('<script type="text/plain" id="s[0-9]">([^<]*)<',
                           text)
        self.assertEqual(9, len(sound))
        for i, piece in enumerate(sound):
            path = self.dir / f"inside{i}.mp3"
            path.write_bytes(base64.b64decode(piece, validate=True))
        inside = [self.measured(self.dir / f"inside{i}.mp3") for i in (0, 8)]
        self.assertAlmostEqual(inside[0]["lufs_integrated"],
                               inside[1]["lufs_integrated"], delta=0.1)

    def test_progress_goes_on_while_steps_are_made(self):
        """Most of a run with --listen is its steps: they have their share."""
        master, slave = pty.openpty()
        run = subprocess.Popen(
            [STEMMA, "mix", *map(str, self.stems), "-o", "out", "--listen",
             "steps"], env=self.env, cwd=self.dir, stderr=slave,
            stdout=subprocess.DEVNULL)
        os.close(slave)
        text = b""
        try:
            while piece := os.read(master, 65536):
                text += piece
        except OSError:
            pass
        os.close(master)
        self.assertIn(run.wait(timeout=60), (0, 3))
        before = [int(n) for n in re.findall(rb"mastering[^%]*?(\d+) %", text)]
        steps = [int(n) for n in re.findall(rb"steps to MP3[^%]*?(\d+) %",
                                            text)]
        self.assertLess(max(before, default=0), 35)
        self.assertLess(min(steps), 60)
        self.assertGreater(len(set(steps)), 3)

    def test_nothing_to_hear_is_said(self):
        for path in self.stems:
            write(path, lambda t: 0.0)
        out = self.mix("--preview", "--listen", "steps")
        self.assertIn("Nothing to hear", (out / "report.html").read_text())
        self.assertFalse((out / "preview.ab.mp3").exists())
        self.assertEqual([], list((self.dir / "steps").glob("*")))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
