#include "analysis/tuning.h"

#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Levels are half octaves of power, 1.5 dB, around 2^0. */
enum { CENTS = 100, LEVELS = 192, MIDDLE = 120, SMOOTH = 8 };
#define LOW_HZ 150.0
#define HIGH_HZ 4000.0
#define FLOOR 0.01f /* of the frame's greatest power */

struct st_tuning {
    double rate_hz, step;     /* Hz a bin */
    int first, last;          /* bins looked at */
    uint32_t (*count)[CENTS]; /* [LEVELS] */
};

st_status st_tuning_new(st_tuning **out, double rate_hz, int size) {
    if (!(rate_hz >= 8000.0 && rate_hz <= 384000.0) || size < 1024 ||
        size > 65536 || (size & (size - 1)) != 0)
        return ST_BAD_ARG;
    st_tuning *t = st_calloc(1, sizeof *t);
    if (t == NULL)
        return ST_NO_MEM;
    t->count = st_calloc(LEVELS, sizeof *t->count);
    if (t->count == NULL) {
        st_tuning_free(t);
        return ST_NO_MEM;
    }
    t->rate_hz = rate_hz;
    t->step = rate_hz / size;
    t->first = (int)ceil(LOW_HZ / t->step);
    t->first = t->first < 2 ? 2 : t->first;
    t->last = (int)floor(HIGH_HZ / t->step);
    t->last = t->last > size / 2 - 2 ? size / 2 - 2 : t->last;
    *out = t;
    return ST_OK;
}

void st_tuning_free(st_tuning *t) {
    if (t == NULL)
        return;
    st_free(t->count);
    st_free(t);
}

void st_tuning_reset(st_tuning *t) {
    memset(t->count, 0, LEVELS * sizeof *t->count);
}

static void add_peak(st_tuning *t, const float *power, int bin) {
    float a = st_log2f(power[bin - 1]), b = st_log2f(power[bin]);
    float c = st_log2f(power[bin + 1]);
    float bend = a - 2.0f * b + c;
    float offset = bend < 0.0f ? 0.5f * (a - c) / bend : 0.0f;
    double hz = ((double)bin + (double)offset) * t->step;
    double semitones = 12.0 * st_log2(hz / 440.0);
    int cents = (int)rint((semitones - rint(semitones)) * 100.0);
    int level = (int)floorf(2.0f * b) + MIDDLE;
    level = level < 0 ? 0 : level >= LEVELS ? LEVELS - 1 : level;
    t->count[level][(cents + CENTS) % CENTS]++;
}

void st_tuning_add(st_tuning *t, const float *power) {
    float top = 0.0f;
    for (int k = t->first; k <= t->last; k++)
        top = power[k] > top ? power[k] : top;
    float least = top * FLOOR;
    if (!(least > 0.0f))
        return;
    for (int k = t->first; k <= t->last; k++)
        if (power[k] > least && power[k] > power[k - 1] &&
            power[k] >= power[k + 1])
            add_peak(t, power, k);
}

/* --- the answer --- */

static int64_t level_total(const st_tuning *t, int level) {
    int64_t sum = 0;
    for (int i = 0; i < CENTS; i++)
        sum += t->count[level][i];
    return sum;
}

static int median_level(const st_tuning *t) {
    int64_t all = 0, above = 0;
    for (int l = 0; l < LEVELS; l++)
        all += level_total(t, l);
    int level = LEVELS;
    while (level > 0 && 2 * above < all)
        above += level_total(t, --level);
    return level;
}

/* Sum under a raised cosine of SMOOTH cents to each side. */
static double smoothed(const double *count, int at) {
    double sum = 0.0;
    for (int k = -SMOOTH; k <= SMOOTH; k++)
        sum += count[(at + k + CENTS) % CENTS] *
               (1.0 + st_cospi((double)k / (SMOOTH + 1)));
    return sum;
}

static double best_cents(const double *count) {
    int best = 0;
    double value[CENTS];
    for (int i = 0; i < CENTS; i++) {
        value[i] = smoothed(count, i);
        best = value[i] > value[best] ? i : best;
    }
    double a = value[(best + CENTS - 1) % CENTS], b = value[best];
    double c = value[(best + 1) % CENTS];
    double bend = a - 2.0 * b + c;
    double cents = best + (bend < 0.0 ? 0.5 * (a - c) / bend : 0.0);
    return cents >= CENTS / 2 ? cents - CENTS : cents;
}

st_tuning_result st_tuning_get(const st_tuning *t) {
    double count[CENTS] = {0}, x = 0.0, y = 0.0;
    st_tuning_result r = {0};
    for (int l = median_level(t); l < LEVELS; l++)
        for (int i = 0; i < CENTS; i++) {
            count[i] += t->count[l][i];
            r.peaks += t->count[l][i];
        }
    if (r.peaks == 0)
        return r;
    for (int i = 0; i < CENTS; i++) {
        x += count[i] * st_cospi(2.0 * i / CENTS);
        y += count[i] * st_sinpi(2.0 * i / CENTS);
    }
    r.cents = best_cents(count);
    r.confidence = sqrt(x * x + y * y) / (double)r.peaks;
    return r;
}
