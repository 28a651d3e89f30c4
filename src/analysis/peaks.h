/* peaks: what a waveform display needs at any zoom.
 * Source: the mip-map idea of Williams 1983 for sound, as in audiowaveform and
 * Audacity's block files; docs/measures.md.
 *
 * Level 0 has an entry each 256 frames, level l each 256 * 2^l, up to the
 * level with one entry (at most level 23, 2^31 frames an entry); the last entry
 * of a level may stand for fewer frames. An entry is the least and greatest
 * sample and the RMS of its own frames (not of rounded lower levels), as int16
 * with full scale at 32767: the least rounded down, the greatest up, so that
 * nothing is drawn too small; beyond full scale cut off. */
#ifndef ST_ANALYSIS_PEAKS_H
#define ST_ANALYSIS_PEAKS_H

#include "core/attr.h"
#include "core/hash.h"
#include "core/status.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { ST_PEAKS_FIRST = 256, ST_PEAKS_LEVELS = 24, ST_PEAKS_HEAD_BYTES = 32 };

typedef struct {
    int16_t low, high, rms;
} st_peak;

typedef struct st_peaks st_peaks;

/* channels 1..8, rate_hz 1..384000 (kept for readers). ST_BAD_ARG, ST_NO_MEM.
 * [main] */
ST_MUST_USE st_status st_peaks_new(st_peaks **out, int channels, int rate_hz);
void st_peaks_free(st_peaks *p); /* NULL is fine [main] */
/* Takes the room for so many frames at once (1.5 hours at 48 kHz at most),
 * which spares memory; a wrong figure does no harm. Before the first _process.
 * ST_NO_MEM. [main] */
ST_MUST_USE st_status st_peaks_expect(st_peaks *p, int64_t frames);
/* Planar in[channels], any frames >= 0; any division gives the same bits;
 * unusable samples (NaN, infinite, beyond 1e10) are read as 0. Grows: 12
 * bytes each 256 frames and channel in all. ST_NO_MEM (nothing more is taken
 * then). [one at a time] */
ST_MUST_USE st_status st_peaks_process(st_peaks *p, const float *const *in,
                                       int64_t frames);
/* Nothing follows: unfinished entries are closed. ST_NO_MEM. [one at a time]
 */
ST_MUST_USE st_status st_peaks_finish(st_peaks *p);

/* After _finish: 0 of no sound. [any] */
int st_peaks_levels(const st_peaks *p);
int64_t st_peaks_entries(const st_peaks *p, int level);
int64_t st_peaks_frames(const st_peaks *p);
int st_peaks_channels(const st_peaks *p);
int st_peaks_rate_hz(const st_peaks *p);
/* Borrowed, [entries] of a channel. [any] */
const st_peak *st_peaks_get(const st_peaks *p, int level, int channel);

/* --- binary form: one blob a level ---
 *
 * Little-endian. Bytes 0-3 "STPK"; 4-5 version, 1; 6 channels; 7 level; 8-11
 * rate in Hz; 12-15 entries a channel; 16-23 frames of the sound; 24-27
 * frames an entry; 28-31 zero. Then channel after channel, entry after entry:
 * low, high, rms as int16. */

/* Bytes of a level's blob. [any] */
size_t st_peaks_blob_bytes(const st_peaks *p, int level);
/* Writes that many bytes to out. [any] */
void st_peaks_blob_write(const st_peaks *p, int level, unsigned char *out);

/* All levels one behind the other, level 0 first: the file that `stemma
 * analyze --peaks` writes. Each blob says how long it is. [any] */
size_t st_peaks_file_bytes(const st_peaks *p);
void st_peaks_file_write(const st_peaks *p, unsigned char *out);

typedef struct {
    int channels, level, rate_hz;
    uint32_t entries;
    int64_t frames;
    const unsigned char *data; /* borrowed from the blob */
} st_peaks_view;

/* Checks a blob from anywhere: sizes, version, counts that belong together.
 * ST_BAD_DATA. [any] */
ST_MUST_USE st_status st_peaks_view_open(st_peaks_view *view,
                                         const unsigned char *blob,
                                         size_t bytes);
/* channel 0..channels-1, entry 0..entries-1. [any] */
st_peak st_peaks_view_get(const st_peaks_view *view, int channel,
                          uint32_t entry);

/* The name of a level's blob in a store: the hash of "stemma.peaks/1", the
 * content hash of the sound (st_hash_valid) and the level. ST_BAD_ARG. [any]
 */
ST_MUST_USE st_status st_peaks_key(const char *content_hash, int level,
                                   char key[ST_HASH_TEXT_BYTES]);

/* The document stemma.waveform/1 (docs/formats.md): what each level of that
 * file is, where it lies, and its name. A new reference, NULL when out of
 * memory or where content_hash is no hash. [any] */
json_t *st_peaks_json(const st_peaks *p, const char *content_hash);

#endif
