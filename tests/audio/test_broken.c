/* Files that lie, are cut, or attack: each is refused or handled within 2 s
 * and 256 MiB, with a sentence, and nothing is written. */
#include "support/cases.h"

#include "audio/bytes.h"
#include "audio/reader.h"
#include "audio/spool.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A sanitizer's own time and memory are not the reader's. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

static char folder[] = "/tmp/stemma-broken-XXXXXX";
static uint8_t data[1 << 20];
static size_t bytes;

static void put(const void *from, size_t count) {
    memcpy(data + bytes, from, count);
    bytes += count;
}

static void le(uint64_t v, int count) {
    st_put_le(data + bytes, v, count);
    bytes += (size_t)count;
}

static void be(uint64_t v, int count) {
    st_put_be(data + bytes, v, count);
    bytes += (size_t)count;
}

/* A WAV header; `stated` is the size its data chunk claims. */
static void wav(unsigned tag, unsigned channels, uint32_t rate, unsigned bits,
                uint32_t stated) {
    bytes = 0;
    put("RIFF", 4);
    le(36 + stated, 4);
    put("WAVEfmt ", 8);
    le(16, 4);
    le(tag, 2);
    le(channels, 2);
    le(rate, 4);
    le((uint64_t)rate * channels * bits / 8, 4);
    le(channels * bits / 8, 2);
    le(bits, 2);
    put("data", 4);
    le(stated, 4);
}

static void zeros(size_t count) {
    memset(data + bytes, 0, count);
    bytes += count;
}

static void make_lying_wav(void) {
    wav(1, 2, 48000, 16, 0x7FFFFFF0);
    zeros(4000);
}

static void make_no_frames(void) {
    wav(1, 2, 48000, 16, 0);
}

static void make_many_channels(void) {
    wav(1, 64, 48000, 16, 12800);
    zeros(12800);
}

static void make_no_channels(void) {
    wav(1, 0, 48000, 16, 100);
    zeros(100);
}

static void make_no_rate(void) {
    wav(1, 2, 0, 16, 100);
    zeros(100);
}

static void make_fast_rate(void) {
    wav(1, 2, 900000000, 16, 100);
    zeros(100);
}

static void make_bad_bits(void) {
    wav(1, 2, 48000, 77, 100);
    zeros(100);
}

static void make_cut_header(void) {
    wav(1, 2, 48000, 16, 100);
    bytes = 30;
}

static void make_nan(void) {
    float x[8] = {0.5F,  (float)NAN, (float)INFINITY, -(float)INFINITY,
                  0.25F, -0.5F,      1e30F,           0.0F};
    wav(3, 1, 48000, 32, sizeof x);
    put(x, sizeof x);
}

static void make_tiny_chunks(void) {
    wav(1, 2, 48000, 16, 100);
    bytes = 12;
    while (bytes < sizeof data - 8) {
        put("JUNK", 4);
        le(0, 4);
    }
}

static void make_text(const char *text) {
    bytes = 0;
    put(text, strlen(text));
}

static void make_hls(void) {
    make_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n"
              "file:///etc/passwd\n#EXT-X-ENDLIST\n");
}

static void make_concat(void) {
    make_text("ffconcat version 1.0\nfile '/etc/passwd'\n");
}

static void make_words(void) {
    make_text("Dear diary, this is no song.\n");
}

static void make_empty(void) {
    bytes = 0;
}

static void make_zeros(void) {
    bytes = 0;
    zeros(5000);
}

static void make_noise(const char *head, size_t count) {
    bytes = 0;
    put(head, count);
    uint32_t seed = 7;
    while (bytes < 100000) {
        seed = seed * 1664525U + 1013904223U;
        data[bytes++] = (uint8_t)(seed >> 24);
    }
}

static void make_mp4_noise(void) {
    make_noise("\0\0\0\x18"
               "ftypM4A \0\0\0\0M4A mp42\0\0\1\0moov",
               32);
}

static void make_mkv_noise(void) {
    make_noise("\x1A\x45\xDF\xA3", 4);
}

static void make_asf_noise(void) {
    make_noise("\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\0\xAA\0\x62\xCE\x6C",
               16);
}

static void make_ogg_noise(void) {
    make_noise("OggS\0\2", 6);
}

static void make_aiff_noise(void) {
    make_noise("FORM\x7F\xFF\xFF\xFF"
               "AIFFCOMM\0\0\0\x12",
               20);
}

static void make_flac_noise(void) {
    make_noise("fLaC\0\0\0\x22", 8);
}

static void make_mp3_noise(void) {
    make_noise("ID3\4\0\0\x7F\x7F\x7F\x7F", 10);
}

static uint8_t crc8(const uint8_t *p, size_t count) {
    unsigned crc = 0;
    for (size_t i = 0; i < count; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 0x80 ? (crc << 1 ^ 0x07) & 0xFF : crc << 1;
    }
    return (uint8_t)crc;
}

static uint16_t crc16(const uint8_t *p, size_t count) {
    unsigned crc = 0;
    for (size_t i = 0; i < count; i++) {
        crc ^= (unsigned)p[i] << 8;
        for (int k = 0; k < 8; k++)
            crc = crc & 0x8000 ? (crc << 1 ^ 0x8005) & 0xFFFF : crc << 1;
    }
    return (uint16_t)crc;
}

static void flac_head(uint64_t frames) {
    bytes = 0;
    put("fLaC", 4);
    be(0x80000022, 4);
    be(65535, 2);
    be(65535, 2);
    be(0, 6);
    /* 48000 Hz, 8 channels, 16 bits, length */
    be((uint64_t)48000 << 44 | (uint64_t)7 << 41 | (uint64_t)15 << 36 | frames,
       8);
    be(0, 8);
    be(0, 8);
}

/* RFC 9639: each frame is 65535 frames of silence in 8 channels, 2 MiB of
 * float from 40 bytes; the length is not stated. */
static void make_flac_bomb(void) {
    flac_head(0);
    for (unsigned i = 0; i < 2000; i++) {
        size_t start = bytes;
        be(0xFFF87078, 4);
        if (i < 0x80)
            be(i, 1);
        else
            be(0xC080 | (i >> 6) << 8 | (i & 0x3F), 2);
        be(65534, 2);
        be(crc8(data + start, bytes - start), 1);
        for (int c = 0; c < 8; c++)
            be(0, 3);
        be(crc16(data + start, bytes - start), 2);
    }
}

static void make_flac_lie(void) {
    make_flac_bomb();
    size_t keep = bytes;
    flac_head((UINT64_C(1) << 36) - 1);
    bytes = keep < 200 ? keep : 200;
}

typedef struct {
    const char *name;
    void (*make)(void);
    st_status status;
    const char *says; /* part of the sentence, or of the warning when OK */
} broken_row;

static const broken_row rows[] = {
    {"lying.wav", make_lying_wav, ST_OK, "cut off"},
    {"noframes.wav", make_no_frames, ST_BAD_DATA, "0 frames"},
    {"channels64.wav", make_many_channels, ST_LIMIT, "64 channels"},
    {"channels0.wav", make_no_channels, ST_BAD_DATA, "0 channels"},
    {"rate0.wav", make_no_rate, ST_BAD_DATA, "rate"},
    {"rate.wav", make_fast_rate, ST_LIMIT, "900000000 Hz"},
    {"bits.wav", make_bad_bits, ST_BAD_DATA, "sample size"},
    {"cut.wav", make_cut_header, ST_BAD_DATA, "damaged"},
    {"nan.wav", make_nan, ST_OK, "3 samples were NaN"},
    {"chunks.wav", make_tiny_chunks, ST_BAD_DATA, "format chunk"},
    {"hls.wav", make_hls, ST_UNSUPPORTED, "playlist"},
    {"concat.mp3", make_concat, ST_UNSUPPORTED, "playlist"},
    {"words.wav", make_words, ST_UNSUPPORTED, "text"},
    {"empty.wav", make_empty, ST_BAD_DATA, "empty"},
    {"zeros.wav", make_zeros, ST_BAD_DATA, "only zeros"},
    {"noise.m4a", make_mp4_noise, ST_BAD_DATA, "no sound"},
    {"noise.mkv", make_mkv_noise, ST_BAD_DATA, "damaged"},
    {"noise.wma", make_asf_noise, ST_BAD_DATA, "damaged"},
    {"noise.ogg", make_ogg_noise, ST_BAD_DATA, "damaged"},
    {"noise.aiff", make_aiff_noise, ST_BAD_DATA, NULL},
    {"noise.flac", make_flac_noise, ST_BAD_DATA, NULL},
    {"noise.mp3", make_mp3_noise, ST_BAD_DATA, "damaged"},
    {"bomb.flac", make_flac_bomb, ST_LIMIT, "unpacks"},
    {"lie.flac", make_flac_lie, ST_LIMIT, NULL},
};

typedef struct {
    st_status status;
    char text[600];
    int64_t frames;
} outcome;

/* In a process of its own, whose memory is then known. */
static void read_file(const char *path, outcome *out) {
    st_source *source = NULL;
    st_err err = {0};
    st_status status = st_reader_open(&source, path, NULL, &err);
    st_buffer block = {0};
    if (status == ST_OK)
        status = st_buffer_init(&block, source->format.channels, 16384);
    int64_t got = status == ST_OK;
    while (got > 0 && status == ST_OK) {
        got = 0;
        status = st_source_read(source, block.channel, 16384, &got, &err);
        out->frames += got;
    }
    out->status = status;
    const char *warning = status == ST_OK ? st_reader_warning(source, 0) : NULL;
    (void)snprintf(out->text, sizeof out->text, "%s",
                   warning != NULL ? warning : err.text);
    st_buffer_deinit(&block);
    st_source_free(source);
}

static void run(const char *path, outcome *out) {
    outcome *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    struct timespec from;
    struct timespec to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    pid_t pid = fork();
    if (pid == 0) {
        read_file(path, shared);
        _exit(0);
    }
    int state = 0;
    struct rusage usage;
    assert_int_equal(wait4(pid, &state, 0, &usage), pid);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) +
                     (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
    *out = *shared;
    munmap(shared, sizeof *shared);
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
        fail_msg("%s: the reader crashed (%d)", path, state);
#ifndef SANITIZED
    if (usage.ru_maxrss > 256 * 1024)
        fail_msg("%s: %ld MiB", path, usage.ru_maxrss / 1024);
    if (seconds > 2.0)
        fail_msg("%s: %.1f s", path, seconds);
#else
    (void)seconds;
#endif
}

static int files_in_folder(void) {
    DIR *dir = opendir(folder);
    int count = -2;
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static void check(const char *path, st_status status, const char *says) {
    outcome out = {0};
    run(path, &out);
    if (out.status != status)
        fail_msg("%s: %s, want %s (%s)", path, st_status_name(out.status),
                 st_status_name(status), out.text);
    if (says != NULL && strstr(out.text, says) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", path, out.text, says);
    size_t length = strlen(out.text);
    if (length == 0 || out.text[length - 1] != '.')
        fail_msg("%s: \"%s\" is no sentence", path, out.text);
}

static void test_broken_files_are_refused_or_handled(void **state) {
    (void)state;
    char path[256];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i].make();
        (void)snprintf(path, sizeof path, "%s/%s", folder, rows[i].name);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(data, 1, bytes, file), bytes);
        fclose(file);
        check(path, rows[i].status, rows[i].says);
        assert_int_equal(files_in_folder(), 1);
        unlink(path);
    }
}

static void test_what_is_no_file_is_refused(void **state) {
    (void)state;
    char path[256];
    check(folder, ST_BAD_ARG, "folder");
    check("/nonexistent/song.wav", ST_NOT_FOUND, "no file");
    check("/dev/zero", ST_BAD_ARG, "no regular file");
    (void)snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    check(path, ST_BAD_ARG, "pipe");
    unlink(path);
    (void)snprintf(path, sizeof path, "%s/loop", folder);
    assert_int_equal(symlink("loop", path), 0);
    check(path, ST_IO, "Cannot open");
    unlink(path);
    if (geteuid() == 0)
        return;
    (void)snprintf(path, sizeof path, "%s/secret", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, 0), 0);
    check(path, ST_IO, "permission");
    unlink(path);
}

static int set_up(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state) {
    (void)state;
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_files_are_refused_or_handled),
        cmocka_unit_test(test_what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
