/* s3: what the files of the S3 back end share: settings, calls, refusals.
 * Source: Amazon S3 API reference (path-style addresses); libcurl.
 *
 * s3_url.c settings; s3_http.c one signed call, with retries; s3_refuse.c
 * sentences; s3_put.c upload; s3_list.c lists; blob_s3.c the table. */
#ifndef ST_STORE_S3_H
#define ST_STORE_S3_H

#include "store/blob_impl.h"
#include "store/sigv4.h"

#include <curl/curl.h>
#include <pthread.h>

enum {
    ST_S3_KEY_BYTES = 320,     /* prefix and hash */
    ST_S3_HANDLES = 16,        /* idle connections kept, at most */
    ST_S3_TEXT_BYTES = 4 << 20 /* longest answer that is not a blob */
};

typedef struct {
    char endpoint[280]; /* "https://host:port" */
    char host[264];     /* "host:port", the port left out where usual */
    char bucket[64];
    char prefix[200]; /* "" or ends in '/' */
    char region[64];
    char access_key[256];
    char secret_key[256];
    char token[4096];   /* "" for none */
    char spool[1024];   /* folder */
    int64_t part_bytes; /* multipart above it, and its least part */
    long timeout_s;     /* without a byte moving */
    bool insecure;
} st_s3_config;

/* ST_BAD_ARG. Reads the environment. */
ST_MUST_USE st_status st_s3_config_parse(st_s3_config *config, const char *url,
                                         st_err *err);

typedef struct {
    st_s3_config config;
    st_sigv4_key key;
    const st_log *log;
    pthread_mutex_t lock; /* of the handles */
    CURL *idle[ST_S3_HANDLES];
    int idle_count;
} st_s3;

/* prefix + hash */
void st_s3_key_of(const st_s3 *s3, const char *hash, char key[ST_S3_KEY_BYTES]);

/* -- one call ----------------------------------------------------------------
 */

typedef struct {
    const char *method; /* "GET", "HEAD", "PUT", "POST", "DELETE" */
    const char *key;    /* of the object; NULL: the bucket itself */
    const st_sigv4_pair *query;
    size_t query_count;
    int64_t range_from; /* asked for when range_bytes > 0 */
    int64_t range_bytes;
    const void *body; /* sent: body_bytes from here, or from the file */
    int body_fd;      /* used where body is NULL and body_bytes > 0 */
    int64_t body_offset;
    int64_t body_bytes;
    void *into; /* where the body of a good answer goes, or NULL */
    size_t into_bytes;
} st_s3_call;

typedef struct {
    long status; /* HTTP */
    char *text;  /* the body, where not in `into`: NUL-ended, or NULL */
    size_t text_bytes;
    size_t got;          /* bytes in `into` */
    int64_t length;      /* Content-Length, -1 unknown */
    int64_t total;       /* of Content-Range, -1 none */
    int64_t modified_us; /* Last-Modified, 0 none */
    int64_t date_us;     /* the server's clock, 0 none */
    char etag[160];
} st_s3_answer;

/* Ask, and ask again (6 times, 3 s in all) while the server is busy, broken
 * or away. ST_OK: any final answer, also a refusal. ST_IO, ST_TIMEOUT: none.
 * st_s3_answer_free after ST_OK. */
ST_MUST_USE st_status st_s3_ask(st_s3 *s3, const st_s3_call *call,
                                st_s3_answer *answer, st_err *err);
void st_s3_answer_free(st_s3_answer *answer);
static inline bool st_s3_good(const st_s3_answer *answer) {
    return answer->status >= 200 && answer->status < 300;
}

/* A sentence for what the server did not do. ST_NOT_FOUND for NoSuchKey, else
 * ST_IO. what: "store a blob". */
st_status st_s3_refused(const st_s3 *s3, const st_s3_answer *answer,
                        const char *what, st_err *err);
/* Is the code of this answer `code`? */
bool st_s3_code_is(const st_s3_answer *answer, const char *code);

/* -- the parts of the table
 * ----------------------------------------------------
 */

/* HEAD; *found false for any answer that is not good. */
ST_MUST_USE st_status st_s3_head(st_s3 *s3, const char *hash, bool *found,
                                 st_blob_info *out, st_err *err);
st_status st_s3_publish(void *state, st_blob_spool *spool, const char *hash,
                        st_err *err);
st_status st_s3_list(void *state, const char *after, st_blob_info *page,
                     size_t room, size_t *count, st_err *err);
st_status st_s3_sweep(void *state, int64_t older_s, int64_t *removed,
                      st_err *err);
/* End an unfinished multipart upload. */
ST_MUST_USE st_status st_s3_abort(st_s3 *s3, const char *key, const char *id,
                                  st_err *err);

#endif
