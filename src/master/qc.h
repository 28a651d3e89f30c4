/* qc: the checks on a file that was written, each with its measured number.
 * Source: issue rows M44, M45, M54 ("M decisions" in the requirements).
 *
 * Five checks carry the report's names; more follow. No check passes on a
 * value that was not measured on the samples of the file: the file is read
 * again, and when it does not hold exactly what was measured while writing
 * (a lossy format, or a fault) it is measured anew. */
#ifndef ST_MASTER_QC_H
#define ST_MASTER_QC_H

#include "master/render.h"

typedef enum { ST_QC_FAIL = 0, ST_QC_PASS = 1, ST_QC_NONE = 2 } st_qc_state;

typedef struct {
    const char *name;  /* "lufs_in_range" */
    const char *title; /* for people */
    st_qc_state state; /* NONE: could not be measured, says why */
    double measured, limit;
    const char *unit;
    char note[200];
} st_qc_check;

enum { ST_QC_CHECKS = 9, ST_QC_MAIN = 5 };

typedef struct {
    st_qc_check check[ST_QC_CHECKS]; /* the first ST_QC_MAIN as in M54 */
    bool passed;                     /* none failed */
} st_qc;

/* Read the written file again. *same: it holds the samples that `result` was
 * measured on; if not, result->after is measured anew from the file. No-op
 * (same = true) without means->reread. [main] */
ST_MUST_USE st_status st_qc_reread(const st_means *means, st_result *result,
                                   bool *same, st_err *err);

/* Judge. `lossless`: the format should give the samples back exactly. [any] */
void st_qc_judge(st_qc *qc, const st_recipe *recipe, const st_goal *goal,
                 const st_measure *in, const st_pre *pre,
                 const st_result *result, bool same, bool lossless);

#endif
