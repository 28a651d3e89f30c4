/* transient: makes attacks stronger or softer, and what rings after them.
 * Source: SPL "differential envelope" (M. Reitmeier, EP 1 120 001, 1999): the
 * difference of a fast and a slow envelope finds attacks at any level; of a
 * slow and a slower one, what sustains.
 *
 * No threshold: levels count beside each other only, so the same drum is
 * shaped alike whether it is loud or soft. The fast envelope rises at once and
 * falls with 30 ms; the slow one rises with attack_ms and falls with the fast
 * one, so that no decay makes an attack; the slower one falls with release_ms:
 * what decays slower than that is steady. A hit counts wholly while the fast
 * one stands 6 dB over the slow one (0.7 attack_ms after silence), not at all
 * below 2 dB (1.6 attack_ms); a tail wholly from 9 dB under the slower one on,
 * not above 3 dB. Gains are smoothed and bounded by attack_db and sustain_db;
 * both 0 gives the input back (delayed) bit for bit. A signal under floor_dbfs
 * is left alone, up to 6 dB over it the less the softer it is. */
#ifndef ST_DSP_TRANSIENT_H
#define ST_DSP_TRANSIENT_H

#include "dsp/dynamics.h"
#include "dsp/unit.h"

typedef struct {
    double attack_db;    /* -12..12: gain at the top of an attack */
    double sustain_db;   /* -12..12: gain of what follows */
    double attack_ms;    /* 1..50: how long an attack counts as one */
    double release_ms;   /* 20..1000: how long the sustain is followed */
    double floor_dbfs;   /* -100..0 */
    double lookahead_ms; /* 0..5, rounded to frames; fixed by _new */
} st_transient_params;

typedef struct st_transient st_transient;

/* Neutral: 0 and 0 dB; 15 and 200 ms, floor -60 dBFS, look-ahead 1 ms. [any] */
st_transient_params st_transient_defaults(void);
/* See dsp/unit.h. Changes take 20 ms. All channels share one gain. */
ST_MUST_USE st_status st_transient_new(st_transient **out, const st_spec *spec,
                                       const st_transient_params *params);
void st_transient_free(st_transient *u);
void st_transient_reset(st_transient *u);
void st_transient_set(st_transient *u, const st_transient_params *params);
int st_transient_latency_frames(const st_transient *u);
void st_transient_process(st_transient *u, const float *const *in,
                          float *const *out, int frames);
/* Gain now, dB, and the least and greatest since _new or _reset. [rt] */
typedef struct {
    double now_db, least_db, greatest_db;
} st_transient_meter;
st_transient_meter st_transient_read(const st_transient *u);

#endif
