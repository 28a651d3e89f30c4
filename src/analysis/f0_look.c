/* The autocorrelation of one windowed frame, divided by the window's. */
#include "analysis/f0_impl.h"

#include "audio/window.h"
#include "core/alloc.h"

#include <string.h>

/* Nothing below 20 Hz counts, everything above 35 Hz. */
static void fill_weight(f0_look *look, double rate_hz) {
    for (int k = 0; k <= look->fft_size / 2; k++) {
        double hz = k * rate_hz / look->fft_size;
        double w = (hz - 20.0) / 200.0;
        look->weight[k] = (float)(w < 0.0 ? 0.0 : w > 1.0 ? 1.0 : w);
    }
}

static void fill_scale(f0_look *look) {
    double own = 0.0;
    for (int lag = 0; lag <= look->last + 1; lag++) {
        double sum = 0.0;
        for (int i = 0; i + lag < look->size; i++)
            sum += (double)look->window[i] * (double)look->window[i + lag];
        own = lag == 0 ? sum : own;
        look->scale[lag] = (float)(own / sum);
    }
}

st_status f0_look_init(f0_look *look, int size, int first, int last,
                       double rate_hz) {
    *look = (f0_look){.size = size, .first = first, .last = last};
    look->fft_size = 64;
    while (look->fft_size < size + last + 2)
        look->fft_size *= 2;
    size_t n = (size_t)look->fft_size;
    st_status status = st_rfft_new(&look->fft, n);
    if (status != ST_OK)
        return status;
    look->window = st_calloc((size_t)size, sizeof(float));
    look->scale = st_calloc((size_t)last + 2, sizeof(float));
    look->weight = st_calloc(n / 2 + 1, sizeof(float));
    look->time = st_calloc(n, sizeof(float));
    look->re = st_calloc(n / 2 + 1, sizeof(float));
    look->im = st_calloc(n / 2 + 1, sizeof(float));
    look->lags = st_calloc(n, sizeof(float));
    look->scratch = st_calloc(st_rfft_scratch(look->fft), sizeof(float));
    if (!look->window || !look->scale || !look->weight || !look->time ||
        !look->re || !look->im || !look->lags || !look->scratch)
        return ST_NO_MEM;
    st_window_fillf(look->window, (size_t)size, ST_WINDOW_HANN, false);
    fill_scale(look);
    fill_weight(look, rate_hz);
    return ST_OK;
}

void f0_look_deinit(f0_look *look) {
    st_rfft_free(look->fft);
    st_free(look->window);
    st_free(look->scale);
    st_free(look->weight);
    st_free(look->time);
    st_free(look->re);
    st_free(look->im);
    st_free(look->lags);
    st_free(look->scratch);
}

bool f0_look_run(f0_look *look, const st_f0_ops *ops, const float *x) {
    size_t n = (size_t)look->size, all = (size_t)look->fft_size;
    float mean = ops->sum(x, n) / (float)n;
    ops->window(look->time, x, look->window, mean, n);
    st_rfft_forward(look->fft, look->time, look->re, look->im, look->scratch);
    ops->power(look->re, look->im, look->weight, all / 2 + 1);
    st_rfft_inverse(look->fft, look->re, look->im, look->lags, look->scratch);
    float whole = look->lags[0];
    if (!(whole > 1e-30f))
        return false;
    for (int lag = look->first - 1; lag <= look->last + 1; lag++)
        look->lags[lag] *= look->scale[lag] / whole;
    return true;
}
