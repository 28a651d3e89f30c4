/* Running a layer allocates nothing. */
#include "support/cases.h"

#include "core/alloc.h"
#include "nn/gru.h"
#include "nn/layers.h"
#include "support/realtime.h"

static void test_layers_run_without_allocating(void **state) {
    (void)state;
    enum { N = 8, T = 20 };
    static float w[3 * N * N], x[T * N], y[T * N], h[N];
    st_conv *c = NULL;
    st_gru *g = NULL;
    st_conv_shape shape = {.in = N, .out = N, .rows = 1, .columns = 3};
    assert_int_equal(st_conv_new(&c, w, NULL, &shape), ST_OK);
    assert_int_equal(st_gru_new(&g, N, N, w, w, NULL, NULL), ST_OK);
    float *scratch = st_calloc(st_gru_scratch(g), sizeof *scratch);
    rt_enter();
    st_conv_run1(c, x, y, T - 2);
    st_gru_run(g, x, y, N, T, h, scratch);
    st_gru_run_back(g, x, y, N, T, h, scratch);
    st_act_run(y, T * N, ST_ACT_GELU);
    st_softmax_run(y, T, N);
    st_pool_run(x, y, 1, T, N, 1, 2, ST_POOL_MAX);
    rt_leave();
    st_free(scratch);
    st_gru_free(g);
    st_conv_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers_run_without_allocating),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
