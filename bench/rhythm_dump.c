/* rhythm_dump: what the rhythm network hears of audio files, for training.
 *
 *     rhythm_dump FOLDER HOP FILE...
 *
 * Of each FILE (read as mid at 22,050 Hz) writes FOLDER/<name>.<HOP>.bin:
 * int32 frames, int32 chroma frames, float64 mean power, int16 log bands,
 * uint8 chroma (analysis/rhythm_front.h). A HOP other than 441 stretches
 * time. */
#include "analysis/rhythm_front.h"
#include "audio/reader.h"
#include "audio/resample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 8192 };

static void need(st_status status, const st_err *err) {
    if (status != ST_OK) {
        fprintf(stderr, "rhythm_dump: %s\n", err ? err->text : "failed");
        exit(1);
    }
}

static void hear(st_rhythm_front *front, const char *path) {
    static float planes[ST_MAX_CHANNELS][BLOCK], mid[BLOCK];
    float *out[ST_MAX_CHANNELS];
    st_err err = {0};
    st_source *file = NULL, *source = NULL;
    need(st_reader_open(&file, path, NULL, &err), &err);
    need(st_resample_source_new(&source, file, 22050, ST_RESAMPLE_HIGH, &err),
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
        need(st_rhythm_front_process(front, mid, got), NULL);
    }
    need(st_rhythm_front_finish(front), NULL);
    st_source_free(source);
}

static void put(FILE *f, const void *data, size_t size, size_t count) {
    if (fwrite(data, size, count, f) != count)
        exit(1);
}

static void save(const st_rhythm_front *front, const char *path) {
    int64_t frames = st_rhythm_front_frames(front);
    int64_t chroma_frames = st_rhythm_front_chromas(front);
    int32_t head[2] = {(int32_t)frames, (int32_t)chroma_frames};
    double power = st_rhythm_front_power(front);
    char part[4200];
    snprintf(part, sizeof part, "%s.part", path);
    FILE *f = fopen(part, "wb");
    if (f == NULL)
        exit(1);
    put(f, head, sizeof head, 1);
    put(f, &power, sizeof power, 1);
    for (int64_t i = 0; i < frames; i++)
        put(f, st_rhythm_front_bands(front, i), 2, ST_RHYTHM_BANDS);
    for (int64_t i = 0; i < chroma_frames; i++)
        put(f, st_rhythm_front_chroma(front, i), 1, ST_RHYTHM_CLASSES);
    if (fclose(f) != 0 || rename(part, path) != 0)
        exit(1);
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    st_rhythm_front *front = NULL;
    need(st_rhythm_front_new(&front, atoi(argv[2])), NULL);
    for (int i = 3; i < argc; i++) {
        const char *slash = strrchr(argv[i], '/');
        const char *name = slash ? slash + 1 : argv[i];
        const char *dot = strrchr(name, '.');
        char path[4096];
        snprintf(path, sizeof path, "%s/%.*s.%s.bin", argv[1],
                 dot ? (int)(dot - name) : (int)strlen(name), name, argv[2]);
        st_rhythm_front_reset(front);
        hear(front, argv[i]);
        save(front, path);
    }
    st_rhythm_front_free(front);
    return 0;
}
