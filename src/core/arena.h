/* arena: memory of one job, freed all at once.
 * Source: Hanson 1990, "Fast allocation and deallocation of memory based on
 * object lifetimes". [one at a time]; the memory given may go anywhere. */
#ifndef ST_CORE_ARENA_H
#define ST_CORE_ARENA_H

#include "core/attr.h"
#include "core/status.h"

#include <stddef.h>

typedef struct st_arena st_arena;

/* ST_NO_MEM. */
ST_MUST_USE st_status st_arena_new(st_arena **out);
/* Frees everything it gave. NULL is fine. */
void st_arena_free(st_arena *arena);
/* Forgets everything it gave, keeps one block for the next use. */
void st_arena_reset(st_arena *arena);

/* Zeroed memory for `count` items of `size` bytes, aligned to 64 bytes from
 * 256 bytes on, to 16 below; NULL when out of memory or when the product
 * overflows. count 0 gives a valid, empty block. */
void *st_arena_alloc(st_arena *arena, size_t count, size_t size);
/* A copy of text, or NULL. */
char *st_arena_strdup(st_arena *arena, const char *text);
/* printf into the arena, or NULL. */
char *st_arena_printf(st_arena *arena, const char *format, ...) ST_PRINTF(2, 3);
/* Bytes taken from the system. */
size_t st_arena_bytes(const st_arena *arena);

#endif
