#include "cli/cli.h"

#include "core/utf8.h"
#include "job/table.h"
#include "stage/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static const cli_option help_options[] = {
    {"man", 0, NULL, "Print the manual page (roff)."}, {0}};
static const cli_option json_options[] = {
    {"json", 0, NULL, "Put the document on stdout."}, {0}};
static const cli_option run_options[] = {
    {"json", 0, NULL, "Put the result document on stdout."},
    {"quiet", 'q', NULL, "No progress and no summary, errors only."},
    {"threads", 0, "N",
     "Threads that work, 1 to 64 (default: one for each CPU)."},
    {"no-cache", 0, NULL, "Measure again even if the result is known."},
    {0}};
static const cli_option no_options[] = {{0}};

const cli_command cli_commands[] = {
    {"help", "[NAME | --man]", "Explain a command, or list them all.",
     "The same as `stemma NAME --help`; without a name, all commands in one "
     "list.",
     help_options, cmd_help},
    {"stages", "[--json]", "List every stage; --json exports the table.",
     "The table holds each stage's parameters with type, unit, range and "
     "default, its inputs and its outputs (stemma.stages/1).",
     json_options, cmd_stages},
    {"run", "PLAN.json [FLAGS]", "Run a plan of stages.",
     "A plan (stemma.plan/1) names stages, their files and their parameters; "
     "any stage prints its own with --dry-run. Its outputs appear together "
     "when all steps are done, or not at all.",
     run_options, cmd_run},
    {"doctor", "[--json]", "Say what this machine has and what it lacks.",
     "Libraries, the decoder for foreign formats, its sandbox, and folders "
     "with their free space; each lack says what to do.",
     json_options, cmd_doctor},
    {"completion", "bash|zsh|fish", "Print a completion script for a shell.",
     "For bash: `stemma completion bash > "
     "~/.local/share/bash-completion/completions/stemma`.",
     no_options, cmd_completion},
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

static bool wants_help(int count, char **args) {
    for (int i = 0; i < count && strcmp(args[i], "--") != 0; i++)
        if (strcmp(args[i], "--help") == 0 || strcmp(args[i], "-h") == 0)
            return true;
    return false;
}

static int run_command(const cli_command *command, int count, char **args) {
    if (!wants_help(count, args))
        return command->run(count, args);
    cli_help_command(command, stdout);
    return CLI_DONE;
}

static int dispatch(int argc, char **argv) {
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
        return cmd_help(argc - 2, argv + 2);
    const st_stage *stage = st_table_find(verb);
    if (stage != NULL)
        return cmd_stage(stage, argc - 2, argv + 2);
    const cli_command *command = cli_command_find(verb);
    if (command != NULL)
        return run_command(command, argc - 2, argv + 2);
    return unknown(verb);
}

/* A closed 0, 1 or 2 would be given to the next file that is opened, and our
 * messages would land in it. /dev/null for reading: a write there fails. */
static void hold_streams(void) {
    int fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDONLY);
    if (fd >= 0)
        (void)close(fd);
}

/* What was printed is part of the work: a full disk must not read as done. */
static int finish(int code) {
    bool failed = ferror(stdout) != 0;
    errno = 0;
    failed |= fflush(stdout) != 0;
    if (!failed || (code != CLI_DONE && code != CLI_WARNED))
        return code;
    return cli_fail(CLI_FAILED,
                    "Not all of the output could be written%s%s. Files that "
                    "were made are whole.",
                    errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
}

int main(int argc, char **argv) {
    hold_streams();
    /* Blocks from here on go back when freed. Left to itself, the allocator
     * raises the limit with each large block and keeps what stores leave
     * behind as they grow: 30 MiB for an hour of music. */
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    return finish(dispatch(argc, argv));
}
