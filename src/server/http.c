#include "server/http_impl.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "server/fields.h"
#include "server/http_flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of each connection's pool. More than 32 KiB, so that it is mapped and only
 * pages that are used cost memory; it also bounds a header section (39 KiB). */
enum { POOL_BYTES = 40 * 1024, BACKLOG = 512 };

/* -- options --------------------------------------------------------------- */

static void set_default(int *value, int otherwise) {
    if (*value == 0)
        *value = otherwise;
}

static void fill_options(st_http_options *o) {
    set_default(&o->threads, 2);
    set_default(&o->workers, 4);
    set_default(&o->max_connections, 2048);
    set_default(&o->max_per_ip, 1024);
    set_default(&o->header_ms, 10000);
    set_default(&o->idle_ms, 30000);
    set_default(&o->stall_ms, 60000);
    set_default(&o->min_body_bytes_per_s, 512);
    if (o->max_drain_bytes == 0)
        o->max_drain_bytes = 1 << 20;
    if (o->page_csp == NULL)
        o->page_csp = "default-src 'self'; object-src 'none'; "
                      "base-uri 'none'; frame-ancestors 'self'";
}

static bool param_ok(const st_route *route, const st_http_param *p) {
    bool in_path = st_target_param(route->path, p->name) >= 0;
    return in_path == (p->place == ST_IN_PATH) &&
           (p->type != ST_CHOICE || p->values != NULL);
}

static bool route_ok(const st_route *route) {
    if (route->path == NULL || route->path[0] != '/' || route->id == NULL ||
        route->done == NULL || (unsigned)route->method >= ST_METHOD_COUNT)
        return false;
    for (const st_http_param *p = route->params; p && p->name; p++)
        if (!param_ok(route, p))
            return false;
    return true;
}

static st_status check_options(const st_http_options *o, st_err *err) {
    if (o->threads < 1 || o->threads > 16 || o->workers < 1 ||
        o->workers > 64 || o->listen == NULL)
        return st_err_set(err, ST_BAD_ARG,
                          "The server takes 1 to 16 threads, 1 to 64 workers "
                          "and an address to listen on.");
    for (int i = 0; i < o->route_count; i++)
        if (!route_ok(&o->routes[i]))
            return st_err_set(err, ST_BAD_ARG,
                              "Row %d of the table of routes is not sound.", i);
    return ST_OK;
}

/* -- the socket ------------------------------------------------------------ */

static st_status bad_address(const char *text, st_err *err) {
    return st_err_set(err, ST_BAD_ARG,
                      "Cannot listen on %s: write ADDRESS:PORT, as in "
                      "127.0.0.1:8600 or [::]:8600.",
                      text);
}

static st_status find_address(st_http *http, struct addrinfo **out,
                              st_err *err) {
    const char *text = http->options.listen;
    const char *colon = strrchr(text, ':');
    char name[64] = "";
    struct addrinfo hints = {.ai_flags =
                                 AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    if (colon == NULL)
        return bad_address(text, err);
    size_t n = (size_t)(colon - text);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    if (n == 0 || n >= sizeof name)
        return bad_address(http->options.listen, err);
    (void)snprintf(name, sizeof name, "%.*s", (int)n, text);
    if (strcmp(name, "localhost") == 0)
        (void)snprintf(name, sizeof name, "127.0.0.1");
    (void)snprintf(http->listen_name, sizeof http->listen_name, "%s", name);
    if (getaddrinfo(name, colon + 1, &hints, out) != 0)
        return bad_address(http->options.listen, err);
    return ST_OK;
}

/* The port stands at the same place in both kinds of address. */
static void note_port(st_http *http, int fd) {
    struct sockaddr_in6 at = {0};
    socklen_t bytes = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &bytes) == 0)
        http->port = ntohs(at.sin6_port);
}

static st_status open_socket(st_http *http, int *out, st_err *err) {
    struct addrinfo *at = NULL;
    const int on = 1;
    st_status status = find_address(http, &at, err);
    if (status != ST_OK || at == NULL)
        return status;
    int fd =
        socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, at->ai_addr, at->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0) {
        status = st_err_set(err, ST_IO,
                            "Cannot listen on %s (%s): is another server "
                            "there? Choose another port.",
                            http->options.listen, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
    } else {
        note_port(http, fd);
        *out = fd;
    }
    freeaddrinfo(at);
    return status;
}

/* -- the daemon ------------------------------------------------------------ */

static void on_log(void *cls, const char *format, va_list args) {
    const st_http *http = cls;
    char text[512];
    if (http->options.log == NULL ||
        vsnprintf(text, sizeof text, format, args) < 0)
        return;
    text[strcspn(text, "\n")] = '\0';
    st_log_print(http->options.log, ST_LOG_DEBUG, "http", "%s", text);
}

static size_t keep_escapes(void *cls, struct MHD_Connection *wire, char *text) {
    (void)cls;
    (void)wire;
    return strlen(text); /* st_target_parse reads the raw target */
}

/* TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers. */
static char priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:"
    "+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM";

static st_status start_daemon(st_http *http, int fd, st_err *err) {
    const st_http_options *o = &http->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
                     (o->cert != NULL ? (unsigned)MHD_USE_TLS : 0U);
    struct MHD_OptionItem more[8] = {{MHD_OPTION_END, 0, NULL}};
    int n = 0;
    if (o->threads > 1)
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE,
                                            o->threads, NULL};
    if (o->cert != NULL) {
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
                                            st_tls_callback()};
        more[n++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, priorities};
    }
    more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, st_flow_access, http, MHD_OPTION_EXTERNAL_LOGGER,
        on_log, http, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->max_connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)o->max_per_ip,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((o->stall_ms + 999) / 1000),
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
        st_flow_target, http, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, st_flow_completed, http,
        MHD_OPTION_NOTIFY_CONNECTION, st_flow_connection, http,
        MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (http->daemon != NULL)
        return ST_OK;
    return st_err_set(err, ST_IO,
                      "The server on %s could not be started: look at its log "
                      "and at the limits of open files and threads.",
                      o->listen);
}

static st_status start(st_http *http, st_err *err) {
    int fd = -1;
    st_status status = check_options(&http->options, err);
    if (status == ST_OK)
        status = open_socket(http, &fd, err);
    if (status != ST_OK)
        return status;
    status = start_daemon(http, fd, err);
    if (status != ST_OK)
        (void)close(fd);
    return status;
}

st_status st_http_new(st_http **out, const st_http_options *options,
                      st_err *err) {
    st_http *http = st_calloc(1, sizeof *http);
    if (http == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    http->options = *options;
    fill_options(&http->options);
    pthread_mutex_init(&http->lock, NULL);
    st_status status = st_watch_start(&http->watch, &http->options);
    st_status workers = st_workers_start(
        &http->workers, http->options.workers < 1 || http->options.workers > 64
                            ? 1
                            : http->options.workers);
    if (http->options.metrics != NULL) {
        http->metrics = st_http_metrics_new(http->options.metrics);
        if (http->metrics == NULL)
            status = ST_NO_MEM;
    }
    if (status != ST_OK || workers != ST_OK)
        status = st_err_set(err, ST_IO,
                            "The threads of the server could not "
                            "be started: free some memory.");
    else
        status = start(http, err);
    if (status != ST_OK)
        st_http_free(http);
    else
        *out = http;
    return status;
}

static void wake_all(st_http *http) {
    pthread_mutex_lock(&http->lock);
    for (st_request *r = http->requests; r != NULL; r = r->next)
        st_request_wake(r);
    pthread_mutex_unlock(&http->lock);
}

void st_http_free(st_http *http) {
    if (http == NULL)
        return;
    atomic_store(&http->stopping, true);
    st_workers_stop(&http->workers);
    wake_all(http);
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    st_watch_stop(&http->watch);
    st_http_metrics_free(http->metrics);
    pthread_mutex_destroy(&http->lock);
    st_free(http);
}

int st_http_port(const st_http *http) {
    return http->port;
}

const st_http_options *st_http_options_get(const st_http *http) {
    return &http->options;
}

void st_http_record_json(const st_http_record *record, char *text,
                         size_t bytes) {
    json_t *doc = json_pack(
        "{s:s, s:s, s:s, s:i, s:I, s:I, s:f, s:s, s:s*}", "id", record->id,
        "method", record->method, "route", record->route, "status",
        record->status, "in_bytes", (json_int_t)record->in_bytes, "out_bytes",
        (json_int_t)record->out_bytes, "ms", record->seconds * 1000.0, "peer",
        record->peer, "trace", record->trace);
    char *line = doc == NULL
                     ? NULL
                     : json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(6));
    (void)snprintf(text, bytes, "%s", line == NULL ? "{}" : line);
    free(line);
    json_decref(doc);
}
