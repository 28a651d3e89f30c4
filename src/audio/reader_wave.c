#include "audio/reader_impl.h"

#include "audio/riff.h"
#include "core/alloc.h"

#include <stdio.h>
#include <string.h>

enum { ROOM_BYTES = 1 << 17 };

typedef struct {
    st_reader core;
    st_wave wave;
    int64_t at; /* frame that the next decode starts with */
    uint8_t *room;
} wave_reader;

static st_status decode(st_reader *reader, float *const *out, int64_t frames,
                        int64_t *got, st_err *err) {
    (void)err;
    wave_reader *self = (wave_reader *)reader;
    int64_t block = self->wave.block_bytes;
    int64_t total = self->wave.data_bytes / block;
    int64_t fit = ROOM_BYTES / block;
    int64_t done = 0;
    while (done < frames && self->at < total) {
        int64_t count = frames - done;
        count = count < fit ? count : fit;
        count = count < total - self->at ? count : total - self->at;
        size_t bytes = st_bytes_read(&reader->bytes,
                                     self->wave.data_offset + self->at * block,
                                     self->room, (size_t)(count * block));
        count = (int64_t)bytes / block;
        if (count == 0)
            break;
        st_pcm_unpack(self->wave.kind, false, self->room, self->wave.channels,
                      count, out, done);
        self->at += count;
        done += count;
    }
    *got = done;
    return ST_OK;
}

static st_status seek(st_reader *reader, int64_t frame, st_err *err) {
    (void)err;
    ((wave_reader *)reader)->at = frame;
    return ST_OK;
}

static void close_wave(st_reader *reader) {
    st_free(((wave_reader *)reader)->room);
}

static const st_reader_ops ops = {decode, seek, close_wave};

static void describe(st_reader_info *info, const st_wave *wave) {
    int bits = wave->kind == ST_PCM_F64   ? 64
               : wave->kind == ST_PCM_F32 ? 32
               : wave->bits > 0 && wave->bits <= st_pcm_bytes(wave->kind) * 8
                   ? wave->bits
                   : st_pcm_bytes(wave->kind) * 8;
    info->bits = bits;
    info->is_float = wave->is_float;
    (void)snprintf(info->codec, sizeof info->codec, "%s %d-bit",
                   wave->is_float ? "float" : "PCM", bits);
}

st_status st_reader_open_wave(st_reader **out, st_reader *core, st_err *err) {
    st_wave wave = {0};
    st_status status =
        st_wave_parse(&core->bytes, core->name, &wave, &core->meta, err);
    if (status != ST_OK)
        return status;
    if (!wave.plain) /* A-law, ADPCM and the like */
        return st_reader_open_sndfile(out, core, err);
    st_format format = {wave.rate_hz, wave.channels,
                        wave.data_bytes / wave.block_bytes};
    status = st_reader_check_format(core, &format, err);
    if (status != ST_OK)
        return status;
    wave_reader *self = st_calloc(1, sizeof *self);
    uint8_t *room = st_calloc(ROOM_BYTES + 8, 1);
    if (self == NULL || room == NULL) {
        st_free(self);
        st_free(room);
        return st_err_set(err, ST_NO_MEM, "Not enough memory to read '%s'.",
                          core->name);
    }
    self->core = *core;
    self->core.base.format = format;
    self->core.ops = &ops;
    self->core.scrub = wave.is_float;
    self->wave = wave;
    self->room = room;
    describe(&self->core.info, &wave);
    if (wave.stated_bytes > wave.data_bytes + wave.block_bytes)
        self->core.info.missing_frames =
            (wave.stated_bytes - wave.data_bytes) / wave.block_bytes;
    *out = &self->core;
    return ST_OK;
}
