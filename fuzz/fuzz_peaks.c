/* Any bytes as a blob of waveform peaks: refused, or all of it readable. */
#include "analysis/peaks.h"

#include <limits.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    st_peaks_view view;
    if (st_peaks_view_open(&view, data, size) != ST_OK)
        return 0;
    unsigned sum = 0;
    for (int c = 0; c < view.channels; c++)
        for (uint32_t i = 0; i < view.entries; i++)
            sum += (unsigned)st_peaks_view_get(&view, c, i).rms;
    return sum == UINT_MAX ? -1 : 0;
}
