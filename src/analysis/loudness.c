#include "analysis/loudness.h"

#include "analysis/gate.h"
#include "analysis/kweight.h"
#include "analysis/meter_ops.h"
#include "core/alloc.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    RUN = ST_LOUDNESS_RUN,
    CHANNELS = 8,
    M_BLOCKS = 4,  /* 400 ms */
    S_BLOCKS = 30, /* 3 s */
    RING = 32,     /* blocks kept, at least S_BLOCKS + 1 */
};

/* Where the windows stand. A block is 100 ms, cut into hops. A window that
 * ends in hop j of a block is the rest of an old block after its hop j, the
 * whole blocks between, and this block up to hop j: sums only, so nothing
 * drifts and nothing is taken away again. */
typedef struct {
    double *rest;       /* [RING][hops + 1]: energy from hop j on */
    double *hop;        /* [hops]: of the block being filled */
    double block[RING]; /* energy of each whole block */
    double whole_m;     /* of the M_BLOCKS - 1 blocks before this one */
    double whole_s;     /* of the S_BLOCKS - 1 blocks before this one */
    double filled;      /* of this block so far */
    int64_t blocks;     /* whole blocks so far */
    int hops_done;      /* hops of this block */
    double open;        /* energy of the hop being filled */
    int open_frames;    /* its frames so far */
    double m, s;        /* window sums at the last hop */
    double m_max, s_max;
    int64_t m_max_frame, s_max_frame;
} windows;

typedef struct {
    float *m, *s; /* LUFS, the loudest of each point */
    int count;
    int joined; /* blocks a point */
    int pending;
    float pending_m, pending_s;
} series;

struct st_loudness {
    const st_meter_ops *ops;
    st_kw_block k;
    double weight[CHANNELS];
    int channels;
    int hops;       /* a block */
    int hop_frames; /* block = hops * hop_frames, about 100 ms */
    int capacity;
    windows w;
    series graph;
    double state[CHANNELS][ST_KW_STATES];
    int64_t frames;
    int held;
    bool finished;
    float hold[CHANNELS][RUN];
    double y[CHANNELS][RUN];
    st_gate integrated;
    st_gate range;
};

/* ---- set-up ---- */

/* Left and right first; LFE is channel 3 from six channels on. */
double st_loudness_weight(int channels, int channel) {
    if (channels < 1 || channels > CHANNELS || channel < 0 ||
        channel >= channels)
        return 0.0;
    if (channels >= 6 && channel == 3)
        return 0.0;
    return channels >= 4 && channel >= channels - 2 ? 1.41 : 1.0;
}

/* One frame through both sections, transposed direct form 2. */
static double step(const st_kweight *k, double s[ST_KW_STATES], double x) {
    for (int i = 0; i < 2; i++) {
        const st_kweight_section *f = &k->section[i];
        double *d = s + 2 * i;
        double y = f->b0 * x + d[0];
        d[0] = f->b1 * x - f->a1 * y + d[1];
        d[1] = f->b2 * x - f->a2 * y;
        x = y;
    }
    return x;
}

/* The block form by its meaning: what one unit of input or state becomes. */
static void block_form(const st_kweight *k, st_kw_block *out) {
    for (int unit = 0; unit < ST_KW_BLOCK + ST_KW_STATES; unit++) {
        double s[ST_KW_STATES] = {0};
        int input = unit - ST_KW_STATES;
        if (input < 0)
            s[unit] = 1.0;
        double *row = input < 0 ? out->state[unit] : out->x[input];
        for (int i = 0; i < ST_KW_BLOCK; i++)
            row[i] = step(k, s, i == input ? 1.0 : 0.0);
        memcpy(row + ST_KW_BLOCK, s, sizeof s);
    }
}

/* A hop between 1/4 and 1 ms of which a whole number is nearest to 100 ms,
 * the longest such. */
static void choose_hop(st_loudness *l, double rate_hz) {
    double best = INFINITY;
    int least = (int)ceil(rate_hz / 4000.0);
    for (int hop = (int)(rate_hz / 1000.0); hop >= least; hop--) {
        int hops = (int)(rate_hz / 10.0 / hop + 0.5);
        double off = fabs((double)hop * hops - rate_hz / 10.0);
        if (off < best) {
            best = off;
            l->hop_frames = hop;
            l->hops = hops;
        }
    }
}

static st_status allocate(st_loudness *l) {
    l->w.rest = st_calloc((size_t)RING * (size_t)(l->hops + 1), sizeof(double));
    l->w.hop = st_calloc((size_t)l->hops, sizeof(double));
    l->graph.m = st_calloc((size_t)l->capacity, sizeof(float));
    l->graph.s = st_calloc((size_t)l->capacity, sizeof(float));
    bool all = l->w.rest != NULL && l->w.hop != NULL && l->graph.m != NULL &&
               l->graph.s != NULL;
    return all ? ST_OK : ST_NO_MEM;
}

st_status st_loudness_new(st_loudness **out, double rate_hz, int channels,
                          int series_capacity, const double *weights) {
    st_kweight k;
    if (channels < 1 || channels > CHANNELS || series_capacity < 0 ||
        series_capacity > 1 << 20 || series_capacity % 2 != 0 ||
        st_kweight_design(&k, rate_hz) != ST_OK)
        return ST_BAD_ARG;
    for (int c = 0; weights != NULL && c < channels; c++)
        if (!(weights[c] >= 0.0 && weights[c] < 1e6))
            return ST_BAD_ARG;
    st_loudness *l = st_calloc(1, sizeof *l);
    if (l == NULL)
        return ST_NO_MEM;
    l->ops = st_meter_ops_get();
    l->channels = channels;
    l->capacity = series_capacity;
    for (int c = 0; c < channels; c++)
        l->weight[c] =
            weights != NULL ? weights[c] : st_loudness_weight(channels, c);
    block_form(&k, &l->k);
    choose_hop(l, rate_hz);
    if (allocate(l) != ST_OK) {
        st_loudness_free(l);
        return ST_NO_MEM;
    }
    st_loudness_reset(l);
    *out = l;
    return ST_OK;
}

void st_loudness_free(st_loudness *meter) {
    if (meter == NULL)
        return;
    st_free(meter->w.rest);
    st_free(meter->w.hop);
    st_free(meter->graph.m);
    st_free(meter->graph.s);
    st_free(meter);
}

void st_loudness_reset(st_loudness *l) {
    windows w = {.rest = l->w.rest, .hop = l->w.hop};
    memset(w.rest, 0, (size_t)RING * (size_t)(l->hops + 1) * sizeof *w.rest);
    l->w = w;
    l->graph = (series){.m = l->graph.m, .s = l->graph.s, .joined = 1};
    memset(l->state, 0, sizeof l->state);
    memset(&l->integrated, 0, sizeof l->integrated);
    memset(&l->range, 0, sizeof l->range);
    l->frames = 0;
    l->held = 0;
    l->finished = false;
}

int64_t st_loudness_step_frames(const st_loudness *l) {
    return (int64_t)l->hops * l->hop_frames;
}

/* ---- windows ---- */

static double block_frames(const st_loudness *l) {
    return (double)st_loudness_step_frames(l);
}

static void join_points(series *g) {
    for (int i = 0; i < g->count / 2; i++) {
        g->m[i] = fmaxf(g->m[2 * i], g->m[2 * i + 1]);
        g->s[i] = fmaxf(g->s[2 * i], g->s[2 * i + 1]);
    }
    g->count /= 2;
    g->joined *= 2;
}

static void add_point(st_loudness *l, double m, double s) {
    series *g = &l->graph;
    if (l->capacity == 0)
        return;
    g->pending_m = fmaxf(g->pending_m, (float)m);
    g->pending_s = fmaxf(g->pending_s, (float)s);
    if (++g->pending < g->joined)
        return;
    g->m[g->count] = (float)st_gate_lufs((double)g->pending_m);
    g->s[g->count] = (float)st_gate_lufs((double)g->pending_s);
    g->pending = 0;
    g->pending_m = 0.0f;
    g->pending_s = 0.0f;
    if (++g->count == l->capacity)
        join_points(g);
}

/* Whole blocks `back` to 1 before the block to come, oldest first. */
static double blocks_before(const windows *w, int back) {
    double sum = 0.0;
    for (int64_t b = w->blocks - back; b < w->blocks; b++)
        if (b >= 0)
            sum += w->block[b % RING];
    return sum;
}

static void close_block(st_loudness *l) {
    windows *w = &l->w;
    int64_t slot = w->blocks % RING;
    double *rest = w->rest + slot * (l->hops + 1);
    rest[l->hops] = 0.0;
    for (int j = l->hops - 1; j >= 0; j--)
        rest[j] = rest[j + 1] + w->hop[j];
    w->block[slot] = w->filled;
    w->blocks++;
    w->filled = 0.0;
    w->hops_done = 0;
    w->whole_m = blocks_before(w, M_BLOCKS - 1);
    w->whole_s = blocks_before(w, S_BLOCKS - 1);
    double m = w->m / (M_BLOCKS * block_frames(l));
    double s = w->s / (S_BLOCKS * block_frames(l));
    if (w->blocks >= M_BLOCKS)
        st_gate_add(&l->integrated, m);
    if (w->blocks >= S_BLOCKS)
        st_gate_add(&l->range, s);
    add_point(l, m, s);
}

/* What is left, after hop j, of the block `back` before the one filled. */
static double rest_of(const st_loudness *l, int back, int j) {
    int64_t block = l->w.blocks - back;
    return block < 0 ? 0.0 : l->w.rest[(block % RING) * (l->hops + 1) + j + 1];
}

static void close_hop(st_loudness *l, int64_t end) {
    windows *w = &l->w;
    int j = w->hops_done++;
    w->hop[j] = w->open;
    w->filled += w->open;
    w->open = 0.0;
    w->open_frames = 0;
    w->m = rest_of(l, M_BLOCKS, j) + w->whole_m + w->filled;
    w->s = rest_of(l, S_BLOCKS, j) + w->whole_s + w->filled;
    if (w->m > w->m_max) {
        w->m_max = w->m;
        w->m_max_frame = end;
    }
    if (w->s > w->s_max) {
        w->s_max = w->s;
        w->s_max_frame = end;
    }
    if (w->hops_done == l->hops)
        close_block(l);
}

/* ---- runs ---- */

static void flush_tiny(double *state) {
    for (int i = 0; i < ST_KW_STATES; i++)
        if (fabs(state[i]) < 1e-150)
            state[i] = 0.0;
}

/* frames of in[channels], known in full up to the next multiple of 16. */
static void measure(st_loudness *l, const float *const *in, int frames) {
    size_t padded = (size_t)(frames + ST_KW_BLOCK - 1) / ST_KW_BLOCK;
    for (int c = 0; c < l->channels; c++)
        if (l->weight[c] > 0.0) {
            l->ops->weigh(l->y[c], in[c], padded * ST_KW_BLOCK, l->state[c],
                          &l->k);
            flush_tiny(l->state[c]);
        }
    for (int at = 0; at < frames;) {
        int room = l->hop_frames - l->w.open_frames;
        int n = frames - at < room ? frames - at : room;
        for (int c = 0; c < l->channels; c++)
            if (l->weight[c] > 0.0)
                l->w.open +=
                    l->weight[c] * l->ops->energy(l->y[c] + at, (size_t)n);
        l->w.open_frames += n;
        at += n;
        if (l->w.open_frames == l->hop_frames)
            close_hop(l, l->frames + at);
    }
    l->frames += frames;
}

static void measure_held(st_loudness *l) {
    const float *in[CHANNELS] = {0};
    for (int c = 0; c < l->channels; c++)
        in[c] = l->hold[c];
    measure(l, in, l->held);
    l->held = 0;
}

static int64_t hold(st_loudness *l, const float *const *in, int64_t done,
                    int64_t frames) {
    int64_t n = frames < RUN - l->held ? frames : RUN - l->held;
    for (int c = 0; c < l->channels; c++)
        memcpy(l->hold[c] + l->held, in[c] + done, (size_t)n * sizeof(float));
    l->held += (int)n;
    if (l->held == RUN)
        measure_held(l);
    return n;
}

void st_loudness_process(st_loudness *l, const float *const *in,
                         int64_t frames) {
    assert(!l->finished);
    for (int64_t done = 0; done < frames;) {
        if (l->held > 0 || frames - done < RUN) {
            done += hold(l, in, done, frames - done);
            continue;
        }
        const float *at[CHANNELS];
        for (int c = 0; c < l->channels; c++)
            at[c] = in[c] + done;
        measure(l, at, RUN);
        done += RUN;
    }
}

/* A hop that the end cuts short is closed as if silence followed. */
void st_loudness_finish(st_loudness *l) {
    if (l->finished)
        return;
    l->finished = true;
    for (int c = 0; c < l->channels; c++)
        memset(l->hold[c] + l->held, 0,
               (size_t)(RUN - l->held) * sizeof(float));
    measure_held(l);
    if (l->w.open_frames > 0)
        close_hop(l, l->frames);
}

/* ---- results ---- */

static void get_range(const st_loudness *l, st_loudness_result *out) {
    double gate = st_gate_mean(&l->range, 0.0) * 0.01; /* -20 LU */
    double low = 0.0;
    double high = 0.0;
    out->range_lu = 0.0;
    if (st_gate_points(&l->range, gate, &low, &high))
        out->range_lu = st_gate_lufs(high) - st_gate_lufs(low);
    out->range_low_lufs = st_gate_lufs(low);
    out->range_high_lufs = st_gate_lufs(high);
}

void st_loudness_get(const st_loudness *l, st_loudness_result *out) {
    const windows *w = &l->w;
    double m_frames = M_BLOCKS * block_frames(l);
    double s_frames = S_BLOCKS * block_frames(l);
    double gate = st_gate_mean(&l->integrated, 0.0) * 0.1; /* -10 LU */
    *out = (st_loudness_result){
        .integrated_lufs = st_gate_lufs(st_gate_mean(&l->integrated, gate)),
        .relative_gate_lufs = st_gate_lufs(gate),
        .momentary_max_lufs = st_gate_lufs(w->m_max / m_frames),
        .short_term_max_lufs = st_gate_lufs(w->s_max / s_frames),
        .momentary_max_frame = w->m_max_frame,
        .short_term_max_frame = w->s_max_frame,
        .momentary_lufs = st_gate_lufs(w->m / m_frames),
        .short_term_lufs = st_gate_lufs(w->s / s_frames),
        .frames = l->frames,
    };
    get_range(l, out);
}

void st_loudness_join(st_loudness *l, const st_loudness *other) {
    st_gate_join(&l->integrated, &other->integrated);
    st_gate_join(&l->range, &other->range);
    double scale = block_frames(l) / block_frames(other);
    if (other->w.m_max * scale > l->w.m_max)
        l->w.m_max = other->w.m_max * scale;
    if (other->w.s_max * scale > l->w.s_max)
        l->w.s_max = other->w.s_max * scale;
}

void st_loudness_series(const st_loudness *l, const float **momentary,
                        const float **short_term, int *count,
                        int64_t *step_frames) {
    *momentary = l->graph.m;
    *short_term = l->graph.s;
    *count = l->graph.count;
    *step_frames = st_loudness_step_frames(l) * l->graph.joined;
}
