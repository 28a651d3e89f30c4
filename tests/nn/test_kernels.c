/* kernels: every CPU level gives the bits of the plain one, and those are
 * the sums in doubles within rounding. */
#include "support/cases.h"

#include "core/cpu.h"
#include "nn/kernels.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { MOST = 1 << 15 };

static float input[MOST], weight[1 << 18], bias[256];
static float plain[MOST], fast[MOST];

static void fill(float *x, size_t n, uint64_t seed) {
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2.0 * sig_uniform(seed, i) - 1.0);
}

typedef struct {
    size_t out, rows, taps, width, positions;
    int relu;
} map_case;

static const map_case maps[] = {
    {1, 1, 1, 1, 1, 0},    {1, 1, 1, 1, 0, 0},    {3, 1, 1, 7, 13, 1},
    {16, 1, 3, 5, 12, 0},  {17, 2, 1, 3, 25, 0},  {32, 5, 1, 40, 13, 1},
    {33, 1, 1, 64, 1, 0},  {64, 3, 5, 4, 31, 0},  {100, 1, 1, 9, 5, 1},
    {200, 1, 1, 33, 7, 0}, {192, 1, 1, 64, 1, 0}, {8, 5, 1, 5, 132, 1},
};

static st_nn_map map_of(const map_case *c) {
    return (st_nn_map){
        .weight = weight,
        .bias = bias,
        .out = c->out,
        .rows = c->rows,
        .taps = c->taps,
        .width = c->width,
        .row_step = 1000,
        .tap_step = 2 * (ptrdiff_t)c->width,
        .relu = c->relu,
    };
}

static double sum(const map_case *c, size_t p, size_t o) {
    size_t block = c->rows * c->taps * c->width * ST_NN_BLOCK;
    const float *w = weight + o / ST_NN_BLOCK * block + o % ST_NN_BLOCK;
    double y = (double)bias[o];
    for (size_t r = 0; r < c->rows; r++)
        for (size_t t = 0; t < c->taps; t++)
            for (size_t i = 0; i < c->width; i++, w += ST_NN_BLOCK)
                y += (double)*w *
                     (double)input[p * 3 + r * 1000 + t * 2 * c->width + i];
    return c->relu && y < 0.0 ? 0.0 : y;
}

static void test_map_is_the_sum(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        const map_case *c = &maps[i];
        st_nn_map m = map_of(c);
        ptrdiff_t stride = (ptrdiff_t)c->out + 2;
        memset(plain, 0, sizeof plain);
        st_nn_ops_get()->map(plain, stride, input, 3, c->positions, &m);
        for (size_t p = 0; p < c->positions; p++) {
            for (size_t o = 0; o < c->out; o++)
                assert_close((double)plain[p * (size_t)stride + o],
                             sum(c, p, o), 2e-5, "sum");
            /* nothing behind the outputs is touched */
            assert_true(plain[p * (size_t)stride + c->out] == 0.0f);
        }
    }
}

static void test_map_has_the_same_bits_at_each_level(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        for (int level = 1; level < ST_CPU_LEVEL_COUNT; level++) {
            const st_nn_ops *ops = st_nn_ops_level(level);
            st_nn_map m = map_of(&maps[i]);
            ptrdiff_t stride = (ptrdiff_t)maps[i].out;
            if (ops == NULL)
                continue;
            memset(plain, 0, sizeof plain);
            memset(fast, 0, sizeof fast);
            st_nn_ops_level(0)->map(plain, stride, input, 3, maps[i].positions,
                                    &m);
            ops->map(fast, stride, input, 3, maps[i].positions, &m);
            assert_memory_equal(plain, fast, sizeof plain);
        }
}

/* 2^-14 - 2^-60 onto 1024 + 2^-13: a double sum lands on the middle of two
 * floats and would then round up; the exact one is below. */
static void test_sums_are_fused(void **state) {
    (void)state;
    static float w[ST_NN_BLOCK], b[ST_NN_BLOCK], y[ST_NN_BLOCK];
    const float x = 0x1p-14f * (1.0f - 0x1p-23f);
    st_nn_map m = {w, b, ST_NN_BLOCK, 1, 1, 1, 0, 0, 0};
    for (int i = 0; i < ST_NN_BLOCK; i++) {
        w[i] = i % 3 ? 1.0f + 0x1p-23f : 2.0f;
        b[i] = 1024.0f + 0x1p-13f;
    }
    for (int level = 0; level < ST_CPU_LEVEL_COUNT; level++) {
        if (st_nn_ops_level(level) == NULL)
            continue;
        st_nn_ops_level(level)->map(y, 1, &x, 1, 1, &m);
        for (int i = 0; i < ST_NN_BLOCK; i++)
            assert_true(y[i] ==
                        (i % 3 ? 1024.0f + 0x1p-13f : 1024.0f + 0x1p-12f));
    }
}

static double exact(st_act act, double x) {
    switch (act) {
    case ST_ACT_RELU:
        return fmax(0.0, x);
    case ST_ACT_ELU:
        return x > 0.0 ? x : expm1(x);
    case ST_ACT_GELU:
        return 0.5 * x * (1.0 + erf(x / sqrt(2.0)));
    case ST_ACT_SIGMOID:
        return 1.0 / (1.0 + exp(-x));
    case ST_ACT_TANH:
        return tanh(x);
    case ST_ACT_SILU:
        return x / (1.0 + exp(-x));
    case ST_ACT_NONE:
    case ST_ACT_COUNT:
        break;
    }
    return x;
}

static void test_activations_are_close(void **state) {
    (void)state;
    for (int a = 0; a < ST_ACT_COUNT; a++) {
        for (int i = 0; i < MOST; i++)
            plain[i] = (float)(i - MOST / 2) * (30.0f / MOST);
        st_nn_ops_get()->act(plain, MOST, (st_act)a);
        for (int i = 0; i < MOST; i++) {
            double x = (double)((float)(i - MOST / 2) * (30.0f / MOST));
            double within = a == ST_ACT_GELU || a == ST_ACT_SILU
                                ? 1e-6 * (1.0 + fabs(x))
                                : 3e-7;
            assert_close((double)plain[i], exact((st_act)a, x), within, "act");
        }
    }
    float far[] = {-1e30f, 1e30f, -200.0f, 200.0f};
    st_nn_ops_get()->act(far, 4, ST_ACT_SIGMOID);
    assert_true(far[0] < 1e-30f && far[1] == 1.0f && far[2] < 1e-30f);
}

/* Everything but map, at one level. */
static void run(const st_nn_ops *ops, size_t n, float *x) {
    memcpy(x, input, MOST * sizeof *x);
    for (int a = 0; a < ST_ACT_COUNT; a++)
        ops->act(x + (size_t)a * 700, n, (st_act)a);
    ops->softmax(x + 6000, 3, n);
    ops->layer_norm(x + 9000, 3, n, weight, bias, 1e-5f);
    ops->scale_shift(x + 12000, 3, n, weight, bias);
    ops->max(x + 15000, x + 16000, n);
    ops->add(x + 17000, x + 18000, n);
    ops->gru(x + 19000, x + 20000, x + 23000, n);
}

static void test_the_rest_has_the_same_bits(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 16, 17, 200, 255};
    for (int level = 1; level < ST_CPU_LEVEL_COUNT; level++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            if (st_nn_ops_level(level) == NULL)
                continue;
            run(st_nn_ops_level(0), sizes[i], plain);
            run(st_nn_ops_level(level), sizes[i], fast);
            assert_memory_equal(plain, fast, sizeof plain);
        }
}

static void test_rows(void **state) {
    (void)state;
    enum { N = 100 };
    const st_nn_ops *ops = st_nn_ops_get();
    float ones[N], zeros[N] = {0};
    for (int i = 0; i < N; i++)
        ones[i] = 1.0f;
    memcpy(plain, input, sizeof plain);
    ops->softmax(plain, 2, N);
    ops->layer_norm(plain + 1000, 2, N, ones, zeros, 1e-5f);
    for (size_t r = 0; r < 2; r++) {
        double all = 0.0, total = 0.0, mean = 0.0, power = 0.0;
        for (size_t i = 0; i < N; i++)
            total += exp((double)input[r * N + i]);
        for (size_t i = 0; i < N; i++) {
            double y = (double)plain[1000 + r * N + i];
            all += (double)plain[r * N + i];
            assert_close((double)plain[r * N + i],
                         exp((double)input[r * N + i]) / total, 1e-7,
                         "softmax");
            mean += y / N;
            power += y * y / N;
        }
        assert_close(all, 1.0, 1e-6, "softmax sums to one");
        assert_close(mean, 0.0, 1e-6, "norm mean");
        assert_close(power, 1.0, 1e-4, "norm power");
    }
}

static int setup(void **state) {
    (void)state;
    fill(input, MOST, 1);
    fill(weight, sizeof weight / sizeof *weight, 2);
    fill(bias, 256, 3);
    /* values that a wrong fused sum would round differently */
    for (int i = 0; i < 2000; i += 3)
        input[i] *= 1e-20f;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_is_the_sum),
        cmocka_unit_test(test_map_has_the_same_bits_at_each_level),
        cmocka_unit_test(test_sums_are_fused),
        cmocka_unit_test(test_activations_are_close),
        cmocka_unit_test(test_the_rest_has_the_same_bits),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
