/* A period to a fraction of a sample. */
#include "analysis/f0_impl.h"

#include "core/math.h"

#include <math.h>

/* Two halvings of the angle, then the series; within 1e-9. */
static double arctan(double x) {
    if (x > 1.0 || x < -1.0)
        return (x > 0.0 ? 0.5 : -0.5) * ST_PI - arctan(1.0 / x);
    for (int i = 0; i < 2; i++)
        x /= 1.0 + sqrt(1.0 + x * x);
    double z = x * x;
    double p = 1.0 / 9.0 - z / 11.0;
    p = 1.0 / 7.0 - z * p;
    p = 1.0 / 5.0 - z * p;
    p = 1.0 / 3.0 - z * p;
    return 4.0 * x * (1.0 - z * p);
}

/* The top of the cosine through three points around a maximum: *at in
 * -0.5..0.5 (or a little beyond). */
double f0_cosine_top(double a, double b, double c, double *at) {
    double w = (a + c) / (2.0 * b);
    if (!(b > 0.0) || !(w < 0.9999)) {
        *at = 0.0;
        return b;
    }
    w = w < -0.9 ? -0.9 : w;
    double sine = sqrt(1.0 - w * w);
    double t = (c - a) / (2.0 * b * sine); /* tan(w at) */
    *at = arctan(t) / (2.0 * arctan(sqrt((1.0 - w) / (1.0 + w))));
    return b * sqrt(1.0 + t * t);
}

/* r of the `size` samples around `mid` with themselves `lag` on. */
static double likeness(const st_f0_ops *ops, const float *mid, int64_t lag,
                       int64_t size) {
    const float *a = mid - (size + lag) / 2;
    const float *b = a + lag;
    size_t n = (size_t)size;
    double aa = (double)ops->dot(a, a, n);
    double bb = (double)ops->dot(b, b, n);
    double ab = (double)ops->dot(a, b, n);
    return aa * bb > 0.0 ? ab / sqrt(aa * bb) : 0.0;
}

/* Short periods are measured over several of them. */
double f0_refine(const st_f0_ops *ops, const float *mid, double rate_hz,
                 double period, int64_t reach) {
    int times = (int)(0.010 * rate_hz / period);
    times = times < 1 ? 1 : times;
    int64_t lag = llround(times * period);
    int64_t size = (int64_t)fmax(2.0 * period, 0.020 * rate_hz);
    if (size + lag + 60 > 2 * reach)
        size = 2 * reach - lag - 60;
    double r[3];
    for (int i = 0; i < 3; i++)
        r[i] = likeness(ops, mid, lag + i - 1, size);
    for (int tries = 0; tries < 3; tries++) {
        if (r[2] > r[1] && r[2] >= r[0]) {
            lag++;
            r[0] = r[1];
            r[1] = r[2];
            r[2] = likeness(ops, mid, lag + 1, size);
        } else if (r[0] > r[1]) {
            lag--;
            r[2] = r[1];
            r[1] = r[0];
            r[0] = likeness(ops, mid, lag - 1, size);
        }
    }
    if (r[0] > r[1] || r[2] > r[1])
        return period;
    double shift;
    f0_cosine_top(r[0], r[1], r[2], &shift);
    double found = ((double)lag + shift) / times;
    return fabs(found - period) < 0.03 * period ? found : period;
}
