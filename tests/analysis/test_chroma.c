#include "support/cases.h"

#include "analysis/chroma.h"
#include "analysis/powerspec.h"
#include "analysis/tonnetz.h"
#include "analysis/tuning.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 22050.0
enum { N = 4 * 22050, HOP = 512 };

/* Notes with six partials, one second each, of a scale by MIDI number. */
static void melody(float *x, size_t n, double a4_hz, const int *notes,
                   size_t count) {
    memset(x, 0, n * sizeof *x);
    size_t each = n / count;
    for (size_t i = 0; i < count; i++) {
        double hz = a4_hz * pow(2.0, (notes[i] - 69) / 12.0);
        for (int h = 1; h <= 6; h++)
            sig_add_sine(x + i * each, each, RATE, hz * h,
                         -16.0 - 20.0 * log10(h), 0.7 * h);
    }
}

static st_chroma *chroma_of(const float *x, int64_t n, int64_t block) {
    st_chroma *c = NULL;
    assert_int_equal(st_chroma_new(&c, RATE, HOP), ST_OK);
    for (int64_t at = 0; at < n; at += block)
        assert_int_equal(
            st_chroma_process(c, x + at, n - at < block ? n - at : block),
            ST_OK);
    assert_int_equal(st_chroma_finish(c), ST_OK);
    assert_int_equal(st_chroma_frames(c), n > 0 ? 1 + n / HOP : 0);
    return c;
}

static int loudest(const float *v) {
    int top = 0;
    for (int k = 1; k < 12; k++)
        top = v[k] > v[top] ? k : top;
    return top;
}

/* Each of the 12 classes, at tunings from 430 to 450 Hz. */
static void test_chroma_every_class_and_tuning(void **state) {
    (void)state;
    static float x[N];
    static const double a4[] = {430.0, 440.0, 450.0};
    for (int root = 0; root < 12; root++)
        for (size_t i = 0; i < 3; i++) {
            int note = 60 + root;
            float v[12];
            melody(x, N, a4[i], &note, 1);
            st_chroma *c = chroma_of(x, N, N);
            double cents = 1200.0 * log2(a4[i] / 440.0);
            st_chroma_get(c, ST_CHROMA_ALL, cents, ST_CHROMA_MAX, 80, 1, v);
            assert_int_equal(loudest(v), root);
            assert_close((double)v[root], 1.0, 1e-6, "greatest");
            /* a semitone below and above get little of it */
            assert_true(v[(root + 1) % 12] < 0.25f);
            assert_true(v[(root + 11) % 12] < 0.25f);
            st_chroma_free(c);
        }
}

static void test_chroma_parts_and_sums(void **state) {
    (void)state;
    static float x[N];
    static const int low = 36, high = 76; /* C2 and E5 */
    float v[12], sum[12], all[12];
    melody(x, N, 440.0, &low, 1);
    float *y = malloc(N * sizeof *y);
    melody(y, N, 440.0, &high, 1);
    for (int i = 0; i < N; i++)
        x[i] += y[i];
    st_chroma *c = chroma_of(x, N, N);
    st_chroma_get(c, ST_CHROMA_BASS, 0, ST_CHROMA_MAX, 80, 1, v);
    assert_int_equal(loudest(v), 0);
    st_chroma_get(c, ST_CHROMA_TREBLE, 0, ST_CHROMA_MAX, 80, 1, v);
    assert_int_equal(loudest(v), 4);
    memset(all, 0, sizeof all);
    for (int64_t t = 70; t < 90; t++) {
        st_chroma_get(c, ST_CHROMA_ALL, 12.0, ST_CHROMA_RAW, t, 1, v);
        for (int k = 0; k < 12; k++)
            all[k] += v[k];
    }
    st_chroma_sum(c, ST_CHROMA_ALL, 12.0, ST_CHROMA_RAW, 70, 20, sum);
    for (int k = 0; k < 12; k++)
        assert_close((double)sum[k], (double)all[k], 1e-3 * (double)all[4],
                     "sum of frames");
    st_chroma_sum(c, ST_CHROMA_ALL, 0.0, ST_CHROMA_UNIT, 70, 20, sum);
    double length = 0.0;
    for (int k = 0; k < 12; k++)
        length += (double)sum[k] * (double)sum[k];
    assert_close(length, 1.0, 1e-5, "unit");
    st_chroma_sum(c, ST_CHROMA_ALL, 0.0, ST_CHROMA_UNIT, 70, 0, sum);
    assert_true(sum[0] == 0.0f);
    st_chroma_free(c);
    free(y);
}

/* A third of a semitone is one fine class; a whole one is a pitch class. */
static void test_chroma_fold(void **state) {
    (void)state;
    float fine[36] = {0}, out[12];
    fine[35] = 1.0f;
    fine[1] = 2.0f;
    st_chroma_fold(fine, 0.0, out);
    assert_close((double)out[0], 3.0, 1e-6, "both are C");
    st_chroma_fold(fine, 100.0 / 3.0, out);
    assert_close((double)out[0], 2.0, 1e-6, "sharp: 35 is B");
    assert_close((double)out[11], 1.0, 1e-6, "B");
    st_chroma_fold(fine, 50.0 / 3.0, out);
    assert_close((double)out[0], 2.5, 1e-6, "half of 35");
    st_chroma_fold(fine, -100.0 / 3.0, out);
    assert_close((double)out[0], 1.0, 1e-6, "flat: 1 is C#");
    assert_close((double)out[1], 2.0, 1e-6, "C#");
}

static void test_chroma_blocks_silence_level(void **state) {
    (void)state;
    static float x[N], quiet[N];
    static const int notes[] = {48, 64, 67, 71};
    float a[12], b[12];
    melody(x, N, 440.0, notes, 4);
    for (int i = 0; i < N; i++)
        quiet[i] = 0.01f * x[i];
    st_chroma *one = chroma_of(x, N, N), *many = chroma_of(x, N, 777);
    st_chroma *soft = chroma_of(quiet, N, N);
    for (int64_t t = 0; t < st_chroma_frames(one); t++) {
        st_chroma_get(one, ST_CHROMA_ALL, 7.0, ST_CHROMA_MAX, t, 1, a);
        st_chroma_get(many, ST_CHROMA_ALL, 7.0, ST_CHROMA_MAX, t, 1, b);
        assert_memory_equal(a, b, sizeof a);
        st_chroma_get(soft, ST_CHROMA_ALL, 7.0, ST_CHROMA_MAX, t, 1, b);
        for (int k = 0; k < 12; k++)
            assert_close((double)b[k], (double)a[k], 1e-4, "40 dB less");
    }
    st_chroma_free(one);
    st_chroma_free(many);
    st_chroma_free(soft);
    memset(x, 0, sizeof x);
    one = chroma_of(x, N, N);
    st_chroma_get(one, ST_CHROMA_ALL, 0, ST_CHROMA_MAX, 50, 1, a);
    for (int k = 0; k < 12; k++)
        assert_true(a[k] == 0.0f);
    st_chroma_free(one);
    st_chroma_free(chroma_of(x, 0, 1));
}

/* --- tuning --- */

static void add_power(void *ctx, int64_t frame, const float *power) {
    (void)frame;
    st_tuning_add(ctx, power);
}

static st_tuning_result tuning_of(const float *x, int64_t n) {
    st_tuning *t = NULL;
    st_powerspec *p = NULL;
    st_powerspec_params params = st_powerspec_defaults();
    assert_int_equal(st_tuning_new(&t, RATE, params.size), ST_OK);
    assert_int_equal(
        st_powerspec_new(&p, &params, (st_frame_sink){add_power, t}), ST_OK);
    st_powerspec_process(p, x, n);
    st_powerspec_finish(p);
    st_tuning_result r = st_tuning_get(t);
    st_powerspec_free(p);
    st_tuning_free(t);
    return r;
}

static void test_tuning_430_to_450(void **state) {
    (void)state;
    static float x[N], quiet[N];
    static const int notes[] = {57, 64, 60, 67, 62, 69, 65, 71};
    for (double a4 = 430.0; a4 <= 450.0; a4 += 2.5) {
        melody(x, N, a4, notes, 8);
        st_tuning_result r = tuning_of(x, N);
        assert_close(r.cents, 1200.0 * log2(a4 / 440.0), 1.5, "cents");
        assert_true(r.confidence > 0.6);
        for (int i = 0; i < N; i++)
            quiet[i] = 0.01f * x[i];
        assert_close(tuning_of(quiet, N).cents, r.cents, 0.3, "40 dB less");
    }
}

static void test_tuning_nothing_to_tell(void **state) {
    (void)state;
    static float x[N];
    st_tuning_result r = tuning_of(x, N);
    assert_true(r.peaks == 0 && r.cents == 0.0 && r.confidence == 0.0);
    sig_white(x, N, 4, -20);
    r = tuning_of(x, N);
    assert_true(r.confidence < 0.1);
    st_tuning *t = NULL;
    assert_int_equal(st_tuning_new(&t, RATE, 1000), ST_BAD_ARG);
    assert_int_equal(st_tuning_new(&t, NAN, 2048), ST_BAD_ARG);
}

/* --- tonnetz --- */

static void test_tonnetz_places(void **state) {
    (void)state;
    float note[12] = {0}, out[6], other[6];
    st_tonnetz(note, out);
    for (int d = 0; d < 6; d++)
        assert_true(out[d] == 0.0f);
    note[0] = 3.0f;
    st_tonnetz(note, out);
    static const double c[6] = {0, 1, 0, 1, 0, 0.5};
    for (int d = 0; d < 6; d++)
        assert_close((double)out[d], c[d], 1e-6, "C");
    memset(note, 0, sizeof note);
    note[7] = 1.0f; /* G: a twelfth of the circle of fifths on */
    st_tonnetz(note, other);
    assert_close((double)other[0], sin(M_PI * 49.0 / 6.0), 1e-6, "G sine");
    assert_close((double)other[1], cos(M_PI * 49.0 / 6.0), 1e-6, "G cosine");
    assert_true(st_tonnetz_distance(out, out) == 0.0f);
    assert_true(st_tonnetz_distance(out, other) > 0.5f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chroma_every_class_and_tuning),
        cmocka_unit_test(test_chroma_parts_and_sums),
        cmocka_unit_test(test_chroma_fold),
        cmocka_unit_test(test_chroma_blocks_silence_level),
        cmocka_unit_test(test_tuning_430_to_450),
        cmocka_unit_test(test_tuning_nothing_to_tell),
        cmocka_unit_test(test_tonnetz_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
