/* Requests: what handlers ask of one, and how one sleeps and is woken. */
#include "server/http_impl.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "server/fields.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const st_method_names[ST_METHOD_COUNT] = {
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

/* A UUIDv7 (RFC 9562): time in front, so that logs sort. */
static void make_id(char text[65]) {
    unsigned char b[16];
    uint64_t ms = (uint64_t)(st_clock_utc_us() / 1000);
    randombytes_buf(b, sizeof b);
    for (int i = 0; i < 6; i++)
        b[i] = (unsigned char)(ms >> (8 * (5 - i)));
    b[6] = (unsigned char)(0x70 | (b[6] & 15));
    b[8] = (unsigned char)(0x80 | (b[8] & 63));
    (void)snprintf(text, 65,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                   "%02x%02x%02x%02x%02x%02x",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
                   b[10], b[11], b[12], b[13], b[14], b[15]);
}

static void put_peer(st_request *r) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->wire, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info == NULL || info->client_addr == NULL)
        return;
    const void *address = info->client_addr;
    if (info->client_addr->sa_family == AF_INET6)
        (void)inet_ntop(AF_INET6,
                        &((const struct sockaddr_in6 *)address)->sin6_addr,
                        r->peer, sizeof r->peer);
    else
        (void)inet_ntop(AF_INET,
                        &((const struct sockaddr_in *)address)->sin_addr,
                        r->peer, sizeof r->peer);
}

static void link_request(st_request *r) {
    pthread_mutex_lock(&r->http->lock);
    r->next = r->http->requests;
    if (r->next != NULL)
        r->next->prev = r;
    r->http->requests = r;
    r->linked = true;
    pthread_mutex_unlock(&r->http->lock);
}

void st_request_unlink(st_request *r) {
    if (!r->linked)
        return;
    pthread_mutex_lock(&r->http->lock);
    if (r->prev != NULL)
        r->prev->next = r->next;
    else
        r->http->requests = r->next;
    if (r->next != NULL)
        r->next->prev = r->prev;
    r->linked = false;
    pthread_mutex_unlock(&r->http->lock);
}

st_request *st_request_new(st_http *http, const char *raw,
                           struct MHD_Connection *wire) {
    size_t bytes = raw == NULL ? 0 : strlen(raw);
    st_request *r = st_calloc(1, sizeof *r + bytes + 1);
    if (r == NULL)
        return NULL;
    r->http = http;
    r->wire = wire;
    r->raw_at = raw;
    r->raw_bytes = bytes;
    r->rest = -1;
    r->began_ns = st_clock_ns();
    if (raw != NULL)
        memcpy(r->raw, raw, bytes);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(wire, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    r->conn = info == NULL ? NULL : info->socket_context;
    pthread_mutex_init(&r->lock, NULL);
    st_answer_init(&r->answer);
    make_id(r->id);
    put_peer(r);
    r->tls = http->options.cert != NULL;
    link_request(r);
    return r;
}

void st_request_free(st_request *r) {
    if (r == NULL)
        return;
    st_request_unlink(r);
    if (r->reader != NULL)
        r->answer.send = ST_SEND_NOTHING;
    st_answer_deinit(&r->answer);
    json_decref(r->json);
    free(r->body);
    /* whoever woke it last may still hold the lock */
    pthread_mutex_lock(&r->lock);
    pthread_mutex_unlock(&r->lock);
    pthread_mutex_destroy(&r->lock);
    st_free(r);
}

bool st_request_sleep(st_request *r) {
    pthread_mutex_lock(&r->lock);
    bool sleeps = !r->woken && !atomic_load(&r->http->stopping);
    if (sleeps) {
        MHD_suspend_connection(r->wire);
        r->asleep = true;
    }
    r->woken = false;
    pthread_mutex_unlock(&r->lock);
    return sleeps;
}

void st_request_wake(st_request *r) {
    pthread_mutex_lock(&r->lock);
    if (r->asleep && !r->working) {
        r->asleep = false;
        MHD_resume_connection(r->wire);
    } else {
        r->woken = true;
    }
    pthread_mutex_unlock(&r->lock);
}

const st_route *st_request_route(const st_request *r) {
    return r->route;
}

void *st_request_server_ctx(const st_request *r) {
    return r->http->options.ctx;
}

void **st_request_data(st_request *r) {
    return &r->data;
}

void **st_request_user(st_request *r) {
    return &r->user;
}

const char *st_request_id(const st_request *r) {
    return r->id;
}

const char *st_request_peer(const st_request *r) {
    return r->peer;
}

bool st_request_is_head(const st_request *r) {
    return r->head;
}

bool st_request_is_tls(const st_request *r) {
    return r->tls;
}

const char *st_request_path(const st_request *r, const char *name) {
    int at = st_target_param(r->route->path, name);
    return at < 0 ? NULL : r->path_values[at];
}

bool st_request_rest(const st_request *r, char *text, size_t bytes) {
    size_t used = 0;
    if (r->rest < 0 || bytes == 0)
        return false;
    for (int i = r->rest; i < r->target.segment_count; i++) {
        int n = snprintf(text + used, bytes - used, "%s%s",
                         i > r->rest ? "/" : "", r->target.segments[i]);
        if (n < 0 || (size_t)n >= bytes - used)
            return false;
        used += (size_t)n;
    }
    return true;
}

const char *st_request_query(const st_request *r, const char *name) {
    return st_target_query(&r->target, name);
}

const char *st_request_header(const st_request *r, const char *name) {
    return MHD_lookup_connection_value(r->wire, MHD_HEADER_KIND, name);
}

static const char *param_text(const st_request *r, const char *name) {
    for (const st_http_param *p = r->route->params;
         p != NULL && p->name != NULL; p++)
        if (strcmp(p->name, name) == 0)
            return p->place == ST_IN_PATH    ? st_request_path(r, name)
                   : p->place == ST_IN_QUERY ? st_request_query(r, name)
                                             : st_request_header(r, name);
    return NULL;
}

int64_t st_request_int(const st_request *r, const char *name, int64_t missing) {
    const char *text = param_text(r, name);
    return text == NULL ? missing : strtoll(text, NULL, 10);
}

bool st_request_bool(const st_request *r, const char *name, bool missing) {
    const char *text = param_text(r, name);
    return text == NULL ? missing
                        : strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

int64_t st_request_length(const st_request *r) {
    return r->length;
}

int64_t st_request_received(const st_request *r) {
    return r->received;
}

json_t *st_request_json(const st_request *r) {
    return r->json;
}
