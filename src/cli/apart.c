#include "cli/cli.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static bool same_folder(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Does one of the inputs stand in that folder? */
static bool holds_inputs(const cli_args *args, const char *folder) {
    for (int i = 0; i < args->file_count; i++) {
        char path[PATH_MAX];
        const char *slash = strrchr(args->files[i], '/');
        int length = slash == NULL             ? 0
                     : slash == args->files[i] ? 1
                                               : (int)(slash - args->files[i]);
        snprintf(path, sizeof path, "%.*s", length, args->files[i]);
        if (same_folder(length > 0 ? path : ".", folder))
            return true;
    }
    return false;
}

static st_status check(const cli_args *args, const char *flag,
                       const char *folder, st_err *err) {
    if (!holds_inputs(args, folder))
        return ST_OK;
    return st_err_set(err, ST_BAD_ARG,
                      "%s: %s holds the %s themselves, and what is written "
                      "there would be taken for some next time. Name another "
                      "folder.",
                      flag, folder, args->stage->inputs[0].name);
}

st_status cli_args_apart(const cli_args *args, st_err *err) {
    const st_stage *stage = args->stage;
    st_status status = ST_OK;
    if (!cli_out_is_folder(stage) || args->out == NULL)
        return ST_OK;
    status = check(args, "-o", args->out, err);
    for (int i = 0; status == ST_OK && i < st_output_count(stage); i++) {
        const st_output *output = &stage->outputs[i];
        char path[PATH_MAX];
        if (!output->many || output->beside == NULL || output->within != NULL ||
            !cli_beside_wanted(args, output))
            continue;
        snprintf(path, sizeof path, "%s%s", args->out, output->beside);
        status = check(args, "-o", path, err);
    }
    for (int i = 0; status == ST_OK && i < args->written_count; i++) {
        const cli_named *named = &args->written[i];
        const st_output *output = &stage->outputs[named->index];
        char flag[CLI_FLAG_NAME_BYTES + 8];
        snprintf(flag, sizeof flag, "--%s", output->flag);
        if (output->many)
            status = check(args, flag, named->file, err);
    }
    return status;
}
