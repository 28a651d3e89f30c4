/* files: stems as WAV files in a folder of their own, and the stage over them.
 */
#ifndef ST_TESTS_MIX_FILES_H
#define ST_TESTS_MIX_FILES_H

#include "job/run.h"
#include "mix/song.h"

enum { FILES_MOST = 16 };

typedef struct {
    char folder[64];
    int count;
    char path[FILES_MOST][128]; /* of stems, in order */
} files;

/* An empty folder under /tmp; taken away with what is in it by _free. */
void files_init(files *f);
void files_free(files *f);
/* A stem more: float WAV of planes x[channels][frames]; timecode < 0: none. */
void files_add(files *f, const char *name, float *const *x, int channels,
               int64_t frames, int rate_hz, int64_t timecode);
/* All stems of a song, under the names of rich.h. */
void files_add_rich(files *f, int rate_hz, int64_t frames);
/* Any bytes under a name, as a stem. */
void files_add_bytes(files *f, const char *name, const void *bytes,
                     size_t size);
/* Path of a file in the folder; valid until the fourth next call. */
const char *files_at(const files *f, const char *name);

/* One run of the stage: parameters (stolen, may be NULL), a recipe's path or
 * NULL, outputs into folder/<into>-premaster.wav, -master.wav, -recipe.json,
 * -report.json. *result (may be NULL) gets the run's document. */
st_status files_mix(const files *f, json_t *params, const char *recipe,
                    int threads, const char *into, json_t **result,
                    st_err *err);
/* A document of a run (asserts); json_decref. */
json_t *files_json(const files *f, const char *into, const char *what);
/* Both planes of a run's audio, [2][frames]; free. */
float *files_audio(const files *f, const char *into, const char *what,
                   int64_t *frames);
/* "a/0/b" in a document, NULL where there is none. */
json_t *files_find(json_t *document, const char *path);

#endif
