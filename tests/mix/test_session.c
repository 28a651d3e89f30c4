#include "support/cases.h"

#include "audio/memory.h"
#include "audio/resample.h"
#include "core/utf8.h"
#include "mix/files.h"
#include "mix/heard.h"
#include "mix/sources.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- sources --- */

enum { RATE = 48000, SHORT = 1000 };

static float ramp[2][SHORT];

static st_source *ramp_source(int channels, int64_t frames) {
    static float *const planes[2] = {ramp[0], ramp[1]};
    const st_format format = {RATE, channels, frames};
    st_source *source = NULL;
    for (int i = 0; i < SHORT; i++) {
        ramp[0][i] = 0.001f * (float)(i + 1);
        ramp[1][i] = -ramp[0][i];
    }
    assert_int_equal(st_memory_source(&source, planes, &format), ST_OK);
    return source;
}

/* Reads from `from` on in pieces of `piece`; how many frames came. */
static int64_t read_from(st_source *source, int64_t from, int64_t piece,
                         float *left, float *right, int64_t most) {
    int64_t at = 0, got = 1;
    assert_int_equal(st_source_seek(source, from, NULL), ST_OK);
    while (got > 0 && at < most) {
        float *out[2] = {left + at, right + at};
        int64_t want = most - at < piece ? most - at : piece;
        assert_int_equal(st_source_read(source, out, want, &got, NULL), ST_OK);
        at += got;
    }
    return at;
}

static void test_late_source(void **state) {
    (void)state;
    static const int64_t seeks[] = {0, 1, 299, 300, 301, 700, 1300};
    static const int64_t pieces[] = {1, 7, 300, 4000};
    static float left[2000], right[2000];
    st_source *late = NULL;
    assert_int_equal(
        st_late_source_new(&late, ramp_source(2, SHORT), 300, NULL), ST_OK);
    assert_int_equal(late->format.frames, SHORT + 300);
    for (int s = 0; s < 7; s++)
        for (int p = 0; p < 4; p++) {
            int64_t n = read_from(late, seeks[s], pieces[p], left, right, 2000);
            assert_int_equal(n, SHORT + 300 - seeks[s]);
            for (int64_t i = 0; i < n; i++) {
                int64_t at = seeks[s] + i - 300;
                assert_true(left[i] == (at < 0 ? 0.0f : ramp[0][at]));
                assert_true(right[i] == (at < 0 ? 0.0f : ramp[1][at]));
            }
        }
    st_source_free(late);
    st_source *same = ramp_source(1, 10), *out = NULL;
    assert_int_equal(st_late_source_new(&out, same, 0, NULL), ST_OK);
    assert_ptr_equal(out, same);
    st_source_free(out);
}

/* Mono to both sides, gains, ends of their own, seeks behind an end; what is
 * no number is silence. */
static void test_sum_source(void **state) {
    (void)state;
    static const double gains[] = {0.5, 2.0};
    static float left[2000], right[2000], bad[3] = {NAN, 1e11f, -INFINITY};
    for (int64_t from = 0; from <= SHORT; from += 250) {
        st_source *in[2] = {ramp_source(1, 400), ramp_source(2, SHORT)};
        st_source *sum = NULL;
        assert_int_equal(st_sum_source_new(&sum, in, gains, 2, NULL), ST_OK);
        assert_int_equal(sum->format.frames, SHORT);
        assert_int_equal(sum->format.channels, 2);
        int64_t n = read_from(sum, from, 333, left, right, 2000);
        assert_int_equal(n, SHORT - from);
        for (int64_t i = 0; i < n; i++) {
            double mono = from + i < 400 ? 0.5 * ramp[0][from + i] : 0.0;
            assert_close(left[i], mono + 2.0 * ramp[0][from + i], 1e-6, "left");
            assert_close(right[i], mono + 2.0 * ramp[1][from + i], 1e-6,
                         "right");
        }
        st_source_free(sum);
    }
    float *const planes[1] = {bad};
    const st_format format = {RATE, 1, 3};
    st_source *in[1] = {NULL}, *sum = NULL;
    assert_int_equal(st_memory_source(&in[0], planes, &format), ST_OK);
    assert_int_equal(st_sum_source_new(&sum, in, gains, 1, NULL), ST_OK);
    assert_int_equal(read_from(sum, 0, 3, left, right, 3), 3);
    for (int i = 0; i < 3; i++)
        assert_true(left[i] == 0.0f && right[i] == 0.0f);
    st_source_free(sum);
}

/* --- session --- */

static const char *const five[] = {"kick.wav", "Kick.flac", "mix.wav",
                                   "a,b=c.d.wav", "drums.wav"};

static void make_song(song *s, int count) {
    *s = (song){.rate_hz = RATE};
    for (int i = 0; i < count; i++) {
        int at = song_add(s, 1 + i % 2, RATE);
        for (int c = 0; c < 1 + i % 2; c++)
            sig_sine(s->stem[at].channel[c], RATE, RATE, 1000, -12, 0);
    }
}

static void test_session_names_are_unique_and_plain(void **state) {
    (void)state;
    static const char *const labels[] = {
        "kick.wav",   "kick.flac",  "kick 2.wav", "mix.wav",
        "music.aiff", "all.wav",    "-x.wav",     "a,b=c.d.wav",
        "no ending",  "reverb.wav", "duck1.wav",  "delay.wav"};
    song s;
    heard_host host;
    st_session session;
    make_song(&s, 12);
    heard_host_init(&host, &s, labels);
    assert_int_equal(st_session_open(&session, &host.in, "stems", NULL), ST_OK);
    for (int i = 0; i < 12; i++) {
        const char *name = session.file[i].name;
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name, session.file[j].name);
        static const char *const taken[] = {"mix",   "all",    "drums",
                                            "music", "vocals", "reverb",
                                            "delay", "duck1"};
        for (int k = 0; k < 8; k++)
            assert_string_not_equal(name, taken[k]);
        assert_null(strpbrk(name, ",=./\\"));
        assert_true(name[0] != '-' && name[0] != '\0');
    }
    assert_string_equal(session.file[0].name, "kick");
    assert_string_equal(session.file[8].name, "no ending");
    song_free(&s);
}

/* JSON can hold every name, however long or strange the file's. */
static void test_session_names_are_text(void **state) {
    (void)state;
    static char longer[4][200];
    const char *labels[4];
    song s;
    heard_host host;
    st_session session;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < i; k++)
            longer[i][k] = 'a';
        while (strlen(longer[i]) < 150)
            strcat(longer[i], "\xe2\x82\xac");
    }
    strcpy(longer[3], "Gr\xfc\xdf"
                      "e.wav"); /* Latin-1 */
    for (int i = 0; i < 4; i++)
        labels[i] = longer[i];
    make_song(&s, 4);
    heard_host_init(&host, &s, labels);
    assert_int_equal(st_session_open(&session, &host.in, "stems", NULL), ST_OK);
    for (int i = 0; i < 4; i++) {
        const char *name = session.file[i].name;
        for (size_t n; *name != '\0'; name += n) {
            n = st_utf8_length(name, strlen(name));
            if (n == 0)
                fail_msg("name %d is no UTF-8", i);
        }
    }
    song_free(&s);
}

static void test_session_rate_of_most(void **state) {
    (void)state;
    static const struct {
        int rate[4], want;
    } rows[] = {{{44100, 48000, 44100, 96000}, 44100},
                {{44100, 48000, 44100, 48000}, 48000},
                {{96000, 44100, 48000, 32000}, 96000},
                {{8000, 8000, 8000, 384000}, 8000}};
    for (int i = 0; i < 4; i++) {
        song s;
        heard_host host;
        st_session session;
        make_song(&s, 4);
        for (int k = 0; k < 4; k++)
            s.stem[k].rate_hz = rows[i].rate[k];
        heard_host_init(&host, &s, five);
        assert_int_equal(st_session_open(&session, &host.in, "stems", NULL),
                         ST_OK);
        assert_int_equal(session.rate_hz, rows[i].want);
        for (int k = 0; k < 4; k++) {
            st_source *source = NULL;
            assert_int_equal(st_session_source(&session, k, &source, NULL),
                             ST_OK);
            assert_int_equal(source->format.rate_hz, rows[i].want);
            assert_int_equal(source->format.channels, 1 + k % 2);
            assert_int_equal(
                source->format.frames,
                st_resample_length(RATE, rows[i].rate[k], rows[i].want));
            st_source_free(source);
        }
        song_free(&s);
    }
}

/* Timecodes count in each file's own frames; who has none stands at 0, as does
 * one of another day. */
static void test_session_offsets(void **state) {
    (void)state;
    static const int64_t codes[] = {48000 * 10, 44100 * 12, -1, 48000LL * 7200,
                                    48000 * 10 + 24};
    static const int64_t want[] = {0, 2 * RATE, 0, 0, 24};
    song s;
    heard_host host;
    st_session session;
    make_song(&s, 5);
    s.stem[1].rate_hz = 44100;
    heard_host_init(&host, &s, five);
    host.timecodes = codes;
    assert_int_equal(st_session_open(&session, &host.in, "stems", NULL), ST_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(session.file[i].offset_frames, want[i]);
    static float left[4 * RATE], right[4 * RATE];
    st_source *source = NULL;
    assert_int_equal(st_session_source(&session, 1, &source, NULL), ST_OK);
    int64_t n = read_from(source, 0, 999, left, right, 4 * RATE);
    assert_true(n > 3 * RATE);
    assert_true(meter_peak_db(left, 2 * RATE - 200) <= -400);
    assert_close(meter_tone_db(left + 2 * RATE + 2000, RATE - 4000, RATE,
                               1000.0 * 44100 / 48000),
                 -12, 0.05, "behind the offset");
    st_source_free(source);
    song_free(&s);
}

/* A hole that no song has: the smaller part begins with the larger one, its
 * stems beside each other as they stood. */
static void test_session_closes_holes(void **state) {
    (void)state;
    static const struct {
        double at_s[5]; /* of one-second files; below 0: no timecode */
        double want_s[5], apart_s[5];
    } rows[] = {
        {{0, 1, 30, 60, 121}, {0, 1, 30, 60, 121}, {0}},
        {{0, 1, 2, 3, 3600}, {0, 1, 2, 3, 0}, {0, 0, 0, 0, 3600}},
        {{7200, 7201.5, 7210, 3, 5},
         {0, 1.5, 10, 0, 2},
         {0, 0, 0, -7197, -7197}},
        {{-1, 80000, 80004, -1, 9}, {0, 0, 4, 0, 0}, {0, 0, 0, 0, 9 - 80000}},
        {{10, -1, -1, -1, 10 + 62.1}, {0}, {0, 0, 0, 0, 62.1}},
    };
    for (int i = 0; i < 5; i++) {
        song s;
        heard_host host;
        st_session session;
        int64_t codes[5];
        make_song(&s, 5);
        for (int k = 0; k < 5; k++)
            codes[k] =
                rows[i].at_s[k] < 0 ? -1 : (int64_t)(rows[i].at_s[k] * RATE);
        heard_host_init(&host, &s, five);
        host.timecodes = codes;
        assert_int_equal(st_session_open(&session, &host.in, "stems", NULL),
                         ST_OK);
        for (int k = 0; k < 5; k++) {
            const st_session_file *f = &session.file[k];
            assert_close((double)f->offset_frames / RATE, rows[i].want_s[k],
                         1e-4, "place");
            assert_close(f->apart_s, rows[i].apart_s[k], 1e-4, "apart");
            assert_int_equal(f->coded, codes[k] >= 0);
        }
        song_free(&s);
    }
}

static void test_session_folds_channels(void **state) {
    (void)state;
    song s = {.rate_hz = RATE};
    heard_host host;
    st_session session;
    static float surround[4][RATE];
    song_add(&s, 2, RATE);
    heard_host_init(&host, &s, five);
    assert_int_equal(st_session_open(&session, &host.in, "stems", NULL), ST_OK);
    assert_int_equal(session.file[0].channels, 2);
    song_free(&s);
    files f;
    json_t *result = NULL;
    st_err err = {0};
    float *const planes[4] = {surround[0], surround[1], surround[2],
                              surround[3]};
    for (int c = 0; c < 4; c++)
        sig_pink(surround[c], RATE, 3 + (uint64_t)c, -20);
    files_init(&f);
    files_add(&f, "quad.wav", planes, 4, RATE, RATE, -1);
    if (files_mix(&f, NULL, NULL, 1, "a", &result, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_t *report = files_json(&f, "a", "report.json");
    assert_int_equal(json_integer_value(
                         files_find(report, "input_analysis/stems/0/channels")),
                     4);
    json_decref(report);
    json_decref(result);
    files_free(&f);
}

static void test_session_leaves_out(void **state) {
    (void)state;
    song s;
    heard_host host;
    st_session session;
    st_err err = {0};
    make_song(&s, 3);
    s.stem[1].frames = 0;
    heard_host_init(&host, &s, five);
    host.unreadable = 2;
    assert_int_equal(st_session_open(&session, &host.in, "stems", NULL), ST_OK);
    assert_false(session.file[0].left_out);
    assert_true(session.file[1].left_out && session.file[2].left_out);
    assert_non_null(strstr(session.file[1].why, "0 frames"));
    assert_string_equal(session.file[2].why, "It cannot be read.");
    s.stem[0].frames = 0;
    assert_int_equal(st_session_open(&session, &host.in, "stems", &err),
                     ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "no stem to mix"));
    song_free(&s);
}

/* --- roles by the user --- */

static void test_session_roles_of_the_user(void **state) {
    (void)state;
    static const struct {
        const char *list;
        int file;
        st_role role;
    } rows[] = {
        {"", 0, ST_ROLE_KICK},
        {"kick.wav=bass", 0, ST_ROLE_BASS},
        {"kick.wav=bass", 1, ST_ROLE_KICK},
        {"KICK.WAV=bass", 0, ST_ROLE_BASS},
        {"kick*=fx", 1, ST_ROLE_FX},
        {"*=fx", 4, ST_ROLE_FX},
        {" mix.wav=synth , drums.wav=percussion,", 2, ST_ROLE_SYNTH},
        {" mix.wav=synth , drums.wav=percussion,", 4, ST_ROLE_PERCUSSION},
        {"*=fx,kick.wav=kick", 0, ST_ROLE_KICK},
        {"a_b_c_d=keys", 3, ST_ROLE_KEYS},
        {"mix.wav = synth", 2, ST_ROLE_SYNTH},
    };
    song s;
    heard_host host;
    make_song(&s, 5);
    heard_host_init(&host, &s, five);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        st_session session;
        st_err err = {0};
        assert_int_equal(st_session_open(&session, &host.in, "stems", NULL),
                         ST_OK);
        if (st_session_roles(&session, rows[i].list, &err) != ST_OK)
            fail_msg("\"%s\": %s", rows[i].list, err.text);
        assert_int_equal(session.file[rows[i].file].role, rows[i].role);
    }
    song_free(&s);
}

static void test_session_refuses_roles(void **state) {
    (void)state;
    static const char *const lists[][2] = {
        {"kick.wav", "\"kick.wav\" should read"},
        {"kick.wav=", "should read"},
        {"kick.wav=drummer", "should read"},
        {"kick.wav=full_mix", "should read"},
        {"snare.wav=snare", "\"snare.wav\""},
        {"kick=kick_and_a_name_that_is_far_too_long_for_any_role", "read"},
        {"=kick", "\"\""},
    };
    song s;
    heard_host host;
    make_song(&s, 5);
    heard_host_init(&host, &s, five);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        st_session session;
        st_err err = {0};
        assert_int_equal(st_session_open(&session, &host.in, "stems", NULL),
                         ST_OK);
        if (st_session_roles(&session, lists[i][0], &err) != ST_BAD_ARG ||
            strstr(err.text, lists[i][1]) == NULL)
            fail_msg("\"%s\": \"%s\"", lists[i][0], err.text);
    }
    song_free(&s);
}

/* The user's word stands over the sound. */
static void test_hearing_leaves_the_users_roles(void **state) {
    (void)state;
    song s;
    heard h;
    static const char *const labels[] = {"one.wav", "two.wav", "three.wav",
                                         "four.wav", "five.wav"};
    song_rich(&s, RATE, 3 * RATE);
    assert_int_equal(heard_init(&h, &s, labels, "one.wav=woodwind"), ST_OK);
    assert_int_equal(h.session.file[0].role, ST_ROLE_WOODWIND);
    assert_int_equal(h.session.file[0].said, ST_SAID_USER);
    for (int i = 1; i < 5; i++)
        assert_true(h.session.file[i].said != ST_SAID_NAME);
    heard_free(&h);
    song_free(&s);
}

/* A tone of -20 dBFS that sounds for the first half: its power stands in the
 * band it belongs to, as much as there is, and it is active half of the time.
 */
static void test_hearing_measures_bands(void **state) {
    (void)state;
    enum { FRAMES = 10 * RATE };
    song s = {.rate_hz = RATE};
    heard h;
    static const char *const labels[] = {"tone.wav", "low.wav"};
    int tone = song_add(&s, 1, FRAMES), low = song_add(&s, 1, FRAMES);
    sig_sine(s.stem[tone].channel[0], FRAMES / 2, RATE, 1000, -20, 0);
    sig_sine(s.stem[low].channel[0], FRAMES, RATE, 115, -40, 0);
    assert_int_equal(heard_init(&h, &s, labels, "*=synth"), ST_OK);
    const st_stem_facts *f = h.hearing.stem;
    /* of 26 bands from 20 Hz to 20 kHz */
    double levels[2] = {f[0].band_db[14], f[1].band_db[6]};
    assert_close(levels[0], -23, 0.3, "1 kHz");
    assert_close(levels[1], -43, 0.3, "115 Hz");
    for (int b = 0; b < ST_SPECTRUM_BANDS; b++) {
        if (abs(b - 14) > 1)
            assert_true(f[0].band_db[b] < -60);
        if (abs(b - 6) > 1)
            assert_true(f[1].band_db[b] < -70);
    }
    assert_close(f[0].active, 0.5, 0.02, "active");
    assert_close(f[1].active, 1.0, 0.02, "active");
    heard_free(&h);
    song_free(&s);
}

/* In the file, too: bext of a WAV moves a stem in the mix. */
static void test_bext_moves_a_stem(void **state) {
    (void)state;
    files f;
    static float x[RATE], y[RATE];
    float *const first[1] = {x}, *const second[1] = {y};
    st_err err = {0};
    sig_pink(x, RATE, 1, -20);
    sig_pink(y, RATE, 2, -20);
    files_init(&f);
    files_add(&f, "one.wav", first, 1, RATE, RATE, 3600LL * RATE);
    files_add(&f, "two.wav", second, 1, RATE, RATE, 3605LL * RATE);
    if (files_mix(&f, NULL, NULL, 1, "a", NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_t *report = files_json(&f, "a", "report.json");
    assert_close(json_number_value(files_find(
                     report, "input_analysis/stems/1/offset_seconds")),
                 5, 1e-6, "offset");
    int64_t n = 0;
    float *mix = files_audio(&f, "a", "premaster.wav", &n);
    assert_true(n >= 6 * RATE);
    assert_true(meter_rms_db(mix + 5 * RATE, RATE) > -50);
    free(mix);
    json_decref(report);
    files_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_source),
        cmocka_unit_test(test_sum_source),
        cmocka_unit_test(test_session_names_are_unique_and_plain),
        cmocka_unit_test(test_session_names_are_text),
        cmocka_unit_test(test_session_rate_of_most),
        cmocka_unit_test(test_session_offsets),
        cmocka_unit_test(test_session_closes_holes),
        cmocka_unit_test(test_session_folds_channels),
        cmocka_unit_test(test_session_leaves_out),
        cmocka_unit_test(test_session_roles_of_the_user),
        cmocka_unit_test(test_session_refuses_roles),
        cmocka_unit_test(test_hearing_leaves_the_users_roles),
        cmocka_unit_test(test_hearing_measures_bands),
        cmocka_unit_test(test_bext_moves_a_stem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
