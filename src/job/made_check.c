#include "core/alloc.h"
#include "job/job.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_file(const char *a, const char *b) {
    struct stat x;
    struct stat y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

st_status st_made_not_input(const st_plan *plan, const char *file,
                            st_err *err) {
    for (int s = 0; s < plan->step_count; s++)
        for (int i = 0; i < plan->steps[s].item_count; i++) {
            const char *input = plan->steps[s].items[i].file;
            if (input != NULL && same_file(input, file))
                return st_err_set(err, ST_EXISTS,
                                  "%s is also an input and would be "
                                  "overwritten; choose another output name.",
                                  file);
        }
    return ST_OK;
}

static st_status check_folder(const char *file, bool many, st_err *err) {
    struct stat about;
    bool there = stat(file, &about) == 0;
    if (there && many && !S_ISDIR(about.st_mode))
        return st_err_set(err, ST_EXISTS,
                          "%s is no folder; choose another name.", file);
    if (there && !many && !S_ISREG(about.st_mode))
        return st_err_set(err, ST_EXISTS,
                          "%s is not a regular file; choose another output "
                          "name.",
                          file);
    char *copy = st_strdup(file);
    if (copy == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    const char *folder = dirname(copy);
    st_status status = ST_OK;
    if (access(folder, W_OK | X_OK) != 0)
        status = st_err_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO,
                            errno == ENOENT
                                ? "The folder %s does not exist; make it first."
                                : "Cannot write in the folder %s.",
                            folder);
    st_free(copy);
    return status;
}

static st_status check_target(const st_run *run, int s, int i, st_err *err) {
    const st_plan *plan = run->plan;
    const st_plan_target *target = &plan->steps[s].targets[i];
    st_status status = st_made_not_input(plan, target->file, err);
    if (status == ST_OK)
        status = check_folder(
            target->file, plan->steps[s].stage->outputs[target->output].many,
            err);
    st_write_format container = ST_WRITE_WAV;
    st_bits bits = ST_BITS_ASKED;
    const st_output *about = &plan->steps[s].stage->outputs[target->output];
    if (status == ST_OK && about->kind == ST_KIND_AUDIO && !about->many)
        status = st_made_resolve(&run->steps[s], target->output, target->index,
                                 NULL, &container, &bits, err);
    for (int t = 0; status == ST_OK && t <= s; t++)
        for (int k = 0; k < plan->steps[t].target_count; k++) {
            if (t == s && k >= i)
                break;
            if (strcmp(plan->steps[t].targets[k].file, target->file) == 0)
                return st_err_set(err, ST_EXISTS,
                                  "Two outputs have the name %s; give each "
                                  "its own.",
                                  target->file);
        }
    return status;
}

st_status st_made_check(st_run *run, st_err *err) {
    for (int s = 0; s < run->plan->step_count; s++)
        for (int i = 0; i < run->plan->steps[s].target_count; i++) {
            st_status status = check_target(run, s, i, err);
            if (status != ST_OK)
                return status;
        }
    return ST_OK;
}
