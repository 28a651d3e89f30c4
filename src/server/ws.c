#include "server/ws.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "server/metrics.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

enum { MAX_EVENTS = 64, LOOK_MS = 250, LINGER_MS = 2000 };

struct st_ws_peer {
    st_ws_peer *prev, *next;
    st_ws *ws;
    int fd;
    st_upgraded *upgraded;
    wslay_event_context_ptr wslay;
    const st_ws_handler *handler;
    void *ctx;
    unsigned char *early; /* read with the handshake */
    size_t early_bytes, early_at;
    int64_t heard_ns, pinged_ns, closing_ns;
    bool broken, opened, closing;
    int code; /* we closed with, 0: not */
    unsigned armed;
};

struct st_ws {
    pthread_mutex_t lock; /* recursive: handlers send */
    pthread_t thread;
    st_ws_options options;
    int epoll_fd, wake_fd;
    st_ws_peer *peers;
    int peer_count; /* and those being upgraded */
    bool stop, running;
    st_metric *open, *in, *out, *dropped;
};

static void wake(st_ws *ws) {
    const uint64_t one = 1;
    ssize_t n = write(ws->wake_fd, &one, sizeof one);
    (void)n; /* full: it is awake */
}

/* -- what wslay calls ------------------------------------------------------ */

static ssize_t on_recv(wslay_event_context_ptr wslay, uint8_t *buffer,
                       size_t bytes, int flags, void *ctx) {
    st_ws_peer *p = ctx;
    (void)flags;
    if (p->early_at < p->early_bytes) {
        size_t n = p->early_bytes - p->early_at;
        n = n < bytes ? n : bytes;
        memcpy(buffer, p->early + p->early_at, n);
        p->early_at += n;
        return (ssize_t)n;
    }
    ssize_t n = recv(p->fd, buffer, bytes, 0);
    if (n > 0) {
        p->heard_ns = st_clock_ns();
        return n;
    }
    bool later = n < 0 && (errno == EAGAIN || errno == EINTR);
    p->broken = p->broken || !later;
    wslay_event_set_error(wslay, later ? WSLAY_ERR_WOULDBLOCK
                                       : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t on_send(wslay_event_context_ptr wslay, const uint8_t *data,
                       size_t bytes, int flags, void *ctx) {
    st_ws_peer *p = ctx;
    ssize_t n = send(p->fd, data, bytes,
                     MSG_NOSIGNAL | (flags & WSLAY_MSG_MORE ? MSG_MORE : 0));
    if (n >= 0)
        return n;
    bool later = errno == EAGAIN || errno == EINTR;
    p->broken = p->broken || !later;
    wslay_event_set_error(wslay, later ? WSLAY_ERR_WOULDBLOCK
                                       : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static void on_message(wslay_event_context_ptr wslay,
                       const struct wslay_event_on_msg_recv_arg *arg,
                       void *ctx) {
    st_ws_peer *p = ctx;
    (void)wslay;
    if (wslay_is_ctrl_frame(arg->opcode) || p->closing)
        return;
    st_metric_add(p->ws->in, NULL, 1);
    if (p->handler->message != NULL)
        p->handler->message(p->ctx, p, arg->opcode == WSLAY_TEXT_FRAME,
                            arg->msg, arg->msg_length);
}

/* -- peers ----------------------------------------------------------------- */

static void unlink_peer(st_ws_peer *p) {
    st_ws *ws = p->ws;
    if (p->prev != NULL)
        p->prev->next = p->next;
    else
        ws->peers = p->next;
    if (p->next != NULL)
        p->next->prev = p->prev;
}

static int final_code(const st_ws_peer *p) {
    if (p->code != 0)
        return p->code;
    if (wslay_event_get_close_received(p->wslay)) {
        int code = wslay_event_get_status_code_received(p->wslay);
        return code != 0 ? code : WSLAY_CODE_NO_STATUS_RCVD;
    }
    int sent = wslay_event_get_status_code_sent(p->wslay);
    return sent != 0 ? sent : WSLAY_CODE_ABNORMAL_CLOSURE;
}

static void free_peer(st_ws_peer *p) {
    if (p->wslay != NULL)
        wslay_event_context_free(p->wslay);
    st_free(p->early);
    st_free(p);
}

static void drop_peer(st_ws_peer *p) {
    (void)epoll_ctl(p->ws->epoll_fd, EPOLL_CTL_DEL, p->fd, NULL);
    unlink_peer(p);
    p->ws->peer_count--;
    st_metric_add(p->ws->open, NULL, -1);
    if (p->opened && p->handler->closed != NULL)
        p->handler->closed(p->ctx, p, final_code(p));
    st_upgraded_close(p->upgraded);
    free_peer(p);
}

static void arm(st_ws_peer *p) {
    unsigned wanted =
        (wslay_event_want_read(p->wslay) ? (unsigned)EPOLLIN : 0U) |
        (wslay_event_want_write(p->wslay) ? (unsigned)EPOLLOUT : 0U);
    if (wanted == p->armed)
        return;
    struct epoll_event event = {.events = wanted, .data = {.ptr = p}};
    p->armed = wanted;
    (void)epoll_ctl(p->ws->epoll_fd, EPOLL_CTL_MOD, p->fd, &event);
}

static bool finished(const st_ws_peer *p) {
    return p->broken || (!wslay_event_want_read(p->wslay) &&
                         !wslay_event_want_write(p->wslay));
}

/* Read and write what goes; false: the peer is gone. */
static bool serve(st_ws_peer *p, unsigned events) {
    if (!p->opened) {
        p->opened = true;
        if (p->handler->opened != NULL)
            p->handler->opened(p->ctx, p);
        events |= EPOLLIN; /* what came with the handshake */
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) &&
        wslay_event_want_read(p->wslay) && wslay_event_recv(p->wslay) != 0 &&
        !p->broken)
        p->code = WSLAY_CODE_PROTOCOL_ERROR; /* its close frame is queued */
    if (!p->broken && wslay_event_want_write(p->wslay) &&
        wslay_event_send(p->wslay) != 0)
        p->broken = true;
    if (!p->closing && (wslay_event_get_close_sent(p->wslay) ||
                        wslay_event_get_close_received(p->wslay))) {
        p->closing = true;
        p->closing_ns = st_clock_ns();
    }
    if (finished(p) || (!(events & EPOLLIN) && (events & EPOLLHUP))) {
        drop_peer(p);
        return false;
    }
    arm(p);
    return true;
}

static void taken(void *ctx, int fd, const void *early, size_t bytes,
                  st_upgraded *upgraded) {
    st_ws_peer *p = ctx;
    st_ws *ws = p->ws;
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = p}};
    p->fd = fd;
    p->upgraded = upgraded;
    p->armed = EPOLLIN;
    p->heard_ns = p->pinged_ns = st_clock_ns();
    if (bytes > 0 && (p->early = st_calloc(bytes, 1)) != NULL) {
        memcpy(p->early, early, bytes);
        p->early_bytes = bytes;
    }
    pthread_mutex_lock(&ws->lock);
    bool ok = !ws->stop && (bytes == 0 || p->early != NULL) &&
              epoll_ctl(ws->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
    if (ok) {
        p->next = ws->peers;
        if (p->next != NULL)
            p->next->prev = p;
        ws->peers = p;
        st_metric_add(ws->open, NULL, 1);
    } else {
        ws->peer_count--;
    }
    pthread_mutex_unlock(&ws->lock);
    if (!ok) {
        st_upgraded_close(upgraded);
        free_peer(p);
        return;
    }
    wake(ws);
}

static void dropped(void *ctx) {
    st_ws_peer *p = ctx;
    pthread_mutex_lock(&p->ws->lock);
    p->ws->peer_count--;
    pthread_mutex_unlock(&p->ws->lock);
    free_peer(p);
}

/* -- the handshake --------------------------------------------------------- */

static bool has_token(const char *list, const char *token) {
    size_t n = strlen(token);
    while (list != NULL && *list != '\0') {
        list += strspn(list, " \t,");
        size_t word = strcspn(list, " \t,");
        if (word == n && strncasecmp(list, token, n) == 0)
            return true;
        list += word;
    }
    return false;
}

static bool handshake_ok(const st_request *r, const char *key) {
    unsigned char raw[24];
    size_t n = 0;
    const char *version = st_request_header(r, "Sec-WebSocket-Version");
    return key != NULL && version != NULL && strcmp(version, "13") == 0 &&
           has_token(st_request_header(r, "Upgrade"), "websocket") &&
           has_token(st_request_header(r, "Connection"), "upgrade") &&
           strlen(key) == 24 &&
           sodium_base642bin(raw, sizeof raw, key, 24, NULL, &n, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           n == 16;
}

static void put_accept(st_answer *answer, const char *key) {
    char text[64];
    unsigned char hash[20];
    char accept[32];
    (void)snprintf(text, sizeof text, "%s%s", key,
                   "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    (void)gnutls_hash_fast(GNUTLS_DIG_SHA1, text, strlen(text), hash);
    (void)sodium_bin2base64(accept, sizeof accept, hash, sizeof hash,
                            sodium_base64_VARIANT_ORIGINAL);
    st_answer_header(answer, "Sec-WebSocket-Accept", accept);
}

static st_ws_peer *new_peer(st_ws *ws, const st_ws_handler *handler,
                            void *ctx) {
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .on_msg_recv_callback = on_message,
    };
    st_ws_peer *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->ws = ws;
    p->handler = handler;
    p->ctx = ctx;
    if (wslay_event_context_server_init(&p->wslay, &callbacks, p) != 0) {
        st_free(p);
        return NULL;
    }
    wslay_event_config_set_max_recv_msg_length(p->wslay,
                                               ws->options.max_message_bytes);
    return p;
}

static bool reserve(st_ws *ws) {
    pthread_mutex_lock(&ws->lock);
    bool ok = !ws->stop && ws->peer_count < ws->options.max_peers;
    ws->peer_count += ok;
    pthread_mutex_unlock(&ws->lock);
    return ok;
}

void st_ws_open(st_ws *ws, st_request *request, st_answer *answer,
                const st_ws_handler *handler, void *ctx) {
    const char *key = st_request_header(request, "Sec-WebSocket-Key");
    if (!handshake_ok(request, key)) {
        st_answer_problem(answer, 426, "websocket-only",
                          "Open this address as a WebSocket, version 13.");
        st_answer_header(answer, "Sec-WebSocket-Version", "13");
        return;
    }
    if (!st_request_own_page(request)) {
        st_answer_problem(answer, 403, "foreign-origin",
                          "Pages of other sites may not open this socket.");
        return;
    }
    st_ws_peer *p = reserve(ws) ? new_peer(ws, handler, ctx) : NULL;
    if (p == NULL) {
        st_answer_problem(answer, 503, "too-many-sockets",
                          "Too many sockets are open: try again later.");
        return;
    }
    put_accept(answer, key);
    st_answer_upgrade(answer, "websocket", &(st_upgrade){taken, dropped, p});
}

/* -- sending --------------------------------------------------------------- */

static void begin_close(st_ws_peer *p, int code, const char *reason) {
    if (p->closing)
        return;
    p->closing = true;
    p->closing_ns = st_clock_ns();
    p->code = code;
    if (wslay_event_queue_close(p->wslay, (uint16_t)code,
                                (const uint8_t *)reason, strlen(reason)) != 0)
        p->broken = true;
}

void st_ws_close(st_ws_peer *p, int code, const char *reason) {
    pthread_mutex_lock(&p->ws->lock);
    begin_close(p, code, reason);
    pthread_mutex_unlock(&p->ws->lock);
    wake(p->ws);
}

static st_status queue_full(st_ws_peer *p, st_ws_policy policy) {
    st_metric_add(p->ws->dropped, NULL, 1);
    if (policy == ST_WS_DROP_PEER) { /* its close frame would wait as well */
        p->code = 1013;
        p->closing = p->broken = true;
    }
    return ST_LIMIT;
}

static st_status queue(st_ws_peer *p, uint8_t opcode, const void *data,
                       size_t bytes, st_ws_policy policy) {
    const struct wslay_event_msg message = {opcode, data, bytes};
    if (p->closing || p->broken)
        return ST_CANCELLED;
    if (wslay_event_get_queued_msg_length(p->wslay) + bytes >
        p->ws->options.max_queue_bytes)
        return queue_full(p, policy);
    return wslay_event_queue_msg(p->wslay, &message) == 0 ? ST_OK : ST_NO_MEM;
}

st_status st_ws_send(st_ws_peer *p, bool text, const void *data, size_t bytes,
                     st_ws_policy policy) {
    pthread_mutex_lock(&p->ws->lock);
    st_status status = queue(p, text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME,
                             data, bytes, policy);
    pthread_mutex_unlock(&p->ws->lock);
    if (status == ST_OK)
        st_metric_add(p->ws->out, NULL, 1);
    wake(p->ws);
    return status;
}

int st_ws_peers(st_ws *ws) {
    pthread_mutex_lock(&ws->lock);
    int count = ws->peer_count;
    pthread_mutex_unlock(&ws->lock);
    return count;
}

/* -- the thread ------------------------------------------------------------ */

static int64_t ms_since(int64_t now_ns, int64_t then_ns) {
    return (now_ns - then_ns) / 1000000;
}

/* Pings, peers that do not answer, and what was queued by other threads. */
static void look_at(st_ws_peer *p, int64_t now) {
    const int ping_ms = p->ws->options.ping_ms;
    if (!p->closing && ms_since(now, p->heard_ns) > 2 * (int64_t)ping_ms)
        p->broken = true;
    if (p->closing && ms_since(now, p->closing_ns) > LINGER_MS)
        p->broken = true;
    if (!p->closing && ms_since(now, p->pinged_ns) >= ping_ms) {
        p->pinged_ns = now;
        (void)wslay_event_queue_msg(
            p->wslay, &(struct wslay_event_msg){WSLAY_PING, NULL, 0});
    }
    (void)serve(p, 0);
}

static void look_at_all(st_ws *ws) {
    int64_t now = st_clock_ns();
    for (st_ws_peer *p = ws->peers, *next; p != NULL; p = next) {
        next = p->next;
        look_at(p, now);
    }
}

static void serve_events(st_ws *ws, struct epoll_event *events, int count) {
    uint64_t drop;
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr != NULL)
            (void)serve(events[i].data.ptr, events[i].events);
        else if (read(ws->wake_fd, &drop, sizeof drop) < 0)
            continue;
    }
    look_at_all(ws);
}

static void close_all(st_ws *ws) {
    for (st_ws_peer *p = ws->peers; p != NULL; p = p->next)
        begin_close(p, WSLAY_CODE_GOING_AWAY, "");
    look_at_all(ws);
    while (ws->peers != NULL)
        drop_peer(ws->peers);
}

static void *ws_main(void *ctx) {
    st_ws *ws = ctx;
    struct epoll_event events[MAX_EVENTS];
    for (;;) {
        int n = epoll_wait(ws->epoll_fd, events, MAX_EVENTS, LOOK_MS);
        pthread_mutex_lock(&ws->lock);
        if (ws->stop)
            break;
        serve_events(ws, events, n < 0 ? 0 : n);
        pthread_mutex_unlock(&ws->lock);
    }
    close_all(ws);
    pthread_mutex_unlock(&ws->lock);
    return NULL;
}

/* -- life ------------------------------------------------------------------ */

static void fill_options(st_ws_options *o) {
    if (o->ping_ms == 0)
        o->ping_ms = 20000;
    if (o->max_message_bytes == 0)
        o->max_message_bytes = 1 << 20;
    if (o->max_queue_bytes == 0)
        o->max_queue_bytes = 256 << 10;
    if (o->max_peers == 0)
        o->max_peers = 512;
}

static void add_metrics(st_ws *ws) {
    st_metrics *m = ws->options.metrics;
    if (m == NULL)
        return;
    ws->open = st_metrics_gauge(m, "stemma_ws_open", "Open WebSockets.", "");
    ws->in =
        st_metrics_counter(m, "stemma_ws_in_total", "Messages received.", "");
    ws->out =
        st_metrics_counter(m, "stemma_ws_out_total", "Messages queued.", "");
    ws->dropped = st_metrics_counter(m, "stemma_ws_dropped_total",
                                     "Messages that found no room.", "");
}

static bool start(st_ws *ws) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = NULL}};
    ws->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    ws->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ws->running =
        ws->epoll_fd >= 0 && ws->wake_fd >= 0 &&
        epoll_ctl(ws->epoll_fd, EPOLL_CTL_ADD, ws->wake_fd, &event) == 0 &&
        pthread_create(&ws->thread, NULL, ws_main, ws) == 0;
    return ws->running;
}

st_status st_ws_new(st_ws **out, const st_ws_options *options, st_err *err) {
    pthread_mutexattr_t attr;
    st_ws *ws = st_calloc(1, sizeof *ws);
    if (ws == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    ws->options = *options;
    fill_options(&ws->options);
    add_metrics(ws);
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&ws->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    if (!start(ws)) {
        st_ws_free(ws);
        return st_err_set(err, ST_IO,
                          "The sockets' thread could not be "
                          "started: raise the limit of open files "
                          "or threads.");
    }
    *out = ws;
    return ST_OK;
}

void st_ws_stop(st_ws *ws) {
    pthread_mutex_lock(&ws->lock);
    ws->stop = true;
    pthread_mutex_unlock(&ws->lock);
    wake(ws);
    if (ws->running)
        (void)pthread_join(ws->thread, NULL);
    ws->running = false;
}

void st_ws_free(st_ws *ws) {
    if (ws == NULL)
        return;
    st_ws_stop(ws);
    if (ws->epoll_fd >= 0)
        (void)close(ws->epoll_fd);
    if (ws->wake_fd >= 0)
        (void)close(ws->wake_fd);
    pthread_mutex_destroy(&ws->lock);
    st_free(ws);
}
