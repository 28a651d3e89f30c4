#include "support/cases.h"
#include "support/meters.h"
#include "support/signals.h"

#include "core/alloc.h"
#include "dsp/convolve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 9000 };

typedef struct {
    float *in[8], *out[8];
} planes;

static void planes_init(planes *p, int channels, size_t frames) {
    for (int c = 0; c < channels; c++) {
        p->in[c] = st_calloc(frames, sizeof(float));
        p->out[c] = st_calloc(frames, sizeof(float));
        sig_white(p->in[c], frames, 10u + (uint64_t)c, -12.0);
    }
}

static void planes_deinit(planes *p, int channels) {
    for (int c = 0; c < channels; c++) {
        st_free(p->in[c]);
        st_free(p->out[c]);
    }
}

static void run(st_convolve *unit, planes *p, int channels, int frames,
                int block) {
    for (int at = 0; at < frames; at += block) {
        const float *in[8];
        float *out[8];
        for (int c = 0; c < channels; c++) {
            in[c] = p->in[c] + at;
            out[c] = p->out[c] + at;
        }
        int n = frames - at < block ? frames - at : block;
        st_convolve_process(unit, in, out, n);
    }
}

static float *make_fir(size_t taps, uint64_t seed) {
    float *fir = st_calloc(taps, sizeof(float));
    sig_white(fir, taps, seed, -10.0);
    for (size_t i = 0; i < taps; i++)
        fir[i] *= 1.0f / sqrtf((float)taps);
    return fir;
}

/* The definition: y[n] = sum of fir[k] x[n - k]. */
static double direct(const float *fir, size_t taps, const float *x, long n) {
    double sum = 0.0;
    for (size_t k = 0; k < taps && (long)k <= n; k++)
        sum += (double)fir[k] * (double)x[n - (long)k];
    return sum;
}

static const struct {
    size_t taps;
    int channels, block;
} cases[] = {
    {1, 1, 0},     {2, 2, 64},   {63, 3, 0},    {64, 2, 64},
    {65, 1, 64},   {257, 8, 0},  {1000, 2, 0},  {1000, 2, 128},
    {1025, 5, 64}, {2000, 2, 0}, {777, 2, 512},
};

static void test_convolve_matches_the_definition(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int channels = cases[i].channels;
        st_spec spec = {48000.0, channels, FRAMES};
        float *fir = make_fir(cases[i].taps, 5);
        st_convolve_params params = {fir, NULL, cases[i].taps, cases[i].block};
        st_convolve *unit = NULL;
        assert_int_equal(st_convolve_new(&unit, &spec, &params), ST_OK);
        planes p;
        planes_init(&p, channels, FRAMES);
        run(unit, &p, channels, FRAMES, 500);
        long delay = st_convolve_latency_frames(unit);
        assert_true(delay < FRAMES);
        for (int c = 0; c < channels; c++) {
            for (long n = 0; n < delay; n++)
                assert_true(p.out[c][n] == 0.0f);
            for (long n = 0; n + delay < FRAMES; n += 37)
                assert_close((double)p.out[c][n + delay],
                             direct(fir, cases[i].taps, p.in[c], n), 1e-6,
                             "sample");
        }
        planes_deinit(&p, channels);
        st_convolve_free(unit);
        st_free(fir);
    }
}

static void test_convolve_mid_and_side_apart(void **state) {
    (void)state;
    static const int blocks[] = {0, 128};
    for (size_t i = 0; i < 2; i++) {
        enum { TAPS = 600 };
        st_spec spec = {48000.0, 2, FRAMES};
        float *mid = make_fir(TAPS, 5), *side = make_fir(TAPS, 6);
        st_convolve_params params = {mid, side, TAPS, blocks[i]};
        st_convolve *unit = NULL;
        assert_int_equal(st_convolve_new(&unit, &spec, &params), ST_OK);
        planes p, ms;
        planes_init(&p, 2, FRAMES);
        planes_init(&ms, 2, FRAMES);
        for (int n = 0; n < FRAMES; n++) {
            ms.in[0][n] = 0.5f * (p.in[0][n] + p.in[1][n]);
            ms.in[1][n] = 0.5f * (p.in[0][n] - p.in[1][n]);
        }
        run(unit, &p, 2, FRAMES, 1000);
        long delay = st_convolve_latency_frames(unit);
        for (long n = 0; n + delay < FRAMES; n += 41) {
            double m = direct(mid, TAPS, ms.in[0], n);
            double s = direct(side, TAPS, ms.in[1], n);
            assert_close((double)p.out[0][n + delay], m + s, 1e-6, "left");
            assert_close((double)p.out[1][n + delay], m - s, 1e-6, "right");
        }
        planes_deinit(&p, 2);
        planes_deinit(&ms, 2);
        st_convolve_free(unit);
        st_free(mid);
        st_free(side);
    }
}

/* Each level against base, in a hop for files and one for live use, with a
 * side filter and without. */
static void test_convolve_same_bits_at_every_level(void **state) {
    (void)state;
    static const char *const levels[] = {"base", "avx2", "avx512"};
    st_spec spec = {48000.0, 2, FRAMES};
    float *fir = make_fir(300, 1), *side = make_fir(300, 2);
    for (int kind = 0; kind < 4; kind++) {
        planes p[3];
        for (int i = 0; i < 3; i++) {
            setenv("STEMMA_CPU", levels[i], 1);
            st_convolve_params params = {fir, kind % 2 == 0 ? NULL : side, 300,
                                         kind < 2 ? 0 : 64};
            st_convolve *unit = NULL;
            assert_int_equal(st_convolve_new(&unit, &spec, &params), ST_OK);
            planes_init(&p[i], 2, FRAMES);
            run(unit, &p[i], 2, FRAMES, FRAMES);
            st_convolve_free(unit);
            for (int c = 0; c < 2; c++)
                assert_memory_equal(p[i].out[c], p[0].out[c],
                                    FRAMES * sizeof(float));
        }
        for (int i = 0; i < 3; i++)
            planes_deinit(&p[i], 2);
    }
    unsetenv("STEMMA_CPU");
    st_free(fir);
    st_free(side);
}

static void test_convolve_refuses(void **state) {
    (void)state;
    float fir[4] = {1.0f};
    st_spec stereo = {48000.0, 2, 64}, mono = {48000.0, 1, 64};
    const st_convolve_params bad[] = {
        {NULL, NULL, 4, 0}, {fir, NULL, 0, 0},  {fir, NULL, 4, 63},
        {fir, NULL, 4, 96}, {fir, NULL, 4, -1}, {fir, NULL, 1 << 21, 0},
    };
    st_convolve *unit = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(st_convolve_new(&unit, &stereo, &bad[i]), ST_BAD_ARG);
    st_convolve_params side = {fir, fir, 4, 0};
    assert_int_equal(st_convolve_new(&unit, &mono, &side), ST_BAD_ARG);
    assert_null(unit);
    st_convolve_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolve_matches_the_definition),
        cmocka_unit_test(test_convolve_mid_and_side_apart),
        cmocka_unit_test(test_convolve_same_bits_at_every_level),
        cmocka_unit_test(test_convolve_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
