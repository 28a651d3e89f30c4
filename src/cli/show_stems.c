#include "cli/cli.h"
#include "cli/show.h"

#include <string.h>

enum { MOST_CONFLICTS = 8, SHARE_WIDTH = 10 };

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static double number_of(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static void show_list(const json_t *stems, FILE *to) {
    int width = cli_width(to) - 2 * SHARE_WIDTH;
    width = width < 12 ? 12 : width > 40 ? 40 : width;
    fprintf(to, "%s%-*s%*s%*s%s\n", cli_style(to, "bold"), width, "stem",
            SHARE_WIDTH, "RMS dBFS", SHARE_WIDTH, "masked",
            cli_style(to, "off"));
    for (size_t i = 0; i < json_array_size(stems); i++) {
        const json_t *stem = json_array_get(stems, i);
        char label[512];
        char level[24] = "-";
        cli_clean(text_of(stem, "name"), label, sizeof label);
        cli_fit(to, label, width);
        if (json_is_number(json_object_get(stem, "rms_dbfs")))
            snprintf(level, sizeof level, "%.1f", number_of(stem, "rms_dbfs"));
        fprintf(to, "%*s%*.0f%%\n", SHARE_WIDTH, level, SHARE_WIDTH - 1,
                100.0 * number_of(stem, "masked_share"));
    }
}

/* "chords.wav hides 85 % of drums.wav from 250 to 500 Hz, by 20 dB, most at
 * 0:20" */
static void show_conflict(const json_t *c, FILE *to) {
    char masker[256];
    char masked[256];
    char time[32];
    char line[900];
    cli_clean(text_of(c, "masker"), masker, sizeof masker);
    cli_clean(text_of(c, "masked"), masked, sizeof masked);
    cli_time_text(number_of(c, "worst_s"), time, sizeof time);
    snprintf(line, sizeof line,
             "%s hides %.0f %% of %s between %.0f and %.0f Hz, by %.0f dB, "
             "most at %s",
             masker, 100.0 * number_of(c, "masked_share"), masked,
             number_of(c, "low_hz"), number_of(c, "high_hz"),
             number_of(c, "excess_db"), time);
    cli_wrap(to, line, 0, 4);
}

/* "chords.wav over drums.wav: 40 % hidden, by 12 dB, worst from 1:12 to 1:20"
 */
static void show_line(const json_t *l, FILE *to) {
    char masker[256];
    char masked[256];
    char from[32];
    char until[32];
    char line[900];
    cli_clean(text_of(l, "masker"), masker, sizeof masker);
    cli_clean(text_of(l, "masked"), masked, sizeof masked);
    cli_time_text(number_of(l, "worst_from_s"), from, sizeof from);
    cli_time_text(number_of(l, "worst_to_s"), until, sizeof until);
    snprintf(line, sizeof line,
             "%s over %s: %.0f %% hidden, by %.0f dB, worst from %s to %s",
             masker, masked, 100.0 * number_of(l, "masked_share"),
             number_of(l, "excess_db"), from, until);
    cli_wrap(to, line, 0, 4);
}

static void show_pair(const json_t *p, FILE *to) {
    char a[256];
    char b[256];
    char line[900];
    cli_clean(text_of(p, "a"), a, sizeof a);
    cli_clean(text_of(p, "b"), b, sizeof b);
    snprintf(line, sizeof line,
             "%s and %s: %s, %+.2f ms, %+.1f dB, polarity %s, coherence %.2f",
             a, b, text_of(p, "kind"), number_of(p, "delay_ms"),
             number_of(p, "gain_db"), text_of(p, "polarity"),
             number_of(p, "coherence"));
    cli_wrap(to, line, 0, 4);
}

static void show_title(const char *title, FILE *to) {
    fprintf(to, "%s%s%s\n", cli_style(to, "bold"), title, cli_style(to, "off"));
}

static void show_rest(size_t count, FILE *to) {
    if (count > MOST_CONFLICTS)
        fprintf(to, "%s%zu more are in the result (--json)%s\n",
                cli_style(to, "dim"), count - MOST_CONFLICTS,
                cli_style(to, "off"));
}

static void show_lines(const json_t *lines, FILE *to) {
    size_t count = json_array_size(lines);
    if (count > 0)
        show_title("When", to);
    for (size_t i = 0; i < count && i < MOST_CONFLICTS; i++)
        show_line(json_array_get(lines, i), to);
    show_rest(count, to);
}

static void show_document(const json_t *doc, FILE *to) {
    const json_t *over_time = json_object_get(doc, "over_time");
    const json_t *conflicts = json_object_get(doc, "conflicts");
    const json_t *pairs = json_object_get(doc, "pairs");
    size_t count = json_array_size(conflicts);
    show_list(json_object_get(doc, "stems"), to);
    if (count > 0)
        show_title("Masking", to);
    for (size_t i = 0; i < count && i < MOST_CONFLICTS; i++)
        show_conflict(json_array_get(conflicts, i), to);
    show_rest(count, to);
    show_lines(json_object_get(over_time, "pairs"), to);
    if (json_array_size(pairs) > 0)
        show_title("The same sound in two stems", to);
    for (size_t i = 0; i < json_array_size(pairs); i++)
        show_pair(json_array_get(pairs, i), to);
}

void cli_stems_show(const json_t *steps, FILE *to) {
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *results =
            json_object_get(json_array_get(steps, i), "results");
        const json_t *doc = json_object_get(results, "stems");
        if (doc != NULL)
            show_document(doc, to);
    }
}
