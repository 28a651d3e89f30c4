/* bench_lineq: four minutes of 48 kHz stereo through the linear-phase EQ, on
 * one core, beside overlap-save of the same FIR made from FFTW's real
 * transforms (FFTW_MEASURE, one a channel, same transform size), by turns in
 * one process; prints a markdown table. */
#include "core/alloc.h"
#include "dsp/lineq.h"

#include <fftw3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 8192, BLOCKS = 240 * 48000 / BLOCK, ROUNDS = 9 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
    int size, hop;
    float *window, *result;
    fftwf_complex *spectrum, *filter;
    fftwf_plan forward, back;
} peer;

static void peer_init(peer *p, const float *fir, int taps) {
    int past = 256;
    while (past < taps)
        past *= 2;
    p->size = 4 * past <= 65536 ? 4 * past : 2 * past;
    p->hop = p->size - past;
    size_t bins = (size_t)p->size / 2 + 1;
    p->window = fftwf_malloc((size_t)p->size * sizeof(float));
    p->result = fftwf_malloc((size_t)p->size * sizeof(float));
    p->spectrum = fftwf_malloc(bins * sizeof(fftwf_complex));
    p->filter = fftwf_malloc(bins * sizeof(fftwf_complex));
    p->forward =
        fftwf_plan_dft_r2c_1d(p->size, p->window, p->spectrum, FFTW_MEASURE);
    p->back =
        fftwf_plan_dft_c2r_1d(p->size, p->spectrum, p->result, FFTW_MEASURE);
    memset(p->window, 0, (size_t)p->size * sizeof(float));
    memcpy(p->window, fir, (size_t)taps * sizeof(float));
    fftwf_execute(p->forward);
    memcpy(p->filter, p->spectrum, bins * sizeof(fftwf_complex));
}

static void peer_hop(peer *p, const float *in, float *out) {
    int past = p->size - p->hop;
    memcpy(p->window + past, in, (size_t)p->hop * sizeof(float));
    fftwf_execute(p->forward);
    for (int k = 0; k <= p->size / 2; k++) {
        float *x = p->spectrum[k];
        const float *h = p->filter[k];
        float re = x[0] * h[0] - x[1] * h[1];
        x[1] = x[0] * h[1] + x[1] * h[0];
        x[0] = re;
    }
    fftwf_execute(p->back);
    memcpy(out, p->result + past, (size_t)p->hop * sizeof(float));
    memmove(p->window, p->window + p->hop, (size_t)past * sizeof(float));
}

static double peer_seconds(peer *p, const float *in, float *out) {
    double start = now();
    for (int i = 0; i < 2 * (240 * 48000 / p->hop + 1); i++)
        peer_hop(p, in, out);
    return now() - start;
}

static double our_seconds(st_lineq *unit, const float *in, float *out) {
    const float *from[] = {in, in + BLOCK};
    float *to[] = {out, out + BLOCK};
    double start = now();
    for (int i = 0; i < BLOCKS; i++)
        st_lineq_process(unit, from, to, BLOCK);
    return now() - start;
}

static void row(int taps, bool apart, const float *in, float *out) {
    static const st_lineq_band band = {ST_LINEQ_PEAK, 1000.0, 3.0, 1.0};
    st_spec spec = {48000.0, 2, BLOCK};
    st_lineq_params params = st_lineq_defaults();
    params.mid = params.side = (st_lineq_curve){NULL, 0, &band, 1};
    params.separate_side = apart;
    params.taps = taps;
    st_lineq *unit = NULL;
    double start = now();
    if (st_lineq_new(&unit, &spec, &params) != ST_OK)
        exit(1);
    double design = now() - start, best[2] = {100.0, 100.0};
    peer p;
    peer_init(&p, st_lineq_fir(unit, false), taps);
    for (int r = 0; r < ROUNDS; r++) {
        double us = our_seconds(unit, in, out);
        double them = peer_seconds(&p, in, out);
        best[0] = us < best[0] ? us : best[0];
        best[1] = them < best[1] ? them : best[1];
    }
    printf("| %d | %s | %.1f | %d | %.3f | %.3f | %.2f |\n", taps,
           apart ? "mid and side" : "one", 1e3 * design,
           st_lineq_latency_frames(unit), best[0], best[1], best[1] / best[0]);
    st_lineq_free(unit);
}

int main(void) {
    enum { ROOM = 1 << 18 };
    float *in = st_calloc(ROOM, sizeof(float));
    float *out = st_calloc(ROOM, sizeof(float));
    for (int i = 0; i < ROOM; i++)
        in[i] = (float)(rand() % 2001 - 1000) / 2000.0f;
    printf("| taps | curves | design ms | latency, frames | ours s | FFTW "
           "overlap-save s | ratio |\n|---|---|---|---|---|---|---|\n");
    for (int taps = 4095; taps <= 32767; taps = 2 * taps + 1)
        for (int apart = 0; apart < 2; apart++)
            row(taps, apart == 1, in, out);
    st_free(in);
    st_free(out);
    return 0;
}
