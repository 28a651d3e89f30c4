#include "core/pool.h"

#include "core/alloc.h"
#include "core/cpu.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stddef.h>

enum { MAX_THREADS = 64 };

/* One st_pool_for; lives on its caller's stack. */
typedef struct loop {
    struct loop *next;
    void (*fn)(void *ctx, int i);
    void *ctx;
    int count;
    atomic_int taken;
    int helpers; /* threads inside besides the caller; under the lock */
} loop;

struct st_pool {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a loop was added, or the pool ends */
    pthread_cond_t left; /* a helper left its loop */
    loop *loops;         /* those that may have indices to give */
    bool ending;
    int worker_count;
    pthread_t workers[MAX_THREADS];
};

static void run_indices(loop *l) {
    for (;;) {
        int i = atomic_fetch_add_explicit(&l->taken, 1, memory_order_relaxed);
        if (i >= l->count)
            return;
        l->fn(l->ctx, i);
    }
}

static loop *open_loop(const st_pool *pool) {
    loop *l = pool->loops;
    while (l != NULL &&
           atomic_load_explicit(&l->taken, memory_order_relaxed) >= l->count)
        l = l->next;
    return l;
}

static void help(st_pool *pool, loop *l) {
    l->helpers++;
    (void)pthread_mutex_unlock(&pool->lock);
    run_indices(l);
    (void)pthread_mutex_lock(&pool->lock);
    if (--l->helpers == 0)
        (void)pthread_cond_broadcast(&pool->left);
}

static void *worker(void *arg) {
    st_pool *pool = arg;
    (void)st_cpu_flush_denormals(true);
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->ending) {
        loop *l = open_loop(pool);
        if (l != NULL)
            help(pool, l);
        else
            (void)pthread_cond_wait(&pool->work, &pool->lock);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static int usable_cpus(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count < MAX_THREADS ? count : MAX_THREADS;
}

/* Workers take no signals: those belong to the main thread. */
static void start_workers(st_pool *pool, int count) {
    sigset_t all, old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    while (pool->worker_count < count &&
           pthread_create(&pool->workers[pool->worker_count], NULL, worker,
                          pool) == 0)
        pool->worker_count++;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

st_status st_pool_new(st_pool **out, int threads) {
    if (threads < 0 || threads > MAX_THREADS)
        return ST_BAD_ARG;
    st_pool *pool = st_calloc(1, sizeof *pool);
    if (pool == NULL)
        return ST_NO_MEM;
    int wanted = (threads == 0 ? usable_cpus() : threads) - 1;
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->work, NULL);
    (void)pthread_cond_init(&pool->left, NULL);
    start_workers(pool, wanted);
    if (pool->worker_count < wanted && threads != 0) {
        st_pool_free(pool);
        return ST_IO;
    }
    *out = pool;
    return ST_OK;
}

void st_pool_free(st_pool *pool) {
    if (pool == NULL)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->worker_count; i++)
        (void)pthread_join(pool->workers[i], NULL);
    (void)pthread_cond_destroy(&pool->left);
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_mutex_destroy(&pool->lock);
    st_free(pool);
}

int st_pool_threads(const st_pool *pool) {
    return pool == NULL ? 1 : pool->worker_count + 1;
}

static void unlink_loop(st_pool *pool, loop *gone) {
    loop **at = &pool->loops;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
}

/* Newest first: nested work is nearer to what someone waits for. */
static void share(st_pool *pool, loop *l) {
    (void)pthread_mutex_lock(&pool->lock);
    l->next = pool->loops;
    pool->loops = l;
    int wake = l->count - 1;
    for (int i = 0; i < wake && i < pool->worker_count; i++)
        (void)pthread_cond_signal(&pool->work);
    (void)pthread_mutex_unlock(&pool->lock);
    run_indices(l);
    (void)pthread_mutex_lock(&pool->lock);
    unlink_loop(pool, l);
    while (l->helpers > 0)
        (void)pthread_cond_wait(&pool->left, &pool->lock);
    (void)pthread_mutex_unlock(&pool->lock);
}

void st_pool_for(st_pool *pool, int count, void (*fn)(void *ctx, int i),
                 void *ctx) {
    if (count <= 0)
        return;
    loop l = {.fn = fn, .ctx = ctx, .count = count};
    /* As on the workers, so that the thread never shows in a result. */
    bool before = st_cpu_flush_denormals(true);
    if (pool == NULL || pool->worker_count == 0 || count == 1)
        run_indices(&l);
    else
        share(pool, &l);
    (void)st_cpu_flush_denormals(before);
}
