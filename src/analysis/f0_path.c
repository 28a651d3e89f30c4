/* The path through the candidates of all frames. */
#include "analysis/f0_impl.h"

#include "core/math.h"

#include <math.h>
#include <string.h>

/* Boersma's constants, for frames of 10 ms. */
static const double voicing_r = 0.45; /* r below which noise is likelier */
static const double octave_cost = F0_OCTAVE;
static const double jump_cost = 0.35;    /* an octave from frame to frame */
static const double voicing_cost = 0.14; /* to begin or to end */
static const double quiet_db = 50.0;     /* under the loud parts: silence */

double f0_pitch_hz(double pitch) {
    return pitch > 0.0 ? 32.0 * st_exp2(pitch / (1200.0 * F0_CENT_STEPS)) : 0.0;
}

static double octaves(uint16_t pitch) {
    return pitch / (1200.0 * F0_CENT_STEPS);
}

/* The level, in dB, that 2 % of the frames that are not silent reach. */
static double loud_db(const f0_feature *f, int64_t count) {
    enum { BINS = 401 }; /* half dB, -200..0 and above */
    int64_t bins[BINS] = {0}, heard = 0, sum = 0;
    for (int64_t i = 0; i < count; i++) {
        int bin = (f[i].level + 20000) / 50;
        bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
        bins[bin]++;
        heard += bin > 0;
    }
    int bin = BINS - 1;
    for (; bin > 0 && sum + bins[bin] <= heard / 50; bin--)
        sum += bins[bin];
    return bin * 0.5 - 200.0;
}

/* dB under the loudest of the last 200 ms: what falls so fast is the room. */
static double fall_db(const f0_feature *f, int64_t n) {
    int16_t top = f[n].level;
    for (int64_t k = n; k >= 0 && n - k <= 20; k--)
        top = f[k].level > top ? f[k].level : top;
    return (top - f[n].level) * 0.01;
}

/* What each state of frame n is worth by itself. */
static void worth(const f0_feature *all, int64_t n, double loud,
                  double *score) {
    const f0_feature *f = &all[n];
    double level = f->level * 0.01;
    double fall = (fall_db(all, n) - 12.0) / 10.0;
    fall = fall < 0.0 ? 0.0 : fall > 1.0 ? 1.0 : fall;
    double quiet = (loud - quiet_db - level) / 5.0;
    quiet = level < -100.0 ? 2.0
            : quiet < 0.0  ? 0.0
            : quiet > 2.0  ? 2.0
                           : quiet;
    for (int i = 0; i < F0_CANDIDATES; i++)
        score[i] = f->pitch[i] == 0 ? -1e3
                                    : f->strength[i] / 65535.0 +
                                          octave_cost * octaves(f->pitch[i]);
    /* the middle of the range takes part as if at 250 Hz */
    score[F0_CANDIDATES] = voicing_r + 3.0 * octave_cost + quiet + 0.7 * fall;
}

static double step_cost(const f0_feature *a, int i, const f0_feature *b,
                        int j) {
    bool x = i < F0_CANDIDATES, y = j < F0_CANDIDATES;
    if (x != y)
        return voicing_cost;
    return x ? jump_cost * fabs(octaves(a->pitch[i]) - octaves(b->pitch[j]))
             : 0.0;
}

static void advance(f0_feature *f, int64_t n, double loud, double *best) {
    double own[F0_STATES], next[F0_STATES];
    worth(f, n, loud, own);
    for (int j = 0; j < F0_STATES; j++) {
        double top = -INFINITY;
        for (int i = 0; i < F0_STATES; i++) {
            double s = best[i] - (n ? step_cost(&f[n - 1], i, &f[n], j) : 0.0);
            if (s > top) {
                top = s;
                f[n].from[j] = (uint8_t)i;
            }
        }
        next[j] = top + own[j];
    }
    double top = -INFINITY;
    for (int j = 0; j < F0_STATES; j++)
        top = fmax(top, next[j]);
    for (int j = 0; j < F0_STATES; j++)
        best[j] = next[j] - top;
}

/* How often a pitch of this strength is right (docs/measures.md). */
static float confidence(double r) {
    double x = (r - 0.76) / 0.055;
    return (float)(1.0 / (1.0 + st_exp(-x)));
}

static void tell(const f0_feature *f, int state, st_f0_frame *out) {
    bool voiced = state < F0_CANDIDATES;
    int best = 0;
    for (int i = 1; i < F0_CANDIDATES; i++)
        best = f->strength[i] > f->strength[best] ? i : best;
    int from = voiced ? state : best;
    *out = (st_f0_frame){.voiced = voiced, .level_db = f->level * 0.01f};
    if (f->pitch[from] == 0 || f->level <= -10000)
        return;
    out->hz = (float)f->pitch[from]; /* as kept; into_hz turns it */
    out->confidence = confidence(f->strength[from] / 65535.0);
    if (!voiced)
        out->confidence *= 0.1f;
}

/* A parabola through five frames, where they are voiced and near. */
static double smooth(const st_f0_frame *f, int64_t n, int64_t count) {
    static const double w[5] = {-3.0, 12.0, 17.0, 12.0, -3.0};
    double sum = 0.0, mid = (double)f[n].hz;
    for (int64_t k = n - 2; k <= n + 2; k++) {
        if (k < 0 || k >= count || !f[k].voiced ||
            fabs((double)f[k].hz - mid) > 80.0 * F0_CENT_STEPS)
            return mid;
        sum += w[k - n + 2] * (double)f[k].hz;
    }
    return sum / 35.0;
}

/* A result may stand in its place once no later frame looks at it. */
static void into_hz(st_f0_frame *f, int64_t count) {
    enum { BEHIND = 3 };
    double held[BEHIND] = {0};
    for (int64_t n = 0; n < count + BEHIND; n++) {
        if (n >= BEHIND)
            f[n - BEHIND].hz = (float)f0_pitch_hz(held[n % BEHIND]);
        if (n < count)
            held[n % BEHIND] =
                f[n].voiced ? smooth(f, n, count) : (double)f[n].hz;
    }
}

void f0_path(f0_feature *f, int64_t count, st_f0_frame *out) {
    double best[F0_STATES] = {0};
    double loud = loud_db(f, count);
    for (int64_t n = 0; n < count; n++)
        advance(f, n, loud, best);
    int state = 0;
    for (int j = 1; j < F0_STATES; j++)
        state = best[j] > best[state] ? j : state;
    for (int64_t n = count; n-- > 0;) {
        tell(&f[n], state, &out[n]);
        state = f[n].from[state];
    }
    into_hz(out, count);
}
