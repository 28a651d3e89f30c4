/* deesser: takes sibilants down, and nothing else.
 * Source: U. Zoelzer (ed.), "DAFX", 2nd ed. 2011, 4.2.4; the idea of a
 * threshold that follows the voice: a sibilant is a moment in which the band
 * of sibilants is strong beside the rest, however loud the singer is.
 *
 * Two levels are followed, as means of all channels: the band from `hz` up, and
 * the signal below hz / 1.6 (12 dB/octave each; 0.3 ms up, 1.5 ms down). Where
 * the band stands more than threshold_db over the rest a high shelf goes down
 * by the excess, `ratio` (with a knee of 3 dB) and range_db bound it. The
 * shelf's middle is hz / 1.6: at `hz` 86 % of its dB are reached, all of them
 * an octave higher, and an octave and a half below `hz` less than a tenth. The
 * signal is delayed by the look-ahead, so the first millisecond of an S is
 * caught. range 0 or ratio 1 gives the input back (delayed) bit for bit. */
#ifndef ST_DSP_DEESSER_H
#define ST_DSP_DEESSER_H

#include "dsp/dynamics.h"
#include "dsp/unit.h"

typedef struct {
    double hz;           /* 2000..12000, at most 0.4 * rate: where sibilants
                          * begin */
    double threshold_db; /* -30..20: band over the rest */
    double floor_dbfs;   /* -100..0: quieter bands are left alone */
    double ratio;        /* 1..20 */
    double range_db;     /* 0..24: deepest cut */
    double attack_ms;    /* 0.05..50 */
    double release_ms;   /* 5..500 */
    double lookahead_ms; /* 0..10, rounded to frames; fixed by _new */
} st_deesser_params;

typedef struct st_deesser st_deesser;

/* Neutral: range 0; 5500 Hz, threshold -3 dB, floor -55 dBFS, ratio 3, attack
 * 0.5, release 60, look-ahead 2 ms. [any] */
st_deesser_params st_deesser_defaults(void);
/* See dsp/unit.h. Changes take 20 ms. All channels share one gain. */
ST_MUST_USE st_status st_deesser_new(st_deesser **out, const st_spec *spec,
                                     const st_deesser_params *params);
void st_deesser_free(st_deesser *u);
void st_deesser_reset(st_deesser *u);
void st_deesser_set(st_deesser *u, const st_deesser_params *params);
int st_deesser_latency_frames(const st_deesser *u);
void st_deesser_process(st_deesser *u, const float *const *in,
                        float *const *out, int frames);
/* Cut of the shelf; blocks count where the band was over -60 dBFS. [rt] */
st_reduction st_deesser_reduction(const st_deesser *u);
void st_deesser_clear_reduction(st_deesser *u); /* [rt] */

#endif
