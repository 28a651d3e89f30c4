#include "support/cases.h"

#include "mix/files.h"

#include "audio/reader.h"
#include "audio/writer.h"
#include "core/json.h"
#include "mix/stage_mix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const st_stage st_stage_mix;

void files_init(files *f) {
    memset(f, 0, sizeof *f);
    strcpy(f->folder, "/tmp/stemma-mix-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
}

void files_free(files *f) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
}

const char *files_at(const files *f, const char *name) {
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", f->folder, name);
    return path;
}

static const char *add_path(files *f, const char *name) {
    assert_true(f->count < FILES_MOST);
    char *path = f->path[f->count++];
    strcpy(path, files_at(f, name));
    return path;
}

void files_add(files *f, const char *name, float *const *x, int channels,
               int64_t frames, int rate_hz, int64_t timecode) {
    const st_format format = {rate_hz, channels, frames};
    st_meta meta = {0};
    st_writer_options options = {.depth = ST_DEPTH_FLOAT, .no_sync = true};
    if (timecode >= 0) {
        assert_non_null(st_meta_need_bext(&meta));
        meta.bext->time_reference_frames = (uint64_t)timecode;
        options.meta = &meta;
    }
    st_sink *sink = NULL;
    assert_int_equal(
        st_writer_open(&sink, add_path(f, name), &format, &options, NULL),
        ST_OK);
    assert_int_equal(st_sink_write(sink, (const float *const *)x, frames, NULL),
                     ST_OK);
    assert_int_equal(st_sink_finish(sink, NULL), ST_OK);
    st_sink_free(sink);
    st_meta_deinit(&meta);
}

void files_add_rich(files *f, int rate_hz, int64_t frames) {
    static const char *const names[RICH_STEMS] = {
        "kick.wav", "bass.wav", "keys.wav", "lead vox.wav", "drums.wav"};
    song s;
    song_rich(&s, rate_hz, frames);
    for (int i = 0; i < RICH_STEMS; i++)
        files_add(f, names[i], s.stem[i].channel, s.stem[i].channels, frames,
                  rate_hz, -1);
    song_free(&s);
}

void files_add_bytes(files *f, const char *name, const void *bytes,
                     size_t size) {
    FILE *file = fopen(add_path(f, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static const char *made(const files *f, const char *into, const char *what) {
    char name[64];
    snprintf(name, sizeof name, "%s-%s", into, what);
    return files_at(f, name);
}

static void add_target(const files *f, st_plan *plan, const char *into,
                       const char *output, const char *what) {
    assert_int_equal(st_plan_target_add(plan, 0, output, 0, made(f, into, what),
                                        NULL, ST_BITS_ASKED, NULL),
                     ST_OK);
}

static st_pool *pool_of(void *ctx) {
    return ctx;
}

st_status files_mix(const files *f, json_t *params, const char *recipe,
                    int threads, const char *into, json_t **result,
                    st_err *err) {
    st_plan *plan = NULL;
    st_pool *pool = NULL;
    json_t *document = NULL;
    assert_int_equal(st_plan_new(&plan), ST_OK);
    assert_int_equal(
        st_plan_step_add(plan, &st_stage_mix, NULL, params, 0, NULL, err),
        ST_OK);
    for (int i = 0; i < f->count; i++)
        assert_int_equal(
            st_plan_file_add(plan, 0, "stems", f->path[i], NULL, 1, NULL),
            ST_OK);
    if (recipe != NULL)
        assert_int_equal(
            st_plan_file_add(plan, 0, "recipe", recipe, NULL, 1, NULL), ST_OK);
    add_target(f, plan, into, "premaster", "premaster.wav");
    add_target(f, plan, into, "master", "master.wav");
    add_target(f, plan, into, "recipe_used", "recipe.json");
    add_target(f, plan, into, "report", "report.json");
    assert_int_equal(st_pool_new(&pool, threads), ST_OK);
    const st_run_options options = {.pool = pool_of, .ctx = pool};
    st_status status = st_plan_run(plan, &options, &document, err);
    if (result != NULL)
        *result = document;
    else
        json_decref(document);
    st_pool_free(pool);
    st_plan_free(plan);
    json_decref(params);
    return status;
}

json_t *files_json(const files *f, const char *into, const char *what) {
    json_t *document = NULL;
    st_err err = {0};
    if (st_json_load_file(&document, made(f, into, what), NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    return document;
}

float *files_audio(const files *f, const char *into, const char *what,
                   int64_t *frames) {
    st_source *source = NULL;
    assert_int_equal(st_reader_open(&source, made(f, into, what), NULL, NULL),
                     ST_OK);
    assert_int_equal(source->format.channels, 2);
    int64_t n = source->format.frames, got = 0;
    float *out = calloc(2 * (size_t)n, sizeof *out);
    assert_non_null(out);
    float *at[2] = {out, out + n};
    assert_int_equal(st_source_read(source, at, n, &got, NULL), ST_OK);
    assert_int_equal(got, n);
    st_source_free(source);
    *frames = n;
    return out;
}

json_t *files_find(json_t *document, const char *path) {
    char text[96], *save = NULL;
    snprintf(text, sizeof text, "%s", path);
    for (char *w = strtok_r(text, "/", &save); w != NULL && document != NULL;
         w = strtok_r(NULL, "/", &save))
        document = json_is_array(document)
                       ? json_array_get(document, (size_t)(w[0] - '0'))
                       : json_object_get(document, w);
    return document;
}
