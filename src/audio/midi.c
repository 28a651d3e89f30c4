#include "audio/midi.h"

#include "core/alloc.h"

#include <math.h>
#include <string.h>

st_status st_midi_new(st_midi **out) {
    st_midi *m = st_calloc(1, sizeof *m);
    if (m == NULL)
        return ST_NO_MEM;
    m->ppq = ST_MIDI_PPQ;
    *out = m;
    return ST_OK;
}

void st_midi_free(st_midi *m) {
    if (m == NULL)
        return;
    for (int64_t i = 0; i < m->track_count; i++)
        st_free(m->tracks[i].notes);
    st_free(m->tracks);
    st_free(m->tempos);
    st_free(m->metres);
    st_free(m->keys);
    st_free(m);
}

/* Room for one more item of `size` bytes. */
static st_status more(void **list, int64_t count, int64_t *capacity,
                      size_t size) {
    if (count < *capacity)
        return ST_OK;
    int64_t wide = *capacity * 2 + 4;
    st_status status = st_regrow(list, (size_t)*capacity, (size_t)wide, size);
    if (status == ST_OK)
        *capacity = wide;
    return status;
}

st_status st_midi_add_tempo(st_midi *m, int64_t tick, double bpm) {
    void *list = m->tempos;
    st_status status =
        more(&list, m->tempo_count, &m->tempo_capacity, sizeof *m->tempos);
    m->tempos = list;
    if (status == ST_OK)
        m->tempos[m->tempo_count++] = (st_midi_tempo){tick, bpm};
    return status;
}

st_status st_midi_add_metre(st_midi *m, int64_t tick, int beats, int unit) {
    void *list = m->metres;
    st_status status =
        more(&list, m->metre_count, &m->metre_capacity, sizeof *m->metres);
    m->metres = list;
    if (status == ST_OK)
        m->metres[m->metre_count++] = (st_midi_metre){tick, beats, unit};
    return status;
}

st_status st_midi_add_key(st_midi *m, int64_t tick, int sharps, bool minor) {
    void *list = m->keys;
    st_status status =
        more(&list, m->key_count, &m->key_capacity, sizeof *m->keys);
    m->keys = list;
    if (status == ST_OK)
        m->keys[m->key_count++] = (st_midi_key){tick, sharps, minor};
    return status;
}

st_status st_midi_add_track(st_midi *m, const char *name,
                            st_midi_track **track) {
    if (m->track_count >= ST_MIDI_MAX_TRACKS)
        return ST_LIMIT;
    void *list = m->tracks;
    st_status status =
        more(&list, m->track_count, &m->track_capacity, sizeof *m->tracks);
    m->tracks = list;
    if (status != ST_OK)
        return status;
    st_midi_track *t = &m->tracks[m->track_count++];
    *t = (st_midi_track){.program = -1};
    size_t n = strlen(name);
    if (n > ST_MIDI_NAME_BYTES - 1)
        for (n = ST_MIDI_NAME_BYTES - 1; n > 0 && (name[n] & 0xC0) == 0x80;)
            n--;
    memcpy(t->name, name, n);
    *track = t;
    return ST_OK;
}

st_status st_midi_add_note(st_midi_track *t, st_midi_note note) {
    void *list = t->notes;
    st_status status = more(&list, t->count, &t->capacity, sizeof *t->notes);
    t->notes = list;
    if (status == ST_OK)
        t->notes[t->count++] = note;
    return status;
}

/* --- time --- */

/* Both walk through the pieces of one tempo. */
double st_midi_seconds(const st_midi *m, int64_t tick) {
    double seconds = 0.0, bpm = 120.0;
    int64_t at = 0;
    for (int64_t i = 0; i < m->tempo_count && m->tempos[i].tick < tick; i++) {
        seconds += (double)(m->tempos[i].tick - at) * 60.0 / (bpm * m->ppq);
        at = m->tempos[i].tick;
        bpm = m->tempos[i].bpm;
    }
    return seconds + (double)(tick - at) * 60.0 / (bpm * m->ppq);
}

int64_t st_midi_tick(const st_midi *m, double seconds) {
    double done = 0.0, bpm = 120.0;
    int64_t at = 0;
    for (int64_t i = 0; i < m->tempo_count; i++) {
        double next =
            done + (double)(m->tempos[i].tick - at) * 60.0 / (bpm * m->ppq);
        if (next > seconds)
            break;
        done = next;
        at = m->tempos[i].tick;
        bpm = m->tempos[i].bpm;
    }
    double ticks = (seconds - done) * bpm * m->ppq / 60.0;
    return at + llround(ticks < 0.0 ? 0.0 : ticks > 2e9 ? 2e9 : ticks);
}
