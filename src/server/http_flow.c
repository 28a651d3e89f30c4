#include "server/http_flow.h"

#include "core/clock.h"
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

/* -- steps: each gives what comes next -------------------------------------
 */

static enum MHD_Result send_now(st_request *r) {
    r->at = ST_AT_SENT;
    st_watch_phase(r->conn, ST_PHASE_OURS);
    return st_send_answer(r);
}

static enum MHD_Result sleep_or_again(st_request *r, bool *again) {
    *again = !st_request_sleep(r);
    return *again && atomic_load(&r->http->stopping) ? MHD_NO : MHD_YES;
}

/* The gate and `begin`, at the first call. */
static enum MHD_Result step_begin(st_request *r) {
    bool again = true;
    while (again) {
        st_next next =
            r->route->begin == NULL ? ST_GO : r->route->begin(r, &r->answer);
        if (next == ST_ANSWER)
            return send_now(r);
        if (next == ST_GO) {
            r->at = ST_AT_BODY;
            st_watch_phase(r->conn, ST_PHASE_BODY);
            return MHD_YES;
        }
        if (sleep_or_again(r, &again) == MHD_NO)
            return MHD_NO;
    }
    return MHD_YES;
}

static void too_large(st_request *r, int64_t most) {
    st_answer_problem(&r->answer, 413, "too-large",
                      "This address takes a body of at most %lld bytes.",
                      (long long)most);
    r->draining = true;
}

static void gather(st_request *r, const char *data, size_t bytes) {
    char *grown = realloc(r->body, (size_t)r->received + bytes + 1);
    if (grown == NULL) {
        st_answer_problem(&r->answer, 503, "no-memory",
                          "Too busy to read this now: try again.");
        r->draining = true;
        return;
    }
    r->body = grown;
    memcpy(grown + r->received, data, bytes);
}

/* Takes what it can of the body; *taken < bytes only when asleep. */
static enum MHD_Result step_stream(st_request *r, const char *data,
                                   size_t bytes, size_t *taken) {
    bool again = false;
    while (*taken < bytes && !r->draining) {
        size_t used = 0;
        st_next next = r->route->chunk == NULL
                           ? (used = bytes - *taken, ST_GO)
                           : r->route->chunk(r, data + *taken, bytes - *taken,
                                             &used, &r->answer);
        *taken += used;
        r->received += (int64_t)used;
        if (next == ST_ANSWER)
            r->draining = true;
        if (next == ST_WAIT) {
            if (sleep_or_again(r, &again) == MHD_NO)
                return MHD_NO;
            if (!again) {
                st_watch_phase(r->conn, ST_PHASE_OURS);
                return MHD_YES;
            }
        }
    }
    return MHD_YES;
}

static enum MHD_Result drain(st_request *r, size_t bytes) {
    r->drained += (int64_t)bytes;
    return r->drained > r->http->options.max_drain_bytes ? MHD_NO : MHD_YES;
}

static enum MHD_Result step_body(st_request *r, const char *data,
                                 size_t *bytes) {
    int64_t most = r->route->max_body_bytes > 0     ? r->route->max_body_bytes
                   : r->route->body == ST_BODY_JSON ? ST_HTTP_JSON_BYTES
                                                    : INT64_MAX;
    size_t taken = 0;
    enum MHD_Result ok = MHD_YES;
    if (r->conn != NULL) {
        if (atomic_load(&r->conn->phase) != ST_PHASE_BODY)
            st_watch_phase(r->conn, ST_PHASE_BODY);
        atomic_fetch_add(&r->conn->bytes, (long long)*bytes);
    }
    if (!r->draining && (int64_t)*bytes > most - r->received)
        too_large(r, most);
    if (!r->draining && r->route->body == ST_BODY_JSON) {
        gather(r, data, *bytes);
        if (!r->draining) {
            r->received += (int64_t)*bytes;
            taken = *bytes;
        }
    } else if (!r->draining) {
        ok = step_stream(r, data, *bytes, &taken);
    }
    if (ok == MHD_YES && r->draining) {
        ok = drain(r, *bytes - taken);
        taken = *bytes;
    }
    *bytes -= taken;
    return ok;
}

static bool read_json(st_request *r) {
    st_err err = {0};
    if (r->route->body != ST_BODY_JSON || r->json != NULL)
        return true;
    if (r->received == 0) {
        if (r->route->flags & ST_ROUTE_MAY_BE_EMPTY)
            return true;
        st_answer_problem(&r->answer, 422, "not-valid",
                          "Send a JSON body; there was none.");
        return false;
    }
    if (st_json_load(&r->json, r->body, (size_t)r->received, NULL, &err) ==
        ST_OK)
        return true;
    st_answer_problem(&r->answer, 400, "bad-json", "The body: %s", err.text);
    return false;
}

/* A slow route's `done` is on its way; false when it has come back. */
static bool send_to_worker(st_request *r) {
    pthread_mutex_lock(&r->lock);
    bool back = r->worked;
    if (!back && !atomic_load(&r->http->stopping)) {
        MHD_suspend_connection(r->wire);
        r->asleep = r->working = true;
    }
    bool away = r->working;
    pthread_mutex_unlock(&r->lock);
    if (away)
        st_workers_push(&r->http->workers, r);
    return away;
}

static enum MHD_Result step_slow(st_request *r) {
    if (send_to_worker(r))
        return MHD_YES;
    if (!r->worked || atomic_load(&r->http->stopping))
        return MHD_NO;
    if (r->worked_next != ST_ANSWER)
        st_answer_problem(&r->answer, 500, "internal",
                          "The handler gave no answer: please report this.");
    return send_now(r);
}

static bool footers_sent(const st_request *r) {
    return MHD_get_connection_values(r->wire, MHD_FOOTER_KIND, NULL, NULL) > 0;
}

static bool body_complete(st_request *r) {
    if (footers_sent(r)) {
        st_answer_problem(&r->answer, 400, "malformed-request",
                          "Trailer fields are not taken.");
        return false;
    }
    return read_json(r);
}

static enum MHD_Result step_done(st_request *r) {
    bool again = true;
    if (r->at == ST_AT_BODY) {
        r->at = ST_AT_DONE;
        st_watch_phase(r->conn, ST_PHASE_OURS);
        if (r->draining || !body_complete(r))
            return send_now(r);
    }
    if (r->route->flags & ST_ROUTE_SLOW)
        return step_slow(r);
    while (again) {
        st_next next = r->route->done(r, &r->answer);
        if (next != ST_WAIT)
            return send_now(r);
        if (sleep_or_again(r, &again) == MHD_NO)
            return MHD_NO;
    }
    return MHD_YES;
}

/* -- what the library calls ------------------------------------------------ */

static enum MHD_Result first_call(st_request *r, const char *method,
                                  const char *version, const char *url) {
    if (r->at == ST_AT_GATE) {
        r->at = ST_AT_BEGIN;
        st_gate_pass(r, method, version, url);
        if (!r->entered)
            return send_now(r);
    }
    return step_begin(r);
}

enum MHD_Result st_flow_access(void *cls, struct MHD_Connection *wire,
                               const char *url, const char *method,
                               const char *version, const char *data,
                               size_t *bytes, void **context) {
    st_request *r = *context;
    (void)cls;
    (void)wire;
    if (r == NULL || atomic_load(&r->http->stopping))
        return MHD_NO;
    if (r->at == ST_AT_GATE || r->at == ST_AT_BEGIN)
        return first_call(r, method, version, url);
    if (*bytes > 0)
        return step_body(r, data, bytes);
    return r->at == ST_AT_SENT ? MHD_YES : step_done(r);
}

void *st_flow_target(void *cls, const char *raw, struct MHD_Connection *wire) {
    st_request *r = st_request_new(cls, raw, wire);
    if (r == NULL)
        return NULL;
    st_watch_phase(r->conn, ST_PHASE_HEADER);
    if (r->conn != NULL)
        atomic_store(&r->conn->used, true);
    st_http_metrics_begin(r->http->metrics);
    return r;
}

static void write_record(const st_request *r, double seconds) {
    const st_http_options *o = &r->http->options;
    const char *trace =
        r->route == NULL ? NULL : st_request_header(r, "traceparent");
    st_http_record record = {
        .id = r->id,
        .method = r->method == NULL ? "OTHER" : r->method,
        .route = r->route == NULL ? "-" : r->route->path,
        .peer = r->peer,
        .trace = trace,
        .status = r->sent_status,
        .in_bytes = r->received + r->drained,
        .out_bytes = atomic_load(&r->sent),
        .seconds = seconds,
    };
    if (o->record != NULL)
        o->record(o->ctx, &record);
}

void st_flow_completed(void *cls, struct MHD_Connection *wire, void **context,
                       enum MHD_RequestTerminationCode why) {
    st_request *r = *context;
    (void)cls;
    (void)wire;
    (void)why;
    if (r == NULL)
        return;
    *context = NULL;
    double seconds = st_clock_seconds(r->began_ns, st_clock_ns());
    write_record(r, seconds);
    st_http_metrics_end(r->http->metrics, r, seconds);
    st_reader_close(r->reader);
    if (r->entered && r->route->end != NULL)
        r->route->end(r);
    st_watch_phase(r->conn, r->upgraded ? ST_PHASE_OURS : ST_PHASE_IDLE);
    st_request_free(r);
}

void st_flow_connection(void *cls, struct MHD_Connection *wire,
                        void **socket_context,
                        enum MHD_ConnectionNotificationCode what) {
    st_http *http = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        st_watch_remove(&http->watch, *socket_context);
        *socket_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(wire, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context =
        info == NULL ? NULL : st_watch_add(&http->watch, info->connect_fd);
}
