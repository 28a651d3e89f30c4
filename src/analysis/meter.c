#include "analysis/meter.h"

#include "analysis/meter_ops.h"
#include "core/alloc.h"
#include "core/math.h"
#include "dsp/truepeak.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    RUN = 1024,
    CLIP_RUN = 3,  /* samples at full scale in a row that count */
    SLICE = 8192,  /* frames measured by all parts before the next */
    BLOCK = 65536, /* frames read at once by _run */
    SLOTS = 3,     /* blocks on their way in _run */
};

static const float FULL_SCALE = 1.0f - 1.0f / 32768.0f;
static const float SILENCE = 1e-4f; /* -80 dBFS */

typedef struct {
    double sum, square;
    float low, high;
    int at_full_scale; /* in a row, so far */
} sums;

typedef struct {
    float *low, *high, *square; /* square is kept as RMS once complete */
    int count;
    int64_t step;   /* frames a point */
    int64_t filled; /* frames of the point being filled */
    float now_low, now_high;
    double now_square;
} series;

/* What is neither loudness nor true peak. */
typedef struct {
    const st_meter_ops *ops;
    int channels;
    int capacity;
    int64_t step; /* frames of a point before any are joined */
    sums ch[ST_MAX_CHANNELS];
    double cross;
    int64_t frames, clipped_runs, clipped_samples, bad;
    int64_t first_loud, last_loud; /* frames; -1 none */
    uint32_t grid;
    int exact;
    series graph;
    int held;
    bool finished;
    float x[ST_MAX_CHANNELS][RUN];
} stats;

struct st_meter {
    st_meter_params params;
    st_loudness *loudness;
    st_truepeak *peak[ST_MAX_CHANNELS];
    stats stats;
};

/* ---- stats ---- */

static void stats_reset(stats *s) {
    stats fresh = {.ops = s->ops,
                   .channels = s->channels,
                   .capacity = s->capacity,
                   .step = s->step,
                   .first_loud = -1,
                   .last_loud = -1,
                   .exact = 1,
                   .graph = {.low = s->graph.low,
                             .high = s->graph.high,
                             .square = s->graph.square,
                             .step = s->step}};
    memcpy(s, &fresh, sizeof fresh);
}

static void join_points(series *g) {
    for (int i = 0; i < g->count / 2; i++) {
        float a = g->square[2 * i];
        float b = g->square[2 * i + 1];
        g->low[i] = fminf(g->low[2 * i], g->low[2 * i + 1]);
        g->high[i] = fmaxf(g->high[2 * i], g->high[2 * i + 1]);
        g->square[i] = sqrtf((a * a + b * b) * 0.5f);
    }
    g->count /= 2;
    g->step *= 2;
}

static void close_point(stats *s) {
    series *g = &s->graph;
    double values = (double)g->step * s->channels;
    g->low[g->count] = g->now_low;
    g->high[g->count] = g->now_high;
    g->square[g->count] = (float)sqrt(g->now_square / values);
    g->filled = 0;
    g->now_low = g->now_high = 0.0f;
    g->now_square = 0.0;
    if (++g->count == s->capacity)
        join_points(g);
}

/* Runs of full-scale samples; only called where there may be one. */
static void count_clips(stats *s, sums *ch, const float *x, int n) {
    for (int i = 0; i < n; i++) {
        if (fabsf(x[i]) < FULL_SCALE) {
            ch->at_full_scale = 0;
            continue;
        }
        ch->at_full_scale++;
        if (ch->at_full_scale == CLIP_RUN) {
            s->clipped_runs++;
            s->clipped_samples += CLIP_RUN;
        } else if (ch->at_full_scale > CLIP_RUN) {
            s->clipped_samples++;
        }
    }
}

static void find_loud(stats *s, const float *x, int n, int64_t frame) {
    for (int i = 0; i < n; i++)
        if (fabsf(x[i]) > SILENCE) {
            if (s->first_loud < 0 || frame + i < s->first_loud)
                s->first_loud = frame + i;
            break;
        }
    for (int i = n - 1; i >= 0; i--)
        if (fabsf(x[i]) > SILENCE) {
            if (frame + i > s->last_loud)
                s->last_loud = frame + i;
            return;
        }
}

static void measure_channel(stats *s, int c, int at, int n) {
    sums *ch = &s->ch[c];
    const float *x = s->x[c] + at;
    st_sums got = s->ops->sums(x, (size_t)n);
    ch->sum += got.sum;
    ch->square += got.square;
    ch->low = fminf(ch->low, got.low);
    ch->high = fmaxf(ch->high, got.high);
    float peak = fmaxf(-got.low, got.high);
    if (peak >= FULL_SCALE)
        count_clips(s, ch, x, n);
    else
        ch->at_full_scale = 0;
    if (peak > SILENCE)
        find_loud(s, x, n, s->frames);
    if (s->exact) {
        int exact = 1;
        s->grid |= s->ops->grid(x, (size_t)n, &exact);
        s->exact = exact;
    }
    s->graph.now_low = fminf(s->graph.now_low, got.low);
    s->graph.now_high = fmaxf(s->graph.now_high, got.high);
    s->graph.now_square += got.square;
}

/* frames of s->x; divided where a point of the series ends. */
static void stats_measure(stats *s, int frames) {
    for (int at = 0; at < frames;) {
        int64_t room = s->graph.step - s->graph.filled;
        int n = frames - at < room ? frames - at : (int)room;
        for (int c = 0; c < s->channels; c++)
            measure_channel(s, c, at, n);
        if (s->channels > 1)
            s->cross += s->ops->cross(s->x[0] + at, s->x[1] + at, (size_t)n);
        at += n;
        s->frames += n;
        s->graph.filled += n;
        if (s->graph.filled == s->graph.step) {
            if (s->capacity > 0)
                close_point(s);
            else
                s->graph.filled = 0;
        }
    }
    s->held = 0;
}

static void stats_process(stats *s, const float *const *in, int64_t frames) {
    for (int64_t done = 0; done < frames;) {
        int64_t room = RUN - s->held;
        int64_t n = frames - done < room ? frames - done : room;
        for (int c = 0; c < s->channels; c++)
            s->bad += s->ops->clean(s->x[c] + s->held, in[c] + done, (size_t)n);
        s->held += (int)n;
        done += n;
        if (s->held == RUN)
            stats_measure(s, RUN);
    }
}

/* ---- life ---- */

static st_status allocate(st_meter *m) {
    const st_meter_params *p = &m->params;
    st_status status = st_loudness_new(&m->loudness, p->rate_hz, p->channels,
                                       p->series_capacity, NULL);
    st_truepeak_params one = {.channels = 1};
    for (int c = 0; c < p->channels && status == ST_OK; c++)
        status = st_truepeak_new(&m->peak[c], &one);
    size_t points = (size_t)p->series_capacity;
    series *g = &m->stats.graph;
    g->low = st_calloc(points, sizeof(float));
    g->high = st_calloc(points, sizeof(float));
    g->square = st_calloc(points, sizeof(float));
    if (g->low == NULL || g->high == NULL || g->square == NULL)
        status = status == ST_OK ? ST_NO_MEM : status;
    return status;
}

st_status st_meter_new(st_meter **out, const st_meter_params *params) {
    if (params->channels < 1 || params->channels > ST_MAX_CHANNELS ||
        params->series_capacity < 0 || params->series_capacity > 1 << 20)
        return ST_BAD_ARG;
    st_meter *m = st_calloc(1, sizeof *m);
    if (m == NULL)
        return ST_NO_MEM;
    m->params = *params;
    st_status status = allocate(m);
    if (status != ST_OK) {
        st_meter_free(m);
        return status;
    }
    m->stats.ops = st_meter_ops_get();
    m->stats.channels = params->channels;
    m->stats.capacity = params->series_capacity;
    m->stats.step = st_loudness_step_frames(m->loudness);
    st_meter_reset(m);
    *out = m;
    return ST_OK;
}

void st_meter_free(st_meter *meter) {
    if (meter == NULL)
        return;
    st_loudness_free(meter->loudness);
    for (int c = 0; c < ST_MAX_CHANNELS; c++)
        st_truepeak_free(meter->peak[c]);
    st_free(meter->stats.graph.low);
    st_free(meter->stats.graph.high);
    st_free(meter->stats.graph.square);
    st_free(meter);
}

void st_meter_reset(st_meter *m) {
    st_loudness_reset(m->loudness);
    for (int c = 0; c < m->params.channels; c++)
        st_truepeak_reset(m->peak[c]);
    stats_reset(&m->stats);
}

/* ---- process ---- */

/* The parts share nothing: 0 loudness, 1 stats, then a true peak a channel. */
typedef struct {
    st_meter *meter;
    const float *const *in;
    int64_t frames;
} work;

static void part(void *ctx, int i) {
    const work *w = ctx;
    if (i == 0)
        st_loudness_process(w->meter->loudness, w->in, w->frames);
    else if (i == 1)
        stats_process(&w->meter->stats, w->in, w->frames);
    else
        st_truepeak_process(w->meter->peak[i - 2], &w->in[i - 2], w->frames);
}

void st_meter_process(st_meter *m, const float *const *in, int64_t frames) {
    for (int64_t done = 0; done < frames; done += SLICE) {
        const float *at[ST_MAX_CHANNELS] = {0};
        for (int c = 0; c < m->params.channels; c++)
            at[c] = in[c] + done;
        work w = {m, at, frames - done < SLICE ? frames - done : SLICE};
        for (int i = 0; i < m->params.channels + 2; i++)
            part(&w, i);
    }
}

void st_meter_process_on(st_meter *m, st_pool *pool, const float *const *in,
                         int64_t frames) {
    if (st_pool_threads(pool) < 2) {
        st_meter_process(m, in, frames);
        return;
    }
    work w = {m, in, frames};
    st_pool_for(pool, m->params.channels + 2, part, &w);
}

void st_meter_finish(st_meter *m) {
    st_loudness_finish(m->loudness);
    for (int c = 0; c < m->params.channels; c++)
        st_truepeak_finish(m->peak[c]);
    if (!m->stats.finished && m->stats.held > 0)
        stats_measure(&m->stats, m->stats.held);
    m->stats.finished = true;
}

/* ---- a whole source ---- */

typedef struct {
    st_meter *meter;
    st_source *source;
    st_err *err;
    st_buffer slot[SLOTS];
    int64_t got[SLOTS];
    bool ended;
} runner;

static st_status read_step(void *ctx, int64_t block, int slot) {
    runner *r = ctx;
    (void)block;
    if (r->ended)
        return ST_PIPE_END;
    st_status status = st_source_read(r->source, r->slot[slot].channel, BLOCK,
                                      &r->got[slot], r->err);
    r->ended = r->got[slot] < BLOCK;
    return status != ST_OK ? status : (r->got[slot] == 0 ? ST_PIPE_END : ST_OK);
}

static const float *const *held_in(const runner *r, int slot) {
    return (const float *const *)r->slot[slot].channel;
}

static st_status loudness_step(void *ctx, int64_t block, int slot) {
    runner *r = ctx;
    (void)block;
    work w = {r->meter, held_in(r, slot), r->got[slot]};
    part(&w, 0);
    part(&w, 1);
    return ST_OK;
}

static st_status peak_step(void *ctx, int64_t block, int slot) {
    runner *r = ctx;
    (void)block;
    work w = {r->meter, held_in(r, slot), r->got[slot]};
    for (int c = 0; c < r->meter->params.channels; c++)
        part(&w, 2 + c);
    return ST_OK;
}

static st_status run_serial(runner *r) {
    for (;;) {
        int64_t got = 0;
        st_status status =
            st_source_read(r->source, r->slot[0].channel, SLICE, &got, r->err);
        if (status != ST_OK)
            return status;
        st_meter_process(r->meter, held_in(r, 0), got);
        if (got < SLICE)
            return ST_OK;
    }
}

st_status st_meter_run(st_meter *meter, st_source *source, st_pool *pool,
                       st_err *err) {
    runner r = {.meter = meter, .source = source, .err = err};
    bool threads = st_pool_threads(pool) > 1;
    st_status status = ST_OK;
    for (int i = 0; i < (threads ? SLOTS : 1) && status == ST_OK; i++)
        status = st_buffer_init(&r.slot[i], meter->params.channels,
                                threads ? BLOCK : SLICE);
    if (status != ST_OK) {
        (void)st_err_set(err, status, "Not enough memory to measure audio.");
    } else if (threads) {
        const st_pipe_step steps[] = {
            {read_step, &r}, {loudness_step, &r}, {peak_step, &r}};
        status = st_pipe_run(pool, steps, 3, -1, SLOTS);
    } else {
        status = run_serial(&r);
    }
    for (int i = 0; i < SLOTS; i++)
        st_buffer_deinit(&r.slot[i]);
    if (status == ST_OK)
        st_meter_finish(meter);
    return status;
}

st_status st_meter_source(st_source *source, st_pool *pool,
                          st_meter_result *out, st_err *err) {
    st_meter *meter = NULL;
    st_meter_params params = {source->format.rate_hz, source->format.channels,
                              0};
    st_status status = st_meter_new(&meter, &params);
    if (status != ST_OK)
        return st_err_set(err, status, "The meter could not be made: %s.",
                          st_status_name(status));
    status = st_meter_run(meter, source, pool, err);
    if (status == ST_OK)
        st_meter_get(meter, out);
    st_meter_free(meter);
    return status;
}

/* ---- results ---- */

static double power_db(double power) {
    return power > 0.0 ? 10.0 * st_log10(power) : -INFINITY;
}

static double level_db(double level) {
    return level > 0.0 ? 20.0 * st_log10(level) : -INFINITY;
}

/* a - b where either may be -INFINITY: silence has no crest. */
static double apart(double a, double b) {
    return isfinite(a) && isfinite(b) ? a - b : 0.0;
}

static int bits_of(const stats *s) {
    if (!s->exact)
        return 32;
    if (s->grid == 0)
        return 0;
    int zeros = 0;
    while (zeros < 23 && (s->grid >> zeros & 1u) == 0)
        zeros++;
    return 24 - zeros;
}

static void get_channels(const st_meter *m, st_meter_result *out) {
    const stats *s = &m->stats;
    double frames = s->frames > 0 ? (double)s->frames : 1.0;
    double square = 0.0;
    double sample_peak = 0.0;
    st_truepeak_max top = {0};
    for (int c = 0; c < s->channels; c++) {
        const sums *ch = &s->ch[c];
        st_meter_channel *to = &out->channel[c];
        double peak = (double)fmaxf(-ch->low, ch->high);
        st_truepeak_max tp = st_truepeak_get(m->peak[c], 0);
        to->sample_peak_dbfs = level_db(peak);
        to->true_peak_dbtp = level_db(tp.peak);
        to->true_peak_frame = (int64_t)(tp.frame + 0.5);
        to->rms_dbfs = power_db(ch->square / frames);
        to->dc = ch->sum / frames;
        if (fabs(to->dc) > fabs(out->dc_max))
            out->dc_max = to->dc;
        if (tp.peak > top.peak) {
            top = tp;
            out->true_peak_channel = c;
        }
        sample_peak = fmax(sample_peak, peak);
        square += ch->square;
    }
    out->true_peak_dbtp = level_db(top.peak);
    out->true_peak_s = top.frame / out->rate_hz;
    out->sample_peak_dbfs = level_db(sample_peak);
    out->headroom_db = -out->sample_peak_dbfs;
    out->rms_dbfs = power_db(square / (frames * s->channels));
}

static void get_stereo(const stats *s, st_meter_result *out) {
    out->correlation = 1.0;
    out->side_mid_db = -INFINITY;
    if (s->channels < 2)
        return;
    double l = s->ch[0].square;
    double r = s->ch[1].square;
    double both = sqrt(l) * sqrt(r);
    double sum = fmax(l + r + 2.0 * s->cross, 0.0);
    double difference = fmax(l + r - 2.0 * s->cross, 0.0);
    if (l + r == 0.0)
        return;
    out->correlation = both > 0.0 ? s->cross / both : 0.0;
    out->correlation = fmax(-1.0, fmin(1.0, out->correlation));
    out->width = sum > 0.0 ? difference / sum : INFINITY;
    out->side_mid_db = power_db(out->width);
    out->balance_db = power_db(l) - power_db(r);
    out->mono_loss_db = power_db(sum / (2.0 * (l + r)));
}

void st_meter_get(const st_meter *m, st_meter_result *out) {
    const stats *s = &m->stats;
    *out = (st_meter_result){
        .rate_hz = m->params.rate_hz,
        .channels = s->channels,
        .frames = s->frames,
        .seconds = (double)s->frames / m->params.rate_hz,
        .clipped_runs = s->clipped_runs,
        .clipped_samples = s->clipped_samples,
        .bad_samples = s->bad,
        .head_silence_frames = s->first_loud < 0 ? s->frames : s->first_loud,
        .tail_silence_frames =
            s->last_loud < 0 ? 0 : s->frames - 1 - s->last_loud,
        .bits = bits_of(s),
    };
    st_loudness_get(m->loudness, &out->loudness);
    get_channels(m, out);
    get_stereo(s, out);
    out->crest_db = apart(out->sample_peak_dbfs, out->rms_dbfs);
    out->plr_db = apart(out->true_peak_dbtp, out->loudness.integrated_lufs);
    out->psr_db = apart(out->true_peak_dbtp, out->loudness.short_term_max_lufs);
}

void st_meter_get_series(const st_meter *m, st_meter_series *out) {
    const series *g = &m->stats.graph;
    int count = 0;
    *out = (st_meter_series){.low = g->low, .high = g->high, .rms = g->square};
    st_loudness_series(m->loudness, &out->momentary_lufs, &out->short_term_lufs,
                       &count, &out->step_frames);
    out->count = count < g->count ? count : g->count;
}

const st_loudness *st_meter_loudness(const st_meter *m) {
    return m->loudness;
}
