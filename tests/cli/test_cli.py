#!/usr/bin/env python3
"""The stemma program as its users meet it: exit codes, streams, results."""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import unittest

from case import DOCS, STEMMA, Case, pcm, sine


class Usage(Case):
    def test_wrong_words_say_what_to_do(self):
        cases = [
            (["anlyze"], "Did you mean analyze?"),
            (["analyze", "--jsn", "x"], "Did you mean --json?"),
            (["analyze"], "needs an input"),
            (["convert", "x.wav"], "-o"),
            (["convert", "x.wav", "-o", "y.wav", "--rate", "7"],
             "8000 to 384000 Hz"),
            (["convert", "x.wav", "-o", "y.wav", "--rate"], "needs a value"),
            (["convert", "x.wav", "-o", "y.wav", "--dither", "whte"],
             "Did you mean white?"),
            (["analyze", "x.wav", "--threads", "0"], "1 to 64"),
            (["analyze", "x.wav", "--json=yes"], "takes no value"),
            (["help", "convrt"], "Did you mean convert?"),
            (["completion", "tcsh"], "bash, zsh or fish"),
            (["run"], "PLAN.json"),
            (["convert", "a.wav", "d.wav", "-o", "two.wav"],
             "the results need a folder: give -o two/"),
            (["master", "a.wav", "d.wav", "-o", "x.y/two.FLAC"],
             "give -o x.y/two/"),
            (["master", "a.wav", "-o", "b.wav", "--preset", "Nope"],
             "must be Electro House, Pop,"),
            *[(["master", "a.wav", "-o", "b.wav", f"--match-{what}", "50",
                *more], f"match_{what} of master does nothing without a ref")
              for what in ("eq", "loudness", "width", "dynamics")
              for more in ([], ["--recipe", "r.json"], ["--dry-run"])],
            (["master", "a.wav", "-o", "b.wav", "--preset", "Pop",
              "--preset-file", "p.json"], "exclude each other"),
        ]
        for words, says in cases:
            done = self.run_it(*words, code=2)
            self.assertIn(says, done.stderr, words)
            self.assertEqual(done.stdout, "", words)
            if "Nope" in words:
                self.assertNotIn("Did you mean", done.stderr)
        self.assertEqual(self.names(), [])

    def test_no_words_show_help_and_fail(self):
        self.assertIn("usage: stemma", self.run_it(code=2).stderr)
        self.assertIn("usage: stemma", self.run_it("--help").stdout)
        self.assertRegex(self.run_it("--version").stdout, r"^stemma \d+\.\d+")

    def test_every_command_answers_help(self):
        for name in ("help", "stages", "run", "doctor", "completion"):
            for words in ((name, "--help"), (name, "x", "-h"),
                          ("help", name)):
                text = self.run_it(*words).stdout
                self.assertIn(f"usage: stemma {name} ", text)
                self.assertIn("-h, --help", text)
                self.assertIn("Exit status", text)
        text = self.run_it("run", "--help").stdout
        for flag in ("--json", "-q, --quiet", "--threads N", "--no-cache"):
            self.assertIn(flag, text)

    def test_output_that_cannot_be_written_is_a_failure(self):
        sine(self.song)
        cases = [("analyze", self.song), ("analyze", self.song, "--json"),
                 ("convert", self.song, "-o", "o.wav"), ("help",),
                 ("convert", self.song, "-o", "p.wav", "--dry-run"),
                 ("stages", "--json"), ("doctor",), ("--version",),
                 ("help", "--man"), ("completion", "bash"), ("run", "-h")]
        for words in cases:
            with open("/dev/full", "w") as full:
                done = subprocess.run([STEMMA, *map(str, words)], stdout=full,
                                      stderr=subprocess.PIPE, text=True,
                                      env=self.env, cwd=self.dir)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("could", done.stderr, words)
            self.assertEqual(done.stderr.count("\n"), 1, words)

    def test_a_closed_output_takes_no_file_in(self):
        """File number 1 must not become the file that is written."""
        sine(self.song)
        done = subprocess.run(["sh", "-c", f"exec '{STEMMA}' convert song.wav "
                               "-o o.wav >&-"], env=self.env, cwd=self.dir,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("could", done.stderr)
        self.assertEqual(pcm(self.song), pcm(self.dir / "o.wav"))

    def test_a_missing_file_is_named(self):
        done = self.run_it("analyze", "nowhere.wav", code=1)
        self.assertIn("nowhere.wav", done.stderr)

    def test_a_missing_folder_is_named(self):
        sine(self.song)
        done = self.run_it("convert", self.song, "-o", "no/such/out.wav",
                           code=1)
        self.assertIn("no/such", done.stderr)

    def test_an_unknown_ending_lists_formats(self):
        sine(self.song)
        done = self.run_it("convert", self.song, "-o", "out.xyz", code=1)
        self.assertIn("flac", done.stderr)
        self.assertEqual(self.names(), ["song.wav"])


class Table(Case):
    def test_help_lists_each_parameter_with_unit_and_range(self):
        table = json.loads(self.run_it("stages", "--json").stdout)
        self.assertEqual(table["schema"], "stemma.stages/1")
        manual = self.run_it("help", "--man").stdout
        for stage in table["stages"]:
            text = self.run_it("help", stage["name"]).stdout
            again = self.run_it(stage["name"], "--help").stdout
            self.assertEqual(text, again)
            flat = " ".join(text.split())
            for param in stage["parameters"]:
                flag = "--" + param["name"].replace("_", "-")
                self.assertIn(flag, flat)
                self.assertIn(flag.replace("-", "\\-"), manual)
                if "min" in param and param["type"] in ("int", "float"):
                    self.assertIn(f"{param['min']:g} to {param['max']:g}"
                                  .replace("e+06", "000000"), flat)
                if param.get("unit"):
                    self.assertIn(param["unit"], flat)
                for choice in param.get("choices", []):
                    self.assertIn(choice, flat)

    def test_help_says_what_a_flag_needs(self):
        text = " ".join(self.run_it("help", "master").stdout.split())
        self.assertIn("follows the reference. Needs --reference.", text)
        self.assertIn("Not with --preset-file.", text)

    def test_the_manual_is_well_formed(self):
        page = self.dir / "stemma.1"
        page.write_text(self.run_it("help", "--man").stdout)
        if shutil.which("mandoc"):
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "error",
                                   page], capture_output=True, text=True)
            self.assertEqual(done.stdout, "")
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z",
                                   page], capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
        for section in ("NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT"):
            self.assertIn(f".SH {section}\n", page.read_text())

    def test_bash_completion_completes(self):
        script = self.dir / "c.bash"
        script.write_text(self.run_it("completion", "bash").stdout)

        def complete(*words):
            line = " ".join(f"'{w}'" for w in ("stemma",) + words)
            done = subprocess.run(
                ["bash", "-c", f"source {script}; COMP_WORDS=({line}); "
                 f"COMP_CWORD={len(words)}; _stemma; "
                 "printf '%s\\n' \"${COMPREPLY[@]}\""],
                capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
            return done.stdout.split()

        self.assertEqual(complete("conv"), ["convert"])
        self.assertEqual(complete("convert", "--ra"), ["--rate"])
        self.assertEqual(complete("convert", "--dither", "wh"), ["white"])
        self.assertIn("--json", complete("analyze", "--"))
        self.assertEqual(complete("run", "--th"), ["--threads"])

    def test_other_shells_read_their_scripts(self):
        for shell in ("zsh", "fish"):
            text = self.run_it("completion", shell).stdout
            self.assertIn("convert", text)
            if shutil.which(shell):
                script = self.dir / "script"
                script.write_text(text)
                subprocess.run([shell, "-n", script], check=True)

    def test_help_and_docs_name_one_standard(self):
        measures = (DOCS / "measures.md").read_text()
        said = re.findall(r"BS\.1770-\d", self.run_it("help", "--man").stdout
                          .replace("\\", "") + measures)
        self.assertEqual(set(said), {"BS.1770-5"})

    def test_narrow_terminals_get_narrow_help(self):
        self.env["COLUMNS"] = "60"
        for line in self.run_it("help", "convert").stdout.splitlines():
            self.assertLessEqual(len(line), 60)


class Analyze(Case):
    def test_json_holds_the_meters(self):
        sine(self.song, seconds=4, db=-23)
        done = self.run_it("analyze", self.song, "--json")
        result = json.loads(done.stdout)
        self.assertEqual(result["schema"], "stemma.result/1")
        self.assertEqual(result["status"], "succeeded")
        step = result["steps"][0]
        self.assertEqual(step["inputs"][0]["frames"], 4 * 48000)
        meters = step["results"]["meters"]
        # EBU Tech 3341: stereo sine, -23 dBFS peak, reads -23 LUFS
        self.assertAlmostEqual(meters["lufs_integrated"], -23.0, delta=0.1)
        self.assertAlmostEqual(meters["true_peak_dbTP"], -23.0, delta=0.1)
        self.assertEqual(done.stderr, "")

    def test_a_pipe_shows_no_progress_and_no_colour(self):
        sine(self.song, seconds=120)
        done = self.run_it("analyze", self.song, "--no-cache")
        self.assertEqual(done.stderr, "")
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("LUFS", done.stdout)

    def test_several_files_and_one_that_is_none(self):
        sine(self.song)
        sine(self.dir / "b.wav", db=-30)
        (self.dir / "c.wav").write_text("not audio")
        done = self.run_it("analyze", self.song, "c.wav", "b.wav", code=1)
        self.assertIn("c.wav", done.stderr)
        self.assertIn("song.wav", done.stdout)
        self.assertIn("b.wav", done.stdout)
        done = self.run_it("analyze", "c.wav", "--json", code=1)
        result = json.loads(done.stdout)
        self.assertEqual(result["status"], "failed")
        self.assertIn("c.wav", json.dumps(result["steps"][0]["error"]))

    def test_an_equal_run_is_reused(self):
        sine(self.song, seconds=2)
        copy = self.dir / "copy.wav"
        shutil.copy(self.song, copy)
        time.sleep(2.1)  # younger files are not trusted

        def cached(path, *more):
            done = self.run_it("analyze", path, "--json", *more)
            step = json.loads(done.stdout)["steps"][0]
            return step["cached"], step["results"]["meters"]

        first = cached(self.song)
        self.assertFalse(first[0])
        self.assertEqual(cached(self.song), (True, first[1]))
        self.assertFalse(cached(self.song, "--no-cache")[0])
        self.assertFalse(cached(self.song, "--series")[0])
        self.assertFalse(cached(copy)[0])  # its samples are not known yet
        sine(self.song, seconds=2, db=-10)
        changed = cached(self.song)
        self.assertFalse(changed[0])
        self.assertNotEqual(changed[1], first[1])

    def test_a_home_that_cannot_be_written_does_not_matter(self):
        sine(self.song)
        self.env["STEMMA_HOME"] = "/proc/none"
        self.run_it("analyze", self.song, "--json")


class Convert(Case):
    def test_there_and_back_is_bit_exact_and_keeps_the_title(self):
        sine(self.song, title="Night Drive")
        self.run_it("convert", self.song, "-o", "a.flac")
        self.run_it("convert", "a.flac", "-o", "b.wav")
        self.assertEqual(pcm(self.song), pcm(self.dir / "b.wav"))
        self.assertIn(b"Night Drive", (self.dir / "a.flac").read_bytes())
        self.assertIn(b"Night Drive", (self.dir / "b.wav").read_bytes())

    def test_what_a_format_cannot_hold_is_named(self):
        sine(self.song, title="Night Drive")
        cue = struct.pack("<IIIIIIII", 1, 1, 0, 0x61746164, 0, 0, 0, 0)[:28]
        with open(self.song, "ab") as out:
            out.write(b"bext" + struct.pack("<I", 602) + b"Take 3".ljust(602, b"\0"))
            out.write(b"cue " + struct.pack("<I", len(cue)) + cue)
        for name, lost in (("o.mp3", True), ("o.ogg", True), ("o.opus", True),
                           ("o.flac", False), ("o.wav", False)):
            text = self.run_it("convert", self.song, "-o", name,
                               "--json").stdout
            notes = json.loads(text)["steps"][0]["notes"]
            said = [n for n in notes if "bext" in n and "1 cue point" in n]
            self.assertEqual(len(said), lost, (name, notes))

    def test_rate_channels_and_depth(self):
        sine(self.song, channels=2)
        self.run_it("convert", self.song, "-o", "o.wav", "--rate", "44.1k",
                    "--channels", "1", "--bits", "24")
        shape, data = pcm(self.dir / "o.wav")
        self.assertEqual(shape, (1, 3, 44100))
        self.assertEqual(len(data), 44100 * 3)

    def test_threads_do_not_change_a_byte(self):
        sine(self.song, seconds=15)
        files = []
        for threads in ("1", "3"):
            out = self.dir / f"t{threads}.wav"
            self.run_it("convert", self.song, "-o", out, "--rate", "44100",
                        "--threads", threads)
            files.append(out.read_bytes())
        self.assertEqual(*files)

    def test_an_input_is_never_overwritten(self):
        sine(self.song)
        before = self.song.read_bytes()
        done = self.run_it("convert", self.song, "-o", self.song, code=1)
        self.assertIn("overwritten", done.stderr)
        self.assertEqual(self.song.read_bytes(), before)

    def test_a_failure_leaves_the_old_file(self):
        (self.dir / "bad.wav").write_bytes(b"RIFF....WAVEfmt ")
        (self.dir / "out.wav").write_text("old")
        self.run_it("convert", "bad.wav", "-o", "out.wav", code=1)
        self.assertEqual((self.dir / "out.wav").read_text(), "old")
        self.assertEqual(self.names(), ["bad.wav", "out.wav"])

    def test_folders_take_several(self):
        sine(self.song)
        sine(self.dir / "b.wav")
        self.run_it("convert", self.song, "b.wav", "-o", "out", "--format",
                    "flac")
        self.assertEqual(sorted(p.name for p in (self.dir / "out").iterdir()),
                         ["b.flac", "song.flac"])

    def test_clipping_is_a_warning(self):
        sine(self.song, db=0, rate=48000)
        self.run_it("convert", self.song, "-o", "f.wav", "--bits", "float",
                    "--rate", "96000")
        done = self.run_it("convert", self.song, "-o", "six.mp3")
        self.assertEqual(done.stderr, "")

    def test_a_plan_can_be_printed_and_run(self):
        sine(self.song)
        plan = self.run_it("convert", self.song, "-o", "o.flac",
                           "--dry-run").stdout
        self.assertEqual(self.names(), ["song.wav"])
        (self.dir / "plan.json").write_text(plan)
        self.run_it("run", "plan.json")
        self.assertTrue((self.dir / "o.flac").exists())
        (self.dir / "plan.json").write_text(plan.replace("convert", "x"))
        self.run_it("run", "plan.json", code=2)


    def test_a_plan_measures_what_it_made(self):
        sine(self.song)
        plan = json.loads(self.run_it("convert", self.song, "-o", "o.flac",
                                      "--dry-run").stdout)
        plan["steps"].append({"stage": "analyze", "inputs": {
            "audio": [{"step": 0, "output": "audio"}]}})
        (self.dir / "plan.json").write_text(json.dumps(plan))
        text = self.run_it("run", "plan.json").stdout
        self.assertIn("audio, made by convert\n  48000 Hz, 2 channels, 0:01.0\n",
                      text)
        result = json.loads(self.run_it("run", "plan.json", "--json").stdout)
        self.assertEqual(result["steps"][1]["inputs"][0]["step"], 0)

    def test_a_name_that_json_cannot_hold_is_refused_in_time(self):
        odd = os.fsencode(self.dir) + b"/b\xe4d.wav"
        sine(self.song)
        os.rename(self.song, odd)
        for words in (("analyze", odd, "--json"),
                      ("analyze", odd, "--dry-run"),
                      ("convert", odd, "-o", "o.wav", "--dry-run")):
            done = subprocess.run([STEMMA, *words], env=self.env,
                                  cwd=self.dir, capture_output=True)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stdout, b"")
            self.assertIn(b"b?d.wav", done.stderr)
            self.assertIn(b"rename it", done.stderr)
        done = subprocess.run([STEMMA, "convert", odd, "-o", b"\xe4.wav"],
                              env=self.env, cwd=self.dir, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(os.path.exists(os.fsencode(self.dir) + b"/\xe4.wav"))


NO_NUMBER = re.compile(r"\b(inf|infinity|nan)\b", re.IGNORECASE)


class Master(Case):
    def test_the_summary_is_of_the_mix_and_not_of_its_reference(self):
        sine(self.song, seconds=4)
        sine(self.dir / "ref.wav", seconds=4, hz=400)
        self.run_it("master", self.song, "-o", "one.wav", "--save-recipe",
                    "r.json", code=None)
        text = self.run_it("master", self.song, "-o", "o.wav", "--reference",
                           "ref.wav", "--recipe", "r.json", code=None).stdout
        self.assertEqual(text.splitlines()[0], "song.wav")
        self.assertIn("checks passed", text)

    def test_an_album_has_a_line_for_each_track_and_one_for_all(self):
        for name, db in (("a.wav", -20), ("b.wav", -26), ("c.wav", -23)):
            sine(self.dir / name, seconds=3, db=db)
        text = self.run_it("master", "a.wav", "b.wav", "c.wav", "-o", "out/",
                           "--album", code=None).stdout
        lines = text.splitlines()
        self.assertRegex(lines[0], "^track +LUFS +after +dBTP +PLR +checks$")
        for line, name, lufs in zip(lines[1:], "abc", (20, 26, 23)):
            self.assertRegex(line, rf"^{name}\.wav +-{lufs}\.0 .* of \d$")
        self.assertRegex(lines[4], r"^album: -[\d.]+ LUFS, spread 6\.0 LU "
                         r"before, 0\.[0-5] LU after, order kept$")

    def test_silence_is_called_silence(self):
        sine(self.song, db=-200)
        done = self.run_it("master", self.song, "-o", "o.wav", "--page",
                           code=3)
        self.assertIn("nothing to hear", done.stdout)
        page = (self.dir / "o.wav.report.html").read_text()
        self.assertIn("Nothing to hear", page)
        self.assertNotIn("Ready to release", page)
        self.assertNotRegex(page, NO_NUMBER)

    def test_a_moment_has_no_made_up_numbers(self):
        sine(self.song, seconds=0.2)
        self.run_it("master", self.song, "-o", "o.wav", "--page", code=3)
        page = (self.dir / "o.wav.report.html").read_text()
        self.assertIn("could not be measured", page)
        self.assertNotRegex(page, NO_NUMBER)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
