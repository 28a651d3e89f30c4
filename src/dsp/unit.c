#include "dsp/unit.h"

bool st_spec_valid(const st_spec *spec) {
    return spec->rate_hz >= 8000.0 && spec->rate_hz <= 384000.0 &&
           spec->channels >= 1 && spec->channels <= 8 &&
           spec->max_frames >= 1 && spec->max_frames <= 1048576;
}
