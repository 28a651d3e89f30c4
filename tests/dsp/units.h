/* units: every DSP unit of this room behind one face, for the contract tests.
 * Source: dsp/unit.h. A unit joins by a line in units.c. */
#ifndef ST_TESTS_DSP_UNITS_H
#define ST_TESTS_DSP_UNITS_H

#include "dsp/unit.h"

#include <stddef.h>

typedef struct {
    const char *name;
    int outputs;       /* output channels for each input channel */
    int only_channels; /* 0: any */
    bool noisy;        /* silence in is not silence out (dither) */
    st_status (*make)(void **out, const st_spec *spec);
    void (*drop)(void *unit);
    void (*reset)(void *unit);
    void (*change)(void *unit); /* _set with other parameters */
    int (*latency)(const void *unit);
    void (*process)(void *unit, const float *const *in, float *const *out,
                    int frames);
} unit_case;

extern const unit_case unit_cases[];
extern const size_t unit_case_count;

#endif
