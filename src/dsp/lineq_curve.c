#include "dsp/lineq_design.h"

#include "core/alloc.h"
#include "core/math.h"

#include <float.h>
#include <math.h>

enum { MAX_POINTS = 4096, MAX_BANDS = 64 };

static bool finite_all(double a, double b, double c) {
    return fabs(a) <= DBL_MAX && fabs(b) <= DBL_MAX && fabs(c) <= DBL_MAX;
}

bool st_lineq_curve_valid(const st_lineq_curve *curve) {
    if (curve->point_count < 0 || curve->point_count > MAX_POINTS ||
        curve->band_count < 0 || curve->band_count > MAX_BANDS)
        return false;
    for (int i = 0; i < curve->point_count; i++) {
        const st_lineq_point *p = &curve->points[i];
        if (!finite_all(p->hz, p->db, 0.0) || p->hz <= 0.0 ||
            fabs(p->db) > 60.0 || (i > 0 && p->hz <= p[-1].hz))
            return false;
    }
    for (int i = 0; i < curve->band_count; i++) {
        const st_lineq_band *b = &curve->bands[i];
        if (!finite_all(b->hz, b->db, b->q) || b->shape < ST_LINEQ_PEAK ||
            b->shape > ST_LINEQ_HIGH_SHELF)
            return false;
    }
    return true;
}

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* Squared magnitude of the analogue prototypes, RBJ cookbook, s = j u. */
static double band_power(const st_lineq_band *band, double hz) {
    double q = clamp(band->q, 0.1, 4.0);
    double a = st_db_to_gain(clamp(band->db, -24.0, 24.0) / 2.0);
    double u = hz / clamp(band->hz, 10.0, 100000.0);
    double u2 = u * u, slope = a * u2 / (q * q);
    double near = (1.0 - u2) * (1.0 - u2), wide = u2 / (q * q);
    double low = (a - u2) * (a - u2) + slope;
    double high = (1.0 - a * u2) * (1.0 - a * u2) + slope;
    if (band->shape == ST_LINEQ_PEAK)
        return (near + wide * a * a) / (near + wide / (a * a));
    return band->shape == ST_LINEQ_LOW_SHELF ? a * a * low / high
                                             : a * a * high / low;
}

static double bands_db(const st_lineq_curve *curve, double hz) {
    double power = 1.0;
    for (int i = 0; i < curve->band_count; i++)
        power *= band_power(&curve->bands[i], hz);
    return curve->band_count > 0 ? 10.0 * st_log10(power) : 0.0;
}

/* --- points: monotone cubic (Fritsch and Butland 1984) over octaves --- */

typedef struct {
    double x, y, slope; /* octaves, dB, dB an octave */
} knot;

static double knot_slope(const knot *k, int i, int count) {
    if (i == 0 || i == count - 1)
        return 0.0; /* held beyond the ends */
    double h0 = k[i].x - k[i - 1].x, h1 = k[i + 1].x - k[i].x;
    double d0 = (k[i].y - k[i - 1].y) / h0, d1 = (k[i + 1].y - k[i].y) / h1;
    if (d0 * d1 <= 0.0)
        return 0.0;
    double w0 = 2.0 * h1 + h0, w1 = h1 + 2.0 * h0;
    return (w0 + w1) / (w0 / d0 + w1 / d1);
}

static double hermite(const knot *a, double x) {
    double h = a[1].x - a[0].x, t = (x - a[0].x) / h;
    double d = a[1].y - a[0].y;
    double c2 = 3.0 * d - h * (2.0 * a[0].slope + a[1].slope);
    double c3 = h * (a[0].slope + a[1].slope) - 2.0 * d;
    return a[0].y + t * (h * a[0].slope + t * (c2 + t * c3));
}

static void fill_knots(knot *k, const st_lineq_point *points, int count) {
    for (int i = 0; i < count; i++)
        k[i] = (knot){st_log2(points[i].hz), points[i].db, 0.0};
}

double st_lineq_target_db(const st_lineq_curve *curve, double hz) {
    double db = bands_db(curve, hz);
    int n = curve->point_count, at = 0;
    const st_lineq_point *p = curve->points;
    if (n == 0)
        return db;
    if (hz <= p[0].hz || hz >= p[n - 1].hz)
        return db + p[hz <= p[0].hz ? 0 : n - 1].db;
    while (p[at + 1].hz <= hz)
        at++;
    /* the two around hz and the neighbours that shape their slopes */
    int first = at > 0 ? at - 1 : 0, last = at + 2 < n ? at + 2 : n - 1;
    knot k[4];
    int here = at - first, count = last - first + 1;
    fill_knots(k, p + first, count);
    k[here].slope = at == 0 ? 0.0 : knot_slope(k, here, count);
    k[here + 1].slope = at + 2 < n ? knot_slope(k, here + 1, count) : 0.0;
    return db + hermite(k + here, st_log2(hz));
}

/* The points' part at every multiple of step_hz; knots are made once. */
static void add_points(const st_lineq_curve *curve, const knot *k,
                       double step_hz, double *out, size_t n) {
    int last = curve->point_count - 1, at = 0;
    for (size_t i = 0; i < n; i++) {
        double hz = step_hz * (i == 0 ? 0.125 : (double)i);
        while (at < last && curve->points[at + 1].hz <= hz)
            at++;
        if (at == last || hz <= curve->points[0].hz)
            out[i] += k[at].y;
        else
            out[i] += hermite(k + at, st_log2(hz));
    }
}

st_status st_lineq_curve_sample(const st_lineq_curve *curve, double step_hz,
                                double *out, size_t n) {
    int count = curve->point_count;
    knot *k = st_calloc((size_t)count, sizeof *k);
    if (k == NULL)
        return ST_NO_MEM;
    fill_knots(k, curve->points, count);
    for (int i = 0; i < count; i++)
        k[i].slope = knot_slope(k, i, count);
    for (size_t i = 0; i < n; i++)
        out[i] = bands_db(curve, step_hz * (i == 0 ? 0.125 : (double)i));
    if (count > 0)
        add_points(curve, k, step_hz, out, n);
    st_free(k);
    return ST_OK;
}
