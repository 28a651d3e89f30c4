#include "support/cases.h"
#include "support/meters.h"
#include "support/signals.h"

#include "core/alloc.h"
#include "dsp/lineq.h"

#include <math.h>
#include <string.h>

static st_lineq *make(double rate_hz, int channels, const st_lineq_params *p) {
    st_spec spec = {rate_hz, channels, 65536};
    st_lineq *unit = NULL;
    assert_int_equal(st_lineq_new(&unit, &spec, p), ST_OK);
    return unit;
}

/* A curve at third octaves from 20 Hz, steps of at most `step` dB between
 * neighbours, within +-limit: as rough as third-octave smoothing leaves. */
static void random_curve(st_lineq_point *points, uint64_t seed, double step,
                         double limit) {
    double db = 0.0;
    for (uint64_t i = 0; i < 31; i++) {
        db += step * (2.0 * sig_uniform(seed, i) - 1.0);
        db = fmin(fmax(db, -limit), limit);
        points[i] = (st_lineq_point){20.0 * pow(2.0, (double)i / 3.0), db};
    }
}

static double worst_error(const st_lineq *unit, bool side,
                          const st_lineq_curve *curve, double rate_hz) {
    double top = fmin(20000.0, 0.45 * rate_hz), worst = 0.0;
    for (int i = 0; i <= 120; i++) {
        double hz = 20.0 * pow(top / 20.0, i / 120.0);
        double error = fabs(st_lineq_response_db(unit, side, hz) -
                            st_lineq_target_db(curve, hz));
        worst = fmax(worst, error);
    }
    return worst;
}

static const double rates[] = {8000.0, 44100.0, 48000.0, 96000.0, 192000.0};

static void test_lineq_bands_within_a_tenth(void **state) {
    (void)state;
    static const st_lineq_band bands[] = {
        {ST_LINEQ_LOW_SHELF, 90.0, 3.0, 0.7},
        {ST_LINEQ_PEAK, 300.0, -2.5, 1.2},
        {ST_LINEQ_PEAK, 2500.0, 3.0, 0.8},
        {ST_LINEQ_HIGH_SHELF, 9000.0, -3.0, 0.7},
    };
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        st_lineq_params p = st_lineq_defaults();
        p.mid = (st_lineq_curve){NULL, 0, bands, 4};
        st_lineq *unit = make(rates[r], 2, &p);
        double error = worst_error(unit, false, &p.mid, rates[r]);
        assert_close(error, 0.0, 0.1, "bands");
        assert_close(st_lineq_info_get(unit).error_db, error, 0.05, "told");
        assert_true(st_lineq_info_get(unit).pre_ring_db < -27.0);
        st_lineq_free(unit);
    }
}

static void test_lineq_curves_within_a_tenth(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        for (int strong = 0; strong < 2; strong++) {
            st_lineq_point mid[31], side[31];
            random_curve(mid, seed, strong ? 4.0 : 2.0, strong ? 20.0 : 3.0);
            random_curve(side, seed + 50, 2.0, 3.0);
            st_lineq_params p = st_lineq_defaults();
            p.mid = (st_lineq_curve){mid, 31, NULL, 0};
            p.side = (st_lineq_curve){side, 31, NULL, 0};
            p.separate_side = true;
            double rate = seed % 2 == 0 ? 44100.0 : 48000.0;
            st_lineq *unit = make(rate, 2, &p);
            assert_close(worst_error(unit, false, &p.mid, rate), 0.0, 0.1,
                         "mid");
            assert_close(worst_error(unit, true, &p.side, rate), 0.0, 0.1,
                         "side");
            st_lineq_free(unit);
        }
}

static void test_lineq_target_of_known_shapes(void **state) {
    (void)state;
    st_lineq_band band = {ST_LINEQ_PEAK, 1000.0, 6.0, 1.0};
    st_lineq_curve curve = {NULL, 0, &band, 1};
    assert_close(st_lineq_target_db(&curve, 1000.0), 6.0, 1e-9, "peak");
    assert_close(st_lineq_target_db(&curve, 1.0), 0.0, 1e-3, "far below");
    band.shape = ST_LINEQ_LOW_SHELF;
    assert_close(st_lineq_target_db(&curve, 1000.0), 3.0, 1e-9, "half way");
    assert_close(st_lineq_target_db(&curve, 1.0), 6.0, 1e-3, "shelf");
    assert_close(st_lineq_target_db(&curve, 1e6), 0.0, 1e-3, "above");
    band.shape = ST_LINEQ_HIGH_SHELF;
    assert_close(st_lineq_target_db(&curve, 1e6), 6.0, 1e-3, "shelf");
    static const st_lineq_point points[] = {
        {100.0, -2.0}, {200.0, 1.0}, {400.0, 1.0}, {800.0, 4.0}};
    st_lineq_curve drawn = {points, 4, NULL, 0};
    for (int i = 0; i < 4; i++)
        assert_close(st_lineq_target_db(&drawn, points[i].hz), points[i].db,
                     1e-12, "through the points");
    assert_close(st_lineq_target_db(&drawn, 283.0), 1.0, 1e-12, "no wiggle");
    assert_close(st_lineq_target_db(&drawn, 20.0), -2.0, 0.0, "held");
    assert_close(st_lineq_target_db(&drawn, 20000.0), 4.0, 0.0, "held");
    double before = -2.0;
    for (double hz = 100.0; hz <= 800.0; hz += 1.0) {
        double db = st_lineq_target_db(&drawn, hz);
        assert_true(db >= before - 1e-12);
        before = db;
    }
}

static void test_lineq_is_exactly_symmetric(void **state) {
    (void)state;
    st_lineq_point points[31];
    random_curve(points, 3, 4.0, 12.0);
    st_lineq_params p = st_lineq_defaults();
    p.mid = (st_lineq_curve){points, 31, NULL, 0};
    st_lineq *unit = make(48000.0, 2, &p);
    const float *fir = st_lineq_fir(unit, false);
    int taps = st_lineq_info_get(unit).taps;
    assert_int_equal(taps % 2, 1);
    for (int i = 0; i < taps; i++)
        assert_true(fir[i] == fir[taps - 1 - i]);
    st_lineq_free(unit);
}

static void run(st_lineq *unit, float *const *data, size_t frames) {
    for (size_t at = 0; at < frames; at += 4096) {
        float *planes[2] = {data[0] + at, data[1] + at};
        size_t n = frames - at < 4096 ? frames - at : 4096;
        st_lineq_process(unit, (const float *const *)planes, planes, (int)n);
    }
}

static void test_lineq_flat_is_a_pure_delay(void **state) {
    (void)state;
    enum { N = 120000 };
    for (int apart = 0; apart < 2; apart++) {
        st_lineq_params p = st_lineq_defaults();
        p.separate_side = apart == 1;
        st_lineq *unit = make(48000.0, 2, &p);
        float *in[2], *out[2];
        for (int c = 0; c < 2; c++) {
            in[c] = st_calloc(N, sizeof(float));
            out[c] = st_calloc(N, sizeof(float));
        }
        sig_music(in[0], in[1], N, 48000.0, 4);
        for (int c = 0; c < 2; c++)
            memcpy(out[c], in[c], N * sizeof(float));
        run(unit, out, N);
        size_t delay = (size_t)st_lineq_latency_frames(unit);
        for (int c = 0; c < 2; c++) {
            double null = meter_null_db(in[c], out[c], N, delay);
            assert_true(null < -130.0);
            assert_true(meter_null_peak_db(in[c], out[c], N, delay) < -120.0);
        }
        assert_close(st_lineq_info_get(unit).pre_ring_db, -200.0, 0.0, "ring");
        assert_close(st_lineq_info_get(unit).error_db, 0.0, 1e-6, "error");
        st_lineq_free(unit);
        for (int c = 0; c < 2; c++) {
            st_free(in[c]);
            st_free(out[c]);
        }
    }
}

/* Mid and side tones come out each with their own curve's gain, on time. */
static void test_lineq_mid_and_side_by_ear(void **state) {
    (void)state;
    enum { N = 160000 };
    static const st_lineq_band up = {ST_LINEQ_PEAK, 1000.0, 6.0, 1.0};
    static const st_lineq_band down = {ST_LINEQ_PEAK, 1000.0, -12.0, 1.0};
    st_lineq_params p = st_lineq_defaults();
    p.mid = (st_lineq_curve){NULL, 0, &up, 1};
    p.side = (st_lineq_curve){NULL, 0, &down, 1};
    p.separate_side = true;
    for (int side = 0; side < 2; side++) {
        st_lineq *unit = make(48000.0, 2, &p);
        float *data[2] = {st_calloc(N, sizeof(float)),
                          st_calloc(N, sizeof(float))};
        float *tone = st_calloc(N, sizeof(float));
        sig_sine(tone, N, 48000.0, 1000.0, -20.0, 0.7);
        for (int i = 0; i < N; i++) {
            data[0][i] = tone[i];
            data[1][i] = side ? -tone[i] : tone[i];
        }
        run(unit, data, N);
        double gain = pow(10.0, (side ? -12.0 : 6.0) / 20.0);
        for (int i = 0; i < N; i++)
            tone[i] = (float)(tone[i] * gain);
        size_t skip = 48000; /* a whole number of periods */
        size_t delay = (size_t)st_lineq_latency_frames(unit);
        double null =
            meter_null_db(tone + skip, data[0] + skip, N - skip, delay);
        assert_true(null < -80.0);
        for (int i = N / 2; i < N; i++)
            assert_close((double)(side ? -data[1][i] : data[1][i]),
                         (double)data[0][i], 1e-6, "right");
        st_lineq_free(unit);
        st_free(data[0]);
        st_free(data[1]);
        st_free(tone);
    }
}

static void test_lineq_refuses(void **state) {
    (void)state;
    static const st_lineq_point falling[] = {{100.0, 0.0}, {100.0, 1.0}};
    static const st_lineq_point wild[] = {{100.0, NAN}};
    static const st_lineq_point loud[] = {{100.0, 61.0}};
    static const st_lineq_band odd = {ST_LINEQ_PEAK, INFINITY, 1.0, 1.0};
    const st_lineq_curve bad[] = {
        {falling, 2, NULL, 0}, {wild, 1, NULL, 0},  {loud, 1, NULL, 0},
        {NULL, 0, &odd, 1},    {NULL, -1, NULL, 0},
    };
    st_spec stereo = {48000.0, 2, 64}, mono = {48000.0, 1, 64};
    st_lineq *unit = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        st_lineq_params p = st_lineq_defaults();
        p.mid = bad[i];
        assert_int_equal(st_lineq_new(&unit, &stereo, &p), ST_BAD_ARG);
    }
    st_lineq_params p = st_lineq_defaults();
    p.separate_side = true;
    assert_int_equal(st_lineq_new(&unit, &mono, &p), ST_BAD_ARG);
    p.separate_side = false;
    p.taps = 100;
    assert_int_equal(st_lineq_new(&unit, &mono, &p), ST_BAD_ARG);
    assert_null(unit);
    st_lineq_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lineq_bands_within_a_tenth),
        cmocka_unit_test(test_lineq_curves_within_a_tenth),
        cmocka_unit_test(test_lineq_target_of_known_shapes),
        cmocka_unit_test(test_lineq_is_exactly_symmetric),
        cmocka_unit_test(test_lineq_flat_is_a_pure_delay),
        cmocka_unit_test(test_lineq_mid_and_side_by_ear),
        cmocka_unit_test(test_lineq_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
