/* The constant-Q transform against its definition at the full rate, in double
 * precision. */
#include "support/cases.h"

#include "analysis/cqt.h"
#include "analysis/halfband.h"
#include "frames_kept.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 66150, BINS = 84 };
#define RATE 22050.0
#define TOLERANCE 1e-4

static void run(kept *k, const float *x, int64_t n, int64_t block,
                const st_cqt_params *params) {
    st_cqt *c = NULL;
    k->values = (size_t)params->bins * (params->complex ? 2 : 1);
    assert_int_equal(st_cqt_new(&c, params, (st_frame_sink){keep_frame, k}),
                     ST_OK);
    for (int64_t at = 0; at < n; at += block)
        st_cqt_process(c, x + at, n - at < block ? n - at : block);
    st_cqt_finish(c);
    assert_int_equal(st_cqt_frames(c), k->frames);
    assert_int_equal(k->frames, n > 0 ? 1 + n / params->hop : 0);
    assert_int_equal(k->out_of_order, 0);
    st_cqt_free(c);
}

/* At the full rate. An octave further down runs at half the rate; its window
 * has a whole number of samples there and its middle between two of them, as
 * librosa's have. */
static void exact(const float *x, int64_t n, const st_cqt_params *p, int bin,
                  int64_t t, double out[2]) {
    double length = st_cqt_length(p, bin), sum = 0.0;
    double step = pow(2.0, (p->bins - 1 - bin) / p->per_octave);
    double whole = step * (floor(length / step / 2) + ceil(length / step / 2));
    out[0] = out[1] = 0.0;
    for (int64_t d = (int64_t)-whole; d <= (int64_t)whole; d++) {
        int64_t at = t * p->hop + d;
        double from = (double)d - 0.5 * step;
        double angle = 2.0 * M_PI * st_cqt_hz(p, bin) / p->rate_hz * (double)d;
        if (fabs(from) >= whole / 2)
            continue;
        double w = 0.5 + 0.5 * cos(2.0 * M_PI * from / whole);
        sum += w;
        if (at < 0 || at >= n)
            continue;
        out[0] += w * (double)x[at] * cos(angle);
        out[1] -= w * (double)x[at] * sin(angle);
    }
    out[0] *= sqrt(length) / sum;
    out[1] *= sqrt(length) / sum;
}

static void check_definition(bool analytic, double tolerance) {
    static float x[N], other[N];
    kept k = {0};
    st_cqt_params p = st_cqt_defaults(RATE);
    p.complex = true;
    p.analytic = analytic;
    sig_music(x, other, N, RATE, 5);
    run(&k, x, N, N, &p);
    for (int64_t t = 20; t < 110; t += 9) {
        const float *v = kept_frame(&k, t);
        double peak = 0.0;
        for (int b = 0; b < BINS; b++)
            peak = fmax(peak, hypot((double)v[b], (double)v[BINS + b]));
        for (int b = 0; b < BINS; b += 5) {
            double want[2];
            exact(x, N, &p, b, t, want);
            assert_close((double)v[b] / peak, want[0] / peak, tolerance, "re");
            assert_close((double)v[BINS + b] / peak, want[1] / peak, tolerance,
                         "im");
        }
    }
    kept_free(&k);
}

static void test_cqt_definition(void **state) {
    (void)state;
    check_definition(false, TOLERANCE);
    check_definition(true, TOLERANCE);
}

/* A steady tone on a bin reads sqrt(L) / 2 of its amplitude, at each octave's
 * rate, at any rate of the sound, and scales with its level. */
static void test_cqt_tones(void **state) {
    (void)state;
    static float x[400000];
    static const double rates[] = {8000, 22050, 48000, 192000};
    static const double gains[] = {1.0, 0.01};
    for (size_t r = 0; r < 4; r++)
        for (int bin = 5; bin < BINS; bin += 13)
            for (size_t g = 0; g < 2; g++) {
                st_cqt_params p = st_cqt_defaults(rates[r]);
                double hz = st_cqt_hz(&p, bin);
                size_t n = (size_t)(rates[r] * 2.0);
                kept k = {0};
                sig_sine(x, n, rates[r], hz, 20 * log10(0.5 * gains[g]), 0.3);
                run(&k, x, (int64_t)n, 5000, &p);
                const float *v = kept_frame(&k, k.frames / 2);
                double want = 0.25 * gains[g] * sqrt(st_cqt_length(&p, bin));
                if (bin < st_cqt_present(&p)) {
                    assert_close((double)v[bin] / want, 1.0, 2e-3, "tone");
                    for (int b = 0; b < BINS; b++)
                        assert_true(b == bin || v[b] < v[bin]);
                }
                kept_free(&k);
            }
}

/* Of a rate of 8 kHz the bins near 4 kHz cannot be measured. */
static void test_cqt_absent_bins_are_zero(void **state) {
    (void)state;
    static float x[8000];
    kept k = {0};
    st_cqt_params p = st_cqt_defaults(8000);
    int present = st_cqt_present(&p);
    assert_true(present >= 82 && present < 84);
    sig_white(x, 8000, 3, -10);
    run(&k, x, 8000, 8000, &p);
    for (int64_t t = 0; t < k.frames; t++)
        for (int b = present; b < BINS; b++)
            assert_true(kept_frame(&k, t)[b] == 0.0f);
    kept_free(&k);
}

static void test_cqt_any_block_same_bits(void **state) {
    (void)state;
    static float x[N], other[N];
    static const struct {
        int per_octave, hop;
        bool analytic;
        int64_t block;
    } cases[] = {{12, 512, true, 1},     {12, 512, true, 4097},
                 {36, 512, false, 333},  {12, 300, true, 5000},
                 {24, 1024, false, 100}, {12, 77, false, 999}};
    sig_music(x, other, N, RATE, 6);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_cqt_params p = st_cqt_defaults(RATE);
        kept want = {0}, got = {0};
        p.per_octave = cases[i].per_octave;
        p.bins = 7 * p.per_octave - 3;
        p.hop = cases[i].hop;
        p.analytic = cases[i].analytic;
        run(&want, x, N / 3, N, &p);
        run(&got, x, N / 3, cases[i].block, &p);
        assert_memory_equal(got.data, want.data,
                            (size_t)want.frames * want.values * sizeof(float));
        kept_free(&want);
        kept_free(&got);
    }
}

static void test_cqt_reset_is_new(void **state) {
    (void)state;
    static float x[N];
    kept first = {.values = BINS}, second = {.values = BINS};
    st_cqt_params p = st_cqt_defaults(RATE);
    st_cqt *c = NULL;
    sig_white(x, N, 8, -12);
    run(&first, x, 9000, 9000, &p);
    assert_int_equal(st_cqt_new(&c, &p, (st_frame_sink){keep_frame, &second}),
                     ST_OK);
    st_cqt_process(c, x, N);
    st_cqt_reset(c);
    second.frames = 0;
    st_cqt_process(c, x, 9000);
    st_cqt_finish(c);
    assert_int_equal(second.frames, first.frames);
    assert_memory_equal(second.data, first.data,
                        (size_t)first.frames * BINS * sizeof(float));
    st_cqt_free(c);
    kept_free(&first);
    kept_free(&second);
}

static void test_cqt_edges(void **state) {
    (void)state;
    static float x[4000];
    st_cqt_params p = st_cqt_defaults(RATE);
    kept k = {0};
    run(&k, x, 0, 1, &p);
    assert_int_equal(k.frames, 0);
    run(&k, x, 4000, 4000, &p); /* silence */
    for (int i = 0; i < 8 * BINS; i++)
        assert_true(k.data[i] == 0.0f);
    kept_free(&k);
    x[0] = NAN;
    x[1] = 1.0f; /* a click */
    run(&k, x, 2, 2, &p);
    assert_int_equal(k.frames, 1);
    for (int b = 0; b < BINS; b++)
        assert_true(isfinite(k.data[b]) && k.data[b] < 1.0f);
    kept_free(&k);
    for (int i = 0; i < 4000; i++)
        x[i] = 0.5f; /* DC: nothing in the middle of a long one */
    p.low_hz = 440.0;
    p.bins = 36;
    run(&k, x, 4000, 4000, &p);
    for (int b = 0; b < 36; b++)
        assert_true(kept_frame(&k, 4)[b] < 1e-3f);
    kept_free(&k);
}

static void test_cqt_refuses(void **state) {
    (void)state;
    st_cqt *c = NULL;
    kept k = {0};
    for (int i = 0; i < 7; i++) {
        st_cqt_params p = st_cqt_defaults(RATE);
        p.rate_hz = i == 0 ? 7999.0 : p.rate_hz;
        p.low_hz = i == 1 ? 9.0 : i == 2 ? 6000.0 : p.low_hz;
        p.bins = i == 3 ? 0 : p.bins;
        p.per_octave = i == 4 ? 97 : p.per_octave;
        p.hop = i == 5 ? 0 : p.hop;
        p.scale = i == 6 ? NAN : p.scale;
        assert_int_equal(st_cqt_new(&c, &p, (st_frame_sink){keep_frame, &k}),
                         ST_BAD_ARG);
    }
    assert_null(c);
}

static void test_halfband_filter(void **state) {
    (void)state;
    float taps[ST_HALFBAND_PAIRS];
    st_halfband_fill(taps);
    for (double f = 0.0; f <= 0.5; f += 0.001) {
        double gain = st_halfband_gain(taps, f);
        if (f <= 0.2)
            assert_close(gain, 1.0, 1e-5, "pass");
        if (f >= 0.3)
            assert_close(gain, 0.0, 5e-6, "stop");
    }
}

/* Gain of a symmetric filter at `cycles` per sample. */
static double steep_gain(const float *taps, double cycles) {
    double gain = (double)taps[0];
    for (int k = 1; k <= ST_STEEP_REACH; k++)
        gain += 2.0 * (double)taps[k] * cos(2.0 * M_PI * cycles * k);
    return gain;
}

static void test_steep_filter(void **state) {
    (void)state;
    float taps[ST_STEEP_REACH + 1];
    st_steep_fill(taps);
    for (double f = 0.0; f < 0.2265; f += 0.0005)
        assert_close(steep_gain(taps, f), 1.0, 1e-6, "pass band");
    assert_close(steep_gain(taps, 0.239), 0.5, 1e-3, "middle");
    for (double f = 0.252; f < 0.5; f += 0.0005)
        assert_true(fabs(steep_gain(taps, f)) < 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cqt_definition),
        cmocka_unit_test(test_cqt_tones),
        cmocka_unit_test(test_cqt_absent_bins_are_zero),
        cmocka_unit_test(test_cqt_any_block_same_bits),
        cmocka_unit_test(test_cqt_reset_is_new),
        cmocka_unit_test(test_cqt_edges),
        cmocka_unit_test(test_cqt_refuses),
        cmocka_unit_test(test_halfband_filter),
        cmocka_unit_test(test_steep_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
