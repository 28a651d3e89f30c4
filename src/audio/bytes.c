#include "audio/bytes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static size_t read_memory(const st_bytes *bytes, int64_t offset, void *to,
                          size_t count) {
    size_t left = (size_t)(bytes->size - offset);
    if (count > left)
        count = left;
    memcpy(to, bytes->memory + offset, count);
    return count;
}

size_t st_bytes_read(const st_bytes *bytes, int64_t offset, void *to,
                     size_t count) {
    if (offset < 0 || offset >= bytes->size || count == 0)
        return 0;
    if (bytes->fd < 0)
        return read_memory(bytes, offset, to, count);
    size_t total = 0;
    while (total < count) {
        ssize_t got = pread(bytes->fd, (char *)to + total, count - total,
                            offset + (int64_t)total);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        total += (size_t)got;
    }
    return total;
}
