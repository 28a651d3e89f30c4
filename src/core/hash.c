#include "core/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(st_hash),
               "st_hash is too small for this libsodium");

static crypto_generichash_state *inside(st_hash *hash) {
    return (crypto_generichash_state *)(void *)hash->state;
}

void st_hash_init(st_hash *hash) {
    /* Picks the fastest code for this machine; the plain one serves when it
     * fails (no random source in a sandbox), as the hash needs none. */
    (void)!sodium_init();
    int failed = crypto_generichash_init(inside(hash), NULL, 0, ST_HASH_BYTES);
    assert(failed == 0);
    (void)failed;
}

void st_hash_update(st_hash *hash, const void *data, size_t bytes) {
    if (bytes > 0)
        (void)crypto_generichash_update(inside(hash), data, bytes);
}

void st_hash_final(st_hash *hash, char text[ST_HASH_TEXT_BYTES]) {
    unsigned char raw[ST_HASH_BYTES];
    (void)crypto_generichash_final(inside(hash), raw, sizeof raw);
    (void)sodium_bin2hex(text, ST_HASH_TEXT_BYTES, raw, sizeof raw);
}

void st_hash_text(const void *data, size_t bytes,
                  char text[ST_HASH_TEXT_BYTES]) {
    st_hash hash = {0};
    st_hash_init(&hash);
    st_hash_update(&hash, data, bytes);
    st_hash_final(&hash, text);
}

bool st_hash_valid(const char *text) {
    return strlen(text) == ST_HASH_TEXT_BYTES - 1 &&
           strspn(text, "0123456789abcdef") == ST_HASH_TEXT_BYTES - 1;
}
