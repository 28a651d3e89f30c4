#include "support/cases.h"

#include "master/preset.h"
#include "stage/stage.h"

#include <string.h>

extern const st_stage st_stage_master;

static void test_preset_the_seven(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double lufs;
    } seven[] = {{"Electro House", -8}, {"Pop", -10},       {"Hip-Hop", -10},
                 {"Rock", -10},         {"Streaming", -14}, {"Loud", -10},
                 {"Club", -8}};
    assert_int_equal(st_preset_count(), 7);
    const st_param *choice =
        &st_stage_master.params[st_param_find(&st_stage_master, "preset")];
    for (int i = 0; i < 7; i++) {
        const st_preset *p = st_preset_find(seven[i].name);
        assert_ptr_equal(p, st_preset_at(i));
        assert_close(p->lufs, seven[i].lufs, 0, seven[i].name);
        assert_close(p->ceiling_dbtp, -1, 0, seven[i].name);
        assert_string_equal(choice->choices[i], seven[i].name);
    }
    assert_null(choice->choices[7]);
    assert_close(st_preset_default()->lufs, -14, 0, "default");
}

static void test_preset_names_are_forgiving(void **state) {
    (void)state;
    assert_ptr_equal(st_preset_find("hip hop"), st_preset_find("Hip-Hop"));
    assert_ptr_equal(st_preset_find("ELECTRO_HOUSE"), st_preset_at(0));
    assert_null(st_preset_find("polka"));
}

static void test_preset_round_trip(void **state) {
    (void)state;
    st_preset mine = *st_preset_find("Club"), back;
    strcpy(mine.name, "My club");
    mine.air_db = -2.5;
    json_t *doc = st_preset_json(&mine);
    assert_int_equal(st_preset_parse(&back, doc, NULL), ST_OK);
    assert_memory_equal(&mine.lufs, &back.lufs,
                        sizeof mine - offsetof(st_preset, lufs));
    assert_string_equal(back.name, "My club");
    json_decref(doc);
}

static void test_preset_builds_on_its_base(void **state) {
    (void)state;
    json_t *doc = json_pack("{s:s, s:s, s:s, s:f}", "schema", "stemma.preset/1",
                            "name", "x", "base", "rock", "lufs", -11.5);
    st_preset p;
    assert_int_equal(st_preset_parse(&p, doc, NULL), ST_OK);
    assert_close(p.lufs, -11.5, 0, "lufs");
    assert_close(p.glue, st_preset_find("Rock")->glue, 0, "glue");
    json_decref(doc);
}

static void test_preset_refusals(void **state) {
    (void)state;
    static const struct {
        const char *json;
        st_status status;
    } cases[] = {
        {"{}", ST_BAD_DATA},
        {"{\"schema\":\"stemma.preset/9\",\"name\":\"x\"}", ST_UNSUPPORTED},
        {"{\"schema\":\"stemma.preset/1\"}", ST_BAD_DATA},
        {"{\"schema\":\"stemma.preset/1\",\"name\":\"x\",\"lufs\":0}",
         ST_BAD_DATA},
        {"{\"schema\":\"stemma.preset/1\",\"name\":\"x\",\"glue\":\"1\"}",
         ST_BAD_DATA},
        {"{\"schema\":\"stemma.preset/1\",\"name\":\"x\",\"base\":\"polka\"}",
         ST_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *doc = json_loads(cases[i].json, 0, NULL);
        st_preset p;
        st_err err = {0};
        assert_int_equal(st_preset_parse(&p, doc, &err), cases[i].status);
        assert_true(err.text[0]);
        json_decref(doc);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preset_the_seven),
        cmocka_unit_test(test_preset_names_are_forgiving),
        cmocka_unit_test(test_preset_round_trip),
        cmocka_unit_test(test_preset_builds_on_its_base),
        cmocka_unit_test(test_preset_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
