#include "dsp/lowpass.h"

#include "core/math.h"

#include <math.h>

/* Modified Bessel function of order 0 by its power series. */
static double bessel_i0(double x) {
    double sum = 1.0;
    double term = 1.0;
    for (int k = 1; term > 1e-17 * sum; k++) {
        double r = x / (2.0 * k);
        term *= r * r;
        sum += term;
    }
    return sum;
}

static double beta_of(double stop_db) {
    if (stop_db > 50.0)
        return 0.1102 * (stop_db - 8.7);
    double over = stop_db - 21.0;
    return 0.5842 * st_pow(over, 0.4) + 0.07886 * over;
}

double st_lowpass_at(double t, double cutoff, double half, double stop_db) {
    double u = t / half;
    if (fabs(u) > 1.0)
        return 0.0;
    double beta = beta_of(stop_db);
    double window = bessel_i0(beta * sqrt(1.0 - u * u)) / bessel_i0(beta);
    double arg = 2.0 * cutoff * t;
    double sinc = arg == 0.0 ? 1.0 : st_sinpi(arg) / (ST_PI * arg);
    return 2.0 * cutoff * sinc * window;
}

double st_lowpass_half(double width, double stop_db) {
    return (stop_db - 7.95) / (2.285 * 2.0 * ST_PI * width) / 2.0;
}
