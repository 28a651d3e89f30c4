/* aim: how loud a limited file would be, before it is limited.
 * Source: ITU-R BS.1770 gating over a 1 ms model of dsp/limiter.h (own).
 *
 * While the chain's output goes to its spool, the peak and the powers of each
 * millisecond are kept: K-weighted, of mid and of side. From these the gain
 * that the limiter would take is drawn for any drive, and so the integrated
 * loudness, in milliseconds of work; the drive for a target follows by
 * bisection. The model is within some tenths of a dB; the file written is
 * measured and the rest corrected (master/render.h). */
#ifndef ST_MASTER_AIM_H
#define ST_MASTER_AIM_H

#include "audio/flow.h"

typedef struct st_aim st_aim;

/* frames: length if known, else -1. ST_NO_MEM, ST_BAD_ARG. [main] */
ST_MUST_USE st_status st_aim_new(st_aim **out, int rate_hz, int channels,
                                 int64_t frames);
void st_aim_free(st_aim *aim);
/* A step that listens. */
st_status st_aim_step(void *aim, st_block *block, st_err *err);
/* Predicted integrated loudness for a drive and a ceiling; -INFINITY for
 * silence or less than 400 ms. [main] */
double st_aim_loudness(const st_aim *aim, double drive_db, double ceiling_db);
/* The drive (-60..60 dB) that should give `lufs`; the largest that still
 * makes it louder when that is out of reach. [main] */
double st_aim_drive(const st_aim *aim, double lufs, double ceiling_db);
/* Predicted side to mid power of the limited file, two channels; 0 without a
 * mid. [main] */
double st_aim_side_ratio(const st_aim *aim, double drive_db, double ceiling_db);
/* Largest sample, dBFS; -INFINITY for silence. [main] */
double st_aim_peak_db(const st_aim *aim);

#endif
