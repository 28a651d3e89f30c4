#include "audio/writer_impl.h"

#include "core/alloc.h"

#include <fcntl.h>
#include <string.h>

/* WAV (RF64 when it must be) and AIFF/AIFC, whose headers are rewritten with
 * the final sizes by finish. */
enum { ROOM_BYTES = 1 << 18, DS64_BYTES = 28, PUSH_BYTES = 1 << 23 };

typedef struct {
    st_writer core;
    st_pcm_kind kind;
    bool big;
    bool reserve; /* room for ds64 */
    int64_t header_bytes;
    int64_t at;     /* file offset of the next byte */
    int64_t pushed; /* write-back was started up to here */
    size_t held;
    uint8_t *room;
} pcm_writer;

static const uint32_t speaker_mask[9] = {0,    0x4,  0x3,   0x7,  0x33,
                                         0x37, 0x3F, 0x13F, 0x63F};

/* WAVE_FORMAT_EXTENSIBLE when the plain header would be ambiguous. */
static void put_fmt(st_blob *b, const pcm_writer *w) {
    static const uint8_t tail[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                     0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71};
    const st_format *f = &w->core.base.format;
    bool is_float = w->kind == ST_PCM_F32;
    bool extensible = f->channels > 2;
    int bytes = st_pcm_bytes(w->kind);
    unsigned tag = is_float ? 3 : 1;
    st_blob_put(b, "fmt ", 4);
    st_blob_le(b, extensible ? 40 : is_float ? 18 : 16, 4);
    st_blob_le(b, extensible ? 0xFFFE : tag, 2);
    st_blob_le(b, (uint64_t)f->channels, 2);
    st_blob_le(b, (uint64_t)f->rate_hz, 4);
    st_blob_le(b, (uint64_t)f->rate_hz * (uint64_t)(f->channels * bytes), 4);
    st_blob_le(b, (uint64_t)(f->channels * bytes), 2);
    st_blob_le(b, (uint64_t)bytes * 8, 2);
    if (extensible) {
        st_blob_le(b, 22, 2);
        st_blob_le(b, (uint64_t)bytes * 8, 2);
        st_blob_le(b, speaker_mask[f->channels], 4);
        st_blob_le(b, tag, 2);
        st_blob_put(b, tail, sizeof tail);
    } else if (is_float) {
        st_blob_le(b, 0, 2);
    }
}

static uint64_t data_bytes(const pcm_writer *w) {
    return (uint64_t)w->core.frames *
           (uint64_t)(w->core.base.format.channels * st_pcm_bytes(w->kind));
}

static uint32_t cap32(uint64_t v, bool rf64) {
    return rf64 || v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static void put_wav(st_blob *b, const pcm_writer *w) {
    uint64_t data = data_bytes(w);
    uint64_t riff = (uint64_t)w->header_bytes + data + (data & 1) - 8;
    bool rf64 = w->reserve &&
                (riff > UINT32_MAX || (w->core.options.force_rf64 && data > 0));
    st_blob_put(b, rf64 ? "RF64" : "RIFF", 4);
    st_blob_le(b, cap32(riff, rf64), 4);
    st_blob_put(b, "WAVE", 4);
    if (w->reserve) {
        st_blob_put(b, rf64 ? "ds64" : "JUNK", 4);
        st_blob_le(b, DS64_BYTES, 4);
        st_blob_le(b, rf64 ? riff : 0, 8);
        st_blob_le(b, rf64 ? data : 0, 8);
        st_blob_le(b, rf64 ? (uint64_t)w->core.frames : 0, 8);
        st_blob_le(b, 0, 4);
    }
    put_fmt(b, w);
    if (w->kind == ST_PCM_F32) {
        st_blob_put(b, "fact", 4);
        st_blob_le(b, 4, 4);
        st_blob_le(b, cap32((uint64_t)w->core.frames, rf64), 4);
    }
    st_riff_put(b, &w->core.meta, true);
    st_blob_put(b, "data", 4);
    st_blob_le(b, cap32(data, rf64), 4);
}

/* IEEE 754 80-bit extended, of an integer rate. */
static void put_extended(st_blob *b, uint32_t rate) {
    int shift = 0;
    uint64_t mantissa = rate;
    while ((mantissa >> 63) == 0) {
        mantissa <<= 1;
        shift++;
    }
    st_blob_be(b, (uint64_t)(16383 + 63 - shift), 2);
    st_blob_be(b, mantissa, 8);
}

static void put_aiff(st_blob *b, const pcm_writer *w) {
    static const uint8_t version[4] = {0xA2, 0x80, 0x51, 0x40};
    const st_format *f = &w->core.base.format;
    bool aifc = w->kind == ST_PCM_F32;
    uint64_t data = data_bytes(w);
    st_blob_put(b, "FORM", 4);
    st_blob_be(b, (uint64_t)w->header_bytes + data + (data & 1) - 8, 4);
    st_blob_put(b, aifc ? "AIFC" : "AIFF", 4);
    if (aifc) {
        st_blob_put(b, "FVER", 4);
        st_blob_be(b, 4, 4);
        st_blob_put(b, version, 4);
    }
    st_blob_put(b, "COMM", 4);
    st_blob_be(b, aifc ? 24 : 18, 4);
    st_blob_be(b, (uint64_t)f->channels, 2);
    st_blob_be(b, (uint64_t)w->core.frames, 4);
    st_blob_be(b, (uint64_t)st_pcm_bytes(w->kind) * 8, 2);
    put_extended(b, (uint32_t)f->rate_hz);
    if (aifc)
        st_blob_put(b, "fl32\0\0", 6);
    st_aiff_put(b, &w->core.meta);
    st_blob_put(b, "SSND", 4);
    st_blob_be(b, data + 8, 4);
    st_blob_be(b, 0, 8);
}

/* Two passes when first called: the size must be known to be written. */
static st_status put_header(pcm_writer *w, st_err *err) {
    st_blob b = {0};
    for (int pass = w->header_bytes > 0; pass < 2; pass++) {
        st_blob_deinit(&b);
        if (w->core.options.format == ST_WRITE_WAV)
            put_wav(&b, w);
        else
            put_aiff(&b, w);
        w->header_bytes = (int64_t)b.bytes;
    }
    st_status status =
        b.failed ? st_err_set(err, ST_NO_MEM, "Not enough memory for the tags.")
                 : st_tempfile_write(w->core.file, b.data, b.bytes, 0, err);
    st_blob_deinit(&b);
    return status;
}

static st_status flush(pcm_writer *w, st_err *err) {
    st_status status =
        st_tempfile_write(w->core.file, w->room, w->held, w->at, err);
    if (status != ST_OK)
        return status;
    w->at += (int64_t)w->held;
    w->held = 0;
    /* Start write-back early, so that the sync at the end finds little. */
    if (!w->core.options.no_sync && w->at - w->pushed >= PUSH_BYTES) {
        (void)sync_file_range(st_tempfile_fd(w->core.file), w->pushed,
                              w->at - w->pushed, SYNC_FILE_RANGE_WRITE);
        w->pushed = w->at;
    }
    return ST_OK;
}

/* 32-bit sizes end here: 4 GiB of AIFF, and WAV without room for ds64. */
static st_status check_size(const pcm_writer *w, int64_t block, int64_t frames,
                            st_err *err) {
    int64_t end = w->header_bytes + (w->core.frames + frames) * block;
    if (w->reserve || end <= UINT32_MAX)
        return ST_OK;
    return st_err_set(err, ST_LIMIT,
                      "%s cannot be longer than 4 GiB: write WAV or FLAC.",
                      w->big ? "AIFF" : "This WAV file");
}

static st_status sink_write(st_sink *sink, const float *const *in,
                            int64_t frames, st_err *err) {
    pcm_writer *w = (pcm_writer *)sink;
    int channels = sink->format.channels;
    int64_t block = (int64_t)channels * st_pcm_bytes(w->kind);
    st_status status = check_size(w, block, frames, err);
    for (int64_t done = 0; status == ST_OK && done < frames;) {
        int64_t fit = (ROOM_BYTES - (int64_t)w->held) / block;
        int64_t count = frames - done < fit ? frames - done : fit;
        st_pcm_pack(w->kind, w->big, in, done, channels, count,
                    w->room + w->held);
        w->held += (size_t)(count * block);
        w->core.frames += count;
        done += count;
        if (ROOM_BYTES - (int64_t)w->held < block)
            status = flush(w, err);
    }
    if (status != ST_OK)
        w->core.failed = true;
    return status;
}

static st_status sink_finish(st_sink *sink, st_err *err) {
    pcm_writer *w = (pcm_writer *)sink;
    if (w->core.failed)
        return st_err_set(err, ST_IO, "The file was not written whole.");
    if (data_bytes(w) & 1)
        w->room[w->held++] = 0;
    st_status status = flush(w, err);
    if (status == ST_OK)
        status = put_header(w, err);
    if (status == ST_OK)
        status =
            st_tempfile_commit(w->core.file, !w->core.options.no_sync, err);
    sink->format.frames = w->core.frames;
    return status;
}

static void sink_free(st_sink *sink) {
    pcm_writer *w = (pcm_writer *)sink;
    st_writer_close(&w->core);
    st_free(w->room);
    st_free(w);
}

static const st_sink_ops ops = {sink_write, sink_finish, sink_free};

static bool may_grow_over_4_gib(const pcm_writer *w) {
    const st_format *f = &w->core.base.format;
    if (w->core.options.format != ST_WRITE_WAV)
        return false;
    if (w->core.options.force_rf64 || f->frames < 0)
        return true;
    int64_t block = (int64_t)f->channels * st_pcm_bytes(w->kind);
    return f->frames > (INT64_C(3) << 30) / block;
}

st_status st_writer_open_pcm(st_writer **out, st_writer *core, st_err *err) {
    pcm_writer *w = st_calloc(1, sizeof *w);
    uint8_t *room = st_calloc(ROOM_BYTES + 16, 1);
    if (w == NULL || room == NULL) {
        st_free(w);
        st_free(room);
        return st_err_set(err, ST_NO_MEM, "Not enough memory to write.");
    }
    w->core = *core;
    w->core.base.ops = &ops;
    w->kind = core->options.depth == ST_DEPTH_16   ? ST_PCM_S16
              : core->options.depth == ST_DEPTH_24 ? ST_PCM_S24
                                                   : ST_PCM_F32;
    w->big = core->options.format == ST_WRITE_AIFF;
    w->reserve = may_grow_over_4_gib(w);
    w->room = room;
    st_status status = put_header(w, err);
    if (status != ST_OK) {
        st_free(w);
        st_free(room);
        return status;
    }
    w->at = w->header_bytes;
    *out = &w->core;
    return ST_OK;
}
