#include "job/run.h"

#include "core/alloc.h"
#include "core/arena.h"
#include "core/clock.h"
#include "job/cache.h"
#include "job/job.h"

#include <stdlib.h>
#include <string.h>

bool st_run_cancelled(const st_run *run) {
    return run->options->cancelled != NULL &&
           run->options->cancelled(run->options->ctx);
}

/* -- what stands behind a stage's ctx */

static st_pool *run_pool(st_run *run) {
    const st_run_options *options = run->options;
    st_lock(&run->lock);
    st_pool *pool = options->pool != NULL ? options->pool(options->ctx) : NULL;
    st_unlock(&run->lock);
    return pool;
}

static st_pool *step_pool(void *host) {
    st_run *run = ((st_step *)host)->run;
    return run_pool(run);
}

static st_arena *step_arena(void *host) {
    st_step *step = host;
    if (step->arena == NULL && st_arena_new(&step->arena) != ST_OK)
        return NULL;
    return step->arena;
}

static st_status step_folder(void *host, const char **path, st_err *err) {
    (void)err;
    *path = ((st_step *)host)->run->options->temp_dir;
    if (*path == NULL)
        *path = getenv("TMPDIR");
    if (*path == NULL || **path == '\0')
        *path = "/var/tmp";
    return ST_OK;
}

static void step_progress(void *host, double fraction, const char *phase) {
    st_step *step = host;
    st_run *run = step->run;
    int steps = run->plan->step_count;
    double all = 0.0;
    st_lock(&run->lock);
    step->fraction = fraction > step->fraction ? fraction : step->fraction;
    for (int i = 0; i < steps; i++)
        all += run->steps[i].fraction / steps;
    if (all > run->fraction)
        run->fraction = all;
    st_progress up = {step->number, steps, step->plan->stage->name, phase,
                      run->fraction};
    if (run->options->progress != NULL)
        run->options->progress(run->options->ctx, &up);
    st_unlock(&run->lock);
}

static bool step_cancelled(void *host) {
    return st_run_cancelled(((st_step *)host)->run);
}

static const st_ctx_ops ctx_ops = {step_pool, step_arena, step_folder,
                                   step_progress, step_cancelled};

/* -- life of the states */

static st_status step_init(st_run *run, int number) {
    st_step *step = &run->steps[number];
    const st_plan_step *plan = &run->plan->steps[number];
    *step = (st_step){.run = run, .plan = plan, .number = number};
    if (st_lock_init(&step->lock) != ST_OK)
        return ST_NO_MEM;
    step->ctx = (st_ctx){
        .stage = plan->stage,
        .engine = plan->stage->engines[plan->engine].name,
        .params = plan->params,
        .seed = plan->seed,
        .cache = plan->stage->keeps ? run->options->cache_dir : NULL,
        .ops = &ctx_ops,
        .host = step,
        .warnings = json_array(),
        .skipped = json_array(),
        .notes = json_array(),
        .phase = -1,
    };
    if (st_lock_init(&step->ctx.lock) != ST_OK)
        return ST_NO_MEM;
    step->in = (st_in){plan->stage, &st_items_ops, step};
    step->out = (st_out){plan->stage, &st_made_ops, step};
    step->items = st_calloc((size_t)plan->item_count, sizeof *step->items);
    if (step->items == NULL || step->ctx.warnings == NULL ||
        step->ctx.skipped == NULL || step->ctx.notes == NULL)
        return ST_NO_MEM;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < plan->item_count; i++) {
        step->items[i] = (st_item){.step = step, .plan = &plan->items[i]};
        status = st_lock_init(&step->items[i].lock);
    }
    return status;
}

static void step_deinit(st_step *step) {
    if (step->plan == NULL)
        return;
    json_decref(step->ctx.warnings);
    json_decref(step->ctx.skipped);
    json_decref(step->ctx.notes);
    for (int i = 0; step->items != NULL && i < step->plan->item_count; i++)
        st_item_deinit(&step->items[i]);
    /* All files first: a folder goes only when it is empty. */
    for (int i = 0; i < step->made_count; i++) {
        st_staged_drop(step->made[i].staged);
        step->made[i].staged = NULL;
    }
    for (int i = 0; i < step->made_count; i++)
        st_made_deinit(&step->made[i]);
    (void)pthread_mutex_destroy(&step->ctx.lock);
    (void)pthread_mutex_destroy(&step->lock);
    st_free(step->items);
    st_free(step->made);
}

static void run_deinit(st_run *run) {
    for (int i = 0; run->steps != NULL && i < run->plan->step_count; i++)
        step_deinit(&run->steps[i]);
    st_free(run->steps);
    (void)pthread_mutex_destroy(&run->lock);
}

static st_status run_init(st_run *run, const st_plan *plan,
                          const st_run_options *options, st_err *err) {
    *run = (st_run){.plan = plan, .options = options};
    if (st_lock_init(&run->lock) != ST_OK)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    run->steps = st_calloc((size_t)plan->step_count, sizeof *run->steps);
    st_status status = run->steps == NULL ? ST_NO_MEM : ST_OK;
    for (int i = 0; status == ST_OK && i < plan->step_count; i++)
        status = step_init(run, i);
    if (status != ST_OK)
        return st_err_set(err, status, "Out of memory.");
    return ST_OK;
}

/* -- the work */

static void step_run(st_step *step) {
    int64_t from = st_clock_ns();
    step->began = true;
    st_ctx_begin(&step->ctx);
    st_lock(&step->run->lock);
    step->cached = st_cache_load(step);
    st_unlock(&step->run->lock);
    if (!step->cached)
        step->status = step->plan->stage->run(&step->ctx, &step->in, &step->out,
                                              &step->err);
    st_ctx_end(&step->ctx);
    st_arena_free(step->arena);
    step->arena = NULL;
    st_lock(&step->run->lock);
    if (step->status == ST_OK && !step->cached)
        st_cache_store(step);
    step->fraction = 1.0;
    st_unlock(&step->run->lock);
    /* A cancel also ends what the stage waits for (a decoder, a pipe), so its
     * own error may be only a consequence. */
    if (st_run_cancelled(step->run))
        step->status = ST_CANCELLED;
    if (step->status == ST_CANCELLED)
        (void)st_err_set(&step->err, ST_CANCELLED,
                         "Cancelled; nothing was written.");
    else if (step->status != ST_OK && step->err.text[0] == '\0')
        (void)st_err_set(&step->err, step->status, "%s failed: %s.",
                         step->plan->stage->name, st_status_name(step->status));
    step->seconds = st_clock_seconds(from, st_clock_ns());
}

/* Reads files and gives documents, nothing else? */
static bool stands_alone(const st_plan_step *plan) {
    for (int i = 0; i < plan->item_count; i++)
        if (plan->items[i].file == NULL)
            return false;
    return plan->target_count == 0;
}

/* How many steps from `first` on may run beside each other: 1 or more. */
static int group_of(const st_run *run, int first) {
    int count = 0;
    while (run->options->keep_going && first + count < run->plan->step_count &&
           stands_alone(&run->plan->steps[first + count]))
        count++;
    return count > 0 ? count : 1;
}

static void step_beside(void *ctx, int i) {
    st_step *step = (st_step *)ctx + i;
    if (i == 0 || !st_run_cancelled(step->run))
        step_run(step);
    else
        step->status = ST_CANCELLED;
}

/* Runs all; the first failure's sentence goes to err. */
static st_status run_steps(st_run *run, st_err *err) {
    st_status first = ST_OK;
    for (int at = 0, count; at < run->plan->step_count; at += count) {
        count = group_of(run, at);
        st_pool_for(count > 1 ? run_pool(run) : NULL, count, step_beside,
                    &run->steps[at]);
        for (int i = at; i < at + count; i++) {
            st_step *step = &run->steps[i];
            if (step->status == ST_OK)
                continue;
            if (first == ST_OK) {
                first = step->status;
                if (err != NULL)
                    *err = step->err;
            }
            if (!run->options->keep_going || step->status == ST_CANCELLED)
                return first;
        }
    }
    return first;
}

st_status st_plan_run(const st_plan *plan, const st_run_options *options,
                      json_t **result, st_err *err) {
    int64_t from = st_clock_ns();
    st_run run;
    *result = NULL;
    st_status status = st_plan_check(plan, err);
    if (status != ST_OK)
        return status;
    status = run_init(&run, plan, options, err);
    if (status == ST_OK)
        status = st_made_check(&run, err);
    if (status != ST_OK) {
        run_deinit(&run);
        return status;
    }
    status = run_steps(&run, err);
    bool keep = options->keep_going && status != ST_CANCELLED;
    if (status == ST_OK || keep) {
        st_status kept = st_made_commit(&run, status == ST_OK ? err : NULL);
        if (status == ST_OK)
            status = kept;
        if (kept == ST_OK)
            st_left_clear(&run);
    }
    *result =
        st_run_result(&run, status, st_clock_seconds(from, st_clock_ns()));
    run_deinit(&run);
    return status;
}
