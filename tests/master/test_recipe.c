#include "support/cases.h"

#include "master/recipe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static json_t *document(void) {
    return json_pack("{s:s, s:{}}", "schema", "stemma.master-recipe/1",
                     "settings");
}

static void put(json_t *doc, const st_field *f, json_t *value) {
    json_t *settings = json_object_get(doc, "settings");
    json_t *section = json_object_get(settings, f->section);
    if (!section) {
        json_object_set_new(settings, f->section, json_object());
        section = json_object_get(settings, f->section);
    }
    json_object_set_new(section, f->name, value);
}

static void test_recipe_table_is_sound(void **state) {
    (void)state;
    for (int i = 0; i < ST_SET_COUNT; i++) {
        const st_field *f = st_recipe_field((st_setting)i);
        assert_true(f->min <= f->initial && f->initial <= f->max);
        for (int k = 0; k < i; k++) {
            const st_field *g = st_recipe_field((st_setting)k);
            assert_false(!strcmp(f->section, g->section) &&
                         !strcmp(f->name, g->name));
        }
        int choices = 0;
        while (f->choices && f->choices[choices])
            choices++;
        assert_true((f->kind == ST_FIELD_CHOICE) == (choices > 0));
        if (choices)
            assert_int_equal((int)f->max, choices - 1);
    }
}

static void test_recipe_round_trip_keeps_all(void **state) {
    (void)state;
    st_recipe *r = st_recipe_new(), *back = NULL;
    for (int i = 0; i < ST_SET_COUNT; i++) {
        const st_field *f = st_recipe_field((st_setting)i);
        st_recipe_set(r, (st_setting)i, 0.25 * f->min + 0.75 * f->max,
                      "Reason %d, \"quoted\".", i);
    }
    r->mid_count = 2, r->side_count = 1;
    r->mid[0] = (st_lineq_point){100, -1.5};
    r->mid[1] = (st_lineq_point){1000, 2.25};
    r->side[0] = (st_lineq_point){500, 0.125};
    snprintf(r->preset, sizeof r->preset, "Club");
    json_t *doc = st_recipe_json(r);
    st_err err = {0};
    assert_int_equal(st_recipe_parse(&back, doc, &err), ST_OK);
    for (int i = 0; i < ST_SET_COUNT; i++) {
        assert_close(back->value[i], r->value[i], 1e-6,
                     st_recipe_field((st_setting)i)->name);
        assert_string_equal(back->reason[i], r->reason[i]);
        assert_true(back->given[i]);
    }
    assert_int_equal(back->mid_count, 2);
    assert_close(back->mid[1].db, 2.25, 1e-9, "curve");
    assert_close(back->side[0].hz, 500, 1e-9, "curve");
    assert_string_equal(back->preset, "Club");
    json_t *again = st_recipe_json(back);
    assert_true(json_equal(doc, again));
    json_decref(again);
    json_decref(doc);
    st_recipe_free(back);
    st_recipe_free(r);
}

static void test_recipe_unknown_fields_are_kept(void **state) {
    (void)state;
    json_t *doc = document();
    json_object_set_new(doc, "author", json_string("me"));
    json_object_set_new(json_object_get(doc, "settings"), "reverb",
                        json_pack("{s:i}", "size", 3));
    st_recipe *r = NULL;
    assert_int_equal(st_recipe_parse(&r, doc, NULL), ST_OK);
    json_t *out = st_recipe_json(r);
    assert_string_equal(json_string_value(json_object_get(out, "author")),
                        "me");
    assert_non_null(
        json_object_get(json_object_get(out, "settings"), "reverb"));
    json_object_set_new(json_object_get(doc, "settings"), "limiter",
                        json_pack("{s:i}", "drve_db", 3));
    char names[64];
    assert_int_equal(st_recipe_unknown(doc, names, sizeof names), 2);
    assert_non_null(strstr(names, "reverb"));
    assert_non_null(strstr(names, "limiter.drve_db"));
    json_decref(out);
    json_decref(doc);
    st_recipe_free(r);
}

/* Each setting: over, under, and of another type. The sentence names it. */
static void test_recipe_out_of_range_is_named(void **state) {
    (void)state;
    for (int i = 0; i < ST_SET_COUNT; i++) {
        const st_field *f = st_recipe_field((st_setting)i);
        json_t *bad[4] = {json_real(f->max + 1), json_real(f->min - 1),
                          json_string("no such choice"), json_null()};
        for (int k = 0; k < 4; k++) {
            json_t *doc = document();
            put(doc, f, k & 1 ? json_pack("{s:o}", "value", bad[k]) : bad[k]);
            st_recipe *r = NULL;
            st_err err = {0};
            assert_int_equal(st_recipe_parse(&r, doc, &err), ST_BAD_DATA);
            assert_null(r);
            assert_non_null(strstr(err.text, f->name));
            json_decref(doc);
        }
    }
}

static void test_recipe_refuses_what_it_is_not(void **state) {
    (void)state;
    static const struct {
        const char *json;
        st_status status;
    } cases[] = {
        {"{}", ST_BAD_DATA},
        {"[]", ST_BAD_DATA},
        {"{\"schema\":\"stemma.preset/1\"}", ST_BAD_DATA},
        {"{\"schema\":7}", ST_BAD_DATA},
        {"{\"schema\":\"stemma.master-recipe/2\"}", ST_UNSUPPORTED},
        {"{\"schema\":\"stemma.master-recipe/1\",\"settings\":[]}",
         ST_BAD_DATA},
        {"{\"schema\":\"stemma.master-recipe/1\",\"eq_curve\":{\"mid\":"
         "[[100,1],[100,2]]}}",
         ST_BAD_DATA},
        {"{\"schema\":\"stemma.master-recipe/1\",\"eq_curve\":{\"side\":"
         "[[100,61]]}}",
         ST_BAD_DATA},
        {"{\"schema\":\"stemma.master-recipe/1\",\"eq_curve\":{\"mid\":"
         "[100,1]}}",
         ST_BAD_DATA},
        {"{\"schema\":\"stemma.master-recipe/1\"}", ST_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *doc = json_loads(cases[i].json, 0, NULL);
        st_recipe *r = NULL;
        st_err err = {0};
        assert_int_equal(st_recipe_parse(&r, doc, &err), cases[i].status);
        assert_true((cases[i].status == ST_OK) == (r != NULL));
        assert_true(cases[i].status == ST_OK || err.text[0]);
        st_recipe_free(r);
        json_decref(doc);
    }
}

static void test_recipe_given_stays(void **state) {
    (void)state;
    st_recipe *r = st_recipe_new();
    st_recipe_give(r, ST_SET_LUFS, -9, "Mine.");
    assert_close(st_recipe_set(r, ST_SET_LUFS, -14, "Other."), -9, 0, "lufs");
    assert_string_equal(r->reason[ST_SET_LUFS], "Mine.");
    assert_close(st_recipe_set(r, ST_SET_WIDTH, 900, "x"), 140, 0, "clamp");
    assert_close(st_recipe_set(r, ST_SET_WIDTH, (double)NAN, "x"), 100, 0,
                 "nan");
    st_recipe_free(r);
}

static void test_recipe_eq_is_held_to_its_limit(void **state) {
    (void)state;
    st_recipe *r = st_recipe_new();
    assert_true(st_recipe_eq_is_flat(r));
    assert_true(st_recipe_is_plain(r));
    st_recipe_set(r, ST_SET_LOW_DB, 8, "x");
    r->mid[0] = (st_lineq_point){20, 6};
    r->mid[1] = (st_lineq_point){20000, -9};
    r->mid_count = 2;
    assert_close(st_recipe_eq_db(r, false, 30), 3, 1e-9, "low");
    assert_close(st_recipe_eq_db(r, false, 19000), -3, 1e-9, "high");
    assert_close(st_recipe_eq_db(r, true, 30), 3, 1e-9, "side follows mid");
    st_recipe_set(r, ST_SET_EQ_LIMIT, 40, "x");
    assert_true(st_recipe_eq_db(r, false, 30) > 10);
    assert_false(st_recipe_is_plain(r));
    st_recipe_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recipe_table_is_sound),
        cmocka_unit_test(test_recipe_round_trip_keeps_all),
        cmocka_unit_test(test_recipe_unknown_fields_are_kept),
        cmocka_unit_test(test_recipe_out_of_range_is_named),
        cmocka_unit_test(test_recipe_refuses_what_it_is_not),
        cmocka_unit_test(test_recipe_given_stays),
        cmocka_unit_test(test_recipe_eq_is_held_to_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
