/* hash: BLAKE2b-256, the name of every blob and cache key.
 * Source: RFC 7693, by libsodium; written as 64 lower-case hex digits. */
#ifndef ST_CORE_HASH_H
#define ST_CORE_HASH_H

#include <stdbool.h>
#include <stddef.h>

enum { ST_HASH_BYTES = 32, ST_HASH_TEXT_BYTES = 65 };

/* Storage of a running hash; no heap. */
typedef struct {
    _Alignas(64) unsigned char state[384];
} st_hash;

/* [one at a time] a hash. Update takes any number of bytes, 0 too. */
void st_hash_init(st_hash *hash);
void st_hash_update(st_hash *hash, const void *data, size_t bytes);
/* The text, its end mark included; `hash` is used up. */
void st_hash_final(st_hash *hash, char text[ST_HASH_TEXT_BYTES]);

/* All at once. [any] */
void st_hash_text(const void *data, size_t bytes,
                  char text[ST_HASH_TEXT_BYTES]);
/* 64 lower-case hex digits and nothing else? [any] */
bool st_hash_valid(const char *text);

#endif
