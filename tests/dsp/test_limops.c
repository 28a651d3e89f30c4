#include "support/cases.h"

#include "core/cpu.h"
#include "dsp/interpeak.h"
#include "dsp/limops.h"
#include "dsp/satops.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { N = 512, AT = 128, HOP = ST_INTERPEAK_HOP };

static float x[N], y[N];

/* Everything the table makes, in one row. */
static size_t all_of(const st_limops *ops, const st_satops *sat, float *out) {
    float h[40], gain[24];
    float w[3][64];
    const float *rows[40];
    const float *weights[3] = {w[0], w[1], w[2]};
    st_interpeak filter;
    const st_interpeak *ip = &filter;
    for (int k = 0; k < 40; k++) {
        h[k] = y[k] * 0.2f;
        rows[k] = x + AT + 3 * k;
    }
    for (int k = 0; k < 24; k++)
        gain[k] = 1.0f + 0.1f * y[k];
    for (int k = 0; k < 192; k++)
        w[k / 64][k % 64] = y[k];
    for (int k = 0; k < 24; k++)
        filter.fine[k / 8][k % 8] = y[40 + k];
    size_t n = 0;
    ops->drive(out, x, 1.5f, 0.01f, 96);
    n += 96;
    st_limops_shape s = ops->shape(x + AT, 80);
    out[n++] = s.peak;
    out[n++] = s.bend;
    s = ops->shape2(x + AT, y + AT, 48);
    out[n++] = s.peak;
    out[n++] = s.bend;
    ops->between(out + n, x + AT, h, 37, 112);
    n += 112;
    ops->crest(out + n, x + AT, y + AT, ip->fine, 0.01f);
    n += 16;
    ops->gather(out + n, rows, h, 39, 112);
    n += 112;
    ops->spline(out + n, gain, weights, 8, 8);
    n += 64;
    for (int curve = 0; curve < 4; curve++) {
        float one[64], two[64];
        for (int k = 0; k < 64; k++) {
            one[k] = 2.0f + y[k];
            two[k] = 0.5f;
        }
        memcpy(out + n, x, 64 * sizeof *out);
        sat->curve[curve](out + n, one, two, 64);
        n += 64;
    }
    return n;
}

static void test_limops_same_bits_on_each_level(void **state) {
    (void)state;
    static float want[2048], got[2048];
    sig_white(x, N, 1, -6.0);
    sig_white(y, N, 2, -6.0);
    x[17] = NAN;
    x[30] = INFINITY;
    const st_limops *base = st_limops_level(ST_CPU_BASE);
    size_t n = all_of(base, st_satops_level(ST_CPU_BASE), want);
    for (int level = 1; level < ST_CPU_LEVEL_COUNT; level++) {
        if (st_limops_level(level) == NULL)
            continue;
        assert_int_equal(
            all_of(st_limops_level(level), st_satops_level(level), got), n);
        for (size_t i = 0; i < n; i++)
            if (!(got[i] == want[i] || (isnan(got[i]) && isnan(want[i]))))
                fail_msg("level %d, value %zu: %g, base %g", level, i,
                         (double)got[i], (double)want[i]);
    }
    assert_true(want[17] == 0.0f && want[30] == 0.0f);
}

/* With the bounds taken away nothing over the limit changes. */
static void test_interpeak_skips_nothing_that_matters(void **state) {
    (void)state;
    static const float limits[] = {0.2f, 0.4f, 0.6f, 0.8f, 1.0f, 1.3f};
    static const int halves[] = {20, 64};
    int skipped = 0;
    for (int h = 0; h < 2; h++) {
        st_interpeak ip, all;
        st_interpeak_init(&ip, halves[h], 50.0);
        all = ip;
        all.bend = all.bend_fine = 1e9f;
        for (int seed = 0; seed < 200; seed++) {
            if (seed % 2 == 0)
                sig_pink(x, N, (uint64_t)seed, -10.0);
            else
                sig_sine(x, N, 1.0, 0.001 * seed, -2.0, seed);
            for (size_t k = 0; k < 6; k++) {
                float a[HOP] = {0}, b[HOP] = {0};
                skipped += !st_interpeak_find(&ip, x + AT, limits[k], a);
                (void)st_interpeak_find(&all, x + AT, limits[k], b);
                for (int i = 0; i < HOP; i++)
                    assert_true(a[i] == b[i] ||
                                (a[i] <= limits[k] && b[i] <= limits[k]));
            }
        }
    }
    assert_true(skipped > 200);
}

static void test_interpeak_finds_the_top_of_tones(void **state) {
    (void)state;
    for (int half = 20; half <= 64; half += 44) {
        st_interpeak ip;
        st_interpeak_init(&ip, half, half == 20 ? 62.0 : 50.0);
        for (int k = 1; k <= 45; k++)
            for (int phase = 0; phase < 8; phase++) {
                float tops[HOP];
                float most = 0.0f;
                sig_sine(x, N, 1.0, 0.01 * k, 0.0, 0.4 * phase);
                assert_true(st_interpeak_find(&ip, x + AT, 0.5f, tops));
                for (int i = 0; i < HOP; i++)
                    most = fmaxf(most, tops[i]);
                /* a slow tone may have no top within the hop */
                assert_true(most < 1.006f && (k < 2 || most > 0.994f));
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limops_same_bits_on_each_level),
        cmocka_unit_test(test_interpeak_skips_nothing_that_matters),
        cmocka_unit_test(test_interpeak_finds_the_top_of_tones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
