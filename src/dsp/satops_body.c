/* Compiled once a CPU level; ST_SATOPS_TABLE names the table it makes. */
#include "dsp/satops.h"

#include "dsp/satcurve.h"

extern const st_satops ST_SATOPS_TABLE;

#define CURVE(NAME, D)                                                         \
    static void NAME(float *restrict x, const float *restrict gain,            \
                     const float *restrict scale, size_t n) {                  \
        for (size_t i = 0; i < n; i++) {                                       \
            float z = x[i] * gain[i];                                          \
            x[i] = scale[i] * (D);                                             \
        }                                                                      \
    }

CURVE(clip, st_satcurve_shoulder(z, ST_CLIP_T, ST_CLIP_W, 1.0f / ST_CLIP_W))
CURVE(soft, st_satcurve_shoulder(z, ST_SOFT_T, ST_SOFT_W, 1.0f / ST_SOFT_W))
CURVE(warm, st_satcurve_warm(z))
CURVE(tube, st_satcurve_tube(z))

const st_satops ST_SATOPS_TABLE = {{clip, soft, warm, tube}};
