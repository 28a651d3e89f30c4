/* Spectra of several resolutions against their definition in double precision,
 * and for what they are made for: sharp notes, sharp attacks. */
#include "support/cases.h"

#include "analysis/multires.h"
#include "analysis/powerspec.h"
#include "frames_kept.h"
#include "support/signals.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { N = 66150 };
#define RATE 22050.0

static float music[N], other[N];

/* All that comes of n samples, in blocks; lists may be NULL. */
static void run(kept *joined, kept *lists, st_multires_params params,
                const float *x, int64_t n, int64_t block) {
    st_multires *m = NULL;
    if (joined != NULL) {
        joined->values = (size_t)st_multires_rows(&params);
        params.joined = (st_frame_sink){keep_frame, joined};
    }
    for (int i = 0; lists != NULL && i < params.looks; i++) {
        lists[i].values = (size_t)params.look[i].size / 2 + 1;
        params.look[i].power = (st_frame_sink){keep_frame, &lists[i]};
    }
    assert_int_equal(st_multires_new(&m, &params), ST_OK);
    for (int64_t at = 0; at < n; at += block)
        st_multires_process(m, x + at, n - at < block ? n - at : block);
    st_multires_finish(m);
    if (joined != NULL) {
        assert_int_equal(joined->frames, n > 0 ? 1 + n / params.hop : 0);
        assert_int_equal(st_multires_frames(m), joined->frames);
        assert_int_equal(joined->out_of_order, 0);
    }
    for (int i = 0; lists != NULL && i < params.looks; i++) {
        int64_t step = (int64_t)params.look[i].every * params.hop;
        assert_int_equal(lists[i].frames, n > 0 ? 1 + n / step : 0);
        assert_int_equal(lists[i].out_of_order, 0);
    }
    st_multires_free(m);
}

/* The plain lists are powerspec's frames, bit for bit, with or without the
 * joined rows. */
static void test_multires_lists_are_powerspec(void **state) {
    (void)state;
    st_multires_params params = st_multires_defaults(RATE);
    kept lists[ST_MULTIRES_LOOKS] = {{0}}, bare[ST_MULTIRES_LOOKS] = {{0}};
    kept joined = {0};
    sig_music(music, other, N, RATE, 3);
    run(&joined, lists, params, music, N, 5000);
    run(NULL, bare, params, music, N, 999);
    for (int i = 0; i < params.looks; i++) {
        kept alone = {.values = lists[i].values};
        st_powerspec *p = NULL;
        st_powerspec_params about = {params.look[i].size,
                                     params.look[i].every * params.hop};
        assert_int_equal(
            st_powerspec_new(&p, &about, (st_frame_sink){keep_frame, &alone}),
            ST_OK);
        st_powerspec_process(p, music, N);
        st_powerspec_finish(p);
        st_powerspec_free(p);
        size_t bytes = (size_t)alone.frames * alone.values * sizeof *alone.data;
        assert_int_equal(alone.frames, lists[i].frames);
        assert_memory_equal(alone.data, lists[i].data, bytes);
        assert_memory_equal(alone.data, bare[i].data, bytes);
        kept_free(&alone);
        kept_free(&lists[i]);
        kept_free(&bare[i]);
    }
    kept_free(&joined);
}

/* --- the definition --- */

static double place_of(const st_multires_params *p, double hz) {
    double place = 0.0;
    for (int i = 0; i + 1 < p->looks; i++) {
        double low = p->look[i].centre_hz, high = p->look[i + 1].centre_hz;
        place += fmin(fmax(log(hz / low) / log(high / low), 0.0), 1.0);
    }
    return place;
}

static double hann_power(double off) {
    if (fabs(off) < 1e-9)
        return 1.0;
    if (fabs(fabs(off) - 1.0) < 1e-9)
        return 0.25;
    return pow(sin(M_PI * off) / (M_PI * off) / (1.0 - off * off), 2.0);
}

/* What a look's spectrum says of a row, dB. */
static double look_db(const st_multires_params *p, int i, int row,
                      const float *power) {
    double size = p->look[i].size, bin = p->rate_hz / size, sum = 0.0;
    double f = st_multires_hz(p, row), full = 0.0;
    double down = fmax(f - st_multires_hz(p, row - 1), bin);
    double up = fmax(st_multires_hz(p, row + 1) - f, bin);
    for (int k = 0; k <= p->look[i].size / 2; k++) {
        double off = k * bin - f;
        double height = 1.0 - (off < 0.0 ? -off / down : off / up);
        if (height <= 0.0)
            continue;
        sum += height * (double)power[k];
        full += height * hann_power(off / bin);
    }
    return 10.0 * log10(fmax(sum / (full * size * size / 16.0), 1e-24));
}

static double joined_db(const st_multires_params *p, const kept *lists,
                        int64_t t, int row) {
    double place = place_of(p, st_multires_hz(p, row)), sum = 0.0, all = 0.0;
    for (int i = 0; i < p->looks; i++) {
        double share = fmax(0.0, 1.0 - fabs(i - place) / p->reach);
        int64_t every = p->look[i].every, k = t / every;
        if (share <= 0.0)
            continue;
        double a = look_db(p, i, row, kept_frame(&lists[i], k)), b = a;
        if (t % every != 0)
            b = look_db(p, i, row, kept_frame(&lists[i], k + 1));
        sum += share * (a + (b - a) * (double)(t % every) / (double)every);
        all += share;
    }
    return sum / all;
}

static void check_definition(double reach, double rate, int per_octave) {
    st_multires_params params = st_multires_defaults(rate);
    kept lists[ST_MULTIRES_LOOKS] = {{0}}, joined = {0};
    params.reach = reach;
    params.per_octave = per_octave;
    run(&joined, lists, params, music, N, N);
    int rows = st_multires_rows(&params);
    int64_t last = joined.frames - params.look[0].every;
    for (int64_t t = 0; t < last; t += 5)
        for (int row = 0; row < rows; row += 3) {
            double got = (double)kept_frame(&joined, t)[row];
            double want = joined_db(&params, lists, t, row);
            if (want > -200.0 && fabs(10.0 * log10(got) - want) > 0.01)
                fail_msg("frame %d row %d: %g dB, not %g", (int)t, row,
                         10.0 * log10(got), want);
        }
    for (int i = 0; i < params.looks; i++)
        kept_free(&lists[i]);
    kept_free(&joined);
}

static void test_multires_definition(void **state) {
    (void)state;
    sig_music(music, other, N, RATE, 4);
    check_definition(3.0, RATE, 48);
    check_definition(1.0, RATE, 24);
    check_definition(2.0, 8000, 96);
    check_definition(8.0, 48000, 12);
}

/* --- what it is for --- */

/* A lone sine of amplitude 1 reads 1 at a row's frequency, and within 3 dB in
 * the row that is nearest wherever it lies. */
static void test_multires_sine_reads_one(void **state) {
    (void)state;
    static float x[N];
    st_multires_params params = st_multires_defaults(RATE);
    int rows = st_multires_rows(&params);
    for (int row = 20; row < rows - 5; row += 37)
        for (int off = 0; off < 4; off++) {
            kept joined = {0};
            double hz = st_multires_hz(&params, row) *
                        exp2(off / 6.0 / params.per_octave);
            sig_sine(x, N, RATE, hz, 0.0, 0.3);
            run(&joined, NULL, params, x, N, N);
            const float *middle = kept_frame(&joined, joined.frames / 2);
            double db = 10.0 * log10((double)middle[row]);
            assert_close(db, 0.0, off == 0 ? 0.05 : 3.0, "sine");
            for (int r = 0; r < rows; r++)
                assert_true(10.0 * log10((double)middle[r] + 1e-30) < 0.6);
            kept_free(&joined);
        }
}

/* 55 and 65.4 Hz (A1, C2) are two notes, which 2048 samples cannot tell. */
static void test_multires_low_notes_apart(void **state) {
    (void)state;
    static float x[N];
    st_multires_params params = st_multires_defaults(RATE);
    kept joined = {0}, lists[ST_MULTIRES_LOOKS] = {{0}};
    sig_sine(x, N, RATE, 55.0, -6.0, 0.0);
    sig_add_sine(x, N, RATE, 65.406, -6.0, 0.0);
    run(&joined, lists, params, x, N, N);
    const float *middle = kept_frame(&joined, joined.frames / 2);
    int low = (int)lrint(48.0 * log2(55.0 / 30.0));
    int high = (int)lrint(48.0 * log2(65.406 / 30.0));
    float least = middle[low], a = 0.0f, b = 0.0f;
    int gap = low;
    for (int r = low; r <= high; r++)
        if (middle[r] < least) {
            least = middle[r];
            gap = r;
        }
    for (int r = low - 5; r < gap; r++)
        a = middle[r] > a ? middle[r] : a;
    for (int r = gap; r <= high + 5; r++)
        b = middle[r] > b ? middle[r] : b;
    assert_true(gap > low && gap < high);
    assert_true(least < 0.25f * a && least < 0.25f * b);
    /* 2048 samples: 5.1 and 6.1 bins, one hump */
    const float *p = kept_frame(&lists[2], lists[2].frames / 2);
    assert_true(p[5] > p[4] && p[6] > p[7]);
    kept_free(&joined);
    for (int i = 0; i < params.looks; i++)
        kept_free(&lists[i]);
}

/* Frames in which a row is within 20 dB of its greatest. */
static int width_of(const kept *k, int row) {
    float top = 0.0f;
    int frames = 0;
    for (int64_t t = 0; t < k->frames; t++)
        top = fmaxf(top, kept_frame(k, t)[row]);
    for (int64_t t = 0; t < k->frames; t++)
        frames += kept_frame(k, t)[row] > 0.01f * top;
    return frames;
}

/* A click: under 50 ms long at 8 kHz, and about half of the longest window's
 * own 290 ms at 60 Hz. */
static void test_multires_click_is_short(void **state) {
    (void)state;
    static float x[N];
    st_multires_params params = st_multires_defaults(RATE);
    kept joined = {0};
    sig_impulse(x, N, N / 2, 1.0);
    run(&joined, NULL, params, x, N, N);
    double frame_s = params.hop / RATE;
    int high = (int)(48.0 * log2(8000.0 / 30.0));
    assert_true(width_of(&joined, high) * frame_s < 0.050);
    assert_true(width_of(&joined, 48) * frame_s < 0.160);
    /* silence stays silence but for the longest window's half */
    assert_true(kept_frame(&joined, joined.frames / 2 - 20)[high] == 0.0f);
    kept_free(&joined);
}

/* --- contract --- */

static void test_multires_any_block_same(void **state) {
    (void)state;
    static const int64_t blocks[] = {1, 255, 2048, 9999};
    st_multires_params params = st_multires_defaults(RATE);
    kept want = {0};
    sig_white(music, N, 8, -12);
    run(&want, NULL, params, music, N / 4, N);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        kept got = {0};
        run(&got, NULL, params, music, N / 4, blocks[i]);
        assert_memory_equal(got.data, want.data,
                            (size_t)want.frames * want.values *
                                sizeof *want.data);
        kept_free(&got);
    }
    kept_free(&want);
}

static void test_multires_reset_is_new(void **state) {
    (void)state;
    st_multires_params params = st_multires_defaults(RATE);
    kept want = {0}, got = {0};
    st_multires *m = NULL;
    sig_white(music, N, 9, -12);
    run(&want, NULL, params, music, 9000, N);
    got.values = want.values;
    params.joined = (st_frame_sink){keep_frame, &got};
    assert_int_equal(st_multires_new(&m, &params), ST_OK);
    music[9100] = NAN;
    st_multires_process(m, music + 9000, 700);
    assert_int_equal(got.frames, 0);
    st_multires_reset(m);
    st_multires_process(m, music, 9000);
    st_multires_finish(m);
    st_multires_finish(m);
    assert_int_equal(got.frames, want.frames);
    assert_memory_equal(got.data, want.data,
                        (size_t)want.frames * want.values * sizeof *want.data);
    st_multires_free(m);
    kept_free(&want);
    kept_free(&got);
}

static void test_multires_odd_sounds(void **state) {
    (void)state;
    static float silence[9000], dc[9000], bad[9000], loud[9000];
    static const double rates[] = {8000, 22050, 192000, 384000};
    for (int i = 0; i < 9000; i++) {
        dc[i] = 0.7f;
        bad[i] = i % 3 == 0 ? NAN : INFINITY;
        loud[i] = i % 2 == 0 ? 1e9f : -1e9f;
    }
    const struct {
        const float *x;
        int64_t n;
        bool silent;
    } cases[] = {{silence, 0, true}, {silence, 1, true}, {silence, 9000, true},
                 {bad, 9000, true},  {dc, 1, false},     {dc, 9000, false},
                 {loud, 9000, false}};
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            kept joined = {0};
            run(&joined, NULL, st_multires_defaults(rates[r]), cases[i].x,
                cases[i].n, 3000);
            size_t n = (size_t)joined.frames * joined.values;
            for (size_t k = 0; k < n; k++)
                if (!isfinite(joined.data[k]) || joined.data[k] < 0.0f ||
                    (cases[i].silent && joined.data[k] != 0.0f))
                    fail_msg("rate %g case %zu", rates[r], i);
            kept_free(&joined);
        }
}

static void test_multires_refuses(void **state) {
    (void)state;
    kept k = {0};
    for (int i = 0; i < 14; i++) {
        st_multires *m = NULL;
        st_multires_params p = st_multires_defaults(RATE);
        if (i != 13)
            p.joined = (st_frame_sink){keep_frame, &k};
        p.rate_hz = i == 0 ? 7999.0 : i == 1 ? NAN : p.rate_hz;
        p.hop = i == 2 ? 0 : i == 3 ? 513 : i == 4 ? 31 : p.hop;
        p.looks = i == 5 ? 0 : i == 6 ? 9 : p.looks;
        p.look[1].size = i == 7 ? 8192 : i == 8 ? 3000 : 4096;
        p.look[2].centre_hz = i == 9 ? 200.0 : 900.0;
        p.look[0].every = i == 10 ? 3 : 4;
        p.reach = i == 11 ? 0.5 : 3.0;
        p.low_hz = i == 12 ? RATE : 30.0;
        assert_int_equal(st_multires_new(&m, &p), ST_BAD_ARG);
        assert_null(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multires_lists_are_powerspec),
        cmocka_unit_test(test_multires_definition),
        cmocka_unit_test(test_multires_sine_reads_one),
        cmocka_unit_test(test_multires_low_notes_apart),
        cmocka_unit_test(test_multires_click_is_short),
        cmocka_unit_test(test_multires_any_block_same),
        cmocka_unit_test(test_multires_reset_is_new),
        cmocka_unit_test(test_multires_odd_sounds),
        cmocka_unit_test(test_multires_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
