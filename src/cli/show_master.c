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

typedef struct {
    size_t passed, failed, none; /* none: not to be measured */
} verdict;

static verdict verdict_of(const json_t *report) {
    const json_t *details = at(report, "qc_results", "details");
    verdict v = {0};
    for (size_t i = 0; i < json_array_size(details); i++) {
        const json_t *state =
            json_object_get(json_array_get(details, i), "passed");
        v.passed += json_is_true(state);
        v.failed += json_is_false(state);
        v.none += !json_is_boolean(state);
    }
    return v;
}

/* Of silence there is no peak. */
static bool is_silent(const json_t *report) {
    return json_is_null(at(report, "after", "true_peak_dbTP"));
}

/* "9 of 9 checks passed on the file written" */
static void show_checks(const json_t *report, FILE *to) {
    verdict v = verdict_of(report);
    if (is_silent(report)) {
        fprintf(to, "  %snothing to hear%s: the file is silent\n",
                cli_style(to, "yellow"), cli_style(to, "off"));
        return;
    }
    fprintf(to, "  %s%zu of %zu checks passed%s on the file written",
            cli_style(to, v.failed == 0 ? "green" : "yellow"), v.passed,
            v.passed + v.failed, cli_style(to, "off"));
    if (v.none > 0)
        fprintf(to, ", %zu not to be measured", v.none);
    fputc('\n', to);
}

static void show_song(const json_t *step, const json_t *report, FILE *to) {
    char label[512];
    const char *name = "";
    const json_t *inputs = json_object_get(step, "inputs");
    for (size_t i = json_array_size(inputs); i-- > 0;) {
        const json_t *input = json_array_get(inputs, i);
        const char *kind = json_string_value(json_object_get(input, "input"));
        if (kind != NULL && strcmp(kind, "audio") == 0)
            name = json_string_value(json_object_get(input, "label"));
    }
    cli_clean(name != NULL ? name : "", label, sizeof label);
    fprintf(to, "%s%s%s\n", cli_style(to, "bold"), label, cli_style(to, "off"));
    show_figures(report, to);
    show_checks(report, to);
}

/* -- several tracks -------------------------------------------------------- */

enum { COLUMN = 9, CHECKS = 12 };

static void show_track(const json_t *report, int width, FILE *to) {
    static const struct {
        const char *side, *key;
        int decimals;
    } cells[] = {{"before", "lufs_integrated", 1},
                 {"after", "lufs_integrated", 1},
                 {"after", "true_peak_dbTP", 2},
                 {"after", "plr_db", 1}};
    char text[512];
    const json_t *stem =
        json_array_get(at(report, "input_analysis", "stems"), 0);
    const char *name = json_string_value(json_object_get(stem, "name"));
    cli_clean(name != NULL ? name : "", text, sizeof text);
    cli_fit(to, text, width);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        number(at(report, cells[i].side, cells[i].key), cells[i].decimals, text,
               sizeof text);
        fprintf(to, "%*s", COLUMN, text);
    }
    verdict v = verdict_of(report);
    snprintf(text, sizeof text, "%zu of %zu", v.passed, v.passed + v.failed);
    fprintf(to, "%s%*s%s\n", cli_style(to, v.failed == 0 ? "green" : "yellow"),
            CHECKS, is_silent(report) ? "silent" : text, cli_style(to, "off"));
}

static void show_album(const json_t *step, const json_t *report, FILE *to) {
    const json_t *tracks = json_object_get(report, "tracks");
    char lufs[48];
    char before[48];
    char after[48];
    int width = cli_width(to) - 4 * COLUMN - CHECKS;
    fprintf(to, "%s%-*s%*s%*s%*s%*s%*s%s\n", cli_style(to, "bold"), width,
            "track", COLUMN, "LUFS", COLUMN, "after", COLUMN, "dBTP", COLUMN,
            "PLR", CHECKS, "checks", cli_style(to, "off"));
    for (size_t i = 0; i < json_array_size(tracks); i++)
        show_track(json_array_get(tracks, i), width, to);
    number(at(report, "album", "lufs"), 1, lufs, sizeof lufs);
    number(at(report, "album", "spread_before_lu"), 1, before, sizeof before);
    number(at(report, "album", "spread_after_lu"), 1, after, sizeof after);
    bool kept = json_is_true(at(report, "album", "order_kept"));
    fprintf(to, "%s: %s LUFS, spread %s LU before, %s LU after, order %s%s%s\n",
            json_is_true(at(step, "params", "album")) ? "album" : "together",
            lufs, before, after, cli_style(to, kept ? "green" : "yellow"),
            kept ? "kept" : "changed", cli_style(to, "off"));
}

void cli_master_show(const json_t *steps, FILE *to) {
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const json_t *report = at(step, "results", "report");
        if (json_is_object(json_object_get(report, "album")))
            show_album(step, report, to);
        else if (json_is_object(json_object_get(report, "mastering_report")))
            show_song(step, report, to);
    }
}
