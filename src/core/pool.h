/* pool: the one thread pool of a process, and ordered block pipelines on it.
 * Source: design.md section 9, "Threads": results never depend on the count.
 */
#ifndef ST_CORE_POOL_H
#define ST_CORE_POOL_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

typedef struct st_pool st_pool;

/* A pool in which `threads` threads work (1..64), the calling thread counted;
 * 0 means one per usable CPU. ST_NO_MEM, ST_BAD_ARG, ST_IO (no thread could
 * be started). [main] */
ST_MUST_USE st_status st_pool_new(st_pool **out, int threads);
/* Waits for running work. NULL is fine. [main] */
void st_pool_free(st_pool *pool);
/* Threads that work, the caller counted; 1 for a NULL pool. [any] */
int st_pool_threads(const st_pool *pool);

/* Call fn(ctx, i) once for each i in [0, count), in any order and on any
 * thread; returns when all are done. The caller works too. NULL pool: run
 * here, in order. May be called from inside fn (nested work runs here when
 * no thread is free). [any] */
void st_pool_for(st_pool *pool, int count, void (*fn)(void *ctx, int i),
                 void *ctx);

/* One step of a pipeline: treat block `block`, whose data lives in storage
 * slot `slot` (block modulo slots). */
typedef struct {
    st_status (*run)(void *ctx, int64_t block, int slot);
    void *ctx;
} st_pipe_step;

/* Run every step over blocks [0, blocks). Step s of block b starts after step
 * s-1 of b and step s of b-1 (so a step may keep state), and step 0 of block
 * b after the last step of block b-slots (so a slot is free again). Different
 * steps of different blocks run at the same time. The first failing step in
 * (block, step) order decides the returned status; later blocks do not start.
 * slots 1..64, steps 1..32. blocks -1: until step 0 returns ST_PIPE_END as
 * its status, which ends the stream well (that block is not passed on).
 * NULL pool: in order, on this thread. [any] */
ST_MUST_USE st_status st_pipe_run(st_pool *pool, const st_pipe_step *steps,
                                  int step_count, int64_t blocks, int slots);

/* Not an error: "no more blocks". */
#define ST_PIPE_END ((st_status)ST_STATUS_COUNT)

#endif
