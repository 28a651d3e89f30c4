/* widepeak: what a common four-fold true-peak meter reads.
 * Source: ITU-R BS.1770 Annex 2 allows short interpolators; the 49-tap
 * Hann-windowed sinc (4 times under 96 kHz, 2 times under 192 kHz) is the one
 * of most loudness tools. It over-reads some programme by up to 0.2 dB. A
 * file that is safe for our own meter should not be refused elsewhere, so
 * control asks both. */
#ifndef ST_MASTER_WIDEPEAK_H
#define ST_MASTER_WIDEPEAK_H

#include "dsp/ops.h"
#include "audio/flow.h"

enum { ST_WIDE_TAPS = 13, ST_WIDE_CHUNK = 512 };

typedef struct {
    const st_ops *ops;
    int phases;  /* between samples: 3, 1 or 0 */
    float floor; /* chunks below it are passed over */
    float fir[3][ST_WIDE_TAPS];
    float held[ST_MAX_CHANNELS][ST_WIDE_TAPS - 1 + ST_WIDE_CHUNK];
    float peak; /* linear, so far */
} st_widepeak;

/* `over_db`: only what comes within 4 dB of it is looked at. [any] */
void st_widepeak_init(st_widepeak *wide, int rate_hz, double over_db);
/* A step that listens. */
st_status st_widepeak_step(void *wide, st_block *block, st_err *err);
/* dBTP; -INFINITY when nothing came near. [any] */
double st_widepeak_db(const st_widepeak *wide);

#endif
