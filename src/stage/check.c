#include "stage/params.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FAULT(...) return st_err_set(err, ST_INTERNAL, __VA_ARGS__)

static bool good_name(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length < 32 && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static bool is_sentence(const char *text) {
    if (text == NULL || text[0] == '\0')
        return false;
    return text[strlen(text) - 1] == '.' && strchr(text, '\n') == NULL;
}

/* A name must be new among flags: parameters, inputs and outputs share them. */
static int uses_of_flag(const st_stage *stage, const char *flag) {
    int uses = 0;
    for (int i = 0; i < st_param_count(stage); i++)
        uses += strcmp(stage->params[i].name, flag) == 0;
    for (int i = 1; i < st_input_count(stage); i++)
        uses += strcmp(stage->inputs[i].name, flag) == 0;
    for (int i = 0; i < st_output_count(stage); i++)
        uses += stage->outputs[i].flag != NULL &&
                strcmp(stage->outputs[i].flag, flag) == 0;
    return uses;
}

static bool needs_def_text(const st_param *param) {
    return param->type == ST_PARAM_CHOICE || param->type == ST_PARAM_STRING ||
           param->type == ST_PARAM_ASSET || param->type == ST_PARAM_JSON;
}

static st_status check_param(const st_stage *stage, const st_param *param,
                             st_err *err) {
    const char *name = param->name;
    if (!good_name(name) || uses_of_flag(stage, name) != 1)
        FAULT("parameter %s: bad or doubled name.", name);
    if (!is_sentence(param->help))
        FAULT("parameter %s: the help must be one sentence.", name);
    bool ranged = param->type == ST_PARAM_INT ||
                  param->type == ST_PARAM_FLOAT || param->type == ST_PARAM_TIME;
    if (ranged && !(param->min < param->max && isfinite(param->min) &&
                    isfinite(param->max)))
        FAULT("parameter %s: needs a range.", name);
    if ((param->type == ST_PARAM_CHOICE) !=
        (param->choices != NULL && param->choices[0] != NULL))
        FAULT("parameter %s: choices and type disagree.", name);
    if (param->words != NULL && param->type != ST_PARAM_STRING)
        FAULT("parameter %s: only a string has words.", name);
    if (needs_def_text(param) && (param->def_text == NULL) == !param->unset)
        FAULT("parameter %s: needs def_text or unset, not both.", name);
    if ((param->needs && st_input_find(stage, param->needs) < 0) ||
        (param->excludes && st_input_find(stage, param->excludes) < 0))
        FAULT("parameter %s: needs or excludes an unknown input.", name);
    json_t *value = st_param_default_json(param);
    json_t *same = NULL;
    st_status status =
        value == NULL ? ST_INTERNAL : st_param_check(param, value, &same, err);
    json_decref(value);
    json_decref(same);
    if (status != ST_OK)
        FAULT("parameter %s: the default is out of range.", name);
    return ST_OK;
}

static st_status check_input(const st_stage *stage, int i, st_err *err) {
    const st_input *input = &stage->inputs[i];
    if (!good_name(input->name) || st_input_find(stage, input->name) != i ||
        (i > 0 && uses_of_flag(stage, input->name) != 1))
        FAULT("input %s: bad or doubled name.", input->name);
    if (!is_sentence(input->help))
        FAULT("input %s: the help must be one sentence.", input->name);
    if (input->min_count < 0 || input->max_count < 0 ||
        (input->max_count > 0 && input->max_count < input->min_count))
        FAULT("input %s: bad count.", input->name);
    return ST_OK;
}

static st_status check_output(const st_stage *stage, int i, st_err *err) {
    const st_output *output = &stage->outputs[i];
    const char *flag = output->flag;
    if (!good_name(output->name) || st_output_find(stage, output->name) != i)
        FAULT("output %s: bad or doubled name.", output->name);
    if (!is_sentence(output->help))
        FAULT("output %s: the help must be one sentence.", output->name);
    if (flag != NULL && (!good_name(flag) || uses_of_flag(stage, flag) != 1))
        FAULT("output %s: flag %s is doubled.", output->name, flag);
    if (output->beside != NULL && strchr("./", output->beside[0]) == NULL)
        FAULT("output %s: beside must start with a dot or a slash.",
              output->name);
    if (output->within != NULL &&
        (output->beside == NULL || uses_of_flag(stage, output->within) != 1))
        FAULT("output %s: within no folder.", output->name);
    if (output->when != NULL && output->beside == NULL)
        FAULT("output %s: when without beside.", output->name);
    if (output->tags_from != NULL &&
        st_input_find(stage, output->tags_from) < 0)
        FAULT("output %s: tags from an unknown input.", output->name);
    return ST_OK;
}

static st_status check_head(const st_stage *stage, st_err *err) {
    if (!good_name(stage->name))
        FAULT("bad name.");
    if (!is_sentence(stage->help))
        FAULT("the help must be one sentence.");
    if (stage->version < 1 || stage->run == NULL)
        FAULT("needs a version and a run.");
    if (st_engine_count(stage) < 1)
        FAULT("needs an engine.");
    for (int i = 0; i < st_engine_count(stage); i++) {
        const st_engine *engine = &stage->engines[i];
        bool neural = engine->kind == ST_ENGINE_NEURAL;
        if (neural != (engine->model != NULL) || !is_sentence(engine->help) ||
            st_engine_find(stage, engine->name) != i)
            FAULT("engine %s: bad kind, help or name.", engine->name);
    }
    if (st_input_count(stage) + st_output_count(stage) < 1)
        FAULT("nothing goes in or out.");
    for (int i = 0; stage->cacheable && i < st_output_count(stage); i++)
        if (stage->outputs[i].kind != ST_KIND_JSON &&
            stage->outputs[i].flag == NULL)
            FAULT("cacheable, but output %s is neither json nor optional.",
                  stage->outputs[i].name);
    return ST_OK;
}

st_status st_stage_check(const st_stage *stage, st_err *err) {
    st_status status = check_head(stage, err);
    for (int i = 0; status == ST_OK && i < st_param_count(stage); i++)
        status = check_param(stage, &stage->params[i], err);
    for (int i = 0; status == ST_OK && i < st_input_count(stage); i++)
        status = check_input(stage, i, err);
    for (int i = 0; status == ST_OK && i < st_output_count(stage); i++)
        status = check_output(stage, i, err);
    if (status != ST_OK)
        st_err_prefix(err, "stage %s", stage->name);
    return status;
}
