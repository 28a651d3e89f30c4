/* bench_dyn: filters, dynamics, stereo and dither, CPU time beside peers.
 * Source: 60 s of 48 kHz stereo music-like noise; ours in blocks of 4096.
 * Peers: filters of the ffmpeg and sox programs, on one thread, over a raw
 * float32 file; their own time for passing the file through (anull, no
 * effect) is taken off. User time, the best of five; prints Markdown.
 *   bench_dyn > bench/RESULTS-dyn.md */
#include "dsp/biquad.h"
#include "dsp/compressor.h"
#include "dsp/crossover.h"
#include "dsp/dither.h"
#include "dsp/multiband.h"
#include "dsp/stereo.h"
#include "dsp/svf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { RATE = 48000, SECONDS = 60, FRAMES = RATE * SECONDS, BLOCK = 4096 };
enum { TRIES = 5 };

static float left[FRAMES], right[FRAMES], result[8][BLOCK];
static char raw[] = "/tmp/bench_dyn_XXXXXX";

/* A bass, a chord and noise bursts: something for each band to do. */
static void make_music(void) {
    unsigned seed = 1;
    for (int i = 0; i < FRAMES; i++) {
        double t = (double)i / RATE, beat = fmod(t, 0.5);
        seed = seed * 1664525u + 1013904223u;
        double noise = (double)(seed >> 8) / 8388608.0 - 1.0;
        double tone = 0.3 * sin(345.6 * t) + 0.1 * sin(2764.6 * t) +
                      0.1 * sin(4152.9 * t);
        left[i] = (float)(tone + 0.4 * noise * exp(-beat * 20.0));
        right[i] = (float)(tone + 0.3 * noise * exp(-beat * 10.0));
    }
}

static int write_raw(void) {
    int fd = mkstemp(raw);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (file == NULL)
        return 1;
    size_t done = 0;
    for (int i = 0; i < FRAMES; i++) {
        float frame[2] = {left[i], right[i]};
        done += fwrite(frame, sizeof frame, 1, file);
    }
    return fclose(file) != 0 || done != FRAMES;
}

static double user_s(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return (double)usage.ru_utime.tv_sec +
           1e-6 * (double)usage.ru_utime.tv_usec;
}

typedef void (*process_fn)(void *, const float *const *, float *const *, int);

static double ours_s(process_fn process, void *unit) {
    double best = 1e9;
    float *out[8];
    for (int o = 0; o < 8; o++)
        out[o] = result[o];
    for (int try = 0; try < TRIES; try++) {
        double start = user_s(RUSAGE_SELF);
        for (int at = 0; at + BLOCK <= FRAMES; at += BLOCK) {
            const float *in[] = {left + at, right + at};
            process(unit, in, out, BLOCK);
        }
        best = fmin(best, user_s(RUSAGE_SELF) - start);
    }
    return best;
}

static double command_s(const char *command) {
    double best = 1e9;
    for (int try = 0; try < TRIES; try++) {
        double start = user_s(RUSAGE_CHILDREN);
        if (system(command) != 0)
            return -1.0;
        best = fmin(best, user_s(RUSAGE_CHILDREN) - start);
    }
    return best;
}

static double ffmpeg_s(const char *filter) {
    char command[1024];
    snprintf(command, sizeof command,
             "ffmpeg -v error -nostdin -threads 1 -filter_threads 1 "
             "-filter_complex_threads 1 -f f32le -ar %d -ac 2 -i %s "
             "-filter_complex \"%s\" -f null - >/dev/null 2>&1",
             RATE, raw, filter);
    return command_s(command);
}

/* `type`: of the output, f32 or s16. */
static double sox_s(const char *type, const char *effect) {
    char command[1024];
    snprintf(command, sizeof command,
             "sox -D --single-threaded -t f32 -r %d -c 2 %s -t %s - %s "
             ">/dev/null 2>&1",
             RATE, raw, type, effect);
    return command_s(command);
}

static double base_ffmpeg_s, base_sox_s;

static void row(const char *name, double ours, const char *peer, double peer_s,
                double base_s) {
    printf("| %s | %.2f | %.3f |", name, ours / FRAMES * 1e9,
           ours * 240.0 / SECONDS);
    double net = peer_s - base_s;
    if (peer == NULL || peer_s < 0.0 || net <= 0.0)
        printf(" %s | - | - |\n", peer == NULL ? "-" : peer);
    else
        printf(" %s | %.2f | %.1f |\n", peer, net / FRAMES * 1e9, net / ours);
    fflush(stdout);
}

static const st_spec spec = {RATE, 2, BLOCK};

#define WRAP(NAME)                                                             \
    static void NAME##_run(void *u, const float *const *in, float *const *out, \
                           int frames) {                                       \
        st_##NAME##_process(u, in, out, frames);                               \
    }
WRAP(biquad)
WRAP(compressor)
WRAP(crossover)
WRAP(dither)
WRAP(multiband)
WRAP(stereo)
WRAP(svf)

#define RUN(NAME) ours_s(NAME##_run, u)
#define MAKE(NAME)                                                             \
    st_##NAME *u = NULL;                                                       \
    if (st_##NAME##_new(&u, &spec, &p) != ST_OK)                               \
    return

static void bench_multiband(void) {
    st_multiband_params p = st_multiband_defaults();
    for (int band = 0; band < 4; band++) {
        p.band[band].ratio = 2.0;
        p.band[band].threshold_db = -24.0;
    }
    p.lookahead_ms = 2.0;
    MAKE(multiband);
    double ours = RUN(multiband);
    row("multiband, 4 bands, look-ahead", ours,
        "ffmpeg acrossover + 4 acompressor + amix",
        ffmpeg_s("acrossover=split=120 800 5000:order=4th:precision=float"
                 "[a][b][c][d];"
                 "[a]acompressor=threshold=0.063:ratio=2[e];[b]acompressor="
                 "threshold=0.063:ratio=2[f];"
                 "[c]acompressor=threshold=0.063:ratio=2[g];[d]acompressor="
                 "threshold=0.063:ratio=2[h];"
                 "[e][f][g][h]amix=4:normalize=0"),
        base_ffmpeg_s);
    row("", ours, "sox mcompand, 4 bands",
        sox_s("f32",
              "mcompand '0.01,0.1 6:-24,-12' 120 '0.01,0.1 6:-24,-12' 800 "
              "'0.01,0.1 6:-24,-12' 5000 '0.01,0.1 6:-24,-12'"),
        base_sox_s);
    st_multiband_free(u);
}

static void bench_crossover(void) {
    st_crossover_params p = st_crossover_defaults();
    MAKE(crossover);
    row("crossover, 4 bands", RUN(crossover), "ffmpeg acrossover",
        ffmpeg_s("acrossover=split=120 800 5000:order=4th:precision=float"
                 "[a][b][c][d];[a][b][c][d]amix=4:normalize=0"),
        base_ffmpeg_s);
    st_crossover_free(u);
}

static void bench_compressor(void) {
    st_compressor_params p = st_compressor_defaults();
    p.curve.ratio = 3.0;
    p.lookahead_ms = 2.0;
    MAKE(compressor);
    row("compressor, look-ahead", RUN(compressor), "ffmpeg acompressor",
        ffmpeg_s("acompressor=threshold=0.1:ratio=3"), base_ffmpeg_s);
    st_compressor_free(u);
}

static void bench_filters(void) {
    {
        st_biquad_params p = {1, {{ST_BIQUAD_PEAK, 1000.0, 1.0, 3.0, true}}};
        MAKE(biquad);
        row("biquad, 1 section, double", RUN(biquad),
            "ffmpeg equalizer (f64, tdii)",
            ffmpeg_s("equalizer=f=1000:t=q:w=1:g=3:a=tdii:r=f64"),
            base_ffmpeg_s);
        st_biquad_free(u);
    }
    {
        st_svf_params p = {ST_SVF_LOWPASS, 1000.0, 1.0, 0.0};
        MAKE(svf);
        row("svf", RUN(svf), "ffmpeg lowpass (f64, zdf)",
            ffmpeg_s("lowpass=f=1000:a=zdf:r=f64"), base_ffmpeg_s);
        st_svf_free(u);
    }
}

static void bench_stereo(void) {
    st_stereo_params p = {1.2, 120.0};
    MAKE(stereo);
    row("stereo, width and mono bass", RUN(stereo),
        "ffmpeg stereotools (width only)", ffmpeg_s("stereotools=slev=1.2"),
        base_ffmpeg_s);
    st_stereo_free(u);
}

static void bench_dither(void) {
    st_dither_params p = st_dither_defaults();
    p.bits = 16;
    {
        MAKE(dither);
        row("dither, 16 bit TPDF", RUN(dither), "sox dither",
            sox_s("s16", "dither"), sox_s("s16", ""));
        st_dither_free(u);
    }
    p.shape = ST_SHAPE_E9;
    MAKE(dither);
    row("dither, 16 bit E9", RUN(dither), "ffmpeg improved_e_weighted",
        ffmpeg_s("aresample=osf=s16:dither_method=improved_e_weighted"),
        base_ffmpeg_s);
    st_dither_free(u);
}

int main(void) {
    make_music();
    if (write_raw() != 0) {
        fprintf(stderr, "bench_dyn: cannot write %s: free 25 MB in /tmp.\n",
                raw);
        return 1;
    }
    base_ffmpeg_s = ffmpeg_s("anull");
    base_sox_s = sox_s("f32", "");
    printf("# Filters, dynamics, stereo, dither\n\n"
           "One core, 48 kHz stereo, user time, best of %d; see "
           "`bench_dyn.c`. A peer's figure is its run less its own\n"
           "pass-through of the same file.\n\n"
           "| unit | ns a frame | s for 4 min | peer | ns a frame | peer / "
           "ours |\n|---|---|---|---|---|---|\n",
           TRIES);
    bench_multiband();
    bench_crossover();
    bench_compressor();
    bench_filters();
    bench_stereo();
    bench_dither();
    unlink(raw);
    return 0;
}
