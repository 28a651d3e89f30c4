/* alloc: overflow-checked, aligned memory for sample data and objects.
 * Source: C11 7.22.3; style.md, "Errors" (sizes that come from input). */
#ifndef ST_CORE_ALLOC_H
#define ST_CORE_ALLOC_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { ST_ALIGN_BYTES = 64 };

/* *out = a * b; false when it would overflow. [any] */
bool st_size_mul(size_t a, size_t b, size_t *out);
/* *out = a + b; false when it would overflow. [any] */
bool st_size_add(size_t a, size_t b, size_t *out);

/* Zeroed memory for `count` items of `size` bytes, aligned to
 * ST_ALIGN_BYTES; freed with st_free. NULL when out of memory or when the
 * product overflows. count 0 gives a valid, empty block. [any] */
void *st_calloc(size_t count, size_t size);

/* As st_calloc, but what is in it is undefined: for large scratch that is
 * written before it is read, so that pages never written cost nothing. [any] */
void *st_alloc_scratch(size_t count, size_t size);

/* Grow (or shrink) *block, made by st_calloc, from `old_count` to `count`
 * items of `size` bytes; new items are zero. On ST_NO_MEM *block is
 * untouched. [any] */
ST_MUST_USE st_status st_regrow(void **block, size_t old_count, size_t count,
                                size_t size);

/* Free what st_calloc gave; NULL is fine. [any] */
void st_free(void *block);

/* A copy of `text` to be freed with st_free, or NULL. [any] */
char *st_strdup(const char *text);

#endif
