/* Any bytes: a kind with a name, and a step inside what an ID3 tag may say. */
#include "audio/magic.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t skip = 0;
    st_file_kind kind = st_magic_find(data, size, &skip);
    if (kind >= ST_FILE_KIND_COUNT || st_magic_name(kind) == NULL ||
        skip > (UINT64_C(1) << 28) + 20)
        abort();
    if (kind == ST_FILE_PLAYLIST && st_magic_demuxer(kind) != NULL)
        abort();
    return 0;
}
