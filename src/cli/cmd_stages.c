#include "cli/cli.h"

#include "job/table.h"

#include <string.h>

static void list(void) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    for (int i = 0; i < count; i++) {
        printf("%s%-12s%s", cli_style(stdout, "cyan"), stages[i]->name,
               cli_style(stdout, "off"));
        printf("%-10s", st_engine_kind_name(stages[i]->engines[0].kind));
        cli_wrap(stdout, stages[i]->help, 22, 22);
    }
}

int cmd_stages(int count, char **args) {
    if (count == 0) {
        list();
        return CLI_DONE;
    }
    if (count > 1 || strcmp(args[0], "--json") != 0)
        return cli_fail(CLI_USAGE, "usage: stemma stages [--json]");
    json_t *table = st_table_json();
    int code = cli_print_json(table);
    json_decref(table);
    return code;
}
