#include "dsp/stereo.h"

#include <math.h>

void st_ms_encode(const float *left, const float *right, float *mid,
                  float *side, int frames) {
    for (int i = 0; i < frames; i++) {
        float l = left[i], r = right[i];
        mid[i] = 0.5f * (l + r);
        side[i] = 0.5f * (l - r);
    }
}

void st_ms_decode(const float *mid, const float *side, float *left,
                  float *right, int frames) {
    for (int i = 0; i < frames; i++) {
        float m = mid[i], s = side[i];
        left[i] = m + s;
        right[i] = m - s;
    }
}

void st_stereo_sums_add(st_stereo_sums *sums, const float *left,
                        const float *right, int frames) {
    double mid2 = sums->mid2, side2 = sums->side2, both = sums->midside;
    for (int i = 0; i < frames; i++) {
        double m = 0.5 * ((double)left[i] + (double)right[i]);
        double s = 0.5 * ((double)left[i] - (double)right[i]);
        mid2 += m * m;
        side2 += s * s;
        both += m * s;
    }
    sums->mid2 = mid2;
    sums->side2 = side2;
    sums->midside = both;
    sums->frames += frames;
}

double st_stereo_correlation(const st_stereo_sums *sums, double width) {
    double m = sums->mid2, s = width * width * sums->side2;
    double x = width * sums->midside;
    double power2 = (m + s + 2.0 * x) * (m + s - 2.0 * x); /* L^2 R^2 */
    if (!(power2 > 1e-18 * (m + s) * (m + s)))
        return 1.0;
    double c = (m - s) / sqrt(power2);
    return c > 1.0 ? 1.0 : c < -1.0 ? -1.0 : c;
}

/* With u = width^2, D = m s - x^2 >= 0: correlation^2 is
 * (m - u s)^2 / ((m - u s)^2 + 4 u D), falling from 1 (u = 0) through 0 at
 * u = m / s to -1. Set it to c^2 and take the root on the side of c's sign. */
static double width2_at(const st_stereo_sums *sums, double c) {
    double m = sums->mid2, s = sums->side2;
    double d = m * s - sums->midside * sums->midside;
    double k = 1.0 / (c * c) - 1.0;
    double half = k * m * s + 2.0 * (d > 0.0 ? d : 0.0);
    double root = sqrt(fmax(half * half - k * k * s * s * m * m, 0.0));
    /* small root without cancellation: product of the roots is (m / s)^2 */
    double big = (half + root) / (k * s * s);
    return c > 0.0 ? (m / s) * (m / s) / big : big;
}

double st_stereo_safe_width(const st_stereo_sums *sums, double wanted,
                            double min_correlation) {
    if (st_stereo_correlation(sums, wanted) >= min_correlation)
        return wanted;
    if (min_correlation >= 1.0 || !(sums->mid2 > 1e-18 * sums->side2))
        return 0.0; /* without a mid nothing but silence is left */
    double m = sums->mid2, s = sums->side2;
    double u =
        min_correlation == 0.0 ? m / s : width2_at(sums, min_correlation);
    double width = sqrt(u);
    return width < wanted ? width : wanted;
}

double st_stereo_side_ratio(const st_stereo_sums *sums) {
    return sums->mid2 > 0.0 ? sums->side2 / sums->mid2 : 0.0;
}
