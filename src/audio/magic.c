#include "audio/magic.h"

#include "audio/bytes.h"
#include "audio/mpeg.h"

#include <string.h>
#include <strings.h>

typedef struct {
    const char *name;
    const char *demuxer;
} kind_row;

static const kind_row kinds[ST_FILE_KIND_COUNT] = {
    [ST_FILE_UNKNOWN] = {"no known audio format", NULL},
    [ST_FILE_WAV] = {"WAV", NULL},
    [ST_FILE_AIFF] = {"AIFF", NULL},
    [ST_FILE_FLAC] = {"FLAC", NULL},
    [ST_FILE_OGG] = {"Ogg", NULL},
    [ST_FILE_MP3] = {"MP3", NULL},
    [ST_FILE_MP2] = {"MPEG layer I/II", "mp3"},
    [ST_FILE_CAF] = {"CAF", "caf"},
    [ST_FILE_AU] = {"AU", "au"},
    [ST_FILE_W64] = {"Wave64", "w64"},
    [ST_FILE_MP4] = {"MP4 (M4A, MOV)", "mov"},
    [ST_FILE_ADTS] = {"AAC (ADTS)", "aac"},
    [ST_FILE_MATROSKA] = {"Matroska (WebM)", "matroska"},
    [ST_FILE_ASF] = {"ASF (WMA)", "asf"},
    [ST_FILE_AVI] = {"AVI", "avi"},
    [ST_FILE_MPEG_TS] = {"MPEG-TS", "mpegts"},
    [ST_FILE_MPEG_PS] = {"MPEG-PS", "mpeg"},
    [ST_FILE_FLV] = {"FLV", "flv"},
    [ST_FILE_WAVPACK] = {"WavPack", "wv"},
    [ST_FILE_APE] = {"Monkey's Audio", "ape"},
    [ST_FILE_TTA] = {"TTA", "tta"},
    [ST_FILE_AC3] = {"AC-3", "ac3"},
    [ST_FILE_DSF] = {"DSF", "dsf"},
    [ST_FILE_AMR] = {"AMR", "amr"},
    [ST_FILE_PLAYLIST] = {"a playlist", NULL},
    [ST_FILE_TEXT] = {"text", NULL},
    [ST_FILE_MIDI] = {"a MIDI file", NULL},
    [ST_FILE_IMAGE] = {"a picture", NULL},
    [ST_FILE_ARCHIVE] = {"an archive", NULL},
    [ST_FILE_EMPTY] = {"empty", NULL},
};

typedef struct {
    st_file_kind kind;
    int offset;
    int bytes;
    const char *magic;
} magic_row;

static const uint8_t w64_guid[] = {0x72, 0x69, 0x66, 0x66, 0x2E, 0x91};

static const magic_row magics[] = {
    {ST_FILE_FLAC, 0, 4, "fLaC"},
    {ST_FILE_OGG, 0, 4, "OggS"},
    {ST_FILE_CAF, 0, 6, "caff\0\1"},
    {ST_FILE_AU, 0, 4, ".snd"},
    {ST_FILE_MP4, 4, 4, "ftyp"},
    {ST_FILE_MP4, 4, 4, "moov"},
    {ST_FILE_MP4, 4, 4, "mdat"},
    {ST_FILE_MP4, 4, 4, "wide"},
    {ST_FILE_MATROSKA, 0, 4, "\x1A\x45\xDF\xA3"},
    {ST_FILE_ASF, 0, 8, "\x30\x26\xB2\x75\x8E\x66\xCF\x11"},
    {ST_FILE_FLV, 0, 4, "FLV\1"},
    {ST_FILE_WAVPACK, 0, 4, "wvpk"},
    {ST_FILE_APE, 0, 4, "MAC "},
    {ST_FILE_TTA, 0, 4, "TTA1"},
    {ST_FILE_AC3, 0, 2, "\x0B\x77"},
    {ST_FILE_DSF, 0, 4, "DSD "},
    {ST_FILE_AMR, 0, 5, "#!AMR"},
    {ST_FILE_MPEG_PS, 0, 4, "\0\0\1\xBA"},
    {ST_FILE_MIDI, 0, 4, "MThd"},
    {ST_FILE_IMAGE, 0, 3, "\xFF\xD8\xFF"},
    {ST_FILE_IMAGE, 0, 4, "\x89PNG"},
    {ST_FILE_IMAGE, 0, 4, "GIF8"},
    {ST_FILE_ARCHIVE, 0, 4, "PK\3\4"},
    {ST_FILE_ARCHIVE, 0, 3, "\x1F\x8B\x08"},
    {ST_FILE_ARCHIVE, 0, 4, "7z\xBC\xAF"},
    {ST_FILE_ARCHIVE, 0, 4, "Rar!"},
    {ST_FILE_ARCHIVE, 0, 4, "\x28\xB5\x2F\xFD"},
    {ST_FILE_ARCHIVE, 0, 6,
     "\xFD"
     "7zXZ"},
};

static const char *const playlists[] = {
    "#EXTM3U",
    "#EXTINF",
    "ffconcat",
    "[playlist]",
    "<?xml",
    "<MPD",
    "<smil",
    "<asx",
    "v=0\r",
    "v=0\n",
    "file '",
    "file \"",
    "file ",
    "CD_DA",
    "REM ",
    "FILE \"",
    "<SmoothStreaming",
    "[Reference]",
    "stream ",
};

static st_file_kind text_kind(const uint8_t *head, size_t bytes) {
    if (bytes >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0) {
        head += 3;
        bytes -= 3;
    }
    while (bytes > 0 &&
           (*head == ' ' || *head == '\t' || *head == '\r' || *head == '\n')) {
        head++;
        bytes--;
    }
    for (size_t i = 0; i < sizeof playlists / sizeof *playlists; i++) {
        size_t length = strlen(playlists[i]);
        if (bytes >= length &&
            strncasecmp((const char *)head, playlists[i], length) == 0)
            return ST_FILE_PLAYLIST;
    }
    size_t look = bytes < 512 ? bytes : 512;
    size_t odd = 0;
    for (size_t i = 0; i < look; i++)
        odd += head[i] < 0x20 && head[i] != '\n' && head[i] != '\r' &&
               head[i] != '\t' && head[i] != '\f' && head[i] != 0x1B;
    return look > 0 && odd == 0 ? ST_FILE_TEXT : ST_FILE_UNKNOWN;
}

static st_file_kind iff_kind(const uint8_t *head, size_t bytes) {
    if (bytes < 12)
        return ST_FILE_UNKNOWN;
    const uint8_t *form = head + 8;
    if (memcmp(head, "RIFF", 4) == 0 || memcmp(head, "RF64", 4) == 0 ||
        memcmp(head, "BW64", 4) == 0)
        return memcmp(form, "WAVE", 4) == 0   ? ST_FILE_WAV
               : memcmp(form, "AVI ", 4) == 0 ? ST_FILE_AVI
               : memcmp(form, "RMID", 4) == 0 ? ST_FILE_MIDI
               : memcmp(form, "WEBP", 4) == 0 ? ST_FILE_IMAGE
                                              : ST_FILE_UNKNOWN;
    if (memcmp(head, "FORM", 4) == 0 &&
        (memcmp(form, "AIFF", 4) == 0 || memcmp(form, "AIFC", 4) == 0))
        return ST_FILE_AIFF;
    return memcmp(head, w64_guid, sizeof w64_guid) == 0 ? ST_FILE_W64
                                                        : ST_FILE_UNKNOWN;
}

static size_t adts_frame(const uint8_t *p) {
    if (p[0] != 0xFF || (p[1] & 0xF6) != 0xF0 || ((p[2] >> 2) & 15) > 12)
        return 0;
    size_t length = (size_t)(p[3] & 3) << 11 | (size_t)p[4] << 3 | p[5] >> 5;
    return length >= 7 ? length : 0;
}

/* A frame sync alone is weak: the next header must follow where this frame
 * ends, unless the head ends before. */
static st_file_kind sync_kind(const uint8_t *head, size_t bytes) {
    int layer = 0;
    int next_layer = 0;
    if (bytes < 7)
        return ST_FILE_UNKNOWN;
    size_t length = adts_frame(head);
    if (length > 0)
        return length + 7 > bytes || adts_frame(head + length) > 0
                   ? ST_FILE_ADTS
                   : ST_FILE_UNKNOWN;
    length = st_mpeg_frame(head, &layer);
    if (length == 0 || (length + 4 <= bytes &&
                        (st_mpeg_frame(head + length, &next_layer) == 0 ||
                         next_layer != layer)))
        return ST_FILE_UNKNOWN;
    return layer == 3 ? ST_FILE_MP3 : ST_FILE_MP2;
}

/* Streams cut from the middle, or with zeros in front of the first frame. */
static st_file_kind late_sync_kind(const uint8_t *head, size_t bytes) {
    for (size_t i = 1; i + 7 < bytes; i++) {
        if (head[i] != 0xFF)
            continue;
        int layer = 0;
        int next_layer = 0;
        size_t length = st_mpeg_frame(head + i, &layer);
        if (length > 0 && layer == 3 && i + length + 4 <= bytes &&
            st_mpeg_frame(head + i + length, &next_layer) > 0 &&
            next_layer == 3)
            return ST_FILE_MP3;
    }
    return ST_FILE_UNKNOWN;
}

static bool is_transport(const uint8_t *head, size_t bytes) {
    return bytes > 376 && head[0] == 0x47 && head[188] == 0x47 &&
           head[376] == 0x47;
}

static bool all_zero(const uint8_t *head, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (head[i] != 0)
            return false;
    return true;
}

static st_file_kind plain_kind(const uint8_t *head, size_t bytes) {
    if (all_zero(head, bytes))
        return ST_FILE_EMPTY;
    st_file_kind kind = iff_kind(head, bytes);
    if (kind != ST_FILE_UNKNOWN)
        return kind;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (bytes >= (size_t)(magics[i].offset + magics[i].bytes) &&
            memcmp(head + magics[i].offset, magics[i].magic,
                   (size_t)magics[i].bytes) == 0)
            return magics[i].kind;
    kind = sync_kind(head, bytes);
    if (kind != ST_FILE_UNKNOWN)
        return kind;
    if (is_transport(head, bytes))
        return ST_FILE_MPEG_TS;
    kind = text_kind(head, bytes);
    return kind != ST_FILE_UNKNOWN ? kind : late_sync_kind(head, bytes);
}

st_file_kind st_magic_find(const uint8_t *head, size_t bytes, uint64_t *skip) {
    if (skip != NULL)
        *skip = 0;
    if (bytes > ST_MAGIC_BYTES)
        bytes = ST_MAGIC_BYTES;
    if (bytes < 10 || memcmp(head, "ID3", 3) != 0)
        return plain_kind(head, bytes);
    uint64_t size = 0;
    for (int i = 6; i < 10; i++) {
        if (head[i] & 0x80)
            return ST_FILE_UNKNOWN;
        size = size << 7 | head[i];
    }
    size += head[5] & 0x10 ? 20 : 10;
    if (size + 10 <= bytes) {
        st_file_kind kind = plain_kind(head + size, bytes - (size_t)size);
        return kind == ST_FILE_EMPTY || kind == ST_FILE_UNKNOWN ? ST_FILE_MP3
                                                                : kind;
    }
    if (skip != NULL)
        *skip = size;
    return ST_FILE_MP3;
}

const char *st_magic_name(st_file_kind kind) {
    return kinds[kind < ST_FILE_KIND_COUNT ? kind : ST_FILE_UNKNOWN].name;
}

const char *st_magic_demuxer(st_file_kind kind) {
    return kind < ST_FILE_KIND_COUNT ? kinds[kind].demuxer : NULL;
}
