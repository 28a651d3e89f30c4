/* dynops: vector kernels of crossover, compressors and dither (internal).
 * Source: dsp/crossover.h, dsp/dynamics.h; each CPU level (core/cpu.h) gives
 * the same bits.
 *
 * "Lanes" are 8 values a frame: the four bands of two channels, in the order
 * in which the tree of the crossover leaves them:
 *   0, 1  band 0 (low of the low half)      2, 3  band 2 (low of the high half)
 *   4, 5  band 1 (high of the low half)     6, 7  band 3 (high of the high
 * half) even lanes the left channel of the pair, odd lanes the right one. */
#ifndef ST_DSP_DYNOPS_H
#define ST_DSP_DYNOPS_H

#include <stddef.h>
#include <stdint.h>

enum { ST_LANES = 8, ST_XOVER_SECTIONS = 5 };

/* One trapezoidal state-variable section on four lanes, its outputs kept
 * doubled (sums of old and new state): with g = tan(pi f / rate), k = sqrt 2,
 * a = 1 / (1 + g (g + k)): p = 2 a - 1, q = 2 g a, r = 2 g g a. All zero: the
 * section is not there (low 0, allpass = input). */
typedef struct {
    double p[4], q[4], r[4];
} st_xover_section;

typedef struct {
    st_xover_section first;   /* lanes L R (others unused): middle split */
    st_xover_section allpass; /* lanes low L, low R, high L, high R */
    st_xover_section split;   /* same lanes */
} st_xover_coeffs;

typedef struct {
    double s1[ST_XOVER_SECTIONS][4], s2[ST_XOVER_SECTIONS][4];
} st_xover_state;

/* Curve and ballistics of 8 gains. Levels in log2 of amplitude (6.02 dB). The
 * first ST_GAIN_RAMPED rows are smoothed. */
enum { ST_GAIN_RAMPED = 7 };
typedef struct {
    float threshold[ST_LANES];
    float slope[ST_LANES]; /* 1 - 1 / ratio */
    float knee[ST_LANES];
    float range[ST_LANES];
    float floor[ST_LANES];  /* upward: no lift below; else very low */
    float makeup[ST_LANES]; /* linear */
    float mix[ST_LANES];
    float sign[ST_LANES];     /* 1, upward -1 */
    float rms[ST_LANES];      /* 1: level from the mean square, 0: from peaks */
    float keep_rms[ST_LANES]; /* one-pole factors a control step */
    float keep_attack[ST_LANES];
    float keep_release[ST_LANES];
    float hold[ST_LANES];   /* control steps */
    float inside[ST_LANES]; /* 1 / (2 knee), 0 for a hard one */
    int parallel;           /* some mix is not 1 */
    int upward;             /* some lane lifts */
    int lanes;              /* in use: the first so many */
} st_gain_law;

typedef struct {
    float power[ST_LANES];  /* smoothed mean square */
    float held[ST_LANES];   /* reduction after hold and release */
    float smooth[ST_LANES]; /* after the attack */
    float wait[ST_LANES];   /* control steps of hold left */
    /* upward lanes: level after hold and release, and its own hold */
    float level[ST_LANES], loud[ST_LANES], loud_wait[ST_LANES];
    /* of the running 10 ms block, for the meter: */
    float block_cut[ST_LANES]; /* sum of reductions (>= 0), log2 */
    float block_top[ST_LANES]; /* largest of them */
    float block_power[ST_LANES];
    float cut[ST_LANES]; /* newest reduction, log2, signed */
} st_gain_state;

typedef struct {
    /* Split n frames of two channels into lanes[n][ST_LANES]. */
    void (*crossover)(st_xover_state *state, const st_xover_coeffs *coeffs,
                      const float *left, const float *right, float *lanes,
                      size_t n);
    /* For each of `steps` steps of n frames (n even): mean of squares and
     * largest square of each band, the louder of its two channels, on both of
     * its lanes. A NaN is passed over by the largest.
     * lanes[steps * n][ST_LANES], mean and top [steps][ST_LANES]. */
    void (*detect_lanes)(const float *lanes, size_t n, size_t steps,
                         float *mean, float *top);
    /* The same of one channel, x[n], n a multiple of 8, one step. */
    void (*detect)(const float *x, size_t n, float *mean, float *top);
    /* `steps` control steps of all gains in use. mean and top: squares,
     * [steps][ST_LANES]; the new gains go to gains[steps][ST_LANES], where
     * those of lanes not in use may be left as they are. */
    void (*gain)(const st_gain_law *law, st_gain_state *state,
                 const float *mean, const float *top, float *gains,
                 size_t steps);
    /* left[i], right[i] = sums over bands of lane * gain, which goes from
     * from[ST_LANES] to to[ST_LANES] as w[i] goes from 0 to 1. */
    void (*mix_lanes)(const float *lanes, const float *from, const float *to,
                      const float *w, float *left, float *right, size_t n);
    /* out[i] = in[i] * (from + (to - from) * w[i]); out may be in. */
    void (*ramp)(float *out, const float *in, float from, float to,
                 const float *w, size_t n);
    /* out[i] = triangular noise in (-1, 1), of power 1/6: a hash of `frame` + i
     * (the low 32 bits of the frame index) under two keys. */
    void (*noise)(float *out, uint32_t frame, uint32_t key1, uint32_t key2,
                  size_t n);
    /* out[i] = round(in[i] * scale + noise[i]) / scale, ties to even, within
     * -1 .. 1 - 1 / scale; NaN gives 0. scale: a power of two up to 2^23. out
     * may be in. */
    void (*quantise)(float *out, const float *in, const float *noise,
                     double scale, size_t n);
} st_dynops;

/* The table for this machine; look it up once, in _new. Never NULL. [any] */
const st_dynops *st_dynops_get(void);
/* The table of one st_cpu_level, for tests; NULL where it is lacking. [any] */
const st_dynops *st_dynops_level(int level);

#endif
