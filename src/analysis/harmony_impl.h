/* harmony_impl: the parts behind harmony.h; each is one file. */
#ifndef ST_ANALYSIS_HARMONY_IMPL_H
#define ST_ANALYSIS_HARMONY_IMPL_H

#include "analysis/harmony.h"
#include "analysis/harmony_cells.h"
#include "core/attr.h"
#include "core/status.h"
#include "models/harmonynet/harmonynet.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ST_KEY_STEP_CELLS = 11, /* 2.04 s: a step of the line of keys */
    ST_CHORD_NONE = ST_HARMONYNET_CHORDS - 1
};

/* --- harmony_steps.c: time --- */

/* Where a cell begins; cell -> seconds. [any] */
double st_cell_start_s(int64_t cell);

/* Times 0 = at[0] < .. < at[count] = seconds: the beats, and steps of half a
 * second where there are none for two. */
typedef struct {
    double *at;
    bool *strong; /* [count]: a downbeat stands at at[i] */
    int64_t count;
} st_steps;

/* ST_NO_MEM. st_steps_free when done. [any] */
ST_MUST_USE st_status st_steps_make(st_steps *steps,
                                    const st_harmony_grid *grid,
                                    double seconds);
void st_steps_free(st_steps *steps);

/* out[steps][width]: the sum over cells of row * the part of the cell that
 * lies in the step (whole: 1). [any] */
void st_steps_gather(const st_steps *steps, const float *rows, int64_t cells,
                     int width, float *out);

/* --- harmony_path.c --- */

/* The best path through score[steps][states] where each change costs
 * `change`, or `easy` into a step that is `strong` (NULL: none is);
 * path[steps]. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_harmony_path(const float *score, int64_t steps,
                                      int states, float change, float easy,
                                      const bool *strong, int *path);
/* Rows of logits to rows of log probabilities, in place. [any] */
void st_harmony_log_softmax(float *rows, int64_t count, int n);

/* --- harmony_keys.c --- */

/* Keys of the whole and line of keys, from pools of ST_KEY_STEP_CELLS; *line
 * is freed with st_free. Fills key, keys, has_key, reason, key_confidence and
 * key_segments of r. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_harmony_keys(const st_harmonynet *net,
                                      const st_harmonynet_pool *pools,
                                      int64_t count, st_harmony_result *r,
                                      st_key_segment **line);

/* --- harmony_chords.c --- */

/* Chords from log probabilities [cells][ST_HARMONYNET_CHORDS]; *out is freed
 * with st_free. Names are spelled for the keys of r. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_harmony_chords(const float *logs, int64_t cells,
                                        const st_steps *steps,
                                        const st_harmony_result *r,
                                        st_chord **out, int64_t *count);

/* --- harmony_changes.c --- */

/* As st_harmony_changes, of log probabilities [cells][ST_HARMONYNET_CHORDS].
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_chord_changes(const float *logs, int64_t cells,
                                       const double *at_s, int64_t n,
                                       float *out);

/* --- harmony_sections.c --- */

/* What sections are told by: log probabilities of chords and the rows of
 * cells, [cells][ST_CELL_NOTES]. *out is freed with st_free. ST_NO_MEM. [any]
 */
ST_MUST_USE st_status st_harmony_sections(const float *logs, const float *rows,
                                          int64_t cells, const st_steps *steps,
                                          st_section **out, int64_t *count);

#endif
