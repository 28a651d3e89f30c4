#include "dsp/interpeak.h"

#include "core/math.h"
#include "dsp/lowpass.h"

#include <math.h>
#include <string.h>

enum {
    HOP = ST_INTERPEAK_HOP,
    HALF_MAX = ST_INTERPEAK_HALF_MAX,
    CHUNK = ST_LIMOPS_CHUNK,
    TAPS = ST_LIMOPS_FINE_TAPS,
    /* points between samples are made for [-EDGE, HOP + EDGE) */
    EDGE = 16,
    NEAR = 8
};

/* A parabola may raise a top by this much (limops.h). */
#define RAISE 1.02

/* `f` sums to zero and has no first moment: as a filter over second
 * differences, the sum of its magnitudes. */
static double bend_of(const double *f, int taps) {
    double once = 0.0;
    double twice = 0.0;
    double sum = 0.0;
    for (int k = 0; k < taps; k++) {
        once += f[k];
        twice += once;
        sum += fabs(twice);
    }
    return sum;
}

static double init_between(st_interpeak *ip, double stop_db) {
    int half = ip->half;
    double h[HALF_MAX];
    double sum = 0.0;
    for (int k = 0; k < half; k++) {
        h[k] = st_lowpass_at(k + 0.5, 0.5, half, stop_db);
        sum += 2.0 * h[k];
    }
    double line[2 * HALF_MAX];
    for (int k = 0; k < half; k++) {
        ip->between[k] = (float)(h[k] / sum);
        line[half - 1 - k] = line[half + k] = h[k] / sum;
    }
    line[half - 1] -= 0.5;
    line[half] -= 0.5;
    return bend_of(line, 2 * half);
}

/* Taps at -3 .. 4 half frames, for a point at `at` in (0, 1). Constants and
 * straight lines pass exactly. */
static double init_fine(float *out, double at) {
    double h[TAPS];
    double zeroth = 1.0;
    double first = at;
    for (int k = 0; k < TAPS; k++) {
        h[k] = st_lowpass_at(k - 3 - at, 0.5, 4.0, 70.0);
        zeroth -= h[k];
        first -= (k - 3) * h[k];
    }
    h[3] += zeroth - first;
    h[4] += first;
    for (int k = 0; k < TAPS; k++)
        out[k] = (float)h[k];
    h[3] -= 1.0 - at;
    h[4] -= at;
    return bend_of(h, TAPS);
}

void st_interpeak_init(st_interpeak *ip, int half, double stop_db) {
    ip->ops = st_limops_get();
    ip->half = half;
    double between = init_between(ip, stop_db);
    double fine = 0.0;
    for (int p = 0; p < ST_LIMOPS_FINE_PHASES; p++) {
        double bend = init_fine(ip->fine[p], 0.25 * (p + 1));
        fine = bend > fine ? bend : fine;
    }
    /* A second difference at twice the rate is half of one of the samples
     * plus two of the points' distances from the line. */
    ip->bend_fine = (float)(1.001 * fine);
    ip->bend = (float)(1.001 * (between + fine * (0.5 + 2.0 * between)));
}

int st_interpeak_margin(const st_interpeak *ip) {
    return EDGE + ip->half;
}

static bool below(st_limops_shape s, float bend, float limit) {
    return (s.peak + bend * s.bend) * (float)RAISE <= limit;
}

bool st_interpeak_find(const st_interpeak *ip, const float *x, float limit,
                       float *tops) {
    const st_limops *ops = ip->ops;
    int reach = (ip->half + NEAR + 7) / 8 * 8; /* 2 reach: whole chunks */
    st_limops_shape s = ops->shape(x - reach, (size_t)(HOP + 2 * reach));
    if (below(s, ip->bend, limit))
        return false;
    float points[HOP + 2 * EDGE];
    float *o = points + EDGE;
    ops->between(points, x - EDGE, ip->between, (size_t)ip->half,
                 HOP + 2 * EDGE);
    bool any = false;
    for (int i = 0; i < HOP; i += CHUNK) {
        s = ops->shape2(x + i - NEAR, o + i - NEAR, CHUNK + 2 * NEAR);
        if (below(s, ip->bend_fine, limit)) {
            memset(tops + i, 0, CHUNK * sizeof *tops);
            continue;
        }
        any = true;
        ops->crest(tops + i, x + i, o + i, ip->fine, limit / (float)RAISE);
    }
    return any;
}
