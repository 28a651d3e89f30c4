#include "support/cases.h"

#include "mix/console.h"
#include "mix/song.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, SECOND = 48000, FRAMES = 2 * SECOND + 1234 };

typedef struct {
    st_print print[ST_MIX_STEMS];
    st_premix premix;
} mixed;

static void mixed_free(mixed *m) {
    for (int i = 0; i < ST_MIX_STEMS; i++)
        st_print_deinit(&m->print[i]);
    st_premix_deinit(&m->premix);
}

static void assert_same(const float *a, const float *b, int64_t stride_a,
                        int64_t stride_b, int64_t frames, const char *what) {
    for (int c = 0; c < 2; c++)
        for (int64_t i = 0; i < frames; i++)
            if (a[c * stride_a + i] != b[c * stride_b + i])
                fail_msg("%s: channel %d differs at frame %lld: %.9g, %.9g",
                         what, c, (long long)i, (double)a[c * stride_a + i],
                         (double)b[c * stride_b + i]);
}

static void neutral_recipe(const song *s, st_mix_recipe *r) {
    static const st_role roles[] = {ST_ROLE_KICK, ST_ROLE_BASS, ST_ROLE_KEYS,
                                    ST_ROLE_LEAD_VOCAL, ST_ROLE_DRUMS_BUS};
    st_mix_recipe_init(r);
    r->rate_hz = s->rate_hz;
    for (int i = 0; i < s->stems; i++) {
        char name[16];
        snprintf(name, sizeof name, "stem %d", i);
        (void)st_mix_recipe_add(r, name, roles[i % 5], s->stem[i].channels);
    }
}

/* --- nothing in the way --- */

static void test_neutral_print_is_the_stem(void **state) {
    (void)state;
    song s;
    st_mix_recipe r;
    mixed m = {0};
    song_rich(&s, RATE, SECOND);
    neutral_recipe(&s, &r);
    song_mix(&s, &r, NULL, m.print, &m.premix);
    for (int i = 0; i < s.stems; i++) {
        int64_t n = 0;
        float *print = song_print(&m.print[i], &n);
        assert_true(n >= SECOND);
        for (int c = 0; c < s.stem[i].channels; c++)
            assert_memory_equal(print + c * n, s.stem[i].channel[c],
                                SECOND * sizeof(float));
        free(print);
    }
    mixed_free(&m);
    song_free(&s);
}

/* Stems add up in their buses, buses in the mix. */
static void test_neutral_mix_is_the_sum(void **state) {
    (void)state;
    song s;
    st_mix_recipe r;
    mixed m = {0};
    song_rich(&s, RATE, SECOND);
    neutral_recipe(&s, &r);
    song_mix(&s, &r, NULL, m.print, &m.premix);
    float *mix = song_premaster(&m.premix, 1.0f);
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < SECOND; i++) {
            float bus[ST_BUS_COUNT] = {0};
            for (int k = 0; k < s.stems; k++)
                bus[r.stem[k].bus] +=
                    s.stem[k].channel[s.stem[k].channels > 1 ? c : 0][i];
            float want = bus[0] + bus[1] + bus[2];
            if (mix[c * m.premix.frames + i] != want)
                fail_msg("frame %d differs", i);
        }
    free(mix);
    mixed_free(&m);
    song_free(&s);
}

/* What staging does before the chain, the fader takes back. */
static void test_staging_has_no_net_gain(void **state) {
    (void)state;
    song s;
    st_mix_recipe r;
    mixed plain = {0}, staged = {0};
    song_rich(&s, RATE, SECOND);
    neutral_recipe(&s, &r);
    song_mix(&s, &r, NULL, plain.print, &plain.premix);
    for (int i = 0; i < s.stems; i++)
        st_move_set(&r.stem[i].move[ST_STRIP_STAGING], ST_STAGING_GAIN,
                    -7.3 + 4 * i);
    song_mix(&s, &r, NULL, staged.print, &staged.premix);
    float *a = song_premaster(&plain.premix, 1.0f);
    float *b = song_premaster(&staged.premix, 1.0f);
    assert_true(meter_null_peak_db(a, b, SECOND, 0) < -120);
    free(a);
    free(b);
    mixed_free(&plain);
    mixed_free(&staged);
    song_free(&s);
}

/* --- console and renderer --- */

/* The one promise all of this rests on: with every kind of move on, the
 * console in any blocks and the renderer on any threads give the same
 * samples. */
static void test_console_equals_renderer(void **state) {
    (void)state;
    static const int blocks[] = {1, 64, 4096};
    song s;
    st_mix_recipe r;
    float *first = NULL;
    int64_t frames = 0;
    song_rich(&s, RATE, FRAMES);
    rich_make(&r, RATE);
    for (int threads = 1; threads <= 2; threads++) {
        mixed m = {0};
        st_pool *pool = NULL;
        assert_int_equal(st_pool_new(&pool, threads), ST_OK);
        song_mix(&s, &r, pool, m.print, &m.premix);
        float *mix = song_premaster(&m.premix, st_desk_gain(&r));
        if (first != NULL)
            assert_same(first, mix, frames, frames, frames, "threads");
        frames = m.premix.frames;
        free(first);
        first = mix;
        mixed_free(&m);
        st_pool_free(pool);
    }
    assert_true(meter_rms_db(first, FRAMES) > -40);
    for (int i = 0; i < 3; i++) {
        float *out = song_console(&s, &r, blocks[i], false, FRAMES);
        assert_same(first, out, frames, FRAMES, FRAMES, "console");
        free(out);
    }
    free(first);
    song_free(&s);
}

/* Made live it holds more units, which do nothing to the sound; what stands
 * behind a de-esser more counts its control steps from another frame. */
static void test_live_console_equals_the_other(void **state) {
    (void)state;
    song s;
    st_mix_recipe r;
    song_rich(&s, RATE, FRAMES);
    rich_make(&r, RATE);
    float *a = song_console(&s, &r, 512, false, FRAMES);
    float *b = song_console(&s, &r, 512, true, FRAMES);
    double off = meter_null_db(a, b, FRAMES, 0) - meter_rms_db(a, FRAMES);
    if (off > -60)
        fail_msg("live and not are %.1f dB apart", off);
    free(a);
    free(b);
    song_free(&s);
}

/* Stems that end before others: what rings on behind them is in the render as
 * well as in the console. */
static void test_ends_of_stems_ring_out(void **state) {
    (void)state;
    enum { LONG = 3 * SECOND };
    song s;
    st_mix_recipe r;
    mixed m = {0};
    song_rich(&s, RATE, LONG);
    rich_make(&r, RATE);
    s.stem[RICH_BASS].frames = SECOND;
    s.stem[RICH_DRUMS].frames = SECOND + 17;
    song_mix(&s, &r, NULL, m.print, &m.premix);
    float *mix = song_premaster(&m.premix, st_desk_gain(&r));
    float *out = song_console(&s, &r, 512, false, LONG);
    double off = meter_null_peak_db(mix, out, LONG, 0);
    if (off > -90)
        fail_msg("render and console are %.1f dBFS apart", off);
    free(mix);
    free(out);
    mixed_free(&m);
    song_free(&s);
}

/* --- a rig for the live console --- */

typedef struct {
    st_console *k;
    float *in[RICH_STEMS][2];
    const float *const *stems[RICH_STEMS];
    int64_t at;
} live_rig;

enum { BLOCK = 480 };

static void live_init(live_rig *l, const st_mix_recipe *r, bool live) {
    memset(l, 0, sizeof *l);
    assert_int_equal(st_console_new(&l->k, RATE, BLOCK, r, live), ST_OK);
    for (int i = 0; i < RICH_STEMS; i++) {
        for (int c = 0; c < 2; c++)
            l->in[i][c] = calloc(BLOCK, sizeof(float));
        l->stems[i] = (const float *const *)l->in[i];
    }
}

static void live_free(live_rig *l) {
    for (int i = 0; i < RICH_STEMS; i++)
        for (int c = 0; c < 2; c++)
            free(l->in[i][c]);
    st_console_free(l->k);
}

/* Every stem a steady tone. */
static void live_run(live_rig *l, float *left, float *right, int blocks) {
    for (int b = 0; b < blocks; b++) {
        for (int i = 0; i < RICH_STEMS; i++)
            for (int c = 0; c < 2; c++)
                sig_sine(l->in[i][c], BLOCK, RATE, 100 + 50 * i, -20,
                         6.283185307179586 * (100 + 50 * i) * (double)l->at /
                                 RATE +
                             c);
        float *out[2] = {left + b * BLOCK, right + b * BLOCK};
        st_console_process(l->k, l->stems, out, BLOCK);
        l->at += BLOCK;
    }
}

/* Largest |second difference|: of tones up to 300 Hz it is small, of a step it
 * is the step. */
static double roughness(const float *x, int n) {
    double most = 0;
    for (int i = 2; i < n; i++)
        most = fmax(most, fabs((double)x[i] - 2.0 * x[i - 1] + x[i - 2]));
    return most;
}

typedef struct {
    const char *name;
    int slot, field;
    double value;
} change;

/* With the field's move on: of a strip, -1: of the bus, -2: of the mix. */
static const change changes[] = {
    {"staging", ST_STRIP_STAGING, ST_STAGING_GAIN, 12},
    {"polarity", ST_STRIP_POLARITY, ST_POLARITY_LEFT, 1},
    {"offset", ST_STRIP_POLARITY, ST_DC_LEFT, 0.05},
    {"high-pass", ST_STRIP_HIGHPASS, ST_FILTER_HZ, 400},
    {"low-pass", ST_STRIP_LOWPASS, ST_FILTER_HZ, 1000},
    {"EQ", ST_STRIP_EQ, ST_EQ_GAIN, 4},
    {"dynamic EQ", ST_STRIP_DYNEQ, ST_DYN_RANGE, 4},
    {"de-esser", ST_STRIP_DEESSER, ST_DEESS_RANGE, 8},
    {"compressor", ST_STRIP_COMPRESSOR, ST_COMP_RATIO, 4},
    {"fader", ST_STRIP_FADER, ST_FADER_GAIN, 12},
    {"pan", ST_STRIP_PLACE, ST_PLACE_PAN, -1},
    {"width", ST_STRIP_PLACE, ST_PLACE_WIDTH, 0},
    {"reverb", ST_STRIP_REVERB, ST_SEND_LEVEL, 0},
    {"delay", ST_STRIP_DELAY, ST_SEND_LEVEL, 0},
};

static void set_all(st_mix_recipe *r, const change *ch) {
    for (int i = 0; i < r->stems; i++)
        st_move_set(&r->stem[i].move[ch->slot], ch->field, ch->value);
}

static void live_recipe(st_mix_recipe *r) {
    song s = {.stems = RICH_STEMS, .rate_hz = RATE};
    for (int i = 0; i < RICH_STEMS; i++)
        s.stem[i].channels = 1 + i % 2;
    neutral_recipe(&s, r);
    st_move_set(&r->reverb, ST_REVERB_RETURN, 0);
    st_move_set(&r->delay, ST_DELAY_LEFT, 20);
    st_move_set(&r->delay, ST_DELAY_RIGHT, 30);
}

/* A value that changes while it plays moves there without a step. */
static void test_live_changes_are_smooth(void **state) {
    (void)state;
    enum { N = 20 };
    static float left[2 * N * BLOCK], right[2 * N * BLOCK];
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        st_mix_recipe r;
        live_rig l;
        live_recipe(&r);
        live_init(&l, &r, true);
        live_run(&l, left, right, 2 * N); /* everything has settled */
        double before = roughness(left + N * BLOCK, N * BLOCK);
        set_all(&r, &changes[i]);
        st_console_set(l.k, &r);
        live_run(&l, left + N * BLOCK, right + N * BLOCK, N);
        double after = roughness(left + N * BLOCK - 2, N * BLOCK + 2);
        /* five tones of 0.1: at once, these were 0.1 and more */
        if (after > before + 0.03)
            fail_msg("%s: a step of %.5f (%.6f before)", changes[i].name, after,
                     before);
        live_free(&l);
    }
}

/* There and back: the sound is what it would be had nobody touched it. */
static void test_live_changes_go_back(void **state) {
    (void)state;
    enum { SHORT = 10, LONG = 300 };
    static float left[LONG * BLOCK], right[LONG * BLOCK];
    static float other[2][LONG * BLOCK];
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        st_mix_recipe r, was;
        live_rig l, quiet;
        live_recipe(&r);
        was = r;
        live_init(&l, &r, true);
        live_init(&quiet, &r, true);
        live_run(&l, left, right, SHORT);
        set_all(&r, &changes[i]);
        st_console_set(l.k, &r);
        live_run(&l, left, right, SHORT);
        double moved = 0;
        live_run(&quiet, other[0], other[1], 2 * SHORT);
        for (int n = SHORT / 2 * BLOCK; n < SHORT * BLOCK; n++)
            moved = fmax(moved, fabs(left[n] - other[0][n + SHORT * BLOCK]));
        bool silent = changes[i].slot == ST_STRIP_DEESSER ||
                      changes[i].slot == ST_STRIP_STAGING;
        if (!silent && moved < 1e-3)
            fail_msg("%s changed nothing (%.6f)", changes[i].name, moved);
        st_console_set(l.k, &was);
        live_run(&l, left, right, LONG);
        live_run(&quiet, other[0], other[1], LONG);
        const int last = (LONG - 20) * BLOCK;
        double off =
            meter_null_peak_db(left + last, other[0] + last, 20 * BLOCK, 0);
        if (off > -80)
            fail_msg("%s: still %.1f dBFS apart", changes[i].name, off);
        live_free(&l);
        live_free(&quiet);
    }
}

/* A duck that is vetoed when the console is made can be brought in later. */
static void test_live_duck_comes_in(void **state) {
    (void)state;
    enum { N = 60 };
    static float left[N * BLOCK], right[N * BLOCK];
    for (int bus = 0; bus < 2; bus++) {
        st_mix_recipe r;
        live_rig l;
        live_recipe(&r);
        r.ducks = 1;
        r.duck[0].source = 1;
        r.duck[0].target = bus ? ST_TARGET_BUS + ST_BUS_MUSIC : 1;
        st_move_set(&r.duck[0], ST_DUCK_DEPTH, 4);
        st_move_set(&r.duck[0], ST_DUCK_THRESHOLD, -60);
        r.duck[0].amount = 0;
        live_init(&l, &r, true);
        live_run(&l, left, right, N);
        double before =
            meter_tone_db(left + N / 2 * BLOCK, N / 2 * BLOCK, RATE, 150);
        r.duck[0].amount = 1;
        st_console_set(l.k, &r);
        live_run(&l, left, right, N);
        double after =
            meter_tone_db(left + N / 2 * BLOCK, N / 2 * BLOCK, RATE, 150);
        assert_close(after - before, -4, 0.3, "duck");
        live_free(&l);
    }
}

/* --- the contract of a unit --- */

static double run_silence(live_rig *l, int blocks) {
    static float left[BLOCK], right[BLOCK];
    float *out[2] = {left, right};
    double most = 0;
    for (int i = 0; i < RICH_STEMS; i++)
        for (int c = 0; c < 2; c++)
            memset(l->in[i][c], 0, BLOCK * sizeof(float));
    for (int b = 0; b < blocks; b++) {
        st_console_process(l->k, l->stems, out, BLOCK);
        most = fmax(meter_peak_db(left, BLOCK), meter_peak_db(right, BLOCK));
    }
    return most;
}

static void no_offsets(st_mix_recipe *r) {
    for (int i = 0; i < r->stems; i++)
        for (int c = 0; c < 2; c++)
            r->stem[i].move[ST_STRIP_POLARITY].value[ST_DC_LEFT + c] = 0;
}

static void test_console_silence_after_tails(void **state) {
    (void)state;
    static float left[20 * BLOCK], right[20 * BLOCK];
    st_mix_recipe r;
    live_rig l;
    rich_make(&r, RATE);
    no_offsets(&r);
    live_init(&l, &r, false);
    assert_true(run_silence(&l, 3) <= -400);
    live_run(&l, left, right, 20);
    int tail =
        st_console_tail_frames(l.k) + st_console_latency_frames(l.k) + RATE / 4;
    double rest = run_silence(&l, tail / BLOCK + 1);
    if (rest > -90)
        fail_msg("%.1f dBFS are left after the tail", rest);
    live_free(&l);
}

static void test_console_reset_forgets(void **state) {
    (void)state;
    static float left[2][20 * BLOCK], right[2][20 * BLOCK];
    static const float bad[] = {NAN, INFINITY, -INFINITY, 3e38f};
    for (int live = 0; live < 2; live++) {
        st_mix_recipe r;
        live_rig l;
        rich_make(&r, RATE);
        live_init(&l, &r, live);
        live_run(&l, left[0], right[0], 20);
        for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
            float *out[2] = {left[1], right[1]};
            for (int i = 0; i < RICH_STEMS; i++)
                for (int c = 0; c < 2; c++)
                    l.in[i][c][n] = bad[n];
            st_console_process(l.k, l.stems, out, BLOCK);
            st_console_reset(l.k);
            l.at = 0;
            live_run(&l, left[1], right[1], 20);
            assert_memory_equal(left[0], left[1], sizeof left[0]);
            assert_memory_equal(right[0], right[1], sizeof right[0]);
        }
        live_free(&l);
    }
}

static void test_console_refuses_bad_specs(void **state) {
    (void)state;
    st_mix_recipe r;
    st_console *k = NULL;
    rich_make(&r, RATE);
    assert_int_equal(st_console_new(&k, 7999, 64, &r, false), ST_BAD_ARG);
    assert_int_equal(st_console_new(&k, RATE, 0, &r, false), ST_BAD_ARG);
    assert_null(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neutral_print_is_the_stem),
        cmocka_unit_test(test_neutral_mix_is_the_sum),
        cmocka_unit_test(test_staging_has_no_net_gain),
        cmocka_unit_test(test_console_equals_renderer),
        cmocka_unit_test(test_live_console_equals_the_other),
        cmocka_unit_test(test_ends_of_stems_ring_out),
        cmocka_unit_test(test_live_changes_are_smooth),
        cmocka_unit_test(test_live_changes_go_back),
        cmocka_unit_test(test_live_duck_comes_in),
        cmocka_unit_test(test_console_silence_after_tails),
        cmocka_unit_test(test_console_reset_forgets),
        cmocka_unit_test(test_console_refuses_bad_specs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
