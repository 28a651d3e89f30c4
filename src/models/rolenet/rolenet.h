/* rolenet: which of 18 parts a look of 5.9 s of sound plays, by a network.
 * Source: own (training/roles_train.py); MODEL.md beside this file has it
 * layer by layer, models/role.md its material and measured quality.
 *
 * Input: a picture [ST_ROLENET_FRAMES, ST_ROLENET_BANDS], 1 the look's
 * strongest band, 0 what is 80 dB or more under it, 1 + dB / 80 between.
 * Equal to PyTorch within 1e-4; the same bits at each CPU level. */
#ifndef ST_MODELS_ROLENET_H
#define ST_MODELS_ROLENET_H

#include "audio/role.h"
#include "core/attr.h"
#include "core/err.h"
#include "nn/weights.h"

enum {
    ST_ROLENET_FRAMES = 256,
    ST_ROLENET_BANDS = 128,
    ST_ROLENET_EMBEDDING = 64
};

typedef struct st_rolenet st_rolenet;

/* weights NULL: those that are part of the program. They are copied.
 * ST_NOT_FOUND, ST_BAD_DATA, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_rolenet_new(st_rolenet **out,
                                     const st_weights *weights, st_err *err);
void st_rolenet_free(st_rolenet *net); /* NULL is fine [any] */

/* One picture to logits [ST_ROLE_COUNT] and an embedding of length 1
 * [ST_ROLENET_EMBEDDING]. Keeps nothing between calls. [rt], one at a time */
void st_rolenet_run(st_rolenet *net, const float *picture, float *logits,
                    float *embedding);
/* Logits (of one look or the mean of several) to calibrated chances that sum
 * to 1; in place. [rt] */
void st_rolenet_chances(const st_rolenet *net, float *logits);

#endif
