#include "support/cases.h"

#include "analysis/notes.h"
#include "core/alloc.h"
#include "support/failing.h"
#include "support/pitched.h"

#include <math.h>
#include <string.h>

enum { SECONDS = 20, FRAMES = SECONDS * 100 + 1, RATE = 22050 };

static float x[SECONDS * RATE];
static double truth[FRAMES];
static pitched_note played[PITCHED_MOST_NOTES];

static int64_t listen(const pitched_params *p, size_t *count, st_note **out) {
    const st_f0_frame *frames = NULL;
    int64_t n = 0, notes = 0;
    st_f0 *f = NULL;
    st_f0_params params = st_f0_defaults(RATE);
    *count = pitched_make(p, x, SECONDS * RATE, truth, FRAMES, played);
    assert_int_equal(st_f0_new(&f, &params), ST_OK);
    assert_int_equal(st_f0_process(f, x, SECONDS * RATE), ST_OK);
    assert_int_equal(st_f0_finish(f, &frames, &n), ST_OK);
    assert_int_equal(st_notes_find(frames, n, NULL, out, &notes), ST_OK);
    st_f0_free(f);
    return notes;
}

/* The notes of a MIDI file's only track. */
static st_midi *through_midi(const st_note *notes, int64_t count) {
    st_midi *m = NULL, *back = NULL;
    st_err err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(st_notes_midi(notes, count, 97.0, "voice", &m), ST_OK);
    assert_int_equal(st_midi_write(m, &bytes, &size, &err), ST_OK);
    assert_int_equal(st_midi_read(&back, bytes, size, &err), ST_OK);
    assert_true(back->track_count == 1 && back->tracks[0].count == count);
    assert_string_equal(back->tracks[0].name, "voice");
    st_free(bytes);
    st_midi_free(m);
    return back;
}

/* F of onsets within 50 ms and the right key (a semitone where the truth lies
 * between two), each note used once. */
static double onset_f(const st_midi *m, size_t count, double *keys) {
    const st_midi_track *t = &m->tracks[0];
    bool used[PITCHED_MOST_NOTES] = {false};
    double hits = 0.0, right = 0.0;
    for (int64_t i = 0; i < t->count; i++) {
        double on = st_midi_seconds(m, t->notes[i].tick);
        for (size_t k = 0; k < count; k++)
            if (!used[k] && fabs(played[k].on_s - on) <= 0.05) {
                used[k] = true;
                hits++;
                right += fabs(played[k].midi - t->notes[i].key) <= 0.85;
                break;
            }
    }
    *keys = right / fmax(1.0, hits);
    return 2.0 * hits / ((double)count + (double)t->count);
}

static void test_notes_come_back_through_midi(void **state) {
    (void)state;
    static const pitched_kind kinds[] = {
        PITCHED_VOICE, PITCHED_PLUCK, PITCHED_BOW,    PITCHED_REED,
        PITCHED_FLUTE, PITCHED_BASS,  PITCHED_MISSING};
    double sum = 0.0;
    enum { KINDS = sizeof kinds / sizeof *kinds, ROUNDS = 2 };
    for (int i = 0; i < KINDS * ROUNDS; i++) {
        pitched_params p = {kinds[i % KINDS],
                            4000 + (uint64_t)i,
                            RATE,
                            i < KINDS ? 0.0 : 35.0,
                            0,
                            0,
                            0.5};
        st_note *notes = NULL;
        size_t count;
        double keys;
        int64_t found = listen(&p, &count, &notes);
        st_midi *m = through_midi(notes, found);
        double f = onset_f(m, count, &keys);
        print_message("%-8s %3d of %3d notes, onset F %.3f, keys %.3f\n",
                      pitched_name(p.kind), (int)found, (int)count, f, keys);
        assert_true(f >= 0.88 && keys >= 0.97);
        sum += f;
        st_midi_free(m);
        st_free(notes);
    }
    print_message("mean onset F %.4f\n", sum / (KINDS * ROUNDS));
    assert_true(sum / (KINDS * ROUNDS) >= 0.95);
}

static void test_notes_say_what_they_are(void **state) {
    (void)state;
    pitched_params p = {PITCHED_REED, 4100, RATE, 0, 0, 0, 0.5};
    st_note *notes = NULL;
    size_t count;
    int64_t found = listen(&p, &count, &notes);
    for (int64_t i = 0; i < found; i++) {
        assert_close(notes[i].key + notes[i].cents / 100.0,
                     69.0 + 12.0 * log2(notes[i].hz / 440.0), 1e-9, "key");
        assert_true(fabs(notes[i].cents) <= 50.0);
        assert_true(notes[i].velocity >= 1 && notes[i].velocity <= 110);
        assert_true(notes[i].confidence > 0.5 && notes[i].confidence <= 1.0);
        assert_true(notes[i].off_s - notes[i].on_s > 0.059);
        assert_true(i == 0 || notes[i].on_s >= notes[i - 1].off_s - 1e-9);
        assert_true(notes[i].vibrato_cents == 0.0);
    }
    st_free(notes);
}

static void test_vibrato_is_measured(void **state) {
    (void)state;
    static const struct {
        double hz, cents, slope, noise;
        int n;
    } rows[] = {{5.5, 50, 0, 0, 100},
                {4.2, 20, 30, 2, 60},
                {6.8, 100, -50, 5, 40},
                {8.0, 12, 0, 2, 200},
                {5.0, 35, 0, 10, 300}};
    double c[300], hz, cents;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        for (int i = 0; i < rows[r].n; i++)
            c[i] = 6000.0 + rows[r].slope * i / rows[r].n +
                   rows[r].cents * sin(2.0 * M_PI * rows[r].hz * i / 100.0) +
                   rows[r].noise * ((i * 7919 % 101) / 50.0 - 1.0);
        st_vibrato_find(c, rows[r].n, &hz, &cents);
        assert_close(hz, rows[r].hz, 0.15, "rate");
        assert_close(cents, rows[r].cents, 0.06 * rows[r].cents + 1.0, "depth");
    }
    /* a slide, noise, a short note and a tremor too slow are none */
    for (int kind = 0; kind < 4; kind++) {
        for (int i = 0; i < 100; i++)
            c[i] =
                kind == 0 ? 6000.0 + 3.0 * i
                : kind == 1
                    ? (i * 7919 % 101) * 0.4
                    : 40.0 * sin(2.0 * M_PI * i * (kind == 2 ? 0.055 : 0.012));
        st_vibrato_find(c, kind == 2 ? 20 : 100, &hz, &cents);
        assert_true(hz == 0.0 && cents == 0.0);
    }
}

static void test_vibrato_of_a_voice(void **state) {
    (void)state;
    pitched_params p = {PITCHED_BOW, 4200, RATE, 40, 30, 0, 0.5};
    st_note *notes = NULL;
    size_t count;
    int64_t found = listen(&p, &count, &notes);
    int with = 0, longs = 0;
    for (int64_t i = 0; i < found; i++) {
        if (notes[i].off_s - notes[i].on_s < 0.6)
            continue;
        longs++;
        if (notes[i].vibrato_hz == 0.0)
            continue;
        with++;
        assert_true(notes[i].vibrato_hz > 4.0 && notes[i].vibrato_hz < 7.0);
        assert_true(notes[i].vibrato_cents > 25.0 &&
                    notes[i].vibrato_cents < 48.0);
    }
    assert_true(longs > 5 && with >= 0.8 * longs);
    st_free(notes);
}

static void test_notes_of_nothing(void **state) {
    (void)state;
    st_note *notes = NULL;
    int64_t found = 7;
    assert_int_equal(st_notes_find(NULL, 0, NULL, &notes, &found), ST_OK);
    assert_true(found == 0);
    st_free(notes);
    static st_f0_frame frames[50];
    assert_int_equal(st_notes_find(frames, 50, NULL, &notes, &found), ST_OK);
    assert_true(found == 0);
    st_free(notes);
    st_midi *m = NULL;
    assert_int_equal(st_notes_midi(NULL, 0, 120.0, "", &m), ST_OK);
    st_midi_free(m);
    assert_int_equal(st_notes_midi(NULL, 0, 1.0, "", &m), ST_BAD_ARG);
    st_notes_params wrong = {0.01, 6.0};
    assert_int_equal(st_notes_find(frames, 50, &wrong, &notes, &found),
                     ST_BAD_ARG);
}

static st_status whole_life(void *ctx) {
    st_note *notes = NULL;
    st_midi *m = NULL;
    int64_t found = 0;
    st_status status = st_notes_find(ctx, 100, NULL, &notes, &found);
    if (status == ST_OK) {
        status = st_notes_midi(notes, found, 120.0, "x", &m);
        st_free(notes);
    }
    if (status == ST_OK) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        status = st_midi_write(m, &bytes, &size, NULL);
        st_midi_free(m);
        m = NULL;
        if (status == ST_OK)
            status = st_midi_read(&m, bytes, size, NULL);
        st_free(bytes);
    }
    st_midi_free(m);
    return status;
}

static void test_notes_survive_no_memory(void **state) {
    (void)state;
    static st_f0_frame frames[100];
    for (int i = 0; i < 100; i++)
        frames[i] = (st_f0_frame){i < 50 ? 200.0f : 300.0f, 1.0f, -20.0f, true};
    assert_true(failing_run(whole_life, frames) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notes_come_back_through_midi),
        cmocka_unit_test(test_notes_say_what_they_are),
        cmocka_unit_test(test_vibrato_is_measured),
        cmocka_unit_test(test_vibrato_of_a_voice),
        cmocka_unit_test(test_notes_of_nothing),
        cmocka_unit_test(test_notes_survive_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
