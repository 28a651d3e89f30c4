#include "job/plan.h"

#include "core/utf8.h"
#include "job/table.h"
#include "stage/text.h"

#include <string.h>

#define SCHEMA "stemma.plan/1"

static st_status bad(st_err *err, const char *what) {
    return st_err_set(err, ST_BAD_DATA, "The plan is not sound: %s.", what);
}

/* The member as int in 0..max; `fallback` when missing. */
static bool int_member(const json_t *object, const char *key, int max,
                       int fallback, int *out) {
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        *out = fallback;
        return true;
    }
    json_int_t x = json_integer_value(value);
    if (!json_is_integer(value) || x < 0 || x > max)
        return false;
    *out = (int)x;
    return true;
}

/* Text without NUL inside, or NULL. */
static const char *text_member(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    if (text == NULL || strlen(text) != json_string_length(value))
        return NULL;
    return text;
}

static st_status parse_item(st_plan *plan, int step, const char *input,
                            const json_t *item, st_err *err) {
    if (!json_is_object(item))
        return bad(err, "an input item is no object");
    const char *file = text_member(item, "file");
    const json_t *weight = json_object_get(item, "weight");
    if (weight != NULL && !json_is_number(weight))
        return bad(err, "a weight is no number");
    if (file != NULL)
        return st_plan_file_add(plan, step, input, file,
                                text_member(item, "label"),
                                weight ? json_number_value(weight) : 1, err);
    int from = 0;
    int index = 0;
    const char *output = text_member(item, "output");
    if (output == NULL ||
        !int_member(item, "step", ST_PLAN_MAX_STEPS, -1, &from) ||
        !int_member(item, "index", ST_PLAN_MAX_ITEMS, 0, &index))
        return bad(err, "an input item needs \"file\", or \"step\" and "
                        "\"output\"");
    return st_plan_link_add(plan, step, input, from, output, index, err);
}

static bool bits_member(const json_t *target, st_bits *bits) {
    const json_t *value = json_object_get(target, "bits");
    json_int_t x = json_integer_value(value);
    *bits = (st_bits)x;
    return value == NULL || (json_is_integer(value) &&
                             (x == 0 || x == 16 || x == 24 || x == 32));
}

static st_status parse_target(st_plan *plan, int step, const char *output,
                              int place, const json_t *target, st_err *err) {
    const char *file = text_member(target, "file");
    int index = 0;
    st_bits bits = ST_BITS_ASKED;
    if (file == NULL ||
        !int_member(target, "index", ST_PLAN_MAX_ITEMS, place, &index) ||
        !bits_member(target, &bits))
        return bad(err, "an output needs \"file\", and bits 16, 24 or 32");
    return st_plan_target_add(plan, step, output, index, file,
                              text_member(target, "container"), bits, err);
}

/* {"name": [item, ...], ...}; a lone item may stand without its array. */
static st_status parse_lists(st_plan *plan, int step, json_t *lists,
                             st_status (*one)(st_plan *plan, int step,
                                              const char *name, int place,
                                              const json_t *item, st_err *err),
                             st_err *err) {
    if (lists == NULL)
        return ST_OK;
    if (!json_is_object(lists))
        return bad(err, "inputs and outputs must be objects");
    for (void *at = json_object_iter(lists); at != NULL;
         at = json_object_iter_next(lists, at)) {
        const char *name = json_object_iter_key(at);
        const json_t *list = json_object_iter_value(at);
        size_t count = json_is_array(list) ? json_array_size(list) : 1;
        for (size_t i = 0; i < count; i++) {
            const json_t *item =
                json_is_array(list) ? json_array_get(list, i) : list;
            st_status status = one(plan, step, name, (int)i, item, err);
            if (status != ST_OK)
                return status;
        }
    }
    return ST_OK;
}

static st_status item_at(st_plan *plan, int step, const char *name, int place,
                         const json_t *item, st_err *err) {
    (void)place;
    return parse_item(plan, step, name, item, err);
}

static st_status parse_seed(const json_t *step, uint64_t *seed, st_err *err) {
    const json_t *value = json_object_get(step, "seed");
    json_int_t x = json_integer_value(value);
    if (value != NULL &&
        (!json_is_integer(value) || x < 0 || x > INT64_C(9007199254740991)))
        return bad(err, "a seed must be whole, 0 to 2^53-1");
    *seed = (uint64_t)x;
    return ST_OK;
}

static st_status parse_step(st_plan *plan, json_t *step, st_err *err) {
    const char *name = text_member(step, "stage");
    const st_stage *stage = NULL;
    uint64_t seed = 0;
    int at = 0;
    if (name == NULL)
        return bad(err, "a step has no \"stage\"");
    st_status status = st_table_need(name, &stage, err);
    if (status == ST_OK)
        status = parse_seed(step, &seed, err);
    if (status == ST_OK)
        status =
            st_plan_step_add(plan, stage, text_member(step, "engine"),
                             json_object_get(step, "params"), seed, &at, err);
    if (status == ST_OK)
        status = parse_lists(plan, at, json_object_get(step, "inputs"), item_at,
                             err);
    if (status == ST_OK)
        status = parse_lists(plan, at, json_object_get(step, "outputs"),
                             parse_target, err);
    return status;
}

st_status st_plan_parse(st_plan **out, json_t *document, st_err *err) {
    const char *schema = text_member(document, "schema");
    const json_t *steps = json_object_get(document, "steps");
    if (schema == NULL || strcmp(schema, SCHEMA) != 0)
        return bad(err, "\"schema\" must be \"" SCHEMA "\"");
    if (!json_is_array(steps) || json_array_size(steps) == 0)
        return bad(err, "\"steps\" must be a list of one step or more");
    st_plan *plan = NULL;
    st_status status = st_plan_new(&plan);
    if (status != ST_OK)
        return st_err_set(err, status, "Out of memory.");
    for (size_t i = 0; status == ST_OK && i < json_array_size(steps); i++) {
        status = parse_step(plan, json_array_get(steps, i), err);
        if (status != ST_OK)
            st_err_prefix(err, "step %zu", i);
    }
    if (status == ST_OK)
        status = st_plan_check(plan, err);
    if (status != ST_OK) {
        st_plan_free(plan);
        return status;
    }
    *out = plan;
    return ST_OK;
}

/* -- out */

static st_status check_name(const char *file, st_err *err) {
    size_t left = file != NULL ? strlen(file) : 0;
    while (left > 0) {
        size_t length = st_utf8_length(file + strlen(file) - left, left);
        if (length == 0)
            return st_err_set(err, ST_BAD_ARG,
                              "The name %.300s holds bytes that are no UTF-8, "
                              "so no JSON document can name that file: rename "
                              "it.",
                              file);
        left -= length;
    }
    return ST_OK;
}

st_status st_plan_check_names(const st_plan *plan, st_err *err) {
    st_status status = ST_OK;
    for (int s = 0; s < plan->step_count; s++) {
        const st_plan_step *step = &plan->steps[s];
        for (int i = 0; status == ST_OK && i < step->item_count; i++)
            status = check_name(step->items[i].file, err);
        for (int i = 0; status == ST_OK && i < step->target_count; i++)
            status = check_name(step->targets[i].file, err);
    }
    return status;
}

static json_t *item_json(const st_plan *plan, const st_plan_item *item) {
    if (item->file != NULL)
        return json_pack("{s:o,s:o,s:f}", "file", st_text_json(item->file),
                         "label", st_text_json(item->label), "weight",
                         item->weight);
    const st_stage *from = plan->steps[item->step].stage;
    return json_pack("{s:i,s:s,s:i}", "step", item->step, "output",
                     from->outputs[item->output].name, "index", item->index);
}

static json_t *target_json(const st_plan_target *target) {
    return json_pack("{s:o,s:i,s:o*,s:i}", "file", st_text_json(target->file),
                     "index", target->index, "container",
                     target->container ? st_text_json(target->container) : NULL,
                     "bits", (int)target->bits);
}

/* Append under object[name], which becomes an array. */
static bool file_under(json_t *object, const char *name, json_t *item) {
    json_t *list = json_object_get(object, name);
    if (list == NULL) {
        list = json_array();
        if (json_object_set_new(object, name, list) != 0) {
            json_decref(item);
            return false;
        }
    }
    return json_array_append_new(list, item) == 0;
}

static json_t *step_json(const st_plan *plan, const st_plan_step *step) {
    json_t *inputs = json_object();
    json_t *outputs = json_object();
    bool ok = true;
    for (int i = 0; i < step->item_count; i++)
        ok &= file_under(inputs, step->stage->inputs[step->items[i].input].name,
                         item_json(plan, &step->items[i]));
    for (int i = 0; i < step->target_count; i++)
        ok &= file_under(outputs,
                         step->stage->outputs[step->targets[i].output].name,
                         target_json(&step->targets[i]));
    json_t *all = json_pack(
        "{s:s,s:i,s:s,s:O,s:I,s:o,s:o}", "stage", step->stage->name, "version",
        step->stage->version, "engine", step->stage->engines[step->engine].name,
        "params", step->params, "seed", (json_int_t)step->seed, "inputs",
        inputs, "outputs", outputs);
    if (all == NULL || ok)
        return all;
    json_decref(all);
    return NULL;
}

json_t *st_plan_json(const st_plan *plan) {
    json_t *steps = json_array();
    bool ok = true;
    for (int i = 0; i < plan->step_count; i++)
        ok &=
            json_array_append_new(steps, step_json(plan, &plan->steps[i])) == 0;
    json_t *all = json_pack("{s:s,s:o}", "schema", SCHEMA, "steps", steps);
    if (all == NULL || ok)
        return all;
    json_decref(all);
    return NULL;
}
