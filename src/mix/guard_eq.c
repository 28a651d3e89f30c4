#include "mix/guard.h"

#include "core/math.h"
#include "dsp/biquad.h"
#include "mix/decide.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Each band is within 4 dB by its kind; bands that overlap add up, and their
 * sum has to be within too. A dynamic band counts with all of its range. */

enum { STEPS = 240 }; /* 1/24 octave from 20 Hz to 20 kHz */
#define AIM_DB 3.9

static int gain_field(const st_move *m) {
    return m->kind == ST_MOVE_EQ ? ST_EQ_GAIN : ST_DYN_RANGE;
}

static double gain_of(const st_move *m) {
    double gain = st_move_value(m, gain_field(m));
    return m->kind == ST_MOVE_EQ ? gain : -gain;
}

/* The first fields of both kinds are type, hz, q. */
static st_biquad_coeffs shape(const st_move *m, double rate_hz) {
    static const st_biquad_type types[3] = {ST_BIQUAD_PEAK, ST_BIQUAD_LOW_SHELF,
                                            ST_BIQUAD_HIGH_SHELF};
    int type = (int)m->value[ST_EQ_TYPE];
    const st_biquad_section section = {.type = types[type],
                                       .hz = m->value[ST_EQ_HZ],
                                       .q = type == 0 ? m->value[ST_EQ_Q]
                                                      : 0.70710678118654752440,
                                       .gain_db = gain_of(m),
                                       .matched = true};
    return st_biquad_design(&section, rate_hz);
}

double st_guard_eq_db(const st_move *bands, int count, double rate_hz) {
    st_biquad_coeffs acting[ST_MIX_EQS];
    double most = 0.0;
    int n = 0;
    for (int i = 0; i < count; i++)
        if (st_move_acts(&bands[i]))
            acting[n++] = shape(&bands[i], rate_hz);
    for (int i = 0; n > 0 && i <= STEPS; i++) {
        double hz = 20.0 * st_exp2(i / 24.0), sum = 0.0;
        for (int k = 0; k < n && hz < 0.49 * rate_hz; k++)
            sum += st_biquad_gain_db(&acting[k], hz, rate_hz);
        most = fmax(most, fabs(sum));
    }
    return most;
}

/* The reason begins with the gain: "-3.1 dB at 310 Hz", "Up to -2 dB". */
static void retell(st_move *m) {
    char rest[ST_MOVE_REASON];
    const char *unit = strstr(m->reason, " dB");
    bool up_to = strncmp(m->reason, "Up to ", 6) == 0;
    if (unit == NULL || (!up_to && strchr("+-", m->reason[0]) == NULL))
        return;
    snprintf(rest, sizeof rest, "%s", unit);
    st_move_why(m, "%s%+.1f%s", up_to ? "Up to " : "",
                m->kind == ST_MOVE_EQ ? m->value[ST_EQ_GAIN]
                                      : -m->value[ST_DYN_RANGE],
                rest);
}

static bool weaken(st_move *bands, int count, double factor) {
    bool any = false;
    for (int i = 0; i < count; i++) {
        st_move *m = &bands[i];
        if (!st_move_acts(m) || m->given)
            continue;
        double value = m->value[gain_field(m)] * factor;
        st_move_set(m, gain_field(m), trunc(value * 100.0) / 100.0);
        retell(m);
        any = true;
    }
    return any;
}

static void ease(st_move *bands, int count, double rate_hz) {
    for (int round = 0; round < 8; round++) {
        double most = st_guard_eq_db(bands, count, rate_hz);
        if (most <= AIM_DB + 0.05 || !weaken(bands, count, AIM_DB / most))
            return;
    }
}

void st_guard_eq(st_mix_recipe *r) {
    for (int i = 0; i < r->stems; i++) {
        st_move *m = r->stem[i].move;
        ease(&m[ST_STRIP_EQ], ST_MIX_EQS, r->rate_hz);
        ease(&m[ST_STRIP_DYNEQ], ST_MIX_DYNEQS, r->rate_hz);
    }
    for (int b = 0; b < ST_BUS_COUNT; b++)
        ease(&r->bus[b][ST_BUSMOVE_EQ], ST_MIX_EQS, r->rate_hz);
    ease(&r->mix[ST_MIXMOVE_EQ], ST_MIX_EQS, r->rate_hz);
}

double st_guard_most_eq_db(const st_mix_recipe *r) {
    double most =
        st_guard_eq_db(&r->mix[ST_MIXMOVE_EQ], ST_MIX_EQS, r->rate_hz);
    for (int i = 0; i < r->stems; i++) {
        const st_move *m = r->stem[i].move;
        most =
            fmax(most, st_guard_eq_db(&m[ST_STRIP_EQ], ST_MIX_EQS, r->rate_hz));
        most = fmax(most, st_guard_eq_db(&m[ST_STRIP_DYNEQ], ST_MIX_DYNEQS,
                                         r->rate_hz));
    }
    for (int b = 0; b < ST_BUS_COUNT; b++)
        most = fmax(most, st_guard_eq_db(&r->bus[b][ST_BUSMOVE_EQ], ST_MIX_EQS,
                                         r->rate_hz));
    return most;
}
