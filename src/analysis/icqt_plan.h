/* icqt_plan: the dual kernels of an inverse constant-Q transform (private to
 * icqt.c). Source: as icqt.h. */
#ifndef ST_ANALYSIS_ICQT_PLAN_H
#define ST_ANALYSIS_ICQT_PLAN_H

#include "analysis/cqt_plan.h"

/* Dual kernels of two neighbouring bins (the second may be none: zeros):
 * taps[4][count], re and im of the first, re and im of the second; tap i is
 * for the sample at frame + first + i of the level. */
typedef struct {
    int bin, level;
    int first;
    size_t count;
    float *taps;
} st_icqt_pair;

typedef struct {
    st_cqt_params params;
    int levels; /* as st_cqt_plan */
    size_t pairs;
    st_icqt_pair *pair;
    float *store;
    int stride[ST_CQT_LEVELS]; /* only each so many frames are read */
    /* reach of a level's dual kernels, both in; low > high: no bins */
    int low[ST_CQT_LEVELS], high[ST_CQT_LEVELS];
} st_icqt_plan;

/* ST_BAD_ARG (gaps between bins; kernels over 2^19 samples), ST_NO_MEM; params
 * must be valid. [main] */
ST_MUST_USE st_status st_icqt_plan_init(st_icqt_plan *plan,
                                        const st_cqt_params *params);
void st_icqt_plan_deinit(st_icqt_plan *plan); /* of zeros is fine */

#endif
