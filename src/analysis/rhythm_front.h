/* rhythm_front: what the rhythm network hears.
 * Source: Boeck & Schedl 2011 (log-frequency bands and their rises), a coarse
 * chroma beside them for harmonic rhythm.
 *
 * Two power spectra (1024 points for when, 4096 for which pitch classes) are
 * folded and kept in 107 bytes a frame: 19 MiB an hour. Values are relative
 * to the mean power of the whole piece, so the level of a file does not
 * matter; hence frames can be had only after _finish. Private to rhythm.c,
 * its tests and the tool that dumps training material. */
#ifndef ST_ANALYSIS_RHYTHM_FRONT_H
#define ST_ANALYSIS_RHYTHM_FRONT_H

#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum {
    ST_RHYTHM_HOP = 441, /* 50 frames a second at 22,050 Hz */
    ST_RHYTHM_BANDS = 52,
    ST_RHYTHM_CLASSES = 12,
    ST_RHYTHM_PER_CHROMA = 4, /* frames */
    /* log bands, their rises, chroma */
    ST_RHYTHM_INPUTS = 2 * ST_RHYTHM_BANDS + ST_RHYTHM_CLASSES
};

typedef struct st_rhythm_front st_rhythm_front;

/* hop: ST_RHYTHM_HOP; other values stretch time (training only), 100..1000.
 * ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_rhythm_front_new(st_rhythm_front **out, int hop);
void st_rhythm_front_free(st_rhythm_front *front);  /* NULL is fine [main] */
void st_rhythm_front_reset(st_rhythm_front *front); /* as new [rt] */
/* As st_powerspec_process; grows: ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_rhythm_front_process(st_rhythm_front *front,
                                              const float *in, int64_t n);
ST_MUST_USE st_status st_rhythm_front_finish(st_rhythm_front *front);
/* After it only _reset and _free; gives back the memory of the frames. [any] */
void st_rhythm_front_forget(st_rhythm_front *front);
/* 1 + samples / hop, of none none. [any] */
int64_t st_rhythm_front_frames(const st_rhythm_front *front);
/* Mean power of a band over all frames, in squares of DFT values (a sine of
 * amplitude 1 is about 1260); 0 for silence. [any] */
double st_rhythm_front_power(const st_rhythm_front *front);
/* What is kept of a frame: log2 of power times 256 [BANDS]. [any] */
const int16_t *st_rhythm_front_bands(const st_rhythm_front *front,
                                     int64_t frame);
/* How many frames of pitch classes; and one, the strongest 255 [CLASSES]. [any]
 */
int64_t st_rhythm_front_chromas(const st_rhythm_front *front);
const uint8_t *st_rhythm_front_chroma(const st_rhythm_front *front,
                                      int64_t frame);
/* out[count][ST_RHYTHM_INPUTS] of frames first..; those outside of the piece
 * are zeros. For band b: x = log2(1 + 20 sqrt(P / mean P)), its rise over
 * the frame before, and the pitch classes 0..1. [any] */
void st_rhythm_front_fill(const st_rhythm_front *front, int64_t first,
                          int64_t count, float *out);

#endif
