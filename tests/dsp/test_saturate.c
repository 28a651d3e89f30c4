#include "support/cases.h"

#include "core/alloc.h"
#include "dsp/saturate.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { N = 48000, SHORT = 20000 };

static int run(const st_saturate_params *p, double rate_hz, const float *in,
               float *out, size_t n) {
    st_spec spec = {rate_hz, 1, (int)n};
    st_saturate *u = NULL;
    assert_int_equal(st_saturate_new(&u, &spec, p), ST_OK);
    st_saturate_process(u, &in, &out, (int)n);
    int latency = st_saturate_latency_frames(u);
    st_saturate_free(u);
    return latency;
}

/* Every multiple of hz, folded or not, that lies off the true harmonics below
 * half the rate: 0.1 s at a whole number of periods, plain DFT bins. */
static double worst_alias(const float *x, size_t n, double rate_hz, double hz) {
    double worst = -400.0;
    for (int k = 2; k <= 80; k++) {
        double f = k * hz;
        if (f < 0.5 * rate_hz)
            continue;
        double folded = fmod(f, rate_hz);
        folded = folded > 0.5 * rate_hz ? rate_hz - folded : folded;
        double nearest = hz * floor(folded / hz + 0.5);
        double space = 9.0 * rate_hz / (double)n;
        if (fabs(folded - nearest) < space || folded < space ||
            folded > 0.5 * rate_hz - space)
            continue;
        double level = meter_tone_db(x, n, rate_hz, folded);
        worst = level > worst ? level : worst;
    }
    return worst;
}

static void test_saturate_does_not_alias(void **state) {
    (void)state;
    static const double tones[] = {1003.0, 2999.0, 5003.0, 6997.0,
                                   8009.0, 9001.0, 9973.0};
    static const double rates[] = {44100.0, 48000.0};
    static float in[N], out[N];
    for (int curve = 0; curve < ST_CURVE_COUNT; curve++)
        for (size_t r = 0; r < 2; r++)
            for (size_t t = 0; t < 5; t++)
                for (double drive = 6.0; drive <= ST_SATURATE_DRIVE_MAX_DB;
                     drive += 3.0) {
                    st_saturate_params p = {(st_saturate_curve)curve, drive,
                                            1.0, drive};
                    sig_sine(in, N, rates[r], tones[t], -1.0, 0.1);
                    (void)run(&p, rates[r], in, out, SHORT);
                    double alias =
                        worst_alias(out + 8000, 8192, rates[r], tones[t]);
                    if (alias > -90.0)
                        fail_msg("%s +%g dB, %g Hz at %g: alias %.1f dBFS",
                                 st_saturate_curve_name(p.curve), drive,
                                 tones[t], rates[r], alias);
                }
}

static void test_saturate_idle_is_a_delay(void **state) {
    (void)state;
    static float in[N], out[N];
    sig_white(in, N, 2, -20.0);
    for (int curve = 0; curve < ST_CURVE_COUNT; curve++) {
        st_saturate_params p = {(st_saturate_curve)curve, 6.0, 0.0, 0.0};
        size_t late = (size_t)run(&p, 48000.0, in, out, N);
        assert_memory_equal(in, out + late, (N - late) * sizeof *in);
    }
    /* below the threshold, fully wet, driven */
    sig_sine(in, N, 48000.0, 3000.0, -12.1, 0.0);
    st_saturate_params p = {ST_CURVE_CLIP, 6.0, 1.0, 0.0};
    size_t late = (size_t)run(&p, 48000.0, in, out, N);
    assert_memory_equal(in, out + late, (N - late) * sizeof *in);
}

/* Harmonics at the level that the curve itself gives. */
static void test_saturate_follows_its_curve(void **state) {
    (void)state;
    static float in[N], out[N], want[N];
    for (int curve = 0; curve < ST_CURVE_COUNT; curve++) {
        st_saturate_params p = {(st_saturate_curve)curve, 6.0, 1.0, 0.0};
        double g = pow(10.0, 6.0 / 20.0);
        sig_sine(in, N, 48000.0, 500.0, -1.0, 0.0);
        for (int i = 0; i < N; i++)
            want[i] = (float)(st_saturate_shape(p.curve, g * in[i]) / g);
        (void)run(&p, 48000.0, in, out, N);
        for (int k = 1; k <= 7; k++) {
            double hz = 500.0 * k;
            double a = meter_tone_db(out + 14000, 32768, 48000.0, hz);
            double b = meter_tone_db(want + 14000, 32768, 48000.0, hz);
            if (b > -90.0)
                assert_close(a, b, 0.01, "harmonic");
            else
                assert_true(a < -88.0);
        }
        assert_close(meter_mean(out + 24000, 9600), 0.0, 2e-4, "no DC");
    }
}

static void test_saturate_shapes(void **state) {
    (void)state;
    for (int curve = 0; curve < ST_CURVE_COUNT; curve++) {
        double last = -1.2;
        for (double x = -4.0; x <= 4.0; x += 0.001) {
            double y = st_saturate_shape((st_saturate_curve)curve, x);
            if (!(y >= last - 2e-6 && fabs(y) <= 1.06))
                fail_msg("%s at %g: %g after %g",
                         st_saturate_curve_name((st_saturate_curve)curve), x, y,
                         last);
            last = y;
        }
        assert_close(st_saturate_shape((st_saturate_curve)curve, 4.0), 1.0,
                     1e-5, "flat top");
        assert_close(st_saturate_shape((st_saturate_curve)curve, 1e-4), 1e-4,
                     1e-8, "unity at the start");
    }
    assert_null(st_saturate_curve_name(ST_CURVE_COUNT));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saturate_does_not_alias),
        cmocka_unit_test(test_saturate_idle_is_a_delay),
        cmocka_unit_test(test_saturate_follows_its_curve),
        cmocka_unit_test(test_saturate_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
