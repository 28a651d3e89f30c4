#include "support/cases.h"

#include "mix/console.h"
#include "mix/rich.h"
#include "support/failing.h"
#include "support/realtime.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, BLOCK = 256 };

static float silence[BLOCK], left[BLOCK], right[BLOCK];
static const float *const pair[2] = {silence, silence};

static void run(st_console *k, int frames) {
    const float *const *stems[RICH_STEMS] = {pair, pair, pair, pair, pair};
    float *out[2] = {left, right};
    st_console_process(k, stems, out, frames);
}

static void test_console_is_fit_for_real_time(void **state) {
    (void)state;
    for (int live = 0; live < 2; live++) {
        st_mix_recipe r;
        st_console *k = NULL;
        rich_make(&r, RATE);
        assert_int_equal(st_console_new(&k, RATE, BLOCK, &r, live), ST_OK);
        rt_enter();
        for (int i = 0; i < 20; i++) {
            run(k, BLOCK);
            run(k, 1);
            run(k, 0);
            st_move_set(&r.stem[i % RICH_STEMS].move[ST_STRIP_FADER],
                        ST_FADER_GAIN, -i);
            st_move_set(&r.reverb, ST_REVERB_DECAY, 0.5 + 0.1 * i);
            st_move_set(&r.delay, ST_DELAY_LEFT, 100 + 10 * i);
            st_console_set(k, &r);
            (void)st_console_strip(k, 0);
            (void)st_console_bus(k, 0);
        }
        st_console_reset(k);
        run(k, BLOCK);
        rt_leave();
        st_console_free(k);
    }
}

static st_status life(void *ctx) {
    st_mix_recipe *r = ctx;
    st_console *k = NULL;
    st_status status = st_console_new(&k, RATE, BLOCK, r, true);
    if (status == ST_OK)
        run(k, BLOCK);
    st_console_free(k);
    return status;
}

static void test_console_survives_no_memory(void **state) {
    (void)state;
    st_mix_recipe r;
    rich_make(&r, RATE);
    assert_true(failing_run(life, &r) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_console_is_fit_for_real_time),
        cmocka_unit_test(test_console_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
