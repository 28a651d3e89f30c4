#include "support/cases.h"
#include "support/meters.h"
#include "support/signals.h"

#include "audio/resample.h"
#include "core/alloc.h"

#include <math.h>
#include <string.h>

/* A mono signal in memory. */
typedef struct {
    st_source source;
    float *data;
    int64_t at;
} memory;

static st_status memory_read(st_source *source, float *const *out,
                             int64_t frames, int64_t *got, st_err *err) {
    (void)err;
    memory *s = (memory *)source;
    int64_t left = source->format.frames - s->at;
    *got = frames < left ? frames : left;
    for (int c = 0; c < source->format.channels; c++)
        memcpy(out[c], s->data + s->at, (size_t)*got * sizeof(float));
    s->at += *got;
    return ST_OK;
}

static st_status memory_seek(st_source *source, int64_t frame, st_err *err) {
    (void)err;
    ((memory *)source)->at = frame;
    return ST_OK;
}

static void memory_free(st_source *source) {
    st_free(((memory *)source)->data);
    st_free(source);
}

static const st_source_ops memory_ops = {memory_read, memory_seek, memory_free};

/* `frames` of data at rate in_hz, resampled to out_hz. */
static st_source *make(int in_hz, int out_hz, int channels, int64_t frames,
                       st_resample_quality quality, float **data) {
    memory *m = st_calloc(1, sizeof *m);
    assert_non_null(m);
    m->data = st_calloc((size_t)frames, sizeof(float));
    m->source = (st_source){&memory_ops, {in_hz, channels, frames}};
    *data = m->data;
    st_source *out = NULL;
    st_err err = {0};
    assert_int_equal(
        st_resample_source_new(&out, &m->source, out_hz, quality, &err), ST_OK);
    return out;
}

/* All of it, in blocks of `block`; mono. */
static float *drain(st_source *source, int64_t block, int64_t *total) {
    int64_t room = 4000000;
    float *data = st_calloc((size_t)room, sizeof(float));
    int64_t at = 0, got = 1;
    while (got > 0) {
        float *planes[1] = {data + at};
        st_err err = {0};
        assert_int_equal(st_source_read(source, planes, block, &got, &err),
                         ST_OK);
        at += got;
    }
    *total = at;
    return data;
}

static const int rates[] = {8000,  11025, 16000, 22050,  32000,  44100,
                            48000, 88200, 96000, 176400, 192000, 384000};
enum { RATES = sizeof rates / sizeof *rates };

static void test_resample_length_is_exact(void **state) {
    (void)state;
    static const int64_t lengths[] = {0, 1, 2, 441, 8191};
    for (int a = 0; a < RATES; a++)
        for (int b = 0; b < RATES; b++) {
            int64_t frames = lengths[(a + b) % 5], total = 0;
            float *data = NULL;
            st_source *s = make(rates[a], rates[b], 1, frames,
                                ST_RESAMPLE_VERY_HIGH, &data);
            int64_t want =
                llround((double)frames * rates[b] / (double)rates[a]);
            assert_true(s->format.frames == want);
            assert_int_equal(s->format.rate_hz, rates[b]);
            st_free(drain(s, 1000, &total));
            assert_true(total == want);
            st_source_free(s);
        }
    assert_true(st_resample_length(-1, 44100, 48000) == -1);
}

/* A tone comes out as the same tone: level, phase and no delay. */
static void test_resample_keeps_tones_in_place(void **state) {
    (void)state;
    static const struct {
        int in, out;
        double hz;
        double null_db; /* near the edge soxr rolls off by 0.003 dB */
    } cases[] = {
        {44100, 48000, 1000.0, -130.0},   {44100, 48000, 19000.0, -70.0},
        {48000, 44100, 19000.0, -70.0},   {96000, 44100, 15000.0, -115.0},
        {44100, 192000, 20000.0, -70.0},  {8000, 48000, 3000.0, -130.0},
        {192000, 48000, 20000.0, -115.0}, {48000, 8000, 1000.0, -130.0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        float *data = NULL;
        int64_t n = cases[c].in, total = 0;
        st_source *s =
            make(cases[c].in, cases[c].out, 1, n, ST_RESAMPLE_VERY_HIGH, &data);
        sig_sine(data, (size_t)n, cases[c].in, cases[c].hz, -6.0, 0.3);
        float *got = drain(s, 4096, &total);
        float *want = st_calloc((size_t)total, sizeof(float));
        sig_sine(want, (size_t)total, cases[c].out, cases[c].hz, -6.0, 0.3);
        size_t skip = (size_t)total / 4;
        double null = meter_null_db(want + skip, got + skip, 2 * skip, 0);
        assert_true(null < cases[c].null_db);
        st_free(got);
        st_free(want);
        st_source_free(s);
    }
}

static double level_after(int in_hz, int out_hz, double hz,
                          st_resample_quality quality) {
    float *data = NULL;
    int64_t total = 0;
    st_source *s = make(in_hz, out_hz, 1, in_hz, quality, &data);
    sig_sine(data, (size_t)in_hz, in_hz, hz, 0.0, 0.0);
    float *got = drain(s, 4096, &total);
    size_t skip = (size_t)total / 4;
    double level = meter_rms_db(got + skip, 2 * skip) + 3.0103;
    st_free(got);
    st_source_free(s);
    return level;
}

/* Tones above the new Nyquist vanish; the pass band stands. */
static void test_resample_alias_and_pass_band(void **state) {
    (void)state;
    static const double above[] = {22100.0, 23000.0, 30000.0, 44000.0};
    for (size_t i = 0; i < sizeof above / sizeof *above; i++)
        assert_true(level_after(96000, 44100, above[i], ST_RESAMPLE_VERY_HIGH) <
                    -120.0);
    assert_true(level_after(96000, 44100, 30000.0, ST_RESAMPLE_HIGH) < -100.0);
    assert_true(level_after(96000, 44100, 30000.0, ST_RESAMPLE_FAST) < -75.0);
    assert_close(level_after(96000, 44100, 20000.0, ST_RESAMPLE_VERY_HIGH), 0.0,
                 0.01, "20 kHz");
    assert_close(level_after(96000, 44100, 20.0, ST_RESAMPLE_VERY_HIGH), 0.0,
                 0.01, "20 Hz");
}

static void test_resample_blocks_do_not_matter(void **state) {
    (void)state;
    float *a_data = NULL, *b_data = NULL;
    int64_t a_total = 0, b_total = 0;
    st_source *a = make(44100, 48000, 1, 30000, ST_RESAMPLE_VERY_HIGH, &a_data);
    st_source *b = make(44100, 48000, 1, 30000, ST_RESAMPLE_VERY_HIGH, &b_data);
    sig_white(a_data, 30000, 1, -12.0);
    sig_white(b_data, 30000, 1, -12.0);
    float *one = drain(a, 1000000, &a_total);
    float *two = drain(b, 77, &b_total);
    assert_true(a_total == b_total);
    assert_memory_equal(one, two, (size_t)a_total * sizeof(float));
    /* seek: the same bits as an unbroken read */
    st_err err = {0};
    float part[100], *planes[] = {part};
    static const int64_t places[] = {0, 5000, 12345, 20};
    for (size_t i = 0; i < 4; i++) {
        int64_t got = 0;
        assert_int_equal(st_source_seek(a, places[i], &err), ST_OK);
        assert_int_equal(st_source_read(a, planes, 100, &got, &err), ST_OK);
        assert_true(got == 100);
        assert_memory_equal(part, one + places[i], sizeof part);
    }
    assert_int_equal(st_source_seek(a, a_total + 1, &err), ST_BAD_ARG);
    st_free(one);
    st_free(two);
    st_source_free(a);
    st_source_free(b);
}

static void test_resample_refuses_rates(void **state) {
    (void)state;
    float *data = NULL;
    st_source *s = make(44100, 44100, 2, 10, ST_RESAMPLE_HIGH, &data);
    assert_ptr_equal(s->ops, &memory_ops);
    st_source *out = NULL;
    st_err err = {0};
    assert_int_equal(
        st_resample_source_new(&out, s, 4000, ST_RESAMPLE_HIGH, &err),
        ST_BAD_ARG);
    assert_non_null(strstr(err.text, "8000"));
    assert_null(out);
    st_source_free(s);
    st_resampler *r = NULL;
    assert_int_equal(st_resampler_new(&r, 48000, 44100, 9, ST_RESAMPLE_HIGH),
                     ST_BAD_ARG);
    st_resampler_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resample_length_is_exact),
        cmocka_unit_test(test_resample_keeps_tones_in_place),
        cmocka_unit_test(test_resample_alias_and_pass_band),
        cmocka_unit_test(test_resample_blocks_do_not_matter),
        cmocka_unit_test(test_resample_refuses_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
