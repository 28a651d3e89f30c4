#include "cli/cli.h"

#include "audio/writer.h"
#include "core/alloc.h"
#include "core/json.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A signal handler reaches nothing else. */
static atomic_int stops;

/* Made before the first signal is caught. What is in one is this run's. */
enum { FOLDERS = 8 };
static char *folders[FOLDERS];
static atomic_int folder_count;

/* True when none is left. */
static bool remove_folders(void) {
    bool gone = true;
    for (int i = atomic_load(&folder_count); i-- > 0;)
        gone &= rmdir(folders[i]) == 0 || errno == ENOENT;
    return gone;
}

st_status cli_folder_make(const char *path, st_err *err) {
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return ST_OK;
    if (mkdir(path, 0777) != 0)
        return st_err_set(err, ST_IO, "Cannot make the folder %s: %s.", path,
                          strerror(errno));
    int count = atomic_load(&folder_count);
    if (count < FOLDERS && (folders[count] = st_strdup(path)) != NULL)
        atomic_store(&folder_count, count + 1);
    return ST_OK;
}

void cli_folders_drop(void) {
    (void)remove_folders();
    for (int i = atomic_exchange(&folder_count, 0); i-- > 0;)
        st_free(folders[i]);
}

static void on_signal(int number) {
    (void)number;
    if (atomic_fetch_add(&stops, 1) == 0)
        return;
    /* Another thread may just be making one more. */
    for (int i = 0; i < 100; i++) {
        st_writer_unlink_all();
        st_run_unlink_all();
        if (remove_folders())
            break;
    }
    _exit(CLI_CANCELLED);
}

void cli_signals_catch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction old;
        /* nohup, and a shell's background job, stay as they were started. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &action, NULL);
    }
    /* A reader that goes away (| head) must not leave half a file. */
    (void)signal(SIGPIPE, SIG_IGN);
}

bool cli_cancelled(void *ctx) {
    (void)ctx;
    return atomic_load(&stops) > 0;
}

typedef struct {
    const cli_work *work;
    st_pool *pool;
    cli_bar bar;
} world;

static st_pool *world_pool(void *ctx) {
    world *w = ctx;
    if (w->pool == NULL && w->work->threads != 1 &&
        st_pool_new(&w->pool, w->work->threads) != ST_OK)
        w->pool = NULL; /* the work is done on this thread then */
    return w->pool;
}

static void world_progress(void *ctx, const st_progress *progress) {
    world *w = ctx;
    cli_bar_show(&w->bar, progress);
}

static json_t *failed_result(st_status status, const st_err *err) {
    return json_pack("{s:s,s:s,s:{s:s,s:s},s:[]}", "schema", "stemma.result/1",
                     "status", status == ST_CANCELLED ? "cancelled" : "failed",
                     "error", "status", st_status_name(status), "message",
                     err->text, "steps");
}

int cli_print_json(json_t *document) {
    char *text = NULL;
    if (document == NULL || st_json_pretty(document, &text, NULL) != ST_OK)
        return cli_fail(CLI_FAILED, "Out of memory.");
    int written = fputs(text, stdout);
    st_free(text);
    if (written < 0 || fflush(stdout) != 0)
        return cli_fail(CLI_FAILED, "The result could not be written.");
    return CLI_DONE;
}

static int exit_of(st_status status, const json_t *result) {
    if (status == ST_CANCELLED)
        return CLI_CANCELLED;
    if (status != ST_OK)
        return CLI_FAILED;
    return st_result_warned(result) ? CLI_WARNED : CLI_DONE;
}

/* With keep_going several steps may have failed: each says why. */
static void say_failures(const json_t *result, const st_err *err) {
    const json_t *steps = json_object_get(result, "steps");
    int said = 0;
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *fault =
            json_object_get(json_array_get(steps, i), "error");
        const char *text = json_string_value(json_object_get(fault, "message"));
        if (text == NULL)
            continue;
        (void)cli_fail(CLI_FAILED, "%s", text);
        said++;
    }
    if (said == 0)
        (void)cli_fail_err(CLI_FAILED, err);
}

int cli_plan_work(const st_plan *plan, const cli_work *work) {
    char cache[4096];
    world w = {.work = work};
    st_err err = {0};
    json_t *result = NULL;
    cli_signals_catch();
    cli_bar_init(&w.bar, !work->quiet);
    st_run_options options = {
        .pool = world_pool,
        .progress = world_progress,
        .cancelled = cli_cancelled,
        .ctx = &w,
        .keep_going = work->keep_going,
    };
    if (!work->no_cache && cli_cache_folder(cache, sizeof cache))
        options.cache_dir = cache;
    st_status status = st_plan_run(plan, &options, &result, &err);
    cli_bar_clear(&w.bar);
    st_pool_free(w.pool);
    if (result == NULL)
        result = failed_result(status, &err);
    int code = exit_of(status, result);
    if (work->json && cli_print_json(result) != CLI_DONE)
        code = CLI_FAILED;
    if (status != ST_OK)
        say_failures(result, &err);
    if (!work->quiet)
        cli_result_show(result, work->json ? NULL : stdout);
    json_decref(result);
    return code;
}
