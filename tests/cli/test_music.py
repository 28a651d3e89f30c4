#!/usr/bin/env python3
"""`stemma analyze`: what it hears, what it draws, and what it says of it."""
import json
import math
import re
import struct
import sys
import unittest
import wave

import case
from case import DOCS, sine

RATE = 22050


def write(path, samples):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"".join(struct.pack(
            "<h", max(-32767, min(32767, round(32767 * v)))) for v in samples))


def reed(path, hz, seconds):
    """A steady tone with eleven harmonics."""
    write(path, (0.15 * sum(math.sin(2 * math.pi * hz * k * i / RATE) / k
                            for k in range(1, 12))
                 for i in range(int(seconds * RATE))))


def song(path, bpm=120.0, bars=12, seed=1):
    """Drums, a bass and chords in A minor, all from here: 16-bit mono."""
    beat = 60.0 / bpm
    total = int((bars * 4 * beat + 0.5) * RATE)
    mix = [0.0] * total
    state = seed

    def noise():
        nonlocal state
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        return state / 0x3FFFFFFF - 1.0

    def add(at, seconds, voice, gain):
        first = int(at * RATE)
        for i in range(int(seconds * RATE)):
            if first + i < total:
                mix[first + i] += gain * voice(i / RATE)

    def tone(key):
        hz = 440.0 * 2 ** ((key - 69) / 12)
        return lambda t: sum(math.sin(2 * math.pi * hz * k * t) / k
                             for k in (1, 2, 3)) * math.exp(-1.5 * t)

    chords = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))
    for bar in range(bars):
        start = bar * 4 * beat
        chord = chords[bar % 4]
        for step in range(4):
            at = start + step * beat
            if step % 2 == 0:
                add(at, 0.2, lambda t: math.sin(
                    2 * math.pi * (50 + 60 * math.exp(-30 * t)) * t) *
                    math.exp(-18 * t), 0.7)
            else:
                add(at, 0.12, lambda t: noise() * math.exp(-30 * t), 0.35)
            for half in (0.0, 0.5):
                add(at + half * beat, 0.04,
                    lambda t: noise() * math.exp(-90 * t), 0.15)
            add(at, 0.9 * beat, tone(chord[0] - 12), 0.12)
        for key in chord:
            add(start, 3.9 * beat, tone(key), 0.08)
    write(path, mix)


class Music(case.Case):
    def hear(self, *words):
        done = self.run_it("analyze", *words, "--json")
        step = json.loads(done.stdout)["steps"][0]
        return step["results"].get("music")

    def test_tempo_beats_and_key_of_a_song(self):
        song(self.song)
        music = self.hear(self.song)
        rhythm = music["rhythm"]
        self.assertIsNotNone(rhythm["bpm"], rhythm["reason"])
        self.assertAlmostEqual(rhythm["bpm"], 120.0, delta=1.2)
        beats = rhythm["beats"]["time_s"]
        self.assertGreater(len(beats), 40)
        for t in beats[2:40]:
            self.assertLess(abs(t / 0.5 - round(t / 0.5)) * 0.5, 0.07)
        anchors = rhythm["beats"]["anchors"]
        self.assertEqual(anchors[-1][0], len(beats) - 1)
        for beat, frame in anchors:
            self.assertAlmostEqual(frame / RATE, beats[beat], delta=1e-3)
        self.assertIn(music["harmony"]["key"]["camelot"], ("8A", "8B"))
        page = self.run_it("analyze", self.song).stdout
        for word in ("Music", "tempo", "120.", "key", "sounds like"):
            self.assertIn(word, page)

    def test_silence_and_a_tone_have_no_tempo(self):
        sine(self.song, seconds=12)
        self.assertIsNone(self.hear(self.song)["rhythm"]["bpm"])
        sine(self.song, seconds=12, db=-200)
        music = self.hear(self.song)
        for part, name in (("rhythm", "bpm"), ("harmony", "key"),
                           ("role", "name")):
            self.assertIsNone(music[part][name])
            self.assertTrue(music[part]["reason"].endswith("."), part)

    def test_the_meter_engine_hears_no_music(self):
        sine(self.song, seconds=2)
        self.assertIsNone(self.hear(self.song, "--engine", "meter"))

    def test_pitch_and_midi(self):
        reed(self.song, 440, 2)
        for by, near in (("tracker", 0.5), ("swiftf0", 5)):
            pitch = self.hear(self.song, "--pitch", by, "--series")["pitch"]
            self.assertEqual(pitch["by"], by)
            self.assertEqual([n["name"] for n in pitch["notes"]], ["A4"])
            self.assertEqual(pitch["track"]["rate_hz"], 100)
            hz = [v for v in pitch["track"]["hz"][20:180] if v]
            self.assertGreater(len(hz), 150)
            self.assertLess(max(abs(v - 440) for v in hz), near)
        self.run_it("analyze", self.song, "--midi", "a.mid")
        data = (self.dir / "a.mid").read_bytes()
        self.assertEqual(data[:4], b"MThd")
        self.assertIn(bytes((0x90, 69)), data)
        sine(self.song, seconds=2, db=-200)
        done = self.run_it("analyze", self.song, "--midi", "a.mid", code=3)
        self.assertIn("No note was found", done.stderr)

    def test_pictures_and_the_page(self):
        song(self.song, bars=4)
        self.run_it("analyze", self.song, "--mel", "m.png", "--stft", "s.png",
                    "--cqt", "c.png", "--chroma", "h.png", "--plot", "p.html",
                    "--multires", "r.png", "--pitch", "tracker")
        for name in "mschr":
            data = (self.dir / f"{name}.png").read_bytes()
            self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        page = (self.dir / "p.html").read_text()
        for word in ("song.wav", "Tempo", "Key", "Waveform", "Loudness",
                     "Pitch", "Keys and chords"):
            self.assertTrue(word in page, word)
        self.assertEqual(page.count("<svg"), page.count("</svg>"))
        bare = re.sub(r"base64,[^\"]*", "", page).lower()
        for word in ("nan", "http", "(null)"):
            self.assertFalse(word in bare, word)

    def test_odd_files_get_honest_answers(self):
        for rate, seconds in ((8000, 1), (192000, 1), (48000, 1 / 48000)):
            sine(self.song, seconds=seconds, rate=rate)
            music = self.hear(self.song)
            self.assertIsNone(music["rhythm"]["bpm"])
        sine(self.song, seconds=3, channels=8)
        self.assertIsNotNone(self.hear(self.song))

    def test_every_field_is_explained(self):
        song(self.song, bars=8)
        music = self.hear(self.song, "--pitch", "tracker", "--series")
        text = (DOCS / "formats.md").read_text()
        start = text.index("\n## stemma.music/1")
        text = text[start:text.index("\n## ", start + 4)]

        def names(value, path):
            if isinstance(value, list):
                for item in value[:1]:
                    yield from names(item, path)
            elif isinstance(value, dict) and path[-1:] != ["probabilities"]:
                for key, item in value.items():
                    yield key
                    yield from names(item, path + [key])
        for name in names(music, []):
            if name != "schema":
                self.assertTrue(re.search(rf"\b{name}\b", text), name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
