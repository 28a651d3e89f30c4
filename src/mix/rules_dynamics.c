#include "mix/decide.h"

#include "core/math.h"

#include <math.h>
#include <stdlib.h>

/* Compressors by role: how hard they may work on the mean, and how. reduce 0:
 * none. */
typedef struct {
    double reduce_db, ratio, knee_db, attack_ms, release_ms, detector_hz;
} habit;

static const habit habits[ST_ROLE_COUNT] = {
    [ST_ROLE_KICK] = {0.8, 2, 6, 20, 90, 0},
    [ST_ROLE_SNARE] = {0.8, 2, 6, 12, 110, 0},
    [ST_ROLE_TOMS] = {0.7, 2, 6, 15, 120, 0},
    [ST_ROLE_PERCUSSION] = {0.6, 1.8, 8, 15, 120, 0},
    [ST_ROLE_DRUMS_BUS] = {0.8, 1.8, 8, 25, 120, 80},
    [ST_ROLE_BASS] = {1.8, 2.5, 8, 20, 160, 0},
    [ST_ROLE_KEYS] = {0.9, 1.8, 10, 20, 180, 0},
    [ST_ROLE_GUITAR] = {0.9, 1.8, 10, 18, 160, 0},
    [ST_ROLE_SYNTH] = {0.7, 1.7, 10, 20, 160, 0},
    [ST_ROLE_STRINGS] = {0.6, 1.6, 12, 30, 250, 0},
    [ST_ROLE_BRASS] = {0.9, 1.8, 10, 18, 180, 0},
    [ST_ROLE_WOODWIND] = {0.9, 1.8, 10, 18, 180, 0},
    [ST_ROLE_LEAD_VOCAL] = {1.9, 2.2, 8, 10, 120, 100},
    [ST_ROLE_BACKING_VOCAL] = {1.6, 2.2, 8, 12, 140, 100},
};

/* Levels that lie closer than this (p95 less p30) are even already. */
#define EVEN_DB 6.0

static double staged_db(const st_mix_case *c, int i) {
    const st_move *m = &c->recipe->stem[i].move[ST_STRIP_STAGING];
    return m->on ? m->value[ST_STAGING_GAIN] : 0.0;
}

/* The threshold whose static curve takes `want` dB on the mean. */
static double threshold_for(const st_stem_facts *f, double staged,
                            const habit *h, double want) {
    double low = -80.0, high = 0.0;
    for (int i = 0; i < 24; i++) {
        double t = 0.5 * (low + high);
        if (st_hear_reduction(f, staged, t, h->ratio, h->knee_db) > want)
            low = t;
        else
            high = t;
    }
    return 0.5 * (low + high);
}

static void compress(const st_mix_case *c, int i) {
    const st_stem_facts *f = &c->heard->stem[i];
    st_role role = c->recipe->stem[i].role;
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_COMPRESSOR];
    const habit *h = role >= 0 ? &habits[role] : &habits[ST_ROLE_KEYS];
    double spread = st_hear_level(f, 0.95) - st_hear_level(f, 0.3);
    double want = h->reduce_db * fmin(fmax(spread / 12.0, 0.4), 1.2);
    if (h->reduce_db == 0.0 || spread < EVEN_DB)
        return;
    double threshold = threshold_for(f, staged_db(c, i), h, want);
    st_move_set(m, ST_COMP_THRESHOLD, round(threshold * 10) / 10);
    st_move_set(m, ST_COMP_RATIO, h->ratio);
    st_move_set(m, ST_COMP_KNEE, h->knee_db);
    st_move_set(m, ST_COMP_ATTACK, h->attack_ms);
    st_move_set(m, ST_COMP_RELEASE, h->release_ms);
    st_move_set(m, ST_COMP_DETECTOR_HZ, h->detector_hz);
    st_move_why(m,
                "%.1f:1 over %.1f dBFS: its loud parts stand %.0f dB over its "
                "quiet ones; about %.1f dB on the mean evens them.",
                h->ratio, m->value[ST_COMP_THRESHOLD], spread, want);
}

/* --- de-esser --- */

enum { FIRST_S = 21, CELLS = 4096 }; /* band from 5.3 kHz on */

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Sibilants over the rest in each cell where the voice sings, dB, sorted;
 * their number. */
static int sibilance(const st_bandgram *gram, float *db) {
    int64_t cells = st_bandgram_cells(gram);
    int64_t step = cells / CELLS + 1;
    int count = 0;
    for (int64_t i = 0; i < cells && count < CELLS; i += step) {
        const int16_t *cell = st_bandgram_cell(gram, i);
        double low = 0.0, high = 0.0;
        for (int b = 0; b < ST_SPECTRUM_BANDS; b++)
            *(b < FIRST_S ? &low : &high) += pow(10.0, cell[b] * 0.001);
        if (low + high > 1e-6)
            db[count++] = (float)(10.0 * log10(high / (low + 1e-12)));
    }
    qsort(db, (size_t)count, sizeof *db, ascending);
    return count;
}

static void deess(const st_mix_case *c, int i) {
    static const double harsh = -9.0; /* loudest sibilants over the rest */
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_DEESSER];
    float db[CELLS] = {0};
    int count = sibilance(st_stems_gram(c->heard->stems, i), db);
    if (count < 50)
        return;
    double usual = db[count / 2], worst = db[count * 98 / 100];
    if (worst < harsh || worst - usual < 8.0)
        return;
    double range = fmin(fmax(0.4 * (worst - harsh), 1.5), 6.0);
    st_move_set(m, ST_DEESS_HZ, 5500);
    st_move_set(m, ST_DEESS_THRESHOLD,
                round(10 * fmin(fmax(worst - range - 3.0, -20), 10)) / 10);
    st_move_set(m, ST_DEESS_RATIO, 3);
    st_move_set(m, ST_DEESS_RANGE, round(10 * range) / 10);
    st_move_why(m,
                "Up to %.1f dB from 5.5 kHz up: its sibilants stand %.0f dB "
                "over its usual treble.",
                range, worst - usual);
}

void st_rules_dynamics(const st_mix_case *c) {
    for (int i = 0; i < c->recipe->stems; i++) {
        if (c->heard->stem[i].silent)
            continue;
        compress(c, i);
        if (c->recipe->stem[i].bus == ST_BUS_VOCAL)
            deess(c, i);
    }
}
