#include "cli/cli.h"

#include "job/table.h"

#include <string.h>

/* -- bash ------------------------------------------------------------------ */

static void verbs(FILE *to) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    for (int i = 0; i < count; i++)
        fprintf(to, "%s%s", i > 0 ? " " : "", stages[i]->name);
    for (const cli_command *c = cli_commands; c->name != NULL; c++)
        fprintf(to, " %s", c->name);
}

/* A space inside a choice may be written '-' (stage/text.h). */
static void choices(FILE *to, const st_param *param) {
    for (int i = 0; param->choices[i] != NULL; i++) {
        if (i > 0)
            fputc(' ', to);
        for (const char *c = param->choices[i]; *c != '\0'; c++)
            fputc(*c == ' ' ? '-' : *c, to);
    }
}

static void engines(FILE *to, const st_stage *stage) {
    for (int i = 0; i < st_engine_count(stage); i++)
        fprintf(to, "%s%s", i > 0 ? " " : "", stage->engines[i].name);
}

static const st_param *choice_param(const st_stage *stage,
                                    const cli_flag *flag) {
    if (flag->kind != CLI_FLAG_PARAM ||
        stage->params[flag->index].type != ST_PARAM_CHOICE)
        return NULL;
    return &stage->params[flag->index];
}

static bool takes_file(const cli_flag *flag) {
    return flag->kind == CLI_FLAG_INPUT || flag->kind == CLI_FLAG_OUTPUT ||
           flag->kind == CLI_FLAG_OUT;
}

/* What may follow each flag that takes a value. */
static void bash_values(const st_stage *stage, const cli_flags *flags) {
    for (int i = 0; i < flags->count; i++) {
        const cli_flag *flag = &flags->flag[i];
        const st_param *param = choice_param(stage, flag);
        if (flag->value == NULL || takes_file(flag))
            continue;
        printf("        %s:--%s) words='", stage->name, flag->name);
        if (param != NULL)
            choices(stdout, param);
        if (flag->kind == CLI_FLAG_ENGINE)
            engines(stdout, stage);
        printf("' ; files= ;;\n");
    }
}

static void bash_flags(const st_stage *stage, const cli_flags *flags) {
    printf("        %s:-*) words='", stage->name);
    for (int i = 0; i < flags->count; i++)
        printf("%s--%s", i > 0 ? " " : "", flags->flag[i].name);
    printf("' ; files= ;;\n");
}

static void bash_options(const cli_command *command) {
    printf("        %s:-*) words='--help", command->name);
    for (const cli_option *o = command->options; o->name != NULL; o++)
        printf(" --%s", o->name);
    printf("' ; files= ;;\n");
}

static void bash(void) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    printf("# bash completion for stemma\n"
           "_stemma() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]}\n"
           "    local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local verb=${COMP_WORDS[1]} words= files=yes\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        words='");
    verbs(stdout);
    printf(" --help --version'; files=\n"
           "    else\n"
           "        case \"$verb:$prev\" in\n");
    for (int i = 0; i < count; i++) {
        cli_flags flags;
        cli_flags_of(stages[i], &flags);
        bash_values(stages[i], &flags);
    }
    printf("        help:help) words='");
    verbs(stdout);
    printf("' ; files= ;;\n"
           "        completion:completion) words='bash zsh fish' ; files= ;;\n"
           "        *) case \"$verb:$cur\" in\n");
    for (int i = 0; i < count; i++) {
        cli_flags flags;
        cli_flags_of(stages[i], &flags);
        bash_flags(stages[i], &flags);
    }
    for (const cli_command *c = cli_commands; c->name != NULL; c++)
        bash_options(c);
    printf("        esac ;;\n"
           "        esac\n"
           "    fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "    if [ -n \"$files\" ]; then\n"
           "        local IFS=$'\\n'\n"
           "        COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
           "        compopt -o filenames 2>/dev/null\n"
           "    fi\n"
           "}\n"
           "complete -F _stemma stemma\n");
}

/* -- zsh ------------------------------------------------------------------- */

/* Inside '...[ ]': quotes and brackets would end it. */
static void zsh_text(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (*text == '[' || *text == ']' || *text == ':')
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_flag(const st_stage *stage, const cli_flag *flag) {
    const st_param *param = choice_param(stage, flag);
    bool many = flag->kind == CLI_FLAG_INPUT;
    printf("            '%s--%s%s[", many ? "*" : "", flag->name,
           flag->value != NULL ? "=" : "");
    char help[512];
    cli_flag_help(stage, flag, help, sizeof help);
    zsh_text(help);
    printf("]");
    if (flag->value != NULL) {
        printf(":");
        zsh_text(flag->value);
        printf(":");
    }
    if (param != NULL) {
        printf("(");
        choices(stdout, param);
        printf(")");
    } else if (flag->kind == CLI_FLAG_ENGINE) {
        printf("(");
        engines(stdout, stage);
        printf(")");
    } else if (takes_file(flag)) {
        printf("_files");
    }
    printf("' \\\n");
    if (flag->letter == 'o')
        printf("            '-o[");
    if (flag->letter == 'o') {
        zsh_text(flag->help);
        printf("]:OUT:_files' \\\n");
    }
}

/* `after`: what a word that is no flag completes to. */
static void zsh_options(const cli_command *command, const char *after) {
    printf("    %s)\n        _arguments \\\n", command->name);
    for (const cli_option *o = command->options; o->name != NULL; o++) {
        printf("            '--%s%s[", o->name, o->value != NULL ? "=" : "");
        zsh_text(o->help);
        printf("]%s%s%s' \\\n", o->value != NULL ? ":" : "",
               o->value != NULL ? o->value : "", o->value != NULL ? ":" : "");
    }
    printf("            '--help[Show help]' \\\n            %s ;;\n", after);
}

static const char *zsh_after(const char *name) {
    if (strcmp(name, "run") == 0)
        return "'*:plan:_files'";
    if (strcmp(name, "completion") == 0)
        return "':shell:(bash zsh fish)'";
    return strcmp(name, "help") == 0 ? "':command:_describe command verbs'"
                                     : "";
}

static void zsh_verbs(void) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    for (int i = 0; i < count; i++) {
        printf("        '%s:", stages[i]->name);
        zsh_text(stages[i]->help);
        printf("'\n");
    }
    for (const cli_command *c = cli_commands; c->name != NULL; c++) {
        printf("        '%s:", c->name);
        zsh_text(c->help);
        printf("'\n");
    }
}

static void zsh(void) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    printf("#compdef stemma\n"
           "_stemma() {\n"
           "    local -a verbs\n"
           "    verbs=(\n");
    zsh_verbs();
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command verbs\n"
           "        return\n"
           "    fi\n"
           "    local verb=$words[2]\n"
           "    words=(${words[2,-1]}); (( CURRENT-- ))\n"
           "    case $verb in\n");
    for (int i = 0; i < count; i++) {
        cli_flags flags;
        cli_flags_of(stages[i], &flags);
        printf("    %s)\n        _arguments \\\n", stages[i]->name);
        for (int f = 0; f < flags.count; f++)
            zsh_flag(stages[i], &flags.flag[f]);
        printf("            '*:input:_files' ;;\n");
    }
    for (const cli_command *c = cli_commands; c->name != NULL; c++)
        zsh_options(c, zsh_after(c->name));
    printf("    esac\n"
           "}\n"
           "if [ \"$funcstack[1]\" = _stemma ]; then\n"
           "    _stemma \"$@\"\n"
           "else\n"
           "    compdef _stemma stemma\n"
           "fi\n");
}

/* -- fish ------------------------------------------------------------------ */

static void fish_text(const char *text) {
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void fish_verb(const char *name, const char *help) {
    printf("complete -c stemma -n __fish_use_subcommand -f -a %s -d ", name);
    fish_text(help);
    putchar('\n');
}

static void fish_flag(const st_stage *stage, const cli_flag *flag) {
    const st_param *param = choice_param(stage, flag);
    printf("complete -c stemma -n '__fish_seen_subcommand_from %s' -l %s",
           stage->name, flag->name);
    if (flag->letter != '\0')
        printf(" -s %c", flag->letter);
    if (flag->value != NULL)
        printf(takes_file(flag) ? " -r -F" : " -x");
    if (param != NULL) {
        printf(" -a '");
        choices(stdout, param);
        printf("'");
    }
    char help[512];
    cli_flag_help(stage, flag, help, sizeof help);
    printf(" -d ");
    fish_text(help);
    putchar('\n');
}

static void fish_options(const cli_command *command) {
    for (const cli_option *o = command->options; o->name != NULL; o++) {
        printf("complete -c stemma -n '__fish_seen_subcommand_from %s' -l %s%s",
               command->name, o->name, o->value != NULL ? " -x" : "");
        printf(" -d ");
        fish_text(o->help);
        putchar('\n');
    }
}

static void fish(void) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    printf("# fish completion for stemma\n");
    for (int i = 0; i < count; i++)
        fish_verb(stages[i]->name, stages[i]->help);
    for (const cli_command *c = cli_commands; c->name != NULL; c++)
        fish_verb(c->name, c->help);
    for (const cli_command *c = cli_commands; c->name != NULL; c++)
        fish_options(c);
    printf("complete -c stemma -n '__fish_seen_subcommand_from completion' "
           "-f -a 'bash zsh fish'\n");
    for (int i = 0; i < count; i++) {
        cli_flags flags;
        cli_flags_of(stages[i], &flags);
        for (int f = 0; f < flags.count; f++)
            fish_flag(stages[i], &flags.flag[f]);
    }
}

int cmd_completion(int count, char **args) {
    const char *shell = count > 0 ? args[0] : "";
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return cli_fail(CLI_USAGE, "Name a shell: stemma completion bash, zsh "
                                   "or fish.");
    return CLI_DONE;
}
