#include "cli/cli.h"
#include "cli/show.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *label;
    const char *key;
    const char *unit;
    int decimals;
} figure;

static const figure figures[] = {
    {"loudness", "lufs_integrated", "LUFS", 1},
    {"true peak", "true_peak_dbTP", "dBTP", 2},
    {"loudness range", "lra", "LU", 1},
    {"peak to loudness", "plr_db", "dB", 1},
    {"correlation", "mono_correlation", "", 2},
};

static const json_t *at(const json_t *object, const char *a, const char *b) {
    return json_object_get(json_object_get(object, a), b);
}

static void number(const json_t *value, int decimals, char *text,
                   size_t bytes) {
    if (json_is_number(value))
        snprintf(text, bytes, "%.*f", decimals, json_number_value(value));
    else
        snprintf(text, bytes, "-"); /* of silence there is no level */
}

static void show_figures(const json_t *report, FILE *to) {
    fprintf(to, "  %s%-18s %9s %9s%s\n", cli_style(to, "dim"), "", "before",
            "after", cli_style(to, "off"));
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        const figure *f = &figures[i];
        char before[48];
        char after[48];
        number(at(report, "before", f->key), f->decimals, before,
               sizeof before);
        number(at(report, "after", f->key), f->decimals, after, sizeof after);
        fprintf(to, "  %-18s %9s %s%9s%s %s%s%s\n", f->label, before,
                cli_style(to, "bold"), after, cli_style(to, "off"),
                cli_style(to, "dim"), f->unit, cli_style(to, "off"));
    }
}

/* "9 of 9 checks passed on the file written" */
static void show_checks(const json_t *report, FILE *to) {
    const json_t *details = at(report, "qc_results", "details");
    size_t passed = 0;
    for (size_t i = 0; i < json_array_size(details); i++)
        passed +=
            json_is_true(json_object_get(json_array_get(details, i), "passed"));
    bool all = passed == json_array_size(details);
    fprintf(to, "  %s%zu of %zu checks passed%s on the file written\n",
            cli_style(to, all ? "green" : "yellow"), passed,
            json_array_size(details), cli_style(to, "off"));
}

void cli_master_show(const json_t *steps, FILE *to) {
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const json_t *report = at(step, "results", "report");
        if (!json_is_object(json_object_get(report, "mastering_report")))
            continue;
        char label[512];
        const json_t *input =
            json_array_get(json_object_get(step, "inputs"), 0);
        const char *name = json_string_value(json_object_get(input, "label"));
        cli_clean(name != NULL ? name : "", label, sizeof label);
        fprintf(to, "%s%s%s\n", cli_style(to, "bold"), label,
                cli_style(to, "off"));
        show_figures(report, to);
        show_checks(report, to);
    }
}
