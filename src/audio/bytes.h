/* bytes: random access to the bytes of a file, and little/big-endian fields.
 * Source: pread(2). Shared by the parsers of this room. */
#ifndef ST_AUDIO_BYTES_H
#define ST_AUDIO_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* A file (fd >= 0) or a block of memory (fd -1). */
typedef struct {
    int fd;
    const uint8_t *memory;
    int64_t size;
} st_bytes;

/* Up to `count` bytes from `offset` into `to`; how many there were (0 at the
 * end, on a bad offset and on an error of the disk). [any] */
size_t st_bytes_read(const st_bytes *bytes, int64_t offset, void *to,
                     size_t count);

static inline uint16_t st_le16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t st_le32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}
static inline uint64_t st_le64(const uint8_t *p) {
    return (uint64_t)st_le32(p) | (uint64_t)st_le32(p + 4) << 32;
}
static inline uint16_t st_be16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t st_be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           (uint32_t)p[3];
}
static inline void st_put_le(uint8_t *p, uint64_t v, int count) {
    for (int i = 0; i < count; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}
static inline void st_put_be(uint8_t *p, uint64_t v, int count) {
    for (int i = 0; i < count; i++)
        p[count - 1 - i] = (uint8_t)(v >> (8 * i));
}

#endif
