/* The realtime trap and the failing allocator, for transforms and the rest of
 * audio that has neither files nor threads. */
#include "support/cases.h"

#include "audio/channels.h"
#include "audio/fft.h"
#include "audio/resample.h"
#include "audio/stft.h"
#include "core/alloc.h"
#include "support/failing.h"
#include "support/realtime.h"

enum { N = 4096 };

static float x[N], y[N], re[N], im[N];

static void test_transforms_are_realtime(void **state) {
    (void)state;
    st_fft *fft = NULL;
    st_rfft *rfft = NULL;
    st_stft *stft = NULL;
    st_stft_stream *stream = NULL;
    st_stft_params p = st_stft_defaults();
    assert_int_equal(st_fft_new(&fft, N), ST_OK);
    assert_int_equal(st_rfft_new(&rfft, N), ST_OK);
    assert_int_equal(st_stft_new(&stft, &p), ST_OK);
    assert_int_equal(st_stft_stream_new(&stream, stft, NULL, NULL), ST_OK);
    float *scratch = st_calloc(16 * N, sizeof(float));
    st_channel_matrix matrix;
    assert_int_equal(st_channel_matrix_init(&matrix, 2, 1), ST_OK);
    assert_true(st_fft_scratch(fft) <= 16 * N);
    assert_true(st_rfft_scratch(rfft) <= 16 * N);
    assert_true(st_stft_scratch(stft) <= 16 * N);
    const float *in[] = {x, y};
    float *out[] = {re};
    rt_enter();
    st_fft_forward(fft, x, y, re, im, scratch);
    st_fft_inverse(fft, re, im, re, im, scratch);
    st_rfft_forward(rfft, x, re, im, scratch);
    st_rfft_inverse(rfft, re, im, y, scratch);
    st_stft_forward(stft, x, N, 0, 3, re, im, scratch);
    st_stft_stream_process(stream, x, y, N);
    st_stft_stream_reset(stream);
    st_channel_matrix_apply(&matrix, in, out, N);
    rt_leave();
    st_free(scratch);
    st_stft_stream_free(stream);
    st_stft_free(stft);
    st_rfft_free(rfft);
    st_fft_free(fft);
}

static st_status life_of_fft(void *ctx) {
    st_fft *plan = NULL;
    st_status status = st_fft_new(&plan, *(const size_t *)ctx);
    st_fft_free(plan);
    return status;
}

static st_status life_of_rfft(void *ctx) {
    st_rfft *plan = NULL;
    st_status status = st_rfft_new(&plan, *(const size_t *)ctx);
    st_rfft_free(plan);
    return status;
}

static st_status life_of_stft(void *ctx) {
    (void)ctx;
    st_stft *stft = NULL;
    st_stft_stream *stream = NULL;
    st_stft_params p = {256, 64, ST_WINDOW_HANN, true};
    st_status status = st_stft_new(&stft, &p);
    if (status == ST_OK)
        status = st_stft_stream_new(&stream, stft, NULL, NULL);
    if (status == ST_OK)
        status = st_stft_inverse(stft, re, im, 500, y);
    st_stft_stream_free(stream);
    st_stft_free(stft);
    return status;
}

static st_status life_of_resampler(void *ctx) {
    (void)ctx;
    st_resampler *r = NULL;
    st_status status = st_resampler_new(&r, 44100, 48000, 1, ST_RESAMPLE_HIGH);
    st_resampler_free(r);
    return status;
}

static void test_no_memory_is_reported(void **state) {
    (void)state;
    size_t small = 8, large = 1024;
    assert_true(failing_run(life_of_fft, &small) > 0);
    assert_true(failing_run(life_of_fft, &large) > 0);
    assert_true(failing_run(life_of_rfft, &small) > 0);
    assert_true(failing_run(life_of_rfft, &large) > 0);
    assert_true(failing_run(life_of_stft, NULL) > 0);
    assert_true(failing_run(life_of_resampler, NULL) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transforms_are_realtime),
        cmocka_unit_test(test_no_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
