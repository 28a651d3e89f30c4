/* icqt_dump: a mono float32 file through the constant-Q transform and back, for
 * bench/icqt.py.
 *
 *     icqt_dump RATE IN.f32 OUT.f32 HOP BINS PER_OCTAVE ANALYTIC
 *
 * HOP 0: as st_icqt_hop says. Prints the hop and the processor seconds of both
 * ways. */
#include "analysis/icqt.h"
#include "core/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 8192 };

typedef struct {
    float *frames; /* [room][2 bins] */
    size_t values, count;
} store;

typedef struct {
    float *x;
    int64_t n;
    int hop;
} sound;

static void need(st_status status) {
    if (status != ST_OK) {
        fprintf(stderr, "icqt_dump: %s\n", st_status_name(status));
        exit(1);
    }
}

static void keep(void *ctx, int64_t frame, const float *v) {
    store *s = ctx;
    memcpy(s->frames + (size_t)frame * s->values, v, s->values * sizeof *v);
    s->count = (size_t)frame + 1;
}

static void put(void *ctx, int64_t block, const float *x) {
    sound *s = ctx;
    int64_t at = block * s->hop, left = s->n - at;
    if (left > 0)
        memcpy(s->x + at, x,
               (size_t)(left < s->hop ? left : s->hop) * sizeof *x);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *load(const char *path, int64_t *n) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        exit(1);
    *n = (int64_t)ftell(f) / 4;
    rewind(f);
    float *x = st_calloc((size_t)*n, sizeof *x);
    if (x == NULL || fread(x, 4, (size_t)*n, f) != (size_t)*n)
        exit(1);
    fclose(f);
    return x;
}

int main(int argc, char **argv) {
    if (argc < 8)
        return 2;
    int64_t n = 0;
    float *x = load(argv[2], &n);
    st_cqt_params p = st_cqt_defaults(atof(argv[1]));
    p.complex = true;
    p.bins = atoi(argv[5]);
    p.per_octave = atoi(argv[6]);
    p.analytic = atoi(argv[7]) != 0;
    p.hop = atoi(argv[4]) > 0 ? atoi(argv[4]) : st_icqt_hop(&p);
    store s = {.values = 2 * (size_t)p.bins};
    s.frames = st_calloc((size_t)(n / p.hop + 1), s.values * sizeof *s.frames);
    sound out = {st_calloc((size_t)n, sizeof(float)), n, p.hop};
    if (s.frames == NULL || out.x == NULL)
        return 1;
    st_cqt *c = NULL;
    st_icqt *back = NULL;
    double t0 = now();
    need(st_cqt_new(&c, &p, (st_frame_sink){keep, &s}));
    for (int64_t at = 0; at < n; at += BLOCK)
        st_cqt_process(c, x + at, n - at < BLOCK ? n - at : BLOCK);
    st_cqt_finish(c);
    double t1 = now();
    need(st_icqt_new(&back, &p, (st_frame_sink){put, &out}));
    for (size_t t = 0; t < s.count; t++)
        st_icqt_process(back, s.frames + t * s.values);
    st_icqt_finish(back);
    double t2 = now();
    FILE *f = fopen(argv[3], "wb");
    if (f == NULL || fwrite(out.x, 4, (size_t)n, f) != (size_t)n ||
        fclose(f) != 0)
        return 1;
    printf("hop %d\nlatency %d\nthere %.4f\nback %.4f\n", p.hop,
           st_icqt_latency(back), t1 - t0, t2 - t1);
    st_cqt_free(c);
    st_icqt_free(back);
    st_free(x);
    st_free(s.frames);
    st_free(out.x);
    return 0;
}
