/* models: the default weights that are part of the program.
 * Source: models/<name>.safetensors at the repository's root, each with a
 * card <name>.md (origin, licence, measured quality). */
#ifndef ST_MODELS_MODELS_H
#define ST_MODELS_MODELS_H

#include "core/attr.h"
#include "core/err.h"
#include "nn/weights.h"

#include <stddef.h>

/* The bytes of models/<name>.safetensors, *bytes of them, 64-byte aligned,
 * valid for ever; NULL when the program holds none of that name. [any] */
const void *st_model_find(const char *name, size_t *bytes);
/* Names in order; NULL from the last on. [any] */
const char *st_model_name(int index);
/* st_weights_open_memory of that model; ST_NOT_FOUND too. [any] */
ST_MUST_USE st_status st_model_open(st_weights **out, const char *name,
                                    st_err *err);

#endif
