#include "cli/cli.h"

static int print_plan(const st_plan *plan) {
    json_t *document = st_plan_json(plan);
    int code = cli_print_json(document);
    json_decref(document);
    return code;
}

static int work_args(cli_args *args) {
    st_plan *plan = NULL;
    st_err err = {0};
    st_status status = cli_args_unfold(args, &err);
    if (status == ST_OK)
        status = cli_args_plan(args, &plan, &err);
    if (status == ST_OK && (args->dry_run || args->json))
        status = st_plan_check_names(plan, &err);
    if (status != ST_OK) {
        st_plan_free(plan);
        cli_folders_drop();
        return cli_fail_err(status == ST_IO ? CLI_FAILED : CLI_USAGE, &err);
    }
    cli_work work = {
        .threads = args->threads,
        .json = args->json,
        .quiet = args->quiet,
        .no_cache = args->no_cache,
        .keep_going = plan->step_count > 1,
    };
    int code = args->dry_run ? print_plan(plan) : cli_plan_work(plan, &work);
    st_plan_free(plan);
    cli_folders_drop();
    return code;
}

int cmd_stage(const st_stage *stage, int count, char **args) {
    cli_args parsed;
    st_err err = {0};
    st_status status = cli_args_parse(stage, count, args, &parsed, &err);
    int code = CLI_DONE;
    if (status != ST_OK)
        code = cli_fail_err(CLI_USAGE, &err);
    else if (parsed.help)
        cli_help_stage(stage, stdout);
    else
        code = work_args(&parsed);
    cli_args_deinit(&parsed);
    return code;
}
