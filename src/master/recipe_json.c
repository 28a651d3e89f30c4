#include "core/alloc.h"
#include "master/recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char schema_name[] = "stemma.master-recipe/";

static st_status check_schema(const json_t *document, st_err *err) {
    const char *schema = json_string_value(json_object_get(document, "schema"));
    size_t n = sizeof schema_name - 1;
    if (!schema || strncmp(schema, schema_name, n) != 0)
        return st_err_set(err, ST_BAD_DATA,
                          "This is no mastering recipe: its \"schema\" must be "
                          "\"stemma.master-recipe/1\" (make one with "
                          "--save-recipe).");
    if (strcmp(schema + n, "1") != 0)
        return st_err_set(err, ST_UNSUPPORTED,
                          "The recipe is of version \"%.40s\"; this program "
                          "reads version 1.",
                          schema + n);
    return ST_OK;
}

static int choice_of(const st_field *field, const char *text) {
    for (int i = 0; field->choices[i]; i++)
        if (strcmp(field->choices[i], text) == 0)
            return i;
    return -1;
}

/* The number that stands for a JSON value, NaN if it is of another type. */
static double number_of(const st_field *field, const json_t *value) {
    if (field->kind == ST_FIELD_BOOL && json_is_boolean(value))
        return json_is_true(value);
    if (field->kind == ST_FIELD_CHOICE && json_is_string(value)) {
        int choice = choice_of(field, json_string_value(value));
        return choice < 0 ? NAN : choice;
    }
    if (!json_is_number(value))
        return NAN;
    double number = json_number_value(value);
    if (field->kind == ST_FIELD_NUMBER ||
        (field->kind == ST_FIELD_WHOLE && number == floor(number)))
        return number;
    return NAN;
}

static st_status bad_value(const st_field *f, st_err *err) {
    char names[96] = "";
    size_t used = 0;
    for (int i = 0; f->choices && f->choices[i]; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 i ? ", " : "", f->choices[i]);
    if (f->kind == ST_FIELD_BOOL)
        snprintf(names, sizeof names, "true or false");
    if (f->kind == ST_FIELD_BOOL || f->kind == ST_FIELD_CHOICE)
        return st_err_set(err, ST_BAD_DATA, "%s.%s must be one of: %s.",
                          f->section, f->name, names);
    return st_err_set(
        err, ST_BAD_DATA, "%s.%s must be a %snumber from %g to %g%s%s.",
        f->section, f->name, f->kind == ST_FIELD_WHOLE ? "whole " : "", f->min,
        f->max, f->unit ? " " : "", f->unit ? f->unit : "");
}

static st_status parse_field(st_recipe *recipe, st_setting id,
                             const json_t *settings, st_err *err) {
    const st_field *f = st_recipe_field(id);
    const json_t *section = json_object_get(settings, f->section);
    const json_t *item = json_object_get(section, f->name);
    if (!item)
        return ST_OK;
    const json_t *value =
        json_is_object(item) ? json_object_get(item, "value") : item;
    double number = number_of(f, value);
    if (!(number >= f->min && number <= f->max))
        return bad_value(f, err);
    const char *why = json_string_value(json_object_get(item, "reason"));
    st_recipe_give(recipe, id, number, why ? why : "Given in the recipe.");
    return ST_OK;
}

static st_status parse_curve(const json_t *list, const char *name,
                             st_lineq_point *points, int *count, st_err *err) {
    if (!list)
        return ST_OK;
    if (!json_is_array(list) || json_array_size(list) > ST_RECIPE_POINTS)
        return st_err_set(err, ST_BAD_DATA,
                          "eq_curve.%s must be a list of at most %d [Hz, dB] "
                          "pairs.",
                          name, ST_RECIPE_POINTS);
    double before = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        const json_t *x = json_array_get(pair, 0), *y = json_array_get(pair, 1);
        double hz = json_number_value(x), db = json_number_value(y);
        if (json_array_size(pair) != 2 || !json_is_number(x) ||
            !json_is_number(y) || !(hz > before && hz <= 200000) ||
            !(fabs(db) <= 60))
            return st_err_set(err, ST_BAD_DATA,
                              "eq_curve.%s[%zu] must be [Hz, dB] with Hz "
                              "rising and dB from -60 to 60.",
                              name, i);
        points[i] = (st_lineq_point){hz, db};
        before = hz;
    }
    *count = (int)json_array_size(list);
    return ST_OK;
}

static st_status parse_settings(st_recipe *recipe, const json_t *document,
                                st_err *err) {
    const json_t *settings = json_object_get(document, "settings");
    if (settings && !json_is_object(settings))
        return st_err_set(err, ST_BAD_DATA,
                          "\"settings\" must be an object of sections.");
    for (int i = 0; i < ST_SET_COUNT; i++) {
        st_status status = parse_field(recipe, (st_setting)i, settings, err);
        if (status)
            return status;
    }
    const json_t *curve = json_object_get(document, "eq_curve");
    if (curve && !json_is_object(curve))
        return st_err_set(err, ST_BAD_DATA,
                          "\"eq_curve\" must be an object with \"mid\" and "
                          "\"side\".");
    recipe->curve_given = curve != NULL;
    const char *why = json_string_value(json_object_get(curve, "reason"));
    snprintf(recipe->curve_reason, ST_REASON_BYTES, "%s", why ? why : "");
    st_status status = parse_curve(json_object_get(curve, "mid"), "mid",
                                   recipe->mid, &recipe->mid_count, err);
    if (!status)
        status = parse_curve(json_object_get(curve, "side"), "side",
                             recipe->side, &recipe->side_count, err);
    return status;
}

static bool has_setting(const char *section, const char *name) {
    for (int i = 0; i < ST_SET_COUNT; i++) {
        const st_field *f = st_recipe_field((st_setting)i);
        if (strcmp(f->section, section) == 0 &&
            (!name || strcmp(f->name, name) == 0))
            return true;
    }
    return false;
}

static void add_name(char *names, size_t room, const char *section,
                     const char *name) {
    size_t used = strlen(names);
    snprintf(names + used, room - used, "%s%s%s%s", used ? ", " : "", section,
             name ? "." : "", name ? name : "");
}

int st_recipe_unknown(const json_t *document, char *names, size_t room) {
    json_t *settings = json_object_get(document, "settings"), *section, *item;
    const char *part, *name;
    int count = 0;
    names[0] = 0;
    json_object_foreach(settings, part, section) {
        if (!has_setting(part, NULL)) {
            add_name(names, room, part, NULL);
            count++;
            continue;
        }
        json_object_foreach(section, name, item) if (!has_setting(part, name)) {
            add_name(names, room, part, name);
            count++;
        }
    }
    return count;
}

st_status st_recipe_parse(st_recipe **out, const json_t *document,
                          st_err *err) {
    st_status status = check_schema(document, err);
    if (status)
        return status;
    st_recipe *recipe = st_recipe_new();
    if (!recipe)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    status = parse_settings(recipe, document, err);
    const char *preset = json_string_value(json_object_get(document, "preset"));
    if (preset)
        snprintf(recipe->preset, sizeof recipe->preset, "%s", preset);
    recipe->document = json_deep_copy(document);
    if (!status && !recipe->document)
        status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    if (status)
        st_recipe_free(recipe);
    else
        *out = recipe;
    return status;
}

/* An object member, made when missing. Borrowed; NULL when out of memory. */
static json_t *need_object(json_t *parent, const char *name) {
    json_t *child = json_object_get(parent, name);
    if (json_is_object(child))
        return child;
    if (json_object_set_new(parent, name, json_object()))
        return NULL;
    return json_object_get(parent, name);
}

static json_t *value_json(const st_field *f, double value) {
    if (f->kind == ST_FIELD_BOOL)
        return json_boolean(value != 0);
    if (f->kind == ST_FIELD_CHOICE)
        return json_string(f->choices[(int)value]);
    return json_real(st_recipe_round(value));
}

static int put_field(json_t *settings, const st_recipe *r, st_setting id) {
    const st_field *f = st_recipe_field(id);
    json_t *section = need_object(settings, f->section);
    json_t *item = section ? need_object(section, f->name) : NULL;
    if (!item)
        return -1;
    int bad = json_object_set_new(item, "value", value_json(f, r->value[id]));
    if (f->unit)
        bad |= json_object_set_new(item, "unit", json_string(f->unit));
    return bad |
           json_object_set_new(item, "reason", json_string(r->reason[id]));
}

static json_t *curve_json(const st_lineq_point *points, int count) {
    json_t *list = json_array();
    for (int i = 0; list && i < count; i++)
        json_array_append_new(
            list, json_pack("[o, o]", json_real(st_recipe_round(points[i].hz)),
                            json_real(st_recipe_round(points[i].db))));
    return list;
}

json_t *st_recipe_json(const st_recipe *recipe) {
    json_t *document =
        recipe->document ? json_deep_copy(recipe->document) : json_object();
    json_t *settings = document ? need_object(document, "settings") : NULL;
    json_t *curve = document ? need_object(document, "eq_curve") : NULL;
    int bad = !settings || !curve;
    if (!bad) {
        bad |= json_object_set_new(document, "schema",
                                   json_string("stemma.master-recipe/1"));
        bad |= json_object_set_new(document, "preset",
                                   json_string(recipe->preset));
        bad |= json_object_set_new(curve, "reason",
                                   json_string(recipe->curve_reason));
        bad |= json_object_set_new(curve, "mid",
                                   curve_json(recipe->mid, recipe->mid_count));
        bad |= json_object_set_new(
            curve, "side", curve_json(recipe->side, recipe->side_count));
    }
    for (int i = 0; !bad && i < ST_SET_COUNT; i++)
        bad |= put_field(settings, recipe, (st_setting)i);
    if (!bad)
        return document;
    json_decref(document);
    return NULL;
}
