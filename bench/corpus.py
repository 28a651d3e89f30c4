#!/usr/bin/env python3
"""Lay out real music to judge by: 40 tracks of five sources, as WAV.

    bench/corpus.py DIR

Everything comes from Debian packages (see PACKAGES); nothing is tuned to a
track and nothing here is shipped.
"""
import os
import pathlib
import subprocess
import sys

PACKAGES = ("wesnoth-1.16-music supertuxkart-data warzone2100-music "
            "lmms lmms-common fluidsynth timgm6mb-soundfont ffmpeg")
KINDS = (".ogg", ".opus", ".mmp", ".mmpz")
SECONDS = "240"  # longer tracks are cut here
WESNOTH = """battle-epic elf-land frantic heroes_rite into_the_shadows
knalgan_theme love_theme loyalists northerners revelation sad
the_dangerous_symphony""".split()
WARZONE = """aftermath_soundtrack/menu_enhanced aftermath_soundtrack/track17
aftermath_soundtrack/track22 legacy_soundtrack/track10
legacy_soundtrack/track13 legacy_soundtrack/track4 legacy_soundtrack/track7
original_soundtrack/track1 original_soundtrack/track2
original_soundtrack/track3""".split()
KART = """Boom_boom_boom SkyVibe-HighFrequency alien_signal celtic cocoa_river
garden ravenbridge_mansion theGreatFair""".split()
LMMS = """Thomasso-AxeFromThe80s Saber-FinalStep Socceroos-Progress
Jousboxx-BuzzerBeater Oglsdl-Dr8v2 TameAnderson-MakeMe Settel-InnerRecreation
Shovon-ProgressiveHousePluckDemo""".split()


def run(*args, **kwargs):
    subprocess.run([str(a) for a in args], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   **kwargs)


def find(package, name):
    listing = subprocess.run(["dpkg", "-L", package], check=True,
                             capture_output=True, text=True).stdout
    for line in listing.splitlines():
        stem, kind = os.path.splitext(line)
        if stem.endswith("/" + name) and kind in KINDS:
            return line
    raise SystemExit(f"{name}: not in the Debian package {package}; "
                     f"install: {PACKAGES}")


def decode(source, target, *filters):
    run("ffmpeg", "-nostdin", "-y", "-i", source, "-t", SECONDS, *filters,
        "-c:a", "pcm_f32le", target)


def packaged(out, package, prefix, names):
    for name in names:
        target = out / f"{prefix}-{name.split('/')[-1]}.wav"
        if not target.exists():
            decode(find(package, name), target)


def lmms(out):
    env = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    for name in LMMS:
        target = out / f"lmms-{name}.wav"
        if not target.exists():
            part = out / "part.wav"
            for left in (2, 1, 0):  # lmms crashes now and then
                try:
                    run("timeout", "600", "lmms", "--allowroot", "render",
                        find("lmms-common", name), "-o", part, "-f", "wav",
                        "-s", "44100", env=env)
                    break
                except subprocess.CalledProcessError:
                    if not left:
                        raise
            part.rename(target)


def extremes(out):
    """A quiet solo, and the loudest rock track driven into a hard clip."""
    quiet = out / "solo-quiet.wav"
    if not quiet.exists():
        decode(find("wesnoth-1.16-music", "transience"), quiet,
               "-af", "volume=-18dB", "-t", "100")
    crushed = out / "crushed-loud.wav"
    if not crushed.exists():
        decode(find("warzone2100-music", "original_soundtrack/track2"),
               crushed, "-t", "120", "-af",
               "volume=14dB,asoftclip=type=hard:threshold=1")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    packaged(out, "wesnoth-1.16-music", "orchestra", WESNOTH)
    packaged(out, "warzone2100-music", "warzone", WARZONE)
    packaged(out, "supertuxkart-data", "kart", KART)
    lmms(out)
    extremes(out)
    print(f"{len(list(out.glob('*.wav')))} tracks in {out}")


if __name__ == "__main__":
    main()
