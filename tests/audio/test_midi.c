#include "support/cases.h"

#include "audio/midi.h"
#include "core/alloc.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

static st_midi *song(void) {
    st_midi *m = NULL;
    st_midi_track *t = NULL;
    assert_int_equal(st_midi_new(&m), ST_OK);
    assert_int_equal(st_midi_add_tempo(m, 0, 120.0), ST_OK);
    assert_int_equal(st_midi_add_tempo(m, 960, 60.0), ST_OK);
    assert_int_equal(st_midi_add_metre(m, 0, 6, 8), ST_OK);
    assert_int_equal(st_midi_add_metre(m, 1440, 255, 64), ST_OK);
    assert_int_equal(st_midi_add_key(m, 0, -7, true), ST_OK);
    assert_int_equal(st_midi_add_track(m, "Fl\xC3\xB6te", &t), ST_OK);
    t->program = 73;
    for (int i = 0; i < 300; i++)
        assert_int_equal(
            st_midi_add_note(
                t, (st_midi_note){i * 100, 1 + i * 7 % 100, (uint8_t)(i % 16),
                                  (uint8_t)(i % 128), (uint8_t)(1 + i % 127)}),
            ST_OK);
    assert_int_equal(st_midi_add_track(m, "", &t), ST_OK);
    /* two at once, one that begins where another ends, one far away */
    static const st_midi_note few[] = {{0, 480, 9, 36, 127},
                                       {0, 240, 9, 42, 1},
                                       {480, 480, 9, 36, 64},
                                       {2147480000, 3000, 0, 127, 5}};
    for (size_t i = 0; i < sizeof few / sizeof *few; i++)
        assert_int_equal(st_midi_add_note(t, few[i]), ST_OK);
    return m;
}

static void test_midi_comes_back(void **state) {
    (void)state;
    st_midi *m = song(), *back = NULL;
    st_err err = {0};
    uint8_t *bytes = NULL;
    size_t n = 0;
    assert_int_equal(st_midi_write(m, &bytes, &n, &err), ST_OK);
    assert_int_equal(st_midi_read(&back, bytes, n, &err), ST_OK);
    assert_int_equal(back->ppq, 480);
    assert_true(back->tempo_count == 2 && back->metre_count == 2 &&
                back->key_count == 1 && back->track_count == 2);
    assert_close(back->tempos[1].bpm, 60.0, 1e-6, "tempo");
    assert_true(back->tempos[1].tick == 960);
    assert_true(back->metres[0].beats == 6 && back->metres[0].unit == 8);
    assert_true(back->metres[1].beats == 255 && back->metres[1].unit == 64);
    assert_true(back->keys[0].sharps == -7 && back->keys[0].minor);
    assert_string_equal(back->tracks[0].name, "Fl\xC3\xB6te");
    assert_int_equal(back->tracks[0].program, 73);
    assert_int_equal(back->tracks[1].program, -1);
    for (int t = 0; t < 2; t++) {
        assert_true(back->tracks[t].count == m->tracks[t].count);
        for (int64_t i = 0; i < m->tracks[t].count; i++) {
            const st_midi_note *a = &m->tracks[t].notes[i];
            const st_midi_note *b = &back->tracks[t].notes[i];
            assert_true(a->tick == b->tick && a->length == b->length &&
                        a->key == b->key && a->channel == b->channel &&
                        a->velocity == b->velocity);
        }
    }
    /* each cut of the file is refused */
    for (size_t cut = 0; cut < n; cut++) {
        st_midi *none = NULL;
        assert_int_equal(st_midi_read(&none, bytes, cut, &err), ST_BAD_DATA);
        assert_null(none);
    }
    st_free(bytes);
    st_midi_free(m);
    st_midi_free(back);
}

static void test_midi_time(void **state) {
    (void)state;
    st_midi *m = song();
    assert_close(st_midi_seconds(m, 0), 0.0, 0.0, "start");
    assert_close(st_midi_seconds(m, 960), 1.0, 1e-12, "two quarters at 120");
    assert_close(st_midi_seconds(m, 1440), 2.0, 1e-12, "then one at 60");
    for (int64_t tick = 0; tick < 5000; tick += 37)
        assert_true(st_midi_tick(m, st_midi_seconds(m, tick)) == tick);
    assert_true(st_midi_tick(m, -1.0) == 0);
    st_midi_free(m);
}

#define HEAD "MThd\0\0\0\6\0\1\0\1\1\xE0"
#define TRACK(N) "MTrk\0\0\0" N

static void test_midi_refuses(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        st_status status;
    } rows[] = {
        {"", 0, ST_BAD_DATA},
        {"MThd\0\0\0\6\0\2\0\1\1\xE0", 14, ST_UNSUPPORTED},
        {"MThd\0\0\0\6\0\1\0\1\xE8\x28", 14, ST_UNSUPPORTED},
        {"MThd\0\0\0\6\0\0\0\2\1\xE0", 14, ST_BAD_DATA},
        {"MThd\0\0\0\6\0\1\0\1\0\0", 14, ST_BAD_DATA},
        {"MThd\0\0\0\5\0\1\0\1\1\xE0", 14, ST_BAD_DATA},
        {HEAD, 14, ST_BAD_DATA},
        {HEAD TRACK("\4") "\0\xFF\x2F\0", 26, ST_OK},
        {HEAD TRACK("\5") "\0\xFF\x2F\0", 26, ST_BAD_DATA},
        {HEAD TRACK("\5") "\0\xFF\x2F\0\0", 27, ST_BAD_DATA}, /* behind it */
        {HEAD TRACK("\3") "\0\x90\x40", 25, ST_BAD_DATA},
        {HEAD TRACK("\x8") "\0\x40\x40\0\0\xFF\x2F\0", 30, ST_BAD_DATA},
        {HEAD TRACK("\x8") "\0\x90\x80\0\0\xFF\x2F\0", 30, ST_BAD_DATA},
        {HEAD TRACK("\x8") "\0\x90\x40\0\0\xFF\x2F\0", 30, ST_OK},
        {HEAD TRACK("\xB") "\0\xFF\x51\3\0\0\0\0\xFF\x2F\0", 33, ST_BAD_DATA},
        {HEAD TRACK("\xA") "\0\xFF\x59\2\x8\0\0\xFF\x2F\0", 32, ST_BAD_DATA},
        {HEAD TRACK("\x8") "\x80\x80\x80\x80\0\xFF\x2F\0", 30, ST_BAD_DATA},
        {HEAD TRACK("\x8") "\0\xF5\0\0\0\xFF\x2F\0", 30, ST_BAD_DATA},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        st_midi *m = NULL;
        st_err err = {0};
        st_status status =
            st_midi_read(&m, (const uint8_t *)rows[i].bytes, rows[i].n, &err);
        if (status != rows[i].status)
            fail_msg("row %d: %s", (int)i, st_status_name(status));
        assert_true((status == ST_OK) == (err.text[0] == '\0'));
        st_midi_free(m);
    }
}

/* The slowest tempo comes back; the last tick can hold no note. */
static void test_midi_ends_of_its_ranges(void **state) {
    (void)state;
    static const char slow[] =
        HEAD TRACK("\xB") "\0\xFF\x51\3\xFF\xFF\xFF\0\xFF\x2F\0";
#define FAR "\xFF\xFF\xFF\x7F\xFF\1\0"
    static const char late[] = HEAD TRACK("\x40")
        FAR FAR FAR FAR FAR FAR FAR FAR "\7\x90\x40\x40\0\xFF\x2F\0";
    st_midi *m = NULL, *back = NULL;
    st_err err = {0};
    uint8_t *bytes = NULL;
    size_t n = 0;
    assert_int_equal(
        st_midi_read(&m, (const uint8_t *)slow, sizeof slow - 1, &err), ST_OK);
    assert_int_equal(st_midi_write(m, &bytes, &n, &err), ST_OK);
    assert_int_equal(st_midi_read(&back, bytes, n, &err), ST_OK);
    assert_close(back->tempos[0].bpm, ST_MIDI_MIN_BPM, 1e-9, "slowest");
    st_free(bytes);
    st_midi_free(back);
    st_midi_free(m);
    m = NULL;
    assert_int_equal(
        st_midi_read(&m, (const uint8_t *)late, sizeof late - 1, &err),
        ST_BAD_DATA);
    assert_null(m);
}

/* Running status, velocity 0 as note-off, format 0, a note that never ends,
 * one that begins twice, system exclusive between. */
static void test_midi_reads_what_others_write(void **state) {
    (void)state;
    static const char file[] =
        "MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\x22"
        "\0\x90\x3C\x40\x60\x3C\0\0\xF0\3\1\2\xF7\0\x91\x3C\x20"
        "\x10\x91\x3C\x21\x81\0\xB0\x07\x7F\0\x80\x11\x11\0\xFF\x2F\0";
    st_midi *m = NULL;
    st_err err = {0};
    st_status status =
        st_midi_read(&m, (const uint8_t *)file, sizeof file - 1, &err);
    if (status != ST_OK)
        fail_msg("%s", err.text);
    const st_midi_note *n = m->tracks[0].notes;
    assert_true(m->ppq == 96 && m->tracks[0].count == 3);
    assert_true(n[0].tick == 0 && n[0].length == 96 && n[0].velocity == 64);
    assert_true(n[1].tick == 96 && n[1].length == 16 && n[1].channel == 1);
    assert_true(n[2].tick == 112 && n[2].length == 128);
    st_midi_free(m);
}

static void test_midi_writes_no_nonsense(void **state) {
    (void)state;
    static const st_midi_note wrong[] = {
        {-1, 1, 0, 60, 64}, {0, 0, 0, 60, 64}, {0, 1, 16, 60, 64},
        {0, 1, 0, 128, 64}, {0, 1, 0, 60, 0},  {0x7FFFFFFF, 1, 0, 60, 64},
    };
    uint8_t *bytes = NULL;
    size_t n = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        st_midi *m = NULL;
        st_midi_track *t = NULL;
        assert_int_equal(st_midi_new(&m), ST_OK);
        assert_int_equal(st_midi_add_track(m, "x", &t), ST_OK);
        assert_int_equal(st_midi_add_note(t, wrong[i]), ST_OK);
        assert_int_equal(st_midi_write(m, &bytes, &n, NULL), ST_BAD_ARG);
        st_midi_free(m);
    }
    assert_null(bytes);
    st_midi *m = NULL;
    assert_int_equal(st_midi_new(&m), ST_OK);
    assert_int_equal(st_midi_add_metre(m, 0, 4, 3), ST_OK);
    assert_int_equal(st_midi_write(m, &bytes, &n, NULL), ST_BAD_ARG);
    st_midi_free(m);
    st_midi_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_midi_comes_back),
        cmocka_unit_test(test_midi_time),
        cmocka_unit_test(test_midi_refuses),
        cmocka_unit_test(test_midi_ends_of_its_ranges),
        cmocka_unit_test(test_midi_reads_what_others_write),
        cmocka_unit_test(test_midi_writes_no_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
