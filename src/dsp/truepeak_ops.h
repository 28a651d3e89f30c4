/* truepeak_ops: the vector kernels of truepeak.c, one table a CPU level.
 * Source: core/cpu.h. Private to truepeak.c and its tests. */
#ifndef ST_DSP_TRUEPEAK_OPS_H
#define ST_DSP_TRUEPEAK_OPS_H

#include <stddef.h>

enum {
    ST_TP_HALF = 32,   /* taps of the half-band filter on each side */
    ST_TP_FINE = 8,    /* taps of each filter between half-band points */
    ST_TP_CHUNKS = 40, /* most chunks at once */
    ST_TP_GROUP = 32,  /* frames looked at together */
    ST_TP_ROW = 64,    /* floats between rows of points */
    ST_TP_LEFT = 16,   /* index of the group's first frame in a row */
};

typedef struct {
    /* out[i] = in[i], 0 where not finite or beyond 1e10 */
    void (*clean)(float *out, const float *in, size_t n);
    /* out[i] = largest |in[j]| of the chunk i of 32; n chunks, to
     * ST_TP_CHUNKS */
    void (*chunk_peaks)(float *out, const float *in, size_t n);
    /* out[i] = half way between in[i] and in[i + 1]; reads in[-31 .. n + 31];
     * n a multiple of 32 */
    void (*mid)(float *out, const float *in, const float *h, size_t n);
    /* The 8 points from each x[i] on, i in [0, 32): y[p * ROW + LEFT + i];
     * reads x and m at [-3, 35). h[3][8]. Also y7 of i = -1 and y0 of 32. */
    void (*points)(float *y, const float *x, const float *m, const float *h);
    /* An upper bound of the parabolas' peaks over those points. */
    float (*bound)(const float *y);
} st_tp_ops;

#endif
