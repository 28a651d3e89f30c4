/* oversample: to 2, 4, 8 or 16 times the rate and back, linear phase.
 * Source: polyphase half-band cascade with Kaiser windows (Crochiere and
 * Rabiner, "Multirate Digital Signal Processing"; Kaiser 1974).
 *
 * Not an st_unit: a pair of converters that units with non-linear parts own.
 * Up and down again is a pure delay of st_oversample_latency_frames, within
 * 1e-6 (-120 dB) below 0.42 of the base rate.
 *
 *   up    flat to 0.42 fs, images above 0.58 fs down 120 dB and more
 *   down  flat to 0.42 fs, everything above 0.5 fs down 100 dB and more (the
 *         last stage is not half-band: nothing folds below fs / 2)
 *
 * The stream is cut into hops of ST_OVERSAMPLE_HOP frames. A hop of x-times
 * audio is planar by phase: phase p of factor F is an array of one hop of
 * samples taken p / F of a base sample late; each is contiguous, which is what
 * vector code wants. A memoryless function needs no more than that. */
#ifndef ST_DSP_OVERSAMPLE_H
#define ST_DSP_OVERSAMPLE_H

#include "core/attr.h"
#include "core/status.h"

enum { ST_OVERSAMPLE_HOP = 64, ST_OVERSAMPLE_MAX = 16 };

typedef struct st_oversample st_oversample;

/* `factor` 1, 2, 4, 8 or 16 (1 is a plain delay of no frames); `channels`
 * 1..8. ST_BAD_ARG outside, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_oversample_new(st_oversample **out, int factor,
                                        int channels);
/* NULL is fine. [main] */
void st_oversample_free(st_oversample *os);
/* Forget the past. [rt] */
void st_oversample_reset(st_oversample *os);
/* Delay in frames of the base rate of up and then down; whole. [any] */
int st_oversample_latency_frames(const st_oversample *os);

/* One hop of channel `channel` at the base rate -> `factor` arrays of one hop,
 * phase[p][i] = the sample at i + p / factor. They belong to `os`, may be
 * changed in place, and stay until the next call for that channel. [rt] */
float *const *st_oversample_up(st_oversample *os, int channel, const float *in);
/* The arrays that st_oversample_up gave for that channel, back to one hop at
 * the base rate. Call it once after each up. [rt] */
void st_oversample_down(st_oversample *os, int channel, float *out);

/* In place of an up whose result is not wanted: the audio is taken in, and
 * silence goes down. Costs next to nothing. [rt] */
void st_oversample_skip(st_oversample *os, int channel, const float *in);

/* Delay of the way up alone, in frames. [any] */
int st_oversample_up_frames(const st_oversample *os);

#endif
