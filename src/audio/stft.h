/* stft: short-time Fourier transform and its exact inverse.
 * Source: Allen & Rabiner 1977; weighted overlap-add as in Griffin & Lim 1984
 * (divide by the sum of squared windows), so that the inverse of an untouched
 * spectrum is the input within 1e-6 of full scale.
 *
 * One plan, const, serves any number of threads and streams. Spectra are
 * float32 planar, [frames][bins], bins = size/2 + 1. */
#ifndef ST_AUDIO_STFT_H
#define ST_AUDIO_STFT_H

#include "audio/window.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct st_stft st_stft;

typedef struct {
    int size;              /* samples a frame, power of two 16..1048576 */
    int hop;               /* 1..size; the inverse needs <= size/2 */
    st_window_kind window; /* periodic; used both ways */
    bool center; /* frame t is centred on sample t*hop, the ends mirrored (as
                    librosa and torch do); else it starts at t*hop */
} st_stft_params;

/* 2048, 512, Hann, centred. [any] */
st_stft_params st_stft_defaults(void);
/* ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_stft_new(st_stft **out, const st_stft_params *params);
void st_stft_free(st_stft *stft); /* NULL is fine [any] */
int st_stft_bins(const st_stft *stft);
/* Floats of scratch for the calls below, 64-byte aligned. [any] */
size_t st_stft_scratch(const st_stft *stft);
/* Frames that cover `samples`: centred 1 + samples/hop (0 for none); else as
 * many as are needed so that each sample is in one, the last zero-padded.
 * [any] */
int64_t st_stft_frames(const st_stft *stft, int64_t samples);

/* One frame: in[size] samples to re, im [bins]. [rt] */
void st_stft_frame(const st_stft *stft, const float *in, float *re, float *im,
                   float *scratch);
/* One frame back, windowed, added into out[size] (not yet divided by the sum
 * of squared windows). re, im kept. [rt] */
void st_stft_frame_add(const st_stft *stft, const float *re, const float *im,
                       float *out, float *scratch);

/* in[samples] to frames `first`..`first + count - 1`, re and im
 * [count][bins]; past the ends it is mirrored when centred, else silent. [rt]
 */
void st_stft_forward(const st_stft *stft, const float *in, int64_t samples,
                     int64_t first, int64_t count, float *re, float *im,
                     float *scratch);
/* All st_stft_frames(samples) frames back to out[samples], exact length.
 * Exact within 1e-6 where the sum of squared windows is 0.01 or more: all of
 * it when centred and hop <= size/4; without `center` a Hann window leaves
 * the first and last few samples unsure, and those no weight reaches are 0.
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_stft_inverse(const st_stft *stft, const float *re,
                                      const float *im, int64_t samples,
                                      float *out);

/* --- streaming: analyse, change the spectrum, resynthesise --- */

typedef struct st_stft_stream st_stft_stream;
/* Change re, im [bins] of frame `frame` in place; frame m holds the `size`
 * samples before (m + 1) * hop. Must keep [rt]. */
typedef void (*st_stft_edit)(void *ctx, int64_t frame, float *re, float *im);

/* One channel; size must be a multiple of hop, and hop <= size/2. `stft` is
 * borrowed (its `center` plays no part); edit NULL: nothing is changed.
 * ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_stft_stream_new(st_stft_stream **out,
                                         const st_stft *stft, st_stft_edit edit,
                                         void *ctx);
void st_stft_stream_free(st_stft_stream *stream);  /* NULL is fine [main] */
void st_stft_stream_reset(st_stft_stream *stream); /* [rt] */
/* size: out is in, that many samples later. [any] */
int st_stft_stream_latency(const st_stft_stream *stream);
/* Any n >= 0; the result does not depend on the division into blocks;
 * in == out is fine. [rt] */
void st_stft_stream_process(st_stft_stream *stream, const float *in, float *out,
                            int64_t n);

#endif
