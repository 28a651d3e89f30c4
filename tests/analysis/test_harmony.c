#include "support/cases.h"

#include "analysis/harmony.h"
#include "analysis/spectra.h"
#include "support/failing.h"
#include "support/signals.h"

#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE ST_HARMONY_RATE_HZ
enum { SECONDS = 24, N = SECONDS * 22050 };

static float x[N];

/* A note with six partials and a soft start and end. */
static void note(float *out, size_t n, int midi, double db) {
    double hz = 440.0 * pow(2.0, (midi - 69) / 12.0);
    for (int h = 1; h <= 6; h++) {
        /* a sine by its recurrence: libm would take most of the test's time */
        double w = 2.0 * M_PI * hz * h / RATE, turn = 2.0 * cos(w);
        double a = sin(0.7 * h - w), b = sin(0.7 * h);
        double level = pow(10.0, db / 20.0 - 1.2 * log10(h));
        for (size_t i = 0; i < n; i++) {
            double edge = fmin((double)i, (double)(n - i)) / 600.0;
            out[i] += (float)(fmin(1.0, edge) * level * b);
            double next = turn * b - a;
            a = b;
            b = next;
        }
    }
}

/* Two seconds a chord: bass, triad, its root an octave up. */
static void play(float *out, int root, bool minor, int at) {
    size_t n = 2 * 22050;
    float *to = out + (size_t)at * n;
    int up = 48 + root % 12;
    note(to, n, 36 + root % 12, -20);
    note(to, n, up, -24);
    note(to, n, up + (minor ? 3 : 4), -24);
    note(to, n, up + 7, -24);
    note(to, n, up + 12, -26);
}

/* I IV V I vi V IV V I IV V I, or the same in minor with a major V. */
static const struct {
    int up;
    bool minor;
} songs[2][12] = {{{0, 0},
                   {5, 0},
                   {7, 0},
                   {0, 0},
                   {9, 1},
                   {7, 0},
                   {5, 0},
                   {7, 0},
                   {0, 0},
                   {5, 0},
                   {7, 0},
                   {0, 0}},
                  {{0, 1},
                   {5, 1},
                   {7, 0},
                   {0, 1},
                   {8, 0},
                   {5, 1},
                   {7, 0},
                   {0, 1},
                   {0, 1},
                   {5, 1},
                   {7, 0},
                   {0, 1}}};

static void sing(float *out, int tonic, bool minor) {
    memset(out, 0, N * sizeof *out);
    for (int i = 0; i < 12; i++)
        play(out, tonic + songs[minor][i].up, songs[minor][i].minor, i);
}

static st_harmony *listen_to(const float *in, int64_t n, int64_t block,
                             const st_harmony_grid *grid) {
    st_harmony *h = NULL;
    st_err err = {0};
    if (st_harmony_new(&h, false, &err) != ST_OK)
        fail_msg("%s", err.text);
    for (int64_t at = 0; at < n; at += block)
        assert_int_equal(
            st_harmony_process(h, in + at, n - at < block ? n - at : block),
            ST_OK);
    assert_int_equal(st_harmony_finish(h, grid), ST_OK);
    assert_int_equal(st_harmony_finish(h, grid), ST_BAD_ARG);
    assert_int_equal(st_harmony_process(h, in, 0), ST_BAD_ARG);
    return h;
}

/* Everything that can be read, whatever the answer. */
static void check_whole(const st_harmony_result *r) {
    assert_true(isfinite(r->seconds) && r->seconds >= 0.0);
    assert_true(r->has_key == (r->reason[0] == 0));
    assert_true(r->key_confidence >= 0.0 && r->key_confidence <= 1.0);
    assert_true(r->has_key == (r->key_segments > 0));
    double sum = 0.0, at = 0.0;
    for (int i = 0; i < r->keys; i++)
        sum += r->key[i].probability;
    assert_true(sum <= 1.0 + 1e-9);
    for (int64_t i = 0; i < r->key_segments; i++) {
        assert_true(r->key_line[i].start_s == at);
        at = r->key_line[i].end_s;
    }
    assert_true(r->key_segments == 0 || at == r->seconds);
    at = 0.0;
    for (int64_t i = 0; i < r->chord_count; i++) {
        const st_chord *c = &r->chords[i];
        assert_true(c->start_s == at && c->end_s > at);
        assert_true(c->confidence >= 0.0 && c->confidence <= 1.0);
        assert_true(c->name[0] != 0);
        assert_true(i == 0 || strcmp(c->name, c[-1].name) != 0);
        at = c->end_s;
    }
    assert_true(r->chord_count == 0 || at == r->seconds);
    at = 0.0;
    for (int64_t i = 0; i < r->section_count; i++) {
        assert_true(r->sections[i].start_s == at);
        assert_true(r->sections[i].confidence >= 0.0 &&
                    r->sections[i].confidence <= 1.0);
        at = r->sections[i].end_s;
    }
    assert_true(r->section_count == 0 || at == r->seconds);
}

static const st_chord *chord_at(const st_harmony_result *r, double t) {
    for (int64_t i = 0; i < r->chord_count; i++)
        if (t < r->chords[i].end_s)
            return &r->chords[i];
    return NULL;
}

static void test_harmony_all_24_keys(void **state) {
    (void)state;
    for (int key = 0; key < 24; key++) {
        bool minor = key % 2 == 1;
        sing(x, key / 2, minor);
        st_harmony *h = listen_to(x, 8 * 44100, N, NULL);
        const st_harmony_result *r = st_harmony_get(h);
        check_whole(r);
        assert_true(r->has_key && r->key[0].tonic == key / 2);
        assert_true(r->key[0].minor == minor);
        assert_true(r->key_confidence > 0.5 && r->key_segments == 1);
        for (int i = 0; i < 8; i++) {
            const st_chord *c = chord_at(r, 2 * i + 1.0);
            int root = (key / 2 + songs[minor][i].up) % 12;
            assert_int_equal(c->root, root);
            assert_int_equal(c->quality, songs[minor][i].minor ? ST_CHORD_MIN
                                                               : ST_CHORD_MAJ);
        }
        st_harmony_free(h);
    }
}

/* Levels, tunings, NaN, an offset: the same key and chords. */
static void test_harmony_level_tuning_faults(void **state) {
    (void)state;
    static float y[N];
    sing(x, 4, true);
    st_harmony *plain = listen_to(x, N, N, NULL);
    const st_harmony_result *a = st_harmony_get(plain);
    for (int kind = 0; kind < 4; kind++) {
        for (int i = 0; i < N; i++)
            y[i] = kind == 0   ? 0.01f * x[i]
                   : kind == 1 ? (i % 5000 == 0 ? NAN : x[i])
                   : kind == 2 ? x[i] + 0.3f
                               : x[(int64_t)i * 1023 / 1000 % N];
        st_harmony *h = listen_to(y, N, 4096, NULL);
        const st_harmony_result *b = st_harmony_get(h);
        check_whole(b);
        assert_true(b->has_key);
        assert_string_equal(b->key[0].name, a->key[0].name);
        if (kind == 0)
            assert_int_equal(b->chord_count, a->chord_count);
        if (kind == 3)
            assert_close(b->tuning.cents, 39.4, 2.0, "cents");
        st_harmony_free(h);
    }
    st_harmony_free(plain);
}

static void test_harmony_none(void **state) {
    (void)state;
    static float right[N];
    for (int kind = 0; kind < 5; kind++) {
        memset(x, 0, sizeof x);
        if (kind == 1)
            sig_white(x, N, 3, -20);
        if (kind == 2)
            sig_pink(x, N, 5, -20);
        if (kind == 3)
            sig_drums(x, right, N, RATE, 7);
        if (kind == 4)
            for (int i = 0; i < N; i += 9000)
                x[i] = 0.9f;
        st_harmony *h = listen_to(x, N, N, NULL);
        const st_harmony_result *r = st_harmony_get(h);
        check_whole(r);
        assert_false(r->has_key);
        assert_true(r->keys == 0 && strlen(r->reason) > 10);
        if (kind == 0)
            assert_true(r->chord_count == 0 && r->section_count == 0);
        st_harmony_free(h);
    }
}

static void test_harmony_short(void **state) {
    (void)state;
    static const int64_t lengths[] = {0, 1, 2, 511, 512, 4096, 22050, 40000};
    sing(x, 0, false);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        st_harmony *h = listen_to(x + 1000, lengths[i], 100000, NULL);
        const st_harmony_result *r = st_harmony_get(h);
        check_whole(r);
        if (lengths[i] <= 22050)
            assert_false(r->has_key);
        st_harmony_free(h);
    }
}

static void assert_same(const st_harmony_result *a,
                        const st_harmony_result *b) {
    assert_true(a->has_key == b->has_key && a->seconds == b->seconds);
    assert_true(a->key_confidence == b->key_confidence);
    assert_memory_equal(a->key, b->key, sizeof a->key);
    assert_true(a->chord_count == b->chord_count &&
                a->key_segments == b->key_segments &&
                a->section_count == b->section_count);
    assert_memory_equal(a->chords, b->chords,
                        (size_t)a->chord_count * sizeof *a->chords);
    assert_memory_equal(a->key_line, b->key_line,
                        (size_t)a->key_segments * sizeof *a->key_line);
    assert_memory_equal(a->sections, b->sections,
                        (size_t)a->section_count * sizeof *a->sections);
}

static void test_harmony_blocks_reset_shared(void **state) {
    (void)state;
    sing(x, 7, false);
    st_harmony *one = listen_to(x, N, N, NULL);
    st_harmony *many = listen_to(x, N, 777, NULL);
    assert_same(st_harmony_get(one), st_harmony_get(many));
    st_harmony_reset(many);
    assert_false(st_harmony_get(many)->has_key);
    assert_int_equal(st_harmony_process(many, x, N), ST_OK);
    assert_int_equal(st_harmony_finish(many, NULL), ST_OK);
    assert_same(st_harmony_get(one), st_harmony_get(many));
    st_harmony_free(many);
    /* frames and tuning from the pass of the others */
    assert_int_equal(st_harmony_new(&many, true, NULL), ST_OK);
    assert_int_equal(st_harmony_process(many, x, 1), ST_BAD_ARG);
    st_spectra_params p = {.rate_hz = RATE, .fine = st_harmony_sink(many)};
    st_spectra *s = NULL;
    assert_int_equal(st_spectra_new(&s, &p), ST_OK);
    assert_int_equal(st_spectra_process(s, x, N), ST_OK);
    assert_int_equal(st_spectra_finish(s), ST_OK);
    st_tuning_result tuning = st_spectra_tuning(s);
    st_harmony_grid grid = {.tuning = &tuning, .seconds = N / RATE};
    assert_int_equal(st_harmony_finish(many, &grid), ST_OK);
    assert_same(st_harmony_get(one), st_harmony_get(many));
    st_spectra_free(s);
    st_harmony_free(many);
    st_harmony_free(one);
}

/* Chords change on the beats that are given; odd beats are left out. */
static void test_harmony_beats(void **state) {
    (void)state;
    double beats[60], downs[20];
    sing(x, 2, true);
    for (int i = 0; i < 48; i++)
        beats[i] = 0.5 * i;
    for (int i = 0; i < 12; i++)
        downs[i] = 2.0 * i;
    st_harmony_grid grid = {
        .beats_s = beats, .beats = 48, .downbeats_s = downs, .downbeats = 12};
    st_harmony *h = listen_to(x, N, N, &grid);
    const st_harmony_result *r = st_harmony_get(h);
    check_whole(r);
    assert_int_equal(r->chord_count, 11); /* i i stand side by side once */
    for (int64_t i = 0; i < r->chord_count; i++)
        assert_true(fmod(r->chords[i].start_s, 2.0) == 0.0);
    st_harmony_free(h);
    static const double odd[] = {NAN, -3, 1, 0.5, INFINITY, 1.01, 5, 4, 1e9};
    grid = (st_harmony_grid){
        .beats_s = odd, .beats = 9, .downbeats_s = odd, .downbeats = 9};
    h = listen_to(x, N, N, &grid);
    check_whole(st_harmony_get(h));
    assert_true(st_harmony_get(h)->has_key);
    st_harmony_free(h);
}

/* Half in C major, half in F# minor. */
static void test_harmony_line_of_keys(void **state) {
    (void)state;
    float *two = calloc(2 * N, sizeof *two);
    sing(two, 0, false);
    sing(two + N, 6, true);
    st_harmony *h = listen_to(two, 2 * N, 10000, NULL);
    const st_harmony_result *r = st_harmony_get(h);
    check_whole(r);
    assert_int_equal(r->key_segments, 2);
    assert_true(r->key_line[0].tonic == 0 && !r->key_line[0].minor);
    assert_true(r->key_line[1].tonic == 6 && r->key_line[1].minor);
    assert_close(r->key_line[1].start_s, SECONDS, 5.0, "change");
    st_harmony_free(h);
    free(two);
}

/* A A B A of 16 s each: other chords and another register in B. */
static void test_harmony_sections(void **state) {
    (void)state;
    enum { PART = 16 * 22050 };
    static const int chain[2][8] = {{0, 9, 5, 7, 0, 9, 5, 7},
                                    {2, 4, 2, 4, 2, 7, 2, 4}};
    static const char plan[] = "AABA";
    float *all = calloc(4 * PART, sizeof *all);
    double beats[128], downs[32];
    for (int p = 0; p < 4; p++) {
        int b = plan[p] == 'B';
        for (int i = 0; i < 8; i++) {
            play(all + p * PART, chain[b][i], b, i);
            if (b)
                note(all + p * PART + i * 44100, 44100, 84, -22);
        }
    }
    for (int i = 0; i < 128; i++)
        beats[i] = 0.5 * i;
    for (int i = 0; i < 32; i++)
        downs[i] = 2.0 * i;
    st_harmony_grid grid = {
        .beats_s = beats, .beats = 128, .downbeats_s = downs, .downbeats = 32};
    st_harmony *h = listen_to(all, 4 * PART, 30000, &grid);
    const st_harmony_result *r = st_harmony_get(h);
    check_whole(r);
    bool found[2] = {false, false};
    for (int64_t i = 0; i < r->section_count; i++) {
        double mid = (r->sections[i].start_s + r->sections[i].end_s) / 2;
        assert_true((r->sections[i].label[0] == 'B') ==
                    (mid > 32.0 && mid < 48.0));
        found[0] = found[0] || r->sections[i].start_s == 32.0;
        found[1] = found[1] || r->sections[i].start_s == 48.0;
    }
    assert_true(found[0] && found[1]);
    st_harmony_free(h);
    free(all);
}

/* --- words --- */

static void test_harmony_key_words(void **state) {
    (void)state;
    static const struct {
        int tonic;
        bool minor;
        const char *name, *camelot;
    } rows[] = {
        {0, false, "C major", "8B"},   {1, false, "Db major", "3B"},
        {2, false, "D major", "10B"},  {3, false, "Eb major", "5B"},
        {4, false, "E major", "12B"},  {5, false, "F major", "7B"},
        {6, false, "F# major", "2B"},  {7, false, "G major", "9B"},
        {8, false, "Ab major", "4B"},  {9, false, "A major", "11B"},
        {10, false, "Bb major", "6B"}, {11, false, "B major", "1B"},
        {0, true, "C minor", "5A"},    {1, true, "C# minor", "12A"},
        {2, true, "D minor", "7A"},    {3, true, "Eb minor", "2A"},
        {4, true, "E minor", "9A"},    {5, true, "F minor", "4A"},
        {6, true, "F# minor", "11A"},  {7, true, "G minor", "6A"},
        {8, true, "G# minor", "1A"},   {9, true, "A minor", "8A"},
        {10, true, "Bb minor", "3A"},  {11, true, "B minor", "10A"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        st_key k = {.tonic = rows[i].tonic, .minor = rows[i].minor};
        st_key_words(&k);
        assert_string_equal(k.name, rows[i].name);
        assert_string_equal(k.camelot, rows[i].camelot);
    }
}

static void test_harmony_chord_names(void **state) {
    (void)state;
    static const struct {
        int root;
        st_chord_quality quality;
        int tonic;
        bool minor;
        const char *name;
    } rows[] = {
        {0, ST_CHORD_MIN, 3, false, "C:min"},
        {6, ST_CHORD_7, 4, false, "F#:7"},
        {6, ST_CHORD_MAJ, 1, false, "Gb:maj"},
        {5, ST_CHORD_DIM, 6, false, "E#:dim"},
        {11, ST_CHORD_MAJ, 3, true, "Cb:maj"},
        {8, ST_CHORD_MAJ7, 0, true, "Ab:maj7"},
        {8, ST_CHORD_AUG, 9, false, "G#:aug"},
        {10, ST_CHORD_SUS4, 0, false, "Bb:sus4"},
        {-1, ST_CHORD_MAJ, 0, false, "N"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[8];
        st_chord c = {.root = rows[i].root, .quality = rows[i].quality};
        st_chord_name(&c, rows[i].tonic, rows[i].minor, name);
        assert_string_equal(name, rows[i].name);
    }
    for (int key = 0; key < 24; key++)
        for (int root = 0; root < 12; root++) {
            char name[8];
            st_chord c = {.root = root, .quality = ST_CHORD_MIN7};
            st_chord_name(&c, key / 2, key % 2 == 1, name);
            static const int pitch[] = {9, 11, 0, 2, 4, 5, 7};
            int said =
                pitch[name[0] - 'A'] + (name[1] == '#') - (name[1] == 'b');
            assert_int_equal((said + 12) % 12, root);
        }
}

/* --- memory --- */

/* An hour: about 5 MiB of cells while it is gathered. */
static void test_harmony_memory_of_an_hour(void **state) {
    (void)state;
    enum { HOUR = 3600 * 22050 / 512 };
    float bins[ST_HARMONY_BINS];
    st_harmony *h = NULL;
    assert_int_equal(st_harmony_new(&h, true, NULL), ST_OK);
    st_frame_sink sink = st_harmony_sink(h);
    struct mallinfo2 before = mallinfo2();
    for (int64_t t = 0; t < HOUR; t++) {
        memset(bins, 0, sizeof bins);
        for (int k = 0; k < 4; k++)
            bins[(t / 200 % 7 * 3 + k * 12 + 60) % ST_HARMONY_BINS] = 1.0f;
        sink.frame(sink.ctx, t, bins);
    }
    struct mallinfo2 after = mallinfo2();
    assert_true(after.uordblks + after.hblkhd <
                before.uordblks + before.hblkhd + 6 * 1024 * 1024);
    assert_int_equal(st_harmony_finish(h, NULL), ST_OK);
    const st_harmony_result *r = st_harmony_get(h);
    check_whole(r);
    assert_close(r->seconds, 3600.0, 0.1, "seconds");
    st_harmony_free(h);
}

/* Chords change every 2 s: there and nowhere else. */
static void test_harmony_changes(void **state) {
    (void)state;
    double at[48];
    float change[48];
    sing(x, 4, false);
    for (int i = 0; i < 48; i++)
        at[i] = 0.5 * i;
    st_harmony *h = NULL;
    assert_int_equal(st_harmony_new(&h, false, NULL), ST_OK);
    assert_int_equal(st_harmony_process(h, x, N), ST_OK);
    assert_int_equal(st_harmony_changes(h, at, 48, change), ST_BAD_ARG);
    assert_int_equal(st_harmony_hear(h, NULL), ST_OK);
    assert_int_equal(st_harmony_hear(h, NULL), ST_BAD_ARG);
    assert_int_equal(st_harmony_process(h, x, 1), ST_BAD_ARG);
    assert_int_equal(st_harmony_changes(h, at, 0, change), ST_OK);
    assert_int_equal(st_harmony_changes(h, at, 48, change), ST_OK);
    assert_true(change[0] == 0.0f);
    for (int i = 1; i < 44; i++) {
        int bar = i / 4;
        bool new_chord =
            i % 4 == 0 && (songs[0][bar].up != songs[0][bar - 1].up ||
                           songs[0][bar].minor != songs[0][bar - 1].minor);
        if (new_chord)
            assert_true(change[i] > 2.0f);
        else
            assert_true(change[i] >= 0.0f && change[i] < 1.5f);
    }
    assert_int_equal(st_harmony_finish(h, NULL), ST_OK);
    assert_int_equal(st_harmony_changes(h, at, 48, change), ST_BAD_ARG);
    st_harmony_reset(h);
    assert_int_equal(st_harmony_hear(h, NULL), ST_OK);
    assert_int_equal(st_harmony_changes(h, at, 48, change), ST_OK);
    assert_int_equal(st_harmony_finish(h, NULL), ST_OK);
    st_harmony_free(h);
}

/* Where nothing ever changes there is one section. */
static void test_harmony_of_a_drone_is_one_section(void **state) {
    (void)state;
    float *all = calloc(60 * 22050, sizeof *all);
    note(all, 60 * 22050, 45, -12);
    note(all, 60 * 22050, 52, -15);
    st_harmony *h = listen_to(all, 60 * 22050, 22050, NULL);
    const st_harmony_result *r = st_harmony_get(h);
    check_whole(r);
    assert_int_equal(r->section_count, 1);
    st_harmony_free(h);
    free(all);
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    static const double at[] = {0.0, 0.25, 0.5, 0.75};
    float change[4];
    st_harmony *h = NULL;
    st_status status = st_harmony_new(&h, false, NULL);
    if (status == ST_OK)
        status = st_harmony_process(h, x, 22050);
    if (status == ST_OK)
        status = st_harmony_hear(h, NULL);
    if (status == ST_OK)
        status = st_harmony_changes(h, at, 4, change);
    /* whatever happened: an answer or a refusal, never a crash */
    if (h != NULL && status != ST_OK)
        assert_true(st_harmony_finish(h, NULL) != ST_INTERNAL);
    if (status == ST_OK)
        status = st_harmony_finish(h, NULL);
    st_harmony_free(h);
    return status;
}

static void test_harmony_survives_no_memory(void **state) {
    (void)state;
    sing(x, 0, false);
    assert_true(failing_run(whole_life, NULL) > 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmony_all_24_keys),
        cmocka_unit_test(test_harmony_level_tuning_faults),
        cmocka_unit_test(test_harmony_none),
        cmocka_unit_test(test_harmony_short),
        cmocka_unit_test(test_harmony_blocks_reset_shared),
        cmocka_unit_test(test_harmony_beats),
        cmocka_unit_test(test_harmony_line_of_keys),
        cmocka_unit_test(test_harmony_sections),
        cmocka_unit_test(test_harmony_changes),
        cmocka_unit_test(test_harmony_of_a_drone_is_one_section),
        cmocka_unit_test(test_harmony_key_words),
        cmocka_unit_test(test_harmony_chord_names),
        cmocka_unit_test(test_harmony_memory_of_an_hour),
        cmocka_unit_test(test_harmony_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
