/* beat: a network that hears beats, downbeats, tempo and metre.
 * Source: after Boeck & Davies 2020 (temporal convolutions with growing
 * dilation, several tasks at once); MODEL.md beside this file has it layer by
 * layer, models/beat.md says what it learned from. Ours.
 *
 * Input: rows of ST_BEAT_INPUTS values, 50 a second (analysis/rhythm_front.h).
 * The same bits at each CPU level; equal to PyTorch within 1e-4. */
#ifndef ST_MODELS_BEAT_H
#define ST_MODELS_BEAT_H

#include "core/attr.h"
#include "core/err.h"
#include "nn/weights.h"

#include <stdint.h>

enum {
    ST_BEAT_INPUTS = 116,
    ST_BEAT_TEMPI = 80, /* classes, and one more: none */
    ST_BEAT_METRES = 8, /* 2, 3, .. 7 beats, more, none */
    ST_BEAT_SECOND = 50 /* frames */
};

typedef struct st_beat_net st_beat_net;

/* weights NULL: those that are part of the program; else copied.
 * ST_NOT_FOUND, ST_BAD_DATA, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_beat_net_new(st_beat_net **out,
                                      const st_weights *weights, st_err *err);
void st_beat_net_free(st_beat_net *net); /* NULL is fine [any] */

/* Rows first..first + count - 1 to out[count][ST_BEAT_INPUTS]; zeros for those
 * before 0 and from `frames` on. */
typedef struct {
    void (*fill)(void *ctx, int64_t first, int64_t count, float *out);
    void *ctx;
    int64_t frames;
} st_beat_input;

/* Arrays of the caller. seconds(frames) = ceil(frames / 50). */
typedef struct {
    float *beat, *downbeat; /* [frames] 0..1 */
    float *tempo;           /* [seconds][ST_BEAT_TEMPI + 1] means, sum 1 */
    float *metre;           /* [seconds][ST_BEAT_METRES] means, sum 1 */
} st_beat_output;

int64_t st_beat_seconds(int64_t frames);
/* Runs over all rows in segments of five minutes that see 42 s to either
 * side, as if it were one. 20 MiB while it runs. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_beat_net_run(const st_beat_net *net,
                                      const st_beat_input *in,
                                      const st_beat_output *out);
/* BPM of class i, 0..ST_BEAT_TEMPI - 1: 50 (215 / 50)^(i / 79). [any] */
double st_beat_class_bpm(double i);
double st_beat_bpm_class(double bpm);

#endif
