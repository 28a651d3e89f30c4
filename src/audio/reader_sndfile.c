#include "audio/reader_impl.h"

#include "audio/channels.h"
#include "audio/mpeg.h"
#include "audio/ogg.h"
#include "core/alloc.h"

#include <sndfile.h>
#include <stdio.h>
#include <string.h>

/* libsndfile on our descriptor, through callbacks that read ahead in larger
 * pieces, and that a hostile file cannot make run for ever: the bytes handed
 * out while opening are bounded. */
enum { AHEAD_BYTES = 1 << 16, BLOCK_FRAMES = 4096 };

typedef struct {
    st_reader core;
    SNDFILE *file;
    int64_t offset; /* of the file, as libsndfile sees it */
    int64_t ahead_at;
    size_t ahead_bytes;
    int64_t budget;           /* bytes and calls left, -1: no bound */
    int map[ST_MAX_CHANNELS]; /* channel i of the file is our map[i] */
    uint8_t *ahead;
    float *room; /* interleaved */
} sndfile_reader;

static sf_count_t io_length(void *user) {
    return ((sndfile_reader *)user)->core.bytes.size;
}

static sf_count_t io_tell(void *user) {
    return ((sndfile_reader *)user)->offset;
}

static sf_count_t io_seek(sf_count_t offset, int whence, void *user) {
    sndfile_reader *self = user;
    int64_t base = whence == SEEK_CUR   ? self->offset
                   : whence == SEEK_END ? self->core.bytes.size
                                        : 0;
    if (offset > INT64_MAX / 2 || offset < -INT64_MAX / 2 || base + offset < 0)
        return -1;
    self->offset = base + offset;
    return self->offset;
}

static size_t read_ahead(sndfile_reader *self, uint8_t *to, size_t count) {
    int64_t inside = self->offset - self->ahead_at;
    if (inside < 0 || inside >= (int64_t)self->ahead_bytes) {
        self->ahead_at = self->offset;
        self->ahead_bytes = st_bytes_read(&self->core.bytes, self->offset,
                                          self->ahead, AHEAD_BYTES);
        inside = 0;
    }
    size_t left = self->ahead_bytes - (size_t)inside;
    if (count > left)
        count = left;
    memcpy(to, self->ahead + inside, count);
    return count;
}

static sf_count_t io_read(void *to, sf_count_t count, void *user) {
    sndfile_reader *self = user;
    sf_count_t total = 0;
    if (self->budget >= 0) {
        self->budget -= count + 64;
        if (self->budget < 0) {
            self->budget = 0;
            return 0;
        }
    }
    while (total < count) {
        size_t got =
            read_ahead(self, (uint8_t *)to + total, (size_t)(count - total));
        if (got == 0)
            break;
        self->offset += (int64_t)got;
        total += (sf_count_t)got;
    }
    return total;
}

static sf_count_t io_write(const void *from, sf_count_t count, void *user) {
    (void)from;
    (void)count;
    (void)user;
    return 0;
}

static void spread(sndfile_reader *self, float *const *out, int64_t at,
                   int64_t frames) {
    int channels = self->core.base.format.channels;
    for (int c = 0; c < channels; c++) {
        float *to = out[self->map[c]] + at;
        for (int64_t i = 0; i < frames; i++)
            to[i] = self->room[i * channels + c];
    }
}

static st_status decode(st_reader *reader, float *const *out, int64_t frames,
                        int64_t *got, st_err *err) {
    (void)err;
    sndfile_reader *self = (sndfile_reader *)reader;
    int64_t done = 0;
    while (done < frames) {
        int64_t want =
            frames - done < BLOCK_FRAMES ? frames - done : BLOCK_FRAMES;
        sf_count_t count = sf_readf_float(self->file, self->room, want);
        if (count <= 0)
            break;
        spread(self, out, done, count);
        done += count;
    }
    *got = done;
    return ST_OK;
}

static st_status seek(st_reader *reader, int64_t frame, st_err *err) {
    sndfile_reader *self = (sndfile_reader *)reader;
    if (sf_seek(self->file, frame, SEEK_SET) == frame)
        return ST_OK;
    return st_err_set(err, ST_BAD_DATA,
                      "Cannot go to frame %lld of '%s': it is damaged.",
                      (long long)frame, reader->name);
}

static void close_sndfile(st_reader *reader) {
    sndfile_reader *self = (sndfile_reader *)reader;
    if (self->file != NULL)
        sf_close(self->file);
    st_free(self->ahead);
    st_free(self->room);
}

static const st_reader_ops ops = {decode, seek, close_sndfile};

static void map_channels(sndfile_reader *self, int channels, bool vorbis) {
    for (int c = 0; c < channels; c++)
        self->map[c] = vorbis ? st_vorbis_order(channels)[c] : c;
}

typedef struct {
    int subtype;
    const char *name;
    int bits;
    bool is_float;
    bool lossy;
} codec_row;

static const codec_row codecs[] = {
    {SF_FORMAT_PCM_S8, "PCM 8-bit", 8, false, false},
    {SF_FORMAT_PCM_U8, "PCM 8-bit", 8, false, false},
    {SF_FORMAT_PCM_16, "PCM 16-bit", 16, false, false},
    {SF_FORMAT_PCM_24, "PCM 24-bit", 24, false, false},
    {SF_FORMAT_PCM_32, "PCM 32-bit", 32, false, false},
    {SF_FORMAT_FLOAT, "float 32-bit", 32, true, false},
    {SF_FORMAT_DOUBLE, "float 64-bit", 64, true, false},
    {SF_FORMAT_VORBIS, "Vorbis", 0, false, true},
    {SF_FORMAT_OPUS, "Opus", 0, false, true},
    {SF_FORMAT_MPEG_LAYER_I, "MPEG layer I", 0, false, true},
    {SF_FORMAT_MPEG_LAYER_II, "MPEG layer II", 0, false, true},
    {SF_FORMAT_MPEG_LAYER_III, "MP3", 0, false, true},
    {SF_FORMAT_ULAW, "mu-law", 8, false, true},
    {SF_FORMAT_ALAW, "A-law", 8, false, true},
    {SF_FORMAT_IMA_ADPCM, "IMA ADPCM", 4, false, true},
    {SF_FORMAT_MS_ADPCM, "MS ADPCM", 4, false, true},
};

static void describe(st_reader_info *info, int format) {
    (void)snprintf(info->codec, sizeof info->codec, "other");
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        const codec_row *row = &codecs[i];
        if (row->subtype != (format & SF_FORMAT_SUBMASK))
            continue;
        (void)snprintf(info->codec, sizeof info->codec, "%s", row->name);
        info->bits = row->bits;
        info->is_float = row->is_float;
        info->lossy = row->lossy;
    }
}

static bool container_fits(st_file_kind kind, int format) {
    switch (format & SF_FORMAT_TYPEMASK) {
    case SF_FORMAT_WAV:
    case SF_FORMAT_WAVEX:
    case SF_FORMAT_RF64:
        return kind == ST_FILE_WAV;
    case SF_FORMAT_AIFF:
        return kind == ST_FILE_AIFF;
    case SF_FORMAT_FLAC:
        return kind == ST_FILE_FLAC || kind == ST_FILE_OGG;
    case SF_FORMAT_OGG:
        return kind == ST_FILE_OGG;
    case SF_FORMAT_MPEG:
        return kind == ST_FILE_MP3;
    default:
        return false;
    }
}

static st_status open_file(sndfile_reader *self, SF_INFO *info, st_err *err) {
    static SF_VIRTUAL_IO io = {io_length, io_seek, io_read, io_write, io_tell};
    st_reader *core = &self->core;
    self->budget = 16 * core->bytes.size + (INT64_C(16) << 20);
    self->file = sf_open_virtual(&io, SFM_READ, info, self);
    self->budget = -1;
    if (self->file == NULL)
        return st_err_set(err, ST_BAD_DATA,
                          "'%s' is a damaged %s file (%s): export it again "
                          "from where it came.",
                          core->name, st_magic_name(core->info.kind),
                          sf_strerror(NULL));
    if (!container_fits(core->info.kind, info->format))
        return st_err_set(err, ST_BAD_DATA,
                          "'%s' is not the %s file that its start promises.",
                          core->name, st_magic_name(core->info.kind));
    return ST_OK;
}

static st_status set_up(sndfile_reader *self, const SF_INFO *info,
                        st_err *err) {
    st_reader *core = &self->core;
    st_format format = {info->samplerate, info->channels, info->frames};
    if (info->frames == SF_COUNT_MAX || info->frames < 0)
        format.frames = -1;
    st_status status = st_reader_check_format(core, &format, err);
    if (status != ST_OK)
        return status;
    core->base.format = format;
    core->ops = &ops;
    describe(&core->info, info->format);
    core->scrub = core->info.is_float || core->info.lossy;
    int type = info->format & SF_FORMAT_TYPEMASK;
    map_channels(self, info->channels, type == SF_FORMAT_OGG);
    self->room =
        st_calloc((size_t)(BLOCK_FRAMES * info->channels), sizeof *self->room);
    if (self->room == NULL)
        return st_err_set(err, ST_NO_MEM, "Not enough memory to read '%s'.",
                          core->name);
    return ST_OK;
}

/* Frames that an AIFF file's COMM chunk states, 0 when there is none. */
static int64_t aiff_frames(const st_bytes *bytes) {
    uint8_t p[14];
    int64_t at = 12;
    for (int i = 0; i < 4096 && st_bytes_read(bytes, at, p, 14) == 14; i++) {
        if (memcmp(p, "COMM", 4) == 0)
            return st_be32(p + 10);
        at += 8 + (int64_t)st_be32(p + 4) + (p[7] & 1);
    }
    return 0;
}

/* What the library reads without a word: a file that ends too early, or that
 * goes on where its header says it ends. */
static st_status look_for_end(st_reader *core) {
    int64_t stated = 0;
    switch (core->info.kind) {
    case ST_FILE_AIFF: /* compressed, COMM counts packets: fewer */
        stated = aiff_frames(&core->bytes);
        if (stated > core->base.format.frames && core->base.format.frames >= 0)
            core->info.missing_frames = stated - core->base.format.frames;
        return ST_OK;
    case ST_FILE_OGG:
        return st_ogg_is_cut(&core->bytes, &core->info.cut_off);
    case ST_FILE_MP3:
        core->info.goes_on = st_mpeg_goes_on(&core->bytes);
        return ST_OK;
    default:
        return ST_OK;
    }
}

st_status st_reader_open_sndfile(st_reader **out, st_reader *core,
                                 st_err *err) {
    sndfile_reader *self = st_calloc(1, sizeof *self);
    uint8_t *ahead = st_calloc(AHEAD_BYTES, 1);
    if (self == NULL || ahead == NULL) {
        st_free(self);
        st_free(ahead);
        return st_err_set(err, ST_NO_MEM, "Not enough memory to read '%s'.",
                          core->name);
    }
    self->core = *core;
    self->ahead = ahead;
    SF_INFO info = {0};
    st_status status = open_file(self, &info, err);
    if (status == ST_OK)
        status = set_up(self, &info, err);
    if (status == ST_OK && core->info.kind != ST_FILE_WAV) {
        status = st_meta_read(&self->core.meta, &core->bytes, core->info.kind);
        core->meta = self->core.meta;
        if (status == ST_OK)
            status = look_for_end(&self->core);
        if (status != ST_OK)
            (void)st_err_set(err, status, "Not enough memory to read '%s'.",
                             core->name);
    }
    if (status != ST_OK) {
        close_sndfile(&self->core);
        st_free(self);
        return status;
    }
    *out = &self->core;
    return ST_OK;
}
