/* echo: times, levels, sides, changes, end. */
#include "support/cases.h"

#include "dsp/echo.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { MOST = 1 << 19 };

static float in_left[MOST], in_right[MOST], left[MOST], right[MOST];

static st_echo *make(double rate_hz, const st_echo_params *p) {
    st_spec spec = {rate_hz, 2, MOST};
    st_echo *u = NULL;
    assert_int_equal(st_echo_new(&u, &spec, p), ST_OK);
    assert_int_equal(st_echo_latency_frames(u), 0);
    return u;
}

static void run(st_echo *u, int at, int n) {
    const float *in[] = {in_left + at, in_right + at};
    float *out[] = {left + at, right + at};
    st_echo_process(u, in, out, n);
}

static void repeat(double rate_hz, const st_echo_params *p, int frames) {
    st_echo *u = make(rate_hz, p);
    run(u, 0, frames);
    st_echo_free(u);
}

static int first_sound(const float *x) {
    int i = 0;
    while (i < MOST && fabsf(x[i]) < 1e-9f)
        i++;
    return i;
}

static void test_first_repeat_is_in_time(void **state) {
    (void)state;
    static const double times[][2] = {
        {375.0, 500.0}, {1.0, 2000.0}, {333.333, 1.01}, {120.0, 120.0}};
    static const double rates[] = {44100.0, 48000.0, 96000.0};
    sig_impulse(in_left, MOST, 0, 1.0);
    sig_impulse(in_right, MOST, 0, 1.0);
    for (int i = 0; i < 12; i++) {
        st_echo_params p = st_echo_defaults();
        p.left_ms = times[i % 4][0];
        p.right_ms = times[i % 4][1];
        p.gain_db = -7.0;
        double rate_hz = rates[i / 4];
        repeat(rate_hz, &p, MOST);
        int l = first_sound(left), r = first_sound(right);
        assert_close(l, 0.001 * p.left_ms * rate_hz, 0.5001, "left");
        assert_close(r, 0.001 * p.right_ms * rate_hz, 0.5001, "right");
        assert_close(meter_db((double)left[l]), -7.0, 0.001, "left");
        assert_close(meter_db((double)right[r]), -7.0, 0.001, "right");
    }
}

/* A burst of a tone on the left; what comes back at each time. */
enum { BURST = 9600 };

static void burst(double hz) {
    sig_silence(in_left, MOST);
    sig_silence(in_right, MOST);
    sig_sine(in_left, BURST, 48000.0, hz, -6.0, 0.0);
}

static double at_ms(const float *x, double ms, double hz) {
    int from = (int)(48.0 * ms) + BURST / 4;
    return meter_tone_db(x + from, BURST / 2, 48000.0, hz);
}

static void test_repeats_fall_by_the_feedback(void **state) {
    (void)state;
    static const double feedback[] = {0.1, 0.3, 0.7, 0.95};
    for (int i = 0; i < 4; i++) {
        st_echo_params p = st_echo_defaults();
        p.left_ms = p.right_ms = 400.0;
        p.feedback = feedback[i];
        p.ping_pong = 0.0;
        burst(1000.0); /* half way from 200 to 5000 Hz */
        repeat(48000.0, &p, MOST);
        for (int k = 1; k <= 5; k++) {
            double want = -6.0 + (k - 1) * 20.0 * log10(p.feedback);
            assert_close(at_ms(left, 400.0 * k, 1000.0), want, 0.1, "repeat");
        }
        assert_true(meter_peak_db(right, MOST) <= -400.0);
    }
}

static double analogue_db(double hz, double low, double high) {
    double l = low / hz, h = hz / high;
    double top = high / (low + high);
    return -10.0 * log10((1.0 + l * l) * (1.0 + h * h)) - 20.0 * log10(top);
}

static void test_repeats_grow_darker_and_thinner(void **state) {
    (void)state;
    static const double tones[] = {100.0, 400.0, 3000.0, 6000.0};
    for (int i = 0; i < 4; i++) {
        st_echo_params p = st_echo_defaults();
        p.left_ms = p.right_ms = 400.0;
        p.feedback = 0.8;
        p.ping_pong = 0.0;
        burst(tones[i]);
        repeat(48000.0, &p, MOST);
        double lost = analogue_db(tones[i], 200.0, 5000.0);
        for (int k = 0; k < 4; k++) {
            double want = -6.0 + k * (20.0 * log10(0.8) + lost);
            assert_close(at_ms(left, 400.0 * (k + 1), tones[i]), want,
                         0.02 + 0.3 * k, "repeat");
        }
    }
}

static void test_ping_pong_moves_sides(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        st_echo_params p = st_echo_defaults();
        p.feedback = 0.5;
        p.ping_pong = 0.5 * i;
        p.left_ms = 300.0;
        p.right_ms = 700.0;
        burst(1000.0);
        repeat(48000.0, &p, MOST);
        double stay = meter_db(0.5 * (1.0 - p.ping_pong)) - 6.0;
        double cross = meter_db(0.5 * p.ping_pong) - 6.0;
        assert_close(at_ms(left, 300.0, 1000.0), -6.0, 0.1, "first");
        assert_true(at_ms(right, 300.0, 1000.0) < -100.0);
        if (i < 2)
            assert_close(at_ms(left, 600.0, 1000.0), stay, 0.1, "stays");
        else
            assert_true(at_ms(left, 600.0, 1000.0) < -100.0);
        if (i > 0)
            assert_close(at_ms(right, 1000.0, 1000.0), cross, 0.1, "crosses");
        else
            assert_true(at_ms(right, 1000.0, 1000.0) < -100.0);
        if (i == 2) /* and back, left after 300 + 700 + 300 */
            assert_close(at_ms(left, 1300.0, 1000.0), -18.04, 0.1, "back");
    }
}

static void test_width_is_the_side_gain(void **state) {
    (void)state;
    st_echo_params p = st_echo_defaults();
    p.left_ms = p.right_ms = 300.0;
    p.feedback = 0.0;
    p.width = 0.5;
    burst(1000.0);
    repeat(48000.0, &p, MOST);
    assert_close(at_ms(left, 300.0, 1000.0), meter_db(0.75) - 6.0, 0.01,
                 "left");
    assert_close(at_ms(right, 300.0, 1000.0), meter_db(0.25) - 6.0, 0.01,
                 "right");
}

/* A tone whose new and old repeats are in phase: a fade cannot be seen at all,
 * while a line that changes its speed would bend the tone. Then out of phase:
 * the fade shows as a dip, over in 50 ms, with no step in it. */
static void test_new_time_fades_over(void **state) {
    (void)state;
    enum { N = 96000, AT = 48000, DONE = AT + 2400 };
    static const double hz = 500.0;
    for (int i = 0; i < 2; i++) {
        st_echo_params p = st_echo_defaults();
        p.left_ms = p.right_ms = 100.0;
        p.feedback = 0.0;
        sig_sine(in_left, N, 48000.0, hz, -6.0, 0.0);
        sig_sine(in_right, N, 48000.0, hz, -6.0, 0.0);
        st_echo *u = make(48000.0, &p);
        run(u, 0, AT);
        p.left_ms = p.right_ms = 250.0;
        st_echo_set(u, &p);
        run(u, AT, 100);
        p.left_ms = p.right_ms = i == 0 ? 302.0 : 301.0; /* while it fades */
        st_echo_set(u, &p);
        run(u, AT + 100, N - AT - 100);
        st_echo_free(u);
        double step = 0.5012 * 2.0 * sin(acos(-1.0) * hz / 48000.0);
        double most = 0.0;
        for (int k = 10000; k < N; k++)
            most = fmax(most, fabs((double)left[k] - (double)left[k - 1]));
        assert_true(most < 1.02 * step);
        int late = i == 0 ? 302 * 48 : 301 * 48;
        for (int k = i == 0 ? 20000 : DONE; k < N; k++)
            assert_close((double)left[k], (double)in_left[k - late], 2e-5,
                         "repeat");
        if (i == 1) /* it did go through nothing */
            assert_true(meter_rms_db(left + AT + 1500, 600) < -15.0);
    }
}

static void test_changes_are_smooth(void **state) {
    (void)state;
    enum { N = 48000, AT = 24000, MOVE = 960 };
    st_echo_params p = st_echo_defaults(), q;
    p.left_ms = p.right_ms = 10.0;
    p.feedback = 0.0;
    q = p;
    q.gain_db = -20.0;
    q.width = 0.0;
    for (int i = 0; i < N; i++) {
        in_left[i] = 0.5f;
        in_right[i] = -0.25f;
    }
    st_echo *u = make(48000.0, &p);
    run(u, 0, AT);
    st_echo_set(u, &q);
    run(u, AT, N - AT);
    st_echo_free(u);
    for (int i = AT; i < N; i++)
        assert_true(fabsf(left[i] - left[i - 1]) < 2.0f * 0.5f / MOVE);
    assert_close((double)left[AT - 1], 0.5, 1e-6, "before");
    assert_close((double)left[AT + MOVE], 0.0125, 1e-6, "after");
}

static double energy(const float *x, int from, int to) {
    double sum = 0.0;
    for (int i = from; i < to; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static void test_tail_frames_is_enough(void **state) {
    (void)state;
    for (int i = 0; i < 12; i++) {
        st_echo_params p = st_echo_defaults();
        p.left_ms = 150.0;
        p.right_ms = i & 1 ? 200.0 : 10.0;
        p.feedback = i & 2 ? 0.8 : 0.0;
        p.ping_pong = 0.5 * (i / 4);
        sig_impulse(in_left, MOST, 0, 1.0);
        sig_impulse(in_right, MOST, 0, 1.0);
        st_echo *u = make(48000.0, &p);
        int tail = st_echo_tail_frames(u);
        run(u, 0, MOST);
        assert_true(tail < MOST);
        double all = energy(left, 0, MOST) + energy(right, 0, MOST);
        double rest = energy(left, tail, MOST) + energy(right, tail, MOST);
        assert_true(rest < 1e-6 * all);
        double longest = fmax(p.left_ms, p.right_ms);
        double trips = p.feedback > 0.0 ? 33.0 : 1.0;
        assert_true(tail < (trips * longest + 20.0) * 48.0);
        st_echo_free(u);
    }
}

static void test_tail_ends_in_zeros(void **state) {
    (void)state;
    st_echo_params p = st_echo_defaults();
    p.left_ms = 40.0;
    p.right_ms = 3.0;
    p.feedback = 0.5;
    p.low_cut_hz = 20.0;
    p.high_cut_hz = 20000.0;
    sig_white(in_left, 48000, 1, 0.0);
    sig_white(in_right, 48000, 2, 0.0);
    memset(in_left + 48000, 0, sizeof in_left - 48000 * sizeof(float));
    memset(in_right + 48000, 0, sizeof in_right - 48000 * sizeof(float));
    st_echo *u = make(48000.0, &p);
    run(u, 0, MOST);
    assert_true(meter_peak_db(left + 52800, 4800) > -120.0);
    for (int i = 0; i < MOST; i++) {
        assert_true(left[i] == 0.0f || fabsf(left[i]) > 1e-30f);
        if (i >= 4 * 48000) /* -400 dB after 1.5 s of silence */
            assert_true(left[i] == 0.0f && right[i] == 0.0f);
    }
    st_echo_free(u);
}

/* A minute at the most feedback, any cuts. */
static void test_extremes_are_stable(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++) {
        st_echo_params p = {i & 1 ? 1.0 : 7.0, 11.0, 9.0,   0.5 * (i & 2),
                            i & 4 ? 1e9 : 0,   0.0,  100.0, 0.0};
        if (i == 7)
            p = (st_echo_params){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        sig_white(in_left, 48000, 1, 0.0);
        sig_white(in_right, 48000, 2, 0.0);
        st_echo *u = make(48000.0, &p);
        for (int s = 0; s < 60; s++)
            run(u, 0, 48000);
        double rms = meter_rms_db(left, 48000);
        assert_true(isfinite(rms) && rms < 20.0 * log10(1.0 / 0.05));
        st_echo_free(u);
    }
}

static void test_reset_is_new(void **state) {
    (void)state;
    enum { N = 48000 };
    static float first[N];
    st_echo_params p = st_echo_defaults(), q = p;
    q.left_ms = 20.0;
    q.feedback = 0.9;
    sig_music(in_left, in_right, N, 48000.0, 1);
    st_echo *u = make(48000.0, &p);
    run(u, 0, N);
    memcpy(first, left, sizeof first);
    st_echo_set(u, &q);
    run(u, 0, 7777);
    st_echo_set(u, &p);
    run(u, 0, 100); /* in the middle of the fade */
    st_echo_reset(u);
    run(u, 0, N);
    assert_memory_equal(first, left, sizeof first);
    st_echo_free(u);
}

static void test_bad_arguments(void **state) {
    (void)state;
    st_spec mono = {48000.0, 1, 64};
    st_echo_params p = st_echo_defaults();
    st_echo *u = NULL;
    assert_int_equal(st_echo_new(&u, &mono, &p), ST_BAD_ARG);
    assert_null(u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_repeat_is_in_time),
        cmocka_unit_test(test_repeats_fall_by_the_feedback),
        cmocka_unit_test(test_repeats_grow_darker_and_thinner),
        cmocka_unit_test(test_ping_pong_moves_sides),
        cmocka_unit_test(test_width_is_the_side_gain),
        cmocka_unit_test(test_new_time_fades_over),
        cmocka_unit_test(test_changes_are_smooth),
        cmocka_unit_test(test_tail_frames_is_enough),
        cmocka_unit_test(test_tail_ends_in_zeros),
        cmocka_unit_test(test_extremes_are_stable),
        cmocka_unit_test(test_reset_is_new),
        cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
