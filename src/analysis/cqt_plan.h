/* cqt_plan: the kernels and rates of a constant-Q transform (private to cqt.c
 * and icqt.c). Source: as cqt.h. */
#ifndef ST_ANALYSIS_CQT_PLAN_H
#define ST_ANALYSIS_CQT_PLAN_H

#include "analysis/cqt.h"

#include <stddef.h>

enum { ST_CQT_LEVELS = 12 };

/* Two neighbouring bins (the second may be none: zeros): taps[count][4], re
 * and im of each, the first for the sample at frame + first. */
typedef struct {
    int bin, level;
    int first;
    size_t count;
    float *taps;
} st_cqt_pair;

typedef struct {
    st_cqt_params params;
    int present;
    int levels; /* 1..ST_CQT_LEVELS; level l has rate / 2^l, hop / 2^l */
    size_t pairs;
    st_cqt_pair *pair;
    float *store;
    /* a level's kernels reach from frame + low to frame + high, both in */
    int low[ST_CQT_LEVELS], high[ST_CQT_LEVELS];
} st_cqt_plan;

bool st_cqt_valid(const st_cqt_params *params);
/* ST_NO_MEM; params must be valid. [main] */
ST_MUST_USE st_status st_cqt_plan_init(st_cqt_plan *plan,
                                       const st_cqt_params *params);
void st_cqt_plan_deinit(st_cqt_plan *plan);

#endif
