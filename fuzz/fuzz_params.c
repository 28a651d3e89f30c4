/* Parameters and plans from outside: any JSON either becomes a sound plan or
 * gives a sentence; what was accepted survives a round trip unchanged. */
#include "core/alloc.h"
#include "core/json.h"
#include "job/plan.h"
#include "job/table.h"
#include "stage/params.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was resolved must resolve to itself. */
static void check_params(const st_stage *stage, json_t *given) {
    json_t *once = NULL;
    json_t *twice = NULL;
    st_err err = {0};
    if (st_params_resolve(stage, given, &once, &err) != ST_OK) {
        if (err.text[0] == '\0')
            abort();
        return;
    }
    if (st_params_resolve(stage, once, &twice, NULL) != ST_OK ||
        !json_equal(once, twice))
        abort();
    json_decref(once);
    json_decref(twice);
}

static void check_plan(json_t *document) {
    st_plan *plan = NULL;
    st_plan *again = NULL;
    st_err err = {0};
    if (st_plan_parse(&plan, document, &err) != ST_OK) {
        if (err.text[0] == '\0')
            abort();
        return;
    }
    json_t *written = st_plan_json(plan);
    if (written == NULL || st_plan_parse(&again, written, NULL) != ST_OK)
        abort();
    json_decref(written);
    st_plan_free(plan);
    st_plan_free(again);
}

/* The same bytes as the text of each parameter of a stage. */
static void check_text(const st_stage *stage, const uint8_t *data,
                       size_t size) {
    char *text = st_calloc(size + 1, 1);
    if (text == NULL)
        return;
    memcpy(text, data, size);
    for (int i = 0; i < st_param_count(stage); i++) {
        json_t *value = NULL;
        if (st_param_parse(&stage->params[i], text, &value, NULL) == ST_OK)
            json_decref(value);
    }
    st_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int count = 0;
    const st_stage *const *stages = st_table(&count);
    json_t *document = NULL;
    for (int i = 0; i < count; i++)
        check_text(stages[i], data, size);
    if (st_json_load(&document, (const char *)data, size, NULL, NULL) != ST_OK)
        return 0;
    for (int i = 0; i < count; i++)
        check_params(stages[i], document);
    check_plan(document);
    json_decref(document);
    return 0;
}
