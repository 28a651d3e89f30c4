#include "mix/decide.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/dynamics.h"

#include <math.h>
#include <stdlib.h>

enum { BANDS = ST_SPECTRUM_BANDS, CELLS = 4096 };

/* What a bus carries, from the stems' bands and faders. */
typedef struct {
    int stems;
    int count;          /* cells above -60 dBFS */
    float level[CELLS]; /* dBFS (sine: 0), ascending */
    double band_db[BANDS];
} carried;

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Powers of 10^(x / 1000), x in 0.01 dB. */
static double power_of(int16_t level, double fader_db) {
    return st_exp2((0.01 * level + fader_db) * 0.33219280948873626);
}

static double add_cell(const st_mix_case *c, int bus, int64_t cell,
                       double *band) {
    double all = 0.0;
    for (int i = 0; i < c->recipe->stems; i++) {
        const st_mix_stem *s = &c->recipe->stem[i];
        const st_bandgram *g = st_stems_gram(c->heard->stems, i);
        if ((int)s->bus != bus || c->heard->stem[i].silent ||
            cell >= st_bandgram_cells(g))
            continue;
        double fader = st_move_value(&s->move[ST_STRIP_FADER], ST_FADER_GAIN);
        const int16_t *level = st_bandgram_cell(g, cell);
        for (int b = 0; b < BANDS; b++) {
            double power = power_of(level[b], fader);
            band[b] += power;
            all += power;
        }
    }
    return all;
}

static void look(const st_mix_case *c, int bus, carried *out) {
    double band[BANDS] = {0};
    int64_t cells = 0;
    out->stems = out->count = 0;
    for (int i = 0; i < c->recipe->stems; i++)
        if ((int)c->recipe->stem[i].bus == bus && !c->heard->stem[i].silent) {
            int64_t its = st_bandgram_cells(st_stems_gram(c->heard->stems, i));
            cells = its > cells ? its : cells;
            out->stems++;
        }
    int64_t step = cells / CELLS + 1;
    for (int64_t i = 0; i < cells && out->count < CELLS; i += step) {
        double all = add_cell(c, bus, i, band);
        if (all > 1e-6)
            out->level[out->count++] = (float)(10.0 * log10(all) + 3.01);
    }
    qsort(out->level, (size_t)out->count, sizeof *out->level, ascending);
    for (int b = 0; b < BANDS; b++)
        out->band_db[b] = band[b] > 0 ? 10.0 * log10(band[b]) : -200.0;
}

static double share_of(const carried *bus, double share) {
    return bus->count > 0 ? bus->level[(int)(share * (bus->count - 1))] : -100;
}

/* Threshold at which the static curve takes about `want` dB on the mean. */
static double threshold_for(const carried *bus, double ratio, double knee,
                            double want) {
    st_dynamics_params curve = st_dynamics_defaults();
    double low = -80.0, high = 0.0;
    curve.ratio = ratio;
    curve.knee_db = knee;
    for (int n = 0; n < 20; n++) {
        double sum = 0.0;
        curve.threshold_db = 0.5 * (low + high);
        for (int i = 0; i < bus->count; i++)
            sum -= st_dynamics_curve_db(&curve, bus->level[i]);
        if (sum > want * bus->count)
            low = curve.threshold_db;
        else
            high = curve.threshold_db;
    }
    return 0.5 * (low + high);
}

static void glue(const st_mix_case *c, int bus, const carried *b, double want,
                 double attack, double release) {
    st_move *m = &c->recipe->bus[bus][ST_BUSMOVE_COMPRESSOR];
    if (b->stems < 2 || want <= 0.0)
        return;
    st_move_set(m, ST_COMP_THRESHOLD,
                round(10 * threshold_for(b, 2, 10, want)) / 10);
    st_move_set(m, ST_COMP_RATIO, 2);
    st_move_set(m, ST_COMP_KNEE, 10);
    st_move_set(m, ST_COMP_ATTACK, attack);
    st_move_set(m, ST_COMP_RELEASE, release);
    st_move_set(m, ST_COMP_DETECTOR_HZ, 90);
    st_move_set(m, ST_COMP_MAKEUP, round(10 * want) / 10);
    st_move_why(m,
                "2.0:1 over %.1f dBFS, about %.1f dB on the mean: the stems of "
                "the bus move together.",
                m->value[ST_COMP_THRESHOLD], want);
}

/* --- tone --- */

static double mean_db(const carried *b, double from_hz, double to_hz) {
    double sum = 0.0;
    for (int k = 0; k < BANDS; k++) {
        double hz = 20.0 * st_exp2((k + 0.5) * (9.965784284662087 / BANDS));
        if (hz >= from_hz && hz < to_hz)
            sum += st_exp2(b->band_db[k] * 0.33219280948873626);
    }
    return sum > 0 ? 10.0 * log10(sum) : -200.0;
}

static void equalise(st_move *m, int type, double hz, double q, double db) {
    st_move_set(m, ST_EQ_TYPE, type);
    st_move_set(m, ST_EQ_HZ, hz);
    st_move_set(m, ST_EQ_Q, q);
    st_move_set(m, ST_EQ_GAIN, round(10 * db) / 10);
}

/* Mud is 200-350 Hz that stands over what lies on both sides of it. */
static void clean_music(const st_mix_case *c, const carried *b) {
    st_move *m = c->recipe->bus[ST_BUS_MUSIC];
    double mud = mean_db(b, 200, 350) -
                 0.5 * (mean_db(b, 100, 200) + mean_db(b, 400, 800));
    double cut = fmin(fmax(1.0 + 0.35 * mud, 0), 3.5);
    if (b->stems >= 2 && cut >= 0.5) {
        equalise(&m[0], 0, 265, 1.1, -cut);
        st_move_why(&m[0],
                    "-%.1f dB at 265 Hz: %d stems pile up there, %.1f dB over "
                    "what lies beside it.",
                    cut, b->stems, mud);
    }
    double air = mean_db(b, 8000, 16000) - mean_db(b, 1000, 4000);
    double lift = fmin(fmax(0.12 * (-14.0 - air), 0), 2.5);
    if (b->stems > 0 && lift >= 0.4) {
        equalise(&m[1], 2, 10000, 0.7, lift);
        st_move_why(&m[1],
                    "%+.1f dB above 10 kHz: its treble lies %.0f dB under its "
                    "middle.",
                    lift, -air);
    }
}

static void lift_vocals(const st_mix_case *c, const carried *b) {
    st_move *m = c->recipe->bus[ST_BUS_VOCAL];
    double dull = mean_db(b, 300, 1200) - mean_db(b, 3000, 7000);
    double lift = fmin(fmax(0.15 * (dull - 8.0), 0.5), 3.0);
    equalise(&m[0], 2, 4200, 0.7, lift);
    st_move_why(&m[0],
                "%+.1f dB shelf from 4.2 kHz: words carry there, and it lies "
                "%.0f dB under the body of the voice.",
                lift, dull);
}

static void parallel(const st_mix_case *c, const carried *b) {
    st_move *m = &c->recipe->bus[ST_BUS_VOCAL][ST_BUSMOVE_PARALLEL];
    double threshold = share_of(b, 0.5) - 8.0;
    st_move_set(m, ST_PARALLEL_THRESHOLD, round(10 * threshold) / 10);
    st_move_set(m, ST_PARALLEL_RATIO, 4);
    st_move_set(m, ST_PARALLEL_ATTACK, 3);
    st_move_set(m, ST_PARALLEL_RELEASE, 120);
    st_move_set(m, ST_PARALLEL_MIX, 0.25);
    st_move_why(m, "A quarter of the voices hard compressed beside the rest: "
                   "quiet syllables come up, loud ones stay as they are.");
}

static void punch(const st_mix_case *c) {
    st_move *m = &c->recipe->bus[ST_BUS_DRUM][ST_BUSMOVE_TRANSIENT];
    double db = c->wishes->taste->punch_db;
    if (db <= 0.0)
        return;
    st_move_set(m, ST_TRANSIENT_ATTACK, db);
    st_move_set(m, ST_TRANSIENT_SUSTAIN, 0);
    st_move_why(m,
                "%+.1f dB on attacks: hits stay in front of what plays around "
                "them.",
                db);
}

void st_rules_buses(const st_mix_case *c) {
    carried *b = st_calloc(1, sizeof *b);
    double want = c->wishes->taste->glue_db;
    if (b == NULL)
        return; /* a mix without bus chains is a mix */
    look(c, ST_BUS_DRUM, b);
    if (b->stems > 0) {
        glue(c, ST_BUS_DRUM, b, want, 25, 110);
        punch(c);
    }
    look(c, ST_BUS_MUSIC, b);
    if (b->stems > 0) {
        glue(c, ST_BUS_MUSIC, b, 0.6 * want, 30, 200);
        clean_music(c, b);
    }
    look(c, ST_BUS_VOCAL, b);
    if (b->stems > 0) {
        lift_vocals(c, b);
        parallel(c, b);
    }
    st_free(b);
}
