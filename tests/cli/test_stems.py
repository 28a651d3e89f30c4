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

    def document(self, *names, code):
        done = self.run_it("stems", *[self.dir / n for n in names], "--json",
                           code=code)
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
