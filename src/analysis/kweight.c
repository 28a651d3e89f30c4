#include "analysis/kweight.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* All fits are in u = sin^2(w / 2). For real coefficients
 *   |b0 + b1 z + b2 z^2|^2 = B0 (1 - u) + B1 u + B2 4u(1 - u)
 * with B0 = (b0 + b1 + b2)^2, B1 = (b0 - b1 + b2)^2, B2 = -4 b0 b2, and back
 * (Vicanek 2016, eq. 23 to 27). */
typedef struct {
    double p[3];
} quad;

enum { POINTS = 96, MAX_UNKNOWNS = 5, SHELF_ROUNDS = 10 };

static const double PI = 3.14159265358979323846;
static const double TOP_FRACTION = 0.46;   /* of the rate, end of the fit */
static const double KNOWN_TO_HZ = 24000.0; /* the 48 kHz filter ends here */
static const double STANDARD_RATE = 48000.0;

static const st_kweight standard = {{
    {1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241,
     0.73248077421585},
    {1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621},
}};

/* sin(x), 0 <= x <= pi / 2: Taylor to x^21, error under 1e-16. */
static double sine(double x) {
    double term = x;
    double sum = x;
    for (int k = 1; k <= 10; k++) {
        term *= -x * x / (double)(2 * k * (2 * k + 1));
        sum += term;
    }
    return sum;
}

static double u_of(double hz, double rate_hz) {
    double s = sine(PI * hz / rate_hz);
    return s * s;
}

static void basis(double u, double phi[3]) {
    phi[0] = 1.0 - u;
    phi[1] = u;
    phi[2] = 4.0 * u * (1.0 - u);
}

static double quad_at(const quad *q, double u) {
    double phi[3];
    basis(u, phi);
    return q->p[0] * phi[0] + q->p[1] * phi[1] + q->p[2] * phi[2];
}

static quad quad_of(double c0, double c1, double c2) {
    double sum = c0 + c1 + c2;
    double alternate = c0 - c1 + c2;
    return (quad){{sum * sum, alternate * alternate, -4.0 * c0 * c2}};
}

static double section_power(const st_kweight_section *s, double u) {
    quad b = quad_of(s->b0, s->b1, s->b2);
    quad a = quad_of(1.0, s->a1, s->a2);
    return quad_at(&b, u) / quad_at(&a, u);
}

double st_kweight_power(const st_kweight *k, double rate_hz, double hz) {
    double u = u_of(hz, rate_hz);
    return section_power(&k->section[0], u) * section_power(&k->section[1], u);
}

static double target(int section, double hz) {
    double known = hz < KNOWN_TO_HZ ? hz : KNOWN_TO_HZ;
    return section_power(&standard.section[section],
                         u_of(known, STANDARD_RATE));
}

/* The minimum-phase polynomial of a quad. */
static void factor(const quad *q, double c[3]) {
    double r0 = sqrt(q->p[0]);
    double r1 = sqrt(q->p[1]);
    double w = 0.5 * (r0 + r1);
    c[0] = 0.5 * (w + sqrt(w * w + q->p[2]));
    c[1] = 0.5 * (r0 - r1);
    c[2] = -q->p[2] / (4.0 * c[0]);
}

/* Least squares: a x = y by modified Gram-Schmidt on columns scaled to 1. */
static void solve(double a[][POINTS], double *y, int unknowns, double *x) {
    double r[MAX_UNKNOWNS][MAX_UNKNOWNS] = {{0}};
    double scale[MAX_UNKNOWNS];
    double projected[MAX_UNKNOWNS];
    for (int j = 0; j < unknowns; j++) {
        double norm = 0.0;
        for (int i = 0; i < POINTS; i++)
            norm += a[j][i] * a[j][i];
        scale[j] = sqrt(norm);
        for (int i = 0; i < POINTS; i++)
            a[j][i] /= scale[j];
    }
    for (int j = 0; j < unknowns; j++) {
        for (int k = 0; k < j; k++) {
            for (int i = 0; i < POINTS; i++)
                r[k][j] += a[k][i] * a[j][i];
            for (int i = 0; i < POINTS; i++)
                a[j][i] -= r[k][j] * a[k][i];
        }
        double norm = 0.0;
        for (int i = 0; i < POINTS; i++)
            norm += a[j][i] * a[j][i];
        r[j][j] = sqrt(norm);
        projected[j] = 0.0;
        for (int i = 0; i < POINTS; i++) {
            a[j][i] /= r[j][j];
            projected[j] += a[j][i] * y[i];
        }
        for (int i = 0; i < POINTS; i++)
            y[i] -= projected[j] * a[j][i];
    }
    for (int j = unknowns; j-- > 0;) {
        double v = projected[j];
        for (int k = j + 1; k < unknowns; k++)
            v -= r[j][k] * x[k];
        x[j] = v / r[j][j];
    }
    for (int j = 0; j < unknowns; j++)
        x[j] /= scale[j];
}

/* Both polynomials of the shelf: B / A is fitted to the target by weighting
 * B - T A with the A of the round before (Sanathanan and Koerner 1963). */
static void fit_shelf(double rate_hz, st_kweight_section *out) {
    double u[POINTS];
    double power[POINTS];
    for (int i = 0; i < POINTS; i++) {
        double t = (double)i / (POINTS - 1);
        double hz = TOP_FRACTION * rate_hz * (rate_hz < 50000.0 ? t : t * t);
        u[i] = u_of(hz, rate_hz);
        power[i] = target(0, hz);
    }
    quad a = {{1.0, 1.0, 0.0}};
    quad b = a;
    for (int round = 0; round < SHELF_ROUNDS; round++) {
        double column[MAX_UNKNOWNS][POINTS];
        double right[POINTS];
        double x[MAX_UNKNOWNS];
        for (int i = 0; i < POINTS; i++) {
            double phi[3];
            basis(u[i], phi);
            double under = quad_at(&a, u[i]);
            for (int j = 0; j < 3; j++)
                column[j][i] = phi[j] / (power[i] * under);
            column[3][i] = -phi[1] / under;
            column[4][i] = -phi[2] / under;
            right[i] = phi[0] / under;
        }
        solve(column, right, 5, x);
        b = (quad){{x[0], x[1], x[2]}};
        a = (quad){{1.0, x[3], x[4]}};
    }
    double num[3];
    double den[3];
    factor(&b, num);
    factor(&a, den);
    *out =
        (st_kweight_section){num[0] / den[0], num[1] / den[0], num[2] / den[0],
                             den[1] / den[0], den[2] / den[0]};
}

/* Two zeros stay at 0 Hz, so only A is fitted: 16 u^2 / T = A. Half of the
 * points are on the slope (5 to 440 Hz), half on the flat part. */
static void fit_high_pass(double rate_hz, st_kweight_section *out) {
    double column[MAX_UNKNOWNS][POINTS];
    double right[POINTS];
    double x[3];
    double slope_hz = 5.0;
    for (int i = 0; i < POINTS; i++) {
        int flat = i - POINTS / 2;
        double span = TOP_FRACTION * rate_hz - 500.0;
        double hz =
            flat < 0 ? slope_hz : 500.0 + span * flat / (POINTS / 2 - 1);
        slope_hz *= 1.1;
        double u = u_of(hz, rate_hz);
        double under = 16.0 * u * u / target(1, hz);
        double phi[3];
        basis(u, phi);
        for (int j = 0; j < 3; j++)
            column[j][i] = phi[j] / under;
        right[i] = 1.0;
    }
    solve(column, right, 3, x);
    quad a = {{x[0], x[1], x[2]}};
    double den[3];
    factor(&a, den);
    *out = (st_kweight_section){1.0 / den[0], -2.0 / den[0], 1.0 / den[0],
                                den[1] / den[0], den[2] / den[0]};
}

st_status st_kweight_design(st_kweight *out, double rate_hz) {
    if (!(rate_hz >= 8000.0 && rate_hz <= 384000.0))
        return ST_BAD_ARG;
    if (rate_hz == STANDARD_RATE) {
        *out = standard;
        return ST_OK;
    }
    fit_shelf(rate_hz, &out->section[0]);
    fit_high_pass(rate_hz, &out->section[1]);
    return ST_OK;
}
