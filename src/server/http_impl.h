/* http_impl: what the files of the HTTP core share; nothing for others.
 * Source: libmicrohttpd 0.9.75 (used here, in http.c, http_flow.c,
 * http_send.c, request.c, gate.c, gate_lines.c and tls.c, nowhere else). */
#ifndef ST_SERVER_HTTP_IMPL_H
#define ST_SERVER_HTTP_IMPL_H

#include "server/http.h"
#include "server/target.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    ST_HTTP_JSON_BYTES = 1 << 20, /* most of a JSON body by default */
    ST_HTTP_MAX_HEADERS = 100,
    ST_ANSWER_MAX_HEADERS = 24
};

/* -- connections and the watch over their times (http_watch.c) ------------ */

typedef enum {
    ST_PHASE_IDLE,   /* between requests: idle_ms (the first: header_ms) */
    ST_PHASE_HEADER, /* the first line is here: header_ms */
    ST_PHASE_BODY,   /* min_body_bytes_per_s */
    ST_PHASE_OURS    /* it is our turn, or upgraded */
} st_phase;

typedef struct st_conn {
    struct st_conn *prev, *next;
    int fd;
    atomic_bool used; /* has had a request */
    st_cert *cert;    /* of the server */
    atomic_int phase;
    atomic_llong since_ns;
    atomic_llong bytes; /* of the body, since since_ns */
} st_conn;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t stop_cond;
    pthread_t thread;
    st_conn *first;
    bool stop, running;
    const st_http_options *options;
} st_watch;

ST_MUST_USE st_status st_watch_start(st_watch *watch,
                                     const st_http_options *options);
void st_watch_stop(st_watch *watch);
st_conn *st_watch_add(st_watch *watch, int fd);
/* Before the socket is closed. */
void st_watch_remove(st_watch *watch, st_conn *conn);
void st_watch_phase(st_conn *conn, st_phase phase);

/* tls.c: the gnutls_certificate_retrieve_function2 that gives each handshake
 * the certificate of now. */
void *st_tls_callback(void);

/* -- worker threads of slow routes (http_work.c) --------------------------- */

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t some;
    st_request *first, *last;
    pthread_t threads[64];
    int count;
    bool stop;
} st_workers;

ST_MUST_USE st_status st_workers_start(st_workers *workers, int count);
/* What runs is waited for, what waits is dropped. */
void st_workers_stop(st_workers *workers);
void st_workers_push(st_workers *workers, st_request *request);

/* -- answers --------------------------------------------------------------- */

typedef enum {
    ST_SEND_NOTHING,
    ST_SEND_BYTES,
    ST_SEND_FILE,
    ST_SEND_STREAM,
    ST_SEND_UPGRADE
} st_send;

struct st_answer {
    bool set;
    bool close; /* the connection, afterwards */
    int status;
    st_send send;
    char *names[ST_ANSWER_MAX_HEADERS], *values[ST_ANSWER_MAX_HEADERS];
    int header_count;
    char *type;
    char *etag;
    void *data; /* malloc */
    size_t bytes;
    int fd;
    st_stream stream;
    st_upgrade upgrade;
    char *protocol;
    json_t *problem; /* written out when sent */
};

void st_answer_init(st_answer *answer);
/* Forgets all of it: closes the file or stream that was not sent. */
void st_answer_deinit(st_answer *answer);
/* The problem document with this id, as bytes. */
void st_answer_finish_problem(st_answer *answer, const char *request_id);

/* -- requests -------------------------------------------------------------- */

typedef enum {
    ST_AT_GATE,
    ST_AT_BEGIN,
    ST_AT_BODY,
    ST_AT_DONE,
    ST_AT_SENT
} st_at;

struct st_request {
    st_http *http;
    struct MHD_Connection *wire;
    st_conn *conn;
    st_request *prev, *next; /* of all requests */
    st_request *next_work;   /* of the workers' queue */
    const st_route *route;   /* NULL until found */
    st_at at;
    bool entered, head, tls, linked, draining, upgraded;
    const char *method; /* text of the wire, or of the table */
    const char *raw_at; /* where the target stood, for the gate */
    size_t raw_bytes;
    st_target target;
    const char *path_values[ST_TARGET_MAX_PARAMS];
    int rest;
    int64_t length, received, drained;
    atomic_llong sent;
    char *body; /* JSON, as it grows */
    json_t *json;
    void *data, *user;
    char id[65];
    char peer[48];
    int64_t began_ns;
    int sent_status;
    st_answer answer;
    struct st_reader *reader; /* of a stream that is being sent */

    pthread_mutex_t lock; /* of what follows */
    bool asleep, woken, working, worked;
    st_next worked_next;
    char raw[]; /* the target; decoded in place */
};

struct st_http {
    st_http_options options;
    struct MHD_Daemon *daemon;
    st_watch watch;
    st_workers workers;
    pthread_mutex_t lock; /* of the list */
    st_request *requests;
    atomic_bool stopping;
    int port;
    char listen_name[64]; /* the address, as Host may say it */
    struct st_http_metrics *metrics;
};

st_request *st_request_new(st_http *http, const char *raw,
                           struct MHD_Connection *wire);
/* Out of the list of all: it is no longer woken when the server stops. */
void st_request_unlink(st_request *request);
void st_request_free(st_request *request);
/* Stop until st_request_wake; false: woken already, or the server stops. */
bool st_request_sleep(st_request *request);

/* gate.c: refuse (an answer is set) or find the route and read parameters. */
void st_gate_pass(st_request *request, const char *method, const char *version,
                  const char *url);
/* gate_lines.c: do the header lines lie in memory as CRLF-ended lines do? */
bool st_gate_lines_ok(st_request *request, const char *method,
                      const char *version);
/* gate_site.c: Host, Origin, CORS. false: an answer is set. */
bool st_gate_host(st_request *request);
bool st_gate_origin(st_request *request);
bool st_gate_origin_listed(const st_request *request, const char *origin);

/* http_send.c: hand the answer over; MHD_NO closes the connection. */
enum MHD_Result st_send_answer(st_request *request);
/* The stream's `close`, once; before its request is gone. NULL is fine. */
void st_reader_close(struct st_reader *reader);

/* http_metrics.c; NULL metrics: nothing. */
struct st_http_metrics *st_http_metrics_new(st_metrics *metrics);
void st_http_metrics_free(struct st_http_metrics *m);
void st_http_metrics_begin(struct st_http_metrics *m);
void st_http_metrics_end(struct st_http_metrics *m, const st_request *request,
                         double seconds);

extern const char *const st_method_names[ST_METHOD_COUNT];

#endif
