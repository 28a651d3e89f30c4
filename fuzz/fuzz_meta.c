/* Tags of every format: read, then written in every form, and read again
 * from the RIFF form and from Vorbis comments with nothing of it lost. The
 * same bytes go through what looks for a file's end and rewrites pages. */
#include "audio/mpeg.h"
#include "audio/ogg.h"
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

static void comments_again(const st_meta *meta) {
    st_blob blob = {0};
    st_meta back = {0};
    st_comments_put(&blob, meta, true);
    if (blob.failed || st_comments_take(&back, blob.data, blob.bytes) != ST_OK)
        abort();
    size_t tags = 0;
    for (size_t i = 0; i < meta->tag_count; i++)
        tags += strcmp(meta->tags[i].key, "metadata_block_picture") != 0;
    if (back.tag_count != tags || back.picture_count != meta->picture_count)
        abort();
    st_meta_deinit(&back);
    st_blob_deinit(&blob);
}

static bool swallow(void *user, const void *data, size_t bytes) {
    st_blob_put(user, data, bytes);
    return true;
}

/* Whatever comes out of a swap that ended goes through a second one. */
static void swap_pages(const uint8_t *data, size_t size, int rounds) {
    for (int headers = 2; headers <= 3; headers++) {
        st_blob comments = {0};
        st_blob out = {0};
        st_ogg_swap *swap = NULL;
        for (size_t i = 0; i < size % 70000; i += 100)
            st_blob_put(&comments, data, size < 100 ? size : 100);
        if (st_ogg_swap_new(&swap, &comments, headers, swallow, &out) != ST_OK)
            abort();
        bool sound = true;
        for (size_t at = 0; sound && at < size; at += 1000)
            sound =
                st_ogg_swap_write(swap, data + at,
                                  size - at < 1000 ? size - at : 1000) == ST_OK;
        if (sound && st_ogg_swap_ended(swap) && rounds > 0)
            swap_pages(out.data, out.bytes, rounds - 1);
        st_ogg_swap_free(swap);
        st_blob_deinit(&out);
    }
}

static void look_for_end(const uint8_t *data, size_t size) {
    st_bytes bytes = {-1, data, (int64_t)size};
    bool cut = false;
    if (st_ogg_is_cut(&bytes, &cut) != ST_OK)
        abort();
    (void)st_mpeg_goes_on(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const st_file_kind kinds[] = {ST_FILE_FLAC, ST_FILE_OGG, ST_FILE_MP3,
                                         ST_FILE_AIFF, ST_FILE_MP4};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        st_bytes bytes = {-1, data, (int64_t)size};
        st_meta meta = {0};
        st_meta copy = {0};
        if (st_meta_read(&meta, &bytes, kinds[i]) != ST_OK ||
            st_meta_copy(&copy, &meta) != ST_OK)
            abort();
        write_all(&copy);
        read_again(&copy);
        comments_again(&copy);
        st_meta_resample(&copy, 44100, 48000);
        st_meta_deinit(&copy);
        st_meta_deinit(&meta);
    }
    look_for_end(data, size);
    swap_pages(data, size, 1);
    return 0;
}
