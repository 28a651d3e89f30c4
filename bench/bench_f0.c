/* bench_f0 swiftf0|track RATE FILE [REPEATS]
 * bench_f0 synth KIND SEED RATE VIBRATO_CENTS NOISE_DB REVERB FILE
 * Runs a pitch tracker over mono float32 samples and writes a line
 * "seconds hz confidence voiced" a frame; the last line on stderr is the
 * least CPU time of all repeats in ms for a second of audio. Or writes 10 s
 * of a melody of tests/support/pitched.h and its pitch each 10 ms.
 * bench/f0.py calls it. */
#include "analysis/f0.h"
#include "core/alloc.h"
#include "models/swiftf0/swiftf0.h"
#include "support/pitched.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static float *read_all(const char *path, int64_t *n) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        exit(1);
    *n = ftell(f) / (long)sizeof(float);
    rewind(f);
    float *x = st_calloc((size_t)*n, sizeof *x);
    if (x == NULL || fread(x, sizeof *x, (size_t)*n, f) != (size_t)*n)
        exit(1);
    fclose(f);
    return x;
}

static double swiftf0(const float *x, int64_t n, int repeats) {
    st_swiftf0 *net = NULL;
    st_err err = {0};
    if (st_swiftf0_new(&net, NULL, false, &err) != ST_OK)
        exit(1);
    size_t room = (size_t)(st_swiftf0_room(n) + st_swiftf0_room(0));
    float *hz = st_calloc(room, sizeof *hz);
    float *confidence = st_calloc(room, sizeof *hz);
    int64_t got = 0;
    double best = 1e30;
    for (int r = 0; r < repeats; r++) {
        double start = now_ms();
        st_swiftf0_reset(net);
        got = st_swiftf0_process(net, x, n, hz, confidence);
        got += st_swiftf0_finish(net, hz + got, confidence + got);
        double took = now_ms() - start;
        best = took < best ? took : best;
    }
    for (int64_t i = 0; i < got; i++)
        printf("%.6f %.6f %.7f %d\n", ((double)i * 256.0 + 127.5) / 16000.0,
               (double)hz[i], (double)confidence[i], confidence[i] > 0.9f);
    st_free(hz);
    st_free(confidence);
    st_swiftf0_free(net);
    return best;
}

static double track(const float *x, int64_t n, int rate, int repeats) {
    st_f0 *f = NULL;
    st_f0_params p = st_f0_defaults(rate);
    const st_f0_frame *frames = NULL;
    int64_t got = 0;
    double best = 1e30;
    if (st_f0_new(&f, &p) != ST_OK)
        exit(1);
    for (int r = 0; r < repeats; r++) {
        double start = now_ms();
        st_f0_reset(f);
        if (st_f0_process(f, x, n) != ST_OK ||
            st_f0_finish(f, &frames, &got) != ST_OK)
            exit(1);
        double took = now_ms() - start;
        best = took < best ? took : best;
    }
    for (int64_t i = 0; i < got; i++)
        printf("%.6f %.6f %.7f %d\n", (double)i / ST_F0_RATE,
               (double)frames[i].hz, (double)frames[i].confidence,
               frames[i].voiced);
    st_f0_free(f);
    return best;
}

static int synth(char **argv) {
    enum { SECONDS = 10, FRAMES = SECONDS * 100 + 1 };
    static double truth[FRAMES];
    pitched_params p = {(pitched_kind)atoi(argv[2]),
                        (uint64_t)atoll(argv[3]),
                        atof(argv[4]),
                        atof(argv[5]),
                        atof(argv[6]),
                        atoi(argv[7]),
                        1.0};
    size_t n = (size_t)(p.rate_hz * SECONDS);
    float *x = st_calloc(n, sizeof *x);
    FILE *f = fopen(argv[8], "wb");
    if (x == NULL || f == NULL)
        return 1;
    pitched_make(&p, x, n, truth, FRAMES, NULL);
    bool whole = fwrite(x, sizeof *x, n, f) == n;
    whole = fclose(f) == 0 && whole;
    for (int i = 0; i < FRAMES; i++)
        printf("%.6f\n", truth[i]);
    st_free(x);
    return whole ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 9 && strcmp(argv[1], "synth") == 0)
        return synth(argv);
    if (argc < 4)
        return 2;
    int rate = atoi(argv[2]), repeats = argc > 4 ? atoi(argv[4]) : 1;
    int64_t n = 0;
    float *x = read_all(argv[3], &n);
    double ms = strcmp(argv[1], "track") == 0 ? track(x, n, rate, repeats)
                                              : swiftf0(x, n, repeats);
    fprintf(stderr, "%.4f\n", ms * rate / (double)(n > 0 ? n : 1));
    st_free(x);
    return 0;
}
