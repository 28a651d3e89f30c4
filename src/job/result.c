#include "job/job.h"

#include "stage/text.h"

#include <string.h>

static json_t *item_json(const st_item *item) {
    const st_step *step = item->step;
    json_t *o = json_pack("{s:s,s:o}", "input",
                          step->plan->stage->inputs[item->plan->input].name,
                          "label", st_text_json(item->plan->label));
    if (o == NULL)
        return NULL;
    if (item->plan->file != NULL)
        json_object_set_new(o, "file", st_text_json(item->plan->file));
    else
        json_object_set_new(o, "step", json_integer(item->plan->step));
    if (step->plan->stage->inputs[item->plan->input].weighted)
        json_object_set_new(o, "weight", json_real(item->plan->weight));
    if (!item->known)
        return o;
    json_object_set_new(o, "rate_hz", json_integer(item->format.rate_hz));
    json_object_set_new(o, "channels", json_integer(item->format.channels));
    if (item->format.frames >= 0) {
        json_object_set_new(o, "frames", json_integer(item->format.frames));
        json_object_set_new(
            o, "seconds",
            json_real(st_seconds_round((double)item->format.frames /
                                       item->format.rate_hz)));
    }
    if (item->plan->file != NULL) {
        json_object_set_new(o, "format", st_text_json(item->info.format));
        json_object_set_new(o, "codec", st_text_json(item->info.codec));
        json_object_set_new(o, "bits", json_integer(item->info.bits));
    }
    if (item->pcm[0] != '\0')
        json_object_set_new(o, "pcm", st_text_json(item->pcm));
    return o;
}

static json_t *made_json(const st_step *step, const st_made *made) {
    const st_output *about = &step->plan->stage->outputs[made->output];
    json_t *o = json_pack("{s:s,s:i,s:s}", "output", about->name, "index",
                          made->index, "kind", st_kind_name(about->kind));
    if (o == NULL)
        return NULL;
    if (made->target != NULL)
        json_object_set_new(o, "file", st_text_json(made->target->file));
    if (made->label != NULL)
        json_object_set_new(o, "label", st_text_json(made->label));
    if (about->kind != ST_KIND_AUDIO)
        return o;
    json_object_set_new(o, "rate_hz", json_integer(made->format.rate_hz));
    json_object_set_new(o, "channels", json_integer(made->format.channels));
    json_object_set_new(o, "frames", json_integer(made->format.frames));
    json_object_set_new(o, "container",
                        st_text_json(st_writer_format_name(made->container)));
    if (st_writer_is_integer(made->container, ST_DEPTH_DEFAULT))
        json_object_set_new(o, "bits", json_integer((int)made->bits));
    return o;
}

static json_t *items_json(const st_step *step) {
    json_t *list = json_array();
    for (int i = 0; i < step->plan->item_count; i++)
        json_array_append_new(list, item_json(&step->items[i]));
    return list;
}

static json_t *outputs_json(const st_step *step) {
    json_t *list = json_array();
    for (int i = 0; i < step->made_count; i++)
        if (step->made[i].done)
            json_array_append_new(list, made_json(step, &step->made[i]));
    return list;
}

/* {"meters": document}; an output of each input gives a list. A document
 * that also went to a file is here too. */
static json_t *documents_json(const st_step *step) {
    json_t *all = json_object();
    for (int i = 0; i < step->made_count; i++) {
        const st_made *made = &step->made[i];
        const st_output *about = &step->plan->stage->outputs[made->output];
        if (!made->done || made->document == NULL)
            continue;
        if (!about->per_input) {
            json_object_set(all, about->name, made->document);
            continue;
        }
        json_t *list = json_object_get(all, about->name);
        if (list == NULL) {
            list = json_array();
            json_object_set_new(all, about->name, list);
        }
        json_array_append(list, made->document);
    }
    return all;
}

static const char *state_name(st_status status) {
    if (status == ST_OK)
        return "succeeded";
    return status == ST_CANCELLED ? "cancelled" : "failed";
}

static json_t *error_json(st_status status, const char *text) {
    return json_pack("{s:s,s:o}", "status", st_status_name(status), "message",
                     st_text_json(text));
}

static json_t *step_json(st_step *step) {
    const st_plan_step *plan = step->plan;
    const st_engine *engine = &plan->stage->engines[plan->engine];
    json_t *o = json_pack(
        "{s:s,s:i,s:{s:s,s:s,s:s?},s:O,s:s}", "stage", plan->stage->name,
        "version", plan->stage->version, "engine", "name", engine->name, "kind",
        st_engine_kind_name(engine->kind), "model", engine->model, "params",
        plan->params, "status", state_name(step->status));
    if (o == NULL)
        return NULL;
    if (plan->stage->seeded)
        json_object_set_new(o, "seed", json_integer((json_int_t)plan->seed));
    if (step->status != ST_OK)
        json_object_set_new(o, "error",
                            error_json(step->status, step->err.text));
    json_object_set_new(o, "inputs", items_json(step));
    json_object_set_new(o, "outputs", outputs_json(step));
    json_object_set_new(o, "results", documents_json(step));
    json_object_set(o, "notes", step->ctx.notes);
    json_object_set(o, "warnings", step->ctx.warnings);
    json_object_set(o, "skipped", step->ctx.skipped);
    json_object_set_new(o, "cached", json_boolean(step->cached));
    json_object_set_new(o, "seconds",
                        json_real(st_seconds_round(step->seconds)));
    json_object_set_new(o, "phases", st_ctx_phases(&step->ctx));
    return o;
}

json_t *st_run_result(const st_run *run, st_status status, double seconds) {
    json_t *steps = json_array();
    for (int i = 0; steps != NULL && i < run->plan->step_count; i++)
        if (run->steps[i].began)
            json_array_append_new(steps, step_json(&run->steps[i]));
    return json_pack("{s:s,s:s,s:f,s:o}", "schema", "stemma.result/1", "status",
                     state_name(status), "seconds", st_seconds_round(seconds),
                     "steps", steps);
}

bool st_result_warned(const json_t *result) {
    const json_t *steps = json_object_get(result, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (json_array_size(json_object_get(step, "warnings")) > 0 ||
            json_array_size(json_object_get(step, "skipped")) > 0)
            return true;
    }
    return false;
}
