#include "master/recipe.h"

#include "core/alloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const st_recipe_curves[] = {"clip", "soft", "warm", "tube", NULL};
const char *const st_recipe_shapes[] = {"white", "lipshitz5", "e9", NULL};

static const st_field fields[ST_SET_COUNT] = {
#define ST_X(id, s, n, u, lo, hi, def, kind, choices)                          \
    [ST_SET_##id] = {s, n, u, lo, hi, def, ST_FIELD_##kind, choices},
    ST_RECIPE_FIELDS(ST_X)
#undef ST_X
};

const st_field *st_recipe_field(st_setting id) {
    return &fields[id];
}

st_recipe *st_recipe_new(void) {
    st_recipe *recipe = st_calloc(1, sizeof *recipe);
    if (!recipe)
        return NULL;
    for (int i = 0; i < ST_SET_COUNT; i++)
        recipe->value[i] = fields[i].initial;
    return recipe;
}

st_recipe *st_recipe_copy(const st_recipe *recipe) {
    st_recipe *copy = st_calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *recipe;
    json_incref(copy->document);
    return copy;
}

void st_recipe_free(st_recipe *recipe) {
    if (!recipe)
        return;
    json_decref(recipe->document);
    st_free(recipe);
}

static double clamp(const st_field *field, double value) {
    if (isnan(value))
        return field->initial;
    value = fmin(fmax(value, field->min), field->max);
    return field->kind == ST_FIELD_NUMBER ? value : floor(value + 0.5);
}

double st_recipe_round(double value) {
    return floor(value * 1e6 + 0.5) / 1e6;
}

double st_recipe_set(st_recipe *recipe, st_setting id, double value,
                     const char *why, ...) {
    if (recipe->given[id])
        return recipe->value[id];
    recipe->value[id] = st_recipe_round(clamp(&fields[id], value));
    va_list args;
    va_start(args, why);
    vsnprintf(recipe->reason[id], ST_REASON_BYTES, why, args);
    va_end(args);
    return recipe->value[id];
}

void st_recipe_give(st_recipe *recipe, st_setting id, double value,
                    const char *why) {
    recipe->value[id] = clamp(&fields[id], value);
    recipe->given[id] = true;
    snprintf(recipe->reason[id], ST_REASON_BYTES, "%s", why);
}

static double bands_db(const st_recipe *r, double hz) {
    const double *v = r->value;
    const st_lineq_band band[3] = {
        {ST_LINEQ_LOW_SHELF, v[ST_SET_LOW_HZ], v[ST_SET_LOW_DB], 0.6},
        {ST_LINEQ_PEAK, v[ST_SET_PRESENCE_HZ], v[ST_SET_PRESENCE_DB],
         v[ST_SET_PRESENCE_Q]},
        {ST_LINEQ_HIGH_SHELF, v[ST_SET_AIR_HZ], v[ST_SET_AIR_DB], 0.6},
    };
    st_lineq_band used[3];
    int count = 0;
    for (int i = 0; i < 3; i++)
        if (fabs(band[i].db) > 0)
            used[count++] = band[i];
    const st_lineq_curve curve = {NULL, 0, used, count};
    return count ? st_lineq_target_db(&curve, hz) : 0;
}

double st_recipe_eq_db(const st_recipe *recipe, bool side, double hz) {
    bool own = side && recipe->side_count > 0;
    const st_lineq_curve curve = {own ? recipe->side : recipe->mid,
                                  own ? recipe->side_count : recipe->mid_count,
                                  NULL, 0};
    double db = curve.point_count ? st_lineq_target_db(&curve, hz) : 0;
    double limit = recipe->value[ST_SET_EQ_LIMIT];
    return fmin(fmax(db + bands_db(recipe, hz), -limit), limit);
}

bool st_recipe_eq_is_flat(const st_recipe *recipe) {
    double hz = 20;
    for (int i = 0; i <= 120; i++, hz *= 1.0593)
        if (fabs(st_recipe_eq_db(recipe, false, hz)) > 0.01 ||
            fabs(st_recipe_eq_db(recipe, true, hz)) > 0.01)
            return false;
    return true;
}

double st_recipe_side_pct(const st_recipe *recipe) {
    return recipe->value[ST_SET_WIDTH] * recipe->value[ST_SET_TRIM] / 100;
}

bool st_recipe_is_plain(const st_recipe *recipe) {
    const double *v = recipe->value;
    return st_recipe_eq_is_flat(recipe) && v[ST_SET_WIDTH] == 100 &&
           v[ST_SET_TRIM] == 100 && v[ST_SET_MONO_HZ] == 0 &&
           v[ST_SET_MB_BANDS] == 0 && v[ST_SET_PAR_MIX] == 0 &&
           v[ST_SET_SAT_MIX] == 0;
}
