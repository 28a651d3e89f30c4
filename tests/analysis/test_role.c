#include "support/cases.h"

#include "analysis/role.h"
#include "analysis/spectra.h"
#include "core/alloc.h"
#include "support/failing.h"
#include "support/realtime.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { RATE = ST_ROLE_RATE_HZ, N = 20 * RATE };

static float sound[N];

static st_role_ear *make(void) {
    st_role_ear *ear = NULL;
    st_err err = {0};
    if (st_role_ear_new(&ear, &err) != ST_OK)
        fail_msg("%s", err.text);
    return ear;
}

static st_role_result hear(const float *x, int64_t n) {
    st_role_ear *ear = make();
    st_role_ear_process(ear, x, n);
    st_role_ear_finish(ear);
    st_role_result r = *st_role_ear_get(ear);
    st_role_ear_free(ear);
    return r;
}

static void check_answer(const st_role_result *r) {
    double sum = 0.0, length = 0.0;
    assert_true(r->has_role);
    assert_null(r->reason);
    for (int i = 0; i < ST_ROLE_COUNT; i++) {
        assert_true(r->probability[i] >= 0.0f &&
                    r->probability[i] <= r->confidence);
        sum += (double)r->probability[i];
    }
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++)
        length += (double)r->embedding[i] * (double)r->embedding[i];
    assert_close(sum, 1.0, 1e-4, "sum of chances");
    assert_close(length, 1.0, 1e-4, "length of the embedding");
    assert_true(r->looks >= 1 && r->looks <= ST_ROLE_LOOKS);
}

static void check_none(const st_role_result *r) {
    assert_false(r->has_role);
    assert_non_null(r->reason);
    assert_int_equal(r->role, ST_ROLE_NONE);
    assert_true(r->confidence == 0.0f);
    for (int i = 0; i < ST_ROLE_COUNT; i++)
        assert_true(r->probability[i] == 0.0f);
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++)
        assert_true(r->embedding[i] == 0.0f);
}

/* --- sounds of other makings than the training's --- */

/* Every `beat` seconds a struck sine that falls from `top` to `low` Hz. */
static void struck(float *x, int n, double beat, double top, double low,
                   double glide_s, double fall_s) {
    double phase = 0.0;
    for (int i = 0; i < n; i++) {
        double t = fmod((double)i / RATE, beat);
        double hz = low + (top - low) * exp(-t / glide_s);
        phase += 2.0 * 3.14159265358979 * hz / RATE;
        x[i] = (float)(0.8 * sin(phase) * exp(-t / fall_s));
    }
}

/* Noise bursts, differenced twice: only high ones are left. */
static void ticking(float *x, int n, double beat, double fall_s) {
    sig_white(x, (size_t)n, 7, -12.0);
    for (int k = 0; k < 3; k++)
        for (int i = n - 1; i > 0; i--)
            x[i] = 0.5f * (x[i] - x[i - 1]);
    for (int i = 0; i < n; i++)
        x[i] *= (float)exp(-fmod((double)i / RATE, beat) / fall_s);
}

/* Notes of a naive saw, two a second, with a slow low-pass. */
static void sawing(float *x, int n, double hz, double cut) {
    static const double steps[] = {0, 0, 3, 5, 0, 7, 5, -2};
    double phase = 0.0, y = 0.0, z = 0.0;
    for (int i = 0; i < n; i++) {
        double t = fmod((double)i / RATE, 0.25);
        double at = steps[i * 4 / RATE % 8];
        phase += hz * exp2(at / 12.0) / RATE;
        y += cut * ((phase - floor(phase) - 0.5) - y);
        z += cut * (y - z);
        x[i] = (float)(z * exp(-t / 0.3) * (t < 0.2 ? 1.0 : 0.0));
    }
}

static void stereo_to_mono(void (*fill)(float *, float *, size_t, double,
                                        uint64_t)) {
    static float right[N];
    fill(sound, right, N, RATE, 5);
    for (int i = 0; i < N; i++)
        sound[i] = 0.5f * (sound[i] + right[i]);
}

static void expect(st_role role) {
    st_role_result r = hear(sound, N);
    check_answer(&r);
    if (r.role != role)
        fail_msg("%s was heard as %s (%.2f)", st_role_name(role),
                 st_role_name(r.role), (double)r.confidence);
}

static void test_role_of_simple_sounds(void **state) {
    (void)state;
    struck(sound, N, 0.5, 300.0, 48.0, 0.02, 0.12);
    expect(ST_ROLE_KICK);
    ticking(sound, N, 0.25, 0.02);
    expect(ST_ROLE_HATS);
    sawing(sound, N, 49.0, 0.08);
    expect(ST_ROLE_BASS);
    stereo_to_mono(sig_music);
    expect(ST_ROLE_FULL_MIX);
}

/* --- bad input --- */

static void test_role_of_nothing(void **state) {
    (void)state;
    memset(sound, 0, sizeof sound);
    static const int64_t lengths[] = {0, 1, 700, N};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        st_role_result r = hear(sound, lengths[i]);
        check_none(&r);
    }
    sig_impulse(sound, N, 0, 1.0);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        st_role_result r = hear(sound, lengths[i]);
        check_none(&r);
    }
    sig_impulse(sound, N, N / 2, 1.0);
    st_role_result click = hear(sound, N);
    check_none(&click);
    sig_white(sound, N, 3, -96.0);
    st_role_result hiss = hear(sound, N);
    check_none(&hiss);
}

static void test_role_of_a_constant(void **state) {
    (void)state;
    for (int i = 0; i < N; i++)
        sound[i] = 0.5f;
    st_role_result r = hear(sound, N);
    check_none(&r);
}

static void test_role_of_what_is_no_number(void **state) {
    (void)state;
    static const float odd[] = {NAN, INFINITY, -INFINITY, 1e30f};
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        for (int i = 0; i < N; i++)
            sound[i] = odd[k];
        st_role_result r = hear(sound, N);
        check_none(&r);
        struck(sound, N, 0.5, 300.0, 48.0, 0.02, 0.12);
        st_role_result clean = hear(sound, N);
        sound[1000] = odd[k];
        st_role_result dirty = hear(sound, N);
        check_answer(&dirty);
        assert_int_equal(dirty.role, clean.role);
    }
}

static void test_role_of_noise_is_an_answer(void **state) {
    (void)state;
    sig_white(sound, N, 11, -20.0);
    st_role_result r = hear(sound, N);
    check_answer(&r);
}

/* --- the same --- */

static void test_role_does_not_see_the_division(void **state) {
    (void)state;
    stereo_to_mono(sig_music);
    st_role_result whole = hear(sound, N);
    st_role_ear *ear = make();
    st_role_ear_process(ear, sound + 99, 70000);
    st_role_ear_reset(ear);
    for (int64_t at = 0, step = 1; at < N; at += step, step = step * 7 % 4999) {
        step = step > N - at ? N - at : step;
        st_role_ear_process(ear, sound + at, step);
    }
    st_role_ear_finish(ear);
    assert_memory_equal(&whole, st_role_ear_get(ear), sizeof whole);
    st_role_ear_free(ear);
}

/* Mel frames of another unit give the same answer as the stream. */
static void test_role_from_shared_mel(void **state) {
    (void)state;
    stereo_to_mono(sig_drums);
    st_role_result own = hear(sound, N);
    st_role_ear *ear = make();
    st_spectra *s = NULL;
    st_spectra_params p = {.rate_hz = RATE, .mel = st_role_ear_sink(ear)};
    assert_int_equal(st_spectra_new(&s, &p), ST_OK);
    assert_int_equal(st_spectra_process(s, sound, N), ST_OK);
    assert_int_equal(st_spectra_finish(s), ST_OK);
    st_role_ear_finish(ear);
    assert_memory_equal(&own, st_role_ear_get(ear), sizeof own);
    st_spectra_free(s);
    st_role_ear_free(ear);
}

static void test_role_does_not_hear_gain(void **state) {
    (void)state;
    sawing(sound, N, 49.0, 0.08);
    st_role_result loud = hear(sound, N);
    for (int i = 0; i < N; i++)
        sound[i] *= 0.01f;
    st_role_result soft = hear(sound, N);
    assert_int_equal(loud.role, soft.role);
    assert_close((double)soft.confidence, (double)loud.confidence, 1e-3,
                 "confidence");
}

/* Of a long stem the sounding parts are read, wherever they stand. */
static void test_role_finds_what_sounds(void **state) {
    (void)state;
    struck(sound, N, 0.5, 300.0, 48.0, 0.02, 0.12);
    st_role_ear *ear = make();
    static float quiet[RATE];
    for (int i = 0; i < 200; i++)
        st_role_ear_process(ear, quiet, RATE);
    st_role_ear_process(ear, sound, N);
    for (int i = 0; i < 200; i++)
        st_role_ear_process(ear, quiet, RATE);
    st_role_ear_finish(ear);
    check_answer(st_role_ear_get(ear));
    assert_int_equal(st_role_ear_get(ear)->role, ST_ROLE_KICK);
    assert_true(st_role_ear_get(ear)->looks <= 5);
    st_role_ear_free(ear);
}

/* --- memory, real time --- */

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_role_ear *ear = NULL;
    st_status status = st_role_ear_new(&ear, NULL);
    if (status == ST_OK) {
        rt_enter();
        st_role_ear_process(ear, sound, 3 * RATE);
        st_role_ear_finish(ear);
        st_role_ear_reset(ear);
        rt_leave();
    }
    st_role_ear_free(ear);
    return status;
}

static void test_role_survives_no_memory(void **state) {
    (void)state;
    struck(sound, N, 0.5, 300.0, 48.0, 0.02, 0.12);
    assert_true(failing_run(whole_life, NULL) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_role_of_simple_sounds),
        cmocka_unit_test(test_role_of_nothing),
        cmocka_unit_test(test_role_of_a_constant),
        cmocka_unit_test(test_role_of_what_is_no_number),
        cmocka_unit_test(test_role_of_noise_is_an_answer),
        cmocka_unit_test(test_role_does_not_see_the_division),
        cmocka_unit_test(test_role_from_shared_mel),
        cmocka_unit_test(test_role_does_not_hear_gain),
        cmocka_unit_test(test_role_finds_what_sounds),
        cmocka_unit_test(test_role_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
