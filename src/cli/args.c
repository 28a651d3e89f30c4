#include "cli/cli.h"

#include "core/alloc.h"
#include "stage/params.h"
#include "stage/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_args_has(const cli_args *args, const char *flag) {
    const cli_flag *at = cli_flag_find(&args->flags, flag);
    return at != NULL && args->given[at - args->flags.flag];
}

void cli_args_deinit(cli_args *args) {
    for (int i = 0; i < args->named_count; i++)
        st_free(args->named[i].own);
    for (int i = 0; i < args->own_count; i++)
        st_free(args->files[i]);
    st_free(args->files);
    st_free(args->named);
    st_free(args->written);
    json_decref(args->params);
}

static st_status unknown_flag(const cli_args *args, const char *name,
                              st_err *err) {
    int best = INT_MAX;
    const char *near = NULL;
    for (int i = 0; i < args->flags.count; i++)
        if (st_nearer(name, args->flags.flag[i].name, &best))
            near = args->flags.flag[i].name;
    if (near != NULL)
        return st_err_set(err, ST_BAD_ARG,
                          "%s has no flag --%.64s. Did you mean --%s?",
                          args->stage->name, name, near);
    return st_err_set(err, ST_BAD_ARG,
                      "%s has no flag --%.64s; `stemma help %s` lists all.",
                      args->stage->name, name, args->stage->name);
}

/* FILE[:WEIGHT]: a file of that very name wins over a weight. */
static st_status parse_item(const char *text, bool weighted, cli_named *out,
                            st_err *err) {
    char *file = st_strdup(text);
    if (file == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    char *colon = strrchr(file, ':');
    out->weight = 1;
    if (weighted && colon != NULL && access(file, F_OK) != 0) {
        char *end = NULL;
        double weight = strtod(colon + 1, &end);
        if (end != colon + 1 && *end == '\0') {
            out->weight = weight;
            *colon = '\0';
        }
    }
    out->own = file;
    out->file = file;
    return ST_OK;
}

st_status cli_threads_parse(const char *text, int *out, st_err *err) {
    char *end = NULL;
    long threads = strtol(text, &end, 10);
    if (end == text || *end != '\0' || threads < 1 || threads > 64)
        return st_err_set(err, ST_BAD_ARG,
                          "threads is \"%.64s\"; it must be 1 to 64.", text);
    *out = (int)threads;
    return ST_OK;
}

static st_status take_param(cli_args *out, const st_param *param,
                            const char *value, st_err *err) {
    json_t *parsed = NULL;
    st_status status = st_param_parse(param, value, &parsed, err);
    if (status == ST_OK &&
        json_object_set_new(out->params, param->name, parsed) != 0)
        status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    return status;
}

static st_status take_seed(cli_args *out, const char *value, st_err *err) {
    static const st_param seed = {.name = "seed", .type = ST_PARAM_SEED};
    json_t *parsed = NULL;
    st_status status = st_param_parse(&seed, value, &parsed, err);
    if (status == ST_OK)
        out->seed = (uint64_t)json_integer_value(parsed);
    json_decref(parsed);
    return status;
}

static st_status take(cli_args *out, const cli_flag *flag, const char *value,
                      bool on, st_err *err) {
    cli_named *named = NULL;
    /* Never NULL, though flags that take no value do not look at it. */
    const char *text = value != NULL ? value : on ? "on" : "off";
    out->given[flag - out->flags.flag] = on;
    switch (flag->kind) {
    case CLI_FLAG_PARAM:
        return take_param(out, &out->stage->params[flag->index], text, err);
    case CLI_FLAG_INPUT:
        named = &out->named[out->named_count];
        named->index = flag->index;
        out->named_count++;
        return parse_item(text, out->stage->inputs[flag->index].weighted, named,
                          err);
    case CLI_FLAG_OUTPUT:
        out->written[out->written_count++] =
            (cli_named){.index = flag->index, .file = text};
        return ST_OK;
    case CLI_FLAG_SWITCH:
        return ST_OK;
    case CLI_FLAG_OUT:
        if (out->out != NULL)
            return st_err_set(err, ST_BAD_ARG, "-o is given twice.");
        out->out = text;
        return ST_OK;
    case CLI_FLAG_ENGINE:
        out->engine = text;
        return ST_OK;
    case CLI_FLAG_SEED:
        return take_seed(out, text, err);
    case CLI_FLAG_JSON:
        out->json = on;
        return ST_OK;
    case CLI_FLAG_QUIET:
        out->quiet = on;
        return ST_OK;
    case CLI_FLAG_THREADS:
        return cli_threads_parse(text, &out->threads, err);
    case CLI_FLAG_NO_CACHE:
        out->no_cache = on;
        return ST_OK;
    case CLI_FLAG_DRY_RUN:
        out->dry_run = on;
        return ST_OK;
    case CLI_FLAG_HELP:
        out->help = on;
        return ST_OK;
    }
    return ST_OK;
}

/* "--name", "--name=value", "--no-name". *i moves on over a value. */
static st_status take_long(cli_args *out, int count, char **args, int *i,
                           st_err *err) {
    char name[CLI_FLAG_NAME_BYTES * 2];
    const char *word = args[*i] + 2;
    const char *value = strchr(word, '=');
    size_t length = value != NULL ? (size_t)(value - word) : strlen(word);
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    const cli_flag *flag = cli_flag_find(&out->flags, name);
    bool on = true;
    if (flag == NULL && strncmp(name, "no-", 3) == 0) {
        flag = cli_flag_find(&out->flags, name + 3);
        if (flag != NULL && flag->value != NULL)
            flag = NULL;
        on = false;
    }
    if (flag == NULL)
        return unknown_flag(out, name, err);
    if (value != NULL)
        value++;
    if (flag->value != NULL && value == NULL) {
        if (*i + 1 >= count)
            return st_err_set(err, ST_BAD_ARG, "--%s needs a value: --%s %s.",
                              flag->name, flag->name, flag->value);
        value = args[++*i];
    }
    bool plain = flag->value == NULL && flag->kind != CLI_FLAG_PARAM;
    if (value != NULL && (plain || !on))
        return st_err_set(err, ST_BAD_ARG, "--%s takes no value.", name);
    return take(out, flag, value, on, err);
}

/* "-o OUT", "-oOUT", "-q". */
static st_status take_letter(cli_args *out, int count, char **args, int *i,
                             st_err *err) {
    const char *word = args[*i];
    for (int f = 0; f < out->flags.count; f++) {
        const cli_flag *flag = &out->flags.flag[f];
        if (flag->letter != word[1])
            continue;
        if (flag->value == NULL && word[2] == '\0')
            return take(out, flag, NULL, true, err);
        if (flag->value == NULL)
            break;
        if (word[2] != '\0')
            return take(out, flag, word + 2, true, err);
        if (*i + 1 < count)
            return take(out, flag, args[++*i], true, err);
        return st_err_set(err, ST_BAD_ARG, "-%c needs a value: -%c %s.",
                          word[1], word[1], flag->value);
    }
    return st_err_set(err, ST_BAD_ARG,
                      "%s has no flag %.32s; `stemma help %s` lists all.",
                      out->stage->name, word, out->stage->name);
}

st_status cli_args_parse(const st_stage *stage, int count, char **args,
                         cli_args *out, st_err *err) {
    size_t room = (size_t)count + 1;
    *out = (cli_args){.stage = stage, .params = json_object()};
    cli_flags_of(stage, &out->flags);
    out->files = st_calloc(room, sizeof *out->files);
    out->named = st_calloc(room, sizeof *out->named);
    out->written = st_calloc(room, sizeof *out->written);
    if (!out->files || !out->named || !out->written || !out->params)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    bool only_files = false;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < count; i++) {
        const char *word = args[i];
        if (!only_files && strcmp(word, "--") == 0)
            only_files = true;
        else if (!only_files && strncmp(word, "--", 2) == 0)
            status = take_long(out, count, args, &i, err);
        else if (!only_files && word[0] == '-' && word[1] != '\0')
            status = take_letter(out, count, args, &i, err);
        else
            out->files[out->file_count++] = args[i];
    }
    return status;
}
