#include "support/cases.h"

#include "models/mixnet/mixnet.h"
#include "models/models.h"
#include "support/failing.h"

#include <math.h>
#include <string.h>

enum { N = 9, IN = ST_MIXNET_INPUTS };

/* Made by training/mix_truth.py (PyTorch) from the weights that the program
 * holds: all stems, then the first two alone. */
static const float truth[2][N] = {
#include "mixnet_truth.h"
};

static void paint(float *x) {
    for (int i = 0; i < N; i++)
        for (int k = 0; k < IN; k++)
            x[i * IN + k] =
                (float)((i * 37 + k * 11 + i * k % 29) % 61 - 30) / 30.0f;
}

static st_mixnet *make(void) {
    st_mixnet *net = NULL;
    st_err err = {0};
    if (st_mixnet_new(&net, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    return net;
}

static void test_mixnet_is_the_network(void **state) {
    (void)state;
    static float x[N * IN];
    float level[N];
    st_mixnet *net = make();
    paint(x);
    for (int k = 0; k < 2; k++) {
        int stems = k == 0 ? N : 2;
        st_mixnet_run(net, x, stems, level);
        for (int i = 0; i < stems; i++)
            assert_close((double)level[i], (double)truth[k][i], 1e-3, "level");
    }
    st_mixnet_free(net);
}

/* Stems change places: so do their levels. A call leaves nothing behind. */
static void test_mixnet_knows_no_order(void **state) {
    (void)state;
    static float x[N * IN], y[N * IN];
    float first[N], turned[N], again[N];
    st_mixnet *net = make();
    paint(x);
    for (int i = 0; i < N; i++)
        memcpy(y + i * IN, x + (N - 1 - i) * IN, IN * sizeof *x);
    st_mixnet_run(net, x, N, first);
    st_mixnet_run(net, y, N, turned);
    st_mixnet_run(net, x, N, again);
    for (int i = 0; i < N; i++)
        assert_close((double)turned[N - 1 - i], (double)first[i], 1e-3, "turn");
    assert_memory_equal(first, again, sizeof first);
    st_mixnet_free(net);
}

/* The most stems there may be. */
static void test_mixnet_takes_many(void **state) {
    (void)state;
    static float x[ST_MIXNET_STEMS * IN];
    float level[ST_MIXNET_STEMS];
    st_mixnet *net = make();
    st_mixnet_run(net, x, ST_MIXNET_STEMS, level);
    for (int i = 1; i < ST_MIXNET_STEMS; i++) {
        assert_true(isfinite(level[i]));
        assert_close((double)level[i], (double)level[0], 1e-3, "alike");
    }
    st_mixnet_free(net);
}

static void test_mixnet_refuses_other_weights(void **state) {
    (void)state;
    static const char other[] = "\x02\0\0\0\0\0\0\0{}";
    st_weights *w = NULL;
    st_mixnet *net = NULL;
    st_err err = {0};
    assert_int_equal(st_weights_open_memory(&w, other, 10, &err), ST_OK);
    assert_int_equal(st_mixnet_new(&net, w, &err), ST_BAD_DATA);
    assert_null(net);
    assert_true(strlen(err.text) > 0);
    st_weights_free(w);
    assert_int_equal(st_model_open(&w, "role", &err), ST_OK);
    assert_true(st_mixnet_new(&net, w, &err) != ST_OK);
    assert_null(net);
    st_weights_free(w);
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_mixnet *net = NULL;
    st_status status = st_mixnet_new(&net, NULL, NULL);
    st_mixnet_free(net);
    return status;
}

static void test_mixnet_survives_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mixnet_is_the_network),
        cmocka_unit_test(test_mixnet_knows_no_order),
        cmocka_unit_test(test_mixnet_takes_many),
        cmocka_unit_test(test_mixnet_refuses_other_weights),
        cmocka_unit_test(test_mixnet_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
