/* panner: neutral copy, law, width, smooth changes. */
#include "support/cases.h"

#include "dsp/panner.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { FRAMES = 9600, MOVE = 960 };

static const double rate_hz = 48000.0;
static float left[FRAMES], right[FRAMES], out_left[FRAMES], out_right[FRAMES];

static st_panner *make(int channels, const st_panner_params *p) {
    st_spec spec = {rate_hz, channels, FRAMES};
    st_panner *u = NULL;
    assert_int_equal(st_panner_new(&u, &spec, p), ST_OK);
    assert_int_equal(st_panner_latency_frames(u), 0);
    return u;
}

static void run(st_panner *u, int at, int n) {
    const float *in[] = {left + at, right + at};
    float *out[] = {out_left + at, out_right + at};
    st_panner_process(u, in, out, n);
}

static void place(int channels, const st_panner_params *p) {
    st_panner *u = make(channels, p);
    run(u, 0, FRAMES);
    st_panner_free(u);
}

static void test_neutral_is_the_input(void **state) {
    (void)state;
    st_panner_params p = st_panner_defaults();
    sig_music(left, right, FRAMES, rate_hz, 2);
    left[5] = -0.0f; /* plus 0 it would lose its sign */
    right[5] = -0.5f;
    place(2, &p);
    assert_memory_equal(out_left, left, sizeof left);
    assert_memory_equal(out_right, right, sizeof right);
    place(1, &p);
    assert_memory_equal(out_left, left, sizeof left);
    assert_memory_equal(out_right, left, sizeof left);
}

static void test_neutral_again_after_a_move(void **state) {
    (void)state;
    st_panner_params p = {-6.0, 0.5, 0.3}, neutral = st_panner_defaults();
    sig_music(left, right, FRAMES, rate_hz, 2);
    st_panner *u = make(2, &p);
    run(u, 0, 100);
    st_panner_set(u, &neutral);
    run(u, 100, FRAMES - 100);
    assert_memory_not_equal(out_left + 100, left + 100, 900 * sizeof(float));
    int after = 100 + MOVE;
    size_t bytes = (size_t)(FRAMES - after) * sizeof(float);
    assert_memory_equal(out_left + after, left + after, bytes);
    assert_memory_equal(out_right + after, right + after, bytes);
    st_panner_free(u);
}

/* What the header says, apart from the implementation; silence reads -400. */
static double law_db(double pan, double gain_db, bool is_left) {
    double a = (pan + 1.0) * acos(-1.0) / 4.0;
    double g = sqrt(2.0) * (is_left ? cos(a) : sin(a));
    return g < 1e-9 ? -400.0 : gain_db + 20.0 * log10(g);
}

static void test_pan_law(void **state) {
    (void)state;
    for (int channels = 1; channels <= 2; channels++)
        for (int i = 0; i < 9; i++) {
            st_panner_params p = {i - 7.0, 0.25 * i - 1.0, 1.0};
            for (int k = 0; k < FRAMES; k++)
                left[k] = right[k] = 0.5f;
            if (channels == 1)
                sig_white(right, FRAMES, 9, 0.0); /* must not be looked at */
            place(channels, &p);
            double l = meter_db((double)out_left[99] / 0.5);
            double r = meter_db((double)out_right[99] / 0.5);
            assert_close(l, law_db(p.pan, p.gain_db, true), 0.001, "left");
            assert_close(r, law_db(p.pan, p.gain_db, false), 0.001, "right");
            if (i == 0 || i == 8)
                assert_close(fmax(l, r) - p.gain_db, 3.0103, 0.001, "side");
        }
}

static void test_width_is_the_side_gain(void **state) {
    (void)state;
    static const double widths[] = {0.0, 0.5, 1.7, 2.0};
    sig_white(left, FRAMES, 1, -20.0);
    sig_white(right, FRAMES, 2, -20.0);
    for (int i = 0; i < 4; i++) {
        st_panner_params p = {0.0, 0.0, widths[i]};
        place(2, &p);
        for (int k = 0; k < FRAMES; k++) {
            double side = (double)out_left[k] - (double)out_right[k];
            double mid = (double)out_left[k] + (double)out_right[k];
            double was = (double)left[k] - (double)right[k];
            assert_close(side, widths[i] * was, 1e-6, "side");
            assert_close(mid, (double)left[k] + (double)right[k], 1e-6, "mid");
        }
        place(1, &p);
        assert_memory_equal(out_left, left, sizeof left);
    }
}

static void test_silence_and_clamps(void **state) {
    (void)state;
    sig_white(left, FRAMES, 1, -20.0);
    sig_white(right, FRAMES, 2, -20.0);
    st_panner_params p = {-150.0, 0.3, 1.0};
    place(2, &p);
    assert_true(meter_peak_db(out_left, FRAMES) <= -400.0);
    p = (st_panner_params){NAN, 0.0, 1.0};
    place(2, &p);
    assert_true(meter_peak_db(out_right, FRAMES) <= -400.0);
    p = (st_panner_params){0.0, 7.0, 1.0};
    place(2, &p);
    assert_true(meter_peak_db(out_left, FRAMES) <= -400.0);
}

/* From one end to the other on DC: no frame moves further than its share of
 * 20 ms, and the move is over when they are. */
static void test_changes_are_smooth(void **state) {
    (void)state;
    st_panner_params from = {-150.0, -1.0, 0.0}, to = {6.0, 0.4, 2.0};
    for (int k = 0; k < FRAMES; k++) {
        left[k] = 0.5f;
        right[k] = -0.25f;
    }
    place(2, &to);
    float end_left = out_left[0], end_right = out_right[0];
    st_panner *u = make(2, &from);
    run(u, 0, 1000);
    st_panner_set(u, &to);
    for (int at = 1000; at < FRAMES; at += 100) {
        run(u, at, 100);
        st_panner_set(u, &to); /* again: does not start afresh */
    }
    /* Gain (from 0) times mid and widened side, both straight lines: steepest
     * at the end, by what the side adds (0.75 of 0.875, of -0.625). */
    double most_left = fabs((double)end_left) * (1.0 + 0.75 / 0.875) / MOVE;
    double most_right = fabs((double)end_right) * (1.0 + 0.75 / 0.625) / MOVE;
    for (int k = 1; k < FRAMES; k++) {
        double l = (double)out_left[k] - (double)out_left[k - 1];
        double r = (double)out_right[k] - (double)out_right[k - 1];
        assert_true(fabs(l) <= 1.01 * most_left);
        assert_true(fabs(r) <= 1.01 * most_right);
    }
    assert_true(out_left[999 + MOVE / 2] != end_left);
    assert_true(out_left[1000 + MOVE] == end_left);
    assert_true(out_right[1000 + MOVE] == end_right);
    st_panner_free(u);
}

static void test_bad_arguments(void **state) {
    (void)state;
    st_spec three = {rate_hz, 3, 64};
    st_panner_params p = st_panner_defaults();
    st_panner *u = NULL;
    assert_int_equal(st_panner_new(&u, &three, &p), ST_BAD_ARG);
    assert_null(u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neutral_is_the_input),
        cmocka_unit_test(test_neutral_again_after_a_move),
        cmocka_unit_test(test_pan_law),
        cmocka_unit_test(test_width_is_the_side_gain),
        cmocka_unit_test(test_silence_and_clamps),
        cmocka_unit_test(test_changes_are_smooth),
        cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
