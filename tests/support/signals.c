#include "support/signals.h"

#include <math.h>

static const double two_pi = 6.283185307179586;

static double amplitude(double db) {
    return pow(10.0, db / 20.0);
}

double sig_uniform(uint64_t seed, uint64_t i) {
    uint64_t x = seed * UINT64_C(0xD1342543DE82EF95) +
                 (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (double)((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

static double gaussian(uint64_t seed, uint64_t i) {
    double u = 1.0 - sig_uniform(seed, 2 * i);
    double v = sig_uniform(seed, 2 * i + 1);
    return sqrt(-2.0 * log(u)) * cos(two_pi * v);
}

void sig_silence(float *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = 0.0f;
}

void sig_impulse(float *out, size_t n, size_t at, double level) {
    sig_silence(out, n);
    if (at < n)
        out[at] = (float)level;
}

void sig_add_sine(float *out, size_t n, double rate_hz, double hz,
                  double peak_db, double phase_rad) {
    double a = amplitude(peak_db);
    for (size_t i = 0; i < n; i++) {
        double cycles = hz * (double)i / rate_hz;
        double phase = two_pi * (cycles - floor(cycles)) + phase_rad;
        out[i] = (float)(out[i] + a * sin(phase));
    }
}

void sig_sine(float *out, size_t n, double rate_hz, double hz, double peak_db,
              double phase_rad) {
    sig_silence(out, n);
    sig_add_sine(out, n, rate_hz, hz, peak_db, phase_rad);
}

void sig_tones(float *out, size_t n, double rate_hz, const double *hz,
               const double *peak_db, size_t count) {
    sig_silence(out, n);
    for (size_t k = 0; k < count; k++) {
        double phase = -0.5 * two_pi * (double)(k * k) / (double)count;
        sig_add_sine(out, n, rate_hz, hz[k], peak_db[k], phase);
    }
}

void sig_sweep(float *out, size_t n, double rate_hz, double from_hz,
               double to_hz, double peak_db) {
    double a = amplitude(peak_db);
    double octaves = log(to_hz / from_hz);
    double length = (double)n / rate_hz;
    for (size_t i = 0; i < n; i++) {
        double t = (double)i / (double)n;
        double cycles = from_hz * length / octaves * (exp(octaves * t) - 1.0);
        out[i] = (float)(a * sin(two_pi * (cycles - floor(cycles))));
    }
}

void sig_white(float *out, size_t n, uint64_t seed, double rms_db) {
    double a = amplitude(rms_db);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(a * gaussian(seed, i));
}

/* Sum of one-pole low-passes an octave and a half apart. */
void sig_pink(float *out, size_t n, uint64_t seed, double rms_db) {
    enum { POLES = 10 };
    double state[POLES] = {0};
    double keep[POLES], gain[POLES];
    for (int k = 0; k < POLES; k++) {
        double cut = 0.45 * pow(0.37, k); /* of the rate */
        keep[k] = exp(-two_pi * cut);
        gain[k] = sqrt(1.0 / cut) * (1.0 - keep[k]);
    }
    double power = 0.0;
    for (size_t i = 0; i < n; i++) {
        double w = gaussian(seed, i);
        double sum = 0.0;
        for (int k = 0; k < POLES; k++) {
            state[k] = state[k] * keep[k] + gain[k] * w;
            sum += state[k];
        }
        out[i] = (float)sum;
        power += sum * sum;
    }
    double a = power > 0.0 ? amplitude(rms_db) / sqrt(power / (double)n) : 0.0;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(out[i] * a);
}

void sig_bursts(float *out, size_t n, double rate_hz, double hz, double on_s,
                double off_s, double peak_db) {
    sig_sine(out, n, rate_hz, hz, peak_db, 0.0);
    for (size_t i = 0; i < n; i++)
        if (fmod((double)i / rate_hz, on_s + off_s) >= on_s)
            out[i] = 0.0f;
}

/* One drum hit, `t` seconds after its stroke. */
static double kick(double t) {
    double cycles = 48.0 * t + 5.5 * (1.0 - exp(-t * 28.0));
    return exp(-t * 7.0) * sin(two_pi * cycles) +
           0.3 * exp(-t * 400.0) * cos(two_pi * 2500.0 * t);
}

static double snare(double t, double noise) {
    return exp(-t * 18.0) * (0.45 * sin(two_pi * 185.0 * t) + 0.35 * noise);
}

static void drums_at(double t, double rough, double tops, double *left,
                     double *right) {
    double beat = fmod(t, 0.5);
    double back = fmod(t + 0.5, 1.0);
    double hat = fmod(t, 0.125);
    double open = fmod(t, 0.5) >= 0.25 ? exp(-fmod(t, 0.25) * 14.0) : 0.0;
    double low = 0.62 * kick(beat);
    double mid = 0.6 * snare(back, rough);
    double high = 0.10 * exp(-hat * 60.0) * tops + 0.08 * open * tops;
    *left = low + mid + 0.7 * high;
    *right = low + mid + 1.2 * high;
}

void sig_drums(float *left, float *right, size_t n, double rate_hz,
               uint64_t seed) {
    double before = 0.0;
    for (size_t i = 0; i < n; i++) {
        double w = gaussian(seed, i);
        double l = 0.0, r = 0.0;
        drums_at((double)i / rate_hz, w, w - before, &l, &r);
        before = w;
        left[i] = (float)(0.46 * l);
        right[i] = (float)(0.46 * r);
    }
}

/* A band-limited saw: the first partials that fit under 14 kHz. */
static double saw(double hz, double t, int partials) {
    double cycles = hz * t;
    double phase = two_pi * (cycles - floor(cycles));
    double sum = 0.0;
    for (int k = 1; k <= partials && hz * k < 14000.0; k++)
        sum += sin(phase * k) / k;
    return sum;
}

void sig_music(float *left, float *right, size_t n, double rate_hz,
               uint64_t seed) {
    static const double roots[] = {55.0, 43.65, 65.41, 49.0};
    static const double tune[] = {440.0,  523.25, 659.26, 587.33,
                                  493.88, 783.99, 659.26, 392.0};
    sig_drums(left, right, n, rate_hz, seed);
    for (size_t i = 0; i < n; i++) {
        double t = (double)i / rate_hz;
        double root = roots[(size_t)(t / 2.0) % 4];
        double duck = 1.0 - 0.6 * exp(-fmod(t, 0.5) * 9.0);
        double bass = 0.10 * duck * saw(root, t, 6);
        double chord = 0.0, side = 0.0;
        static const double ratio[] = {4.0, 4.7568, 5.9932, 8.0};
        for (int k = 0; k < 4; k++) {
            chord += 0.016 * saw(root * ratio[k], t, 12);
            side += 0.016 * saw(root * ratio[k] * 1.004, t, 12);
        }
        double note = fmod(t, 0.25);
        double lead =
            0.07 * exp(-note * 8.0) * saw(tune[(size_t)(t / 0.25) % 8], t, 16);
        double quiet = fmod(t, 8.0) < 2.0 ? 0.5 : 1.0;
        double mid = bass + duck * chord + lead;
        left[i] = (float)(0.6 * quiet * (1.25 * left[i] + mid + duck * side));
        right[i] = (float)(0.6 * quiet * (1.25 * right[i] + mid - duck * side));
    }
}
