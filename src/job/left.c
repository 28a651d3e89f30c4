#include "core/alloc.h"
#include "core/json.h"
#include "job/job.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In each folder of many files stands a list of those that the last run wrote,
 * with size and time of change: what is still so is that run's, not the
 * user's. */
#define LIST "/.stemma-files.json"
static const char schema[] = "stemma.files/1";

enum { PATH = 4096, SAID = 200 };

static bool join(char path[PATH], const char *folder, const char *name) {
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    int n = snprintf(path, PATH, "%.*s%s", (int)end, folder, name);
    return n > 0 && n < PATH;
}

static json_int_t changed_ns(const struct stat *about) {
    return (json_int_t)about->st_mtim.tv_sec * 1000000000 +
           (json_int_t)about->st_mtim.tv_nsec;
}

/* --- what this run wrote --- */

/* Name of a made file in that folder, else NULL. */
static const char *name_in(const st_made *made, const char *folder) {
    size_t n = strlen(folder);
    const char *file = made->own != NULL ? made->own->file : NULL;
    if (file == NULL || !made->done || strncmp(file, folder, n) != 0)
        return NULL;
    const char *slash = strrchr(file, '/');
    size_t own = folder[n - 1] == '/' ? n - 1 : n;
    return slash == file + own ? slash + 1 : NULL;
}

static json_t *written_in(const st_run *run, const char *folder) {
    json_t *files = json_object();
    for (int s = 0; s < run->plan->step_count; s++)
        for (int i = 0; i < run->steps[s].made_count; i++) {
            const st_made *made = &run->steps[s].made[i];
            const char *name = name_in(made, folder);
            struct stat about;
            if (name != NULL && run->steps[s].status == ST_OK &&
                stat(made->own->file, &about) == 0)
                json_object_set_new(
                    files, name,
                    json_pack("{s:I, s:I}", "bytes", (json_int_t)about.st_size,
                              "changed_ns", changed_ns(&about)));
        }
    return files;
}

/* --- what an earlier one wrote --- */

static json_t *read_list(const char *folder) {
    char path[PATH];
    json_t *list = NULL;
    if (!join(path, folder, LIST) || access(path, R_OK) != 0 ||
        st_json_load_file(&list, path, NULL, NULL) != ST_OK)
        return NULL;
    const char *is = json_string_value(json_object_get(list, "schema"));
    json_t *files = is != NULL && strcmp(is, schema) == 0
                        ? json_incref(json_object_get(list, "files"))
                        : NULL;
    json_decref(list);
    return files;
}

static void write_list(const char *folder, json_t *files) {
    char path[PATH], *text = NULL;
    if (!join(path, folder, LIST))
        return;
    if (json_object_size(files) == 0) {
        (void)unlink(path);
        return;
    }
    json_t *list = json_pack("{s:s, s:O}", "schema", schema, "files", files);
    if (list != NULL && st_json_pretty(list, &text, NULL) == ST_OK &&
        st_writer_put(path, text, strlen(text), NULL, NULL) != ST_OK)
        (void)unlink(path); /* a list that is not true is worse than none */
    st_free(text);
    json_decref(list);
}

/* Is it as that run left it? Names in the list are no paths. */
static bool untouched(const char *folder, const char *name, const json_t *was,
                      char path[PATH]) {
    char slashed[PATH];
    struct stat about;
    if (strchr(name, '/') != NULL || name[0] == '.' ||
        snprintf(slashed, sizeof slashed, "/%s", name) >= PATH ||
        !join(path, folder, slashed) || lstat(path, &about) != 0)
        return false;
    return S_ISREG(about.st_mode) &&
           json_integer_value(json_object_get(was, "bytes")) ==
               (json_int_t)about.st_size &&
           json_integer_value(json_object_get(was, "changed_ns")) ==
               changed_ns(&about);
}

static void add_name(char *said, const char *name) {
    size_t used = strlen(said);
    if (used + strlen(name) + 8 < SAID)
        snprintf(said + used, SAID - used, "%s%s", used > 0 ? ", " : "", name);
    else if (strcmp(said + used - 3, "...") != 0)
        snprintf(said + used, SAID - used, ", ...");
}

static void clear_folder(st_run *run, st_step *step, const char *folder) {
    json_t *before = read_list(folder), *was;
    json_t *now = written_in(run, folder);
    const char *name;
    char path[PATH], said[SAID] = "";
    int gone = 0;
    json_object_foreach(before, name, was) {
        if (json_object_get(now, name) != NULL ||
            !untouched(folder, name, was, path) || unlink(path) != 0)
            continue;
        add_name(said, name);
        gone++;
    }
    if (gone > 0)
        st_ctx_note(&step->ctx,
                    "%d file%s of an earlier run removed from %s (%s).", gone,
                    gone == 1 ? "" : "s", folder, said);
    if (before != NULL || json_object_size(now) > 0)
        write_list(folder, now);
    json_decref(before);
    json_decref(now);
}

/* --- what stands beside, and was not written now --- */

/* OUT of a stage whose outputs have names in it; false: there is none. */
static bool find_out(const st_step *step, char out[PATH]) {
    const st_plan_step *plan = step->plan;
    for (int i = 0; i < plan->target_count; i++) {
        const st_output *about = &plan->stage->outputs[plan->targets[i].output];
        const char *file = plan->targets[i].file;
        size_t n = strlen(file), m = about->beside ? strlen(about->beside) : 0;
        if (m == 0 || about->within != NULL || about->beside[0] != '/' ||
            n <= m || n >= PATH || strcmp(file + n - m, about->beside) != 0)
            continue;
        snprintf(out, PATH, "%.*s", (int)(n - m), file);
        return true;
    }
    return false;
}

static bool made_one(const st_step *step, int output) {
    bool made = false;
    for (int i = 0; i < step->made_count; i++)
        made |= step->made[i].output == output && step->made[i].done;
    return made;
}

static void note_beside(st_step *step) {
    char out[PATH], path[PATH], said[SAID] = "";
    const st_stage *stage = step->plan->stage;
    if (!find_out(step, out))
        return;
    for (int i = 0; i < st_output_count(stage); i++) {
        const st_output *about = &stage->outputs[i];
        if (about->beside == NULL || about->beside[0] != '/' ||
            about->within != NULL || made_one(step, i) ||
            !join(path, out, about->beside))
            continue;
        json_t *list = about->many ? read_list(path) : NULL;
        if (about->many ? json_object_size(list) > 0 : access(path, F_OK) == 0)
            add_name(said, about->beside + 1);
        json_decref(list);
    }
    if (said[0] != '\0')
        st_ctx_note(&step->ctx,
                    "%s also holds %s: of an earlier run, not of this one.",
                    out, said);
}

void st_left_clear(st_run *run) {
    for (int s = 0; s < run->plan->step_count; s++) {
        st_step *step = &run->steps[s];
        if (step->status != ST_OK || !step->began)
            continue;
        for (int i = 0; i < step->plan->target_count; i++)
            if (step->plan->targets[i].index == -1)
                clear_folder(run, step, step->plan->targets[i].file);
        note_beside(step);
    }
}
