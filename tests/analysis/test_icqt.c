/* The constant-Q transform there and back: what is left over, in the band that
 * the bins cover. */
#include "support/cases.h"

#include "analysis/icqt.h"
#include "audio/fft.h"
#include "core/alloc.h"
#include "frames_kept.h"
#include "support/signals.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1 << 17, LONG = 1 << 20 };
#define RATE 22050.0

static float sound[LONG], other[LONG], back[LONG];

/* C2, six octaves: kernels of a quarter of a second. */
static st_cqt_params params_of(double rate, int per_octave, bool analytic) {
    st_cqt_params p = st_cqt_defaults(rate);
    p.low_hz *= 2.0;
    p.per_octave = per_octave;
    p.bins = 6 * per_octave;
    p.analytic = analytic;
    p.complex = true;
    p.hop = st_icqt_hop(&p);
    return p;
}

/* Blocks into `back`, in order, at most `room` samples. */
typedef struct {
    int hop;
    int64_t blocks, room;
} taker;

static void take_block(void *ctx, int64_t block, const float *x) {
    taker *t = ctx;
    assert_int_equal(block, t->blocks);
    t->blocks++;
    int64_t at = block * t->hop, left = t->room - at;
    if (left > 0)
        memcpy(back + at, x,
               (size_t)(left < t->hop ? left : t->hop) * sizeof *x);
}

/* sound[n] there and back, the one unit feeding the other. */
static void there_and_back(const st_cqt_params *p, int64_t n) {
    st_cqt *there = NULL;
    st_icqt *home = NULL;
    taker t = {p->hop, 0, n};
    memset(back, 0, (size_t)n * sizeof *back);
    assert_int_equal(st_icqt_new(&home, p, (st_frame_sink){take_block, &t}),
                     ST_OK);
    assert_int_equal(st_cqt_new(&there, p, (st_frame_sink){st_icqt_sink, home}),
                     ST_OK);
    st_cqt_process(there, sound, n);
    st_cqt_finish(there);
    st_icqt_finish(home);
    assert_int_equal(t.blocks, st_cqt_frames(there));
    st_cqt_free(there);
    st_icqt_free(home);
}

/* Power of x between two frequencies; n a power of two. */
static double band_power(const float *x, size_t n, double rate, double low,
                         double high) {
    st_rfft *fft = NULL;
    assert_int_equal(st_rfft_new(&fft, n), ST_OK);
    float *re = st_calloc(n / 2 + 1, sizeof *re);
    float *im = st_calloc(n / 2 + 1, sizeof *im);
    float *scratch = st_calloc(st_rfft_scratch(fft), sizeof *scratch);
    double sum = 0.0;
    st_rfft_forward(fft, x, re, im, scratch);
    for (size_t k = 0; k <= n / 2; k++) {
        double hz = (double)k * rate / (double)n;
        if (hz >= low && hz <= high)
            sum +=
                (double)re[k] * (double)re[k] + (double)im[k] * (double)im[k];
    }
    st_free(re);
    st_free(im);
    st_free(scratch);
    st_rfft_free(fft);
    return sum;
}

/* dB by which the sound stands over what is left, within the bins. */
static double snr(const st_cqt_params *p, size_t n) {
    double low = p->low_hz, high = st_cqt_hz(p, st_cqt_present(p) - 1);
    there_and_back(p, (int64_t)n);
    for (size_t i = 0; i < n; i++)
        other[i] = back[i] - sound[i];
    return 10.0 * log10(band_power(sound, n, p->rate_hz, low, high) /
                        band_power(other, n, p->rate_hz, low, high));
}

/* Silence for a sixth at both ends, where frames would be missing. */
static void gate(size_t n) {
    for (size_t i = 0; i < n; i++)
        if (i < n / 6 || i > n - n / 6)
            sound[i] = 0.0f;
}

static void check_snr(const st_cqt_params *p, size_t n, double least,
                      const char *what) {
    double got = snr(p, n);
    if (!(got >= least))
        fail_msg("%s, %d an octave, hop %d, %s, %g Hz: %.1f dB", what,
                 p->per_octave, p->hop, p->analytic ? "analytic" : "plain",
                 p->rate_hz, got);
}

static void test_icqt_sounds(void **state) {
    (void)state;
    static const int per_octave[] = {12, 24, 36};
    for (int i = 0; i < 6; i++) {
        st_cqt_params p = params_of(RATE, per_octave[i / 2], i % 2 == 0);
        sig_white(sound, N, 3, -15);
        gate(N);
        check_snr(&p, N, 45.0, "noise");
        sig_sweep(sound, N, RATE, 60.0, 4300.0, -6.0);
        gate(N);
        check_snr(&p, N, 50.0, "sweep");
        sig_music(sound, other, N, RATE, 4);
        gate(N);
        check_snr(&p, N, 45.0, "music");
    }
}

/* The hop that st_icqt_hop names is right at any rate and density. */
static void test_icqt_hop_gives_40_db(void **state) {
    (void)state;
    static const struct {
        double rate;
        size_t n;
        int per_octave;
        double scale;
    } cases[] = {{8000, N / 2, 12, 1.0}, {22050, N, 4, 1.0},
                 {22050, N, 18, 1.0},    {22050, N, 12, 1.9},
                 {22050, N, 12, 0.5},    {48000, 2 * N, 12, 1.0},
                 {192000, LONG, 24, 1.0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int analytic = 0; analytic < 2; analytic++) {
            st_cqt_params p =
                params_of(cases[i].rate, cases[i].per_octave, analytic == 1);
            p.scale = cases[i].scale;
            p.hop = st_icqt_hop(&p);
            double length = st_cqt_length(&p, st_cqt_present(&p) - 1);
            assert_true(4.0 * p.hop <= length || p.hop == 1);
            assert_true(8.0 * p.hop > length);
            sig_white(sound, cases[i].n, 7, -15);
            gate(cases[i].n);
            check_snr(&p, cases[i].n, 40.0, "noise");
        }
}

/* The hop of the features leaves gaps, which nothing fills. */
static void test_icqt_long_hops_lose(void **state) {
    (void)state;
    st_cqt_params p = params_of(RATE, 12, true);
    p.hop = 512;
    sig_white(sound, N, 3, -15);
    gate(N);
    assert_true(snr(&p, N) < 15.0);
}

static void test_icqt_silence_is_silence(void **state) {
    (void)state;
    st_cqt_params p = params_of(RATE, 12, true);
    memset(sound, 0, sizeof sound);
    there_and_back(&p, 30000);
    for (int i = 0; i < 30000; i++)
        assert_true(back[i] == 0.0f);
    for (int i = 0; i < 60000; i++)
        sound[i] = 0.5f; /* DC: outside of the band */
    there_and_back(&p, 60000);
    for (int i = 20000; i < 40000; i++)
        assert_true(fabsf(back[i]) < 6e-4f);
}

/* --- contract --- */

/* A block comes st_icqt_latency frames after its own, or earlier. */
static void test_icqt_latency(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        st_cqt_params p = params_of(i == 2 ? 96000 : RATE, 12, i == 0);
        st_icqt *c = NULL;
        float frame[2 * 72] = {0};
        taker t = {p.hop, 0, 0};
        assert_int_equal(st_icqt_new(&c, &p, (st_frame_sink){take_block, &t}),
                         ST_OK);
        int latency = st_icqt_latency(c);
        int64_t least = latency;
        for (int64_t f = 0; f < 3 * (int64_t)latency; f++) {
            st_icqt_process(c, frame);
            assert_true(t.blocks + latency > f);
            least = f - t.blocks < least && f > latency ? f - t.blocks : least;
        }
        assert_true(least >= latency / 2); /* and the figure means something */
        st_icqt_finish(c);
        assert_int_equal(t.blocks, 3 * (int64_t)latency);
        st_icqt_free(c);
    }
}

static void test_icqt_few_frames(void **state) {
    (void)state;
    static const int64_t lengths[] = {0, 1, 15, 16, 17, 257, 5000};
    st_cqt_params p = params_of(RATE, 12, true);
    sig_white(sound, N, 5, -15);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        there_and_back(&p, lengths[i]);
        for (int64_t k = 0; k < lengths[i]; k++)
            assert_true(isfinite(back[k]) && fabsf(back[k]) < 2.0f);
    }
}

/* Values that are no numbers count as 0 and leave nothing behind. */
static void test_icqt_bad_values_and_reset(void **state) {
    (void)state;
    enum { FRAMES = 3000 };
    st_cqt_params p = params_of(RATE, 12, false);
    st_icqt *c = NULL;
    taker t = {p.hop, 0, LONG};
    float frame[2 * 72];
    float *first = st_calloc(LONG, sizeof *first);
    assert_int_equal(st_icqt_new(&c, &p, (st_frame_sink){take_block, &t}),
                     ST_OK);
    for (int round = 0; round < 3; round++) {
        st_icqt_reset(c);
        t.blocks = 0;
        for (int f = 0; f < FRAMES; f++) {
            for (size_t b = 0; b < 2 * 72; b++)
                frame[b] =
                    f == 100 && b % 3 == 0
                        ? round == 0   ? NAN
                          : round == 1 ? INFINITY
                                       : 0.0f
                        : (float)sig_uniform(7, (uint64_t)f * 144 + b) - 0.5f;
            st_icqt_process(c, frame);
        }
        if (round == 1) /* left in the middle: reset must clear it */
            continue;
        st_icqt_finish(c);
        st_icqt_finish(c);
        assert_int_equal(t.blocks, FRAMES);
        if (round == 0)
            memcpy(first, back, (size_t)FRAMES * (size_t)p.hop * sizeof *back);
    }
    assert_memory_equal(first, back,
                        (size_t)FRAMES * (size_t)p.hop * sizeof *back);
    st_free(first);
    st_icqt_free(c);
}

static void test_icqt_refuses(void **state) {
    (void)state;
    taker t = {0};
    for (int i = 0; i < 6; i++) {
        st_icqt *c = NULL;
        st_cqt_params p = params_of(RATE, 12, true);
        st_frame_sink sink = {take_block, &t};
        p.complex = i != 0;
        p.scale = i == 1 ? 2.1 : 1.0;
        p.low_hz = i == 2 ? 5.0 : p.low_hz;
        p.rate_hz = i == 3 ? NAN : p.rate_hz;
        p.hop = i == 4 ? 0 : p.hop;
        if (i == 5)
            sink.frame = NULL;
        assert_int_equal(st_icqt_new(&c, &p, sink), ST_BAD_ARG);
        assert_null(c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_icqt_sounds),
        cmocka_unit_test(test_icqt_hop_gives_40_db),
        cmocka_unit_test(test_icqt_long_hops_lose),
        cmocka_unit_test(test_icqt_silence_is_silence),
        cmocka_unit_test(test_icqt_latency),
        cmocka_unit_test(test_icqt_few_frames),
        cmocka_unit_test(test_icqt_bad_values_and_reset),
        cmocka_unit_test(test_icqt_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
