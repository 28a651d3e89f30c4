#include "support/cases.h"

#include "core/alloc.h"
#include "models/models.h"
#include "models/swiftf0/swiftf0.h"
#include "support/failing.h"

#include <math.h>
#include <string.h>

enum { N = 40000, FRAMES = N / 256 };

/* A rising sawtooth, a rest, a steady one; a little noise. The numbers below
 * were made from the very same samples by onnxruntime with model.onnx
 * of swift-f0 0.1.2. */
static void signal(float *x) {
    double phase = 0.0;
    uint32_t seed = 1;
    for (int i = 0; i < N; i++) {
        double hz = i < 24000 ? 110.0 + 0.02 * i : 440.0;
        phase += hz / 16000.0;
        phase -= floor(phase);
        seed = seed * 1664525u + 1013904223u;
        double noise = (double)seed / 4294967296.0 - 0.5;
        double gate = i >= 26000 && i < 30000 ? 0.0 : 1.0;
        x[i] = (float)(gate * 0.4 * (phase - 0.5) + 0.001 * noise);
    }
}

typedef struct {
    int frame;
    double hz, confidence;
} answer;

static const answer truth[] = {
    {0, 111.4745, 0.9984767},   {1, 114.7431, 0.9997473},
    {2, 119.9912, 0.9999443},   {5, 135.8581, 0.9999751},
    {17, 197.5843, 0.9986989},  {40, 316.3875, 0.9999268},
    {77, 508.3303, 0.9980882},  {93, 582.8372, 0.500329},
    {94, 438.0135, 0.9157169},  {95, 437.8659, 0.9658617},
    {100, 437.597, 0.9933412},  {103, 430.3206, 0.1763136},
    {110, 1893.891, 0.169111},  {116, 439.7451, 0.9007975},
    {118, 438.4943, 0.9882619}, {130, 437.5545, 0.9999852},
    {150, 437.5548, 0.9999659}, {154, 437.5558, 0.9998347},
    {155, 437.5574, 0.9995203},
};

/* The same without any noise: harmonics fade into the rounding of the
 * spectrum, and the network hears that, too (an exact transform differs by
 * 1.2e-3 here). */
static void pure(float *x) {
    double phase = 0.0;
    for (int i = 0; i < N; i++) {
        double hz = i < 24000 ? 110.0 + 0.02 * i : 440.0;
        phase += hz / 16000.0;
        phase -= floor(phase);
        double p = 2.0 * phase - 1.0, s = p * (1.0 - fabs(p)) * 4.0;
        x[i] = (float)(0.3 * (s * (1.0 - 0.224 * (1.0 - fabs(s)))));
    }
}

static const answer pure_truth[] = {
    {0, 123.1617, 0.4437577},   {1, 125.6889, 0.5949328},
    {5, 135.2693, 0.9288577},   {20, 218.1814, 0.97901},
    {40, 319.1038, 0.9985213},  {60, 421.4688, 0.9969524},
    {80, 519.7516, 0.9996346},  {92, 578.4014, 0.6942047},
    {93, 569.9381, 0.3130671},  {94, 436.4331, 0.5346445},
    {95, 437.1439, 0.839272},   {100, 437.5519, 0.9999231},
    {120, 437.5545, 0.9999532}, {140, 437.5545, 0.9999249},
    {155, 437.4831, 0.9864985},
};

static st_swiftf0 *make(void) {
    st_swiftf0 *net = NULL;
    st_err err = {0};
    if (st_swiftf0_new(&net, NULL, false, &err) != ST_OK)
        fail_msg("%s", err.text);
    return net;
}

static void check(void (*make_signal)(float *), const answer *want, size_t n) {
    static float x[N], hz[FRAMES + 99], conf[FRAMES + 99];
    make_signal(x);
    st_swiftf0 *net = make();
    assert_true(st_swiftf0_room(N) + st_swiftf0_room(0) <= FRAMES + 99 + 99);
    int64_t got = st_swiftf0_process(net, x, N, hz, conf);
    assert_true(got <= st_swiftf0_room(N));
    int64_t rest = st_swiftf0_finish(net, hz + got, conf + got);
    assert_true(rest <= st_swiftf0_room(0));
    assert_true(got + rest == FRAMES);
    for (size_t i = 0; i < n; i++) {
        int f = want[i].frame;
        assert_close((double)hz[f] / want[i].hz, 1.0, 1e-4, "pitch");
        assert_close((double)conf[f], want[i].confidence, 1e-4, "confidence");
    }
    st_swiftf0_free(net);
}

static void test_swiftf0_is_the_network(void **state) {
    (void)state;
    check(signal, truth, sizeof truth / sizeof *truth);
}

static void test_swiftf0_hears_the_same_rounding(void **state) {
    (void)state;
    check(pure, pure_truth, sizeof pure_truth / sizeof *pure_truth);
}

/* Blocks of any size, after a reset in the middle of something else. */
static void test_swiftf0_does_not_see_the_division(void **state) {
    (void)state;
    enum { M = 12000 };
    static float x[N], hz[2][FRAMES + 99], conf[2][FRAMES + 99];
    signal(x);
    st_swiftf0 *net = make();
    int64_t a = st_swiftf0_process(net, x, M, hz[0], conf[0]);
    a += st_swiftf0_finish(net, hz[0] + a, conf[0] + a);
    st_swiftf0_reset(net);
    st_swiftf0_process(net, x + 100, 5000, hz[1], conf[1]);
    st_swiftf0_reset(net);
    int64_t b = 0;
    for (int64_t at = 0, step = 1; at < M; at += step, step = step * 5 % 1777) {
        step = step > M - at ? M - at : step;
        b += st_swiftf0_process(net, x + at, step, hz[1] + b, conf[1] + b);
    }
    b += st_swiftf0_finish(net, hz[1] + b, conf[1] + b);
    assert_true(a == b && a == M / 256);
    assert_memory_equal(hz[0], hz[1], (size_t)a * sizeof(float));
    assert_memory_equal(conf[0], conf[1], (size_t)a * sizeof(float));
    st_swiftf0_free(net);
}

static void test_swiftf0_short_and_odd_input(void **state) {
    (void)state;
    static const float odd[] = {NAN, INFINITY, -INFINITY, 1e30f, 0.0f};
    static float x[4000], hz[64], conf[64];
    st_swiftf0 *net = make();
    assert_true(st_swiftf0_finish(net, hz, conf) == 0);
    static const int lengths[] = {1, 255, 256, 257, 1023, 3000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t k = 0; k < 5; k++) {
            int n = lengths[i];
            for (int j = 0; j < n; j++)
                x[j] = odd[k];
            st_swiftf0_reset(net);
            int64_t got = st_swiftf0_process(net, x, n, hz, conf);
            got += st_swiftf0_finish(net, hz + got, conf + got);
            assert_true(got == (n < 256 ? 1 : n / 256));
            for (int64_t f = 0; f < got; f++)
                assert_true(hz[f] > 40.0f && hz[f] < 2100.0f &&
                            conf[f] >= 0.0f && conf[f] < 0.9f);
        }
    st_swiftf0_free(net);
}

static void test_swiftf0_is_pinned(void **state) {
    (void)state;
    size_t bytes = 0;
    const void *data = st_model_find("swiftf0", &bytes);
    assert_non_null(data);
    assert_null(st_model_find("swiftf", &bytes));
    assert_null(st_model_name(-1));
    assert_non_null(st_model_name(0));
    uint8_t *copy = st_calloc(bytes, 1);
    memcpy(copy, data, bytes);
    copy[bytes - 4] ^= 1; /* the last bit of the last centre */
    st_weights *w = NULL;
    st_swiftf0 *net = NULL;
    st_err err = {0};
    assert_int_equal(st_weights_open_memory(&w, copy, bytes, &err), ST_OK);
    assert_int_equal(st_swiftf0_new(&net, w, false, &err), ST_BAD_DATA);
    assert_null(net);
    assert_int_equal(st_swiftf0_new(&net, w, true, &err), ST_OK);
    st_swiftf0_free(net);
    st_weights_free(w);
    st_free(copy);
    /* weights of something else */
    static const char other[] = "\x02\0\0\0\0\0\0\0{}";
    net = NULL;
    assert_int_equal(st_weights_open_memory(&w, other, 10, &err), ST_OK);
    assert_int_equal(st_swiftf0_new(&net, w, true, &err), ST_NOT_FOUND);
    st_weights_free(w);
    assert_int_equal(st_model_open(&w, "none", &err), ST_NOT_FOUND);
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_swiftf0 *net = NULL;
    st_status status = st_swiftf0_new(&net, NULL, false, NULL);
    st_swiftf0_free(net);
    return status;
}

static void test_swiftf0_survives_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swiftf0_is_the_network),
        cmocka_unit_test(test_swiftf0_hears_the_same_rounding),
        cmocka_unit_test(test_swiftf0_does_not_see_the_division),
        cmocka_unit_test(test_swiftf0_short_and_odd_input),
        cmocka_unit_test(test_swiftf0_is_pinned),
        cmocka_unit_test(test_swiftf0_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
