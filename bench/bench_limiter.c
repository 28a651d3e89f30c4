/* bench_limiter: our limiter on a file, and the judge of all files.
 *
 *   bench_limiter limit IN OUT DRIVE_DB CEILING_DB   seconds of CPU on stdout
 *   bench_limiter measure FILE       LUFS, true peak (32-fold), THD+N at
 *                                    60 Hz, SMPTE IMD of seconds 2 to 5
 *
 * bench_limiter.py runs it beside its peers. */
#include "analysis/loudness.h"
#include "dsp/limiter.h"
#include "support/meters.h"
#include "support/truth.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 4096, CHANNELS = 8 };

typedef struct {
    SF_INFO info;
    float *plane[CHANNELS];
    size_t frames;
} sound;

static void die(const char *what) {
    fprintf(stderr, "bench_limiter: %s\n", what);
    exit(1);
}

static sound load(const char *path, size_t extra) {
    sound s = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &s.info);
    if (file == NULL || s.info.channels > CHANNELS)
        die(path);
    size_t channels = (size_t)s.info.channels;
    s.frames = (size_t)s.info.frames;
    float *row = malloc(s.frames * channels * sizeof *row);
    if (row == NULL || sf_readf_float(file, row, s.info.frames) < 0)
        die(path);
    for (size_t c = 0; c < channels; c++) {
        s.plane[c] = calloc(s.frames + extra, sizeof(float));
        if (s.plane[c] == NULL)
            die("no memory");
        for (size_t i = 0; i < s.frames; i++)
            s.plane[c][i] = row[i * channels + c];
    }
    free(row);
    sf_close(file);
    return s;
}

static void save(const char *path, sound *s, size_t skip) {
    SF_INFO info = s->info;
    info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    size_t channels = (size_t)info.channels;
    float *row = malloc(s->frames * channels * sizeof *row);
    if (file == NULL || row == NULL)
        die(path);
    for (size_t i = 0; i < s->frames; i++)
        for (size_t c = 0; c < channels; c++)
            row[i * channels + c] = s->plane[c][i + skip];
    sf_writef_float(file, row, (sf_count_t)s->frames);
    sf_close(file);
    free(row);
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int limit(char **argv) {
    sound s = load(argv[0], 2 * BLOCK);
    st_spec spec = {s.info.samplerate, s.info.channels, BLOCK};
    st_limiter_params p = st_limiter_defaults();
    p.drive_db = atof(argv[2]);
    p.ceiling_db = atof(argv[3]);
    st_limiter *u = NULL;
    if (st_limiter_new(&u, &spec, &p) != ST_OK)
        die("no limiter");
    size_t late = (size_t)st_limiter_latency_frames(u);
    double from = cpu_seconds();
    for (size_t at = 0; at < s.frames + late; at += BLOCK) {
        const float *in[CHANNELS];
        float *out[CHANNELS];
        for (int c = 0; c < s.info.channels; c++)
            in[c] = out[c] = s.plane[c] + at;
        st_limiter_process(u, in, out, BLOCK);
    }
    printf("%.4f\n", cpu_seconds() - from);
    st_limiter_free(u);
    save(argv[1], &s, late);
    return 0;
}

static double imd_db(const float *x, size_t n, double rate_hz) {
    double carrier = pow(10.0, meter_tone_db(x, n, rate_hz, 7000.0) / 20.0);
    double sum = 0.0;
    for (int k = -5; k <= 5; k++)
        if (k != 0) {
            double db = meter_tone_db(x, n, rate_hz, 7000.0 + 60.0 * k);
            sum += pow(10.0, db / 10.0);
        }
    return 10.0 * log10(sum / (carrier * carrier) + 1e-30);
}

static int measure(char **argv) {
    sound s = load(argv[0], 0);
    st_loudness *meter = NULL;
    if (st_loudness_new(&meter, s.info.samplerate, s.info.channels, 0, NULL) !=
        ST_OK)
        die("no meter");
    const float *in[CHANNELS];
    double peak = -400.0;
    for (int c = 0; c < s.info.channels; c++) {
        in[c] = s.plane[c];
        peak = fmax(peak, truth_peak_db(s.plane[c], s.frames));
    }
    st_loudness_process(meter, in, (int64_t)s.frames);
    st_loudness_finish(meter);
    st_loudness_result r;
    st_loudness_get(meter, &r);
    st_loudness_free(meter);
    double rate_hz = s.info.samplerate;
    size_t from = 2 * (size_t)s.info.samplerate;
    double thd = 0.0;
    double imd = 0.0;
    if (s.frames > 5 * from / 2) {
        thd = meter_thd_n_db(s.plane[0] + from, 3 * from / 2, rate_hz, 60.0);
        imd = imd_db(s.plane[0] + from, 3 * from / 2, rate_hz);
    }
    printf("%.4f %.4f %.2f %.2f\n", r.integrated_lufs, peak, thd, imd);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "limit") == 0)
        return limit(argv + 2);
    if (argc == 3 && strcmp(argv[1], "measure") == 0)
        return measure(argv + 2);
    fputs("usage: bench_limiter limit IN OUT DRIVE_DB CEILING_DB\n"
          "       bench_limiter measure FILE\n",
          stderr);
    return 2;
}
