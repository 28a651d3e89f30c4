/* Tags of every format: read, then written in every form, and read again
 * from the RIFF form with nothing of it lost. */
#include "audio/reader_impl.h"
#include "audio/writer_impl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_all(const st_meta *meta) {
    void (*const forms[])(st_blob *, const st_meta *) = {
        st_flac_put, st_id3_put, st_aiff_put};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        st_blob blob = {0};
        forms[i](&blob, meta);
        st_blob_deinit(&blob);
    }
}

static void read_again(const st_meta *meta) {
    st_blob blob = {0};
    st_meta back = {0};
    st_riff_put(&blob, meta, true);
    for (size_t at = 0; !blob.failed && at + 8 <= blob.bytes;) {
        size_t bytes = st_le32(blob.data + at + 4);
        if (bytes > blob.bytes - at - 8)
            abort();
        if (st_riff_take(&back, (const char *)blob.data + at,
                         blob.data + at + 8, bytes) != ST_OK)
            abort();
        at += 8 + bytes + (bytes & 1);
    }
    if ((meta->bext == NULL) != (back.bext == NULL))
        abort();
    st_meta_deinit(&back);
    st_blob_deinit(&blob);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const st_file_kind kinds[] = {ST_FILE_FLAC, ST_FILE_OGG, ST_FILE_MP3,
                                         ST_FILE_AIFF};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        st_bytes bytes = {-1, data, (int64_t)size};
        st_meta meta = {0};
        st_meta copy = {0};
        if (st_meta_read(&meta, &bytes, kinds[i]) != ST_OK ||
            st_meta_copy(&copy, &meta) != ST_OK)
            abort();
        write_all(&copy);
        read_again(&copy);
        st_meta_resample(&copy, 44100, 48000);
        st_meta_deinit(&copy);
        st_meta_deinit(&meta);
    }
    return 0;
}
