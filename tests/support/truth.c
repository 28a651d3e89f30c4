#include "support/truth.h"

#include "support/meters.h"

#include <math.h>
#include <stdlib.h>

enum { HALF = 128, COARSE = 4, POINTS = TRUTH_POINTS };

static double bessel(double x) {
    double sum = 1.0, term = 1.0;
    for (int k = 1; term > 1e-18 * sum; k++) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

static void fill(double h[POINTS][2 * HALF]) {
    const double beta = 0.1102 * (100.0 - 8.7);
    const double pi = acos(-1.0);
    for (int p = 0; p < POINTS; p++)
        for (int k = 0; k < 2 * HALF; k++) {
            double t = (double)p / POINTS - (k - HALF + 1);
            double u = t / HALF;
            double w = bessel(beta * sqrt(fmax(0.0, 1.0 - u * u)));
            double s = t == 0.0 ? 1.0 : sin(pi * t) / (pi * t);
            h[p][k] = s * w / bessel(beta);
        }
}

static double point(const double *h, const double *x) {
    double lane[8] = {0};
    for (int k = 0; k < 2 * HALF; k += 8)
        for (int j = 0; j < 8; j++)
            lane[j] += h[k + j] * x[k + j];
    double sum = 0.0;
    for (int j = 0; j < 8; j++)
        sum += lane[j];
    return fabs(sum);
}

double truth_peak_at_db(const float *x, size_t n, double *frame) {
    double(*h)[2 * HALF] = calloc(POINTS, sizeof *h);
    double *padded = calloc(n + 4 * HALF, sizeof *padded);
    double *seen = calloc(n + 2 * HALF, sizeof *seen);
    double top = 0.0;
    if (h == NULL || padded == NULL || seen == NULL)
        goto done;
    fill(h);
    for (size_t i = 0; i < n; i++)
        padded[i + 2 * HALF] = (double)x[i];
    /* seen[i]: the stretch from frame i - HALF on */
    for (size_t i = 0; i + 1 < n + 2 * HALF; i++) {
        const double *at = padded + i + 1;
        seen[i] = fabs(at[HALF - 1]);
        for (int p = POINTS / COARSE; p < POINTS; p += POINTS / COARSE)
            seen[i] = fmax(seen[i], point(h[p], at));
        top = fmax(top, seen[i]);
    }
    double near = 0.917 * top;
    for (size_t i = 0; i + 1 < n + 2 * HALF && top > 0.0; i++) {
        /* the other end of the stretch is the next one's first point */
        if (fmax(seen[i], seen[i + 1]) < near)
            continue;
        for (int p = 0; p < POINTS; p++) {
            double v = point(h[p], padded + i + 1);
            if (v < top)
                continue;
            top = v;
            if (frame != NULL)
                *frame = (double)i - HALF + (double)p / POINTS;
        }
    }
done:
    free(h);
    free(padded);
    free(seen);
    return meter_db(top);
}

double truth_peak_db(const float *x, size_t n) {
    return truth_peak_at_db(x, n, NULL);
}
