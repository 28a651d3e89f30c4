#include "store/sigv4.h"

#include "core/clock.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAC_BYTES = 32, DAY_BYTES = 8, SCOPE_BYTES = 256, SPACE = ' ' };

/* Text that grows in storage of fixed size; too long is remembered. */
typedef struct {
    char *text;
    size_t bytes;
    size_t used;
    bool full;
} line;

static line line_in(char *text, size_t bytes) {
    line l = {.text = text, .bytes = bytes, .full = bytes == 0};
    if (bytes > 0)
        text[0] = '\0';
    return l;
}

static void put(line *l, const char *text, size_t length) {
    if (l->full || length >= l->bytes - l->used) {
        l->full = true;
        return;
    }
    memcpy(l->text + l->used, text, length);
    l->used += length;
    l->text[l->used] = '\0';
}

static void put_text(line *l, const char *text) {
    put(l, text, strlen(text));
}

static void put_encoded(line *l, const char *text, bool keep_slash) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-_.~";
    for (; *text != '\0'; text++) {
        char code[4];
        if (strchr(plain, *text) != NULL || (keep_slash && *text == '/')) {
            put(l, text, 1);
            continue;
        }
        (void)snprintf(code, sizeof code, "%%%02X", (unsigned char)*text);
        put(l, code, 3);
    }
}

static st_status ended(const line *l) {
    return l->full ? ST_LIMIT : ST_OK;
}

st_status st_sigv4_encode(const char *text, bool keep_slash, char *out,
                          size_t bytes) {
    line l = line_in(out, bytes);
    put_encoded(&l, text, keep_slash);
    return ended(&l);
}

/* By encoded name, then encoded value. Encoding changes the order only of
 * bytes that it replaces by '%', so compare what is sent. */
static int by_pair(const void *a, const void *b) {
    const st_sigv4_pair *x = a;
    const st_sigv4_pair *y = b;
    char names[2][512];
    if (st_sigv4_encode(x->name, false, names[0], sizeof names[0]) != ST_OK ||
        st_sigv4_encode(y->name, false, names[1], sizeof names[1]) != ST_OK)
        return strcmp(x->name, y->name);
    int order = strcmp(names[0], names[1]);
    return order != 0 ? order : strcmp(x->value, y->value);
}

st_status st_sigv4_query(const st_sigv4_pair *pairs, size_t count, char *out,
                         size_t bytes) {
    st_sigv4_pair sorted[ST_SIGV4_PAIRS_MAX] = {{0}};
    line l = line_in(out, bytes);
    if (count > ST_SIGV4_PAIRS_MAX)
        return ST_LIMIT;
    if (count > 0) /* pairs may be NULL */
        memcpy(sorted, pairs, count * sizeof *pairs);
    qsort(sorted, count, sizeof *sorted, by_pair);
    for (size_t i = 0; i < count; i++) {
        put_text(&l, i > 0 ? "&" : "");
        put_encoded(&l, sorted[i].name, false);
        put_text(&l, "=");
        put_encoded(&l, sorted[i].value, false);
    }
    return ended(&l);
}

void st_sigv4_date(int64_t utc_us, char text[ST_SIGV4_DATE_BYTES]) {
    char full[ST_TIME_TEXT_BYTES];
    st_clock_text(utc_us, full); /* 2015-08-30T12:36:00.000000Z */
    (void)snprintf(text, ST_SIGV4_DATE_BYTES, "%.4s%.2s%.2sT%.2s%.2s%.2sZ",
                   full, full + 5, full + 8, full + 11, full + 14, full + 17);
}

static void hex(const unsigned char raw[MAC_BYTES],
                char text[ST_SIGV4_SHA_BYTES]) {
    (void)sodium_bin2hex(text, ST_SIGV4_SHA_BYTES, raw, MAC_BYTES);
}

void st_sigv4_sha(const void *data, size_t bytes,
                  char text[ST_SIGV4_SHA_BYTES]) {
    unsigned char raw[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(raw, data, bytes);
    hex(raw, text);
}

static void mac(const void *key, size_t key_bytes, const char *text,
                unsigned char out[MAC_BYTES]) {
    crypto_auth_hmacsha256_state state;
    (void)crypto_auth_hmacsha256_init(&state, key, key_bytes);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)text,
                                        strlen(text));
    (void)crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

/* kDate, kRegion, kService, kSigning, then the signature itself. */
static st_status sign(const st_sigv4_key *key, const char *date,
                      const char *text, char signature[ST_SIGV4_SHA_BYTES]) {
    char first[4 + 256];
    char day[DAY_BYTES + 1];
    unsigned char k[MAC_BYTES];
    int length = snprintf(first, sizeof first, "AWS4%s", key->secret_key);
    if (length < 0 || (size_t)length >= sizeof first)
        return ST_LIMIT;
    (void)snprintf(day, sizeof day, "%.8s", date);
    mac(first, (size_t)length, day, k);
    mac(k, sizeof k, key->region, k);
    mac(k, sizeof k, key->service, k);
    mac(k, sizeof k, "aws4_request", k);
    mac(k, sizeof k, text, k);
    hex(k, signature);
    sodium_memzero(first, sizeof first);
    return ST_OK;
}

/* -- headers -----------------------------------------------------------------
 */

static int by_name(const void *a, const void *b) {
    const st_sigv4_pair *x = a;
    const st_sigv4_pair *y = b;
    return strcmp(x->name, y->name);
}

/* Blanks at the ends go, runs of them become one. */
static void put_trimmed(line *l, const char *value) {
    bool blank = false;
    while (*value == SPACE)
        value++;
    for (; *value != '\0'; value++) {
        if (*value == SPACE) {
            blank = true;
            continue;
        }
        if (blank)
            put_text(l, " ");
        blank = false;
        put(l, value, 1);
    }
}

static void put_names(line *l, const st_sigv4_pair *sorted, size_t count) {
    for (size_t i = 0; i < count; i++) {
        put_text(l, i > 0 ? ";" : "");
        put_text(l, sorted[i].name);
    }
}

/* Everything but the query; `headers` are sorted already. */
static st_status canonical(const st_sigv4_request *r, const char *query,
                           const st_sigv4_pair *headers, const char *payload,
                           char hash[ST_SIGV4_SHA_BYTES]) {
    char text[ST_SIGV4_TEXT_BYTES];
    line l = line_in(text, sizeof text);
    put_text(&l, r->method);
    put_text(&l, "\n");
    put_text(&l, r->path);
    put_text(&l, "\n");
    put_text(&l, query);
    put_text(&l, "\n");
    for (size_t i = 0; i < r->header_count; i++) {
        put_text(&l, headers[i].name);
        put_text(&l, ":");
        put_trimmed(&l, headers[i].value);
        put_text(&l, "\n");
    }
    put_text(&l, "\n");
    put_names(&l, headers, r->header_count);
    put_text(&l, "\n");
    put_text(&l, payload);
    st_sigv4_sha(text, l.used, hash);
    return ended(&l);
}

typedef struct {
    char date[ST_SIGV4_DATE_BYTES];
    char scope[SCOPE_BYTES];
    st_sigv4_pair headers[ST_SIGV4_PAIRS_MAX];
} stamp;

static st_status stamp_of(const st_sigv4_request *r, const st_sigv4_key *key,
                          int64_t utc_us, stamp *s) {
    if (r->header_count > ST_SIGV4_PAIRS_MAX)
        return ST_LIMIT;
    st_sigv4_date(utc_us, s->date);
    line l = line_in(s->scope, sizeof s->scope);
    put(&l, s->date, DAY_BYTES);
    put_text(&l, "/");
    put_text(&l, key->region);
    put_text(&l, "/");
    put_text(&l, key->service);
    put_text(&l, "/aws4_request");
    if (r->header_count > 0)
        memcpy(s->headers, r->headers, r->header_count * sizeof *r->headers);
    qsort(s->headers, r->header_count, sizeof *s->headers, by_name);
    return ended(&l);
}

static st_status signature_of(const st_sigv4_request *r,
                              const st_sigv4_key *key, const stamp *s,
                              const char *query, const char *payload,
                              char signature[ST_SIGV4_SHA_BYTES]) {
    char hash[ST_SIGV4_SHA_BYTES];
    char text[SCOPE_BYTES + 128];
    st_status status = canonical(r, query, s->headers, payload, hash);
    if (status != ST_OK)
        return status;
    line l = line_in(text, sizeof text);
    put_text(&l, "AWS4-HMAC-SHA256\n");
    put_text(&l, s->date);
    put_text(&l, "\n");
    put_text(&l, s->scope);
    put_text(&l, "\n");
    put_text(&l, hash);
    status = ended(&l);
    return status == ST_OK ? sign(key, s->date, text, signature) : status;
}

st_status st_sigv4_authorize(const st_sigv4_request *request,
                             const st_sigv4_key *key, int64_t utc_us, char *out,
                             size_t bytes) {
    char query[ST_SIGV4_TEXT_BYTES];
    char signature[ST_SIGV4_SHA_BYTES];
    stamp s;
    st_status status = stamp_of(request, key, utc_us, &s);
    if (status == ST_OK)
        status = st_sigv4_query(request->query, request->query_count, query,
                                sizeof query);
    if (status == ST_OK)
        status = signature_of(request, key, &s, query, request->payload_sha,
                              signature);
    if (status != ST_OK)
        return status;
    line l = line_in(out, bytes);
    put_text(&l, "AWS4-HMAC-SHA256 Credential=");
    put_text(&l, key->access_key);
    put_text(&l, "/");
    put_text(&l, s.scope);
    put_text(&l, ", SignedHeaders=");
    put_names(&l, s.headers, request->header_count);
    put_text(&l, ", Signature=");
    put_text(&l, signature);
    return ended(&l);
}

/* -- presigned addresses -----------------------------------------------------
 */

typedef struct {
    char credential[SCOPE_BYTES + 256];
    char seconds[16];
    char names[512];
} presign_text;

static st_status presign_pairs(const st_sigv4_request *r,
                               const st_sigv4_key *key, const stamp *s,
                               presign_text *t, st_sigv4_pair *pairs,
                               size_t *count) {
    size_t n = r->query_count;
    if (n + 6 > ST_SIGV4_PAIRS_MAX)
        return ST_LIMIT;
    if (n > 0)
        memcpy(pairs, r->query, n * sizeof *pairs);
    line credential = line_in(t->credential, sizeof t->credential);
    put_text(&credential, key->access_key);
    put_text(&credential, "/");
    put_text(&credential, s->scope);
    line names = line_in(t->names, sizeof t->names);
    put_names(&names, s->headers, r->header_count);
    pairs[n++] = (st_sigv4_pair){"X-Amz-Algorithm", "AWS4-HMAC-SHA256"};
    pairs[n++] = (st_sigv4_pair){"X-Amz-Credential", t->credential};
    pairs[n++] = (st_sigv4_pair){"X-Amz-Date", s->date};
    pairs[n++] = (st_sigv4_pair){"X-Amz-Expires", t->seconds};
    pairs[n++] = (st_sigv4_pair){"X-Amz-SignedHeaders", t->names};
    if (key->token != NULL)
        pairs[n++] = (st_sigv4_pair){"X-Amz-Security-Token", key->token};
    *count = n;
    return credential.full || names.full ? ST_LIMIT : ST_OK;
}

st_status st_sigv4_presign(const st_sigv4_request *request,
                           const st_sigv4_key *key, int64_t utc_us,
                           int64_t seconds, char *out, size_t bytes) {
    char signature[ST_SIGV4_SHA_BYTES];
    st_sigv4_pair pairs[ST_SIGV4_PAIRS_MAX];
    size_t count = 0;
    presign_text text;
    stamp s;
    if (seconds < 1 || seconds > 604800)
        return ST_BAD_ARG;
    (void)snprintf(text.seconds, sizeof text.seconds, "%lld",
                   (long long)seconds);
    st_status status = stamp_of(request, key, utc_us, &s);
    if (status == ST_OK)
        status = presign_pairs(request, key, &s, &text, pairs, &count);
    if (status == ST_OK)
        status = st_sigv4_query(pairs, count, out, bytes);
    if (status == ST_OK)
        status =
            signature_of(request, key, &s, out, ST_SIGV4_UNSIGNED, signature);
    if (status != ST_OK)
        return status;
    line l = {.text = out, .bytes = bytes, .used = strlen(out)};
    put_text(&l, "&X-Amz-Signature=");
    put_text(&l, signature);
    return ended(&l);
}
