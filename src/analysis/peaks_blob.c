#include "analysis/peaks.h"
#include "audio/bytes.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { HEAD = ST_PEAKS_HEAD_BYTES, ENTRY = 6, VERSION = 1 };

size_t st_peaks_blob_bytes(const st_peaks *p, int level) {
    return HEAD + (size_t)st_peaks_channels(p) *
                      (size_t)st_peaks_entries(p, level) * ENTRY;
}

void st_peaks_blob_write(const st_peaks *p, int level, unsigned char *out) {
    int channels = st_peaks_channels(p);
    int64_t entries = st_peaks_entries(p, level);
    st_put_le(out, 0x4B505453, 4); /* "STPK" */
    st_put_le(out + 4, VERSION, 2);
    out[6] = (uint8_t)channels;
    out[7] = (uint8_t)level;
    st_put_le(out + 8, (uint64_t)st_peaks_rate_hz(p), 4);
    st_put_le(out + 12, (uint64_t)entries, 4);
    st_put_le(out + 16, (uint64_t)st_peaks_frames(p), 8);
    st_put_le(out + 24, (uint64_t)ST_PEAKS_FIRST << level, 4);
    st_put_le(out + 28, 0, 4);
    out += HEAD;
    for (int c = 0; c < channels; c++)
        for (int64_t i = 0; i < entries; i++, out += ENTRY) {
            st_peak e = st_peaks_get(p, level, c)[i];
            st_put_le(out, (uint16_t)e.low, 2);
            st_put_le(out + 2, (uint16_t)e.high, 2);
            st_put_le(out + 4, (uint16_t)e.rms, 2);
        }
}

size_t st_peaks_file_bytes(const st_peaks *p) {
    size_t bytes = 0;
    for (int l = 0; l < st_peaks_levels(p); l++)
        bytes += st_peaks_blob_bytes(p, l);
    return bytes;
}

void st_peaks_file_write(const st_peaks *p, unsigned char *out) {
    for (int l = 0; l < st_peaks_levels(p); l++) {
        st_peaks_blob_write(p, l, out);
        out += st_peaks_blob_bytes(p, l);
    }
}

/* The counts that follow from frames and level. */
static bool counts_fit(const st_peaks_view *v, uint32_t step, size_t bytes) {
    if (v->frames < 1 || v->frames > INT64_MAX / 2 ||
        step != (uint32_t)ST_PEAKS_FIRST << v->level)
        return false;
    uint64_t entries = ((uint64_t)v->frames + step - 1) / step;
    return entries == v->entries &&
           bytes == HEAD + entries * (uint64_t)v->channels * ENTRY;
}

st_status st_peaks_view_open(st_peaks_view *view, const unsigned char *blob,
                             size_t bytes) {
    if (bytes < HEAD || memcmp(blob, "STPK", 4) != 0 ||
        st_le16(blob + 4) != VERSION || st_le32(blob + 28) != 0)
        return ST_BAD_DATA;
    uint32_t rate = st_le32(blob + 8);
    st_peaks_view v = {.channels = blob[6],
                       .level = blob[7],
                       .rate_hz = (int)rate,
                       .entries = st_le32(blob + 12),
                       .frames = (int64_t)st_le64(blob + 16),
                       .data = blob + HEAD};
    if (v.channels < 1 || v.channels > 8 || v.level > 23 || rate < 1 ||
        rate > 384000 || !counts_fit(&v, st_le32(blob + 24), bytes))
        return ST_BAD_DATA;
    *view = v;
    return ST_OK;
}

st_peak st_peaks_view_get(const st_peaks_view *view, int channel,
                          uint32_t entry) {
    size_t at = (size_t)channel * view->entries + entry;
    const unsigned char *p = view->data + at * ENTRY;
    return (st_peak){(int16_t)st_le16(p), (int16_t)st_le16(p + 2),
                     (int16_t)st_le16(p + 4)};
}

st_status st_peaks_key(const char *content_hash, int level,
                       char key[ST_HASH_TEXT_BYTES]) {
    char text[ST_HASH_TEXT_BYTES + 32];
    if (!st_hash_valid(content_hash) || level < 0 || level >= ST_PEAKS_LEVELS)
        return ST_BAD_ARG;
    int n = snprintf(text, sizeof text, "stemma.peaks/1\n%s\n%d\n",
                     content_hash, level);
    st_hash_text(text, (size_t)n, key);
    return ST_OK;
}

static json_t *level_json(const st_peaks *p, int level, size_t offset,
                          const char *content_hash) {
    char key[ST_HASH_TEXT_BYTES];
    if (st_peaks_key(content_hash, level, key) != ST_OK)
        return NULL;
    return json_pack("{s:i,s:I,s:I,s:I,s:I,s:s}", "level", level, "step_frames",
                     (json_int_t)ST_PEAKS_FIRST << level, "entries",
                     (json_int_t)st_peaks_entries(p, level), "offset_bytes",
                     (json_int_t)offset, "bytes",
                     (json_int_t)st_peaks_blob_bytes(p, level), "key", key);
}

json_t *st_peaks_json(const st_peaks *p, const char *content_hash) {
    size_t offset = 0;
    json_t *levels = st_hash_valid(content_hash) ? json_array() : NULL;
    for (int l = 0; levels != NULL && l < st_peaks_levels(p); l++) {
        json_t *about = level_json(p, l, offset, content_hash);
        if (json_array_append_new(levels, about) != 0) {
            json_decref(levels);
            levels = NULL;
        }
        offset += st_peaks_blob_bytes(p, l);
    }
    /* takes `levels`; NULL in, NULL out */
    return json_pack("{s:s,s:s,s:i,s:i,s:I,s:o}", "schema", "stemma.waveform/1",
                     "content", content_hash, "rate_hz", st_peaks_rate_hz(p),
                     "channels", st_peaks_channels(p), "frames",
                     (json_int_t)st_peaks_frames(p), "levels", levels);
}
