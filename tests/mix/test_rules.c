#include "support/cases.h"

#include "mix/guard.h"
#include "mix/heard.h"
#include "mix/recipe_json.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 44100, LENGTH = 5 * RATE };

static const char *const labels[] = {"kick.wav", "bass.wav",  "keys.wav",
                                     "vox.wav",  "drums.wav", "six.wav",
                                     "seven.wav"};
#define ROLES                                                                  \
    "kick.wav=kick,bass.wav=bass,keys.wav=keys,vox.wav=lead_vocal,"            \
    "drums.wav=drums_bus"

static void hear_rich(heard *h, song *s) {
    song_rich(s, RATE, LENGTH);
    assert_int_equal(heard_init(h, s, labels, ROLES), ST_OK);
}

/* --- every move --- */

static void check_move(const st_move *m, const char *name, int stems) {
    const st_move_info *about = st_move_about(m->kind);
    if (!m->on)
        return;
    if (strlen(m->reason) < 15)
        fail_msg("%s has no reason (\"%s\")", name, m->reason);
    for (int i = 0; i < about->count; i++)
        if (!(m->value[i] >= about->field[i].min &&
              m->value[i] <= about->field[i].max))
            fail_msg("%s: %s is %g", name, about->field[i].name, m->value[i]);
    assert_true(m->source >> stems == 0);
}

static void test_rules_keep_bounds_and_say_why(void **state) {
    (void)state;
    static const char *const presets[] = {
        "Electro House", "Pop", "Hip-Hop", "Rock", "Streaming", NULL};
    song s;
    heard h;
    hear_rich(&h, &s);
    const st_mix_recipe blank = h.recipe;
    for (int p = 0; p < 6; p++) {
        int on = 0;
        st_move_walk walk = {0};
        h.recipe = blank;
        heard_decide(&h, presets[p], p % 2);
        for (st_move *m; (m = st_mix_recipe_next(&h.recipe, &walk)) != NULL;) {
            check_move(m, walk.name, h.recipe.stems);
            on += m->on;
        }
        assert_true(on > 20);
    }
    heard_free(&h);
    song_free(&s);
}

/* The same moves again from the same song. */
static void test_rules_are_certain(void **state) {
    (void)state;
    song s;
    heard h;
    hear_rich(&h, &s);
    st_mix_recipe blank = h.recipe;
    heard_decide(&h, "Pop", false);
    st_mix_recipe first = h.recipe;
    h.recipe = blank;
    heard_decide(&h, "Pop", false);
    json_t *a = st_mix_recipe_json(&first, NULL);
    json_t *b = st_mix_recipe_json(&h.recipe, NULL);
    assert_true(json_equal(a, b));
    json_decref(a);
    json_decref(b);
    heard_free(&h);
    song_free(&s);
}

static void test_rules_respect_user_gains(void **state) {
    (void)state;
    song s;
    heard h;
    hear_rich(&h, &s);
    heard_decide(&h, "Pop", true);
    double first = heard_strip(&h, "kick", ST_STRIP_FADER)->value[0];
    for (int i = 0; i < h.recipe.stems; i++) {
        const st_move *m = &h.recipe.stem[i].move[ST_STRIP_FADER];
        assert_true(m->on);
        assert_close(m->value[0], first, 1e-9, h.recipe.stem[i].name);
    }
    heard_free(&h);
    song_free(&s);
}

/* What was turned up before the mix comes back most of the way: a stem that is
 * far from where its role stands may be meant to be there. */
static void test_rules_take_offsets_back(void **state) {
    (void)state;
    static const double offsets[] = {9, -7, 4, -11, 6};
    double fader[2][RICH_STEMS];
    for (int turned = 0; turned < 2; turned++) {
        song s;
        heard h;
        song_rich(&s, RATE, LENGTH);
        for (int i = 0; turned && i < RICH_STEMS; i++)
            for (int c = 0; c < s.stem[i].channels; c++)
                for (int n = 0; n < LENGTH; n++)
                    s.stem[i].channel[c][n] *= (float)pow(10, offsets[i] / 20);
        assert_int_equal(heard_init(&h, &s, labels, ROLES), ST_OK);
        heard_decide(&h, "Pop", false);
        for (int i = 0; i < RICH_STEMS; i++)
            fader[turned][i] = h.recipe.stem[i].move[ST_STRIP_FADER].value[0];
        heard_free(&h);
        song_free(&s);
    }
    double left = 0, all = 0;
    for (int i = 0; i < RICH_STEMS; i++)
        for (int j = 0; j < RICH_STEMS; j++) {
            double a = fader[1][i] - fader[0][i], b = fader[1][j] - fader[0][j];
            left += fabs(a + offsets[i] - b - offsets[j]);
            all += fabs(offsets[i] - offsets[j]);
        }
    assert_true(left < 0.35 * all);
}

/* --- nothing is said of what is not there --- */

static bool ducks_music(const st_mix_recipe *r) {
    for (int i = 0; i < r->ducks; i++)
        if (r->duck[i].target == ST_TARGET_BUS + ST_BUS_MUSIC)
            return true;
    return false;
}

/* A voice alone, over silent music, over music; and music alone. */
static void test_rules_duck_only_music_that_plays(void **state) {
    (void)state;
    static const char *const names[] = {"vox.wav", "keys.wav"};
    static const struct {
        int stems;
        double voice_db, keys_db;
        bool ducks;
    } rows[] = {{1, -12, 0, false},
                {2, -12, -300, false},
                {2, -12, -12, true},
                {2, -300, -12, false}};
    for (int i = 0; i < 4; i++) {
        song s = {.rate_hz = RATE};
        heard h;
        for (int k = 0; k < rows[i].stems; k++) {
            int at = song_add(&s, 1, LENGTH);
            sig_pink(s.stem[at].channel[0], LENGTH, 4 + (uint64_t)k,
                     k == 0 ? rows[i].voice_db : rows[i].keys_db);
        }
        assert_int_equal(heard_init(&h, &s, names,
                                    rows[i].stems == 1
                                        ? "vox.wav=lead_vocal"
                                        : "vox.wav=lead_vocal,keys.wav=keys"),
                         ST_OK);
        heard_decide(&h, NULL, false);
        assert_int_equal(ducks_music(&h.recipe), rows[i].ducks);
        heard_free(&h);
        song_free(&s);
    }
}

/* Tempo stands in a reason only where one is known. */
static void test_rules_name_no_tempo_that_nobody_found(void **state) {
    (void)state;
    static const char *const names[] = {"vox.wav"};
    for (int known = 0; known < 2; known++) {
        song s = {.rate_hz = RATE};
        heard h;
        int at = song_add(&s, 1, LENGTH);
        sig_pink(s.stem[at].channel[0], LENGTH, 4, -18);
        assert_int_equal(heard_init(&h, &s, names, "vox.wav=lead_vocal"),
                         ST_OK);
        h.recipe.tempo_bpm = known ? 93 : 0;
        heard_decide(&h, NULL, false);
        assert_true(h.recipe.tempo_bpm == (known ? 93 : 0));
        const char *why = h.recipe.reverb.reason;
        assert_int_equal(strstr(why, "BPM") != NULL, known);
        assert_int_equal(strstr(why, "beats") != NULL, known);
        assert_true(h.recipe.reverb.on && strlen(why) > 30);
        heard_free(&h);
        song_free(&s);
    }
}

/* --- sides --- */

/* Loudness on the left less that on the right, as amplitudes, of the first
 * `count` stems, over all; how many stand on the left. */
static double lopsided(heard *h, int count, int *left) {
    double sum = 0.0, all = 0.0;
    *left = 0;
    for (int i = 0; i < count; i++) {
        const st_move *m = h->recipe.stem[i].move;
        double db =
            h->hearing.stem[i].lufs + m[ST_STRIP_FADER].value[ST_FADER_GAIN];
        double pan = m[ST_STRIP_PLACE].value[ST_PLACE_PAN];
        double weight = fabs(pan) * pow(10, db / 20);
        assert_true(m[ST_STRIP_PLACE].on && fabs(pan) > 0.1);
        *left += pan < 0.0;
        sum += pan < 0.0 ? weight : -weight;
        all += weight;
    }
    return fabs(sum) / all;
}

/* Three or four alike on both sides, also beside a loud stereo stem that leans
 * to one. */
static void test_rules_place_on_both_sides(void **state) {
    (void)state;
    static const char *const names[] = {"a.wav", "b.wav", "c.wav", "d.wav",
                                        "e.wav"};
    for (int row = 0; row < 6; row++) {
        song s = {.rate_hz = RATE};
        heard h;
        int mono = 3 + row % 2, left = 0;
        for (int i = 0; i < mono; i++) {
            int at = song_add(&s, 1, LENGTH);
            sig_pink(s.stem[at].channel[0], LENGTH, 40 + (uint64_t)i,
                     -20 - (row == 5 ? 3 * i : 0));
        }
        int wide = song_add(&s, 2, LENGTH);
        sig_pink(s.stem[wide].channel[0], LENGTH, 50, -8);
        sig_pink(s.stem[wide].channel[1], LENGTH, 51, row < 2 ? -8 : -14);
        assert_int_equal(heard_init(&h, &s, names,
                                    mono == 3
                                        ? "*=keys,d.wav=guitar"
                                        : "*=keys,c.wav=synth,e.wav=guitar"),
                         ST_OK);
        heard_decide(&h, NULL, false);
        double off = lopsided(&h, mono, &left);
        assert_in_range(left, 1, mono - 1);
        if (off > 0.36)
            fail_msg("row %d: %.2f to one side", row, off);
        heard_free(&h);
        song_free(&s);
    }
}

/* --- what is given stays --- */

static void test_rules_leave_given_moves(void **state) {
    (void)state;
    song s;
    heard h;
    hear_rich(&h, &s);
    st_move *eq = heard_strip(&h, "keys", ST_STRIP_EQ);
    st_move *pan = heard_strip(&h, "keys", ST_STRIP_PLACE);
    st_move *glue = &h.recipe.bus[ST_BUS_DRUM][ST_BUSMOVE_COMPRESSOR];
    st_move_set(eq, ST_EQ_GAIN, 2.5);
    st_move_set(pan, ST_PLACE_PAN, -0.75);
    st_move_set(glue, ST_COMP_RATIO, 3.5);
    eq->given = pan->given = glue->given = true;
    const st_move was[3] = {*eq, *pan, *glue};
    heard_decide(&h, "Pop", false);
    assert_memory_equal(eq, &was[0], sizeof *eq);
    assert_memory_equal(pan, &was[1], sizeof *pan);
    assert_memory_equal(glue, &was[2], sizeof *glue);
    heard_free(&h);
    song_free(&s);
}

/* A band of the user's takes no band from the rules. */
static void test_rules_cut_beside_given_bands(void **state) {
    (void)state;
    int cuts[2] = {0};
    for (int with = 0; with < 2; with++) {
        song s;
        heard h;
        hear_rich(&h, &s);
        for (int i = 0; with && i < h.recipe.stems; i++)
            for (int slot = 0; slot < 2; slot++) {
                st_move *m =
                    &h.recipe.stem[i]
                         .move[slot == 0 ? ST_STRIP_EQ : ST_STRIP_DYNEQ];
                m->on = m->given = true;
            }
        heard_decide(&h, "Pop", false);
        for (int i = 0; i < h.recipe.stems; i++)
            for (int k = ST_STRIP_EQ; k < ST_STRIP_DEESSER; k++) {
                const st_move *m = &h.recipe.stem[i].move[k];
                cuts[with] += m->on && !m->given;
            }
        heard_free(&h);
        song_free(&s);
    }
    assert_true(cuts[0] > 0);
    assert_int_equal(cuts[0], cuts[1]);
}

/* --- limits --- */

/* Gain at hz of what an impulse became, dB. */
static double gain_at(const float *x, int n, double hz) {
    double re = 0, im = 0;
    for (int i = 0; i < n; i++) {
        double phase = 6.283185307179586 * hz * i / RATE;
        re += x[i] * cos(phase);
        im -= x[i] * sin(phase);
    }
    return 20 * log10(hypot(re, im));
}

/* The farthest that a stem's EQ moves anything, dB, by its impulse response. */
static double eq_reaches(const st_mix_recipe *r, int stem) {
    enum { TAPS = 16384 };
    static float x[2][TAPS];
    const st_spec spec = {RATE, 1, TAPS};
    st_mix_recipe only = *r;
    st_strip *strip = NULL;
    float *const out[2] = {x[1], x[1]};
    const float *const in[2] = {x[0], x[0]};
    const float *const keys[ST_MIX_STEMS] = {NULL};
    for (int slot = 0; slot < ST_STRIP_SLOTS; slot++)
        if (st_strip_kind(slot) != ST_MOVE_EQ)
            only.stem[stem].move[slot].on = false;
    only.ducks = 0;
    only.stem[stem].channels = 1;
    assert_int_equal(st_strip_new(&strip, &spec, &only, stem, false), ST_OK);
    sig_impulse(x[0], TAPS, 0, 1.0);
    st_strip_process(strip, in, keys, out, TAPS, NULL);
    st_strip_free(strip);
    double most = 0;
    for (double hz = 20; hz < 20000; hz *= 1.05)
        most = fmax(most, fabs(gain_at(x[1], TAPS, hz)));
    return most;
}

/* Bands that stand near each other do not add up to more than one may do. */
static void test_rules_keep_all_bands_within_4_db(void **state) {
    (void)state;
    song s;
    heard h;
    double most = 0;
    hear_rich(&h, &s);
    heard_decide(&h, "Pop", false);
    for (int i = 0; i < h.recipe.stems; i++) {
        double reach = eq_reaches(&h.recipe, i);
        if (reach > 4.05)
            fail_msg("EQ of %s reaches %.2f dB", h.recipe.stem[i].name, reach);
        most = fmax(most, reach);
    }
    assert_true(most > 2);
    heard_free(&h);
    song_free(&s);
}

/* --- mending --- */

static float turned(const st_move *m, int channel) {
    return m->on && m->value[ST_POLARITY_LEFT + channel] > 0.5 ? -1.0f : 1.0f;
}

/* Three of one sound, some upside down, in any order: after mending all point
 * one way. */
static void test_rules_turn_copies_one_way(void **state) {
    (void)state;
    static const char *const names[] = {"one.wav", "two.wav", "three.wav",
                                        "four.wav"};
    for (int signs = 0; signs < 16; signs++) {
        song s = {.rate_hz = RATE};
        heard h;
        for (int i = 0; i < 4; i++) {
            song_add(&s, 1, LENGTH);
            sig_pink(s.stem[i].channel[0], LENGTH, 9, -20);
            for (int n = 0; (signs >> i & 1) && n < LENGTH; n++)
                s.stem[i].channel[0][n] *= -1;
        }
        assert_int_equal(heard_init(&h, &s, names, "*=synth"), ST_OK);
        heard_decide(&h, NULL, false);
        for (int i = 0; i < 4; i++) {
            float sign = signs >> i & 1 ? -1.0f : 1.0f;
            float first = signs & 1 ? -1.0f : 1.0f;
            first *= turned(&h.recipe.stem[0].move[ST_STRIP_POLARITY], 0);
            if (sign * turned(&h.recipe.stem[i].move[ST_STRIP_POLARITY], 0) !=
                first)
                fail_msg("signs %d: stem %d stands against the first", signs,
                         i);
        }
        heard_free(&h);
        song_free(&s);
    }
}

static void test_rules_mend_channels_and_offset(void **state) {
    (void)state;
    song s;
    heard h;
    song_rich(&s, RATE, LENGTH);
    float *const *x = s.stem[RICH_KEYS].channel;
    for (int n = 0; n < LENGTH; n++) {
        x[1][n] = -x[0][n];
        s.stem[RICH_BASS].channel[0][n] += 0.05f;
    }
    assert_int_equal(heard_init(&h, &s, labels, ROLES), ST_OK);
    heard_decide(&h, NULL, false);
    const st_move *keys = heard_strip(&h, "keys", ST_STRIP_POLARITY);
    const st_move *bass = heard_strip(&h, "bass", ST_STRIP_POLARITY);
    assert_true(turned(keys, 0) * turned(keys, 1) < 0);
    assert_close(bass->value[ST_DC_LEFT], 0.05, 0.0005, "offset");
    heard_free(&h);
    song_free(&s);
}

/* --- the side-chain --- */

static void test_rules_make_the_sidechain(void **state) {
    (void)state;
    song s;
    heard h;
    hear_rich(&h, &s);
    heard_decide(&h, "Pop", false);
    bool bass = false, music = false;
    for (int i = 0; i < h.recipe.ducks; i++) {
        const st_move *m = &h.recipe.duck[i];
        double ahead = m->value[ST_DUCK_LOOKAHEAD];
        double depth = m->value[ST_DUCK_DEPTH];
        assert_true(ahead >= 5 && ahead <= 10);
        if (m->target == RICH_BASS) {
            bass = true;
            assert_int_equal(m->source, 1u << RICH_KICK);
            assert_close(m->value[ST_DUCK_LOW], 40, 0, "low");
            assert_close(m->value[ST_DUCK_HIGH], 120, 0, "high");
        } else {
            music = m->target == ST_TARGET_BUS + ST_BUS_MUSIC;
            assert_int_equal(m->source, 1u << RICH_VOICE);
            assert_true(depth >= 0.5 && depth <= 1.5);
        }
    }
    assert_true(bass && music);
    heard_free(&h);
    song_free(&s);
}

/* --- guards --- */

/* A compressor set far too hard is eased until it takes under 3 dB. */
static void test_guard_eases_compressors(void **state) {
    (void)state;
    song s;
    st_mix_recipe r;
    st_print prints[ST_MIX_STEMS] = {{0}};
    song_rich(&s, RATE, LENGTH);
    rich_make(&r, RATE);
    for (int i = 0; i < r.stems; i++) {
        st_move *m = &r.stem[i].move[ST_STRIP_COMPRESSOR];
        st_move_set(m, ST_COMP_THRESHOLD, -55);
        st_move_set(m, ST_COMP_RATIO, 4);
    }
    r.stem[RICH_KEYS].move[ST_STRIP_COMPRESSOR].given = true;
    const st_mix_means means = song_means(&s, NULL);
    uint64_t again = 0;
    for (int round = 0; round < 4; round++) {
        assert_int_equal(st_mix_prints(&means, &r, prints, NULL), ST_OK);
        again = st_guard_strips(&r, prints);
        assert_true(round > 0 || again == (0x1f & ~(1u << RICH_KEYS)));
        for (int i = 0; i < r.stems; i++)
            if (again >> i & 1)
                st_print_deinit(&prints[i]);
    }
    assert_int_equal(again, 0);
    for (int i = 0; i < r.stems; i++) {
        double mean = prints[i].meter.compressor.mean_db;
        assert_true((mean < 3.0) == (i != RICH_KEYS));
        st_print_deinit(&prints[i]);
    }
    song_free(&s);
}

/* What a compressor takes on the mean comes back behind it, also from one that
 * counts in part. */
static void test_guard_gives_level_back(void **state) {
    (void)state;
    static const double amounts[] = {1.0, 0.5, 0.0};
    for (int n = 0; n < 3; n++) {
        song s;
        st_mix_recipe r;
        st_print prints[ST_MIX_STEMS] = {{0}};
        song_rich(&s, RATE, LENGTH);
        rich_make(&r, RATE);
        st_move *m = &r.stem[RICH_BASS].move[ST_STRIP_COMPRESSOR];
        m->amount = amounts[n];
        st_move_set(m, ST_COMP_THRESHOLD, -18);
        const st_mix_means means = song_means(&s, NULL);
        assert_int_equal(st_mix_prints(&means, &r, prints, NULL), ST_OK);
        assert_int_equal(st_guard_strips(&r, prints) >> RICH_BASS & 1, 0);
        double mean = prints[RICH_BASS].meter.compressor.mean_db;
        assert_true((mean > 0.3) == (amounts[n] > 0));
        assert_close(st_move_value(m, ST_COMP_MAKEUP), mean, 0.01, "makeup");
        for (int i = 0; i < r.stems; i++)
            st_print_deinit(&prints[i]);
        song_free(&s);
    }
}

/* Given width stays and is told; else it comes down until both hold. */
static void test_guard_narrows_what_does_not_fold(void **state) {
    (void)state;
    for (int given = 0; given < 2; given++) {
        song s = {.rate_hz = RATE};
        st_mix_recipe r;
        st_print prints[ST_MIX_STEMS] = {{0}};
        st_premix premix = {0};
        st_mix_recipe_init(&r);
        (void)st_mix_recipe_add(&r, "pad", ST_ROLE_SYNTH, 2);
        int pad = song_add(&s, 2, LENGTH);
        sig_pink(s.stem[pad].channel[0], LENGTH, 3, -20);
        for (int n = 0; n < LENGTH; n++)
            s.stem[pad].channel[1][n] = -0.8f * s.stem[pad].channel[0][n];
        r.mix[ST_MIXMOVE_PLACE].given = given;
        for (int round = 0; round < 4; round++) {
            st_premix_deinit(&premix);
            song_mix(&s, &r, NULL, prints, &premix);
            if (!st_guard_desk(&r, &premix))
                break;
        }
        st_guard_headroom(&r, &premix);
        st_guard_figures f = st_guard_check(&r, prints, &premix);
        assert_int_equal(f.correlated, !given);
        assert_int_equal(f.folds, !given);
        assert_true(f.headroom);
        float *x = song_premaster(&premix, st_desk_gain(&r));
        double top = meter_peak_db(x, 2 * (size_t)premix.frames);
        assert_true(top <= -6 && top > -6.6);
        assert_close(top, f.peak_dbfs, 0.001, "peak");
        free(x);
        st_print_deinit(&prints[0]);
        st_premix_deinit(&premix);
        song_free(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_keep_bounds_and_say_why),
        cmocka_unit_test(test_rules_are_certain),
        cmocka_unit_test(test_rules_respect_user_gains),
        cmocka_unit_test(test_rules_take_offsets_back),
        cmocka_unit_test(test_rules_duck_only_music_that_plays),
        cmocka_unit_test(test_rules_name_no_tempo_that_nobody_found),
        cmocka_unit_test(test_rules_place_on_both_sides),
        cmocka_unit_test(test_rules_leave_given_moves),
        cmocka_unit_test(test_rules_cut_beside_given_bands),
        cmocka_unit_test(test_rules_keep_all_bands_within_4_db),
        cmocka_unit_test(test_rules_turn_copies_one_way),
        cmocka_unit_test(test_rules_mend_channels_and_offset),
        cmocka_unit_test(test_rules_make_the_sidechain),
        cmocka_unit_test(test_guard_eases_compressors),
        cmocka_unit_test(test_guard_gives_level_back),
        cmocka_unit_test(test_guard_narrows_what_does_not_fold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
