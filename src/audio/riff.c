#include "audio/riff.h"

#include "core/alloc.h"

#include <string.h>

enum { MAX_META_CHUNKS = 32 };

/* Chunks that are kept byte for byte. */
static const char *const kept[] = {"smpl", "inst", "acid", "iXML",
                                   "axml", "_PMX", "chna"};

static bool is_kept(const char *id) {
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (memcmp(kept[i], id, 4) == 0)
            return true;
    return false;
}

static bool is_meta(const char *id) {
    return is_kept(id) || memcmp(id, "bext", 4) == 0 ||
           memcmp(id, "LIST", 4) == 0 || memcmp(id, "cue ", 4) == 0 ||
           memcmp(id, "id3 ", 4) == 0 || memcmp(id, "ID3 ", 4) == 0;
}

static st_status bad(st_err *err, const char *name, const char *what) {
    return st_err_set(err, ST_BAD_DATA,
                      "'%s' is a damaged WAV file: %s. Export it again from "
                      "where it came.",
                      name, what);
}

static const uint8_t guid_tail[12] = {0x00, 0x00, 0x10, 0x00, 0x80, 0x00,
                                      0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71};

static void pick_kind(st_wave *wave, unsigned tag) {
    int size = wave->channels > 0 ? wave->block_bytes / wave->channels : 0;
    wave->is_float = tag == 3;
    wave->plain = true;
    if (wave->block_bytes != size * wave->channels)
        wave->plain = false;
    else if (tag == 1 && size >= 1 && size <= 4)
        wave->kind = (st_pcm_kind)(ST_PCM_U8 + size - 1);
    else if (tag == 3 && size == 4)
        wave->kind = ST_PCM_F32;
    else if (tag == 3 && size == 8)
        wave->kind = ST_PCM_F64;
    else
        wave->plain = false;
}

static st_status parse_fmt(const uint8_t *p, size_t bytes, const char *name,
                           st_wave *wave, st_err *err) {
    if (bytes < 16)
        return bad(err, name, "its format chunk is too short");
    unsigned tag = st_le16(p);
    wave->channels = st_le16(p + 2);
    uint32_t rate = st_le32(p + 4);
    wave->rate_hz = rate > INT32_MAX ? -1 : (int)rate;
    wave->block_bytes = st_le16(p + 12);
    wave->bits = st_le16(p + 14);
    if (tag == 0xFFFE && bytes >= 40 && memcmp(p + 28, guid_tail, 12) == 0)
        tag = st_le16(p + 24);
    if (wave->channels == 0)
        return bad(err, name, "it states 0 channels");
    if (wave->rate_hz <= 0)
        return bad(err, name, "it states an impossible sample rate");
    pick_kind(wave, tag);
    if ((tag == 1 || tag == 3) && !wave->plain)
        return bad(err, name, "its sample size makes no sense");
    return ST_OK;
}

typedef struct {
    const st_bytes *bytes;
    const char *name;
    st_wave *wave;
    st_meta *meta;
    int64_t ds64_data; /* -1: none */
    int meta_chunks;   /* looked at so far */
    bool big;          /* RF64 or BW64 */
    bool have_fmt;
    bool have_data;
} walk;

static st_status load_meta(walk *w, const char *id, int64_t offset,
                           int64_t size) {
    if (w->meta == NULL || size > ST_META_MAX_CHUNK || size <= 0 ||
        w->meta_chunks++ >= MAX_META_CHUNKS)
        return ST_OK;
    uint8_t *data = st_calloc((size_t)size, 1);
    if (data == NULL)
        return ST_NO_MEM;
    size_t got = st_bytes_read(w->bytes, offset, data, (size_t)size);
    st_status status = st_riff_take(w->meta, id, data, got);
    st_free(data);
    return status;
}

/* 0 and 2^32-1 are what recorders leave that could not seek back. */
static int64_t data_size(const walk *w, int64_t stated, int64_t offset) {
    int64_t rest = w->bytes->size - offset;
    if (w->big && w->ds64_data >= 0 && stated == UINT32_MAX)
        stated = w->ds64_data;
    else if (stated == UINT32_MAX)
        stated = -1;
    w->wave->stated_bytes = stated;
    return stated < 0 || stated > rest ? rest : stated;
}

static st_status take_chunk(walk *w, const uint8_t *head, int64_t offset,
                            int64_t *size, st_err *err) {
    const char *id = (const char *)head;
    uint8_t body[64];
    if (memcmp(id, "ds64", 4) == 0 && w->big) {
        if (st_bytes_read(w->bytes, offset, body, 24) == 24) {
            uint64_t data = st_le64(body + 8);
            w->ds64_data = data > INT64_MAX ? -1 : (int64_t)data;
        }
    } else if (memcmp(id, "fmt ", 4) == 0 && !w->have_fmt) {
        size_t want = *size < 40 ? (size_t)*size : 40;
        size_t got = st_bytes_read(w->bytes, offset, body, want);
        st_status status = parse_fmt(body, got, w->name, w->wave, err);
        if (status != ST_OK)
            return status;
        w->have_fmt = true;
    } else if (memcmp(id, "data", 4) == 0 && !w->have_data) {
        w->wave->data_offset = offset;
        *size = data_size(w, *size, offset);
        w->wave->data_bytes = *size;
        w->have_data = true;
    } else if (is_meta(id)) {
        st_status status = load_meta(w, id, offset, *size);
        if (status != ST_OK)
            return st_err_set(err, status, "Not enough memory for the tags.");
    }
    return ST_OK;
}

static st_status walk_chunks(walk *w, st_err *err) {
    int64_t at = 12;
    uint8_t head[8];
    /* Enough for any sound file; a bound for one made of empty chunks. */
    for (int count = 0; count < 4096; count++) {
        if (st_bytes_read(w->bytes, at, head, 8) < 8)
            return ST_OK;
        int64_t size = st_le32(head + 4);
        st_status status = take_chunk(w, head, at + 8, &size, err);
        if (status != ST_OK)
            return status;
        at += 8 + size + (size & 1);
    }
    return ST_OK;
}

st_status st_wave_parse(const st_bytes *bytes, const char *name, st_wave *wave,
                        st_meta *meta, st_err *err) {
    uint8_t head[12];
    st_wave found = {.stated_bytes = -1};
    if (st_bytes_read(bytes, 0, head, 12) < 12)
        return bad(err, name, "it ends inside its first header");
    walk w = {.bytes = bytes,
              .name = name,
              .wave = &found,
              .meta = meta,
              .ds64_data = -1,
              .big = head[0] != 'R' || head[1] != 'I'};
    st_status status = walk_chunks(&w, err);
    if (status != ST_OK)
        return status;
    if (!w.have_fmt)
        return bad(err, name, "it has no format chunk");
    if (!w.have_data)
        return bad(err, name, "it has no samples (no data chunk)");
    if (found.plain && found.block_bytes > 0)
        found.data_bytes -= found.data_bytes % found.block_bytes;
    *wave = found;
    return ST_OK;
}
