#include "audio/mpeg.h"

#include "audio/meta_impl.h"

#include <string.h>

enum {
    LOOK_BYTES = 1 << 17, /* behind the end, for the first frame there */
    ROOM_BYTES = 4096,
    CHAIN = 4 /* frames in a row that are no accident */
};

size_t st_mpeg_frame(const uint8_t *p, int *layer) {
    static const int rate[4] = {44100, 48000, 32000, 0};
    static const int kbps[2][3][15] = {
        {{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
         {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
         {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}},
        {{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}}};
    int version = (p[1] >> 3) & 3; /* 3: MPEG-1, 2: MPEG-2, 0: 2.5 */
    int number = 4 - ((p[1] >> 1) & 3);
    int index = p[2] >> 4;
    int hz = rate[(p[2] >> 2) & 3];
    if (p[0] != 0xFF || (p[1] & 0xE0) != 0xE0 || version == 1 || number == 4 ||
        index == 0 || index == 15 || hz == 0)
        return 0;
    hz >>= version == 3 ? 0 : version == 2 ? 1 : 2;
    int bits = kbps[version != 3][number - 1][index] * 1000;
    int pad = (p[2] >> 1) & 1;
    *layer = number;
    if (number == 1)
        return (size_t)((12 * bits / hz + pad) * 4);
    int per = number == 3 && version != 3 ? 72 : 144;
    return (size_t)(per * bits / hz + pad);
}

/* Bytes from the first frame at `at` to the end that its Xing or Info header
 * states, or 0. The header lies behind the side information. */
static int64_t stated_bytes(const st_bytes *bytes, int64_t at) {
    uint8_t p[64];
    int layer = 0;
    if (st_bytes_read(bytes, at, p, sizeof p) < sizeof p ||
        st_mpeg_frame(p, &layer) == 0 || layer != 3)
        return 0;
    bool first = (p[1] >> 3 & 3) == 3; /* MPEG-1 */
    bool mono = p[3] >> 6 == 3;
    const uint8_t *x = p + 4 + (first ? (mono ? 17 : 32) : (mono ? 9 : 17));
    bool known = memcmp(x, "Xing", 4) == 0 || memcmp(x, "Info", 4) == 0;
    if (!known || !(x[7] & 2))
        return 0;
    return st_be32(x + (x[7] & 1 ? 12 : 8));
}

/* Behind tags that end a file: ID3v1, APE (its size counts no header). */
static int64_t skip_tags(const st_bytes *bytes, int64_t at) {
    uint8_t head[32];
    for (int i = 0; i < 4; i++) {
        size_t got = st_bytes_read(bytes, at, head, sizeof head);
        if (got == sizeof head && memcmp(head, "APETAGEX", 8) == 0)
            at += 32 + (int64_t)st_le32(head + 12);
        else if (got >= 3 && memcmp(head, "TAG", 3) == 0)
            at += 128;
        else if (got >= 10)
            at += (int64_t)st_id3_bytes(head);
    }
    return at;
}

/* Frames that begin at `at`, up to CHAIN. */
static int chain(const st_bytes *bytes, int64_t at) {
    uint8_t p[4];
    int layer = 0;
    int count = 0;
    for (; count < CHAIN && st_bytes_read(bytes, at, p, 4) == 4; count++) {
        size_t size = st_mpeg_frame(p, &layer);
        if (size == 0 || layer != 3)
            break;
        at += (int64_t)size;
    }
    return count;
}

/* The first frame of a chain within LOOK_BYTES from `at` on, or -1. */
static int64_t find_chain(const st_bytes *bytes, int64_t at) {
    uint8_t room[ROOM_BYTES];
    int layer = 0;
    for (int64_t end = at + LOOK_BYTES; at < end; at += ROOM_BYTES - 3) {
        size_t got = st_bytes_read(bytes, at, room, sizeof room);
        for (size_t i = 0; i + 4 <= got; i++)
            if (room[i] == 0xFF && st_mpeg_frame(room + i, &layer) > 0 &&
                chain(bytes, at + (int64_t)i) == CHAIN)
                return at + (int64_t)i;
        if (got < sizeof room)
            break;
    }
    return -1;
}

bool st_mpeg_goes_on(const st_bytes *bytes) {
    int64_t from = skip_tags(bytes, 0);
    int64_t stated = stated_bytes(bytes, from);
    if (stated == 0)
        return false;
    return find_chain(bytes, skip_tags(bytes, from + stated)) >= 0;
}
