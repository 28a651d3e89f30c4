#!/usr/bin/env python3
"""`stemma mix`: prints of stems that did not change, kept between runs."""
import json
import os
import random
import subprocess
import sys
import time
import unittest
import wave

from case import STEMMA, Case

RATE, SECONDS = 24000, 2


def write(path, seed):
    draw = random.Random(seed)
    peak = 6000 + 1000 * seed
    noise = b"".join(draw.randrange(-peak, peak).to_bytes(2, "little",
                                                          signed=True)
                     for _ in range(RATE * SECONDS))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(noise)


RECIPE = {
    "schema": "stemma.mix-recipe/1", "complete": True, "rate_hz": RATE,
    "stems": [
        {"name": "kick", "role": "kick", "fader": {"gain_db": -6}},
        {"name": "bass", "role": "bass", "highpass": {"hz": 40},
         "compressor": {"threshold_db": -30, "ratio": 2, "makeup_db": 2},
         "fader": {"gain_db": -6}},
        {"name": "keys", "role": "keys", "dynamic_eq": [
            {"hz": 500, "source": "bass", "threshold_db": -50,
             "range_db": 4}]}],
    "sidechain": [{"source": "kick", "target": "bass", "depth_db": 3,
                   "threshold_db": -40}],
    "mix": {"fader": {"gain_db": -9}}}


class Kept(Case):
    def setUp(self):
        super().setUp()
        self.stems = self.dir / "stems"
        self.stems.mkdir()
        for i, name in enumerate(("kick", "bass", "keys")):
            write(self.stems / f"{name}.wav", i)
        self.recipe = json.loads(json.dumps(RECIPE))
        time.sleep(2.1)  # a file changed just now is not believed
        self.mix()

    def words(self, out, *more):
        (self.dir / "mine.json").write_text(json.dumps(self.recipe))
        return ["mix", str(self.stems), "-o", out, "--recipe", "mine.json",
                "--premaster-only", "--json", "-q", *more]

    def mix(self, *more):
        """How many prints were kept ones, and the sound."""
        done = self.run_it(*self.words("out", *more), code=None)
        notes = json.loads(done.stdout)["steps"][0]["notes"]
        kept = [int(n.split()[0]) for n in notes if "kept prints" in n]
        return (sum(kept), (self.dir / "out" / "premaster.wav").read_bytes())

    def check(self, kept):
        """So many come from before, and nobody hears it."""
        found, sound = self.mix()
        self.assertEqual(found, kept)
        self.assertEqual(sound, self.mix("--no-cache")[1])
        return sound

    def test_nothing_changed(self):
        self.check(3)
        self.assertEqual(sorted(p.name for p in (self.dir / "out").iterdir()),
                         ["premaster.wav", "recipe.json"])

    def test_behind_the_print(self):
        """Faders, places, sends, make-up, buses: no strip runs again."""
        before = self.check(3)
        stems = self.recipe["stems"]
        stems[0]["fader"]["gain_db"] = -3
        stems[1]["compressor"]["makeup_db"] = 3
        stems[2]["place"] = {"pan": 0.3}
        self.recipe["buses"] = {"music": {"eq": [{"hz": 900, "gain_db": 2}]}}
        self.assertNotEqual(self.check(3), before)

    def test_one_strip(self):
        before = self.check(3)
        self.recipe["stems"][2]["highpass"] = {"hz": 300}
        self.assertNotEqual(self.check(2), before)
        self.check(3)

    def test_a_key_counts(self):
        """The kick ducks the bass, the bass keys the keys' band."""
        self.recipe["stems"][0]["staging"] = {"gain_db": 6}
        self.check(1)
        self.recipe["sidechain"][0]["depth_db"] = 1
        self.check(2)

    def test_another_sound_of_the_same_name(self):
        before = self.check(3)
        write(self.stems / "keys.wav", 9)
        time.sleep(2.1)
        self.mix()
        self.assertNotEqual(self.check(3), before)

    def test_torn_and_foreign_files(self):
        for i, path in enumerate(sorted(
                (self.dir / "home" / "cache" / "prints").iterdir())):
            if i == 0:
                os.truncate(path, path.stat().st_size - 1)
            elif i == 1:
                path.write_bytes(b"no print")
        self.check(1)
        self.check(3)

    def test_two_at_once(self):
        self.recipe["stems"][1]["highpass"] = {"hz": 90}
        alone = self.mix("--no-cache")[1]
        many = [self.words(f"out{i}") for i in range(4)]
        runs = [subprocess.Popen([STEMMA, *words], env=self.env,
                                 cwd=self.dir, stdout=subprocess.DEVNULL)
                for words in many]
        for i, run in enumerate(runs):
            run.wait(timeout=60)
            self.assertEqual(
                (self.dir / f"out{i}" / "premaster.wav").read_bytes(), alone)
        self.check(3)

    def heard(self, *more):
        """What a mix without a recipe says of the stems; its sound."""
        self.run_it("mix", self.stems, "-o", "free", "-q", *more, code=None)
        report = json.loads((self.dir / "free" / "report.json").read_text())
        return (report["input_analysis"]["stems"],
                (self.dir / "free" / "premaster.wav").read_bytes())

    def test_what_was_heard_is_not_heard_again(self):
        fresh = self.heard("--no-cache")
        self.assertEqual(self.heard(), fresh)
        self.assertEqual(self.heard(), fresh)
        # What is kept is what is used: exchanged, stems take each other's.
        first, second, _ = sorted((self.dir / "home" / "cache" /
                                   "heard").iterdir())
        texts = first.read_bytes(), second.read_bytes()
        second.write_bytes(texts[0])
        first.write_bytes(texts[1])
        self.assertNotEqual(self.heard()[0], fresh[0])
        self.assertEqual(self.heard("--no-cache"), fresh)

    def test_no_place_to_keep(self):
        """Nothing that is wrong with the cache is wrong with the mix."""
        sound = self.check(3)
        cache = self.dir / "home" / "cache"
        for name in ("prints", "heard"):
            for path in (cache / name).iterdir():
                path.unlink()
            (cache / name).rmdir()
            (cache / name).write_text("no folder\n")
        self.assertEqual(self.mix(), (0, sound))

    def test_no_cache_keeps_nothing(self):
        folder = self.dir / "home" / "cache" / "prints"
        before = sorted(p.name for p in folder.iterdir())
        self.recipe["stems"][1]["highpass"] = {"hz": 77}
        self.mix("--no-cache")
        self.assertEqual(sorted(p.name for p in folder.iterdir()), before)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
