#include "stage/params.h"

#include "stage/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void st_number_text(double value, char *text, size_t bytes) {
    if (fabs(value) < 1e15 && value == floor(value))
        (void)snprintf(text, bytes, "%.0f", value == 0 ? 0.0 : value);
    else
        (void)snprintf(text, bytes, "%.6g", value);
}

static void append(char *text, size_t bytes, const char *more) {
    size_t end = strlen(text);
    if (end + 1 < bytes)
        (void)snprintf(text + end, bytes - end, "%s", more);
}

static void append_list(const char *const *list, char *text, size_t bytes) {
    for (int i = 0; list[i] != NULL; i++) {
        bool last = list[i + 1] == NULL;
        if (i > 0)
            append(text, bytes, last ? " or " : ", ");
        append(text, bytes, list[i]);
    }
}

void st_param_range(const st_param *param, char *text, size_t bytes) {
    char min[32];
    char max[32];
    st_number_text(param->min, min, sizeof min);
    st_number_text(param->max, max, sizeof max);
    const char *unit = param->unit;
    const char *space = unit != NULL && strcmp(unit, "%") != 0 ? " " : "";
    switch (param->type) {
    case ST_PARAM_BOOL:
        (void)snprintf(text, bytes, "on or off");
        return;
    case ST_PARAM_INT:
    case ST_PARAM_FLOAT:
        (void)snprintf(text, bytes, "%s to %s%s%s", min, max, space,
                       unit != NULL ? unit : "");
        if (param->type == ST_PARAM_INT && unit == NULL)
            append(text, bytes, ", whole");
        return;
    case ST_PARAM_TIME:
        (void)snprintf(text, bytes, "%s to %s s, or m:ss", min, max);
        return;
    case ST_PARAM_SEED:
        (void)snprintf(text, bytes, "0 to 9007199254740991, whole");
        return;
    case ST_PARAM_CHOICE:
        text[0] = '\0';
        append_list(param->choices, text, bytes);
        return;
    case ST_PARAM_STRING:
        (void)snprintf(text, bytes, "text of at most %.0f bytes",
                       param->max > 0 ? param->max : 4096);
        if (param->words != NULL) {
            append(text, bytes, "; words: ");
            append_list(param->words, text, bytes);
        }
        return;
    case ST_PARAM_ASSET:
        (void)snprintf(text, bytes, "the id of an asset");
        return;
    case ST_PARAM_JSON:
        (void)snprintf(text, bytes, "a JSON document");
        return;
    }
}

void st_param_default(const st_param *param, char *text, size_t bytes) {
    char number[32];
    st_number_text(param->def, number, sizeof number);
    bool percent = param->unit != NULL && strcmp(param->unit, "%") == 0;
    if (param->unset != NULL)
        (void)snprintf(text, bytes, "%s", param->unset);
    else if (param->type == ST_PARAM_BOOL)
        (void)snprintf(text, bytes, "%s", param->def != 0 ? "on" : "off");
    else if (param->def_text != NULL)
        (void)snprintf(text, bytes, "%s",
                       param->def_text[0] != '\0' ? param->def_text : "none");
    else
        (void)snprintf(text, bytes, "%s%s%s", number,
                       param->unit != NULL && !percent ? " " : "",
                       param->unit != NULL ? param->unit : "");
}

static st_status not_a_value(const st_param *param, const char *text,
                             st_err *err) {
    char range[ST_PARAM_TEXT_BYTES];
    st_param_range(param, range, sizeof range);
    return st_err_set(err, ST_BAD_ARG, "%s is \"%.64s\"; it must be %s.",
                      param->name, text, range);
}

/* A decimal number; *rest gets what follows. No hex, inf or nan. */
static bool decimal(const char *text, double *value, const char **rest) {
    size_t length = strspn(text, "+-0123456789.eE");
    char plain[64];
    if (length == 0 || length >= sizeof plain)
        return false;
    memcpy(plain, text, length);
    plain[length] = '\0';
    char *end = NULL;
    *value = strtod(plain, &end);
    if (end == plain)
        return false;
    *rest = text + (end - plain);
    return true;
}

/* Is `text` empty or the parameter's own unit (case ignored)? */
static bool is_unit(const st_param *param, const char *text) {
    text += strspn(text, " ");
    if (*text == '\0')
        return true;
    return param->unit != NULL && st_slips(text, param->unit) == 0;
}

static bool parse_number(const st_param *param, const char *text,
                         double *value) {
    const char *rest = NULL;
    text += strspn(text, " ");
    if (!decimal(text, value, &rest))
        return false;
    const char *after = rest + strspn(rest, " ");
    if ((*after == 'k' || *after == 'K') && param->unit != NULL &&
        strcmp(param->unit, "Hz") == 0) {
        *value *= 1000;
        rest = after + 1;
    }
    return is_unit(param, rest);
}

/* "83.5", "83.5 s", "1:23.5" or "1:02:03". */
static bool parse_time(const char *text, double *value) {
    double seconds = 0;
    const char *rest = text;
    for (int part = 0; part < 3; part++) {
        double x = 0;
        if (!decimal(rest, &x, &rest) || x < 0)
            return false;
        seconds = seconds * 60 + x;
        if (*rest != ':')
            break;
        rest++;
    }
    rest += strspn(rest, " ");
    *value = seconds;
    return *rest == '\0' || strcmp(rest, "s") == 0;
}

static bool parse_bool(const char *text, bool *value) {
    static const char *const yes[] = {"on", "true", "yes", "1"};
    static const char *const no[] = {"off", "false", "no", "0"};
    for (int i = 0; i < 4; i++) {
        if (st_slips(text, yes[i]) == 0 || st_slips(text, no[i]) == 0) {
            *value = st_slips(text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

/* *out stays NULL when the text is no value of the type at all. */
static void parse_value(const st_param *param, const char *text, json_t **out) {
    double x = 0;
    bool on = false;
    switch (param->type) {
    case ST_PARAM_BOOL:
        if (parse_bool(text, &on))
            *out = json_boolean(on);
        return;
    case ST_PARAM_INT:
    case ST_PARAM_FLOAT:
    case ST_PARAM_SEED:
        if (parse_number(param, text, &x) && isfinite(x))
            *out = x == floor(x) && fabs(x) < 9e15 ? json_integer((json_int_t)x)
                                                   : json_real(x);
        return;
    case ST_PARAM_TIME:
        if (parse_time(text, &x) && isfinite(x))
            *out = json_real(x);
        return;
    case ST_PARAM_CHOICE:
    case ST_PARAM_STRING:
    case ST_PARAM_ASSET:
        *out = json_string(text);
        return;
    case ST_PARAM_JSON:
        *out = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        return;
    }
}

st_status st_param_parse(const st_param *param, const char *text, json_t **out,
                         st_err *err) {
    json_t *value = NULL;
    parse_value(param, text, &value);
    if (value == NULL)
        return not_a_value(param, text, err);
    st_status status = st_param_check(param, value, out, err);
    json_decref(value);
    return status;
}
