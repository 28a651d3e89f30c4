#include "support/cases.h"
#include "support/signals.h"

#include "audio/fft.h"
#include "core/alloc.h"
#include "core/cpu.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

/* Bins checked against the definition, in double precision. */
enum { BINS = 40, LARGEST = 1 << 18 };
#define RMS_LIMIT 3e-7

typedef struct {
    size_t n;
    float *x, *y, *re, *im, *scratch;
} bench;

static void bench_make(bench *b, size_t n, size_t scratch) {
    b->n = n;
    b->x = st_calloc(n, sizeof(float));
    b->y = st_calloc(n, sizeof(float));
    b->re = st_calloc(n + 1, sizeof(float));
    b->im = st_calloc(n + 1, sizeof(float));
    b->scratch = st_calloc(scratch, sizeof(float));
    sig_white(b->x, n, n, -12.0);
    sig_white(b->y, n, n + 1, -12.0);
}

static void bench_free(bench *b) {
    st_free(b->x);
    st_free(b->y);
    st_free(b->re);
    st_free(b->im);
    st_free(b->scratch);
}

static void bin_of(const float *x, const float *y, size_t n, size_t k,
                   double *re, double *im) {
    *re = *im = 0.0;
    for (size_t i = 0; i < n; i++) {
        double turn = 2.0 * (double)((uint64_t)i * k % n) / (double)n;
        double c = st_cospi(turn), s = st_sinpi(turn);
        double b = y == NULL ? 0.0 : (double)y[i];
        *re += (double)x[i] * c + b * s;
        *im += b * c - (double)x[i] * s;
    }
}

/* RMS error over `bins` bins spread over 0..last, relative to their RMS. */
static double spectrum_error(const bench *b, const float *y, size_t last) {
    size_t count = last + 1 < BINS ? last + 1 : BINS;
    double error = 0.0, power = 0.0;
    for (size_t c = 0; c < count; c++) {
        size_t k = count == 1 ? 0 : last * c / (count - 1);
        double re = 0.0, im = 0.0;
        bin_of(b->x, y, b->n, k, &re, &im);
        double dr = (double)b->re[k] - re, di = (double)b->im[k] - im;
        error += dr * dr + di * di;
        power += re * re + im * im;
    }
    return sqrt(error / power);
}

static double difference(const float *a, const float *b, size_t n,
                         double scale) {
    double sum = 0.0, power = 0.0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)a[i] * scale - (double)b[i];
        sum += d * d;
        power += (double)b[i] * (double)b[i];
    }
    return sqrt(sum / power);
}

static void test_fft_matches_the_definition(void **state) {
    (void)state;
    for (size_t n = 1; n <= LARGEST; n *= 2) {
        st_fft *plan = NULL;
        assert_int_equal(st_fft_new(&plan, n), ST_OK);
        bench b;
        bench_make(&b, n, st_fft_scratch(plan));
        st_fft_forward(plan, b.x, b.y, b.re, b.im, b.scratch);
        assert_close(spectrum_error(&b, b.y, n - 1), 0.0, RMS_LIMIT, "fft");
        /* in place, and back */
        st_fft_inverse(plan, b.re, b.im, b.re, b.im, b.scratch);
        double scale = 1.0 / (double)n;
        assert_close(difference(b.re, b.x, n, scale), 0.0, RMS_LIMIT, "re");
        assert_close(difference(b.im, b.y, n, scale), 0.0, RMS_LIMIT, "im");
        bench_free(&b);
        st_fft_free(plan);
    }
}

static void test_rfft_matches_the_definition(void **state) {
    (void)state;
    for (size_t n = 2; n <= LARGEST; n *= 2) {
        st_rfft *plan = NULL;
        assert_int_equal(st_rfft_new(&plan, n), ST_OK);
        bench b;
        bench_make(&b, n, st_rfft_scratch(plan));
        st_rfft_forward(plan, b.x, b.re, b.im, b.scratch);
        assert_close(spectrum_error(&b, NULL, n / 2), 0.0, RMS_LIMIT, "rfft");
        assert_true(b.im[0] == 0.0f && b.im[n / 2] == 0.0f);
        st_rfft_inverse(plan, b.re, b.im, b.y, b.scratch);
        assert_close(difference(b.y, b.x, n, 1.0 / (double)n), 0.0, RMS_LIMIT,
                     "inverse");
        bench_free(&b);
        st_rfft_free(plan);
    }
}

static void test_fft_largest_size(void **state) {
    (void)state;
    size_t n = ST_FFT_MAX;
    st_fft *plan = NULL;
    assert_int_equal(st_fft_new(&plan, n), ST_OK);
    bench b;
    bench_make(&b, n, st_fft_scratch(plan));
    memset(b.x, 0, n * sizeof(float));
    memset(b.y, 0, n * sizeof(float));
    b.x[3] = 1.0f;
    st_fft_forward(plan, b.x, b.y, b.re, b.im, b.scratch);
    double worst = 0.0;
    for (size_t k = 0; k < n; k += 977) {
        double turn = 2.0 * (double)(3 * k % n) / (double)n;
        double e = hypot((double)b.re[k] - st_cospi(turn),
                         (double)b.im[k] + st_sinpi(turn));
        worst = e > worst ? e : worst;
    }
    assert_close(worst, 0.0, 1e-6, "a delayed impulse is a pure phase");
    bench_free(&b);
    st_fft_free(plan);
}

static void test_fft_same_bits_at_every_level(void **state) {
    (void)state;
    for (size_t n = 1; n <= 1 << 15; n *= 2)
        for (int level = 1; level < ST_CPU_LEVEL_COUNT; level++) {
            st_fft *base = NULL, *fast = NULL;
            assert_int_equal(st_fft_new_level(&base, n, 0), ST_OK);
            if (st_fft_new_level(&fast, n, level) == ST_OK) {
                bench b, f;
                bench_make(&b, n, st_fft_scratch(base));
                bench_make(&f, n, st_fft_scratch(fast));
                st_fft_forward(base, b.x, b.y, b.re, b.im, b.scratch);
                st_fft_forward(fast, f.x, f.y, f.re, f.im, f.scratch);
                assert_memory_equal(b.re, f.re, n * sizeof(float));
                assert_memory_equal(b.im, f.im, n * sizeof(float));
                bench_free(&b);
                bench_free(&f);
            }
            st_fft_free(base);
            st_fft_free(fast);
        }
}

static void test_rfft_same_bits_at_every_level(void **state) {
    (void)state;
    for (size_t n = 2; n <= 1 << 15; n *= 2)
        for (int level = 1; level < ST_CPU_LEVEL_COUNT; level++) {
            st_rfft *base = NULL, *fast = NULL;
            assert_int_equal(st_rfft_new_level(&base, n, 0), ST_OK);
            if (st_rfft_new_level(&fast, n, level) == ST_OK) {
                bench b, f;
                size_t bytes = (n / 2 + 1) * sizeof(float);
                bench_make(&b, n, st_rfft_scratch(base));
                bench_make(&f, n, st_rfft_scratch(fast));
                st_rfft_forward(base, b.x, b.re, b.im, b.scratch);
                st_rfft_forward(fast, f.x, f.re, f.im, f.scratch);
                assert_memory_equal(b.re, f.re, bytes);
                assert_memory_equal(b.im, f.im, bytes);
                st_rfft_inverse(base, b.re, b.im, b.y, b.scratch);
                st_rfft_inverse(fast, f.re, f.im, f.y, f.scratch);
                assert_memory_equal(b.y, f.y, n * sizeof(float));
                bench_free(&b);
                bench_free(&f);
            }
            st_rfft_free(base);
            st_rfft_free(fast);
        }
}

static void test_fft_refuses_sizes(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 3, 100, 2 * (size_t)ST_FFT_MAX,
                                   (size_t)-1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        st_fft *plan = NULL;
        st_rfft *real = NULL;
        assert_int_equal(st_fft_new(&plan, sizes[i]), ST_BAD_ARG);
        assert_int_equal(st_rfft_new(&real, sizes[i]), ST_BAD_ARG);
        assert_null(plan);
        assert_null(real);
    }
    st_rfft *real = NULL;
    assert_int_equal(st_rfft_new(&real, 1), ST_BAD_ARG);
    st_fft_free(NULL);
    st_rfft_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fft_matches_the_definition),
        cmocka_unit_test(test_rfft_matches_the_definition),
        cmocka_unit_test(test_fft_largest_size),
        cmocka_unit_test(test_fft_same_bits_at_every_level),
        cmocka_unit_test(test_rfft_same_bits_at_every_level),
        cmocka_unit_test(test_fft_refuses_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
