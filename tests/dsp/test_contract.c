/* What dsp/unit.h promises, for every unit in units.c. */
#include "support/cases.h"

#include "core/alloc.h"
#include "dsp/units.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 6000, MAX_OUT = 32, CHANGE_AT = 2003 };

typedef struct {
    int channels, outputs, frames;
    float *data[8], *out[MAX_OUT];
    const float *in[8];
} bench;

static void bench_init(bench *b, int channels, int outputs, int frames) {
    *b = (bench){.channels = channels, .outputs = outputs, .frames = frames};
    for (int c = 0; c < channels; c++) {
        b->data[c] = st_calloc((size_t)frames, sizeof(float));
        b->in[c] = b->data[c];
        sig_pink(b->data[c], (size_t)frames, 1u + (uint64_t)c, -12.0);
    }
    for (int o = 0; o < channels * outputs; o++)
        b->out[o] = st_calloc((size_t)frames, sizeof(float));
}

static void bench_deinit(bench *b) {
    for (int c = 0; c < b->channels; c++)
        st_free(b->data[c]);
    for (int o = 0; o < b->channels * b->outputs; o++)
        st_free(b->out[o]);
}

static void step(const unit_case *u, void *unit, const bench *b, int at,
                 int n) {
    const float *in[8];
    float *out[MAX_OUT];
    for (int c = 0; c < b->channels; c++)
        in[c] = b->in[c] + at;
    for (int o = 0; o < b->channels * b->outputs; o++)
        out[o] = b->out[o] + at;
    u->process(unit, in, out, n);
}

static void *make(const unit_case *u, int channels, double rate_hz) {
    st_spec spec = {rate_hz, channels, FRAMES};
    void *unit = NULL;
    assert_int_equal(u->make(&unit, &spec), ST_OK);
    return unit;
}

static void same(const unit_case *u, const bench *a, const bench *b,
                 const char *what) {
    for (int o = 0; o < a->channels * a->outputs; o++)
        if (memcmp(a->out[o], b->out[o], (size_t)a->frames * 4) != 0)
            fail_msg("%s: %s, output %d differs", u->name, what, o);
}

static int channels_of(const unit_case *u, int wanted) {
    return u->only_channels != 0 ? u->only_channels : wanted;
}

static void test_block_size_never_shows(void **state) {
    (void)state;
    static const int sizes[] = {0, 1, 7, 64, 3, 500, 16, 1, 255, 257, 33};
    for (size_t i = 0; i < unit_case_count; i++)
        for (int wanted = 1; wanted <= 3; wanted++) {
            const unit_case *u = &unit_cases[i];
            int channels = channels_of(u, wanted);
            bench a, b;
            bench_init(&a, channels, u->outputs, FRAMES);
            bench_init(&b, channels, u->outputs, FRAMES);
            void *whole = make(u, channels, 48000.0);
            step(u, whole, &a, 0, CHANGE_AT);
            u->change(whole);
            step(u, whole, &a, CHANGE_AT, FRAMES - CHANGE_AT);
            void *parts = make(u, channels, 48000.0);
            size_t k = 0;
            for (int at = 0; at < FRAMES; k++) {
                int end = at < CHANGE_AT ? CHANGE_AT : FRAMES;
                int n = sizes[k % (sizeof sizes / sizeof *sizes)];
                n = n < end - at ? n : end - at;
                step(u, parts, &b, at, n);
                at += n;
                if (at == CHANGE_AT && n > 0)
                    u->change(parts);
            }
            same(u, &a, &b, "blocks");
            u->drop(whole);
            u->drop(parts);
            bench_deinit(&a);
            bench_deinit(&b);
        }
}

static void test_in_place_is_fine(void **state) {
    (void)state;
    for (size_t i = 0; i < unit_case_count; i++) {
        const unit_case *u = &unit_cases[i];
        bench a, b;
        bench_init(&a, 2, u->outputs, FRAMES);
        bench_init(&b, 2, u->outputs, FRAMES);
        void *x = make(u, 2, 44100.0), *y = make(u, 2, 44100.0);
        step(u, x, &a, 0, FRAMES);
        for (int c = 0; c < 2; c++) {
            memcpy(b.out[c], b.in[c], FRAMES * sizeof(float));
            b.in[c] = b.out[c];
        }
        step(u, y, &b, 0, FRAMES);
        same(u, &a, &b, "in place");
        u->drop(x);
        u->drop(y);
        bench_deinit(&a);
        bench_deinit(&b);
    }
}

static void test_nan_does_not_outlive_reset(void **state) {
    (void)state;
    for (size_t i = 0; i < unit_case_count; i++) {
        const unit_case *u = &unit_cases[i];
        bench a, b, bad;
        bench_init(&a, 2, u->outputs, FRAMES);
        bench_init(&b, 2, u->outputs, FRAMES);
        bench_init(&bad, 2, u->outputs, FRAMES);
        for (int k = 100; k < FRAMES; k++)
            bad.data[k % 2][k] = k % 3 == 0 ? NAN : INFINITY;
        void *x = make(u, 2, 48000.0), *y = make(u, 2, 48000.0);
        step(u, x, &a, 0, FRAMES);
        step(u, y, &bad, 0, FRAMES - 5);
        u->reset(y);
        step(u, y, &b, 0, FRAMES);
        same(u, &a, &b, "after NaN and reset");
        for (int o = 0; o < b.channels * b.outputs; o++)
            for (int k = 0; k < FRAMES; k++)
                assert_true(isfinite(b.out[o][k]));
        u->drop(x);
        u->drop(y);
        bench_deinit(&a);
        bench_deinit(&b);
        bench_deinit(&bad);
    }
}

/* 20 s of silence: the tail must end in exact zeros, not in denormals. */
static void test_silence_ends_in_zeros(void **state) {
    (void)state;
    for (size_t i = 0; i < unit_case_count; i++) {
        const unit_case *u = &unit_cases[i];
        if (u->noisy)
            continue;
        bench b;
        bench_init(&b, 2, u->outputs, FRAMES);
        void *x = make(u, 2, 8000.0);
        step(u, x, &b, 0, FRAMES);
        for (int c = 0; c < 2; c++)
            memset(b.data[c], 0, FRAMES * sizeof(float));
        for (int k = 0; k < 27; k++)
            step(u, x, &b, 0, FRAMES);
        for (int o = 0; o < b.channels * b.outputs; o++)
            for (int k = 0; k < FRAMES; k++)
                if (b.out[o][k] != 0.0f)
                    fail_msg("%s: %g after silence", u->name,
                             (double)b.out[o][k]);
        u->drop(x);
        bench_deinit(&b);
    }
}

static void test_bad_specs_are_refused(void **state) {
    (void)state;
    static const st_spec bad[] = {{7999.0, 2, 64},
                                  {NAN, 2, 64},
                                  {48000.0, 0, 64},
                                  {48000.0, 9, 64},
                                  {48000.0, 2, 0}};
    for (size_t i = 0; i < unit_case_count; i++)
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            void *unit = NULL;
            assert_int_equal(unit_cases[i].make(&unit, &bad[k]), ST_BAD_ARG);
            assert_null(unit);
        }
    for (size_t i = 0; i < unit_case_count; i++)
        unit_cases[i].drop(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_size_never_shows),
        cmocka_unit_test(test_in_place_is_fine),
        cmocka_unit_test(test_nan_does_not_outlive_reset),
        cmocka_unit_test(test_silence_ends_in_zeros),
        cmocka_unit_test(test_bad_specs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
