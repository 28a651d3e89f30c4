#include "support/cases.h"
#include "support/meters.h"
#include "support/signals.h"

#include "audio/stft.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

static st_stft *make(int size, int hop, st_window_kind window, bool center) {
    st_stft_params p = {size, hop, window, center};
    st_stft *stft = NULL;
    assert_int_equal(st_stft_new(&stft, &p), ST_OK);
    return stft;
}

static float *floats(int64_t n) {
    float *block = st_calloc((size_t)n, sizeof(float));
    assert_non_null(block);
    return block;
}

static double worst_difference(const float *a, const float *b, int64_t n) {
    double worst = 0.0;
    for (int64_t i = 0; i < n; i++)
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    return worst;
}

/* Largest |inverse(forward(x)) - x| on samples [skip, n - skip). */
static double round_trip(const st_stft *stft, int64_t n, int64_t skip) {
    int64_t frames = st_stft_frames(stft, n), bins = st_stft_bins(stft);
    float *x = floats(n + 1), *y = floats(n + 1);
    float *re = floats(frames * bins), *im = floats(frames * bins);
    float *scratch = floats((int64_t)st_stft_scratch(stft));
    sig_white(x, (size_t)n, 3, -12.0);
    st_stft_forward(stft, x, n, 0, frames, re, im, scratch);
    assert_int_equal(st_stft_inverse(stft, re, im, n, y), ST_OK);
    double worst =
        2 * skip < n ? worst_difference(x + skip, y + skip, n - 2 * skip) : 0.0;
    st_free(x);
    st_free(y);
    st_free(re);
    st_free(im);
    st_free(scratch);
    return worst;
}

static void test_stft_reconstructs(void **state) {
    (void)state;
    static const int64_t lengths[] = {0, 1, 2, 100, 511, 4096, 12345};
    static const struct {
        int size, hop;
        st_window_kind window;
    } cases[] = {
        {2048, 512, ST_WINDOW_HANN},
        {1024, 256, ST_WINDOW_HAMMING},
        {256, 60, ST_WINDOW_HANN},
        {64, 16, ST_WINDOW_BLACKMAN},
        {512, 512, ST_WINDOW_RECT},
        {16, 4, ST_WINDOW_HANN},
        {4096, 512, ST_WINDOW_BLACKMAN_HARRIS},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            bool rect = cases[c].window == ST_WINDOW_RECT;
            st_stft *s =
                make(cases[c].size, cases[c].hop, cases[c].window, !rect);
            assert_close(round_trip(s, lengths[l], 0), 0.0, 1e-6, "centred");
            st_stft_free(s);
        }
    st_stft *s = make(1024, 256, ST_WINDOW_HANN, false);
    assert_close(round_trip(s, 10000, 256), 0.0, 1e-6, "not centred");
    st_stft_free(s);
}

/* Frame t of librosa's convention is centred on t * hop: a cosine there has
 * the phase of that sample. */
static void test_stft_frames_stand_where_stated(void **state) {
    (void)state;
    enum { N = 20000, BIN = 40 };
    st_stft *s = make(2048, 512, ST_WINDOW_HANN, true);
    assert_true(st_stft_frames(s, N) == 1 + N / 512);
    assert_int_equal(st_stft_bins(s), 1025);
    float *x = floats(N), *re = floats(1025), *im = floats(1025);
    float *scratch = floats((int64_t)st_stft_scratch(s));
    for (int i = 0; i < N; i++)
        x[i] = (float)st_cospi(2.0 * BIN * i / 2048.0 + 0.25);
    for (int t = 4; t < 30; t += 5) {
        st_stft_forward(s, x, N, t, 1, re, im, scratch);
        /* seen from the frame's first sample, 1024 before the centre */
        double start = 2.0 * BIN * (512 * t - 1024) / 2048.0 + 0.25;
        assert_close((double)re[BIN], 512.0 * st_cospi(start), 1e-3, "re");
        assert_close((double)im[BIN], 512.0 * st_sinpi(start), 1e-3, "im");
    }
    st_free(x);
    st_free(re);
    st_free(im);
    st_free(scratch);
    st_stft_free(s);
}

static void halve(void *ctx, int64_t frame, float *re, float *im) {
    int64_t *next = ctx;
    assert_true(frame == *next);
    (*next)++;
    for (int k = 0; k <= 512; k++) {
        re[k] *= 0.5f;
        im[k] *= 0.5f;
    }
}

static void test_stft_stream_is_a_delay(void **state) {
    (void)state;
    enum { N = 10000 };
    st_stft *s = make(1024, 256, ST_WINDOW_HANN, true);
    float *x = floats(N), *one = floats(N), *many = floats(N);
    sig_white(x, N, 9, -12.0);
    int64_t first = 0, second = 0;
    st_stft_stream *a = NULL, *b = NULL, *c = NULL;
    assert_int_equal(st_stft_stream_new(&a, s, halve, &first), ST_OK);
    assert_int_equal(st_stft_stream_new(&b, s, halve, &second), ST_OK);
    assert_int_equal(st_stft_stream_new(&c, s, NULL, NULL), ST_OK);
    st_stft_stream_process(a, x, one, N);
    memcpy(many, x, N * sizeof(float));
    for (int at = 0, n = 1; at < N; at += n, n = n % 701 + 13) {
        n = n < N - at ? n : N - at;
        st_stft_stream_process(b, many + at, many + at, n);
    }
    assert_memory_equal(one, many, N * sizeof(float));
    assert_true(first == N / 256 && second == first);
    int delay = st_stft_stream_latency(a);
    assert_int_equal(delay, 1024);
    for (int i = 0; i + delay < N; i++)
        assert_close((double)one[i + delay], 0.5 * (double)x[i], 1e-6, "half");
    st_stft_stream_process(c, x, many, N);
    assert_close(worst_difference(x, many + delay, N - delay), 0.0, 1e-6,
                 "untouched");
    /* reset: as new */
    st_stft_stream_reset(c);
    st_stft_stream_process(c, x, one, N);
    assert_memory_equal(one, many, N * sizeof(float));
    st_stft_stream_free(a);
    st_stft_stream_free(b);
    st_stft_stream_free(c);
    st_free(x);
    st_free(one);
    st_free(many);
    st_stft_free(s);
}

static void test_stft_refuses(void **state) {
    (void)state;
    static const st_stft_params bad[] = {
        {8, 4, ST_WINDOW_HANN, true},
        {1000, 4, ST_WINDOW_HANN, true},
        {1024, 0, ST_WINDOW_HANN, true},
        {1024, 1025, ST_WINDOW_HANN, true},
        {1 << 21, 4, ST_WINDOW_HANN, true},
        {1024, 4, ST_WINDOW_KIND_COUNT, true},
    };
    st_stft *s = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(st_stft_new(&s, &bad[i]), ST_BAD_ARG);
    s = make(1024, 300, ST_WINDOW_HANN, true);
    st_stft_stream *stream = NULL;
    assert_int_equal(st_stft_stream_new(&stream, s, NULL, NULL), ST_BAD_ARG);
    st_stft_free(s);
    st_stft_free(NULL);
    st_stft_stream_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stft_reconstructs),
        cmocka_unit_test(test_stft_frames_stand_where_stated),
        cmocka_unit_test(test_stft_stream_is_a_delay),
        cmocka_unit_test(test_stft_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
