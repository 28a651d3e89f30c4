#include "dsp/limiter.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/interpeak.h"
#include "dsp/limgain.h"
#include "dsp/ops.h"

#include <math.h>
#include <string.h>

enum {
    HOP = ST_INTERPEAK_HOP,
    CHANNELS = 8,
    BLOCKS = ST_DIP_BLOCKS_MAX,
    CLEAN_REACH = 1, /* of the second stage */
    SPLINE = 3
};

#define HOLD_MS 13.0 /* half a period of 40 Hz, and a little */
#define OPEN_MS 220.0
#define SMOOTH_MS 10.0
#define RAMP_MS 20.0 /* ceiling and drive */
#define METER_MS 10.0
/* 0.025 dB under the ceiling; a hair more for the second stage, so that it
 * does not work on what the first left right. */
#define AIM 0.9970
#define AIM_SECOND 0.9972
#define AUDIBLE 1e-3f /* -60 dBFS */

/* One gain for one channel or for all: slow and fast part. Rows are in
 * blocks; slow[] runs from one block before the hop that is worked on. */
typedef struct {
    st_hold hold;
    st_dip dip;
    float slow_last;        /* at the end of the last hop */
    float want[1 + BLOCKS]; /* the last of the hop before, then this hop */
    float slow[2 + BLOCKS]; /* one earlier still */
    float *slow_row;        /* delayed as the dip delays */
    float gain[2 + BLOCKS]; /* what the spline reads */
} follower;

/* Second stage: only the fast part. */
typedef struct {
    st_dip dip;
    float gain[2 + BLOCKS];
} cleaner;

typedef struct {
    float *fresh; /* HOP frames being filled */
    float *ready; /* HOP frames being given out */
    float *first; /* past and hop, after the drive */
    float *second;
} lane;

struct st_limiter {
    st_spec spec;
    st_limiter_params params;
    const st_ops *ops;
    st_interpeak peaks[2]; /* of each stage */
    const st_limops *limops;
    int block;                   /* frames */
    int blocks;                  /* a hop */
    int lag[2];                  /* frames by which each stage trails a hop */
    int slow_lag;                /* blocks that slow_row delays */
    int first_past, second_past; /* frames kept before the hop */
    int filled;
    float weights[SPLINE][HOP];
    double ceiling, drive, drive_before, link;
    double ceiling_goal, drive_goal, ramp_keep;
    bool shared; /* all channels by the first follower */
    lane lanes[CHANNELS];
    follower followers[CHANNELS];
    cleaner cleaners[CHANNELS];
    float *pool;
    /* meter */
    float *taken[CHANNELS]; /* first stage's gains, delayed to meet the
                               second's */
    int taken_past;         /* blocks */
    double sum, mean_sum, max_gain;
    int meter_blocks, meter_at;
    float meter_peak;
    st_limiter_meter meter;
};

st_limiter_params st_limiter_defaults(void) {
    return (st_limiter_params){.lookahead_ms = 1.2,
                               .release = ST_RELEASE_AUTO,
                               .release_ms = 100.0,
                               .link = 1.0};
}

static double within(double value, double low, double high, double otherwise) {
    if (!(value == value))
        return otherwise;
    return value < low ? low : value > high ? high : value;
}

static st_limiter_params sane(const st_limiter_params *p) {
    st_limiter_params d = st_limiter_defaults();
    d.ceiling_db = within(p->ceiling_db, -40.0, 0.0, d.ceiling_db);
    d.drive_db = within(p->drive_db, -40.0, 40.0, d.drive_db);
    d.lookahead_ms = within(p->lookahead_ms, 0.5, 5.0, d.lookahead_ms);
    d.release_ms = within(p->release_ms, 5.0, 2000.0, d.release_ms);
    d.link = within(p->link, 0.0, 1.0, d.link);
    d.release =
        p->release == ST_RELEASE_FIXED ? ST_RELEASE_FIXED : ST_RELEASE_AUTO;
    return d;
}

static double hops_of(const st_limiter *u, double ms) {
    return ms * u->spec.rate_hz / 1000.0 / HOP;
}

static int whole(double x) {
    return x < 1.0 ? 1 : (int)ceil(x);
}

static double keep_of(const st_limiter *u, double ms) {
    return st_exp(-1.0 / hops_of(u, ms));
}

/* ---- set-up ---- */

static int block_for(double rate_hz) {
    return rate_hz < 32000.0    ? 4
           : rate_hz < 65000.0  ? 8
           : rate_hz < 130000.0 ? 16
                                : 32;
}

static int reach_for(const st_limiter *u, double lookahead_ms) {
    double blocks = lookahead_ms * u->spec.rate_hz / 1000.0 / u->block;
    int reach = (int)((blocks - 2.0) / 2.0);
    return reach < 1 ? 1 : reach > ST_DIP_REACH_MAX ? ST_DIP_REACH_MAX : reach;
}

/* Blocks from a block's demand to its gain on the spline: the dip, one for
 * the neighbour of the slow gain, one for the spline. */
static int first_delay(const st_limiter *u) {
    return st_dip_delay(&u->followers[0].dip) + 2;
}

static int second_delay(const st_limiter *u) {
    return st_dip_delay(&u->cleaners[0].dip) + 1;
}

static void spline_weights(st_limiter *u) {
    for (int i = 0; i < u->block; i++) {
        double t = (i + 0.5) / u->block;
        u->weights[0][i] = (float)(0.5 * (1.0 - t) * (1.0 - t));
        u->weights[1][i] = (float)(0.5 + t * (1.0 - t));
        u->weights[2][i] = (float)(0.5 * t * t);
    }
}

static int round_up(int x, int step) {
    return (x + step - 1) / step * step;
}

static void layout(st_limiter *u) {
    u->block = block_for(u->spec.rate_hz);
    u->blocks = HOP / u->block;
    for (int stage = 0; stage < 2; stage++)
        u->lag[stage] =
            round_up(st_interpeak_margin(&u->peaks[stage]), u->block);
    int reach = reach_for(u, u->params.lookahead_ms);
    for (int c = 0; c < u->spec.channels; c++) {
        st_dip_init(&u->followers[c].dip, u->blocks, reach);
        st_dip_init(&u->cleaners[c].dip, u->blocks, CLEAN_REACH);
    }
    u->slow_lag = st_dip_delay(&u->followers[0].dip);
    u->first_past = u->lag[0] + u->block * first_delay(u);
    u->second_past = u->lag[1] + u->block * second_delay(u);
    for (int stage = 0; stage < 2; stage++) {
        int *past = stage == 0 ? &u->first_past : &u->second_past;
        int least = u->lag[stage] + st_interpeak_margin(&u->peaks[stage]);
        *past = *past < least ? least : *past;
    }
    u->taken_past = u->lag[1] / u->block + second_delay(u);
    u->meter_blocks = whole(METER_MS * u->spec.rate_hz / 1000.0 / u->block);
    spline_weights(u);
}

static size_t lane_floats(const st_limiter *u) {
    size_t past = (size_t)(u->first_past + u->second_past);
    size_t rows = (size_t)(u->slow_lag + u->taken_past + 2 * u->blocks);
    return 4 * HOP + past + rows;
}

static void place(st_limiter *u) {
    float *at = u->pool;
    for (int c = 0; c < u->spec.channels; c++) {
        lane *l = &u->lanes[c];
        l->fresh = at;
        l->ready = l->fresh + HOP;
        l->first = l->ready + HOP;
        l->second = l->first + u->first_past + HOP;
        u->followers[c].slow_row = l->second + u->second_past + HOP;
        u->taken[c] = u->followers[c].slow_row + u->slow_lag + u->blocks;
        at += lane_floats(u);
    }
}

static void apply(st_limiter *u) {
    const st_limiter_params *p = &u->params;
    bool fixed = p->release == ST_RELEASE_FIXED;
    u->ceiling_goal = st_db_to_gain(p->ceiling_db);
    u->drive_goal = st_db_to_gain(p->drive_db);
    u->ramp_keep = keep_of(u, RAMP_MS);
    int open = whole(hops_of(u, OPEN_MS * p->release_ms / 100.0));
    for (int c = 0; c < u->spec.channels; c++) {
        st_hold *h = &u->followers[c].hold;
        h->open_hops = open > h->open_max ? h->open_max : open;
        h->pole = keep_of(u, SMOOTH_MS * p->release_ms / 100.0);
        h->recover = fixed ? keep_of(u, p->release_ms) : 0.0;
    }
}

static void settle(st_limiter *u) {
    u->ceiling = u->ceiling_goal;
    u->drive = u->drive_before = u->drive_goal;
    u->link = u->params.link;
    u->shared = u->spec.channels == 1 || u->link >= 1.0;
}

st_status st_limiter_new(st_limiter **out, const st_spec *spec,
                         const st_limiter_params *params) {
    if (!st_spec_valid(spec))
        return ST_BAD_ARG;
    st_limiter *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->spec = *spec;
    u->params = sane(params);
    u->ops = st_ops_get();
    u->limops = st_limops_get();
    st_interpeak_init(&u->peaks[0], 20, 62.0);
    st_interpeak_init(&u->peaks[1], 64, 40.0);
    layout(u);
    int hold = whole(hops_of(u, HOLD_MS)) + 1;
    int open = whole(hops_of(u, 1000.0));
    for (int c = 0; c < spec->channels; c++)
        if (st_hold_init(&u->followers[c].hold, hold, open) != ST_OK)
            goto no_memory;
    u->pool = st_calloc((size_t)spec->channels, lane_floats(u) * sizeof(float));
    if (u->pool == NULL)
        goto no_memory;
    place(u);
    st_limiter_reset(u);
    *out = u;
    return ST_OK;
no_memory:
    st_limiter_free(u);
    return ST_NO_MEM;
}

void st_limiter_free(st_limiter *u) {
    if (u == NULL)
        return;
    for (int c = 0; c < u->spec.channels; c++)
        st_hold_deinit(&u->followers[c].hold);
    st_free(u->pool);
    st_free(u);
}

static void fill(float *row, int n, float value) {
    for (int i = 0; i < n; i++)
        row[i] = value;
}

void st_limiter_reset(st_limiter *u) {
    size_t floats = (size_t)u->spec.channels * lane_floats(u);
    memset(u->pool, 0, floats * sizeof *u->pool);
    for (int c = 0; c < u->spec.channels; c++) {
        follower *f = &u->followers[c];
        st_hold_reset(&f->hold);
        st_dip_reset(&f->dip);
        st_dip_reset(&u->cleaners[c].dip);
        f->slow_last = 1.0f;
        fill(f->want, 1 + BLOCKS, 1.0f);
        fill(f->slow, 2 + BLOCKS, 1.0f);
        fill(f->gain, 2 + BLOCKS, 1.0f);
        fill(u->cleaners[c].gain, 2 + BLOCKS, 1.0f);
        fill(f->slow_row, u->slow_lag + u->blocks, 1.0f);
        fill(u->taken[c], u->taken_past + u->blocks, 1.0f);
    }
    u->filled = 0;
    apply(u);
    settle(u);
    st_limiter_meter_clear(u);
}

void st_limiter_set(st_limiter *u, const st_limiter_params *params) {
    double lookahead_ms = u->params.lookahead_ms;
    u->params = sane(params);
    u->params.lookahead_ms = lookahead_ms;
    apply(u);
}

int st_limiter_latency_frames(const st_limiter *u) {
    return HOP + u->lag[0] + u->lag[1] +
           (first_delay(u) + second_delay(u)) * u->block;
}

/* ---- one hop ---- */

static double glide(double now, double goal, double keep) {
    double next = goal - (goal - now) * keep;
    return fabs(next - goal) <= 1e-6 * goal + 1e-9 ? goal : next;
}

/* Drive, ceiling and link move a step a hop. */
static void move_params(st_limiter *u) {
    double keep = u->ramp_keep;
    u->drive_before = u->drive;
    u->drive = glide(u->drive, u->drive_goal, keep);
    u->ceiling = glide(u->ceiling, u->ceiling_goal, keep);
    u->link = glide(u->link, u->params.link, keep);
    bool shared = u->spec.channels == 1 || u->link >= 1.0;
    if (u->shared && !shared)
        for (int c = 1; c < u->spec.channels; c++) {
            follower *to = &u->followers[c];
            const follower *from = &u->followers[0];
            st_hold hold = to->hold;
            float *row = to->slow_row;
            *to = *from;
            to->hold = hold;
            st_hold_copy(&to->hold, &from->hold);
            to->slow_row = row;
            memcpy(row, from->slow_row,
                   (size_t)(u->slow_lag + u->blocks) * sizeof *row);
            u->cleaners[c] = u->cleaners[0];
        }
    u->shared = shared;
}

static void slide_in(float *row, int past, int fresh) {
    memmove(row, row + fresh, (size_t)past * sizeof *row);
}

/* Gain that each block of a hop of `x` may have; false when all is 1. */
static bool demand(const st_limiter *u, int stage, const float *x,
                   float *want) {
    float tops[HOP];
    float ceiling = (float)(u->ceiling * (stage == 0 ? AIM : AIM_SECOND));
    if (!st_interpeak_find(&u->peaks[stage], x, ceiling, tops)) {
        fill(want, u->blocks, 1.0f);
        return false;
    }
    for (int b = 0; b < u->blocks; b++) {
        float top = ceiling;
        for (int i = 0; i < u->block; i++)
            top = tops[b * u->block + i] > top ? tops[b * u->block + i] : top;
        want[b] = ceiling / top;
    }
    return true;
}

/* The demands of all channels, joined as `link` says. */
static void demands(const st_limiter *u, int stage,
                    float want[CHANNELS][BLOCKS]) {
    int channels = u->spec.channels;
    bool any = false;
    for (int c = 0; c < channels; c++) {
        const float *x = stage ? u->lanes[c].second + u->second_past
                               : u->lanes[c].first + u->first_past;
        any |= demand(u, stage, x - u->lag[stage], want[c]);
    }
    if (!any || channels == 1)
        return;
    float link = (float)u->link;
    for (int b = 0; b < u->blocks; b++) {
        float least = want[0][b];
        for (int c = 1; c < channels; c++)
            least = want[c][b] < least ? want[c][b] : least;
        if (u->shared)
            want[0][b] = least;
        else
            for (int c = 0; c < channels; c++)
                want[c][b] -= link * (want[c][b] - least);
    }
}

static float lower(float a, float b) {
    return a < b ? a : b;
}

static float upper(float a, float b) {
    return a > b ? a : b;
}

/* want[blocks] of a hop -> gain[2 + blocks] for the spline. */
static void follow(const st_limiter *u, follower *f, const float *want) {
    int n = u->blocks;
    float least = 1.0f;
    for (int b = 0; b < n; b++)
        least = lower(want[b], least);
    float slow = st_hold_hop(&f->hold, least);
    float step = (slow - f->slow_last) / (float)n;
    f->want[0] = f->want[n];
    memcpy(f->want + 1, want, (size_t)n * sizeof *want);
    f->slow[0] = f->slow[n];
    f->slow[1] = f->slow[n + 1];
    for (int b = 0; b < n; b++)
        f->slow[2 + b] = f->slow_last + step * (float)(b + 1);
    f->slow[1 + n] = f->slow_last = slow;
    float rest[BLOCKS];
    float fast[BLOCKS];
    for (int b = 0; b < n; b++) {
        float most = upper(upper(f->slow[b], f->slow[b + 1]), f->slow[b + 2]);
        rest[b] = lower(f->want[b] / most, 1.0f);
    }
    st_dip_hop(&f->dip, rest, fast);
    slide_in(f->slow_row, u->slow_lag, n);
    memcpy(f->slow_row + u->slow_lag, f->slow + 1, (size_t)n * sizeof(float));
    f->gain[0] = f->gain[n];
    f->gain[1] = f->gain[n + 1];
    for (int b = 0; b < n; b++)
        f->gain[2 + b] = fast[b] * f->slow_row[b];
}

static bool is_one(const float *gain, int n) {
    for (int i = 0; i < n; i++)
        if (gain[i] != 1.0f)
            return false;
    return true;
}

/* out = in times the spline through gain[]; a copy when that is 1. */
static void shape_hop(const st_limiter *u, const float *gain, float *curve,
                      bool fresh) {
    if (!fresh)
        return;
    const float *w[SPLINE] = {u->weights[0], u->weights[1], u->weights[2]};
    u->limops->spline(curve, gain, w, (size_t)u->block, (size_t)u->blocks);
}

static void scale_hop(const st_limiter *u, float *out, const float *in,
                      const float *curve, bool one) {
    if (one)
        memcpy(out, in, HOP * sizeof *out);
    else
        u->ops->mul(out, in, curve, HOP);
}

static void first_stage(st_limiter *u) {
    float want[CHANNELS][BLOCKS] = {{0}};
    demands(u, 0, want);
    float curve[HOP];
    bool one = true;
    for (int c = 0; c < u->spec.channels; c++) {
        bool fresh = c == 0 || !u->shared;
        follower *f = &u->followers[fresh ? c : 0];
        if (fresh) {
            follow(u, f, want[c]);
            one = is_one(f->gain, 2 + u->blocks);
        }
        shape_hop(u, f->gain, curve, fresh && !one);
        lane *l = &u->lanes[c];
        const float *in =
            l->first + u->first_past - u->lag[0] - first_delay(u) * u->block;
        slide_in(l->second, u->second_past, HOP);
        scale_hop(u, l->second + u->second_past, in, curve, one);
        slide_in(u->taken[c], u->taken_past, u->blocks);
        memcpy(u->taken[c] + u->taken_past, f->gain + 1,
               (size_t)u->blocks * sizeof(float));
    }
}

static void second_stage(st_limiter *u) {
    float want[CHANNELS][BLOCKS];
    demands(u, 1, want);
    float curve[HOP];
    bool one = true;
    for (int c = 0; c < u->spec.channels; c++) {
        bool fresh = c == 0 || !u->shared;
        cleaner *k = &u->cleaners[fresh ? c : 0];
        if (fresh) {
            k->gain[0] = k->gain[u->blocks];
            k->gain[1] = k->gain[u->blocks + 1];
            st_dip_hop(&k->dip, want[c], k->gain + 2);
            one = is_one(k->gain, 2 + u->blocks);
        }
        shape_hop(u, k->gain, curve, fresh && !one);
        lane *l = &u->lanes[c];
        const float *in =
            l->second + u->second_past - u->lag[1] - second_delay(u) * u->block;
        scale_hop(u, l->ready, in, curve, one);
    }
}

/* ---- meter ---- */

static void meter_close(st_limiter *u) {
    double mean = -st_gain_to_db(u->sum / u->meter_blocks);
    u->meter.last_db = mean > 0.0 ? mean : 0.0;
    if (u->meter_peak > AUDIBLE) {
        u->mean_sum += u->meter.last_db;
        u->meter.blocks++;
    }
    u->sum = 0.0;
    u->meter_at = 0;
    u->meter_peak = 0.0f;
}

static void meter_hop(st_limiter *u) {
    int channels = u->spec.channels;
    float peak = 0.0f;
    for (int c = 0; c < channels; c++)
        peak = upper(u->ops->peak(u->lanes[c].ready, HOP), peak);
    for (int b = 0; b < u->blocks; b++) {
        double sum = 0.0;
        for (int c = 0; c < channels; c++) {
            const cleaner *k = &u->cleaners[u->shared ? 0 : c];
            double gain = (double)u->taken[c][b] * k->gain[1 + b];
            sum += gain;
            if (gain < u->max_gain)
                u->max_gain = gain;
        }
        u->sum += sum / channels;
        u->meter_peak = upper(peak, u->meter_peak);
        if (++u->meter_at == u->meter_blocks)
            meter_close(u);
    }
}

void st_limiter_meter_get(const st_limiter *u, st_limiter_meter *meter) {
    *meter = u->meter;
    if (u->meter.blocks > 0)
        meter->mean_db = u->mean_sum / (double)u->meter.blocks;
    double max_db = -st_gain_to_db(u->max_gain);
    meter->max_db = max_db > 0.0 ? max_db : 0.0;
}

void st_limiter_meter_clear(st_limiter *u) {
    memset(&u->meter, 0, sizeof u->meter);
    u->sum = u->mean_sum = 0.0;
    u->max_gain = 1.0;
    u->meter_at = 0;
    u->meter_peak = 0.0f;
}

/* ---- stream ---- */

static void hop(st_limiter *u) {
    move_params(u);
    double step = (u->drive - u->drive_before) / HOP;
    for (int c = 0; c < u->spec.channels; c++) {
        lane *l = &u->lanes[c];
        slide_in(l->first, u->first_past, HOP);
        u->limops->drive(l->first + u->first_past, l->fresh,
                         (float)u->drive_before, (float)step, HOP);
    }
    first_stage(u);
    second_stage(u);
    meter_hop(u);
}

void st_limiter_process(st_limiter *u, const float *const *in,
                        float *const *out, int frames) {
    for (int done = 0; done < frames;) {
        int n = HOP - u->filled;
        n = n < frames - done ? n : frames - done;
        for (int c = 0; c < u->spec.channels; c++) {
            lane *l = &u->lanes[c];
            size_t bytes = (size_t)n * sizeof(float);
            memcpy(l->fresh + u->filled, in[c] + done, bytes);
            memcpy(out[c] + done, l->ready + u->filled, bytes);
        }
        done += n;
        u->filled += n;
        if (u->filled == HOP) {
            hop(u);
            u->filled = 0;
        }
    }
}
