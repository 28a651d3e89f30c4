#include "support/meters.h"

#include <math.h>

static const double two_pi = 6.283185307179586;

double meter_db(double ratio) {
    return ratio > 1e-20 ? 20.0 * log10(ratio) : -400.0;
}

double meter_peak_db(const float *x, size_t n) {
    double top = 0.0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, fabs(x[i]));
    return meter_db(top);
}

double meter_rms_db(const float *x, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    return n > 0 ? meter_db(sqrt(sum / (double)n)) : -400.0;
}

double meter_mean(const float *x, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / (double)n : 0.0;
}

/* 7-term Blackman-Harris, side lobes at -180 dB (Albrecht 2001). */
static double window(size_t i, size_t n) {
    static const double a[] = {
        0.27105140069342, 0.43329793923448, 0.21812299954311, 0.06592544638803,
        0.01081174209837, 0.00077658482522, 0.00001388721735};
    double t = two_pi * ((double)i + 0.5) / (double)n;
    double w = a[0];
    for (int k = 1; k < 7; k++)
        w += (k % 2 ? -a[k] : a[k]) * cos(k * t);
    return w;
}

static double turn(double rate_hz, double hz, size_t i) {
    double cycles = hz * (double)i / rate_hz;
    return two_pi * (cycles - floor(cycles));
}

double meter_tone_db(const float *x, size_t n, double rate_hz, double hz) {
    double re = 0.0, im = 0.0, sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double w = window(i, n);
        double p = turn(rate_hz, hz, i);
        re += w * x[i] * cos(p);
        im += w * x[i] * sin(p);
        sum += w;
    }
    return n > 0 ? meter_db(2.0 * sqrt(re * re + im * im) / sum) : -400.0;
}

/* Solve the symmetric 3 x 3 system m v = r in place. */
static void solve3(double m[3][4]) {
    for (int k = 0; k < 3; k++)
        for (int j = 0; j < 3; j++) {
            if (j == k || m[k][k] == 0.0)
                continue;
            double f = m[j][k] / m[k][k];
            for (int c = 0; c < 4; c++)
                m[j][c] -= f * m[k][c];
        }
}

double meter_thd_n_db(const float *x, size_t n, double rate_hz, double hz) {
    double m[3][4] = {{0}};
    for (size_t i = 0; i < n; i++) {
        double p = turn(rate_hz, hz, i);
        double basis[4] = {sin(p), cos(p), 1.0, x[i]};
        for (int j = 0; j < 3; j++)
            for (int c = 0; c < 4; c++)
                m[j][c] += basis[j] * basis[c];
    }
    solve3(m);
    double s = m[0][0] != 0.0 ? m[0][3] / m[0][0] : 0.0;
    double c = m[1][1] != 0.0 ? m[1][3] / m[1][1] : 0.0;
    double dc = m[2][2] != 0.0 ? m[2][3] / m[2][2] : 0.0;
    double rest = 0.0;
    for (size_t i = 0; i < n; i++) {
        double p = turn(rate_hz, hz, i);
        double e = x[i] - (s * sin(p) + c * cos(p) + dc);
        rest += e * e;
    }
    double tone = sqrt((s * s + c * c) / 2.0);
    return tone > 0.0 ? meter_db(sqrt(rest / (double)n) / tone) : 400.0;
}

double meter_null_db(const float *a, const float *b, size_t n, size_t delay) {
    double sum = 0.0;
    size_t count = 0;
    for (size_t i = 0; i + delay < n; i++, count++) {
        double d = (double)b[i + delay] - a[i];
        sum += d * d;
    }
    return count > 0 ? meter_db(sqrt(sum / (double)count)) : -400.0;
}

double meter_null_peak_db(const float *a, const float *b, size_t n,
                          size_t delay) {
    double top = 0.0;
    for (size_t i = 0; i + delay < n; i++)
        top = fmax(top, fabs((double)b[i + delay] - a[i]));
    return meter_db(top);
}

size_t meter_delay(const float *a, const float *b, size_t n, size_t max_delay) {
    size_t best = 0;
    double best_sum = -1.0;
    for (size_t d = 0; d <= max_delay && d < n; d++) {
        double sum = 0.0;
        for (size_t i = 0; i + d < n; i++)
            sum += (double)a[i] * b[i + d];
        if (sum > best_sum) {
            best_sum = sum;
            best = d;
        }
    }
    return best;
}
