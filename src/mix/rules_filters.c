#include "mix/decide.h"

#include "core/math.h"

#include <math.h>

/* Where a high-pass may go at most, by role: Hz. What really stands below keeps
 * it lower. */
static const double highest[ST_ROLE_COUNT] = {
    [ST_ROLE_KICK] = 28,       [ST_ROLE_SNARE] = 90,
    [ST_ROLE_HATS] = 300,      [ST_ROLE_CYMBALS] = 250,
    [ST_ROLE_TOMS] = 55,       [ST_ROLE_PERCUSSION] = 150,
    [ST_ROLE_DRUMS_BUS] = 26,  [ST_ROLE_BASS] = 28,
    [ST_ROLE_KEYS] = 90,       [ST_ROLE_GUITAR] = 85,
    [ST_ROLE_SYNTH] = 80,      [ST_ROLE_STRINGS] = 100,
    [ST_ROLE_BRASS] = 100,     [ST_ROLE_WOODWIND] = 120,
    [ST_ROLE_LEAD_VOCAL] = 90, [ST_ROLE_BACKING_VOCAL] = 140,
    [ST_ROLE_FX] = 60,         [ST_ROLE_FULL_MIX] = 20,
};

/* Part of the power that may be lost under the cut-off, dB under the whole: of
 * what carries the low end, and of all else. */
#define SPARE_LOW_DB (-26.0)
#define SPARE_DB (-13.0)
#define LOWEST_HZ 22.0
/* A low-pass where less than this lies above, and hiss would be added up. */
#define HISS_DB (-50.0)

static double edge_hz(int band) {
    return 20.0 * st_exp2(band * (9.965784284662087 / ST_SPECTRUM_BANDS));
}

static double power_of(const st_stem_facts *f, int from, int to) {
    double sum = 0.0;
    for (int b = from; b < to; b++)
        sum += pow(10.0, f->band_db[b] / 10.0);
    return sum;
}

/* The highest edge of a band with next to nothing under it. */
static double spare_below_hz(const st_stem_facts *f, double spare_db) {
    double all = power_of(f, 0, ST_SPECTRUM_BANDS);
    int b = 0;
    while (b < ST_SPECTRUM_BANDS / 2 &&
           power_of(f, 0, b + 1) < all * pow(10.0, spare_db / 10.0))
        b++;
    return edge_hz(b);
}

static double spare_above_hz(const st_stem_facts *f) {
    double all = power_of(f, 0, ST_SPECTRUM_BANDS);
    int b = ST_SPECTRUM_BANDS;
    while (b > ST_SPECTRUM_BANDS / 2 && power_of(f, b - 1, ST_SPECTRUM_BANDS) <
                                            all * pow(10.0, HISS_DB / 10.0))
        b--;
    return edge_hz(b);
}

static void highpass(const st_mix_case *c, int i) {
    const st_stem_facts *f = &c->heard->stem[i];
    const st_mix_stem *stem = &c->recipe->stem[i];
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_HIGHPASS];
    double most = stem->role >= 0 ? highest[stem->role] : 60;
    double spare_db = most < 60 ? SPARE_LOW_DB : SPARE_DB;
    double spare = spare_below_hz(f, spare_db);
    double hz = fmax(fmin(most, 0.85 * spare), LOWEST_HZ);
    st_move_set(m, ST_FILTER_HZ, round(hz));
    if (0.85 * spare < most)
        st_move_why(m,
                    "High-pass at %.0f Hz: less than %.2g %% of its power lies "
                    "below, rumble that would only cost headroom.",
                    m->value[0], 100.0 * pow(10.0, spare_db / 10.0));
    else
        st_move_why(m,
                    "High-pass at %.0f Hz: a %s needs nothing below, bass and "
                    "kick do.",
                    m->value[0],
                    stem->role >= 0 ? st_role_get(stem->role)->title : "stem");
}

static void lowpass(const st_mix_case *c, int i) {
    const st_stem_facts *f = &c->heard->stem[i];
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_LOWPASS];
    double hz = 1.25 * spare_above_hz(f);
    if (hz >= 16000)
        return;
    st_move_set(m, ST_FILTER_HZ, fmax(round(hz / 100) * 100, 4000));
    st_move_why(m,
                "Low-pass at %.0f Hz: nothing of it is heard above, only hiss "
                "that adds up.",
                m->value[0]);
}

void st_rules_filters(const st_mix_case *c) {
    for (int i = 0; i < c->heard->count; i++)
        if (!c->heard->stem[i].silent) {
            highpass(c, i);
            lowpass(c, i);
        }
}
