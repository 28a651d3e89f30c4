#include "support/cases.h"

#include "core/alloc.h"
#include "dsp/adversary.h"
#include "dsp/limiter.h"
#include "support/meters.h"
#include "support/signals.h"
#include "support/truth.h"

#include <math.h>
#include <string.h>

enum { SECOND = 48000 };

static const double rates[] = {44100.0, 48000.0, 96000.0};

/* The limiter over one channel, its latency taken off. */
static void limit(const st_limiter_params *p, double rate_hz, const float *in,
                  float *out, size_t n) {
    st_spec spec = {rate_hz, 1, 4096};
    st_limiter *u = NULL;
    assert_int_equal(st_limiter_new(&u, &spec, p), ST_OK);
    size_t latency = (size_t)st_limiter_latency_frames(u);
    float *whole = st_calloc(n + latency + 4096, sizeof *whole);
    memcpy(whole, in, n * sizeof *in);
    for (size_t at = 0; at < n + latency; at += 4096) {
        const float *from[] = {whole + at};
        float *to[] = {whole + at};
        st_limiter_process(u, from, to, 4096);
    }
    memcpy(out, whole + latency, n * sizeof *out);
    st_free(whole);
    st_limiter_free(u);
}

static void test_limiter_holds_the_ceiling(void **state) {
    (void)state;
    static const double drives[] = {0.0, 6.0, 12.0, 18.0};
    float *in = st_calloc(SECOND, sizeof *in);
    float *out = st_calloc(SECOND, sizeof *out);
    for (size_t a = 0; a < adversary_count; a++)
        for (size_t r = 0; r < 3; r++)
            for (size_t d = 0; d < 4; d++) {
                if (rates[r] != 48000.0 && drives[d] < 12.0)
                    continue;
                const adversary *it = &adversaries[a];
                size_t n = (size_t)(0.15 * rates[r]);
                st_limiter_params p = st_limiter_defaults();
                p.ceiling_db = -1.0;
                p.drive_db = drives[d];
                it->make(in, n, rates[r], it->variant);
                limit(&p, rates[r], in, out, n);
                double peak = truth_peak_db(out, n);
                if (peak > -0.95)
                    fail_msg("%s at %g Hz +%g dB: %.3f dBTP", it->name,
                             rates[r], drives[d], peak);
                if (drives[d] != 12.0)
                    continue;
                adversary_dither16(out, n, 5);
                peak = truth_peak_db(out, n);
                if (peak > -0.95)
                    fail_msg("%s at %g Hz, 16 bits: %.3f dBTP", it->name,
                             rates[r], peak);
            }
    st_free(in);
    st_free(out);
}

static void test_limiter_is_a_delay_below_the_ceiling(void **state) {
    (void)state;
    float in[20000], out[20000];
    for (size_t r = 0; r < 3; r++) {
        sig_pink(in, 20000, 3, -20.0);
        st_limiter_params p = st_limiter_defaults();
        limit(&p, rates[r], in, out, 20000);
        assert_memory_equal(in, out, sizeof in);
    }
}

static double held(double rate_hz, const float *in, size_t n, float *out) {
    st_limiter_params p = st_limiter_defaults();
    p.ceiling_db = -1.0;
    p.drive_db = 12.0;
    limit(&p, rate_hz, in, out, n);
    return truth_peak_db(out, n);
}

static void test_limiter_keeps_a_held_tone_clean(void **state) {
    (void)state;
    static const double tones[] = {40.0, 60.0, 100.0, 1000.0, 7000.0};
    size_t n = 3 * SECOND;
    float *in = st_calloc(n, sizeof *in);
    float *out = st_calloc(n, sizeof *out);
    for (size_t t = 0; t < 5; t++) {
        sig_sine(in, n, 48000.0, tones[t], -6.0, 0.0);
        assert_close(held(48000.0, in, n, out), -1.0, 0.05, "level");
        double thd = meter_thd_n_db(out + SECOND, SECOND, 48000.0, tones[t]);
        if (thd > -100.0)
            fail_msg("%g Hz: THD+N %.1f dB", tones[t], thd);
    }
    st_free(in);
    st_free(out);
}

/* SMPTE: 60 Hz and 7 kHz, 4 : 1; the side tones of 7 kHz. */
static void test_limiter_keeps_two_tones_apart(void **state) {
    (void)state;
    size_t n = 3 * SECOND;
    float *in = st_calloc(n, sizeof *in);
    float *out = st_calloc(n, sizeof *out);
    sig_sine(in, n, 48000.0, 60.0, -7.96, 0.0);
    sig_add_sine(in, n, 48000.0, 7000.0, -20.0, 0.0);
    (void)held(48000.0, in, n, out);
    double carrier = meter_tone_db(out + SECOND, SECOND, 48000.0, 7000.0);
    for (int k = -3; k <= 3; k++) {
        double hz = 7000.0 + 60.0 * k;
        double side = meter_tone_db(out + SECOND, SECOND, 48000.0, hz);
        if (k != 0 && side > carrier - 80.0)
            fail_msg("%g Hz: %.1f dB under 7 kHz", hz, carrier - side);
    }
    st_free(in);
    st_free(out);
}

static void test_limiter_lets_go_after_a_click(void **state) {
    (void)state;
    float in[9600], out[9600];
    sig_sine(in, 9600, 48000.0, 500.0, -12.0, 0.0);
    in[4800] = 3.0f;
    st_limiter_params p = st_limiter_defaults();
    limit(&p, 48000.0, in, out, 9600);
    /* 2 ms either side it is as if nothing had been */
    assert_true(meter_null_peak_db(in, out, 4800 - 96, 0) < -120.0);
    assert_true(meter_null_peak_db(in + 4896, out + 4896, 4600, 0) < -120.0);
    assert_true(out[4800] > 0.9f && out[4800] <= 1.0f);
}

static void test_limiter_link(void **state) {
    (void)state;
    enum { N = 9600 };
    static float loud[N], soft[N], a[N + 4096], b[N + 4096];
    sig_sine(loud, N, 48000.0, 1000.0, 6.0, 0.0);
    sig_sine(soft, N, 48000.0, 1000.0, -12.0, 0.0);
    st_spec spec = {48000.0, 2, N};
    for (int linked = 0; linked < 2; linked++) {
        st_limiter_params p = st_limiter_defaults();
        p.link = linked;
        st_limiter *u = NULL;
        assert_int_equal(st_limiter_new(&u, &spec, &p), ST_OK);
        const float *in[] = {loud, soft};
        float *out[] = {a, b};
        st_limiter_process(u, in, out, N);
        st_limiter_meter m;
        st_limiter_meter_get(u, &m);
        st_limiter_free(u);
        assert_close(meter_peak_db(a + 4800, 4000), -0.02, 0.02, "loud");
        assert_close(meter_peak_db(b + 4800, 4000), linked ? -18.02 : -12.0,
                     0.02, "soft");
        assert_close(m.max_db, 6.1, 0.1, "max");
        assert_true(m.blocks > 10 && m.mean_db > (linked ? 5.0 : 1.5));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limiter_holds_the_ceiling),
        cmocka_unit_test(test_limiter_is_a_delay_below_the_ceiling),
        cmocka_unit_test(test_limiter_keeps_a_held_tone_clean),
        cmocka_unit_test(test_limiter_keeps_two_tones_apart),
        cmocka_unit_test(test_limiter_lets_go_after_a_click),
        cmocka_unit_test(test_limiter_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
