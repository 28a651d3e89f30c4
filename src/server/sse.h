/* sse: one stream of events per client, many topics in it.
 * Source: HTML Living Standard, "Server-sent events".
 *
 * Events stand once in a ring; a client is a cursor into it and owns no queue.
 * A client whose cursor the ring overtakes is dropped; it comes back with
 * Last-Event-ID and is told to reset. No thread per client: a stream with
 * nothing to say is suspended. */
#ifndef ST_SERVER_SSE_H
#define ST_SERVER_SSE_H

#include "server/http.h"

typedef struct st_sse st_sse;

/* Zero gives the default in brackets. */
typedef struct {
    int ring_events;   /* kept for replay [4096], a power of two */
    size_t ring_bytes; /* of text, at most [4 MiB] */
    int beat_ms;       /* between comments on a quiet stream [15000] */
    int retry_ms;      /* what clients are told [2000] */
    int max_clients;   /* [2000]; more get 503 */
    st_metrics *metrics;
} st_sse_options;

enum { ST_SSE_MAX_TOPICS = 16, ST_SSE_MAX_EVENT_BYTES = 64 * 1024 };

/* ST_NO_MEM, ST_IO (no thread), ST_BAD_ARG. [main] */
ST_MUST_USE st_status st_sse_new(st_sse **out, const st_sse_options *options,
                                 st_err *err);
/* Ends every stream; calls after it are refused. Before st_http_free. [main] */
void st_sse_stop(st_sse *sse);
/* After st_http_free. NULL is fine. [main] */
void st_sse_free(st_sse *sse);

/* Answer a request with a stream of `topics` ("jobs,project:7"; at most
 * ST_SSE_MAX_TOPICS). Whether the caller may hear them is the handler's to
 * know. Last-Event-ID (header, or ?last_event_id=) is replayed from, or an
 * event "reset" is sent. [any] */
void st_sse_open(st_sse *sse, st_request *request, st_answer *answer,
                 const char *topics);
/* Say `event` with `data` (one or more lines of UTF-8) to those who hear
 * `topic`. Ids rise by one with each event, also over a restart. ST_LIMIT (too
 * long), ST_BAD_ARG (a line feed in the name), ST_NO_MEM. [any] */
ST_MUST_USE st_status st_sse_say(st_sse *sse, const char *topic,
                                 const char *event, const char *data);
int st_sse_clients(st_sse *sse);

#endif
