#include "support/cases.h"

#include "stage/params.h"
#include "stage/text.h"

#include <limits.h>
#include <string.h>

static st_status nothing(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    (void)ctx, (void)in, (void)out, (void)err;
    return ST_OK;
}

static const char *const shapes[] = {"none", "white", "very_high", NULL};
static const st_engine engines[] = {
    {.name = "dsp", .kind = ST_ENGINE_DSP, .help = "Plain."}, {0}};
static const st_param params[] = {
    {.name = "lufs",
     .type = ST_PARAM_FLOAT,
     .unit = "LUFS",
     .min = -40,
     .max = -5,
     .unset = "from the preset",
     .help = "Loudness."},
    {.name = "rate",
     .type = ST_PARAM_INT,
     .unit = "Hz",
     .min = 8000,
     .max = 384000,
     .def = 48000,
     .help = "Rate."},
    {.name = "start",
     .type = ST_PARAM_TIME,
     .min = 0,
     .max = 86400,
     .help = "Start."},
    {.name = "shape",
     .type = ST_PARAM_CHOICE,
     .choices = shapes,
     .def_text = "none",
     .help = "Shape."},
    {.name = "album", .type = ST_PARAM_BOOL, .help = "Album."},
    {.name = "note",
     .type = ST_PARAM_STRING,
     .max = 8,
     .def_text = "",
     .help = "Note."},
    {.name = "extra", .type = ST_PARAM_JSON, .unset = "none", .help = "Extra."},
    {0}};
static const st_input inputs[] = {{.name = "song",
                                   .kind = ST_KIND_AUDIO,
                                   .min_count = 1,
                                   .help = "The song."},
                                  {0}};
static const st_stage stage = {.name = "probe",
                               .help = "A probe.",
                               .version = 1,
                               .engines = engines,
                               .params = params,
                               .inputs = inputs,
                               .run = nothing};

static json_t *resolved(const char *text, st_status want, st_err *err) {
    json_t *given = json_loads(text, 0, NULL);
    json_t *out = NULL;
    assert_non_null(given);
    assert_int_equal(st_params_resolve(&stage, given, &out, err), want);
    json_decref(given);
    return out;
}

static void test_resolve_fills_defaults_in_table_order(void **state) {
    (void)state;
    json_t *all = resolved("{\"rate\": 44100}", ST_OK, NULL);
    char *text = json_dumps(all, JSON_COMPACT);
    assert_string_equal(text,
                        "{\"lufs\":null,\"rate\":44100,\"start\":0.0,"
                        "\"shape\":\"none\",\"album\":false,\"note\":\"\","
                        "\"extra\":null}");
    free(text);
    json_decref(all);
}

static void test_resolve_makes_one_form_of_equal_values(void **state) {
    (void)state;
    json_t *a = resolved("{\"lufs\":-14,\"shape\":\"VERY-HIGH\",\"rate\":8e3}",
                         ST_OK, NULL);
    json_t *b = resolved(
        "{\"rate\":8000,\"lufs\":-14.0,\"shape\":\"very_high\"}", ST_OK, NULL);
    assert_true(json_equal(a, b));
    json_decref(a);
    json_decref(b);
}

static void test_resolve_refuses_with_range_and_unit(void **state) {
    (void)state;
    static const struct {
        const char *given;
        st_status status;
        const char *says;
    } cases[] = {
        {"{\"lufs\": -4.9}", ST_BAD_ARG, "-40 to -5 LUFS"},
        {"{\"lufs\": \"-14\"}", ST_BAD_ARG, "-40 to -5 LUFS"},
        {"{\"rate\": 44100.5}", ST_BAD_ARG, "8000 to 384000 Hz"},
        {"{\"rate\": null}", ST_BAD_ARG, "8000 to 384000 Hz"},
        {"{\"shape\": \"whte\"}", ST_BAD_ARG, "Did you mean white?"},
        {"{\"album\": 1}", ST_BAD_ARG, "on or off"},
        {"{\"note\": \"123456789\"}", ST_BAD_ARG, "at most 8 bytes"},
        {"{\"luffs\": -14}", ST_NOT_FOUND, "Did you mean lufs?"},
        {"{\"zzzzzz\": 1}", ST_NOT_FOUND, "stemma help probe"},
        {"[1]", ST_BAD_ARG, "JSON object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_err err = {0};
        assert_null(resolved(cases[i].given, cases[i].status, &err));
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("%s: \"%s\"", cases[i].given, err.text);
        assert_int_equal(err.text[strlen(err.text) - 1] == '.' ||
                             err.text[strlen(err.text) - 1] == '?',
                         1);
    }
}

static void test_deep_json_is_refused(void **state) {
    (void)state;
    char text[400] = "{\"extra\":";
    for (int i = 0; i < 100; i++)
        strcat(text, "[");
    for (int i = 0; i < 100; i++)
        strcat(text, "]");
    strcat(text, "}");
    assert_null(resolved(text, ST_LIMIT, NULL));
}

static void test_parse_reads_what_people_write(void **state) {
    (void)state;
    static const struct {
        int param;
        const char *text;
        double want;
        bool good;
    } cases[] = {
        {0, "-14", -14, true},      {0, "-14 LUFS", -14, true},
        {0, "-14lufs", -14, true},  {0, "-14 dB", 0, false},
        {0, "", 0, false},          {0, "0x10", 0, false},
        {0, "nan", 0, false},       {0, "-1e999", 0, false},
        {1, "44.1k", 44100, true},  {1, "48 kHz", 48000, true},
        {1, "44100", 44100, true},  {1, "44100x", 0, false},
        {1, "44100.5", 0, false},   {2, "1:23.5", 83.5, true},
        {2, "1:02:03", 3723, true}, {2, "83.5 s", 83.5, true},
        {2, "1:-2", 0, false},      {2, "1:2:3:4", 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *value = NULL;
        st_status status = st_param_parse(&params[cases[i].param],
                                          cases[i].text, &value, NULL);
        if ((status == ST_OK) != cases[i].good)
            fail_msg("\"%s\": %s", cases[i].text, st_status_name(status));
        if (cases[i].good)
            assert_close(json_number_value(value), cases[i].want, 1e-9,
                         cases[i].text);
        json_decref(value);
    }
}

static void test_parse_bools(void **state) {
    (void)state;
    json_t *value = NULL;
    assert_int_equal(st_param_parse(&params[4], "Yes", &value, NULL), ST_OK);
    assert_true(json_is_true(value));
    assert_int_equal(st_param_parse(&params[4], "off", &value, NULL), ST_OK);
    assert_true(json_is_false(value));
    assert_int_equal(st_param_parse(&params[4], "maybe", &value, NULL),
                     ST_BAD_ARG);
}

static void test_check_finds_faults(void **state) {
    (void)state;
    st_err err = {0};
    assert_int_equal(st_stage_check(&stage, &err), ST_OK);
    st_param broken[3] = {params[0], params[1], {0}};
    st_stage copy = stage;
    copy.params = broken;
    broken[1].needs = "choir";
    assert_int_equal(st_stage_check(&copy, &err), ST_INTERNAL);
    assert_non_null(strstr(err.text, "unknown input"));
    broken[1].needs = "song";
    assert_int_equal(st_stage_check(&copy, &err), ST_OK);
    broken[1].def = 7;
    assert_int_equal(st_stage_check(&copy, &err), ST_INTERNAL);
    broken[1] = params[0];
    assert_int_equal(st_stage_check(&copy, &err), ST_INTERNAL);
    broken[1] = params[1];
    broken[0].help = "no end";
    assert_int_equal(st_stage_check(&copy, &err), ST_INTERNAL);
    broken[0] = params[0];
    broken[0].min = broken[0].max;
    assert_int_equal(st_stage_check(&copy, &err), ST_INTERNAL);
    broken[0] = params[3];
    broken[0].unset = "both";
    assert_int_equal(st_stage_check(&copy, &err), ST_INTERNAL);
}

static void test_slips(void **state) {
    (void)state;
    assert_int_equal(st_slips("lufs", "lufs"), 0);
    assert_int_equal(st_slips("luffs", "lufs"), 1);
    assert_int_equal(st_slips("lfus", "lufs"), 1);
    assert_int_equal(st_slips("save_recipe", "Save-Recipe"), 0);
    assert_int_equal(st_slips("", "abc"), 3);
    assert_int_equal(st_slips("kitten", "sitting"), 3);
    char big[200];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    assert_int_equal(st_slips(big, "a"), 64);
    int best = INT_MAX;
    assert_true(st_nearer("ref", "reference", &best));
    assert_false(st_nearer("x", "reference", &best));
    static const struct {
        const char *word, *candidate;
        bool near;
    } pairs[] = {
        {"Nope", "Pop", false},       {"Pob", "Pop", true},
        {"loda", "Loud", false},      {"luod", "Loud", true},
        {"rokc", "Rock", true},       {"xy", "xz", false},
        {"strem", "Streaming", true}, {"elctro", "Electro House", true},
        {"banana", "Pop", false},     {"hiphop", "Hip-Hop", true},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        best = INT_MAX;
        if (st_nearer(pairs[i].word, pairs[i].candidate, &best) !=
            pairs[i].near)
            fail_msg("%s, %s", pairs[i].word, pairs[i].candidate);
    }
}

static void test_text_json_takes_any_bytes(void **state) {
    (void)state;
    json_t *text = st_text_json("a\xff"
                                "b");
    assert_string_equal(json_string_value(text), "a?b");
    json_decref(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve_fills_defaults_in_table_order),
        cmocka_unit_test(test_resolve_makes_one_form_of_equal_values),
        cmocka_unit_test(test_resolve_refuses_with_range_and_unit),
        cmocka_unit_test(test_deep_json_is_refused),
        cmocka_unit_test(test_parse_reads_what_people_write),
        cmocka_unit_test(test_parse_bools),
        cmocka_unit_test(test_check_finds_faults),
        cmocka_unit_test(test_slips),
        cmocka_unit_test(test_text_json_takes_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
