#include "analysis/onset.h"

#include <stdbool.h>
#include <stddef.h>

enum { NEAR = 3, AROUND = 25 };

static const float rise = 1.5f, least = 0.06f;

static float at(const float *s, int64_t n, int64_t i) {
    return i >= 0 && i < n ? s[i] : 0.0f;
}

static bool is_top(const float *s, int64_t n, int64_t i) {
    for (int64_t k = 1; k <= NEAR; k++)
        if (at(s, n, i - k) >= s[i] || at(s, n, i + k) > s[i])
            return false;
    return true;
}

/* Over what there is of [i - AROUND, i + AROUND], summed anew each time: no
 * error piles up. */
static float mean(const float *s, int64_t n, int64_t i) {
    int64_t from = i > AROUND ? i - AROUND : 0;
    int64_t to = i + AROUND < n ? i + AROUND + 1 : n;
    float sum = 0.0f;
    for (int64_t k = from; k < to; k++)
        sum += s[k];
    return sum / (float)(to - from);
}

static double between(const float *s, int64_t n, int64_t i) {
    double a = (double)at(s, n, i - 1), b = (double)s[i];
    double c = (double)at(s, n, i + 1), bend = a - 2.0 * b + c;
    return bend < 0.0 ? 0.5 * (a - c) / bend : 0.0;
}

int64_t st_onset_pick(const float *s, int64_t n, st_rhythm_onset *out) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (s[i] < least || !is_top(s, n, i) || s[i] < rise * mean(s, n, i))
            continue;
        double t = ((double)i + between(s, n, i)) / ST_RHYTHM_FPS;
        if (out != NULL)
            out[count] = (st_rhythm_onset){t > 0.0 ? t : 0.0, s[i]};
        count++;
    }
    return count;
}
