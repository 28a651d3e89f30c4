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

static void key_of(const st_harmonynet *net, int from, int to, float *keys) {
    st_harmonynet_pool pool = {0}, more = {0};
    int cut = from + (to - from) / 3;
    st_harmonynet_pool_add(&pool, features + from * MADE, attention + from,
                           cut - from);
    st_harmonynet_pool_add(&more, features + cut * MADE, attention + cut,
                           to - cut);
    st_harmonynet_pool_join(&pool, &more);
    st_harmonynet_key(net, &pool, keys);
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
    st_harmonynet_run(net, rows, CELLS, 0, CELLS, &out);
    for (size_t i = 0; i < sizeof chord_truth / sizeof *chord_truth; i++)
        assert_close(near(chords + chord_truth[i].cell * CHORDS,
                          chord_truth[i].chords, CHORDS),
                     0.0, 1e-4, "chords");
    for (size_t i = 0; i < sizeof key_truth / sizeof *key_truth; i++) {
        int from = key_truth[i].from;
        float keys[KEYS];
        key_of(net, from, key_truth[i].to, keys);
        assert_close(near(keys, key_truth[i].keys, KEYS), 0.0, 1e-4, "keys");
    }
    st_harmonynet_free(net);
}

static int best(const float *x, int n) {
    int top = 0;
    for (int i = 1; i < n; i++)
        top = x[i] > x[top] ? i : top;
    return top;
}

/* I IV V I with partials, in all keys: answers move as many classes as notes
 * do. Where the circle closes a class sees its notes an octave further, so a
 * cell in thirty may differ. "None" is left out: whether something is a chord
 * at all depends on its register too. */
static void test_harmonynet_transposes(void **state) {
    (void)state;
    enum { SOME = 240 };
    static int first[SOME];
    static const int roots[4] = {0, 5, 7, 0}, notes[4] = {12, 28, 31, 36};
    float key[KEYS];
    int home = 0;
    memset(rows, 0, sizeof rows);
    for (int c = 0; c < SOME; c++)
        for (int n = 0; n < 4; n++)
            for (int h = 0; h < 3; h++) {
                static const int partial[3] = {0, 12, 19};
                int at = notes[n] + roots[c / 10 % 4] + partial[h];
                rows[c * NOTES + at] = 0.8f - 0.2f * (float)h;
            }
    st_harmonynet *net = make();
    for (int n = 0; n < 12; n++) {
        int moved = 0;
        st_harmonynet_run(net, rows, SOME, 0, SOME, &out);
        key_of(net, 0, SOME, key);
        for (int c = 0; c < SOME; c++) {
            int chord = best(chords + c * CHORDS, CHORDS - 1);
            if (n == 0)
                first[c] = chord;
            moved += chord == (first[c] + 8 * n) % 96;
        }
        assert_true(first[5] == 0); /* C major */
        assert_true(moved >= SOME - SOME / 30);
        home = n == 0 ? best(key, 24) : home;
        assert_int_equal(best(key, 24), (home + 2 * n) % 24);
        memmove(rows + 1, rows, (SOME * NOTES - 1) * sizeof *rows);
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
    st_harmonynet_run(net, rows, CELLS, 0, CELLS, &out);
    memcpy(all, chords, sizeof all);
    for (int from = 0; from < CELLS; from += 217) {
        int to = from + 217 < CELLS ? from + 217 : CELLS;
        st_harmonynet_run(net, rows, CELLS, from, to, &out);
        assert_memory_equal(all + from * CHORDS, chords,
                            (size_t)(to - from) * CHORDS * sizeof *all);
    }
    st_harmonynet_run(net, rows, 100, 0, 100, &out);
    assert_memory_equal(all, chords, (100 - 31) * CHORDS * sizeof *all);
    st_harmonynet_run(net, rows, 0, 0, 0, &out);
    st_harmonynet_run(net, rows, 1, 0, 1, &out);
    key_of(net, 0, 1, keys);
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
