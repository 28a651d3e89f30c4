#include "job/plan.h"

#include "core/alloc.h"
#include "stage/params.h"
#include "stage/text.h"

#include <limits.h>
#include <string.h>

st_status st_plan_new(st_plan **out) {
    st_plan *plan = st_calloc(1, sizeof *plan);
    if (plan == NULL)
        return ST_NO_MEM;
    *out = plan;
    return ST_OK;
}

static void step_deinit(st_plan_step *step) {
    json_decref(step->params);
    for (int i = 0; i < step->item_count; i++) {
        st_free(step->items[i].file);
        st_free(step->items[i].label);
    }
    for (int i = 0; i < step->target_count; i++) {
        st_free(step->targets[i].file);
        st_free(step->targets[i].container);
    }
    st_free(step->items);
    st_free(step->targets);
}

void st_plan_free(st_plan *plan) {
    if (plan == NULL)
        return;
    for (int i = 0; i < plan->step_count; i++)
        step_deinit(&plan->steps[i]);
    st_free(plan->steps);
    st_free(plan);
}

static st_status no_mem(st_err *err) {
    return st_err_set(err, ST_NO_MEM, "Out of memory.");
}

/* Room for one more after `count`: storage doubles at powers of two. */
static st_status grow(void **array, int count, size_t size, st_err *err) {
    if (count > 0 && (count & (count - 1)) != 0)
        return ST_OK;
    size_t room = count == 0 ? 1 : 2 * (size_t)count;
    if (st_regrow(array, (size_t)count, room, size) != ST_OK)
        return no_mem(err);
    return ST_OK;
}

static st_status find_engine(const st_stage *stage, const char *name,
                             int *engine, st_err *err) {
    *engine = name == NULL ? 0 : st_engine_find(stage, name);
    if (*engine >= 0)
        return ST_OK;
    return st_err_set(err, ST_NOT_FOUND,
                      "%s has no engine %.64s; `stemma help %s` lists them.",
                      stage->name, name, stage->name);
}

st_status st_plan_step_add(st_plan *plan, const st_stage *stage,
                           const char *engine, json_t *params, uint64_t seed,
                           int *step, st_err *err) {
    st_plan_step made = {.stage = stage, .seed = seed};
    if (plan->step_count >= ST_PLAN_MAX_STEPS)
        return st_err_set(err, ST_LIMIT, "A plan may have %d steps at most.",
                          ST_PLAN_MAX_STEPS);
    st_status status = find_engine(stage, engine, &made.engine, err);
    if (status == ST_OK)
        status = grow((void **)&plan->steps, plan->step_count,
                      sizeof *plan->steps, err);
    if (status == ST_OK)
        status = st_params_resolve(stage, params, &made.params, err);
    if (status != ST_OK)
        return status;
    if (step != NULL)
        *step = plan->step_count;
    plan->steps[plan->step_count++] = made;
    return ST_OK;
}

static st_status find_input(const st_plan_step *step, const char *name,
                            int *input, st_err *err) {
    *input = st_input_find(step->stage, name);
    if (*input >= 0)
        return ST_OK;
    return st_err_set(err, ST_NOT_FOUND, "%s has no input %.64s.",
                      step->stage->name, name);
}

static st_status find_output(const st_stage *stage, const char *name,
                             int *output, st_err *err) {
    *output = st_output_find(stage, name);
    if (*output >= 0)
        return ST_OK;
    return st_err_set(err, ST_NOT_FOUND, "%s has no output %.64s.", stage->name,
                      name);
}

static st_status add_item(st_plan_step *step, const st_plan_item *item,
                          st_err *err) {
    if (step->item_count >= ST_PLAN_MAX_ITEMS)
        return st_err_set(err, ST_LIMIT, "%s has more than %d inputs.",
                          step->stage->name, ST_PLAN_MAX_ITEMS);
    st_status status =
        grow((void **)&step->items, step->item_count, sizeof *step->items, err);
    if (status == ST_OK)
        step->items[step->item_count++] = *item;
    return status;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

st_status st_plan_file_add(st_plan *plan, int step, const char *input,
                           const char *file, const char *label, double weight,
                           st_err *err) {
    st_plan_step *at = &plan->steps[step];
    st_plan_item item = {.weight = weight};
    st_status status = find_input(at, input, &item.input, err);
    if (status != ST_OK)
        return status;
    bool weighted = at->stage->inputs[item.input].weighted;
    if (!(weight >= 0 && weight <= 1000) || (!weighted && weight != 1))
        return st_err_set(err, ST_BAD_ARG,
                          "The weight of %.128s is %g; it must be %s.",
                          base_name(file), weight,
                          weighted ? "0 to 1000" : "1 (not weighted)");
    item.file = st_strdup(file);
    item.label = st_strdup(label != NULL ? label : base_name(file));
    status = item.file == NULL || item.label == NULL ? no_mem(err)
                                                     : add_item(at, &item, err);
    if (status != ST_OK) {
        st_free(item.file);
        st_free(item.label);
    }
    return status;
}

st_status st_plan_link_add(st_plan *plan, int step, const char *input, int from,
                           const char *output, int index, st_err *err) {
    st_plan_step *at = &plan->steps[step];
    st_plan_item item = {.step = from, .index = index, .weight = 1};
    if (from < 0 || from >= step || index < 0)
        return st_err_set(err, ST_BAD_ARG,
                          "Step %d takes from step %d; only an earlier step "
                          "(0 to %d) has results.",
                          step, from, step - 1);
    const st_stage *source = plan->steps[from].stage;
    st_status status = find_input(at, input, &item.input, err);
    if (status == ST_OK)
        status = find_output(source, output, &item.output, err);
    if (status != ST_OK)
        return status;
    if (source->outputs[item.output].kind != at->stage->inputs[item.input].kind)
        return st_err_set(err, ST_BAD_ARG, "%s of %s is %s; %s of %s takes %s.",
                          output, source->name,
                          st_kind_name(source->outputs[item.output].kind),
                          input, at->stage->name,
                          st_kind_name(at->stage->inputs[item.input].kind));
    item.label = st_strdup(output);
    status = item.label == NULL ? no_mem(err) : add_item(at, &item, err);
    if (status != ST_OK)
        st_free(item.label);
    return status;
}

st_status st_plan_target_add(st_plan *plan, int step, const char *output,
                             int index, const char *file, const char *container,
                             st_bits bits, st_err *err) {
    st_plan_step *at = &plan->steps[step];
    st_plan_target target = {.index = index, .bits = bits};
    st_status status = find_output(at->stage, output, &target.output, err);
    if (status != ST_OK)
        return status;
    for (int i = 0; i < at->target_count; i++)
        if (at->targets[i].output == target.output &&
            at->targets[i].index == index)
            return st_err_set(err, ST_EXISTS, "%s %d of %s is asked for twice.",
                              output, index, at->stage->name);
    if (at->target_count >= ST_PLAN_MAX_ITEMS)
        return st_err_set(err, ST_LIMIT, "%s has more than %d outputs.",
                          at->stage->name, ST_PLAN_MAX_ITEMS);
    status = grow((void **)&at->targets, at->target_count, sizeof target, err);
    if (status != ST_OK)
        return status;
    target.file = st_strdup(file);
    target.container = container != NULL ? st_strdup(container) : NULL;
    if (target.file == NULL || (container != NULL && !target.container)) {
        st_free(target.file);
        st_free(target.container);
        return no_mem(err);
    }
    at->targets[at->target_count++] = target;
    return ST_OK;
}

static int count_of(const st_plan_step *step, int input) {
    int count = 0;
    for (int k = 0; k < step->item_count; k++)
        count += step->items[k].input == input;
    return count;
}

static st_status check_counts(const st_plan_step *step, st_err *err) {
    for (int i = 0; i < st_input_count(step->stage); i++) {
        const st_input *input = &step->stage->inputs[i];
        int count = count_of(step, i);
        if (count < input->min_count && input->min_count == 1)
            return st_err_set(err, ST_BAD_ARG, "%s needs an input %s: %s",
                              step->stage->name, input->name, input->help);
        if (count < input->min_count)
            return st_err_set(err, ST_BAD_ARG,
                              "%s needs %d or more of input %s, not %d: %s",
                              step->stage->name, input->min_count, input->name,
                              count, input->help);
        if (input->max_count > 0 && count > input->max_count)
            return st_err_set(
                err, ST_BAD_ARG, "%s takes at most %d of input %s, not %d.",
                step->stage->name, input->max_count, input->name, count);
    }
    return ST_OK;
}

static bool has_input(const st_plan_step *step, const char *name) {
    return count_of(step, st_input_find(step->stage, name)) > 0;
}

/* By value and not by what was written: a plan names every parameter. */
static bool is_default(const st_plan_step *step, const st_param *param) {
    json_t *usual = st_param_default_json(param);
    bool same = json_equal(json_object_get(step->params, param->name), usual);
    json_decref(usual);
    return same;
}

static st_status check_params(const st_plan_step *step, st_err *err) {
    for (int i = 0; i < st_param_count(step->stage); i++) {
        const st_param *p = &step->stage->params[i];
        if ((p->needs == NULL && p->excludes == NULL) || is_default(step, p))
            continue;
        if (p->needs != NULL && !has_input(step, p->needs))
            return st_err_set(err, ST_BAD_ARG,
                              "%s of %s does nothing without a %s: give one, "
                              "or leave %s out.",
                              p->name, step->stage->name, p->needs, p->name);
        if (p->excludes != NULL && has_input(step, p->excludes))
            return st_err_set(err, ST_BAD_ARG,
                              "%s and %s of %s exclude each other: give one "
                              "of them.",
                              p->name, p->excludes, step->stage->name);
    }
    return ST_OK;
}

st_status st_plan_check(const st_plan *plan, st_err *err) {
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < plan->step_count; i++) {
        status = check_counts(&plan->steps[i], err);
        if (status == ST_OK)
            status = check_params(&plan->steps[i], err);
    }
    return status;
}
