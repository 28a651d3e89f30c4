/* render: run a recipe over a recording until the file written is right.
 * Source: issue rows M41, M42, M44; design.md section 9.
 *
 * The chain before the limiter runs once into a spool. Then limiter, dither
 * and writer run together with the meters; when loudness or peak are off, they
 * run again with a corrected drive, at most three rounds. What was measured
 * are the very samples given to the writer; that the file holds them is
 * checked by reading it again (qc.h). */
#ifndef ST_MASTER_RENDER_H
#define ST_MASTER_RENDER_H

#include "audio/spool.h"
#include "master/aim.h"
#include "master/chain.h"
#include "master/decide.h"

enum { ST_ROUNDS_MAX = 3 };

/* What a renderer needs of the world. All callbacks may be NULL. */
typedef struct {
    st_pool *pool;
    const char *folder; /* for spools */
    /* A part begins: it leads to fraction `to`; true from tick stops. */
    void (*phase)(void *ctx, const char *name, double to, int64_t frames);
    bool (*tick)(void *ctx, int64_t frames);
    void (*spent)(void *ctx, const char *name, double seconds);
    /* Open the output anew; NULL: nothing is written (tests, trials). */
    st_status (*open)(void *ctx, st_sink **sink, st_err *err);
    st_status (*reread)(void *ctx, st_source **source, st_err *err);
    void *ctx;
} st_means;

/* A flow with phase and seconds reported to the means. */
ST_MUST_USE st_status st_means_flow(const st_means *means, const char *phase,
                                    double to, st_source *source, int64_t limit,
                                    int64_t tail, st_flow_step *steps,
                                    int count, st_err *err);

/* The chain's output before the limiter. */
typedef struct {
    st_spool *spool;
    bool borrowed; /* the chain was empty: it is the input's spool */
    int64_t frames;
    st_aim *aim;         /* NULL when nothing can reach the ceiling */
    st_stereo_sums sums; /* of it; two channels */
    double eq_low_db, eq_presence_db, eq_air_db; /* made, 60 3500 12000 Hz */
    st_reduction compression, band[4];
    st_gr_trace trace;
} st_pre;
/* Frees the audio; the figures stay. Fine twice, and on a zeroed one. */
void st_pre_deinit(st_pre *pre);

/* Set thresholds and makeup of the compression by listening to the loudest
 * parts, until the mean reduction there is what the goal wants. [main] */
ST_MUST_USE st_status st_calibrate(const st_means *means, st_spool *input,
                                   const st_measure *in, st_recipe *recipe,
                                   const st_goal *goal, st_err *err);
/* Run the chain. `out` zeroed before. [main] */
ST_MUST_USE st_status st_render_pre(const st_means *means, st_spool *input,
                                    const st_recipe *recipe,
                                    const st_goal *goal, st_pre *out,
                                    st_err *err);

typedef struct {
    st_measure after; /* of what was written */
    double limiting_mean_db, limiting_max_db;
    st_gr_trace trace;
    uint64_t hash; /* of the samples written */
    int64_t frames;
    int rounds;
    double drive_db, aim_dbtp; /* of the last round */
    double first_miss_lu;      /* goal less measured, after round one */
    /* What the rounds taught: where the next pass over nearly the same music
     * begins, from the goal's aim and from the model's drive. */
    double learned_ceiling_db, learned_drive_db;
} st_result;

/* Limit, dither, write, measure; up to three rounds. The recipe's limiter
 * drive becomes what was used. [main] */
ST_MUST_USE st_status st_render_last(const st_means *means, const st_pre *pre,
                                     st_recipe *recipe, const st_goal *goal,
                                     const st_measure *in, int bits,
                                     uint64_t seed, st_result *out,
                                     st_err *err);

/* A step that hashes the samples it sees, keyed to their place. */
typedef struct {
    uint64_t hash[ST_MAX_CHANNELS][4];
    int channels;
    int64_t frames;
} st_sample_hash;
st_status st_hash_step(void *hash, st_block *block, st_err *err);
uint64_t st_hash_value(const st_sample_hash *hash);

#endif
