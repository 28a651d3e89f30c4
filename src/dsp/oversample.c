#include "dsp/oversample.h"

#include "core/alloc.h"
#include "dsp/limops.h"
#include "dsp/lowpass.h"

#include <string.h>

/* A row is one phase at the base rate: HIST frames of past, then the hop. The
 * newest column of a row trails the input by its `late`; rows of a later
 * stage are later. All pointers into rows are laid out once, in _new. */
enum {
    HOP = ST_OVERSAMPLE_HOP,
    HIST = 128,
    ROW = HIST + HOP,
    STAGES = 4,
    QUIET_HOPS = 4, /* so many silent hops, and nothing before matters */
    PAIRS_MAX = 30,
    LAST_HALF = 115, /* of the last filter down, at twice the base rate */
    TAPS_MAX = 2 * LAST_HALF + 1
};

/* Half-band, -140 dB (ripple 1e-7), flat to 0.58 fs from the second on. */
static const int pairs[STAGES] = {30, 11, 7, 6};
#define STOP_DB 140.0

/* out[i] = sum of h[k] * from[k][i] */
typedef struct {
    float *to;
    int taps;
    const float **from;
    const float *h;
} step;

typedef struct {
    float *up[ST_OVERSAMPLE_MAX];       /* rows by phase of the full factor */
    float *work[ST_OVERSAMPLE_MAX];     /* handed out, then the way down */
    float *down[2 * ST_OVERSAMPLE_MAX]; /* narrower rates: 8, 4, 2 phases */
    float *hop[ST_OVERSAMPLE_MAX];
    const float *ready[ST_OVERSAMPLE_MAX]; /* in up, at one common column */
    step *ups, *downs;
    int up_count, down_count, down_rows;
    int stale; /* hops since the upper rows were made */
    int quiet; /* silent hops in a row on the way down */
} lane;

struct st_oversample {
    const st_limops *ops;
    int factor, stages, channels;
    int up_late, down_late;
    float up_taps[STAGES][2 * PAIRS_MAX];
    float down_taps[STAGES][2 * PAIRS_MAX + 1];
    float last_taps[TAPS_MAX];
    lane lanes[8];
    float *rows;
    step *steps;
    const float **froms;
    int from_at, step_at; /* used so far, while laying out */
};

static int log2_of(int factor) {
    int stages = 0;
    while (1 << stages < factor)
        stages++;
    return stages;
}

/* ---- filters ---- */

/* Sums go from both ends to the middle: the partial sums stay small until the
 * last few, and so does what rounding adds. -> place in time of the k-th. */
static int inward(int k, int taps) {
    return k % 2 == 0 ? k / 2 : taps - 1 - k / 2;
}

/* Taps in time: up z[m - pairs + 1 .. m + pairs] for the point after z[m];
 * down the odd neighbours of z[m], with z[m] itself last. */
static void design_half_band(st_oversample *os, int stage) {
    int n = pairs[stage];
    double h[PAIRS_MAX];
    double sum = 0.0;
    for (int k = 0; k < n; k++) {
        h[k] = st_lowpass_at(k + 0.5, 0.5, n, STOP_DB);
        sum += 2.0 * h[k];
    }
    for (int k = 0; k < 2 * n; k++) {
        int t = inward(k, 2 * n);
        float tap = (float)(h[t < n ? n - 1 - t : t - n] / sum);
        os->up_taps[stage][k] = tap;
        os->down_taps[stage][k] = 0.5f * tap;
    }
    os->down_taps[stage][2 * n] = 0.5f;
}

/* Flat to 0.42 of the base rate, closed from 0.5 on. */
static void design_last(st_oversample *os) {
    double h[TAPS_MAX];
    double sum = 0.0;
    for (int k = 0; k < TAPS_MAX; k++) {
        h[k] = st_lowpass_at(k - LAST_HALF, 0.23, LAST_HALF, STOP_DB);
        sum += h[k];
    }
    for (int k = 0; k < TAPS_MAX; k++)
        os->last_taps[k] = (float)(h[inward(k, TAPS_MAX)] / sum);
}

/* ---- layout ---- */

static int floor_div(int a, int b) {
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

static int up_ahead(int stage) {
    int rate = 1 << stage;
    return (rate - 1 + pairs[stage]) / rate;
}

/* Frames by which a row of `phase` trails the input. */
static int up_late_of(const st_oversample *os, int phase) {
    int late = 0;
    int stage = 0;
    for (int step_size = os->factor; phase % step_size != 0; step_size /= 2)
        late += up_ahead(stage++);
    return late;
}

static int down_ahead(int stage) {
    int rate = 2 << stage;
    return stage == 0 ? LAST_HALF / 2
                      : (rate - 2 + 2 * pairs[stage] - 1) / rate;
}

static step *new_step(st_oversample *os, float *to, int taps, const float *h) {
    step *s = &os->steps[os->step_at++];
    *s = (step){to, taps, os->froms + os->from_at, h};
    os->from_at += taps;
    return s;
}

/* Stage `stage` doubles a rate of R = 2^stage phases: R new rows. */
static void lay_up(st_oversample *os, lane *l, int stage) {
    int rate = 1 << stage;
    int stride = os->factor / rate;
    for (int p = 0; p < rate; p++) {
        int phase = p * stride + stride / 2;
        int late = up_late_of(os, phase);
        step *s = new_step(os, l->up[phase] + HIST, 2 * pairs[stage],
                           os->up_taps[stage]);
        for (int k = 0; k < s->taps; k++) {
            int m = p + inward(k, s->taps) - pairs[stage] + 1;
            int column = floor_div(m, rate);
            int from = (m - column * rate) * stride;
            int shift = column - late + up_late_of(os, from);
            s->from[k] = l->up[from] + HIST + shift;
        }
        l->up_count++;
    }
}

/* From 2 * R phases at `wide` to R at `narrow`. */
static void lay_down(st_oversample *os, lane *l, int stage, float **wide,
                     float **narrow) {
    int rate = 1 << stage;
    int ahead = down_ahead(stage);
    bool last = stage == 0;
    for (int p = 0; p < rate; p++) {
        int taps = last ? TAPS_MAX : 2 * pairs[stage] + 1;
        step *s = new_step(os, narrow[p] + HIST, taps,
                           last ? os->last_taps : os->down_taps[stage]);
        for (int k = 0; k < taps; k++) {
            int m = 2 * p;
            if (last)
                m = inward(k, taps) - LAST_HALF;
            else if (k < taps - 1)
                m += 2 * (inward(k, taps - 1) - pairs[stage]) + 1;
            int column = floor_div(m, 2 * rate);
            s->from[k] = wide[m - column * 2 * rate] + HIST + column - ahead;
        }
        l->down_count++;
    }
}

static void lay_lane(st_oversample *os, lane *l, float *rows) {
    int factor = os->factor;
    for (int p = 0; p < factor; p++) {
        l->up[p] = rows + p * ROW;
        l->work[p] = rows + (factor + p) * ROW;
        l->hop[p] = l->work[p] + HIST;
    }
    float **narrow = l->down;
    l->down_rows = factor - 1;
    for (int r = 0; r < l->down_rows; r++)
        l->down[r] = rows + (2 * factor + r) * ROW;
    l->ups = os->steps + os->step_at;
    for (int stage = 0; stage < os->stages; stage++)
        lay_up(os, l, stage);
    l->downs = os->steps + os->step_at;
    float **wide = l->work;
    for (int stage = os->stages; stage-- > 0;) {
        lay_down(os, l, stage, wide, narrow);
        wide = narrow;
        narrow += 1 << stage;
    }
    for (int p = 0; p < factor; p++)
        l->ready[p] = l->up[p] + HIST - os->up_late + up_late_of(os, p);
}

static int taps_a_lane(int stages) {
    int sum = stages > 0 ? TAPS_MAX : 0;
    for (int stage = 0; stage < stages; stage++) {
        int rate = 1 << stage;
        sum += rate * 2 * pairs[stage];
        sum += stage > 0 ? rate * (2 * pairs[stage] + 1) : 0;
    }
    return sum;
}

st_status st_oversample_new(st_oversample **out, int factor, int channels) {
    int stages = log2_of(factor);
    if (factor < 1 || factor > ST_OVERSAMPLE_MAX || 1 << stages != factor ||
        channels < 1 || channels > 8)
        return ST_BAD_ARG;
    st_oversample *os = st_calloc(1, sizeof *os);
    if (os == NULL)
        return ST_NO_MEM;
    os->ops = st_limops_get();
    os->factor = factor;
    os->stages = stages;
    os->channels = channels;
    size_t rows = (size_t)(3 * factor - 1);
    size_t lanes = (size_t)channels;
    os->rows = st_calloc(lanes * rows * ROW, sizeof *os->rows);
    os->steps = st_calloc(lanes * 2 * (size_t)factor, sizeof *os->steps);
    os->froms =
        st_calloc(lanes * (size_t)taps_a_lane(stages), sizeof *os->froms);
    if (os->rows == NULL || os->steps == NULL || os->froms == NULL) {
        st_oversample_free(os);
        return ST_NO_MEM;
    }
    for (int stage = 0; stage < stages; stage++) {
        design_half_band(os, stage);
        os->up_late += up_ahead(stage);
        os->down_late += down_ahead(stage);
    }
    design_last(os);
    for (int c = 0; c < channels; c++)
        lay_lane(os, &os->lanes[c], os->rows + (size_t)c * rows * ROW);
    st_oversample_reset(os);
    *out = os;
    return ST_OK;
}

void st_oversample_free(st_oversample *os) {
    if (os == NULL)
        return;
    st_free(os->rows);
    st_free(os->steps);
    st_free(os->froms);
    st_free(os);
}

void st_oversample_reset(st_oversample *os) {
    size_t rows = (size_t)(3 * os->factor - 1) * ROW;
    memset(os->rows, 0, (size_t)os->channels * rows * sizeof *os->rows);
    for (int c = 0; c < os->channels; c++) {
        os->lanes[c].stale = 0;
        os->lanes[c].quiet = QUIET_HOPS;
    }
}

int st_oversample_latency_frames(const st_oversample *os) {
    return os->up_late + os->down_late;
}

int st_oversample_up_frames(const st_oversample *os) {
    return os->up_late;
}

/* ---- audio ---- */

static void slide(float *row) {
    memmove(row, row + HOP, HIST * sizeof *row);
}

/* One column earlier rows are made again when hops were skipped: each row
 * needs less than a hop of its neighbours' past. */
static void run(const st_oversample *os, const step *s, bool earlier) {
    if (!earlier) {
        os->ops->gather(s->to, s->from, s->h, (size_t)s->taps, HOP);
        return;
    }
    const float *from[TAPS_MAX];
    for (int k = 0; k < s->taps; k++)
        from[k] = s->from[k] - HOP;
    os->ops->gather(s->to - HOP, from, s->h, (size_t)s->taps, HOP);
}

float *const *st_oversample_up(st_oversample *os, int channel,
                               const float *in) {
    lane *l = &os->lanes[channel];
    for (int p = 0; p < os->factor; p++) {
        slide(l->up[p]);
        slide(l->work[p]);
    }
    memcpy(l->up[0] + HIST, in, HOP * sizeof *in);
    for (int s = 0; s < l->up_count; s++) {
        if (l->stale > 0)
            run(os, &l->ups[s], true);
        run(os, &l->ups[s], false);
    }
    l->stale = 0;
    l->quiet = -1;
    for (int p = 0; p < os->factor; p++)
        memcpy(l->hop[p], l->ready[p], HOP * sizeof *in);
    return l->hop;
}

void st_oversample_skip(st_oversample *os, int channel, const float *in) {
    lane *l = &os->lanes[channel];
    slide(l->up[0]);
    memcpy(l->up[0] + HIST, in, HOP * sizeof *in);
    l->stale = 1;
    if (l->quiet == QUIET_HOPS)
        return;
    if (++l->quiet == QUIET_HOPS) {
        /* work and down rows follow each other */
        size_t rows = (size_t)(2 * os->factor - 1);
        memset(l->work[0], 0, rows * ROW * sizeof *in);
        return;
    }
    for (int p = 0; p < os->factor; p++) {
        slide(l->work[p]);
        memset(l->hop[p], 0, HOP * sizeof *in);
    }
}

void st_oversample_down(st_oversample *os, int channel, float *out) {
    lane *l = &os->lanes[channel];
    if (l->quiet < 0)
        l->quiet = 0;
    if (os->factor == 1) {
        memcpy(out, l->hop[0], HOP * sizeof *out);
        return;
    }
    if (l->quiet == QUIET_HOPS) {
        memset(out, 0, HOP * sizeof *out);
        return;
    }
    for (int r = 0; r < l->down_rows; r++)
        slide(l->down[r]);
    for (int s = 0; s < l->down_count; s++)
        run(os, &l->downs[s], false);
    memcpy(out, l->down[l->down_rows - 1] + HIST, HOP * sizeof *out);
}
