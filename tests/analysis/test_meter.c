#include "support/cases.h"

#include "analysis/meter.h"
#include "audio/memory.h"
#include "core/pool.h"
#include "support/signals.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, N = 3 * RATE };

typedef struct {
    float *l, *r;
} pair;

static pair pair_new(void) {
    pair p = {malloc(N * sizeof(float)), malloc(N * sizeof(float))};
    sig_music(p.l, p.r, N, RATE, 9);
    return p;
}

static void pair_free(pair p) {
    free(p.l);
    free(p.r);
}

static st_meter_result measure(pair p, int channels, size_t block,
                               st_pool *pool) {
    st_meter *meter = NULL;
    st_meter_params params = {
        .rate_hz = RATE, .channels = channels, .series_capacity = 8};
    assert_int_equal(st_meter_new(&meter, &params), ST_OK);
    for (size_t at = 0; at < N; at += block) {
        const float *in[] = {p.l + at, p.r + at};
        st_meter_process_on(meter, pool, in,
                            (int64_t)(N - at < block ? N - at : block));
    }
    st_meter_finish(meter);
    st_meter_result result;
    st_meter_get(meter, &result);
    st_meter_series series;
    st_meter_get_series(meter, &series);
    assert_true(series.count > 0 && series.count <= 8);
    st_meter_free(meter);
    return result;
}

static void test_meter_sine(void **state) {
    (void)state;
    pair p = pair_new();
    sig_sine(p.l, N, RATE, 997, -6, 0);
    memcpy(p.r, p.l, N * sizeof *p.r);
    for (int i = 0; i < N; i++)
        p.r[i] *= 0.5f;
    st_meter_result got = measure(p, 2, 1000, NULL);
    assert_close(got.channel[0].rms_dbfs, -9.01, 0.01, "RMS of L");
    assert_close(got.channel[1].rms_dbfs, -15.03, 0.01, "RMS of R");
    assert_close(got.true_peak_dbtp, -6, 0.02, "true peak");
    assert_close(got.correlation, 1, 1e-6, "correlation");
    assert_close(got.width, 1 / 9.0, 1e-5, "width");
    assert_close(got.balance_db, 6.02, 0.01, "balance");
    assert_int_equal(got.bits, 32);
    assert_int_equal(got.clipped_runs, 0);
    pair_free(p);
}

static void test_meter_stereo_extremes(void **state) {
    (void)state;
    pair p = pair_new();
    for (int i = 0; i < N; i++)
        p.r[i] = -p.l[i];
    st_meter_result got = measure(p, 2, 4096, NULL);
    assert_close(got.correlation, -1, 1e-6, "out of phase");
    assert_true(isinf(got.width));
    sig_white(p.l, N, 1, -20);
    sig_white(p.r, N, 2, -20);
    got = measure(p, 2, 4096, NULL);
    assert_close(got.correlation, 0, 0.01, "independent");
    assert_close(got.mono_loss_db, -3.01, 0.05, "mono loss");
    got = measure(p, 1, 4096, NULL);
    assert_close(got.correlation, 1, 0, "mono");
    pair_free(p);
}

static void test_meter_faults(void **state) {
    (void)state;
    pair p = pair_new();
    memset(p.l, 0, N * sizeof *p.l);
    memset(p.r, 0, N * sizeof *p.r);
    for (int i = 1000; i < 2000; i++)
        p.l[i] = p.r[i] = (float)((i % 256) * 256 - 32768) / 65536.0f;
    for (int i = 0; i < 5; i++)
        p.l[1020 + i] = 1.0f;
    p.r[1500] = NAN;
    st_meter_result got = measure(p, 2, 100, NULL);
    assert_int_equal(got.clipped_runs, 1);
    assert_int_equal(got.clipped_samples, 5);
    assert_int_equal(got.bad_samples, 1);
    assert_int_equal(got.head_silence_frames, 1000);
    assert_int_equal(got.tail_silence_frames, N - 2000);
    pair_free(p);
}

static void test_meter_counts_bits(void **state) {
    (void)state;
    pair p = pair_new();
    static const int bits[] = {8, 16, 20, 24};
    for (size_t b = 0; b < 4; b++) {
        double steps = ldexp(1, bits[b] - 1);
        for (int i = 0; i < N; i++)
            p.l[i] = p.r[i] =
                (float)(floor(0.9 * steps * sin(0.01 * i)) / steps);
        assert_int_equal(measure(p, 2, 512, NULL).bits, bits[b]);
    }
    memset(p.l, 0, N * sizeof *p.l);
    memset(p.r, 0, N * sizeof *p.r);
    st_meter_result got = measure(p, 2, 512, NULL);
    assert_int_equal(got.bits, 0);
    assert_int_equal(got.head_silence_frames, N);
    assert_true(isinf(got.true_peak_dbtp));
    pair_free(p);
}

static void test_meter_same_bits_any_block_and_thread(void **state) {
    (void)state;
    pair p = pair_new();
    st_pool *pool = NULL;
    assert_int_equal(st_pool_new(&pool, 2), ST_OK);
    st_meter_result want = measure(p, 2, N, NULL);
    static const size_t blocks[] = {1, 479, 1024, 5000};
    for (size_t i = 0; i < 4; i++) {
        st_meter_result got = measure(p, 2, blocks[i], i > 1 ? pool : NULL);
        assert_memory_equal(&got, &want, sizeof got);
    }
    st_pool_free(pool);
    pair_free(p);
}

static void test_meter_json_has_no_infinity(void **state) {
    (void)state;
    st_meter *meter = NULL;
    st_meter_params params = {.rate_hz = RATE, .channels = 2};
    assert_int_equal(st_meter_new(&meter, &params), ST_OK);
    st_meter_finish(meter);
    st_meter_result got;
    st_meter_get(meter, &got);
    json_t *json = st_meter_json(&got);
    assert_non_null(json);
    assert_true(json_is_null(json_object_get(json, "lufs_integrated")));
    assert_int_equal(json_array_size(json_object_get(json, "per_channel")), 2);
    json_decref(json);
    st_meter_free(meter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meter_sine),
        cmocka_unit_test(test_meter_stereo_extremes),
        cmocka_unit_test(test_meter_faults),
        cmocka_unit_test(test_meter_counts_bits),
        cmocka_unit_test(test_meter_same_bits_any_block_and_thread),
        cmocka_unit_test(test_meter_json_has_no_infinity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
