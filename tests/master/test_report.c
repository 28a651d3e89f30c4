#include "support/cases.h"

#include "master/html.h"
#include "master/rig.h"

#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

enum { RATE = 48000 };

/* Names and types of the document that the requirements quote. */
static const struct {
    const char *path;
    char type; /* n number, b boolean, s string, a array, 0 null */
} names[] = {
    {"schema", 's'},
    {"processing_time_seconds", 'n'},
    {"input_analysis.total_stems", 'n'},
    {"input_analysis.sample_rate", 'n'},
    {"input_analysis.bit_depth", 'n'},
    {"input_analysis.duration_seconds", 'n'},
    {"input_analysis.detected_bpm", 0},
    {"input_analysis.detected_key", 0},
    {"input_analysis.stems", 'a'},
    {"mixing_report", 0},
    {"mastering_report.lufs_integrated", 'n'},
    {"mastering_report.lufs_target", 'n'},
    {"mastering_report.lra", 'n'},
    {"mastering_report.true_peak_dbTP", 'n'},
    {"mastering_report.crest_factor", 'n'},
    {"mastering_report.stereo_width_pct", 'n'},
    {"mastering_report.mono_correlation", 'n'},
    {"mastering_report.eq_applied.low_shelf_db", 'n'},
    {"mastering_report.eq_applied.presence_db", 'n'},
    {"mastering_report.eq_applied.air_db", 'n'},
    {"mastering_report.compression.avg_gr_db", 'n'},
    {"mastering_report.compression.max_gr_db", 'n'},
    {"mastering_report.limiting.avg_gr_db", 'n'},
    {"mastering_report.limiting.max_gr_db", 'n'},
    {"qc_results.passed", 'b'},
    {"qc_results.checks.lufs_in_range", 'b'},
    {"qc_results.checks.true_peak_safe", 'b'},
    {"qc_results.checks.stereo_width_safe", 'b'},
    {"qc_results.checks.mono_compatible", 'b'},
    {"qc_results.checks.crest_factor_preserved", 'b'},
    {"qc_results.warnings", 'a'},
    {"qc_results.notes", 's'},
    {"qc_rounds", 'n'},
    {"bounds", 'a'},
    {"warnings", 'a'},
};

static const json_t *walk(const json_t *doc, const char *path) {
    char part[64];
    while (doc && *path) {
        size_t n = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        doc = json_object_get(doc, part);
        path += n + (path[n] == '.');
    }
    return doc;
}

static bool is_type(const json_t *value, char type) {
    switch (type) {
    case 'n':
        return json_is_number(value);
    case 'b':
        return json_is_boolean(value);
    case 's':
        return json_is_string(value);
    case 'a':
        return json_is_array(value);
    default:
        return json_is_null(value);
    }
}

static void make(st_track *t, const char *label, st_decide_options *options) {
    st_buffer audio = rig_music(5, RATE, 0, 3);
    rig_file file = {0};
    *options = rig_options();
    snprintf(t->label, sizeof t->label, "%s", label);
    rig_load(t, &audio, audio.capacity_frames, 2, RATE);
    rig_master(t, &file, options, -12);
    rig_free(&file);
    st_buffer_deinit(&audio);
}

static void test_report_names(void **state) {
    (void)state;
    st_track t = {0};
    st_decide_options options;
    make(&t, "a.wav", &options);
    const st_report_facts facts = {.options = &options, .seconds = 1.25};
    json_t *doc = st_report_json(&t, &facts);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const json_t *value = walk(doc, names[i].path);
        if (!value || !is_type(value, names[i].type))
            fail_msg("%s is missing or of the wrong type", names[i].path);
    }
    json_t *checks =
        json_object_get(json_object_get(doc, "qc_results"), "checks");
    assert_int_equal(json_object_size(checks), 5);
    json_decref(doc);
    st_track_deinit(&t);
}

/* Silence has no loudness: null, never a made-up number. */
static void test_report_silence_is_null(void **state) {
    (void)state;
    st_track t = {0};
    rig_file file = {0};
    st_buffer audio = {0};
    st_decide_options options = rig_options();
    assert_int_equal(st_buffer_init(&audio, 2, RATE), ST_OK);
    rig_load(&t, &audio, RATE, 2, RATE);
    rig_master(&t, &file, &options, -14);
    const st_report_facts facts = {.options = &options};
    json_t *doc = st_report_json(&t, &facts);
    assert_true(json_is_null(walk(doc, "mastering_report.lufs_integrated")));
    assert_true(json_is_null(walk(doc, "qc_results.checks.lufs_in_range")));
    assert_true(json_array_size(walk(doc, "warnings")) >= 3);
    json_decref(doc);
    st_track_deinit(&t);
    rig_free(&file);
    st_buffer_deinit(&audio);
}

static int count_of(const char *text, const char *what) {
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

static void test_page_stands_alone(void **state) {
    (void)state;
    st_track t = {0};
    st_decide_options options;
    make(&t, "<script>alert('x')</script> & \"song\".wav", &options);
    const st_report_facts facts = {.options = &options, .seconds = 1.25};
    st_text page = {0};
    st_html_page(&page, &t, &facts);
    assert_false(page.failed);
    assert_null(strstr(page.data, "<script"));
    assert_null(strstr(page.data, "http"));
    assert_null(strstr(page.data, "src="));
    assert_null(strstr(page.data, "url("));
    assert_null(strstr(page.data, "nan"));
    assert_null(strstr(page.data, "inf\""));
    assert_non_null(strstr(page.data, "&lt;script&gt;"));
    assert_non_null(strstr(page.data, "prefers-color-scheme"));
    assert_true(count_of(page.data, "<svg") >= 3);
    static const char *const tags[] = {"svg", "table", "figure", "section",
                                       "div", "tr",    "td",     "ul",
                                       "li",  "text"};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        char open[16], open2[16], close[16];
        snprintf(open, sizeof open, "<%s>", tags[i]);
        snprintf(open2, sizeof open2, "<%s ", tags[i]);
        snprintf(close, sizeof close, "</%s>", tags[i]);
        assert_int_equal(count_of(page.data, open) + count_of(page.data, open2),
                         count_of(page.data, close));
    }
    st_free(page.data);
    st_track_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_names),
        cmocka_unit_test(test_report_silence_is_null),
        cmocka_unit_test(test_page_stands_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
