/* The live frames of a file: those a stream gets, each as a line of JSON. */
#include "support/cases.h"

#include "analysis/live_lines.h"
#include "core/alloc.h"
#include "support/failing.h"
#include "support/signals.h"

#include <jansson.h>
#include <string.h>

enum { RATE = 44100, N = 40 * RATE };

static float left[N], right[N];

static st_live_lines *lines_of(int64_t n, int64_t block) {
    st_live_lines *l = NULL;
    assert_int_equal(st_live_lines_new(&l, RATE, 2, NULL, NULL), ST_OK);
    for (int64_t at = 0; at < n; at += block) {
        const float *in[] = {left + at, right + at};
        assert_int_equal(
            st_live_lines_process(l, in, n - at < block ? n - at : block, NULL),
            ST_OK);
    }
    assert_int_equal(st_live_lines_finish(l, NULL), ST_OK);
    return l;
}

typedef struct {
    const st_live_lines *lines;
    int64_t seen;
} check;

static void same_frame(void *ctx, const st_live_frame *frame) {
    check *c = ctx;
    uint8_t want[ST_LIVE_BYTES], got[ST_LIVE_BYTES];
    st_live_frame kept;
    assert_int_equal(st_live_lines_get(c->lines, c->seen++, &kept, NULL),
                     ST_OK);
    st_live_pack(frame, want);
    st_live_pack(&kept, got);
    assert_memory_equal(got, want, ST_LIVE_BYTES);
}

/* What a stream of the same sound gives is there, and more than a block of
 * frames of it. */
static void test_frames_are_those_of_a_stream(void **state) {
    (void)state;
    sig_music(left, right, N, RATE, 3);
    st_live_lines *l = lines_of(N, 16384);
    st_live *live = NULL;
    const float *in[] = {left, right};
    check c = {l, 0};
    assert_int_equal(st_live_new(&live, RATE, 2), ST_OK);
    st_live_process(live, in, N, same_frame, &c);
    assert_true(c.seen >= 1198 && c.seen <= 1200);
    assert_int_equal(st_live_lines_count(l), 1200);
    st_live_free(live);
    st_live_lines_free(l);
}

/* All lines, `step` at a time, and a NUL. */
static char *text_of(const st_live_lines *l, int64_t step) {
    int64_t count = st_live_lines_count(l);
    char *text = st_calloc((size_t)count + 1, ST_LIVE_LINE), *to = text;
    assert_non_null(text);
    for (int64_t i = 0; i < count; i += step) {
        size_t length = 0;
        int64_t n = count - i < step ? count - i : step;
        assert_int_equal(st_live_lines_text(l, i, n, to, &length, NULL), ST_OK);
        to += length;
    }
    return text;
}

static int64_t number(const json_t *line, const char *name) {
    const json_t *value = json_object_get(line, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void same_list(const json_t *line, const char *name, const int *want,
                      size_t count) {
    const json_t *list = json_object_get(line, name);
    assert_int_equal(json_array_size(list), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(json_integer_value(json_array_get(list, i)), want[i]);
}

static void same_line(const json_t *line, const st_live_frame *f, int64_t i) {
    int bands[ST_LIVE_BANDS], stems[ST_LIVE_STEMS];
    for (int b = 0; b < ST_LIVE_BANDS; b++)
        bands[b] = f->bands[b];
    for (int s = 0; s < ST_LIVE_STEMS; s++)
        stems[s] = f->stems[s];
    assert_int_equal(json_object_size(line), 18);
    double time_s = json_real_value(json_object_get(line, "time_s"));
    assert_true(time_s > (double)i / 30.0 - 6e-7);
    assert_true(time_s < (double)i / 30.0 + 6e-7);
    assert_int_equal(number(line, "seq"), i);
    assert_int_equal(number(line, "flags"), f->flags);
    same_list(line, "rms", (int[]){f->rms[0], f->rms[1]}, 2);
    same_list(line, "peak", (int[]){f->peak[0], f->peak[1]}, 2);
    assert_int_equal(number(line, "bass"), f->bass);
    assert_int_equal(number(line, "mid"), f->mid);
    assert_int_equal(number(line, "high"), f->high);
    assert_int_equal(number(line, "volume"), f->volume);
    same_list(line, "bands", bands, ST_LIVE_BANDS);
    assert_int_equal(number(line, "centroid"), f->centroid);
    assert_int_equal(number(line, "flux"), f->flux);
    assert_int_equal(number(line, "onset"), f->onset);
    assert_int_equal(number(line, "bpm_x100"), f->bpm_x100);
    assert_int_equal(number(line, "beat_phase"), f->beat_phase);
    assert_int_equal(number(line, "bar_phase"), f->bar_phase);
    assert_int_equal(number(line, "beat"), f->beat);
    same_list(line, "stems", stems, ST_LIVE_STEMS);
}

static void test_lines_say_what_frames_hold(void **state) {
    (void)state;
    int64_t i = 0;
    int heard = 0;
    sig_music(left, right, N, RATE, 3);
    st_live_lines *l = lines_of(N, 777);
    char *text = text_of(l, 256);
    for (char *at = text, *end; (end = strchr(at, '\n')) != NULL;
         at = end + 1) {
        json_t *line = json_loadb(at, (size_t)(end - at), 0, NULL);
        st_live_frame frame;
        assert_non_null(line);
        assert_int_equal(st_live_lines_get(l, i, &frame, NULL), ST_OK);
        heard |= frame.flags;
        same_line(line, &frame, i++);
        json_decref(line);
    }
    assert_int_equal(i, st_live_lines_count(l));
    assert_int_equal(heard & (ST_LIVE_ONSET | ST_LIVE_BEAT | ST_LIVE_TEMPO),
                     ST_LIVE_ONSET | ST_LIVE_BEAT | ST_LIVE_TEMPO);
    st_free(text);
    st_live_lines_free(l);
}

static void test_any_block_same_text(void **state) {
    (void)state;
    enum { SHORT = 3 * RATE + 11 };
    sig_music(left, right, N, RATE, 4);
    st_live_lines *whole = lines_of(SHORT, SHORT);
    char *want = text_of(whole, 1000);
    for (int64_t block = 1; block < 40000; block = 7 * block + 3) {
        st_live_lines *l = lines_of(SHORT, block);
        char *got = text_of(l, 7);
        assert_string_equal(got, want);
        st_free(got);
        st_live_lines_free(l);
    }
    st_free(want);
    st_live_lines_free(whole);
}

/* One for each k with k / 30 s before the end; none of nothing. */
static void test_count_of_any_length(void **state) {
    (void)state;
    static const struct {
        int64_t samples, frames;
    } rows[] = {{0, 0},     {1, 1},         {1470, 1}, {1471, 2},
                {RATE, 30}, {RATE + 1, 31}, {2940, 2}, {RATE - 1, 30}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        st_live_lines *l = lines_of(rows[r].samples, 500);
        assert_int_equal(st_live_lines_count(l), rows[r].frames);
        st_live_lines_free(l);
    }
}

static void test_silence_is_flagged(void **state) {
    (void)state;
    memset(left, 0, sizeof left);
    memset(right, 0, sizeof right);
    st_live_lines *l = lines_of(RATE, RATE);
    for (int64_t i = 0; i < st_live_lines_count(l); i++) {
        st_live_frame f;
        assert_int_equal(st_live_lines_get(l, i, &f, NULL), ST_OK);
        assert_int_equal(f.flags, ST_LIVE_SILENCE);
        assert_int_equal(f.rms[0], -12000);
        assert_int_equal(f.volume, 0);
    }
    st_live_lines_free(l);
}

static void test_bad_formats(void **state) {
    (void)state;
    st_live_lines *l = NULL;
    assert_int_equal(st_live_lines_new(&l, 7999, 1, NULL, NULL), ST_BAD_ARG);
    assert_int_equal(st_live_lines_new(&l, RATE, 9, NULL, NULL), ST_BAD_ARG);
}

static void test_no_folder(void **state) {
    (void)state;
    st_live_lines *l = NULL;
    st_err err = {0};
    assert_int_equal(st_live_lines_new(&l, RATE, 2, "/nonexistent", &err),
                     ST_IO);
    assert_non_null(strstr(err.text, "TMPDIR"));
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_live_lines *l = NULL;
    const float *in[] = {left, right};
    st_status status = st_live_lines_new(&l, RATE, 2, NULL, NULL);
    if (status == ST_OK)
        status = st_live_lines_process(l, in, N, NULL);
    if (status == ST_OK)
        status = st_live_lines_finish(l, NULL);
    st_live_lines_free(l);
    return status;
}

static void test_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_those_of_a_stream),
        cmocka_unit_test(test_lines_say_what_frames_hold),
        cmocka_unit_test(test_any_block_same_text),
        cmocka_unit_test(test_count_of_any_length),
        cmocka_unit_test(test_silence_is_flagged),
        cmocka_unit_test(test_bad_formats),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
