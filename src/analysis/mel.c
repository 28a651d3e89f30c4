#include "analysis/mel.h"

#include "analysis/powerspec.h"
#include "analysis/spec_ops.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>

enum { MAX_BANDS = 512, LANES = ST_SPEC_LANES };

struct st_mel_bank {
    const st_spec_ops *ops;
    st_mel_params params;
    st_spec_band *band;
    float *weights;
    double *edges; /* [bands + 2] Hz */
};

st_mel_params st_mel_defaults(double rate_hz) {
    return (st_mel_params){rate_hz, 2048, 512,           128,
                           0.0,     0.0,  ST_MEL_SLANEY, true};
}

/* Slaney: 200/3 Hz a mel up to 1 kHz (15 mel), then 27 mel a factor of 6.4. */
static double log_step(void) {
    return st_log(6.4) / 27.0;
}

double st_mel_of_hz(double hz, st_mel_scale scale) {
    if (scale == ST_MEL_HTK)
        return 2595.0 * st_log10(1.0 + hz / 700.0);
    return hz < 1000.0 ? hz * 3.0 / 200.0
                       : 15.0 + st_log(hz / 1000.0) / log_step();
}

double st_mel_to_hz(double mel, st_mel_scale scale) {
    if (scale == ST_MEL_HTK)
        return 700.0 * (st_pow(10.0, mel / 2595.0) - 1.0);
    return mel < 15.0 ? mel * 200.0 / 3.0
                      : 1000.0 * st_exp((mel - 15.0) * log_step());
}

static double high_of(const st_mel_params *p) {
    return p->high_hz > 0.0 ? p->high_hz : p->rate_hz / 2.0;
}

static bool valid(const st_mel_params *p) {
    return p->rate_hz >= 8000.0 && p->rate_hz <= 384000.0 && p->size >= 64 &&
           p->size <= 65536 && (p->size & (p->size - 1)) == 0 &&
           p->bands >= 1 && p->bands <= MAX_BANDS && p->low_hz >= 0.0 &&
           isfinite(high_of(p)) && high_of(p) > p->low_hz &&
           (p->scale == ST_MEL_SLANEY || p->scale == ST_MEL_HTK);
}

static void fill_edges(const st_mel_params *p, double *edges) {
    double low = st_mel_of_hz(p->low_hz, p->scale);
    double high = st_mel_of_hz(high_of(p), p->scale);
    for (int i = 0; i < p->bands + 2; i++)
        edges[i] =
            st_mel_to_hz(low + (high - low) * i / (p->bands + 1), p->scale);
}

static double triangle(const st_mel_bank *bank, int band, double hz) {
    const double *e = bank->edges + band;
    double up = (hz - e[0]) / (e[1] - e[0]);
    double down = (e[2] - hz) / (e[2] - e[1]);
    double height = up < down ? up : down;
    if (height <= 0.0)
        return 0.0;
    return bank->params.area_norm ? height * 2.0 / (e[2] - e[0]) : height;
}

static double bin_hz(const st_mel_bank *bank, size_t bin) {
    return (double)bin * bank->params.rate_hz / bank->params.size;
}

/* Bins strictly inside the band. */
static void span_of(const st_mel_bank *bank, int band, size_t *first,
                    size_t *count) {
    double step = bank->params.rate_hz / bank->params.size;
    double last = floor(bank->edges[band + 2] / step);
    double bins = bank->params.size / 2;
    double from = ceil(bank->edges[band] / step);
    last = last < bins ? last : bins;
    *first = from <= last ? (size_t)from : 0;
    *count = from <= last ? (size_t)last - *first + 1 : 0;
}

static size_t padded(size_t count) {
    return (count + LANES - 1) / LANES * LANES;
}

static size_t weight_count(const st_mel_bank *bank) {
    size_t sum = 0;
    for (int b = 0; b < bank->params.bands; b++) {
        size_t first = 0, count = 0;
        span_of(bank, b, &first, &count);
        sum += padded(count);
    }
    return sum;
}

static void fill_weights(st_mel_bank *bank) {
    float *at = bank->weights;
    for (int b = 0; b < bank->params.bands; b++) {
        size_t first = 0, count = 0;
        span_of(bank, b, &first, &count);
        bank->band[b] = (st_spec_band){first, padded(count), at};
        for (size_t i = 0; i < count; i++)
            at[i] = (float)triangle(bank, b, bin_hz(bank, first + i));
        at += padded(count);
    }
}

st_status st_mel_bank_new(st_mel_bank **out, const st_mel_params *params) {
    if (!valid(params))
        return ST_BAD_ARG;
    st_mel_bank *bank = st_calloc(1, sizeof *bank);
    if (bank == NULL)
        return ST_NO_MEM;
    bank->ops = st_spec_ops_get();
    bank->params = *params;
    bank->edges = st_calloc((size_t)params->bands + 2, sizeof(double));
    bank->band = st_calloc((size_t)params->bands, sizeof *bank->band);
    if (bank->edges != NULL && bank->band != NULL) {
        fill_edges(params, bank->edges);
        bank->weights = st_calloc(weight_count(bank), sizeof(float));
    }
    if (bank->weights == NULL) {
        st_mel_bank_free(bank);
        return ST_NO_MEM;
    }
    fill_weights(bank);
    *out = bank;
    return ST_OK;
}

void st_mel_bank_free(st_mel_bank *bank) {
    if (bank == NULL)
        return;
    st_free(bank->edges);
    st_free(bank->band);
    st_free(bank->weights);
    st_free(bank);
}

void st_mel_bank_fold(const st_mel_bank *bank, const float *power, float *out) {
    bank->ops->bands(out, power, bank->band, (size_t)bank->params.bands);
}

double st_mel_bank_weight(const st_mel_bank *bank, int band, int bin) {
    const st_spec_band *b = &bank->band[band];
    size_t at = (size_t)bin - b->first;
    return (size_t)bin >= b->first && at < b->count ? (double)b->weights[at]
                                                    : 0.0;
}

double st_mel_bank_hz(const st_mel_bank *bank, int band) {
    return bank->edges[band + 1];
}

/* --- the stream --- */

struct st_mel {
    st_powerspec *spectra;
    st_mel_bank *bank;
    st_frame_sink sink;
    float *out;
};

static void on_power(void *ctx, int64_t frame, const float *power) {
    st_mel *m = ctx;
    st_mel_bank_fold(m->bank, power, m->out);
    m->sink.frame(m->sink.ctx, frame, m->out);
}

st_status st_mel_new(st_mel **out, const st_mel_params *params,
                     st_frame_sink sink) {
    if (!valid(params) || sink.frame == NULL)
        return ST_BAD_ARG;
    st_mel *m = st_calloc(1, sizeof *m);
    if (m == NULL)
        return ST_NO_MEM;
    m->sink = sink;
    m->out = st_calloc((size_t)params->bands, sizeof(float));
    st_status status =
        m->out == NULL ? ST_NO_MEM : st_mel_bank_new(&m->bank, params);
    st_powerspec_params spectra = {params->size, params->hop};
    if (status == ST_OK)
        status = st_powerspec_new(&m->spectra, &spectra,
                                  (st_frame_sink){on_power, m});
    if (status == ST_OK)
        *out = m;
    else
        st_mel_free(m);
    return status;
}

void st_mel_free(st_mel *m) {
    if (m == NULL)
        return;
    st_powerspec_free(m->spectra);
    st_mel_bank_free(m->bank);
    st_free(m->out);
    st_free(m);
}

void st_mel_reset(st_mel *m) {
    st_powerspec_reset(m->spectra);
}

void st_mel_process(st_mel *m, const float *in, int64_t n) {
    st_powerspec_process(m->spectra, in, n);
}

void st_mel_finish(st_mel *m) {
    st_powerspec_finish(m->spectra);
}

int64_t st_mel_frames(const st_mel *m) {
    return st_powerspec_frames(m->spectra);
}

const st_mel_bank *st_mel_get_bank(const st_mel *m) {
    return m->bank;
}
