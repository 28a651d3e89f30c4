#include "dsp/lowband.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/clamp.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { MAX_TAPS = ST_LOWBAND_MAX_HALF + 1 };

/* From 0 Hz up. */
enum {
    LOW_STOP,
    LOW_RISE,
    LOWER_PASS,
    UPPER_PASS,
    FALL,
    STOP,
    FAR_STOP,
    REGIONS
};

/* What the pass band's upper part and the stop band must keep. */
#define PASS_ERROR 0.0114 /* 0.1 dB */
#define STOP_LEVEL 0.0200 /* -34 dB */
/* Edges of the upper side, in parts of high_hz. */
#define PASS_TOP 0.9
#define STOP_FROM 2.06
#define FAR_FROM 6.0

typedef struct {
    double from_hz, to_hz, weight;
    int points;
} region;

typedef struct {
    int taps, factor;
    double rate_hz, low_hz, middle_hz, high_hz;
    region regions[REGIONS];
    double normal[MAX_TAPS * MAX_TAPS], right[MAX_TAPS];
} problem;

static const int points[REGIONS] = {32, 32, 32, 48, 48, 128, 128};

/* The box-cars of both ways at hz. */
static double droop(const problem *p, double hz) {
    double x = hz / p->rate_hz, m = (double)p->factor;
    if (x <= 0.0)
        return 1.0;
    double box = st_sinpi(m * x) / (m * st_sinpi(x));
    double square = box * box;
    return square * square * square * square;
}

/* 0 at from, 1 at to, half a cosine between. */
static double rise(double hz, double from, double to) {
    double w = st_clamp((hz - from) / (to - from), 0.0, 1.0);
    return 0.5 - 0.5 * st_cospi(w);
}

static double wanted(const problem *p, double hz) {
    double low = rise(hz, 0.25 * p->low_hz, p->low_hz);
    return low *
           (1.0 - rise(hz, PASS_TOP * p->high_hz, STOP_FROM * p->high_hz));
}

/* low_weight says how much the lower side counts. */
static void lay_regions(problem *p, double low_weight) {
    double half_rate = 0.5 * p->rate_hz / p->factor;
    double far_hz = fmin(FAR_FROM * p->high_hz, half_rate);
    double edges[REGIONS + 1] = {0.0,
                                 0.25 * p->low_hz,
                                 p->low_hz,
                                 p->middle_hz,
                                 PASS_TOP * p->high_hz,
                                 STOP_FROM * p->high_hz,
                                 far_hz,
                                 half_rate};
    double weights[REGIONS] = {
        low_weight, 0.3 * low_weight,       fmax(low_weight, 0.1),
        1.0,        fmin(low_weight, 1e-3), 3.0,
        1.0};
    for (int i = 0; i < REGIONS; i++)
        p->regions[i] = (region){edges[i], edges[i + 1], weights[i], points[i]};
}

static double point_hz(const region *r, int i) {
    double part = ((double)i + 0.5) / (double)r->points;
    return r->from_hz + (r->to_hz - r->from_hz) * part;
}

/* What each tap (and its mirror) adds at hz. */
static void basis(const problem *p, double hz, double *row) {
    double scale = droop(p, hz), turn = 2.0 * hz * p->factor / p->rate_hz;
    row[0] = scale;
    for (int k = 1; k < p->taps; k++)
        row[k] = 2.0 * scale * st_cospi(turn * (double)k);
}

static void add_point(problem *p, double hz, double weight) {
    double row[MAX_TAPS];
    basis(p, hz, row);
    double goal = weight * wanted(p, hz);
    for (int i = 0; i < p->taps; i++) {
        double scaled = weight * row[i];
        p->right[i] += goal * row[i];
        for (int j = 0; j <= i; j++)
            p->normal[i * MAX_TAPS + j] += scaled * row[j];
    }
}

/* Cholesky in the lower triangle; the solution replaces `right`. */
static void solve(problem *p) {
    double *a = p->normal, *x = p->right;
    for (int i = 0; i < p->taps; i++)
        for (int j = 0; j <= i; j++) {
            double sum = a[i * MAX_TAPS + j];
            for (int k = 0; k < j; k++)
                sum -= a[i * MAX_TAPS + k] * a[j * MAX_TAPS + k];
            a[i * MAX_TAPS + j] =
                i == j ? sqrt(fmax(sum, 1e-12)) : sum / a[j * MAX_TAPS + j];
        }
    for (int i = 0; i < p->taps; i++) {
        for (int k = 0; k < i; k++)
            x[i] -= a[i * MAX_TAPS + k] * x[k];
        x[i] /= a[i * MAX_TAPS + i];
    }
    for (int i = p->taps - 1; i >= 0; i--) {
        for (int k = i + 1; k < p->taps; k++)
            x[i] -= a[k * MAX_TAPS + i] * x[k];
        x[i] /= a[i * MAX_TAPS + i];
    }
}

static void fit(problem *p, double low_weight) {
    memset(p->normal, 0, sizeof p->normal);
    memset(p->right, 0, sizeof p->right);
    lay_regions(p, low_weight);
    for (int i = 0; i < REGIONS; i++)
        for (int k = 0; k < p->regions[i].points; k++)
            add_point(p, point_hz(&p->regions[i], k),
                      p->regions[i].weight / p->regions[i].points);
    for (int i = 0; i < p->taps; i++)
        p->normal[i * MAX_TAPS + i] += 1e-9;
    solve(p);
}

/* Largest distance from `goal` in the regions first..last. */
static double worst(const problem *p, int first, int last, double goal) {
    double most = 0.0, row[MAX_TAPS];
    for (int i = first; i <= last; i++)
        for (int k = 0; k < p->regions[i].points; k++) {
            double hz = point_hz(&p->regions[i], k);
            basis(p, hz, row);
            double sum = -goal;
            for (int t = 0; t < p->taps; t++)
                sum += p->right[t] * row[t];
            most = fmax(most, fabs(sum));
        }
    return most;
}

st_status st_lowband_design(double *taps, int half, int factor, double rate_hz,
                            double low_hz, double high_hz) {
    problem *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return ST_NO_MEM;
    p->taps = half + 1;
    p->factor = factor;
    p->rate_hz = rate_hz;
    p->high_hz = high_hz;
    p->middle_hz = fmin(sqrt(low_hz * PASS_TOP * high_hz), 0.85 * high_hz);
    p->low_hz = fmin(low_hz, 0.999 * p->middle_hz);
    /* The lower side gets what the upper one can spare. */
    double weight = 1.0;
    for (int i = 0; i < 10; i++, weight *= 0.25) {
        fit(p, weight);
        if (worst(p, UPPER_PASS, UPPER_PASS, 1.0) < PASS_ERROR &&
            worst(p, STOP, FAR_STOP, 0.0) < STOP_LEVEL)
            break;
    }
    memcpy(taps, p->right, (size_t)p->taps * sizeof *taps);
    st_free(p);
    return ST_OK;
}
