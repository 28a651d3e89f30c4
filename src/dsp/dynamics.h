/* dynamics: what the compressors share: curve, ballistics, reduction meter.
 * Source: D. Giannoulis, M. Massberg, J. Reiss, "Digital Dynamic Range
 * Compressor Design", JAES 60(6), 2012: feed-forward, log domain, smoothing
 * of the gain after the curve, "decoupled" detector.
 *
 * The gain is computed once a control step of 8 frames (below 64 kHz; 16, 32,
 * 64 frames from 64, 128, 256 kHz), keyed to the absolute frame, and runs in a
 * straight line from one value to the next. It therefore acts one step
 * (0.17 ms at 48 kHz) after what it has seen; a look-ahead of one step or
 * more makes up for that. The detector sees every sample: within a step the
 * largest (peak) or the mean square (RMS) counts.
 *
 * Level: dBFS on the scale where a full-scale sine is 0 dB in both modes (RMS
 * carries the 3.01 dB of AES17). Linked channels share the level of the
 * loudest. Attack: time in which the reduction after a jump up reaches 63 % of
 * its new value in dB. Release: the same after a jump down, from the end of
 * the hold on (the attack smoothing stays in series). */
#ifndef ST_DSP_DYNAMICS_H
#define ST_DSP_DYNAMICS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum { ST_DETECT_PEAK = 0, ST_DETECT_RMS } st_detect;

/* One curve with its ballistics: a compressor, or a band of one. */
typedef struct {
    st_detect detect;
    double rms_ms;       /* 1..1000: averaging time constant of RMS */
    double threshold_db; /* -100..20 */
    double ratio;        /* 1..1000; 1 leaves everything as it is */
    double knee_db;      /* 0..40: whole width, centred on the threshold */
    double range_db;     /* 0..100: the gain never moves further than this */
    double attack_ms;    /* 0.05..1000 */
    double release_ms;   /* 1..10000 */
    double hold_ms;      /* 0..1000: wait before a release starts; half a
                          * period of the lowest tone keeps it clean */
    double makeup_db; /* -40..40: after the curve, not counted as reduction */
    double mix;       /* 0..1: parallel compression, 1 = compressed only */
    bool upward;      /* lift what lies below the threshold instead */
    double floor_db;  /* upward: the lift ends at this level (-120..0), so
                       * that silence and noise stay where they are */
} st_dynamics_params;

/* Peak, ratio 1 (neutral), threshold -20, knee 6, range 100, attack 10,
 * release 100, hold 5 ms, makeup 0, mix 1, rms 10 ms, floor -70. [any] */
st_dynamics_params st_dynamics_defaults(void);

/* True when the settings cannot change a signal: ratio 1, range 0 or mix 0,
 * and makeup 0. [any] */
bool st_dynamics_is_neutral(const st_dynamics_params *params);

/* The static curve: gain in dB (negative = reduction), makeup and mix
 * excluded, for a steady `level_db` dBFS. [any] */
double st_dynamics_curve_db(const st_dynamics_params *params, double level_db);

/* What a compressor did, since _new or _reset or _clear of its meter.
 * Reduction is the gain really applied (mix included, makeup not), positive
 * when the level was lowered. The mean runs over 10 ms blocks (rounded to
 * whole control steps) in which the detector's RMS was above -60 dBFS (same
 * scale as above); a block counts with its own mean, lifts count as 0. */
typedef struct {
    double mean_db; /* 0 when no block counted */
    double max_db;  /* largest of any control step in a counted block */
    double now_db;  /* newest control step; negative: lifted */
    int64_t blocks; /* blocks counted */
} st_reduction;

#endif
