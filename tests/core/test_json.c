#include "support/cases.h"

#include "core/alloc.h"
#include "core/json.h"
#include "support/failing.h"
#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *load(const char *text) {
    json_t *doc = NULL;
    st_err err = {0};
    if (st_json_load(&doc, text, strlen(text), NULL, &err) != ST_OK)
        fail_msg("%s: %s", text, err.text);
    return doc;
}

static void test_json_refuses_with_a_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        st_status status;
        const char *says;
    } rows[] = {
        {"", ST_BAD_DATA, "line 1"},
        {"{\"a\": 1,\n  \"b\" 2}", ST_BAD_DATA, "line 2, column"},
        {"{\"a\": 1, \"a\": 2}", ST_BAD_DATA, "duplicate"},
        {"[1] x", ST_BAD_DATA, "line 1"},
        {"3", ST_BAD_DATA, "line 1"},
        {"[1e999]", ST_BAD_DATA, "line 1"},
        {"[NaN]", ST_BAD_DATA, "line 1"},
        {"[99999999999999999999]", ST_BAD_DATA, "line 1"},
        {"[\"\xFF\"]", ST_BAD_DATA, "line 1"},
        {"[\"a\x01\"]", ST_BAD_DATA, "line 1"},
        {"[[[[[1]]]]]", ST_LIMIT, "deep"},
        {"[\"0123456789012345678901234567890123456789\"]", ST_LIMIT, "bytes"},
    };
    const st_json_limits limits = {.max_bytes = 40, .max_depth = 4};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *doc = NULL;
        st_err err = {0};
        st_status status = st_json_load(&doc, rows[i].text,
                                        strlen(rows[i].text), &limits, &err);
        assert_int_equal(status, rows[i].status);
        assert_null(doc);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_int_equal(err.text[strlen(err.text) - 1], '.');
    }
    /* brackets inside strings are no depth */
    json_t *doc = NULL;
    const char *text = "[\"[[[[[[\\\"[[\"]";
    assert_int_equal(st_json_load(&doc, text, strlen(text), &limits, NULL),
                     ST_OK);
    json_decref(doc);
}

/* RFC 8785, appendix B, and cases at powers of two. */
static void test_json_number_cases(void **state) {
    (void)state;
    static const struct {
        uint64_t bits;
        const char *text;
    } rows[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
        {0x3d30000000000000, "5.684341886080802e-14"}, /* 2^-44 */
        {0x3fe0000000000000, "0.5"},
        {0x4059000000000000, "100"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value = 0.0;
        memcpy(&value, &rows[i].bits, sizeof value);
        char text[ST_JSON_NUMBER_BYTES];
        st_json_number(value, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_json_numbers_read_back(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        double value = ldexp(sig_uniform(1, i) - 0.5,
                             (int)(2000 * sig_uniform(2, i)) - 1000);
        char text[ST_JSON_NUMBER_BYTES], full[40];
        st_json_number(value, text);
        assert_true(strtod(text, NULL) == value);
        (void)snprintf(full, sizeof full, "%.17g", value);
        assert_true(strlen(text) <= strlen(full) + 6);
    }
}

static void test_json_canonical_form(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"{\"b\": 1.0, \"a\": [ true,null ]}", "{\"a\":[true,null],\"b\":1}"},
        {"[\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"]",
         "[\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"]"},
        {"[\"\\b\\t\\n\\f\\r\\u000b\\u007f\"]",
         "[\"\\b\\t\\n\\f\\r\\u000b\x7f\"]"},
        /* RFC 8785 3.2.3 */
        {"{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
         "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
         "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
         "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
         "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
         "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\","
         "\"\xE2\x82\xAC\":\"Euro Sign\","
         "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
         "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}"},
        {"{}", "{}"},
        {"[[],{},1e3,-0.0,1E-7]", "[[],{},1000,0,1e-7]"},
        {"[9007199254740992,-3]", "[9007199254740992,-3]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *doc = load(rows[i].text);
        char *text = NULL;
        assert_int_equal(st_json_canonical(doc, &text, NULL), ST_OK);
        assert_string_equal(text, rows[i].want);
        st_free(text);
        json_decref(doc);
    }
    json_t *doc = load("[9007199254740993]");
    char *text = NULL;
    st_err err = {0};
    assert_int_equal(st_json_canonical(doc, &text, &err), ST_BAD_DATA);
    assert_null(text);
    json_decref(doc);
}

static void test_json_pretty_form(void **state) {
    (void)state;
    json_t *doc = load("{\"b\":0.1,\"a\":[1,2.5],\"c\":[\"x\",{}],\"d\":[]}");
    char *text = NULL;
    assert_int_equal(st_json_pretty(doc, &text, NULL), ST_OK);
    assert_string_equal(text, "{\n  \"b\": 0.1,\n  \"a\": [1, 2.5],\n"
                              "  \"c\": [\n    \"x\",\n    {}\n  ],\n"
                              "  \"d\": []\n}\n");
    st_free(text);
    json_decref(doc);
}

static void test_json_schema(void **state) {
    (void)state;
    static const struct {
        const char *schema;
        st_status status;
    } rows[] = {
        {"stemma.recipe/1", ST_OK},
        {"stemma.recipe/2", ST_OK},
        {"stemma.recipe/3", ST_UNSUPPORTED},
        {"stemma.recipe/0", ST_UNSUPPORTED},
        {"stemma.recipe/01", ST_UNSUPPORTED},
        {"stemma.recipe/1x", ST_UNSUPPORTED},
        {"stemma.recipe/", ST_UNSUPPORTED},
        {"stemma.recipe", ST_UNSUPPORTED},
        {"stemma.report/1", ST_UNSUPPORTED},
        {"stemma.recipe/9999999999", ST_UNSUPPORTED},
        {"", ST_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *doc = json_pack("{s:s}", "schema", rows[i].schema);
        int major = 0;
        st_err err = {0};
        assert_int_equal(st_json_schema(doc, "recipe", 2, &major, &err),
                         rows[i].status);
        assert_true((major > 0) == (rows[i].status == ST_OK));
        json_decref(doc);
    }
    json_t *doc = json_object();
    assert_int_equal(st_json_schema(doc, "recipe", 2, NULL, NULL), ST_BAD_DATA);
    json_decref(doc);
    doc = st_json_document("recipe", 2);
    assert_int_equal(st_json_schema(doc, "recipe", 2, NULL, NULL), ST_OK);
    json_decref(doc);
}

static void test_json_fields(void **state) {
    (void)state;
    json_t *doc = load("{\"x\": -3.5, \"n\": 7, \"b\": true, \"t\": \"text\","
                       " \"z\": null}");
    double x = 1.0;
    int64_t n = 1;
    bool b = false;
    const char *t = NULL;
    st_err err = {0};
    assert_int_equal(st_json_get_double(doc, "x", -4, 0, &x, &err), ST_OK);
    assert_true(x == -3.5);
    assert_int_equal(st_json_get_double(doc, "n", 0, 9, &x, &err), ST_OK);
    assert_true(x == 7.0);
    assert_int_equal(st_json_get_double(doc, "z", 0, 9, &x, &err), ST_OK);
    assert_int_equal(st_json_get_double(doc, "no", 0, 9, &x, &err), ST_OK);
    assert_true(x == 7.0);
    assert_int_equal(st_json_get_double(doc, "x", 0, 9, &x, &err), ST_BAD_DATA);
    assert_string_equal(err.text, "\"x\" should be a number from 0 to 9.");
    assert_int_equal(st_json_get_double(doc, "t", 0, 9, &x, &err), ST_BAD_DATA);
    assert_int_equal(st_json_get_int(doc, "n", 0, 9, &n, &err), ST_OK);
    assert_int_equal(n, 7);
    assert_int_equal(st_json_get_int(doc, "n", 8, 9, &n, &err), ST_BAD_DATA);
    assert_int_equal(st_json_get_int(doc, "x", -9, 9, &n, &err), ST_BAD_DATA);
    assert_int_equal(st_json_get_bool(doc, "b", &b, &err), ST_OK);
    assert_true(b);
    assert_int_equal(st_json_get_bool(doc, "n", &b, &err), ST_BAD_DATA);
    assert_int_equal(st_json_get_text(doc, "t", &t, &err), ST_OK);
    assert_string_equal(t, "text");
    assert_int_equal(st_json_get_text(doc, "b", &t, &err), ST_BAD_DATA);
    json_decref(doc);
}

static void test_json_files(void **state) {
    (void)state;
    json_t *doc = NULL;
    st_err err = {0};
    assert_int_equal(st_json_load_file(&doc, "/nowhere/x.json", NULL, &err),
                     ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nowhere/x.json"));
    assert_int_equal(st_json_load_file(&doc, "/dev/zero", NULL, &err), ST_IO);
    assert_int_equal(st_json_load_file(&doc, "/", NULL, &err), ST_IO);
    char path[] = "/tmp/test_json_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{\"a\":1}", 7), 7);
    (void)close(fd);
    assert_int_equal(st_json_load_file(&doc, path, NULL, &err), ST_OK);
    assert_int_equal(json_object_size(doc), 1);
    json_decref(doc);
    const st_json_limits small = {.max_bytes = 3};
    assert_int_equal(st_json_load_file(&doc, path, &small, &err), ST_LIMIT);
    (void)unlink(path);
}

static st_status a_life(void *ctx) {
    const char *text = ctx;
    json_t *doc = NULL;
    char *canonical = NULL;
    st_status status = st_json_load(&doc, text, strlen(text), NULL, NULL);
    if (status == ST_OK)
        status = st_json_canonical(doc, &canonical, NULL);
    st_free(canonical);
    json_decref(doc);
    return status;
}

static void test_json_survives_no_memory(void **state) {
    (void)state;
    json_set_alloc_funcs(malloc, free);
    /* once before, for jansson's own hash seed */
    static char text[] = "{\"a\": [1, 2.5, \"x\", {\"b\": null}]}";
    assert_int_equal(a_life(text), ST_OK);
    assert_true(failing_run(a_life, text) > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_refuses_with_a_place),
        cmocka_unit_test(test_json_number_cases),
        cmocka_unit_test(test_json_numbers_read_back),
        cmocka_unit_test(test_json_canonical_form),
        cmocka_unit_test(test_json_pretty_form),
        cmocka_unit_test(test_json_schema),
        cmocka_unit_test(test_json_fields),
        cmocka_unit_test(test_json_files),
        cmocka_unit_test(test_json_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
