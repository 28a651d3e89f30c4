/* Slow routes: their `done` runs here, so that it may block. */
#include "server/http_impl.h"

static void finish(st_request *r, st_next next) {
    pthread_mutex_lock(&r->lock);
    r->worked_next = next;
    r->worked = true;
    r->working = false;
    pthread_mutex_unlock(&r->lock);
    st_request_wake(r);
}

static st_request *take(st_workers *w) {
    pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->stop)
        pthread_cond_wait(&w->some, &w->lock);
    st_request *r = w->first;
    if (r != NULL && (w->first = r->next_work) == NULL)
        w->last = NULL;
    pthread_mutex_unlock(&w->lock);
    return r;
}

static void *worker_main(void *ctx) {
    st_workers *w = ctx;
    for (st_request *r = take(w); r != NULL; r = take(w))
        finish(r, atomic_load(&r->http->stopping)
                      ? ST_GO
                      : r->route->done(r, &r->answer));
    return NULL;
}

st_status st_workers_start(st_workers *w, int count) {
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->some, NULL);
    for (; w->count < count; w->count++)
        if (pthread_create(&w->threads[w->count], NULL, worker_main, w) != 0)
            return ST_IO;
    return ST_OK;
}

void st_workers_stop(st_workers *w) {
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->some);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->count; i++)
        (void)pthread_join(w->threads[i], NULL);
    w->count = 0;
    pthread_cond_destroy(&w->some);
    pthread_mutex_destroy(&w->lock);
}

void st_workers_push(st_workers *w, st_request *r) {
    r->next_work = NULL;
    pthread_mutex_lock(&w->lock);
    if (w->last != NULL)
        w->last->next_work = r;
    else
        w->first = r;
    w->last = r;
    pthread_cond_signal(&w->some);
    pthread_mutex_unlock(&w->lock);
}
