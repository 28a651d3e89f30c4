#include "support/cases.h"

#include "core/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Known answers of Random123 (kat_vectors, philox4x32 10). */
static void test_rng_known_answers(void **state) {
    (void)state;
    static const struct {
        uint64_t block, stream, seed;
        uint32_t want[4];
    } rows[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX,
         UINT64_MAX,
         UINT64_MAX,
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x85a308d3243f6a88,
         0x0370734413198a2e,
         0x299f31d0a4093822,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        st_rng rng = st_rng_make(rows[i].seed, rows[i].stream);
        uint32_t got[4];
        st_rng_words(&rng, rows[i].block, got);
        assert_memory_equal(got, rows[i].want, sizeof got);
    }
}

static void check_fill(void (*fill)(const st_rng *, uint64_t, float *, size_t),
                       float (*one)(const st_rng *, uint64_t)) {
    float out[1400];
    st_rng rng = st_rng_make(7, 3);
    static const uint64_t firsts[] = {0, 1, 2, 63, 255, 256, 0xFFFFFFFFF0u};
    for (size_t f = 0; f < sizeof firsts / sizeof *firsts; f++)
        for (size_t n = 0; n < 1400; n += 1 + n / 3) {
            memset(out, 0, sizeof out);
            fill(&rng, firsts[f], out, n);
            for (size_t i = 0; i < n; i++)
                assert_true(out[i] == one(&rng, firsts[f] + i));
            assert_true(n == 1400 || out[n] == 0.0f);
        }
}

/* The same numbers one by one, in any blocks, at each CPU level. */
static void test_rng_fills_match_single_values(void **state) {
    (void)state;
    static const char *const levels[] = {"base", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        (void)setenv("STEMMA_CPU", levels[i], 1);
        check_fill(st_rng_fill_uniform, st_rng_uniform);
        check_fill(st_rng_fill_tpdf, st_rng_tpdf);
    }
    (void)unsetenv("STEMMA_CPU");
}

static void test_rng_distributions(void **state) {
    (void)state;
    enum { N = 400000 };
    float *x = malloc(N * sizeof *x);
    assert_non_null(x);
    st_rng rng = st_rng_make(1, 0);
    double mean = 0.0, power = 0.0, neighbours = 0.0;
    st_rng_fill_uniform(&rng, 0, x, N);
    for (int i = 0; i < N; i++) {
        assert_true(x[i] >= 0.0f && x[i] < 1.0f);
        mean += x[i] / N;
    }
    assert_close(mean, 0.5, 0.002, "uniform mean");
    mean = 0.0;
    st_rng_fill_tpdf(&rng, 0, x, N);
    for (int i = 0; i < N; i++) {
        assert_true(fabsf(x[i]) < 1.0f);
        mean += x[i] / N;
        power += (double)x[i] * x[i] / N;
        neighbours += i > 0 ? (double)x[i] * x[i - 1] / N : 0.0;
    }
    assert_close(mean, 0.0, 0.003, "triangular mean");
    assert_close(power, 1.0 / 6.0, 0.001, "triangular power");
    assert_close(neighbours, 0.0, 0.001, "neighbours");
    double d = 0.0;
    for (uint64_t i = 0; i < 10000; i++)
        d += st_rng_uniform_double(&rng, i) / 10000.0;
    assert_close(d, 0.5, 0.01, "double mean");
    free(x);
}

static void test_rng_streams_differ(void **state) {
    (void)state;
    enum { N = 100000 };
    st_rng a = st_rng_make(5, 0), b = st_rng_make(5, 1);
    double product = 0.0;
    for (uint64_t i = 0; i < N; i++)
        product += st_rng_tpdf(&a, i) * st_rng_tpdf(&b, i) / N;
    assert_close(product, 0.0, 0.002, "correlation of streams");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rng_known_answers),
        cmocka_unit_test(test_rng_fills_match_single_values),
        cmocka_unit_test(test_rng_distributions),
        cmocka_unit_test(test_rng_streams_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
