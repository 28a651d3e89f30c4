#include "dsp/adversary.h"

#include "support/signals.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define PI 3.14159265358979323846

/* EBU 15-19: a tone at fs / d with the stated phase and peak. */
static void ebu_tone(float *out, size_t n, double rate_hz, int variant) {
    static const double d[] = {4, 4, 6, 8, 4};
    static const double phase[] = {0, 45, 60, 67.5, 45};
    static const double peak[] = {0.5, 0.5, 0.5, 0.5, 1.41};
    (void)rate_hz;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(peak[variant] * sin(2 * PI * (double)i / d[variant] +
                                             phase[variant] * PI / 180.0));
}

static double sinc_window(double t, double half) {
    if (fabs(t) >= half)
        return 0.0;
    double w = 0.42 + 0.5 * cos(PI * t / half) + 0.08 * cos(2 * PI * t / half);
    return w * (t == 0.0 ? 1.0 : sin(PI * t) / (PI * t));
}

/* EBU 20-23: at 4 fs, fs / 6 at half scale, one period of fs / 4 at full
 * scale in the middle; every fourth point kept from the offset on. */
static void ebu_burst(float *out, size_t n, double rate_hz, int variant) {
    (void)rate_hz;
    const long middle = (long)(2 * n) / 24 * 24;
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;
        long centre = 4 * (long)i + variant;
        for (long k = centre - 128; k <= centre + 128; k++) {
            bool burst = k >= middle && k < middle + 16;
            double x = burst ? sin(2 * PI * (double)(k - middle) / 16.0)
                             : 0.5 * sin(2 * PI * (double)k / 24.0);
            sum += 0.25 * x * sinc_window((double)(k - centre) / 4.0, 32.0);
        }
        out[i] = (float)sum;
    }
}

/* Full-scale bursts of one frequency: variant / 1000 of the rate. */
static void bursts(float *out, size_t n, double rate_hz, int variant) {
    double hz = rate_hz * variant / 1000.0;
    sig_bursts(out, n, rate_hz, hz, 0.011, 0.013, 0.0);
}

static void clipped_square(float *out, size_t n, double rate_hz, int variant) {
    for (size_t i = 0; i < n; i++) {
        double x = 4.0 * sin(2 * PI * variant * (double)i / rate_hz + 0.3);
        out[i] = (float)fmin(1.0, fmax(-1.0, x));
    }
}

static void impulses(float *out, size_t n, double rate_hz, int variant) {
    (void)rate_hz;
    memset(out, 0, n * sizeof *out);
    for (size_t i = 7; i + 2 < n; i += (size_t)variant) {
        bool odd = i / (size_t)variant % 2 != 0;
        out[i] = odd ? -1.0f : 1.0f;
        out[i + 1] = odd ? 0.0f : 1.0f;
    }
}

/* Noise between 9 and 11 kHz under a fast decay, eight hits a second. */
static void hats(float *out, size_t n, double rate_hz, int variant) {
    for (size_t i = 0; i < n; i++) {
        double t = (double)i / rate_hz;
        double since = fmod(t, 0.125);
        double x = 0.0;
        for (int k = 0; k < 24; k++) {
            double hz =
                9000.0 + 2000.0 * sig_uniform((uint64_t)variant, (uint64_t)k);
            x += sin(2 * PI * hz * since + 0.37 * k * k);
        }
        out[i] = (float)(0.3 * x * exp(-since * 60.0));
    }
}

/* Signs in a random row: every sample at full scale. */
static void signs(float *out, size_t n, double rate_hz, int variant) {
    (void)rate_hz;
    for (size_t i = 0; i < n; i++) {
        double v = sig_uniform((uint64_t)variant, i / 2);
        out[i] = v < 0.5 ? 1.0f : -1.0f;
    }
}

static void music(float *out, size_t n, double rate_hz, int variant) {

    static float right[1 << 18];
    sig_music(out, right, n, rate_hz, (uint64_t)variant);
}

static void drums(float *out, size_t n, double rate_hz, int variant) {
    static float right[1 << 18];
    sig_drums(out, right, n, rate_hz, (uint64_t)variant);
}

const adversary adversaries[] = {
    {"EBU 15", ebu_tone, 0},
    {"EBU 16: fs/4 at 45", ebu_tone, 1},
    {"EBU 17: fs/6 at 60", ebu_tone, 2},
    {"EBU 18", ebu_tone, 3},
    {"EBU 19", ebu_tone, 4},
    {"EBU 20", ebu_burst, 0},
    {"EBU 21", ebu_burst, 1},
    {"EBU 22", ebu_burst, 2},
    {"EBU 23", ebu_burst, 3},
    {"bursts at fs/4", bursts, 250},
    {"bursts at 0.02 fs", bursts, 20},
    {"bursts at 0.36 fs", bursts, 360},
    {"bursts at 0.43 fs", bursts, 430},
    {"square, 997 Hz", clipped_square, 997},
    {"square, 50 Hz", clipped_square, 50},
    {"impulses", impulses, 97},
    {"impulses, far", impulses, 3001},
    {"hats", hats, 1},
    {"random signs", signs, 1},
    {"drums", drums, 1},
    {"music", music, 1},
};
const size_t adversary_count = sizeof adversaries / sizeof *adversaries;

void adversary_dither16(float *x, size_t n, unsigned seed) {
    for (size_t i = 0; i < n; i++) {
        double d = sig_uniform(seed, 2 * i) - sig_uniform(seed, 2 * i + 1);
        x[i] = (float)(floor((double)x[i] * 32768.0 + d + 0.5) / 32768.0);
    }
}
