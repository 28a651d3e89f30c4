#include "cli/cli.h"
#include "cli/show.h"

#include <math.h>
#include <string.h>

/* stem, role, gain, pan, mean reduction */
enum { ROLE = 16, COLUMN = 9, PAN = 8 };

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static double number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* "mid", "L 40", "R 24" */
static void pan_text(double pan, char text[16]) {
    if (fabs(pan) < 0.005)
        snprintf(text, 16, "mid");
    else
        snprintf(text, 16, "%c %.0f", pan < 0 ? 'L' : 'R', 100 * fabs(pan));
}

static void show_head(const json_t *report, FILE *to) {
    const json_t *input = json_object_get(report, "input_analysis");
    double bpm = number_of(input, "detected_bpm");
    const char *key = text_of(input, "detected_key");
    size_t count = json_array_size(json_object_get(input, "stems"));
    fprintf(to, "%s%zu stem%s%s", cli_style(to, "bold"), count,
            count == 1 ? "" : "s", cli_style(to, "off"));
    if (isfinite(bpm))
        fprintf(to, ", %.1f BPM", bpm);
    if (key[0] != '\0')
        fprintf(to, ", %s", key);
    fputc('\n', to);
}

static void show_strip(const json_t *strip, int width, FILE *to) {
    char name[512], role[32], pan[16];
    cli_clean(text_of(strip, "name"), name, sizeof name);
    snprintf(role, sizeof role, "%s", text_of(strip, "role"));
    for (char *c = role; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    pan_text(number_of(strip, "pan"), pan);
    fputs("  ", to);
    cli_fit(to, name, width);
    fprintf(to, "%*s%*.1f%*s%*.1f\n", ROLE, role, COLUMN,
            number_of(strip, "gain_db"), PAN, pan, COLUMN,
            number_of(strip, "avg_gr_db"));
}

static void show_guards(const json_t *mixing, FILE *to) {
    const json_t *guards = json_object_get(mixing, "guards");
    size_t broken = json_array_size(json_object_get(guards, "broken"));
    int all = (int)number_of(guards, "limits");
    bool given = json_is_true(json_object_get(mixing, "rendered_as_given"));
    fprintf(to, "  %s%d of %d guardrails hold%s, %zu moves%s\n",
            cli_style(to, broken == 0 ? "green" : "yellow"), all - (int)broken,
            all, cli_style(to, "off"),
            json_array_size(json_object_get(mixing, "moves")),
            given ? ", rendered as the recipe gives them" : "");
}

static void show_mix(const json_t *report, const json_t *mixing, FILE *to) {
    const json_t *strips = json_object_get(mixing, "strips");
    int width = cli_width(to) - ROLE - 2 * COLUMN - PAN - 2;
    width = width > 36 ? 36 : width;
    show_head(report, to);
    fprintf(to, "  %s%-*s%*s%*s%*s%*s%s\n", cli_style(to, "dim"), width, "stem",
            ROLE, "role", COLUMN, "fader dB", PAN, "pan", COLUMN, "GR dB",
            cli_style(to, "off"));
    for (size_t i = 0; i < json_array_size(strips); i++)
        show_strip(json_array_get(strips, i), width, to);
    show_guards(mixing, to);
}

void cli_mix_show(const json_t *steps, FILE *to) {
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *results =
            json_object_get(json_array_get(steps, i), "results");
        const json_t *report = json_object_get(results, "report");
        const json_t *mixing = json_object_get(report, "mixing_report");
        if (json_is_object(mixing))
            show_mix(report, mixing, to);
    }
}
