/* dynops: every CPU level gives the bits of the plain one. */
#include "support/cases.h"

#include "core/cpu.h"
#include "dsp/dynops.h"
#include "dsp/gain.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 1024, STEPS = FRAMES / 8 };

static float left[FRAMES], right[FRAMES];

typedef struct {
    float lanes[FRAMES * ST_LANES];
    float mean[STEPS][ST_LANES], top[STEPS][ST_LANES], gains[STEPS][ST_LANES];
    float one_mean, one_top;
    float out[2][FRAMES], ramped[FRAMES], noise[FRAMES], grid[FRAMES];
    st_xover_state xover;
    st_gain_state gain;
} results;

static void curves(st_gain *g) {
    st_gain_init(g, 48000.0, ST_LANES);
    for (int lane = 0; lane < ST_LANES; lane++) {
        st_dynamics_params p = st_dynamics_defaults();
        p.ratio = 1.0 + lane;
        p.threshold_db = -40.0;
        p.detect = lane % 2 == 0 ? ST_DETECT_RMS : ST_DETECT_PEAK;
        p.upward = lane == 3;
        p.mix = lane == 5 ? 0.5 : 1.0;
        p.knee_db = lane;
        st_gain_set(g, lane, &p, true);
    }
}

static void run(const st_dynops *ops, size_t n, results *r) {
    static st_gain g;
    memset(r, 0, sizeof *r);
    st_xover_coeffs c;
    double *x = c.first.p;
    for (size_t i = 0; i < sizeof c / sizeof *x; i++)
        x[i] = 0.1 + 0.8 * sig_uniform(9, i);
    for (int lane = 0; lane < 4; lane++) {
        c.first.q[lane] *= 0.1;
        c.split.q[lane] *= 0.1;
        c.allpass.q[lane] *= 0.1;
    }
    curves(&g);
    size_t steps = n / 8;
    ops->crossover(&r->xover, &c, left, right, r->lanes, n);
    ops->detect_lanes(r->lanes, 8, steps, r->mean[0], r->top[0]);
    ops->detect(left, n / 8 * 8, &r->one_mean, &r->one_top);
    ops->gain(&g.law, &r->gain, r->mean[0], r->top[0], r->gains[0], steps);
    ops->mix_lanes(r->lanes, r->gains[0], r->gains[1], left, r->out[0],
                   r->out[1], n);
    ops->ramp(r->ramped, left, 0.3f, 1.7f, right, n);
    ops->noise(r->noise, 4294967000u, 12345u, 678u, n);
    ops->quantise(r->grid, left, r->noise, 32768.0, n);
}

static void test_levels_give_the_same_bits(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 9, 64, 257, FRAMES};
    static results plain, fast;
    sig_white(left, FRAMES, 1, -10.0);
    sig_white(right, FRAMES, 2, -10.0);
    left[77] = NAN;
    left[300] = 1e30f;
    for (int level = 1; level < ST_CPU_LEVEL_COUNT; level++) {
        const st_dynops *ops = st_dynops_level(level);
        if (ops == NULL)
            continue;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            left[77] = sizes[i] == 257 ? NAN : 0.5f;
            run(st_dynops_level(0), sizes[i], &plain);
            run(ops, sizes[i], &fast);
            assert_memory_equal(plain.gains, fast.gains, sizeof plain.gains);
            assert_memory_equal(plain.mean, fast.mean, sizeof plain.mean);
            assert_memory_equal(plain.grid, fast.grid, sizeof plain.grid);
            if (sizes[i] != 257) /* the sign of a NaN is free */
                assert_memory_equal(&plain, &fast, sizeof plain);
        }
    }
}

/* Whether the other four lanes are worked out changes nothing in the first
 * ones; steps are worked out one by one or together. */
static void test_gains_of_few_lanes(void **state) {
    (void)state;
    static results all, few;
    static st_gain g;
    const st_dynops *ops = st_dynops_get();
    sig_white(left, FRAMES, 1, -10.0);
    sig_white(right, FRAMES, 2, -10.0);
    run(ops, FRAMES, &all);
    curves(&g);
    g.law.lanes = 3;
    for (size_t at = 0, n = 1; at < STEPS; at += n, n = at % 50 + 1) {
        n = n < STEPS - at ? n : STEPS - at;
        ops->gain(&g.law, &few.gain, all.mean[at], all.top[at], few.gains[at],
                  n);
    }
    for (int i = 0; i < STEPS; i++)
        assert_memory_equal(few.gains[i], all.gains[i], 3 * sizeof(float));
    assert_memory_equal(few.gain.cut, all.gain.cut, 3 * sizeof(float));
    assert_memory_equal(few.gain.block_cut, all.gain.block_cut,
                        3 * sizeof(float));
}

static void test_noise_is_triangular(void **state) {
    (void)state;
    enum { N = 1 << 18 };
    static float a[N], b[N];
    const st_dynops *ops = st_dynops_get();
    ops->noise(a, 0, 1, 2, N);
    ops->noise(b, 0, 3, 2, N);
    double sum = 0.0, power = 0.0, next = 0.0, other = 0.0, fourth = 0.0;
    for (int i = 0; i < N; i++) {
        assert_true(fabsf(a[i]) < 1.0f);
        double x = (double)a[i];
        sum += x;
        power += x * x;
        fourth += x * x * x * x;
        next += i > 0 ? x * (double)a[i - 1] : 0.0;
        other += x * (double)b[i];
    }
    /* five sigma of each estimate */
    assert_close(sum / N, 0.0, 5.0 * 0.41 / sqrt(N), "mean");
    assert_close(power / N, 1.0 / 6.0, 5.0 * 0.2 / sqrt(N), "power");
    assert_close(fourth / N, 1.0 / 15.0, 5.0 * 0.13 / sqrt(N), "4th moment");
    assert_close(next / N, 0.0, 5.0 / 6.0 / sqrt(N), "next frame");
    assert_close(other / N, 0.0, 5.0 / 6.0 / sqrt(N), "other key");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_give_the_same_bits),
        cmocka_unit_test(test_gains_of_few_lanes),
        cmocka_unit_test(test_noise_is_triangular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
