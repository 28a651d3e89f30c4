/* Our own WAVE parser: what it accepts lies inside the file. */
#include "audio/riff.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    st_bytes bytes = {-1, data, (int64_t)size};
    st_wave wave = {0};
    st_meta meta = {0};
    st_err err = {0};
    if (st_wave_parse(&bytes, "fuzz", &wave, &meta, &err) == ST_OK &&
        (wave.data_offset < 12 || wave.data_bytes < 0 ||
         wave.data_offset > (int64_t)size ||
         wave.data_bytes > (int64_t)size - wave.data_offset ||
         wave.channels < 1 || wave.rate_hz < 1 ||
         (wave.plain && wave.block_bytes < 1)))
        abort();
    st_meta_deinit(&meta);
    return 0;
}
