#include "analysis/notes.h"

#include "core/math.h"

#include <math.h>

enum { SHORTEST = 25, LONGEST = 1000 };
static const double first_hz = 3.5, last_hz = 9.0, least_cents = 8.0;

/* Sums of a straight line and of one sine, by least squares: x is solved in
 * m[4][5]. */
static void solve(double m[4][5], double *x) {
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            double f = j == i ? 0.0 : m[j][i] / m[i][i];
            for (int k = i; k < 5 && j != i; k++)
                m[j][k] -= f * m[i][k];
        }
    for (int i = 0; i < 4; i++)
        x[i] = m[i][4] / m[i][i];
}

/* What is left of cents[n] without 1, t, sin and cos of hz (0: without the
 * sine); x gets the four factors. */
static double fit(const double *cents, int64_t n, double hz, double *x) {
    double m[4][5] = {{0}};
    double sum = 0.0, left = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double t = 2.0 * (double)i / (double)(n - 1) - 1.0;
        double phase = 2.0 * hz * (double)i / ST_F0_RATE;
        double b[4] = {1.0, t, st_sinpi(phase), st_cospi(phase)};
        for (int j = 0; j < 4; j++) {
            for (int k = 0; k < 4; k++)
                m[j][k] += b[j] * b[k];
            m[j][4] += b[j] * cents[i];
        }
        sum += cents[i] * cents[i];
    }
    double right[4] = {m[0][4], m[1][4], m[2][4], m[3][4]};
    if (hz == 0.0) {
        for (int k = 2; k < 4; k++)
            for (int j = 0; j < 4; j++)
                m[j][k] = m[k][j] = j == k;
        m[2][4] = m[3][4] = 0.0;
    }
    solve(m, x);
    for (int j = 0; j < 4; j++)
        left += x[j] * right[j];
    return sum - left;
}

typedef struct {
    double hz, left, x[4];
} sine;

/* The best of frequencies from..to. */
static void search(const double *cents, int64_t n, double from, double to,
                   double step, sine *best) {
    for (int i = 0; from + i * step <= to; i++) {
        sine s = {.hz = from + i * step};
        s.left = fit(cents, n, s.hz, s.x);
        if (s.left < best->left)
            *best = s;
    }
}

void st_vibrato_find(const double *cents, int64_t n, double *rate_hz,
                     double *depth_cents) {
    sine best = {0};
    *rate_hz = *depth_cents = 0.0;
    if (n < SHORTEST)
        return;
    n = n < LONGEST ? n : LONGEST;
    double still = fit(cents, n, 0.0, best.x);
    best.left = still;
    if (still < 0.4 * least_cents * least_cents * (double)n)
        return;
    search(cents, n, first_hz, last_hz, 0.25, &best);
    double near = best.hz;
    search(cents, n, near - 0.2, near + 0.2, 0.05, &best);
    double depth = sqrt(best.x[2] * best.x[2] + best.x[3] * best.x[3]);
    bool whole = best.hz * (double)n / ST_F0_RATE >= 1.2;
    bool inside = best.hz > first_hz + 0.1 && best.hz < last_hz - 0.1;
    if (!whole || !inside || depth < least_cents || depth > 300.0 ||
        best.left > 0.5 * still)
        return;
    *rate_hz = best.hz;
    *depth_cents = depth;
}
