#!/usr/bin/env python3
"""`stemma stems` as its users meet it."""
import json
import random
import struct
import sys
import unittest
import wave

from case import Case


def write(path, left, rate=44100):
    data = b"".join(struct.pack("<h", round(32767 * x)) for x in left)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(data)


def noise(seed, level, seconds=3, rate=44100):
    draw = random.Random(seed)
    return [level * draw.uniform(-1, 1) for _ in range(int(seconds * rate))]


class Stems(Case):
    def setUp(self):
        super().setUp()
        a = noise(1, 0.5)
        late = [0.0] * 441 + [-0.5 * x for x in a[:-441]]
        write(self.dir / "a.wav", a)
        write(self.dir / "late.wav", late)
        write(self.dir / "other.wav", noise(2, 0.02))

    def document(self, *names, code, more=()):
        done = self.run_it("stems", *[self.dir / n for n in names], "--json",
                           *more, code=code)
        step = json.loads(done.stdout)["steps"][0]
        return step["results"]["stems"], step["warnings"]

    def test_copies_are_named_with_delay_and_polarity(self):
        found, warnings = self.document("a.wav", "late.wav", "other.wav",
                                        code=3)
        self.assertEqual(found["schema"], "stemma.stems/1")
        self.assertEqual(len(found["pairs"]), 1)
        pair = found["pairs"][0]
        self.assertEqual((pair["a"], pair["b"], pair["kind"],
                          pair["polarity"]),
                         ("a.wav", "late.wav", "duplicate", "inverted"))
        self.assertAlmostEqual(pair["delay_ms"], 10, delta=0.01)
        self.assertAlmostEqual(pair["gain_db"], -6.02, delta=0.1)
        self.assertEqual([w["code"] for w in warnings], ["stems_duplicate"])

    def test_the_louder_noise_hides_the_other(self):
        found, _ = self.document("a.wav", "other.wav", code=0)
        self.assertEqual(found["pairs"], [])
        self.assertTrue(found["conflicts"])
        for conflict in found["conflicts"]:
            self.assertEqual(conflict["masker"], "a.wav")
            self.assertEqual(conflict["masked"], "other.wav")
            # 28 dB apart, the threshold 6 dB under the masker
            self.assertAlmostEqual(conflict["excess_db"], 22, delta=2.5)
        shares = {s["name"]: s["masked_share"] for s in found["stems"]}
        self.assertGreater(shares["other.wav"], 0.95)
        self.assertEqual(shares["a.wav"], 0)

    def between(self):
        """A masker that sounds in seconds 3 and 4 of 8."""
        quiet = [0.0] * 44100
        write(self.dir / "burst.wav",
              quiet * 3 + noise(4, 0.5, 1.9) + quiet * 3)
        write(self.dir / "bed.wav", noise(5, 0.02, 8))
        return "burst.wav", "bed.wav"

    def test_over_time_the_masker_is_where_it_plays(self):
        names = self.between()
        found, _ = self.document(*names, code=0, more=["--series"])
        over_time = found["over_time"]
        self.assertEqual(over_time["step_s"], 1)
        self.assertEqual(over_time["bands"][0], "sub")
        self.assertEqual(len(over_time["bands"]), 7)
        pair, = over_time["pairs"]
        self.assertEqual((pair["masker"], pair["masked"]), names)
        self.assertEqual((pair["worst_from_s"], pair["worst_to_s"]), (3, 5))
        self.assertAlmostEqual(pair["masked_share"], 0.25, delta=0.03)
        self.assertAlmostEqual(pair["excess_db"], 22, delta=2.5)
        series = pair["series"]
        for i in range(8):
            there = i in (3, 4)
            share = series["masked_share"][i]
            self.assertTrue(share > 0.85 if there else share == 0, (i, share))
            self.assertEqual(series["band"][i] >= 0, there)
            if there:
                self.assertAlmostEqual(series["excess_db"][i], 22, delta=2.5)
            else:
                self.assertEqual(series["excess_db"][i], 0)
        for name in ("masked_share", "excess_db", "band"):
            self.assertEqual(len(series[name]), 8, name)

    def test_over_time_without_series_is_brief_and_said(self):
        names = self.between()
        found, _ = self.document(*names, code=0)
        pair, = found["over_time"]["pairs"]
        self.assertNotIn("series", pair)
        self.assertEqual((pair["worst_from_s"], pair["worst_to_s"]), (3, 5))
        done = self.run_it("stems", *[self.dir / n for n in names])
        said = " ".join(done.stdout.split())
        self.assertIn("burst.wav over bed.wav: ", said)
        self.assertIn("worst from 0:03", said)
        self.assertIn(" to 0:05", said)

    def test_threads_change_nothing(self):
        names = self.between()
        one, three = (self.document(*names, "other.wav", code=0,
                                    more=["--series", "--no-cache",
                                          "--threads", n])[0]
                      for n in ("1", "3"))
        self.assertEqual(one, three)

    def test_rates_may_differ(self):
        write(self.dir / "high.wav", noise(3, 0.5, 2, 48000), 48000)
        found, _ = self.document("a.wav", "high.wav", "other.wav", code=0)
        self.assertEqual(found["rate_hz"], 44100)

    def test_people_see_a_table_and_sentences(self):
        done = self.run_it("stems", self.dir / "a.wav",
                           self.dir / "other.wav")
        self.assertIn("other.wav", done.stdout)
        self.assertIn("a.wav hides", done.stdout)

    def test_one_stem_is_too_few(self):
        done = self.run_it("stems", self.dir / "a.wav", code=2)
        self.assertIn("needs 2 or more of input audio, not 1", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
