/* EBU Tech 3341 cases 15-23 and sines of any frequency and phase. */
#include "support/cases.h"

#include "dsp/truepeak.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static double peak_db(const float *x, size_t n, size_t block, double *frame) {
    st_truepeak *tp = NULL;
    st_truepeak_params params = {.channels = 1};
    assert_int_equal(st_truepeak_new(&tp, &params), ST_OK);
    for (size_t at = 0; at < n; at += block) {
        const float *in[] = {x + at};
        st_truepeak_process(tp, in, (int64_t)(n - at < block ? n - at : block));
    }
    st_truepeak_finish(tp);
    st_truepeak_max top = st_truepeak_get(tp, -1);
    st_truepeak_free(tp);
    if (frame != NULL)
        *frame = top.frame;
    return 20.0 * log10(top.peak);
}

/* A sine with raised-cosine fades of 100 ms at 48 kHz. */
static void faded(float *x, size_t n, double cycles, double peak,
                  double phase) {
    size_t fade = 4800;
    for (size_t i = 0; i < n; i++) {
        size_t edge = i < n - 1 - i ? i : n - 1 - i;
        double g = edge < fade ? 0.5 - 0.5 * cos(PI * edge / fade) : 1.0;
        x[i] = (float)(g * peak * sin(2 * PI * cycles * i + phase));
    }
}

static void test_ebu3341_15_to_19(void **state) {
    (void)state;
    static const struct {
        double cycles, peak, degrees, want;
    } cases[] = {{1 / 4.0, 0.5, 0, -6.02},
                 {1 / 4.0, 0.5, 45, -6.02},
                 {1 / 6.0, 0.5, 60, -6.02},
                 {1 / 8.0, 0.5, 67.5, -6.02},
                 {1 / 4.0, 1.41, 45, 2.98}};
    enum { N = 48000 };
    float *x = malloc(N * sizeof *x);
    for (size_t i = 0; i < 5; i++) {
        faded(x, N, cases[i].cycles, cases[i].peak,
              cases[i].degrees * PI / 180);
        assert_close(peak_db(x, N, 777, NULL), cases[i].want, 0.05, "15-19");
    }
    free(x);
}

/* 20-23: fs/6 at 0.5 with one cycle of fs/4 at 1.0 put in, made at 4 fs and
 * decimated at offsets 0-3. The curve's own peak is found at 64 fs. */
static void test_ebu3341_20_to_23(void **state) {
    (void)state;
    enum { UP = 4, N = 9600, TAPS = 24 };
    double *high = calloc((size_t)N * UP, sizeof *high);
    float *x = malloc(N * sizeof *x);
    size_t at = (size_t)N * UP / 2;
    at -= at % 24;
    for (size_t i = 0; i < (size_t)N * UP; i++)
        high[i] = i >= at && i < at + 16
                      ? sin(2 * PI * (i - at) / 16.0)
                      : 0.5 * sin(2 * PI * (i < at ? i : i - 16) / 24.0);
    for (int offset = 0; offset < UP; offset++) {
        /* band-limit to fs/2 with a long windowed sinc, then take each 4th */
        for (size_t i = 0; i < N; i++) {
            double sum = 0.0;
            long centre = (long)(i * UP) + offset;
            for (long k = -TAPS * UP; k <= TAPS * UP; k++) {
                long j = centre + k;
                if (j < 0 || j >= (long)N * UP)
                    continue;
                double t = k / (double)UP;
                double w = 0.5 + 0.5 * cos(PI * k / (TAPS * UP + 1.0));
                sum +=
                    high[j] * w * (k == 0 ? 1.0 : sin(PI * t) / (PI * t)) / UP;
            }
            x[i] = (float)sum;
        }
        double got = peak_db(x, N, 1000, NULL);
        assert_true(got > -0.4 && got < 0.2);
    }
    free(high);
    free(x);
}

static void test_truepeak_sines_within_0_05_db(void **state) {
    (void)state;
    enum { N = 14400 };
    float *x = malloc(N * sizeof *x);
    double low = 0.0;
    double high = 0.0;
    for (double cycles = 0.005; cycles <= 0.4501; cycles += 0.005)
        for (int phase = 0; phase < 16; phase++) {
            faded(x, N, cycles, 0.7, phase * PI / 16);
            double off = peak_db(x, N, 4096, NULL) - 20 * log10(0.7);
            low = off < low ? off : low;
            high = off > high ? off : high;
        }
    print_message("true peak off by %.4f to %+.4f dB\n", low, high);
    assert_true(low >= -0.05 && high <= 0.05);
    free(x);
}

static void test_truepeak_time_and_blocks(void **state) {
    (void)state;
    enum { N = 20000 };
    float *x = calloc(N, sizeof *x);
    for (int i = 0; i < N; i++)
        x[i] = (float)(0.1 * sin(0.3 * i));
    x[12345] = 0.9f;
    double frame = 0.0;
    double want = peak_db(x, N, N, &frame);
    assert_close(frame, 12345, 1.0, "time of the peak");
    static const size_t blocks[] = {1, 63, 1023, 1025};
    for (size_t i = 0; i < 4; i++) {
        double at = 0.0;
        double got = peak_db(x, N, blocks[i], &at);
        assert_memory_equal(&got, &want, sizeof got);
        assert_memory_equal(&at, &frame, sizeof at);
    }
    free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ebu3341_15_to_19),
        cmocka_unit_test(test_ebu3341_20_to_23),
        cmocka_unit_test(test_truepeak_sines_within_0_05_db),
        cmocka_unit_test(test_truepeak_time_and_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
