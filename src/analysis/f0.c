#include "analysis/f0.h"

#include "analysis/f0_impl.h"
#include "audio/window.h"
#include "core/alloc.h"
#include "core/math.h"
#include "dsp/ops.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 1024, HALF_TAPS = 24, TAPS = 2 * HALF_TAPS + 1 };

static const double top_hz = 3800.0;  /* what lies above adds noise only */
static const double reach_s = 0.047;  /* to both sides of a frame's centre */
static const double change_hz = 85.0; /* long window below, short above */
static const double low_hz = 180.0;   /* pitch below it: from the low band */

struct st_f0 {
    st_f0_params params;
    const st_ops *ops;
    const st_f0_ops *f0_ops;
    int step; /* every step-th sample goes to the looks */
    f0_look looks[2];
    float taps[TAPS], low_taps[TAPS];
    float raw[BLOCK + TAPS];
    int64_t taken;            /* samples so far */
    float *kept, *thin, *low; /* low-passed; every step-th; below 400 Hz */
    int64_t reach, room;      /* samples; of kept */
    int64_t base, have;       /* kept[0] is sample base; how many */
    f0_feature *features;
    int64_t count, capacity; /* frames */
    st_f0_frame *frames;
};

st_f0_params st_f0_defaults(double rate_hz) {
    return (st_f0_params){rate_hz, 40.0, 2000.0};
}

/* --- making --- */

static void design(float *taps, double cut) {
    double w[TAPS], sum = 0.0;
    memset(taps, 0, TAPS * sizeof *taps);
    if (cut > 0.45) {
        taps[HALF_TAPS] = 1.0f;
        return;
    }
    st_window_fill(w, TAPS, ST_WINDOW_HAMMING, false);
    for (int i = 0; i < TAPS; i++) {
        double t = i - HALF_TAPS;
        double s = t == 0.0 ? 2.0 * cut : st_sinpi(2.0 * cut * t) / (ST_PI * t);
        w[i] *= s;
        sum += w[i];
    }
    for (int i = 0; i < TAPS; i++)
        taps[i] = (float)(w[i] / sum);
}

static st_status make_looks(st_f0 *f) {
    double rate = f->params.rate_hz / f->step;
    double min = f->params.min_hz, max = f->params.max_hz;
    int change = (int)(rate / change_hz);
    int first = (int)(rate / (max * 1.02)), last = (int)(rate / min * 1.02) + 1;
    first = first < 2 ? 2 : first;
    int border = change > last ? last : change < first ? first : change;
    st_status status = f0_look_init(&f->looks[0], (int)(0.0225 * rate) * 2,
                                    first, border, rate);
    if (status == ST_OK)
        status = f0_look_init(&f->looks[1], (int)(0.045 * rate) * 2, border,
                              last, rate);
    return status;
}

static bool sound(const st_f0_params *p) {
    return p->rate_hz >= 8000.0 && p->rate_hz <= 48000.0 && p->min_hz >= 40.0 &&
           p->max_hz <= 2000.0 && 2.0 * p->min_hz <= p->max_hz;
}

st_status st_f0_new(st_f0 **out, const st_f0_params *params) {
    if (!sound(params))
        return ST_BAD_ARG;
    st_f0 *f = st_calloc(1, sizeof *f);
    if (f == NULL)
        return ST_NO_MEM;
    f->params = *params;
    f->ops = st_ops_get();
    f->f0_ops = st_f0_ops_get();
    f->step = (int)(params->rate_hz / 10900.0);
    f->step = f->step < 1 ? 1 : f->step;
    f->reach = (int64_t)(reach_s * params->rate_hz) + (HALF_TAPS + 8) * f->step;
    f->room = 2 * f->reach + 2 * BLOCK;
    design(f->taps, top_hz / params->rate_hz);
    design(f->low_taps, 400.0 * f->step / params->rate_hz);
    f->kept = st_calloc((size_t)f->room, sizeof *f->kept);
    f->thin = st_calloc((size_t)(f->room / f->step + 1), sizeof *f->thin);
    f->low = st_calloc((size_t)(f->room / f->step + 1), sizeof *f->low);
    if (!f->kept || !f->thin || !f->low || make_looks(f) != ST_OK) {
        st_f0_free(f);
        return ST_NO_MEM;
    }
    st_f0_reset(f);
    *out = f;
    return ST_OK;
}

void st_f0_free(st_f0 *f) {
    if (f == NULL)
        return;
    f0_look_deinit(&f->looks[0]);
    f0_look_deinit(&f->looks[1]);
    st_free(f->kept);
    st_free(f->thin);
    st_free(f->low);
    st_free(f->features);
    st_free(f->frames);
    st_free(f);
}

/* Silence reaches back from the first sample, so far that frame 0 is whole;
 * base stays a multiple of step. */
void st_f0_reset(st_f0 *f) {
    memset(f->raw, 0, sizeof f->raw);
    memset(f->kept, 0, (size_t)f->room * sizeof *f->kept);
    int64_t lead = (f->reach / f->step + 1) * f->step;
    f->base = -lead - HALF_TAPS;
    f->base -= ((f->base % f->step) + f->step) % f->step;
    f->have = -HALF_TAPS - f->base;
    f->taken = 0;
    f->count = 0;
    st_free(f->frames);
    f->frames = NULL;
}

/* --- one frame --- */

typedef struct {
    double lag, r; /* in samples of the stream */
    double score;  /* r, less what long periods cost */
} candidate;

static void keep_best(candidate *best, candidate c) {
    for (int i = 0; i < F0_CANDIDATES; i++)
        if (best[i].lag == 0.0 || c.score > best[i].score) {
            candidate moved = best[i];
            best[i] = c;
            c = moved;
            if (c.lag == 0.0)
                return;
        }
}

static void peaks(const st_f0 *f, const f0_look *look, candidate *best) {
    const float *r = look->lags;
    for (int lag = look->first; lag <= look->last; lag++) {
        if (r[lag] < 0.2f || r[lag] < r[lag - 1] || r[lag] <= r[lag + 1])
            continue;
        double shift;
        candidate c;
        c.r = f0_cosine_top((double)r[lag - 1], (double)r[lag],
                            (double)r[lag + 1], &shift);
        c.r = c.r > 1.0 ? 1.0 : c.r;
        c.lag = (lag + shift) * f->step;
        c.score = c.r - F0_OCTAVE * st_log2(c.lag);
        keep_best(best, c);
    }
}

/* Low notes are measured below 400 Hz: the upper partials of a string are
 * sharp. */
static double period_of(const st_f0 *f, int64_t at, double lag) {
    double rate = f->params.rate_hz;
    if (rate / lag > low_hz)
        return f0_refine(f->f0_ops, f->kept + (at - f->base), rate, lag,
                         f->reach);
    const float *mid = f->low + (at - f->base) / f->step;
    return f->step * f0_refine(f->f0_ops, mid, rate / f->step, lag / f->step,
                               f->reach / f->step);
}

static void note(f0_feature *to, const st_f0 *f, const candidate *best,
                 int64_t at) {
    for (int i = 0, k = 0; i < F0_CANDIDATES; i++) {
        if (best[i].lag <= 0.0)
            continue;
        double hz = f->params.rate_hz / period_of(f, at, best[i].lag);
        if (hz < f->params.min_hz * 0.985 || hz > f->params.max_hz * 1.015)
            continue;
        to->pitch[k] =
            (uint16_t)lrint(1200.0 * F0_CENT_STEPS * st_log2(hz / 32.0));
        to->strength[k++] = (uint16_t)lrint(best[i].r * 65535.0);
    }
}

/* Level of what is in the short window, dB of its mean square. */
static int16_t level_of(const f0_look *look, const st_f0_ops *ops) {
    double sum = (double)ops->dot(look->time, look->time, (size_t)look->size);
    double db = 10.0 * st_log10(sum / (0.375 * look->size) + 1e-20);
    return (int16_t)lrint(100.0 * (db > 300.0 ? 300.0 : db));
}

static void frame(st_f0 *f, int64_t at) {
    f0_feature *to = &f->features[f->count++];
    candidate best[F0_CANDIDATES] = {{0}};
    memset(to, 0, sizeof *to);
    int64_t mid = (at - f->base) / f->step;
    for (int k = 0; k < 2; k++) {
        f0_look *look = &f->looks[k];
        if (f0_look_run(look, f->f0_ops, f->thin + mid - look->size / 2))
            peaks(f, look, best);
        if (k == 0)
            to->level = level_of(look, f->f0_ops);
    }
    note(to, f, best, at);
}

/* --- the stream --- */

static int64_t centre(const st_f0 *f, int64_t n) {
    return llround((double)n * f->params.rate_hz / ST_F0_RATE);
}

static st_status make_frames(st_f0 *f) {
    while (centre(f, f->count) + f->reach <= f->base + f->have &&
           (double)f->count * f->params.rate_hz / ST_F0_RATE <=
               (double)f->taken) {
        if (f->count == f->capacity) {
            int64_t more = f->capacity + f->capacity / 8 + 1024;
            void *block = f->features;
            st_status status = st_regrow(&block, (size_t)f->capacity,
                                         (size_t)more, sizeof *f->features);
            if (status != ST_OK)
                return status;
            f->features = block;
            f->capacity = more;
        }
        frame(f, centre(f, f->count));
    }
    return ST_OK;
}

/* Forget what no later frame needs. */
static void drop(st_f0 *f) {
    int64_t gone = centre(f, f->count) - f->reach - f->base - f->step;
    gone = gone < 0 ? 0 : gone / f->step * f->step;
    gone = gone > f->have ? f->have / f->step * f->step : gone;
    f->have -= gone;
    f->base += gone;
    memmove(f->kept, f->kept + gone, (size_t)f->have * sizeof *f->kept);
}

/* Of low, the first and last HALF_TAPS are missing. */
static void thin_out(st_f0 *f) {
    int64_t n = 0;
    for (; n * f->step < f->have; n++)
        f->thin[n] = f->kept[n * f->step];
    if (n > TAPS)
        f->ops->fir(f->low + HALF_TAPS, f->thin, f->low_taps, TAPS,
                    (size_t)(n - TAPS + 1));
}

/* n <= BLOCK samples, or silence (in NULL). */
static st_status take(st_f0 *f, const float *in, int64_t n) {
    float *to = f->raw + TAPS - 1;
    for (int64_t i = 0; i < n; i++)
        to[i] = in && fabsf(in[i]) <= 1e10f ? in[i] : 0.0f;
    f->ops->fir(f->kept + f->have, f->raw, f->taps, TAPS, (size_t)n);
    memmove(f->raw, f->raw + n, (TAPS - 1) * sizeof *f->raw);
    f->have += n;
    thin_out(f);
    st_status status = make_frames(f);
    drop(f);
    return status;
}

st_status st_f0_process(st_f0 *f, const float *in, int64_t n) {
    st_status status = ST_OK;
    while (n > 0 && status == ST_OK) {
        int64_t now = n < BLOCK ? n : BLOCK;
        f->taken += now;
        status = take(f, in, now);
        in += now;
        n -= now;
    }
    return status;
}

st_status st_f0_finish(st_f0 *f, const st_f0_frame **frames, int64_t *count) {
    st_status status = ST_OK;
    int64_t left = f->taken > 0 ? f->reach + HALF_TAPS + 1 : 0;
    for (; left > 0 && status == ST_OK; left -= BLOCK)
        status = take(f, NULL, left < BLOCK ? left : BLOCK);
    if (status != ST_OK)
        return status;
    st_free(f->frames);
    f->frames = st_calloc((size_t)f->count, sizeof *f->frames);
    if (f->frames == NULL)
        return ST_NO_MEM;
    if (f->count > 0)
        f0_path(f->features, f->count, f->frames);
    st_free(f->features);
    f->features = NULL;
    f->capacity = 0;
    *frames = f->frames;
    *count = f->count;
    return ST_OK;
}
