/* The cases of EBU Tech 3341 (1-6, 9-14), 3342 (1-4) and the tones and gates
 * of ITU-R BS.2217, made here. 15-23 are in test_truepeak.c; 7 and 8 (real
 * programme) are stood in for by music, beside libebur128 and plain code. */
#include "support/cases.h"

#include "analysis/loudness.h"
#include "analysis/programme.h"
#include "support/signals.h"

#include <ebur128.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SILENT = -999 };

/* in: the same signal in each channel of `gains` (linear, 0 = silent). */
static st_loudness_result measure(const float *x, size_t n, double rate_hz,
                                  int channels, const double *gains,
                                  size_t block) {
    st_loudness *meter = NULL;
    assert_int_equal(st_loudness_new(&meter, rate_hz, channels, 0, NULL),
                     ST_OK);
    float *scaled[8] = {NULL};
    for (int c = 0; c < channels; c++) {
        scaled[c] = malloc((n + 1) * sizeof(float));
        for (size_t i = 0; i < n; i++)
            scaled[c][i] = gains == NULL ? x[i] : (float)(gains[c] * x[i]);
    }
    for (size_t at = 0; at < n; at += block) {
        const float *in[8];
        for (int c = 0; c < channels; c++)
            in[c] = scaled[c] + at;
        st_loudness_process(meter, in,
                            (int64_t)(n - at < block ? n - at : block));
    }
    st_loudness_finish(meter);
    st_loudness_result result;
    st_loudness_get(meter, &result);
    st_loudness_free(meter);
    for (int c = 0; c < channels; c++)
        free(scaled[c]);
    return result;
}

static st_loudness_result programme(const step *steps, size_t count,
                                    double rate_hz, double hz) {
    size_t n = 0;
    float *x = programme_new(steps, count, rate_hz, hz, &n);
    st_loudness_result result = measure(x, n, rate_hz, 2, NULL, 4096);
    free(x);
    return result;
}

static const double rates[] = {8000,  16000, 22050, 44100,
                               48000, 88200, 96000, 192000};
enum { RATES = sizeof rates / sizeof rates[0] };

typedef struct {
    const char *name;
    step steps[5];
    size_t count;
    double lufs;
} gated_case;

static void test_ebu3341_integrated(void **state) {
    (void)state;
    static const gated_case cases[] = {
        {"1", {{20, -23}}, 1, -23},
        {"2", {{20, -33}}, 1, -33},
        {"3", {{10, -36}, {60, -23}, {10, -36}}, 3, -23},
        {"4", {{10, -72}, {10, -36}, {60, -23}, {10, -36}, {10, -72}}, 5, -23},
        {"5", {{20, -26}, {20.1, -20}, {20, -26}}, 3, -23},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t r = 0; r < RATES; r++) {
            st_loudness_result got =
                programme(cases[i].steps, cases[i].count, rates[r], 1000.0);
            assert_close(got.integrated_lufs, cases[i].lufs, 0.1,
                         cases[i].name);
            if (i < 2) {
                assert_close(got.momentary_lufs, cases[i].lufs, 0.1, "M");
                assert_close(got.short_term_lufs, cases[i].lufs, 0.1, "S");
            }
        }
}

static void test_ebu3341_6_surround(void **state) {
    (void)state;
    static const step tone = {20, 0};
    size_t n = 0;
    float *x = programme_new(&tone, 1, 48000, 1000, &n);
    double l = pow(10, -28 / 20.0);
    double c = pow(10, -24 / 20.0);
    double s = pow(10, -30 / 20.0);
    double five[] = {l, l, c, s, s};
    double six[] = {l, l, c, 1.0, s, s}; /* a loud LFE is not counted */
    st_loudness_result got = measure(x, n, 48000, 5, five, 1000);
    assert_close(got.integrated_lufs, -23, 0.1, "5.0");
    got = measure(x, n, 48000, 6, six, 1000);
    assert_close(got.integrated_lufs, -23, 0.1, "5.1");
    free(x);
}

static void repeat(step *out, const step *pair, int times) {
    for (int i = 0; i < times; i++) {
        out[2 * i] = pair[0];
        out[2 * i + 1] = pair[1];
    }
}

static void test_ebu3341_9_12_steady(void **state) {
    (void)state;
    step steps[50];
    repeat(steps, (const step[]){{1.34, -20}, {1.66, -30}}, 5);
    for (size_t r = 0; r < RATES; r++)
        assert_close(programme(steps, 10, rates[r], 1000).short_term_max_lufs,
                     -23, 0.1, "9");
    repeat(steps, (const step[]){{0.18, -20}, {0.22, -30}}, 25);
    for (size_t r = 0; r < RATES; r++)
        assert_close(programme(steps, 50, rates[r], 1000).momentary_max_lufs,
                     -23, 0.1, "12");
}

static void test_ebu3341_10_13_maxima(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++)
        for (size_t r = 0; r < RATES; r += 3) {
            step ten[] = {{i * 0.15, SILENT}, {3, -23}, {1, SILENT}};
            assert_close(programme(ten, 3, rates[r], 1000).short_term_max_lufs,
                         -23, 0.1, "10");
            step thirteen[] = {{i * 0.02, SILENT}, {0.4, -23}, {1, SILENT}};
            assert_close(
                programme(thirteen, 3, rates[r], 1000).momentary_max_lufs, -23,
                0.1, "13");
        }
}

static void test_ebu3341_11_14_live(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        step eleven[] = {
            {i * 0.15, SILENT}, {3, -38.0 + i}, {3 - i * 0.15, SILENT}};
        assert_close(programme(eleven, 3, 48000, 1000).short_term_max_lufs,
                     -38.0 + i, 0.1, "11");
        step fourteen[] = {
            {i * 0.02, SILENT}, {0.4, -38.0 + i}, {0.4 - i * 0.02, SILENT}};
        assert_close(programme(fourteen, 3, 48000, 1000).momentary_max_lufs,
                     -38.0 + i, 0.1, "14");
    }
}

static void test_ebu3342_range(void **state) {
    (void)state;
    static const struct {
        step steps[5];
        size_t count;
        double lu;
    } cases[] = {
        {{{20, -20}, {20, -30}}, 2, 10},
        {{{20, -20}, {20, -15}}, 2, 5},
        {{{20, -40}, {20, -20}}, 2, 20},
        {{{20, -50}, {20, -35}, {20, -20}, {20, -35}, {20, -50}}, 5, 15},
    };
    for (size_t i = 0; i < 4; i++)
        for (size_t r = i % 2; r < RATES; r += 2)
            assert_close(
                programme(cases[i].steps, cases[i].count, rates[r], 1000)
                    .range_lu,
                cases[i].lu, 0.1, "LRA");
}

/* BS.2217: tones whose level makes -23 LUFS at 48 kHz; here at each rate the
 * reading must equal what the 48 kHz filter reads. */
static void test_bs2217_tones_at_each_rate(void **state) {
    (void)state;
    static const double hz[] = {25,   100,  500,   1000,  2000, 3000,
                                5000, 7500, 10000, 15000, 20000};
    double worst_high = 0.0;
    double worst_low = 0.0;
    for (size_t f = 0; f < sizeof hz / sizeof hz[0]; f++) {
        step tone[] = {{4, -20}};
        double want = programme(tone, 1, 48000, hz[f]).integrated_lufs;
        for (size_t r = 0; r < RATES; r++) {
            if (hz[f] > 0.45 * rates[r])
                continue;
            double off = fabs(
                programme(tone, 1, rates[r], hz[f]).integrated_lufs - want);
            double *worst = rates[r] >= 44100 ? &worst_high : &worst_low;
            *worst = off > *worst ? off : *worst;
        }
    }
    print_message("K weighting off by at most %.4f LU (44.1 kHz up), %.4f\n",
                  worst_high, worst_low);
    assert_true(worst_high <= 0.02);
    assert_true(worst_low <= 0.05);
}

static void test_bs2217_gates(void **state) {
    (void)state;
    /* AbsGate: bursts at -69.5 dBFS half of the time; RelGate: -19.9, -7.1,
     * -19.9 dBFS. Nominal -69.5 and -10.0. */
    step absolute[8];
    repeat(absolute, (const step[]){{0.5, -69.5}, {0.5, -120}}, 4);
    double got = programme(absolute, 8, 48000, 1000).integrated_lufs;
    assert_close(got, -69.5, 0.1, "AbsGate");
    step relative[] = {
        {0.5, SILENT}, {0.9, -19.9}, {1.3, -7.1}, {0.8, -19.9}, {0.5, SILENT}};
    got = programme(relative, 5, 48000, 1000).integrated_lufs;
    assert_close(got, -10.0, 0.1, "RelGate");
}

static void test_loudness_any_block_same_bits(void **state) {
    (void)state;
    size_t n = 44100 * 5;
    float *l = malloc(n * sizeof *l);
    float *r = malloc(n * sizeof *r);
    sig_music(l, r, n, 44100, 3);
    static const size_t blocks[] = {1, 7, 441, 1024, 4097, 300000};
    st_loudness_result first = measure(l, n, 44100, 2, NULL, blocks[0]);
    for (size_t i = 1; i < 6; i++) {
        st_loudness_result got = measure(l, n, 44100, 2, NULL, blocks[i]);
        assert_memory_equal(&got, &first, sizeof got);
    }
    free(l);
    free(r);
}

static double libebur128_integrated(const float *l, const float *r, size_t n) {
    ebur128_state *s = ebur128_init(2, 48000, EBUR128_MODE_I);
    for (size_t i = 0; i < n; i++) {
        float frame[2] = {l[i], r[i]};
        ebur128_add_frames_float(s, frame, 1);
    }
    double lufs = 0.0;
    ebur128_loudness_global(s, &lufs);
    ebur128_destroy(&s);
    return lufs;
}

static int rising(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Tech 3342 to the letter with 3 s blocks each 100 ms, at 48 kHz, in double
 * precision. (libebur128 takes a block each second only.) */
static double plain_range(const float *l, const float *r, size_t n) {
    static const double c[2][5] = {
        {1.53512485958697, -2.69169618940638, 1.19839281085285,
         -1.69065929318241, 0.73248077421585},
        {1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621}};
    const float *in[2] = {l, r};
    size_t steps = n / 4800;
    double *energy = calloc(steps, sizeof *energy);
    for (int ch = 0; ch < 2; ch++) {
        double x[3][3] = {{0}};
        for (size_t i = 0; i < steps * 4800; i++) {
            x[0][2] = x[0][1];
            x[0][1] = x[0][0];
            x[0][0] = (double)in[ch][i];
            for (int k = 0; k < 2; k++) {
                double y = c[k][0] * x[k][0] + c[k][1] * x[k][1] +
                           c[k][2] * x[k][2] - c[k][3] * x[k + 1][0] -
                           c[k][4] * x[k + 1][1];
                x[k + 1][2] = x[k + 1][1];
                x[k + 1][1] = x[k + 1][0];
                x[k + 1][0] = y;
            }
            energy[i / 4800] += x[2][0] * x[2][0] / 4800.0;
        }
    }
    double *block = calloc(steps, sizeof *block);
    size_t count = 0;
    double mean = 0.0;
    for (size_t i = 29; i < steps; i++) {
        double sum = 0.0;
        for (size_t k = 0; k < 30; k++)
            sum += energy[i - k] / 30.0;
        if (-0.691 + 10 * log10(sum) > -70.0)
            block[count++] = sum;
    }
    for (size_t i = 0; i < count; i++)
        mean += block[i] / (double)count;
    qsort(block, count, sizeof *block, rising);
    size_t first = 0;
    while (block[first] <= 0.01 * mean)
        first++;
    size_t last = count - first - 1;
    double low = block[first + (size_t)floor(0.10 * (double)last + 0.5)];
    double high = block[first + (size_t)floor(0.95 * (double)last + 0.5)];
    free(energy);
    free(block);
    return 10 * log10(high / low);
}

/* Stands for 3341 cases 7 and 8: programme of changing level. */
static void test_ebu3341_7_8_programme(void **state) {
    (void)state;
    size_t n = 48000 * 30;
    float *l = malloc(n * sizeof *l);
    float *r = malloc(n * sizeof *r);
    sig_music(l, r, n, 48000, 5);
    for (int wide = 0; wide < 2; wide++) {
        for (size_t i = 0; i < n && wide; i++) {
            double fade = pow(10, -(double)(i % (n / 3)) / (n / 3) * 1.2);
            l[i] = (float)(l[i] * fade);
            r[i] = (float)(r[i] * fade);
        }
        double lufs = libebur128_integrated(l, r, n);
        double range = plain_range(l, r, n);
        st_loudness *meter = NULL;
        assert_int_equal(st_loudness_new(&meter, 48000, 2, 0, NULL), ST_OK);
        const float *in[] = {l, r};
        st_loudness_process(meter, in, (int64_t)n);
        st_loudness_finish(meter);
        st_loudness_result got;
        st_loudness_get(meter, &got);
        st_loudness_free(meter);
        assert_close(got.integrated_lufs, lufs, 0.02, "integrated");
        assert_close(got.range_lu, range, 0.1, "range");
    }
    free(l);
    free(r);
}

static void test_loudness_edges(void **state) {
    (void)state;
    float zero[100] = {0};
    st_loudness_result got = measure(zero, 100, 48000, 2, NULL, 10);
    assert_true(isinf(got.integrated_lufs) && got.integrated_lufs < 0);
    assert_close(got.range_lu, 0, 0, "range of nothing");
    st_loudness *meter = NULL;
    assert_int_equal(st_loudness_new(&meter, 7999, 2, 0, NULL), ST_BAD_ARG);
    assert_int_equal(st_loudness_new(&meter, 48000, 9, 0, NULL), ST_BAD_ARG);
    float bad[4800];
    sig_sine(bad, 4800, 48000, 1000, -20, 0);
    bad[100] = NAN;
    bad[200] = INFINITY;
    float *x = malloc(48000 * sizeof *x);
    for (size_t i = 0; i < 48000; i++)
        x[i] = bad[i % 4800];
    got = measure(x, 48000, 48000, 2, NULL, 999);
    assert_close(got.integrated_lufs, -20, 0.1, "NaN does not stick");
    free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ebu3341_integrated),
        cmocka_unit_test(test_ebu3341_6_surround),
        cmocka_unit_test(test_ebu3341_9_12_steady),
        cmocka_unit_test(test_ebu3341_10_13_maxima),
        cmocka_unit_test(test_ebu3341_11_14_live),
        cmocka_unit_test(test_ebu3342_range),
        cmocka_unit_test(test_bs2217_tones_at_each_rate),
        cmocka_unit_test(test_bs2217_gates),
        cmocka_unit_test(test_loudness_any_block_same_bits),
        cmocka_unit_test(test_ebu3341_7_8_programme),
        cmocka_unit_test(test_loudness_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
