/* unit: the life-cycle and thread contract that every DSP unit keeps.
 * Source: style.md, "Real time"; the shape follows the CLAP plug-in headers.
 *
 * A unit st_<name> is an opaque struct with
 *   st_<name>_params            plain values, units in the names; its
 *                               st_<name>_defaults gives neutral ones
 *   st_<name>_new(&u, &spec, &params)   ST_NO_MEM, ST_BAD_ARG      [main]
 *   st_<name>_free(u)           NULL is fine                        [main]
 *   st_<name>_reset(u)          state as after _new; parameters kept [rt]
 *   st_<name>_set(u, &params)   smoothed from the next block on; values out
 *                               of range are clamped and never NaN  [rt]
 *   st_<name>_latency_frames(u) fixed by _new                      [any]
 *   st_<name>_process(u, in, out, frames)                            [rt]
 *                               in[channels], out[channels] planar; frames
 *                               0..spec.max_frames; in[c] == out[c] is fine,
 *                               other overlap is not; silence in gives
 *                               silence out once the tail has passed
 * Output is the same for any division of a stream into blocks: smoothing and
 * detector steps are keyed to the absolute frame index. */
#ifndef ST_DSP_UNIT_H
#define ST_DSP_UNIT_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>

typedef struct {
    double rate_hz; /* 8000..384000 */
    int channels;   /* 1..8 */
    int max_frames; /* largest block given to _process, 1..1048576 */
} st_spec;

/* True when every value is in its range. [any] */
bool st_spec_valid(const st_spec *spec);

#endif
