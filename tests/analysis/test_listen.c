#include "support/cases.h"

#include "analysis/listen.h"
#include "audio/memory.h"
#include "core/alloc.h"
#include "core/json.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { RATE = 48000 };

static const st_listen_params all = {.music = true,
                                     .pictures = true,
                                     .peaks = true,
                                     .series_capacity = 200,
                                     .pitch = ST_LISTEN_PITCH_TRACKER};

/* Hears planar channels; the listener is the caller's. */
static st_listen *hear(float *const *channel, int channels, int rate_hz,
                       int64_t frames, const st_listen_params *params,
                       st_pool *pool) {
    st_format format = {rate_hz, channels, frames};
    st_source *source = NULL;
    st_listen *l = NULL;
    st_err err = {0};
    assert_int_equal(st_memory_source(&source, channel, &format), ST_OK);
    if (st_listen_new(&l, &format, params, &err) != ST_OK ||
        st_listen_run(l, source, pool, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    st_source_free(source);
    return l;
}

static char *document(const st_listen *l) {
    char *text = NULL;
    json_t *doc = st_listen_json(st_listen_get(l), true);
    assert_non_null(doc);
    assert_int_equal(st_json_canonical(doc, &text, NULL), ST_OK);
    json_decref(doc);
    return text;
}

static float *room(int64_t frames) {
    float *x = st_calloc((size_t)frames, sizeof *x);
    assert_non_null(x);
    return x;
}

/* The same document from no pool, and from pools of any size. */
static void test_threads_do_not_show(void **state) {
    (void)state;
    enum { FRAMES = 10 * RATE };
    float *lr[2] = {room(FRAMES), room(FRAMES)};
    sig_music(lr[0], lr[1], FRAMES, RATE, 1);
    st_listen *one = hear(lr, 2, RATE, FRAMES, &all, NULL);
    char *want = document(one);
    for (int threads = 1; threads <= 4; threads *= 2) {
        st_pool *pool = NULL;
        assert_int_equal(st_pool_new(&pool, threads), ST_OK);
        st_listen *l = hear(lr, 2, RATE, FRAMES, &all, pool);
        char *got = document(l);
        assert_string_equal(got, want);
        st_free(got);
        st_listen_free(l);
        st_pool_free(pool);
    }
    st_free(want);
    st_listen_free(one);
    st_free(lr[0]);
    st_free(lr[1]);
}

/* 40 dB less: the same beats, key and role. */
static void test_level_does_not_show(void **state) {
    (void)state;
    enum { FRAMES = 10 * RATE };
    static const st_listen_params music = {.music = true};
    float *lr[2] = {room(FRAMES), room(FRAMES)};
    sig_music(lr[0], lr[1], FRAMES, RATE, 2);
    st_listen *loud = hear(lr, 2, RATE, FRAMES, &music, NULL);
    for (int64_t i = 0; i < FRAMES; i++) {
        lr[0][i] *= 0.01f;
        lr[1][i] *= 0.01f;
    }
    st_listen *soft = hear(lr, 2, RATE, FRAMES, &music, NULL);
    const st_listen_result *a = st_listen_get(loud), *b = st_listen_get(soft);
    assert_true(a->rhythm->has_tempo == b->rhythm->has_tempo);
    assert_true(fabs(a->rhythm->bpm - b->rhythm->bpm) <= 0.01 * a->rhythm->bpm);
    assert_true(a->harmony->has_key == b->harmony->has_key);
    assert_string_equal(a->harmony->key[0].name, b->harmony->key[0].name);
    assert_int_equal(a->role->role, b->role->role);
    st_listen_free(loud);
    st_listen_free(soft);
    st_free(lr[0]);
    st_free(lr[1]);
}

/* Nothing to hear is no tempo, no key, no role, each with a reason. */
static void nothing(float *x, int64_t frames, int rate_hz, bool any_key) {
    float *channel[1] = {x};
    st_listen *l = hear(channel, 1, rate_hz, frames, &all, NULL);
    const st_listen_result *h = st_listen_get(l);
    assert_false(h->rhythm->has_tempo);
    assert_non_null(h->rhythm->reason);
    assert_int_equal(h->rhythm->beats, 0);
    assert_true(any_key || !h->harmony->has_key);
    assert_true(h->harmony->has_key || h->harmony->reason[0] != '\0');
    assert_true(h->role->has_role || h->role->reason != NULL);
    st_free(document(l));
    st_listen_free(l);
}

static void test_nothing_is_no_number(void **state) {
    (void)state;
    enum { FRAMES = 6 * RATE };
    float *x = room(FRAMES);
    nothing(x, FRAMES, RATE, false);
    nothing(x, 1, RATE, false);
    nothing(x, 0, RATE, false);
    for (int64_t i = 0; i < FRAMES; i++)
        x[i] = 0.5f;
    nothing(x, FRAMES, RATE, false);
    for (int64_t i = 0; i < FRAMES; i++)
        x[i] = NAN;
    nothing(x, FRAMES, RATE, false);
    sig_white(x, FRAMES, 1, -20);
    nothing(x, FRAMES, RATE, false);
    sig_impulse(x, FRAMES, FRAMES / 2, 0.9);
    nothing(x, FRAMES, RATE, false);
    sig_sine(x, FRAMES, RATE, 440, -12, 0);
    nothing(x, FRAMES, RATE, true);
    st_free(x);
}

/* Sound that the mono sum lacks is not called silence. */
static void test_cancelled_channels_are_told(void **state) {
    (void)state;
    enum { FRAMES = 6 * RATE };
    float *lr[2] = {room(FRAMES), room(FRAMES)};
    sig_music(lr[0], lr[1], FRAMES, RATE, 1);
    for (int64_t i = 0; i < FRAMES; i++)
        lr[1][i] = -lr[0][i];
    st_listen *l = hear(lr, 2, RATE, FRAMES, &all, NULL);
    assert_true(st_listen_get(l)->cancels);
    char *text = document(l);
    assert_non_null(strstr(text, "cancel each other"));
    assert_null(strstr(text, "no sound"));
    st_free(text);
    st_listen_free(l);
    memset(lr[0], 0, FRAMES * sizeof *lr[0]);
    memset(lr[1], 0, FRAMES * sizeof *lr[1]);
    l = hear(lr, 2, RATE, FRAMES, &all, NULL);
    assert_false(st_listen_get(l)->cancels);
    st_listen_free(l);
    st_free(lr[0]);
    st_free(lr[1]);
}

/* Any rate and number of channels; NaN in one channel spoils no other. */
static void test_formats(void **state) {
    (void)state;
    static const struct {
        int rate_hz, channels;
    } rows[] = {{8000, 1}, {11025, 2}, {192000, 2}, {44100, 6}, {48000, 8}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        int64_t frames = 5 * rows[r].rate_hz + 17;
        float *channel[8] = {0};
        for (int c = 0; c < rows[r].channels; c++) {
            channel[c] = room(frames);
            sig_sine(channel[c], (size_t)frames, rows[r].rate_hz, 440, -18, 0);
        }
        channel[0][frames / 2] = NAN;
        st_listen *l = hear(channel, rows[r].channels, rows[r].rate_hz, frames,
                            &all, NULL);
        const st_listen_result *h = st_listen_get(l);
        assert_close(h->seconds, (double)frames / rows[r].rate_hz, 1e-9,
                     "seconds");
        assert_true(h->f0_frames >= 499);
        assert_true(h->f0[100].voiced || h->f0[100].confidence > 0.5f);
        assert_close(12 * log2(h->f0[100].hz / 440), 0, 0.2, "pitch");
        st_free(document(l));
        st_listen_free(l);
        for (int c = 0; c < rows[r].channels; c++)
            st_free(channel[c]);
    }
}

static bool stop_at_once(void *ctx, int64_t frames) {
    (void)frames;
    ++*(int *)ctx;
    return true;
}

static void test_a_cancel_ends_it(void **state) {
    (void)state;
    enum { FRAMES = 4 * RATE };
    float *x = room(FRAMES);
    st_format format = {RATE, 1, FRAMES};
    st_source *source = NULL;
    st_listen *l = NULL;
    st_err err = {0};
    int calls = 0;
    const st_flow_watch watch = {stop_at_once, &calls};
    assert_int_equal(st_memory_source(&source, &x, &format), ST_OK);
    assert_int_equal(st_listen_new(&l, &format, &all, &err), ST_OK);
    assert_int_equal(st_listen_run(l, source, NULL, &watch, &err),
                     ST_CANCELLED);
    assert_int_equal(calls, 1);
    st_source_free(source);
    st_listen_free(l);
    st_free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_do_not_show),
        cmocka_unit_test(test_level_does_not_show),
        cmocka_unit_test(test_nothing_is_no_number),
        cmocka_unit_test(test_cancelled_channels_are_told),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_a_cancel_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
