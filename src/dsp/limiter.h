/* limiter: look-ahead true-peak limiter, one pass, two stages.
 * Source: ITU-R BS.1770-5 Annex 2 for what a true peak is; sliding minimum
 * plus FIR smoothing (Hammer, "Look-ahead limiter", 2020) for the fast gain;
 * morphological opening of the demanded gain for the slow one (own). Unit
 * contract: dsp/unit.h.
 *
 * The peak between samples is found by 8-fold interpolation with a parabola
 * through the top; stretches where no peak can reach the ceiling are passed
 * over, which never changes a bit of the result. A slow gain takes what is
 * asked for all the time (a bass note, a loud chorus) and holds it for longer
 * than half a period of 40 Hz, so that it does not follow the wave; a fast
 * gain takes what remains, dipping for lookahead_ms around each single peak.
 * Gain that moves also moves peaks: a second stage of the same kind, with a
 * much shorter dip, removes what the first left over the ceiling.
 *
 * Held: true peak <= ceiling_db + 0.05 dB by a 32-fold meter. */
#ifndef ST_DSP_LIMITER_H
#define ST_DSP_LIMITER_H

#include "dsp/unit.h"

#include <stdint.h>

typedef enum {
    ST_RELEASE_AUTO = 0, /* by programme, as told above */
    ST_RELEASE_FIXED     /* exponential, release_ms, after a short hold */
} st_release_mode;

typedef struct {
    double ceiling_db;   /* dBTP, -40..0; 0 */
    double drive_db;     /* gain before the limiter, -40..40; 0 */
    double lookahead_ms; /* 0.5..5, 1.2; read by _new only */
    st_release_mode release;
    double release_ms; /* 5..2000, 100; for ST_RELEASE_FIXED; in AUTO it
                          scales the slow recovery: 100 is normal */
    double link;       /* 0 each channel alone .. 1 all by the loudest; 1 */
} st_limiter_params;

/* What was taken away since _new, _reset or _meter_clear. Blocks of 10 ms
 * whose peak, after the drive, is above -60 dBFS count. */
typedef struct {
    double mean_db; /* mean over blocks of the block's mean reduction, >= 0 */
    double max_db;  /* deepest reduction of any moment, >= 0 */
    double last_db; /* mean reduction of the latest whole block, counted or
                       not */
    uint64_t blocks;
} st_limiter_meter;

typedef struct st_limiter st_limiter;

st_limiter_params st_limiter_defaults(void);
ST_MUST_USE st_status st_limiter_new(st_limiter **out, const st_spec *spec,
                                     const st_limiter_params *params);
void st_limiter_free(st_limiter *u);
void st_limiter_reset(st_limiter *u);
void st_limiter_set(st_limiter *u, const st_limiter_params *params);
int st_limiter_latency_frames(const st_limiter *u);
void st_limiter_process(st_limiter *u, const float *const *in,
                        float *const *out, int frames);

/* [rt, the thread that processes] */
void st_limiter_meter_get(const st_limiter *u, st_limiter_meter *meter);
void st_limiter_meter_clear(st_limiter *u);

#endif
