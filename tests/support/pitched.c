#include "support/pitched.h"

#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    double low, high; /* MIDI */
    double decay_s;   /* 0: holds */
    double attack_s;
    double stretch;  /* partial k at k (1 + stretch k^2) */
    double slope;    /* amplitude k^-slope */
    int first, last; /* partials */
    double odd;      /* gain of even partials */
    double breath;   /* noise while it sounds */
    double jitter;   /* of the period, RMS */
} recipe;

static const recipe recipes[PITCHED_KINDS] = {
    {"voice", 40, 76, 0, 0.03, 0, 1.6, 1, 60, 1, 0.02, 0.002},
    {"pluck", 40, 81, 0.5, 0.004, 2e-5, 1.1, 1, 30, 1, 0, 0},
    {"bow", 55, 90, 0, 0.05, 0, 1.0, 1, 40, 1, 0.01, 0.001},
    {"reed", 48, 80, 0, 0.02, 0, 0.9, 1, 30, 0.15, 0.01, 0},
    {"flute", 60, 95, 0, 0.05, 0, 3.0, 1, 6, 1, 0.03, 0.001},
    {"bass", 28, 50, 0.8, 0.006, 2e-5, 1.2, 1, 30, 1, 0, 0},
    {"slide", 40, 79, 0, 0.03, 0, 1.3, 1, 40, 1, 0, 0},
    {"missing", 36, 64, 0, 0.02, 0, 0.7, 3, 12, 1, 0, 0},
};

/* Formants of five vowels, Hz; bandwidth a tenth and more. */
static const double vowels[5][3] = {
    {700, 1150, 2500}, {400, 1900, 2550}, {280, 2250, 2900},
    {450, 800, 2600},  {320, 700, 2500},
};

typedef struct {
    const pitched_params *p;
    const recipe *r;
    uint64_t draws;
    float *x;
    size_t n;
    double *truth;
    size_t frames;
    double phase, last_midi;
} work;

static double draw(work *w) {
    return sig_uniform(w->p->seed * 977 + (uint64_t)w->p->kind, w->draws++);
}

static double gauss(work *w) {
    return draw(w) + draw(w) + draw(w) + draw(w) - 2.0; /* RMS 0.577 */
}

static double resonance(double hz, double centre) {
    double band = 60.0 + 0.08 * centre, d = (hz - centre) / band;
    return 1.0 / sqrt(1.0 + d * d);
}

static double partial_gain(const work *w, int k, double hz, int vowel) {
    double a = pow(k, -w->r->slope) * (k % 2 ? 1.0 : w->r->odd);
    if (hz > 0.45 * w->p->rate_hz)
        return 0.0;
    if (w->p->kind == PITCHED_VOICE) {
        double sum = 0.05;
        for (int i = 0; i < 3; i++)
            sum += resonance(hz, vowels[vowel][i]) / (1 + i * 0.5);
        a *= sum * 3.0;
    }
    if (w->p->kind == PITCHED_BOW)
        a *= 0.4 + resonance(hz, 450.0) + resonance(hz, 1100.0) +
             0.6 * resonance(hz, 2600.0);
    return a;
}

static double envelope(const recipe *r, double t, double length) {
    double release = 0.04;
    double a = t < r->attack_s ? t / r->attack_s : 1.0;
    if (r->decay_s > 0.0)
        a *= exp(-t / r->decay_s);
    if (t > length - release)
        a *= (length - t) / release;
    return a < 0.0 ? 0.0 : a;
}

/* What changes slowly within a note, and its partials. */
typedef struct {
    double midi, from_midi, length, rate, depth, delay, shake, target;
    int vowel;
    double gain[64];
} tone;

static double midi_at(const work *w, const tone *t, double s) {
    double m = t->midi;
    if (w->p->kind == PITCHED_SLIDE && s < 0.7 * t->length)
        m += (t->from_midi - m) *
             (0.5 + 0.5 * cos(M_PI * s / (0.7 * t->length)));
    double grow = s < t->delay ? 0.0 : fmin(1.0, (s - t->delay) / 0.15);
    return m + t->depth * grow * sin(2.0 * M_PI * t->rate * (s - t->delay));
}

static void set_partials(const work *w, tone *t, double hz) {
    double power = 0.0;
    for (int k = w->r->first; k <= w->r->last; k++) {
        t->gain[k] = partial_gain(w, k, k * hz, t->vowel);
        power += 0.5 * t->gain[k] * t->gain[k];
    }
    for (int k = w->r->first; k <= w->r->last; k++)
        t->gain[k] *= 0.1 / sqrt(power + 1e-12);
}

static void play(work *w, tone *t, size_t from) {
    const recipe *r = w->r;
    double rate = w->p->rate_hz;
    size_t count = (size_t)(t->length * rate);
    for (size_t i = 0; i < count && from + i < w->n; i++) {
        double s = (double)i / rate;
        double hz = 440.0 * exp2((midi_at(w, t, s) - 69.0) / 12.0);
        if (i % 64 == 0)
            set_partials(w, t, hz);
        double a = envelope(r, s, t->length), y = 0.0;
        for (int k = r->first; k <= r->last && t->gain[k] > 0.0; k++)
            y += t->gain[k] *
                 sin(2.0 * M_PI * w->phase * k * (1.0 + r->stretch * k * k));
        y += 0.1 * r->breath * gauss(w);
        w->x[from + i] += (float)(a * y);
        double before = w->phase;
        w->phase += hz / rate * (1.0 + t->shake);
        if (r->stretch == 0.0 && w->phase >= 1.0)
            w->phase -= 1.0;
        if (floor(before) < floor(w->phase) || w->phase < before)
            t->shake = r->jitter * gauss(w) / 0.577;
    }
}

static void tell(work *w, const tone *t, double on_s) {
    for (size_t f = 0; f < w->frames; f++) {
        double s = (double)f * 0.01 - on_s;
        double top = w->r->decay_s > 0.0 ? 0.95 : 1.0;
        if (s >= 0.0 && s < t->length &&
            envelope(w->r, s, t->length) >= 0.05 * top)
            w->truth[f] = 440.0 * exp2((midi_at(w, t, s) - 69.0) / 12.0) *
                          (1.0 + w->r->stretch);
    }
}

/* Consonants and breaths between the notes of a voice. */
static void hiss(work *w, size_t from, size_t count) {
    double last = 0.0, level = 0.02 + 0.04 * draw(w);
    for (size_t i = 0; i < count && from + i < w->n; i++) {
        double v = gauss(w), s = sin(M_PI * (double)i / (double)count);
        w->x[from + i] += (float)(level * s * (v - 0.8 * last));
        last = v;
    }
}

static double power_of_sound(const work *w) {
    double sum = 0.0;
    size_t heard = 1;
    for (size_t i = 0; i < w->n; i++) {
        size_t f = (size_t)((double)i * 100.0 / w->p->rate_hz);
        if (f < w->frames && w->truth[f] > 0.0) {
            sum += (double)w->x[i] * (double)w->x[i];
            heard++;
        }
    }
    return sum / (double)heard;
}

/* Four combs with dull loops, two all-passes. */
static void reverberate(work *w) {
    static const double delays_s[6] = {0.0297, 0.0371, 0.0411,
                                       0.0437, 0.0050, 0.0017};
    float *wet = calloc(w->n, sizeof *wet), *line = calloc(8192, sizeof *line);
    double dry = power_of_sound(w), rt = 0.4 + 0.5 * draw(w);
    if (wet == NULL || line == NULL)
        abort();
    for (int c = 0; c < 4; c++) {
        size_t d = (size_t)(delays_s[c] * w->p->rate_hz), at = 0;
        double g = pow(10.0, -3.0 * delays_s[c] / rt), low = 0.0;
        memset(line, 0, 8192 * sizeof *line);
        for (size_t i = 0; i < w->n; i++, at = (at + 1) % d) {
            double y = (double)line[at];
            low += 0.7 * (y - low);
            line[at] = (float)((double)w->x[i] + g * low);
            wet[i] += (float)y;
        }
    }
    for (int c = 4; c < 6; c++) {
        size_t d = (size_t)(delays_s[c] * w->p->rate_hz), at = 0;
        memset(line, 0, 8192 * sizeof *line);
        for (size_t i = 0; i < w->n; i++, at = (at + 1) % d) {
            double y = (double)line[at] - 0.7 * (double)wet[i];
            line[at] = (float)((double)wet[i] + 0.7 * y);
            wet[i] = (float)y;
        }
    }
    double sum = 0.0;
    for (size_t i = 0; i < w->n; i++)
        sum += (double)wet[i] * (double)wet[i];
    double want = dry * pow(10.0, -(0.6 + 0.4 * draw(w)));
    double g = sqrt(want / (sum / (double)w->n + 1e-20));
    for (size_t i = 0; i < w->n; i++)
        w->x[i] += (float)(g * (double)wet[i]);
    free(wet);
    free(line);
}

static void finish(work *w) {
    double power = power_of_sound(w);
    if (w->p->reverb)
        reverberate(w);
    double noise = w->p->noise_db > 0.0
                       ? sqrt(power * pow(10.0, -w->p->noise_db / 10.0))
                       : 0.0;
    for (size_t i = 0; i < w->n; i++) {
        double v = (double)w->x[i];
        if (noise > 0.0)
            v += noise * gauss(w) / 0.577;
        w->x[i] = (float)(v * w->p->gain);
    }
}

size_t pitched_make(const pitched_params *p, float *x, size_t n,
                    double *truth_hz, size_t frames, pitched_note *notes) {
    work w = {.p = p,
              .r = &recipes[p->kind],
              .x = x,
              .n = n,
              .truth = truth_hz,
              .frames = frames};
    double at = 0.2, end = (double)n / p->rate_hz - 0.3;
    size_t count = 0;
    memset(x, 0, n * sizeof *x);
    memset(truth_hz, 0, frames * sizeof *truth_hz);
    double range = w.r->high - w.r->low;
    double midi = w.r->low + range * draw(&w);
    while (at < end && count < PITCHED_MOST_NOTES) {
        tone t = {.from_midi = midi};
        midi += floor(15.0 * draw(&w)) - 7.0;
        midi = midi < w.r->low ? midi + 12.0 : midi;
        midi = midi > w.r->high ? midi - 12.0 : midi;
        t.midi = midi + 0.6 * (draw(&w) - 0.5); /* off the tuning */
        t.length = fmin(0.25 + 0.6 * draw(&w), end - at + 0.2);
        t.depth = p->vibrato_cents / 100.0;
        t.rate = 4.5 + 2.0 * draw(&w);
        t.delay = p->vibrato_cents > 0.0 ? 0.1 * draw(&w) : 0.0;
        t.vowel = (int)(5.0 * draw(&w)) % 5;
        play(&w, &t, (size_t)(at * p->rate_hz));
        tell(&w, &t, at);
        if (notes)
            notes[count] = (pitched_note){at, at + t.length, t.midi};
        count++;
        at += t.length;
        double rest = draw(&w) < 0.5 ? 0.0 : 0.08 + 0.25 * draw(&w);
        if (rest > 0.0 && p->kind == PITCHED_VOICE && draw(&w) < 0.6)
            hiss(&w, (size_t)(at * p->rate_hz), (size_t)(rest * p->rate_hz));
        at += rest;
    }
    finish(&w);
    return count;
}

const char *pitched_name(pitched_kind kind) {
    return recipes[kind].name;
}
