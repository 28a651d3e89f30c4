/* chroma: how strong each of the 12 pitch classes is, over time.
 * Source: Fujishima 1999; Mauch & Dixon 2010 (three bins a semitone, folded
 * when the tuning is known). With 0 cents it is librosa 0.11 chroma_cqt(
 * bins_per_octave=36, norm) with kernels that end with their windows.
 *
 * A mono stream goes through a constant-Q transform of 36 bins an octave from
 * C1; its magnitudes, folded over octaves to 36 classes, are kept: below
 * ST_CHROMA_SPLIT_HZ (bass) and from there on (treble). The fold to 12 is
 * done when asked, at any tuning, so one pass serves recordings at 430 as at
 * 450 Hz: with tuning.h find the cents, then st_chroma_get. Class 0 is C.
 * 152 bytes a frame: 23 MiB an hour at 22,050 Hz and hop 512. */
#ifndef ST_ANALYSIS_CHROMA_H
#define ST_ANALYSIS_CHROMA_H

#include "analysis/frames.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdint.h>

enum { ST_CHROMA_CLASSES = 12, ST_CHROMA_FINE = 36, ST_CHROMA_BINS = 252 };
#define ST_CHROMA_SPLIT_HZ 261.6255653 /* C4: bass is C1..B3 */

typedef enum { ST_CHROMA_ALL, ST_CHROMA_BASS, ST_CHROMA_TREBLE } st_chroma_part;

typedef enum {
    ST_CHROMA_RAW, /* sums of constant-Q magnitudes */
    ST_CHROMA_MAX, /* the greatest class is 1; silence stays 0 */
    ST_CHROMA_UNIT /* length 1; silence stays 0 */
} st_chroma_norm;

typedef struct st_chroma st_chroma;

/* rate_hz 8000..384000 (22,050 is meant: classes above half the rate, and
 * from C8 on, are not seen); hop 1..65536, best with a factor of 128.
 * ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_chroma_new(st_chroma **out, double rate_hz, int hop);
void st_chroma_free(st_chroma *c);  /* NULL is fine [main] */
void st_chroma_reset(st_chroma *c); /* as new; keeps its memory [rt] */
/* Gives each frame's ST_CHROMA_BINS constant-Q magnitudes, 36 an octave from
 * C1, to `sink` as well; frame NULL: to none. [main] */
void st_chroma_tap(st_chroma *c, st_frame_sink sink);
/* Gives each frame's ST_CHROMA_FINE classes of all octaves, for
 * st_chroma_fold, to `sink` as well; frame NULL: to none. [main] */
void st_chroma_tap_fine(st_chroma *c, st_frame_sink sink);
/* Frames go to the taps alone from now on, also after _reset, and those kept
 * are freed. [main] */
void st_chroma_forget(st_chroma *c);
/* Any n >= 0; any division gives the same bits; unusable samples are read as
 * 0. Grows by blocks of frames: ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_chroma_process(st_chroma *c, const float *in,
                                        int64_t n);
/* Nothing follows. ST_NO_MEM. [one at a time] */
ST_MUST_USE st_status st_chroma_finish(st_chroma *c);

/* Frames so far; after _finish 1 + n / hop, centred on frame * hop. [any] */
int64_t st_chroma_frames(const st_chroma *c);
/* out[count][12] of frames first..first + count - 1 (must be there), folded
 * for A4 = 440 * 2^(cents / 1200) Hz, cents -50..50. [any] */
void st_chroma_get(const st_chroma *c, st_chroma_part part, double cents,
                   st_chroma_norm norm, int64_t first, int64_t count,
                   float *out);
/* The same summed over frames (then normed): out[12], e.g. of a beat.
 * count 0 gives zeros. [any] */
void st_chroma_sum(const st_chroma *c, st_chroma_part part, double cents,
                   st_chroma_norm norm, int64_t first, int64_t count,
                   float *out);
/* The 36 classes as kept, 3 a semitone, class 0 at C: out[count][36]. [any] */
void st_chroma_fine(const st_chroma *c, st_chroma_part part, int64_t first,
                    int64_t count, float *out);

/* Folds 36 classes to 12 at a tuning: each takes what lies within half a
 * semitone; in and out may not overlap. [rt] */
void st_chroma_fold(const float *fine, double cents, float *out);
/* Norms 12 values in place. [rt] */
void st_chroma_norm_apply(float *chroma, st_chroma_norm norm);

#endif
