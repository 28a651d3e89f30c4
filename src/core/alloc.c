#include "core/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool st_size_mul(size_t a, size_t b, size_t *out) {
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *out = a * b;
    return true;
}

bool st_size_add(size_t a, size_t b, size_t *out) {
    if (a > SIZE_MAX - b)
        return false;
    *out = a + b;
    return true;
}

/* *padded gets the bytes of the block. */
static void *aligned(size_t count, size_t size, size_t *padded) {
    size_t bytes = 0;
    if (!st_size_mul(count, size, &bytes) ||
        !st_size_add(bytes, ST_ALIGN_BYTES, padded))
        return NULL;
    *padded -= *padded % ST_ALIGN_BYTES;
    return aligned_alloc(ST_ALIGN_BYTES, *padded);
}

void *st_calloc(size_t count, size_t size) {
    size_t padded = 0;
    void *block = aligned(count, size, &padded);
    if (block != NULL)
        memset(block, 0, padded);
    return block;
}

void *st_alloc_scratch(size_t count, size_t size) {
    size_t padded = 0;
    return aligned(count, size, &padded);
}

st_status st_regrow(void **block, size_t old_count, size_t count, size_t size) {
    void *grown = st_calloc(count, size);
    if (grown == NULL)
        return ST_NO_MEM;
    size_t kept = old_count < count ? old_count : count;
    if (*block != NULL && kept > 0)
        memcpy(grown, *block, kept * size);
    free(*block);
    *block = grown;
    return ST_OK;
}

void st_free(void *block) {
    free(block);
}

char *st_strdup(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = st_calloc(bytes, 1);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}
