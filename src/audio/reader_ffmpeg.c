#include "audio/reader_impl.h"

#include "audio/pcm.h"
#include "core/alloc.h"
#include "core/sandbox.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ffmpeg writes the first audio stream as float CAF to its output: rate,
 * channels and tags come in its header. It is started again to go back. */
enum { ROOM_BYTES = 1 << 18 };
static const int64_t CHILD_MEMORY_BYTES = INT64_C(192) << 20;

typedef struct {
    st_reader core;
    st_sandbox_child child;
    int64_t at;  /* frame that the next decode starts with */
    size_t held; /* bytes in room */
    size_t used; /* of them, given out */
    bool ended;
    int block_bytes;
    uint8_t *room;
    char program[PATH_MAX];
} ffmpeg_reader;

static st_status spawn(ffmpeg_reader *self, bool tags, st_err *err) {
    const char *demuxer = st_magic_demuxer(self->core.info.kind);
    const char *const argv[] = {self->program,
                                "-nostdin",
                                "-hide_banner",
                                "-loglevel",
                                "error",
                                "-protocol_whitelist",
                                "file,pipe",
                                "-threads",
                                "1",
                                "-vn",
                                "-sn",
                                "-dn",
                                "-f",
                                demuxer,
                                "-i",
                                "file:/proc/self/fd/0",
                                "-map",
                                "0:a:0",
                                "-map_metadata",
                                tags ? "0" : "-1",
                                "-fflags",
                                "+bitexact",
                                "-c:a",
                                "pcm_f32le",
                                "-f",
                                "caf",
                                "pipe:1",
                                NULL};
    st_sandbox_spec spec = {.argv = argv,
                            .input_fd = self->core.bytes.fd,
                            .extra_fd = -1,
                            .cpu_seconds = self->core.limits.cpu_seconds,
                            .memory_bytes = CHILD_MEMORY_BYTES};
    self->held = self->used = 0;
    self->ended = false;
    if (access("/proc/self/fd", F_OK) != 0)
        return st_err_set(err, ST_UNSUPPORTED,
                          "'%s': the %s decoder is handed its file through "
                          "/proc, which is not mounted here: run `mount -t "
                          "proc proc /proc` as root.",
                          self->core.name, self->core.info.format);
    return st_sandbox_spawn(&spec, &self->child, err);
}

static st_status fill(ffmpeg_reader *self, st_err *err) {
    size_t got = 0;
    memmove(self->room, self->room + self->used, self->held - self->used);
    self->held -= self->used;
    self->used = 0;
    st_status status = st_sandbox_read(&self->child, self->room + self->held,
                                       ROOM_BYTES - self->held,
                                       self->core.limits.stall_ms, &got, err);
    if (status != ST_OK) {
        st_err_prefix(err, "%s", self->core.name);
        return status;
    }
    self->held += got;
    self->ended = got == 0;
    return ST_OK;
}

/* Why the child stopped, in one sentence. */
static st_status explain(ffmpeg_reader *self, st_err *err) {
    char log[1024];
    int code = 0;
    const st_reader *core = &self->core;
    st_sandbox_end(&self->child, false, &code, log, sizeof log);
    if (strstr(log, "matches no streams") != NULL)
        return st_err_set(err, ST_BAD_DATA,
                          "'%s' has no sound in it: give a file with an audio "
                          "track.",
                          core->name);
    if (code >= 128)
        return st_err_set(err, ST_BAD_DATA,
                          "'%s' broke its decoder (signal %d), which was "
                          "stopped: the file is damaged or hostile.",
                          core->name, code - 128);
    return st_err_set(err, ST_BAD_DATA,
                      "'%s' is a damaged %s file, or holds a codec that is "
                      "not known here: convert it to WAV where it came from.",
                      core->name, core->info.format);
}

static st_status take_tag(st_meta *meta, const char *key, const char *value) {
    /* What the container says about itself, and no person wrote. */
    static const char *const dull[] = {"major_brand", "minor_version",
                                       "compatible_brands", "encoder"};
    for (size_t i = 0; i < sizeof dull / sizeof *dull; i++)
        if (strcasecmp(key, dull[i]) == 0)
            return ST_OK;
    return st_meta_add_tag(meta, st_meta_name(key), value);
}

/* CAF information chunk: a count, then pairs of NUL-ended strings. */
static st_status take_info(st_meta *meta, const uint8_t *p, size_t bytes) {
    const char *at = (const char *)p + 4;
    const char *end = (const char *)p + bytes;
    while (bytes > 4 && at < end) {
        const char *key = at;
        const char *stop = memchr(at, 0, (size_t)(end - at));
        if (stop == NULL)
            break;
        at = stop + 1;
        stop = memchr(at, 0, (size_t)(end - at));
        if (stop == NULL)
            break;
        if (take_tag(meta, key, at) != ST_OK)
            return ST_NO_MEM;
        at = stop + 1;
    }
    return ST_OK;
}

typedef enum { HEAD_MORE, HEAD_DONE, HEAD_BAD } head_state;

/* The CAF header as far as it has come (Core Audio Format 1.0). When it is
 * whole: format, tags (when `meta`), and `used` at the first sample. */
static head_state parse_head(ffmpeg_reader *self, st_meta *meta) {
    const uint8_t *p = self->room;
    size_t held = self->held;
    if (held < 8)
        return HEAD_MORE;
    if (memcmp(p, "caff", 4) != 0)
        return HEAD_BAD;
    for (size_t at = 8; held - at >= 12;) {
        uint64_t size =
            (uint64_t)st_be32(p + at + 4) << 32 | st_be32(p + at + 8);
        const uint8_t *body = p + at + 12;
        if (memcmp(p + at, "data", 4) == 0) {
            self->used = at + 16;
            return held < self->used ? HEAD_MORE : HEAD_DONE;
        }
        if (size > held - at - 12)
            return HEAD_MORE;
        if (memcmp(p + at, "desc", 4) == 0 && size >= 32) {
            uint64_t bits = (uint64_t)st_be32(body) << 32 | st_be32(body + 4);
            double rate = 0;
            memcpy(&rate, &bits, sizeof rate);
            self->core.base.format.rate_hz =
                rate >= 1 && rate <= 1e9 ? (int)rate : 0;
            self->core.base.format.channels =
                (int)(st_be32(body + 24) & 0xFFFF);
        }
        if (memcmp(p + at, "info", 4) == 0 && meta != NULL)
            (void)take_info(meta, body, (size_t)size);
        at += 12 + (size_t)size;
    }
    return HEAD_MORE;
}

/* Tags that are read twice (the header comes in parts) would double. */
static st_status read_head(ffmpeg_reader *self, bool tags, st_err *err) {
    for (;;) {
        head_state state = parse_head(self, NULL);
        if (state == HEAD_DONE) {
            size_t used = self->used;
            if (tags)
                (void)parse_head(self, &self->core.meta);
            self->used = used;
            return ST_OK;
        }
        if (self->held == ROOM_BYTES && tags) { /* tags without end */
            st_sandbox_end(&self->child, true, NULL, NULL, 0);
            st_status status = spawn(self, false, err);
            return status == ST_OK ? read_head(self, false, err) : status;
        }
        if (state == HEAD_BAD || self->ended || self->held == ROOM_BYTES)
            return explain(self, err);
        self->used = 0;
        st_status status = fill(self, err);
        if (status != ST_OK)
            return status;
    }
}

static st_status decode(st_reader *reader, float *const *out, int64_t frames,
                        int64_t *got, st_err *err) {
    ffmpeg_reader *self = (ffmpeg_reader *)reader;
    size_t block = (size_t)self->block_bytes;
    int64_t done = 0;
    while (done < frames) {
        int64_t ready = (int64_t)((self->held - self->used) / block);
        if (ready == 0 && !self->ended) {
            st_status status = fill(self, err);
            if (status != ST_OK)
                return status;
            continue;
        }
        if (ready == 0)
            break;
        int64_t count = frames - done < ready ? frames - done : ready;
        st_pcm_unpack(ST_PCM_F32, false, self->room + self->used,
                      reader->base.format.channels, count, out, done);
        self->used += (size_t)count * block;
        done += count;
    }
    self->at += done;
    *got = done;
    if (done == 0 && self->at == 0)
        return explain(self, err);
    return ST_OK;
}

static st_status skip(ffmpeg_reader *self, int64_t frames, st_err *err) {
    st_buffer block = {0};
    st_status status =
        st_buffer_init(&block, self->core.base.format.channels, 4096);
    while (status == ST_OK && frames > 0) {
        int64_t got = 0;
        status = decode(&self->core, block.channel,
                        frames < 4096 ? frames : 4096, &got, err);
        frames -= got;
        if (got == 0)
            break;
    }
    st_buffer_deinit(&block);
    return status;
}

static st_status seek(st_reader *reader, int64_t frame, st_err *err) {
    ffmpeg_reader *self = (ffmpeg_reader *)reader;
    if (frame < self->at) {
        st_format format = reader->base.format;
        st_sandbox_end(&self->child, true, NULL, NULL, 0);
        st_status status = spawn(self, false, err);
        if (status == ST_OK)
            status = read_head(self, false, err);
        reader->base.format = format;
        if (status != ST_OK)
            return status;
        self->at = 0;
    }
    return skip(self, frame - self->at, err);
}

static void close_ffmpeg(st_reader *reader) {
    ffmpeg_reader *self = (ffmpeg_reader *)reader;
    st_sandbox_end(&self->child, true, NULL, NULL, 0);
    st_free(self->room);
}

static const st_reader_ops ops = {decode, seek, close_ffmpeg};

static st_status start(ffmpeg_reader *self, st_err *err) {
    st_status status = spawn(self, true, err);
    if (status == ST_OK)
        status = read_head(self, true, err);
    if (status != ST_OK)
        return status;
    self->core.base.format.frames = -1;
    self->block_bytes = self->core.base.format.channels * (int)sizeof(float);
    return st_reader_check_format(&self->core, &self->core.base.format, err);
}

st_status st_reader_open_ffmpeg(st_reader **out, st_reader *core, st_err *err) {
    ffmpeg_reader *self = st_calloc(1, sizeof *self);
    uint8_t *room = st_calloc(ROOM_BYTES + 8, 1);
    if (self == NULL || room == NULL) {
        st_free(self);
        st_free(room);
        return st_err_set(err, ST_NO_MEM, "Not enough memory to read '%s'.",
                          core->name);
    }
    self->core = *core;
    self->core.ops = &ops;
    self->core.scrub = true;
    self->core.info.lossy = true;
    (void)snprintf(self->core.info.codec, sizeof self->core.info.codec,
                   "by ffmpeg");
    self->child = (st_sandbox_child){-1, -1, -1};
    self->room = room;
    st_status status =
        st_sandbox_find("ffmpeg", self->program, sizeof self->program, err);
    if (status == ST_OK)
        status = start(self, err);
    if (status == ST_OK &&
        st_meta_read(&self->core.meta, &core->bytes, core->info.kind) != ST_OK)
        status = st_err_set(err, ST_NO_MEM, "Not enough memory to read '%s'.",
                            core->name);
    if (status != ST_OK) {
        core->meta = self->core.meta;
        close_ffmpeg(&self->core);
        st_free(self);
        return status;
    }
    *out = &self->core;
    return ST_OK;
}
