#!/usr/bin/env python3
"""docs/formats.md names every field that mastering reads or writes."""
import json
import pathlib
import re
import sys
import unittest

import case
from case import DOCS, sine

FORMATS = (DOCS / "formats.md").read_text()
MEASURES = (DOCS / "measures.md").read_text()
SOURCE = DOCS.parent / "src" / "master"


def section(schema):
    """The text under the heading of one schema."""
    start = FORMATS.index(f"\n## {schema}")
    return FORMATS[start:FORMATS.index("\n## ", start + 4)]


def rows(text):
    """{name: cells} of the tables: a row may hold several names."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        names = re.findall(r"`([^`]+)`", cells[0])
        if line.startswith("| `"):
            for place, name in enumerate(names):
                found[name] = (place, cells)
    return found


def span(text):
    """(low, high) of "-36 to -4"."""
    return tuple(float(part) for part in text.split(" to "))


def table(file, pattern):
    """Lines of a table in C, joined macros and all."""
    text = re.sub(r"\s*\\\n\s*", " ", (SOURCE / file).read_text())
    return re.findall(pattern, text)


class Recipe(case.Case):
    def test_every_setting_is_explained_with_its_range(self):
        sine(self.song, seconds=3)
        self.run_it("master", self.song, "-o", "o.wav", "--save-recipe",
                    "r.json", code=None)
        recipe = json.loads((self.dir / "r.json").read_text())
        told = rows(section("stemma.master-recipe/1"))
        for name in recipe:
            self.assertIn(f"`{name}" if name != "schema" else name,
                          section("stemma.master-recipe/1"))
        for part, settings in recipe["settings"].items():
            for name, item in settings.items():
                self.assertIn(f"{part}.{name}", told)
                place, cells = told[f"{part}.{name}"]
                self.assertEqual(cells[1], item.get("unit", ""), name)

    def test_ranges_and_defaults_are_those_of_the_table(self):
        told = rows(section("stemma.master-recipe/1"))
        number = r"(-?[\d.]+)"
        fields = table("recipe.h", r'X\(\w+, "(\w+)", "(\w+)", (?:NULL|"[^"]+"), '
                       rf"{number}, {number}, {number}, (\w+),")
        self.assertGreater(len(fields), 50)
        for part, name, low, high, usual, kind in fields:
            place, cells = told[f"{part}.{name}"]
            usuals = cells[3].split(", ")
            said = usuals[place if len(usuals) > 1 else 0]
            if kind in ("NUMBER", "WHOLE"):
                self.assertEqual(span(cells[2]), (float(low), float(high)),
                                 name)
                self.assertEqual(float(said), float(usual), name)
            elif kind == "BOOL":
                self.assertEqual(said, "true" if usual == "1" else "false")
            else:
                self.assertEqual(said, cells[2].split(", ")[int(usual)])

    def test_the_recipe_of_the_document_can_be_used(self):
        text = re.search(r"```json\n(.*?)```", section(
            "stemma.master-recipe/1"), re.DOTALL).group(1)
        (self.dir / "mine.json").write_text(text)
        sine(self.song, seconds=3)
        self.run_it("master", self.song, "-o", "o.wav", "--recipe",
                    "mine.json", "--save-recipe", "used.json", code=None)
        used = json.loads((self.dir / "used.json").read_text())
        self.assertEqual(used["settings"]["stereo"]["width_pct"]["value"], 104)
        self.assertEqual(used["eq_curve"]["mid"][1], [250, -1.5])


class Preset(case.Case):
    def test_every_field_is_explained_with_its_range(self):
        told = rows(section("stemma.preset/1"))
        fields = table("preset.c", r'\{"(\w+)", offsetof\(st_preset, \w+\), '
                       r"(-?[\d.]+), (-?[\d.]+)\}")
        self.assertGreater(len(fields), 10)
        for name, low, high in fields:
            self.assertEqual(span(told[name][1][2]), (float(low), float(high)),
                             name)

    def test_the_preset_of_the_document_can_be_used(self):
        text = re.search(r"```json\n(.*?)```", section("stemma.preset/1"),
                         re.DOTALL).group(1)
        (self.dir / "mine.json").write_text(text)
        sine(self.song, seconds=3)
        self.run_it("master", self.song, "-o", "o.wav", "--preset-file",
                    "mine.json", "--report", "r.json", code=None)
        report = json.loads((self.dir / "r.json").read_text())
        self.assertEqual(report["preset"], json.loads(text)["name"])
        self.assertEqual(report["mastering_report"]["lufs_target"], -11)


class Report(case.Case):
    def keys(self, value, path=""):
        """Every path but those of recipe and phases, told elsewhere."""
        if isinstance(value, list):
            for item in value:
                yield from self.keys(item, path)
        elif isinstance(value, dict):
            for name, item in value.items():
                here = f"{path}.{name}" if path else name
                yield here
                if name not in ("recipe", "stage_seconds"):
                    yield from self.keys(item, here)

    def check(self, document):
        text = section("stemma.report/1").replace("[]`", "`")
        told = {"schema", "album", "tracks"}
        for name, (_, cells) in rows(text).items():
            told.add(name)
            told.update(f"{name}.{word}"
                        for word in re.findall(r"`(\w+)`", "".join(cells[1:])))
        for path in self.keys(document):
            path = path.removeprefix("tracks.")
            top, _, rest = path.partition(".")
            if top in ("before", "after") and rest:
                leaf = f"`{rest.split('.')[-1]}`"
                self.assertTrue(leaf in text or leaf in MEASURES, path)
            else:
                self.assertTrue(path in told, path)

    def test_every_key_is_explained(self):
        sine(self.song, seconds=6)
        sine(self.dir / "ref.wav", seconds=6, hz=300, db=-12)
        self.run_it("master", self.song, "-o", "o.wav", "--report", "r.json",
                    "--reference", "ref.wav", "--preview", code=None)
        self.check(json.loads((self.dir / "r.json").read_text()))

    def test_every_key_of_an_album_is_explained(self):
        sine(self.song, seconds=3)
        sine(self.dir / "b.wav", seconds=3, db=-26)
        self.run_it("master", self.song, "b.wav", "-o", "out/", "--album",
                    "--report", "r.json", code=None)
        self.check(json.loads((self.dir / "r.json").read_text()))

    def test_every_bound_is_named(self):
        text = section("stemma.report/1")
        for file in SOURCE.glob("*.c"):
            for name in re.findall(r'st_goal_bound\([^,]+, "(\w+)"',
                                   file.read_text()):
                self.assertIn(f"`{name}`", text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
