/* truepeak: the highest point of the curve through the samples, and where.
 * Source: ITU-R BS.1770-5 Annex 2 (what), own filters (how).
 *
 * The curve is taken at 8 points a frame: a 64-tap half-band filter gives the
 * points half way between samples, an 8-tap filter the six between those, a
 * parabola through the top three gives the peak. Within +-0.02 dB for tones
 * from 0 to 0.47 fs at any phase; the rate does not matter. Parts of the
 * signal that by a bound on the filters cannot beat the peak so far are
 * skipped; the result is the same as without skipping, bit by bit.
 *
 * Samples that are not finite or exceed 1e10 are read as 0. Work is done in
 * runs of ST_TRUEPEAK_RUN frames keyed to the absolute frame index, so block
 * sizes never change a result; the last run is measured by _finish. */
#ifndef ST_DSP_TRUEPEAK_H
#define ST_DSP_TRUEPEAK_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum { ST_TRUEPEAK_RUN = 1024, ST_TRUEPEAK_POINTS = 8 };

typedef struct st_truepeak st_truepeak;

typedef struct {
    int channels;       /* 1..8 */
    int64_t hop_frames; /* peaks for a graph: one each so many frames (a
                         * multiple of ST_TRUEPEAK_RUN); 0 keeps none */
    int hop_capacity;   /* at most so many hops are kept (2..2^20, even): when
                         * full, pairs are joined and the hop doubles */
} st_truepeak_params;

typedef struct {
    double peak;  /* linear, >= 0; 1.0 is 0 dBTP */
    double frame; /* where, in frames from the start, with fraction; the
                   * first such place; 0 for silence */
} st_truepeak_max;

/* ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_truepeak_new(st_truepeak **out,
                                      const st_truepeak_params *params);
void st_truepeak_free(st_truepeak *tp);  /* NULL is fine [main] */
void st_truepeak_reset(st_truepeak *tp); /* as new [rt] */

/* Measure planar in[channels], any frames >= 0. [rt] */
void st_truepeak_process(st_truepeak *tp, const float *const *in,
                         int64_t frames);
/* Silence follows: measure what is still held. More _process calls are an
 * error until _reset; a second _finish does nothing. [rt] */
void st_truepeak_finish(st_truepeak *tp);

/* The peak of one channel, or of all for channel -1; complete after _finish,
 * before it the last run may be missing. [rt] */
st_truepeak_max st_truepeak_get(const st_truepeak *tp, int channel);

/* The kept hops of one channel (linear peaks) or NULL; *count of them, each
 * *hop_frames long. Borrowed until the next call. [any] */
const float *st_truepeak_hops(const st_truepeak *tp, int channel, int *count,
                              int64_t *hop_frames);

#endif
