/* flow: a source pulled through a row of steps, several blocks at a time.
 * Source: core/pool.h (ordered pipelines).
 *
 * Each step sees every block in order and may change it in place, so a step
 * may keep state; different steps work on different blocks at once. The
 * result does not depend on the number of threads. */
#ifndef ST_AUDIO_FLOW_H
#define ST_AUDIO_FLOW_H

#include "audio/stream.h"
#include "core/pool.h"

#include <stdbool.h>

enum { ST_FLOW_FRAMES = 16384, ST_FLOW_MAX_STEPS = 16, ST_FLOW_SLOTS = 6 };

/* A step may shorten a block or move its pointers forward (st_flow_trim). */
typedef struct {
    float *channel[ST_MAX_CHANNELS];
    int channels;
    int frames; /* 0..ST_FLOW_FRAMES */
    int slot;   /* 0..ST_FLOW_SLOTS - 1: for what steps keep beside a block */
} st_block;

typedef st_status (*st_block_fn)(void *ctx, st_block *block, st_err *err);

typedef struct {
    const char *name; /* of the phase its seconds count for; a literal */
    st_block_fn run;
    void *ctx;
    double seconds; /* out: time spent in it */
} st_flow_step;

/* Called with the frames read so far; true stops the flow. */
typedef struct {
    bool (*tick)(void *ctx, int64_t frames);
    void *ctx;
} st_flow_watch;

/* Drops the first `skip` frames of a stream, then lets `left` pass (-1: all):
 * takes out the latency of the steps before it. */
typedef struct {
    int64_t skip, left;
} st_trim;
st_status st_trim_step(void *trim, st_block *block, st_err *err);
/* Writes each block to the st_sink. */
st_status st_sink_step(void *sink, st_block *block, st_err *err);

/* Read `source` from where it stands to its end (at most `limit` frames if
 * not negative), then `tail` frames of silence, through `steps` (1..16).
 * *frames (may be NULL): those read, the tail not counted. `watch` may be
 * NULL. Errors of the source and of the steps; ST_CANCELLED. [main] */
ST_MUST_USE st_status st_flow_run(st_pool *pool, st_source *source,
                                  int64_t limit, int64_t tail,
                                  st_flow_step *steps, int count,
                                  const st_flow_watch *watch, int64_t *frames,
                                  st_err *err);

#endif
