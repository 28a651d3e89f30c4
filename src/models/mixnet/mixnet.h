/* mixnet: how loud an author would have each stem of a song, by networks.
 * Source: own (training/mix_train.py); MODEL.md beside this file has it layer
 * by layer, models/mix.md its material and measured quality.
 *
 * Several small transformers over the stems of one song, whose answers are
 * averaged. Equal to PyTorch within 1e-3 dB; the same bits at each CPU level.
 */
#ifndef ST_MODELS_MIXNET_H
#define ST_MODELS_MIXNET_H

#include "core/attr.h"
#include "core/err.h"
#include "nn/weights.h"

enum {
    ST_MIXNET_INPUTS = 99, /* of a stem, see mix/balance_net.c */
    ST_MIXNET_STEMS = 128  /* of a song, at most */
};

typedef struct st_mixnet st_mixnet;

/* weights NULL: those that are part of the program. They are copied.
 * ST_NOT_FOUND, ST_BAD_DATA, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_mixnet_new(st_mixnet **out, const st_weights *weights,
                                    st_err *err);
void st_mixnet_free(st_mixnet *net); /* NULL is fine [any] */

/* x [stems, ST_MIXNET_INPUTS] to level_db [stems]: loudness that each should
 * have beside the others, dB, common offset free. stems 1..ST_MIXNET_STEMS.
 * Keeps nothing between calls. [rt], one at a time */
void st_mixnet_run(st_mixnet *net, const float *x, int stems, float *level_db);

#endif
