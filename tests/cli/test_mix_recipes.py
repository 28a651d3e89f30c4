#!/usr/bin/env python3
"""`stemma mix` and its recipes: what is kept, what is said of one."""
import array
import json
import random
import sys
import unittest
import wave

from case import Case

RATE, SECONDS = 24000, 4


def write(path, seed, db=-16.0, smooth=0.0, gate=0):
    """Noise through one pole, in bursts of `gate` frames if asked for."""
    draw, last, out = random.Random(seed), 0.0, []
    peak = 32767 * 10 ** (db / 20)
    for i in range(RATE * SECONDS):
        last = smooth * last + (1 - smooth) * draw.uniform(-1, 1)
        on = gate == 0 or i % (2 * gate) < gate
        out.append(round(peak * last) if on else 0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array.array("h", out).tobytes())


STEMS = {"kick": dict(smooth=0.98, db=-3, gate=6000),
         "bass": dict(smooth=0.95, db=-6),
         "lead vox (dry)": dict(smooth=0.5, gate=12000)}
ROLES = "kick=kick,bass=bass,lead vox (dry).wav=lead_vocal"
HAND = {"schema": "stemma.mix-recipe/1", "complete": True,
        "stems": [{"name": "kick", "role": "kick", "fader": {"gain_db": -6}},
                  {"name": "bass", "role": "bass"},
                  {"name": "lead vox (dry)", "role": "lead_vocal",
                   "channels": 1, "eq": [{"hz": 1000, "gain_db": 2}]}]}


class Recipes(Case):
    def setUp(self):
        super().setUp()
        self.stems = self.dir / "in"
        self.stems.mkdir()
        for i, (name, how) in enumerate(STEMS.items()):
            write(self.stems / f"{name}.wav", i, **how)

    def mix(self, out, *more, recipe=None, code=None):
        """The result document; of what failed, what was said."""
        words = ["mix", self.stems, "-o", out, "-q", "--json", *more]
        if isinstance(recipe, dict):
            (self.dir / "mine.json").write_text(json.dumps(recipe))
            recipe = "mine.json"
        words += ["--recipe", recipe] if recipe else []
        if not recipe and "--roles" not in more:
            words += ["--roles", ROLES]
        done = self.run_it(*words, code=code)
        if done.returncode not in (0, 3):
            return done.stderr
        return json.loads(done.stdout)["steps"][0]

    def warned(self, step, code):
        return [w["message"] for w in step["warnings"] if w["code"] == code]

    def recipe(self, out):
        return json.loads((self.dir / out / "recipe.json").read_text())

    def report(self, out):
        return json.loads((self.dir / out / "report.json").read_text())

    def sound(self, out):
        return [(self.dir / out / f"{name}.wav").read_bytes()
                for name in ("premaster", "master")]

    def test_a_recipe_led_by_a_reference_gives_the_same_master(self):
        write(self.dir / "ref.wav", 9, db=-3, smooth=0.2)
        for more in ((), ("--unbounded", "--lufs", "-10")):
            self.mix("out", "--reference", "ref.wav", *more)
            self.mix("again", recipe="out/recipe.json")
            self.assertTrue(self.sound("out") == self.sound("again"))
            self.assertEqual(self.recipe("out"), self.recipe("again"))

    def test_a_stem_that_changed_is_told(self):
        self.mix("out")
        hashes = [s["hash"] for s in self.recipe("out")["stems"]]
        self.assertEqual([len(h) for h in hashes], [64] * 3)
        same = self.mix("same", "--no-cache", recipe="out/recipe.json")
        self.assertEqual(self.warned(same, "stem_changed"), [])
        self.assertTrue(self.sound("same") == self.sound("out"))
        self.assertEqual(self.recipe("same"), self.recipe("out"))
        bass, kick = (self.stems / f"{n}.wav" for n in ("bass", "kick"))
        write(bass, 77, db=-9, smooth=0.95)
        for more in ((), ("--premaster-only",), ("--no-cache",)):
            step = self.mix("new", *more, recipe="out/recipe.json")
            said = self.warned(step, "stem_changed")
            self.assertEqual(len(said), 1)
            self.assertIn("bass.wav is not the sound", said[0])
            self.assertIn("it changed since", said[0])
        bass.write_bytes(kick.read_bytes())
        said = self.warned(self.mix("swap", recipe="out/recipe.json"),
                           "stem_changed")
        self.assertIn("it holds what was kick", said[0])

    def test_a_member_of_a_group_that_changed_is_told(self):
        for i in range(11):
            write(self.stems / f"hat{i}.wav", 20 + i, db=-20)
        roles = ROLES + ",hat*=hats"
        self.mix("out", "--group", "--roles", roles)
        again = self.mix("again", recipe="out/recipe.json")
        self.assertEqual(self.warned(again, "stem_changed"), [])
        member = self.recipe("out")["groups"][0]["members"][1]["file"]
        write(self.stems / member, 99, db=-20)
        said = self.warned(self.mix("new", recipe="out/recipe.json"),
                           "stem_changed")
        self.assertEqual(len(said), 1)
        self.assertIn(member, said[0])

    def test_a_recipe_by_hand_needs_no_hashes(self):
        step = self.mix("out", recipe=HAND)
        self.assertEqual(self.warned(step, "stem_changed"), [])
        self.assertEqual(self.warned(step, "recipe_unknown"), [])

    def test_flags_that_change_nothing_are_told(self):
        self.mix("out", "--preset", "Pop")
        step = self.mix("rock", "--preset", "Rock", "--respect-user-gains",
                        recipe="out/recipe.json")
        said = self.warned(step, "flag_unused")
        self.assertEqual([("--preset" in s, "--respect" in s) for s in said],
                         [(False, True), (True, False)])
        self.assertTrue(self.sound("rock") == self.sound("out"))
        self.assertEqual(self.recipe("rock"), self.recipe("out"))
        mixing = self.report("rock")["mixing_report"]
        self.assertEqual(mixing["preset"], "Pop")
        # The same name asks for nothing else; without a master, it leads one.
        same = self.mix("same", "--preset", "Pop", recipe="out/recipe.json")
        self.assertEqual(self.warned(same, "flag_unused"), [])
        step = self.mix("hand", "--preset", "Loud", recipe=HAND)
        self.assertEqual(self.warned(step, "flag_unused"), [])
        self.assertEqual(self.recipe("hand")["master"]["preset"], "Loud")

    def test_roles_do_not_change_those_of_a_recipe(self):
        step = self.mix("out", "--roles", "bass=synth", recipe=HAND)
        self.assertIn("bass.wav is bass in the recipe",
                      self.warned(step, "flag_unused")[0])

    def test_help_and_table_list_the_roles(self):
        table = json.loads(self.run_it("stages", "--json").stdout)
        mix = next(s for s in table["stages"] if s["name"] == "mix")
        words = next(p["words"] for p in mix["parameters"]
                     if p["name"] == "roles")
        self.assertEqual(len(words), 17)
        text = " ".join(self.run_it("help", "mix").stdout.split())
        self.assertIn(", ".join(words[:-1]) + " or " + words[-1], text)
        self.assertNotIn("full_mix", words)
        for role in (words[0], words[6], words[-1]):
            self.mix("out", "--roles", f"bass={role}", "--premaster-only")
            self.assertEqual(self.recipe("out")["stems"][0]["role"], role)

    def test_broken_limits_are_told_with_how_far(self):
        mine = json.loads(json.dumps(HAND))
        mine["mix"] = {"fader": {"gain_db": 6}}
        mine["stems"][2]["eq"] = [{"hz": 1000, "gain_db": 4}] * 2
        step = self.mix("out", recipe=mine)
        guards = self.report("out")["mixing_report"]["guards"]
        broken = {g["guard"]: g for g in guards["broken"]}
        self.assertEqual(set(broken), {"headroom", "eq"})
        self.assertAlmostEqual(broken["eq"]["by"], 4, delta=0.1)
        self.assertAlmostEqual(broken["headroom"]["by"],
                               guards["premaster_peak_dbfs"] + 6, delta=0.01)
        self.assertIn("rendered as given", broken["eq"]["why"])
        page = (self.dir / "out" / "report.html").read_text()
        self.assertEqual(page.count("broken by"), 2)
        self.assertIn("4 of 6 guardrails", page)
        for code in broken:
            said = self.warned(step, f"guard_{code}")
            self.assertEqual(len(said), 1)
            self.assertIn("rendered as given", said[0])
        done = self.run_it("mix", self.stems, "-o", "out", "--recipe",
                           "mine.json", code=3)
        self.assertIn("4 of 6 guardrails hold", done.stdout)

    def test_why_a_target_is_missed_is_told(self):
        step = self.mix("out", "--lufs", "-5")
        why = [w for w in self.report("out")["qc_results"]["warnings"]
               if "Loudness stops at" in w]
        self.assertEqual(len(why), 1)
        self.assertIn(why[0], [w["message"] for w in step["warnings"]])
        page = (self.dir / "out" / "report.html").read_text()
        self.assertEqual(page.count("Loudness stops at"), 1)

    def test_misspelt_fields_are_told_with_their_place(self):
        mine = json.loads(json.dumps(HAND))
        mine["stems"][2]["eq"][0]["gian_db"] = 3
        mine["stems"][1]["x-note"] = "mine"
        mine["master"] = {"schema": "stemma.master-recipe/1", "settings":
                          {"limiter": {"drvie_db": 3}}}
        said = self.warned(self.mix("out", recipe=mine), "recipe_unknown")
        self.assertEqual(len(said), 2)
        self.assertIn("stems[2].eq[0].gian_db", said[0])
        self.assertIn("Did you mean gain_db?", said[0])
        self.assertIn("master.settings.limiter.drvie_db", said[1])
        mine["stems"][2]["compresor"] = {"ratio": 2}
        said = self.mix("bad", recipe=mine, code=1)
        self.assertIn('stems[2] has no move "compresor". '
                      'Did you mean compressor?', said)

    def test_accept_takes_names_with_spaces(self):
        for word in ("-lead vox (dry).fader", "- 'lead vox (dry).wav'.fader"):
            self.mix("out", "--accept", f"all, {word}")
            amounts = {m["move"]: m["amount_pct"] for m in
                       self.report("out")["mixing_report"]["moves"]}
            self.assertEqual(amounts["lead vox (dry).fader"], 0)
            self.assertEqual(amounts["kick.fader"], 100)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
