/* spectra_pictures: the spectrograms of a mono float32 file.
 *
 *     spectra_pictures RATE IN.f32 OUT_PREFIX [TITLE]
 *
 * Writes PREFIX-stft.png, -mel.png, -cqt.png, -chroma.png and
 * -multires.png. */
#include "analysis/spectra.h"
#include "core/alloc.h"

#include <stdio.h>
#include <stdlib.h>

static void need(st_status status) {
    if (status != ST_OK) {
        fprintf(stderr, "spectra_pictures: %s\n", st_status_name(status));
        exit(1);
    }
}

static float *load(const char *path, int64_t *n) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        exit(1);
    *n = (int64_t)ftell(f) / 4;
    rewind(f);
    float *x = st_calloc((size_t)*n, sizeof *x);
    if (x == NULL || fread(x, 4, (size_t)*n, f) != (size_t)*n)
        exit(1);
    fclose(f);
    return x;
}

static void save(const st_spectra *s, int kind, const char *prefix,
                 const char *sound) {
    static const char *const name[] = {"stft", "mel", "cqt", "chroma",
                                       "multires"};
    static const char *const what[] = {"short-time spectrum", "mel bands",
                                       "constant-Q", "chroma",
                                       "five window lengths"};
    unsigned char *bytes = NULL;
    size_t size = 0;
    char text[4096];
    snprintf(text, sizeof text, "%s - %s", sound, what[kind]);
    need(st_spectra_picture(s, (st_picture_kind)kind, text, 0, 0, &bytes,
                            &size));
    snprintf(text, sizeof text, "%s-%s.png", prefix, name[kind]);
    FILE *f = fopen(text, "wb");
    if (f == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        exit(1);
    st_free(bytes);
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    int64_t n = 0;
    float *x = load(argv[2], &n);
    st_spectra *s = NULL;
    st_spectra_params params = {
        .rate_hz = atof(argv[1]), .pictures = true, .multires = true};
    need(st_spectra_new(&s, &params));
    need(st_spectra_process(s, x, n));
    need(st_spectra_finish(s));
    for (int kind = 0; kind <= ST_PICTURE_MULTIRES; kind++)
        save(s, kind, argv[3], argc > 4 ? argv[4] : "sound");
    st_spectra_free(s);
    st_free(x);
    return 0;
}
