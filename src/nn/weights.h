/* weights: named tensors of a network, from a safetensors file.
 * Source: safetensors format (Hugging Face, 2022): 8 bytes little-endian
 * length, a JSON header {name: {dtype, shape, data_offsets}}, the data.
 *
 * Read strictly: sizes must agree with shapes, tensors may not overlap, leave
 * holes or pass the end, and no name stands twice. Values are given as
 * float32: F32 in place where aligned, F16 and BF16 (and F32 that is not
 * aligned) converted once. Other types are listed but cannot be got. Values
 * that are not finite are refused. */
#ifndef ST_NN_WEIGHTS_H
#define ST_NN_WEIGHTS_H

#include "core/attr.h"
#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

enum { ST_TENSOR_MAX_RANK = 8, ST_WEIGHTS_MAX_TENSORS = 65536 };

typedef struct st_weights st_weights;

typedef struct {
    const char *name;  /* UTF-8 */
    const char *dtype; /* as in the file: "F32", "BF16", "I64", ... */
    int rank;          /* 0: a single value */
    int64_t shape[ST_TENSOR_MAX_RANK];
    int64_t count;     /* product of the shape */
    const float *data; /* NULL for types that are not float */
} st_tensor;

/* From memory that stays valid and unchanged for the life of *out; `bytes` of
 * it. The sentence of `err` names the tensor. ST_BAD_DATA, ST_LIMIT (header
 * over 16 MiB, more than ST_WEIGHTS_MAX_TENSORS), ST_NO_MEM. [any] */
ST_MUST_USE st_status st_weights_open_memory(st_weights **out, const void *data,
                                             size_t bytes, st_err *err);
/* From a regular file, mapped read-only; it must not shrink while open. Also
 * ST_NOT_FOUND, ST_IO. [any] */
ST_MUST_USE st_status st_weights_open(st_weights **out, const char *path,
                                      st_err *err);
void st_weights_free(st_weights *weights); /* NULL is fine [any] */

/* BLAKE2b-256 of the whole file, 64 hex digits (core/hash.h), computed now:
 * about 1 ms a MB. [any] */
void st_weights_hash(const st_weights *weights, char text[65]);
/* Value of a field of "__metadata__", or NULL; borrowed. [any] */
const char *st_weights_note(const st_weights *weights, const char *key);

/* Tensors in order of name; borrowed. index 0.._count - 1. [any] */
int st_weights_count(const st_weights *weights);
const st_tensor *st_weights_at(const st_weights *weights, int index);
/* NULL when there is none of that name. [any] */
const st_tensor *st_weights_find(const st_weights *weights, const char *name);

/* *out = the float values of `name`, which must have exactly this rank and
 * shape (a -1 in `shape` takes any size). ST_NOT_FOUND, ST_BAD_DATA (another
 * shape or type); the sentence says what was found. [any] */
ST_MUST_USE st_status st_weights_get(const st_weights *weights,
                                     const char *name, int rank,
                                     const int64_t *shape, const float **out,
                                     st_err *err);

#endif
