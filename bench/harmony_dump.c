/* harmony_dump: what harmony hears and says, for bench/ and training/.
 *
 *     harmony_dump cells OUT_FOLDER FILE...
 *
 * Writes OUT_FOLDER/<stem>.cells, raw float32 [cells][84], of each file, and
 * prints a line "stem cells cents confidence seconds".
 *
 *     harmony_dump tell OUT_FOLDER FILE...
 *
 * Writes OUT_FOLDER/<stem>.said.json, with the beats of OUT_FOLDER/<stem>.beats
 * where there is one (a line "seconds downbeat" each, downbeat 0 or 1), and
 * prints "stem seconds finish_seconds". Processor seconds, all of them. */
#include "analysis/cqt.h"
#include "analysis/harmony.h"
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

static void stem_of(const char *file, char *stem, size_t room) {
    const char *slash = strrchr(file, '/');
    snprintf(stem, room, "%s", slash != NULL ? slash + 1 : file);
    char *dot = strrchr(stem, '.');
    if (dot != NULL)
        *dot = 0;
}

static void write_cells(const char *folder, const char *file) {
    char path[4096], stem[512];
    stem_of(file, stem, sizeof stem);
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

/* --- what it says --- */

enum { MOST_BEATS = 100000 };

typedef struct {
    double beat[MOST_BEATS], down[MOST_BEATS];
    st_harmony_grid grid;
} beats;

static void read_beats(const char *folder, const char *stem, beats *b) {
    char path[4096];
    double t = 0.0;
    int strong = 0;
    b->grid = (st_harmony_grid){.beats_s = b->beat, .downbeats_s = b->down};
    snprintf(path, sizeof path, "%s/%s.beats", folder, stem);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return;
    while (b->grid.beats < MOST_BEATS &&
           fscanf(f, "%lf %d", &t, &strong) == 2) {
        b->beat[b->grid.beats++] = t;
        if (strong)
            b->down[b->grid.downbeats++] = t;
    }
    fclose(f);
}

static void print_key(FILE *f, const st_harmony_result *r) {
    fprintf(f, "{\"seconds\": %.6f, \"cents\": %.3f, \"reason\": \"%s\",\n",
            r->seconds, r->tuning.cents, r->reason);
    fprintf(f, " \"key_confidence\": %.6f, \"keys\": [", r->key_confidence);
    for (int i = 0; i < r->keys; i++)
        fprintf(f, "%s[\"%s\", %.6f, \"%s\"]", i > 0 ? ", " : "",
                r->key[i].name, r->key[i].probability, r->key[i].camelot);
    fprintf(f, "],\n \"key_line\": [");
    for (int64_t i = 0; i < r->key_segments; i++) {
        const st_key_segment *k = &r->key_line[i];
        fprintf(f, "%s[%.3f, %.3f, %d, %.4f]", i > 0 ? ", " : "", k->start_s,
                k->end_s, 2 * k->tonic + k->minor, k->confidence);
    }
}

static void print_result(FILE *f, const st_harmony_result *r) {
    print_key(f, r);
    fprintf(f, "],\n \"chords\": [");
    for (int64_t i = 0; i < r->chord_count; i++)
        fprintf(f, "%s[%.3f, %.3f, \"%s\", %.4f]", i > 0 ? ", " : "",
                r->chords[i].start_s, r->chords[i].end_s, r->chords[i].name,
                r->chords[i].confidence);
    fprintf(f, "],\n \"sections\": [");
    for (int64_t i = 0; i < r->section_count; i++)
        fprintf(f, "%s[%.3f, %.3f, \"%s\", %.4f]", i > 0 ? ", " : "",
                r->sections[i].start_s, r->sections[i].end_s,
                r->sections[i].label, r->sections[i].confidence);
    fprintf(f, "]}\n");
}

static void tell(const char *folder, const char *file) {
    static beats b;
    char path[4096], stem[512];
    st_harmony *h = NULL;
    st_err err = {0};
    stem_of(file, stem, sizeof stem);
    read_beats(folder, stem, &b);
    sound s = load(file);
    double start = now();
    need(st_harmony_new(&h, false, &err), &err);
    need(st_harmony_process(h, s.x, s.n), NULL);
    double end = now();
    need(st_harmony_finish(h, &b.grid), NULL);
    printf("%s %.4f %.4f\n", stem, now() - start, now() - end);
    snprintf(path, sizeof path, "%s/%s.said.json", folder, stem);
    FILE *f = fopen(path, "w");
    if (f == NULL)
        exit(1);
    print_result(f, st_harmony_get(h));
    fclose(f);
    st_harmony_free(h);
    st_free(s.x);
}

int main(int argc, char **argv) {
    if (argc < 4 ||
        (strcmp(argv[1], "cells") != 0 && strcmp(argv[1], "tell") != 0))
        return 2;
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[1], "cells") == 0)
            write_cells(argv[2], argv[i]);
        else
            tell(argv[2], argv[i]);
    return 0;
}
