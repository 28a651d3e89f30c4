#include "support/cases.h"

#include "core/alloc.h"
#include "models/models.h"
#include "models/rolenet/rolenet.h"
#include "support/failing.h"

#include <math.h>
#include <string.h>

enum { T = ST_ROLENET_FRAMES, B = ST_ROLENET_BANDS, SHOWN = 8 };

/* Made by training/roles_truth.py (PyTorch) from the weights that the program
 * holds, for the same two pictures. */
static const struct {
    float logits[ST_ROLE_COUNT], embedding[SHOWN];
} truth[2] = {
#include "rolenet_truth.h"
};

static void paint(int which, float *x) {
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            int hit = 64 - t % 64 * 2 - b;
            x[t * B + b] =
                which == 0 ? (float)((t * 7 + b * 13 + t * b % 31) % 97) / 96.0f
                           : (float)(hit > 0 ? hit : 0) / 64.0f;
        }
}

static st_rolenet *make(void) {
    st_rolenet *net = NULL;
    st_err err = {0};
    if (st_rolenet_new(&net, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    return net;
}

static void test_rolenet_is_the_network(void **state) {
    (void)state;
    static float x[T * B];
    float logits[ST_ROLE_COUNT], e[ST_ROLENET_EMBEDDING];
    st_rolenet *net = make();
    for (int k = 0; k < 2; k++) {
        double length = 0.0;
        paint(k, x);
        st_rolenet_run(net, x, logits, e);
        for (int i = 0; i < ST_ROLE_COUNT; i++)
            assert_close((double)logits[i], (double)truth[k].logits[i], 1e-4,
                         "logit");
        for (int i = 0; i < SHOWN; i++)
            assert_close((double)e[i], (double)truth[k].embedding[i], 1e-4,
                         "embedding");
        for (int i = 0; i < ST_ROLENET_EMBEDDING; i++)
            length += (double)e[i] * (double)e[i];
        assert_close(length, 1.0, 1e-5, "length");
    }
    st_rolenet_free(net);
}

static void test_rolenet_chances_sum_to_one(void **state) {
    (void)state;
    float p[ST_ROLE_COUNT];
    double sum = 0.0;
    st_rolenet *net = make();
    memcpy(p, truth[0].logits, sizeof p);
    st_rolenet_chances(net, p);
    for (int i = 0; i < ST_ROLE_COUNT; i++) {
        assert_true(p[i] >= 0.0f);
        sum += (double)p[i];
    }
    assert_close(sum, 1.0, 1e-5, "sum");
    st_rolenet_free(net);
}

/* What one picture leaves behind must not show in the next. */
static void test_rolenet_keeps_nothing(void **state) {
    (void)state;
    static float x[T * B];
    float a[ST_ROLE_COUNT], b[ST_ROLE_COUNT], e[ST_ROLENET_EMBEDDING];
    st_rolenet *net = make();
    paint(1, x);
    st_rolenet_run(net, x, a, e);
    paint(0, x);
    st_rolenet_run(net, x, b, e);
    paint(1, x);
    st_rolenet_run(net, x, b, e);
    assert_memory_equal(a, b, sizeof a);
    memset(x, 0, sizeof x);
    st_rolenet_run(net, x, b, e);
    for (int i = 0; i < ST_ROLE_COUNT; i++)
        assert_true(isfinite(b[i]));
    st_rolenet_free(net);
}

static void test_rolenet_refuses_other_weights(void **state) {
    (void)state;
    static const char other[] = "\x02\0\0\0\0\0\0\0{}";
    st_weights *w = NULL;
    st_rolenet *net = NULL;
    st_err err = {0};
    assert_int_equal(st_weights_open_memory(&w, other, 10, &err), ST_OK);
    assert_int_equal(st_rolenet_new(&net, w, &err), ST_NOT_FOUND);
    assert_null(net);
    st_weights_free(w);
    /* the temperature stands last; zero of it is no temperature */
    size_t bytes = 0;
    const void *data = st_model_find("role", &bytes);
    assert_non_null(data);
    uint8_t *copy = st_calloc(bytes, 1);
    memcpy(copy, data, bytes);
    memset(copy + bytes - 4, 0, 4);
    assert_int_equal(st_weights_open_memory(&w, copy, bytes, &err), ST_OK);
    assert_int_equal(st_rolenet_new(&net, w, &err), ST_BAD_DATA);
    assert_true(strlen(err.text) > 0);
    st_weights_free(w);
    st_free(copy);
    assert_true(bytes <= 1000000); /* the bound on the net */
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_rolenet *net = NULL;
    st_status status = st_rolenet_new(&net, NULL, NULL);
    st_rolenet_free(net);
    return status;
}

static void test_rolenet_survives_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rolenet_is_the_network),
        cmocka_unit_test(test_rolenet_chances_sum_to_one),
        cmocka_unit_test(test_rolenet_keeps_nothing),
        cmocka_unit_test(test_rolenet_refuses_other_weights),
        cmocka_unit_test(test_rolenet_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
