/* meta: what a file says about itself: tags, broadcast data, cue points.
 * Source: RIFF LIST/INFO, EBU Tech 3285 (bext), Vorbis comment, ID3v2.4.
 *
 * One neutral form that every reader fills and every writer writes as far as
 * its format can; the table of what survives where is in ARCHITECTURE.md. */
#ifndef ST_AUDIO_META_H
#define ST_AUDIO_META_H

#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Caps on what is kept from one file; more is dropped. */
enum {
    ST_META_MAX_TAGS = 512,
    ST_META_MAX_TEXT = 1 << 16, /* bytes of one value */
    ST_META_MAX_CUES = 4096,
    ST_META_MAX_CHUNK = 1 << 24, /* bytes of one raw chunk or picture */
    ST_META_MAX_PICTURES = 8
};

/* key: lower case, of the set title artist album albumartist date comment
 * track genre isrc composer copyright encoder organization ... or whatever a
 * file brought (Vorbis comment names). value: UTF-8. A key may repeat. */
typedef struct {
    char *key;
    char *value;
} st_tag;

/* EBU Tech 3285 v2. Text is NUL-ended. Loudness values are hundredths of
 * LUFS, LU and dBTP; ST_BEXT_NO_VALUE where not stated. */
typedef struct {
    char description[257];
    char originator[33];
    char originator_reference[33];
    char date[11]; /* yyyy-mm-dd */
    char time[9];  /* hh:mm:ss */
    uint64_t time_reference_frames;
    uint16_t version;
    uint8_t umid[64];
    int16_t loudness_value;
    int16_t loudness_range;
    int16_t max_true_peak;
    int16_t max_momentary;
    int16_t max_short_term;
    char *coding_history; /* may be NULL */
} st_bext;

enum { ST_BEXT_NO_VALUE = 0x7FFF };

typedef struct {
    uint32_t id;
    int64_t position_frames;
    int64_t length_frames; /* 0: a point, else a region (adtl ltxt) */
    char *label;           /* may be NULL */
    char *note;            /* may be NULL */
} st_cue;

/* A chunk kept byte for byte: smpl, inst, acid, iXML, axml, _PMX, chna. */
typedef struct {
    char id[5];
    uint8_t *data;
    size_t bytes;
} st_chunk;

typedef struct {
    uint32_t type; /* ID3v2 APIC / FLAC PICTURE: 3 is the front cover */
    char *mime;
    char *description;
    uint8_t *data;
    size_t bytes;
} st_picture;

/* Zero-initialised means "nothing". All owned by the struct. */
typedef struct {
    st_tag *tags;
    size_t tag_count;
    st_bext *bext; /* NULL: none */
    st_cue *cues;
    size_t cue_count;
    st_chunk *chunks;
    size_t chunk_count;
    st_picture *pictures;
    size_t picture_count;
} st_meta;

/* Frees all and zeroes. [any] */
void st_meta_deinit(st_meta *meta);
/* Deep copy into *out. ST_NO_MEM (`out` untouched). [any] */
ST_MUST_USE st_status st_meta_copy(st_meta *out, const st_meta *meta);

/* First value of `key` (case does not matter), or NULL; borrowed. [any] */
const char *st_meta_tag(const st_meta *meta, const char *key);
/* Add one more value of `key`. Invalid UTF-8 is taken as Latin-1, control
 * characters but newline and tab are dropped, an empty value is no tag.
 * ST_NO_MEM. Beyond a cap: dropped, ST_OK. [any] */
ST_MUST_USE st_status st_meta_add_tag(st_meta *meta, const char *key,
                                      const char *value);
/* Replace all values of `key` by one; NULL or "" removes. [any] */
ST_MUST_USE st_status st_meta_set_tag(st_meta *meta, const char *key,
                                      const char *value);
/* The bext part, made empty (version 2, no loudness) when missing; NULL when
 * out of memory. The caller may fill in loudness afterwards. [any] */
st_bext *st_meta_need_bext(st_meta *meta);
ST_MUST_USE st_status st_meta_add_cue(st_meta *meta, const st_cue *cue);
ST_MUST_USE st_status st_meta_add_chunk(st_meta *meta, const char id[4],
                                        const void *data, size_t bytes);
ST_MUST_USE st_status st_meta_add_picture(st_meta *meta,
                                          const st_picture *picture);

/* The stream goes from `from_hz` to `to_hz`: scale every position (cues,
 * bext time reference, smpl loops). [any] */
void st_meta_resample(st_meta *meta, int from_hz, int to_hz);
/* Drop replaygain_* / r128_* tags and bext loudness: the audio was changed,
 * they no longer hold. [any] */
void st_meta_drop_loudness(st_meta *meta);

#endif
