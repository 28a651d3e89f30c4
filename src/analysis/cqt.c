#include "analysis/cqt.h"

#include "analysis/cqt_plan.h"
#include "analysis/halfband.h"
#include "analysis/spec_ops.h"
#include "core/alloc.h"

#include <assert.h>
#include <string.h>

enum { FRAMES = ST_SPEC_FRAMES, CHUNK = 4096 };

/* The signal at rate / 2^l; x[i - start] is its sample i. Samples before the
 * first and from `length` on are 0. */
typedef struct {
    float *x;
    int64_t start, end;
    int64_t length; /* known at the end of the stream, else INT64_MAX */
    size_t capacity;
} level;

struct st_cqt {
    const st_spec_ops *ops;
    st_cqt_plan plan;
    st_frame_sink sink;
    level level[ST_CQT_LEVELS];
    /* from level to level: the steep filter where librosa's numbers are
     * wanted, else the half-band */
    void (*halve)(float *out, const float *in, const float *taps, size_t n);
    float taps[ST_STEEP_REACH + 1];
    int reach;                   /* samples it needs to each side */
    float *rows;                 /* [longest kernel][FRAMES] */
    float *re, *im;              /* [bins][FRAMES] */
    float *out;                  /* [2 bins] */
    int64_t samples, frame, all; /* all: frames, known at the end */
    bool finished;
};

static int hop_of(const st_cqt *c, int l) {
    return c->plan.params.hop >> l;
}

/* Input samples after a group's first frame that its slowest level needs. */
static int64_t lookahead(const st_cqt *c) {
    int64_t most = 0;
    for (int l = 0; l < c->plan.levels; l++) {
        int64_t scale = (int64_t)1 << l;
        int64_t need = c->plan.high[l] * scale + (c->reach + 2) * (scale - 1);
        most = need > most ? need : most;
    }
    return most + (FRAMES - 1) * (int64_t)c->plan.params.hop;
}

/* Twice what must be held, so that moving is rare. */
static st_status allocate_levels(st_cqt *c) {
    int64_t ahead = lookahead(c);
    for (int l = 0; l < c->plan.levels; l++) {
        int64_t hold = -c->plan.low[l] + FRAMES * (int64_t)hop_of(c, l) +
                       ((ahead + CHUNK) >> l) + 4 * c->reach;
        c->level[l].capacity = (size_t)(2 * hold + 2 * CHUNK);
        c->level[l].x = st_calloc(c->level[l].capacity, sizeof(float));
        if (c->level[l].x == NULL)
            return ST_NO_MEM;
    }
    return ST_OK;
}

static st_status allocate(st_cqt *c) {
    size_t bins = (size_t)c->plan.params.bins + 1, longest = 1;
    for (int l = 0; l < c->plan.levels; l++) {
        size_t n = (size_t)(c->plan.high[l] - c->plan.low[l] + 1);
        longest = n > longest ? n : longest;
    }
    c->rows = st_calloc(longest, FRAMES * sizeof(float));
    c->re = st_calloc(bins, FRAMES * sizeof(float));
    c->im = st_calloc(bins, FRAMES * sizeof(float));
    c->out = st_calloc(bins, 2 * sizeof(float));
    bool good =
        c->rows != NULL && c->re != NULL && c->im != NULL && c->out != NULL;
    return good ? allocate_levels(c) : ST_NO_MEM;
}

st_status st_cqt_new(st_cqt **out, const st_cqt_params *params,
                     st_frame_sink sink) {
    if (!st_cqt_valid(params) || sink.frame == NULL)
        return ST_BAD_ARG;
    st_cqt *c = st_calloc(1, sizeof *c);
    if (c == NULL)
        return ST_NO_MEM;
    c->ops = st_spec_ops_get();
    c->sink = sink;
    c->halve = params->analytic ? c->ops->thin : c->ops->halve;
    c->reach = params->analytic ? ST_STEEP_REACH : ST_HALFBAND_REACH;
    if (params->analytic)
        st_steep_fill(c->taps);
    else
        st_halfband_fill(c->taps);
    st_status status = st_cqt_plan_init(&c->plan, params);
    if (status == ST_OK)
        status = allocate(c);
    if (status != ST_OK) {
        st_cqt_free(c);
        return status;
    }
    st_cqt_reset(c);
    *out = c;
    return ST_OK;
}

void st_cqt_free(st_cqt *c) {
    if (c == NULL)
        return;
    st_cqt_plan_deinit(&c->plan);
    for (int l = 0; l < ST_CQT_LEVELS; l++)
        st_free(c->level[l].x);
    st_free(c->rows);
    st_free(c->re);
    st_free(c->im);
    st_free(c->out);
    st_free(c);
}

/* Silence as far back as the first frame and the first half-band sum see. */
void st_cqt_reset(st_cqt *c) {
    for (int l = 0; l < c->plan.levels; l++) {
        level *v = &c->level[l];
        int64_t before =
            -c->plan.low[l] > c->reach ? -c->plan.low[l] : c->reach;
        v->start = -before;
        v->end = 0;
        v->length = INT64_MAX;
        memset(v->x, 0, (size_t)before * sizeof(float));
    }
    c->samples = c->frame = 0;
    c->all = INT64_MAX;
    c->finished = false;
}

/* --- rates --- */

static int64_t oldest_needed(const st_cqt *c, int l) {
    int64_t oldest = c->frame * hop_of(c, l) + c->plan.low[l];
    if (l + 1 < c->plan.levels) {
        int64_t half = 2 * c->level[l + 1].end - c->reach;
        oldest = half < oldest ? half : oldest;
    }
    return oldest;
}

static void make_room(const st_cqt *c, int l, level *v, int64_t n) {
    if ((size_t)(v->end - v->start + n) <= v->capacity)
        return;
    int64_t drop = oldest_needed(c, l) - v->start;
    assert(drop >= 0);
    memmove(v->x, v->x + drop,
            (size_t)(v->end - v->start - drop) * sizeof *v->x);
    v->start += drop;
    assert((size_t)(v->end - v->start + n) <= v->capacity);
}

/* What level l has got makes as much of level l + 1 as it can. */
static void halve(st_cqt *c, int l) {
    const level *from = &c->level[l];
    level *to = &c->level[l + 1];
    int64_t n = (from->end - c->reach + 1) / 2 - to->end;
    if (n <= 0)
        return;
    make_room(c, l + 1, to, n);
    float *out = to->x + (to->end - to->start);
    c->halve(out, from->x + (2 * to->end - from->start), c->taps, (size_t)n);
    to->end += n;
    int64_t over = to->end - to->length;
    if (over > 0) {
        over = over < n ? over : n;
        memset(out + n - over, 0, (size_t)over * sizeof *out);
    }
}

/* --- frames --- */

static bool group_is_ready(const st_cqt *c) {
    for (int l = 0; l < c->plan.levels; l++) {
        int64_t last = (c->frame + FRAMES - 1) * hop_of(c, l);
        if (c->level[l].end <= last + c->plan.high[l])
            return false;
    }
    return true;
}

static void project_level(st_cqt *c, int l) {
    const level *v = &c->level[l];
    int low = c->plan.low[l];
    float out[4 * FRAMES];
    if (c->plan.high[l] < low || c->plan.present == 0)
        return;
    c->ops->rows(c->rows, v->x + (c->frame * hop_of(c, l) + low - v->start),
                 (size_t)hop_of(c, l), (size_t)(c->plan.high[l] - low + 1));
    for (size_t i = 0; i < c->plan.pairs; i++) {
        const st_cqt_pair *p = &c->plan.pair[i];
        if (p->level != l)
            continue;
        c->ops->project(out, c->rows + (size_t)(p->first - low) * FRAMES,
                        p->taps, p->count);
        size_t at = (size_t)p->bin * FRAMES;
        memcpy(c->re + at, out, FRAMES * sizeof *out);
        memcpy(c->im + at, out + FRAMES, FRAMES * sizeof *out);
        if (p->bin + 1 == c->plan.present)
            continue;
        memcpy(c->re + at + FRAMES, out + 2 * FRAMES, FRAMES * sizeof *out);
        memcpy(c->im + at + FRAMES, out + 3 * FRAMES, FRAMES * sizeof *out);
    }
}

static void give(st_cqt *c, size_t f) {
    size_t bins = (size_t)c->plan.params.bins;
    for (size_t b = 0; b < bins; b++)
        c->out[b] = c->re[b * FRAMES + f];
    if (c->plan.params.complex)
        for (size_t b = 0; b < bins; b++)
            c->out[bins + b] = c->im[b * FRAMES + f];
    c->sink.frame(c->sink.ctx, c->frame + (int64_t)f, c->out);
}

static void run_group(st_cqt *c) {
    size_t bins = (size_t)c->plan.params.bins;
    for (int l = 0; l < c->plan.levels; l++)
        project_level(c, l);
    if (!c->plan.params.complex)
        c->ops->magnitude(c->re, c->re, c->im, bins * FRAMES);
    for (size_t f = 0; f < FRAMES && c->frame + (int64_t)f < c->all; f++)
        give(c, f);
    c->frame += FRAMES;
}

/* in NULL: silence. */
static void take(st_cqt *c, const float *in, int64_t n) {
    level *v = &c->level[0];
    for (int64_t done = 0; done < n;) {
        int64_t part = n - done < CHUNK ? n - done : CHUNK;
        make_room(c, 0, v, part);
        float *to = v->x + (v->end - v->start);
        if (in != NULL)
            c->ops->clean(to, in + done, (size_t)part);
        else
            memset(to, 0, (size_t)part * sizeof *to);
        v->end += part;
        done += part;
        for (int l = 0; l + 1 < c->plan.levels; l++)
            halve(c, l);
        while (c->frame < c->all && group_is_ready(c))
            run_group(c);
    }
}

void st_cqt_process(st_cqt *c, const float *in, int64_t n) {
    assert(!c->finished);
    take(c, in, n);
    c->samples += n;
}

void st_cqt_finish(st_cqt *c) {
    if (c->finished)
        return;
    c->finished = true;
    c->all = c->samples > 0 ? 1 + c->samples / c->plan.params.hop : 0;
    int64_t length = c->samples;
    for (int l = 0; l < c->plan.levels; l++, length = (length + 1) / 2)
        c->level[l].length = length;
    while (c->frame < c->all)
        take(c, NULL, CHUNK);
}

int64_t st_cqt_frames(const st_cqt *c) {
    return c->frame < c->all ? c->frame : c->all;
}
