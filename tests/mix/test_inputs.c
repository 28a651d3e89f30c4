/* What the stage says of stems that are not as they should be, and that the mix
 * is not spoilt by them. */
#include "support/cases.h"

#include "mix/files.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, LENGTH = 4 * RATE };

typedef struct {
    files f;
    json_t *result, *report;
    float *x[8];
} rig;

/* A kick and keys beside which others are looked at. */
static void begin(rig *r) {
    memset(r, 0, sizeof *r);
    files_init(&r->f);
    for (int c = 0; c < 8; c++)
        r->x[c] = calloc(LENGTH, sizeof(float));
    for (int i = 0; i < LENGTH; i++) {
        double t = (double)(i % (RATE / 2)) / RATE;
        r->x[0][i] = (float)(0.7 * sin(60 * exp(-20 * t)) * exp(-12 * t));
    }
    files_add(&r->f, "kick.wav", r->x, 1, LENGTH, RATE, -1);
    sig_music(r->x[0], r->x[1], LENGTH, RATE, 7);
    files_add(&r->f, "keys.wav", r->x, 1, LENGTH, RATE, -1);
}

static void voice(rig *r, double db) {
    sig_pink(r->x[0], LENGTH, 11, db);
}

static void mix(rig *r) {
    st_err err = {0};
    if (files_mix(&r->f, NULL, NULL, 2, "a", &r->result, &err) != ST_OK)
        fail_msg("%s", err.text);
    r->report = files_json(&r->f, "a", "report.json");
}

static void end(rig *r) {
    for (int c = 0; c < 8; c++)
        free(r->x[c]);
    json_decref(r->result);
    json_decref(r->report);
    files_free(&r->f);
}

/* Of "warnings" or "notes": how many hold both. */
static int told(const rig *r, const char *what, const char *a, const char *b) {
    size_t i;
    json_t *row, *step = json_array_get(json_object_get(r->result, "steps"), 0);
    int count = 0;
    json_array_foreach(json_object_get(step, what), i, row) {
        char *text = json_dumps(row, JSON_ENCODE_ANY);
        count += strstr(text, a) != NULL && strstr(text, b) != NULL;
        free(text);
    }
    return count;
}

static double figure(const rig *r, int stem, const char *name) {
    char path[96];
    snprintf(path, sizeof path, "input_analysis/stems/%d/%s", stem, name);
    return json_number_value(files_find(r->report, path));
}

static double seconds(const rig *r) {
    return json_number_value(
        files_find(r->report, "input_analysis/duration_seconds"));
}

/* One sample of 1e9: named, and the measures are those of the rest. */
static void test_a_wild_sample_spoils_nothing(void **state) {
    (void)state;
    double lufs[2], fader[2];
    for (int wild = 0; wild < 2; wild++) {
        rig r;
        begin(&r);
        voice(&r, -14);
        if (wild)
            r.x[0][RATE] = 1e9f;
        files_add(&r.f, "vox.wav", r.x, 1, LENGTH, RATE, -1);
        mix(&r);
        assert_int_equal(
            told(&r, "warnings", "wild_samples", "vox.wav holds 1 wild"), wild);
        assert_true(figure(&r, 2, "wild_samples") == wild);
        lufs[wild] = figure(&r, 2, "lufs");
        fader[wild] = json_number_value(
            files_find(r.report, "mixing_report/strips/2/gain_db"));
        assert_true(figure(&r, 2, "true_peak") < 3);
        end(&r);
    }
    assert_close(lufs[1], lufs[0], 0.02, "loudness");
    assert_close(fader[1], fader[0], 0.02, "fader");
}

static void test_float_peaks_are_not_clipping(void **state) {
    (void)state;
    rig r;
    begin(&r);
    for (int i = 0; i < LENGTH; i++)
        r.x[0][i] = (float)(1.43 * sin(0.02 * i) * sin(0.00005 * i));
    files_add(&r.f, "vox.wav", r.x, 1, LENGTH, RATE, -1);
    for (int i = 0; i < LENGTH; i++)
        r.x[0][i] = fminf(r.x[0][i], 1.2f);
    files_add(&r.f, "synth.wav", r.x, 1, LENGTH, RATE, -1);
    mix(&r);
    assert_int_equal(told(&r, "warnings", "stem_clipped", "vox.wav"), 0);
    assert_int_equal(
        told(&r, "notes", "vox.wav peaks at +3.1 dBFS in float", ""), 1);
    assert_int_equal(told(&r, "warnings", "stem_clipped", "synth.wav"), 1);
    assert_true(figure(&r, 2, "clipped_runs") == 0);
    assert_true(figure(&r, 3, "clipped_runs") > 100);
    end(&r);
}

/* Eight channels that add up over full scale: a fold, no clipping. */
static void test_a_fold_is_named(void **state) {
    (void)state;
    rig r;
    begin(&r);
    for (int c = 0; c < 8; c++)
        for (int i = 0; i < LENGTH; i++)
            r.x[c][i] = (float)(0.9 * sin(0.02 * i));
    files_add(&r.f, "pad.wav", r.x, 8, LENGTH, RATE, -1);
    mix(&r);
    assert_int_equal(told(&r, "warnings", "folded", "pad.wav has 8 channels"),
                     1);
    assert_int_equal(told(&r, "warnings", "stem_clipped", ""), 0);
    assert_int_equal(told(&r, "warnings", "folded", ""), 1);
    end(&r);
}

static void test_an_hour_between_timecodes(void **state) {
    (void)state;
    rig r;
    begin(&r);
    voice(&r, -14);
    files_add(&r.f, "vox.wav", r.x, 1, LENGTH, RATE, 3600LL * RATE);
    files_add(&r.f, "bvox.wav", r.x, 1, LENGTH, RATE, 3604LL * RATE);
    sig_pink(r.x[0], LENGTH, 12, -20);
    files_add(&r.f, "gtr.wav", r.x, 1, LENGTH, RATE, 7100LL * RATE);
    mix(&r);
    assert_true(seconds(&r) < 9);
    assert_int_equal(told(&r, "warnings", "timecode_apart",
                          "gtr.wav stands 58:20 after all the rest"),
                     1);
    assert_int_equal(told(&r, "warnings", "timecode_apart", "vox"), 0);
    assert_int_equal(
        told(&r, "notes", "kick.wav and keys.wav have no timecode", ""), 1);
    assert_close(figure(&r, 3, "offset_seconds"), 4, 1e-6, "offset");
    end(&r);
}

/* As many as there are: one sentence. */
static void test_copies_are_told_together(void **state) {
    (void)state;
    rig r;
    begin(&r);
    voice(&r, -14);
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "gtr %d.wav", i);
        files_add(&r.f, name, r.x, 1, LENGTH, RATE, -1);
    }
    mix(&r);
    assert_int_equal(told(&r, "warnings", "stems_duplicate", ""), 1);
    char *report =
        json_dumps(files_find(r.report, "mixing_report/warnings"), 0);
    assert_non_null(strstr(report, "stems_duplicate"));
    free(report);
    assert_int_equal(told(&r, "warnings",
                          "gtr 0, gtr 1, gtr 2 and gtr 3 are the same",
                          "4 times"),
                     1);
    end(&r);
}

/* 50 dB under where it belongs: said, with how far it stays off; 9 dB is not
 * worth a word. */
static void test_a_far_stem_is_named(void **state) {
    (void)state;
    static const double down[] = {0, 9, 50};
    for (int i = 0; i < 3; i++) {
        rig r;
        begin(&r);
        voice(&r, -14 - down[i]);
        files_add(&r.f, "vox.wav", r.x, 1, LENGTH, RATE, -1);
        mix(&r);
        assert_int_equal(told(&r, "warnings", "stem_far", "vox came so quiet"),
                         i == 2);
        assert_int_equal(told(&r, "warnings", "stem_far", ""), i == 2);
        end(&r);
    }
}

/* Too short to be heard is not silent, and has no offset to be taken out. */
static void test_one_sample_is_short(void **state) {
    (void)state;
    rig r;
    begin(&r);
    r.x[0][0] = 0.5f;
    files_add(&r.f, "one.wav", r.x, 1, 1, RATE, -1);
    mix(&r);
    assert_int_equal(told(&r, "warnings", "one", ""), 1);
    assert_int_equal(told(&r, "warnings", "stem_short", "one.wav"), 1);
    end(&r);
}

/* Whole numbers in a float file are brought to full scale. */
static void test_whole_numbers_in_float(void **state) {
    (void)state;
    double fader[2];
    for (int whole = 0; whole < 2; whole++) {
        rig r;
        begin(&r);
        voice(&r, -14);
        for (int i = 0; whole && i < LENGTH; i++)
            r.x[0][i] = rintf(r.x[0][i] * 32768);
        files_add(&r.f, "vox.wav", r.x, 1, LENGTH, RATE, -1);
        mix(&r);
        assert_int_equal(told(&r, "warnings", "stem_scale", "vox.wav"), whole);
        fader[whole] = figure(&r, 2, "lufs") +
                       json_number_value(files_find(
                           r.report, "mixing_report/strips/2/gain_db"));
        end(&r);
    }
    assert_close(fader[0], fader[1], 0.1, "level in the mix");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wild_sample_spoils_nothing),
        cmocka_unit_test(test_float_peaks_are_not_clipping),
        cmocka_unit_test(test_a_fold_is_named),
        cmocka_unit_test(test_an_hour_between_timecodes),
        cmocka_unit_test(test_copies_are_told_together),
        cmocka_unit_test(test_a_far_stem_is_named),
        cmocka_unit_test(test_one_sample_is_short),
        cmocka_unit_test(test_whole_numbers_in_float),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
