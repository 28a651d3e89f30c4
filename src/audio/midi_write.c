#include "audio/midi.h"

#include "core/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MAX = 0x7FFFFFFF, STEP_MAX = 0x0FFFFFFF };

typedef struct {
    uint8_t *bytes;
    size_t count, capacity;
    st_status status;
    int64_t tick; /* of the event before */
} output;

static void put(output *o, const void *data, size_t n) {
    if (o->status != ST_OK)
        return;
    if (o->capacity - o->count < n) {
        size_t wide = 2 * o->capacity + n + 256;
        void *block = o->bytes;
        o->status = st_regrow(&block, o->capacity, wide, 1);
        if (o->status != ST_OK)
            return;
        o->bytes = block;
        o->capacity = wide;
    }
    memcpy(o->bytes + o->count, data, n);
    o->count += n;
}

static void put_be(output *o, uint32_t v, int n) {
    uint8_t b[4];
    for (int i = 0; i < n; i++)
        b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    put(o, b, (size_t)n);
}

static void put_varlen(output *o, uint32_t v) {
    uint8_t b[5];
    int n = 5;
    b[--n] = v & 0x7F;
    while (v >>= 7)
        b[--n] = (uint8_t)(0x80 | (v & 0x7F));
    put(o, b + n, (size_t)(5 - n));
}

/* Steps longer than the format's four bytes are bridged by empty texts. */
static void put_time(output *o, int64_t tick) {
    for (; tick - o->tick > STEP_MAX; o->tick += STEP_MAX) {
        put_varlen(o, STEP_MAX);
        put(o, "\xFF\x01\x00", 3);
    }
    put_varlen(o, (uint32_t)(tick - o->tick));
    o->tick = tick;
}

static size_t begin(output *o) {
    put(o, "MTrk\0\0\0\0", 8);
    o->tick = 0;
    return o->count;
}

static void end(output *o, size_t start) {
    put(o, "\x00\xFF\x2F\x00", 4);
    if (o->status != ST_OK)
        return;
    size_t n = o->count - start;
    for (size_t i = 0; i < 4; i++)
        o->bytes[start - 4 + i] = (uint8_t)(n >> (8 * (3 - i)));
}

/* --- the first track --- */

static int log2_of(int unit) {
    int n = 0;
    while (1 << n < unit)
        n++;
    return n;
}

static void put_tempo(output *o, const st_midi_tempo *t) {
    put_time(o, t->tick);
    put(o, "\xFF\x51\x03", 3);
    put_be(o, (uint32_t)lrint(60e6 / t->bpm), 3);
}

static void put_metre(output *o, const st_midi_metre *t) {
    put_time(o, t->tick);
    uint8_t b[] = {0xFF, 0x58, 4, (uint8_t)t->beats, (uint8_t)log2_of(t->unit),
                   24,   8};
    put(o, b, sizeof b);
}

static void put_key(output *o, const st_midi_key *t) {
    put_time(o, t->tick);
    uint8_t b[] = {0xFF, 0x59, 2, (uint8_t)t->sharps, t->minor};
    put(o, b, sizeof b);
}

static void put_conductor(output *o, const st_midi *m) {
    size_t start = begin(o);
    for (int64_t t = 0, k = 0, e = 0;;) {
        int64_t a = t < m->tempo_count ? m->tempos[t].tick : INT64_MAX;
        int64_t b = k < m->metre_count ? m->metres[k].tick : INT64_MAX;
        int64_t c = e < m->key_count ? m->keys[e].tick : INT64_MAX;
        if (a == INT64_MAX && b == INT64_MAX && c == INT64_MAX)
            break;
        if (a <= b && a <= c)
            put_tempo(o, &m->tempos[t++]);
        else if (b <= c)
            put_metre(o, &m->metres[k++]);
        else
            put_key(o, &m->keys[e++]);
    }
    end(o, start);
}

/* --- tracks --- */

typedef struct {
    int64_t tick;
    int64_t order; /* of equal ticks: ends first, then as given */
    uint8_t bytes[3];
} event;

static int in_time(const void *a, const void *b) {
    const event *x = a, *y = b;
    if (x->tick != y->tick)
        return x->tick < y->tick ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void put_notes(output *o, const st_midi_track *t) {
    event *e = st_calloc((size_t)t->count * 2, sizeof *e);
    if (e == NULL) {
        o->status = ST_NO_MEM;
        return;
    }
    for (int64_t i = 0; i < t->count; i++) {
        const st_midi_note *n = &t->notes[i];
        e[2 * i] = (event){
            n->tick, i, {(uint8_t)(0x90 | n->channel), n->key, n->velocity}};
        e[2 * i + 1] = (event){n->tick + n->length,
                               i - t->count,
                               {(uint8_t)(0x80 | n->channel), n->key, 64}};
    }
    qsort(e, (size_t)t->count * 2, sizeof *e, in_time);
    for (int64_t i = 0; i < 2 * t->count; i++) {
        put_time(o, e[i].tick);
        put(o, e[i].bytes, 3);
    }
    st_free(e);
}

static void put_track(output *o, const st_midi_track *t) {
    size_t start = begin(o), n = strnlen(t->name, ST_MIDI_NAME_BYTES);
    if (n > 0) {
        put(o, "\x00\xFF\x03", 3);
        put_varlen(o, (uint32_t)n);
        put(o, t->name, n);
    }
    if (t->program >= 0) {
        uint8_t channel = t->count > 0 ? t->notes[0].channel : 0;
        uint8_t b[] = {0, (uint8_t)(0xC0 | channel), (uint8_t)t->program};
        put(o, b, sizeof b);
    }
    put_notes(o, t);
    end(o, start);
}

/* --- checks --- */

static bool tick_fine(int64_t tick, int64_t before) {
    return tick >= before && tick <= TICK_MAX;
}

static bool notes_fine(const st_midi_track *t) {
    for (int64_t i = 0, before = 0; i < t->count; i++) {
        const st_midi_note *n = &t->notes[i];
        if (!tick_fine(n->tick, before) || n->length < 1 ||
            n->length > TICK_MAX - n->tick || n->channel > 15 || n->key > 127 ||
            n->velocity < 1 || n->velocity > 127)
            return false;
        before = n->tick;
    }
    return t->program >= -1 && t->program <= 127;
}

static bool fine(const st_midi *m) {
    bool ok = m->ppq >= 1 && m->ppq <= 32767;
    for (int64_t i = 0; i < m->tempo_count; i++)
        ok = ok &&
             tick_fine(m->tempos[i].tick, i ? m->tempos[i - 1].tick : 0) &&
             m->tempos[i].bpm >= ST_MIDI_MIN_BPM && m->tempos[i].bpm <= 6e7;
    for (int64_t i = 0; i < m->metre_count; i++) {
        int unit = m->metres[i].unit;
        ok = ok &&
             tick_fine(m->metres[i].tick, i ? m->metres[i - 1].tick : 0) &&
             m->metres[i].beats >= 1 && m->metres[i].beats <= 255 &&
             unit >= 1 && unit <= 64 && (unit & (unit - 1)) == 0;
    }
    for (int64_t i = 0; i < m->key_count; i++)
        ok = ok && tick_fine(m->keys[i].tick, i ? m->keys[i - 1].tick : 0) &&
             abs(m->keys[i].sharps) <= 7;
    for (int64_t i = 0; i < m->track_count; i++)
        ok = ok && notes_fine(&m->tracks[i]);
    return ok;
}

st_status st_midi_write(const st_midi *m, uint8_t **out, size_t *bytes,
                        st_err *err) {
    output o = {0};
    if (!fine(m))
        return st_err_set(err, ST_BAD_ARG,
                          "A tick, note or sign is out of its range.");
    put(&o, "MThd\0\0\0\x06\0\x01", 10);
    put_be(&o, (uint32_t)m->track_count + 1, 2);
    put_be(&o, (uint32_t)m->ppq, 2);
    put_conductor(&o, m);
    for (int64_t i = 0; i < m->track_count; i++)
        put_track(&o, &m->tracks[i]);
    if (o.status != ST_OK) {
        st_free(o.bytes);
        return st_err_set(err, o.status, "Out of memory.");
    }
    *out = o.bytes;
    *bytes = o.count;
    return ST_OK;
}
