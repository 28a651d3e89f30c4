#include "support/cases.h"

#include "core/alloc.h"
#include "models/beat/beat.h"
#include "support/failing.h"

#include <math.h>
#include <string.h>

enum { N = 1200, SECONDS = N / 50, TEMPI = ST_BEAT_TEMPI + 1 };

/* Noise with a pulse each 26 frames; training/beat_export.py makes the same. */
static float (*make_rows(int64_t n))[ST_BEAT_INPUTS] {
    float(*x)[ST_BEAT_INPUTS] = st_calloc((size_t)n, sizeof *x);
    uint32_t seed = 1;
    for (int64_t f = 0; f < n; f++)
        for (int i = 0; i < ST_BEAT_INPUTS; i++) {
            seed = seed * 1664525u + 1013904223u;
            x[f][i] = (float)((double)seed / 4294967296.0) +
                      (f % 26 == 0 ? 2.0f : 0.0f);
        }
    return x;
}

typedef struct {
    float (*x)[ST_BEAT_INPUTS];
    int64_t n;
} rows;

static void fill(void *ctx, int64_t first, int64_t count, float *out) {
    const rows *r = ctx;
    for (int64_t i = 0; i < count; i++, out += ST_BEAT_INPUTS) {
        bool inside = first + i >= 0 && first + i < r->n;
        if (inside)
            memcpy(out, r->x[first + i], sizeof *r->x);
        else
            memset(out, 0, sizeof *r->x);
    }
}

static st_beat_output output(int64_t n) {
    size_t seconds = (size_t)st_beat_seconds(n);
    return (st_beat_output){
        st_calloc((size_t)n, sizeof(float)),
        st_calloc((size_t)n, sizeof(float)),
        st_calloc(seconds * TEMPI, sizeof(float)),
        st_calloc(seconds * ST_BEAT_METRES, sizeof(float)),
    };
}

static void output_free(st_beat_output *o) {
    st_free(o->beat);
    st_free(o->downbeat);
    st_free(o->tempo);
    st_free(o->metre);
}

static st_beat_net *make(void) {
    st_beat_net *net = NULL;
    st_err err = {0};
    if (st_beat_net_new(&net, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    return net;
}

static void test_beat_is_the_network(void **state) {
    (void)state;
    st_beat_net *net = make();
    rows r = {make_rows(N), N};
    st_beat_output o = output(N);
    assert_int_equal(st_beat_net_run(net, &(st_beat_input){fill, &r, N}, &o),
                     ST_OK);
#define BEAT(F, B, D)                                                          \
    assert_close((double)o.beat[F], B, 1e-4, "beat");                          \
    assert_close((double)o.downbeat[F], D, 1e-4, "downbeat");
#define TEMPO(S, K, V)                                                         \
    assert_close((double)o.tempo[(S)*TEMPI + (K)], V, 1e-4, "tempo");
#define METRE(S, K, V)                                                         \
    assert_close((double)o.metre[(S)*ST_BEAT_METRES + (K)], V, 1e-4, "metre");
#include "beat_numbers.h"
    output_free(&o);
    st_free(r.x);
    st_beat_net_free(net);
}

/* Beyond a segment of five minutes the answer is that of the same rows in a
 * shorter piece around them: the seam does not show. */
static void test_beat_segments_do_not_show(void **state) {
    (void)state;
    enum { LONG = 17001, FROM = 12500, SEAM = 15000 };
    st_beat_net *net = make();
    rows all = {make_rows(LONG), LONG};
    rows part = {all.x + FROM, LONG - FROM};
    st_beat_output a = output(LONG), b = output(LONG - FROM);
    assert_int_equal(
        st_beat_net_run(net, &(st_beat_input){fill, &all, LONG}, &a), ST_OK);
    assert_int_equal(
        st_beat_net_run(net, &(st_beat_input){fill, &part, LONG - FROM}, &b),
        ST_OK);
    for (int f = SEAM - 200; f < LONG; f++) {
        assert_close((double)a.beat[f], (double)b.beat[f - FROM], 1e-6, "beat");
        assert_close((double)a.downbeat[f], (double)b.downbeat[f - FROM], 1e-6,
                     "downbeat");
    }
    output_free(&a);
    output_free(&b);
    st_free(all.x);
    st_beat_net_free(net);
}

static void test_beat_short_input(void **state) {
    (void)state;
    st_beat_net *net = make();
    for (int n = 0; n < 7; n++) {
        rows r = {make_rows(7), n};
        st_beat_output o = output(7);
        assert_int_equal(
            st_beat_net_run(net, &(st_beat_input){fill, &r, n}, &o), ST_OK);
        float sum = 0.0f;
        for (int i = 0; i < TEMPI; i++)
            sum += o.tempo[i];
        assert_close((double)sum, n > 0 ? 1.0 : 0.0, 1e-4, "mass");
        output_free(&o);
        st_free(r.x);
    }
    st_beat_net_free(net);
}

static void test_beat_classes(void **state) {
    (void)state;
    assert_close(st_beat_class_bpm(0), 50.0, 1e-9, "first");
    assert_close(st_beat_class_bpm(79), 215.0, 1e-9, "last");
    for (double bpm = 40.0; bpm < 230.0; bpm += 7.0)
        assert_close(st_beat_class_bpm(st_beat_bpm_class(bpm)), bpm, 1e-9,
                     "there and back");
}

static st_status whole_life(void *ctx) {
    st_beat_net *net = NULL;
    st_status status = st_beat_net_new(&net, NULL, NULL);
    float beat[60], down[60], tempo[2 * TEMPI], metre[2 * ST_BEAT_METRES];
    if (status == ST_OK)
        status = st_beat_net_run(net, &(st_beat_input){fill, ctx, 60},
                                 &(st_beat_output){beat, down, tempo, metre});
    st_beat_net_free(net);
    return status;
}

static void test_beat_survives_no_memory(void **state) {
    (void)state;
    rows r = {make_rows(60), 60};
    assert_true(failing_run(whole_life, &r) > 20);
    st_free(r.x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beat_is_the_network),
        cmocka_unit_test(test_beat_segments_do_not_show),
        cmocka_unit_test(test_beat_short_input),
        cmocka_unit_test(test_beat_classes),
        cmocka_unit_test(test_beat_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
