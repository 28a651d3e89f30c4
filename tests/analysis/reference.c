#include "analysis/reference.h"

#include "analysis/kweight.h"

#include <assert.h>
#include <complex.h>
#include <math.h>
#include <stdlib.h>

static const double shelf[5] = {1.53512485958697, -2.69169618940638,
                                1.19839281085285, -1.69065929318241,
                                0.73248077421585};
static const double rlb[5] = {1.0, -2.0, 1.0, -1.99004745483398,
                              0.99007225036621};

static double section_power(const double c[5], double w) {
    double complex z = cexp(-I * w);
    double complex h =
        (c[0] + c[1] * z + c[2] * z * z) / (1.0 + c[3] * z + c[4] * z * z);
    return creal(h * conj(h));
}

double reference_k_power(double hz) {
    double w = 2.0 * acos(-1.0) * hz / 48000.0;
    return section_power(shelf, w) * section_power(rlb, w);
}

static void filter(const double c[5], double *x, size_t n) {
    double x1 = 0.0, x2 = 0.0, y1 = 0.0, y2 = 0.0;
    for (size_t i = 0; i < n; i++) {
        double y = c[0] * x[i] + c[1] * x1 + c[2] * x2 - c[3] * y1 - c[4] * y2;
        x2 = x1;
        x1 = x[i];
        y2 = y1;
        y1 = y;
        x[i] = y;
    }
}

static void k_filter(double *x, size_t n, int rate_hz) {
    if (rate_hz == 48000) {
        filter(shelf, x, n);
        filter(rlb, x, n);
        return;
    }
    st_kweight k;
    if (st_kweight_design(&k, rate_hz) != ST_OK)
        abort();
    for (int i = 0; i < 2; i++) {
        const st_kweight_section *s = &k.section[i];
        double c[5] = {s->b0, s->b1, s->b2, s->a1, s->a2};
        filter(c, x, n);
    }
}

static double lufs(double e) {
    return e > 0.0 ? -0.691 + 10.0 * log10(e) : -INFINITY;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Energies of windows of `length` ending at each multiple of a tenth of a
 * second; returns how many. */
static size_t blocks(const double *prefix, size_t n, int rate_hz, size_t length,
                     double *out) {
    size_t count = 0;
    for (size_t b = 1;; b++) {
        size_t end = (size_t)((double)b * rate_hz / 10.0 + 0.5);
        if (end > n)
            return count;
        if (end >= length)
            out[count++] =
                (prefix[end] - prefix[end - length]) / (double)length;
    }
}

static double mean_above(const double *e, size_t n, double floor) {
    double sum = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (e[i] > floor) {
            sum += e[i];
            count++;
        }
    return count > 0 ? sum / (double)count : 0.0;
}

static double largest(const double *prefix, size_t n, size_t length) {
    double top = 0.0;
    for (size_t end = 1; end <= n; end++) {
        double from = end > length ? prefix[end - length] : 0.0;
        top = fmax(top, prefix[end] - from);
    }
    return top / (double)length;
}

static double range_of(double *e, size_t n, double absolute) {
    double floor = mean_above(e, n, absolute) * 0.01;
    floor = fmax(floor, absolute);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (e[i] > floor)
            e[count++] = e[i];
    if (count == 0)
        return 0.0;
    qsort(e, count, sizeof *e, by_size);
    size_t low = (size_t)((double)(count - 1) * 0.10 + 0.5);
    size_t high = (size_t)((double)(count - 1) * 0.95 + 0.5);
    return lufs(e[high]) - lufs(e[low]);
}

reference_result reference_loudness(const float *const *in, int channels,
                                    size_t n, int rate_hz,
                                    const double *weight) {
    double *prefix = calloc(n + 1, sizeof *prefix);
    double *y = calloc(n + 1, sizeof *y);
    double *e = calloc(n * 10 / (size_t)rate_hz + 2, sizeof *e);
    assert(prefix != NULL && y != NULL && e != NULL);
    for (int c = 0; c < channels; c++) {
        for (size_t i = 0; i < n; i++)
            y[i] = (double)in[c][i];
        k_filter(y, n, rate_hz);
        for (size_t i = 0; i < n; i++)
            prefix[i + 1] += weight[c] * y[i] * y[i];
    }
    for (size_t i = 0; i < n; i++)
        prefix[i + 1] += prefix[i];
    size_t m = (size_t)(0.4 * rate_hz + 0.5);
    size_t s = (size_t)(3.0 * rate_hz + 0.5);
    double absolute = pow(10.0, (-70.0 + 0.691) / 10.0);
    reference_result r;
    size_t count = blocks(prefix, n, rate_hz, m, e);
    double gate = 0.1 * mean_above(e, count, absolute);
    r.integrated = lufs(mean_above(e, count, fmax(gate, absolute)));
    count = blocks(prefix, n, rate_hz, s, e);
    r.range = range_of(e, count, absolute);
    r.momentary_max = lufs(largest(prefix, n, m));
    r.short_term_max = lufs(largest(prefix, n, s));
    free(prefix);
    free(y);
    free(e);
    return r;
}
