/* The ordered block pipelines of core/pool.h. */
#include "core/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

enum { MAX_STEPS = 32, MAX_SLOTS = 64, SPIN_NS = 15000 };

/* All but `version` is under the lock. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_uint version; /* raised whenever a step may have become ready */
    int sleepers;
    const st_pipe_step *steps;
    int step_count;
    int slots;
    int64_t end;             /* blocks from here on never start a step */
    int64_t next[MAX_STEPS]; /* the block that each step treats next */
    bool running[MAX_STEPS];
    int fail_step; /* of block `end`, while status is not ST_OK */
    st_status status;
} pipe_state;

static bool ready(const pipe_state *p, int s) {
    int64_t b = p->next[s];
    if (p->running[s] || b >= p->end)
        return false;
    if (s == 0)
        return b < p->next[p->step_count - 1] + p->slots;
    return b < p->next[s - 1];
}

/* The step to take: that of the block at hand if it can go on (its data are
 * still in this core's cache), else the one furthest down, so that slots
 * become free. -1: none now. */
static int pick(const pipe_state *p, int at_hand) {
    if (at_hand >= 0 && at_hand < p->step_count && ready(p, at_hand))
        return at_hand;
    for (int s = p->step_count - 1; s >= 0; s--)
        if (ready(p, s))
            return s;
    return -1;
}

static int ready_count(const pipe_state *p) {
    int count = 0;
    for (int s = 0; s < p->step_count; s++)
        count += ready(p, s);
    return count;
}

static bool finished(const pipe_state *p) {
    return p->next[p->step_count - 1] >= p->end;
}

/* Blocks before the failing one go on: one of them may fail too, and the
 * first in (block, step) order counts. */
static void note_failure(pipe_state *p, int64_t block, int s,
                         st_status status) {
    if (s == 0 && status == ST_PIPE_END) {
        if (block < p->end) {
            p->end = block;
            p->status = ST_OK;
        }
        return;
    }
    if (status == ST_PIPE_END)
        status = ST_INTERNAL;
    if (block > p->end ||
        (block == p->end && p->status != ST_OK && s >= p->fail_step))
        return;
    p->end = block;
    p->fail_step = s;
    p->status = status;
}

static int64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Steps often become ready within microseconds: look for a moment before
 * sleeping, which costs more than that. Enters and leaves with the lock. */
static void wait_for_change(pipe_state *p) {
    unsigned seen = atomic_load(&p->version);
    (void)pthread_mutex_unlock(&p->lock);
    int64_t until = now_ns() + SPIN_NS;
    bool changed = false;
    while (!changed && now_ns() < until)
        for (int i = 0; i < 16 && !changed; i++) {
            ST_CPU_RELAX();
            changed = atomic_load(&p->version) != seen;
        }
    (void)pthread_mutex_lock(&p->lock);
    p->sleepers++;
    while (atomic_load(&p->version) == seen)
        (void)pthread_cond_wait(&p->changed, &p->lock);
    p->sleepers--;
}

/* This thread takes one ready step itself: wake others for the rest. */
static void tell_others(pipe_state *p) {
    (void)atomic_fetch_add(&p->version, 1);
    int wake = finished(p) ? p->sleepers : ready_count(p) - 1;
    for (int i = 0; i < wake && i < p->sleepers; i++)
        (void)pthread_cond_signal(&p->changed);
}

static void run_step(pipe_state *p, int s) {
    int64_t block = p->next[s];
    p->running[s] = true;
    (void)pthread_mutex_unlock(&p->lock);
    const st_pipe_step *step = &p->steps[s];
    st_status status = step->run(step->ctx, block, (int)(block % p->slots));
    (void)pthread_mutex_lock(&p->lock);
    p->running[s] = false;
    if (status == ST_OK)
        p->next[s] = block + 1;
    else
        note_failure(p, block, s, status);
    tell_others(p);
}

static void take_part(void *ctx, int i) {
    pipe_state *p = ctx;
    (void)i;
    int at_hand = -1;
    (void)pthread_mutex_lock(&p->lock);
    while (!finished(p)) {
        int s = pick(p, at_hand);
        if (s >= 0) {
            run_step(p, s);
            at_hand = s + 1;
        } else {
            wait_for_change(p);
            at_hand = -1;
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static st_status run_in_order(const st_pipe_step *steps, int step_count,
                              int64_t blocks, int slots) {
    for (int64_t b = 0; b < blocks; b++)
        for (int s = 0; s < step_count; s++) {
            st_status status = steps[s].run(steps[s].ctx, b, (int)(b % slots));
            if (s == 0 && status == ST_PIPE_END)
                return ST_OK;
            if (status != ST_OK)
                return status == ST_PIPE_END ? ST_INTERNAL : status;
        }
    return ST_OK;
}

typedef struct {
    const st_pipe_step *steps;
    int step_count;
    int64_t blocks;
    int slots;
    st_status status;
} serial_job;

static void run_serial(void *ctx, int i) {
    serial_job *job = ctx;
    (void)i;
    job->status =
        run_in_order(job->steps, job->step_count, job->blocks, job->slots);
}

static st_status run_parallel(st_pool *pool, int threads,
                              const serial_job *job) {
    pipe_state p = {
        .steps = job->steps,
        .step_count = job->step_count,
        .slots = job->slots,
        .end = job->blocks,
    };
    (void)pthread_mutex_init(&p.lock, NULL);
    (void)pthread_cond_init(&p.changed, NULL);
    st_pool_for(pool, threads, take_part, &p);
    (void)pthread_cond_destroy(&p.changed);
    (void)pthread_mutex_destroy(&p.lock);
    return p.status;
}

st_status st_pipe_run(st_pool *pool, const st_pipe_step *steps, int step_count,
                      int64_t blocks, int slots) {
    assert(step_count >= 1 && step_count <= MAX_STEPS);
    assert(slots >= 1 && slots <= MAX_SLOTS);
    serial_job job = {steps, step_count, blocks < 0 ? INT64_MAX : blocks, slots,
                      ST_OK};
    int threads = st_pool_threads(pool);
    threads = threads < step_count ? threads : step_count;
    threads = threads < slots ? threads : slots;
    if (threads > 1)
        return run_parallel(pool, threads, &job);
    st_pool_for(NULL, 1, run_serial, &job);
    return job.status;
}
