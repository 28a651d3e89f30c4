#!/usr/bin/env python3
"""`stemma mix --group`: more stems than strips."""
import array
import json
import random
import sys
import unittest
import wave

from case import Case

RATE, SECONDS = 24000, 2
# name -> role, level in dB
STEMS = {"kick": ("kick", -12), "snare": ("snare", -12), "bass": ("bass", -12),
         "vox": ("lead_vocal", -12), "bv": ("backing_vocal", -18),
         "hat1": ("hats", -12), "hat2": ("hats", -18), "hat3": ("hats", -24),
         "shaker": ("percussion", -20), "tamb": ("percussion", -16),
         "gtr1": ("guitar", -12), "gtr2": ("guitar", -15),
         "keys": ("keys", -14), "pad": ("synth", -14),
         "brass": ("brass", -14)}
BUS = {"drums": ("kick", "snare", "hats", "percussion", "drums_bus"),
       "vocals": ("lead_vocal", "backing_vocal")}


def bus_of(role):
    return next((b for b, roles in BUS.items() if role in roles), "music")


def write(path, seed, db, upside_down=False):
    draw = random.Random(seed)
    peak = 32767 * 10 ** (db / 20)
    noise = array.array("h", [round(draw.uniform(-peak, peak))
                              for _ in range(RATE * SECONDS)])
    if upside_down:  # the right channel of a stereo file
        noise = array.array("h", [y for x in noise for y in (x, -x)])
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2 if upside_down else 1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(noise.tobytes())


class Groups(Case):
    def setUp(self):
        super().setUp()
        self.stems = self.dir / "stems"
        self.stems.mkdir()
        for i, (name, (_, db)) in enumerate(STEMS.items()):
            write(self.stems / f"{name}.wav", i, db)
        self.roles = ",".join(f"{n}={r}" for n, (r, _) in STEMS.items())

    def mix(self, out, *more, code=None):
        done = self.run_it("mix", self.stems, "-o", out, "--roles", self.roles,
                           "-q", *more, code=code)
        folder = self.dir / out
        if done.returncode not in (0, 3):
            return done.stderr
        return (json.loads((folder / "recipe.json").read_text()),
                json.loads((folder / "report.json").read_text()),
                (folder / "premaster.wav").read_bytes())

    def test_without_it_too_many_are_refused(self):
        said = self.mix("out", code=1)
        self.assertIn("15 stems", said)
        self.assertIn("--group", said)

    def test_who_is_joined(self):
        recipe, report, _ = self.mix("out", "--group")
        names = [s["name"] for s in recipe["stems"]]
        self.assertEqual(len(names), 12)
        for alone in ("vox", "bv", "kick", "snare", "bass"):
            self.assertIn(alone, names)
        groups = {g["name"]: [m["file"][:-4] for m in g["members"]]
                  for g in recipe["groups"]}
        for members in groups.values():
            self.assertEqual(len({bus_of(STEMS[m][0]) for m in members}), 1)
            # Equal roles are enough here: no group needs two.
            self.assertEqual(len({STEMS[m][0] for m in members}), 1)
        self.assertEqual(sum(len(m) - 1 for m in groups.values()), 3)
        said = report["input_analysis"]["groups"]
        self.assertEqual([g["name"] for g in said], list(groups))

    def test_the_page_names_the_members(self):
        recipe, _, _ = self.mix("out", "--group")
        page = (self.dir / "out" / "report.html").read_text()
        part = page[page.index("<h2>Groups</h2>"):].split("</section>")[0]
        for group in recipe["groups"]:
            self.assertIn(group["name"], part)
            for member in group["members"]:
                self.assertIn(member["file"], part)

    def apart(self, *more):
        """How far the levels of members of one role lie apart, dB."""
        recipe, _, _ = self.mix("out", "--group", *more)
        level = {}
        for group in recipe["groups"]:
            for m in group["members"]:
                role, db = STEMS[m["file"][:-4]]
                level.setdefault(role, set()).add(db + m["gain_db"])
        self.assertTrue(level)
        return max(max(v) - min(v) for v in level.values())

    def test_gains_make_members_equal(self):
        self.assertLess(self.apart("--engine", "rules"), 0.2)

    def test_the_network_takes_members_together(self):
        given = {}
        for role, db in STEMS.values():
            given.setdefault(role, []).append(db)
        most = max(max(v) - min(v) for v in given.values() if len(v) > 1)
        self.assertLess(self.apart(), 0.5 * most)

    def test_the_users_balance_is_kept(self):
        recipe, _, _ = self.mix("out", "--group", "--respect-user-gains")
        self.assertEqual({m["gain_db"] for g in recipe["groups"]
                          for m in g["members"]}, {0})

    def test_a_channel_upside_down_is_turned(self):
        hats = [f"hat{i}.wav" for i in (1, 2, 3)]
        for i, name in enumerate(hats):
            write(self.stems / name, 5 + i, -12 - 6 * i, upside_down=True)
        recipe, report, sound = self.mix("out", "--group")
        turned = [m["file"] for g in recipe["groups"] for m in g["members"]
                  if m.get("invert_right")]
        self.assertEqual(turned, [m["file"] for g in recipe["groups"]
                                  for m in g["members"]
                                  if m["file"] in hats])
        self.assertTrue(turned)
        self.assertEqual(self.mix("again", "--recipe", "out/recipe.json")[2],
                         sound)
        # No side is left of it: all is in the middle but for the places.
        group = next(g for g in recipe["groups"] if
                     turned[0] in [m["file"] for m in g["members"]])
        recipe["groups"] = [group]
        for stem in recipe["stems"]:
            for move in [k for k, v in stem.items() if isinstance(v, (dict,
                                                                      list))]:
                del stem[move]
        recipe["stems"] = [s for s in recipe["stems"]
                           if s["name"] == group["name"]]
        for part in ("sidechain", "returns", "buses", "mix", "master"):
            recipe.pop(part)
        for path in self.stems.iterdir():
            if path.name not in turned:
                path.unlink()
        (self.dir / "one.json").write_text(json.dumps(recipe))
        self.roles = ""
        sound = self.mix("one", "--recipe", "one.json")[2]
        data = array.array("f", sound[sound.index(b"data") + 8:][:8 * RATE])
        self.assertGreater(max(map(abs, data)), 0.01)
        self.assertEqual(data[::2], data[1::2])

    def test_round_trip(self):
        recipe, _, sound = self.mix("out", "--group")
        again, _, same = self.mix("again", "--recipe", "out/recipe.json")
        self.assertEqual(sound, same)
        for part in ("groups", "stems", "buses", "mix"):
            self.assertEqual(recipe[part], again[part])

    def test_a_recipe_with_wrong_groups(self):
        recipe, _, _ = self.mix("out", "--group")
        mine = self.dir / "mine.json"
        for change, says in (
                ({"file": "nobody.wav"}, "not among the files"),
                ({"file": "kick.wav", "gain_db": "loud"}, "gain_db"),
                ({"file": "kick.wav", "gain_db": 90}, "gain_db")):
            doc = json.loads(json.dumps(recipe))
            doc["groups"][0]["members"][0] = change
            mine.write_text(json.dumps(doc))
            self.assertIn(says, self.mix("bad", "--recipe", mine, code=1))
        doc = json.loads(json.dumps(recipe))
        doc["groups"][0]["name"] = "kick"
        mine.write_text(json.dumps(doc))
        self.assertIn("name of another stem",
                      self.mix("bad", "--recipe", mine, code=1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
