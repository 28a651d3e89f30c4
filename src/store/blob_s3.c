/* Blobs as objects BUCKET/PREFIX/<hash>. */
#include "core/alloc.h"
#include "core/clock.h"
#include "store/s3.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW_MIN = 1 << 18, WINDOW_MAX = 1 << 22 };

void st_s3_key_of(const st_s3 *s3, const char *hash,
                  char key[ST_S3_KEY_BYTES]) {
    (void)snprintf(key, ST_S3_KEY_BYTES, "%s%.64s", s3->config.prefix, hash);
}

/* -- the store ---------------------------------------------------------------
 */

static st_status s3_open(const char *url, const st_log *log, void **state,
                         char name[ST_BLOB_NAME_BYTES], st_err *err) {
    st_s3 *s3 = st_calloc(1, sizeof *s3);
    if (s3 == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        st_free(s3);
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    }
    st_s3_config *c = &s3->config;
    st_status status = st_s3_config_parse(c, url, err);
    if (status != ST_OK) {
        curl_global_cleanup();
        sodium_memzero(s3, sizeof *s3);
        st_free(s3);
        return status;
    }
    s3->log = log;
    s3->key = (st_sigv4_key){.access_key = c->access_key,
                             .secret_key = c->secret_key,
                             .token = c->token[0] != '\0' ? c->token : NULL,
                             .region = c->region,
                             .service = "s3"};
    (void)pthread_mutex_init(&s3->lock, NULL);
    (void)snprintf(name, ST_BLOB_NAME_BYTES, "S3 bucket %s/%.80s at %.100s",
                   c->bucket, c->prefix, c->endpoint);
    *state = s3;
    return ST_OK;
}

static void s3_close(void *state) {
    st_s3 *s3 = state;
    while (s3->idle_count > 0)
        curl_easy_cleanup(s3->idle[--s3->idle_count]);
    (void)pthread_mutex_destroy(&s3->lock);
    curl_global_cleanup();
    sodium_memzero(s3, sizeof *s3);
    st_free(s3);
}

/* -- putting -----------------------------------------------------------------
 */

/* Nameless, also where O_TMPFILE is not to be had. */
static st_status s3_spool(void *state, st_blob_spool *spool, st_err *err) {
    const st_s3 *s3 = state;
    char path[1100];
    spool->fd = open(s3->config.spool, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        (void)snprintf(path, sizeof path, "%s/.stemma-XXXXXX",
                       s3->config.spool);
        spool->fd = mkostemp(path, O_CLOEXEC);
        if (spool->fd >= 0)
            (void)unlink(path);
    }
    if (spool->fd >= 0)
        return ST_OK;
    (void)snprintf(path, sizeof path, "start a temporary file in %.200s",
                   s3->config.spool);
    return st_blob_errno(err, errno, path);
}

static void s3_drop(void *state, st_blob_spool *spool) {
    (void)state;
    (void)close(spool->fd);
}

/* -- what is there -----------------------------------------------------------
 */

/* HEAD has no body to say why not; a GET of the first byte has. */
static st_status why_not(st_s3 *s3, const char *hash, st_err *err) {
    char key[ST_S3_KEY_BYTES];
    char what[96];
    st_s3_answer answer;
    st_s3_key_of(s3, hash, key);
    const st_s3_call call = {.method = "GET", .key = key, .range_bytes = 1};
    st_status status = st_s3_ask(s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    (void)snprintf(what, sizeof what, "open blob %.64s", hash);
    if (st_s3_good(&answer) || answer.status == 416)
        status =
            st_err_set(err, ST_NOT_FOUND, "cannot %s: it was not there.", what);
    else
        status = st_s3_refused(s3, &answer, what, err);
    st_s3_answer_free(&answer);
    return status;
}

static st_status s3_about(void *state, const char *hash, st_blob_info *out,
                          st_err *err) {
    bool found = false;
    st_status status = st_s3_head(state, hash, &found, out, err);
    if (status == ST_OK && !found)
        status = why_not(state, hash, err);
    return status;
}

static st_status s3_remove(void *state, const char *hash, st_err *err) {
    st_s3 *s3 = state;
    char key[ST_S3_KEY_BYTES];
    st_s3_answer answer;
    st_s3_key_of(s3, hash, key);
    const st_s3_call call = {.method = "DELETE", .key = key};
    st_status status = st_s3_ask(s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    if (!st_s3_good(&answer)) {
        status = st_s3_refused(s3, &answer, "remove a blob", err);
        if (status == ST_NOT_FOUND)
            status = ST_OK;
    }
    st_s3_answer_free(&answer);
    return status;
}

/* -- reading -----------------------------------------------------------------
 */

typedef struct {
    st_s3 *s3;
    int64_t size;
    char key[ST_S3_KEY_BYTES];
    unsigned char *window; /* what was read ahead */
    size_t room;
    int64_t from;
    size_t held;
    size_t want; /* of the next window: doubles while reads are in order */
} s3_reader;

static st_status s3_open_reader(void *state, const char *hash, void **out,
                                int64_t *size, st_err *err) {
    st_blob_info info = {.bytes = 0};
    s3_reader *reader = st_calloc(1, sizeof *reader);
    if (reader == NULL)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    st_status status = s3_about(state, hash, &info, err);
    if (status != ST_OK) {
        st_free(reader);
        return status;
    }
    reader->s3 = state;
    reader->size = *size = info.bytes;
    reader->want = WINDOW_MIN;
    st_s3_key_of(state, hash, reader->key);
    *out = reader;
    return ST_OK;
}

static st_status fetch(const s3_reader *r, void *data, size_t bytes,
                       int64_t offset, st_err *err) {
    st_s3_answer answer;
    const st_s3_call call = {.method = "GET",
                             .key = r->key,
                             .range_from = offset,
                             .range_bytes = (int64_t)bytes,
                             .into = data,
                             .into_bytes = bytes};
    st_status status = st_s3_ask(r->s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    bool whole = answer.status == 200 && (int64_t)bytes == r->size;
    if (!st_s3_good(&answer) && answer.status != 416)
        status = st_s3_refused(r->s3, &answer, "read a blob", err);
    else if (answer.got != bytes ||
             !(whole || (answer.status == 206 && answer.total == r->size)))
        status = st_err_set(err, ST_BAD_DATA,
                            "a blob has not the bytes that it should have; "
                            "verify it and put the content again.");
    st_s3_answer_free(&answer);
    return status;
}

static st_status fill_window(s3_reader *r, int64_t offset, st_err *err) {
    int64_t left = r->size - offset;
    bool in_order = r->held > 0 && offset == r->from + (int64_t)r->held;
    size_t want = in_order ? 2 * r->want : WINDOW_MIN;
    r->want = want < WINDOW_MAX ? want : WINDOW_MAX;
    r->held = 0;
    if (r->room < r->want) {
        st_free(r->window);
        r->window = st_alloc_scratch(r->want, 1);
        r->room = r->window != NULL ? r->want : 0;
    }
    if (r->window == NULL)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    size_t bytes = left < (int64_t)r->want ? (size_t)left : r->want;
    st_status status = fetch(r, r->window, bytes, offset, err);
    if (status == ST_OK) {
        r->from = offset;
        r->held = bytes;
    }
    return status;
}

static st_status s3_read(void *state, void *data, size_t bytes, int64_t offset,
                         st_err *err) {
    s3_reader *r = state;
    unsigned char *to = data;
    st_status status = ST_OK;
    while (bytes > 0 && status == ST_OK) {
        int64_t skip = offset - r->from;
        size_t now = 0;
        if (skip >= 0 && skip < (int64_t)r->held) {
            now = r->held - (size_t)skip;
            now = now < bytes ? now : bytes;
            memcpy(to, r->window + skip, now);
        } else if (bytes >= WINDOW_MAX) {
            now = WINDOW_MAX; /* no need of the window */
            status = fetch(r, to, now, offset, err);
        } else {
            status = fill_window(r, offset, err);
        }
        to += now;
        offset += (int64_t)now;
        bytes -= now;
    }
    return status;
}

static void s3_release(void *state) {
    s3_reader *reader = state;
    st_free(reader->window);
    st_free(reader);
}

/* -- an address for anybody --------------------------------------------------
 */

static st_status s3_url(void *state, const char *hash, int64_t seconds,
                        char *url, size_t bytes, st_err *err) {
    const st_s3 *s3 = state;
    char key[ST_S3_KEY_BYTES];
    char path[72 + ST_S3_KEY_BYTES];
    char query[ST_BLOB_URL_BYTES + 2048];
    st_s3_key_of(s3, hash, key);
    (void)snprintf(path, sizeof path, "/%s/%s", s3->config.bucket, key);
    const st_sigv4_pair host = {"host", s3->config.host};
    const st_sigv4_request request = {
        .method = "GET", .path = path, .headers = &host, .header_count = 1};
    st_status status = st_sigv4_presign(&request, &s3->key, st_clock_utc_us(),
                                        seconds, query, sizeof query);
    if (status == ST_BAD_ARG)
        return st_err_set(err, status,
                          "an address is valid for 1 second to 7 days.");
    int length = snprintf(url, bytes, "%s%s?%s", s3->config.endpoint, path,
                          status == ST_OK ? query : "");
    if (status != ST_OK || length < 0 || (size_t)length >= bytes)
        return st_err_set(err, ST_LIMIT, "the address of a blob is too long.");
    return ST_OK;
}

const st_blob_backend st_blob_s3 = {
    .scheme = "s3",
    .open = s3_open,
    .close = s3_close,
    .spool = s3_spool,
    .drop = s3_drop,
    .publish = st_s3_publish,
    .reader = s3_open_reader,
    .read = s3_read,
    .release = s3_release,
    .about = s3_about,
    .remove = s3_remove,
    .list = st_s3_list,
    .sweep = st_s3_sweep,
    .path = NULL,
    .url = s3_url,
};
