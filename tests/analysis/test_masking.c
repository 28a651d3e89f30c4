#include "support/cases.h"

#include "analysis/masking.h"
#include "support/failing.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 44100, N = 10 * RATE, BANDS = ST_SPECTRUM_BANDS };

static st_bandgram *gram_of(const float *left, const float *right,
                            int64_t frames, int64_t block) {
    st_bandgram *gram = NULL;
    assert_int_equal(st_bandgram_new(&gram, RATE, right == NULL ? 1 : 2),
                     ST_OK);
    for (int64_t at = 0; at < frames; at += block) {
        const float *in[] = {left + at, right == NULL ? NULL : right + at};
        int64_t n = frames - at < block ? frames - at : block;
        assert_int_equal(st_bandgram_process(gram, in, n), ST_OK);
    }
    assert_int_equal(st_bandgram_finish(gram), ST_OK);
    return gram;
}

static int band_of(double hz) {
    double edges[BANDS + 1];
    st_spectrum_band_edges(edges);
    int b = 0;
    while (hz >= edges[b + 1])
        b++;
    return b;
}

/* The named band one of the 26 belongs to. */
static int named_of(int band) {
    double edges[BANDS + 1];
    double low;
    double high;
    st_spectrum_band_edges(edges);
    double centre = sqrt(edges[band] * edges[band + 1]);
    for (int b = 0; b < ST_MASK_BANDS; b++) {
        st_mask_band_edges(b, &low, &high);
        if (centre < high)
            return b;
    }
    return ST_MASK_BANDS;
}

static void test_bandgram_level_and_cells(void **state) {
    (void)state;
    float *x = calloc(N, sizeof *x);
    sig_sine(x, N, RATE, 1000, -6, 0);
    st_bandgram *gram = gram_of(x, x, N, 999);
    assert_int_equal(st_bandgram_cells(gram), 100);
    const int16_t *cell = st_bandgram_cell(gram, 50);
    assert_close(cell[band_of(1000)] / 100.0, -9.03, 0.1, "tone");
    assert_true(cell[band_of(100)] < -9000);
    /* half of the first block lies before the file */
    assert_close(st_bandgram_cell(gram, 0)[band_of(1000)] / 100.0, -12.04, 0.2,
                 "first");
    st_bandgram_free(gram);
    gram = gram_of(x, NULL, 1, 1);
    assert_int_equal(st_bandgram_cells(gram), 1);
    st_bandgram_free(gram);
    gram = gram_of(x, NULL, 0, 1);
    assert_int_equal(st_bandgram_cells(gram), 0);
    st_bandgram_free(gram);
    free(x);
}

static void test_bandgram_any_block_same_bits(void **state) {
    (void)state;
    float *l = calloc(N, sizeof *l);
    float *r = calloc(N, sizeof *r);
    sig_music(l, r, N, RATE, 4);
    l[100] = NAN;
    st_bandgram *a = gram_of(l, r, N, N);
    st_bandgram *b = gram_of(l, r, N, 61);
    assert_int_equal(st_bandgram_cells(a), st_bandgram_cells(b));
    assert_memory_equal(st_bandgram_cell(a, 0), st_bandgram_cell(b, 0),
                        (size_t)st_bandgram_cells(a) * BANDS * 2);
    st_bandgram_free(a);
    st_bandgram_free(b);
    free(l);
    free(r);
}

/* A tone under noise in its own band, 20 dB louder there, for seconds 4 to 6;
 * the tone hides nothing of the noise elsewhere. */
static void test_masking_who_where_when(void **state) {
    (void)state;
    float *tone = calloc(N, sizeof *tone);
    float *noise = calloc(N, sizeof *noise);
    st_masking *m = NULL;
    sig_sine(tone, N, RATE, 3000, -40, 0);
    sig_white(noise + 4 * RATE, 2 * RATE, 1, -10);
    st_bandgram *grams[] = {gram_of(tone, tone, N, 4096),
                            gram_of(noise, noise, N, 4096)};
    const st_bandgram *const list[] = {grams[0], grams[1]};
    assert_int_equal(st_masking_new(&m, list, 2), ST_OK);
    const st_mask_figures *hidden = st_masking_pair(m, 1, 0, ST_MASK_HIGH_MID);
    assert_close(hidden->share, 0.2, 0.03, "share");
    assert_true(hidden->excess_db > 5 && hidden->excess_db < 30);
    assert_close(hidden->worst_s, 4, 1, "when");
    assert_true(hidden->worst_db > 2);
    for (int b = 0; b < ST_MASK_BANDS; b++) {
        const st_mask_figures *back = st_masking_pair(m, 0, 1, b);
        assert_true(back->share < 0.05);
        if (b != ST_MASK_HIGH_MID)
            assert_true(st_masking_pair(m, 1, 0, b)->active < 0.05);
    }
    float excess[BANDS];
    st_masking_at(grams[1], grams[0], 50, excess);
    assert_true(excess[band_of(3000)] > 5.0f);
    assert_true(excess[band_of(300)] <= 0.0f);
    st_masking_at(grams[1], grams[0], 20, excess);
    assert_true(excess[band_of(3000)] <= 0.0f);
    st_masking_free(m);
    st_bandgram_free(grams[0]);
    st_bandgram_free(grams[1]);
    free(tone);
    free(noise);
}

/* A masker in seconds 4 and 5 only: the line has it there and nowhere else,
 * and agrees with the figures of the bands. */
static void test_masking_over_time(void **state) {
    (void)state;
    float *tone = calloc(N, sizeof *tone);
    float *noise = calloc(N, sizeof *noise);
    st_masking *m = NULL;
    int count = 0;
    sig_sine(tone, N, RATE, 3000, -40, 0);
    sig_white(noise + 4 * RATE, 19 * (RATE / 10), 1, -10);
    st_bandgram *grams[] = {gram_of(tone, tone, N, 4096),
                            gram_of(noise, noise, N, 4096)};
    const st_bandgram *const list[] = {grams[0], grams[1]};
    assert_int_equal(st_masking_new(&m, list, 2), ST_OK);
    assert_int_equal(st_masking_step_s(m), 1);
    const st_mask_point *line = st_masking_line(m, 1, 0, &count);
    assert_int_equal(count, 10);
    double active = 0;
    double lost = 0;
    for (int i = 0; i < count; i++) {
        bool there = i == 4 || i == 5;
        assert_true(line[i].active >= 10); /* the tone goes on */
        assert_int_equal(line[i].hidden > 0, there);
        assert_int_equal(line[i].band, there ? ST_MASK_HIGH_MID : -1);
        assert_true(there ? line[i].excess_db > 5 : line[i].excess_db <= 0);
        active += line[i].active;
        lost += (double)line[i].hidden * (double)line[i].excess_db;
    }
    double of_bands = 0;
    for (int b = 0; b < ST_MASK_BANDS; b++) {
        const st_mask_figures *f = st_masking_pair(m, 1, 0, b);
        int width = 0;
        for (int k = 0; k < BANDS; k++)
            width += named_of(k) == b;
        of_bands += f->active * f->share * f->excess_db * width;
    }
    st_mask_span span = st_masking_span(m, 1, 0);
    assert_close(span.weight_db, of_bands / BANDS, 1e-4, "weight");
    assert_close(span.weight_db, lost / (100 * BANDS), 1e-9, "of the line");
    assert_close(span.active, active / (100 * BANDS), 1e-9, "active");
    assert_close(span.from_s, 4, 0, "from");
    assert_close(span.to_s, 6, 0, "to");
    line = st_masking_line(m, 0, 1, &count);
    for (int i = 0; i < count; i++)
        assert_int_equal(line[i].active > 0, i == 4 || i == 5);
    st_masking_free(m);
    st_bandgram_free(grams[0]);
    st_bandgram_free(grams[1]);
    free(tone);
    free(noise);
}

enum { LOW = 8000 };

/* `seconds` of a stem: `x` (one second) from second `from` to `to`, else
 * nothing. */
static st_bandgram *gram_within(const float *x, int seconds, int from, int to) {
    static const float nothing[LOW];
    st_bandgram *gram = NULL;
    assert_int_equal(st_bandgram_new(&gram, LOW, 1), ST_OK);
    for (int i = 0; i < seconds; i++) {
        const float *in[] = {i >= from && i < to ? x : nothing};
        assert_int_equal(st_bandgram_process(gram, in, LOW), ST_OK);
    }
    assert_int_equal(st_bandgram_finish(gram), ST_OK);
    return gram;
}

/* Steps grow with the length, and the places stay right. */
static void test_masking_over_a_long_time(void **state) {
    (void)state;
    static const struct {
        int seconds, step, points;
    } cases[] = {{600, 1, 600}, {601, 2, 301}, {1201, 3, 401}};
    static float soft[LOW];
    static float loud[LOW];
    sig_sine(soft, LOW, LOW, 1000, -40, 0);
    sig_white(loud, LOW, 1, -10);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        int last = cases[c].seconds - 1; /* and once more in the very end */
        st_masking *m = NULL;
        int count = 0;
        st_bandgram *grams[] = {
            gram_within(soft, cases[c].seconds, 0, cases[c].seconds),
            gram_within(loud, cases[c].seconds - 7, 402, 414),
            gram_within(loud, cases[c].seconds, last, cases[c].seconds)};
        const st_bandgram *const list[] = {grams[0], grams[1], grams[2]};
        assert_int_equal(st_masking_new(&m, list, 3), ST_OK);
        int step = st_masking_step_s(m);
        assert_int_equal(step, cases[c].step);
        const st_mask_point *line = st_masking_line(m, 1, 0, &count);
        assert_int_equal(count, cases[c].points);
        for (int i = 0; i < count; i++) {
            double part = (double)line[i].hidden / line[i].active;
            bool there = i * step >= 402 && i * step < 414;
            assert_true(there ? part > 0.8 : part < 0.15);
        }
        st_mask_span span = st_masking_span(m, 1, 0);
        assert_close(span.from_s, 402, 0, "from");
        assert_close(span.to_s, 414, 0, "to");
        span = st_masking_span(m, 2, 0);
        assert_close(span.from_s, last / step * step, 0, "the last from");
        assert_close(span.to_s, cases[c].seconds, 0, "to the end");
        st_masking_free(m);
        for (int i = 0; i < 3; i++)
            st_bandgram_free(grams[i]);
    }
}

/* A bass hides what lies an octave above it before what lies below. */
static void test_masking_spreads_upwards(void **state) {
    (void)state;
    static const double hz[] = {250, 500, 1000};
    st_bandgram *grams[3];
    const st_bandgram *list[3];
    float *x = calloc(N, sizeof *x);
    st_masking *m = NULL;
    for (int i = 0; i < 3; i++) {
        sig_sine(x, N, RATE, hz[i], i == 1 ? -3 : -38, 0);
        list[i] = grams[i] = gram_of(x, x, N, 4096);
    }
    assert_int_equal(st_masking_new(&m, list, 3), ST_OK);
    double up = st_masking_pair(m, 1, 2, ST_MASK_MID)->share;
    double down = st_masking_pair(m, 1, 0, ST_MASK_BASS)->share;
    assert_true(up > 0.9);
    assert_true(down < 0.1);
    st_masking_free(m);
    for (int i = 0; i < 3; i++)
        st_bandgram_free(grams[i]);
    free(x);
}

static void test_masking_share_in_the_mix(void **state) {
    (void)state;
    static const double levels[] = {-10, -21, -23};
    float *noise = calloc(N, sizeof *noise);
    float *x = calloc(N, sizeof *x);
    sig_white(noise, N, 7, -10);
    for (int i = 0; i < 3; i++) {
        st_masking *m = NULL;
        for (int k = 0; k < N; k++)
            x[k] = noise[k] * (float)pow(10, (levels[i] + 10) / 20);
        st_bandgram *a = gram_of(noise, noise, N, 4096);
        st_bandgram *b = gram_of(x, x, N, 4096);
        const st_bandgram *const list[] = {a, b};
        assert_int_equal(st_masking_new(&m, list, 2), ST_OK);
        assert_close(st_masking_share(m, 1), i == 2 ? 1 : 0, 0.01, "share");
        assert_close(st_masking_share(m, 0), 0, 0.01, "the louder");
        st_masking_free(m);
        st_bandgram_free(a);
        st_bandgram_free(b);
    }
    free(noise);
    free(x);
}

/* Levels move together: the answer stays (down to the floor at -90 dBFS). */
static void test_masking_ignores_level(void **state) {
    (void)state;
    float *l = calloc(N, sizeof *l);
    float *r = calloc(N, sizeof *r);
    double share[3];
    for (int i = 0; i < 3; i++) {
        static const float gains[] = {1.0f, 0.05f, 0.01f};
        st_masking *m = NULL;
        float gain = gains[i];
        sig_music(l, r, N, RATE, 4);
        for (int k = 0; k < N; k++)
            l[k] *= gain;
        st_bandgram *a = gram_of(l, l, N, 4096);
        sig_drums(l, r, N, RATE, 4);
        for (int k = 0; k < N; k++)
            l[k] *= gain;
        st_bandgram *b = gram_of(l, l, N, 4096);
        const st_bandgram *const list[] = {a, b};
        assert_int_equal(st_masking_new(&m, list, 2), ST_OK);
        share[i] = st_masking_pair(m, 1, 0, ST_MASK_BASS)->share;
        st_masking_free(m);
        st_bandgram_free(a);
        st_bandgram_free(b);
    }
    assert_true(share[0] > 0.01);
    assert_close(share[1], share[0], 0.01, "26 dB down");
    assert_close(share[2], share[0], 0.05, "40 dB down");
    free(l);
    free(r);
}

static void test_masking_silence_and_lengths(void **state) {
    (void)state;
    float *x = calloc(N, sizeof *x);
    st_masking *m = NULL;
    st_bandgram *silent = gram_of(x, x, N, 4096);
    sig_pink(x, N, 2, -20);
    st_bandgram *brief = gram_of(x, x, RATE, 4096);
    const st_bandgram *const list[] = {silent, brief};
    assert_int_equal(st_masking_new(&m, list, 2), ST_OK);
    assert_true(st_masking_share(m, 0) <= 0);
    assert_true(st_masking_share(m, 1) <= 0);
    assert_true(st_masking_pair(m, 1, 0, ST_MASK_MID)->active <= 0);
    assert_true(st_masking_pair(m, 0, 1, ST_MASK_MID)->share <= 0);
    assert_true(st_masking_span(m, 0, 1).weight_db <= 0);
    assert_true(st_masking_span(m, 0, 1).to_s <= 0);
    assert_true(st_masking_span(m, 1, 0).active <= 0);
    assert_close(st_masking_pair(m, 0, 1, ST_MASK_MID)->active, 0.1, 0.02,
                 "a tenth of the time");
    st_masking_free(m);
    st_bandgram *empty = gram_of(x, x, 0, 1);
    const st_bandgram *const none[] = {empty, empty};
    assert_int_equal(st_masking_new(&m, none, 2), ST_OK);
    int count = -1;
    (void)st_masking_line(m, 0, 1, &count);
    assert_int_equal(count, 0);
    assert_true(st_masking_span(m, 0, 1).active <= 0);
    st_masking_free(m);
    st_bandgram_free(empty);
    assert_int_equal(st_masking_new(&m, list, 0), ST_BAD_ARG);
    assert_int_equal(st_masking_new(&m, list, 65), ST_BAD_ARG);
    st_bandgram_free(silent);
    st_bandgram_free(brief);
    free(x);
}

static void test_mask_bands_cover_the_range(void **state) {
    (void)state;
    double last = 20;
    for (int b = 0; b < ST_MASK_BANDS; b++) {
        double low;
        double high;
        st_mask_band_edges(b, &low, &high);
        assert_close(low, last, 1e-9, st_mask_band_name(b));
        assert_true(high > low);
        last = high;
    }
    assert_close(last, 20000, 1e-9, "top");
}

static st_status whole_life(void *ctx) {
    static float x[20000];
    st_bandgram *gram = NULL;
    st_masking *m = NULL;
    (void)ctx;
    sig_pink(x, 20000, 2, -20);
    st_status status = st_bandgram_new(&gram, 8000, 1);
    for (int i = 0; status == ST_OK && i < 14; i++) {
        const float *in[] = {x};
        status = st_bandgram_process(gram, in, 20000);
    }
    if (status == ST_OK)
        status = st_bandgram_finish(gram);
    const st_bandgram *const list[] = {gram};
    if (status == ST_OK)
        status = st_masking_new(&m, list, 1);
    st_masking_free(m);
    st_bandgram_free(gram);
    return status;
}

static void test_masking_survives_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bandgram_level_and_cells),
        cmocka_unit_test(test_bandgram_any_block_same_bits),
        cmocka_unit_test(test_masking_who_where_when),
        cmocka_unit_test(test_masking_over_time),
        cmocka_unit_test(test_masking_over_a_long_time),
        cmocka_unit_test(test_masking_spreads_upwards),
        cmocka_unit_test(test_masking_share_in_the_mix),
        cmocka_unit_test(test_masking_ignores_level),
        cmocka_unit_test(test_masking_silence_and_lengths),
        cmocka_unit_test(test_mask_bands_cover_the_range),
        cmocka_unit_test(test_masking_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
