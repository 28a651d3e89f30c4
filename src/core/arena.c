#include "core/arena.h"

#include "core/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024, SMALL_BYTES = 256, SMALL_ALIGN = 16 };

/* A header of one cache line, then the memory. */
typedef struct block {
    struct block *next;
    size_t size; /* of the memory */
    size_t used;
} block;

enum { HEADER_BYTES = ST_ALIGN_BYTES };
_Static_assert(sizeof(block) <= HEADER_BYTES, "the header is one line");

struct st_arena {
    block *first; /* the one being filled; older ones follow */
    size_t bytes;
};

st_status st_arena_new(st_arena **out) {
    st_arena *arena = st_calloc(1, sizeof *arena);
    if (arena == NULL)
        return ST_NO_MEM;
    *out = arena;
    return ST_OK;
}

static void free_blocks(block *b) {
    while (b != NULL) {
        block *next = b->next;
        st_free(b);
        b = next;
    }
}

void st_arena_free(st_arena *arena) {
    if (arena == NULL)
        return;
    free_blocks(arena->first);
    st_free(arena);
}

void st_arena_reset(st_arena *arena) {
    block *kept = arena->first;
    if (kept == NULL)
        return;
    free_blocks(kept->next);
    kept->next = NULL;
    memset((char *)kept + HEADER_BYTES, 0, kept->used);
    kept->used = 0;
    arena->bytes = HEADER_BYTES + kept->size;
}

static block *add_block(st_arena *arena, size_t bytes) {
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    size_t whole = 0;
    if (!st_size_add(size, HEADER_BYTES, &whole))
        return NULL;
    block *b = st_calloc(whole, 1);
    if (b == NULL)
        return NULL;
    b->size = size;
    arena->bytes += whole;
    /* A block for one large item is full at once: it goes behind. */
    if (bytes > BLOCK_BYTES / 2 && arena->first != NULL) {
        b->next = arena->first->next;
        arena->first->next = b;
    } else {
        b->next = arena->first;
        arena->first = b;
    }
    return b;
}

static void *take(block *b, size_t bytes, size_t align) {
    if (b == NULL)
        return NULL;
    size_t at = (b->used + align - 1) / align * align;
    if (at > b->size || bytes > b->size - at)
        return NULL;
    b->used = at + bytes;
    return (char *)b + HEADER_BYTES + at;
}

void *st_arena_alloc(st_arena *arena, size_t count, size_t size) {
    size_t bytes = 0;
    if (!st_size_mul(count, size, &bytes))
        return NULL;
    size_t align = bytes < SMALL_BYTES ? SMALL_ALIGN : ST_ALIGN_BYTES;
    void *got = take(arena->first, bytes, align);
    return got != NULL ? got : take(add_block(arena, bytes), bytes, align);
}

char *st_arena_strdup(st_arena *arena, const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = st_arena_alloc(arena, bytes, 1);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

char *st_arena_printf(st_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text =
        length < 0 ? NULL : st_arena_alloc(arena, (size_t)length + 1, 1);
    if (text != NULL)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

size_t st_arena_bytes(const st_arena *arena) {
    return arena->bytes;
}
