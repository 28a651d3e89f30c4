#include "cli/cli.h"

#include "job/table.h"
#include "stage/params.h"

#include <string.h>

/* Text for roff: '-' stays a hyphen-minus, no line starts a request, and an
 * empty line starts a paragraph. */
static void put(FILE *to, const char *text) {
    bool fresh = true;
    for (; *text != '\0'; text++) {
        if (fresh && (*text == '.' || *text == '\''))
            fputs("\\&", to);
        fresh = *text == '\n';
        if (fresh && text[1] == '\n')
            fputs("\n.PP", to);
        else if (*text == '-')
            fputs("\\-", to);
        else if (*text == '\\')
            fputs("\\e", to);
        else
            fputc(*text, to);
    }
}

static void line(FILE *to, const char *text) {
    put(to, text);
    fputc('\n', to);
}

static void term(FILE *to, const char *name, const char *text) {
    fputs(".TP\n.B ", to);
    line(to, name);
    line(to, text);
}

static void flag_name(char letter, const char *name, const char *value,
                      FILE *to) {
    fputs(".TP\n.BR ", to);
    if (letter != '\0')
        fprintf(to, "\\-%c \", \" ", letter);
    put(to, "--");
    put(to, name);
    if (value != NULL)
        fprintf(to, " \" \\fI%s\\fR\"", value);
    fputc('\n', to);
}

static void flag_term(const st_stage *stage, const cli_flag *flag, FILE *to) {
    flag_name(flag->letter, flag->name, flag->value, to);
    char help[512];
    char text[ST_PARAM_TEXT_BYTES];
    cli_flag_help(stage, flag, help, sizeof help);
    line(to, help);
    if (flag->kind != CLI_FLAG_PARAM)
        return;
    st_param_range(&stage->params[flag->index], text, sizeof text);
    put(to, text);
    fputs("; default ", to);
    st_param_default(&stage->params[flag->index], text, sizeof text);
    put(to, text);
    fputs(".\n", to);
}

static bool is_general(const cli_flag *flag) {
    return flag->kind >= CLI_FLAG_JSON;
}

static void stage_section(const st_stage *stage, FILE *to) {
    char usage[64];
    cli_flags flags;
    cli_flags_of(stage, &flags);
    cli_usage_text(stage, usage, sizeof usage);
    fputs(".SS ", to);
    fprintf(to, "\"stemma %s", stage->name);
    put(to, usage);
    fputs(" [FLAGS]\"\n", to);
    line(to, stage->help);
    if (stage->more != NULL) {
        fputs(".PP\n", to);
        line(to, stage->more);
    }
    for (int i = 0; i < flags.count; i++)
        if (!is_general(&flags.flag[i]))
            flag_term(stage, &flags.flag[i], to);
    for (int i = 0; i < st_output_count(stage); i++) {
        char name[64];
        if (stage->outputs[i].beside == NULL)
            continue;
        snprintf(name, sizeof name, "%s%s",
                 stage->outputs[i].within != NULL ? "DIR" : "OUT",
                 stage->outputs[i].beside);
        term(to, name, stage->outputs[i].help);
    }
}

static void commands_section(FILE *to) {
    fputs(".SH OTHER COMMANDS\n", to);
    for (const cli_command *c = cli_commands; c->name != NULL; c++) {
        fprintf(to, ".SS \"stemma %s ", c->name);
        put(to, c->usage);
        fputs("\"\n", to);
        line(to, c->help);
        fputs(".PP\n", to);
        line(to, c->more);
        for (const cli_option *o = c->options; o->name != NULL; o++) {
            flag_name(o->letter, o->name, o->value, to);
            line(to, o->help);
        }
    }
}

static void general_section(const st_stage *stage, FILE *to) {
    cli_flags flags;
    cli_flags_of(stage, &flags);
    fputs(".SH GENERAL FLAGS\n", to);
    for (int i = 0; i < flags.count; i++)
        if (is_general(&flags.flag[i]))
            flag_term(stage, &flags.flag[i], to);
}

static void last_sections(FILE *to) {
    fputs(".SH EXIT STATUS\n", to);
    term(to, "0", "Done.");
    term(to, "1", "Failed; the message says why.");
    term(to, "2", "Wrong usage.");
    term(to, "3", "Done, with warnings: shown, and in the result document.");
    term(to, "130", "Cancelled (Ctrl-C); no half file is left.");
    fputs(".SH ENVIRONMENT\n", to);
    term(to, "STEMMA_HOME",
         "Where data lives; by default stemma in the XDG data folder. "
         "Known results of measurements are kept in its folder cache.");
    term(to, "STEMMA_CPU",
         "Highest vector level to use: base, avx2 or avx512. Results do not "
         "depend on it.");
    term(to, "NO_COLOR", "When set and not empty, no colours are used.");
    term(to, "TMPDIR", "Where decoded audio is kept while a job runs.");
    fputs(".SH SEE ALSO\n.BR ffmpeg (1),\n.BR sndfile-info (1)\n", to);
}

void cli_man(FILE *to) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    fprintf(to, ".TH STEMMA 1 \"\" \"stemma %s\" \"Stemma manual\"\n",
            cli_version());
    fputs(".SH NAME\nstemma \\- a self\\-hosted audio studio\n"
          ".SH SYNOPSIS\n.B stemma\n.I COMMAND\n.RI [ IN ...]\n.RI [ FLAGS ]\n"
          ".SH DESCRIPTION\n"
          "Each command carries out one stage of the studio: it reads audio "
          "files, shows progress on a terminal, and writes its results whole "
          "or not at all. With\n.B \\-\\-json\nthe result document goes to "
          "standard output; messages go to standard error.\n"
          "Long flags may be written\n.B \\-\\-flag value\nor\n"
          ".BR \\-\\-flag=value ;\nthose without a value also as\n"
          ".BR \\-\\-no\\-flag .\n"
          ".SH STAGES\n",
          to);
    for (int i = 0; i < count; i++)
        stage_section(stages[i], to);
    general_section(stages[0], to);
    commands_section(to);
    last_sections(to);
}
