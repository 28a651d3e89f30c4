/* ab: a preview that changes between before and after at equal loudness.
 * Source: issue "level-matched A/B preview"; AES recommendations for listening
 * comparisons: equal within 0.1 LU, so that louder does not win.
 *
 * Segments of 8 s alternate, before first, from the same place in time, joined
 * by 30 ms equal-power crossfades; the whole is at most 96 s, taken from
 * around the loudest part of longer tracks. */
#ifndef ST_MASTER_AB_H
#define ST_MASTER_AB_H

#include "master/track.h"

/* A source of the A/B stream; `before` and `after` have the same format and
 * are taken (freed with it; on error they stay the caller's). gains linear.
 * [main] */
typedef struct {
    double before_gain, after_gain;
    int64_t first, frames; /* of the track */
    int64_t segment, fade; /* frames */
} st_ab_params;
ST_MUST_USE st_status st_ab_source_new(st_source **out, st_source *before,
                                       st_source *after,
                                       const st_ab_params *params, st_err *err);

/* Gains for equal loudness with no true peak over `ceiling_db` less a margin
 * for the codec, and the part to take. [any] */
st_ab_params st_ab_plan(const st_measure *before, const st_measure *after,
                        double ceiling_db, double margin_db);

/* Write `make`'s stream to a lossy output through `means`, decode and measure
 * it, and make it quieter until its true peak is under the ceiling (at most 4
 * times). *extra_db: how much quieter it became, 0 normally; *peak_dbtp as
 * measured. `rate_hz` what the format takes. [main] */
typedef struct {
    st_status (*make)(void *ctx, double gain_db, st_source **out, st_err *err);
    void *ctx;
} st_preview_source;
ST_MUST_USE st_status st_preview_write(const st_means *means,
                                       const st_preview_source *source,
                                       double ceiling_db, double *extra_db,
                                       double *peak_dbtp, st_err *err);

#endif
