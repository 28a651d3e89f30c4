#!/usr/bin/env python3
"""The guardrails of a mix, measured from outside: audio in, audio out.

    bench/mix_guard.py TAPS_DIR OUT_DIR [--json]
    bench/mix_guard.py --self-test

TAPS_DIR/taps.json ("stemma.taps/1") names float WAV files before and after
every unit, aligned in time, and those of the buses; OUT_DIR has master.wav
and recipe.json. Nothing that the mixer says of itself is believed but the
recipe's widths, which are checked on top. Guards (exit 1 where one breaks):

    eq         every gain within 4 dB: |Sxy / Sxx| of Welch spectra in 1/96
               octaves, less what coherence leaves unsure, and the power of
               third octaves.
    dynamic_eq third octaves of 46 ms frames: cut or raised by 4.5 dB at most
               in 95 % of each band's frames that have a level; over the file
               4 dB.
               A de-esser is reported; kind "eq" makes it a guard too.
    dynamics   average gain reduction under 3 dB: mean over 10 ms blocks above
               -60 dBFS of 20 log(rms in / rms out). Where the most open
               percent of the blocks is raised (make-up gain) a compressor's
               is counted from there.
    gain       width = what the side gains beside what the mid gains (least
               squares, so panning does not count): 140 % at most.
    mix bus    sample peak -6 dBFS, correlation 0.1, fold-down loss (the
               negative mono_loss_db of docs/measures.md) 3 dB at most.
    recipe     no width over 140 %.
    master     true peak -1 dBTP at most: 16 phases of a 64-tap sinc.

Tolerances: TOLERANCE below. Units that had nothing to say (silence) pass as
"silent"; a file that is missing, of another length or not finite breaks.
"""
import json
import pathlib
import sys
import tempfile

import mix_guard_measures as measure

TOLERANCE = dict(eq_db=0.1, cell_db=0.5, peak_db=0.01, true_peak_db=0.05,
                 width=0.005)
EQ_DB, REDUCTION_DB, WIDTH, PEAK_DB, TRUE_PEAK_DB = 4.0, 3.0, 1.4, -6.0, -1.0
CORRELATION, FOLD_DB, CELLS = 0.1, 3.0, 0.95
MAKE_UP = {"compressor", "glue"}


def row(where, unit, what, value, limit, good, note=""):
    return dict(where=where, unit=unit, what=what, limit=limit, good=good,
                value=None if value is None else round(float(value), 3),
                note=note)


def eq_rows(where, unit, x, y, rate):
    got = measure.transfer(x, y, rate)
    if got is None:
        return [row(where, unit, "gain dB", None, EQ_DB, True, "silent")]
    most = EQ_DB + TOLERANCE["eq_db"]
    return [row(where, unit, "third octave dB", got["band_db"], EQ_DB,
                abs(got["band_db"]) <= most, f"at {got['band_hz']:.0f} Hz"),
            row(where, unit, "gain dB", got["gain_db"], EQ_DB,
                abs(got["gain_db"]) <= most,
                f"at {got['gain_hz']:.0f} Hz, {100 * got['share']:.0f}"
                " % of it sure to 0.1 dB")]


def cell_rows(where, unit, x, y, rate, guard):
    got = measure.cells(x, y, rate, EQ_DB + TOLERANCE["cell_db"])
    if got is None:
        return [row(where, unit, "cut dB", None, EQ_DB, True, "silent")]
    limit, most = (EQ_DB, EQ_DB + TOLERANCE["eq_db"]) if guard else (None, 1e9)
    return [row(where, unit, "third octave dB", got["band_db"], limit,
                abs(got["band_db"]) <= most, f"at {got['band_hz']:.0f} Hz"),
            row(where, unit, "share of a band's cells", got["share"],
                CELLS if guard else None, got["share"] >= CELLS or not guard,
                f"deepest {got['deepest_db']:.1f} dB, {got['cells']} cells")]


def reduction_rows(where, unit, x, y, rate):
    got = measure.reduction(x, y, rate)
    if got is None:
        return [row(where, unit, "mean GR dB", None, REDUCTION_DB, True,
                    "silent")]
    mean, note = got["mean_db"], f"{got['blocks']} blocks"
    if unit in MAKE_UP and got["open_db"] > 0.1:
        mean += got["open_db"]
        note += f", make-up {got['open_db']:.1f} dB counted"
    return [row(where, unit, "mean GR dB", mean, REDUCTION_DB,
                mean < REDUCTION_DB, note)]


def width_rows(where, unit, x, y):
    width = measure.side_gain(x, y)
    if width is None:
        return []
    return [row(where, unit, "width %", 100 * width, 100 * WIDTH,
                width <= WIDTH + TOLERANCE["width"])]


def unit_rows(folder, unit):
    where, name, kind = unit["where"], unit["unit"], unit["kind"]
    x, rate = measure.read(folder / unit["in"])
    y, other = measure.read(folder / unit["out"])
    if rate != other or len(x) != len(y):
        return [row(where, name, "same length and rate", None, None, False)]
    if name in ("dynamic_eq", "deesser"):
        return cell_rows(where, name, x, y, rate,
                         name == "dynamic_eq" or kind == "eq")
    if kind == "eq":
        return eq_rows(where, name, x, y, rate)
    if kind == "dynamics" or name in ("parallel", "glue"):
        return reduction_rows(where, name, x, y, rate)
    if kind == "gain":
        return width_rows(where, name, x, y)
    return []


def mix_rows(name, x):
    peak, correlation, fold = measure.bus(x)
    return [row(name, "bus", "sample peak dBFS", peak, PEAK_DB,
                peak <= PEAK_DB + TOLERANCE["peak_db"]),
            row(name, "bus", "correlation", correlation, CORRELATION,
                correlation >= CORRELATION),
            row(name, "bus", "fold-down loss dB", -fold, FOLD_DB,
                -fold <= FOLD_DB)]


def widths(node, path=""):
    """Every width of a recipe: side gain, or per cent where it says _pct."""
    items = node.items() if isinstance(node, dict) else \
        enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        at = f"{path}.{key}" if path else str(key)
        if isinstance(value, (int, float)) and key in ("width", "width_pct",
                                                       "stereo_width_pct"):
            yield at, value * (100 if key == "width" else 1)
        yield from widths(value, at)


def recipe_rows(path):
    found = list(widths(json.loads(path.read_text())))
    worst = max(found, key=lambda w: w[1], default=("", None))
    return [row("recipe", worst[0], "width %", worst[1], 100 * WIDTH,
                worst[1] is None or worst[1] <= 100 * WIDTH,
                f"{len(found)} widths")]


def master_rows(path):
    x, _ = measure.read(path)
    peak = measure.true_peak(x)
    return [row("master", "limiter", "true peak dBTP", peak, TRUE_PEAK_DB,
                peak <= TRUE_PEAK_DB + TOLERANCE["true_peak_db"])]


def tried(rows, where, unit, measured):
    """Adds what `measured` gives; what cannot be read is broken."""
    try:
        rows += measured()
    except (OSError, ValueError, KeyError) as error:
        rows.append(row(where, unit, "readable", None, None, False,
                        str(error) or type(error).__name__))


def judge(taps, out):
    """All rows of one mix."""
    rows, said = [], {}
    try:
        said = json.loads((taps / "taps.json").read_text())
        if said["schema"] != "stemma.taps/1":
            raise ValueError(f"schema {said['schema']}")
        buses = {b["name"]: b["file"] for b in said["buses"]}
        if "mix" not in buses:
            raise ValueError("no mix bus")
    except (OSError, ValueError, KeyError) as error:
        return [row("taps", "taps.json", "readable", None, None, False,
                    str(error))]
    if not said.get("units"):
        rows.append(row("taps", "units", "some", 0, None, False))
    for u in said.get("units", []):
        tried(rows, u.get("where"), u.get("unit"),
              lambda u=u: unit_rows(taps, u))
    tried(rows, "mix", "bus",
          lambda: mix_rows("mix", measure.read(taps / buses["mix"])[0]))
    tried(rows, "recipe", "", lambda: recipe_rows(out / "recipe.json"))
    tried(rows, "master", "", lambda: master_rows(out / "master.wav"))
    return rows


def show(rows):
    print("| where | unit | what | value | limit | |\n|---|---|---|---|---|---|")
    for r in rows:
        value = "-" if r["value"] is None else f"{r['value']:.2f}"
        limit = "-" if r["limit"] is None else f"{r['limit']:g}"
        end = "" if r["good"] else "**broken** "
        print(f"| {r['where']} | {r['unit']} | {r['what']} | {value} | "
              f"{limit} | {end}{r['note']} |")
    broken = sum(not r["good"] for r in rows)
    print(f"\n{len(rows)} checks, {broken} broken")


def self_test():
    import mix_guard_trial as trial
    bad = 0
    for name, broken, make in trial.CASES:
        with tempfile.TemporaryDirectory() as folder:
            taps, out = trial.lay(pathlib.Path(folder), make)
            rows = judge(taps, out)
        said = {(r["where"], r["what"]) for r in rows if not r["good"]}
        good = bool(said) == broken and all(w == name for w, _ in said)
        bad += not good
        values = "; ".join(f"{r['what']} {r['value']}" for r in rows
                           if r["where"] == name)
        print(f"{'ok  ' if good else 'FAIL'} {name} "
              f"{'broken' if broken else 'kept'}: {values or said}"
              f"{'' if good else f' said {said}'}")
    print(f"{len(trial.CASES)} cases, {bad} wrong")
    return bad


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    if "--self-test" in sys.argv:
        sys.exit(1 if self_test() else 0)
    if len(words) != 2:
        sys.exit(__doc__)
    rows = judge(*map(pathlib.Path, words))
    if "--json" in sys.argv:
        print(json.dumps(dict(schema="stemma.guard/1", checks=rows,
                              broken=sum(not r["good"] for r in rows)),
                         indent=1, default=lambda value: value.item()))
    else:
        show(rows)
    sys.exit(0 if all(r["good"] for r in rows) else 1)


if __name__ == "__main__":
    main()
