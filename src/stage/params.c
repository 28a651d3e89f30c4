#include "stage/params.h"

#include "stage/text.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum { STRING_MAX_BYTES = 4096, JSON_MAX_DEPTH = 64 };
#define SEED_MAX 9007199254740991.0 /* 2^53 - 1: exact in any JSON reader */

static st_status out_of_range(const st_param *param, const char *got,
                              st_err *err) {
    char range[ST_PARAM_TEXT_BYTES];
    st_param_range(param, range, sizeof range);
    return st_err_set(err, ST_BAD_ARG, "%s is %.80s; it must be %s.",
                      param->name, got, range);
}

static st_status wrong_value(const st_param *param, const json_t *value,
                             st_err *err) {
    char got[ST_PARAM_TEXT_BYTES] = "out of memory";
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (text != NULL)
        strncpy(got, text, sizeof got - 1);
    got[sizeof got - 1] = '\0';
    free(text);
    return out_of_range(param, got, err);
}

static st_status keep(json_t *value, json_t **out, st_err *err) {
    if (value == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    *out = value;
    return ST_OK;
}

static bool is_whole(double x) {
    return x == floor(x) && fabs(x) <= SEED_MAX;
}

static st_status check_number(const st_param *param, const json_t *value,
                              json_t **out, st_err *err) {
    bool seed = param->type == ST_PARAM_SEED;
    bool whole = seed || param->type == ST_PARAM_INT;
    double x = json_number_value(value);
    double min = seed ? 0 : param->min;
    double max = seed ? SEED_MAX : param->max;
    if (!json_is_number(value) || !(x >= min && x <= max) ||
        (whole && !is_whole(x)))
        return wrong_value(param, value, err);
    /* -0 and 0 must be one value: they are one setting. */
    if (x == 0)
        x = 0;
    return keep(whole ? json_integer((json_int_t)x) : json_real(x), out, err);
}

static st_status check_choice(const st_param *param, const json_t *value,
                              json_t **out, st_err *err) {
    const char *text = json_string_value(value);
    for (int i = 0; text != NULL && param->choices[i] != NULL; i++)
        if (st_slips(param->choices[i], text) == 0)
            return keep(json_string(param->choices[i]), out, err);
    if (text == NULL)
        return wrong_value(param, value, err);
    int best = INT_MAX;
    const char *near = NULL;
    for (int i = 0; param->choices[i] != NULL; i++)
        if (st_nearer(text, param->choices[i], &best))
            near = param->choices[i];
    st_status status = wrong_value(param, value, err);
    if (near != NULL && err != NULL) {
        size_t end = strlen(err->text);
        (void)snprintf(err->text + end, sizeof err->text - end,
                       " Did you mean %s?", near);
    }
    return status;
}

static st_status check_string(const st_param *param, const json_t *value,
                              json_t **out, st_err *err) {
    size_t most = param->max > 0 ? (size_t)param->max : STRING_MAX_BYTES;
    if (!json_is_string(value) || json_string_length(value) > most ||
        strlen(json_string_value(value)) != json_string_length(value))
        return wrong_value(param, value, err);
    return keep(json_string(json_string_value(value)), out, err);
}

/* Documents are compared and hashed by recursion, so depth has a bound. */
static bool shallow(json_t *value, int depth) {
    if (depth > JSON_MAX_DEPTH)
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!shallow(json_array_get(value, i), depth + 1))
            return false;
    for (void *at = json_object_iter(value); at != NULL;
         at = json_object_iter_next(value, at))
        if (!shallow(json_object_iter_value(at), depth + 1))
            return false;
    return true;
}

st_status st_param_check(const st_param *param, json_t *value, json_t **out,
                         st_err *err) {
    if (json_is_null(value) && param->unset != NULL)
        return keep(json_null(), out, err);
    switch (param->type) {
    case ST_PARAM_BOOL:
        if (!json_is_boolean(value))
            return wrong_value(param, value, err);
        return keep(json_boolean(json_is_true(value)), out, err);
    case ST_PARAM_INT:
    case ST_PARAM_FLOAT:
    case ST_PARAM_TIME:
    case ST_PARAM_SEED:
        return check_number(param, value, out, err);
    case ST_PARAM_CHOICE:
        return check_choice(param, value, out, err);
    case ST_PARAM_STRING:
    case ST_PARAM_ASSET:
        return check_string(param, value, out, err);
    case ST_PARAM_JSON:
        if (!shallow(value, 0))
            return st_err_set(err, ST_LIMIT,
                              "%s is nested more than %d levels deep.",
                              param->name, JSON_MAX_DEPTH);
        return keep(json_deep_copy(value), out, err);
    }
    return st_err_set(err, ST_INTERNAL, "%s has no known type.", param->name);
}

json_t *st_param_default_json(const st_param *param) {
    if (param->unset != NULL)
        return json_null();
    switch (param->type) {
    case ST_PARAM_BOOL:
        return json_boolean(param->def != 0);
    case ST_PARAM_INT:
    case ST_PARAM_SEED:
        return json_integer((json_int_t)param->def);
    case ST_PARAM_FLOAT:
    case ST_PARAM_TIME:
        return json_real(param->def);
    case ST_PARAM_JSON:
        return json_loads(param->def_text, JSON_DECODE_ANY, NULL);
    case ST_PARAM_CHOICE:
    case ST_PARAM_STRING:
    case ST_PARAM_ASSET:
        return json_string(param->def_text);
    }
    return NULL;
}

static st_status unknown_name(const st_stage *stage, const char *name,
                              st_err *err) {
    int best = INT_MAX;
    const char *near = NULL;
    for (int i = 0; i < st_param_count(stage); i++)
        if (st_nearer(name, stage->params[i].name, &best))
            near = stage->params[i].name;
    if (near != NULL)
        return st_err_set(err, ST_NOT_FOUND,
                          "%s has no parameter %.64s. Did you mean %s?",
                          stage->name, name, near);
    return st_err_set(err, ST_NOT_FOUND,
                      "%s has no parameter %.64s; `stemma help %s` lists them.",
                      stage->name, name, stage->name);
}

static int find_param(const st_stage *stage, const char *name) {
    for (int i = 0; i < st_param_count(stage); i++)
        if (st_slips(stage->params[i].name, name) == 0)
            return i;
    return -1;
}

/* Overwrites defaults in `all` by what was given. */
static st_status take_given(const st_stage *stage, json_t *given, json_t *all,
                            st_err *err) {
    for (void *at = json_object_iter(given); at != NULL;
         at = json_object_iter_next(given, at)) {
        const char *name = json_object_iter_key(at);
        int i = find_param(stage, name);
        if (i < 0)
            return unknown_name(stage, name, err);
        json_t *value = NULL;
        st_status status = st_param_check(
            &stage->params[i], json_object_iter_value(at), &value, err);
        if (status != ST_OK)
            return status;
        if (json_object_set_new(all, stage->params[i].name, value) != 0)
            return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    return ST_OK;
}

st_status st_params_resolve(const st_stage *stage, json_t *given, json_t **out,
                            st_err *err) {
    if (given != NULL && !json_is_object(given))
        return st_err_set(err, ST_BAD_ARG,
                          "The parameters of %s must be a JSON object.",
                          stage->name);
    json_t *all = json_object();
    st_status status = all == NULL ? ST_NO_MEM : ST_OK;
    for (int i = 0; status == ST_OK && i < st_param_count(stage); i++)
        if (json_object_set_new(all, stage->params[i].name,
                                st_param_default_json(&stage->params[i])) != 0)
            status = ST_NO_MEM;
    if (status != ST_OK)
        (void)st_err_set(err, status, "Out of memory.");
    if (status == ST_OK && given != NULL)
        status = take_given(stage, given, all, err);
    if (status != ST_OK) {
        json_decref(all);
        return status;
    }
    *out = all;
    return ST_OK;
}
