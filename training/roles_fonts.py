"""Sound fonts played from Python: libfluidsynth by ctypes, no MIDI files.

A Font renders a list of notes (seconds, key, seconds, velocity) with one
program, mono at 22,050 Hz. Used by roles_material.py (fonts that may teach)
and bench/roles.py (fonts that judge).
"""
import ctypes
import ctypes.util

import numpy as np
from scipy.signal import resample_poly

RATE = 22050
DRUM_BANK = 128


def library():
    lib = ctypes.CDLL("libfluidsynth.so.3")
    p, i, d, s = (ctypes.c_void_p, ctypes.c_int, ctypes.c_double,
                  ctypes.c_char_p)
    for name, result, args in (
            ("new_fluid_settings", p, []), ("new_fluid_synth", p, [p]),
            ("fluid_settings_setnum", i, [p, s, d]),
            ("fluid_settings_setint", i, [p, s, i]),
            ("fluid_synth_sfload", i, [p, s, i]),
            ("fluid_synth_program_select", i, [p, i, i, i, i]),
            ("fluid_synth_noteon", i, [p, i, i, i]),
            ("fluid_synth_noteoff", i, [p, i, i]),
            ("fluid_synth_cc", i, [p, i, i, i]),
            ("fluid_synth_system_reset", i, [p]),
            ("fluid_synth_all_sounds_off", i, [p, i]),
            ("fluid_set_log_function", p, [i, p, p]),
            ("fluid_synth_write_float", i, [p, i, p, i, i, p, i, i])):
        f = getattr(lib, name)
        f.restype, f.argtypes = result, args
    for level in range(5):
        lib.fluid_set_log_function(level, None, None)
    return lib


class Font:
    def __init__(self, path):
        self.lib = lib = library()
        settings = lib.new_fluid_settings()
        for key, value in (("synth.sample-rate", 44100.0),
                           ("synth.gain", 0.4)):
            lib.fluid_settings_setnum(settings, key.encode(), value)
        for key, value in (("synth.reverb.active", 0), ("synth.polyphony", 48),
                           ("synth.chorus.active", 0),
                           ("synth.dynamic-sample-loading", 1)):
            lib.fluid_settings_setint(settings, key.encode(), value)
        self.synth = lib.new_fluid_synth(settings)
        self.id = lib.fluid_synth_sfload(self.synth, str(path).encode(), 1)
        if self.id < 0:
            raise OSError(f"{path} is no sound font")

    def has(self, bank, program):
        return self.lib.fluid_synth_program_select(
            self.synth, 0, self.id, bank, program) == 0

    def play(self, bank, program, notes, seconds):
        """Mono [seconds * RATE] float32."""
        lib, synth = self.lib, self.synth
        lib.fluid_synth_all_sounds_off(synth, -1)
        flush = np.zeros((2, 2 * RATE), np.float32)  # what rang before
        lib.fluid_synth_write_float(synth, 2 * RATE, flush[0].ctypes.data, 0, 1,
                                    flush[1].ctypes.data, 0, 1)
        lib.fluid_synth_program_select(synth, 0, self.id, bank, program)
        events = []
        for start, key, length, velocity in notes:
            key = int(min(127, max(0, key)))
            events.append((max(0.0, start), 1, key, int(velocity)))
            events.append((start + length, 0, key, 0))
        events.sort()
        total = int(seconds * 2 * RATE)
        out = np.zeros((2, total + 64), np.float32)
        at = 0
        for when, on, key, velocity in events + [(seconds, 2, 0, 0)]:
            to = min(total, int(when * 2 * RATE))
            if to > at:
                where = [out[c, at:].ctypes.data for c in (0, 1)]
                lib.fluid_synth_write_float(synth, to - at, where[0], 0, 1,
                                            where[1], 0, 1)
                at = to
            if on == 1:
                lib.fluid_synth_noteon(synth, 0, key, max(1, min(127, velocity)))
            elif on == 0:
                lib.fluid_synth_noteoff(synth, 0, key)
        mono = out[:, :total].mean(0)
        return resample_poly(mono, 1, 2).astype(np.float32)
