/* gru: a gated recurrent layer, as a stream.
 * Source: Cho et al. 2014 in PyTorch's form (the reset gate acts on the
 * recurrent product and its bias):
 * r, z = sigmoid(W x + b + U h + c), n = tanh(W x + b + r (U h + c)),
 * h' = (1 - z) n + z h. */
#ifndef ST_NN_GRU_H
#define ST_NN_GRU_H

#include "core/attr.h"
#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct st_gru st_gru;

/* Weights as PyTorch keeps them, gates in order r, z, n: w_in [3 hidden, in],
 * w_hidden [3 hidden, hidden], biases [3 hidden] or NULL; copied.
 * in, hidden 1..65536. ST_BAD_ARG, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_gru_new(st_gru **out, int in, int hidden,
                                 const float *w_in, const float *w_hidden,
                                 const float *b_in, const float *b_hidden);
void st_gru_free(st_gru *gru); /* NULL is fine [any] */
/* Floats of scratch for _run. [any] */
size_t st_gru_scratch(const st_gru *gru);

/* x [frames, in] to y: frame t's state stands at y + t * y_stride, `hidden`
 * floats (y_stride >= hidden, so two directions can share rows). h [hidden]:
 * the state, zero at the start, kept for the next call: the same bits for any
 * division. x, y, h, scratch do not overlap. [rt] */
void st_gru_run(const st_gru *gru, const float *x, float *y, int64_t y_stride,
                int64_t frames, float *h, float *scratch);
/* The same from the last frame to the first (the second direction of a
 * bidirectional layer). [rt] */
void st_gru_run_back(const st_gru *gru, const float *x, float *y,
                     int64_t y_stride, int64_t frames, float *h,
                     float *scratch);

#endif
