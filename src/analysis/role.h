/* role: which part a stem plays (audio/role.h), and a vector to compare it by.
 * Source: own network (models/role.md: layers, material, measured quality),
 * over log-mel pictures of ST_ROLE_LOOK_FRAMES frames.
 *
 * The mono stream is cut into looks of 5.9 s; the most active ones
 * (ST_ROLE_LOOKS at most) are kept as bands, and the network reads them at the
 * end. Gain changes nothing above -80 dBFS. The same bits for any division
 * into blocks and at each CPU level. Samples that are not finite or exceed
 * 1e10 are read as 0. Memory does not grow with length.
 *
 * It knows 18 sounds and nothing else: it judges the sound, so a synth that
 * plays the bass line is bass, and a singer alone is a lead vocal. */
#ifndef ST_ANALYSIS_ROLE_H
#define ST_ANALYSIS_ROLE_H

#include "analysis/frames.h"
#include "audio/role.h"
#include "core/attr.h"
#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ST_ROLE_RATE_HZ = 22050,
    ST_ROLE_BANDS = 128, /* of mel, as analysis/spectra.h gives them */
    ST_ROLE_LOOK_FRAMES = 256,
    ST_ROLE_LOOKS = 6,
    ST_ROLE_EMBEDDING = 64
};

typedef struct {
    bool has_role;
    const char *reason; /* a sentence when there is none, else NULL; static */
    st_role role;       /* ST_ROLE_NONE when there is none */
    float confidence;   /* 0..1: calibrated chance that `role` is right */
    float probability[ST_ROLE_COUNT];   /* sum 1; all 0 when there is none */
    float embedding[ST_ROLE_EMBEDDING]; /* length 1, compare by dot product;
                                           all 0 when there is none */
    int looks;                          /* that were read */
} st_role_result;

typedef struct st_role_ear st_role_ear;

/* Weights are part of the program. ST_NO_MEM, ST_NOT_FOUND, ST_BAD_DATA.
 * [main] */
ST_MUST_USE st_status st_role_ear_new(st_role_ear **out, st_err *err);
void st_role_ear_free(st_role_ear *ear);  /* NULL is fine [main] */
void st_role_ear_reset(st_role_ear *ear); /* as new [rt] */

/* Either the stream itself, in[n] at ST_ROLE_RATE_HZ, n >= 0 ... [rt] */
void st_role_ear_process(st_role_ear *ear, const float *in, int64_t n);
/* ... or the mel frames that another unit makes of it (as the sink `mel` of
 * analysis/spectra.h: power, [ST_ROLE_BANDS], 22,050 Hz, size 2048, hop 512):
 * equal results, and nothing is computed twice. ctx is the ear. [rt] */
st_frame_sink st_role_ear_sink(st_role_ear *ear);

/* Reads the looks. Then only _get, _reset, _free. [rt] */
void st_role_ear_finish(st_role_ear *ear);
/* After _finish; borrowed until _reset or _free. [any] */
const st_role_result *st_role_ear_get(const st_role_ear *ear);

#endif
