#include "support/cases.h"

#include "mix/song.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Kick and bass, or a voice and keys, through a mix of which nothing is on but
 * the duck: what comes out against what would without it. */
enum { RATE = 48000, LENGTH = 4 * RATE, AT = 2 * RATE };

static float *mix_of(song *s, const st_mix_recipe *r) {
    st_print prints[ST_MIX_STEMS] = {{0}};
    st_premix premix = {0};
    song_mix(s, r, NULL, prints, &premix);
    float *out = song_premaster(&premix, 1.0f);
    for (int i = 0; i < s->stems; i++)
        st_print_deinit(&prints[i]);
    st_premix_deinit(&premix);
    return out;
}

/* Stem 0 keys: a tone that begins at AT. Stem 1: a steady tone. The key is
 * taken out of the mix by its fader, so that only stem 1 is heard. */
static void make_song(song *s, double key_hz, double hz) {
    *s = (song){.rate_hz = RATE};
    song_add(s, 1, LENGTH);
    song_add(s, 1, LENGTH);
    sig_sine(s->stem[0].channel[0] + AT, LENGTH - AT, RATE, key_hz, -6, 1.5708);
    sig_sine(s->stem[1].channel[0], LENGTH, RATE, hz, -12, 0);
}

static void make_recipe(st_mix_recipe *r, bool music) {
    st_mix_recipe_init(r);
    r->rate_hz = RATE;
    (void)st_mix_recipe_add(r, "key", music ? ST_ROLE_LEAD_VOCAL : ST_ROLE_KICK,
                            1);
    (void)st_mix_recipe_add(r, "x", music ? ST_ROLE_KEYS : ST_ROLE_BASS, 1);
    st_move_set(&r->stem[0].move[ST_STRIP_FADER], ST_FADER_GAIN, -150);
    r->ducks = 1;
    r->duck[0].source = 1;
    r->duck[0].target = music ? ST_TARGET_BUS + ST_BUS_MUSIC : 1;
    st_move_set(&r->duck[0], ST_DUCK_LOW, music ? 0 : 40);
    st_move_set(&r->duck[0], ST_DUCK_HIGH, music ? 0 : 120);
    st_move_set(&r->duck[0], ST_DUCK_THRESHOLD, -40);
    st_move_set(&r->duck[0], ST_DUCK_ATTACK, 3);
    st_move_set(&r->duck[0], ST_DUCK_LOOKAHEAD, 8);
}

/* Change of the tone at hz while the key plays, dB. */
static double change_db(const float *out, double hz) {
    double before = meter_tone_db(out + RATE / 2, RATE, RATE, hz);
    return meter_tone_db(out + AT + RATE / 2, RATE, RATE, hz) - before;
}

static void test_duck_takes_its_depth_at_80_hz(void **state) {
    (void)state;
    for (double depth = 1; depth <= 4; depth++) {
        song s;
        st_mix_recipe r;
        make_song(&s, 55, 80);
        make_recipe(&r, false);
        st_move_set(&r.duck[0], ST_DUCK_DEPTH, depth);
        float *out = mix_of(&s, &r);
        assert_close(change_db(out, 80), -depth, 0.3, "80 Hz");
        free(out);
        song_free(&s);
    }
}

/* The change that a duck makes, against the tone: 30 dB under it and more. */
static void test_duck_leaves_what_is_higher(void **state) {
    (void)state;
    static const double tones[] = {260, 400, 1000, 4000};
    for (int i = 0; i < 4; i++) {
        song s;
        st_mix_recipe r;
        make_song(&s, 55, tones[i]);
        make_recipe(&r, false);
        st_move_set(&r.duck[0], ST_DUCK_DEPTH, 4);
        float *out = mix_of(&s, &r);
        double off = meter_null_db(s.stem[1].channel[0], out, LENGTH, 0);
        double all = meter_rms_db(s.stem[1].channel[0], LENGTH);
        double limit = tones[i] >= 1000 ? -60 : -30;
        if (off - all > limit)
            fail_msg("%.0f Hz changes by %.1f dB", tones[i], off - all);
        free(out);
        song_free(&s);
    }
}

/* First frame at which the tone is `db` under its level, by its quadrature
 * envelope over one period. */
static int64_t falls_at(const float *x, double hz, double db) {
    int period = (int)(RATE / hz + 0.5), quarter = period / 4;
    double level = 0;
    for (int64_t i = RATE; i < RATE + period; i++)
        level = fmax(level, hypot(x[i], x[i + quarter]));
    for (int64_t i = AT - RATE / 10; i < LENGTH - period; i++)
        if (hypot(x[i], x[i + quarter]) < level * pow(10, -db / 20))
            return i;
    return -1;
}

/* Full-band duck: the gain begins to fall by the look-ahead before the key. */
static void test_duck_begins_by_its_lookahead(void **state) {
    (void)state;
    static const double aheads[] = {5, 8, 10};
    for (int i = 0; i < 3; i++)
        for (int music = 0; music < 2; music++) {
            song s;
            st_mix_recipe r;
            make_song(&s, 4000, 6000);
            make_recipe(&r, music);
            st_move_set(&r.duck[0], ST_DUCK_LOW, 0);
            st_move_set(&r.duck[0], ST_DUCK_HIGH, 0);
            st_move_set(&r.duck[0], ST_DUCK_DEPTH, 4);
            st_move_set(&r.duck[0], ST_DUCK_ATTACK, 0.5);
            st_move_set(&r.duck[0], ST_DUCK_LOOKAHEAD, aheads[i]);
            /* units before the ducker are late: the key has to wait */
            st_move_set(&r.stem[1].move[ST_STRIP_DEESSER], ST_DEESS_THRESHOLD,
                        20);
            st_move_set(&r.bus[ST_BUS_MUSIC][ST_BUSMOVE_TRANSIENT],
                        ST_TRANSIENT_ATTACK, 0.01);
            float *out = mix_of(&s, &r);
            double ms = (double)(AT - falls_at(out, 6000, 0.1)) * 1000 / RATE;
            assert_close(ms, aheads[i], 1.0, "onset before the key, ms");
            free(out);
            song_free(&s);
        }
}

/* Two ducks of one target: the second is not early by the first's delay. */
static void test_second_duck_is_on_time(void **state) {
    (void)state;
    for (int music = 0; music < 2; music++) {
        song s;
        st_mix_recipe r;
        make_song(&s, 4000, 6000);
        make_recipe(&r, music);
        st_move_set(&r.duck[0], ST_DUCK_LOW, 0);
        st_move_set(&r.duck[0], ST_DUCK_HIGH, 0);
        st_move_set(&r.duck[0], ST_DUCK_DEPTH, 4);
        st_move_set(&r.duck[0], ST_DUCK_ATTACK, 0.5);
        r.duck[1] = r.duck[0];
        r.ducks = 2;
        r.duck[0].source = 2; /* its own key, steady: falls at the start */
        float *out = mix_of(&s, &r);
        double ms = (double)(AT - falls_at(out, 6000, 0.1)) * 1000 / RATE;
        assert_close(ms, 8, 1.0, "onset of the second duck, ms");
        free(out);
        song_free(&s);
    }
}

static void test_voice_ducks_music(void **state) {
    (void)state;
    for (double depth = 0.5; depth <= 1.5; depth += 0.5) {
        song s;
        st_mix_recipe r;
        make_song(&s, 440, 1000);
        make_recipe(&r, true);
        st_move_set(&r.duck[0], ST_DUCK_DEPTH, depth);
        st_move_set(&r.duck[0], ST_DUCK_ATTACK, 30);
        float *out = mix_of(&s, &r);
        assert_close(change_db(out, 1000), -depth, 0.1, "music");
        free(out);
        song_free(&s);
    }
}

/* Half the amount is half the depth; none leaves the mix bit for bit. */
static void test_duck_amounts(void **state) {
    (void)state;
    for (int half = 0; half < 3; half++) {
        song s;
        st_mix_recipe r;
        make_song(&s, 55, 80);
        make_recipe(&r, false);
        st_move_set(&r.duck[0], ST_DUCK_DEPTH, 3);
        r.duck[0].amount = 0.5 * half;
        float *out = mix_of(&s, &r);
        assert_close(change_db(out, 80), -1.5 * half, 0.3, "amount");
        if (half == 0)
            assert_memory_equal(out, s.stem[1].channel[0],
                                LENGTH * sizeof(float));
        free(out);
        song_free(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duck_takes_its_depth_at_80_hz),
        cmocka_unit_test(test_duck_leaves_what_is_higher),
        cmocka_unit_test(test_duck_begins_by_its_lookahead),
        cmocka_unit_test(test_second_duck_is_on_time),
        cmocka_unit_test(test_voice_ducks_music),
        cmocka_unit_test(test_duck_amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
