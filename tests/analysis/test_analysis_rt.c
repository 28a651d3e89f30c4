/* The realtime trap and the failing allocator for the meters. */
#include "support/cases.h"

#include "analysis/meter.h"
#include "analysis/spectrum.h"
#include "dsp/truepeak.h"
#include "support/failing.h"
#include "support/realtime.h"
#include "support/signals.h"

enum { FRAMES = 30000 };

static float data[2][FRAMES];
static const float *const in[] = {data[0], data[1]};

static st_status meter_life(void *ctx) {
    (void)ctx;
    st_meter *meter = NULL;
    st_meter_params params = {48000.0, 2, 2};
    st_status status = st_meter_new(&meter, &params);
    if (status != ST_OK)
        return status;
    rt_enter();
    st_meter_process(meter, in, FRAMES);
    st_meter_process(meter, in, 77);
    st_meter_finish(meter);
    st_meter_reset(meter);
    st_meter_process(meter, in, FRAMES);
    st_meter_finish(meter);
    rt_leave();
    st_meter_free(meter);
    return ST_OK;
}

static st_status spectrum_life(void *ctx) {
    (void)ctx;
    st_spectrum *spectrum = NULL;
    st_spectrum_params params = st_spectrum_defaults(48000.0, 2);
    st_status status = st_spectrum_new(&spectrum, &params);
    if (status != ST_OK)
        return status;
    rt_enter();
    st_spectrum_process(spectrum, in, FRAMES);
    st_spectrum_finish(spectrum);
    st_spectrum_reset(spectrum);
    rt_leave();
    st_spectrum_free(spectrum);
    return ST_OK;
}

static st_status truepeak_life(void *ctx) {
    (void)ctx;
    st_truepeak *peak = NULL;
    st_truepeak_params params = {2, 1024, 4};
    st_status status = st_truepeak_new(&peak, &params);
    if (status != ST_OK)
        return status;
    rt_enter();
    st_truepeak_process(peak, in, FRAMES);
    st_truepeak_finish(peak);
    rt_leave();
    st_truepeak_free(peak);
    return ST_OK;
}

static void test_measuring_is_realtime(void **state) {
    (void)state;
    assert_int_equal(meter_life(NULL), ST_OK);
    assert_int_equal(spectrum_life(NULL), ST_OK);
    assert_int_equal(truepeak_life(NULL), ST_OK);
}

static void test_no_memory_is_reported(void **state) {
    (void)state;
    assert_true(failing_run(meter_life, NULL) > 5);
    assert_true(failing_run(spectrum_life, NULL) > 5);
    assert_true(failing_run(truepeak_life, NULL) > 1);
}

int main(void) {
    sig_music(data[0], data[1], FRAMES, 48000.0, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measuring_is_realtime),
        cmocka_unit_test(test_no_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
