#include "analysis/align.h"

#include "analysis/meter_ops.h"
#include "analysis/spectrum.h"
#include "audio/fft.h"
#include "audio/window.h"
#include "core/alloc.h"
#include "core/math.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MIN_BLOCKS = 6 };

static const double top_hz = 12000.0;
static const double max_delay_s = 0.060;
static const double depth = 1e-7;  /* bins this far under the loudest count
                                    * for nothing: -70 dB */
static const double silent = 1e-9; /* mean square of -90 dBFS */
static const double related_coherence = 0.15;
static const double related_peak = 0.3;
static const double duplicate_coherence = 0.98;
/* A late copy is compared by the part of each block that both hold: what moves
 * within a block makes it look less alike. */
static const double unmet_loss = 0.3;

struct st_align {
    const st_meter_ops *ops;
    int rate_hz, stems, pairs;
    int size, bins; /* bins that count: up to top_hz */
    st_rfft *fft;
    float *window;
    float *held;                /* [stems][size] */
    float *re, *im;             /* [stems][size / 2 + 1] */
    float *scratch, *block;     /* block: [size] */
    float *cross_re, *cross_im; /* [pairs][bins] */
    double *power;              /* [stems][bins] */
    int fill;
    bool fresh; /* anything after the last whole block? */
    int64_t blocks;
    double window_power;
    bool finished;
    st_align_pair *found; /* [pairs] */
};

static int pair_index(const st_align *a, int i, int j) {
    return i * a->stems - i * (i + 1) / 2 + j - i - 1;
}

static size_t full_bins(const st_align *a) {
    return (size_t)a->size / 2 + 1;
}

static st_status allocate(st_align *a) {
    size_t size = (size_t)a->size;
    size_t stems = (size_t)a->stems;
    size_t pairs = (size_t)a->pairs;
    size_t bins = (size_t)a->bins;
    st_status status = st_rfft_new(&a->fft, size);
    if (status != ST_OK)
        return status;
    a->window = st_calloc(size, sizeof(float));
    a->held = st_calloc(stems * size, sizeof(float));
    a->re = st_calloc(stems * full_bins(a), sizeof(float));
    a->im = st_calloc(stems * full_bins(a), sizeof(float));
    a->scratch = st_calloc(st_rfft_scratch(a->fft), sizeof(float));
    a->block = st_calloc(size, sizeof(float));
    a->cross_re = st_calloc(pairs * bins, sizeof(float));
    a->cross_im = st_calloc(pairs * bins, sizeof(float));
    a->power = st_calloc(stems * bins, sizeof(double));
    a->found = st_calloc(pairs, sizeof(st_align_pair));
    return a->window && a->held && a->re && a->im && a->scratch && a->block &&
                   a->cross_re && a->cross_im && a->power && a->found
               ? ST_OK
               : ST_NO_MEM;
}

st_status st_align_new(st_align **out, int rate_hz, int stems) {
    if (rate_hz < 8000 || rate_hz > 384000 || stems < 2 ||
        stems > ST_ALIGN_MAX_STEMS)
        return ST_BAD_ARG;
    st_align *a = st_calloc(1, sizeof *a);
    if (a == NULL)
        return ST_NO_MEM;
    a->ops = st_meter_ops_get();
    a->rate_hz = rate_hz;
    a->stems = stems;
    a->pairs = stems * (stems - 1) / 2;
    a->size = st_spectrum_size(rate_hz);
    double top = top_hz < rate_hz / 2.0 ? top_hz : rate_hz / 2.0;
    a->bins = (int)(top * a->size / rate_hz);
    if (allocate(a) != ST_OK) {
        st_align_free(a);
        return ST_NO_MEM;
    }
    st_window_fillf(a->window, (size_t)a->size, ST_WINDOW_HANN, true);
    for (int i = 0; i < a->size; i++)
        a->window_power += (double)a->window[i] * (double)a->window[i];
    *out = a;
    return ST_OK;
}

void st_align_free(st_align *a) {
    if (a == NULL)
        return;
    st_rfft_free(a->fft);
    st_free(a->window);
    st_free(a->held);
    st_free(a->re);
    st_free(a->im);
    st_free(a->scratch);
    st_free(a->block);
    st_free(a->cross_re);
    st_free(a->cross_im);
    st_free(a->power);
    st_free(a->found);
    st_free(a);
}

/* ---- blocks ---- */

/* Add a times the conjugate of b, turned: phase of b over that of a. */
static void add_cross(float *restrict re, float *restrict im,
                      const float *restrict ar, const float *restrict ai,
                      const float *restrict br, const float *restrict bi,
                      int bins) {
    for (int k = 0; k < bins; k++) {
        re[k] += ar[k] * br[k] + ai[k] * bi[k];
        im[k] += ar[k] * bi[k] - ai[k] * br[k];
    }
}

/* False for a block of digital silence. */
static bool transform(st_align *a, int stem) {
    const float *in = a->held + (size_t)stem * a->size;
    float *re = a->re + (size_t)stem * full_bins(a);
    float *im = a->im + (size_t)stem * full_bins(a);
    double *power = a->power + (size_t)stem * a->bins;
    float peak = a->ops->window(a->block, in, a->window, (size_t)a->size);
    if (!(peak > 0.0f))
        return false;
    st_rfft_forward(a->fft, a->block, re, im, a->scratch);
    for (int k = 0; k < a->bins; k++)
        power[k] +=
            (double)re[k] * (double)re[k] + (double)im[k] * (double)im[k];
    return true;
}

static void add_block(st_align *a) {
    bool sounds[ST_ALIGN_MAX_STEMS];
    size_t full = full_bins(a);
    for (int i = 0; i < a->stems; i++)
        sounds[i] = transform(a, i);
    for (int i = 0; i < a->stems; i++)
        for (int j = i + 1; j < a->stems; j++) {
            if (!sounds[i] || !sounds[j])
                continue;
            size_t at = (size_t)pair_index(a, i, j) * (size_t)a->bins;
            add_cross(a->cross_re + at, a->cross_im + at, a->re + i * full,
                      a->im + i * full, a->re + j * full, a->im + j * full,
                      a->bins);
        }
    a->blocks++;
    a->fresh = false;
}

static void slide(st_align *a) {
    int half = a->size / 2;
    for (int i = 0; i < a->stems; i++) {
        float *held = a->held + (size_t)i * a->size;
        memmove(held, held + half, (size_t)(a->size - half) * sizeof(float));
    }
    a->fill = a->size - half;
}

void st_align_process(st_align *a, const float *const *in, int64_t frames) {
    assert(!a->finished);
    for (int64_t done = 0; done < frames;) {
        int64_t room = a->size - a->fill;
        int64_t n = frames - done < room ? frames - done : room;
        for (int i = 0; i < a->stems; i++)
            (void)a->ops->clean(a->held + (size_t)i * a->size + a->fill,
                                in[i] + done, (size_t)n);
        a->fill += (int)n;
        a->fresh = true;
        done += n;
        if (a->fill == a->size) {
            add_block(a);
            slide(a);
        }
    }
}

/* ---- a pair ---- */

/* How much of a Hann window meets itself `lag` later, 0..1. */
static double overlap(const st_align *a, double lag) {
    int shift = (int)fabs(lag);
    double sum = 0.0;
    for (int i = 0; i + shift < a->size; i++)
        sum += (double)a->window[i] * (double)a->window[i + shift];
    return sum / a->window_power;
}

typedef struct {
    double delay, peak; /* frames; -1..1 */
} lag_peak;

/* Weights of the bins: coherence, less what chance gives. */
static double weigh(const st_align *a, int i, int j, float *re, float *im) {
    size_t at = (size_t)pair_index(a, i, j) * (size_t)a->bins;
    const double *pi = a->power + (size_t)i * a->bins;
    const double *pj = a->power + (size_t)j * a->bins;
    double chance = 1.0 / (double)a->blocks;
    double loudest = 0.0;
    double sum = 0.0;
    for (int k = 1; k < a->bins; k++)
        loudest = fmax(loudest, pi[k] * pj[k]);
    memset(re, 0, full_bins(a) * sizeof *re);
    memset(im, 0, full_bins(a) * sizeof *im);
    for (int k = 1; k < a->bins; k++) {
        double x = (double)a->cross_re[at + (size_t)k];
        double y = (double)a->cross_im[at + (size_t)k];
        double size = x * x + y * y;
        if (pi[k] * pj[k] <= loudest * depth * depth || size <= 0.0)
            continue;
        double w = fmax(0.0, size / (pi[k] * pj[k]) - chance);
        re[k] = (float)(w * x / sqrt(size));
        im[k] = (float)(w * y / sqrt(size));
        sum += w;
    }
    return sum;
}

static lag_peak find_peak(const st_align *a, const float *r, double sum) {
    int reach = (int)(max_delay_s * a->rate_hz);
    int best = 0;
    for (int lag = -reach; lag <= reach; lag++)
        if (fabsf(r[(lag + a->size) % a->size]) >
            fabsf(r[(best + a->size) % a->size]))
            best = lag;
    double y0 = (double)r[(best - 1 + a->size) % a->size];
    double y1 = (double)r[(best + a->size) % a->size];
    double y2 = (double)r[(best + 1 + a->size) % a->size];
    double bend = y0 - 2.0 * y1 + y2;
    double part = bend != 0.0 ? 0.5 * (y0 - y2) / bend : 0.0;
    part = fabs(part) <= 1.0 ? part : 0.0;
    return (lag_peak){best + part, y1 / (2.0 * sum)};
}

/* Mean coherence, and the sums of power on the way. */
static double coherence(const st_align *a, int i, int j, double delay) {
    size_t at = (size_t)pair_index(a, i, j) * (size_t)a->bins;
    const double *pi = a->power + (size_t)i * a->bins;
    const double *pj = a->power + (size_t)j * a->bins;
    double met = overlap(a, delay);
    double chance = 1.0 / (double)a->blocks;
    double sum = 0.0;
    double weight = 0.0;
    for (int k = 1; k < a->bins; k++) {
        double x = (double)a->cross_re[at + (size_t)k];
        double y = (double)a->cross_im[at + (size_t)k];
        double both = pi[k] * pj[k];
        if (both <= 0.0)
            continue;
        double raw = (x * x + y * y) / both;
        double fair = fmax(0.0, raw - chance) / (1.0 - chance);
        double value = fmin(1.0, fair / (met * met));
        sum += value * sqrt(both);
        weight += sqrt(both);
    }
    return weight > 0.0 ? sum / weight : 0.0;
}

static double total(const st_align *a, int stem) {
    double sum = 0.0;
    for (int k = 1; k < a->bins; k++)
        sum += a->power[(size_t)stem * a->bins + (size_t)k];
    return 2.0 * sum / ((double)a->blocks * a->window_power * a->size);
}

static void judge(const st_align *a, int i, int j, float *re, float *im,
                  st_align_pair *out) {
    double pi = total(a, i);
    double pj = total(a, j);
    *out = (st_align_pair){.kind = ST_ALIGN_APART};
    if (a->blocks < MIN_BLOCKS || pi < silent || pj < silent)
        return;
    out->gain_db = 10.0 * st_log10(pj / pi);
    double sum = weigh(a, i, j, re, im);
    if (sum <= 0.0)
        return;
    st_rfft_inverse(a->fft, re, im, a->block, a->scratch);
    lag_peak found = find_peak(a, a->block, sum);
    out->coherence = coherence(a, i, j, found.delay);
    if (out->coherence < related_coherence || fabs(found.peak) < related_peak)
        return;
    double limit =
        duplicate_coherence - unmet_loss * (1.0 - overlap(a, found.delay));
    out->kind = out->coherence >= limit ? ST_ALIGN_DUPLICATE : ST_ALIGN_RELATED;
    out->delay_frames = found.delay;
    out->polarity = found.peak < 0.0 ? -1 : 1;
}

st_status st_align_finish(st_align *a) {
    if (a->finished)
        return ST_OK;
    float *re = st_calloc(full_bins(a), sizeof(float));
    float *im = st_calloc(full_bins(a), sizeof(float));
    if (re != NULL && im != NULL) {
        for (int i = 0; a->fresh && i < a->stems; i++)
            memset(a->held + (size_t)i * a->size + a->fill, 0,
                   (size_t)(a->size - a->fill) * sizeof(float));
        if (a->fresh)
            add_block(a);
        for (int i = 0; i < a->stems; i++)
            for (int j = i + 1; j < a->stems; j++)
                judge(a, i, j, re, im, &a->found[pair_index(a, i, j)]);
        a->finished = true;
    }
    st_free(re);
    st_free(im);
    return a->finished ? ST_OK : ST_NO_MEM;
}

void st_align_get(const st_align *align, int a, int b, st_align_pair *out) {
    assert(align->finished && a != b && a >= 0 && b >= 0 && a < align->stems &&
           b < align->stems);
    *out =
        align->found[a < b ? pair_index(align, a, b) : pair_index(align, b, a)];
    if (a > b) {
        out->delay_frames = -out->delay_frames;
        out->gain_db = -out->gain_db;
    }
}
