#include "audio/midi.h"

#include "audio/bytes.h"
#include "core/alloc.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { TICK_MAX = 0x7FFFFFFF };

/* One track chunk being read. */
typedef struct {
    st_midi *midi;
    const uint8_t *at, *end;
    int64_t tick, events;
    int64_t open[16][128]; /* index + 1 of the note that sounds */
    int status_byte;
    bool over;
    st_err *err;
} input;

static st_status broken(const input *in) {
    return st_err_set(in->err, ST_BAD_DATA,
                      "The MIDI file is damaged: an event is cut short or "
                      "out of range.");
}

static bool take(input *in, uint8_t *out) {
    if (in->at == in->end)
        return false;
    *out = *in->at++;
    return true;
}

static bool take_data(input *in, uint8_t *out) {
    return take(in, out) && *out < 0x80;
}

static bool take_varlen(input *in, uint32_t *out) {
    uint8_t b = 0x80;
    *out = 0;
    for (int i = 0; i < 4 && (b & 0x80); i++) {
        if (!take(in, &b))
            return false;
        *out = *out << 7 | (b & 0x7F);
    }
    return (b & 0x80) == 0;
}

static st_midi_track *track_of(input *in) {
    return &in->midi->tracks[in->midi->track_count - 1];
}

/* --- notes --- */

static void close_note(input *in, int channel, int key) {
    int64_t *open = &in->open[channel][key];
    if (*open == 0)
        return;
    st_midi_note *n = &track_of(in)->notes[*open - 1];
    n->length = in->tick > n->tick ? in->tick - n->tick : 1;
    *open = 0;
}

static st_status open_note(input *in, int channel, int key, int velocity) {
    if (in->tick == TICK_MAX) /* no tick left to end in */
        return broken(in);
    close_note(in, channel, key);
    st_midi_track *t = track_of(in);
    st_status status =
        st_midi_add_note(t, (st_midi_note){in->tick, 1, (uint8_t)channel,
                                           (uint8_t)key, (uint8_t)velocity});
    if (status != ST_OK)
        return st_err_set(in->err, status, "Out of memory.");
    in->open[channel][key] = t->count;
    return ST_OK;
}

static void close_all(input *in) {
    for (int c = 0; c < 16; c++)
        for (int k = 0; k < 128; k++)
            close_note(in, c, k);
}

/* --- events --- */

static st_status channel_event(input *in, int status) {
    uint8_t a, b = 0;
    int kind = status & 0xF0, channel = status & 15;
    bool two = kind != 0xC0 && kind != 0xD0;
    if (!take_data(in, &a) || (two && !take_data(in, &b)))
        return broken(in);
    if (kind == 0x90 && b > 0)
        return open_note(in, channel, a, b);
    if (kind == 0x80 || kind == 0x90)
        close_note(in, channel, a);
    if (kind == 0xC0 && track_of(in)->program < 0)
        track_of(in)->program = a;
    return ST_OK;
}

static void set_name(st_midi_track *t, const uint8_t *text, uint32_t n) {
    if (t->name[0] != '\0' || n >= ST_MIDI_NAME_BYTES ||
        memchr(text, 0, n) != NULL)
        return;
    char copy[ST_MIDI_NAME_BYTES];
    memcpy(copy, text, n);
    copy[n] = '\0';
    for (uint32_t i = 0, step; i < n; i += step) {
        step = (uint32_t)st_utf8_length(copy + i, n - i);
        if (step == 0)
            return;
    }
    memcpy(t->name, copy, n + 1);
}

static st_status meta_event(input *in, uint8_t type, const uint8_t *d,
                            uint32_t n) {
    st_midi *m = in->midi;
    st_status status = ST_OK;
    if (type == 0x2F)
        in->over = true;
    else if (type == 0x03)
        set_name(track_of(in), d, n);
    else if (type == 0x51) {
        uint32_t us =
            n == 3 ? (uint32_t)d[0] << 16 | (uint32_t)d[1] << 8 | d[2] : 0;
        if (us == 0)
            return broken(in);
        status = st_midi_add_tempo(m, in->tick, 60e6 / us);
    } else if (type == 0x58) {
        if (n != 4 || d[0] == 0 || d[1] > 6)
            return broken(in);
        status = st_midi_add_metre(m, in->tick, d[0], 1 << d[1]);
    } else if (type == 0x59) {
        int sharps = n == 2 ? (int8_t)d[0] : 99;
        if (abs(sharps) > 7 || d[1] > 1)
            return broken(in);
        status = st_midi_add_key(m, in->tick, sharps, d[1] == 1);
    }
    return status == ST_OK ? ST_OK
                           : st_err_set(in->err, status, "Out of memory.");
}

static st_status long_event(input *in, uint8_t status) {
    uint8_t type = 0;
    uint32_t n;
    if ((status == 0xFF && !take_data(in, &type)) || !take_varlen(in, &n) ||
        n > (size_t)(in->end - in->at))
        return broken(in);
    const uint8_t *data = in->at;
    in->at += n;
    in->status_byte = 0;
    return status == 0xFF ? meta_event(in, type, data, n) : ST_OK;
}

static st_status one_event(input *in) {
    uint32_t step;
    uint8_t first;
    if (!take_varlen(in, &step) || !take(in, &first))
        return broken(in);
    in->tick += step;
    if (in->tick > TICK_MAX || ++in->events > ST_MIDI_MAX_EVENTS)
        return st_err_set(in->err, ST_LIMIT,
                          "A MIDI track is too long: more than %d ticks or %d "
                          "events.",
                          TICK_MAX, ST_MIDI_MAX_EVENTS);
    if (first == 0xFF || first == 0xF0 || first == 0xF7)
        return long_event(in, first);
    if (first >= 0xF0)
        return broken(in);
    if (first >= 0x80)
        in->status_byte = first;
    else
        in->at--;
    if (in->status_byte == 0)
        return broken(in);
    return channel_event(in, in->status_byte);
}

static st_status read_track(st_midi *m, const uint8_t *data, size_t n,
                            st_err *err) {
    st_midi_track *track;
    st_status status = st_midi_add_track(m, "", &track);
    if (status != ST_OK)
        return st_err_set(err, status, "Too many MIDI tracks.");
    input *in = st_calloc(1, sizeof *in);
    if (in == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    *in = (input){.midi = m, .at = data, .end = data + n, .err = err};
    while (status == ST_OK && !in->over)
        status = one_event(in);
    if (status == ST_OK && in->at != in->end)
        status = broken(in);
    if (status == ST_OK)
        close_all(in);
    st_free(in);
    return status;
}

/* --- the file --- */

static int by_tempo(const void *a, const void *b) {
    int64_t x = ((const st_midi_tempo *)a)->tick;
    int64_t y = ((const st_midi_tempo *)b)->tick;
    return (x > y) - (x < y);
}

static int by_metre(const void *a, const void *b) {
    int64_t x = ((const st_midi_metre *)a)->tick;
    int64_t y = ((const st_midi_metre *)b)->tick;
    return (x > y) - (x < y);
}

static int by_key(const void *a, const void *b) {
    int64_t x = ((const st_midi_key *)a)->tick;
    int64_t y = ((const st_midi_key *)b)->tick;
    return (x > y) - (x < y);
}

/* Tracks without a note or a name are gone (the first of format 1). */
static void tidy(st_midi *m) {
    int64_t kept = 0;
    for (int64_t i = 0; i < m->track_count; i++) {
        st_midi_track *t = &m->tracks[i];
        if (t->count == 0 && t->name[0] == '\0' && t->program < 0)
            st_free(t->notes);
        else
            m->tracks[kept++] = *t;
    }
    m->track_count = kept;
    if (m->tempo_count > 1)
        qsort(m->tempos, (size_t)m->tempo_count, sizeof *m->tempos, by_tempo);
    if (m->metre_count > 1)
        qsort(m->metres, (size_t)m->metre_count, sizeof *m->metres, by_metre);
    if (m->key_count > 1)
        qsort(m->keys, (size_t)m->key_count, sizeof *m->keys, by_key);
}

static st_status read_header(st_midi *m, const uint8_t *d, size_t bytes,
                             int *tracks, st_err *err) {
    if (bytes < 14 || memcmp(d, "MThd", 4) != 0 || st_be32(d + 4) < 6)
        return st_err_set(err, ST_BAD_DATA, "This is no standard MIDI file.");
    int format = st_be16(d + 8), division = st_be16(d + 12);
    *tracks = st_be16(d + 10);
    if (format > 1 || division & 0x8000)
        return st_err_set(err, ST_UNSUPPORTED,
                          "MIDI files of format 2 and those timed by SMPTE "
                          "frames are not read.");
    if (division == 0 || *tracks == 0 || (format == 0 && *tracks != 1))
        return st_err_set(err, ST_BAD_DATA, "The MIDI header is wrong.");
    m->ppq = division;
    return ST_OK;
}

static st_status read_chunks(st_midi *m, const uint8_t *d, size_t bytes,
                             st_err *err) {
    int tracks = 0;
    st_status status = read_header(m, d, bytes, &tracks, err);
    if (status != ST_OK)
        return status;
    size_t at = 0;
    for (bool head = true; at < bytes && (head || tracks > 0); head = false) {
        size_t left = bytes - at;
        if (left < 8 || st_be32(d + at + 4) > left - 8)
            return st_err_set(err, ST_BAD_DATA, "The MIDI file is cut short.");
        size_t n = st_be32(d + at + 4);
        if (!head && memcmp(d + at, "MTrk", 4) == 0) {
            tracks--;
            status = read_track(m, d + at + 8, n, err);
            if (status != ST_OK)
                return status;
        }
        at += 8 + n;
    }
    if (tracks > 0)
        return st_err_set(err, ST_BAD_DATA, "The MIDI file lacks tracks.");
    return ST_OK;
}

st_status st_midi_read(st_midi **out, const uint8_t *data, size_t bytes,
                       st_err *err) {
    st_midi *m;
    st_status status = st_midi_new(&m);
    if (status != ST_OK)
        return st_err_set(err, status, "Out of memory.");
    status = read_chunks(m, data, bytes, err);
    if (status != ST_OK) {
        st_midi_free(m);
        return status;
    }
    tidy(m);
    *out = m;
    return ST_OK;
}
