/* spectra_dump: features of a mono float32 file, for bench/spectra.py.
 *
 *     spectra_dump RATE IN.f32 OUT_PREFIX [ROUNDS]
 *
 * Writes PREFIX.mel, .mfcc, .cqt (re, im), .chroma as raw float32
 * [frames][values] and prints the fastest processor seconds of each over
 * ROUNDS. */
#include "analysis/chroma.h"
#include "analysis/cqt.h"
#include "analysis/grid.h"
#include "analysis/mel.h"
#include "analysis/mfcc.h"
#include "analysis/multires.h"
#include "analysis/powerspec.h"
#include "analysis/tuning.h"
#include "core/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BLOCK = 8192 };

typedef struct {
    FILE *file;
    size_t values;
    st_mfcc *mfcc;
} sink;

static void write_frame(void *ctx, int64_t frame, const float *v) {
    sink *s = ctx;
    (void)frame;
    if (s->file != NULL &&
        fwrite(v, sizeof *v, s->values, s->file) != s->values)
        exit(1);
}

static void to_mfcc(void *ctx, int64_t frame, const float *v) {
    sink *s = ctx;
    write_frame(ctx, frame, v);
    st_mfcc_process(s->mfcc, v);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void need(st_status status) {
    if (status != ST_OK) {
        fprintf(stderr, "spectra_dump: %s\n", st_status_name(status));
        exit(1);
    }
}

static FILE *create(const char *prefix, const char *name, int write) {
    char path[4096];
    snprintf(path, sizeof path, "%s.%s", prefix, name);
    return write ? fopen(path, "wb") : NULL;
}

static void done(FILE *f) {
    if (f != NULL)
        fclose(f);
}

static double run_mel(const char *prefix, const float *x, int64_t n,
                      double rate, int write) {
    sink mfcc = {create(prefix, "mfcc", write), 60, NULL};
    sink mel = {create(prefix, "mel", write), 128, NULL};
    double start = now();
    need(st_mfcc_new(&mel.mfcc, 128, 20, (st_frame_sink){write_frame, &mfcc}));
    st_mel *m = NULL;
    st_mel_params params = st_mel_defaults(rate);
    need(st_mel_new(&m, &params, (st_frame_sink){to_mfcc, &mel}));
    for (int64_t at = 0; at < n; at += BLOCK)
        st_mel_process(m, x + at, n - at < BLOCK ? n - at : BLOCK);
    st_mel_finish(m);
    st_mfcc_finish(mel.mfcc);
    st_mel_free(m);
    st_mfcc_free(mel.mfcc);
    double seconds = now() - start;
    done(mel.file);
    done(mfcc.file);
    return seconds;
}

static double run_cqt(const char *prefix, const char *name, const float *x,
                      int64_t n, const st_cqt_params *params, int write) {
    sink s = {create(prefix, name, write),
              (size_t)params->bins * (params->complex ? 2 : 1), NULL};
    double start = now();
    st_cqt *c = NULL;
    need(st_cqt_new(&c, params, (st_frame_sink){write_frame, &s}));
    for (int64_t at = 0; at < n; at += BLOCK)
        st_cqt_process(c, x + at, n - at < BLOCK ? n - at : BLOCK);
    st_cqt_finish(c);
    st_cqt_free(c);
    double seconds = now() - start;
    done(s.file);
    return seconds;
}

static void to_tuning(void *ctx, int64_t frame, const float *power) {
    (void)frame;
    st_tuning_add(ctx, power);
}

static double run_tuning(const float *x, int64_t n, double rate,
                         st_tuning_result *result) {
    double start = now();
    st_tuning *t = NULL;
    st_powerspec *p = NULL;
    st_powerspec_params params = st_powerspec_defaults();
    need(st_tuning_new(&t, rate, params.size));
    need(st_powerspec_new(&p, &params, (st_frame_sink){to_tuning, t}));
    st_powerspec_process(p, x, n);
    st_powerspec_finish(p);
    *result = st_tuning_get(t);
    st_powerspec_free(p);
    st_tuning_free(t);
    return now() - start;
}

static double run_chroma(const char *prefix, const float *x, int64_t n,
                         double rate, double cents, int write) {
    sink s = {create(prefix, "chroma", write), ST_CHROMA_CLASSES, NULL};
    double start = now();
    st_chroma *c = NULL;
    need(st_chroma_new(&c, rate, 512));
    for (int64_t at = 0; at < n; at += BLOCK)
        need(st_chroma_process(c, x + at, n - at < BLOCK ? n - at : BLOCK));
    need(st_chroma_finish(c));
    for (int64_t i = 0; i < st_chroma_frames(c); i++) {
        float v[ST_CHROMA_CLASSES];
        st_chroma_get(c, ST_CHROMA_ALL, cents, ST_CHROMA_MAX, i, 1, v);
        write_frame(&s, i, v);
    }
    st_chroma_free(c);
    double seconds = now() - start;
    done(s.file);
    return seconds;
}

/* With the grid its picture is drawn from. */
static double run_multires(const float *x, int64_t n, double rate) {
    double start = now();
    st_multires *m = NULL;
    st_grid *grid = NULL;
    st_multires_params params = st_multires_defaults(rate);
    need(st_grid_new(&grid, st_multires_rows(&params), 4096));
    params.joined = (st_frame_sink){st_grid_sink, grid};
    need(st_multires_new(&m, &params));
    for (int64_t at = 0; at < n; at += BLOCK)
        st_multires_process(m, x + at, n - at < BLOCK ? n - at : BLOCK);
    st_multires_finish(m);
    st_multires_free(m);
    st_grid_free(grid);
    return now() - start;
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    double rate = atof(argv[1]);
    FILE *f = fopen(argv[2], "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        return 1;
    int64_t n = (int64_t)ftell(f) / 4;
    rewind(f);
    float *x = st_calloc((size_t)n, sizeof *x);
    if (x == NULL || fread(x, 4, (size_t)n, f) != (size_t)n)
        return 1;
    fclose(f);
    int rounds = argc > 4 ? atoi(argv[4]) : 1;
    double best[5] = {1e9, 1e9, 1e9, 1e9, 1e9};
    st_tuning_result tuning = {0};
    for (int i = 0; i < rounds; i++) {
        st_cqt_params params = st_cqt_defaults(rate);
        params.complex = true;
        double t[5] = {
            run_mel(argv[3], x, n, rate, i == 0),
            run_cqt(argv[3], "cqt", x, n, &params, i == 0),
            run_tuning(x, n, rate, &tuning),
            run_chroma(argv[3], x, n, rate, 0.0, i == 0),
            run_multires(x, n, rate),
        };
        for (int k = 0; k < 5; k++)
            best[k] = t[k] < best[k] && (i > 0 || rounds == 1) ? t[k] : best[k];
    }
    printf("mel %.4f\ncqt %.4f\ntuning %.4f\nchroma %.4f\n", best[0], best[1],
           best[2], best[3]);
    printf("multires %.4f\n", best[4]);
    printf("cents %.2f\nconfidence %.3f\n", tuning.cents, tuning.confidence);
    st_free(x);
    return 0;
}
