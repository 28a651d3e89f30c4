/* f0 against melodies whose pitch is known exactly (support/pitched.h), none
 * of which was looked at while it was made: seeds from 1000 on. */
#include "support/cases.h"

#include "analysis/f0.h"
#include "analysis/f0_ops.h"
#include "core/alloc.h"
#include "core/cpu.h"
#include "support/failing.h"
#include "support/pitched.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 10, FRAMES = SECONDS * 100 + 1, MOST = SECONDS * 48000 };

static float x[MOST];
static double truth[FRAMES];

/* What the field counts: gross errors are voiced frames more than 20 % off,
 * RPA the frames of all that sound within 50 cents, medians of |cents| where
 * both say voiced, F1 of voicing. */
typedef struct {
    double both, gross, sounding, near, hit, false_alarm, missed;
    double *cents;
    size_t count, room;
} score;

static st_f0 *track(const float *in, int64_t n, double rate,
                    const st_f0_frame **frames, int64_t *count) {
    st_f0 *f = NULL;
    st_f0_params p = st_f0_defaults(rate);
    assert_int_equal(st_f0_new(&f, &p), ST_OK);
    assert_int_equal(st_f0_process(f, in, n), ST_OK);
    assert_int_equal(st_f0_finish(f, frames, count), ST_OK);
    return f;
}

static void count_frame(score *s, double want, const st_f0_frame *f) {
    double cents = want > 0.0 && f->hz > 0.0f
                       ? fabs(1200.0 * log2((double)f->hz / want))
                       : 9999.0;
    s->hit += want > 0.0 && f->voiced;
    s->missed += want > 0.0 && !f->voiced;
    s->false_alarm += !(want > 0.0) && f->voiced;
    if (!(want > 0.0))
        return;
    s->sounding++;
    s->near += cents <= 50.0;
    if (!f->voiced)
        return;
    s->both++;
    s->gross += fabs((double)f->hz / want - 1.0) > 0.2;
    if (s->count < s->room)
        s->cents[s->count++] = cents;
}

static int by_value(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double median(score *s) {
    qsort(s->cents, s->count, sizeof *s->cents, by_value);
    return s->cents[s->count / 2];
}

static double f1(const score *s) {
    return 2.0 * s->hit / (2.0 * s->hit + s->false_alarm + s->missed);
}

static void judge(score *s, pitched_params p) {
    size_t n = (size_t)(p.rate_hz * SECONDS);
    const st_f0_frame *frames = NULL;
    int64_t count = 0;
    pitched_make(&p, x, n, truth, FRAMES, NULL);
    st_f0 *f = track(x, (int64_t)n, p.rate_hz, &frames, &count);
    assert_true(count == FRAMES);
    for (int i = 0; i < FRAMES; i++)
        count_frame(s, truth[i], &frames[i]);
    st_f0_free(f);
}

static const struct {
    const char *name;
    double vibrato_cents, noise_db;
    int reverb;
} conditions[] = {
    {"clean", 0, 0, 0},  {"vibrato", 45, 0, 0}, {"reverb", 0, 0, 1},
    {"noise", 0, 10, 0}, {"all", 30, 15, 1},
};

static score new_score(void) {
    score s = {.room = 200000};
    s.cents = st_calloc(s.room, sizeof *s.cents);
    assert_non_null(s.cents);
    return s;
}

/* Each condition over all instruments: the figures that are promised. */
static void test_f0_keeps_its_promises(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof conditions / sizeof *conditions; c++) {
        score s = new_score();
        for (int k = 0; k < PITCHED_KINDS; k++)
            judge(&s, (pitched_params){(pitched_kind)k, 1000 + c, 22050.0,
                                       conditions[c].vibrato_cents,
                                       conditions[c].noise_db,
                                       conditions[c].reverb, 1.0});
        double mid = median(&s);
        print_message("%-8s gross %.2f %%, rpa %.2f %%, median %.2f, F1 %.3f\n",
                      conditions[c].name, 100.0 * s.gross / s.both,
                      100.0 * s.near / s.sounding, mid, f1(&s));
        assert_true(s.gross <= 0.015 * s.both);
        assert_true(s.near >= 0.97 * s.sounding);
        assert_true(mid <= (c == 4 ? 4.5 : 3.0));
        assert_true(f1(&s) >= 0.9);
        st_free(s.cents);
    }
}

/* Of the frames that claim a chance, about so many are right. */
static void test_f0_confidence_is_honest(void **state) {
    (void)state;
    double claimed[5] = {0}, right[5] = {0}, frames[5] = {0};
    for (int i = 0; i < 2 * PITCHED_KINDS; i++) {
        pitched_params p = {(pitched_kind)(i / 2), 2500, 22050.0, 20,
                            i % 2 ? 10.0 : 0.0,    0,    1.0};
        const st_f0_frame *f = NULL;
        int64_t count = 0;
        pitched_make(&p, x, SECONDS * 22050, truth, FRAMES, NULL);
        st_f0 *t = track(x, SECONDS * 22050, 22050.0, &f, &count);
        for (int64_t k = 0; k < count; k++) {
            int b = (int)(4.999 * (double)f[k].confidence);
            frames[b]++;
            claimed[b] += (double)f[k].confidence;
            right[b] += truth[k] > 0.0 && f[k].hz > 0.0f &&
                        fabs(1200.0 * log2((double)f[k].hz / truth[k])) <= 50.0;
        }
        st_f0_free(t);
    }
    double error = 0.0, all = 0.0;
    for (int b = 0; b < 5; b++) {
        print_message("claimed %.2f, right %.2f of %g\n",
                      claimed[b] / frames[b], right[b] / frames[b], frames[b]);
        error += fabs(claimed[b] - right[b]);
        all += frames[b];
    }
    assert_true(error <= 0.04 * all);
    assert_true(right[4] >= 0.9 * frames[4]);
    assert_true(right[0] <= 0.1 * frames[0]);
}

static void test_f0_at_other_rates_and_levels(void **state) {
    (void)state;
    static const double rates[] = {8000, 11025, 16000, 32000, 44100, 48000};
    static const double gains[] = {0.01, 1.0, 100.0};
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        score s = new_score();
        for (int k = 0; k < PITCHED_KINDS; k += 3)
            judge(&s, (pitched_params){(pitched_kind)k, 2000 + r, rates[r], 0,
                                       20.0, 0, gains[r % 3]});
        assert_true(s.gross <= 0.015 * s.both);
        assert_true(median(&s) <= 3.0);
        assert_true(f1(&s) >= 0.95);
        st_free(s.cents);
    }
}

static void test_f0_gain_changes_nothing(void **state) {
    (void)state;
    enum { N = 3 * 22050 };
    pitched_params p = {PITCHED_VOICE, 3000, 22050.0, 20, 20, 0, 0.5};
    pitched_make(&p, x, N, truth, 301, NULL);
    const st_f0_frame *a = NULL, *b = NULL;
    int64_t na = 0, nb = 0;
    st_f0 *f = track(x, N, 22050.0, &a, &na);
    for (int i = 0; i < N; i++)
        x[i] *= 0.0078125f;
    st_f0 *g = track(x, N, 22050.0, &b, &nb);
    assert_true(na == nb && na == 301);
    for (int64_t i = 0; i < na; i++) {
        assert_true(a[i].voiced == b[i].voiced);
        assert_true(a[i].hz == b[i].hz);
    }
    st_f0_free(f);
    st_f0_free(g);
}

static void test_f0_does_not_see_the_division(void **state) {
    (void)state;
    enum { N = 2 * 22050 };
    pitched_params p = {PITCHED_BOW, 3001, 22050.0, 30, 20, 1, 1.0};
    pitched_make(&p, x, N, truth, 201, NULL);
    const st_f0_frame *a = NULL, *b = NULL;
    int64_t na = 0, nb = 0;
    st_f0 *f = track(x, N, 22050.0, &a, &na);
    st_f0_params params = st_f0_defaults(22050.0);
    st_f0 *g = NULL;
    assert_int_equal(st_f0_new(&g, &params), ST_OK);
    for (int round = 0; round < 2; round++) {
        st_f0_reset(g);
        for (int64_t at = 0, step = 1; at < N;
             at += step, step = (step * 7 + 3) % 4099) {
            step = step > N - at ? N - at : step;
            assert_int_equal(st_f0_process(g, x + at, step), ST_OK);
        }
        assert_int_equal(st_f0_finish(g, &b, &nb), ST_OK);
        assert_true(na == nb);
        assert_memory_equal(a, b, (size_t)na * sizeof *a);
    }
    st_f0_free(f);
    st_f0_free(g);
}

/* None of these has a pitch; none may be given one with confidence. */
static void test_f0_of_what_has_no_pitch(void **state) {
    (void)state;
    enum { N = 4 * 22050 };
    for (int kind = 0; kind < 7; kind++) {
        sig_silence(x, N);
        if (kind == 1)
            sig_white(x, N, 7, -20.0);
        if (kind == 2)
            sig_pink(x, N, 8, -20.0);
        for (int i = 0; i < N; i++) {
            if (kind == 3)
                x[i] = 0.5f;
            if (kind == 4)
                x[i] = i % 2 ? NAN : INFINITY;
            if (kind == 5)
                x[i] = i == 30000 ? 1.0f : 0.0f;
            if (kind == 6) /* clicks without a rhythm */
                x[i] = sig_uniform(9, (uint64_t)i) > 0.999 ? 1.0f : 0.0f;
        }
        const st_f0_frame *frames = NULL;
        int64_t count = 0;
        double voiced = 0.0;
        st_f0 *f = track(x, N, 22050.0, &frames, &count);
        assert_true(count == 401);
        for (int64_t i = 0; i < count; i++) {
            voiced += frames[i].voiced;
            assert_true(frames[i].confidence >= 0.0f &&
                        frames[i].confidence <= 1.0f);
            assert_true(frames[i].hz >= 0.0f && frames[i].hz < 2100.0f);
            assert_true(frames[i].level_db >= -200.0f);
        }
        if (voiced > 0.02 * (double)count)
            fail_msg("kind %d: %g of %d frames voiced", kind, voiced,
                     (int)count);
        st_f0_free(f);
    }
}

static void test_f0_lengths(void **state) {
    (void)state;
    static const int lengths[] = {0, 1, 2, 220, 221, 441, 5000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const st_f0_frame *frames = NULL;
        int64_t count = -1;
        sig_sine(x, 5000, 22050.0, 300.0, -6.0, 0.0);
        st_f0 *f = track(x, lengths[i], 22050.0, &frames, &count);
        assert_true(count == (lengths[i] ? 1 + lengths[i] * 100 / 22050 : 0));
        st_f0_free(f);
    }
    static const st_f0_params wrong[] = {
        {7999.0, 40.0, 2000.0},  {48001.0, 40.0, 2000.0},
        {22050.0, 39.0, 2000.0}, {22050.0, 40.0, 2001.0},
        {22050.0, 200.0, 300.0}, {NAN, 40.0, 2000.0},
    };
    st_f0 *f = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(st_f0_new(&f, &wrong[i]), ST_BAD_ARG);
    assert_null(f);
    st_f0_free(NULL);
}

static void test_f0_range_is_kept(void **state) {
    (void)state;
    enum { N = 22050 };
    st_f0_params p = {22050.0, 100.0, 400.0};
    for (int hz = 60; hz <= 900; hz += 60) {
        const st_f0_frame *frames = NULL;
        int64_t count = 0;
        st_f0 *f = NULL;
        sig_sine(x, N, 22050.0, hz, -12.0, 0.0);
        assert_int_equal(st_f0_new(&f, &p), ST_OK);
        assert_int_equal(st_f0_process(f, x, N), ST_OK);
        assert_int_equal(st_f0_finish(f, &frames, &count), ST_OK);
        for (int64_t i = 10; i < count - 10; i++) {
            assert_true(frames[i].hz == 0.0f ||
                        (frames[i].hz > 97.0f && frames[i].hz < 410.0f));
            if (hz > 100 && hz < 400)
                assert_close((double)frames[i].hz, hz, 0.05, "sine");
        }
        st_f0_free(f);
    }
}

static void test_f0_ops_have_the_same_bits(void **state) {
    (void)state;
    static float w[700], re[2][700], im[2][700], out[2][700];
    sig_white(x, 1400, 4, -6.0);
    sig_white(w, 700, 5, -6.0);
    const st_f0_ops *plain = st_f0_ops_level(0);
    for (int level = 1; level < ST_CPU_LEVEL_COUNT; level++) {
        const st_f0_ops *ops = st_f0_ops_level(level);
        for (size_t n = 0; ops && n < 700; n = n * 2 + 1) {
            assert_true(plain->dot(x, w, n) == ops->dot(x, w, n));
            assert_true(plain->sum(x, n) == ops->sum(x, n));
            plain->window(out[0], x, w, 0.1f, n);
            ops->window(out[1], x, w, 0.1f, n);
            for (int k = 0; k < 2; k++) {
                memcpy(re[k], x, sizeof re[k]);
                memcpy(im[k], w, sizeof im[k]);
            }
            plain->power(re[0], im[0], w, n);
            ops->power(re[1], im[1], w, n);
            assert_memory_equal(out[0], out[1], sizeof out[0]);
            assert_memory_equal(re[0], re[1], sizeof re[0]);
            assert_memory_equal(im[0], im[1], sizeof im[0]);
        }
    }
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_f0 *f = NULL;
    st_f0_params p = st_f0_defaults(22050.0);
    const st_f0_frame *frames = NULL;
    int64_t count = 0;
    st_status status = st_f0_new(&f, &p);
    if (status == ST_OK)
        status = st_f0_process(f, x, 22050);
    if (status == ST_OK)
        status = st_f0_finish(f, &frames, &count);
    st_f0_free(f);
    return status;
}

static void test_f0_survives_no_memory(void **state) {
    (void)state;
    sig_sine(x, 22050, 22050.0, 300.0, -6.0, 0.0);
    assert_true(failing_run(whole_life, NULL) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f0_keeps_its_promises),
        cmocka_unit_test(test_f0_confidence_is_honest),
        cmocka_unit_test(test_f0_at_other_rates_and_levels),
        cmocka_unit_test(test_f0_gain_changes_nothing),
        cmocka_unit_test(test_f0_does_not_see_the_division),
        cmocka_unit_test(test_f0_of_what_has_no_pitch),
        cmocka_unit_test(test_f0_lengths),
        cmocka_unit_test(test_f0_range_is_kept),
        cmocka_unit_test(test_f0_ops_have_the_same_bits),
        cmocka_unit_test(test_f0_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
