#include "cli/cli.h"

#include "core/json.h"

#include <string.h>

static st_status read_plan(const char *file, st_plan **out, st_err *err) {
    json_t *document = NULL;
    st_status status = st_json_load_file(&document, file, NULL, err);
    if (status == ST_OK)
        status = st_plan_parse(out, document, err);
    json_decref(document);
    return status;
}

static st_status parse_words(int count, char **args, cli_work *work,
                             const char **file, st_err *err) {
    for (int i = 0; i < count; i++) {
        st_status status = ST_OK;
        if (strcmp(args[i], "--json") == 0)
            work->json = true;
        else if (strcmp(args[i], "--quiet") == 0 || strcmp(args[i], "-q") == 0)
            work->quiet = true;
        else if (strcmp(args[i], "--no-cache") == 0)
            work->no_cache = true;
        else if (strcmp(args[i], "--threads") == 0 && i + 1 < count)
            status = cli_threads_parse(args[++i], &work->threads, err);
        else if (args[i][0] == '-' || *file != NULL)
            status = st_err_set(err, ST_BAD_ARG, "run does not know %.64s.",
                                args[i]);
        else
            *file = args[i];
        if (status != ST_OK)
            return status;
    }
    if (*file == NULL)
        return st_err_set(err, ST_BAD_ARG,
                          "run needs a plan: stemma run PLAN.json (any stage "
                          "with --dry-run prints one).");
    return ST_OK;
}

int cmd_run(int count, char **args) {
    st_plan *plan = NULL;
    st_err err = {0};
    cli_work work = {0};
    const char *file = NULL;
    if (parse_words(count, args, &work, &file, &err) != ST_OK ||
        read_plan(file, &plan, &err) != ST_OK)
        return cli_fail_err(CLI_USAGE, &err);
    int code = cli_plan_work(plan, &work);
    st_plan_free(plan);
    return code;
}
