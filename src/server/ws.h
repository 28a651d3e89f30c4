/* ws: WebSocket peers, all on one thread of ours.
 * Source: RFC 6455; libwslay. */
#ifndef ST_SERVER_WS_H
#define ST_SERVER_WS_H

#include "server/http.h"

typedef struct st_ws st_ws;
typedef struct st_ws_peer st_ws_peer;

/* Zero gives the default in brackets. */
typedef struct {
    int ping_ms;              /* [20000]; a peer silent for two is closed */
    size_t max_message_bytes; /* [1 MiB]; larger: 1009 */
    size_t max_queue_bytes;   /* that wait for a slow peer [256 KiB] */
    int max_peers;            /* [512]; more get 503 */
    st_metrics *metrics;
} st_ws_options;

/* Called on the thread of st_ws, one at a time; they may send, not block. */
typedef struct {
    void (*opened)(void *ctx, st_ws_peer *peer);
    /* Text is sound UTF-8 without an end mark. */
    void (*message)(void *ctx, st_ws_peer *peer, bool text, const void *data,
                    size_t bytes);
    /* Called once if `opened` was: code as received or sent, 1006 if none.
     * The peer is gone after it. */
    void (*closed)(void *ctx, st_ws_peer *peer, int code);
} st_ws_handler;

/* ST_NO_MEM, ST_IO. [main] */
ST_MUST_USE st_status st_ws_new(st_ws **out, const st_ws_options *options,
                                st_err *err);
/* Closes all with 1001. Before st_http_free. [main] */
void st_ws_stop(st_ws *ws);
/* After st_http_free. NULL is fine. [main] */
void st_ws_free(st_ws *ws);

/* Answer a GET with an upgrade, or with a problem: 426 for what is no
 * WebSocket handshake of version 13, 403 for a page of a foreign origin, 503
 * for too many. [any] */
void st_ws_open(st_ws *ws, st_request *request, st_answer *answer,
                const st_ws_handler *handler, void *ctx);

/* What to do where the queue is full. */
typedef enum {
    ST_WS_DROP_MESSAGE, /* this one is left out: ST_LIMIT */
    ST_WS_DROP_PEER     /* the peer is cut off (1013): ST_LIMIT */
} st_ws_policy;

/* A copy of one message. Within handlers, or while `closed` has surely not
 * been called. ST_LIMIT, ST_CANCELLED (closing already), ST_NO_MEM. [any] */
ST_MUST_USE st_status st_ws_send(st_ws_peer *peer, bool text, const void *data,
                                 size_t bytes, st_ws_policy policy);
/* Begin to close; code 1000 to 4999, reason up to 123 bytes of UTF-8. [any] */
void st_ws_close(st_ws_peer *peer, int code, const char *reason);
int st_ws_peers(st_ws *ws);

#endif
