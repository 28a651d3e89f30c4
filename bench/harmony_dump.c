/* harmony_dump: what harmony hears and says, for bench/ and training/.
 *
 *     harmony_dump cells OUT_FOLDER FILE...
 *
 * Writes OUT_FOLDER/<stem>.cells, raw float32 [cells][84], of each file, and
 * prints a line "stem cells cents confidence seconds". */
#include "analysis/cqt.h"
#include "analysis/harmony_cells.h"
#include "analysis/powerspec.h"
#include "analysis/tuning.h"
#include "audio/reader.h"
#include "audio/resample.h"
#include "core/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RATE = 22050, BLOCK = 16384, ROOM = 4 * BLOCK };

typedef struct {
    float *x;
    int64_t n;
    size_t room;
} sound;

static void need(st_status status, const st_err *err) {
    if (status != ST_OK) {
        fprintf(stderr, "harmony_dump: %s %s\n", st_status_name(status),
                err != NULL ? err->text : "");
        exit(1);
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void append(sound *s, const float *x, int64_t n) {
    if ((size_t)(s->n + n) > s->room) {
        void *block = s->x;
        size_t room = 2 * s->room + (size_t)n;
        need(st_regrow(&block, s->room, room, sizeof *s->x), NULL);
        s->x = block;
        s->room = room;
    }
    memcpy(s->x + s->n, x, (size_t)n * sizeof *x);
    s->n += n;
}

static void resample(st_resampler *r, const float *x, int64_t n, sound *out) {
    static float y[ROOM];
    float *const planes[] = {y};
    int64_t used = 0, got = 1;
    while (x != NULL ? n > 0 : got > 0) {
        need(st_resampler_process(r, x != NULL ? &x : NULL, n, &used, planes,
                                  ROOM, &got),
             NULL);
        append(out, y, got);
        if (x != NULL) {
            x += used;
            n -= used;
        }
    }
}

/* The mean of the channels at RATE. */
static sound load(const char *path) {
    static float room[8][BLOCK];
    float *planes[8];
    st_err err = {0};
    st_source *source = NULL;
    st_resampler *r = NULL;
    sound out = {0};
    int64_t got = BLOCK;
    for (int c = 0; c < 8; c++)
        planes[c] = room[c];
    need(st_reader_open(&source, path, NULL, &err), &err);
    int channels = source->format.channels;
    int rate = (int)source->format.rate_hz;
    need(st_resampler_new(&r, rate, RATE, 1, ST_RESAMPLE_HIGH), NULL);
    while (got == BLOCK) {
        need(st_source_read(source, planes, BLOCK, &got, &err), &err);
        for (int64_t i = 0; i < got; i++) {
            for (int c = 1; c < channels; c++)
                room[0][i] += room[c][i];
            room[0][i] /= (float)channels;
        }
        if (rate == RATE)
            append(&out, room[0], got);
        else
            resample(r, room[0], got, &out);
    }
    if (rate != RATE)
        resample(r, NULL, 0, &out);
    st_resampler_free(r);
    st_source_free(source);
    return out;
}

static void add_power(void *ctx, int64_t frame, const float *power) {
    (void)frame;
    st_tuning_add(ctx, power);
}

static st_tuning_result tuning_of(const sound *s) {
    st_tuning *t = NULL;
    st_powerspec *p = NULL;
    st_powerspec_params params = st_powerspec_defaults();
    need(st_tuning_new(&t, RATE, params.size), NULL);
    need(st_powerspec_new(&p, &params, (st_frame_sink){add_power, t}), NULL);
    st_powerspec_process(p, s->x, s->n);
    st_powerspec_finish(p);
    st_tuning_result result = st_tuning_get(t);
    st_powerspec_free(p);
    st_tuning_free(t);
    return result;
}

static st_cells *cells_of(const sound *s) {
    st_cells *cells = NULL;
    st_cqt *cqt = NULL;
    st_cqt_params params = st_cqt_defaults(RATE);
    params.per_octave = 36;
    params.bins = ST_CELL_BINS;
    params.analytic = false;
    need(st_cells_new(&cells), NULL);
    need(st_cqt_new(&cqt, &params, st_cells_sink(cells)), NULL);
    st_cqt_process(cqt, s->x, s->n);
    st_cqt_finish(cqt);
    st_cqt_free(cqt);
    need(st_cells_end(cells), NULL);
    return cells;
}

static void write_cells(const char *folder, const char *file) {
    char path[4096], stem[512];
    const char *slash = strrchr(file, '/');
    snprintf(stem, sizeof stem, "%s", slash != NULL ? slash + 1 : file);
    char *dot = strrchr(stem, '.');
    if (dot != NULL)
        *dot = 0;
    sound s = load(file);
    double start = now();
    st_tuning_result tuning = tuning_of(&s);
    st_cells *cells = cells_of(&s);
    size_t count = (size_t)st_cells_count(cells);
    float *rows = st_calloc(count * ST_CELL_NOTES, sizeof *rows);
    double cents = tuning.confidence >= 0.1 ? tuning.cents : 0.0;
    need(rows != NULL ? st_cells_rows(cells, cents, rows) : ST_NO_MEM, NULL);
    double seconds = now() - start;
    snprintf(path, sizeof path, "%s/%s.cells", folder, stem);
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(rows, sizeof *rows, count * ST_CELL_NOTES, f) !=
                         count * ST_CELL_NOTES)
        exit(1);
    fclose(f);
    printf("%s %zu %.2f %.3f %.4f\n", stem, count, tuning.cents,
           tuning.confidence, seconds);
    st_free(rows);
    st_cells_free(cells);
    st_free(s.x);
}

int main(int argc, char **argv) {
    if (argc < 4 || strcmp(argv[1], "cells") != 0)
        return 2;
    for (int i = 3; i < argc; i++)
        write_cells(argv[2], argv[i]);
    return 0;
}
