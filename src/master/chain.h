/* chain: the processors of a recipe, as steps of a flow.
 * Source: issue rows M37-M43. Order: DC and gain, linear-phase EQ (mid/side),
 * width and mono bass, multiband compression, parallel compression,
 * saturation; then, apart, the true-peak limiter and the dither.
 *
 * A processor that a recipe leaves neutral is not made at all, so audio that
 * needs nothing passes bit for bit. */
#ifndef ST_MASTER_CHAIN_H
#define ST_MASTER_CHAIN_H

#include "dsp/dither.h"
#include "dsp/multiband.h"
#include "audio/flow.h"
#include "master/recipe.h"

/* Gain reduction over time for graphs; when full, pairs are joined. */
enum { ST_GR_POINTS = 2048 };
typedef struct {
    float db[ST_GR_POINTS];
    int count;
    double step_s;
    /* internal: */
    int join, held;
    float sum;
} st_gr_trace;
void st_gr_trace_add(st_gr_trace *trace, double db);

typedef struct st_chain st_chain;

/* Everything before the limiter. ST_NO_MEM, ST_BAD_ARG. [main] */
ST_MUST_USE st_status st_chain_new(st_chain **out, int rate_hz, int channels,
                                   const st_recipe *recipe, st_err *err);
void st_chain_free(st_chain *chain); /* NULL is fine */
/* Steps of the units made, 0..6, for a stream of `frames` and silence after
 * it; `steps` has room for as many. [main] */
enum { ST_CHAIN_STEPS = 6 };
int st_chain_steps(st_chain *chain, int64_t frames, st_flow_step *steps);
int st_chain_latency_frames(const st_chain *chain);
/* What the EQ made answers at hz, dB; 0 without an EQ. [main] */
double st_chain_eq_db(const st_chain *chain, bool side, double hz);
/* Band 0..3, or -1 for all; zeroes without compression. [main] */
st_reduction st_chain_reduction(const st_chain *chain, int band);
const st_gr_trace *st_chain_trace(const st_chain *chain);

typedef struct st_last st_last;

/* Limiter and dither. `bits` 0: float output, no dither. ceiling_db, drive_db
 * as for the limiter; `limit` false: gain drive_db only. */
typedef struct {
    double ceiling_db, drive_db;
    bool limit;
    int bits;
    bool dithered;
    uint64_t seed;
} st_last_params;
ST_MUST_USE st_status st_last_new(st_last **out, int rate_hz, int channels,
                                  const st_recipe *recipe,
                                  const st_last_params *params, st_err *err);
void st_last_free(st_last *last); /* NULL is fine */
/* Limiter, trim, dither; `frames`: length of the stream. [main] */
enum { ST_LAST_STEPS = 4 };
int st_last_steps(st_last *last, int64_t frames, st_flow_step *steps);
int st_last_latency_frames(const st_last *last);
/* Mean and deepest limiting so far. [main] */
void st_last_reduction(const st_last *last, double *mean_db, double *max_db);
/* Deepest reduction of each block (the chain's trace has means). */
const st_gr_trace *st_last_trace(const st_last *last);

#endif
