#include "cli/cli.h"
#include "cli/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL = 16, MOST_SECTIONS = 24 };

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static double number_of(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static void row(FILE *to, const char *label, const char *value,
                const char *about) {
    fprintf(to, "    %-*s %9s %s%s%s\n", LABEL, label, value,
            cli_style(to, "dim"), about, cli_style(to, "off"));
}

/* "none", and why, where there is nothing. */
static void none(FILE *to, const char *label, const json_t *part) {
    char reason[256];
    cli_clean(text_of(part, "reason"), reason, sizeof reason);
    row(to, label, "none", reason);
}

/* "BPM, 97 % sure; perhaps 174.0" */
static void show_tempo(const json_t *r, FILE *to) {
    const json_t *list = json_object_get(r, "candidates");
    const json_t *second = json_array_get(list, 1);
    char value[32], about[96];
    if (!json_is_number(json_object_get(r, "bpm"))) {
        none(to, "tempo", r);
        return;
    }
    snprintf(value, sizeof value, "%.2f", number_of(r, "bpm"));
    int n = snprintf(about, sizeof about, "BPM, %.0f %% sure",
                     100.0 * number_of(r, "confidence"));
    if (second != NULL && number_of(second, "probability") >= 0.05 && n > 0)
        snprintf(about + n, sizeof about - (size_t)n, "; %.0f %%: %.2f",
                 100.0 * number_of(second, "probability"),
                 number_of(second, "bpm"));
    row(to, "tempo", value, about);
}

static void show_metre(const json_t *r, FILE *to) {
    const json_t *metre = json_object_get(r, "metre");
    const json_t *beats =
        json_object_get(json_object_get(r, "beats"), "time_s");
    char value[32], about[64];
    if (!json_is_number(json_object_get(r, "bpm")))
        return;
    snprintf(value, sizeof value, "%zu", json_array_size(beats));
    snprintf(about, sizeof about, "from %.2f s",
             json_number_value(json_array_get(beats, 0)));
    row(to, "beats", value, about);
    if (!json_is_integer(metre))
        return;
    snprintf(value, sizeof value, "%d", (int)json_integer_value(metre));
    snprintf(about, sizeof about, "beats a bar, %.0f %% sure",
             100.0 * number_of(r, "metre_confidence"));
    row(to, "metre", value, about);
}

static void show_key(const json_t *h, FILE *to) {
    const json_t *key = json_object_get(h, "key");
    char about[96];
    if (!json_is_object(key)) {
        none(to, "key", h);
        return;
    }
    snprintf(about, sizeof about, "%s, %.0f %% sure", text_of(key, "camelot"),
             100.0 * number_of(h, "confidence"));
    row(to, "key", text_of(key, "name"), about);
}

static void show_tuning(const json_t *h, FILE *to) {
    char value[32];
    if (number_of(h, "tuning_confidence") < 0.1)
        return;
    snprintf(value, sizeof value, "%+.1f", number_of(h, "tuning_cents"));
    row(to, "tuning", value, "cents from A4 = 440 Hz");
}

static void show_role(const json_t *r, FILE *to) {
    char about[64];
    char name[64];
    if (!json_is_string(json_object_get(r, "name"))) {
        none(to, "sounds like", r);
        return;
    }
    snprintf(about, sizeof about, "%.0f %% sure",
             100.0 * number_of(r, "confidence"));
    snprintf(name, sizeof name, "%s", text_of(r, "name"));
    for (char *p = name; *p != '\0'; p++)
        *p = *p == '_' ? ' ' : *p;
    row(to, "sounds like", name, about);
}

/* "3 A 0:00, B 0:21, 2 A 0:42": how often one label follows itself. */
static void show_sections(const json_t *h, FILE *to) {
    const json_t *list = json_object_get(h, "sections");
    size_t count = json_array_size(list), used = 0;
    char line[MOST_SECTIONS * 24 + 32] = "";
    int shown = 0;
    for (size_t i = 0, same; i < count && shown < MOST_SECTIONS; i += same) {
        const json_t *s = json_array_get(list, i);
        char time[32], times[24] = "";
        for (same = 1; i + same < count; same++)
            if (strcmp(text_of(json_array_get(list, i + same), "label"),
                       text_of(s, "label")) != 0)
                break;
        cli_time_text(floor(number_of(s, "start_s") + 0.5), time, sizeof time);
        time[strcspn(time, ".")] = '\0';
        if (same > 1)
            snprintf(times, sizeof times, "%zu ", same);
        int n =
            snprintf(line + used, sizeof line - used, "%s%s%s %s",
                     used > 0 ? ", " : "", times, text_of(s, "label"), time);
        used += n > 0 ? (size_t)n : 0;
        shown++;
    }
    if (shown < 2)
        return;
    fprintf(to, "    %-*s ", LABEL, "sections");
    cli_wrap(to, line, LABEL + 5, LABEL + 5);
}

static void show_pitch(const json_t *p, FILE *to) {
    const json_t *notes = json_object_get(p, "notes");
    char value[32];
    if (!json_is_object(p))
        return;
    snprintf(value, sizeof value, "%zu", json_array_size(notes));
    row(to, "notes", value,
        strcmp(text_of(p, "by"), "swiftf0") == 0 ? "by SwiftF0"
                                                 : "by the tracker");
}

void cli_music_show(const json_t *music, FILE *to) {
    const json_t *rhythm = json_object_get(music, "rhythm");
    const json_t *harmony = json_object_get(music, "harmony");
    if (music == NULL)
        return;
    fprintf(to, "  %sMusic%s\n", cli_style(to, "bold"), cli_style(to, "off"));
    if (json_is_object(rhythm)) {
        show_tempo(rhythm, to);
        show_metre(rhythm, to);
    }
    if (json_is_object(harmony)) {
        show_key(harmony, to);
        show_tuning(harmony, to);
    }
    if (json_is_object(json_object_get(music, "role")))
        show_role(json_object_get(music, "role"), to);
    show_pitch(json_object_get(music, "pitch"), to);
    show_sections(harmony, to);
}

void cli_music_columns(const json_t *music, char *bpm, char *key,
                       size_t bytes) {
    const json_t *rhythm = json_object_get(music, "rhythm");
    const json_t *harmony = json_object_get(music, "harmony");
    const json_t *tempo = json_object_get(rhythm, "bpm");
    const char *camelot = text_of(json_object_get(harmony, "key"), "camelot");
    snprintf(bpm, bytes, "-");
    if (json_is_number(tempo))
        snprintf(bpm, bytes, "%.1f", json_number_value(tempo));
    snprintf(key, bytes, "%s", camelot[0] != '\0' ? camelot : "-");
}
