#include "support/cases.h"

#include "audio/channels.h"

#include <math.h>
#include <string.h>

#define A 0.70710678118654752

/* The table of channels.h, gains to L and R. */
static const struct {
    int channels;
    double left[8], right[8];
} to_stereo[] = {
    {1, {1}, {1}},
    {2, {1, 0}, {0, 1}},
    {3, {1, 0, A}, {0, 1, A}},
    {4, {1, 0, A, 0}, {0, 1, 0, A}},
    {5, {1, 0, A, A, 0}, {0, 1, A, 0, A}},
    {6, {1, 0, A, 0, A, 0}, {0, 1, A, 0, 0, A}},
    {7, {1, 0, A, 0, 0.5, A, 0}, {0, 1, A, 0, 0.5, 0, A}},
    {8, {1, 0, A, 0, A, 0, A, 0}, {0, 1, A, 0, 0, A, 0, A}},
};

static void test_channels_to_stereo_and_mono(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof to_stereo / sizeof *to_stereo; c++) {
        st_channel_matrix two, one;
        int n = to_stereo[c].channels;
        assert_int_equal(st_channel_matrix_init(&two, n, 2), ST_OK);
        assert_int_equal(st_channel_matrix_init(&one, n, 1), ST_OK);
        for (int i = 0; i < n; i++) {
            double l = to_stereo[c].left[i], r = to_stereo[c].right[i];
            assert_close((double)two.gain[0][i], l, 1e-7, "left");
            assert_close((double)two.gain[1][i], r, 1e-7, "right");
            assert_close((double)one.gain[0][i], (l + r) / 2.0, 1e-7, "mono");
        }
    }
}

static void test_channels_equal_is_identity(void **state) {
    (void)state;
    for (int n = 1; n <= 8; n++) {
        st_channel_matrix m;
        assert_int_equal(st_channel_matrix_init(&m, n, n), ST_OK);
        for (int o = 0; o < n; o++)
            for (int i = 0; i < n; i++)
                assert_true(m.gain[o][i] == (o == i ? 1.0f : 0.0f));
    }
}

static void test_channels_more_to_fewer(void **state) {
    (void)state;
    st_channel_matrix m;
    assert_int_equal(st_channel_matrix_init(&m, 8, 6), ST_OK);
    assert_true(m.gain[3][3] == 1.0f && m.gain[4][6] == 1.0f);
    assert_close((double)m.gain[4][4], A, 1e-7, "Lb to Ls");
    assert_close((double)m.gain[5][5], A, 1e-7, "Rb to Rs");
    assert_int_equal(st_channel_matrix_init(&m, 6, 4), ST_OK);
    assert_close((double)m.gain[0][2], A, 1e-7, "C to L");
    assert_true(m.gain[2][4] == 1.0f && m.gain[0][3] == 0.0f);
    assert_int_equal(st_channel_matrix_init(&m, 1, 6), ST_OK);
    assert_true(m.gain[0][0] == 1.0f && m.gain[1][0] == 1.0f &&
                m.gain[2][0] == 0.0f);
    assert_int_equal(st_channel_matrix_init(&m, 0, 2), ST_BAD_ARG);
    assert_int_equal(st_channel_matrix_init(&m, 2, 9), ST_BAD_ARG);
}

/* A source of channel c = c + 1, `frames` frames. */
typedef struct {
    st_source source;
    int64_t at;
    int *freed;
} constant;

static st_status constant_read(st_source *source, float *const *out,
                               int64_t frames, int64_t *got, st_err *err) {
    (void)err;
    constant *s = (constant *)source;
    int64_t left = source->format.frames - s->at;
    *got = frames < left ? frames : left;
    for (int c = 0; c < source->format.channels; c++)
        for (int64_t i = 0; i < *got; i++)
            out[c][i] = (float)(c + 1);
    s->at += *got;
    return ST_OK;
}

static st_status constant_seek(st_source *source, int64_t frame, st_err *err) {
    (void)err;
    ((constant *)source)->at = frame;
    return ST_OK;
}

static void constant_free(st_source *source) {
    (*((constant *)source)->freed)++;
}

static const st_source_ops constant_ops = {constant_read, constant_seek,
                                           constant_free};

static void test_channels_source_folds_all(void **state) {
    (void)state;
    int freed = 0;
    constant in = {{&constant_ops, {48000, 6, 10000}}, 0, &freed};
    st_source *out = NULL;
    st_err err = {0};
    assert_int_equal(st_channels_source_new(&out, &in.source, 2, &err), ST_OK);
    assert_int_equal(out->format.channels, 2);
    assert_true(out->format.frames == 10000);
    static float left[12000], right[12000];
    float *planes[] = {left, right};
    int64_t got = 0;
    assert_int_equal(st_source_read(out, planes, 12000, &got, &err), ST_OK);
    assert_true(got == 10000);
    assert_close((double)left[9999], 1.0 + A * (3.0 + 5.0), 1e-5, "left");
    assert_close((double)right[0], 2.0 + A * (3.0 + 6.0), 1e-5, "right");
    assert_int_equal(st_source_seek(out, 9000, &err), ST_OK);
    assert_int_equal(st_source_read(out, planes, 12000, &got, &err), ST_OK);
    assert_true(got == 1000);
    st_source *same = NULL;
    assert_int_equal(st_channels_source_new(&same, out, 2, &err), ST_OK);
    assert_ptr_equal(same, out);
    assert_int_equal(st_channels_source_new(&same, out, 9, &err), ST_BAD_ARG);
    assert_true(strlen(err.text) > 0);
    st_source_free(out);
    assert_int_equal(freed, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channels_to_stereo_and_mono),
        cmocka_unit_test(test_channels_equal_is_identity),
        cmocka_unit_test(test_channels_more_to_fewer),
        cmocka_unit_test(test_channels_source_folds_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
