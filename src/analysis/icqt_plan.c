#include "analysis/icqt_plan.h"

#include "audio/fft.h"
#include "core/alloc.h"

#include <string.h>

enum {
    PADDING = 4,    /* a transform is so many kernels long */
    FRAMES_EACH = 8 /* read of a kernel's length, where there are as many */
};
/* Of the greatest power sum in the band: what lies under it is not lifted. */
#define FLOOR 0.15

/* Transforms of half, whole and double size: kernels of the level below, of
 * the level itself and of the one above on one grid of frequencies. */
typedef struct {
    const st_cqt_plan *from;
    size_t size;
    st_fft *fft[3];
    float *re, *im, *scratch; /* [2 size] */
    double *sum;              /* [size / 2 + 1] of a level */
} bench;

static void bench_deinit(bench *b) {
    for (int i = 0; i < 3; i++)
        st_fft_free(b->fft[i]);
    st_free(b->re);
    st_free(b->im);
    st_free(b->scratch);
    st_free(b->sum);
}

static st_status bench_init(bench *b, const st_cqt_plan *from) {
    size_t longest = 16;
    for (size_t i = 0; i < from->pairs; i++)
        longest = from->pair[i].count > longest ? from->pair[i].count : longest;
    *b = (bench){.from = from, .size = 64};
    while (b->size < PADDING * longest)
        b->size *= 2;
    if (2 * b->size > ST_FFT_MAX)
        return ST_BAD_ARG;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < 3; i++)
        status = st_fft_new(&b->fft[i], b->size / 2 << i);
    if (status != ST_OK)
        return status;
    b->re = st_calloc(2 * b->size, sizeof(float));
    b->im = st_calloc(2 * b->size, sizeof(float));
    b->scratch = st_calloc(st_fft_scratch(b->fft[2]), sizeof(float));
    b->sum = st_calloc(b->size / 2 + 1, sizeof(double));
    bool good =
        b->re != NULL && b->im != NULL && b->scratch != NULL && b->sum != NULL;
    return good ? ST_OK : ST_NO_MEM;
}

/* Spectrum of a kernel turned round in time, at `scale` (0..2) half, whole or
 * double size; sample 0 stands at its frame. Gives the size. */
static size_t spectrum_of(bench *b, const st_cqt_pair *pair, int column,
                          int scale) {
    size_t n = b->size / 2 << scale;
    memset(b->re, 0, n * sizeof(float));
    memset(b->im, 0, n * sizeof(float));
    for (size_t i = 0; i < pair->count; i++) {
        size_t at = (size_t)(pair->first + (int)i + (int)n) & (n - 1);
        b->re[at] = pair->taps[4 * i + (size_t)column];
        b->im[at] = -pair->taps[4 * i + (size_t)column + 1];
    }
    st_fft_forward(b->fft[scale], b->re, b->im, b->re, b->im, b->scratch);
    return n;
}

static double weight_of(const bench *b, int bin) {
    return 1.0 / st_cqt_length(&b->from->params, bin);
}

/* Bins of a pair, 1 or 2. */
static int bins_of(const st_cqt_plan *p, size_t pair) {
    int next = pair + 1 < p->pairs ? p->pair[pair + 1].bin : p->present;
    return next - p->pair[pair].bin;
}

static void add_power(bench *b, const st_cqt_pair *pair, int k, int scale) {
    size_t n = spectrum_of(b, pair, 2 * k, scale);
    size_t half = n / 2 < b->size / 2 ? n / 2 : b->size / 2;
    double weight = weight_of(b, pair->bin + k);
    for (size_t i = 0; i <= half; i++) {
        size_t j = (n - i) & (n - 1);
        double up = (double)b->re[i] * (double)b->re[i] +
                    (double)b->im[i] * (double)b->im[i];
        double down = (double)b->re[j] * (double)b->re[j] +
                      (double)b->im[j] * (double)b->im[j];
        b->sum[i] += weight * (up + down);
    }
}

/* The weighted sum of powers on a level's grid. Octaves further off than its
 * neighbours add less than 1e-6. */
static void sum_level(bench *b, int level) {
    const st_cqt_plan *p = b->from;
    memset(b->sum, 0, (b->size / 2 + 1) * sizeof *b->sum);
    for (size_t i = 0; i < p->pairs; i++) {
        int above = level - p->pair[i].level;
        if (above < -1 || above > 1)
            continue;
        for (int k = 0; k < bins_of(p, i); k++)
            add_power(b, &p->pair[i], k, 1 + above);
    }
}

/* Lowest and highest bin of a level; false where it has none. */
static bool range_of(const st_cqt_plan *p, int level, int *low, int *high) {
    *low = p->present;
    *high = -1;
    for (size_t i = 0; i < p->pairs; i++) {
        if (p->pair[i].level != level)
            continue;
        int last = p->pair[i].bin + bins_of(p, i) - 1;
        *low = p->pair[i].bin < *low ? p->pair[i].bin : *low;
        *high = last > *high ? last : *high;
    }
    return *high >= 0;
}

/* Turns the sum into what to multiply with; below the floor it falls to 0.
 * Between bins of the level it must not. */
static st_status invert_level(bench *b, int level, int low, int high) {
    const st_cqt_params *p = &b->from->params;
    double grid_hz = p->rate_hz / (double)(1 << level) / (double)b->size;
    double low_hz = st_cqt_hz(p, low), high_hz = st_cqt_hz(p, high);
    double most = 0.0;
    for (size_t i = 0; i <= b->size / 2; i++)
        most = b->sum[i] > most ? b->sum[i] : most;
    double floor = FLOOR * most;
    for (size_t i = 0; i <= b->size / 2; i++) {
        double sum = b->sum[i], hz = (double)i * grid_hz;
        if (hz >= low_hz && hz <= high_hz && sum < floor)
            return ST_BAD_ARG;
        b->sum[i] = sum > floor ? 1.0 / sum : sum / (floor * floor);
    }
    return ST_OK;
}

static void fill_dual(bench *b, const st_cqt_pair *from, int k, double gain,
                      st_icqt_pair *to) {
    size_t n = spectrum_of(b, from, 2 * k, 1);
    double all = gain * weight_of(b, from->bin + k) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double scale = all * b->sum[i <= n / 2 ? i : n - i];
        b->re[i] = (float)(scale * (double)b->re[i]);
        b->im[i] = (float)(scale * (double)b->im[i]);
    }
    st_fft_inverse(b->fft[1], b->re, b->im, b->re, b->im, b->scratch);
    float *re = to->taps + (size_t)(2 * k) * to->count, *im = re + to->count;
    for (size_t i = 0; i < to->count; i++) {
        size_t at = (size_t)(to->first + (int)i + (int)n) & (n - 1);
        re[i] = b->re[at];
        im[i] = b->im[at];
    }
}

/* So that the shortest kernel of a level, its highest, still gets FRAMES_EACH
 * frames. */
static int stride_of(const st_cqt_params *p, int high) {
    double shortest = st_cqt_length(p, high);
    int stride = 1;
    while (2.0 * stride * p->hop * FRAMES_EACH <= shortest && stride < 1024)
        stride *= 2;
    return stride;
}

/* What a dual kernel has more than its kernel, to each side: one and a half
 * windows. Their transforms end softly, but not at once. */
static int tail_of(const st_cqt_params *p, const st_cqt_pair *pair) {
    double length = st_cqt_length(p, pair->bin) / (double)(1 << pair->level);
    int tail = (int)(1.5 * length), count = (int)pair->count;
    int most = count * (PADDING - 1) / 2;
    tail = tail < most ? tail : most;
    return tail > count ? tail : count;
}

static st_status lay_pairs(st_icqt_plan *plan, const st_cqt_plan *from) {
    size_t taps = 0;
    plan->pairs = from->pairs;
    plan->pair = st_calloc(from->pairs + 1, sizeof *plan->pair);
    if (plan->pair == NULL)
        return ST_NO_MEM;
    for (size_t i = 0; i < from->pairs; i++) {
        const st_cqt_pair *k = &from->pair[i];
        int more = tail_of(&from->params, k);
        plan->pair[i] = (st_icqt_pair){k->bin, k->level, k->first - more,
                                       k->count + 2 * (size_t)more, NULL};
        taps += 4 * plan->pair[i].count;
    }
    plan->store = st_calloc(taps + 1, sizeof(float));
    if (plan->store == NULL)
        return ST_NO_MEM;
    float *at = plan->store;
    for (size_t i = 0; i < plan->pairs; i++) {
        plan->pair[i].taps = at;
        at += 4 * plan->pair[i].count;
    }
    return ST_OK;
}

static void note_reach(st_icqt_plan *plan, const st_icqt_pair *pair) {
    int l = pair->level, last = pair->first + (int)pair->count - 1;
    plan->low[l] = pair->first < plan->low[l] ? pair->first : plan->low[l];
    plan->high[l] = last > plan->high[l] ? last : plan->high[l];
}

static st_status fill_level(st_icqt_plan *plan, bench *b, int level) {
    const st_cqt_plan *from = b->from;
    int low, high;
    plan->stride[level] = 1;
    plan->high[level] = -1;
    if (!range_of(from, level, &low, &high))
        return ST_OK;
    plan->stride[level] = stride_of(&from->params, high);
    sum_level(b, level);
    st_status status = invert_level(b, level, low, high);
    /* Twice: half of a real sound's spectrum is at negative frequencies. */
    double gain = 2.0 * (from->params.hop >> level) * plan->stride[level];
    for (size_t i = 0; status == ST_OK && i < from->pairs; i++) {
        if (from->pair[i].level != level)
            continue;
        for (int k = 0; k < bins_of(from, i); k++)
            fill_dual(b, &from->pair[i], k, gain, &plan->pair[i]);
        note_reach(plan, &plan->pair[i]);
    }
    return status;
}

st_status st_icqt_plan_init(st_icqt_plan *plan, const st_cqt_params *params) {
    st_cqt_plan from = {0};
    bench b = {0};
    memset(plan, 0, sizeof *plan);
    st_status status = st_cqt_plan_init(&from, params);
    if (status == ST_OK)
        status = from.present > 0 ? bench_init(&b, &from) : ST_BAD_ARG;
    if (status == ST_OK)
        status = lay_pairs(plan, &from);
    plan->params = *params;
    plan->levels = from.levels;
    for (int l = 0; status == ST_OK && l < from.levels; l++)
        status = fill_level(plan, &b, l);
    bench_deinit(&b);
    st_cqt_plan_deinit(&from);
    if (status != ST_OK)
        st_icqt_plan_deinit(plan);
    return status;
}

void st_icqt_plan_deinit(st_icqt_plan *plan) {
    st_free(plan->pair);
    st_free(plan->store);
    plan->pair = NULL;
    plan->store = NULL;
}
