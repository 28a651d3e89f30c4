/* The realtime trap and the failing allocator, for every unit in units.c. */
#include "support/cases.h"

#include "dsp/units.h"
#include "support/failing.h"
#include "support/realtime.h"
#include "support/signals.h"

enum { FRAMES = 700 };

static float data[2][FRAMES], result[8][FRAMES];

static void life(const unit_case *u, void *unit) {
    const float *in[] = {data[0], data[1]};
    float *out[8];
    for (int o = 0; o < 8; o++)
        out[o] = result[o];
    u->process(unit, in, out, FRAMES);
    u->change(unit);
    u->process(unit, in, out, FRAMES);
    u->reset(unit);
    (void)u->latency(unit);
}

static const st_spec spec = {48000.0, 2, FRAMES};

static void test_process_is_realtime(void **state) {
    (void)state;
    for (size_t i = 0; i < unit_case_count; i++) {
        void *unit = NULL;
        assert_int_equal(unit_cases[i].make(&unit, &spec), ST_OK);
        rt_enter();
        life(&unit_cases[i], unit);
        rt_leave();
        unit_cases[i].drop(unit);
    }
}

static st_status whole_life(void *ctx) {
    const unit_case *u = ctx;
    void *unit = NULL;
    st_status status = u->make(&unit, &spec);
    if (status != ST_OK)
        return status;
    life(u, unit);
    u->drop(unit);
    return ST_OK;
}

static void test_no_memory_is_reported(void **state) {
    (void)state;
    for (size_t i = 0; i < unit_case_count; i++) {
        unit_case u = unit_cases[i];
        assert_true(failing_run(whole_life, &u) > 0);
    }
}

int main(void) {
    sig_music(data[0], data[1], FRAMES, 48000.0, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_is_realtime),
        cmocka_unit_test(test_no_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
