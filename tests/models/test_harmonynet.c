#include "support/cases.h"

#include "core/alloc.h"
#include "harmonynet_truth.h"
#include "models/harmonynet/harmonynet.h"
#include "models/models.h"
#include "support/failing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOTES = ST_HARMONYNET_NOTES,
    CHORDS = ST_HARMONYNET_CHORDS,
    KEYS = ST_HARMONYNET_KEYS,
    MADE = ST_HARMONYNET_FEATURES
};

static float rows[CELLS * NOTES];
static float chords[CELLS * CHORDS], features[CELLS * MADE], attention[CELLS];
static const st_harmonynet_out out = {chords, features, attention};

/* The same as harmony_truth.py. */
static void signal(void) {
    uint32_t seed = 1;
    for (int i = 0; i < CELLS * NOTES; i++) {
        seed = seed * 1664525u + 1013904223u;
        float v = (float)(seed >> 8) / 16777216.0f;
        rows[i] = (seed >> 3) % 8 == 0 ? v : 0.0f;
    }
}

static st_harmonynet *make(void) {
    st_harmonynet *net = NULL;
    st_err err = {0};
    if (st_harmonynet_new(&net, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    return net;
}

static double near(const float *a, const float *b, int n) {
    double worst = 0.0;
    for (int i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        d /= 1.0 + fabs((double)b[i]);
        worst = isnan(d) || d > worst ? d : worst;
    }
    return worst;
}

static void test_harmonynet_is_the_network(void **state) {
    (void)state;
    signal();
    st_harmonynet *net = make();
    st_harmonynet_run(net, rows, CELLS, &out);
    for (size_t i = 0; i < sizeof chord_truth / sizeof *chord_truth; i++)
        assert_close(near(chords + chord_truth[i].cell * CHORDS,
                          chord_truth[i].chords, CHORDS),
                     0.0, 1e-4, "chords");
    for (size_t i = 0; i < sizeof key_truth / sizeof *key_truth; i++) {
        int from = key_truth[i].from;
        float keys[KEYS];
        st_harmonynet_key(net, features + from * MADE, attention + from,
                          key_truth[i].to - from, keys);
        assert_close(near(keys, key_truth[i].keys, KEYS), 0.0, 1e-4, "keys");
    }
    st_harmonynet_free(net);
}

/* All notes n semitones higher: all answers n classes on. */
static void test_harmonynet_transposes(void **state) {
    (void)state;
    enum { SOME = 200 };
    static float low[SOME * CHORDS];
    float first[KEYS], then[KEYS];
    signal();
    memset(rows, 0, sizeof rows);
    for (int c = 0; c < SOME; c++)
        for (int n = 0; n < 3; n++) {
            static const int chord[3] = {24, 40, 43};
            rows[c * NOTES + chord[n] + (c / 20 % 3) * 2] = 0.7f;
        }
    st_harmonynet *net = make();
    st_harmonynet_run(net, rows, SOME, &out);
    memcpy(low, chords, sizeof low);
    st_harmonynet_key(net, features, attention, SOME, first);
    for (int n = 1; n < 12; n++) {
        memmove(rows + 1, rows, (SOME * NOTES - 1) * sizeof *rows);
        st_harmonynet_run(net, rows, SOME, &out);
        st_harmonynet_key(net, features, attention, SOME, then);
        for (int c = 0; c < SOME; c++)
            for (int i = 0; i < 96; i++)
                assert_close((double)chords[c * CHORDS + (i + 8 * n) % 96],
                             (double)low[c * CHORDS + i], 2e-3, "chord");
        for (int i = 0; i < 24; i++)
            assert_close((double)then[(i + 2 * n) % 24], (double)first[i], 2e-3,
                         "key");
    }
    st_harmonynet_free(net);
}

/* What lies further than 31 cells away does not count; lengths 0 and 1. */
static void test_harmonynet_reach_and_lengths(void **state) {
    (void)state;
    static float all[CELLS * CHORDS];
    float keys[KEYS];
    signal();
    st_harmonynet *net = make();
    st_harmonynet_run(net, rows, CELLS, &out);
    memcpy(all, chords, sizeof all);
    st_harmonynet_run(net, rows, 100, &out);
    assert_memory_equal(all, chords, (100 - 31) * CHORDS * sizeof *all);
    st_harmonynet_run(net, rows, 0, &out);
    st_harmonynet_run(net, rows, 1, &out);
    st_harmonynet_key(net, features, attention, 1, keys);
    for (int i = 0; i < KEYS; i++)
        assert_true(isfinite(keys[i]));
    st_harmonynet_free(net);
}

static void test_harmonynet_refuses_other_weights(void **state) {
    (void)state;
    st_weights *w = NULL;
    st_harmonynet *net = NULL;
    st_err err = {0};
    static const char other[] = "\x02\0\0\0\0\0\0\0{}";
    assert_int_equal(st_weights_open_memory(&w, other, 10, &err), ST_OK);
    assert_int_equal(st_harmonynet_new(&net, w, &err), ST_NOT_FOUND);
    st_weights_free(w);
    assert_int_equal(st_model_open(&w, "swiftf0", &err), ST_OK);
    assert_int_equal(st_harmonynet_new(&net, w, &err), ST_NOT_FOUND);
    assert_null(net);
    st_weights_free(w);
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_harmonynet *net = NULL;
    st_status status = st_harmonynet_new(&net, NULL, NULL);
    st_harmonynet_free(net);
    return status;
}

static void test_harmonynet_survives_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmonynet_is_the_network),
        cmocka_unit_test(test_harmonynet_transposes),
        cmocka_unit_test(test_harmonynet_reach_and_lengths),
        cmocka_unit_test(test_harmonynet_refuses_other_weights),
        cmocka_unit_test(test_harmonynet_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
