#include "analysis/icqt.h"

#include "analysis/halfband.h"
#include "analysis/icqt_plan.h"
#include "analysis/spec_ops.h"
#include "core/alloc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    PAIRS = ST_HALFBAND_PAIRS,
    BATCH = 16,            /* frames between two looks at what is complete */
    FIRST = -2 * PAIRS - 2 /* sample, of any level, that is kept from */
};

/* The sum at rate / 2^l; x[i - start] is its sample i. */
typedef struct {
    float *x;
    int64_t start, end;
    int64_t raised; /* samples that the level above has got */
    size_t capacity;
} level;

struct st_icqt {
    const st_spec_ops *ops;
    st_icqt_plan plan;
    st_frame_sink sink;
    level level[ST_CQT_LEVELS];
    float taps[PAIRS];
    float *frame;          /* [2 bins], cleaned */
    int64_t frames, block; /* taken, given */
    bool finished;
};

int st_icqt_hop(const st_cqt_params *params) {
    int present = st_cqt_present(params), hop = 1;
    double shortest = present > 0 ? st_cqt_length(params, present - 1) : 0.0;
    while (hop < 32768 && 8.0 * hop <= shortest)
        hop *= 2;
    return hop;
}

static int hop_of(const st_icqt *c, int l) {
    return c->plan.params.hop >> l;
}

/* Full-rate samples from a frame until all that touches them has come. */
static int64_t lookahead(const st_icqt *c) {
    int64_t most = 0, rise = 0;
    for (int l = 0; l < c->plan.levels; l++) {
        int64_t scale = (int64_t)1 << l;
        int64_t need = -c->plan.low[l] * scale +
                       (int64_t)c->plan.stride[l] * c->plan.params.hop + rise;
        most = need > most ? need : most;
        rise += 2 * PAIRS * scale;
    }
    return most;
}

int st_icqt_latency(const st_icqt *c) {
    int hop = c->plan.params.hop;
    return (int)((lookahead(c) + hop - 1) / hop) + BATCH;
}

/* Twice what must be held, so that moving is rare. */
static st_status allocate(st_icqt *c) {
    int64_t ahead = (int64_t)st_icqt_latency(c) * c->plan.params.hop;
    c->frame = st_calloc((size_t)c->plan.params.bins, 2 * sizeof(float));
    if (c->frame == NULL)
        return ST_NO_MEM;
    for (int l = 0; l < c->plan.levels; l++) {
        int64_t hold = (ahead >> l) + c->plan.high[l] - c->plan.low[l] +
                       2 * BATCH * (int64_t)hop_of(c, l) + 8 * PAIRS;
        c->level[l].capacity = (size_t)(2 * hold);
        c->level[l].x = st_calloc(c->level[l].capacity, sizeof(float));
        if (c->level[l].x == NULL)
            return ST_NO_MEM;
    }
    return ST_OK;
}

st_status st_icqt_new(st_icqt **out, const st_cqt_params *params,
                      st_frame_sink sink) {
    if (!st_cqt_valid(params) || !params->complex || params->scale > 2.0 ||
        sink.frame == NULL)
        return ST_BAD_ARG;
    st_icqt *c = st_calloc(1, sizeof *c);
    if (c == NULL)
        return ST_NO_MEM;
    c->ops = st_spec_ops_get();
    c->sink = sink;
    st_halfband_fill(c->taps);
    st_status status = st_icqt_plan_init(&c->plan, params);
    if (status == ST_OK)
        status = allocate(c);
    if (status != ST_OK) {
        st_icqt_free(c);
        return status;
    }
    st_icqt_reset(c);
    *out = c;
    return ST_OK;
}

void st_icqt_free(st_icqt *c) {
    if (c == NULL)
        return;
    st_icqt_plan_deinit(&c->plan);
    for (int l = 0; l < ST_CQT_LEVELS; l++)
        st_free(c->level[l].x);
    st_free(c->frame);
    st_free(c);
}

void st_icqt_reset(st_icqt *c) {
    for (int l = 0; l < c->plan.levels; l++) {
        c->level[l].start = c->level[l].end = FIRST;
        c->level[l].raised = FIRST / 2;
    }
    c->frames = c->block = 0;
    c->finished = false;
}

/* --- what a level holds --- */

static int64_t oldest_needed(const st_icqt *c, int l) {
    int64_t oldest =
        l == 0 ? c->block * c->plan.params.hop : c->level[l].raised - PAIRS;
    return oldest > FIRST ? oldest : FIRST;
}

/* Zeros up to sample `to`, not in. */
static void extend(st_icqt *c, int l, int64_t to) {
    level *v = &c->level[l];
    if (to <= v->end)
        return;
    if ((size_t)(to - v->start) > v->capacity) {
        int64_t drop = oldest_needed(c, l) - v->start;
        drop = drop < v->end - v->start ? drop : v->end - v->start;
        memmove(v->x, v->x + drop,
                (size_t)(v->end - v->start - drop) * sizeof *v->x);
        v->start += drop;
        assert((size_t)(to - v->start) <= v->capacity);
    }
    memset(v->x + (v->end - v->start), 0, (size_t)(to - v->end) * sizeof *v->x);
    v->end = to;
}

/* A frame's part of a pair of bins; before FIRST there is nothing. */
static void spread_pair(st_icqt *c, const st_icqt_pair *p, int64_t at) {
    const float *re = c->frame + p->bin, *im = re + c->plan.params.bins;
    bool two = p->bin + 1 < c->plan.params.bins;
    const float values[4] = {re[0], im[0], two ? re[1] : 0.0f,
                             two ? im[1] : 0.0f};
    level *v = &c->level[p->level];
    int64_t first = at + p->first, skip = v->start - first;
    skip = skip > 0 ? skip : 0;
    if (skip >= (int64_t)p->count)
        return;
    c->ops->spread(v->x + (first + skip - v->start), p->taps + skip, p->count,
                   values, p->count - (size_t)skip);
}

static void spread_frame(st_icqt *c) {
    for (int l = 0; l < c->plan.levels; l++)
        if (c->frames % c->plan.stride[l] == 0)
            extend(c, l, c->frames * hop_of(c, l) + c->plan.high[l] + 1);
    for (size_t i = 0; i < c->plan.pairs; i++) {
        const st_icqt_pair *p = &c->plan.pair[i];
        if (c->frames % c->plan.stride[p->level] == 0)
            spread_pair(c, p, c->frames * hop_of(c, p->level));
    }
}

/* --- up to the full rate --- */

/* Samples of a level that its own frames will not touch any more. */
static int64_t own_complete(const st_icqt *c, int l) {
    int64_t stride = c->plan.stride[l];
    if (c->finished)
        return ((c->frames * c->plan.params.hop) >> l) + 2 * PAIRS + 4;
    if (c->plan.high[l] < c->plan.low[l])
        return INT64_MAX;
    int64_t next = (c->frames + stride - 1) / stride * stride;
    return next * hop_of(c, l) + c->plan.low[l];
}

/* Level l, complete up to `to`, goes into l - 1. */
static void raise_level(st_icqt *c, int l, int64_t to) {
    level *v = &c->level[l], *up = &c->level[l - 1];
    int64_t n = to - PAIRS - v->raised;
    if (n <= 0)
        return;
    extend(c, l, to);
    extend(c, l - 1, 2 * (v->raised + n));
    c->ops->raise(up->x + (2 * v->raised - up->start),
                  v->x + (v->raised - v->start), c->taps, (size_t)n);
    v->raised += n;
}

static void give_complete(st_icqt *c) {
    int64_t complete = INT64_MAX, hop = c->plan.params.hop;
    for (int l = c->plan.levels - 1; l >= 0; l--) {
        int64_t own = own_complete(c, l);
        complete = own < complete ? own : complete;
        if (l == 0 || complete == INT64_MAX)
            continue;
        raise_level(c, l, complete);
        complete = 2 * c->level[l].raised;
    }
    for (; (c->block + 1) * hop <= complete && c->block < c->frames;
         c->block++) {
        level *v = &c->level[0];
        extend(c, 0, (c->block + 1) * hop);
        c->sink.frame(c->sink.ctx, c->block,
                      v->x + (c->block * hop - v->start));
    }
}

void st_icqt_process(st_icqt *c, const float *frame) {
    assert(!c->finished);
    c->ops->clean(c->frame, frame, 2 * (size_t)c->plan.params.bins);
    spread_frame(c);
    c->frames++;
    if (c->frames % BATCH == 0)
        give_complete(c);
}

void st_icqt_sink(void *ctx, int64_t frame, const float *values) {
    (void)frame;
    st_icqt_process(ctx, values);
}

void st_icqt_finish(st_icqt *c) {
    if (c->finished)
        return;
    c->finished = true;
    give_complete(c);
}
