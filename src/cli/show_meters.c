#include "cli/cli.h"
#include "cli/show.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* One figure of the "meters" document. */
typedef struct {
    const char *label;
    const char *key;
    const char *unit;
    int decimals;
} figure;

typedef struct {
    const char *title;
    figure rows[10];
} group;

enum { STEREO = 2 }; /* the group that says nothing of a mono file */

static const group groups[] = {
    {"Loudness",
     {{"integrated", "lufs_integrated", "LUFS", 1},
      {"range (LRA)", "lra", "LU", 1},
      {"max short-term", "lufs_short_term_max", "LUFS", 1},
      {"max momentary", "lufs_momentary_max", "LUFS", 1}}},
    {"Peak and dynamics",
     {{"true peak", "true_peak_dbTP", "dBTP", 2},
      {"sample peak", "sample_peak_dbfs", "dBFS", 2},
      {"headroom", "headroom_db", "dB", 2},
      {"RMS", "rms_dbfs", "dBFS", 1},
      {"crest factor", "crest_factor", "dB", 1},
      {"PLR", "plr_db", "dB", 1},
      {"PSR", "psr_db", "dB", 1}}},
    {"Stereo",
     {{"correlation", "mono_correlation", "", 2},
      {"side to mid", "side_mid_db", "dB", 1},
      {"balance L-R", "balance_db", "dB", 1},
      {"loss in mono", "mono_loss_db", "dB", 1}}},
    {"Faults",
     {{"DC offset", "dc_offset", "", 4},
      {"clipped runs", "clipped_runs", "", 0},
      {"bad samples", "bad_samples", "", 0}}},
};

static void number(const json_t *meters, const figure *f, char *text,
                   size_t bytes) {
    const json_t *value = json_object_get(meters, f->key);
    double x = json_number_value(value);
    if (json_is_number(value))
        snprintf(text, bytes, "%.*f", f->decimals, x == 0 ? 0.0 : x);
    else
        snprintf(text, bytes, "-"); /* of silence there is no level */
}

static void show_group(const json_t *meters, const group *g, FILE *to) {
    fprintf(to, "  %s%s%s\n", cli_style(to, "bold"), g->title,
            cli_style(to, "off"));
    for (const figure *f = g->rows; f->label != NULL; f++) {
        char text[48];
        number(meters, f, text, sizeof text);
        fprintf(to, "    %-16s %9s %s%s%s\n", f->label, text,
                cli_style(to, "dim"), f->unit, cli_style(to, "off"));
    }
}

static const json_t *input_of(const json_t *step) {
    return json_array_get(json_object_get(step, "inputs"), 0);
}

static const json_t *meters_of(const json_t *step) {
    return json_object_get(json_object_get(step, "results"), "meters");
}

static const json_t *music_of(const json_t *step) {
    return json_object_get(json_object_get(step, "results"), "music");
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* The step that made an input, or NULL: it is a file then. */
static const json_t *maker_of(const json_t *steps, const json_t *input) {
    const json_t *number = json_object_get(input, "step");
    return json_is_integer(number)
               ? json_array_get(steps, (size_t)json_integer_value(number))
               : NULL;
}

/* The file's name, or "audio, made by convert". */
static void label_of(const json_t *steps, const json_t *step, char *text,
                     size_t bytes) {
    const json_t *input = input_of(step);
    const json_t *maker = maker_of(steps, input);
    char label[512];
    cli_clean(text_of(input, "label"), label, sizeof label);
    if (maker == NULL)
        snprintf(text, bytes, "%s", label);
    else
        snprintf(text, bytes, "%s, made by %s", label, text_of(maker, "stage"));
}

/* "WAV, 24-bit integer, 48000 Hz, 2 channels, 3:21.4" */
static void show_about(const json_t *input, FILE *to) {
    int rate = (int)json_integer_value(json_object_get(input, "rate_hz"));
    int channels = (int)json_integer_value(json_object_get(input, "channels"));
    const char *format = text_of(input, "format");
    const char *codec = text_of(input, "codec");
    char time[32];
    cli_time_text(json_number_value(json_object_get(input, "seconds")), time,
                  sizeof time);
    fprintf(to, "  %s%s%s%s%s%d Hz, %d channel%s, %s%s\n", cli_style(to, "dim"),
            format, format[0] != '\0' ? ", " : "", codec,
            codec[0] != '\0' ? ", " : "", rate, channels,
            channels == 1 ? "" : "s", time, cli_style(to, "off"));
}

static void show_page(const json_t *steps, const json_t *step, FILE *to) {
    const json_t *channels = json_object_get(input_of(step), "channels");
    char label[640];
    label_of(steps, step, label, sizeof label);
    fprintf(to, "%s%s%s\n", cli_style(to, "bold"), label, cli_style(to, "off"));
    show_about(input_of(step), to);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (i != STEREO || json_integer_value(channels) > 1)
            show_group(meters_of(step), &groups[i], to);
    cli_music_show(music_of(step), to);
}

/* Columns of the table of several files. */
static const figure columns[] = {
    {"LUFS", "lufs_integrated", "", 1}, {"LRA", "lra", "", 1},
    {"dBTP", "true_peak_dbTP", "", 2},  {"PLR", "plr_db", "", 1},
    {"crest", "crest_factor", "", 1},   {"corr", "mono_correlation", "", 2}};
enum {
    COLUMNS = sizeof columns / sizeof *columns,
    COLUMN_WIDTH = 8,
    KEY_WIDTH = 5
};

static void show_head(int width, bool music, FILE *to) {
    fprintf(to, "%s%-*s", cli_style(to, "bold"), width, "file");
    for (int c = 0; c < COLUMNS; c++)
        fprintf(to, "%*s", COLUMN_WIDTH, columns[c].label);
    if (music)
        fprintf(to, "%*s%*s", COLUMN_WIDTH, "BPM", KEY_WIDTH, "key");
    fprintf(to, "%s\n", cli_style(to, "off"));
}

static void show_line(const json_t *steps, const json_t *step, int width,
                      bool music, FILE *to) {
    char label[640];
    char bpm[16], key[16];
    label_of(steps, step, label, sizeof label);
    cli_fit(to, label, width);
    for (int c = 0; c < COLUMNS; c++) {
        char text[48];
        number(meters_of(step), &columns[c], text, sizeof text);
        fprintf(to, "%*s", COLUMN_WIDTH, text);
    }
    cli_music_columns(music_of(step), bpm, key, sizeof bpm);
    if (music)
        fprintf(to, "%*s%*s", COLUMN_WIDTH, bpm, KEY_WIDTH, key);
    fputc('\n', to);
}

void cli_meters_show(const json_t *steps, FILE *to) {
    int pages = 0;
    bool music = false;
    size_t count = json_array_size(steps);
    for (size_t i = 0; i < count; i++) {
        pages += meters_of(json_array_get(steps, i)) != NULL;
        music |= music_of(json_array_get(steps, i)) != NULL;
    }
    int width = cli_width(to) - COLUMNS * COLUMN_WIDTH -
                (music ? COLUMN_WIDTH + KEY_WIDTH : 0);
    if (width < 12)
        width = 12;
    if (pages > 1)
        show_head(width, music, to);
    for (size_t i = 0; i < count; i++) {
        const json_t *step = json_array_get(steps, i);
        if (meters_of(step) == NULL)
            continue;
        if (pages > 1)
            show_line(steps, step, width, music, to);
        else
            show_page(steps, step, to);
    }
}
