/* Time limits that the library underneath does not keep: a thread looks at
 * every connection four times a second and shuts those that are late. */
#include "server/http_impl.h"

#include "core/alloc.h"
#include "core/clock.h"

#include <sys/socket.h>
#include <time.h>

enum { LOOK_MS = 250 };

static bool late(const st_watch *w, const st_conn *c, int64_t now_ns) {
    const st_http_options *o = w->options;
    int64_t ms = (now_ns - atomic_load(&c->since_ns)) / 1000000;
    switch ((st_phase)atomic_load(&c->phase)) {
    case ST_PHASE_IDLE:
        return ms > (atomic_load(&c->used) ? o->idle_ms : o->header_ms);
    case ST_PHASE_HEADER:
        return ms > o->header_ms;
    case ST_PHASE_BODY:
        return ms > o->header_ms &&
               atomic_load(&c->bytes) * 1000 < (ms * o->min_body_bytes_per_s);
    case ST_PHASE_OURS:
        break;
    }
    return false;
}

static void *watch_main(void *ctx) {
    st_watch *w = ctx;
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        struct timespec until;
        int64_t now = st_clock_ns();
        for (st_conn *c = w->first; c != NULL; c = c->next)
            if (late(w, c, now))
                (void)shutdown(c->fd, SHUT_RDWR);
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&w->stop_cond, &w->lock, &until);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

st_status st_watch_start(st_watch *w, const st_http_options *options) {
    pthread_condattr_t attr;
    w->options = options;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->stop_cond, &attr);
    pthread_condattr_destroy(&attr);
    w->running = pthread_create(&w->thread, NULL, watch_main, w) == 0;
    return w->running ? ST_OK : ST_IO;
}

void st_watch_stop(st_watch *w) {
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->stop_cond);
    pthread_mutex_unlock(&w->lock);
    if (w->running)
        (void)pthread_join(w->thread, NULL);
    w->running = false;
    pthread_cond_destroy(&w->stop_cond);
    pthread_mutex_destroy(&w->lock);
}

st_conn *st_watch_add(st_watch *w, int fd) {
    st_conn *c = st_calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->fd = fd;
    c->cert = w->options->cert;
    atomic_store(&c->since_ns, st_clock_ns());
    pthread_mutex_lock(&w->lock);
    c->next = w->first;
    if (c->next != NULL)
        c->next->prev = c;
    w->first = c;
    pthread_mutex_unlock(&w->lock);
    return c;
}

void st_watch_remove(st_watch *w, st_conn *c) {
    if (c == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        w->first = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    pthread_mutex_unlock(&w->lock);
    st_free(c);
}

void st_watch_phase(st_conn *c, st_phase phase) {
    if (c == NULL)
        return;
    atomic_store(&c->since_ns, st_clock_ns());
    atomic_store(&c->bytes, 0);
    atomic_store(&c->phase, (int)phase);
}
