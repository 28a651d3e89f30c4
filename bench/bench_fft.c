/* bench_fft: our transform beside FFTW (single precision, FFTW_MEASURE), the
 * two taking turns call by call in one process; prints a markdown table of
 * the best time of each and their ratio (over 1: ours is faster). */
#include "audio/fft.h"
#include "core/alloc.h"
#include "core/cpu.h"

#include <fftw3.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { KINDS = 3, ROUNDS = 40 };

typedef struct {
    size_t n;
    float *x, *y, *re, *im, *scratch, *real;
    fftwf_complex *in, *out;
    st_fft *fft;
    st_rfft *rfft;
    fftwf_plan plan[KINDS];
} bench;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void ours(const bench *b, int kind) {
    if (kind == 0)
        st_fft_forward(b->fft, b->x, b->y, b->re, b->im, b->scratch);
    else if (kind == 1)
        st_rfft_forward(b->rfft, b->x, b->re, b->im, b->scratch);
    else
        st_rfft_inverse(b->rfft, b->re, b->im, b->y, b->scratch);
}

static double time_of(const bench *b, int kind, int peer, int calls) {
    double start = now();
    for (int i = 0; i < calls; i++)
        if (peer)
            fftwf_execute(b->plan[kind]);
        else
            ours(b, kind);
    return (now() - start) / calls;
}

static int bench_init(bench *b, size_t n, int level) {
    b->n = n;
    b->x = st_calloc(n, sizeof(float));
    b->y = st_calloc(n, sizeof(float));
    b->re = st_calloc(n + 16, sizeof(float));
    b->im = st_calloc(n + 16, sizeof(float));
    b->scratch = st_calloc(5 * n + 4096 * 16, sizeof(float));
    b->real = fftwf_malloc(n * sizeof(float));
    b->in = fftwf_malloc((n + 1) * sizeof(fftwf_complex));
    b->out = fftwf_malloc((n + 1) * sizeof(fftwf_complex));
    int size = (int)n;
    b->plan[0] = fftwf_plan_dft_1d(size, b->in, b->out, -1, FFTW_MEASURE);
    b->plan[1] = fftwf_plan_dft_r2c_1d(size, b->real, b->out, FFTW_MEASURE);
    b->plan[2] = fftwf_plan_dft_c2r_1d(size, b->in, b->real, FFTW_MEASURE);
    for (size_t i = 0; i < n; i++) {
        b->x[i] = b->real[i] = (float)(rand() % 2001 - 1000) / 1000.0f;
        b->y[i] = b->in[i][0] = b->in[i][1] = b->x[i];
    }
    return st_fft_new_level(&b->fft, n, level) == ST_OK &&
           st_rfft_new_level(&b->rfft, n, level) == ST_OK;
}

static void bench_deinit(bench *b) {
    for (int k = 0; k < KINDS; k++)
        fftwf_destroy_plan(b->plan[k]);
    fftwf_free(b->real);
    fftwf_free(b->in);
    fftwf_free(b->out);
    st_free(b->x);
    st_free(b->y);
    st_free(b->re);
    st_free(b->im);
    st_free(b->scratch);
    st_fft_free(b->fft);
    st_rfft_free(b->rfft);
}

static void row(size_t n, int level) {
    bench b = {0};
    if (!bench_init(&b, n, level))
        exit(1);
    int calls = (int)(400000 / n) + 1;
    printf("| %zu |", n);
    for (int kind = 0; kind < KINDS; kind++) {
        double best[2] = {1.0, 1.0};
        for (int r = 0; r < ROUNDS; r++)
            for (int peer = 0; peer < 2; peer++) {
                double t = time_of(&b, kind, peer, calls);
                best[peer] = t < best[peer] ? t : best[peer];
            }
        printf(" %.2f | %.2f | %.2f |", best[0] * 1e6, best[1] * 1e6,
               best[1] / best[0]);
    }
    printf("\n");
    bench_deinit(&b);
}

int main(int argc, char **argv) {
    int level = argc > 1 ? atoi(argv[1]) : (int)st_cpu_level_get();
    printf("CPU level %d (0 base, 1 avx2, 2 avx512); microseconds, best of "
           "%d; ratio FFTW / ours\n\n",
           level, ROUNDS);
    printf("| n | complex | FFTW | ratio | r2c | FFTW | ratio | c2r | FFTW | "
           "ratio |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t n = 256; n <= 65536; n *= 2)
        row(n, level);
    return 0;
}
