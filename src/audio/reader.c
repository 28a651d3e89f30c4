#include "audio/reader.h"

#include "audio/pcm.h"
#include "audio/reader_impl.h"
#include "core/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Decoded bytes that no file needs to justify by its size. */
static const int64_t RATIO_FREE_BYTES = INT64_C(64) << 20;

static st_status too_long(const st_reader *reader, st_err *err) {
    return st_err_set(err, ST_LIMIT,
                      "'%s' is longer than the limit of %lld frames: cut it "
                      "into parts, or raise the limit.",
                      reader->name, (long long)reader->limits.max_frames);
}

static st_status too_dense(const st_reader *reader, st_err *err) {
    return st_err_set(err, ST_LIMIT,
                      "'%s' unpacks to more than %.0f times its size, as only "
                      "a file made to fill the disk does: if it is sound, "
                      "convert it to WAV first.",
                      reader->name, reader->limits.max_ratio);
}

static bool is_dense(const st_reader *reader, int64_t frames, int channels) {
    double bytes = (double)frames * channels * sizeof(float);
    return bytes > (double)RATIO_FREE_BYTES &&
           bytes - (double)RATIO_FREE_BYTES >
               reader->limits.max_ratio * (double)reader->info.file_bytes;
}

st_status st_reader_check_format(const st_reader *reader,
                                 const st_format *format, st_err *err) {
    if (format->channels < 1 || format->channels > reader->limits.max_channels)
        return st_err_set(err, ST_LIMIT,
                          "'%s' has %d channels; 1 to %d can be read: export "
                          "it with fewer.",
                          reader->name, format->channels,
                          reader->limits.max_channels);
    if (format->rate_hz < ST_MIN_RATE_HZ || format->rate_hz > ST_MAX_RATE_HZ)
        return st_err_set(err, ST_LIMIT,
                          "'%s' states a sample rate of %d Hz; %d to %d Hz "
                          "can be read.",
                          reader->name, format->rate_hz, ST_MIN_RATE_HZ,
                          ST_MAX_RATE_HZ);
    if (format->frames > reader->limits.max_frames)
        return too_long(reader, err);
    if (format->frames > 0 &&
        is_dense(reader, format->frames, format->channels))
        return too_dense(reader, err);
    if (format->frames == 0)
        return st_err_set(err, ST_BAD_DATA,
                          "'%s' holds no audio (0 frames): export it again.",
                          reader->name);
    return ST_OK;
}

/* The end came. An MP3 without a length in it was estimated: a small
 * difference is no sign of damage. */
static void note_end(st_reader *reader) {
    int64_t stated = reader->base.format.frames;
    int64_t missing = stated - reader->position;
    int64_t slack = reader->info.kind == ST_FILE_MP3 ? stated / 20 : 0;
    if (missing > slack)
        reader->info.missing_frames += missing;
    reader->base.format.frames = reader->position;
}

static st_status source_read(st_source *source, float *const *out,
                             int64_t frames, int64_t *got, st_err *err) {
    st_reader *reader = (st_reader *)source;
    int64_t count = 0;
    st_status status =
        frames > 0 ? reader->ops->decode(reader, out, frames, &count, err)
                   : ST_OK;
    if (status != ST_OK)
        return status;
    reader->position += count;
    if (reader->position > reader->limits.max_frames)
        return too_long(reader, err);
    if (is_dense(reader, reader->position, source->format.channels))
        return too_dense(reader, err);
    for (int c = 0; reader->scrub && c < source->format.channels; c++)
        reader->info.nonfinite_samples += st_pcm_scrub(out[c], count);
    if (count < frames)
        note_end(reader);
    *got = count;
    return ST_OK;
}

static st_status source_seek(st_source *source, int64_t frame, st_err *err) {
    st_reader *reader = (st_reader *)source;
    if (frame == reader->position)
        return ST_OK;
    st_status status = reader->ops->seek(reader, frame, err);
    if (status == ST_OK)
        reader->position = frame;
    return status;
}

static void source_free(st_source *source) {
    st_reader *reader = (st_reader *)source;
    reader->ops->close(reader);
    st_meta_deinit(&reader->meta);
    if (reader->bytes.fd >= 0)
        close(reader->bytes.fd);
    st_free(reader);
}

static const st_source_ops source_ops = {source_read, source_seek, source_free};

static st_file_kind find_kind(const st_bytes *bytes) {
    uint8_t head[ST_MAGIC_BYTES];
    uint64_t skip = 0;
    size_t got = st_bytes_read(bytes, 0, head, sizeof head);
    st_file_kind kind = st_magic_find(head, got, &skip);
    if (skip == 0 || skip > (uint64_t)bytes->size)
        return kind;
    got = st_bytes_read(bytes, (int64_t)skip, head, sizeof head);
    st_file_kind inner = st_magic_find(head, got, NULL);
    return inner == ST_FILE_UNKNOWN || inner == ST_FILE_EMPTY ? ST_FILE_MP3
                                                              : inner;
}

static st_status refuse(const st_reader *core, st_err *err) {
    const char *name = core->name;
    switch (core->info.kind) {
    case ST_FILE_EMPTY:
        if (core->bytes.size > 0)
            return st_err_set(err, ST_BAD_DATA,
                              "'%s' holds only zeros where its format should "
                              "stand: it was not copied or saved whole. Copy "
                              "or export it again.",
                              name);
        return st_err_set(err, ST_BAD_DATA,
                          "'%s' is empty: nothing was saved in it. Export it "
                          "again.",
                          name);
    case ST_FILE_PLAYLIST:
        return st_err_set(err, ST_UNSUPPORTED,
                          "'%s' is a playlist or script that points to other "
                          "files, whatever its name says: give the audio file "
                          "itself.",
                          name);
    case ST_FILE_UNKNOWN:
        return st_err_set(err, ST_UNSUPPORTED,
                          "'%s' has no known audio format: give a WAV, AIFF, "
                          "FLAC, OGG, Opus, MP3, M4A, WMA or video file.",
                          name);
    default:
        return st_err_set(err, ST_UNSUPPORTED,
                          "'%s' is %s, not audio: give a WAV, AIFF, FLAC, "
                          "OGG, Opus, MP3, M4A, WMA or video file.",
                          name, st_magic_name(core->info.kind));
    }
}

static st_status dispatch(st_reader **out, st_reader *core, st_err *err) {
    switch (core->info.kind) {
    case ST_FILE_WAV:
        return st_reader_open_wave(out, core, err);
    case ST_FILE_AIFF:
    case ST_FILE_FLAC:
    case ST_FILE_OGG:
    case ST_FILE_MP3:
        return st_reader_open_sndfile(out, core, err);
    default:
        if (st_magic_demuxer(core->info.kind) == NULL)
            return refuse(core, err);
        if (core->limits.in_process)
            return st_err_set(err, ST_UNSUPPORTED,
                              "'%s' is %s, which is not read in process.",
                              core->name, st_magic_name(core->info.kind));
        return st_reader_open_ffmpeg(out, core, err);
    }
}

static void set_limits(st_reader *core, const st_reader_limits *limits) {
    st_reader_limits use = limits != NULL ? *limits : (st_reader_limits){0};
    if (use.max_frames <= 0)
        use.max_frames = (int64_t)24 * 3600 * ST_MAX_RATE_HZ;
    if (use.max_channels <= 0 || use.max_channels > ST_MAX_CHANNELS)
        use.max_channels = ST_MAX_CHANNELS;
    if (use.max_ratio <= 0)
        use.max_ratio = 4000;
    if (use.stall_ms <= 0)
        use.stall_ms = 10000;
    if (use.cpu_seconds <= 0)
        use.cpu_seconds = 1800;
    core->limits = use;
}

/* Takes `fd` over when it succeeds. */
static st_status open_core(st_source **out, int fd, const char *name,
                           const st_reader_limits *limits, st_err *err) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return st_err_set(err, ST_IO, "Cannot look at '%s': %s.", name,
                          strerror(errno));
    if (!S_ISREG(info.st_mode))
        return st_err_set(err, ST_BAD_ARG,
                          "'%s' is %s: give an audio file instead.", name,
                          S_ISDIR(info.st_mode)    ? "a folder"
                          : S_ISFIFO(info.st_mode) ? "a pipe"
                                                   : "no regular file");
    st_reader core = {.info = {.file_bytes = info.st_size},
                      .bytes = {.fd = fd, .size = info.st_size}};
    const char *slash = strrchr(name, '/');
    (void)snprintf(core.name, sizeof core.name, "%s",
                   slash != NULL && slash[1] != '\0' ? slash + 1 : name);
    set_limits(&core, limits);
    core.info.kind = find_kind(&core.bytes);
    (void)snprintf(core.info.format, sizeof core.info.format, "%s",
                   st_magic_name(core.info.kind));
    st_reader *reader = NULL;
    st_status status = dispatch(&reader, &core, err);
    if (reader == NULL) { /* always so, and only so, when it failed */
        st_meta_deinit(&core.meta);
        return status;
    }
    reader->base.ops = &source_ops;
    *out = &reader->base;
    return ST_OK;
}

st_status st_reader_open(st_source **out, const char *path,
                         const st_reader_limits *limits, st_err *err) {
    /* O_NONBLOCK: opening a pipe must not wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        int why = errno;
        if (why == ENOENT || why == ENOTDIR)
            return st_err_set(err, ST_NOT_FOUND,
                              "There is no file '%s': check the name.", path);
        return st_err_set(err, ST_IO, "Cannot open '%s': %s.", path,
                          why == EACCES ? "no permission to read it"
                                        : strerror(why));
    }
    st_status status = open_core(out, fd, path, limits, err);
    if (status != ST_OK)
        close(fd);
    return status;
}

st_status st_reader_open_fd(st_source **out, int fd, const char *name,
                            const st_reader_limits *limits, st_err *err) {
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return st_err_set(err, ST_IO, "Cannot use '%s': %s.", name,
                          strerror(errno));
    st_status status = open_core(out, own, name, limits, err);
    if (status != ST_OK)
        close(own);
    return status;
}

const st_reader_info *st_reader_info_get(const st_source *source) {
    return &((const st_reader *)source)->info;
}

const st_meta *st_reader_meta(const st_source *source) {
    return &((const st_reader *)source)->meta;
}

const char *st_reader_warning(st_source *source, int i) {
    st_reader *reader = (st_reader *)source;
    const st_reader_info *info = &reader->info;
    if (info->nonfinite_samples > 0 && i-- == 0) {
        (void)snprintf(reader->warning, sizeof reader->warning,
                       "%lld samples were NaN or infinite and were read as "
                       "silence: export the file again.",
                       (long long)info->nonfinite_samples);
        return reader->warning;
    }
    if (info->missing_frames > 0 && i-- == 0) {
        (void)snprintf(reader->warning, sizeof reader->warning,
                       "The file ends %lld frames before its header says: it "
                       "is probably cut off. Copy or export it again.",
                       (long long)info->missing_frames);
        return reader->warning;
    }
    if (info->cut_off && i-- == 0)
        return "The file ends without the mark of its end: it is probably cut "
               "off. Copy or export it again.";
    if (info->goes_on && i-- == 0)
        return "Sound follows behind the end that the file's header states, "
               "and was not read: several MP3 files were joined into one. Give "
               "each of them by itself.";
    return NULL;
}
