#include "job/table.h"

#include "stage/params.h"
#include "stage/text.h"

#include <string.h>

/* jansson's setters take NULL values as failures, so each builder below just
 * collects: `bad` says in the end whether memory was short. */
typedef struct {
    json_t *object;
    bool bad;
} builder;

static void put(builder *b, const char *key, json_t *value) {
    if (b->object == NULL || json_object_set_new(b->object, key, value) != 0)
        b->bad = true;
}

static json_t *done(builder *b) {
    if (!b->bad)
        return b->object;
    json_decref(b->object);
    return NULL;
}

static void put_list(builder *b, const char *key, const char *const *list) {
    json_t *array = json_array();
    for (int i = 0; array != NULL && list[i] != NULL; i++)
        b->bad |= json_array_append_new(array, st_text_json(list[i])) != 0;
    put(b, key, array);
}

static json_t *param_json(const st_stage *stage, int i) {
    const st_param *p = &stage->params[i];
    builder b = {.object = json_object()};
    put(&b, "name", st_text_json(p->name));
    put(&b, "type", st_text_json(st_param_type_name(p->type)));
    put(&b, "help", st_text_json(p->help));
    if (p->unit != NULL)
        put(&b, "unit", st_text_json(p->unit));
    if (p->min < p->max) {
        put(&b, "min", json_real(p->min));
        put(&b, "max", json_real(p->max));
    }
    put(&b, "default", st_param_default_json(p));
    if (p->unset != NULL)
        put(&b, "unset", st_text_json(p->unset));
    if (p->choices != NULL)
        put_list(&b, "choices", p->choices);
    if (p->words != NULL)
        put_list(&b, "words", p->words);
    if (p->needs != NULL)
        put(&b, "needs", st_text_json(p->needs));
    if (p->excludes != NULL)
        put(&b, "excludes", st_text_json(p->excludes));
    put(&b, "advanced", json_boolean(p->advanced));
    return done(&b);
}

static json_t *input_json(const st_stage *stage, int i) {
    const st_input *input = &stage->inputs[i];
    builder b = {.object = json_object()};
    put(&b, "name", st_text_json(input->name));
    put(&b, "kind", st_text_json(st_kind_name(input->kind)));
    put(&b, "help", st_text_json(input->help));
    put(&b, "min_count", json_integer(input->min_count));
    put(&b, "max_count",
        input->max_count > 0 ? json_integer(input->max_count) : json_null());
    put(&b, "weighted", json_boolean(input->weighted));
    return done(&b);
}

static json_t *output_json(const st_stage *stage, int i) {
    const st_output *output = &stage->outputs[i];
    builder b = {.object = json_object()};
    put(&b, "name", st_text_json(output->name));
    put(&b, "kind", st_text_json(st_kind_name(output->kind)));
    put(&b, "help", st_text_json(output->help));
    put(&b, "per_input", json_boolean(output->per_input));
    put(&b, "flag", st_text_json(output->flag));
    put(&b, "beside", st_text_json(output->beside));
    put(&b, "many", json_boolean(output->many));
    put(&b, "container", st_text_json(output->container));
    return done(&b);
}

static json_t *engine_json(const st_stage *stage, int i) {
    const st_engine *engine = &stage->engines[i];
    builder b = {.object = json_object()};
    put(&b, "name", st_text_json(engine->name));
    put(&b, "kind", st_text_json(st_engine_kind_name(engine->kind)));
    put(&b, "model", st_text_json(engine->model));
    put(&b, "default", json_boolean(i == 0));
    put(&b, "help", st_text_json(engine->help));
    return done(&b);
}

static json_t *list(const st_stage *stage, int count,
                    json_t *(*item)(const st_stage *stage, int i)) {
    json_t *array = json_array();
    for (int i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, item(stage, i)) == 0)
            continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *span_json(const st_span *span) {
    builder b = {.object = json_object()};
    put(&b, "kind", st_text_json(st_span_kind_name(span->kind)));
    if (span->kind == ST_SPAN_SEGMENTS) {
        put(&b, "length_s", json_real(span->length_s));
        put(&b, "overlap_s", json_real(span->overlap_s));
        put(&b, "context_s", json_real(span->context_s));
    }
    return done(&b);
}

json_t *st_stage_json(const st_stage *stage) {
    builder b = {.object = json_object()};
    put(&b, "name", st_text_json(stage->name));
    put(&b, "help", st_text_json(stage->help));
    put(&b, "version", json_integer(stage->version));
    put(&b, "engines", list(stage, st_engine_count(stage), engine_json));
    put(&b, "span", span_json(&stage->span));
    put(&b, "parameters", list(stage, st_param_count(stage), param_json));
    put(&b, "inputs", list(stage, st_input_count(stage), input_json));
    put(&b, "outputs", list(stage, st_output_count(stage), output_json));
    put(&b, "seeded", json_boolean(stage->seeded));
    put(&b, "cacheable", json_boolean(stage->cacheable));
    return done(&b);
}

json_t *st_table_json(void) {
    int count = 0;
    const st_stage *const *all = st_table(&count);
    json_t *array = json_array();
    for (int i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, st_stage_json(all[i])) == 0)
            continue;
        json_decref(array);
        return NULL;
    }
    builder b = {.object = json_object()};
    put(&b, "schema", st_text_json("stemma.stages/1"));
    put(&b, "stages", array);
    return done(&b);
}
