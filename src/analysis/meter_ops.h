/* meter_ops: the vector kernels of loudness.c and meter.c, one table a CPU
 * level. Source: core/cpu.h. Private to them and their tests. */
#ifndef ST_ANALYSIS_METER_OPS_H
#define ST_ANALYSIS_METER_OPS_H

#include <stddef.h>
#include <stdint.h>

enum { ST_KW_BLOCK = 16, ST_KW_STATES = 4, ST_KW_WIDE = 24 };

/* A K filter as 16 frames at once. Row i of x is what input frame i adds to
 * the 16 outputs and, behind them, to the 4 states after them; row i of state
 * is the same for state i. The rest of a row is 0. (Rows of 16 or fewer would
 * be unrolled by compilers first and not kept in vector registers.) */
typedef struct {
    double x[ST_KW_BLOCK][ST_KW_WIDE];
    double state[ST_KW_STATES][ST_KW_WIDE];
} st_kw_block;

typedef struct {
    float low, high;
    double sum, square;
} st_sums;

typedef struct {
    /* y[n] of x[n]; n a multiple of 16; unusable samples are read as 0 */
    void (*weigh)(double *y, const float *x, size_t n, double *state,
                  const st_kw_block *k);
    /* sum of y^2 */
    double (*energy)(const double *y, size_t n);
    /* out[i] = in[i], 0 where not finite or beyond 1e10; how many */
    int64_t (*clean)(float *out, const float *in, size_t n);
    /* smallest and largest (of x and 0), sum and sum of squares */
    st_sums (*sums)(const float *x, size_t n);
    /* sum of a * b */
    double (*cross)(const float *a, const float *b, size_t n);
    /* The samples times 2^23 as integers, or-ed; *exact 0 if one is none */
    uint32_t (*grid)(const float *x, size_t n, int *exact);
    /* mid = (l + r) / 2, side = (l - r) / 2 of usable samples */
    void (*mid_side)(float *mid, float *side, const float *l, const float *r,
                     size_t n);
    /* out = x * w; the largest |x| */
    float (*window)(float *out, const float *x, const float *w, size_t n);
    /* Of one transform of mid + i side, n points with point n = point 0: add
     * |M|^2, |S|^2 and Re(M S*) of bins 0 .. n / 2. */
    void (*split)(float *mid, float *side, float *cross, const float *re,
                  const float *im, size_t n);
    /* mid[n] += re^2 + im^2 */
    void (*power)(float *mid, const float *re, const float *im, size_t n);
} st_meter_ops;

/* The table for this machine. Never NULL. [any] */
const st_meter_ops *st_meter_ops_get(void);
/* The table of one st_cpu_level, NULL where there is none. [any] */
const st_meter_ops *st_meter_ops_level(int level);

#endif
