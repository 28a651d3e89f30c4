#include "analysis/programme.h"

#include <math.h>
#include <stdlib.h>

float *programme_new(const step *steps, size_t count, double rate_hz, double hz,
                     size_t *frames) {
    double total = 0.0;
    for (size_t i = 0; i < count; i++)
        total += steps[i].seconds;
    size_t n = (size_t)floor(total * rate_hz + 0.5);
    float *out = calloc(n + 1, sizeof *out);
    double until = 0.0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        until += steps[i].seconds;
        size_t end = (size_t)floor(until * rate_hz + 0.5);
        double peak =
            steps[i].peak_db <= -200.0 ? 0.0 : pow(10.0, steps[i].peak_db / 20);
        for (; at < end && at < n; at++)
            out[at] = (float)(peak * sin(2.0 * 3.14159265358979323846 * hz *
                                         (double)at / rate_hz));
    }
    *frames = n;
    return out;
}
