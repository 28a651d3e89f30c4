#!/usr/bin/env python3
"""The stemma program between others: signals, terminals, foreign files."""
import json
import os
import pty
import signal
import subprocess
import sys
import time
import unittest

from case import STEMMA, Case, sine


class Signals(Case):
    def long_job(self):
        """A conversion that is surely running when this returns."""
        sine(self.song, seconds=400)
        child = subprocess.Popen(
            [STEMMA, "convert", self.song, "-o", self.dir / "out.wav",
             "--rate", "96000", "--quality", "very_high"],
            env=self.env, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(500):
            if len(self.names()) > 1:
                return child
            time.sleep(0.01)
        self.fail("nothing was started")

    def test_ctrl_c_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            child = self.long_job()
            sent = time.monotonic()
            child.send_signal(number)
            _, errors = child.communicate(timeout=20)
            self.assertEqual(child.returncode, 130, errors)
            self.assertLess(time.monotonic() - sent, 2)
            self.assertIn(b"ancelled", errors)
            self.assertEqual(self.names(), ["song.wav"])

    def test_a_master_stops_wherever_it_is(self):
        sine(self.song, seconds=240)
        for wait in (0.5, 1.0, 1.7):
            child = subprocess.Popen(
                [STEMMA, "master", self.song, "-o", self.dir / "out.wav",
                 "--preset", "Loud"],
                env=self.env, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
            time.sleep(wait)
            if child.poll() is not None:
                break
            sent = time.monotonic()
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=20)
            self.assertLess(time.monotonic() - sent, 2)
            self.assertEqual(child.returncode, 130, errors)
            self.assertEqual(self.names(), ["song.wav"])

    def test_twice_ends_at_once(self):
        child = self.long_job()
        child.send_signal(signal.SIGSTOP)
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGTERM)
        child.send_signal(signal.SIGCONT)
        child.communicate(timeout=20)
        self.assertEqual(child.returncode, 130)
        self.assertEqual(self.names(), ["song.wav"])


class Foreign(Case):
    """Files that the sandboxed ffmpeg program reads."""

    def test_every_foreign_container_is_read(self):
        sine(self.song, seconds=3, title="Weir")
        picture = ["-f", "lavfi", "-i", "color=c=red:s=64x64:d=3"]
        makers = {
            "song.m4a": ["-c:a", "aac", "-b:a", "192k"],
            "song.aac": ["-c:a", "aac", "-b:a", "192k"],
            "song.wma": ["-c:a", "wmav2", "-b:a", "192k"],
            "song.mp4": [*picture, "-c:v", "mpeg4", "-c:a", "aac", "-b:a",
                         "192k"],
            "song.mkv": [*picture, "-c:v", "mpeg4", "-c:a", "ac3"],
            "song.mov": ["-c:a", "alac"],
            "song.webm": ["-c:a", "libvorbis", "-b:a", "192k"],
        }
        for name, options in makers.items():
            with self.subTest(name):
                subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y",
                                "-i", str(self.song), *options,
                                str(self.dir / name)], check=True)
                told = json.loads(self.run_it("analyze", "--json",
                                              name).stdout)
                meters = told["steps"][0]["results"]["meters"]
                self.assertEqual(meters["sample_rate"], 48000)
                self.assertEqual(meters["channels"], 2)
                # Encoders pad the ends; the tone and its level stay.
                self.assertAlmostEqual(meters["duration_seconds"], 3,
                                       delta=0.1)
                self.assertAlmostEqual(meters["lufs_integrated"], -20,
                                       delta=0.15)
                self.run_it("convert", name, "-o", "out.wav")
                out = subprocess.run(["ffprobe", "-v", "error",
                                      "-show_entries", "format_tags=title",
                                      str(self.dir / "out.wav")],
                                     capture_output=True, text=True).stdout
                if name != "song.aac":  # ADTS has no room for tags
                    self.assertIn("Weir", out)


class Terminal(Case):
    def on_terminal(self, *words):
        """What the program writes to a terminal."""
        try:
            master, slave = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal to be had here ({error}): "
                          "mount -t devpts devpts /dev/pts")
        child = subprocess.Popen([STEMMA, *map(str, words)], env=self.env,
                                 stdout=slave, stderr=slave, cwd=self.dir)
        os.close(slave)
        text = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(master)
        self.assertEqual(child.wait(), 0, text)
        return text.decode()

    def test_progress_shows_phase_and_percent(self):
        sine(self.song, seconds=400)
        # Opus is slow to write: the time left shows after a second or so.
        text = self.on_terminal("convert", self.song, "-o", "o.opus")
        self.assertRegex(text, r"convert  converting.* \d+ %")
        self.assertIn("left", text)
        self.assertIn("\x1b[K", text)
        self.assertTrue(text.rstrip().splitlines()[-1].find("%") < 0)

    def test_no_color_is_honoured(self):
        self.assertIn("\x1b[1m", self.on_terminal("help"))
        self.env["NO_COLOR"] = "1"
        self.assertNotIn("\x1b", self.on_terminal("help"))


class Doctor(Case):
    def test_doctor_speaks_json(self):
        done = self.run_it("doctor", "--json", code=None)
        self.assertIn(done.returncode, (0, 3))
        facts = json.loads(done.stdout)
        self.assertEqual(facts["schema"], "stemma.doctor/1")
        self.assertEqual(facts["ok"], done.returncode == 0)
        names = [fact["name"] for fact in facts["facts"]]
        self.assertIn("sandbox", names)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
