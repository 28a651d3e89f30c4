#include "audio/flow.h"

#include "core/alloc.h"

#include <assert.h>
#include <string.h>
#include <time.h>

typedef struct flow flow;

typedef struct {
    flow *owner;
    st_flow_step *step; /* NULL: reading */
    st_err err;
    double seconds;
} flow_slot;

struct flow {
    st_source *source;
    const st_flow_watch *watch;
    int64_t limit, tail, got;
    bool ended;
    st_buffer storage[ST_FLOW_SLOTS];
    st_block block[ST_FLOW_SLOTS];
    flow_slot part[ST_FLOW_MAX_STEPS + 1];
};

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

st_status st_trim_step(void *ctx, st_block *block, st_err *err) {
    (void)err;
    st_trim *trim = ctx;
    int skip = trim->skip < block->frames ? (int)trim->skip : block->frames;
    trim->skip -= skip;
    block->frames -= skip;
    for (int c = 0; c < block->channels; c++)
        block->channel[c] += skip;
    if (trim->left >= 0) {
        if (block->frames > trim->left)
            block->frames = (int)trim->left;
        trim->left -= block->frames;
    }
    return ST_OK;
}

st_status st_sink_step(void *ctx, st_block *block, st_err *err) {
    return st_sink_write(ctx, (const float *const *)block->channel,
                         block->frames, err);
}

static void silence(st_block *block, int from, int to) {
    for (int c = 0; c < block->channels; c++)
        memset(block->channel[c] + from, 0,
               (size_t)(to - from) * sizeof(float));
}

/* Read what fits and, after the end of the source, silence of the tail. */
static st_status fill(flow *f, st_block *block, st_err *err) {
    int64_t want = ST_FLOW_FRAMES, got = 0;
    if (f->limit >= 0 && f->limit - f->got < want)
        want = f->limit - f->got;
    if (!f->ended) {
        st_status status =
            st_source_read(f->source, block->channel, want, &got, err);
        if (status)
            return status;
        f->ended = got < want || (f->limit >= 0 && f->got + got >= f->limit);
        f->got += got;
    }
    block->frames = (int)got;
    if (f->ended && f->tail > 0) {
        int64_t more =
            ST_FLOW_FRAMES - got < f->tail ? ST_FLOW_FRAMES - got : f->tail;
        silence(block, (int)got, (int)(got + more));
        block->frames += (int)more;
        f->tail -= more;
    }
    return block->frames > 0 ? ST_OK : ST_PIPE_END;
}

static st_status run_part(void *ctx, int64_t index, int slot) {
    (void)index;
    flow_slot *part = ctx;
    flow *f = part->owner;
    st_block *block = &f->block[slot];
    double start = now_s();
    st_status status;
    if (part->step) {
        status = part->step->run(part->step->ctx, block, &part->err);
    } else {
        for (int c = 0; c < block->channels; c++)
            block->channel[c] = f->storage[slot].channel[c];
        status = fill(f, block, &part->err);
        if (!status && f->watch && f->watch->tick(f->watch->ctx, f->got))
            status = st_err_set(&part->err, ST_CANCELLED, "Stopped.");
    }
    part->seconds += now_s() - start;
    return status;
}

static st_status run_flow(flow *f, st_pool *pool, st_flow_step *steps,
                          int count, st_err *err) {
    st_pipe_step pipe[ST_FLOW_MAX_STEPS + 1] = {{0}};
    for (int i = 0; i <= count; i++) {
        f->part[i].owner = f;
        f->part[i].step = i ? &steps[i - 1] : NULL;
        pipe[i] = (st_pipe_step){run_part, &f->part[i]};
    }
    st_status status = st_pipe_run(pool, pipe, count + 1, -1, ST_FLOW_SLOTS);
    for (int i = 1; i <= count; i++)
        steps[i - 1].seconds = f->part[i].seconds;
    for (int i = 0; status && i <= count; i++)
        if (f->part[i].err.status == status) {
            if (err)
                *err = f->part[i].err;
            return status;
        }
    return status ? st_err_set(err, status, "Processing failed: %s.",
                               st_status_name(status))
                  : ST_OK;
}

st_status st_flow_run(st_pool *pool, st_source *source, int64_t limit,
                      int64_t tail, st_flow_step *steps, int count,
                      const st_flow_watch *watch, int64_t *frames,
                      st_err *err) {
    assert(count >= 1 && count <= ST_FLOW_MAX_STEPS);
    flow *f = st_calloc(1, sizeof *f);
    if (!f)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    f->source = source, f->limit = limit, f->tail = tail, f->watch = watch;
    st_status status = ST_OK;
    for (int i = 0; !status && i < ST_FLOW_SLOTS; i++) {
        f->block[i].channels = source->format.channels;
        f->block[i].slot = i;
        status = st_buffer_init(&f->storage[i], source->format.channels,
                                ST_FLOW_FRAMES);
    }
    if (status)
        status = st_err_set(err, status, "Out of memory.");
    else
        status = run_flow(f, pool, steps, count, err);
    if (!status && frames)
        *frames = f->got;
    for (int i = 0; i < ST_FLOW_SLOTS; i++)
        st_buffer_deinit(&f->storage[i]);
    st_free(f);
    return status;
}
