/* run: carries out a plan over files. The shell, the worker and libstemma all
 * call this one function.
 * Source: design.md sections 1 and 3; the result is "stemma.result/1", see
 * docs/formats.md. */
#ifndef ST_JOB_RUN_H
#define ST_JOB_RUN_H

#include "job/plan.h"

typedef struct {
    int step, steps; /* which one runs, of how many */
    const char *stage;
    const char *phase;
    double fraction; /* 0..1 of the whole plan, never falling */
} st_progress;

/* Zero-initialised: no pool, no progress, no cancel, no cache. */
typedef struct {
    /* The process's pool, asked for when a stage first wants it. This and
     * `progress` are called one at a time, by whichever thread works. */
    st_pool *(*pool)(void *ctx);
    void (*progress)(void *ctx, const st_progress *progress);
    bool (*cancelled)(void *ctx); /* [any] */
    void *ctx;
    const char *cache_dir; /* results of cacheable stages; NULL: none */
    const char *temp_dir;  /* spools; NULL: $TMPDIR, else /var/tmp */
    bool keep_going;       /* a failed step does not stop the others; steps
                              that only read files and give documents run
                              beside each other */
} st_run_options;

/* Run every step in order. Output files appear, whole, when all steps are
 * done (with keep_going: those of the steps that were); on any error or a
 * cancel nothing is left behind and files already there are untouched.
 * *result gets the document, also when a step failed or was cancelled (then
 * it says so); NULL only when memory was short or the plan was refused before
 * it began. The status is that of the first step that failed, its sentence in
 * `err`. ST_EXISTS: an output would overwrite an input. [one at a time] */
ST_MUST_USE st_status st_plan_run(const st_plan *plan,
                                  const st_run_options *options,
                                  json_t **result, st_err *err);

/* Does the document hold warnings or skipped parts (exit status 3)? [any] */
bool st_result_warned(const json_t *result);

/* Unlink every output of this process that is not in its place yet (beside
 * st_writer_unlink_all). For signal handlers: async-signal-safe. [any] */
void st_run_unlink_all(void);

#endif
