#include "job/cache.h"

#include "core/alloc.h"
#include "core/json.h"
#include "stage/text.h"

#include <string.h>

static json_t *inputs_json(const st_step *step) {
    json_t *list = json_array();
    for (int i = 0; i < step->plan->item_count; i++) {
        const st_item *item = &step->items[i];
        json_t *entry = json_pack(
            "[s,s,f]", step->plan->stage->inputs[item->plan->input].name,
            item->pcm, item->plan->weight);
        if (json_array_append_new(list, entry) == 0)
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

bool st_cache_key(const st_step *step, char key[ST_HASH_TEXT_BYTES]) {
    const st_plan_step *plan = step->plan;
    for (int i = 0; i < plan->item_count; i++)
        if (!st_hash_valid(step->items[i].pcm))
            return false;
    json_t *inputs = inputs_json(step);
    json_t *parts = json_pack(
        "{s:s,s:i,s:s,s:O,s:I,s:o,s:s?,s:s}", "stage", plan->stage->name,
        "version", plan->stage->version, "engine", step->ctx.engine, "params",
        plan->params, "seed", (json_int_t)plan->seed, "inputs", inputs,
        "weights", plan->stage->engines[plan->engine].model, "class", "fp32");
    char *text = NULL;
    bool ok = parts != NULL && st_json_canonical(parts, &text, NULL) == ST_OK;
    if (ok)
        st_hash_text(text, strlen(text), key);
    st_free(text);
    json_decref(parts);
    return ok;
}
