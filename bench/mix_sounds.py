"""What sounds in bench/mix_generated.py: fonts, one-shots, voices.

Everything comes back as float32 [frames, 2] at the rate asked for, healthy
and at any level. Notes are (second, key, seconds, velocity). Fonts
TimGM6mb and csound's sf_GMbank by libfluidsynth (no reverb, no chorus),
one-shots of sonic-pi-samples (CC0), espeak-ng and flite made to sing by the
vocoder of training/roles_voices.py, with voices that taught nothing.
"""
import contextlib
import ctypes
import functools
import pathlib
import sys

import numpy as np
import soundfile
from scipy.signal import resample_poly

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "training"))
import roles_fonts  # noqa: E402
import roles_voices  # noqa: E402

FONTS = ("/usr/share/sounds/sf2/TimGM6mb.sf2",
         "/usr/share/sounds/sf2/sf_GMbank.sf2")
SAMPLES = pathlib.Path("/usr/share/sonic-pi/samples")
SHOTS = {
    "kick": "bd_808 bd_ada bd_boom bd_fat bd_gas bd_haus bd_klub bd_pure "
            "bd_sone bd_tek bd_zome bd_zum drum_heavy_kick drum_bass_hard",
    "kick_out": "bd_boom drum_bass_soft elec_soft_kick elec_hollow_kick",
    "snare": "sn_dolf sn_dub sn_generic sn_zome drum_snare_hard elec_snare "
             "elec_mid_snare elec_lo_snare",
    "snare_bottom": "drum_snare_soft elec_filt_snare elec_hi_snare",
    "clap": "perc_snap perc_snap2 elec_hi_snare",
    "hats": "drum_cymbal_closed drum_cymbal_pedal elec_tick",
    "open_hat": "drum_cymbal_open elec_cymbal",
    "ride": "drum_cymbal_soft", "crash": "drum_splash_hard drum_cymbal_hard",
    "toms": "drum_tom_hi_hard drum_tom_mid_hard",
    "floor_tom": "drum_tom_lo_hard drum_tom_lo_soft",
    "shaker": "elec_tick elec_blip2", "cowbell": "drum_cowbell elec_wood",
    "tabla": "tabla_ghe1 tabla_na tabla_tun1 tabla_te1 tabla_ke2",
    "bell": "elec_triangle perc_bell2 elec_chime",
    "riser": "ambi_swoosh perc_swash vinyl_rewind ambi_dark_woosh",
    "impact": "misc_cineboom perc_impact1 perc_impact2 bass_drop_c",
    "ambience": "ambi_drone ambi_haunted_hum ambi_glass_hum ambi_lunar_land "
                "ambi_soft_buzz",
}
SINGERS = (("espeak", "en-us+f1"), ("espeak", "en-gb+m2"),
           ("espeak", "en-us+f3"), ("espeak", "en-us+m1"),
           ("flite", "slt"), ("flite", "kal16"))
LINES = ("We were driving through the night with the radio on",
         "Tell me what you see when you are looking at the sea",
         "One more time around the sun and we will meet again",
         "Turn the lights down low and let the summer go")
BLOCK = 64  # libfluidsynth's own


@functools.lru_cache(1)
def library():
    lib = roles_fonts.library()
    for name in ("delete_fluid_synth", "delete_fluid_settings"):
        f = getattr(lib, name)
        f.restype, f.argtypes = None, [ctypes.c_void_p]
    return lib


@contextlib.contextmanager
def synth(font, rate):
    """(synth, id of its font), new: what a used one plays depends on before."""
    lib = library()
    settings = lib.new_fluid_settings()
    for key, value in (("synth.sample-rate", float(rate)),
                       ("synth.gain", 0.4)):
        lib.fluid_settings_setnum(settings, key.encode(), value)
    for key, value in (("synth.reverb.active", 0), ("synth.chorus.active", 0),
                       ("synth.polyphony", 48),
                       ("synth.dynamic-sample-loading", 1)):
        lib.fluid_settings_setint(settings, key.encode(), value)
    made = lib.new_fluid_synth(settings)
    number = lib.fluid_synth_sfload(made, font.encode(), 1)
    if number < 0:
        raise SystemExit(f"{font} is missing")
    yield made, number
    lib.delete_fluid_synth(made)
    lib.delete_fluid_settings(settings)


def write(made, frames):
    """[2, frames], frames a multiple of BLOCK."""
    out = np.zeros((2, frames), np.float32)
    left, right = (ctypes.c_void_p(c.ctypes.data) for c in out)
    library().fluid_synth_write_float(made, frames, left, 0, 1, right, 0, 1)
    return out


def play(font, rate, program, notes, seconds):
    with synth(font, rate) as (made, number):
        library().fluid_synth_program_select(made, 0, number, 0, program)
        out = np.concatenate(list(played(made, rate, notes, seconds)), 1)
    return np.ascontiguousarray(out[:, :int(seconds * rate)].T)


def played(made, rate, notes, seconds):
    """What sounds between one event and the next, in whole blocks."""
    lib, at = library(), 0
    events = sorted([(max(0.0, a), 1, int(k), int(v)) for a, k, _, v in notes]
                    + [(a + d, 0, int(k), 0) for a, k, d, _ in notes])
    for when, on, key, velocity in events + [(seconds + 0.1, 2, 0, 0)]:
        frames = (int(when * rate) - at) // BLOCK * BLOCK
        if frames > 0:
            yield write(made, frames)
            at += frames
        key = min(127, max(0, key))
        if on == 1:
            lib.fluid_synth_noteon(made, 0, key, min(127, max(1, velocity)))
        elif on == 0:
            lib.fluid_synth_noteoff(made, 0, key)


def at_rate(x, old, new):
    common = np.gcd(old, new)
    return x if old == new else resample_poly(
        x, new // common, old // common, axis=0).astype(np.float32)


@functools.lru_cache(256)
def shot(name, rate):
    """A one-shot with its peak at 1, at most 6 s."""
    x, old = soundfile.read(SAMPLES / f"{name}.flac", dtype="float32",
                            always_2d=True)
    x = at_rate(x[:6 * old], old, rate)
    x = np.repeat(x, 2, 1) if x.shape[1] == 1 else x[:, :2]
    return x / np.abs(x).max()


def hits(rng, kind, rate, notes, seconds, spread=1):
    """Notes struck by `spread` of a kind's samples, keys choosing."""
    names = SHOTS[kind].split()
    names = [names[i] for i in rng.permutation(len(names))[:spread]]
    out = np.zeros((int(seconds * rate), 2), np.float32)
    for when, key, _, velocity in notes:
        x = shot(names[int(key) % len(names)], rate)
        at = max(0, int(when * rate))
        x = x[:max(0, len(out) - at)]
        out[at:at + len(x)] += np.float32((velocity / 127) ** 1.6) * x
    return out


@functools.lru_cache(64)
def spoken(engine, name, line):
    return roles_voices.speak(engine, name, LINES[line])


@functools.lru_cache(64)
def voice(engine, name, line):
    return roles_voices.Voice(spoken(engine, name, line))


def sung(rng, singer, line, rate, notes, seconds):
    if not notes:
        return np.zeros((int(seconds * rate), 2), np.float32)
    x = roles_voices.sing(rng, voice(*SINGERS[singer], line), notes,
                          seconds + 0.1, rng.uniform(1.2, 2.5))
    x = at_rate(np.asarray(x, np.float32), roles_voices.RATE, rate)
    return np.repeat(x[:int(seconds * rate), None], 2, 1)


def rapped(rng, singer, rate, starts, seconds):
    """Lines spoken from the given seconds on, one after the other."""
    out = np.zeros((int(seconds * rate), 2), np.float32)
    for start in starts:
        x = spoken(*SINGERS[singer], int(rng.integers(len(LINES))))
        x = at_rate(x, roles_voices.RATE, rate)
        at = int(start * rate)
        x = x[:max(0, len(out) - at), None]
        out[at:at + len(x)] += x
    return out
