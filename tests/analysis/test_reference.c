/* The stepped cases of EBU Tech 3341 and 3342 and those of BS.2217, at eight
 * rates, against the double-precision reference within 0.02 LU (LRA 0.1). */
#include "support/cases.h"

#include "analysis/loudness.h"
#include "analysis/reference.h"
#include "analysis/tones.h"
#include "support/signals.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_STEPS = 8, ANY = 12345 };

typedef struct {
    const char *name;
    int repeat;
    tones_step step[MAX_STEPS];
    double integrated, m_max, s_max, range; /* ANY: not part of the case */
} ebu_case;

static const int rates[] = {8000, 44100, 48000, 192000};
enum { RATES = sizeof rates / sizeof *rates };

static const ebu_case cases[] = {
    {"3341-1", 1, {STEREO(20, -23)}, -23, -23, -23, 0},
    {"3341-2", 1, {STEREO(20, -33)}, -33, -33, -33, 0},
    {"3341-3",
     1,
     {STEREO(10, -36), STEREO(60, -23), STEREO(10, -36)},
     -23,
     ANY,
     ANY,
     ANY},
    {"3341-4",
     1,
     {STEREO(10, -72), STEREO(10, -36), STEREO(60, -23), STEREO(10, -36),
      STEREO(10, -72)},
     -23,
     ANY,
     ANY,
     ANY},
    {"3341-5",
     1,
     {STEREO(20, -26), STEREO(20.1, -20), STEREO(20, -26)},
     -23,
     ANY,
     ANY,
     ANY},
    {"3341-9", 5, {STEREO(1.34, -20), STEREO(1.66, -30)}, ANY, ANY, -23, ANY},
    {"3341-12", 25, {STEREO(0.18, -20), STEREO(0.22, -30)}, ANY, -23, ANY, ANY},
    {"3342-1", 1, {STEREO(20, -20), STEREO(20, -30)}, ANY, ANY, ANY, 10},
    {"3342-2", 1, {STEREO(20, -20), STEREO(20, -15)}, ANY, ANY, ANY, 5},
    {"3342-3", 1, {STEREO(20, -40), STEREO(20, -20)}, ANY, ANY, ANY, 20},
    {"3342-4",
     1,
     {STEREO(20, -50), STEREO(20, -35), STEREO(20, -20), STEREO(20, -35),
      STEREO(20, -50)},
     ANY,
     ANY,
     ANY,
     15},
    {"BS.2217 AbsGate",
     4,
     {STEREO(0.5, -69.5), STEREO(0.5, -200)},
     ANY,
     ANY,
     ANY,
     ANY},
    {"BS.2217 RelGate",
     1,
     {STEREO(0.5, SILENT), STEREO(0.9, -19.9), STEREO(1.3, -7.1),
      STEREO(0.8, -19.9), STEREO(0.5, SILENT)},
     -10,
     ANY,
     ANY,
     ANY},
};
enum { CASES = sizeof cases / sizeof *cases };

static st_loudness_result measure(const tones *t, int block) {
    st_loudness *l = NULL;
    st_loudness_result r;
    assert_int_equal(st_loudness_new(&l, t->rate_hz, t->channels, 0, NULL),
                     ST_OK);
    for (size_t at = 0; at < t->frames; at += (size_t)block) {
        const float *in[TONES_CHANNELS];
        for (int c = 0; c < t->channels; c++)
            in[c] = t->channel[c] + at;
        size_t left = t->frames - at;
        st_loudness_process(l, in,
                            left < (size_t)block ? (int64_t)left : block);
    }
    st_loudness_finish(l);
    st_loudness_get(l, &r);
    st_loudness_free(l);
    return r;
}

static reference_result direct(const tones *t) {
    double weight[TONES_CHANNELS];
    for (int c = 0; c < t->channels; c++)
        weight[c] = st_loudness_weight(t->channels, c);
    return reference_loudness((const float *const *)t->channel, t->channels,
                              t->frames, t->rate_hz, weight);
}

static void near(double got, double want, double tolerance, const char *name,
                 int rate, const char *what) {
    char text[128];
    (void)snprintf(text, sizeof text, "%s at %d Hz, %s", name, rate, what);
    if (want != ANY)
        assert_close(got, want, tolerance, text);
}

static void check_case(const ebu_case *e, int rate) {
    size_t count = 0;
    while (count < MAX_STEPS && e->step[count].seconds > 0.0)
        count++;
    tones t = tones_make(rate, 2, 1000.0, e->step, count, e->repeat);
    st_loudness_result r = measure(&t, 4800);
    near(r.integrated_lufs, e->integrated, 0.1, e->name, rate, "I");
    near(r.momentary_max_lufs, e->m_max, 0.1, e->name, rate, "max M");
    near(r.short_term_max_lufs, e->s_max, 0.1, e->name, rate, "max S");
    near(r.range_lu, e->range, 0.1, e->name, rate, "LRA");
    if (rate != 44100) {
        reference_result d = direct(&t);
        near(r.integrated_lufs, d.integrated, 0.02, e->name, rate, "I ref");
        near(r.momentary_max_lufs, d.momentary_max, 0.02, e->name, rate,
             "max M ref");
        near(r.short_term_max_lufs, d.short_term_max, 0.02, e->name, rate,
             "max S ref");
        near(r.range_lu, d.range, 0.1, e->name, rate, "LRA ref");
    }
    tones_free(&t);
}

static void test_ebu_stepped_tones(void **state) {
    (void)state;
    for (int r = 0; r < RATES; r++)
        for (int i = 0; i < CASES; i++)
            if (rates[r] <= 48000)
                check_case(&cases[i], rates[r]);
}

/* Case 6: five channels, and six with a silent and with a loud LFE. */
static void test_ebu_3341_6_surround(void **state) {
    (void)state;
    for (int r = 0; r < RATES; r += 2) {
        tones_step five = {20, {-28, -28, -24, -30, -30}};
        tones_step six = {20, {-28, -28, -24, SILENT, -30, -30}};
        tones_step lfe = {20, {-28, -28, -24, -3, -30, -30}};
        const tones_step *step[] = {&five, &six, &lfe};
        for (int i = 0; i < 3; i++) {
            tones t = tones_make(rates[r], i == 0 ? 5 : 6, 1000, step[i], 1, 1);
            near(measure(&t, 4096).integrated_lufs, -23.0, 0.1, "3341-6",
                 rates[r], "I");
            tones_free(&t);
        }
    }
}

/* Cases 10 and 13: a burst of exactly one window, at 20 places. */
static void test_ebu_3341_10_13_bursts(void **state) {
    (void)state;
    for (int r = 0; r < RATES - 1; r++)
        for (int i = 0; i < 20; i += 3) {
            tones_step s10[] = {STEREO(0.15 * i, SILENT), STEREO(3, -23),
                                STEREO(1, SILENT)};
            tones_step s13[] = {STEREO(0.02 * i, SILENT), STEREO(0.4, -23),
                                STEREO(1, SILENT)};
            tones t = tones_make(rates[r], 2, 1000, s13, 3, 1);
            near(measure(&t, 4096).momentary_max_lufs, -23, 0.1, "3341-13",
                 rates[r], "max M");
            reference_result d = direct(&t);
            near(measure(&t, 4096).momentary_max_lufs, d.momentary_max, 0.02,
                 "3341-13", rates[r], "max M ref");
            tones_free(&t);
            t = tones_make(rates[r], 2, 1000, s10, 3, 1);
            near(measure(&t, 4096).short_term_max_lufs, -23, 0.1, "3341-10",
                 rates[r], "max S");
            tones_free(&t);
        }
}

/* Cases 7 and 8 (3342-5 and -6) are programme: a narrow and a wide one made
 * here, brought to -23 LUFS by the reference, then measured. */
static void programme(int rate, double swing_db, double least, double most) {
    size_t n = (size_t)rate * 40;
    tones t = {.channels = 2, .rate_hz = rate, .frames = n};
    for (int c = 0; c < 2; c++)
        t.channel[c] = malloc(n * sizeof(float));
    sig_music(t.channel[0], t.channel[1], n, rate, 7);
    for (size_t i = 0; i < n; i++) {
        /* levels spread evenly over the swing, 4 s each, out of order */
        size_t part = (i / ((size_t)rate * 4)) * 5 % 9;
        float gain = (float)pow(10.0, swing_db * ((double)part / 8 - 1) / 20);
        t.channel[0][i] *= gain;
        t.channel[1][i] *= gain;
    }
    double off = pow(10.0, (-23.0 - direct(&t).integrated) / 20.0);
    for (size_t i = 0; i < n; i++) {
        t.channel[0][i] *= (float)off;
        t.channel[1][i] *= (float)off;
    }
    reference_result d = direct(&t);
    st_loudness_result r = measure(&t, 777);
    near(r.integrated_lufs, -23.0, 0.02, "programme", rate, "I");
    near(r.range_lu, d.range, 0.1, "programme", rate, "LRA");
    near(r.momentary_max_lufs, d.momentary_max, 0.02, "programme", rate, "M");
    near(r.short_term_max_lufs, d.short_term_max, 0.02, "programme", rate, "S");
    near(d.range, 0.5 * (least + most), 0.5 * (most - least), "programme", rate,
         "range as meant");
    tones_free(&t);
}

static void test_ebu_programme_narrow_and_wide(void **state) {
    (void)state;
    programme(48000, 4.0, 2.0, 9.0);
    programme(48000, 22.0, 12.0, 25.0);
    programme(44100, 22.0, 12.0, 25.0);
}

/* BS.2217: tones of six frequencies at -23 and -24, each channel alone. The
 * level of each tone is set by the standard's response there. */
static void test_bs2217_tones(void **state) {
    (void)state;
    static const double hz[] = {25, 100, 500, 1000, 2000, 10000, 3000, 15000};
    for (int r = 0; r < RATES; r++)
        for (size_t f = 0; f < 8; f++)
            for (int level = -24; level <= -23; level++) {
                if (hz[f] > 0.45 * rates[r])
                    continue;
                double db =
                    level + 0.691 - 10 * log10(reference_k_power(hz[f]));
                tones_step step = STEREO(2, db); /* two of half the power */
                tones t = tones_make(rates[r], 2, hz[f], &step, 1, 1);
                near(measure(&t, 999).integrated_lufs, level,
                     rates[r] >= 44100 ? 0.02 : 0.05, "BS.2217 tone", rates[r],
                     "I");
                tones_free(&t);
            }
}

static void test_bs2217_channel_checks(void **state) {
    (void)state;
    for (int channels = 1; channels <= 8; channels++)
        for (int c = 0; c < channels; c++) {
            tones_step step = {5, {0}};
            for (int i = 0; i < 8; i++)
                step.level[i] = i == c ? -20.0 : SILENT;
            bool lfe = channels >= 6 && c == 3;
            bool side = channels >= 4 && c >= channels - 2;
            double want =
                -20 +
                10 * log10(0.5 * (side ? 1.41 : 1) * reference_k_power(1000)) -
                0.691;
            tones t = tones_make(48000, channels, 1000, &step, 1, 1);
            double got = measure(&t, 4800).integrated_lufs;
            if (lfe)
                assert_true(isinf(got) && got < 0.0);
            else
                near(got, want, 0.02, "channel check", 48000, "I");
            tones_free(&t);
        }
}

static void test_bs2217_abs_gate(void **state) {
    (void)state;
    tones_step step[] = {STEREO(0.5, -69.5), STEREO(0.5, -120)};
    tones t = tones_make(48000, 2, 1000, step, 2, 4);
    near(measure(&t, 4800).integrated_lufs, -69.5, 0.1, "AbsGate", 48000, "I");
    tones_free(&t);
}

/* BS.2217 sweep: a slow one, its level following the inverse of the filter,
 * so that loudness is constant. */
static void test_bs2217_sweep(void **state) {
    (void)state;
    for (int r = 0; r < RATES; r++) {
        double seconds = 12.0;
        size_t n = (size_t)(seconds * rates[r]);
        tones t = {.channels = 1, .rate_hz = rates[r], .frames = n};
        t.channel[0] = malloc(n * sizeof(float));
        double top = 0.44 * rates[r] < 20000 ? 0.44 * rates[r] : 20000;
        double octaves = log2(top / 40.0);
        double phase = 0.0;
        double gain = 1.0;
        for (size_t i = 0; i < n; i++) {
            double hz = 40.0 * exp2(octaves * (double)i / (double)n);
            if (i % 16 == 0)
                gain = pow(10.0, (-18.0 + 3.0103 + 0.691) / 20) /
                       sqrt(reference_k_power(hz));
            t.channel[0][i] = (float)(gain * sin(phase));
            phase += 2.0 * acos(-1.0) * hz / rates[r];
        }
        near(measure(&t, 1000).integrated_lufs, -18.0,
             rates[r] >= 44100 ? 0.03 : 0.05, "sweep", rates[r], "I");
        tones_free(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ebu_stepped_tones),
        cmocka_unit_test(test_ebu_3341_6_surround),
        cmocka_unit_test(test_ebu_3341_10_13_bursts),
        cmocka_unit_test(test_ebu_programme_narrow_and_wide),
        cmocka_unit_test(test_bs2217_tones),
        cmocka_unit_test(test_bs2217_channel_checks),
        cmocka_unit_test(test_bs2217_abs_gate),
        cmocka_unit_test(test_bs2217_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
