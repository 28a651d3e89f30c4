/* crossover: flat sums, 24 dB/octave, every band where it belongs. */
#include "support/cases.h"

#include "dsp/crossover.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 65536 };

static float input[FRAMES], band[4][FRAMES], sum[FRAMES];

static void split(double rate_hz, const st_crossover_params *p) {
    st_spec spec = {rate_hz, 1, FRAMES};
    st_crossover *u = NULL;
    assert_int_equal(st_crossover_new(&u, &spec, p), ST_OK);
    const float *in[] = {input};
    float *out[] = {band[0], band[1], band[2], band[3]};
    st_crossover_process(u, in, out, FRAMES);
    memset(sum, 0, sizeof sum);
    for (int b = 0; b < p->bands; b++)
        for (int i = 0; i < FRAMES; i++)
            sum[i] += band[b][i];
    st_crossover_free(u);
}

/* Magnitude of an impulse response at hz. */
static double response_db(const float *h, double rate_hz, double hz) {
    double re = 0.0, im = 0.0;
    for (int i = 0; i < FRAMES; i++) {
        re += (double)h[i] * cos(2.0 * M_PI * hz * i / rate_hz);
        im -= (double)h[i] * sin(2.0 * M_PI * hz * i / rate_hz);
    }
    return meter_db(hypot(re, im));
}

static void test_bands_sum_flat(void **state) {
    (void)state;
    static const struct {
        double rate_hz;
        st_crossover_params p;
    } cases[] = {
        {44100.0, {2, {1000.0}}},
        {48000.0, {3, {150.0, 3000.0}}},
        {48000.0, {4, {120.0, 800.0, 5000.0}}},
        {48000.0, {4, {200.0, 215.0, 230.0}}},
        {96000.0, {4, {60.0, 2000.0, 15000.0}}},
        {8000.0, {4, {100.0, 500.0, 9000.0}}}, /* the last is clamped */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sig_impulse(input, FRAMES, 0, 1.0);
        split(cases[i].rate_hz, &cases[i].p);
        for (double hz = 15.0; hz < 0.49 * cases[i].rate_hz; hz *= 1.35)
            assert_close(response_db(sum, cases[i].rate_hz, hz), 0.0, 0.001,
                         "sum of the bands");
    }
}

static void test_bands_have_their_slopes(void **state) {
    (void)state;
    st_crossover_params p = {4, {100.0, 1000.0, 8000.0}};
    sig_impulse(input, FRAMES, 0, 1.0);
    split(48000.0, &p);
    static const struct {
        int band;
        double hz, want_db, tolerance_db;
    } cases[] = {
        {0, 30.0, -0.07, 0.05},    {0, 100.0, -6.02, 0.02},
        {1, 100.0, -6.02, 0.02},   {1, 316.2, -0.17, 0.05},
        {1, 1000.0, -6.02, 0.02},  {2, 1000.0, -6.02, 0.02},
        {2, 8000.0, -6.02, 0.02},  {3, 8000.0, -6.02, 0.02},
        {0, 400.0, -48.2, 0.3},    {1, 25.0, -48.2, 0.3},
        {2, 250.0, -48.2, 0.3},    {3, 1000.0, -81.6, 0.3},
        {0, 5000.0, -178.0, 14.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_close(response_db(band[cases[i].band], 48000.0, cases[i].hz),
                     cases[i].want_db, cases[i].tolerance_db, "band");
}

/* A change of frequency while a tone runs: no click, and flat again. */
static void test_moves_without_clicks(void **state) {
    (void)state;
    st_spec spec = {48000.0, 1, FRAMES};
    st_crossover_params p = st_crossover_defaults();
    st_crossover *u = NULL;
    assert_int_equal(st_crossover_new(&u, &spec, &p), ST_OK);
    sig_sine(input, FRAMES, 48000.0, 200.0, 0.0, 0.0);
    const float *in[] = {input};
    float *out[] = {band[0], band[1], band[2], band[3]};
    st_crossover_process(u, in, out, FRAMES / 2);
    p.hz[0] = 400.0;
    st_crossover_set(u, &p);
    const float *in2[] = {input + FRAMES / 2};
    float *out2[4];
    for (int b = 0; b < 4; b++)
        out2[b] = band[b] + FRAMES / 2;
    st_crossover_process(u, in2, out2, FRAMES / 2);
    float top = 0.0f;
    for (int i = 4001; i < FRAMES; i++) {
        float before = 0.0f, now = 0.0f;
        for (int b = 0; b < 4; b++) {
            before += band[b][i - 1];
            now += band[b][i];
        }
        top = fmaxf(top, fabsf(now - before));
        sum[i] = now;
    }
    assert_true(top < 1.2f * 2.0f * (float)M_PI * 200.0f / 48000.0f);
    assert_close(meter_tone_db(sum + 40000, 20000, 48000.0, 200.0), 0.0, 0.01,
                 "after the move");
    st_crossover_free(u);
}

static void test_band_count_is_checked(void **state) {
    (void)state;
    st_spec spec = {48000.0, 2, 64};
    st_crossover *u = NULL;
    for (int bands = 0; bands <= 5; bands += bands == 1 ? 4 : 1) {
        st_crossover_params p = {bands, {100.0, 200.0, 300.0}};
        assert_int_equal(st_crossover_new(&u, &spec, &p), ST_BAD_ARG);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bands_sum_flat),
        cmocka_unit_test(test_bands_have_their_slopes),
        cmocka_unit_test(test_moves_without_clicks),
        cmocka_unit_test(test_band_count_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
