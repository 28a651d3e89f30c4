/* A server with a route for each thing the core can do, for the tests: prints
 * its port, runs until stdin ends. host OPTION=VALUE... (see main). */
#include "core/alloc.h"
#include "core/clock.h"
#include "server/cert.h"
#include "server/http.h"
#include "server/metrics.h"
#include "server/openapi.h"
#include "server/sse.h"
#include "server/ws.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
    st_sse *sse;
    st_ws *ws;
    st_metrics *metrics;
    const char *file;
    bool quiet;
} host;

/* -- plain answers --------------------------------------------------------- */

static st_next item_done(st_request *r, st_answer *a) {
    st_answer_json(a, 200,
                   json_pack("{s:s, s:I, s:b}", "id", st_request_path(r, "id"),
                             "count",
                             (json_int_t)st_request_int(r, "count", -1), "deep",
                             st_request_bool(r, "deep", false)));
    return ST_ANSWER;
}

static st_next rest_done(st_request *r, st_answer *a) {
    char text[512];
    if (!st_request_rest(r, text, sizeof text))
        text[0] = '\0';
    st_answer_bytes(a, 200, "text/plain", text, strlen(text));
    return ST_ANSWER;
}

static st_next echo_done(st_request *r, st_answer *a) {
    st_answer_json(a, 200, json_incref(st_request_json(r)));
    return ST_ANSWER;
}

static st_next text_done(st_request *r, st_answer *a) {
    char text[20000];
    (void)r;
    memset(text, 'a', sizeof text);
    st_answer_bytes(a, 200, "text/plain", text, sizeof text);
    return ST_ANSWER;
}

static st_next page_done(st_request *r, st_answer *a) {
    (void)r;
    st_answer_bytes(a, 200, "text/html", "<p>hello", 8);
    return ST_ANSWER;
}

static st_next slow_done(st_request *r, st_answer *a) {
    usleep((useconds_t)st_request_int(r, "ms", 100) * 1000);
    st_answer_empty(a, 204);
    return ST_ANSWER;
}

static st_next file_done(st_request *r, st_answer *a) {
    const host *h = st_request_server_ctx(r);
    int fd = open(h->file, O_RDONLY | O_CLOEXEC);
    st_answer_file(a, "audio/wav", fd, "\"file-1\"");
    return ST_ANSWER;
}

static st_next metrics_done(st_request *r, st_answer *a) {
    const host *h = st_request_server_ctx(r);
    size_t bytes = 0;
    char *text = st_metrics_text(h->metrics, &bytes);
    st_answer_bytes(a, 200, ST_METRICS_TYPE, text == NULL ? "" : text, bytes);
    st_free(text);
    return ST_ANSWER;
}

/* -- streams --------------------------------------------------------------- */

static st_next sink_chunk(st_request *r, const void *data, size_t bytes,
                          size_t *taken, st_answer *a) {
    (void)r;
    (void)a;
    *taken = bytes;
    if (((const char *)data)[0] == '!') {
        st_answer_problem(a, 422, "not-audio", "That is no audio.");
        return ST_ANSWER;
    }
    return ST_GO;
}

static st_next sink_done(st_request *r, st_answer *a) {
    st_answer_json(
        a, 200,
        json_pack("{s:I}", "bytes", (json_int_t)st_request_received(r)));
    return ST_ANSWER;
}

/* Takes 64 KiB, then waits 2 ms for another thread: back-pressure. */
static void *wake_later(void *ctx) {
    usleep(2000);
    st_request_wake(ctx);
    return NULL;
}

static st_next lazy_chunk(st_request *r, const void *data, size_t bytes,
                          size_t *taken, st_answer *a) {
    intptr_t *left = (intptr_t *)st_request_data(r);
    pthread_t thread;
    (void)data;
    (void)a;
    if (*left <= 0) {
        *left = 65536;
        if (pthread_create(&thread, NULL, wake_later, r) != 0)
            return ST_GO;
        (void)pthread_detach(thread);
        return ST_WAIT;
    }
    *taken = bytes < (size_t)*left ? bytes : (size_t)*left;
    *left -= (intptr_t)*taken;
    return ST_GO;
}

static ssize_t pour(void *ctx, void *data, size_t max) {
    int64_t *left = ctx;
    size_t n = (int64_t)max < *left ? max : (size_t)*left;
    if (n == 0)
        return ST_STREAM_END;
    memset(data, 'x', n);
    *left -= (int64_t)n;
    return (ssize_t)n;
}

static st_next pour_done(st_request *r, st_answer *a) {
    int64_t *left = malloc(sizeof *left);
    if (left == NULL)
        return ST_ANSWER;
    *left = st_request_int(r, "bytes", 0);
    bool known = st_request_bool(r, "known", false);
    st_answer_stream(a, 200, "application/octet-stream",
                     &(st_stream){pour, free, left, known ? *left : -1});
    return ST_ANSWER;
}

/* -- events and sockets ---------------------------------------------------- */

static st_next events_done(st_request *r, st_answer *a) {
    const host *h = st_request_server_ctx(r);
    st_sse_open(h->sse, r, a, st_request_query(r, "topics"));
    return ST_ANSWER;
}

static st_next say_done(st_request *r, st_answer *a) {
    const host *h = st_request_server_ctx(r);
    json_t *doc = st_request_json(r);
    int times = (int)json_integer_value(json_object_get(doc, "times"));
    st_status status = ST_OK;
    for (int i = 0; i < (times > 0 ? times : 1) && status == ST_OK; i++)
        status =
            st_sse_say(h->sse, json_string_value(json_object_get(doc, "topic")),
                       json_string_value(json_object_get(doc, "event")),
                       json_string_value(json_object_get(doc, "data")));
    st_answer_empty(a, status == ST_OK ? 204 : 500);
    return ST_ANSWER;
}

static void on_message(void *ctx, st_ws_peer *peer, bool text, const void *data,
                       size_t bytes) {
    (void)ctx;
    if (bytes == 5 && memcmp(data, "close", 5) == 0) {
        st_ws_close(peer, 4001, "asked");
    } else if (bytes == 5 && memcmp(data, "flood", 5) == 0) {
        static const char block[8192];
        for (int i = 0; i < 4096; i++)
            if (st_ws_send(peer, false, block, sizeof block, ST_WS_DROP_PEER) !=
                ST_OK)
                break;
    } else if (st_ws_send(peer, text, data, bytes, ST_WS_DROP_MESSAGE) !=
               ST_OK) {
        st_ws_close(peer, 1013, "");
    }
}

static st_next ws_done(st_request *r, st_answer *a) {
    static const st_ws_handler handler = {.message = on_message};
    const host *h = st_request_server_ctx(r);
    st_ws_open(h->ws, r, a, &handler, NULL);
    return ST_ANSWER;
}

/* -- the table ------------------------------------------------------------- */

static const st_http_param item_params[] = {
    {"id", ST_IN_PATH, ST_TEXT, true, 1, 64, NULL, "Which."},
    {"count", ST_IN_QUERY, ST_INTEGER, false, 1, 100, NULL, "How many."},
    {"deep", ST_IN_QUERY, ST_BOOLEAN, false, 0, 0, NULL, "All of it?"},
    {"kind", ST_IN_QUERY, ST_CHOICE, false, 0, 0, "wav flac", "Which kind."},
    {.name = NULL}};
static const st_http_param rest_params[] = {
    {"rest", ST_IN_PATH, ST_TEXT, true, 0, 0, NULL, "The rest."},
    {.name = NULL}};
static const st_http_param slow_params[] = {
    {"ms", ST_IN_QUERY, ST_INTEGER, false, 0, 10000, NULL, "How long."},
    {.name = NULL}};
static const st_http_param pour_params[] = {
    {"bytes", ST_IN_QUERY, ST_INTEGER, true, 0, INT64_MAX, NULL, "Of it."},
    {"known", ST_IN_QUERY, ST_BOOLEAN, false, 0, 0, NULL, "A length?"},
    {.name = NULL}};
static const st_http_param events_params[] = {
    {"topics", ST_IN_QUERY, ST_TEXT, true, 1, 512, NULL, "a,b"},
    {.name = NULL}};
static const st_reply json_reply[] = {{200, "application/json", "Item", "It."},
                                      {.status = 0}};

static const st_route routes[] = {
    {.method = ST_GET,
     .path = "/v1/items/{id}",
     .id = "item_get",
     .summary = "One item.",
     .tag = "items",
     .params = item_params,
     .replies = json_reply,
     .flags = ST_ROUTE_ETAG,
     .done = item_done},
    {.method = ST_POST,
     .path = "/v1/echo",
     .id = "echo",
     .summary = "Echo.",
     .body = ST_BODY_JSON,
     .max_body_bytes = 4096,
     .body_schema = "Item",
     .replies = json_reply,
     .done = echo_done},
    {.method = ST_GET,
     .path = "/v1/text",
     .id = "text",
     .summary = "Text.",
     .flags = ST_ROUTE_ETAG,
     .done = text_done},
    {.method = ST_GET,
     .path = "/page",
     .id = "page",
     .summary = "A page.",
     .flags = ST_ROUTE_HIDDEN,
     .done = page_done},
    {.method = ST_GET,
     .path = "/rest/{rest*}",
     .id = "rest",
     .summary = "The rest.",
     .params = rest_params,
     .done = rest_done},
    {.method = ST_GET,
     .path = "/v1/slow",
     .id = "slow",
     .summary = "Slow.",
     .params = slow_params,
     .flags = ST_ROUTE_SLOW,
     .done = slow_done},
    {.method = ST_GET,
     .path = "/v1/file",
     .id = "file",
     .summary = "File.",
     .done = file_done},
    {.method = ST_PUT,
     .path = "/v1/sink",
     .id = "sink",
     .summary = "Sink.",
     .body = ST_BODY_STREAM,
     .chunk = sink_chunk,
     .done = sink_done},
    {.method = ST_PUT,
     .path = "/v1/lazy",
     .id = "lazy",
     .summary = "Lazy.",
     .body = ST_BODY_STREAM,
     .chunk = lazy_chunk,
     .done = sink_done},
    {.method = ST_GET,
     .path = "/v1/pour",
     .id = "pour",
     .summary = "Pour.",
     .params = pour_params,
     .done = pour_done},
    {.method = ST_GET,
     .path = "/v1/secret",
     .id = "secret",
     .summary = "Secret.",
     .rule = ST_RULE_OWNER,
     .done = text_done},
    {.method = ST_GET,
     .path = "/v1/events",
     .id = "events",
     .summary = "Events.",
     .params = events_params,
     .done = events_done},
    {.method = ST_POST,
     .path = "/v1/say",
     .id = "say",
     .summary = "Say.",
     .body = ST_BODY_JSON,
     .done = say_done},
    {.method = ST_GET,
     .path = "/v1/ws",
     .id = "ws",
     .summary = "Socket.",
     .done = ws_done},
    {.method = ST_GET,
     .path = "/metrics",
     .id = "metrics",
     .summary = "Metrics.",
     .done = metrics_done},
};
enum { ROUTES = sizeof routes / sizeof routes[0] };

/* -- the program ----------------------------------------------------------- */

static void on_record(void *ctx, const st_http_record *record) {
    const host *h = ctx;
    char line[1024];
    if (h->quiet)
        return;
    st_http_record_json(record, line, sizeof line);
    (void)fprintf(stderr, "%s\n", line);
}

static int allow(void *ctx, st_request *r, st_rule rule) {
    const char *key = st_request_header(r, "Authorization");
    (void)ctx;
    if (rule == ST_RULE_OPEN)
        return 0;
    return key == NULL ? 401 : strcmp(key, "Bearer owner") == 0 ? 0 : 403;
}

static int fail(const st_err *err) {
    (void)fprintf(stderr, "%s\n", err->text);
    return 1;
}

static const char *option(int argc, char **argv, const char *name) {
    size_t n = strlen(name);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=')
            return argv[i] + n + 1;
    return NULL;
}

static int number(int argc, char **argv, const char *name) {
    const char *text = option(argc, argv, name);
    return text == NULL ? 0 : atoi(text);
}

/* Sanitizers need memory of their own: sizes are not looked at then. */
static bool sanitized(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#else
    return false;
#endif
#else
    return false;
#endif
}

static void raise_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int print_openapi(void) {
    json_t *schemas = json_pack("{s:{s:s}}", "Item", "type", "object");
    json_t *doc = st_openapi_make(routes, ROUTES, "Test", "1", schemas);
    int bad = json_dumpf(doc, stdout, JSON_INDENT(1));
    for (int i = 0; i < ROUTES; i++)
        (void)fprintf(stderr, "%d %s %s %u\n", (int)routes[i].method,
                      routes[i].path, routes[i].id, routes[i].flags);
    json_decref(schemas);
    json_decref(doc);
    return bad != 0;
}

/* Lines on stdin are commands; its end is ours. */
static void obey(st_cert *cert, const char *folder) {
    char line[64];
    st_err err = {0};
    (void)folder;
    while (fgets(line, sizeof line, stdin) != NULL)
        if (strncmp(line, "reload", 6) == 0 && cert != NULL)
            (void)printf("%s\n", st_cert_reload(cert, &err) == ST_OK
                                     ? "reloaded"
                                     : err.text),
                (void)fflush(stdout);
}

int main(int argc, char **argv) {
    static const char *const origins[] = {"https://friend.example", NULL};
    static const char *const names[] = {"studio.test", "192.0.2.7", NULL};
    host h = {.file = option(argc, argv, "file"),
              .quiet = option(argc, argv, "quiet") != NULL};
    const char *tls = option(argc, argv, "tls");
    st_cert *cert = NULL;
    st_http *http = NULL;
    st_err err = {0};
    raise_limit();
    if (argc > 1 && strcmp(argv[1], "openapi") == 0)
        return print_openapi();
    h.metrics = st_metrics_new();
    if (tls != NULL && st_cert_new(&cert, tls, names, &err) != ST_OK)
        return fail(&err);
    const st_sse_options sse = {.metrics = h.metrics,
                                .ring_events = number(argc, argv, "ring"),
                                .beat_ms = number(argc, argv, "beat")};
    const st_ws_options ws = {.metrics = h.metrics,
                              .ping_ms = number(argc, argv, "ping"),
                              .max_message_bytes = 65536};
    if (st_sse_new(&h.sse, &sse, &err) != ST_OK ||
        st_ws_new(&h.ws, &ws, &err) != ST_OK)
        return fail(&err);
    const st_http_options options = {.listen = "127.0.0.1:0",
                                     .routes = routes,
                                     .route_count = ROUTES,
                                     .ctx = &h,
                                     .cert = cert,
                                     .allow = allow,
                                     .origins = origins,
                                     .header_ms = number(argc, argv, "header"),
                                     .idle_ms = number(argc, argv, "idle"),
                                     .stall_ms = number(argc, argv, "stall"),
                                     .min_body_bytes_per_s =
                                         number(argc, argv, "rate"),
                                     .max_per_ip = number(argc, argv, "per_ip"),
                                     .metrics = h.metrics,
                                     .record = on_record};
    if (st_http_new(&http, &options, &err) != ST_OK)
        return fail(&err);
    (void)printf("%d %d %d\n", st_http_port(http), (int)getpid(),
                 (int)sanitized());
    (void)fflush(stdout);
    obey(cert, tls);
    st_ws_stop(h.ws);
    st_sse_stop(h.sse);
    st_http_free(http);
    st_sse_free(h.sse);
    st_ws_free(h.ws);
    st_cert_free(cert);
    st_metrics_free(h.metrics);
    return 0;
}
