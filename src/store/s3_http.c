/* One signed call over a kept connection, asked again while that may help.
 *
 * Connections are reused across threads by lending whole handles from a stack:
 * libcurl 7.88 does not share its connections between threads. The body of a
 * request is signed by its hash, so a server sees what was damaged on the way;
 * so it is read twice, and a file can be sent again from its start. */
#include "core/alloc.h"
#include "core/clock.h"
#include "store/s3.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ATTEMPTS = 6, FIRST_WAIT_MS = 100, CHUNK = 1 << 16, URL_BYTES = 8192 };

/* -- handles -----------------------------------------------------------------
 */

static CURL *lend(st_s3 *s3) {
    CURL *handle = NULL;
    (void)pthread_mutex_lock(&s3->lock);
    if (s3->idle_count > 0)
        handle = s3->idle[--s3->idle_count];
    (void)pthread_mutex_unlock(&s3->lock);
    return handle != NULL ? handle : curl_easy_init();
}

static void take_back(st_s3 *s3, CURL *handle) {
    curl_easy_reset(handle); /* its connections stay */
    (void)pthread_mutex_lock(&s3->lock);
    if (s3->idle_count < ST_S3_HANDLES) {
        s3->idle[s3->idle_count++] = handle;
        handle = NULL;
    }
    (void)pthread_mutex_unlock(&s3->lock);
    curl_easy_cleanup(handle);
}

/* -- bytes out ---------------------------------------------------------------
 */

typedef struct {
    const st_s3_call *call;
    CURL *handle;
    int64_t sent;
    st_s3_answer *answer;
    size_t text_room;
    bool overflow; /* the answer is longer than what was asked for */
    bool no_memory;
    int read_errno; /* of the file that is sent */
} transfer;

static ssize_t body_at(const st_s3_call *call, int64_t at, void *data,
                       size_t bytes) {
    int64_t left = call->body_bytes - at;
    if ((int64_t)bytes > left)
        bytes = (size_t)left;
    if (bytes == 0)
        return 0;
    if (call->body == NULL)
        return pread(call->body_fd, data, bytes, call->body_offset + at);
    memcpy(data, (const char *)call->body + at, bytes);
    return (ssize_t)bytes;
}

static size_t on_send(char *data, size_t size, size_t count, void *ctx) {
    transfer *t = ctx;
    ssize_t got = body_at(t->call, t->sent, data, size * count);
    if (got < 0 || (got == 0 && t->sent < t->call->body_bytes)) {
        t->read_errno = got < 0 ? errno : EIO;
        return CURL_READFUNC_ABORT;
    }
    t->sent += got;
    return (size_t)got;
}

static int on_seek(void *ctx, curl_off_t offset, int origin) {
    transfer *t = ctx;
    if (origin != SEEK_SET || offset < 0 || offset > t->call->body_bytes)
        return CURL_SEEKFUNC_FAIL;
    t->sent = offset;
    return CURL_SEEKFUNC_OK;
}

/* Hex SHA-256 of the body; an errno when its file cannot be read. */
static int body_sha(const st_s3_call *call, char text[ST_SIGV4_SHA_BYTES]) {
    unsigned char chunk[CHUNK];
    unsigned char raw[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state sum;
    (void)crypto_hash_sha256_init(&sum);
    for (int64_t at = 0; at < call->body_bytes;) {
        ssize_t got = body_at(call, at, chunk, sizeof chunk);
        if (got <= 0)
            return got < 0 ? errno : EIO;
        (void)crypto_hash_sha256_update(&sum, chunk, (size_t)got);
        at += got;
    }
    (void)crypto_hash_sha256_final(&sum, raw);
    (void)sodium_bin2hex(text, ST_SIGV4_SHA_BYTES, raw, sizeof raw);
    return 0;
}

/* -- bytes in ----------------------------------------------------------------
 */

static bool grow_text(transfer *t, size_t bytes) {
    st_s3_answer *a = t->answer;
    size_t need = a->text_bytes + bytes + 1;
    size_t more = t->text_room == 0 ? 4096 : t->text_room;
    if (need <= t->text_room)
        return true;
    while (more < need)
        more *= 2;
    void *text = a->text;
    t->no_memory = st_regrow(&text, t->text_room, more, 1) != ST_OK;
    a->text = text;
    if (!t->no_memory)
        t->text_room = more;
    return !t->no_memory;
}

static size_t keep_text(transfer *t, const char *data, size_t bytes) {
    st_s3_answer *a = t->answer;
    if (bytes > ST_S3_TEXT_BYTES - a->text_bytes) {
        t->overflow = true;
        return 0;
    }
    if (!grow_text(t, bytes))
        return 0;
    memcpy(a->text + a->text_bytes, data, bytes);
    a->text_bytes += bytes;
    a->text[a->text_bytes] = '\0';
    return bytes;
}

static size_t on_receive(char *data, size_t size, size_t count, void *ctx) {
    transfer *t = ctx;
    st_s3_answer *a = t->answer;
    size_t bytes = size * count;
    long status = 0;
    (void)curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
    if (t->call->into == NULL || status < 200 || status > 299)
        return keep_text(t, data, bytes);
    if (bytes > t->call->into_bytes - a->got) {
        t->overflow = true;
        return 0;
    }
    memcpy((char *)t->call->into + a->got, data, bytes);
    a->got += bytes;
    return bytes;
}

static const char *header(CURL *handle, const char *name) {
    struct curl_header *found = NULL;
    return curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &found) ==
                   CURLHE_OK
               ? found->value
               : "";
}

static int64_t date_of(CURL *handle, const char *name) {
    time_t seconds = curl_getdate(header(handle, name), NULL);
    return seconds > 0 ? (int64_t)seconds * 1000000 : 0;
}

static void read_headers(CURL *handle, st_s3_answer *a) {
    curl_off_t length = -1;
    const char *range = strchr(header(handle, "content-range"), '/');
    (void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &a->status);
    (void)curl_easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
                            &length);
    a->length = (int64_t)length;
    a->total = range != NULL && range[1] >= '0' && range[1] <= '9'
                   ? strtoll(range + 1, NULL, 10)
                   : -1;
    a->modified_us = date_of(handle, "last-modified");
    a->date_us = date_of(handle, "date");
    (void)snprintf(a->etag, sizeof a->etag, "%s", header(handle, "etag"));
}

/* -- the request -------------------------------------------------------------
 */

typedef struct {
    char url[URL_BYTES];
    char path[1100];
    char date[ST_SIGV4_DATE_BYTES];
    char sha[ST_SIGV4_SHA_BYTES];
    char authorization[2048];
    struct curl_slist *headers;
} request;

static bool add_header(request *r, const char *name, const char *value) {
    char text[ST_SIGV4_TEXT_BYTES];
    int length = snprintf(text, sizeof text, "%s: %s", name, value);
    if (length < 0 || (size_t)length >= sizeof text)
        return false;
    struct curl_slist *more = curl_slist_append(r->headers, text);
    if (more != NULL)
        r->headers = more;
    return more != NULL;
}

static bool make_url(const st_s3 *s3, const st_s3_call *call, request *r) {
    char query[4096];
    char key[3 * ST_S3_KEY_BYTES];
    const char *name = call->key != NULL ? call->key : "";
    if (st_sigv4_encode(name, true, key, sizeof key) != ST_OK ||
        st_sigv4_query(call->query, call->query_count, query, sizeof query) !=
            ST_OK)
        return false;
    (void)snprintf(r->path, sizeof r->path, "/%s%s%s", s3->config.bucket,
                   call->key != NULL ? "/" : "", key);
    int length =
        snprintf(r->url, sizeof r->url, "%s%s%s%s", s3->config.endpoint,
                 r->path, query[0] != '\0' ? "?" : "", query);
    return length > 0 && (size_t)length < sizeof r->url;
}

static bool sign(const st_s3 *s3, const st_s3_call *call, request *r) {
    int64_t now = st_clock_utc_us();
    st_sigv4_date(now, r->date);
    st_sigv4_pair headers[4] = {{"host", s3->config.host},
                                {"x-amz-content-sha256", r->sha},
                                {"x-amz-date", r->date}};
    size_t count = 3;
    if (s3->key.token != NULL)
        headers[count++] =
            (st_sigv4_pair){"x-amz-security-token", s3->key.token};
    const st_sigv4_request signing = {.method = call->method,
                                      .path = r->path,
                                      .query = call->query,
                                      .query_count = call->query_count,
                                      .headers = headers,
                                      .header_count = count,
                                      .payload_sha = r->sha};
    if (st_sigv4_authorize(&signing, &s3->key, now, r->authorization,
                           sizeof r->authorization) != ST_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_header(r, headers[i].name, headers[i].value))
            return false;
    return add_header(r, "Authorization", r->authorization);
}

static void set_limits(const st_s3 *s3, CURL *h) {
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT,
                     s3->config.timeout_s < 10 ? s3->config.timeout_s : 10L);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, s3->config.timeout_s);
    curl_easy_setopt(h, CURLOPT_USERAGENT, "stemma");
    curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, s3->config.insecure ? 0L : 1L);
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, s3->config.insecure ? 0L : 2L);
}

static void set_body(CURL *h, const st_s3_call *call, transfer *t) {
    curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(h, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(h, CURLOPT_READDATA, t);
    curl_easy_setopt(h, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(h, CURLOPT_SEEKDATA, t);
    curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body_bytes);
}

static void set_call(const st_s3 *s3, CURL *h, const request *r,
                     const st_s3_call *call, transfer *t) {
    char range[64];
    set_limits(s3, h);
    curl_easy_setopt(h, CURLOPT_URL, r->url);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_receive);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, t);
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
    else if (call->method[0] == 'P')
        set_body(h, call, t);
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, r->headers);
    if (call->range_bytes > 0) {
        (void)snprintf(range, sizeof range, "%lld-%lld",
                       (long long)call->range_from,
                       (long long)(call->range_from + call->range_bytes - 1));
        curl_easy_setopt(h, CURLOPT_RANGE, range);
    }
}

/* -- asking ------------------------------------------------------------------
 */

typedef struct {
    CURLcode code;
    bool no_memory;
    bool overflow;
    int read_errno;
} outcome;

static outcome ask_once(st_s3 *s3, const st_s3_call *call, const char *sha,
                        st_s3_answer *answer) {
    request *r = st_calloc(1, sizeof *r);
    CURL *h = r != NULL ? lend(s3) : NULL;
    transfer t = {.call = call, .handle = h, .answer = answer};
    outcome end = {.code = CURLE_OUT_OF_MEMORY, .no_memory = true};
    if (h != NULL)
        memcpy(r->sha, sha, sizeof r->sha);
    if (h != NULL && make_url(s3, call, r) && sign(s3, call, r)) {
        set_call(s3, h, r, call, &t);
        end = (outcome){.code = curl_easy_perform(h)};
        read_headers(h, answer);
        end.no_memory = t.no_memory || end.code == CURLE_OUT_OF_MEMORY;
        end.overflow = t.overflow;
        end.read_errno = t.read_errno;
    }
    if (r != NULL)
        curl_slist_free_all(r->headers);
    st_free(r);
    if (h != NULL)
        take_back(s3, h);
    return end;
}

/* What may go well the next time. */
static bool worth_again(const outcome *end, const st_s3_answer *a) {
    if (end->no_memory || end->overflow || end->read_errno != 0)
        return false;
    switch (end->code) {
    case CURLE_OK:
        return a->status == 429 || a->status == 408 || a->status == 500 ||
               (a->status >= 502 && a->status <= 504) ||
               (a->status == 400 && st_s3_code_is(a, "RequestTimeout"));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return false;
    default:
        return true;
    }
}

static st_status no_answer(const st_s3 *s3, const outcome *end, st_err *err) {
    const char *where = s3->config.endpoint;
    if (end->no_memory)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    if (end->read_errno != 0)
        return st_blob_errno(err, end->read_errno, "read what is to be sent");
    if (end->overflow)
        return st_err_set(err, ST_BAD_DATA,
                          "the server sent more than was asked for; is an S3 "
                          "server at %s?",
                          where);
    if (end->code == CURLE_PEER_FAILED_VERIFICATION ||
        end->code == CURLE_SSL_CACERT_BADFILE)
        return st_err_set(err, ST_IO,
                          "the certificate of %s is not trusted; install its "
                          "authority's (or say insecure=1 on a test server).",
                          where);
    if (end->code == CURLE_COULDNT_RESOLVE_HOST)
        return st_err_set(err, ST_IO,
                          "there is no host %s; check endpoint and the name "
                          "server.",
                          s3->config.host);
    if (end->code == CURLE_OPERATION_TIMEDOUT)
        return st_err_set(err, ST_TIMEOUT,
                          "%s did not answer in time, asked %d times; is it "
                          "overloaded or cut off?",
                          where, ATTEMPTS);
    return st_err_set(err, ST_IO,
                      "no whole answer from %s, asked %d times (%s); is it "
                      "running there?",
                      where, ATTEMPTS, curl_easy_strerror(end->code));
}

static void wait_a_little(int attempt) {
    uint32_t ms = (uint32_t)FIRST_WAIT_MS << attempt;
    ms = ms / 2 + randombytes_uniform(ms / 2 + 1);
    struct timespec t = {.tv_sec = ms / 1000,
                         .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

static void note(const st_s3 *s3, const st_s3_call *call, const outcome *end,
                 const st_s3_answer *a) {
    if (end->code == CURLE_OK)
        st_log_print(s3->log, ST_LOG_WARN, "store",
                     "%s at %s: HTTP %ld; asking again.", call->method,
                     s3->config.endpoint, a->status);
    else
        st_log_print(s3->log, ST_LOG_WARN, "store",
                     "%s at %s: %s; asking again.", call->method,
                     s3->config.endpoint, curl_easy_strerror(end->code));
}

st_status st_s3_ask(st_s3 *s3, const st_s3_call *call, st_s3_answer *answer,
                    st_err *err) {
    char sha[ST_SIGV4_SHA_BYTES];
    int why = body_sha(call, sha);
    if (why != 0)
        return st_blob_errno(err, why, "read what is to be sent");
    for (int attempt = 0;; attempt++) {
        st_s3_answer got = {.length = -1, .total = -1};
        outcome end = ask_once(s3, call, sha, &got);
        bool again = worth_again(&end, &got);
        if (!again || attempt + 1 == ATTEMPTS) {
            if (end.code == CURLE_OK) {
                *answer = got;
                return ST_OK;
            }
            st_s3_answer_free(&got);
            return no_answer(s3, &end, err);
        }
        note(s3, call, &end, &got);
        st_s3_answer_free(&got);
        wait_a_little(attempt);
    }
}

void st_s3_answer_free(st_s3_answer *answer) {
    st_free(answer->text);
    answer->text = NULL;
}
