#include "audio/window.h"

#include "core/math.h"

#include <assert.h>
#include <math.h>

/* Cosine sums: a0 - a1 cos(x) + a2 cos(2x) - a3 cos(3x). */
static const double cosine_terms[ST_WINDOW_KIND_COUNT][4] = {
    [ST_WINDOW_RECT] = {1.0, 0.0, 0.0, 0.0},
    [ST_WINDOW_HANN] = {0.5, 0.5, 0.0, 0.0},
    [ST_WINDOW_HAMMING] = {0.54, 0.46, 0.0, 0.0},
    [ST_WINDOW_BLACKMAN] = {0.42, 0.5, 0.08, 0.0},
    [ST_WINDOW_BLACKMAN_HARRIS] = {0.35875, 0.48829, 0.14128, 0.01168},
};

/* i-th of a window whose period is `period`, the nearer half only. */
static double cosine_sum(const double *a, size_t i, size_t period) {
    double x = 2.0 * (double)i / (double)period;
    return a[0] - a[1] * st_cospi(x) + a[2] * st_cospi(2.0 * x) -
           a[3] * st_cospi(3.0 * x);
}

static double window_at(size_t i, size_t n, st_window_kind kind,
                        bool periodic) {
    size_t period = periodic ? n : n - 1;
    if (n == 1)
        return 1.0;
    size_t mirror = period - i;
    return cosine_sum(cosine_terms[kind], i < mirror ? i : mirror, period);
}

void st_window_fill(double *out, size_t n, st_window_kind kind, bool periodic) {
    assert(kind >= 0 && kind < ST_WINDOW_KIND_COUNT);
    for (size_t i = 0; i < n; i++)
        out[i] = window_at(i, n, kind, periodic);
}

void st_window_fillf(float *out, size_t n, st_window_kind kind, bool periodic) {
    assert(kind >= 0 && kind < ST_WINDOW_KIND_COUNT);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)window_at(i, n, kind, periodic);
}

/* Modified Bessel function of order 0: sum of ((x/2)^k / k!)^2. */
static double bessel_i0(double x) {
    double term = 1.0, sum = 1.0;
    for (int k = 1; term > 1e-17 * sum; k++) {
        double f = 0.5 * x / k;
        term *= f * f;
        sum += term;
    }
    return sum;
}

void st_window_kaiser(double *out, size_t n, double beta) {
    double top = bessel_i0(beta);
    for (size_t i = 0; i < n; i++) {
        size_t mirror = n - 1 - i;
        size_t from_end = i < mirror ? i : mirror;
        double x =
            n == 1 ? 0.0 : 1.0 - 2.0 * (double)from_end / (double)(n - 1);
        out[i] = bessel_i0(beta * sqrt(1.0 - x * x)) / top;
    }
}

/* Kaiser's fit. The fractional power is through exp and log of our own. */
double st_window_kaiser_beta(double attenuation_db) {
    double a = attenuation_db;
    if (a > 50.0)
        return 0.1102 * (a - 8.7);
    if (a > 21.0)
        return 0.5842 * st_pow(a - 21.0, 0.4) + 0.07886 * (a - 21.0);
    return 0.0;
}
