/* All spectra in one pass: what each unit gives alone, at any rate, and of
 * sounds that have nothing to tell. */
#include "support/cases.h"

#include "analysis/cqt.h"
#include "analysis/mel.h"
#include "analysis/spectra.h"
#include "core/alloc.h"
#include "frames_kept.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { N = 44100 };

static st_spectra *spectra_of(const st_spectra_params *params, const float *x,
                              int64_t n, int64_t block) {
    st_spectra *s = NULL;
    assert_int_equal(st_spectra_new(&s, params), ST_OK);
    for (int64_t at = 0; at < n; at += block)
        assert_int_equal(
            st_spectra_process(s, x + at, n - at < block ? n - at : block),
            ST_OK);
    assert_int_equal(st_spectra_finish(s), ST_OK);
    return s;
}

static void test_spectra_are_the_units(void **state) {
    (void)state;
    static float x[N], other[N];
    kept mel = {.values = 128}, cqt = {.values = 84}, mfcc = {.values = 60};
    kept mel_alone = {.values = 128}, cqt_alone = {.values = 84};
    st_spectra_params params = {.rate_hz = 22050,
                                .mel = {keep_frame, &mel},
                                .mfcc = {keep_frame, &mfcc},
                                .cqt = {keep_frame, &cqt}};
    sig_music(x, other, N, 22050, 9);
    st_spectra *s = spectra_of(&params, x, N, 1234);
    st_mel *m = NULL;
    st_mel_params mp = st_mel_defaults(22050);
    assert_int_equal(
        st_mel_new(&m, &mp, (st_frame_sink){keep_frame, &mel_alone}), ST_OK);
    st_mel_process(m, x, N);
    st_mel_finish(m);
    st_mel_free(m);
    st_cqt *c = NULL;
    st_cqt_params cp = st_cqt_defaults(22050);
    assert_int_equal(
        st_cqt_new(&c, &cp, (st_frame_sink){keep_frame, &cqt_alone}), ST_OK);
    st_cqt_process(c, x, N);
    st_cqt_finish(c);
    st_cqt_free(c);
    int64_t frames = 1 + N / 512;
    assert_int_equal(mel.frames, frames);
    assert_int_equal(mfcc.frames, frames);
    assert_int_equal(cqt.frames, frames);
    assert_int_equal(st_chroma_frames(st_spectra_chroma(s)), frames);
    assert_memory_equal(mel.data, mel_alone.data,
                        (size_t)frames * 128 * sizeof(float));
    assert_memory_equal(cqt.data, cqt_alone.data,
                        (size_t)frames * 84 * sizeof(float));
    st_spectra_free(s);
    kept_free(&mel);
    kept_free(&mfcc);
    kept_free(&cqt);
    kept_free(&mel_alone);
    kept_free(&cqt_alone);
}

static void all_pictures(const st_spectra *s) {
    for (int kind = 0; kind <= ST_PICTURE_MULTIRES; kind++) {
        unsigned char *bytes = NULL;
        size_t size = 0;
        assert_int_equal(st_spectra_picture(s, (st_picture_kind)kind, "t", 0, 0,
                                            &bytes, &size),
                         ST_OK);
        assert_true(size > 1000);
        st_free(bytes);
    }
}

/* Every value that comes out is a number. */
static void only_numbers(void *ctx, int64_t frame, const float *values) {
    (void)frame;
    for (size_t i = 0; i < *(const size_t *)ctx; i++)
        if (!isfinite(values[i]))
            fail_msg("value %zu", i);
}

static void test_spectra_odd_sounds(void **state) {
    (void)state;
    static float silence[9000], dc[9000], click[9000], bad[9000], loud[9000];
    static const double rates[] = {8000, 22050, 192000, 384000};
    for (int i = 0; i < 9000; i++) {
        dc[i] = 0.7f;
        bad[i] = i % 3 == 0 ? NAN : INFINITY;
        loud[i] = i % 2 == 0 ? 1e9f : -1e9f;
    }
    click[4000] = 1.0f;
    const struct {
        const float *x;
        int64_t n;
        bool tuned; /* whether a tuning may be told */
    } cases[] = {{silence, 0, false},    {silence, 1, false},
                 {silence, 9000, false}, {dc, 9000, true},
                 {click, 9000, true},    {click + 4000, 1, true},
                 {bad, 9000, false},     {loud, 9000, true}};
    static size_t sizes[3] = {128, 60, 84};
    for (size_t r = 0; r < 4; r++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            st_spectra_params p = {.rate_hz = rates[r],
                                   .pictures = true,
                                   .multires = true,
                                   .mel = {only_numbers, &sizes[0]},
                                   .mfcc = {only_numbers, &sizes[1]},
                                   .cqt = {only_numbers, &sizes[2]}};
            st_spectra *s = spectra_of(&p, cases[i].x, cases[i].n, 3000);
            double cents = st_spectra_cents(s);
            assert_true(cents >= -50.0 && cents <= 50.0);
            assert_true(cases[i].tuned || st_spectra_tuning(s).peaks == 0);
            if (r == 1)
                all_pictures(s);
            st_spectra_free(s);
        }
}

static void test_spectra_refuses(void **state) {
    (void)state;
    st_spectra *s = NULL;
    unsigned char *bytes = NULL;
    size_t size = 0;
    st_spectra_params p = {.rate_hz = 7000};
    assert_int_equal(st_spectra_new(&s, &p), ST_BAD_ARG);
    p.rate_hz = NAN;
    assert_int_equal(st_spectra_new(&s, &p), ST_BAD_ARG);
    p.rate_hz = 22050;
    assert_int_equal(st_spectra_new(&s, &p), ST_OK);
    assert_int_equal(
        st_spectra_picture(s, ST_PICTURE_MEL, NULL, 0, 0, &bytes, &size),
        ST_BAD_ARG);
    st_spectra_free(s);
    p.pictures = true; /* each kind of its own accord */
    assert_int_equal(st_spectra_new(&s, &p), ST_OK);
    assert_int_equal(
        st_spectra_picture(s, ST_PICTURE_MULTIRES, NULL, 0, 0, &bytes, &size),
        ST_BAD_ARG);
    st_spectra_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spectra_are_the_units),
        cmocka_unit_test(test_spectra_odd_sounds),
        cmocka_unit_test(test_spectra_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
