/* Answers on their way out: conditions, ranges, gzip, the fields that every
 * answer carries. */
#include "server/http_impl.h"

#include "core/alloc.h"
#include "core/hash.h"
#include "server/fields.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { GZIP_LEAST_BYTES = 860, GZIP_LEVEL = 6, READ_BYTES = 65536 };

/* -- streams --------------------------------------------------------------- */

struct st_reader {
    st_stream stream;
    st_request *request;
    bool closed;
};

static ssize_t read_stream(void *cls, uint64_t position, char *data,
                           size_t max) {
    struct st_reader *reader = cls;
    st_request *r = reader->request;
    (void)position;
    for (;;) {
        ssize_t n = reader->stream.read(reader->stream.ctx, data, max);
        if (n > 0) {
            atomic_fetch_add(&r->sent, n);
            return n;
        }
        if (n == ST_STREAM_END)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (n != 0 || atomic_load(&r->http->stopping))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (st_request_sleep(r))
            return 0;
    }
}

void st_reader_close(struct st_reader *reader) {
    if (reader == NULL || reader->closed)
        return;
    reader->closed = true;
    if (reader->stream.close != NULL)
        reader->stream.close(reader->stream.ctx);
}

static void close_stream(void *cls) {
    struct st_reader *reader = cls;
    st_reader_close(reader);
    st_free(reader);
}

static struct MHD_Response *stream_response(st_request *r) {
    struct st_reader *reader = st_calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    *reader = (struct st_reader){.stream = r->answer.stream, .request = r};
    bool known = reader->stream.bytes >= 0;
    struct MHD_Response *response = MHD_create_response_from_callback(
        known ? (uint64_t)reader->stream.bytes : MHD_SIZE_UNKNOWN,
        known ? READ_BYTES : 1, read_stream, reader, close_stream);
    if (response == NULL)
        st_free(reader);
    else
        r->reader = reader; /* closes it now, see st_answer_deinit */
    return response;
}

/* -- bytes ----------------------------------------------------------------- */

static bool worth_gzip(const st_request *r) {
    static const char *const types[] = {
        "text/*", "application/json", "application/problem+json",
        "application/javascript", "image/svg+xml"};
    const char *accepted = st_request_header(r, "Accept-Encoding");
    if (r->answer.bytes < GZIP_LEAST_BYTES || accepted == NULL ||
        !st_accepts_gzip(accepted))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (st_media_type_is(r->answer.type, types[i]))
            return true;
    return false;
}

static bool deflate_all(z_stream *z, st_answer *a, void *out, size_t room,
                        size_t *bytes) {
    z->next_in = a->data;
    z->avail_in = (uInt)a->bytes;
    z->next_out = out;
    z->avail_out = (uInt)room;
    bool ok = deflate(z, Z_FINISH) == Z_STREAM_END;
    *bytes = room - z->avail_out;
    return ok;
}

/* In place of the plain bytes; they stay when memory is short. */
static bool gzip_answer(st_answer *a) {
    z_stream z = {0};
    size_t bytes = 0;
    if (a->bytes > UINT32_MAX / 2 ||
        deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t room = deflateBound(&z, a->bytes);
    void *out = malloc(room);
    bool ok = out != NULL && deflate_all(&z, a, out, room, &bytes);
    (void)deflateEnd(&z);
    if (!ok || bytes >= a->bytes) {
        free(out);
        return false;
    }
    free(a->data);
    a->data = out;
    a->bytes = bytes;
    return true;
}

static void make_etag(st_answer *a) {
    char hash[ST_HASH_TEXT_BYTES];
    char etag[40];
    st_hash_text(a->data, a->bytes, hash);
    (void)snprintf(etag, sizeof etag, "\"%.32s\"", hash);
    st_answer_etag(a, etag);
}

/* "\"x\"" of the gzip form: weak, so that it never stands for equal bytes. */
static void weaken_etag(st_answer *a) {
    char weak[160];
    if (a->etag == NULL || strncmp(a->etag, "W/", 2) == 0)
        return;
    (void)snprintf(weak, sizeof weak, "W/%s", a->etag);
    st_answer_etag(a, weak);
}

static struct MHD_Response *bytes_response(st_request *r) {
    st_answer *a = &r->answer;
    if (worth_gzip(r) && gzip_answer(a)) {
        st_answer_header(a, "Content-Encoding", "gzip");
        weaken_etag(a);
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        a->bytes, a->data, MHD_RESPMEM_MUST_FREE);
    if (response != NULL) {
        if (!r->head)
            atomic_store(&r->sent, (long long)a->bytes);
        a->data = NULL;
    }
    return response;
}

static struct MHD_Response *empty_response(void) {
    static char nothing[1];
    return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
}

/* -- files ----------------------------------------------------------------- */

static void put_range(st_answer *a, int64_t first, int64_t last, int64_t size) {
    char text[96];
    if (a->status == 416)
        (void)snprintf(text, sizeof text, "bytes */%lld", (long long)size);
    else
        (void)snprintf(text, sizeof text, "bytes %lld-%lld/%lld",
                       (long long)first, (long long)last, (long long)size);
    st_answer_header(a, "Content-Range", text);
}

static struct MHD_Response *part_of_file(st_request *r, int64_t size) {
    st_answer *a = &r->answer;
    const char *condition = st_request_header(r, "If-Range");
    int64_t first = 0;
    int64_t last = size - 1;
    st_range_kind kind = ST_RANGE_WHOLE;
    if (condition == NULL ||
        (a->etag != NULL && st_etag_same(condition, a->etag)))
        kind =
            st_range_parse(st_request_header(r, "Range"), size, &first, &last);
    if (kind != ST_RANGE_WHOLE) {
        a->status = kind == ST_RANGE_PART ? 206 : 416;
        put_range(a, first, last, size);
    }
    if (kind == ST_RANGE_OUTSIDE || size == 0)
        return empty_response();
    struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(
        (uint64_t)(last - first + 1), a->fd, (uint64_t)first);
    if (response != NULL) {
        a->fd = -1; /* closed by the response */
        if (!r->head)
            atomic_store(&r->sent, last - first + 1);
    }
    return response;
}

static struct MHD_Response *file_response(st_request *r) {
    struct stat about;
    if (fstat(r->answer.fd, &about) != 0 || !S_ISREG(about.st_mode))
        return NULL;
    st_answer_header(&r->answer, "Accept-Ranges", "bytes");
    return part_of_file(r, about.st_size);
}

/* -- upgrades -------------------------------------------------------------- */

struct st_upgraded {
    struct MHD_UpgradeResponseHandle *handle;
};

static void on_upgrade(void *cls, struct MHD_Connection *wire, void *context,
                       const char *extra, size_t extra_bytes, MHD_socket fd,
                       struct MHD_UpgradeResponseHandle *handle) {
    st_upgrade *upgrade = cls;
    st_upgraded *u = st_calloc(1, sizeof *u);
    (void)wire;
    (void)context;
    int flags = fcntl(fd, F_GETFL);
    if (u == NULL || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        st_free(u);
        upgrade->dropped(upgrade->ctx);
        (void)MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
    } else {
        u->handle = handle;
        upgrade->taken(upgrade->ctx, fd, extra, extra_bytes, u);
    }
    upgrade->ctx = NULL;
    upgrade->dropped = NULL;
}

void st_upgraded_close(st_upgraded *upgraded) {
    (void)MHD_upgrade_action(upgraded->handle, MHD_UPGRADE_ACTION_CLOSE);
    st_free(upgraded);
}

static struct MHD_Response *upgrade_response(st_request *r) {
    struct MHD_Response *response =
        MHD_create_response_for_upgrade(on_upgrade, &r->answer.upgrade);
    if (response == NULL)
        return NULL;
    (void)MHD_add_response_header(response, "Upgrade", r->answer.protocol);
    r->upgraded = true;
    st_request_unlink(r);
    return response;
}

/* -- the head of the answer ------------------------------------------------ */

static void put(struct MHD_Response *response, const char *name,
                const char *value) {
    (void)MHD_add_response_header(response, name, value);
}

static void put_cors(st_request *r, struct MHD_Response *response) {
    const char *origin = st_request_header(r, "Origin");
    if (r->http->options.origins == NULL)
        return;
    put(response, "Vary", "Origin");
    if (origin == NULL || !st_gate_origin_listed(r, origin))
        return;
    put(response, "Access-Control-Allow-Origin", origin);
    put(response, "Access-Control-Allow-Credentials", "true");
    put(response, "Access-Control-Expose-Headers",
        "ETag, Location, X-Request-Id, Content-Range, Upload-Offset, "
        "Upload-Length, Tus-Resumable, Retry-After");
}

static void put_security(st_request *r, struct MHD_Response *response) {
    bool page =
        r->answer.type != NULL && st_media_type_is(r->answer.type, "text/html");
    put(response, "X-Content-Type-Options", "nosniff");
    put(response, "Cross-Origin-Opener-Policy", "same-origin");
    put(response, "Cross-Origin-Embedder-Policy", "require-corp");
    put(response, "Cross-Origin-Resource-Policy", "same-origin");
    put(response, "Referrer-Policy", "same-origin");
    put(response, "Content-Security-Policy",
        page ? r->http->options.page_csp
             : "default-src 'none'; frame-ancestors 'none'; sandbox");
}

static void put_head(st_request *r, struct MHD_Response *response) {
    st_answer *a = &r->answer;
    const char *trace = st_request_header(r, "traceparent");
    bool has_body = a->status != 304 && a->status != 204;
    if (a->type != NULL && has_body && a->status != 416)
        put(response, "Content-Type", a->type);
    if (a->etag != NULL)
        put(response, "ETag", a->etag);
    put(response, "X-Request-Id", r->id);
    if (trace != NULL && st_traceparent_ok(trace))
        put(response, "traceparent", trace);
    if (r->route != NULL && r->route->rule != ST_RULE_OPEN)
        put(response, "Vary", "Cookie, Authorization");
    if (a->send == ST_SEND_BYTES)
        put(response, "Vary", "Accept-Encoding");
    for (int i = 0; i < a->header_count; i++)
        put(response, a->names[i], a->values[i]);
    put_cors(r, response);
    put_security(r, response);
    if (a->close && a->send != ST_SEND_UPGRADE)
        put(response, "Connection", "close");
}

/* 304: the peer has these bytes. */
static bool has_it(st_request *r) {
    st_answer *a = &r->answer;
    const char *known = st_request_header(r, "If-None-Match");
    bool get = r->route != NULL &&
               (r->route->method == ST_GET || r->route->method == ST_HEAD);
    if (!get || a->status != 200)
        return false;
    if (a->send == ST_SEND_BYTES && a->etag == NULL &&
        (r->route->flags & ST_ROUTE_ETAG))
        make_etag(a);
    return known != NULL && a->etag != NULL && st_etag_listed(known, a->etag);
}

static struct MHD_Response *make_response(st_request *r) {
    switch (r->answer.send) {
    case ST_SEND_BYTES:
        return bytes_response(r);
    case ST_SEND_FILE:
        return file_response(r);
    case ST_SEND_STREAM:
        return stream_response(r);
    case ST_SEND_UPGRADE:
        return upgrade_response(r);
    case ST_SEND_NOTHING:
        break;
    }
    return empty_response();
}

/* A handler without an answer, or one that memory did not suffice for. */
static void mend(st_request *r) {
    if (!r->answer.set || (r->answer.status >= 500 && !r->answer.problem &&
                           r->answer.send == ST_SEND_NOTHING))
        st_answer_problem(&r->answer, 500, "internal",
                          "The server could not make this answer: look at "
                          "its log by the request id.");
}

enum MHD_Result st_send_answer(st_request *r) {
    st_answer *a = &r->answer;
    mend(r);
    st_answer_finish_problem(a, r->id);
    if (has_it(r))
        a->status = 304;
    struct MHD_Response *response =
        a->status == 304 ? empty_response() : make_response(r);
    if (response == NULL)
        return MHD_NO;
    put_head(r, response);
    r->sent_status = a->status;
    enum MHD_Result ok =
        MHD_queue_response(r->wire, (unsigned)a->status, response);
    MHD_destroy_response(response);
    return ok;
}
