#include "core/clock.h"
#include "store/s3.h"
#include "store/s3_xml.h"

#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

enum { PAGE = 1000, KEY_BYTES = 1025 };

/* One page of answers; the bucket may hold keys that are no blobs. */
typedef struct {
    const st_s3 *s3;
    st_blob_info *page;
    size_t room;
    size_t count;
    char last[KEY_BYTES];
} object_ctx;

/* The hash in `key`, or NULL. */
static const char *hash_in(const st_s3 *s3, const char *key) {
    size_t length = strlen(s3->config.prefix);
    bool ours = strncmp(key, s3->config.prefix, length) == 0 &&
                st_hash_valid(key + length);
    return ours ? key + length : NULL;
}

static st_status each_object(void *ctx, const st_s3_entry *entry, st_err *err) {
    object_ctx *c = ctx;
    const char *hash = hash_in(c->s3, entry->key);
    if (strcmp(entry->key, c->last) <= 0)
        return st_err_set(err, ST_BAD_DATA,
                          "the server's list is not in order; is it an S3 "
                          "server with start-after?");
    (void)snprintf(c->last, sizeof c->last, "%s", entry->key);
    if (hash == NULL || c->count == c->room)
        return ST_OK;
    st_blob_info *info = &c->page[c->count++];
    *info = (st_blob_info){.bytes = entry->bytes, .time_us = entry->time_us};
    memcpy(info->hash, hash, sizeof info->hash);
    return ST_OK;
}

static st_status ask_page(st_s3 *s3, const st_sigv4_pair *query, size_t count,
                          st_s3_each each, void *ctx, st_s3_page *page,
                          st_err *err) {
    st_s3_answer answer;
    const st_s3_call call = {
        .method = "GET", .query = query, .query_count = count};
    st_status status = st_s3_ask(s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    if (!st_s3_good(&answer))
        status = st_s3_refused(s3, &answer, "list its blobs", err);
    else
        status = st_s3_page_read(answer.text != NULL ? answer.text : "",
                                 answer.text_bytes, each, ctx, page, err);
    st_s3_answer_free(&answer);
    return status;
}

st_status st_s3_list(void *state, const char *after, st_blob_info *page,
                     size_t room, size_t *count, st_err *err) {
    st_s3 *s3 = state;
    object_ctx ctx = {.s3 = s3, .page = page, .room = room};
    st_s3_page got = {.truncated = true};
    st_status status = ST_OK;
    char most[24];
    if (after[0] != '\0')
        st_s3_key_of(s3, after, ctx.last);
    while (status == ST_OK && got.truncated && ctx.count < room) {
        char from[KEY_BYTES];
        memcpy(from, ctx.last, sizeof from);
        (void)snprintf(most, sizeof most, "%zu", room - ctx.count);
        const st_sigv4_pair query[] = {{"list-type", "2"},
                                       {"max-keys", most},
                                       {"prefix", s3->config.prefix},
                                       {"start-after", from}};
        status = ask_page(s3, query, from[0] != '\0' ? 4 : 3, each_object, &ctx,
                          &got, err);
        if (status == ST_OK && got.truncated && got.entries == 0)
            status = st_err_set(err, ST_BAD_DATA,
                                "the server's list does not go on; is it an "
                                "S3 server?");
    }
    *count = ctx.count;
    return status;
}

/* -- sweep -------------------------------------------------------------------
 */

typedef struct {
    char key[ST_S3_KEY_BYTES];
    char id[KEY_BYTES];
} dead_upload;

typedef struct {
    const st_s3 *s3;
    int64_t before_us;
    dead_upload *dead;
    size_t count;
} upload_ctx;

static st_status each_upload(void *ctx, const st_s3_entry *entry, st_err *err) {
    upload_ctx *c = ctx;
    (void)err;
    if (hash_in(c->s3, entry->key) == NULL || c->count == PAGE ||
        entry->time_us > c->before_us ||
        strlen(entry->key) >= sizeof c->dead->key)
        return ST_OK;
    dead_upload *dead = &c->dead[c->count++];
    memcpy(dead->key, entry->key, strlen(entry->key) + 1);
    memcpy(dead->id, entry->upload_id, sizeof dead->id);
    return ST_OK;
}

static st_status sweep_page(st_s3 *s3, upload_ctx *c, st_s3_page *got,
                            int64_t *removed, st_err *err) {
    const st_s3_page from = *got;
    const st_sigv4_pair query[] = {{"uploads", ""},
                                   {"prefix", s3->config.prefix},
                                   {"max-uploads", "1000"},
                                   {"key-marker", from.next_key},
                                   {"upload-id-marker", from.next_id}};
    c->count = 0;
    st_status status = ask_page(s3, query, from.next_key[0] != '\0' ? 5 : 3,
                                each_upload, c, got, err);
    for (size_t i = 0; status == ST_OK && i < c->count; i++) {
        status = st_s3_abort(s3, c->dead[i].key, c->dead[i].id, err);
        *removed += status == ST_OK;
    }
    if (status == ST_OK && got->truncated &&
        strcmp(got->next_key, from.next_key) == 0 &&
        strcmp(got->next_id, from.next_id) == 0)
        got->truncated = false; /* it does not go on */
    return status;
}

st_status st_s3_sweep(void *state, int64_t older_s, int64_t *removed,
                      st_err *err) {
    st_s3 *s3 = state;
    st_s3_page got = {.truncated = true};
    upload_ctx ctx = {.s3 = s3,
                      .before_us = st_clock_utc_us() - older_s * 1000000,
                      .dead = st_calloc(PAGE, sizeof *ctx.dead)};
    st_status status = ctx.dead != NULL
                           ? ST_OK
                           : st_err_set(err, ST_NO_MEM, "not enough memory.");
    while (status == ST_OK && got.truncated)
        status = sweep_page(s3, &ctx, &got, removed, err);
    st_free(ctx.dead);
    return status;
}
