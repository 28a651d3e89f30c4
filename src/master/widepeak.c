#include "master/widepeak.h"

#include "core/math.h"

#include <math.h>
#include <string.h>

enum { TAPS = 49, HISTORY = ST_WIDE_TAPS - 1 };

/* Tap j of the prototype belongs to phase j % factor; the FIR kernel runs
 * forward in time, so the taps are laid down backwards. */
static void design(st_widepeak *w, int factor) {
    memset(w->fir, 0, sizeof w->fir);
    w->phases = factor - 1;
    int per_phase = (TAPS - 1) / factor;
    for (int p = 1; p < factor; p++)
        for (int k = 0; k < per_phase && k < ST_WIDE_TAPS; k++) {
            int j = p + k * factor, m = j - (TAPS - 1) / 2;
            double x = (double)m / factor;
            double sinc = st_sinpi(x) / (ST_PI * x);
            double hann = 0.5 * (1 - st_cospi(2.0 * j / (TAPS - 1)));
            w->fir[p - 1][ST_WIDE_TAPS - 1 - k] = (float)(sinc * hann);
        }
}

void st_widepeak_init(st_widepeak *w, int rate_hz, double over_db) {
    memset(w, 0, sizeof *w);
    w->ops = st_ops_get();
    w->floor = (float)st_db_to_gain(over_db - 4);
    if (rate_hz < 96000)
        design(w, 4);
    /* Twice over needs 24 taps a phase; our own meter is closer there. */
}

static void look(st_widepeak *w, const float *held, int n) {
    float here = w->ops->peak(held, (size_t)(HISTORY + n));
    if (here < w->floor)
        return;
    w->peak = here > w->peak ? here : w->peak;
    float out[ST_WIDE_CHUNK];
    for (int p = 0; p < w->phases; p++) {
        w->ops->fir(out, held, w->fir[p], ST_WIDE_TAPS, (size_t)n);
        float peak = w->ops->peak(out, (size_t)n);
        w->peak = peak > w->peak ? peak : w->peak;
    }
}

st_status st_widepeak_step(void *ctx, st_block *block, st_err *err) {
    (void)err;
    st_widepeak *w = ctx;
    for (int c = 0; c < block->channels; c++) {
        float *held = w->held[c];
        for (int at = 0; at < block->frames; at += ST_WIDE_CHUNK) {
            int n = block->frames - at < ST_WIDE_CHUNK ? block->frames - at
                                                       : ST_WIDE_CHUNK;
            memcpy(held + HISTORY, block->channel[c] + at,
                   (size_t)n * sizeof *held);
            look(w, held, n);
            memmove(held, held + n, HISTORY * sizeof *held);
        }
    }
    return ST_OK;
}

double st_widepeak_db(const st_widepeak *w) {
    return w->peak > 0 ? st_gain_to_db(w->peak) : -INFINITY;
}
