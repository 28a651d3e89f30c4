/* plan: stages carried out over files, as the `stemma` program does it.
 * A stage's name, parameters, inputs and outputs are those of
 * `stemma help STAGE`; stemma_stages_json gives the same table to programs.
 * [one at a time] */
#ifndef STEMMA_PLAN_H
#define STEMMA_PLAN_H

#include <stddef.h>

#include "stemma/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct stemma_plan stemma_plan;

STEMMA_API stemma_status stemma_plan_new(stemma_plan **out,
                                         stemma_error *error);
/* A plan from a "stemma.plan/1" document. */
STEMMA_API stemma_status stemma_plan_parse(stemma_plan **out, const char *json,
                                           stemma_error *error);
STEMMA_API void stemma_plan_free(stemma_plan *plan); /* NULL is fine */

/* Add a stage; `params` is a JSON object of its parameters, or NULL. *step
 * (may be NULL) gets its number. NOT_FOUND, BAD_ARG (says range and unit). */
STEMMA_API stemma_status stemma_plan_stage(stemma_plan *plan, const char *stage,
                                           const char *params, int *step,
                                           stemma_error *error);
/* Give a step a file; weight 1 unless the input is weighted. */
STEMMA_API stemma_status stemma_plan_input(stemma_plan *plan, int step,
                                           const char *input, const char *file,
                                           double weight, stemma_error *error);
/* Give a step what an earlier one makes. */
STEMMA_API stemma_status stemma_plan_link(stemma_plan *plan, int step,
                                          const char *input, int from,
                                          const char *output, int index,
                                          stemma_error *error);
/* Ask for output `output`, item `index` (0 unless it is one of several), as a
 * file. Audio takes its format from the file's ending. */
STEMMA_API stemma_status stemma_plan_output(stemma_plan *plan, int step,
                                            const char *output, int index,
                                            const char *file,
                                            stemma_error *error);

typedef struct {
    size_t size; /* sizeof(stemma_run_options), so that it can grow */
    int threads; /* 1..64; 0: one for each CPU */
    /* fraction 0..1, never falling; may be called from another thread, one
     * call at a time. NULL is fine. */
    void (*progress)(void *ctx, double fraction, const char *phase);
    /* Non-zero: stop soon, with CANCELLED. Any thread. NULL is fine. */
    int (*cancelled)(void *ctx);
    void *ctx;
    const char *cache_dir; /* keeps results of measurements; NULL: none */
} stemma_run_options;

/* Carry out the plan; `options` may be NULL. Output files appear, whole, when
 * all is done, and not at all on failure. *result (may be NULL) gets the
 * "stemma.result/1" document, or NULL, to be freed with stemma_text_free. */
STEMMA_API stemma_status stemma_plan_run(const stemma_plan *plan,
                                         const stemma_run_options *options,
                                         char **result, stemma_error *error);

/* The table of all stages, "stemma.stages/1"; freed with stemma_text_free.
 * NULL when out of memory. [any] */
STEMMA_API char *stemma_stages_json(void);
STEMMA_API void stemma_text_free(char *text); /* NULL is fine [any] */

#ifdef __cplusplus
}
#endif
#endif
