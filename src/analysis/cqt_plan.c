#include "analysis/cqt_plan.h"

#include "audio/fft.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

/* A bin and its main lobe must stay below this part of the level's rate: the
 * half-band filters are flat and free of aliases to 0.4 of it. */
#define ROOM 0.2
/* Half the -3 dB width of a Hann window, in bins of 1 / length. */
#define HALF_WIDTH 0.75

enum { SPIN_STEPS = 32 };

st_cqt_params st_cqt_defaults(double rate_hz) {
    return (st_cqt_params){rate_hz, ST_CQT_C1_HZ, 84,   12,
                           512,     1.0,          true, false};
}

double st_cqt_hz(const st_cqt_params *p, int bin) {
    return p->low_hz * st_exp2((double)bin / p->per_octave);
}

static double q_of(const st_cqt_params *p) {
    double ratio = st_exp2(2.0 / p->per_octave);
    return p->scale * (ratio + 1.0) / (ratio - 1.0);
}

double st_cqt_length(const st_cqt_params *p, int bin) {
    return q_of(p) * p->rate_hz / st_cqt_hz(p, bin);
}

int st_cqt_present(const st_cqt_params *p) {
    double edge = p->rate_hz / 2.0 / (1.0 + HALF_WIDTH / q_of(p));
    int bins = 0;
    while (bins < p->bins && st_cqt_hz(p, bins) <= edge)
        bins++;
    return bins;
}

bool st_cqt_valid(const st_cqt_params *p) {
    return p->rate_hz >= 8000.0 && p->rate_hz <= 384000.0 &&
           p->low_hz >= 10.0 && p->low_hz <= p->rate_hz / 4.0 && p->bins >= 1 &&
           p->bins <= 1024 && p->per_octave >= 4 && p->per_octave <= 96 &&
           p->hop >= 1 && p->hop <= 65536 && p->scale >= 0.1 && p->scale <= 4.0;
}

/* Octaves are counted from the top bin down. */
static int octave_of(const st_cqt_params *p, int bin) {
    return (p->bins - 1 - bin) / p->per_octave;
}

/* The lowest rate that holds a bin's octave and still has whole hops. */
static int level_of(const st_cqt_params *p, int bin) {
    int highest = p->bins - 1 - octave_of(p, bin) * p->per_octave;
    double top = st_cqt_hz(p, highest) * (1.0 + 1.0 / q_of(p));
    int level = 0;
    while (level + 1 < ST_CQT_LEVELS && p->hop % (2 << level) == 0 &&
           top <= ROOM * p->rate_hz / (double)(2 << level))
        level++;
    return level;
}

/* Samples of a kernel at its level: those of librosa, floor(L/2) + ceil(L/2),
 * from distance 1 - floor(L/2) to ceil(L/2). */
typedef struct {
    int first;
    int count;
} reach;

static reach reach_of(const st_cqt_params *p, int bin, int level) {
    double half = st_cqt_length(p, bin) / (double)(2 << level);
    int down = (int)floor(half), up = (int)ceil(half);
    return (reach){1 - down, down + up};
}

/* Size of the frame that librosa's kernels of one octave share: the power of
 * two that holds the longest. */
static int frame_of(const st_cqt_params *p, int bin, int level) {
    int lowest = p->bins - (octave_of(p, bin) + 1) * p->per_octave;
    double longest = st_cqt_length(p, lowest > 0 ? lowest : 0);
    int size = 16;
    while (size < longest / (double)(1 << level))
        size *= 2;
    return size;
}

static reach span_of(const st_cqt_params *p, int bin, int level) {
    if (!p->analytic)
        return reach_of(p, bin, level);
    int size = frame_of(p, bin, level);
    return (reach){-size / 2, size};
}

/* A point that goes round the circle by equal steps; set anew each
 * SPIN_STEPS, so that no error gathers. */
typedef struct {
    double re, im, step_re, step_im;
} spin;

static void spin_to(spin *s, double half_turns) {
    s->re = st_cospi(half_turns);
    s->im = st_sinpi(half_turns);
}

static void spin_on(spin *s) {
    double re = s->re * s->step_re - s->im * s->step_im;
    s->im = s->re * s->step_im + s->im * s->step_re;
    s->re = re;
}

static spin spin_by(double half_turns) {
    return (spin){1.0, 0.0, st_cospi(half_turns), st_sinpi(half_turns)};
}

static void fill_kernel(const st_cqt_params *p, int bin, st_cqt_pair *pair,
                        int column) {
    reach r = reach_of(p, bin, pair->level);
    double rate = p->rate_hz / (double)(1 << pair->level);
    double turn = 2.0 * st_cqt_hz(p, bin) / rate;   /* half turns a sample */
    double sum = r.count > 1 ? 0.5 * r.count : 0.0; /* of a Hann window */
    double gain = sum > 0.0 ? sqrt(st_cqt_length(p, bin)) / sum : 0.0;
    spin wave = spin_by(turn), window = spin_by(-2.0 / r.count);
    for (int i = 0; i < r.count; i++) {
        if (i % SPIN_STEPS == 0) {
            spin_to(&wave, turn * (r.first + i));
            /* the window runs against time, as the convolution turns it */
            spin_to(&window, 2.0 * (r.count - 1 - i) / r.count);
        }
        double w = gain * (0.5 - 0.5 * window.re);
        float *tap = pair->taps + 4 * (r.first - pair->first + i) + column;
        tap[0] = (float)(w * wave.re);
        tap[1] = (float)(-w * wave.im);
        spin_on(&wave);
        spin_on(&window);
    }
}

/* Takes the negative frequencies out of one kernel that fills its frame. */
static st_status drop_negative(st_cqt_pair *pair, int column) {
    size_t n = pair->count;
    st_fft *fft = NULL;
    float *re = st_calloc(n, 2 * sizeof(float));
    st_status status = re == NULL ? ST_NO_MEM : st_fft_new(&fft, n);
    float *scratch =
        status == ST_OK ? st_calloc(st_fft_scratch(fft), sizeof(float)) : NULL;
    if (scratch == NULL) {
        st_free(re);
        st_fft_free(fft);
        return ST_NO_MEM;
    }
    float *im = re + n, *tap = pair->taps + column;
    for (size_t i = 0; i < n; i++) {
        re[i] = tap[4 * i];
        im[i] = tap[4 * i + 1];
    }
    st_fft_forward(fft, re, im, re, im, scratch);
    /* the waves turn backwards: theirs is the upper half */
    memset(re + n / 2, 0, n / 2 * sizeof(float));
    memset(im + n / 2, 0, n / 2 * sizeof(float));
    re[0] = im[0] = 0.0f;
    st_fft_inverse(fft, re, im, re, im, scratch);
    for (size_t i = 0; i < n; i++) {
        tap[4 * i] -= re[i] / (float)n;
        tap[4 * i + 1] -= im[i] / (float)n;
    }
    st_free(scratch);
    st_free(re);
    st_fft_free(fft);
    return ST_OK;
}

/* Pairs of neighbours at one level, from low to high. */
static size_t lay_pairs(st_cqt_plan *plan, st_cqt_pair *pair) {
    const st_cqt_params *p = &plan->params;
    size_t pairs = 0;
    for (int bin = 0; bin < plan->present; pairs++) {
        int level = level_of(p, bin);
        bool two = bin + 1 < plan->present && level_of(p, bin + 1) == level;
        reach a = span_of(p, bin, level);
        reach b = two ? span_of(p, bin + 1, level) : a;
        int end = a.first + a.count > b.first + b.count ? a.first + a.count
                                                        : b.first + b.count;
        int first = a.first < b.first ? a.first : b.first;
        if (pair != NULL)
            pair[pairs] =
                (st_cqt_pair){bin, level, first, (size_t)(end - first), NULL};
        bin += two ? 2 : 1;
    }
    return pairs;
}

static void fill_level(st_cqt_plan *plan, const st_cqt_pair *pair) {
    int l = pair->level, last = pair->first + (int)pair->count - 1;
    plan->low[l] = pair->first < plan->low[l] ? pair->first : plan->low[l];
    plan->high[l] = last > plan->high[l] ? last : plan->high[l];
    plan->levels = l + 1 > plan->levels ? l + 1 : plan->levels;
}

st_status st_cqt_plan_init(st_cqt_plan *plan, const st_cqt_params *params) {
    memset(plan, 0, sizeof *plan);
    plan->params = *params;
    plan->present = st_cqt_present(params);
    plan->levels = 1;
    plan->pairs = lay_pairs(plan, NULL);
    plan->pair = st_calloc(plan->pairs, sizeof *plan->pair);
    if (plan->pair == NULL)
        return ST_NO_MEM;
    lay_pairs(plan, plan->pair);
    size_t taps = 0;
    for (size_t i = 0; i < plan->pairs; i++)
        taps += plan->pair[i].count;
    plan->store = st_calloc(taps, 4 * sizeof(float));
    if (plan->store == NULL) {
        st_cqt_plan_deinit(plan);
        return ST_NO_MEM;
    }
    float *at = plan->store;
    st_status status = ST_OK;
    for (size_t i = 0; i < plan->pairs; i++) {
        st_cqt_pair *pair = &plan->pair[i];
        bool two = (i + 1 < plan->pairs ? pair[1].bin : plan->present) ==
                   pair->bin + 2;
        pair->taps = at;
        fill_kernel(params, pair->bin, pair, 0);
        if (two)
            fill_kernel(params, pair->bin + 1, pair, 2);
        for (int k = 0; params->analytic && status == ST_OK && k < 4; k += 2)
            status = drop_negative(pair, k);
        fill_level(plan, pair);
        at += 4 * pair->count;
    }
    if (status != ST_OK)
        st_cqt_plan_deinit(plan);
    return status;
}

void st_cqt_plan_deinit(st_cqt_plan *plan) {
    st_free(plan->pair);
    st_free(plan->store);
    plan->pair = NULL;
    plan->store = NULL;
}
