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

typedef struct {
    st_rhythm_segment *out; /* NULL: counted only */
    int64_t count;
} rows;

/* Mean tempo of up to LOOK beats from i on. */
static double bpm_from(const double *t, int64_t beats, int64_t i) {
    int64_t to = i + LOOK < beats - 1 ? i + LOOK : beats - 1;
    int64_t from = to - LOOK > 0 ? to - LOOK : 0;
    from = from < i ? from : i;
    return 60.0 * (double)(to - from) / (t[to] - t[from]);
}

/* From a beat where the tempo begins to leave `mean` to the first that lies
 * in the new one. */
static int64_t settled(const double *t, int64_t beats, int64_t i, double mean) {
    int64_t last =
        i + LOOK < beats - LEAST_BEATS ? i + LOOK : beats - LEAST_BEATS;
    double off = fabs(bpm_from(t, beats, i) - mean);
    for (; i < last; i++) {
        double next = fabs(bpm_from(t, beats, i + 1) - mean);
        if (next <= off)
            return i;
        off = next;
    }
    return i;
}

static void put(rows *to, const double *t, int64_t from, int64_t end) {
    if (to->out != NULL)
        to->out[to->count] = (st_rhythm_segment){
            t[from], 60.0 * (double)(end - from) / (t[end] - t[from])};
    to->count++;
}

int64_t st_beat_times_segments(const double *t, int64_t beats,
                               st_rhythm_segment *out) {
    rows to = {out, 0};
    int64_t start = 0;
    for (int64_t i = 1; i < beats - LEAST_BEATS; i++) {
        if (i - start < LEAST_BEATS)
            continue;
        double mean = 60.0 * (double)(i - start) / (t[i] - t[start]);
        if (fabs(bpm_from(t, beats, i) / mean - 1.0) < same)
            continue;
        i = settled(t, beats, i, mean);
        put(&to, t, start, i);
        start = i;
    }
    put(&to, t, start, beats - 1);
    return to.count;
}
