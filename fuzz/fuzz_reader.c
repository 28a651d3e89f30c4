/* Whole files through the in-process reader: open, read, go back, read. */
#include "audio/reader.h"

#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libvorbis leaks 6 kB for each Ogg file whose headers libsndfile refuses;
 * what our own code leaks is still a finding. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libvorbis.so\nleak:libsndfile.so\nleak:libogg.so\n";
}

enum { BLOCK = 1000, MOST_BLOCKS = 64 };

static void read_some(st_source *source, st_buffer *block) {
    st_err err = {0};
    for (int i = 0; i < MOST_BLOCKS; i++) {
        int64_t got = 0;
        if (st_source_read(source, block->channel, BLOCK, &got, &err) != ST_OK)
            return;
        if (got < 0 || got > BLOCK)
            abort();
        for (int c = 0; c < block->channels; c++)
            for (int64_t k = 0; k < got; k++)
                if (!isfinite(block->channel[c][k]))
                    abort();
        if (got < BLOCK)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    st_reader_limits limits = {.in_process = true};
    st_source *source = NULL;
    st_buffer block = {0};
    st_err err = {0};
    if (st_reader_open_fd(&source, fd, "fuzz", &limits, &err) == ST_OK) {
        if (st_buffer_init(&block, source->format.channels, BLOCK) != ST_OK)
            abort();
        read_some(source, &block);
        if (st_source_seek(source, source->format.frames > 10 ? 10 : 0, &err) ==
            ST_OK)
            read_some(source, &block);
        st_buffer_deinit(&block);
        st_source_free(source);
    } else if (err.text[0] == '\0') {
        abort();
    }
    close(fd);
    return 0;
}
