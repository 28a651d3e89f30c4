#include "support/cases.h"

#include "analysis/live.h"
#include "support/failing.h"
#include "support/realtime.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, SECONDS = 40, N = SECONDS * RATE, MOST = 30 * SECONDS };

typedef struct {
    st_live_frame frame[MOST];
    int count;
} taken;

static void keep(void *ctx, const st_live_frame *frame) {
    taken *t = ctx;
    if (t->count < MOST)
        t->frame[t->count++] = *frame;
}

static void listen(taken *t, const float *l, const float *r, int64_t n,
                   int64_t block) {
    st_live *live = NULL;
    t->count = 0;
    assert_int_equal(st_live_new(&live, RATE, 2), ST_OK);
    for (int64_t at = 0; at < n; at += block) {
        const float *in[] = {l + at, r + at};
        st_live_process(live, in, n - at < block ? n - at : block, keep, t);
    }
    st_live_free(live);
}

/* Bursts of noise of 10 ms, like a rim shot. */
static void clicks(float *out, double bpm, double first_s, double gain) {
    double period = 60.0 / bpm;
    memset(out, 0, N * sizeof *out);
    for (double at = first_s; at < SECONDS - 0.1; at += period)
        for (int i = 0; i < RATE / 100; i++) {
            double fade = exp(-i / (0.002 * RATE));
            out[(int64_t)(at * RATE) + i] +=
                (float)(gain * fade * (2 * sig_uniform(9, (uint64_t)i) - 1));
        }
}

/* Which frame tells of a moment. */
static double frame_of(double time_s) {
    return time_s * ST_LIVE_RATE;
}

static void test_live_onsets_of_clicks(void **state) {
    (void)state;
    static const double gains[] = {0.9, 0.009};
    float *x = calloc(N, sizeof *x);
    taken *t = calloc(1, sizeof *t);
    for (int g = 0; g < 2; g++) {
        clicks(x, 120, 0.75, gains[g]);
        listen(t, x, x, N, 512);
        int clicks_made = 0;
        int found = 0;
        int flags = 0;
        for (int i = 0; i < t->count; i++)
            flags += (t->frame[i].flags & ST_LIVE_ONSET) != 0;
        for (double at = 0.75; at < SECONDS - 0.1; at += 0.5) {
            clicks_made++;
            for (int i = 0; i < t->count; i++)
                if ((t->frame[i].flags & ST_LIVE_ONSET) != 0 &&
                    fabs(i - frame_of(at)) <= 1.01) {
                    found++;
                    break;
                }
        }
        assert_true(found >= 0.95 * clicks_made);
        assert_true(flags <= clicks_made + 1);
    }
    free(x);
    free(t);
}

static void test_live_phase_of_clicks(void **state) {
    (void)state;
    static const double tempi[] = {84, 120, 128, 150};
    float *x = calloc(N, sizeof *x);
    taken *t = calloc(1, sizeof *t);
    for (int c = 0; c < 4; c++) {
        clicks(x, tempi[c], 0.4, 0.5);
        listen(t, x, x, N, 480);
        double worst = 0;
        for (int i = 10 * ST_LIVE_RATE; i < t->count; i++) {
            const st_live_frame *f = &t->frame[i];
            assert_true((f->flags & ST_LIVE_TEMPO) != 0);
            assert_close(f->bpm_x100 / 100.0, tempi[c], 0.6, "tempo");
            double beats = (f->time_s - 0.4) * tempi[c] / 60;
            double off = f->beat_phase / 256.0 - (beats - floor(beats));
            off -= floor(off + 0.5);
            worst = fmax(worst, fabs(off) * 60 / tempi[c]);
        }
        assert_close(worst, 0, 0.020, "phase, seconds");
    }
    free(x);
    free(t);
}

static void test_live_frames_come_in_time(void **state) {
    (void)state;
    float *x = calloc(N, sizeof *x);
    taken *t = calloc(1, sizeof *t);
    listen(t, x, x, N, 1000);
    assert_int_equal(t->count, MOST);
    for (int i = 0; i < t->count; i++) {
        const st_live_frame *f = &t->frame[i];
        assert_int_equal(f->seq, i);
        assert_close(f->time_s, i / 30.0, 1e-9, "time");
        assert_int_equal(f->flags, ST_LIVE_SILENCE);
        assert_int_equal(f->bpm_x100, 0);
        assert_int_equal(f->rms[0], -12000);
        assert_int_equal(f->volume, 0);
    }
    free(x);
    free(t);
}

static void test_live_levels_and_bands(void **state) {
    (void)state;
    float *l = calloc(N, sizeof *l);
    float *r = calloc(N, sizeof *r);
    taken *t = calloc(1, sizeof *t);
    sig_sine(l, N, RATE, 1000, 0, 0);
    sig_sine(r, N, RATE, 1000, -20, 0);
    listen(t, l, r, 4 * RATE, 700);
    const st_live_frame *f = &t->frame[60];
    assert_close(f->rms[0] / 100.0, -3.01, 0.05, "rms left");
    assert_close(f->rms[1] / 100.0, -23.01, 0.05, "rms right");
    assert_close(f->peak[0] / 100.0, 0, 0.05, "peak");
    int best = 0;
    for (int b = 0; b < ST_LIVE_BANDS; b++)
        best = f->bands[b] > f->bands[best] ? b : best;
    assert_close(30 * pow(16000.0 / 30, (best + 0.5) / ST_LIVE_BANDS), 1000,
                 100, "band");
    assert_true(f->bands[best] == 255);
    assert_true(f->mid > f->bass && f->mid > f->high);
    free(l);
    free(r);
    free(t);
}

static void test_live_knows_no_tempo_of_noise(void **state) {
    (void)state;
    float *x = calloc(N, sizeof *x);
    taken *t = calloc(1, sizeof *t);
    sig_pink(x, N, 3, -20);
    listen(t, x, x, N, 4096);
    int claims = 0;
    for (int i = 0; i < t->count; i++)
        claims += (t->frame[i].flags & ST_LIVE_TEMPO) != 0;
    assert_true(claims < t->count / 10);
    free(x);
    free(t);
}

static void test_live_any_block_same_frames(void **state) {
    (void)state;
    float *l = calloc(N, sizeof *l);
    float *r = calloc(N, sizeof *r);
    taken *a = calloc(1, sizeof *a);
    taken *b = calloc(1, sizeof *b);
    sig_music(l, r, 8 * RATE, RATE, 4);
    l[5000] = NAN;
    r[9000] = -INFINITY;
    listen(a, l, r, 8 * RATE, 8 * RATE);
    listen(b, l, r, 8 * RATE, 37);
    assert_int_equal(a->count, b->count);
    for (int i = 0; i < a->count; i++) {
        uint8_t one[ST_LIVE_BYTES];
        uint8_t two[ST_LIVE_BYTES];
        st_live_pack(&a->frame[i], one);
        st_live_pack(&b->frame[i], two);
        assert_memory_equal(one, two, sizeof one);
    }
    free(l);
    free(r);
    free(a);
    free(b);
}

static void test_live_grid_of_a_deck(void **state) {
    (void)state;
    static float x[4 * RATE];
    st_live *live = NULL;
    taken *t = calloc(1, sizeof *t);
    const float *in[] = {x, x};
    const uint8_t stems[] = {1, 2, 3, 255};
    assert_int_equal(st_live_new(&live, RATE, 2), ST_OK);
    st_live_set_grid(live, 90, 0.2, 3);
    st_live_set_stems(live, stems);
    st_live_process(live, in, 4 * RATE, keep, t);
    int beats = 0;
    for (int i = 0; i < t->count; i++)
        beats += (t->frame[i].flags & ST_LIVE_BEAT) != 0;
    assert_int_equal(beats, 6);
    const st_live_frame *f = &t->frame[96]; /* 3.2 s: 4.5 beats, 1.5 bars */
    assert_int_equal(f->bpm_x100, 9000);
    assert_close(f->beat_phase, 128, 1, "beat");
    assert_close(f->bar_phase, 128, 1, "bar");
    assert_int_equal(f->beat, 4);
    assert_memory_equal(f->stems, stems, 4);
    st_live_free(live);
    free(t);
}

static void test_live_pack_and_unpack(void **state) {
    (void)state;
    st_live_frame f = {.time_s = 12.5,
                       .seq = 70000,
                       .flags = 21,
                       .rms = {-1234, -12000},
                       .peak = {5, -3},
                       .bass = 9,
                       .bpm_x100 = 17450,
                       .beat = 123456,
                       .onset = 7,
                       .stems = {1, 2, 3, 4}};
    f.bands[63] = 200;
    uint8_t bytes[ST_LIVE_BYTES];
    st_live_frame back;
    st_live_pack(&f, bytes);
    assert_int_equal(st_live_unpack(&back, bytes, sizeof bytes), ST_OK);
    assert_close(back.time_s, 12.5, 0, "time");
    assert_int_equal(back.seq, 70000);
    assert_int_equal(back.rms[0], -1234);
    assert_int_equal(back.peak[1], -3);
    assert_int_equal(back.bands[63], 200);
    assert_int_equal(back.bpm_x100, 17450);
    assert_int_equal(back.beat, 123456);
    assert_memory_equal(back.stems, f.stems, 4);
    assert_int_equal(st_live_unpack(&back, bytes, 111), ST_BAD_DATA);
}

static void test_live_any_rate(void **state) {
    (void)state;
    static const int rates[] = {8000, 22050, 44100, 192000, 384000};
    float *x = calloc(384000, sizeof *x);
    for (int i = 0; i < 5; i++) {
        st_live *live = NULL;
        taken *t = calloc(1, sizeof *t);
        sig_pink(x, 384000, 1, -20);
        const float *in[] = {x};
        assert_int_equal(st_live_new(&live, rates[i], 1), ST_OK);
        st_live_process(live, in, rates[i], keep, t);
        assert_true(t->count == 29 || t->count == 30);
        if (rates[i] == 8000)
            assert_int_equal(t->frame[20].bands[ST_LIVE_BANDS - 1], 0);
        st_live_free(live);
        free(t);
    }
    st_live *live = NULL;
    assert_int_equal(st_live_new(&live, 7999, 1), ST_BAD_ARG);
    assert_int_equal(st_live_new(&live, RATE, 9), ST_BAD_ARG);
    free(x);
}

static int frames_seen;

static void count_frame(void *ctx, const st_live_frame *frame) {
    (void)ctx;
    frames_seen += frame->seq < 1000000;
}

static void test_live_is_realtime(void **state) {
    (void)state;
    static float x[6 * RATE];
    st_live *live = NULL;
    const float *in[] = {x, x};
    sig_drums(x, x, 6 * RATE, RATE, 1);
    assert_int_equal(st_live_new(&live, RATE, 2), ST_OK);
    rt_enter();
    st_live_set_grid(live, 120, 0, 4);
    st_live_process(live, in, 3 * RATE, count_frame, NULL);
    st_live_set_grid(live, 0, 0, 0);
    st_live_process(live, in, 6 * RATE, count_frame, NULL);
    st_live_reset(live);
    rt_leave();
    assert_true(frames_seen > 260);
    st_live_free(live);
}

static st_status whole_life(void *ctx) {
    (void)ctx;
    st_live *live = NULL;
    st_status status = st_live_new(&live, RATE, 2);
    st_live_free(live);
    return status;
}

static void test_live_survives_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(whole_life, NULL) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_onsets_of_clicks),
        cmocka_unit_test(test_live_phase_of_clicks),
        cmocka_unit_test(test_live_frames_come_in_time),
        cmocka_unit_test(test_live_levels_and_bands),
        cmocka_unit_test(test_live_knows_no_tempo_of_noise),
        cmocka_unit_test(test_live_any_block_same_frames),
        cmocka_unit_test(test_live_grid_of_a_deck),
        cmocka_unit_test(test_live_pack_and_unpack),
        cmocka_unit_test(test_live_any_rate),
        cmocka_unit_test(test_live_is_realtime),
        cmocka_unit_test(test_live_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
