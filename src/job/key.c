#include "job/cache.h"

#include "core/alloc.h"
#include "core/hash.h"
#include "core/json.h"
#include "models/models.h"
#include "stage/text.h"

#include <stdio.h>
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

/* One hash of all weights the engine names; "" for none. */
static void weights_hash(const char *names, char text[ST_HASH_TEXT_BYTES]) {
    st_hash hash;
    st_hash_init(&hash);
    text[0] = '\0';
    if (names == NULL)
        return;
    for (const char *at = names; *at != '\0';) {
        char name[64];
        size_t length = strcspn(at, " "), bytes = 0;
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        const void *data = st_model_find(name, &bytes);
        st_hash_update(&hash, name, strlen(name) + 1);
        if (data != NULL)
            st_hash_update(&hash, data, bytes);
        at += length + (at[length] == ' ');
    }
    st_hash_final(&hash, text);
}

bool st_cache_key(const st_step *step, char key[ST_HASH_TEXT_BYTES]) {
    const st_plan_step *plan = step->plan;
    for (int i = 0; i < plan->item_count; i++)
        if (!st_hash_valid(step->items[i].pcm))
            return false;
    char weights[ST_HASH_TEXT_BYTES];
    weights_hash(plan->stage->engines[plan->engine].model, weights);
    json_t *inputs = inputs_json(step);
    json_t *parts = json_pack(
        "{s:s,s:i,s:s,s:O,s:I,s:o,s:s,s:s}", "stage", plan->stage->name,
        "version", plan->stage->version, "engine", step->ctx.engine, "params",
        plan->params, "seed", (json_int_t)plan->seed, "inputs", inputs,
        "weights", weights, "class", "fp32");
    char *text = NULL;
    bool ok = parts != NULL && st_json_canonical(parts, &text, NULL) == ST_OK;
    if (ok)
        st_hash_text(text, strlen(text), key);
    st_free(text);
    json_decref(parts);
    return ok;
}
