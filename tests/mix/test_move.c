#include "support/cases.h"

#include "mix/recipe.h"

#include <math.h>
#include <string.h>

static void test_table_is_sound(void **state) {
    (void)state;
    for (int k = 0; k < ST_MOVE_KINDS; k++) {
        const st_move_info *about = st_move_about((st_move_kind)k);
        assert_true(about->name[0] != '\0' && about->title[0] != '\0');
        assert_true(about->count >= 1 && about->count <= ST_MOVE_FIELDS);
        for (int j = 0; j < k; j++)
            assert_string_not_equal(about->name,
                                    st_move_about((st_move_kind)j)->name);
        for (int i = 0; i < about->count; i++) {
            const st_move_field *f = &about->field[i];
            int choices = 0;
            while (f->choices != NULL && f->choices[choices] != NULL)
                choices++;
            if (!(f->min < f->max && f->min <= f->neutral &&
                  f->neutral <= f->max && f->min <= f->initial &&
                  f->initial <= f->max))
                fail_msg("%s.%s", about->name, f->name);
            if (f->choices != NULL)
                assert_int_equal((int)f->max, choices - 1);
            for (int j = 0; j < i; j++)
                assert_string_not_equal(f->name, about->field[j].name);
        }
    }
}

/* What the document of limits says (M45) stands in the table. */
static void test_table_keeps_the_guardrails(void **state) {
    (void)state;
    static const struct {
        st_move_kind kind;
        int field;
        double min, max;
    } rows[] = {
        {ST_MOVE_EQ, ST_EQ_GAIN, -4, 4},
        {ST_MOVE_DYNAMIC_EQ, ST_DYN_RANGE, 0, 4},
        {ST_MOVE_PLACE, ST_PLACE_WIDTH, 0, 140},
        {ST_MOVE_PLACE, ST_PLACE_PAN, -1, 1},
        {ST_MOVE_DUCK, ST_DUCK_LOOKAHEAD, 5, 10},
        {ST_MOVE_COMPRESSOR, ST_COMP_RATIO, 1, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const st_move_field *f =
            &st_move_about(rows[i].kind)->field[rows[i].field];
        assert_close(f->min, rows[i].min, 0, f->name);
        assert_close(f->max, rows[i].max, 0, f->name);
    }
}

static void test_names_of_fields_stand_where_the_code_has_them(void **state) {
    (void)state;
    static const struct {
        st_move_kind kind;
        int field;
        const char *name;
    } rows[] = {
        {ST_MOVE_POLARITY, ST_DC_RIGHT, "dc_right"},
        {ST_MOVE_EQ, ST_EQ_GAIN, "gain_db"},
        {ST_MOVE_DYNAMIC_EQ, ST_DYN_RELEASE, "release_ms"},
        {ST_MOVE_DEESSER, ST_DEESS_RANGE, "range_db"},
        {ST_MOVE_COMPRESSOR, ST_COMP_DETECTOR_HZ, "detector_hz"},
        {ST_MOVE_PLACE, ST_PLACE_WIDTH, "width_pct"},
        {ST_MOVE_TRANSIENT, ST_TRANSIENT_SUSTAIN, "sustain_db"},
        {ST_MOVE_PARALLEL, ST_PARALLEL_MIX, "mix"},
        {ST_MOVE_DUCK, ST_DUCK_LOOKAHEAD, "lookahead_ms"},
        {ST_MOVE_REVERB, ST_REVERB_RETURN, "return_db"},
        {ST_MOVE_DELAY, ST_DELAY_RETURN, "return_db"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const st_move_info *about = st_move_about(rows[i].kind);
        assert_int_equal(about->count, rows[i].field + 1);
        assert_string_equal(about->field[rows[i].field].name, rows[i].name);
    }
}

static void test_initial_is_off_and_whole(void **state) {
    (void)state;
    for (int k = 0; k < ST_MOVE_KINDS; k++) {
        st_move m = st_move_initial((st_move_kind)k);
        assert_false(m.on || m.given || st_move_acts(&m));
        assert_close(m.amount, 1, 0, "amount");
        assert_string_equal(m.reason, "");
        for (int i = 0; i < st_move_about(m.kind)->count; i++)
            assert_close(m.value[i], st_move_about(m.kind)->field[i].initial, 0,
                         "initial");
    }
}

static void test_clamp(void **state) {
    (void)state;
    for (int k = 0; k < ST_MOVE_KINDS; k++) {
        const st_move_info *about = st_move_about((st_move_kind)k);
        for (int i = 0; i < about->count; i++) {
            const st_move_field *f = &about->field[i];
            const double rows[][2] = {
                {NAN, f->initial},
                {INFINITY, f->max},
                {-INFINITY, f->min},
                {f->max + 1, f->max},
                {f->min - 1, f->min},
                {0.5 * (f->min + f->max), 0.5 * (f->min + f->max)}};
            for (size_t n = 0; n < 6; n++)
                assert_close(st_move_clamp((st_move_kind)k, i, rows[n][0]),
                             rows[n][1], 0, f->name);
        }
    }
}

/* A value that is nowhere near the neutral one. */
static double far_value(const st_move_field *f) {
    return f->max - f->neutral > f->neutral - f->min
               ? 0.9 * f->max + 0.1 * f->min
               : 0.9 * f->min + 0.1 * f->max;
}

/* 0 is neutral, 1 the value, and between them it goes one way. */
static void test_amounts(void **state) {
    (void)state;
    for (int k = 0; k < ST_MOVE_KINDS; k++) {
        st_move m = st_move_initial((st_move_kind)k);
        const st_move_info *about = st_move_about(m.kind);
        m.on = true;
        for (int i = 0; i < about->count; i++) {
            const st_move_field *f = &about->field[i];
            double value = m.value[i] = far_value(f), last = f->neutral;
            m.amount = 1;
            assert_close(st_move_value(&m, i), value, 0, f->name);
            m.on = false;
            bool none = f->scale == ST_SCALE_NONE;
            assert_close(st_move_value(&m, i), none ? value : f->neutral, 0,
                         f->name);
            m.on = true;
            for (int step = 0; step <= 20 && !none; step++) {
                m.amount = step / 20.0;
                double now = st_move_value(&m, i);
                if (step == 0)
                    assert_close(now, f->neutral, 0, f->name);
                if ((now - last) * (value - f->neutral) < 0)
                    fail_msg("%s.%s turns back at %d %%", about->name, f->name,
                             5 * step);
                last = now;
            }
            if (!none)
                assert_close(last, value, 1e-12, f->name);
        }
    }
}

static void test_amounts_in_between(void **state) {
    (void)state;
    static const struct {
        st_move_kind kind;
        int field;
        double value, amount, want;
    } rows[] = {
        {ST_MOVE_EQ, ST_EQ_GAIN, -3, 0.5, -1.5},
        {ST_MOVE_COMPRESSOR, ST_COMP_RATIO, 4, 0.5, 1.6},
        {ST_MOVE_HIGHPASS, ST_FILTER_HZ, 160, 0.5, 40},
        {ST_MOVE_LOWPASS, ST_FILTER_HZ, 5000, 0.5, 10000},
        {ST_MOVE_SEND, ST_SEND_LEVEL, -20, 0.5, -26.0206},
        {ST_MOVE_PLACE, ST_PLACE_WIDTH, 140, 0.25, 110},
        {ST_MOVE_FADER, ST_FADER_GAIN, -12, 0.25, -3},
        {ST_MOVE_COMPRESSOR, ST_COMP_THRESHOLD, -30, 0.5, -30},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        st_move m = st_move_initial(rows[i].kind);
        st_move_set(&m, rows[i].field, rows[i].value);
        m.amount = rows[i].amount;
        assert_close(st_move_value(&m, rows[i].field), rows[i].want, 1e-4,
                     st_move_about(m.kind)->name);
    }
}

static void test_what_acts(void **state) {
    (void)state;
    static const struct {
        st_move_kind kind;
        int field;
        double value;
        bool acts;
    } rows[] = {
        {ST_MOVE_STAGING, ST_STAGING_GAIN, 0, false},
        {ST_MOVE_STAGING, ST_STAGING_GAIN, 3, true},
        {ST_MOVE_POLARITY, ST_POLARITY_LEFT, 0, false},
        {ST_MOVE_POLARITY, ST_POLARITY_RIGHT, 1, true},
        {ST_MOVE_POLARITY, ST_DC_LEFT, 0.01, true},
        {ST_MOVE_HIGHPASS, ST_FILTER_HZ, 10, false},
        {ST_MOVE_HIGHPASS, ST_FILTER_HZ, 30, true},
        {ST_MOVE_LOWPASS, ST_FILTER_HZ, 20000, false},
        {ST_MOVE_EQ, ST_EQ_HZ, 300, false},
        {ST_MOVE_EQ, ST_EQ_GAIN, -0.1, true},
        {ST_MOVE_DYNAMIC_EQ, ST_DYN_RANGE, 0, false},
        {ST_MOVE_COMPRESSOR, ST_COMP_RATIO, 1, false},
        {ST_MOVE_COMPRESSOR, ST_COMP_THRESHOLD, -30, true},
        {ST_MOVE_FADER, ST_FADER_GAIN, 0, false},
        {ST_MOVE_SEND, ST_SEND_LEVEL, -100, false},
        {ST_MOVE_PARALLEL, ST_PARALLEL_THRESHOLD, -40, false},
        {ST_MOVE_PARALLEL, ST_PARALLEL_MIX, 0.2, true},
        {ST_MOVE_DUCK, ST_DUCK_DEPTH, 0, false},
        {ST_MOVE_REVERB, ST_REVERB_RETURN, -60, false},
        {ST_MOVE_DELAY, ST_DELAY_LEFT, 300, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        st_move m = st_move_initial(rows[i].kind);
        st_move_set(&m, rows[i].field, rows[i].value);
        const char *name = st_move_about(m.kind)->name;
        if (st_move_acts(&m) != rows[i].acts)
            fail_msg("%s at %g", name, rows[i].value);
        m.amount = 0;
        assert_false(st_move_acts(&m));
        m.amount = NAN;
        assert_false(st_move_acts(&m));
        m.amount = 1;
        m.on = false;
        assert_false(st_move_acts(&m));
    }
}

static void test_set_leaves_what_is_given(void **state) {
    (void)state;
    st_move m = st_move_initial(ST_MOVE_EQ);
    m.given = true;
    st_move_set(&m, ST_EQ_GAIN, 2);
    assert_false(m.on);
    m.given = false;
    st_move_set(&m, ST_EQ_GAIN, 9);
    assert_true(m.on);
    assert_close(m.value[ST_EQ_GAIN], 4, 0, "clamped");
    st_move_set(&m, ST_EQ_GAIN, NAN);
    assert_close(m.value[ST_EQ_GAIN], 0, 0, "NaN");
}

/* The walk meets every move once, under names that differ. */
static void test_walk_names_every_move_once(void **state) {
    (void)state;
    static st_mix_recipe r;
    static char names[1024][ST_MIX_NAME + 32];
    st_move_walk walk = {0};
    int count = 0;
    st_mix_recipe_init(&r);
    assert_int_equal(st_mix_recipe_add(&r, "a", ST_ROLE_KICK, 1), 0);
    assert_int_equal(st_mix_recipe_add(&r, "b", ST_ROLE_NONE, 2), 1);
    assert_int_equal(r.stem[0].bus, ST_BUS_DRUM);
    assert_int_equal(r.stem[1].bus, ST_BUS_MUSIC);
    r.ducks = ST_MIX_DUCKS;
    for (st_move *m; (m = st_mix_recipe_next(&r, &walk)) != NULL; count++) {
        strcpy(names[count], walk.name);
        for (int i = 0; i < count; i++)
            assert_string_not_equal(names[i], walk.name);
        assert_false(m->on);
        m->on = true; /* met */
    }
    assert_int_equal(count, 2 * ST_STRIP_SLOTS +
                                ST_BUS_COUNT * ST_BUSMOVE_SLOTS + ST_MIX_DUCKS +
                                2 + ST_MIXMOVE_SLOTS);
    assert_true(r.delay.on && r.mix[ST_MIXMOVE_FADER].on);
    for (int i = 2; i < ST_MIX_STEMS; i++)
        assert_true(st_mix_recipe_add(&r, "x", ST_ROLE_FX, 1) == i);
    assert_int_equal(st_mix_recipe_add(&r, "x", ST_ROLE_FX, 1), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_table_keeps_the_guardrails),
        cmocka_unit_test(test_names_of_fields_stand_where_the_code_has_them),
        cmocka_unit_test(test_initial_is_off_and_whole),
        cmocka_unit_test(test_clamp),
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_amounts_in_between),
        cmocka_unit_test(test_what_acts),
        cmocka_unit_test(test_set_leaves_what_is_given),
        cmocka_unit_test(test_walk_names_every_move_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
