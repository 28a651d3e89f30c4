#include "analysis/groove.h"

#include "support/signals.h"

#include <math.h>
#include <string.h>

static const double rate = 22050.0, tau = 6.283185307179586;

typedef struct {
    float *out;
    int64_t n;
} sheet;

static void add(const sheet *s, int64_t i, double v) {
    if (i >= 0 && i < s->n)
        s->out[i] += (float)v;
}

static void kick(const sheet *s, double at) {
    double phase = 0.0;
    for (int i = 0; i < 6000; i++) {
        double t = i / rate;
        phase += (50.0 + 120.0 * exp(-t / 0.03)) / rate;
        add(s, llround(at * rate) + i, 0.35 * sin(tau * phase) * exp(-t / 0.1));
    }
}

static void noise(const sheet *s, double at, double level, double fall,
                  uint64_t seed) {
    double last = 0.0;
    for (int i = 0; i < (int)(5.0 * fall * rate); i++) {
        double x = sig_uniform(seed, (uint64_t)i) - 0.5;
        add(s, llround(at * rate) + i,
            level * (x - 0.7 * last) * exp(-i / rate / fall));
        last = x;
    }
}

static void tone(const sheet *s, double at, double seconds, double pitch,
                 double level) {
    double hz = 440.0 * exp2((pitch - 69.0) / 12.0);
    for (int i = 0; i < (int)(seconds * rate); i++) {
        double t = i / rate, v = 0.0;
        for (int k = 1; k <= 5; k++)
            v += sin(tau * hz * k * t) / k;
        double ends = fmin(1.0, fmin(t, seconds - t) / 0.005);
        add(s, llround(at * rate) + i, level * v * ends * exp(-t / 0.8));
    }
}

static void fill_times(const groove *g, double *time_s) {
    double t = g->start_s;
    for (int i = 0; i < g->beats; i++) {
        time_s[i] = t;
        double bpm = g->from_bpm + (g->to_bpm - g->from_bpm) * i / g->beats;
        if (g->jump_bpm > 0.0 && i >= g->beats / 2)
            bpm = g->jump_bpm;
        t += 60.0 / bpm;
    }
}

/* Roots C, A, F, G (minor on A), a bar each. */
static void bar(const sheet *s, int number, double at, double beat) {
    static const int roots[] = {48, 45, 41, 43};
    int root = roots[number % 4], third = number % 4 == 1 ? 3 : 4;
    tone(s, at, beat * 1.8, root - 12, 0.12);
    tone(s, at, beat * 1.9, root + 12, 0.05);
    tone(s, at, beat * 1.9, root + 12 + third, 0.05);
    tone(s, at, beat * 1.9, root + 19, 0.05);
}

void groove_fill(float *out, int64_t n, const groove *g, double *time_s) {
    sheet s = {out, n};
    memset(out, 0, (size_t)n * sizeof *out);
    fill_times(g, time_s);
    for (int i = 0; i < g->beats; i++) {
        int place = i % g->metre;
        double beat = i + 1 < g->beats ? time_s[i + 1] - time_s[i] : 0.5;
        if (place == 0)
            bar(&s, i / g->metre, time_s[i], beat);
        if (place == 0 || (g->metre == 4 && place == 2))
            kick(&s, time_s[i]);
        else
            noise(&s, time_s[i], 0.3, 0.06, (uint64_t)i);
        noise(&s, time_s[i], 0.1, 0.02, (uint64_t)i + 1000);
        noise(&s, time_s[i] + beat / 2.0, 0.07, 0.02, (uint64_t)i + 2000);
    }
}
