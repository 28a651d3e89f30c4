/* resample: change the sample rate.
 * Source: libsoxr (Rob Sykes), linear phase. Length is exact:
 * llround(frames * out_hz / in_hz), sample 0 on sample 0 (no delay left in).
 */
#ifndef ST_AUDIO_RESAMPLE_H
#define ST_AUDIO_RESAMPLE_H

#include "audio/stream.h"

typedef enum {
    ST_RESAMPLE_FAST = 0, /* soxr LQ: 16 bit, pass band to 0.67 of Nyquist */
    ST_RESAMPLE_HIGH,     /* soxr HQ: 20 bit, 0.913 */
    ST_RESAMPLE_VERY_HIGH /* soxr VHQ: 28 bit, 0.913; the default choice */
} st_resample_quality;

/* Frames that `frames` at in_hz become at out_hz; -1 stays -1. [any] */
int64_t st_resample_length(int64_t frames, int in_hz, int out_hz);

/* A source at rate_hz (8000..384000) over `in`, which it takes (freed with
 * it); on error `in` stays the caller's. Equal rates give `in` itself.
 * Length unknown (-1) stays unknown until the end. Seek: to 0 is exact; to
 * any other frame rewinds and reads up to it, so the samples are those of an
 * unbroken read. ST_BAD_ARG, ST_NO_MEM; read and seek pass the errors of
 * `in`. [one at a time] */
ST_MUST_USE st_status st_resample_source_new(st_source **out, st_source *in,
                                             int rate_hz,
                                             st_resample_quality quality,
                                             st_err *err);

/* --- block by block --- */

typedef struct st_resampler st_resampler;

/* channels 1..8. ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_resampler_new(st_resampler **out, int in_hz,
                                       int out_hz, int channels,
                                       st_resample_quality quality);
void st_resampler_free(st_resampler *resampler); /* NULL is fine */
/* As new; the next input frame is frame 0. [one at a time] */
ST_MUST_USE st_status st_resampler_reset(st_resampler *resampler);
/* Takes up to `frames` of planar in[channels] (*used of them) and gives up to
 * `capacity` of planar out (*got). in == NULL says that the input has ended:
 * call until *got is 0; the sum of all *got is then st_resample_length of
 * all frames taken. ST_INTERNAL when soxr fails. [one at a time] */
ST_MUST_USE st_status st_resampler_process(st_resampler *resampler,
                                           const float *const *in,
                                           int64_t frames, int64_t *used,
                                           float *const *out, int64_t capacity,
                                           int64_t *got);

#endif
