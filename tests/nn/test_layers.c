#include "support/cases.h"

#include "core/alloc.h"
#include "nn/gru.h"
#include "nn/layers.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { MOST = 20000 };
static float w[MOST], b[512], x[MOST], y[MOST], z[MOST];

static int setup(void **state) {
    (void)state;
    for (size_t i = 0; i < MOST; i++) {
        w[i] = (float)(sig_uniform(1, i) - 0.5);
        x[i] = (float)(2.0 * sig_uniform(2, i) - 1.0);
        b[i % 512] = (float)(sig_uniform(3, i) - 0.5);
    }
    return 0;
}

static st_conv *conv(st_conv_shape shape, const float *bias) {
    st_conv *c = NULL;
    assert_int_equal(st_conv_new(&c, w, bias, &shape), ST_OK);
    return c;
}

/* PyTorch's definition: w [out][in][rows][columns], channels-last data. */
static double at(const st_conv_shape *s, int64_t row, int64_t r, int64_t c,
                 int o) {
    double sum = (double)b[o];
    for (int i = 0; i < s->in; i++)
        for (int u = 0; u < s->rows; u++)
            for (int v = 0; v < s->columns; v++)
                sum +=
                    (double)
                        w[((o * s->in + i) * s->rows + u) * s->columns + v] *
                    (double)x[(r + u * s->row_step) * row +
                              (c * s->stride + v * s->column_step) * s->in + i];
    return s->relu && sum < 0.0 ? 0.0 : sum;
}

static void test_conv_is_the_definition(void **state) {
    (void)state;
    static const st_conv_shape shapes[] = {
        {5, 7, 1, 1, 1, 1, 1, false},  {1, 8, 5, 5, 1, 1, 1, true},
        {3, 33, 1, 4, 1, 3, 1, false}, {8, 16, 3, 3, 2, 2, 1, false},
        {4, 5, 1, 3, 1, 1, 2, true},   {2, 64, 5, 5, 1, 1, 3, false},
    };
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const st_conv_shape *s = &shapes[k];
        enum { ROWS = 3, COLUMNS = 14 };
        st_conv *c = conv(*s, b);
        int64_t row = st_conv_reach(c, COLUMNS) * s->in + 5;
        int64_t y_row = (int64_t)COLUMNS * s->out + 3;
        st_conv_run2(c, x, row, y, y_row, ROWS, COLUMNS);
        for (int r = 0; r < ROWS; r++)
            for (int n = 0; n < COLUMNS; n++)
                for (int o = 0; o < s->out; o++)
                    assert_close((double)y[r * y_row + n * s->out + o],
                                 at(s, row, r, n, o), 1e-5, "conv");
        if (s->rows == 1) {
            st_conv_run1(c, x, z, COLUMNS);
            assert_memory_equal(y, z, sizeof *z * COLUMNS * (size_t)s->out);
        }
        st_conv_free(c);
    }
}

static void test_conv_does_not_see_the_division(void **state) {
    (void)state;
    st_conv *c = conv(
        (st_conv_shape){
            .in = 6, .out = 40, .rows = 1, .columns = 3, .column_step = 2},
        b);
    st_conv_run1(c, x, y, 101);
    for (int64_t n = 0, step = 1; n < 101; n += step, step = step % 17 + 1) {
        step = step > 101 - n ? 101 - n : step;
        st_conv_run1(c, x + n * 6, z + n * 40, step);
    }
    assert_memory_equal(y, z, sizeof *y * 101 * 40);
    st_conv_free(c);
}

static void test_conv_refuses(void **state) {
    (void)state;
    static const st_conv_shape wrong[] = {
        {.in = 0, .out = 1, .rows = 1, .columns = 1},
        {.in = 1, .out = -1, .rows = 1, .columns = 1},
        {.in = 1, .out = 1, .rows = 1, .columns = 1 << 20},
        {.in = 1, .out = 1, .rows = 1, .columns = 1, .stride = -2},
    };
    st_conv *c = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(st_conv_new(&c, w, b, &wrong[i]), ST_BAD_ARG);
    assert_null(c);
    st_conv_free(NULL);
}

static void test_batchnorm_folds(void **state) {
    (void)state;
    enum { IN = 4, OUT = 6, N = 9 };
    float gamma[OUT], beta[OUT], mean[OUT], var[OUT], scale[OUT], shift[OUT];
    float folded[IN * OUT], bias[OUT];
    for (int i = 0; i < OUT; i++) {
        gamma[i] = 0.5f + b[i];
        beta[i] = b[10 + i];
        mean[i] = b[20 + i];
        var[i] = 0.6f + b[30 + i];
        bias[i] = b[i];
    }
    memcpy(folded, w, sizeof folded);
    st_batchnorm_affine(scale, shift, OUT, gamma, beta, mean, var, 1e-5);
    st_conv_fold(folded, bias, OUT, IN, scale, shift);
    st_conv_shape shape = {.in = IN, .out = OUT, .rows = 1, .columns = 1};
    st_conv *c = conv(shape, b), *f = NULL;
    assert_int_equal(st_conv_new(&f, folded, bias, &shape), ST_OK);
    st_conv_dense(c, x, y, N);
    st_scale_shift_run(y, N, OUT, scale, shift);
    st_conv_dense(f, x, z, N);
    for (int i = 0; i < N * OUT; i++) {
        int o = i % OUT;
        double raw = at(&(st_conv_shape){IN, OUT, 1, 1, 1, 1, 1, false}, 0, 0,
                        i / OUT, o);
        double want = (raw - (double)mean[o]) / sqrt((double)var[o] + 1e-5) *
                          (double)gamma[o] +
                      (double)beta[o];
        assert_close((double)y[i], want, 1e-5, "applied");
        assert_close((double)z[i], want, 1e-5, "folded");
    }
    st_conv_free(c);
    st_conv_free(f);
}

static void test_pools(void **state) {
    (void)state;
    enum { R = 5, C = 7, N = 3 };
    st_pool_run(x, y, R, C, N, 2, 3, ST_POOL_MAX);
    st_pool_run(x, z, R, C, N, 2, 3, ST_POOL_MEAN);
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < 2; c++)
            for (int k = 0; k < N; k++) {
                double top = -9.0, mean = 0.0;
                for (int i = 0; i < 6; i++) {
                    double v = (double)
                        x[((r * 2 + i / 3) * C + c * 3 + i % 3) * N + k];
                    top = fmax(top, v);
                    mean += v / 6.0;
                }
                int o = (r * 2 + c) * N + k;
                assert_close((double)y[o], top, 0.0, "max");
                assert_close((double)z[o], mean, 1e-6, "mean");
            }
}

static double sigmoid(double v) {
    return 1.0 / (1.0 + exp(-v));
}

/* One step in doubles, from PyTorch's formula. */
static void gru_step(const float *in, double *h, int ni, int nh) {
    const float *wi = w, *wh = w + 3 * nh * ni;
    double gi[96], gh[96];
    for (int o = 0; o < 3 * nh; o++) {
        gi[o] = (double)b[o];
        gh[o] = (double)b[100 + o];
        for (int i = 0; i < ni; i++)
            gi[o] += (double)wi[o * ni + i] * (double)in[i];
        for (int i = 0; i < nh; i++)
            gh[o] += (double)wh[o * nh + i] * h[i];
    }
    for (int o = 0; o < nh; o++) {
        double r = sigmoid(gi[o] + gh[o]);
        double u = sigmoid(gi[nh + o] + gh[nh + o]);
        double n = tanh(gi[2 * nh + o] + r * gh[2 * nh + o]);
        h[o] = (1.0 - u) * n + u * h[o];
    }
}

static void test_gru_is_the_formula(void **state) {
    (void)state;
    enum { NI = 11, NH = 19, T = 70, WIDE = 2 * NH };
    st_gru *g = NULL;
    assert_int_equal(st_gru_new(&g, NI, NH, w, w + 3 * NH * NI, b, b + 100),
                     ST_OK);
    float *scratch = st_calloc(st_gru_scratch(g), sizeof *scratch);
    assert_non_null(scratch);
    float h[NH] = {0};
    double want[NH] = {0};
    st_gru_run(g, x, y, WIDE, T, h, scratch);
    for (int t = 0; t < T; t++) {
        gru_step(x + t * NI, want, NI, NH);
        for (int i = 0; i < NH; i++)
            assert_close((double)y[t * WIDE + i], want[i], 2e-6, "state");
    }
    /* any division; and backwards is forwards of the mirror */
    memset(h, 0, sizeof h);
    st_gru_run(g, x, z, WIDE, 1, h, scratch);
    st_gru_run(g, x + NI, z + WIDE, WIDE, 40, h, scratch);
    st_gru_run(g, x + 41 * NI, z + 41 * WIDE, WIDE, T - 41, h, scratch);
    for (int t = 0; t < T; t++)
        assert_memory_equal(y + t * WIDE, z + t * WIDE, sizeof h);
    float mirror[T * NI];
    for (int t = 0; t < T; t++)
        memcpy(mirror + t * NI, x + (T - 1 - t) * NI, NI * sizeof *x);
    memset(h, 0, sizeof h);
    st_gru_run_back(g, mirror, z, WIDE, T, h, scratch);
    for (int t = 0; t < T; t++)
        assert_memory_equal(y + t * WIDE, z + (T - 1 - t) * WIDE, sizeof h);
    st_free(scratch);
    st_gru_free(g);
    assert_int_equal(st_gru_new(&g, 1, 0, w, w, b, b), ST_BAD_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv_is_the_definition),
        cmocka_unit_test(test_conv_does_not_see_the_division),
        cmocka_unit_test(test_conv_refuses),
        cmocka_unit_test(test_batchnorm_folds),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_gru_is_the_formula),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
