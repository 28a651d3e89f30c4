#include "support/cases.h"

#include "core/json.h"
#include "job/plan.h"
#include "job/table.h"

#include <string.h>

static void test_table_is_sound(void **state) {
    (void)state;
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        st_err err = {0};
        if (st_stage_check(stages[i], &err) != ST_OK)
            fail_msg("%s", err.text);
        assert_ptr_equal(st_table_find(stages[i]->name), stages[i]);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(stages[i]->name, stages[k]->name);
    }
}

static void test_table_offers_the_nearest(void **state) {
    (void)state;
    const st_stage *stage = NULL;
    st_err err = {0};
    assert_int_equal(st_table_need("anaylze", &stage, &err), ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "Did you mean analyze?"));
    assert_int_equal(st_table_need("convert", &stage, &err), ST_OK);
}

static void test_table_as_json(void **state) {
    (void)state;
    json_t *table = st_table_json();
    int count = 0;
    (void)st_table(&count);
    assert_int_equal(st_json_schema(table, "stages", 1, NULL, NULL), ST_OK);
    assert_int_equal(json_array_size(json_object_get(table, "stages")), count);
    json_decref(table);
}

static st_status parse(const char *text, st_plan **out, st_err *err) {
    json_t *document = json_loads(text, 0, NULL);
    assert_non_null(document);
    st_status status = st_plan_parse(out, document, err);
    json_decref(document);
    return status;
}

#define STEP "{\"stage\":\"convert\",\"inputs\":{\"audio\":[{\"file\":\"a\"}]}"
#define MASTER "{\"stage\":\"master\",\"inputs\":{\"audio\":{\"file\":\"a\"}"
#define PLAN(STEPS) "{\"schema\":\"stemma.plan/1\",\"steps\":[" STEPS "]}"

static void test_plan_round_trip(void **state) {
    (void)state;
    static const char text[] =
        PLAN(STEP ",\"params\":{\"rate\":44100},\"seed\":9,\"outputs\":"
                  "{\"audio\":{\"file\":\"b.wav\",\"bits\":24}}},"
                  "{\"stage\":\"analyze\",\"inputs\":{\"audio\":"
                  "{\"step\":0,\"output\":\"audio\"}}}");
    st_plan *plan = NULL;
    st_plan *again = NULL;
    assert_int_equal(parse(text, &plan, NULL), ST_OK);
    assert_int_equal(plan->step_count, 2);
    assert_int_equal(plan->steps[0].seed, 9);
    assert_int_equal(plan->steps[0].targets[0].bits, ST_BITS_24);
    assert_null(plan->steps[1].items[0].file);
    json_t *one = st_plan_json(plan);
    assert_int_equal(st_plan_parse(&again, one, NULL), ST_OK);
    json_t *two = st_plan_json(again);
    assert_true(json_equal(one, two));
    json_decref(one);
    json_decref(two);
    st_plan_free(plan);
    st_plan_free(again);
}

static void test_plan_refuses(void **state) {
    (void)state;
    static const struct {
        const char *text;
        st_status status;
        const char *says;
    } cases[] = {
        {"{}", ST_BAD_DATA, "schema"},
        {"{\"schema\":\"stemma.plan/2\",\"steps\":[{}]}", ST_BAD_DATA,
         "schema"},
        {PLAN(""), ST_BAD_DATA, "steps"},
        {PLAN("{\"stage\":3}"), ST_BAD_DATA, "stage"},
        {PLAN("{\"stage\":\"convrt\"}"), ST_NOT_FOUND, "convert"},
        {PLAN("{\"stage\":\"convert\"}"), ST_BAD_ARG, "input"},
        {PLAN(STEP ",\"engine\":\"magic\"}"), ST_NOT_FOUND, "engine"},
        {PLAN(STEP ",\"seed\":-1}"), ST_BAD_DATA, "seed"},
        {PLAN(STEP ",\"params\":{\"rate\":1}}"), ST_BAD_ARG,
         "8000 to 384000 Hz"},
        {PLAN(STEP ",\"outputs\":{\"video\":{\"file\":\"b\"}}}"), ST_NOT_FOUND,
         "video"},
        {PLAN(STEP ",\"outputs\":{\"audio\":{\"file\":\"b\",\"bits\":20}}}"),
         ST_BAD_DATA, "bits"},
        {PLAN(STEP ",\"outputs\":{\"audio\":[{\"file\":\"b\",\"index\":1},"
                   "{\"file\":\"c\"}]}}"),
         ST_EXISTS, "twice"},
        {PLAN("{\"stage\":\"analyze\",\"inputs\":{\"audio\":"
              "{\"step\":0,\"output\":\"audio\"}}}"),
         ST_BAD_ARG, "earlier"},
        {PLAN("{\"stage\":\"analyze\",\"inputs\":{\"audio\":"
              "[{\"file\":\"a\"},{\"file\":\"b\"}]}}"),
         ST_BAD_ARG, "at most 1"},
        {PLAN("{\"stage\":\"analyze\",\"inputs\":{\"audio\":"
              "[{\"file\":\"a\",\"weight\":2}]}}"),
         ST_BAD_ARG, "weight"},
        {PLAN(MASTER "},\"params\":{\"match_eq\":50}}"), ST_BAD_ARG,
         "without a reference"},
        {PLAN(MASTER ",\"preset_file\":{\"file\":\"p\"}},"
                     "\"params\":{\"preset\":\"Pop\"}}"),
         ST_BAD_ARG, "exclude each other"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_plan *plan = NULL;
        st_err err = {0};
        st_status status = parse(cases[i].text, &plan, &err);
        if (status != cases[i].status || !strstr(err.text, cases[i].says))
            fail_msg("%s: %s: %s", cases[i].text, st_status_name(status),
                     err.text);
    }
}

/* By value: a plan as printed names every parameter. */
static void test_plan_takes_what_needs_nothing(void **state) {
    (void)state;
    static const char *const texts[] = {
        PLAN(MASTER "},\"params\":{\"match_eq\":100,\"unbounded\":true}}"),
        PLAN(MASTER ",\"reference\":{\"file\":\"r\"}},"
                    "\"params\":{\"match_eq\":50}}"),
        PLAN(MASTER ",\"preset_file\":{\"file\":\"p\"}},"
                    "\"params\":{\"preset\":null}}"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        st_plan *plan = NULL;
        st_err err = {0};
        if (parse(texts[i], &plan, &err) != ST_OK)
            fail_msg("%s: %s", texts[i], err.text);
        st_plan_free(plan);
    }
}

static void test_plan_names_files_or_says_so(void **state) {
    (void)state;
    static const struct {
        const char *file;
        st_status status;
    } cases[] = {{"a.wav", ST_OK},
                 {"\xC3\xA4.wav", ST_OK},
                 {"\xE4.wav", ST_BAD_ARG},
                 {"b\xED\xA0\x80.wav", ST_BAD_ARG}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_plan *plan = NULL;
        st_err err = {0};
        assert_int_equal(parse(PLAN(STEP "}"), &plan, &err), ST_OK);
        assert_int_equal(st_plan_target_add(plan, 0, "audio", 0, cases[i].file,
                                            NULL, ST_BITS_ASKED, &err),
                         ST_OK);
        assert_int_equal(st_plan_check_names(plan, &err), cases[i].status);
        assert_int_equal(strstr(err.text, "rename it") != NULL,
                         cases[i].status != ST_OK);
        st_plan_free(plan);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_table_offers_the_nearest),
        cmocka_unit_test(test_table_as_json),
        cmocka_unit_test(test_plan_round_trip),
        cmocka_unit_test(test_plan_refuses),
        cmocka_unit_test(test_plan_takes_what_needs_nothing),
        cmocka_unit_test(test_plan_names_files_or_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
