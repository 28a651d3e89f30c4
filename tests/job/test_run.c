#include "support/cases.h"

#include "audio/writer.h"
#include "core/json.h"
#include "job/run.h"

#include <dirent.h>
#include <stdio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAMES = 4800, RATE = 48000 };

/* -- stages of our own ------------------------------------------------------
 */

static const st_engine engines[] = {
    {.name = "dsp", .kind = ST_ENGINE_DSP, .help = "Plain."}, {0}};
static const st_param params[] = {
    {.name = "gain",
     .type = ST_PARAM_FLOAT,
     .min = 0,
     .max = 4,
     .def = 1,
     .help = "Gain."},
    {.name = "mode", .type = ST_PARAM_STRING, .def_text = "", .help = "Mode."},
    {0}};
static const st_input inputs[] = {{.name = "audio",
                                   .kind = ST_KIND_AUDIO,
                                   .min_count = 1,
                                   .max_count = 1,
                                   .help = "Audio."},
                                  {0}};
static const st_output gain_outputs[] = {
    {.name = "audio",
     .kind = ST_KIND_AUDIO,
     .tags_from = "audio",
     .help = "Audio."},
    {.name = "page", .kind = ST_KIND_HTML, .beside = ".html", .help = "Page."},
    {0}};
static const st_output peak_outputs[] = {
    {.name = "peak", .kind = ST_KIND_JSON, .help = "Peak."}, {0}};

static bool mode_is(const st_ctx *ctx, const char *mode) {
    return strcmp(st_ctx_text(ctx, "mode"), mode) == 0;
}

/* One block of FRAMES frames, scaled, out to `audio`. */
static st_status write_scaled(st_in *in, st_out *out, double gain,
                              st_err *err) {
    st_source *source = NULL;
    st_sink *sink = NULL;
    st_buffer buffer = {0};
    int64_t got = 0;
    st_status status = st_in_open(in, "audio", 0, &source, err);
    if (status != ST_OK)
        return status;
    st_out_spec spec = {.format = source->format, .bits = ST_BITS_F32};
    status = st_buffer_init(&buffer, source->format.channels, FRAMES);
    if (status == ST_OK)
        status = st_source_read(source, buffer.channel, FRAMES, &got, err);
    for (int c = 0; c < buffer.channels; c++)
        for (int64_t i = 0; i < got; i++)
            buffer.channel[c][i] *= (float)gain;
    if (status == ST_OK)
        status = st_out_audio(out, "audio", 0, &spec, &sink, err);
    if (status == ST_OK)
        status =
            st_sink_write(sink, (const float *const *)buffer.channel, got, err);
    if (status == ST_OK)
        status = st_sink_finish(sink, err);
    st_sink_free(sink);
    st_source_free(source);
    st_buffer_deinit(&buffer);
    return status;
}

static st_status reread_peak(st_out *out, double *peak, st_err *err) {
    st_source *source = NULL;
    st_buffer buffer = {0};
    int64_t got = 0;
    st_status status = st_out_reread(out, "audio", 0, &source, err);
    if (status != ST_OK)
        return status;
    status = st_buffer_init(&buffer, source->format.channels, FRAMES);
    if (status == ST_OK)
        status = st_source_read(source, buffer.channel, FRAMES, &got, err);
    for (int64_t i = 0; status == ST_OK && i < got; i++)
        if (buffer.channel[0][i] > *peak)
            *peak = buffer.channel[0][i];
    st_buffer_deinit(&buffer);
    st_source_free(source);
    return status;
}

/* "<p>", "one", "two": or, torn, an error instead of the last. */
typedef struct {
    int given;
    bool torn;
} pieces;

static st_status next_piece(void *ctx, const void **bytes, size_t *size,
                            st_err *err) {
    static const char *const texts[] = {"<p>", "one", "two", ""};
    pieces *p = ctx;
    if (p->torn && p->given == 2)
        return st_err_set(err, ST_LIMIT, "The page is torn.");
    *bytes = texts[p->given];
    *size = strlen(texts[p->given++]);
    return ST_OK;
}

static st_status write_page(st_ctx *ctx, st_out *out, st_err *err) {
    pieces p = {.torn = mode_is(ctx, "torn")};
    if (p.torn || mode_is(ctx, "pieces"))
        return st_out_pieces(out, "page", 0, next_piece, &p, err);
    return st_out_bytes(out, "page", 0, "<p>", 3, err);
}

static st_status gain_run(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    double gain = st_ctx_float(ctx, "gain");
    double peak = 0;
    st_ctx_progress(ctx, 0.5, "scaling");
    st_status status = write_scaled(in, out, gain, err);
    if (status == ST_OK && mode_is(ctx, "again")) {
        status = write_scaled(in, out, gain / 2, err);
        if (status == ST_OK)
            status = reread_peak(out, &peak, err);
        if (status == ST_OK)
            assert_close(peak, 0.25 * gain / 2, 1e-6, "reread peak");
    }
    if (status == ST_OK && mode_is(ctx, "fail"))
        return st_err_set(err, ST_BAD_DATA, "It was to fail.");
    if (status == ST_OK && st_out_wanted(out, "page"))
        status = write_page(ctx, out, err);
    if (status != ST_OK)
        return status;
    if (mode_is(ctx, "warn"))
        st_ctx_warn(ctx, "odd", "This is %s.", "odd");
    if (mode_is(ctx, "skip"))
        st_ctx_skip(ctx, "polish", "there was no cloth");
    st_ctx_progress(ctx, 0.2, "polishing"); /* must not fall */
    return status;
}

static atomic_int peak_runs;

static st_status peak_run(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    st_source *source = NULL;
    st_buffer buffer = {0};
    int64_t got = 1;
    double peak = 0;
    peak_runs++;
    st_status status = st_in_open_once(in, "audio", 0, &source, err);
    if (status != ST_OK)
        return status;
    status = st_buffer_init(&buffer, source->format.channels, 700);
    while (status == ST_OK && got > 0) {
        status = st_source_read(source, buffer.channel, 700, &got, err);
        st_ctx_progress(ctx, 0.5, "looking");
        for (int64_t i = 0; status == ST_OK && i < got; i++)
            if (buffer.channel[0][i] > peak)
                peak = buffer.channel[0][i];
    }
    st_buffer_deinit(&buffer);
    st_source_free(source);
    if (status != ST_OK)
        return status;
    json_t *document =
        json_pack("{s:f}", "peak", peak * st_ctx_float(ctx, "gain"));
    status = st_out_json(out, "peak", 0, document, err);
    json_decref(document);
    return status;
}

static const st_stage gain_stage = {.name = "gain",
                                    .help = "Gain.",
                                    .version = 1,
                                    .engines = engines,
                                    .params = params,
                                    .inputs = inputs,
                                    .outputs = gain_outputs,
                                    .run = gain_run};
static const st_stage peak_stage = {.name = "peak",
                                    .help = "Peak.",
                                    .version = 1,
                                    .engines = engines,
                                    .params = params,
                                    .inputs = inputs,
                                    .outputs = peak_outputs,
                                    .cacheable = true,
                                    .run = peak_run};

/* -- a folder with one song ---------------------------------------------------
 */

typedef struct {
    char folder[64], song[96], out[96], page[96], cache[96];
} place;

static void write_song(const char *path, float level) {
    float samples[FRAMES];
    const float *channel[1] = {samples};
    const st_format format = {RATE, 1, FRAMES};
    const st_writer_options options = {.depth = ST_DEPTH_FLOAT,
                                       .no_sync = true};
    st_sink *sink = NULL;
    for (int i = 0; i < FRAMES; i++)
        samples[i] = i == 100 ? level : 0.0f;
    assert_int_equal(st_writer_open(&sink, path, &format, &options, NULL),
                     ST_OK);
    assert_int_equal(st_sink_write(sink, channel, FRAMES, NULL), ST_OK);
    assert_int_equal(st_sink_finish(sink, NULL), ST_OK);
    st_sink_free(sink);
}

static int set_up(void **state) {
    static place p;
    strcpy(p.folder, "/tmp/stemma-run-XXXXXX");
    assert_non_null(mkdtemp(p.folder));
    snprintf(p.song, sizeof p.song, "%s/song.wav", p.folder);
    snprintf(p.out, sizeof p.out, "%s/out.wav", p.folder);
    snprintf(p.page, sizeof p.page, "%s/out.wav.html", p.folder);
    snprintf(p.cache, sizeof p.cache, "%s/cache", p.folder);
    write_song(p.song, 0.25f);
    peak_runs = 0;
    *state = &p;
    return 0;
}

static int tear_down(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", ((place *)*state)->folder);
    return system(command);
}

/* Files in the folder, hidden ones too. */
static int file_count(const place *p) {
    int count = 0;
    DIR *folder = opendir(p->folder);
    for (struct dirent *at = readdir(folder); at != NULL; at = readdir(folder))
        count += strcmp(at->d_name, ".") != 0 && strcmp(at->d_name, "..") != 0;
    closedir(folder);
    return count;
}

static st_plan *gain_plan(const place *p, const char *mode) {
    st_plan *plan = NULL;
    json_t *given = json_pack("{s:s,s:f}", "mode", mode, "gain", 2.0);
    assert_int_equal(st_plan_new(&plan), ST_OK);
    assert_int_equal(
        st_plan_step_add(plan, &gain_stage, NULL, given, 0, NULL, NULL), ST_OK);
    assert_int_equal(st_plan_file_add(plan, 0, "audio", p->song, NULL, 1, NULL),
                     ST_OK);
    assert_int_equal(st_plan_target_add(plan, 0, "audio", 0, p->out, NULL,
                                        ST_BITS_ASKED, NULL),
                     ST_OK);
    assert_int_equal(st_plan_target_add(plan, 0, "page", 0, p->page, NULL,
                                        ST_BITS_ASKED, NULL),
                     ST_OK);
    json_decref(given);
    return plan;
}

typedef struct {
    double last;
    int calls;
    int cancel_after; /* asks; -1: never */
    atomic_int asked;
    st_pool *pool;
} watcher;

static void watch(void *ctx, const st_progress *progress) {
    watcher *w = ctx;
    assert_true(progress->fraction >= w->last && progress->fraction <= 1);
    w->last = progress->fraction;
    w->calls++;
}

static bool is_cancelled(void *ctx) {
    watcher *w = ctx;
    return w->cancel_after >= 0 && w->cancel_after-- <= 0;
}

static bool is_cancelled_beside(void *ctx) {
    watcher *w = ctx;
    return atomic_fetch_add(&w->asked, 1) >= w->cancel_after;
}

static st_status run(const st_plan *plan, json_t **result, st_err *err) {
    watcher w = {.cancel_after = -1};
    const st_run_options options = {.progress = watch, .ctx = &w};
    st_status status = st_plan_run(plan, &options, result, err);
    assert_true(w.calls > 0 || status != ST_OK);
    return status;
}

/* -- tests
 * ---------------------------------------------------------------------- */

static void test_run_writes_and_says_what(void **state) {
    place *p = *state;
    st_plan *plan = gain_plan(p, "");
    json_t *result = NULL;
    assert_int_equal(run(plan, &result, NULL), ST_OK);
    assert_int_equal(file_count(p), 3);
    assert_int_equal(access(p->page, R_OK), 0);
    const json_t *step = json_array_get(json_object_get(result, "steps"), 0);
    assert_int_equal(json_array_size(json_object_get(step, "outputs")), 2);
    assert_non_null(
        json_object_get(json_object_get(step, "phases"), "scaling"));
    assert_false(st_result_warned(result));
    json_decref(result);
    st_plan_free(plan);
}

static void test_run_may_write_again(void **state) {
    st_plan *plan = gain_plan(*state, "again");
    json_t *result = NULL;
    assert_int_equal(run(plan, &result, NULL), ST_OK);
    assert_int_equal(file_count(*state), 3);
    json_decref(result);
    st_plan_free(plan);
}

static void page_says(const place *p, const char *want) {
    char text[32] = {0};
    FILE *file = fopen(p->page, "rb");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(want));
    fclose(file);
    assert_string_equal(text, want);
}

static void test_run_takes_pieces(void **state) {
    static const char *const rows[][2] = {{"", "<p>"}, {"pieces", "<p>onetwo"}};
    for (int i = 0; i < 2; i++) {
        st_plan *plan = gain_plan(*state, rows[i][0]);
        json_t *result = NULL;
        assert_int_equal(run(plan, &result, NULL), ST_OK);
        page_says(*state, rows[i][1]);
        json_decref(result);
        st_plan_free(plan);
    }
}

static void test_run_torn_pieces_leave_nothing(void **state) {
    st_plan *plan = gain_plan(*state, "torn");
    json_t *result = NULL;
    st_err err = {0};
    assert_int_equal(run(plan, &result, &err), ST_LIMIT);
    assert_string_equal(err.text, "The page is torn.");
    assert_int_equal(file_count(*state), 1);
    json_decref(result);
    st_plan_free(plan);
}

static void test_run_failure_leaves_nothing(void **state) {
    st_plan *plan = gain_plan(*state, "fail");
    json_t *result = NULL;
    st_err err = {0};
    assert_int_equal(run(plan, &result, &err), ST_BAD_DATA);
    assert_string_equal(err.text, "It was to fail.");
    assert_string_equal(json_string_value(json_object_get(result, "status")),
                        "failed");
    assert_int_equal(file_count(*state), 1);
    json_decref(result);
    st_plan_free(plan);
}

static void test_run_cancel_at_any_time_leaves_nothing(void **state) {
    place *p = *state;
    st_plan *plan = gain_plan(p, "pieces");
    bool finished = false;
    for (int after = 0; !finished; after++) {
        json_t *result = NULL;
        watcher w = {.cancel_after = after};
        const st_run_options options = {.cancelled = is_cancelled, .ctx = &w};
        assert_true(after < 100);
        st_status status = st_plan_run(plan, &options, &result, NULL);
        json_decref(result);
        finished = status == ST_OK;
        if (finished)
            break;
        assert_int_equal(status, ST_CANCELLED);
        assert_int_equal(file_count(p), 1);
    }
    st_plan_free(plan);
}

static void test_run_notes_warnings_and_skips(void **state) {
    static const char *const modes[] = {"warn", "skip"};
    for (int i = 0; i < 2; i++) {
        st_plan *plan = gain_plan(*state, modes[i]);
        json_t *result = NULL;
        assert_int_equal(run(plan, &result, NULL), ST_OK);
        assert_true(st_result_warned(result));
        json_decref(result);
        st_plan_free(plan);
    }
}

static void test_run_refuses_to_overwrite(void **state) {
    place *p = *state;
    st_plan *plan = gain_plan(p, "");
    json_t *result = NULL;
    strcpy(plan->steps[0].targets[1].file, p->out);
    assert_int_equal(run(plan, &result, NULL), ST_EXISTS);
    assert_null(result);
    strcpy(plan->steps[0].targets[1].file, p->song);
    assert_int_equal(run(plan, &result, NULL), ST_EXISTS);
    assert_int_equal(file_count(p), 1);
    st_plan_free(plan);
}

static double peak_of(const json_t *result, size_t step) {
    return json_number_value(json_object_get(
        json_object_get(
            json_object_get(
                json_array_get(json_object_get(result, "steps"), step),
                "results"),
            "peak"),
        "peak"));
}

static void add_peak(st_plan *plan, const char *file) {
    int step = 0;
    assert_int_equal(
        st_plan_step_add(plan, &peak_stage, NULL, NULL, 0, &step, NULL), ST_OK);
    st_status status =
        file != NULL
            ? st_plan_file_add(plan, step, "audio", file, NULL, 1, NULL)
            : st_plan_link_add(plan, step, "audio", 0, "audio", 0, NULL);
    assert_int_equal(status, ST_OK);
}

static void test_run_links_steps_with_and_without_a_file(void **state) {
    place *p = *state;
    for (int with_file = 0; with_file < 2; with_file++) {
        st_plan *plan = gain_plan(p, "");
        json_t *result = NULL;
        if (!with_file) {
            for (int i = 0; i < 2; i++)
                free(plan->steps[0].targets[i].file);
            plan->steps[0].target_count = 0;
        }
        add_peak(plan, NULL);
        assert_int_equal(run(plan, &result, NULL), ST_OK);
        assert_close(peak_of(result, 1), 0.5, 1e-6, "linked peak");
        json_decref(result);
        st_plan_free(plan);
    }
}

static void test_run_keeps_going_when_told(void **state) {
    place *p = *state;
    st_plan *plan = NULL;
    json_t *result = NULL;
    const st_run_options options = {.keep_going = true};
    assert_int_equal(st_plan_new(&plan), ST_OK);
    add_peak(plan, "/tmp/stemma-no-such-file.wav");
    add_peak(plan, p->song);
    assert_int_equal(st_plan_run(plan, &options, &result, NULL), ST_NOT_FOUND);
    assert_close(peak_of(result, 1), 0.25, 1e-6, "second step");
    json_decref(result);
    st_plan_free(plan);
}

static st_pool *pool_of(void *ctx) {
    return ((watcher *)ctx)->pool;
}

/* Steps beside each other give what they give one by one, in order; progress
 * never falls, and a cancel ends them all. */
static void test_run_steps_beside_each_other(void **state) {
    enum { STEPS = 24, MISSING = 5 };
    place *p = *state;
    st_plan *plan = NULL;
    json_t *result = NULL;
    watcher w = {.cancel_after = -1};
    st_run_options options = {.keep_going = true,
                              .pool = pool_of,
                              .progress = watch,
                              .cache_dir = p->cache,
                              .ctx = &w};
    assert_int_equal(st_pool_new(&w.pool, 4), ST_OK);
    assert_int_equal(st_plan_new(&plan), ST_OK);
    for (int i = 0; i < STEPS; i++) {
        add_peak(plan, i == MISSING ? "/tmp/stemma-no-such-file.wav" : p->song);
        json_object_set_new(plan->steps[i].params, "gain", json_real(i));
    }
    assert_int_equal(st_plan_run(plan, &options, &result, NULL), ST_NOT_FOUND);
    for (size_t i = 0; i < STEPS; i++)
        assert_close(peak_of(result, i), i == MISSING ? 0 : 0.25 * (double)i,
                     1e-6, "step");
    json_decref(result);
    w = (watcher){.cancel_after = 6, .pool = w.pool};
    options.cancelled = is_cancelled_beside;
    options.cache_dir = NULL;
    assert_int_equal(st_plan_run(plan, &options, &result, NULL), ST_CANCELLED);
    json_decref(result);
    st_plan_free(plan);
    st_pool_free(w.pool);
}

static void test_run_reuses_equal_work(void **state) {
    place *p = *state;
    st_plan *plan = NULL;
    json_t *result = NULL;
    const st_run_options options = {.cache_dir = p->cache};
    assert_int_equal(st_plan_new(&plan), ST_OK);
    add_peak(plan, p->song);
    sleep(3); /* a file changed in the last 2 s is not trusted */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(st_plan_run(plan, &options, &result, NULL), ST_OK);
        assert_close(peak_of(result, 0), 0.25, 1e-6, "cached peak");
        json_decref(result);
    }
    assert_int_equal(peak_runs, 1);
    json_object_set_new(plan->steps[0].params, "gain", json_real(2));
    assert_int_equal(st_plan_run(plan, &options, &result, NULL), ST_OK);
    assert_close(peak_of(result, 0), 0.5, 1e-6, "other parameter");
    json_decref(result);
    assert_int_equal(peak_runs, 2);
    write_song(p->song, 0.125f);
    assert_int_equal(st_plan_run(plan, &options, &result, NULL), ST_OK);
    assert_close(peak_of(result, 0), 0.25, 1e-6, "changed file");
    json_decref(result);
    assert_int_equal(peak_runs, 3);
    st_plan_free(plan);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_run_writes_and_says_what),
        TEST(test_run_may_write_again),
        TEST(test_run_takes_pieces),
        TEST(test_run_torn_pieces_leave_nothing),
        TEST(test_run_failure_leaves_nothing),
        TEST(test_run_cancel_at_any_time_leaves_nothing),
        TEST(test_run_notes_warnings_and_skips),
        TEST(test_run_refuses_to_overwrite),
        TEST(test_run_links_steps_with_and_without_a_file),
        TEST(test_run_keeps_going_when_told),
        TEST(test_run_steps_beside_each_other),
        TEST(test_run_reuses_equal_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
