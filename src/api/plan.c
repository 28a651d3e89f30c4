#include "stemma/plan.h"

#include "api/api.h"
#include "core/alloc.h"
#include "core/json.h"
#include "job/run.h"
#include "job/table.h"

#include <string.h>

static st_plan *inner(stemma_plan *plan) {
    return (st_plan *)plan;
}

static st_status check_step(stemma_plan *plan, int step, st_err *err) {
    if (step >= 0 && step < inner(plan)->step_count)
        return ST_OK;
    return st_err_set(err, ST_BAD_ARG, "The plan has no step %d.", step);
}

stemma_status stemma_plan_new(stemma_plan **out, stemma_error *error) {
    st_err err = {0};
    st_plan *plan = NULL;
    st_status status = st_plan_new(&plan);
    if (status == ST_OK)
        *out = (stemma_plan *)plan;
    return st_api_give(status, &err, error);
}

static st_status load(const char *json, const char *what, json_t **out,
                      st_err *err) {
    st_status status = st_json_load(out, json, strlen(json), NULL, err);
    if (status != ST_OK)
        st_err_prefix(err, "%s", what);
    return status;
}

/* A copy that stemma_text_free frees. */
static char *text_of(json_t *document) {
    char *text = NULL;
    if (document == NULL || st_json_pretty(document, &text, NULL) != ST_OK)
        return NULL;
    return text;
}

stemma_status stemma_plan_parse(stemma_plan **out, const char *json,
                                stemma_error *error) {
    st_err err = {0};
    st_plan *plan = NULL;
    json_t *document = NULL;
    st_status status = load(json, "The plan", &document, &err);
    if (status == ST_OK)
        status = st_plan_parse(&plan, document, &err);
    json_decref(document);
    if (status == ST_OK)
        *out = (stemma_plan *)plan;
    return st_api_give(status, &err, error);
}

void stemma_plan_free(stemma_plan *plan) {
    st_plan_free(inner(plan));
}

stemma_status stemma_plan_stage(stemma_plan *plan, const char *stage,
                                const char *params, int *step,
                                stemma_error *error) {
    st_err err = {0};
    json_t *given = NULL;
    const st_stage *found = NULL;
    st_status status = st_table_need(stage, &found, &err);
    if (status == ST_OK && params != NULL)
        status = load(params, "The parameters", &given, &err);
    if (status == ST_OK)
        status =
            st_plan_step_add(inner(plan), found, NULL, given, 0, step, &err);
    json_decref(given);
    return st_api_give(status, &err, error);
}

stemma_status stemma_plan_input(stemma_plan *plan, int step, const char *input,
                                const char *file, double weight,
                                stemma_error *error) {
    st_err err = {0};
    st_status status = check_step(plan, step, &err);
    if (status == ST_OK)
        status = st_plan_file_add(inner(plan), step, input, file, NULL, weight,
                                  &err);
    return st_api_give(status, &err, error);
}

stemma_status stemma_plan_link(stemma_plan *plan, int step, const char *input,
                               int from, const char *output, int index,
                               stemma_error *error) {
    st_err err = {0};
    st_status status = check_step(plan, step, &err);
    if (status == ST_OK)
        status = st_plan_link_add(inner(plan), step, input, from, output, index,
                                  &err);
    return st_api_give(status, &err, error);
}

stemma_status stemma_plan_output(stemma_plan *plan, int step,
                                 const char *output, int index,
                                 const char *file, stemma_error *error) {
    st_err err = {0};
    st_status status = check_step(plan, step, &err);
    if (status == ST_OK)
        status = st_plan_target_add(inner(plan), step, output, index, file,
                                    NULL, ST_BITS_ASKED, &err);
    return st_api_give(status, &err, error);
}

typedef struct {
    stemma_run_options options;
    st_pool *pool;
} world;

static st_pool *world_pool(void *ctx) {
    world *w = ctx;
    if (w->pool == NULL && w->options.threads != 1 &&
        st_pool_new(&w->pool, w->options.threads) != ST_OK)
        w->pool = NULL; /* the work is done on this thread then */
    return w->pool;
}

static void world_progress(void *ctx, const st_progress *progress) {
    world *w = ctx;
    if (w->options.progress != NULL)
        w->options.progress(w->options.ctx, progress->fraction,
                            progress->phase);
}

static bool world_cancelled(void *ctx) {
    world *w = ctx;
    return w->options.cancelled != NULL &&
           w->options.cancelled(w->options.ctx) != 0;
}

stemma_status stemma_plan_run(const stemma_plan *plan,
                              const stemma_run_options *options, char **result,
                              stemma_error *error) {
    st_err err = {0};
    world w = {0};
    json_t *document = NULL;
    if (options != NULL)
        memcpy(&w.options, options,
               options->size < sizeof w.options ? options->size
                                                : sizeof w.options);
    st_run_options inner_options = {
        .pool = world_pool,
        .progress = world_progress,
        .cancelled = world_cancelled,
        .ctx = &w,
        .cache_dir = w.options.cache_dir,
    };
    st_status status =
        st_plan_run((const st_plan *)plan, &inner_options, &document, &err);
    st_pool_free(w.pool);
    if (result != NULL)
        *result = text_of(document);
    json_decref(document);
    return st_api_give(status, &err, error);
}

char *stemma_stages_json(void) {
    json_t *table = st_table_json();
    char *text = text_of(table);
    json_decref(table);
    return text;
}

void stemma_text_free(char *text) {
    st_free(text);
}
