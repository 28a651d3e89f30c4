#include "cli/cli.h"
#include "cli/show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* "24-bit flac, 48000 Hz, stereo, 3:21.4" */
static void audio_text(const json_t *output, char *text, size_t bytes) {
    int rate = (int)json_integer_value(json_object_get(output, "rate_hz"));
    int channels = (int)json_integer_value(json_object_get(output, "channels"));
    int bits = (int)json_integer_value(json_object_get(output, "bits"));
    double frames = json_number_value(json_object_get(output, "frames"));
    char time[32];
    char depth[16] = "";
    char layout[24];
    cli_time_text(rate > 0 ? frames / rate : 0, time, sizeof time);
    if (bits == 32)
        snprintf(depth, sizeof depth, "float ");
    else if (bits > 0)
        snprintf(depth, sizeof depth, "%d-bit ", bits);
    snprintf(layout, sizeof layout, "%d channels", channels);
    snprintf(text, bytes, "%s%s, %d Hz, %s, %s", depth,
             text_of(output, "container"), rate,
             channels == 1   ? "mono"
             : channels == 2 ? "stereo"
                             : layout,
             time);
}

static void show_output(const json_t *output, FILE *to) {
    char file[4096];
    char about[160];
    cli_clean(text_of(output, "file"), file, sizeof file);
    if (file[0] == '\0')
        return;
    fprintf(to, "%swrote%s %s", cli_style(to, "green"), cli_style(to, "off"),
            file);
    if (strcmp(text_of(output, "kind"), "audio") == 0) {
        audio_text(output, about, sizeof about);
        fprintf(to, "  %s%s%s", cli_style(to, "dim"), about,
                cli_style(to, "off"));
    }
    fputc('\n', to);
}

static void show_warnings(const json_t *list, const char *name,
                          const char *word) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        fprintf(stderr, "%s%s:%s ", cli_style(stderr, "yellow"), word,
                cli_style(stderr, "off"));
        if (strcmp(name, "part") == 0)
            fprintf(stderr, "%s: ", text_of(item, "part"));
        cli_wrap(stderr, text_of(item, "message"), (int)strlen(word) + 2, 4);
    }
}

static void show_work(const json_t *step, FILE *to) {
    const json_t *outputs = json_object_get(step, "outputs");
    const json_t *notes = json_object_get(step, "notes");
    for (size_t i = 0; i < json_array_size(notes); i++) {
        const char *note = json_string_value(json_array_get(notes, i));
        cli_wrap(to, note != NULL ? note : "", 0, 0);
    }
    if (strcmp(text_of(step, "status"), "succeeded") == 0)
        for (size_t i = 0; i < json_array_size(outputs); i++)
            show_output(json_array_get(outputs, i), to);
}

void cli_result_show(const json_t *result, FILE *to) {
    const json_t *steps = json_object_get(result, "steps");
    if (to != NULL) {
        cli_meters_show(steps, to);
        cli_mix_show(steps, to);
        cli_master_show(steps, to);
        cli_stems_show(steps, to);
    }
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (to != NULL)
            show_work(step, to);
        show_warnings(json_object_get(step, "warnings"), "code", "warning");
        show_warnings(json_object_get(step, "skipped"), "part", "skipped");
    }
}
