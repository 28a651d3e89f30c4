#include "dsp/truepeak.h"

#include "core/alloc.h"
#include "core/cpu.h"
#include "dsp/truepeak_ops.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A run of frames is measured LAG frames late, so that the filters see both
 * sides; it is searched in spans, those in groups (chunks of samples). */
enum {
    RUN = ST_TRUEPEAK_RUN,
    GROUP = ST_TP_GROUP,
    PAST = 128,
    LAG = 64,
    SPAN = 512,
    STORE = PAST + RUN,
};

typedef struct {
    float half[ST_TP_HALF];
    float fine[3 * ST_TP_FINE];
    float fine_bound; /* a peak <= this * largest half-band point near it */
    float half_bound; /* a half-band point <= this * largest sample near it */
} filters;

typedef struct {
    float x[STORE];
    double peak;  /* largest so far */
    double frame; /* where */
    float *hops;  /* of hop_capacity, or NULL */
} track;

struct st_truepeak {
    const st_tp_ops *ops;
    filters f;
    st_truepeak_params params;
    int64_t start;  /* absolute frame of x[PAST] */
    int held;       /* frames already in x[PAST..] */
    int64_t frames; /* all of them, once finished */
    bool finished;
    int64_t hop_frames;
    int hop_count; /* hops begun */
    track ch[];
};

ST_CPU_TABLES(st_tp_ops, st_tp_ops);

/* ---- filters ---- */

/* I0, the window's Bessel function; the series converges for any x here. */
static double bessel_i0(double x) {
    double term = 1.0;
    double sum = 1.0;
    for (int k = 1; k < 40; k++) {
        term *= x * x / (4.0 * k * k);
        sum += term;
    }
    return sum;
}

static double kaiser(double at, double beta) {
    return bessel_i0(beta * sqrt(1.0 - at * at)) / bessel_i0(beta);
}

static const double PI = 3.14159265358979323846;

/* sin(pi t) / (pi t) at half samples needs no sine: sin is +1, -1, ... */
static void design_half(float *h) {
    double tap[ST_TP_HALF];
    double sum = 0.0;
    for (int k = 0; k < ST_TP_HALF; k++) {
        double t = k + 0.5;
        tap[k] = (k % 2 ? -1.0 : 1.0) / (PI * t) * kaiser(t / ST_TP_HALF, 6.0);
        sum += 2.0 * tap[k];
    }
    for (int k = 0; k < ST_TP_HALF; k++)
        h[k] = (float)(tap[k] / sum);
}

/* The filter for the point a quarter, a half or three quarters of the way;
 * sin(pi (j - q/4)) is 0.7, 1, 0.7 with alternating sign. */
static void design_fine(float *h, int quarter) {
    double tap[ST_TP_FINE];
    double sum = 0.0;
    double sine = quarter == 2 ? 1.0 : sqrt(0.5);
    for (int k = 0; k < ST_TP_FINE; k++) {
        int j = k - ST_TP_FINE / 2 + 1;
        double t = j - quarter / 4.0;
        double sign = j % 2 != 0 ? 1.0 : -1.0;
        tap[k] = sign * sine / (PI * t) * kaiser(t / (ST_TP_FINE / 2), 6.5);
        sum += tap[k];
    }
    for (int k = 0; k < ST_TP_FINE; k++)
        h[k] = (float)(tap[k] / sum);
}

/* Tap z of the point q quarters after half-band point 0, any q. */
static double fine_tap(const filters *f, int q, int z) {
    int whole = q >= 0 ? q / 4 : -((3 - q) / 4);
    int part = q - 4 * whole;
    int k = z - whole + ST_TP_FINE / 2 - 1;
    if (part == 0)
        return z == whole ? 1.0 : 0.0;
    return k >= 0 && k < ST_TP_FINE ? f->fine[ST_TP_FINE * (part - 1) + k] : 0;
}

/* A parabola's top is at most its middle point + 1/8 of the second
 * difference; by the triangle inequality both are at most a sum of |taps|
 * times the largest input. The last factor covers float rounding. */
static void design_bounds(filters *f) {
    double worst = 0.0;
    for (int q = 0; q < 4; q++) {
        double sum = 0.0;
        for (int z = -8; z <= 8; z++) {
            double at = fine_tap(f, q, z);
            double bend =
                fine_tap(f, q - 1, z) - 2.0 * at + fine_tap(f, q + 1, z);
            sum += fabs(at) + 0.125 * fabs(bend);
        }
        worst = sum > worst ? sum : worst;
    }
    double half = 0.0;
    for (int k = 0; k < ST_TP_HALF; k++)
        half += 2.0 * fabs((double)f->half[k]);
    f->fine_bound = (float)(worst * 1.0001);
    f->half_bound = (float)(half * 1.0001);
}

static void design(filters *f) {
    design_half(f->half);
    for (int q = 1; q <= 3; q++)
        design_fine(f->fine + ST_TP_FINE * (q - 1), q);
    design_bounds(f);
}

/* ---- one run of one channel ---- */

typedef struct {
    const st_tp_ops *ops;
    const filters *f;
    double peak;    /* the peak to beat; the new one after */
    double where;   /* its index in x, with fraction, when found */
    bool found;     /* a new peak was found */
    float m[STORE]; /* half-band points; m[i] follows x[i] */
    float x_peaks[STORE / GROUP];
    float m_peaks[STORE / GROUP];
    float y[8 * ST_TP_ROW];
} search;

/* The parabola through three points, the middle one at `index`. */
static void refine(search *s, double l, double c, double r, double index) {
    if (c < 0.0) {
        l = -l;
        c = -c;
        r = -r;
    }
    if (c < l || c < r)
        return;
    double bend = l + r - 2.0 * c; /* <= 0 */
    double slope = 0.5 * (r - l);
    double shift = bend < 0.0 ? -slope / bend : 0.0;
    double top = c + 0.5 * slope * shift;
    if (top > s->peak) {
        s->peak = top;
        s->where = index + shift / ST_TRUEPEAK_POINTS;
        s->found = true;
    }
}

static void refine_group(search *s, int first) {
    const float *y = s->y + ST_TP_LEFT;
    float left = y[7 * ST_TP_ROW - 1];
    for (int i = 0; i < GROUP; i++)
        for (int p = 0; p < ST_TRUEPEAK_POINTS; p++) {
            float at = y[p * ST_TP_ROW + i];
            float right = p < 7 ? y[(p + 1) * ST_TP_ROW + i] : y[i + 1];
            refine(s, left, at, right,
                   first + i + p / (double)ST_TRUEPEAK_POINTS);
            left = at;
        }
}

static float largest(const float *v, int from, int to) {
    float top = 0.0f;
    for (int i = from; i <= to; i++)
        top = v[i] > top ? v[i] : top;
    return top;
}

/* The points that follow x[first .. first + SPAN). */
static void search_span(search *s, const float *x, int first) {
    int chunk = first / GROUP;
    int end = chunk + SPAN / GROUP;
    float samples = largest(s->x_peaks, chunk - 2, end + 1);
    float both = s->f->fine_bound * s->f->half_bound;
    if (both * samples <= s->peak)
        return;
    int from = first - GROUP;
    s->ops->mid(s->m + from, x + from, s->f->half, SPAN + 2 * GROUP);
    s->ops->chunk_peaks(s->m_peaks + chunk - 1, s->m + from, SPAN / GROUP + 2);
    for (int c = chunk; c < end; c++) {
        float a = largest(s->x_peaks, c - 1, c + 1);
        float b = largest(s->m_peaks, c - 1, c + 1);
        if (s->f->fine_bound * (a > b ? a : b) <= s->peak)
            continue;
        s->ops->points(s->y, x + c * GROUP, s->m + c * GROUP, s->f->fine);
        if (s->ops->bound(s->y) * 1.0001f > s->peak)
            refine_group(s, c * GROUP);
    }
}

/* All of x is known; search what follows x[LAG .. LAG + RUN). */
static void search_run(search *s, const float *x, double peak) {
    s->peak = peak;
    s->found = false;
    s->ops->chunk_peaks(s->x_peaks, x, STORE / GROUP);
    for (int first = LAG; first < LAG + RUN; first += SPAN)
        search_span(s, x, first);
}

/* ---- hops ---- */

static void join_hops(st_truepeak *tp) {
    int pairs = tp->hop_count / 2;
    for (int c = 0; c < tp->params.channels; c++) {
        float *hop = tp->ch[c].hops;
        for (int i = 0; i < pairs; i++) {
            float a = hop[2 * i];
            float b = hop[2 * i + 1];
            hop[i] = a > b ? a : b;
        }
    }
    tp->hop_count = pairs;
    tp->hop_frames *= 2;
}

/* Begin the hop that the run at tp->start belongs to. */
static void open_hop(st_truepeak *tp) {
    if (tp->start < tp->hop_count * tp->hop_frames)
        return;
    if (tp->hop_count == tp->params.hop_capacity)
        join_hops(tp);
    if (tp->start < tp->hop_count * tp->hop_frames)
        return;
    for (int c = 0; c < tp->params.channels; c++)
        tp->ch[c].hops[tp->hop_count] = 0.0f;
    tp->hop_count++;
}

/* ---- the meter ---- */

static void run_channel(st_truepeak *tp, track *ch) {
    search s;
    s.ops = tp->ops;
    s.f = &tp->f;
    float *hop = ch->hops == NULL ? NULL : &ch->hops[tp->hop_count - 1];
    search_run(&s, ch->x, hop != NULL ? (double)*hop : ch->peak);
    if (s.found && hop != NULL)
        *hop = (float)s.peak;
    if (s.found && s.peak > ch->peak) {
        ch->peak = s.peak;
        ch->frame = (double)(tp->start - PAST) + s.where;
    }
    memmove(ch->x, ch->x + RUN, PAST * sizeof *ch->x);
}

static void run(st_truepeak *tp) {
    if (tp->hop_frames > 0)
        open_hop(tp);
    for (int c = 0; c < tp->params.channels; c++)
        run_channel(tp, &tp->ch[c]);
    tp->start += RUN;
    tp->held = 0;
}

void st_truepeak_process(st_truepeak *tp, const float *const *in,
                         int64_t frames) {
    assert(!tp->finished);
    for (int64_t done = 0; done < frames;) {
        int64_t room = RUN - tp->held;
        int64_t n = frames - done < room ? frames - done : room;
        for (int c = 0; c < tp->params.channels; c++)
            tp->ops->clean(tp->ch[c].x + PAST + tp->held, in[c] + done,
                           (size_t)n);
        tp->held += (int)n;
        done += n;
        if (tp->held == RUN)
            run(tp);
    }
}

void st_truepeak_finish(st_truepeak *tp) {
    if (tp->finished)
        return;
    tp->finished = true;
    tp->frames = tp->start + tp->held;
    /* The rest of this run, then the LAG frames that a run leaves. */
    for (int pass = 0; pass < 2; pass++) {
        for (int c = 0; c < tp->params.channels; c++)
            memset(tp->ch[c].x + PAST + tp->held, 0,
                   (size_t)(RUN - tp->held) * sizeof(float));
        run(tp);
    }
}

void st_truepeak_reset(st_truepeak *tp) {
    tp->start = 0;
    tp->held = 0;
    tp->frames = 0;
    tp->finished = false;
    tp->hop_count = 0;
    tp->hop_frames = tp->params.hop_frames;
    for (int c = 0; c < tp->params.channels; c++) {
        memset(tp->ch[c].x, 0, sizeof tp->ch[c].x);
        tp->ch[c].peak = 0.0;
        tp->ch[c].frame = 0.0;
    }
}

static bool valid(const st_truepeak_params *p) {
    if (p->channels < 1 || p->channels > 8)
        return false;
    if (p->hop_frames == 0)
        return true;
    return p->hop_frames > 0 && p->hop_frames % RUN == 0 &&
           p->hop_capacity >= 2 && p->hop_capacity <= 1 << 20 &&
           p->hop_capacity % 2 == 0;
}

st_status st_truepeak_new(st_truepeak **out, const st_truepeak_params *params) {
    if (!valid(params))
        return ST_BAD_ARG;
    size_t channels = (size_t)params->channels;
    st_truepeak *tp = st_calloc(1, sizeof *tp + channels * sizeof tp->ch[0]);
    if (tp == NULL)
        return ST_NO_MEM;
    tp->params = *params;
    tp->ops = st_cpu_table_best(st_tp_ops_tables);
    design(&tp->f);
    for (size_t c = 0; c < channels && params->hop_frames > 0; c++) {
        tp->ch[c].hops = st_calloc((size_t)params->hop_capacity, sizeof(float));
        if (tp->ch[c].hops == NULL) {
            st_truepeak_free(tp);
            return ST_NO_MEM;
        }
    }
    st_truepeak_reset(tp);
    *out = tp;
    return ST_OK;
}

void st_truepeak_free(st_truepeak *tp) {
    if (tp == NULL)
        return;
    for (int c = 0; c < tp->params.channels; c++)
        st_free(tp->ch[c].hops);
    st_free(tp);
}

st_truepeak_max st_truepeak_get(const st_truepeak *tp, int channel) {
    st_truepeak_max top = {0};
    for (int c = 0; c < tp->params.channels; c++)
        if ((channel < 0 || channel == c) && tp->ch[c].peak > top.peak) {
            top.peak = tp->ch[c].peak;
            top.frame = tp->ch[c].frame;
        }
    double last = (double)(tp->finished ? tp->frames : tp->start + tp->held);
    last = last > 0.0 ? last - 1.0 : 0.0;
    top.frame = top.frame > last ? last : top.frame;
    top.frame = top.frame < 0.0 ? 0.0 : top.frame;
    return top;
}

const float *st_truepeak_hops(const st_truepeak *tp, int channel, int *count,
                              int64_t *hop_frames) {
    *count = tp->hop_count;
    *hop_frames = tp->hop_frames;
    return tp->ch[channel].hops;
}
