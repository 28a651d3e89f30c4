#include "audio/spool_impl.h"

#include "core/alloc.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Behind the stripes: the note, then this. */
typedef struct {
    char magic[16];
    char boot[40]; /* of the machine: what was not synced is gone with it */
    int64_t frames, note_bytes;
    int32_t rate_hz, channels;
} footer;

static const char magic[16] = "stemma spool 1";

static void boot_of(char text[40]) {
    memset(text, 0, 40);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (read(fd, text, 36) != 36)
        memset(text, 0, 40);
    (void)close(fd);
}

static int64_t stripe_bytes(int64_t frames, int channels) {
    int64_t stripes = (frames + ST_SPOOL_STRIPE - 1) / ST_SPOOL_STRIPE;
    return stripes * channels * ST_SPOOL_STRIPE * (int64_t)sizeof(float);
}

st_status st_spool_keep(st_spool *spool, const char *path, const void *note,
                        size_t bytes, st_err *err) {
    footer end = {.frames = st_spool_frames(spool),
                  .note_bytes = (int64_t)bytes,
                  .rate_hz = spool->rate_hz,
                  .channels = spool->channels};
    if (!atomic_load(&spool->finished) || bytes > ST_SPOOL_NOTE_BYTES)
        return st_err_set(err, ST_BAD_ARG,
                          "A spool is kept after its sink is finished.");
    memcpy(end.magic, magic, sizeof magic);
    boot_of(end.boot);
    st_status status = st_scratch_append(spool->bytes, note, bytes, err);
    if (status == ST_OK)
        status = st_scratch_append(spool->bytes, &end, sizeof end, err);
    if (status == ST_OK)
        status = st_scratch_flush(spool->bytes, err);
    return status == ST_OK ? st_scratch_keep(spool->bytes, path, err) : status;
}

static bool fits(const footer *end, int64_t size, size_t note_bytes) {
    char boot[40];
    boot_of(boot);
    return memcmp(end->magic, magic, sizeof magic) == 0 && boot[0] != '\0' &&
           memcmp(end->boot, boot, sizeof boot) == 0 && end->channels >= 1 &&
           end->channels <= ST_MAX_CHANNELS && end->frames >= 0 &&
           end->frames <= size && end->note_bytes == (int64_t)note_bytes &&
           size == stripe_bytes(end->frames, end->channels) + end->note_bytes +
                       (int64_t)sizeof *end;
}

static st_status read_end(const st_scratch *file, footer *end, void *note,
                          size_t bytes, st_err *err) {
    int64_t size = st_scratch_size(file);
    int64_t at = size - (int64_t)sizeof *end;
    if (at < 0 || st_scratch_read(file, at, end, sizeof *end, err) != ST_OK ||
        !fits(end, size, bytes) ||
        st_scratch_read(file, at - (int64_t)bytes, note, bytes, err) != ST_OK)
        return st_err_set(err, ST_BAD_DATA, "The kept spool is not whole.");
    return ST_OK;
}

st_status st_spool_open(st_spool **out, const char *path, void *note,
                        size_t bytes, st_err *err) {
    footer end = {0};
    st_scratch *file = NULL;
    st_status status = st_scratch_open(&file, path, err);
    if (status != ST_OK)
        return status;
    status = read_end(file, &end, note, bytes, err);
    if (status != ST_OK) {
        st_scratch_free(file);
        return status;
    }
    st_spool *spool = st_calloc(1, sizeof *spool);
    if (spool == NULL) {
        st_scratch_free(file);
        return st_err_set(err, ST_NO_MEM, "Not enough memory for a spool.");
    }
    atomic_init(&spool->references, 1);
    atomic_init(&spool->frames, end.frames);
    atomic_init(&spool->finished, true);
    spool->has_sink = true;
    spool->bytes = file;
    spool->rate_hz = end.rate_hz;
    spool->channels = end.channels;
    *out = spool;
    return ST_OK;
}
