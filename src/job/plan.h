/* plan: a list of stages with what goes in and where the results go.
 * Source: design.md sections 1 and 3; the document "stemma.plan/1" is in
 * docs/formats.md. The shell, the worker and libstemma all build one of these
 * and hand it to st_plan_run.
 *
 * An item of an input is a file, or an output of an earlier step. All texts
 * are copied. [one at a time] */
#ifndef ST_JOB_PLAN_H
#define ST_JOB_PLAN_H

#include "stage/stage.h"

enum { ST_PLAN_MAX_STEPS = 4096, ST_PLAN_MAX_ITEMS = 65536 };

typedef struct {
    int input;  /* index in stage->inputs */
    char *file; /* or NULL: an output of an earlier step */
    int step, output, index;
    char *label; /* for people; by default the file's base name */
    double weight;
} st_plan_item;

typedef struct {
    int output; /* index in stage->outputs */
    int index;
    char *file;
    char *container; /* NULL: from the file's ending, else the first input's */
    st_bits bits;
} st_plan_target;

typedef struct {
    const st_stage *stage;
    int engine;
    json_t *params; /* canonical: every parameter */
    uint64_t seed;
    st_plan_item *items;
    int item_count;
    st_plan_target *targets;
    int target_count;
} st_plan_step;

typedef struct {
    st_plan_step *steps;
    int step_count;
} st_plan;

ST_MUST_USE st_status st_plan_new(st_plan **out);
void st_plan_free(st_plan *plan); /* NULL is fine */

/* Add a step; parameters are checked and completed. `engine` NULL: the
 * default. *step (may be NULL) gets its number. ST_NOT_FOUND, ST_BAD_ARG,
 * ST_LIMIT, ST_NO_MEM. */
ST_MUST_USE st_status st_plan_step_add(st_plan *plan, const st_stage *stage,
                                       const char *engine, json_t *params,
                                       uint64_t seed, int *step, st_err *err);
/* Give a step one more item of an input. `label` may be NULL. ST_BAD_ARG
 * (weight not in 0..1000, or not weighted), ST_NOT_FOUND, ST_LIMIT. */
ST_MUST_USE st_status st_plan_file_add(st_plan *plan, int step,
                                       const char *input, const char *file,
                                       const char *label, double weight,
                                       st_err *err);
/* The same from output `output`, item `index`, of an earlier step `from`. */
ST_MUST_USE st_status st_plan_link_add(st_plan *plan, int step,
                                       const char *input, int from,
                                       const char *output, int index,
                                       st_err *err);
/* Ask for an output in a file; outputs without a target are not made, but
 * json ones always stand in the result. `container` may be NULL. ST_EXISTS
 * (asked twice), ST_NOT_FOUND. */
ST_MUST_USE st_status st_plan_target_add(st_plan *plan, int step,
                                         const char *output, int index,
                                         const char *file,
                                         const char *container, st_bits bits,
                                         st_err *err);

/* Are all counts right (inputs that must be there), and does no parameter lack
 * or contradict an input? ST_BAD_ARG. st_plan_run asks too. */
ST_MUST_USE st_status st_plan_check(const st_plan *plan, st_err *err);

/* A plan from a "stemma.plan/1" document, checked. ST_BAD_DATA names the
 * place. */
ST_MUST_USE st_status st_plan_parse(st_plan **out, json_t *document,
                                    st_err *err);
/* Can a document name every file of the plan? ST_BAD_ARG for a name that is
 * no UTF-8: JSON cannot hold it, so a plan or result would name another file.
 * [any] */
ST_MUST_USE st_status st_plan_check_names(const st_plan *plan, st_err *err);
/* The document of a plan, a new reference, or NULL when out of memory. */
json_t *st_plan_json(const st_plan *plan);

#endif
