#include "cli/cli.h"

#include "job/table.h"
#include "stage/params.h"

#include <string.h>

enum { NAME_COLUMN = 28 };

const char *cli_version(void) {
    return ST_VERSION;
}

static void heading(FILE *to, const char *text) {
    fprintf(to, "\n%s%s%s\n", cli_style(to, "bold"), text,
            cli_style(to, "off"));
}

/* "  name        what it is", wrapped under itself. */
static void row(FILE *to, const char *name, const char *text) {
    int used = 2 + cli_columns(name);
    fprintf(to, "  %s%s%s", cli_style(to, "cyan"), name, cli_style(to, "off"));
    if (used > NAME_COLUMN - 2)
        fprintf(to, "\n%*s", NAME_COLUMN, "");
    else
        fprintf(to, "%*s", NAME_COLUMN - used, "");
    cli_wrap(to, text, NAME_COLUMN, NAME_COLUMN);
}

void cli_usage_text(const st_stage *stage, char *text, size_t bytes) {
    text[0] = '\0';
    if (st_input_count(stage) > 0)
        snprintf(text, bytes, " IN...");
    if (cli_main_output(stage) >= 0) {
        size_t end = strlen(text);
        snprintf(text + end, bytes - end, " -o OUT");
    }
}

static void exit_rows(FILE *to) {
    heading(to, "Exit status");
    row(to, "0", "done");
    row(to, "1", "failed; the message says why");
    row(to, "2", "wrong usage");
    row(to, "3", "done, with warnings (they are shown, and in the result)");
    row(to, "130", "cancelled by Ctrl-C; no half file is left");
}

void cli_help_all(FILE *to) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    fprintf(to, "%sstemma%s %s, a self-hosted audio studio\n\n",
            cli_style(to, "bold"), cli_style(to, "off"), cli_version());
    fprintf(to, "usage: stemma COMMAND [IN...] [FLAGS]\n");
    heading(to, "Work on audio");
    for (int i = 0; i < count; i++)
        row(to, stages[i]->name, stages[i]->help);
    heading(to, "Other commands");
    for (const cli_command *c = cli_commands; c->name != NULL; c++)
        row(to, c->name, c->help);
    heading(to, "Try");
    row(to, "stemma analyze song.wav", "measure a file");
    row(to, "stemma help convert", "all that one command can do");
    exit_rows(to);
    fprintf(to, "\nstemma COMMAND --help shows flags with ranges and units.\n");
}

static void flag_name(char letter, const char *name, const char *value,
                      char *text, size_t bytes) {
    char start[8] = "";
    if (letter != '\0')
        snprintf(start, sizeof start, "-%c, ", letter);
    snprintf(text, bytes, "%s--%s%s%s", start, name, value != NULL ? " " : "",
             value != NULL ? value : "");
}

/* What a parameter may be, on a quiet line of its own. */
static void range_row(const st_param *param, FILE *to) {
    char range[ST_PARAM_TEXT_BYTES];
    char standard[ST_PARAM_TEXT_BYTES];
    char text[2 * ST_PARAM_TEXT_BYTES + 32];
    st_param_range(param, range, sizeof range);
    st_param_default(param, standard, sizeof standard);
    snprintf(text, sizeof text, "%s; default: %s", range, standard);
    fprintf(to, "%*s%s", NAME_COLUMN, "", cli_style(to, "dim"));
    cli_wrap(to, text, NAME_COLUMN, NAME_COLUMN);
    fputs(cli_style(to, "off"), to);
}

static void flag_row(const st_stage *stage, const cli_flag *flag, FILE *to) {
    char name[96];
    char text[512];
    flag_name(flag->letter, flag->name, flag->value, name, sizeof name);
    cli_flag_help(stage, flag, text, sizeof text);
    row(to, name, text);
    if (flag->kind != CLI_FLAG_PARAM)
        return;
    const st_param *param = &stage->params[flag->index];
    bool plain_switch =
        param->type == ST_PARAM_BOOL && param->def == 0 && param->unset == NULL;
    if (!plain_switch)
        range_row(param, to);
}

static bool in_group(const st_stage *stage, const cli_flag *flag, int group) {
    bool param = flag->kind == CLI_FLAG_PARAM;
    switch (group) {
    case 0:
        return flag->kind == CLI_FLAG_INPUT;
    case 1:
        return flag->kind == CLI_FLAG_OUT || flag->kind == CLI_FLAG_OUTPUT ||
               flag->kind == CLI_FLAG_SWITCH;
    case 2:
        return param && !stage->params[flag->index].advanced;
    case 3:
        return param && stage->params[flag->index].advanced;
    default:
        return flag->kind >= CLI_FLAG_ENGINE;
    }
}

static void group_rows(const st_stage *stage, const cli_flags *flags, int group,
                       const char *title, FILE *to) {
    bool any = group == 0 && st_input_count(stage) > 0;
    for (int i = 0; i < flags->count; i++)
        any |= in_group(stage, &flags->flag[i], group);
    if (!any)
        return;
    heading(to, title);
    if (group == 0)
        row(to, "IN", stage->inputs[0].help);
    for (int i = 0; i < flags->count; i++)
        if (in_group(stage, &flags->flag[i], group))
            flag_row(stage, &flags->flag[i], to);
}

static void beside_rows(const st_stage *stage, FILE *to) {
    for (int i = 0; i < st_output_count(stage); i++) {
        char name[64];
        if (stage->outputs[i].beside == NULL)
            continue;
        snprintf(name, sizeof name, "%s%s",
                 stage->outputs[i].within != NULL ? "DIR" : "OUT",
                 stage->outputs[i].beside);
        row(to, name, stage->outputs[i].help);
    }
}

static void engine_rows(const st_stage *stage, FILE *to) {
    heading(to, "Engines");
    for (int i = 0; i < st_engine_count(stage); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s (%s)", stage->engines[i].name,
                 st_engine_kind_name(stage->engines[i].kind));
        row(to, name, stage->engines[i].help);
    }
}

void cli_help_stage(const st_stage *stage, FILE *to) {
    char usage[64];
    cli_flags flags;
    cli_flags_of(stage, &flags);
    cli_usage_text(stage, usage, sizeof usage);
    fprintf(to, "%sstemma %s%s: ", cli_style(to, "bold"), stage->name,
            cli_style(to, "off"));
    cli_wrap(to, stage->help, 9 + (int)strlen(stage->name), 0);
    fprintf(to, "\nusage: stemma %s%s [FLAGS]\n", stage->name, usage);
    if (st_input_count(stage) > 0 && stage->inputs[0].kind == ST_KIND_AUDIO)
        fprintf(to, "IN may be a folder: the audio files in it.\n");
    if (stage->more != NULL) {
        fputc('\n', to);
        cli_wrap(to, stage->more, 0, 0);
    }
    group_rows(stage, &flags, 0, "In", to);
    group_rows(stage, &flags, 1, "Out", to);
    beside_rows(stage, to);
    group_rows(stage, &flags, 2, "Settings", to);
    group_rows(stage, &flags, 3, "More settings", to);
    group_rows(stage, &flags, 4, "General", to);
    engine_rows(stage, to);
    exit_rows(to);
}

void cli_help_command(const cli_command *command, FILE *to) {
    fprintf(to, "%sstemma %s%s: ", cli_style(to, "bold"), command->name,
            cli_style(to, "off"));
    cli_wrap(to, command->help, 9 + (int)strlen(command->name), 0);
    fprintf(to, "\nusage: stemma %s %s\n\n", command->name, command->usage);
    cli_wrap(to, command->more, 0, 0);
    heading(to, "Flags");
    for (const cli_option *o = command->options; o->name != NULL; o++) {
        char name[96];
        flag_name(o->letter, o->name, o->value, name, sizeof name);
        row(to, name, o->help);
    }
    row(to, "-h, --help", "Show this help.");
    exit_rows(to);
}

int cmd_help(int count, char **args) {
    if (count == 0) {
        cli_help_all(stdout);
        return CLI_DONE;
    }
    if (strcmp(args[0], "--man") == 0) {
        cli_man(stdout);
        return CLI_DONE;
    }
    const cli_command *command = cli_command_find(args[0]);
    if (command != NULL) {
        cli_help_command(command, stdout);
        return CLI_DONE;
    }
    const st_stage *stage = NULL;
    st_err err = {0};
    if (st_table_need(args[0], &stage, &err) != ST_OK)
        return cli_fail_err(CLI_USAGE, &err);
    cli_help_stage(stage, stdout);
    return CLI_DONE;
}
