/* dyneq: bells and shelves whose gain follows a level, own or another's.
 * Source: dsp/svf.h for the filters, dsp/dynamics.h for curve and ballistics;
 * U. Zoelzer (ed.), "DAFX", 2nd ed. 2011, 4.2 (side-chained filtering).
 *
 * Each band listens to its key through a band-pass at its own frequency (for a
 * shelf: a low- or high-pass there), and cuts by what the curve says of that
 * level: ratio and range_db bound it, so range_db is the deepest cut. With an
 * external key a band cuts here while something plays there. A band with
 * ratio 1 or range 0 does not touch the signal: bit for bit. Latency 0. */
#ifndef ST_DSP_DYNEQ_H
#define ST_DSP_DYNEQ_H

#include "dsp/dynamics.h"
#include "dsp/unit.h"

enum { ST_DYNEQ_MAX_BANDS = 4 };

typedef enum {
    ST_DYNEQ_BELL = 0,
    ST_DYNEQ_LOW_SHELF,
    ST_DYNEQ_HIGH_SHELF,
    ST_DYNEQ_TYPE_COUNT
} st_dyneq_type;

typedef struct {
    st_dyneq_type type;
    double hz;                /* 20..0.45 * rate */
    double q;                 /* 0.1..20; shelves: 0.7071 whatever is said */
    st_dynamics_params curve; /* not used: upward, makeup_db, mix */
} st_dyneq_band;

typedef struct {
    int bands; /* 0..ST_DYNEQ_MAX_BANDS, fixed by _new */
    st_dyneq_band band[ST_DYNEQ_MAX_BANDS];
} st_dyneq_params;

typedef struct st_dyneq st_dyneq;

/* No band. [any] */
st_dyneq_params st_dyneq_defaults(void);
/* See dsp/unit.h. Changes take 20 ms; one of type is heard at once. */
ST_MUST_USE st_status st_dyneq_new(st_dyneq **out, const st_spec *spec,
                                   const st_dyneq_params *params);
void st_dyneq_free(st_dyneq *u);
void st_dyneq_reset(st_dyneq *u);
void st_dyneq_set(st_dyneq *u, const st_dyneq_params *params);
int st_dyneq_latency_frames(const st_dyneq *u); /* 0 */
/* Every band hears the input (the loudest channel counts). */
void st_dyneq_process(st_dyneq *u, const float *const *in, float *const *out,
                      int frames);
/* Band b hears the mono signal key[b]; NULL: the input. No pointer of `key`
 * may be one of `out`. [rt] */
void st_dyneq_process_keyed(st_dyneq *u, const float *const *in,
                            const float *const *key, float *const *out,
                            int frames);
/* What band b did; 10 ms blocks count where its key was over -60 dBFS. [rt] */
st_reduction st_dyneq_reduction(const st_dyneq *u, int band);
void st_dyneq_clear_reduction(st_dyneq *u); /* [rt] */

#endif
