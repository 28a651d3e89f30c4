/* The spectra under the realtime trap and the failing allocator; their vector
 * bodies against plain C. */
#include "support/cases.h"

#include "analysis/cqt.h"
#include "analysis/icqt.h"
#include "analysis/mel.h"
#include "analysis/mfcc.h"
#include "analysis/multires.h"
#include "analysis/peaks.h"
#include "analysis/spec_ops.h"
#include "analysis/spectra.h"
#include "core/alloc.h"
#include "core/cpu.h"
#include "support/failing.h"
#include "support/realtime.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { N = 30000 };

static float data[N];

static void ignore(void *ctx, int64_t frame, const float *values) {
    (void)ctx;
    (void)frame;
    (void)values;
}

static void to_mfcc(void *ctx, int64_t frame, const float *mel) {
    (void)frame;
    st_mfcc_process(ctx, mel);
}

static st_status mel_life(void *ctx) {
    (void)ctx;
    st_mfcc *mfcc = NULL;
    st_mel *mel = NULL;
    st_mel_params params = st_mel_defaults(22050);
    st_status status =
        st_mfcc_new(&mfcc, 128, 20, (st_frame_sink){ignore, NULL});
    if (status == ST_OK)
        status = st_mel_new(&mel, &params, (st_frame_sink){to_mfcc, mfcc});
    if (status == ST_OK) {
        rt_enter();
        st_mel_process(mel, data, N);
        st_mel_finish(mel);
        st_mfcc_finish(mfcc);
        st_mel_reset(mel);
        st_mfcc_reset(mfcc);
        st_mel_process(mel, data, 77);
        rt_leave();
    }
    st_mel_free(mel);
    st_mfcc_free(mfcc);
    return status;
}

static st_status cqt_life(void *ctx) {
    (void)ctx;
    st_cqt *cqt = NULL;
    st_cqt_params params = st_cqt_defaults(22050);
    params.low_hz = 523.25; /* fewer kernels */
    params.bins = 25;
    st_status status = st_cqt_new(&cqt, &params, (st_frame_sink){ignore, NULL});
    if (status != ST_OK)
        return status;
    rt_enter();
    st_cqt_process(cqt, data, N);
    st_cqt_finish(cqt);
    st_cqt_reset(cqt);
    st_cqt_process(cqt, data, 77);
    rt_leave();
    st_cqt_free(cqt);
    return ST_OK;
}

static st_status icqt_life(void *ctx) {
    (void)ctx;
    st_icqt *back = NULL;
    st_cqt_params params = st_cqt_defaults(22050);
    params.low_hz = 523.25; /* fewer kernels */
    params.bins = 25;
    params.hop = 64;
    params.complex = true;
    st_status status =
        st_icqt_new(&back, &params, (st_frame_sink){ignore, NULL});
    if (status != ST_OK)
        return status;
    rt_enter();
    for (size_t i = 0; i + 50 < N; i += 50)
        st_icqt_process(back, data + i);
    st_icqt_finish(back);
    st_icqt_reset(back);
    st_icqt_process(back, data);
    rt_leave();
    st_icqt_free(back);
    return ST_OK;
}

static st_status multires_life(void *ctx) {
    (void)ctx;
    st_multires *m = NULL;
    st_multires_params params = st_multires_defaults(22050);
    params.joined = params.look[0].power = (st_frame_sink){ignore, NULL};
    st_status status = st_multires_new(&m, &params);
    if (status != ST_OK)
        return status;
    rt_enter();
    st_multires_process(m, data, N);
    st_multires_finish(m);
    st_multires_reset(m);
    st_multires_process(m, data, 77);
    rt_leave();
    st_multires_free(m);
    return ST_OK;
}

static st_status peaks_life(void *ctx) {
    (void)ctx;
    st_peaks *peaks = NULL;
    const float *in[] = {data, data};
    st_status status = st_peaks_new(&peaks, 2, 48000);
    if (status == ST_OK)
        status = st_peaks_expect(peaks, N / 2);
    if (status == ST_OK)
        status = st_peaks_process(peaks, in, N);
    if (status == ST_OK)
        status = st_peaks_finish(peaks);
    st_peaks_free(peaks);
    return status;
}

static st_status spectra_life(void *ctx) {
    (void)ctx;
    st_spectra *s = NULL;
    unsigned char *bytes = NULL;
    size_t size = 0;
    st_spectra_params params = {.rate_hz = 22050,
                                .pictures = true,
                                .multires = true,
                                .mfcc = {ignore, NULL}};
    st_status status = st_spectra_new(&s, &params);
    if (status == ST_OK)
        status = st_spectra_process(s, data, 3000);
    if (status == ST_OK)
        status = st_spectra_finish(s);
    if (status == ST_OK)
        status = st_spectra_picture(s, ST_PICTURE_CHROMA, "t", 400, 240, &bytes,
                                    &size);
    st_free(bytes);
    st_spectra_free(s);
    return status;
}

static void test_spectra_realtime_and_memory(void **state) {
    (void)state;
    sig_white(data, N, 1, -20);
    assert_true(failing_run(mel_life, NULL) > 10);
    assert_true(failing_run(cqt_life, NULL) > 10);
    assert_true(failing_run(icqt_life, NULL) > 10);
    assert_true(failing_run(multires_life, NULL) > 40);
    assert_true(failing_run(peaks_life, NULL) > 10);
    assert_true(failing_run(spectra_life, NULL) > 30);
}

/* --- vector bodies --- */

enum { M = 400, PAIRS = ST_SPEC_PAIRS };

typedef struct {
    float out[13][M * 4];
} results;

static void run_ops(const st_spec_ops *ops, size_t n, results *r) {
    static float x[4 * M], y[4 * M], taps[4 * M];
    for (size_t i = 0; i < 4 * M; i++) {
        x[i] = (float)sig_uniform(1, i) - 0.5f;
        y[i] = (float)sig_uniform(2, i) - 0.5f;
        taps[i] = (float)sig_uniform(3, i) - 0.5f;
    }
    x[n] = NAN;
    memset(r, 0, sizeof *r);
    ops->clean(r->out[0], x, n + 1);
    x[n] = 0.0f;
    ops->window(r->out[1], x, y, n);
    ops->power(r->out[2], x, y, n);
    ops->magnitude(r->out[3], x, y, n);
    st_spec_band band[2] = {{3, 16, taps}, {40, 8, taps + 16}};
    ops->bands(r->out[4], x, band, 2);
    ops->db(r->out[5], r->out[2], 1e-10f, n);
    ops->mix(r->out[6], x, taps, n / 16, 16);
    ops->halve(r->out[7], x + 2 * PAIRS, taps, n);
    ops->thin(r->out[12], x + ST_SPEC_STEEP, taps, n);
    ops->rows(r->out[8], x, 5, n / 16);
    ops->project(r->out[9], x, taps, n / 16);
    memcpy(r->out[10], y, sizeof y);
    ops->spread(r->out[10], taps, M, x, n);
    memcpy(r->out[11], y, sizeof y);
    ops->raise(r->out[11], x + PAIRS, taps, n);
}

/* Sums in double, in any order: what a body may differ from by rounding. */
static void check_plain(const st_spec_ops *ops, size_t n) {
    static results r;
    run_ops(ops, n, &r);
    static float x[4 * M], y[4 * M], taps[4 * M];
    for (size_t i = 0; i < 4 * M; i++) {
        x[i] = (float)sig_uniform(1, i) - 0.5f;
        y[i] = (float)sig_uniform(2, i) - 0.5f;
        taps[i] = (float)sig_uniform(3, i) - 0.5f;
    }
    x[n] = 0.0f;
    assert_true(r.out[0][n] == 0.0f);
    for (size_t i = 0; i < n; i++) {
        double power =
            (double)x[i] * (double)x[i] + (double)y[i] * (double)y[i];
        assert_true(r.out[0][i] == x[i] && r.out[1][i] == x[i] * y[i]);
        assert_close((double)r.out[2][i], power, 1e-7, "power");
        assert_close((double)r.out[3][i], sqrt(power), 1e-7, "magnitude");
        assert_close((double)r.out[5][i], 10.0 * log10((double)r.out[2][i]),
                     1e-4, "dB");
        const float *p = x + 2 * PAIRS + 2 * i;
        double sum = 0.5 * (double)p[0];
        for (int j = 0; j < PAIRS; j++)
            sum += (double)taps[j] *
                   ((double)p[1 + 2 * j] + (double)*(p - 1 - 2 * j));
        assert_close((double)r.out[7][i], sum, 2e-6, "halve");
        p = x + ST_SPEC_STEEP + 2 * i;
        sum = (double)taps[0] * (double)p[0];
        for (int k = 1; k <= ST_SPEC_STEEP; k++)
            sum += (double)taps[k] * ((double)p[k] + (double)*(p - k));
        assert_close((double)r.out[12][i], sum, 1e-5, "thin");
        sum = (double)y[i];
        for (size_t k = 0; k < 4; k++)
            sum +=
                (k % 2 == 0 ? 1 : -1) * (double)x[k] * (double)taps[k * M + i];
        assert_close((double)r.out[10][i], sum, 1e-6, "spread");
        const float *q = x + PAIRS + i;
        sum = (double)y[2 * i + 1];
        for (int j = 0; j < PAIRS; j++)
            sum +=
                2.0 * (double)taps[j] * ((double)*(q - j) + (double)q[1 + j]);
        assert_close((double)r.out[11][2 * i], (double)y[2 * i] + (double)*q,
                     1e-6, "raise, even");
        assert_close((double)r.out[11][2 * i + 1], sum, 4e-6, "raise, odd");
    }
    for (size_t b = 0; b < 2; b++) {
        double sum = 0.0;
        for (size_t i = 0; i < (b == 0 ? 16 : 8); i++)
            sum += (double)x[(b == 0 ? 3 : 40) + i] * (double)taps[b * 16 + i];
        assert_close((double)r.out[4][b], sum, 1e-6, "bands");
    }
    for (size_t c = 0; c < 16; c++) {
        double mixed = 0.0, out[4] = {0};
        for (size_t i = 0; i < n / 16; i++) {
            mixed += (double)x[i] * (double)taps[16 * i + c];
            assert_true(r.out[8][16 * i + c] == x[5 * c + i]);
            for (size_t k = 0; k < 4; k++)
                out[k] += (double)taps[4 * i + k] * (double)x[16 * i + c];
        }
        assert_close((double)r.out[6][c], mixed, 1e-5, "mix");
        for (size_t k = 0; k < 4; k++)
            assert_close((double)r.out[9][16 * k + c], out[k], 1e-5, "project");
    }
}

static void test_spec_ops_plain_and_same_bits(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 17, 63, 64, 65, 399};
    static results want, got;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_plain(st_spec_ops_level(ST_CPU_BASE), sizes[i]);
        run_ops(st_spec_ops_level(ST_CPU_BASE), sizes[i], &want);
        for (int level = 1; level < ST_CPU_LEVEL_COUNT; level++) {
            if (st_spec_ops_level(level) == NULL)
                continue;
            run_ops(st_spec_ops_level(level), sizes[i], &got);
            assert_memory_equal(&got, &want, sizeof got);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spectra_realtime_and_memory),
        cmocka_unit_test(test_spec_ops_plain_and_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
