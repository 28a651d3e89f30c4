#include "master/preset.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const st_preset presets[] = {
    {"Electro House", "Loud and wide with a firm, mono low end.", -8, -1, 1.0,
     0.5, 0.8, 0.5, 0.7, 0.25, 0.4, 110, 110},
    {"Pop", "Bright and present, dense but not crushed.", -10, -1, 0.3, 0.7,
     1.0, 0.5, 0.6, 0.2, 0.3, 106, 80},
    {"Hip-Hop", "Heavy lows, clear voice, punch before density.", -10, -1, 1.5,
     0.5, 0.3, 0.5, 0.5, 0.2, 0.4, 100, 100},
    {"Rock", "Forward mids, glue, some colour.", -10, -1, 0.2, 0.6, 0.3, 0.5,
     0.6, 0.2, 0.5, 102, 80},
    {"Streaming", "For services that level to -14 LUFS: dynamics first.", -14,
     -1, 0, 0, 0, 0.4, 0.35, 0, 0, 100, 0},
    {"Loud", "As loud as the limits allow with an even balance.", -10, -1, 0,
     0.3, 0.3, 0.5, 0.7, 0.3, 0.4, 100, 80},
    {"Club", "For big systems: deep mono bass and tight dynamics.", -8, -1, 1.3,
     0, 0.5, 0.5, 0.7, 0.2, 0.3, 104, 130},
};
static const st_preset neutral = {
    "Default", "No taste of its own: only what the music needs.",
    -14,       -1,
    0,         0,
    0,         0.4,
    0.35,      0,
    0,         100,
    0};

typedef struct {
    const char *name;
    size_t offset;
    double min, max;
} preset_field;

static const preset_field table[] = {
    {"lufs", offsetof(st_preset, lufs), -36, -4},
    {"ceiling_dbtp", offsetof(st_preset, ceiling_dbtp), -20, 0},
    {"low_db", offsetof(st_preset, low_db), -6, 6},
    {"presence_db", offsetof(st_preset, presence_db), -6, 6},
    {"air_db", offsetof(st_preset, air_db), -6, 6},
    {"correction", offsetof(st_preset, correction), 0, 1},
    {"glue", offsetof(st_preset, glue), 0, 1},
    {"parallel", offsetof(st_preset, parallel), 0, 1},
    {"color", offsetof(st_preset, color), 0, 1},
    {"width_pct", offsetof(st_preset, width_pct), 50, 140},
    {"mono_below_hz", offsetof(st_preset, mono_below_hz), 0, 200},
};
enum { FIELDS = sizeof table / sizeof table[0] };

static double *field_of(st_preset *preset, const preset_field *f) {
    return (double *)(void *)((char *)preset + f->offset);
}

int st_preset_count(void) {
    return (int)(sizeof presets / sizeof presets[0]);
}

const st_preset *st_preset_at(int index) {
    return &presets[index];
}

const st_preset *st_preset_default(void) {
    return &neutral;
}

/* Letters and digits alone are compared. */
static bool same_name(const char *a, const char *b) {
    for (;;) {
        while (*a && !isalnum((unsigned char)*a))
            a++;
        while (*b && !isalnum((unsigned char)*b))
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
        a++, b++;
    }
}

const st_preset *st_preset_find(const char *name) {
    for (int i = 0; i < st_preset_count(); i++)
        if (same_name(name, presets[i].name))
            return &presets[i];
    return same_name(name, neutral.name) ? &neutral : NULL;
}

static st_status check_schema(const json_t *document, st_err *err) {
    const char *schema = json_string_value(json_object_get(document, "schema"));
    if (!schema || strncmp(schema, "stemma.preset/", 14) != 0)
        return st_err_set(err, ST_BAD_DATA,
                          "This is no preset: its \"schema\" must be "
                          "\"stemma.preset/1\".");
    if (strcmp(schema + 14, "1") != 0)
        return st_err_set(err, ST_UNSUPPORTED,
                          "The preset is of version \"%.40s\"; this program "
                          "reads version 1.",
                          schema + 14);
    return ST_OK;
}

static st_status parse_base(st_preset *out, const json_t *document,
                            st_err *err) {
    const char *base = json_string_value(json_object_get(document, "base"));
    const st_preset *found = base ? st_preset_find(base) : &neutral;
    if (!found)
        return st_err_set(err, ST_NOT_FOUND,
                          "There is no preset \"%.60s\" to build on; see "
                          "`stemma help master` for the names.",
                          base);
    *out = *found;
    return ST_OK;
}

st_status st_preset_parse(st_preset *out, const json_t *document, st_err *err) {
    st_preset preset;
    st_status status = check_schema(document, err);
    if (!status)
        status = parse_base(&preset, document, err);
    if (status)
        return status;
    const char *name = json_string_value(json_object_get(document, "name"));
    if (!name || !*name || strlen(name) >= sizeof preset.name)
        return st_err_set(err, ST_BAD_DATA,
                          "A preset needs a \"name\" of 1 to 63 bytes.");
    snprintf(preset.name, sizeof preset.name, "%s", name);
    const char *about = json_string_value(json_object_get(document, "about"));
    snprintf(preset.about, sizeof preset.about, "%s", about ? about : "");
    for (int i = 0; i < FIELDS; i++) {
        const json_t *value = json_object_get(document, table[i].name);
        if (!value)
            continue;
        double number = json_number_value(value);
        if (!json_is_number(value) ||
            !(number >= table[i].min && number <= table[i].max))
            return st_err_set(err, ST_BAD_DATA,
                              "%s must be a number from %g to %g.",
                              table[i].name, table[i].min, table[i].max);
        *field_of(&preset, &table[i]) = number;
    }
    *out = preset;
    return ST_OK;
}

static bool is_field(const char *name) {
    static const char *const others[] = {"schema", "name", "about", "base"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i]) == 0)
            return true;
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(name, table[i].name) == 0)
            return true;
    return false;
}

int st_preset_unknown(json_t *document, char *names, size_t room) {
    const char *name;
    json_t *value;
    int count = 0;
    names[0] = 0;
    json_object_foreach(document, name, value) {
        if (is_field(name))
            continue;
        size_t used = strlen(names);
        snprintf(names + used, room - used, "%s%s", used ? ", " : "", name);
        count++;
    }
    return count;
}

json_t *st_preset_json(const st_preset *preset) {
    json_t *document = json_pack("{s:s, s:s, s:s}", "schema", "stemma.preset/1",
                                 "name", preset->name, "about", preset->about);
    for (int i = 0; document && i < FIELDS; i++) {
        const char *base = (const char *)preset + table[i].offset;
        double value;
        memcpy(&value, base, sizeof value);
        if (json_object_set_new(document, table[i].name, json_real(value))) {
            json_decref(document);
            return NULL;
        }
    }
    return document;
}
