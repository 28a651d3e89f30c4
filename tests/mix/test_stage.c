#include "support/cases.h"

#include "mix/files.h"

#include "audio/writer.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 44100, LENGTH = 6 * RATE };

/* One song mixed once, for the tests that only look at it. */
static files song_files;

/* What tones and bursts are said to be: sound alone would guess. */
#define ROLES                                                                  \
    "kick.wav=kick,bass.wav=bass,keys.wav=keys,lead vox.wav=lead_vocal,"       \
    "drums.wav=drums_bus"

static int mix_once(void **state) {
    (void)state;
    st_err err = {0};
    files_init(&song_files);
    files_add_rich(&song_files, RATE, LENGTH);
    if (files_mix(&song_files,
                  json_pack("{s:s, s:f, s:s}", "preset", "Pop", "lufs", -18.0,
                            "roles", ROLES),
                  NULL, 2, "a", NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    return 0;
}

static int forget(void **state) {
    (void)state;
    files_free(&song_files);
    return 0;
}

/* --- guards, measured again --- */

typedef struct {
    double peak_db, correlation, fold_db;
} measured;

static measured measure(const float *x, int64_t n) {
    double l2 = 0, r2 = 0, lr = 0;
    for (int64_t i = 0; i < n; i++) {
        double l = x[i], r = x[n + i];
        l2 += l * l;
        r2 += r * r;
        lr += l * r;
    }
    measured m = {.peak_db = fmax(meter_peak_db(x, (size_t)n),
                                  meter_peak_db(x + n, (size_t)n))};
    m.correlation = l2 > 0 && r2 > 0 ? lr / sqrt(l2 * r2) : 1;
    m.fold_db = 10 * log10((l2 + r2 + 2 * lr) / (2 * (l2 + r2)));
    return m;
}

static double number_at(json_t *document, const char *path) {
    json_t *value = files_find(document, path);
    if (!json_is_number(value))
        fail_msg("%s is no number", path);
    return json_number_value(value);
}

static void test_stage_guards_hold(void **state) {
    (void)state;
    int64_t n = 0;
    float *x = files_audio(&song_files, "a", "premaster.wav", &n);
    json_t *report = files_json(&song_files, "a", "report.json");
    measured m = measure(x, n);
    assert_true(n >= LENGTH);
    assert_true(m.peak_db <= -6 && m.peak_db > -9);
    assert_true(m.correlation >= 0.1);
    assert_true(m.fold_db >= -3);
    assert_close(m.peak_db,
                 number_at(report, "mixing_report/guards/premaster_peak_dbfs"),
                 0.02, "peak");
    assert_close(m.correlation,
                 number_at(report, "mixing_report/guards/correlation"), 0.01,
                 "correlation");
    assert_close(m.fold_db,
                 number_at(report, "mixing_report/guards/mono_loss_db"), 0.02,
                 "mono loss");
    json_decref(report);
    free(x);
}

static void test_stage_master_is_as_loud_as_asked(void **state) {
    (void)state;
    int64_t n = 0, pre = 0;
    float *x = files_audio(&song_files, "a", "master.wav", &n);
    float *y = files_audio(&song_files, "a", "premaster.wav", &pre);
    json_t *report = files_json(&song_files, "a", "report.json");
    assert_int_equal(n, pre);
    assert_true(measure(x, n).peak_db <= -0.9);
    assert_close(number_at(report, "mastering_report/lufs_integrated"),
                 number_at(report, "mastering_report/lufs_target"), 0.5,
                 "loudness");
    json_decref(report);
    free(x);
    free(y);
}

/* --- the report's fields --- */

/* n number, i integer, s text, b boolean, l list; in capitals: may be null */
static const struct {
    char type;
    const char *path;
} fields[] = {
    {'n', "processing_time_seconds"},
    {'i', "input_analysis/total_stems"},
    {'i', "input_analysis/sample_rate"},
    {'i', "input_analysis/bit_depth"},
    {'n', "input_analysis/duration_seconds"},
    {'N', "input_analysis/detected_bpm"},
    {'S', "input_analysis/detected_key"},
    {'s', "input_analysis/stems/0/name"},
    {'s', "input_analysis/stems/0/role"},
    {'n', "input_analysis/stems/0/lufs"},
    {'n', "input_analysis/stems/0/true_peak"},
    {'n', "input_analysis/stems/0/crest_factor"},
    {'n', "mixing_report/avg_gain_reduction_db/drum_bus"},
    {'n', "mixing_report/avg_gain_reduction_db/music_bus"},
    {'n', "mixing_report/avg_gain_reduction_db/vocal_bus"},
    {'l', "mixing_report/sidechain_applied"},
    {'s', "mixing_report/sidechain_applied/0/source"},
    {'s', "mixing_report/sidechain_applied/0/target"},
    {'n', "mixing_report/sidechain_applied/0/avg_gr_db"},
    {'n', "mixing_report/stereo_width_avg"},
    {'n', "mastering_report/lufs_integrated"},
    {'n', "mastering_report/lufs_target"},
    {'n', "mastering_report/lra"},
    {'n', "mastering_report/true_peak_dbTP"},
    {'n', "mastering_report/crest_factor"},
    {'n', "mastering_report/stereo_width_pct"},
    {'n', "mastering_report/mono_correlation"},
    {'n', "mastering_report/eq_applied/low_shelf_db"},
    {'n', "mastering_report/eq_applied/presence_db"},
    {'n', "mastering_report/eq_applied/air_db"},
    {'n', "mastering_report/compression/avg_gr_db"},
    {'n', "mastering_report/compression/max_gr_db"},
    {'n', "mastering_report/limiting/avg_gr_db"},
    {'n', "mastering_report/limiting/max_gr_db"},
    {'b', "qc_results/passed"},
    {'b', "qc_results/checks/lufs_in_range"},
    {'b', "qc_results/checks/true_peak_safe"},
    {'b', "qc_results/checks/stereo_width_safe"},
    {'b', "qc_results/checks/mono_compatible"},
    {'b', "qc_results/checks/crest_factor_preserved"},
    {'l', "qc_results/warnings"},
    {'s', "qc_results/notes"},
};

static bool is_type(const json_t *value, char type) {
    switch (type) {
    case 'N':
        return json_is_number(value) || json_is_null(value);
    case 'S':
        return json_is_string(value) || json_is_null(value);
    case 'n':
        return json_is_number(value);
    case 'i':
        return json_is_integer(value);
    case 's':
        return json_is_string(value);
    case 'b':
        return json_is_boolean(value);
    default:
        return json_is_array(value);
    }
}

static void test_stage_report_has_every_field(void **state) {
    (void)state;
    json_t *report = files_json(&song_files, "a", "report.json");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!is_type(files_find(report, fields[i].path), fields[i].type))
            fail_msg("%s is not there, or of another type", fields[i].path);
    assert_int_equal(json_array_size(files_find(report, "warnings")), 0);
    assert_int_equal(number_at(report, "input_analysis/total_stems"), 5);
    assert_int_equal(number_at(report, "input_analysis/sample_rate"), RATE);
    assert_close(number_at(report, "input_analysis/duration_seconds"), 6, 0.001,
                 "duration");
    static const char *const roles[] = {"kick", "bass", "keys", "lead_vocal",
                                        "drums_bus"};
    for (int i = 0; i < 5; i++) {
        char path[48];
        snprintf(path, sizeof path, "input_analysis/stems/%d/role", i);
        assert_string_equal(json_string_value(files_find(report, path)),
                            roles[i]);
    }
    json_decref(report);
}

/* Every move that was made has a reason for people. */
static void test_stage_moves_have_reasons(void **state) {
    (void)state;
    size_t i;
    json_t *move, *report = files_json(&song_files, "a", "report.json");
    json_t *moves = files_find(report, "mixing_report/moves");
    assert_true(json_array_size(moves) > 15);
    json_array_foreach(moves, i, move) {
        const char *why = json_string_value(json_object_get(move, "reason"));
        if (why == NULL || strlen(why) < 15)
            fail_msg("%s has no reason",
                     json_string_value(json_object_get(move, "move")));
    }
    json_decref(report);
}

/* "2.0:1 over -17.9 dBFS": what the reason says is what is done. */
static void assert_told(json_t *compressor, const char *whose) {
    if (compressor == NULL)
        return;
    char words[48];
    const char *why = json_string_value(json_object_get(compressor, "reason"));
    snprintf(words, sizeof words, "%.1f:1 over %.1f dBFS",
             json_number_value(json_object_get(compressor, "ratio")),
             json_number_value(json_object_get(compressor, "threshold_db")));
    if (strstr(why, words) == NULL)
        fail_msg("%s: %s, but \"%s\"", whose, words, why);
}

static void test_stage_reasons_tell_what_is_done(void **state) {
    (void)state;
    static const char *const buses[] = {"drums", "music", "vocals"};
    json_t *recipe = files_json(&song_files, "a", "recipe.json");
    char path[48];
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "stems/%d/compressor", i);
        assert_told(files_find(recipe, path), path);
    }
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "buses/%s/compressor", buses[i]);
        assert_told(files_find(recipe, path), path);
    }
    json_decref(recipe);
}

/* --- the recipe, given back --- */

static void assert_same_audio(const files *f, const char *a, const char *b,
                              const char *what) {
    int64_t n = 0, m = 0;
    float *x = files_audio(f, a, what, &n), *y = files_audio(f, b, what, &m);
    assert_int_equal(n, m);
    for (int64_t i = 0; i < 2 * n; i++)
        if (x[i] != y[i])
            fail_msg("%s of %s and %s differ at %lld: %.9g, %.9g", what, a, b,
                     (long long)i, (double)x[i], (double)y[i]);
    free(x);
    free(y);
}

static void again(const files *f, json_t *params, const char *recipe,
                  int threads, const char *into) {
    st_err err = {0};
    if (files_mix(f, params, recipe, threads, into, NULL, &err) != ST_OK)
        fail_msg("%s: %s", into, err.text);
}

static void test_stage_recipe_gives_the_same_mix(void **state) {
    (void)state;
    const files *f = &song_files;
    for (int threads = 1; threads <= 2; threads++) {
        again(f, NULL, files_at(f, "a-recipe.json"), threads, "b");
        assert_same_audio(f, "a", "b", "premaster.wav");
        assert_same_audio(f, "a", "b", "master.wav");
    }
    json_t *a = files_json(f, "a", "recipe.json");
    json_t *b = files_json(f, "b", "recipe.json");
    assert_true(
        json_equal(json_object_get(a, "stems"), json_object_get(b, "stems")));
    json_decref(a);
    json_decref(b);
}

static void test_stage_threads_give_the_same_mix(void **state) {
    (void)state;
    again(&song_files,
          json_pack("{s:s, s:f, s:s}", "preset", "Pop", "lufs", -18.0, "roles",
                    ROLES),
          NULL, 1, "one");
    assert_same_audio(&song_files, "a", "one", "premaster.wav");
    assert_same_audio(&song_files, "a", "one", "master.wav");
}

/* What --accept took out stays out when the recipe is given back. */
static void test_stage_accepted_recipe_gives_the_same_mix(void **state) {
    (void)state;
    const files *f = &song_files;
    again(f,
          json_pack("{s:s, s:s, s:s}", "preset", "Pop", "roles", ROLES,
                    "accept", "bass=37.7,-kick.fader,keys.fader=50,music=12"),
          NULL, 2, "c");
    again(f, NULL, files_at(f, "c-recipe.json"), 2, "d");
    assert_same_audio(f, "c", "d", "premaster.wav");
    int64_t n = 0, m = 0;
    float *a = files_audio(f, "a", "premaster.wav", &n);
    float *c = files_audio(f, "c", "premaster.wav", &m);
    assert_true(n != m || memcmp(a, c, (size_t)n * sizeof *a) != 0);
    free(a);
    free(c);
}

/* Part of a recipe: what it says is done, the rest decided. */
static void test_stage_partial_recipe(void **state) {
    (void)state;
    const files *f = &song_files;
    static const char text[] =
        "{\"schema\": \"stemma.mix-recipe/1\", \"x_mine\": 5, \"stems\": "
        "[{\"name\": \"keys\", \"place\": {\"pan\": -0.625}, \"bus\": "
        "\"vocals\"}]}";
    assert_int_equal(st_writer_put(files_at(f, "part.json"), text,
                                   sizeof text - 1, NULL, NULL),
                     ST_OK);
    again(f, json_pack("{s:s}", "roles", ROLES), files_at(f, "part.json"), 2,
          "e");
    json_t *doc = files_json(f, "e", "recipe.json");
    assert_close(number_at(doc, "stems/2/place/pan"), -0.625, 0, "pan");
    assert_string_equal(json_string_value(files_find(doc, "stems/2/bus")),
                        "vocals");
    assert_string_equal(json_string_value(files_find(doc, "stems/2/role")),
                        "keys");
    assert_int_equal(number_at(doc, "x_mine"), 5);
    assert_non_null(files_find(doc, "stems/2/fader/gain_db"));
    json_decref(doc);
    again(f, NULL, files_at(f, "e-recipe.json"), 2, "g");
    assert_same_audio(f, "e", "g", "premaster.wav");
}

static void test_stage_refuses_a_strange_recipe(void **state) {
    (void)state;
    const files *f = &song_files;
    static const char text[] = "{\"schema\": \"stemma.mix-recipe/1\", "
                               "\"stems\": [{\"name\": \"harp\"}]}";
    st_err err = {0};
    assert_int_equal(st_writer_put(files_at(f, "harp.json"), text,
                                   sizeof text - 1, NULL, NULL),
                     ST_OK);
    assert_int_equal(
        files_mix(f, NULL, files_at(f, "harp.json"), 1, "h", NULL, &err),
        ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "\"harp\""));
}

/* --- what is wrong with stems --- */

static bool warned(const json_t *result, const char *about, const char *word) {
    size_t i;
    json_t *row;
    json_t *step = json_array_get(json_object_get(result, "steps"), 0);
    json_array_foreach(json_object_get(step, "warnings"), i, row) {
        char *text = json_dumps(row, JSON_ENCODE_ANY);
        bool has = strstr(text, about) != NULL && strstr(text, word) != NULL;
        free(text);
        if (has)
            return true;
    }
    return false;
}

static void test_stage_thirteen_stems_are_refused(void **state) {
    (void)state;
    files f;
    st_err err = {0};
    static float x[RATE];
    float *at[1] = {x};
    files_init(&f);
    sig_white(x, RATE, 3, -20);
    for (int i = 0; i < 13; i++) {
        char name[32];
        snprintf(name, sizeof name, "stem %d.wav", i);
        files_add(&f, name, at, 1, RATE, RATE, -1);
    }
    assert_int_equal(files_mix(&f, NULL, NULL, 1, "a", NULL, &err), ST_LIMIT);
    assert_non_null(strstr(err.text, "13 stems"));
    assert_non_null(strstr(err.text, "--group"));
    files_free(&f);
}

/* Silent, empty, clipped, unreadable, without a name that says anything, a
 * whole mix: all named, the rest mixed, and the recipe can be given back. */
static void test_stage_names_what_is_wrong(void **state) {
    (void)state;
    files f;
    json_t *result = NULL;
    st_err err = {0};
    float *x[2] = {calloc(LENGTH, sizeof(float)),
                   calloc(LENGTH, sizeof(float))};
    files_init(&f);
    files_add_rich(&f, RATE, LENGTH);
    files_add(&f, "Audio 07.wav", x, 1, LENGTH, RATE, -1);
    files_add(&f, "nothing.wav", x, 1, 0, RATE, -1);
    files_add_bytes(&f, "broken.wav", "RIFFnonsense", 12);
    sig_music(x[0], x[1], LENGTH, RATE, 1);
    files_add(&f, "full mix.wav", x, 2, LENGTH, RATE, -1);
    for (int64_t i = 0; i < LENGTH; i++)
        x[0][i] = fminf(fmaxf(x[0][i] * 30, -1), 1);
    files_add(&f, "gtr.wav", x, 1, LENGTH, RATE, -1);
    x[0][500] = NAN;
    files_add(&f, "pad.wav", x, 1, LENGTH, RATE, -1);
    if (files_mix(&f, NULL, NULL, 2, "a", &result, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_true(warned(result, "Audio 07.wav", "stem_silent"));
    assert_true(warned(result, "nothing.wav", "stem_left_out"));
    assert_true(warned(result, "broken.wav", "stem_left_out"));
    assert_true(warned(result, "full mix.wav", "stem_full_mix"));
    assert_true(warned(result, "gtr.wav", "stem_clipped"));
    assert_true(warned(result, "pad.wav", "1 samples were NaN"));
    again(&f, NULL, files_at(&f, "a-recipe.json"), 2, "b");
    assert_same_audio(&f, "a", "b", "premaster.wav");
    int64_t n = 0;
    float *mix = files_audio(&f, "a", "premaster.wav", &n);
    assert_true(isfinite(measure(mix, n).correlation));
    free(mix);
    free(x[0]);
    free(x[1]);
    json_decref(result);
    files_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stage_guards_hold),
        cmocka_unit_test(test_stage_master_is_as_loud_as_asked),
        cmocka_unit_test(test_stage_report_has_every_field),
        cmocka_unit_test(test_stage_moves_have_reasons),
        cmocka_unit_test(test_stage_reasons_tell_what_is_done),
        cmocka_unit_test(test_stage_recipe_gives_the_same_mix),
        cmocka_unit_test(test_stage_threads_give_the_same_mix),
        cmocka_unit_test(test_stage_accepted_recipe_gives_the_same_mix),
        cmocka_unit_test(test_stage_partial_recipe),
        cmocka_unit_test(test_stage_refuses_a_strange_recipe),
        cmocka_unit_test(test_stage_thirteen_stems_are_refused),
        cmocka_unit_test(test_stage_names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, mix_once, forget);
}
