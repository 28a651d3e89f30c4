/* align: delay, polarity and likeness between the stems of a song.
 * Source: Knapp & Carter 1976 (generalised cross-correlation, weighted by
 * coherence); Carter 1987 (magnitude-squared coherence).
 *
 * All stems run in step. Blocks of st_spectrum_size(rate) frames with half
 * overlap give averaged cross-spectra of each pair up to 12 kHz; their inverse
 * transform, each bin weighted by how coherent it is, peaks at the delay. The
 * sign of the peak is the polarity. Delays to +-60 ms are found, to a tenth
 * of a frame where the sound reaches some kHz. Stems that share nothing
 * (other instruments) are ST_ALIGN_APART, and no delay is said of them. */
#ifndef ST_ANALYSIS_ALIGN_H
#define ST_ANALYSIS_ALIGN_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum { ST_ALIGN_MAX_STEMS = 64 };

typedef enum {
    ST_ALIGN_APART,    /* nothing in common, or too little sound to say */
    ST_ALIGN_RELATED,  /* part of one is in the other: two microphones of one
                        * kit, bleed, a doubled bus */
    ST_ALIGN_DUPLICATE /* the same sound but for gain, delay and polarity */
} st_align_kind;

typedef struct {
    st_align_kind kind;
    double delay_frames; /* b comes this much after a; 0 when apart */
    int polarity;        /* 1, -1: b is a upside down; 0 when apart */
    double gain_db;      /* power of b over that of a */
    double coherence;    /* mean magnitude-squared coherence after the delay is
                          * taken out, weighted by power, 0..1 */
} st_align_pair;

typedef struct st_align st_align;

/* stems 2..64, rate_hz 8000..384000. ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_align_new(st_align **out, int rate_hz, int stems);
void st_align_free(st_align *align); /* NULL is fine [main] */
/* One mono signal a stem, in[stems], any frames >= 0; a stem that has ended
 * is given silence. Samples that are not finite or exceed 1e10 are read as 0.
 * Any division, the same bits. [rt] */
void st_align_process(st_align *align, const float *const *in, int64_t frames);
/* Nothing follows. ST_NO_MEM. [main] */
ST_MUST_USE st_status st_align_finish(st_align *align);
/* After _finish. a != b. [any] */
void st_align_get(const st_align *align, int a, int b, st_align_pair *out);

#endif
