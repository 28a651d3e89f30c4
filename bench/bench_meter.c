/* bench_meter: the full meter beside libebur128, from memory and from a file.
 * Source: 4 minutes of 48 kHz stereo of three kinds (dynamic, loud, crushed).
 * libebur128: I, M, S, LRA, sample and true peak, fed interleaved in blocks
 * of 100 ms, M and S asked each time, as its users do. Ours: all of
 * st_meter_result in the same blocks. The file is 24-bit WAV: libebur128
 * through libsndfile, ours through st_reader, first on one thread, then on
 * two. Wall time, both in turn in each round; best of each and the median of
 * the ratios of the rounds; prints Markdown.
 *   bench_meter [ROUNDS] > bench/RESULTS-meter.md */
#include "analysis/meter.h"
#include "analysis/spectrum.h"
#include "audio/reader.h"
#include "core/pool.h"

#include <ebur128.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    RATE = 48000,
    FRAMES = RATE * 240,
    BLOCK = RATE / 10,
    MAX_ROUNDS = 64,
    MODES = EBUR128_MODE_I | EBUR128_MODE_M | EBUR128_MODE_S |
            EBUR128_MODE_LRA | EBUR128_MODE_SAMPLE_PEAK | EBUR128_MODE_TRUE_PEAK
};

static float *left, *right, *both;
static char wav[] = "/tmp/bench_meter_XXXXXX.wav";

typedef struct {
    double lufs, lra, m, s, peak;
} figures;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Bass, chord, hits each half second, a level that changes each 8 s; drive
 * and clip make it loud. */
static void make_music(double drive, double swing_db) {
    unsigned seed = 1;
    for (int i = 0; i < FRAMES; i++) {
        double t = (double)i / RATE;
        double beat = fmod(t, 0.5);
        double part = (double)(i / (RATE * 8) * 7 % 10) / 9.0;
        double gain = drive * pow(10.0, -swing_db * part / 20.0);
        seed = seed * 1664525u + 1013904223u;
        double noise = (double)(seed >> 8) / 8388608.0 - 1.0;
        double tone = 0.3 * sin(345.6 * t) + 0.1 * sin(2764.6 * t) +
                      0.1 * sin(4152.9 * t);
        double l = gain * (tone + 0.4 * noise * exp(-beat * 20.0));
        double r = gain * (tone + 0.3 * noise * exp(-beat * 10.0));
        left[i] = (float)fmax(-0.95, fmin(0.95, l));
        right[i] = (float)fmax(-0.95, fmin(0.95, r));
        both[2 * i] = left[i];
        both[2 * i + 1] = right[i];
    }
}

static int write_wav(void) {
    SF_INFO info = {.samplerate = RATE,
                    .channels = 2,
                    .format = SF_FORMAT_WAV | SF_FORMAT_PCM_24};
    SNDFILE *file = sf_open(wav, SFM_WRITE, &info);
    sf_count_t done = sf_writef_float(file, both, FRAMES);
    return sf_close(file) != 0 || done != FRAMES;
}

static void peer_block(ebur128_state *e, const float *x, size_t n,
                       figures *out) {
    double v = 0.0;
    (void)ebur128_add_frames_float(e, x, n);
    (void)ebur128_loudness_momentary(e, &v);
    out->m = fmax(out->m, v);
    (void)ebur128_loudness_shortterm(e, &v);
    out->s = fmax(out->s, v);
}

static void peer_end(ebur128_state **e, figures *out) {
    double l = 0.0;
    double r = 0.0;
    (void)ebur128_loudness_global(*e, &out->lufs);
    (void)ebur128_loudness_range(*e, &out->lra);
    (void)ebur128_true_peak(*e, 0, &l);
    (void)ebur128_true_peak(*e, 1, &r);
    out->peak = 20.0 * log10(fmax(l, r));
    ebur128_destroy(e);
}

static figures peer_memory(void) {
    figures f = {.m = -1000.0, .s = -1000.0};
    ebur128_state *e = ebur128_init(2, RATE, MODES);
    for (int at = 0; at < FRAMES; at += BLOCK)
        peer_block(e, both + 2 * at, BLOCK, &f);
    peer_end(&e, &f);
    return f;
}

static figures peer_file(void) {
    static float block[2 * BLOCK];
    figures f = {.m = -1000.0, .s = -1000.0};
    SF_INFO info = {0};
    SNDFILE *file = sf_open(wav, SFM_READ, &info);
    ebur128_state *e = ebur128_init(2, RATE, MODES);
    sf_count_t n = 0;
    while ((n = sf_readf_float(file, block, BLOCK)) > 0)
        peer_block(e, block, (size_t)n, &f);
    peer_end(&e, &f);
    sf_close(file);
    return f;
}

static figures of_result(const st_meter_result *r) {
    return (figures){r->loudness.integrated_lufs, r->loudness.range_lu,
                     r->loudness.momentary_max_lufs,
                     r->loudness.short_term_max_lufs, r->true_peak_dbtp};
}

static figures our_memory(void) {
    st_meter *meter = NULL;
    st_meter_result result;
    const st_meter_params params = {RATE, 2, 0};
    if (st_meter_new(&meter, &params) != ST_OK)
        exit(1);
    for (int at = 0; at < FRAMES; at += BLOCK) {
        const float *in[] = {left + at, right + at};
        st_meter_process(meter, in, BLOCK);
    }
    st_meter_finish(meter);
    st_meter_get(meter, &result);
    st_meter_free(meter);
    return of_result(&result);
}

static st_pool *pool;

static figures our_file(st_pool *on) {
    st_err err = {0};
    st_source *source = NULL;
    st_meter_result result = {0};
    st_status status = st_reader_open(&source, wav, NULL, &err);
    if (status == ST_OK)
        status = st_meter_source(source, on, &result, &err);
    if (status != ST_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    st_source_free(source);
    return of_result(&result);
}

static figures our_file_1(void) {
    return our_file(NULL);
}

static figures our_file_2(void) {
    return our_file(pool);
}

static figures our_spectrum(void) {
    st_spectrum *s = NULL;
    const st_spectrum_params params = st_spectrum_defaults(RATE, 2);
    if (st_spectrum_new(&s, &params) != ST_OK)
        exit(1);
    for (int at = 0; at < FRAMES; at += BLOCK) {
        const float *in[] = {left + at, right + at};
        st_spectrum_process(s, in, BLOCK);
    }
    st_spectrum_finish(s);
    st_spectrum_free(s);
    return (figures){0};
}

static int rising(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double timed(figures (*run)(void), figures *out) {
    double start = now_s();
    *out = run();
    return now_s() - start;
}

static void compare(const char *what, const char *kind, figures (*ours)(void),
                    figures (*peer)(void), int rounds) {
    double ratio[MAX_ROUNDS];
    double best = 1e9;
    double peer_best = 1e9;
    figures a = {0};
    figures b = {0};
    for (int i = 0; i < rounds; i++) {
        double p = timed(peer, &b);
        double o = timed(ours, &a);
        best = fmin(best, o);
        peer_best = fmin(peer_best, p);
        ratio[i] = p / o;
    }
    qsort(ratio, (size_t)rounds, sizeof *ratio, rising);
    printf("| %s | %s | %.3f | %.3f | %.1f | %.2f / %.2f | %.2f / %.2f | "
           "%.2f / %.2f | %.2f / %.2f | %.2f / %.2f |\n",
           what, kind, best, peer_best, ratio[rounds / 2], a.lufs, b.lufs,
           a.lra, b.lra, a.m, b.m, a.s, b.s, a.peak, b.peak);
    (void)fflush(stdout);
}

static void compare_kind(const char *kind, double drive, double swing_db,
                         int rounds) {
    make_music(drive, swing_db);
    if (write_wav() != 0)
        exit(1);
    compare("memory, 1 thread", kind, our_memory, peer_memory, rounds);
    compare("WAV file, 1 thread", kind, our_file_1, peer_file, rounds);
    compare("WAV file, 2 threads", kind, our_file_2, peer_file, rounds);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 5;
    rounds = rounds < 1 ? 1 : (rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds);
    left = malloc((size_t)FRAMES * sizeof *left);
    right = malloc((size_t)FRAMES * sizeof *right);
    both = malloc((size_t)FRAMES * 2 * sizeof *both);
    int fd = mkstemps(wav, 4);
    if (left == NULL || right == NULL || both == NULL || fd < 0 ||
        st_pool_new(&pool, 2) != ST_OK)
        return 1;
    (void)close(fd);
    printf("# Full meter\n\n4 minutes of 48 kHz stereo against libebur128 "
           "(I, M, S, LRA, sample and true peak, 100 ms blocks,\nM and S "
           "polled); see `bench_meter.c`. Seconds are the best of %d rounds, "
           "the ratio is the median round's.\nFigures: ours / libebur128. Its "
           "M and S are those of 10 Hz polling, its LRA has one block a "
           "second,\nits true peak is 4-fold.\n\n| what | signal | ours s | "
           "libebur128 s | ratio | LUFS | LRA | max M | max S | dBTP |\n"
           "|---|---|---|---|---|---|---|---|---|---|\n",
           rounds);
    compare_kind("dynamic", 0.5, 20.0, rounds);
    compare_kind("loud", 1.4, 6.0, rounds);
    compare_kind("crushed", 6.0, 1.0, rounds);
    double best = 1e9;
    figures none;
    for (int i = 0; i < rounds; i++)
        best = fmin(best, timed(our_spectrum, &none));
    printf("\nLong-term spectra (left, right, mid, side, pieces of 4 s): "
           "%.3f s.\n",
           best);
    (void)unlink(wav);
    st_pool_free(pool);
    free(left);
    free(right);
    free(both);
    return 0;
}
