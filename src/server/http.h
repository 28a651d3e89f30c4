/* http: the core that routes hang on: requests in, answers out.
 * Source: RFC 9110, 9112, 9457; design.md sections 5 and 7.
 *
 * A server is made from a table of routes; the same table gives the OpenAPI
 * document, the metrics' labels and the checks. Nothing of the library
 * underneath shows here. Before a handler is called the core has refused what
 * is malformed, from a foreign Host or Origin, not allowed to the caller, too
 * large or of the wrong type, and has read the parameters by their table. */
#ifndef ST_SERVER_HTTP_H
#define ST_SERVER_HTTP_H

#include "core/attr.h"
#include "core/err.h"
#include "core/log.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct st_http st_http;
typedef struct st_request st_request;
typedef struct st_answer st_answer;
typedef struct st_cert st_cert;
typedef struct st_metrics st_metrics;

/* -- the table ------------------------------------------------------------- */

typedef enum {
    ST_GET, /* HEAD is answered by the same handler, its body left out */
    ST_POST,
    ST_PUT,
    ST_PATCH,
    ST_DELETE,
    ST_HEAD, /* only where HEAD means more than GET (tus) */
    ST_OPTIONS,
    ST_METHOD_COUNT
} st_method;

typedef enum {
    ST_RULE_OPEN,
    ST_RULE_VIEWER,
    ST_RULE_EDITOR,
    ST_RULE_OWNER
} st_rule;

typedef enum {
    ST_BODY_NONE,  /* a body is refused (413) */
    ST_BODY_JSON,  /* read whole, then st_request_json */
    ST_BODY_STREAM /* handed to `chunk` as it comes */
} st_body;

typedef enum { ST_IN_PATH, ST_IN_QUERY, ST_IN_HEADER } st_place;
typedef enum { ST_TEXT, ST_INTEGER, ST_BOOLEAN, ST_CHOICE } st_param_type;

typedef struct {
    const char *name; /* NULL ends a table */
    st_place place;
    st_param_type type;
    bool required;      /* path parameters always are */
    int64_t min, max;   /* of the value; of ST_TEXT: its bytes; both 0: any
                           integer, or up to 1024 bytes of text */
    const char *values; /* of ST_CHOICE: "wav flac ogg" */
    const char *about;
} st_http_param;

typedef struct {
    int status;         /* 0 ends a table */
    const char *type;   /* of the body; NULL: none */
    const char *schema; /* name under components/schemas, or NULL */
    const char *about;
} st_reply;

enum {
    ST_ROUTE_SLOW = 1,       /* `done` may block: it runs on a worker thread */
    ST_ROUTE_ETAG = 2,       /* of the answer's bytes; If-None-Match is kept */
    ST_ROUTE_ANY_ORIGIN = 4, /* state-changing, yet callable from any page */
    ST_ROUTE_HIDDEN = 8,     /* not in the OpenAPI document */
    ST_ROUTE_MAY_BE_EMPTY = 16 /* a JSON body may be left out */
};

/* What a handler wants next. */
typedef enum {
    ST_GO,     /* go on: more of the body, then `done` */
    ST_ANSWER, /* the answer is ready */
    ST_WAIT    /* call me again after st_request_wake */
} st_next;

typedef struct {
    st_method method;
    const char *path; /* "/v1/assets/{id}"; a last "{rest*}" takes the rest */
    const char *id;   /* operation id, unique with the method: "asset_get" */
    const char *summary;
    const char *tag;
    st_rule rule;
    st_body body;
    int64_t max_body_bytes;  /* 0: 1 MiB for JSON, no limit for streams */
    const char *body_type;   /* of a stream; NULL: any; "audio/" "*" fits */
    const char *body_schema; /* of JSON */
    const st_http_param *params;
    const st_reply *replies;
    unsigned flags;
    /* Headers are here, the body is not. May be NULL. */
    st_next (*begin)(st_request *request, st_answer *answer);
    /* bytes >= 1 of the body; *taken says how many were used. With ST_WAIT
     * the rest is kept and the peer is told to send no more. ST_ANSWER: the
     * rest of the body is read and thrown away, up to max_drain_bytes. */
    st_next (*chunk)(st_request *request, const void *data, size_t bytes,
                     size_t *taken, st_answer *answer);
    /* All of the request is here. Must be there. */
    st_next (*done)(st_request *request, st_answer *answer);
    /* Called once if `begin` (or, without one, a later handler) could have
     * been; the answer is out or the peer has gone. May be NULL. */
    void (*end)(st_request *request);
} st_route;

/* -- the server ------------------------------------------------------------ */

/* One line of an access log; text lives during the call. */
typedef struct {
    const char *id, *method, *route, *peer, *trace;
    int status; /* 0: the peer went before an answer */
    int64_t in_bytes, out_bytes;
    double seconds;
} st_http_record;

/* Zero gives the default in brackets. */
typedef struct {
    const char *listen; /* "127.0.0.1:8600", "[::1]:0"; port 0: any */
    const st_route *routes;
    int route_count;
    void *ctx;     /* st_request_server_ctx */
    st_cert *cert; /* server/cert.h; NULL: plain HTTP. Borrowed */
    /* May this caller do that? 0 yes, 401 or 403 no. NULL: only open routes
     * are served. Called when the headers are here, on any thread. */
    int (*allow)(void *ctx, st_request *request, st_rule rule);
    const char *const *hosts;   /* names that Host may say, NULL-ended; NULL:
                                   localhost, loopback addresses and the
                                   address listened on; "*": any */
    const char *const *origins; /* "https://studio.example": CORS; NULL-ended */
    const char *page_csp;       /* Content-Security-Policy of HTML answers */
    int threads;                /* that serve connections [2], 1..16 */
    int workers;                /* for slow routes [4], 1..64 */
    int max_connections;        /* [2048] */
    int max_per_ip;             /* [1024]; of it, not of a user */
    int header_ms;              /* from the first line's end [10000] */
    int idle_ms;                /* between two requests [30000] */
    int stall_ms;               /* no byte moved in either direction [60000] */
    int min_body_bytes_per_s;   /* after header_ms [512] */
    int64_t max_drain_bytes;    /* [1 MiB] */
    const st_log *log;
    st_metrics *metrics; /* borrowed; may be NULL */
    void (*record)(void *ctx, const st_http_record *record); /* [any] */
} st_http_options;

/* Listen and serve. The options and the table are borrowed and must outlive
 * the server. ST_BAD_ARG (a wrong table or address), ST_IO, ST_NO_MEM. [main]
 */
ST_MUST_USE st_status st_http_new(st_http **out, const st_http_options *options,
                                  st_err *err);
/* Stops listening, ends every request (st_sse and st_ws made on this server
 * must be stopped before). NULL is fine. [main] */
void st_http_free(st_http *http);
/* The port listened on. [any] */
int st_http_port(const st_http *http);
const st_http_options *st_http_options_get(const st_http *http);
/* {"id": ..., "method": ...}: one line of JSON, cut to fit. [any] */
void st_http_record_json(const st_http_record *record, char *text,
                         size_t bytes);

/* -- the request: borrowed text, valid until `end` has returned. [one at a
 * time], except where said --------------------------------------------- */

const st_route *st_request_route(const st_request *request);
void *st_request_server_ctx(const st_request *request);
/* The handler's own, NULL at first. */
void **st_request_data(st_request *request);
/* Whoever `allow` found; NULL at first. */
void **st_request_user(st_request *request);
const char *st_request_id(const st_request *request);
const char *st_request_peer(const st_request *request); /* "127.0.0.1" */
bool st_request_is_head(const st_request *request);
bool st_request_is_tls(const st_request *request);
/* Decoded; NULL when absent. Names of headers in any case. */
const char *st_request_path(const st_request *request, const char *name);
const char *st_request_query(const st_request *request, const char *name);
const char *st_request_header(const st_request *request, const char *name);
/* The decoded segments that "{rest*}" took, joined by '/', in `text`. */
bool st_request_rest(const st_request *request, char *text, size_t bytes);
/* A parameter of the table, checked; `missing` where it is absent. */
int64_t st_request_int(const st_request *request, const char *name,
                       int64_t missing);
bool st_request_bool(const st_request *request, const char *name, bool missing);
/* From a page of this server, of a listed origin, or from no page at all? */
bool st_request_own_page(const st_request *request);
/* Of the body: what the peer announced; -1: chunked. */
int64_t st_request_length(const st_request *request);
int64_t st_request_received(const st_request *request);
/* Borrowed; NULL: none. Valid in `done`. */
json_t *st_request_json(const st_request *request);
/* Call the waiting handler or stream again. Early and repeated calls are
 * fine; valid until `end` (of a stream: `close`) is called. [any] */
void st_request_wake(st_request *request);

/* -- the answer ------------------------------------------------------------ */

/* A field; values with control characters are dropped. At most 24. */
void st_answer_header(st_answer *answer, const char *name, const char *value);
void st_answer_empty(st_answer *answer, int status); /* 204, 201, 304, ... */
/* Takes the reference; NULL (out of memory) becomes 500. */
void st_answer_json(st_answer *answer, int status, json_t *json);
/* A copy; sent as gzip where asked for and of use. */
void st_answer_bytes(st_answer *answer, int status, const char *type,
                     const void *data, size_t bytes);
/* A regular file, from its start; takes the descriptor. Ranges, If-Range,
 * If-None-Match and HEAD are kept. etag: "\"...\"" or NULL. */
void st_answer_file(st_answer *answer, const char *type, int fd,
                    const char *etag);
/* "\"...\"" of an answer by _json or _bytes; If-None-Match is kept. */
void st_answer_etag(st_answer *answer, const char *etag);

enum { ST_STREAM_END = -1, ST_STREAM_BROKEN = -2 };
typedef struct {
    /* Up to `max` bytes at `data`: how many, or 0 (nothing now: called again
     * after st_request_wake), or one of the above (the second cuts the
     * connection, so that the peer sees that something is missing). */
    ssize_t (*read)(void *ctx, void *data, size_t max);
    void (*close)(void *ctx); /* called once */
    void *ctx;
    int64_t bytes; /* -1: not known: chunked */
} st_stream;
/* Taken over, `close` included, even where the answer is never sent. */
void st_answer_stream(st_answer *answer, int status, const char *type,
                      const st_stream *stream);

/* RFC 9457: type "urn:stemma:problem:NAME". detail: one sentence. */
void st_answer_problem(st_answer *answer, int status, const char *name,
                       const char *format, ...) ST_PRINTF(4, 5);
/* {"pointer": "/inputs/0", "detail": ...} beside the problem. */
void st_answer_field(st_answer *answer, const char *pointer,
                     const char *detail);
/* The status a library call gave, as a problem. */
void st_answer_err(st_answer *answer, const st_err *err);

/* 101: `taken` gets the connection; its socket does not block and is closed
 * by st_upgraded_close alone. It may be half of a pair, where TLS is spoken
 * for it. `dropped` is called instead when the peer went before. */
typedef struct st_upgraded st_upgraded;
typedef struct {
    void (*taken)(void *ctx, int fd, const void *early, size_t bytes,
                  st_upgraded *upgraded);
    void (*dropped)(void *ctx);
    void *ctx;
} st_upgrade;
void st_answer_upgrade(st_answer *answer, const char *protocol,
                       const st_upgrade *upgrade);
void st_upgraded_close(st_upgraded *upgraded); /* [any] */

#endif
