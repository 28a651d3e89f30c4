#include "analysis/beat_times.h"

#include "core/alloc.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { SIDE = 3, REACH = 2, LEAST_BEATS = 4, LOOK = 4 };

static const double follow = 0.5, trust = 0.05, most_move_s = 0.02;
static const double same = 0.04;

/* Mean place of the activation around a beat. */
static double centred(double time_s, const float *beat, int64_t frames,
                      double *weight) {
    int64_t f = llround(time_s * ST_RHYTHM_FPS);
    double sum = 0.0, place = 0.0;
    *weight = trust;
    for (int64_t i = f - REACH; i <= f + REACH; i++)
        if (i >= 0 && i < frames) {
            sum += (double)beat[i];
            place += (double)beat[i] * (double)i;
        }
    if (sum < 0.2)
        return time_s;
    *weight += sum;
    double move = place / sum / ST_RHYTHM_FPS - time_s;
    move = move > most_move_s ? most_move_s : move;
    move = move < -most_move_s ? -most_move_s : move;
    return time_s + move;
}

/* Value at i of the line through its neighbours. */
static double line_at(const double *t, const double *w, int64_t n, int64_t i) {
    double s = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    for (int64_t k = -SIDE; k <= SIDE; k++) {
        if (i + k < 0 || i + k >= n)
            continue;
        double x = (double)k, y = t[i + k] - t[i], g = w[i + k];
        s += g;
        sx += g * x;
        sy += g * y;
        sxx += g * x * x;
        sxy += g * x * y;
    }
    double d = s * sxx - sx * sx;
    return d > 1e-9 ? t[i] + (sy * sxx - sx * sxy) / d : t[i];
}

st_status st_beat_times_refine(double *time_s, int64_t beats, const float *beat,
                               int64_t frames) {
    double *t = st_calloc(2 * (size_t)beats, sizeof *t);
    if (t == NULL)
        return ST_NO_MEM;
    double *w = t + beats;
    for (int64_t i = 0; i < beats; i++)
        t[i] = centred(time_s[i], beat, frames, &w[i]);
    for (int64_t i = 0; i < beats; i++) {
        double move = follow * (line_at(t, w, beats, i) - t[i]);
        move = move > most_move_s ? most_move_s : move;
        move = move < -most_move_s ? -most_move_s : move;
        time_s[i] = t[i] + move;
    }
    st_free(t);
    return ST_OK;
}

/* Mean tempo of up to LOOK beats from i on. */
static double bpm_from(const double *t, int64_t beats, int64_t i) {
    int64_t to = i + LOOK < beats - 1 ? i + LOOK : beats - 1;
    int64_t from = to - LOOK > 0 ? to - LOOK : 0;
    from = from < i ? from : i;
    return 60.0 * (double)(to - from) / (t[to] - t[from]);
}

int64_t st_beat_times_segments(const double *t, int64_t beats,
                               st_rhythm_segment *out) {
    int64_t count = 0, start = 0;
    double mean = bpm_from(t, beats, 0);
    for (int64_t i = 1; i < beats; i++) {
        double here = bpm_from(t, beats, i);
        bool goes_on = fabs(here / mean - 1.0) < same ||
                       i - start < LEAST_BEATS || i > beats - LEAST_BEATS;
        if (i < beats - 1 && goes_on) {
            mean = 60.0 * (double)(i - start) / (t[i] - t[start]);
            continue;
        }
        if (out != NULL)
            out[count] = (st_rhythm_segment){
                t[start], 60.0 * (double)(i - start) / (t[i] - t[start])};
        count++;
        start = i;
        mean = here;
    }
    return count;
}
