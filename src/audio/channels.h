/* channels: fold 1..8 channels down to stereo or mono, or spread them up.
 * Source: ITU-R BS.775-3 annex 4 (centre and surrounds at -3 dB), for the
 * channel orders of audio/buffer.h.
 *
 * a = 1/sqrt(2). To stereo:
 *   1 M                        L = M               R = M
 *   2 L R                      L                   R
 *   3 L R C                    L + aC              R + aC
 *   4 L R Ls Rs                L + aLs             R + aRs
 *   5 L R C Ls Rs              L + aC + aLs        R + aC + aRs
 *   6 L R C LFE Ls Rs          as 5; LFE left out
 *   7 L R C LFE Cs Ls Rs       as 6, Cs at a*a = 1/2 to each side
 *   8 L R C LFE Lb Rb Ls Rs    as 6, Lb like Ls and Rb like Rs
 * To mono: (L + R)/2 of the stereo above. Nothing is scaled to avoid peaks
 * over 1.0; float keeps them. Up from 2: L and R to the first two channels,
 * silence elsewhere; up from 1: M to L and R. Equal counts: unchanged. From
 * n > 2 to another m > 2: each channel to the one of the same name; without
 * one, C to L and R at a, Cs to Ls and Rs at a, Lb and Rb to Ls and Rs at a,
 * surrounds to L and R at a, LFE nowhere. */
#ifndef ST_AUDIO_CHANNELS_H
#define ST_AUDIO_CHANNELS_H

#include "audio/stream.h"

/* out[o] = sum over i of gain[o][i] * in[i]. */
typedef struct {
    int in_channels;
    int out_channels;
    float gain[ST_MAX_CHANNELS][ST_MAX_CHANNELS];
} st_channel_matrix;

/* The table above. Both 1..8, else ST_BAD_ARG. [any] */
ST_MUST_USE st_status st_channel_matrix_init(st_channel_matrix *matrix,
                                             int in_channels, int out_channels);
/* in[in_channels] to out[out_channels], planar, no overlap; sums in order of
 * input channel. frames >= 0. [rt] */
void st_channel_matrix_apply(const st_channel_matrix *matrix,
                             const float *const *in, float *const *out,
                             int64_t frames);

/* The channels in the order of a Vorbis or Opus stream (RFC 5215, 4.3.9): entry
 * i says which of ours stands i-th. channels 1..8. [any] */
const int *st_vorbis_order(int channels);

/* A source of `channels` (1..8) over `in`, which it takes (freed with it); on
 * error `in` stays the caller's. An equal count gives `in` itself.
 * ST_BAD_ARG, ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_channels_source_new(st_source **out, st_source *in,
                                             int channels, st_err *err);

/* A source at rate_hz with at most `most` channels over `in`, which it takes,
 * also on error: folded first, then resampled (audio/resample.h, high
 * quality). Errors of both. [one at a time] */
ST_MUST_USE st_status st_fitted_source_new(st_source **out, st_source *in,
                                           int most, int rate_hz, st_err *err);

#endif
