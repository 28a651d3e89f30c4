#include "analysis/tonnetz.h"

#include "core/math.h"

#include <math.h>

enum { CLASSES = 12, DIMS = ST_TONNETZ_DIMS };

void st_tonnetz(const float *chroma, float *out) {
    static const double turn[3] = {7.0 / 6.0, 3.0 / 2.0, 2.0 / 3.0};
    static const double radius[3] = {1.0, 1.0, 0.5};
    double sum = 0.0, place[DIMS] = {0};
    for (int k = 0; k < CLASSES; k++) {
        double x = (double)chroma[k];
        sum += fabs(x);
        for (int c = 0; c < 3; c++) {
            place[2 * c] += x * radius[c] * st_sinpi(turn[c] * k);
            place[2 * c + 1] += x * radius[c] * st_cospi(turn[c] * k);
        }
    }
    for (int d = 0; d < DIMS; d++)
        out[d] = sum > 1e-30 ? (float)(place[d] / sum) : 0.0f;
}

float st_tonnetz_distance(const float *a, const float *b) {
    float sum = 0.0f;
    for (int d = 0; d < DIMS; d++)
        sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sqrtf(sum);
}
