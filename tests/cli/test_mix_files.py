#!/usr/bin/env python3
"""What `stemma mix` writes beside the mix: taps, stems and buses."""
import array
import json
import signal
import struct
import subprocess
import sys
import unittest

from case import STEMMA, Case

RATE, CLICK, FRAMES = 48000, 24000, 96000


def write(path, samples, channels=1):
    """Float WAV; `samples` interleaved."""
    data = array.array("f", samples).tobytes()
    head = struct.pack("<HHIIHH", 3, channels, RATE, 4 * channels * RATE,
                       4 * channels, 32)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE" +
                     b"fmt " + struct.pack("<I", 16) + head + b"data" +
                     struct.pack("<I", len(data)) + data)


def read(path):
    """Left channel, and how many there are."""
    text, at, channels = path.read_bytes(), 12, 0
    while text[at:at + 4] != b"data":
        if text[at:at + 4] == b"fmt ":
            channels = struct.unpack_from("<H", text, at + 10)[0]
        at += 8 + struct.unpack_from("<I", text, at + 4)[0]
    size = struct.unpack_from("<I", text, at + 4)[0]
    samples = array.array("f", text[at + 8:at + 8 + size])
    return samples[::channels], channels


def click(level):
    return [level if i == CLICK else 0.0 for i in range(FRAMES)]


RECIPE = {
    "schema": "stemma.mix-recipe/1", "complete": True, "rate_hz": RATE,
    "stems": [
        {"name": "kick", "role": "kick", "fader": {"gain_db": -6}},
        {"name": "vox", "role": "lead_vocal", "channels": 1,
         "highpass": {"hz": 60},
         "eq": [{"type": "bell", "hz": 3000, "q": 1, "gain_db": -2}],
         "deesser": {"range_db": 4, "threshold_db": -20},
         "compressor": {"threshold_db": -20, "ratio": 2, "makeup_db": 1},
         "fader": {"gain_db": -3}, "reverb": {"level_db": -12}},
        {"name": "pad", "role": "synth", "fader": {"gain_db": -3}}],
    "buses": {"drums": {"transient": {"attack_db": 3, "sustain_db": 0},
                        "parallel": {"mix": 0.3}}},
    "sidechain": [{"source": "vox", "target": "music", "depth_db": 1,
                   "threshold_db": -40, "lookahead_ms": 8}],
    "returns": {"reverb": {"return_db": -3}},
    "mix": {"eq": [{"type": "high_shelf", "hz": 9000, "gain_db": 1}],
            "place": {"width_pct": 90}, "fader": {"gain_db": -7}}}


class MixFiles(Case):
    def setUp(self):
        super().setUp()
        self.stems = self.dir / "stems"
        self.stems.mkdir()
        for name, level in ("kick", 0.9), ("vox", 0.5), ("pad", 0.4):
            write(self.stems / f"{name}.wav", click(level))
        self.recipe = self.dir / "mine.json"
        self.recipe.write_text(json.dumps(RECIPE))

    def mix(self, out, *more):
        self.run_it("mix", self.stems, "-o", out, "--recipe", self.recipe,
                    "-q", *more, code=None)
        return self.dir / out

    def test_taps_line_up_and_change_nothing(self):
        plain = self.mix("plain")
        out = self.mix("out", "--taps", "taps")
        self.assertEqual((plain / "premaster.wav").read_bytes(),
                         (out / "premaster.wav").read_bytes())
        folder = self.dir / "taps"
        said = json.loads((folder / "taps.json").read_text())
        self.assertEqual((said["schema"], said["rate_hz"]),
                         ("stemma.taps/1", RATE))
        units = [(u["where"], u["unit"], u["kind"]) for u in said["units"]]
        for unit in (("vox", "filters", "filter"), ("vox", "eq", "eq"),
                     ("vox", "deesser", "dynamics"),
                     ("vox", "compressor", "dynamics"),
                     ("vox", "fader", "gain"),
                     ("drums", "transient", "dynamics"),
                     ("drums", "parallel", "dynamics"),
                     ("music", "duck", "dynamics"), ("mix", "eq", "eq"),
                     ("mix", "place", "gain"), ("mix", "fader", "gain")):
            self.assertIn(unit, units)
        for unit in said["units"]:
            before, _ = read(folder / unit["in"])
            after, _ = read(folder / unit["out"])
            self.assertEqual(len(before), len(after), unit)
            # A click stays where it is: no unit's latency is left in.
            for samples in (before, after):
                top = max(range(len(samples)), key=lambda i: abs(samples[i]))
                if abs(samples[top]) > 0.01:
                    self.assertLess(abs(top - CLICK), 8, unit)
        buses = {b["name"]: b["file"] for b in said["buses"]}
        self.assertEqual(set(buses), {"drum", "music", "vocal", "mix"})
        self.assertEqual(read(folder / buses["mix"])[0],
                         read(out / "premaster.wav")[0])

    def test_make_up_is_the_faders(self):
        self.mix("out", "--taps", "taps")
        folder = self.dir / "taps"
        for unit in json.loads((folder / "taps.json").read_text())["units"]:
            if unit["unit"] == "compressor":
                before, _ = read(folder / unit["in"])
                after, _ = read(folder / unit["out"])
                self.assertLessEqual(abs(after[CLICK]), abs(before[CLICK]))

    def test_prints_add_up_to_the_mix(self):
        RECIPE_PLAIN = {**RECIPE, "mix": {"fader": {"gain_db": -7}}}
        self.recipe.write_text(json.dumps(RECIPE_PLAIN))
        out = self.mix("out", "--print-stems")
        mix, channels = read(out / "premaster.wav")
        parts = {n: read(out / "buses" / f"{n}.wav")
                 for n in ("drums", "music", "vocals", "reverb", "delay")}
        self.assertEqual({channels} | {c for _, c in parts.values()}, {2})
        for part, _ in parts.values():
            self.assertEqual(len(part), len(mix))
        worst = max(abs(m - sum(p)) for m, *p in
                    zip(mix, *(part for part, _ in parts.values())))
        self.assertLess(worst, 1e-6)
        self.assertGreater(max(map(abs, parts["reverb"][0])), 1e-4)
        # fader -6 dB, mono in the middle, mix -7 dB
        kick, _ = read(out / "stems" / "kick.wav")
        self.assertEqual(len(kick), len(mix))
        self.assertAlmostEqual(kick[CLICK], 0.9 * 10 ** (-13 / 20), delta=1e-4)

    def places(self):
        return [name for name in self.names() if name != "home"]

    def test_results_and_stems_stand_apart(self):
        """What stands beside the stems would be a stem next time."""
        (self.stems / "b").mkdir()
        before = {p.name: p.read_bytes() for p in self.stems.iterdir()
                  if p.is_file()}
        names = self.places()
        for inputs, out, more in (
                (self.stems, self.dir, ("--print-stems",)),
                (self.stems, self.stems, ()),
                (self.stems, "stems/", ()),
                (self.stems / "kick.wav", "stems/b/..", ()),
                (self.stems, "out", ("--taps", self.stems)),
                (self.stems, "out", ("--listen", "stems/"))):
            done = self.run_it("mix", inputs, "-o", out, *more, code=2)
            self.assertIn("holds the stems themselves", done.stderr)
            self.assertIn("Name another folder.", done.stderr)
        after = {p.name: p.read_bytes() for p in self.stems.iterdir()
                 if p.is_file()}
        self.assertEqual(before, after)
        self.assertEqual(self.places(), names)
        self.mix("stems/b")  # inner folders are not looked at

    def test_what_a_run_made_goes_when_it_fails(self):
        names = self.places()
        broken = {**RECIPE, "rate_hz": 0}
        broken["stems"] = RECIPE["stems"] + [{"name": "nobody"}]
        self.recipe.write_text(json.dumps(broken))
        done = self.run_it("mix", self.stems, "-o", "out", "--recipe",
                           self.recipe, "--print-stems", "--taps", "taps",
                           "--listen", "steps", code=1)
        self.assertIn("nobody", done.stderr)
        self.assertEqual(self.places(), names)

    def test_what_a_run_made_goes_when_it_is_stopped(self):
        """SIGINT while prints are written, once and twice."""
        write(self.stems / "long.wav", [0.1, -0.1] * (40 * RATE))
        self.recipe.write_text(json.dumps(
            {**RECIPE, "stems": RECIPE["stems"] + [{"name": "long"}]}))
        names = self.places()
        for times in (1, 2):
            run = subprocess.Popen(
                [STEMMA, "mix", self.stems, "-o", "out", "--recipe",
                 self.recipe, "--print-stems", "--no-cache", "-q"],
                env=self.env, cwd=self.dir, stderr=subprocess.DEVNULL)
            while run.poll() is None and not (self.dir / "out" /
                                              "buses").exists():
                pass
            self.assertIsNone(run.poll())
            for _ in range(times):
                run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(timeout=30), 130)
            self.assertEqual(self.places(), names)

    def notes(self, *more):
        done = self.run_it("mix", self.stems, "-o", "out", "--recipe",
                           self.recipe, "--json", "-q", *more, code=None)
        return [n for n in json.loads(done.stdout)["steps"][0]["notes"]
                if "earlier" in n]

    def test_what_an_earlier_run_left_goes(self):
        prints = self.dir / "out" / "stems"
        self.assertEqual(self.notes("--print-stems"), [])
        self.assertEqual(self.notes("--print-stems"), [])
        (prints / "mine.wav").write_bytes(b"mine")
        (prints / "pad.wav").write_bytes(b"mine too")
        for old, new in (("kick", "drum"), ("pad", "string")):
            (self.stems / f"{old}.wav").rename(self.stems / f"{new}.wav")
        text = json.dumps(RECIPE).replace('"kick"', '"drum"', 1)
        self.recipe.write_text(text.replace('"pad"', '"string"', 1))
        said = self.notes("--print-stems")
        self.assertEqual(len(said), 1)
        self.assertIn("1 file of an earlier run removed from out/stems/ (kick.wav)",
                      said[0])
        self.assertEqual({p.name: p.read_bytes()[:4] for p in
                          prints.glob("[!.]*")},
                         {"drum.wav": b"RIFF", "vox.wav": b"RIFF",
                          "string.wav": b"RIFF", "mine.wav": b"mine",
                          "pad.wav": b"mine"})

    def test_what_an_earlier_run_left_beside_is_named(self):
        self.notes("--print-stems", "--preview")
        said = self.notes("--premaster-only")
        self.assertEqual(said, ["out also holds master.wav, report.json, "
                                "stems/, buses/, report.html, preview.ab.mp3: "
                                "of an earlier run, not of this one."])
        self.assertTrue((self.dir / "out" / "stems" / "kick.wav").exists())

    def test_nothing_unasked(self):
        out = self.mix("out")
        self.assertEqual(sorted(p.name for p in out.iterdir()),
                         ["master.wav", "premaster.wav", "recipe.json",
                          "report.html", "report.json"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
