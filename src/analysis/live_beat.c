#include "analysis/live_beat.h"

#include "core/math.h"

#include <math.h>
#include <string.h>

enum {
    PAST = ST_LIVE_BEAT_PAST,
    RATE = ST_LIVE_BEAT_RATE,
    LOOK = RATE / 4,  /* values between looks at the tempo */
    LEAST = 3 * RATE, /* values before the first */
    MIN_LAG = RATE * 60 / 210,
    MAX_LAG = RATE * 60 / 55,
    COMB = 4,         /* beats that a phase is judged by */
    HOLD = RATE / 12, /* least time between two onsets */
    AGREE = 3
};

static const float rise = 1.6f;   /* over the mean */
static const float least = 0.35f; /* of any onset */
static const double prior_bpm = 120.0, prior_octaves = 0.9;
static const double steady = 0.25; /* normalised autocorrelation of a beat */
static const double correct = 0.25;

void st_live_beat_reset(st_live_beat *b) {
    memset(b, 0, sizeof *b);
    b->last_onset = -1000;
}

/* The value `back` before the newest, 0 where there was none. */
static float past(const st_live_beat *b, int64_t back) {
    int64_t at = b->count - 1 - back;
    return at < 0 || back >= PAST ? 0.0f : b->past[at % PAST];
}

/* Strengths about their mean: what autocorrelation wants. */
static int centred(const st_live_beat *b, float out[PAST]) {
    int n = b->count < PAST ? (int)b->count : PAST;
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        float x = past(b, i);
        out[i] = x > 3.0f ? 3.0f : x; /* one loud hit is one hit */
        sum += (double)out[i];
    }
    for (int i = 0; i < n; i++)
        out[i] -= (float)(sum / n);
    return n;
}

static double correlation(const float *x, int n, int lag) {
    double sum = 0.0;
    for (int i = 0; i + lag < n; i++)
        sum += (double)(x[i] * x[i + lag]);
    return sum / (n - lag);
}

static double prior(double lag) {
    double octaves = st_log2(60.0 * RATE / lag / prior_bpm) / prior_octaves;
    return st_exp(-0.5 * octaves * octaves);
}

/* Lag of the most likely beat, parted; 0 when nothing repeats. */
static double find_period(const st_live_beat *b) {
    float x[PAST];
    double r[MAX_LAG + 2];
    int n = centred(b, x);
    double power = correlation(x, n, 0);
    if (power <= 1e-9)
        return 0.0;
    int best = 0;
    double top = 0.0;
    for (int lag = MIN_LAG - 1; lag <= MAX_LAG + 1; lag++)
        r[lag] = correlation(x, n, lag) / power;
    for (int lag = MIN_LAG; lag <= MAX_LAG; lag++) {
        double score = r[lag] * prior(lag);
        if (score > top && r[lag] >= r[lag - 1] && r[lag] >= r[lag + 1]) {
            top = score;
            best = lag;
        }
    }
    if (best == 0 || r[best] < steady)
        return 0.0;
    double bend = r[best - 1] - 2.0 * r[best] + r[best + 1];
    return best + (bend < 0.0 ? 0.5 * (r[best - 1] - r[best + 1]) / bend : 0.0);
}

/* A new period replaces the old only when found again and again. */
static void take_period(st_live_beat *b, double found) {
    if (found <= 0.0) {
        b->trust *= 0.8;
        if (b->trust < 0.2)
            b->period = 0.0;
        return;
    }
    if (b->period > 0.0 && fabs(found / b->period - 1.0) < 0.04) {
        b->period += 0.3 * (found - b->period);
        b->trust += 0.2 * (1.0 - b->trust);
        b->agreed = 0;
        return;
    }
    bool same = b->candidate > 0.0 && fabs(found / b->candidate - 1.0) < 0.04;
    b->agreed = same ? b->agreed + 1 : 1;
    b->candidate = found;
    if (b->agreed >= AGREE || b->period <= 0.0) {
        b->period = found;
        b->trust = 0.5;
        b->agreed = 0;
    }
}

static float between(const st_live_beat *b, double back) {
    int64_t i = (int64_t)floor(back);
    float part = (float)(back - (double)i);
    return past(b, i) * (1.0f - part) + past(b, i + 1) * part;
}

/* Phase at the newest value by which its last beats are strongest. */
static double find_phase(const st_live_beat *b) {
    double best = 0.0;
    float top = -1.0f;
    for (int half = 0; 0.5 * half < b->period; half++) {
        double back = 0.5 * half;
        float sum = 0.0f;
        for (int k = 0; k < COMB; k++)
            sum += between(b, back + k * b->period);
        if (sum > top) {
            top = sum;
            best = back;
        }
    }
    return best / b->period;
}

static void look(st_live_beat *b) {
    bool known = b->period > 0.0;
    take_period(b, find_period(b));
    if (b->period <= 0.0)
        return;
    double off = find_phase(b) - b->phase;
    off -= floor(off + 0.5);
    if (!known)
        b->phase += off;
    else
        b->phase += off * (fabs(off) < 0.2 ? correct : 0.5 * correct);
}

/* Is the value before the newest a peak over what is usual? */
static bool is_onset(st_live_beat *b, float *strength) {
    float at = past(b, 1);
    float limit = rise * b->mean + least;
    if (at < limit || at < past(b, 0) || at <= past(b, 2) ||
        b->count - 2 - b->last_onset < HOLD)
        return false;
    b->last_onset = b->count - 2;
    *strength = at - limit;
    return true;
}

st_live_beat_step st_live_beat_push(st_live_beat *b, float strength) {
    st_live_beat_step step = {0};
    b->past[b->count++ % PAST] = strength;
    step.onset = is_onset(b, &step.strength);
    b->mean += (strength - b->mean) / (float)RATE;
    if (b->count >= LEAST && b->count % LOOK == 0)
        look(b);
    if (b->period > 0.0) {
        b->phase += 1.0 / b->period;
        step.beat = b->phase >= 1.0;
        b->phase -= floor(b->phase);
        b->beat += step.beat;
    }
    return step;
}

double st_live_beat_bpm(const st_live_beat *b) {
    return b->period > 0.0 ? 60.0 * RATE / b->period : 0.0;
}
