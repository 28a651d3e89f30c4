#include "cli/cli.h"

#include "core/utf8.h"
#include "job/table.h"
#include "stage/text.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

const cli_command cli_commands[] = {
    {"help", "[NAME]", "Explain a command, or list them all.", cmd_help},
    {"stages", "[--json]", "List every stage; --json exports the table.",
     cmd_stages},
    {"run", "PLAN.json [--json] [--threads N]", "Run a plan of stages.",
     cmd_run},
    {"doctor", "[--json]", "Say what this machine has and what it lacks.",
     cmd_doctor},
    {"completion", "bash|zsh|fish", "Print a completion script for a shell.",
     cmd_completion},
    {0}};

const cli_command *cli_command_find(const char *name) {
    for (const cli_command *c = cli_commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

int cli_fail(int code, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    st_utf8_clean(text); /* names of files may hold terminal codes */
    fprintf(stderr, "%sstemma:%s %s\n", cli_style(stderr, "red"),
            cli_style(stderr, "off"), text);
    return code;
}

int cli_fail_err(int code, const st_err *err) {
    return cli_fail(code, "%s", err->text);
}

static int unknown(const char *name) {
    int best = INT_MAX;
    int count = 0;
    const char *near = NULL;
    const st_stage *const *stages = st_table(&count);
    for (int i = 0; i < count; i++)
        if (st_nearer(name, stages[i]->name, &best))
            near = stages[i]->name;
    for (const cli_command *c = cli_commands; c->name != NULL; c++)
        if (st_nearer(name, c->name, &best))
            near = c->name;
    if (near != NULL)
        return cli_fail(CLI_USAGE,
                        "There is no command %.64s. Did you mean %s?", name,
                        near);
    return cli_fail(CLI_USAGE,
                    "There is no command %.64s; `stemma help` lists them.",
                    name);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        cli_help_all(stderr);
        return CLI_USAGE;
    }
    const char *verb = argv[1];
    if (strcmp(verb, "--version") == 0 || strcmp(verb, "-V") == 0) {
        printf("stemma %s\n", cli_version());
        return CLI_DONE;
    }
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
        verb = "help";
    const st_stage *stage = st_table_find(verb);
    if (stage != NULL)
        return cmd_stage(stage, argc - 2, argv + 2);
    const cli_command *command = cli_command_find(verb);
    if (command != NULL)
        return command->run(argc - 2, argv + 2);
    return unknown(verb);
}
