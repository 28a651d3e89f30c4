#include "server/sse.h"

#include "core/alloc.h"
#include "core/clock.h"
#include "server/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    uint64_t id;
    char *topic;
    char *text; /* "id: ...\nevent: ...\ndata: ...\n\n" */
    size_t bytes;
} entry;

typedef struct client {
    struct client *prev, *next;
    st_sse *sse;
    st_request *request;
    uint64_t next_id; /* of the event to be sent */
    size_t offset;    /* of it that has been sent */
    bool beat, said;  /* a comment is due; something went out since */
    bool greeted, reset;
    char *topics; /* "\0"-ended texts, an empty one last */
} client;

struct st_sse {
    pthread_mutex_t lock;
    pthread_cond_t stop_cond;
    pthread_t thread;
    st_sse_options options;
    entry *ring;
    uint64_t first_id, next_id; /* kept: [first_id, next_id) */
    size_t bytes;
    client *clients;
    int client_count;
    bool stop, running;
    st_metric *open, *said, *dropped;
};

/* -- the ring --------------------------------------------------------------
 */

static entry *at_id(st_sse *s, uint64_t id) {
    return &s->ring[id & (uint64_t)(s->options.ring_events - 1)];
}

static void forget_first(st_sse *s) {
    entry *e = at_id(s, s->first_id++);
    s->bytes -= e->bytes;
    st_free(e->topic);
    free(e->text);
    *e = (entry){0};
}

static void put_lines(FILE *out, const char *data) {
    for (;;) {
        size_t n = strcspn(data, "\r\n");
        (void)fprintf(out, "data: %.*s\n", (int)n, data);
        data += n;
        if (*data == '\0')
            break;
        data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
    }
}

static char *event_text(uint64_t id, const char *event, const char *data,
                        size_t *bytes) {
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);
    if (out == NULL)
        return NULL;
    (void)fprintf(out, "id: %llu\nevent: %s\n", (unsigned long long)id, event);
    put_lines(out, data);
    (void)fputc('\n', out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static bool hears(const client *c, const char *topic) {
    for (const char *at = c->topics; *at != '\0'; at += strlen(at) + 1)
        if (strcmp(at, topic) == 0)
            return true;
    return false;
}

/* Under the lock. */
static st_status keep(st_sse *s, const char *topic, const char *event,
                      const char *data) {
    size_t bytes = 0;
    char *copy = st_strdup(topic);
    char *text = event_text(s->next_id, event, data, &bytes);
    if (copy == NULL || text == NULL) {
        st_free(copy);
        free(text);
        return ST_NO_MEM;
    }
    while (
        s->next_id - s->first_id == (uint64_t)s->options.ring_events ||
        (s->next_id > s->first_id && s->bytes + bytes > s->options.ring_bytes))
        forget_first(s);
    *at_id(s, s->next_id) = (entry){s->next_id, copy, text, bytes};
    s->next_id++;
    s->bytes += bytes;
    return ST_OK;
}

st_status st_sse_say(st_sse *s, const char *topic, const char *event,
                     const char *data) {
    if (strpbrk(event, "\r\n") != NULL)
        return ST_BAD_ARG;
    if (strlen(event) + strlen(data) > ST_SSE_MAX_EVENT_BYTES)
        return ST_LIMIT;
    pthread_mutex_lock(&s->lock);
    st_status status = s->stop ? ST_CANCELLED : keep(s, topic, event, data);
    for (client *c = s->clients; status == ST_OK && c != NULL; c = c->next)
        if (hears(c, topic))
            st_request_wake(c->request);
    pthread_mutex_unlock(&s->lock);
    if (status == ST_OK)
        st_metric_add(s->said, NULL, 1);
    return status;
}

/* -- a client's stream ----------------------------------------------------- */

static ssize_t greet(client *c, char *data, size_t max) {
    st_sse *s = c->sse;
    int n = c->reset
                ? snprintf(data, max,
                           "retry: %d\n\nid: %llu\nevent: reset\n"
                           "data: {}\n\n",
                           s->options.retry_ms,
                           (unsigned long long)(c->next_id - 1))
                : snprintf(data, max, "retry: %d\n\n", s->options.retry_ms);
    c->greeted = true;
    return n > 0 && (size_t)n < max ? n : ST_STREAM_BROKEN;
}

/* As much of what the client hears as fits. */
static size_t copy_events(client *c, char *data, size_t max) {
    st_sse *s = c->sse;
    size_t used = 0;
    while (c->next_id < s->next_id && used < max) {
        const entry *e = at_id(s, c->next_id);
        if (c->offset > 0 || hears(c, e->topic)) {
            size_t n = e->bytes - c->offset;
            if (n > max - used)
                n = max - used;
            memcpy(data + used, e->text + c->offset, n);
            used += n;
            c->offset += n;
            if (c->offset < e->bytes)
                break;
        }
        c->offset = 0;
        c->next_id++;
    }
    return used;
}

static ssize_t fill(client *c, char *data, size_t max) {
    st_sse *s = c->sse;
    if (s->stop)
        return ST_STREAM_END;
    if (!c->greeted)
        return greet(c, data, max);
    if (c->next_id < s->first_id) { /* overtaken: too slow for us */
        st_metric_add(s->dropped, NULL, 1);
        return ST_STREAM_BROKEN;
    }
    size_t n = copy_events(c, data, max);
    if (n == 0 && c->beat && max >= 3) {
        data[0] = ':';
        data[1] = data[2] = '\n';
        n = 3;
    }
    c->beat = false;
    c->said = c->said || n > 0;
    return (ssize_t)n;
}

static ssize_t read_client(void *ctx, void *data, size_t max) {
    client *c = ctx;
    pthread_mutex_lock(&c->sse->lock);
    ssize_t n = fill(c, data, max);
    pthread_mutex_unlock(&c->sse->lock);
    return n;
}

static void close_client(void *ctx) {
    client *c = ctx;
    st_sse *s = c->sse;
    pthread_mutex_lock(&s->lock);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        s->clients = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    s->client_count--;
    pthread_mutex_unlock(&s->lock);
    st_metric_add(s->open, NULL, -1);
    st_free(c->topics);
    st_free(c);
}

/* "a,b" as "a\0b\0\0"; NULL: none, too many, or out of memory. */
static char *split_topics(const char *topics) {
    size_t n = strlen(topics);
    int count = 1;
    char *out = st_calloc(n + 2, 1);
    if (out == NULL || n == 0) {
        st_free(out);
        return NULL;
    }
    (void)snprintf(out, n + 1, "%s", topics);
    for (char *at = out; (at = strchr(at, ',')) != NULL; count++)
        *at++ = '\0';
    if (count > ST_SSE_MAX_TOPICS) {
        st_free(out);
        return NULL;
    }
    return out;
}

/* Where to go on. Under the lock. */
static void place(client *c, const char *last) {
    st_sse *s = c->sse;
    char *end = NULL;
    c->next_id = s->next_id;
    if (last == NULL || last[0] == '\0')
        return;
    uint64_t id = strtoull(last, &end, 10);
    if (*end == '\0' && last[0] >= '0' && last[0] <= '9' &&
        id + 1 >= s->first_id && id < s->next_id)
        c->next_id = id + 1;
    else
        c->reset = true;
}

static bool enter(client *c, const char *last) {
    st_sse *s = c->sse;
    pthread_mutex_lock(&s->lock);
    bool ok = !s->stop && s->client_count < s->options.max_clients;
    if (ok) {
        place(c, last);
        c->next = s->clients;
        if (c->next != NULL)
            c->next->prev = c;
        s->clients = c;
        s->client_count++;
    }
    pthread_mutex_unlock(&s->lock);
    if (ok)
        st_metric_add(s->open, NULL, 1);
    return ok;
}

static void refuse(st_answer *answer) {
    st_answer_problem(answer, 503, "too-many-streams",
                      "Too many event streams are open: close a tab, or try "
                      "again later.");
    st_answer_header(answer, "Retry-After", "10");
}

void st_sse_open(st_sse *s, st_request *request, st_answer *answer,
                 const char *topics) {
    const char *last = st_request_header(request, "Last-Event-ID");
    if (last == NULL)
        last = st_request_query(request, "last_event_id");
    char *split = split_topics(topics);
    client *c = split == NULL ? NULL : st_calloc(1, sizeof *c);
    if (c == NULL) {
        st_free(split);
        st_answer_problem(answer, 422, "not-valid",
                          "Name 1 to %d topics with commas between.",
                          ST_SSE_MAX_TOPICS);
        return;
    }
    c->sse = s;
    c->request = request;
    c->topics = split;
    if (st_request_is_head(request) || !enter(c, last)) {
        st_free(c->topics);
        st_free(c);
        if (st_request_is_head(request))
            st_answer_empty(answer, 200);
        else
            refuse(answer);
        return;
    }
    st_answer_stream(answer, 200, "text/event-stream",
                     &(st_stream){read_client, close_client, c, -1});
    st_answer_header(answer, "Cache-Control", "no-store");
    st_answer_header(answer, "X-Accel-Buffering", "no");
}

int st_sse_clients(st_sse *s) {
    pthread_mutex_lock(&s->lock);
    int count = s->client_count;
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* -- heartbeats ------------------------------------------------------------ */

static void beat_all(st_sse *s) {
    for (client *c = s->clients; c != NULL; c = c->next) {
        c->beat = !c->said;
        c->said = false;
        if (c->beat)
            st_request_wake(c->request);
    }
}

static void add_ms(struct timespec *t, int ms) {
    t->tv_sec += ms / 1000;
    t->tv_nsec += (long)(ms % 1000) * 1000000;
    t->tv_sec += t->tv_nsec / 1000000000;
    t->tv_nsec %= 1000000000;
}

static void *beat_main(void *ctx) {
    st_sse *s = ctx;
    struct timespec until;
    pthread_mutex_lock(&s->lock);
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    add_ms(&until, s->options.beat_ms);
    while (!s->stop) {
        if (pthread_cond_timedwait(&s->stop_cond, &s->lock, &until) == 0)
            continue;
        beat_all(s);
        add_ms(&until, s->options.beat_ms);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* -- life ------------------------------------------------------------------ */

static void fill_options(st_sse_options *o) {
    if (o->ring_events == 0)
        o->ring_events = 4096;
    if (o->ring_bytes == 0)
        o->ring_bytes = 4 << 20;
    if (o->beat_ms == 0)
        o->beat_ms = 15000;
    if (o->retry_ms == 0)
        o->retry_ms = 2000;
    if (o->max_clients == 0)
        o->max_clients = 2000;
}

static void add_metrics(st_sse *s) {
    st_metrics *m = s->options.metrics;
    if (m == NULL)
        return;
    s->open = st_metrics_gauge(m, "stemma_sse_open", "Open event streams.", "");
    s->said = st_metrics_counter(m, "stemma_sse_events_total",
                                 "Events that were said.", "");
    s->dropped = st_metrics_counter(m, "stemma_sse_dropped_total",
                                    "Clients that were too slow.", "");
}

st_status st_sse_new(st_sse **out, const st_sse_options *options, st_err *err) {
    pthread_condattr_t attr;
    st_sse_options o = *options;
    fill_options(&o);
    if (o.ring_events < 1 || (o.ring_events & (o.ring_events - 1)) != 0)
        return st_err_set(err, ST_BAD_ARG,
                          "The ring must hold a power of two of events.");
    st_sse *s = st_calloc(1, sizeof *s);
    if (s != NULL)
        s->ring = st_calloc((size_t)o.ring_events, sizeof *s->ring);
    if (s == NULL || s->ring == NULL) {
        st_free(s);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    s->options = o;
    /* from the time, so that ids go on rising after a restart */
    s->first_id = s->next_id = (uint64_t)st_clock_utc_us();
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->stop_cond, &attr);
    pthread_condattr_destroy(&attr);
    add_metrics(s);
    s->running = pthread_create(&s->thread, NULL, beat_main, s) == 0;
    if (!s->running) {
        st_sse_free(s);
        return st_err_set(err, ST_IO, "No thread could be started.");
    }
    *out = s;
    return ST_OK;
}

void st_sse_stop(st_sse *s) {
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->stop_cond);
    for (client *c = s->clients; c != NULL; c = c->next)
        st_request_wake(c->request);
    pthread_mutex_unlock(&s->lock);
    if (s->running)
        (void)pthread_join(s->thread, NULL);
    s->running = false;
}

void st_sse_free(st_sse *s) {
    if (s == NULL)
        return;
    st_sse_stop(s);
    while (s->first_id < s->next_id)
        forget_first(s);
    st_free(s->ring);
    pthread_cond_destroy(&s->stop_cond);
    pthread_mutex_destroy(&s->lock);
    st_free(s);
}
