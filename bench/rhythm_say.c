/* rhythm_say: the rhythm of audio files, a line of JSON each, for
 * bench/rhythm.py and training/calibrate.py.
 *
 *     rhythm_say [--alone | --weights BAR GAIN TRUST] FILE...
 *
 * --alone: without what harmony says of the bars; --weights: of that, others
 * than those that were fitted (analysis/bar_phase.h). */
#include "analysis/harmony.h"
#include "analysis/rhythm_impl.h"
#include "audio/reader.h"
#include "audio/resample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 8192 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void need(st_status status, const st_err *err) {
    if (status != ST_OK) {
        fprintf(stderr, "rhythm_say: %s\n", err ? err->text : "failed");
        exit(1);
    }
}

static st_status changes(void *ctx, const double *at_s, int64_t n, float *out) {
    return st_harmony_changes(ctx, at_s, n, out);
}

/* Seconds of processor time that the rhythm takes; h may be NULL. */
static double hear(st_rhythm *r, st_harmony *h, const char *path) {
    static float planes[ST_MAX_CHANNELS][BLOCK], mid[BLOCK];
    float *out[ST_MAX_CHANNELS];
    double spent = 0.0;
    st_err err = {0};
    st_source *file = NULL, *source = NULL;
    need(st_reader_open(&file, path, NULL, &err), &err);
    need(st_resample_source_new(&source, file, ST_RHYTHM_RATE_HZ,
                                ST_RESAMPLE_HIGH, &err),
         &err);
    int channels = source->format.channels;
    for (int c = 0; c < channels; c++)
        out[c] = planes[c];
    for (int64_t got = BLOCK; got == BLOCK;) {
        need(st_source_read(source, out, BLOCK, &got, &err), &err);
        for (int64_t i = 0; i < got; i++) {
            float sum = 0.0f;
            for (int c = 0; c < channels; c++)
                sum += planes[c][i];
            mid[i] = sum / (float)channels;
        }
        double start = now();
        need(st_rhythm_process(r, mid, got), NULL);
        spent += now() - start;
        if (h != NULL)
            need(st_harmony_process(h, mid, got), NULL);
    }
    if (h != NULL)
        need(st_harmony_hear(h, NULL), NULL);
    double start = now();
    need(st_rhythm_finish(r), NULL);
    if (h != NULL)
        need(st_rhythm_settle(r, &(st_change_ear){changes, h}), NULL);
    st_source_free(source);
    return spent + now() - start;
}

static void say_evidence(const st_tempo_evidence *e) {
    printf("\"path_bpm\": %.4f, \"some\": %.5f, \"strength\": %.5f, "
           "\"covered_s\": %.3f, \"spread\": %.5f, \"ratios\": [",
           e->bpm, e->some, e->strength, e->covered_s, e->spread);
    for (int k = 0; k < ST_TEMPO_RATIOS; k++)
        printf("%s[%.6f, %d, %.5f, %.5f]", k ? ", " : "", st_tempo_ratio(k),
               e->possible[k], e->mass[k], e->grid[k]);
    printf("], ");
}

static void say(const char *path, const st_rhythm *r, double spent_s) {
    const st_rhythm_result *a = st_rhythm_get(r);
    printf("{\"file\": \"%s\", \"has_tempo\": %s, \"bpm\": %.5f, "
           "\"confidence\": %.5f, \"metre\": %d, \"metre_confidence\": %.4f, "
           "\"spent_s\": %.5f, \"length_s\": %.3f, \"onsets\": %d, ",
           path, a->has_tempo ? "true" : "false", a->bpm, a->confidence,
           a->metre, a->metre_confidence, spent_s,
           (double)a->frames / ST_RHYTHM_FPS, (int)a->onsets);
    say_evidence(st_rhythm_evidence(r));
    printf("\"candidates\": [");
    for (int i = 0; i < a->candidates; i++)
        printf("%s[%.4f, %.5f]", i ? ", " : "", a->candidate[i].bpm,
               a->candidate[i].probability);
    printf("], \"segments\": [");
    for (int64_t i = 0; i < a->segments; i++)
        printf("%s[%.3f, %.3f]", i ? ", " : "", a->segment[i].start_s,
               a->segment[i].bpm);
    printf("], \"beats\": [");
    for (int64_t i = 0; i < a->beats; i++)
        printf("%s[%.4f, %d]", i ? ", " : "", a->beat[i].time_s,
               a->beat[i].position);
    printf("]}\n");
}

int main(int argc, char **argv) {
    st_rhythm *r = NULL;
    st_harmony *h = NULL;
    st_err err = {0};
    bool alone = argc > 1 && strcmp(argv[1], "--alone") == 0;
    bool weights = argc > 4 && strcmp(argv[1], "--weights") == 0;
    need(st_rhythm_new(&r, &err), &err);
    if (weights)
        st_rhythm_weigh_chords(r, &(st_phase_weights){strtof(argv[2], NULL),
                                                      strtod(argv[3], NULL),
                                                      strtod(argv[4], NULL)});
    if (!alone)
        need(st_harmony_new(&h, false, &err), &err);
    for (int i = alone ? 2 : weights ? 5 : 1; i < argc; i++) {
        st_rhythm_reset(r);
        if (h != NULL)
            st_harmony_reset(h);
        double spent = hear(r, h, argv[i]);
        say(argv[i], r, spent);
    }
    st_rhythm_free(r);
    st_harmony_free(h);
    return 0;
}
