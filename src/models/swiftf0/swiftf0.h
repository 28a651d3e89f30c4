/* swiftf0: pitch of one voice or instrument by the network SwiftF0.
 * Source: Nieradzik 2025, "SwiftF0" (swift-f0 0.1, MIT); MODEL.md beside this
 * file has it layer by layer, reference.py runs the same in numpy.
 *
 * Input: mono float32 at 16 kHz; samples that are not finite or exceed 1e10
 * are read as 0. A frame each 256 samples: frame n is centred on sample
 * 256 n + 127.5. Pitch 46.9 to 2093.8 Hz and a confidence, both as the
 * network states them (it learned with "voiced" above 0.9).
 *
 * It is a network that was trained by others: use it by request. Weights are
 * pinned by the hash of their file. The same bits for any division into
 * blocks and at each CPU level. Equal to onnxruntime within 1e-4 (confidence,
 * relative pitch), also where bands are numerically empty and its rounding is
 * what the network hears (graph_dft.h); bench/RESULTS-f0.md. */
#ifndef ST_MODELS_SWIFTF0_H
#define ST_MODELS_SWIFTF0_H

#include "core/attr.h"
#include "core/err.h"
#include "nn/weights.h"

#include <stdbool.h>
#include <stdint.h>

enum { ST_SWIFTF0_RATE_HZ = 16000, ST_SWIFTF0_HOP = 256 };

typedef struct st_swiftf0 st_swiftf0;

/* weights NULL: those that are part of the program. Else they are copied, and
 * refused (ST_BAD_DATA) unless they are that very file or `any_weights` says
 * that the caller knows better (shapes are checked all the same).
 * ST_NOT_FOUND, ST_BAD_DATA, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_swiftf0_new(st_swiftf0 **out,
                                     const st_weights *weights,
                                     bool any_weights, st_err *err);
void st_swiftf0_free(st_swiftf0 *net);  /* NULL is fine [any] */
void st_swiftf0_reset(st_swiftf0 *net); /* as new [rt] */

/* Frames that the next call can give at most: of _process with n samples, of
 * _finish with n = 0. [any] */
int64_t st_swiftf0_room(int64_t n);
/* Take in[samples], 0 or more; write the frames that are now certain (about 14
 * hops behind) to hz and confidence, room(samples) of each; how many there
 * were. [rt] */
int64_t st_swiftf0_process(st_swiftf0 *net, const float *in, int64_t samples,
                           float *hz, float *confidence);
/* The rest: in all, max(1, samples / 256) frames, none for no samples. Then
 * only _reset. [rt] */
int64_t st_swiftf0_finish(st_swiftf0 *net, float *hz, float *confidence);

#endif
