/* Upload. A blob waits in a nameless local file until its hash is known, so
 * the server sees nothing before it gets the blob under its final key; the
 * other way (a temporary key, then a copy by the server) leaves rubbish there
 * after a crash, copies every byte twice and stops at 5 GiB. */
#include "core/clock.h"
#include "store/s3.h"
#include "store/s3_xml.h"

#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

enum { PARTS_MAX = 1000, MIB = 1 << 20, ID_BYTES = 1025, ETAG_BYTES = 160 };

static const char what_put[] = "store a blob";

st_status st_s3_head(st_s3 *s3, const char *hash, bool *found,
                     st_blob_info *out, st_err *err) {
    char key[ST_S3_KEY_BYTES];
    st_s3_answer answer;
    st_s3_key_of(s3, hash, key);
    const st_s3_call call = {.method = "HEAD", .key = key};
    st_status status = st_s3_ask(s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    *found = st_s3_good(&answer) && answer.length >= 0;
    if (*found) {
        out->bytes = answer.length;
        out->time_us = answer.modified_us;
    }
    st_s3_answer_free(&answer);
    return ST_OK;
}

/* -- in one piece
 * --------------------------------------------------------------
 */

static st_status put_whole(st_s3 *s3, const st_blob_spool *spool,
                           const char *key, st_err *err) {
    st_s3_answer answer;
    const st_s3_call call = {.method = "PUT",
                             .key = key,
                             .body_fd = spool->fd,
                             .body_bytes = spool->bytes};
    st_status status = st_s3_ask(s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    if (!st_s3_good(&answer))
        status = st_s3_refused(s3, &answer, what_put, err);
    st_s3_answer_free(&answer);
    return status;
}

/* -- in parts
 * ------------------------------------------------------------------
 */

typedef struct {
    st_s3 *s3;
    const st_blob_spool *spool;
    const char *key;
    char id[ID_BYTES];
    int64_t part_bytes;
    int count;
    char (*etags)[ETAG_BYTES];
} upload;

static st_status begin(upload *u, st_err *err) {
    st_s3_answer answer;
    const st_sigv4_pair query = {"uploads", ""};
    const st_s3_call call = {
        .method = "POST", .key = u->key, .query = &query, .query_count = 1};
    st_status status = st_s3_ask(u->s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    if (!st_s3_good(&answer))
        status = st_s3_refused(u->s3, &answer, what_put, err);
    else
        status = st_s3_upload_read(answer.text != NULL ? answer.text : "",
                                   answer.text_bytes, u->id, err);
    st_s3_answer_free(&answer);
    return status;
}

static st_status send_part(upload *u, int index, st_err *err) {
    char number[16];
    st_s3_answer answer;
    int64_t from = index * u->part_bytes;
    int64_t left = u->spool->bytes - from;
    (void)snprintf(number, sizeof number, "%d", index + 1);
    const st_sigv4_pair query[] = {{"partNumber", number}, {"uploadId", u->id}};
    const st_s3_call call = {.method = "PUT",
                             .key = u->key,
                             .query = query,
                             .query_count = 2,
                             .body_fd = u->spool->fd,
                             .body_offset = from,
                             .body_bytes =
                                 left < u->part_bytes ? left : u->part_bytes};
    st_status status = st_s3_ask(u->s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    if (!st_s3_good(&answer))
        status = st_s3_refused(u->s3, &answer, what_put, err);
    else if (answer.etag[0] == '\0' || strpbrk(answer.etag, "<>&") != NULL)
        status = st_err_set(err, ST_BAD_DATA,
                            "the server gives no ETag for a part; is it an "
                            "S3 server?");
    memcpy(u->etags[index], answer.etag, ETAG_BYTES);
    st_s3_answer_free(&answer);
    return status;
}

static size_t list_parts(const upload *u, char *text, size_t bytes) {
    size_t used = (size_t)snprintf(text, bytes, "<CompleteMultipartUpload>");
    for (int i = 0; i < u->count; i++)
        used += (size_t)snprintf(text + used, bytes - used,
                                 "<Part><PartNumber>%d</PartNumber>"
                                 "<ETag>%s</ETag></Part>",
                                 i + 1, u->etags[i]);
    return used + (size_t)snprintf(text + used, bytes - used,
                                   "</CompleteMultipartUpload>");
}

/* An answer that was lost makes the second asking a NoSuchUpload: what counts
 * is whether the blob is there, which publish looks at. */
static st_status complete(upload *u, st_err *err) {
    size_t room = (size_t)u->count * (ETAG_BYTES + 64) + 128;
    char *text = st_calloc(room, 1);
    st_s3_answer answer;
    if (text == NULL)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    const st_sigv4_pair query = {"uploadId", u->id};
    const st_s3_call call = {.method = "POST",
                             .key = u->key,
                             .query = &query,
                             .query_count = 1,
                             .body = text,
                             .body_bytes = (int64_t)list_parts(u, text, room)};
    st_status status = st_s3_ask(u->s3, &call, &answer, err);
    st_free(text);
    if (status != ST_OK)
        return status;
    bool whole =
        st_s3_good(&answer) && answer.text != NULL &&
        st_s3_complete_read(answer.text, answer.text_bytes, NULL) == ST_OK;
    if (!whole && !st_s3_code_is(&answer, "NoSuchUpload"))
        status = st_s3_refused(u->s3, &answer, what_put, err);
    st_s3_answer_free(&answer);
    return status;
}

st_status st_s3_abort(st_s3 *s3, const char *key, const char *id, st_err *err) {
    st_s3_answer answer;
    const st_sigv4_pair query = {"uploadId", id};
    const st_s3_call call = {
        .method = "DELETE", .key = key, .query = &query, .query_count = 1};
    st_status status = st_s3_ask(s3, &call, &answer, err);
    if (status != ST_OK)
        return status;
    if (!st_s3_good(&answer) && answer.status != 404)
        status = st_s3_refused(s3, &answer, "end an unfinished upload", err);
    st_s3_answer_free(&answer);
    return status;
}

/* Whole MiB, at most PARTS_MAX of them (a server may allow no more). */
static void cut(upload *u) {
    int64_t bytes = u->spool->bytes;
    int64_t least = (bytes + PARTS_MAX - 1) / PARTS_MAX;
    u->part_bytes = u->s3->config.part_bytes;
    if (u->part_bytes < least)
        u->part_bytes = (least + MIB - 1) / MIB * MIB;
    u->count = (int)((bytes + u->part_bytes - 1) / u->part_bytes);
}

static st_status put_parts(st_s3 *s3, const st_blob_spool *spool,
                           const char *key, st_err *err) {
    upload u = {.s3 = s3, .spool = spool, .key = key};
    cut(&u);
    u.etags = st_calloc((size_t)u.count, sizeof *u.etags);
    if (u.etags == NULL)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    st_status status = begin(&u, err);
    for (int i = 0; status == ST_OK && i < u.count; i++)
        status = send_part(&u, i, err);
    if (status == ST_OK)
        status = complete(&u, err);
    if (status != ST_OK && u.id[0] != '\0' &&
        st_s3_abort(s3, key, u.id, NULL) != ST_OK)
        st_log_print(s3->log, ST_LOG_WARN, "store",
                     "an unfinished upload stays at %s until the next sweep.",
                     s3->config.endpoint);
    st_free(u.etags);
    return status;
}

/* -- publish
 * -------------------------------------------------------------------
 */

static st_status confirm(st_s3 *s3, const char *hash, int64_t bytes,
                         st_err *err) {
    st_blob_info info = {.bytes = -1};
    bool found = false;
    st_status status = st_s3_head(s3, hash, &found, &info, err);
    if (status == ST_OK && (!found || info.bytes != bytes))
        status =
            st_err_set(err, ST_IO,
                       "the server took a blob of %lld bytes and now has "
                       "%lld of them; look into its log.",
                       (long long)bytes, (long long)(found ? info.bytes : 0));
    return status;
}

st_status st_s3_publish(void *state, st_blob_spool *spool, const char *hash,
                        st_err *err) {
    st_s3 *s3 = state;
    char key[ST_S3_KEY_BYTES];
    st_blob_info info;
    bool found = false;
    st_s3_key_of(s3, hash, key);
    st_status status = st_s3_head(s3, hash, &found, &info, err);
    if (status != ST_OK)
        return status;
    int64_t age_us = st_clock_utc_us() - (found ? info.time_us : 0);
    if (found && info.bytes == spool->bytes &&
        age_us < (int64_t)ST_BLOB_FRESH_S * 1000000)
        return ST_OK;
    status = spool->bytes > s3->config.part_bytes
                 ? put_parts(s3, spool, key, err)
                 : put_whole(s3, spool, key, err);
    return status == ST_OK ? confirm(s3, hash, spool->bytes, err) : status;
}
