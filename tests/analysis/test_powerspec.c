/* Power spectra, mel bands and cepstra against their definitions in double
 * precision. */
#include "support/cases.h"

#include "analysis/mel.h"
#include "analysis/mfcc.h"
#include "analysis/powerspec.h"
#include "frames_kept.h"
#include "support/signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 22050.0
enum { SIZE = 2048, HOP = 512, BINS = 1025, N = 22050 };

static void music(float *x, size_t n) {
    float *other = malloc(n * sizeof *other);
    sig_music(x, other, n, RATE, 5);
    free(other);
}

static void run(kept *k, const float *x, int64_t n, int64_t block) {
    st_powerspec *p = NULL;
    st_powerspec_params params = st_powerspec_defaults();
    k->values = BINS;
    assert_int_equal(
        st_powerspec_new(&p, &params, (st_frame_sink){keep_frame, k}), ST_OK);
    for (int64_t at = 0; at < n; at += block)
        st_powerspec_process(p, x + at, n - at < block ? n - at : block);
    st_powerspec_finish(p);
    assert_int_equal(st_powerspec_frames(p), k->frames);
    assert_int_equal(k->out_of_order, 0);
    st_powerspec_free(p);
}

/* The definition: bin `bin` of frame `t`, silence around the sound. */
static double power_at(const float *x, int64_t n, int64_t t, int bin) {
    double re = 0.0, im = 0.0;
    for (int i = 0; i < SIZE; i++) {
        int64_t at = t * HOP - SIZE / 2 + i;
        if (at < 0 || at >= n)
            continue;
        double w = 0.5 - 0.5 * cos(2.0 * M_PI * i / SIZE);
        double angle = 2.0 * M_PI * bin * i / SIZE;
        re += w * (double)x[at] * cos(angle);
        im -= w * (double)x[at] * sin(angle);
    }
    return re * re + im * im;
}

static void test_powerspec_definition(void **state) {
    (void)state;
    static float x[N];
    static const int bins[] = {0, 1, 7, 100, 511, 1024};
    kept k = {0};
    music(x, N);
    run(&k, x, N, N);
    assert_int_equal(k.frames, 1 + N / HOP);
    for (int64_t t = 0; t < k.frames; t += 7) {
        const float *frame = kept_frame(&k, t);
        double peak = 0.0;
        for (int b = 0; b < BINS; b++)
            peak = fmax(peak, (double)frame[b]);
        for (size_t i = 0; i < sizeof bins / sizeof *bins; i++)
            assert_close((double)frame[bins[i]] / peak,
                         power_at(x, N, t, bins[i]) / peak, 2e-6, "power");
    }
    kept_free(&k);
}

static void test_powerspec_frame_counts(void **state) {
    (void)state;
    static const float x[1024] = {0.5f};
    static const struct {
        int64_t n, frames;
    } cases[] = {{0, 0}, {1, 1}, {511, 1}, {512, 2}, {1023, 2}, {1024, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kept k = {0};
        run(&k, x, cases[i].n, 100);
        assert_int_equal(k.frames, cases[i].frames);
        kept_free(&k);
    }
}

static void test_powerspec_any_block_same_bits(void **state) {
    (void)state;
    static float x[N];
    static const int64_t blocks[] = {1, 77, 512, 5000};
    kept want = {0};
    music(x, N);
    run(&want, x, N, N);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        kept got = {0};
        run(&got, x, N, blocks[i]);
        assert_int_equal(got.frames, want.frames);
        assert_memory_equal(got.data, want.data,
                            (size_t)want.frames * BINS * sizeof(float));
        kept_free(&got);
    }
    kept_free(&want);
}

static void test_powerspec_bad_samples_read_as_zero(void **state) {
    (void)state;
    static float x[4096], y[4096];
    kept a = {0}, b = {0};
    sig_white(x, 4096, 1, -20);
    memcpy(y, x, sizeof x);
    x[2000] = x[2001] = x[2002] = 0.0f;
    y[2000] = NAN;
    y[2001] = INFINITY;
    y[2002] = -1e11f;
    run(&a, x, 4096, 1000);
    run(&b, y, 4096, 1000);
    assert_memory_equal(a.data, b.data,
                        (size_t)a.frames * BINS * sizeof(float));
    kept_free(&a);
    kept_free(&b);
}

static void test_powerspec_refuses(void **state) {
    (void)state;
    static const st_powerspec_params bad[] = {
        {2047, 512}, {32, 16}, {131072, 512}, {2048, 0}, {2048, 2049}};
    st_powerspec *p = NULL;
    kept k = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(
            st_powerspec_new(&p, &bad[i], (st_frame_sink){keep_frame, &k}),
            ST_BAD_ARG);
    assert_null(p);
}

/* --- mel --- */

/* Known points: HTK's 1000 Hz is 999.99 mel, Slaney's is 15. */
static void test_mel_scales(void **state) {
    (void)state;
    assert_close(st_mel_of_hz(1000, ST_MEL_SLANEY), 15.0, 1e-12, "slaney");
    assert_close(st_mel_of_hz(6400, ST_MEL_SLANEY), 42.0, 1e-9, "slaney top");
    assert_close(st_mel_of_hz(1000, ST_MEL_HTK), 999.9855, 1e-3, "htk");
    for (double hz = 0.0; hz < 20000.0; hz += 371.0)
        for (int s = 0; s < 2; s++)
            assert_close(st_mel_to_hz(st_mel_of_hz(hz, (st_mel_scale)s),
                                      (st_mel_scale)s),
                         hz, 1e-8 * (hz + 1.0), "there and back");
}

static void test_mel_bank_shape(void **state) {
    (void)state;
    for (int s = 0; s < 2; s++) {
        st_mel_params params = st_mel_defaults(RATE);
        st_mel_bank *bank = NULL;
        params.scale = (st_mel_scale)s;
        params.bands = 40;
        assert_int_equal(st_mel_bank_new(&bank, &params), ST_OK);
        for (int b = 1; b < 39; b++) {
            double area = 0.0;
            for (int bin = 0; bin < BINS; bin++)
                area += st_mel_bank_weight(bank, b, bin) * RATE / SIZE;
            assert_close(area, 1.0, 0.06, "area over Hz");
            assert_true(st_mel_bank_hz(bank, b) > st_mel_bank_hz(bank, b - 1));
        }
        st_mel_bank_free(bank);
        params.area_norm = false;
        assert_int_equal(st_mel_bank_new(&bank, &params), ST_OK);
        /* neighbours of height 1 add up to 1 between the outer middles */
        for (int bin = 20; bin < 900; bin++) {
            double sum = 0.0;
            for (int b = 0; b < 40; b++)
                sum += st_mel_bank_weight(bank, b, bin);
            assert_close(sum, 1.0, 1e-6, "partition");
        }
        st_mel_bank_free(bank);
    }
}

static void mel_of(kept *k, const float *x, int64_t n,
                   const st_mel_params *params) {
    st_mel *m = NULL;
    k->values = (size_t)params->bands;
    assert_int_equal(st_mel_new(&m, params, (st_frame_sink){keep_frame, k}),
                     ST_OK);
    st_mel_process(m, x, n);
    st_mel_finish(m);
    st_mel_free(m);
}

/* A tone stands in the band of its frequency; 40 dB less is 10^-4 of it. */
static void test_mel_tone_and_level(void **state) {
    (void)state;
    static float x[N];
    static const double rates[] = {8000, 22050, 192000};
    for (size_t r = 0; r < 3; r++) {
        st_mel_params params = st_mel_defaults(rates[r]);
        kept loud = {0}, quiet = {0};
        sig_sine(x, N, rates[r], rates[r] / 9.0, -6, 0);
        mel_of(&loud, x, N, &params);
        for (int i = 0; i < N; i++)
            x[i] *= 0.01f;
        mel_of(&quiet, x, N, &params);
        const float *a = kept_frame(&loud, 10), *b = kept_frame(&quiet, 10);
        int top = 0;
        for (int i = 0; i < params.bands; i++)
            top = a[i] > a[top] ? i : top;
        st_mel_bank *bank = NULL;
        assert_int_equal(st_mel_bank_new(&bank, &params), ST_OK);
        assert_close(st_mel_bank_hz(bank, top) / (rates[r] / 9.0), 1.0, 0.05,
                     "band");
        assert_close((double)b[top] / (double)a[top], 1e-4, 1e-9, "level");
        st_mel_bank_free(bank);
        kept_free(&loud);
        kept_free(&quiet);
    }
}

/* Bands that lie above half the rate are not there: 0. */
static void test_mel_above_nyquist(void **state) {
    (void)state;
    static float x[8000];
    kept k = {0};
    st_mel_params params = st_mel_defaults(8000);
    params.high_hz = 11025.0;
    sig_white(x, 8000, 2, -20);
    mel_of(&k, x, 8000, &params);
    const float *frame = kept_frame(&k, 4);
    assert_true(frame[20] > 0.0f);
    for (int b = 110; b < 128; b++)
        assert_true(frame[b] == 0.0f);
    kept_free(&k);
}

/* --- cepstra --- */

static void cepstra(kept *k, const float *mel, int frames, int bands,
                    int count) {
    st_mfcc *m = NULL;
    k->values = 3 * (size_t)count;
    assert_int_equal(
        st_mfcc_new(&m, bands, count, (st_frame_sink){keep_frame, k}), ST_OK);
    for (int t = 0; t < frames; t++)
        st_mfcc_process(m, mel + t * bands);
    st_mfcc_finish(m);
    assert_int_equal(k->frames, frames);
    st_mfcc_free(m);
}

static void test_mfcc_definition(void **state) {
    (void)state;
    enum { BANDS = 40, COUNT = 13, FRAMES = 12 };
    static float mel[FRAMES * BANDS];
    kept k = {0};
    for (int i = 0; i < FRAMES * BANDS; i++)
        mel[i] = (float)exp(10.0 * sig_uniform(3, (uint64_t)i) - 5.0);
    cepstra(&k, mel, FRAMES, BANDS, COUNT);
    for (int t = 0; t < FRAMES; t++)
        for (int c = 0; c < COUNT; c++) {
            double sum = 0.0;
            for (int b = 0; b < BANDS; b++)
                sum += 10.0 * log10((double)mel[t * BANDS + b]) *
                       cos(M_PI * c * (2 * b + 1) / (2.0 * BANDS));
            sum *= sqrt((c == 0 ? 1.0 : 2.0) / BANDS);
            assert_close((double)kept_frame(&k, t)[c], sum, 2e-4, "cepstrum");
        }
    kept_free(&k);
}

/* All bands follow 3 + 2 t + t^2 / 2 dB: slope 2 + t, bend 1 inside. */
static void test_mfcc_slopes(void **state) {
    (void)state;
    enum { BANDS = 16, FRAMES = 20 };
    static float mel[FRAMES * BANDS];
    for (int t = 0; t < FRAMES; t++)
        for (int b = 0; b < BANDS; b++)
            mel[t * BANDS + b] =
                (float)pow(10.0, (3.0 + 2.0 * t + 0.5 * t * t) / 10.0);
    kept k = {0};
    cepstra(&k, mel, FRAMES, BANDS, 4);
    for (int t = 0; t < FRAMES; t++) {
        int at = t < 4 ? 4 : t > FRAMES - 5 ? FRAMES - 5 : t;
        const float *v = kept_frame(&k, t);
        assert_close((double)v[4], 4.0 * (2.0 + at), 1e-3, "first");
        assert_close((double)v[8], 4.0 * 1.0, 1e-3, "second");
        assert_close((double)v[5], 0.0, 1e-3, "flat cepstrum");
    }
    kept_free(&k);
    cepstra(&k, mel, 8, BANDS, 4);
    for (int t = 0; t < 8; t++)
        for (int c = 4; c < 12; c++)
            assert_true(kept_frame(&k, t)[c] == 0.0f);
    kept_free(&k);
}

static void test_mfcc_silence(void **state) {
    (void)state;
    static const float mel[10 * 16] = {0};
    kept k = {0};
    cepstra(&k, mel, 10, 16, 4);
    assert_close((double)kept_frame(&k, 5)[0], -400.0, 1e-3, "-100 dB bands");
    assert_close((double)kept_frame(&k, 5)[1], 0.0, 1e-3, "nothing else");
    kept_free(&k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_powerspec_definition),
        cmocka_unit_test(test_powerspec_frame_counts),
        cmocka_unit_test(test_powerspec_any_block_same_bits),
        cmocka_unit_test(test_powerspec_bad_samples_read_as_zero),
        cmocka_unit_test(test_powerspec_refuses),
        cmocka_unit_test(test_mel_scales),
        cmocka_unit_test(test_mel_bank_shape),
        cmocka_unit_test(test_mel_tone_and_level),
        cmocka_unit_test(test_mel_above_nyquist),
        cmocka_unit_test(test_mfcc_definition),
        cmocka_unit_test(test_mfcc_slopes),
        cmocka_unit_test(test_mfcc_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
