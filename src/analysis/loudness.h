/* loudness: integrated, momentary, short-term loudness and loudness range.
 * Source: ITU-R BS.1770-5 Annex 1 and 3; EBU Tech 3341 v4; EBU Tech 3342 v4.
 *
 * Loudness is -0.691 + 10 log10 of the weighted mean square of the K-weighted
 * channels (kweight.h), in LUFS. Integrated: 400 ms blocks each 100 ms,
 * absolute gate -70 LUFS, relative gate 10 LU under the mean. Range: 3 s
 * blocks each 100 ms, gates -70 LUFS and 20 LU, 95 % less 10 % point. The
 * maxima of M and S are found on a hop of at most 1 ms. Windows that reach
 * before the start see silence there; they count for M and S, not for the
 * gated figures.
 *
 * Block energies are kept in fine bins (0.1 % wide, with their sums), not one
 * by one: memory is fixed (about 1.3 MiB) for a stream of any length, and the
 * gates are still exact for material that is steady. At rates where 100 ms
 * is no multiple of a usable hop, blocks are up to 0.3 % long or short.
 *
 * Any division into blocks gives the same bits. Samples that are not finite
 * or exceed 1e10 are read as 0. Silence and too short input give -INFINITY
 * (integrated: under 400 ms) and 0 (range: under 3 s). */
#ifndef ST_ANALYSIS_LOUDNESS_H
#define ST_ANALYSIS_LOUDNESS_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

/* How frames are grouped inside; public for tests and for callers that have
 * aligned data: whole runs are measured without a copy. */
enum { ST_LOUDNESS_RUN = 1024 };

typedef struct st_loudness st_loudness;

typedef struct {
    double integrated_lufs;
    double range_lu;
    double range_low_lufs, range_high_lufs; /* the 10 % and 95 % points */
    double relative_gate_lufs;              /* of the integrated loudness */
    double momentary_max_lufs, short_term_max_lufs;
    int64_t momentary_max_frame;            /* where that window ends */
    int64_t short_term_max_frame;           /* where that window ends */
    double momentary_lufs, short_term_lufs; /* now */
    int64_t frames;                         /* measured so far */
} st_loudness_result;

/* BS.1770 weight of a channel in the order of st_format (audio/buffer.h): 1,
 * 1.41 for channels between 60 and 120 degrees to the side (Ls Rs), 0 for
 * LFE; for 8 channels Lb Rb weigh 1 (Annex 3). 0 out of range. [any] */
double st_loudness_weight(int channels, int channel);

/* rate_hz 8000..384000, channels 1..8; series_capacity: how many 100 ms
 * points of M and S are kept for graphs (0 none, else even, to 2^20); when
 * full, pairs are joined (the louder stays) and the step doubles. weights:
 * channels values >= 0, or NULL for st_loudness_weight.
 * ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_loudness_new(st_loudness **out, double rate_hz,
                                      int channels, int series_capacity,
                                      const double *weights);
void st_loudness_free(st_loudness *meter);  /* NULL is fine [main] */
void st_loudness_reset(st_loudness *meter); /* as new [rt] */

/* Frames of one gating step, 100 ms or next to it. [any] */
int64_t st_loudness_step_frames(const st_loudness *meter);

/* Measure planar in[channels], any frames >= 0. [rt] */
void st_loudness_process(st_loudness *meter, const float *const *in,
                         int64_t frames);
/* Measure what is still held (less than a run). More _process calls are an
 * error until _reset; a second _finish does nothing. [rt] */
void st_loudness_finish(st_loudness *meter);

/* All figures so far; up to ST_LOUDNESS_RUN frames behind before _finish.
 * [any] */
void st_loudness_get(const st_loudness *meter, st_loudness_result *out);

/* Put the gated blocks of `other` to those of `meter`: the integrated
 * loudness and range are then those of both (an album). Maxima join too;
 * the series does not. [rt] */
void st_loudness_join(st_loudness *meter, const st_loudness *other);

/* Points of M and S in LUFS (-INFINITY in silence), *count of them; point i
 * ends at frame (i + 1) * *step_frames. Borrowed until the next call. [any] */
void st_loudness_series(const st_loudness *meter, const float **momentary,
                        const float **short_term, int *count,
                        int64_t *step_frames);

#endif
