/* powerspec: a mono stream as power spectra, frame by frame.
 * Source: Allen & Rabiner 1977; frames where librosa 0.11 puts them
 * (stft(center=True, pad_mode="constant"), periodic Hann).
 *
 * Frame t is centred on sample t * hop; before the start and after the end
 * there is silence. Values are re^2 + im^2 of the windowed DFT, nothing
 * divided: a sine of amplitude a reads (a size / 4)^2. Of n samples there are
 * 1 + n / hop frames, of none there is none. */
#ifndef ST_ANALYSIS_POWERSPEC_H
#define ST_ANALYSIS_POWERSPEC_H

#include "analysis/frames.h"
#include "core/attr.h"
#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct st_powerspec st_powerspec;

typedef struct {
    int size; /* samples a frame, power of two 64..65536 */
    int hop;  /* 1..size */
} st_powerspec_params;

/* 2048, 512. [any] */
st_powerspec_params st_powerspec_defaults(void);
/* Frames go to `sink` with size/2 + 1 values; behind them lie 16 zeros that
 * may be read. ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_powerspec_new(st_powerspec **out,
                                       const st_powerspec_params *params,
                                       st_frame_sink sink);
void st_powerspec_free(st_powerspec *p); /* NULL is fine [main] */
/* As new. [rt] */
void st_powerspec_reset(st_powerspec *p);
/* Any n >= 0; any division gives the same bits; unusable samples (NaN,
 * infinite, beyond 1e10) are read as 0. [rt] */
void st_powerspec_process(st_powerspec *p, const float *in, int64_t n);
/* Nothing follows: the frames that reach over the end are given. [rt] */
void st_powerspec_finish(st_powerspec *p);
int st_powerspec_bins(const st_powerspec *p);
/* Frames given so far. [any] */
int64_t st_powerspec_frames(const st_powerspec *p);

#endif
