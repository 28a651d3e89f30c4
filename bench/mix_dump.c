/* mix_dump: what `mix` hears of the stems of songs, for training/mix_train.py.
 *
 *   mix_dump FOLDER...   each the stems of one song, 64 at most
 *
 * A line of JSON a folder: {"folder", "stems": [{...}]}. Levels in dB, bands
 * as analysis/spectrum.h has them (only up to 12 stems), shares 0..1; silent
 * stems are left out. */
#include "mix/hear.h"

#include "audio/reader.h"
#include "stage/host.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const st_stage st_stage_mix;

enum { MOST = ST_SESSION_FILES };

typedef struct {
    int count;
    char *path[MOST];
} folder;

static int count(void *host, int input) {
    return input == 0 ? ((folder *)host)->count : 0;
}

static const char *label(void *host, int input, int index) {
    const char *path = ((folder *)host)->path[index];
    const char *slash = strrchr(path, '/');
    (void)input;
    return slash != NULL ? slash + 1 : path;
}

static double weight(void *host, int input, int index) {
    (void)host, (void)input, (void)index;
    return 1.0;
}

static st_bits bits(void *host, int input, int index) {
    (void)host, (void)input, (void)index;
    return ST_BITS_F32;
}

static int64_t timecode(void *host, int input, int index) {
    (void)host, (void)input, (void)index;
    return -1;
}

static const char *hash(void *host, int input, int index) {
    (void)host, (void)input, (void)index;
    return NULL;
}

static st_status open_item(void *host, int input, int index, bool once,
                           st_source **out, st_err *err) {
    (void)input, (void)once;
    return st_reader_open(out, ((folder *)host)->path[index], NULL, err);
}

static st_status format(void *host, int input, int index, st_format *out,
                        st_err *err) {
    st_source *source = NULL;
    st_status status = open_item(host, input, index, true, &source, err);
    if (status == ST_OK)
        *out = source->format;
    st_source_free(source);
    return status;
}

static st_status bytes(void *host, int input, int index, size_t max_bytes,
                       unsigned char **out, size_t *size, st_err *err) {
    (void)host, (void)input, (void)index, (void)max_bytes, (void)out,
        (void)size;
    return st_err_set(err, ST_NOT_FOUND, "There is none.");
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(folder *f, const char *path) {
    DIR *dir = opendir(path);
    struct dirent *entry;
    f->count = 0;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || f->count == MOST)
            continue;
        size_t size = strlen(path) + strlen(entry->d_name) + 2;
        char *whole = malloc(size);
        if (whole == NULL)
            exit(1);
        snprintf(whole, size, "%s/%s", path, entry->d_name);
        f->path[f->count++] = whole;
    }
    if (dir != NULL)
        closedir(dir);
    qsort(f->path, (size_t)f->count, sizeof f->path[0], by_name);
}

static json_t *row(const double *values, int n) {
    json_t *out = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(out, json_real(values[i]));
    return out;
}

static json_t *levels(const st_stem_facts *facts) {
    static const double share[] = {0.05, 0.25, 0.5, 0.75, 0.9, 0.97, 0.995};
    enum { SHARES = sizeof share / sizeof share[0] };
    double at[SHARES];
    for (int i = 0; i < SHARES; i++)
        at[i] = st_hear_level(facts, share[i]);
    return row(at, SHARES);
}

static json_t *stem(const st_session_file *f, const st_stem_facts *facts,
                    const st_file_facts *alone) {
    double sound[ST_ROLE_EMBEDDING];
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++)
        sound[i] = (double)alone->sound[i];
    const st_loudness_result *loud = &facts->meter.loudness;
    json_t *out = json_pack(
        "{s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f}", "file", f->label,
        "role", (int)f->role, "channels", f->channels, "confidence",
        alone->has_role ? alone->confidence : 0.0, "lufs", facts->lufs, "peak",
        facts->meter.sample_peak_dbfs, "active", facts->active, "range",
        isfinite(loud->range_lu) ? loud->range_lu : 0.0, "width",
        isfinite(facts->meter.width) ? facts->meter.width : 9.0);
    json_object_set_new(out, "bands", row(facts->band_db, ST_SPECTRUM_BANDS));
    json_object_set_new(out, "levels", levels(facts));
    json_object_set_new(out, "sound", row(sound, ST_ROLE_EMBEDDING));
    return out;
}

/* As heard beside the others, else as heard by itself. */
static const st_stem_facts *together(const st_hearing *heard, int file,
                                     const st_stem_facts *alone) {
    for (int i = 0; i < heard->count; i++)
        if (heard->file[i] == file)
            return &heard->stem[i];
    return alone;
}

static st_status show(const char *path, st_pool *pool, st_err *err) {
    static const st_in_ops ops = {count, label,  weight,    bits, timecode,
                                  hash,  format, open_item, bytes};
    static st_file_facts alone[ST_SESSION_FILES + ST_MIX_STEMS];
    folder f = {0};
    st_in in = {&st_stage_mix, &ops, &f};
    st_session *session = calloc(1, sizeof *session);
    st_hearing *heard = calloc(1, sizeof *heard);
    st_hear_means means = {.pool = pool, .folder = "/tmp"};
    if (session == NULL || heard == NULL)
        return ST_NO_MEM;
    list(&f, path);
    st_status status = st_session_open(session, &in, "stems", err);
    if (status == ST_OK)
        status = st_hear_files(alone, session, &means, err);
    means.known = alone;
    if (status == ST_OK && session->count <= ST_MIX_STEMS)
        status = st_hear(heard, session, &means, err);
    json_t *stems = json_array();
    for (int i = 0; status == ST_OK && i < session->count; i++)
        if (!alone[i].facts.silent && st_session_is_stem(session, i))
            json_array_append_new(
                stems, stem(&session->file[i],
                            together(heard, i, &alone[i].facts), &alone[i]));
    json_t *line = json_pack("{s:s, s:o}", "folder", path, "stems", stems);
    if (status == ST_OK) {
        json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        printf("\n");
        fflush(stdout);
    }
    json_decref(line);
    st_hearing_deinit(heard);
    free(session);
    free(heard);
    for (int i = 0; i < f.count; i++)
        free(f.path[i]);
    return status;
}

int main(int argc, char **argv) {
    st_err err = {0};
    st_pool *pool = NULL;
    if (st_pool_new(&pool, 2) != ST_OK)
        return 1;
    for (int i = 1; i < argc; i++)
        if (show(argv[i], pool, &err) != ST_OK)
            fprintf(stderr, "%s: %s\n", argv[i], err.text);
    st_pool_free(pool);
    return 0;
}
