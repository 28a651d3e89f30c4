/* midi: standard MIDI files, written (format 1) and read (formats 0 and 1).
 * Source: MIDI Association RP-001, "Standard MIDI Files 1.0".
 *
 * What is kept: tempo, metre, key, track names, programs, notes. Times are in
 * ticks, `ppq` of them a quarter note. All [any]. */
#ifndef ST_AUDIO_MIDI_H
#define ST_AUDIO_MIDI_H

#include "core/attr.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ST_MIDI_PPQ = 480,
    ST_MIDI_MAX_TRACKS = 1024,
    ST_MIDI_MAX_EVENTS = 1 << 22,
    ST_MIDI_NAME_BYTES = 128
};

/* the slowest that three bytes of microseconds can say */
#define ST_MIDI_MIN_BPM (60e6 / 0xFFFFFF)

typedef struct {
    int64_t tick, length;           /* 0..2^31 - 1; length 1 or more */
    uint8_t channel, key, velocity; /* 0..15, 0..127, 1..127 */
} st_midi_note;

typedef struct {
    char name[ST_MIDI_NAME_BYTES]; /* UTF-8, may be empty */
    int program;                   /* 0..127 set at tick 0, or -1 */
    st_midi_note *notes;           /* in order of tick */
    int64_t count, capacity;
} st_midi_track;

typedef struct {
    int64_t tick;
    double bpm; /* quarter notes a minute, ST_MIDI_MIN_BPM..60000000 */
} st_midi_tempo;

typedef struct {
    int64_t tick;
    int beats, unit; /* 6, 8 for 6/8; 1..255, a power of two to 64 */
} st_midi_metre;

typedef struct {
    int64_t tick;
    int sharps; /* -7 (flats) .. 7 */
    bool minor;
} st_midi_key;

typedef struct {
    int ppq; /* 1..32767 */
    st_midi_tempo *tempos;
    st_midi_metre *metres;
    st_midi_key *keys;
    st_midi_track *tracks;
    int64_t tempo_count, metre_count, key_count, track_count;
    int64_t tempo_capacity, metre_capacity, key_capacity, track_capacity;
} st_midi;

/* An empty file, ppq 480. ST_NO_MEM. */
ST_MUST_USE st_status st_midi_new(st_midi **out);
void st_midi_free(st_midi *midi); /* NULL is fine */
/* Put one more; in order of tick. ST_NO_MEM, ST_LIMIT (tracks). */
ST_MUST_USE st_status st_midi_add_tempo(st_midi *midi, int64_t tick,
                                        double bpm);
ST_MUST_USE st_status st_midi_add_metre(st_midi *midi, int64_t tick, int beats,
                                        int unit);
ST_MUST_USE st_status st_midi_add_key(st_midi *midi, int64_t tick, int sharps,
                                      bool minor);
/* *track is borrowed until the next track is added. `name` is cut to fit. */
ST_MUST_USE st_status st_midi_add_track(st_midi *midi, const char *name,
                                        st_midi_track **track);
ST_MUST_USE st_status st_midi_add_note(st_midi_track *track, st_midi_note note);

/* Seconds of a tick and back (nearest tick), by the tempos; 120 bpm before
 * the first. */
double st_midi_seconds(const st_midi *midi, int64_t tick);
int64_t st_midi_tick(const st_midi *midi, double seconds);

/* The file: a first track of tempo, metre and key, then one for each track.
 * *out is freed with st_free. ST_BAD_ARG (a value out of its range, order),
 * ST_NO_MEM. */
ST_MUST_USE st_status st_midi_write(const st_midi *midi, uint8_t **out,
                                    size_t *bytes, st_err *err);
/* Strict: every length inside the file, every event whole. Notes that begin
 * twice end where they begin again; those that never end last to the end of
 * their track; a note-off without a note is passed over. ST_BAD_DATA,
 * ST_UNSUPPORTED (format 2, SMPTE time), ST_LIMIT, ST_NO_MEM. */
ST_MUST_USE st_status st_midi_read(st_midi **out, const uint8_t *data,
                                   size_t bytes, st_err *err);

#endif
