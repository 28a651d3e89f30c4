#include "audio/writer_impl.h"

#include "audio/channels.h"
#include "audio/ogg.h"
#include "audio/pcm.h"
#include "core/alloc.h"

#include <sndfile.h>
#include <string.h>

/* FLAC, Ogg Vorbis, Opus and MP3 by libsndfile, through callbacks that keep
 * our own metadata: an ID3v2 tag in front of MP3, and for FLAC, Vorbis and
 * Opus ours in the place of the comments that the encoder writes. */
enum { BLOCK_FRAMES = 4096, FLAC_INFO_BYTES = 42 };

typedef struct {
    st_writer core;
    SNDFILE *file;
    st_blob extra;  /* metadata to put in */
    int64_t offset; /* of the file, as libsndfile sees it */
    int64_t length; /* likewise */
    int64_t split;  /* logical offset from which `shift` applies; -1: none
                       found yet (FLAC) */
    int64_t shift;
    st_blob head;      /* FLAC: what came before the split was found */
    st_ogg_swap *swap; /* Ogg: pages on their way; `shift` is how far */
    st_err failure;
    const int *map; /* channel i of the file is our map[i]; not FLAC */
    float *room;
    int32_t *ints;
} codec_writer;

static sf_count_t io_length(void *user) {
    return ((codec_writer *)user)->length;
}

static sf_count_t io_tell(void *user) {
    return ((codec_writer *)user)->offset;
}

static sf_count_t io_seek(sf_count_t offset, int whence, void *user) {
    codec_writer *w = user;
    int64_t base = whence == SEEK_CUR   ? w->offset
                   : whence == SEEK_END ? w->length
                                        : 0;
    w->offset = base + offset;
    return w->offset;
}

static sf_count_t io_read(void *to, sf_count_t count, void *user) {
    (void)to;
    (void)count;
    (void)user;
    return 0;
}

static bool put(codec_writer *w, const void *data, size_t bytes,
                int64_t physical) {
    return st_tempfile_write(w->core.file, data, bytes, physical,
                             &w->failure) == ST_OK;
}

/* All blocks of the FLAC header seen? Then swap ours in. */
static bool try_split(codec_writer *w) {
    size_t at = 4;
    uint8_t last = 0;
    while (!last) {
        if (w->head.bytes < at + 4)
            return true;
        last = w->head.data[at] & 0x80;
        at += 4 + (st_be32(w->head.data + at) & 0xFFFFFF);
        if (w->head.bytes < at)
            return true;
    }
    w->head.data[4] &= 0x7F;
    /* Mark our last block as the last one. */
    size_t block = 0;
    for (size_t next = 0; next + 4 <= w->extra.bytes;) {
        block = next;
        next += 4 + (st_be32(w->extra.data + next) & 0xFFFFFF);
    }
    w->extra.data[block] |= 0x80;
    w->split = (int64_t)at;
    w->shift = FLAC_INFO_BYTES + (int64_t)w->extra.bytes - w->split;
    return put(w, w->head.data, FLAC_INFO_BYTES, 0) &&
           put(w, w->extra.data, w->extra.bytes, FLAC_INFO_BYTES) &&
           put(w, w->head.data + at, w->head.bytes - at, w->split + w->shift);
}

/* Before the split is known the bytes are kept; they come in order. */
static bool hold_head(codec_writer *w, const uint8_t *from, size_t count) {
    if (w->offset != (int64_t)w->head.bytes)
        return false;
    st_blob_put(&w->head, from, count);
    return !w->head.failed && try_split(w);
}

static bool put_ogg(void *user, const void *data, size_t bytes) {
    codec_writer *w = user;
    bool done = put(w, data, bytes, w->shift);
    w->shift += (int64_t)bytes;
    return done;
}

/* libogg never goes back. */
static bool write_ogg(codec_writer *w, const uint8_t *from, size_t count) {
    st_status status = w->offset == w->length
                           ? st_ogg_swap_write(w->swap, from, count)
                           : ST_BAD_DATA;
    if (status == ST_NO_MEM)
        (void)st_err_set(&w->failure, status, "Not enough memory to encode.");
    return status == ST_OK;
}

static bool write_split(codec_writer *w, const uint8_t *from, size_t count) {
    if (w->swap != NULL)
        return write_ogg(w, from, count);
    if (w->split < 0)
        return hold_head(w, from, count);
    if (w->offset >= w->split)
        return put(w, from, count, w->offset + w->shift);
    /* libFLAC goes back to fill in STREAMINFO, and to nothing else that
     * stays; its flag must keep saying that blocks follow. */
    uint8_t info[FLAC_INFO_BYTES];
    if (w->core.options.format != ST_WRITE_FLAC || w->offset >= FLAC_INFO_BYTES)
        return true;
    size_t fit = (size_t)(FLAC_INFO_BYTES - w->offset);
    size_t bytes = count < fit ? count : fit;
    memcpy(info, from, bytes);
    if (w->offset <= 4 && w->offset + (int64_t)bytes > 4)
        info[4 - w->offset] &= 0x7F;
    return put(w, info, bytes, w->offset);
}

static sf_count_t io_write(const void *from, sf_count_t count, void *user) {
    codec_writer *w = user;
    if (w->failure.status != ST_OK || count < 0)
        return 0;
    if (!write_split(w, from, (size_t)count)) {
        if (w->head.failed)
            (void)st_err_set(&w->failure, ST_NO_MEM,
                             "Not enough memory to encode.");
        else if (w->failure.status == ST_OK)
            (void)st_err_set(&w->failure, ST_INTERNAL,
                             "The encoder laid its header out in a way that "
                             "is not known.");
        return 0;
    }
    w->offset += count;
    if (w->offset > w->length)
        w->length = w->offset;
    return count;
}

static st_status failed(codec_writer *w, st_err *err) {
    w->core.failed = true;
    if (w->failure.status != ST_OK) {
        if (err != NULL)
            *err = w->failure;
        return w->failure.status;
    }
    return st_err_set(err, ST_IO, "The encoder failed: %s.",
                      sf_strerror(w->file));
}

static int64_t write_ints(codec_writer *w, const float *const *in, int64_t at,
                          int64_t count) {
    int channels = w->core.base.format.channels;
    st_pcm_to_int32(in, at, channels, count, (int)w->core.options.depth,
                    w->ints);
    return sf_writef_int(w->file, w->ints, count);
}

static int64_t write_floats(codec_writer *w, const float *const *in, int64_t at,
                            int64_t count) {
    int channels = w->core.base.format.channels;
    for (int c = 0; c < channels; c++) {
        const float *from = in[w->map[c]] + at;
        for (int64_t i = 0; i < count; i++) {
            float x = from[i];
            w->room[i * channels + c] = x == x ? x : 0.0F;
        }
    }
    return sf_writef_float(w->file, w->room, count);
}

static st_status sink_write(st_sink *sink, const float *const *in,
                            int64_t frames, st_err *err) {
    codec_writer *w = (codec_writer *)sink;
    for (int64_t done = 0; done < frames;) {
        int64_t count =
            frames - done < BLOCK_FRAMES ? frames - done : BLOCK_FRAMES;
        int64_t put_count = w->core.options.format == ST_WRITE_FLAC
                                ? write_ints(w, in, done, count)
                                : write_floats(w, in, done, count);
        if (put_count != count || w->failure.status != ST_OK)
            return failed(w, err);
        done += count;
        w->core.frames += count;
    }
    return ST_OK;
}

static st_status sink_finish(st_sink *sink, st_err *err) {
    codec_writer *w = (codec_writer *)sink;
    if (w->core.failed)
        return st_err_set(err, ST_IO, "The file was not written whole.");
    int code = sf_close(w->file);
    w->file = NULL;
    if (code == 0 && w->swap != NULL && !st_ogg_swap_ended(w->swap))
        (void)st_err_set(&w->failure, ST_INTERNAL,
                         "The encoder did not end its last page.");
    if (code != 0 || w->failure.status != ST_OK)
        return failed(w, err);
    sink->format.frames = w->core.frames;
    return st_tempfile_commit(w->core.file, !w->core.options.no_sync, err);
}

static void sink_free(st_sink *sink) {
    codec_writer *w = (codec_writer *)sink;
    /* What an encoder says when it is stopped half way goes nowhere. */
    if (w->file != NULL)
        sf_close(w->file);
    st_writer_close(&w->core);
    st_blob_deinit(&w->extra);
    st_blob_deinit(&w->head);
    st_ogg_swap_free(w->swap);
    st_free(w->room);
    st_free(w->ints);
    st_free(w);
}

static const st_sink_ops ops = {sink_write, sink_finish, sink_free};

static int sf_format(const st_writer_options *options) {
    switch (options->format) {
    case ST_WRITE_FLAC:
        return SF_FORMAT_FLAC |
               (options->depth == ST_DEPTH_16 ? SF_FORMAT_PCM_16
                                              : SF_FORMAT_PCM_24);
    case ST_WRITE_MP3:
        return SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
    case ST_WRITE_OPUS:
        return SF_FORMAT_OGG | SF_FORMAT_OPUS;
    default:
        return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
    }
}

/* libsndfile takes one number 0..1 for every codec. MP3 in constant rate
 * mode: kbps from 320 down to 32 (MPEG-1), 160 to 8 (MPEG-2 and 2.5). Opus:
 * 256 down to 6 kbit/s a channel. */
static double level(const codec_writer *w) {
    const st_writer_options *o = &w->core.options;
    double kbps = o->bitrate_kbps;
    int rate = w->core.base.format.rate_hz;
    double most = rate >= 32000 ? 320 : rate >= 16000 ? 160 : 64;
    double least = rate >= 32000 ? 32 : 8;
    double value = 0;
    if (o->format == ST_WRITE_MP3)
        value = (most - (kbps > 0 ? kbps : most)) / (most - least);
    else
        value = 1.0 - ((kbps > 0 ? kbps : 192) / 2 - 6) / 250.0;
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

static void set_quality(codec_writer *w) {
    double value = level(w);
    if (w->core.options.format == ST_WRITE_MP3) {
        int mode = SF_BITRATE_MODE_CONSTANT;
        sf_command(w->file, SFC_SET_BITRATE_MODE, &mode, sizeof mode);
    }
    if (w->core.options.format == ST_WRITE_OGG) {
        double q = w->core.options.quality;
        q = q == 0 ? 0.6 : q;
        sf_command(w->file, SFC_SET_VBR_ENCODING_QUALITY, &q, sizeof q);
        return;
    }
    if (w->core.options.format == ST_WRITE_FLAC)
        value = 5.0 / 8.0;
    sf_command(w->file, SFC_SET_COMPRESSION_LEVEL, &value, sizeof value);
}

/* The whole second packet of a Vorbis or Opus stream. Pictures from `first`
 * on are left out when it would be longer than is ever read. */
static void put_comment_packet(st_blob *blob, const st_meta *meta, bool opus) {
    st_meta part = *meta;
    do {
        blob->bytes = 0;
        st_blob_put(blob, opus ? "OpusTags" : "\3vorbis", opus ? 8 : 7);
        st_comments_put(blob, &part, true);
        if (!opus)
            st_blob_be(blob, 1, 1); /* framing bit */
    } while (blob->bytes > ST_OGG_PACKET_MOST && part.picture_count-- > 0);
}

static st_status prepare_ogg(codec_writer *w, st_err *err) {
    bool opus = w->core.options.format == ST_WRITE_OPUS;
    put_comment_packet(&w->extra, &w->core.meta, opus);
    if (w->extra.failed ||
        st_ogg_swap_new(&w->swap, &w->extra, opus ? 2 : 3, put_ogg, w) != ST_OK)
        return st_err_set(err, ST_NO_MEM, "Not enough memory for the tags.");
    return ST_OK;
}

static st_status prepare_extra(codec_writer *w, st_err *err) {
    if (w->core.options.format == ST_WRITE_OGG ||
        w->core.options.format == ST_WRITE_OPUS)
        return prepare_ogg(w, err);
    if (w->core.options.format == ST_WRITE_FLAC) {
        st_flac_put(&w->extra, &w->core.meta);
        w->split = -1;
    } else if (w->core.options.format == ST_WRITE_MP3) {
        st_id3_put(&w->extra, &w->core.meta);
        w->shift = (int64_t)w->extra.bytes;
    }
    if (w->extra.failed)
        return st_err_set(err, ST_NO_MEM, "Not enough memory for the tags.");
    if (w->shift > 0 && !put(w, w->extra.data, w->extra.bytes, 0))
        return failed(w, err);
    return ST_OK;
}

static st_status open_encoder(codec_writer *w, st_err *err) {
    static SF_VIRTUAL_IO io = {io_length, io_seek, io_read, io_write, io_tell};
    SF_INFO info = {.samplerate = w->core.base.format.rate_hz,
                    .channels = w->core.base.format.channels,
                    .format = sf_format(&w->core.options)};
    size_t samples = (size_t)(BLOCK_FRAMES * info.channels);
    w->room = st_calloc(samples, sizeof *w->room);
    w->ints = st_calloc(samples, sizeof *w->ints);
    if (w->room == NULL || w->ints == NULL)
        return st_err_set(err, ST_NO_MEM, "Not enough memory to encode.");
    w->map = st_vorbis_order(info.channels);
    st_status status = prepare_extra(w, err);
    if (status != ST_OK)
        return status;
    w->file = sf_open_virtual(&io, SFM_WRITE, &info, w);
    if (w->file == NULL)
        return st_err_set(err, ST_UNSUPPORTED,
                          "%s cannot be written at %d Hz with %d channels "
                          "here (%s): choose wav or flac.",
                          st_writer_format_name(w->core.options.format),
                          info.samplerate, info.channels, sf_strerror(NULL));
    set_quality(w);
    sf_command(w->file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    return ST_OK;
}

/* What encoded the input did not encode this. */
static st_status drop_encoder(st_meta *meta) {
    st_status status = st_meta_set_tag(meta, "encoder", NULL);
    return status == ST_OK ? st_meta_set_tag(meta, "encoder_options", NULL)
                           : status;
}

st_status st_writer_open_codec(st_writer **out, st_writer *core, st_err *err) {
    codec_writer *w = st_calloc(1, sizeof *w);
    if (w == NULL)
        return st_err_set(err, ST_NO_MEM, "Not enough memory to encode.");
    w->core = *core;
    w->core.base.ops = &ops;
    st_status status = drop_encoder(&w->core.meta);
    core->meta = w->core.meta;
    if (status == ST_OK)
        status = open_encoder(w, err);
    if (status == ST_OK) {
        *out = &w->core;
        return ST_OK;
    }
    w->core.file = NULL; /* both stay the caller's */
    w->core.meta = (st_meta){0};
    sink_free(&w->core.base);
    return status;
}
