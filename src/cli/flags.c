#include "cli/flags.h"

#include "stage/text.h"

#include <stdio.h>
#include <string.h>

static cli_flag *add(cli_flags *out, cli_flag_kind kind, int index,
                     const char *name, const char *value, const char *help) {
    if (out->count == CLI_MAX_FLAGS)
        return &out->flag[CLI_MAX_FLAGS - 1];
    cli_flag *flag = &out->flag[out->count++];
    *flag =
        (cli_flag){.kind = kind, .index = index, .value = value, .help = help};
    snprintf(flag->name, sizeof flag->name, "%s", name);
    for (char *c = flag->name; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    return flag;
}

static const char *value_name(const st_param *param) {
    switch (param->type) {
    case ST_PARAM_BOOL:
        return NULL;
    case ST_PARAM_INT:
    case ST_PARAM_FLOAT:
        return param->unit == NULL             ? "N"
               : strcmp(param->unit, "%") == 0 ? "PERCENT"
                                               : param->unit;
    case ST_PARAM_TIME:
        return "TIME";
    case ST_PARAM_SEED:
        return "N";
    case ST_PARAM_CHOICE:
        return "NAME";
    case ST_PARAM_STRING:
        return "TEXT";
    case ST_PARAM_ASSET:
        return "ID";
    case ST_PARAM_JSON:
        return "JSON";
    }
    return "VALUE";
}

int cli_main_output(const st_stage *stage) {
    for (int i = 0; i < st_output_count(stage); i++) {
        const char *beside = stage->outputs[i].beside;
        if (stage->outputs[i].kind == ST_KIND_AUDIO &&
            stage->outputs[i].flag == NULL &&
            (beside == NULL || beside[0] == '/'))
            return i;
    }
    return -1;
}

bool cli_out_is_folder(const st_stage *stage) {
    int output = cli_main_output(stage);
    return output >= 0 && stage->outputs[output].beside != NULL;
}

/* A flag reads '-' where the table has '_'. */
static bool same_word(const char *word, const char *flag, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (word[i] != flag[i] && !(word[i] == '_' && flag[i] == '-'))
            return false;
    return true;
}

bool cli_word_in(const char *when, const char *flag) {
    size_t length = strlen(flag);
    for (const char *at = when; at != NULL && *at != '\0';) {
        at += strspn(at, " ");
        size_t word = strcspn(at, " ");
        if (word == length && same_word(at, flag, length))
            return true;
        at += word;
    }
    return false;
}

/* Each word of `when` that is no flag yet becomes a switch. */
static void add_switches(cli_flags *out, const st_stage *stage, int index) {
    const st_output *output = &stage->outputs[index];
    for (const char *at = output->when; at != NULL && *at != '\0';) {
        char word[CLI_FLAG_NAME_BYTES];
        at += strspn(at, " ");
        int length = (int)strcspn(at, " ");
        snprintf(word, sizeof word, "%.*s", length, at);
        at += length;
        if (word[0] != '\0' && cli_flag_find(out, word) == NULL)
            add(out, CLI_FLAG_SWITCH, index, word, NULL, output->help);
    }
}

static void add_common(cli_flags *out, const st_stage *stage) {
    if (st_engine_count(stage) > 1)
        add(out, CLI_FLAG_ENGINE, 0, "engine", "NAME",
            "Engine that does the work.");
    if (stage->seeded)
        add(out, CLI_FLAG_SEED, 0, "seed", "N",
            "Seed of everything random; equal seeds give equal results.");
    add(out, CLI_FLAG_JSON, 0, "json", NULL,
        "Put the result document on stdout.");
    add(out, CLI_FLAG_QUIET, 0, "quiet", NULL,
        "No progress and no summary, errors only.")
        ->letter = 'q';
    add(out, CLI_FLAG_THREADS, 0, "threads", "N",
        "Threads that work, 1 to 64 (default: one for each CPU).");
    if (stage->keeps)
        add(out, CLI_FLAG_NO_CACHE, 0, "no-cache", NULL,
            "Neither use nor keep parts of earlier work.");
    else if (stage->cacheable)
        add(out, CLI_FLAG_NO_CACHE, 0, "no-cache", NULL,
            "Measure again even if the result is known.");
    add(out, CLI_FLAG_DRY_RUN, 0, "dry-run", NULL,
        "Check everything and print the plan instead of running it.");
    add(out, CLI_FLAG_HELP, 0, "help", NULL, "Show this help.")->letter = 'h';
}

void cli_flags_of(const st_stage *stage, cli_flags *out) {
    out->count = 0;
    for (int i = 1; i < st_input_count(stage); i++)
        add(out, CLI_FLAG_INPUT, i, stage->inputs[i].name,
            stage->inputs[i].weighted ? "FILE[:WEIGHT]" : "FILE",
            stage->inputs[i].help);
    int main_output = cli_main_output(stage);
    if (main_output >= 0)
        add(out, CLI_FLAG_OUT, main_output, "out", "OUT",
            stage->outputs[main_output].help)
            ->letter = 'o';
    for (int i = 0; i < st_output_count(stage); i++)
        if (stage->outputs[i].flag != NULL)
            add(out,
                stage->outputs[i].beside != NULL ? CLI_FLAG_SWITCH
                                                 : CLI_FLAG_OUTPUT,
                i, stage->outputs[i].flag,
                stage->outputs[i].beside != NULL ? NULL
                : stage->outputs[i].many         ? "DIR"
                                                 : "FILE",
                stage->outputs[i].help);
    for (int i = 0; i < st_param_count(stage); i++)
        add(out, CLI_FLAG_PARAM, i, stage->params[i].name,
            value_name(&stage->params[i]), stage->params[i].help);
    for (int i = 0; i < st_output_count(stage); i++)
        add_switches(out, stage, i);
    add_common(out, stage);
}

/* " Needs --reference.": an input as the flag that gives it. */
static void add_rule(const char *rule, const char *input, char *text,
                     size_t bytes) {
    char name[CLI_FLAG_NAME_BYTES];
    size_t end = strlen(text);
    if (input == NULL)
        return;
    snprintf(name, sizeof name, "%s", input);
    for (char *c = name; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    snprintf(text + end, bytes - end, " %s --%s.", rule, name);
}

void cli_flag_help(const st_stage *stage, const cli_flag *flag, char *text,
                   size_t bytes) {
    char word[CLI_FLAG_NAME_BYTES];
    snprintf(text, bytes, "%s", flag->help);
    if (flag->kind == CLI_FLAG_PARAM) {
        add_rule("Needs", stage->params[flag->index].needs, text, bytes);
        add_rule("Not with", stage->params[flag->index].excludes, text, bytes);
    }
    if (flag->kind != CLI_FLAG_SWITCH)
        return;
    snprintf(word, sizeof word, "%s", flag->name);
    for (char *c = word; *c != '\0'; c++)
        if (*c == '-')
            *c = '_';
    snprintf(text, bytes, "Also write");
    int files = 0;
    for (int i = 0; i < st_output_count(stage); i++) {
        const st_output *output = &stage->outputs[i];
        size_t end = strlen(text);
        if (output->beside != NULL &&
            (cli_word_in(output->when, word) ||
             (output->flag != NULL && strcmp(output->flag, word) == 0)))
            snprintf(text + end, bytes - end, "%s OUT%s",
                     files++ > 0 ? "," : "", output->beside);
    }
    size_t end = strlen(text);
    snprintf(text + end, bytes - end, ".");
}

const cli_flag *cli_flag_find(const cli_flags *flags, const char *name) {
    for (int i = 0; i < flags->count; i++)
        if (st_slips(flags->flag[i].name, name) == 0)
            return &flags->flag[i];
    return NULL;
}
