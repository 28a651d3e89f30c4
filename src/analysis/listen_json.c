#include "analysis/listen.h"
#include "core/json.h"

#include "core/alloc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double anchor_slack_s = 0.004;

static json_t *seconds(double s) {
    return st_json_rounded(s, 1e4);
}

static json_t *chance(double p) {
    return st_json_rounded(p, 1e3);
}

/* Takes `value`; once anything failed, *bad is 1. */
static void set(json_t *object, const char *key, json_t *value, int *bad) {
    *bad |= json_object_set_new(object, key, value) != 0;
}

static void push(json_t *array, json_t *value, int *bad) {
    *bad |= json_array_append_new(array, value) != 0;
}

static json_t *text_or_null(const char *text) {
    return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

/* --- rhythm --- */

static int64_t frame_of(const st_listen_result *h, double s) {
    return llround(s * h->format.rate_hz);
}

/* Does a straight line from beat a to beat b pass near all between? */
static bool straight(const st_rhythm_beat *beat, int64_t a, int64_t b) {
    double step = (beat[b].time_s - beat[a].time_s) / (double)(b - a);
    for (int64_t i = a + 1; i < b; i++)
        if (fabs(beat[a].time_s + step * (double)(i - a) - beat[i].time_s) >
            anchor_slack_s)
            return false;
    return true;
}

/* How far a line from a may reach, by doubling and halving. */
static int64_t reach(const st_rhythm_result *r, int64_t a) {
    int64_t good = a + 1, step = 1;
    while (good + step < r->beats && straight(r->beat, a, good + step)) {
        good += step;
        step *= 2;
    }
    for (; step > 0; step /= 2)
        if (good + step < r->beats && straight(r->beat, a, good + step))
            good += step;
    return good;
}

/* [beat, frame] where lines between them hold each beat. */
static json_t *anchors(const st_listen_result *h, int *bad) {
    const st_rhythm_result *r = h->rhythm;
    json_t *list = json_array();
    for (int64_t i = 0; i < r->beats;
         i = i < r->beats - 1 ? reach(r, i) : i + 1)
        push(list,
             json_pack("[I, I]", (json_int_t)i,
                       (json_int_t)frame_of(h, r->beat[i].time_s)),
             bad);
    return list;
}

static json_t *beats(const st_listen_result *h, int *bad) {
    const st_rhythm_result *r = h->rhythm;
    json_t *times = json_array(), *places = json_array(), *o = json_object();
    for (int64_t i = 0; i < r->beats; i++) {
        push(times, seconds(r->beat[i].time_s), bad);
        push(places, json_integer(r->beat[i].position), bad);
    }
    set(o, "anchors", anchors(h, bad), bad);
    set(o, "time_s", times, bad);
    set(o, "position", places, bad);
    return o;
}

static json_t *tempos(const st_rhythm_result *r, int *bad) {
    json_t *list = json_array();
    for (int64_t i = 0; i < r->segments; i++)
        push(list,
             json_pack("{s:o, s:o}", "start_s", seconds(r->segment[i].start_s),
                       "bpm", st_json_rounded(r->segment[i].bpm, 100)),
             bad);
    return list;
}

static json_t *onsets(const st_rhythm_result *r, int *bad) {
    json_t *times = json_array(), *strengths = json_array();
    for (int64_t i = 0; i < r->onsets; i++) {
        push(times, seconds(r->onset[i].time_s), bad);
        push(strengths, chance(r->onset[i].strength), bad);
    }
    json_t *o = json_object();
    set(o, "time_s", times, bad);
    set(o, "strength", strengths, bad);
    return o;
}

static json_t *rhythm(const st_listen_result *h, int *bad) {
    const st_rhythm_result *r = h->rhythm;
    if (r == NULL)
        return json_null();
    json_t *o = json_object(), *list = json_array();
    for (int i = 0; i < r->candidates; i++)
        push(list,
             json_pack("{s:o, s:o}", "bpm",
                       st_json_rounded(r->candidate[i].bpm, 100), "probability",
                       chance(r->candidate[i].probability)),
             bad);
    bool has = r->has_tempo;
    set(o, "bpm", has ? st_json_rounded(r->bpm, 100) : json_null(), bad);
    set(o, "confidence", chance(r->confidence), bad);
    set(o, "reason", text_or_null(has ? NULL : st_listen_why(h, r->reason)),
        bad);
    set(o, "candidates", list, bad);
    set(o, "metre", r->metre > 0 ? json_integer(r->metre) : json_null(), bad);
    set(o, "metre_confidence", chance(r->metre_confidence), bad);
    set(o, "tempos", tempos(r, bad), bad);
    set(o, "beats", beats(h, bad), bad);
    set(o, "onsets", onsets(r, bad), bad);
    return o;
}

/* --- harmony --- */

static json_t *key_json(const st_key *key) {
    return json_pack("{s:s, s:s, s:i, s:s, s:o}", "name", key->name, "camelot",
                     key->camelot, "tonic", key->tonic, "mode",
                     key->minor ? "minor" : "major", "probability",
                     chance(key->probability));
}

static json_t *key_line(const st_harmony_result *r, int *bad) {
    json_t *list = json_array();
    for (int64_t i = 0; i < r->key_segments; i++) {
        const st_key_segment *k = &r->key_line[i];
        st_key key = {.tonic = k->tonic, .minor = k->minor};
        st_key_words(&key);
        push(list,
             json_pack("{s:o, s:o, s:s, s:s, s:o}", "start_s",
                       seconds(k->start_s), "end_s", seconds(k->end_s), "name",
                       key.name, "camelot", key.camelot, "confidence",
                       chance(k->confidence)),
             bad);
    }
    return list;
}

static json_t *chords(const st_harmony_result *r, int *bad) {
    json_t *list = json_array();
    for (int64_t i = 0; i < r->chord_count; i++) {
        const st_chord *c = &r->chords[i];
        push(list,
             json_pack("{s:o, s:o, s:s, s:o}", "start_s", seconds(c->start_s),
                       "end_s", seconds(c->end_s), "name", c->name,
                       "confidence", chance(c->confidence)),
             bad);
    }
    return list;
}

static json_t *sections(const st_harmony_result *r, int *bad) {
    json_t *list = json_array();
    for (int64_t i = 0; i < r->section_count; i++) {
        const st_section *s = &r->sections[i];
        push(list,
             json_pack("{s:o, s:o, s:s, s:o}", "start_s", seconds(s->start_s),
                       "end_s", seconds(s->end_s), "label", s->label,
                       "confidence", chance(s->confidence)),
             bad);
    }
    return list;
}

static json_t *harmony(const st_listen_result *h, int *bad) {
    const st_harmony_result *r = h->harmony;
    if (r == NULL)
        return json_null();
    json_t *o = json_object(), *list = json_array();
    for (int i = 0; i < r->keys; i++)
        push(list, key_json(&r->key[i]), bad);
    set(o, "key", r->has_key ? key_json(&r->key[0]) : json_null(), bad);
    set(o, "confidence", chance(r->has_key ? r->key_confidence : 0.0), bad);
    set(o, "reason",
        text_or_null(r->has_key ? NULL : st_listen_why(h, r->reason)), bad);
    set(o, "candidates", list, bad);
    set(o, "tuning_cents", st_json_rounded(r->tuning.cents, 10), bad);
    set(o, "tuning_confidence", chance(r->tuning.confidence), bad);
    set(o, "keys", key_line(r, bad), bad);
    set(o, "chords", chords(r, bad), bad);
    set(o, "sections", sections(r, bad), bad);
    return o;
}

/* --- role --- */

static json_t *role(const st_listen_result *h, int *bad) {
    const st_role_result *r = h->role;
    if (r == NULL)
        return json_null();
    json_t *o = json_object(), *all = json_object(), *vector = json_array();
    for (int i = 0; r->has_role && i < ST_ROLE_COUNT; i++)
        set(all, st_role_name((st_role)i), chance(r->probability[i]), bad);
    for (int i = 0; r->has_role && i < ST_ROLE_EMBEDDING; i++)
        push(vector, st_json_rounded(r->embedding[i], 1e5), bad);
    set(o, "name",
        r->has_role ? json_string(st_role_name(r->role)) : json_null(), bad);
    set(o, "confidence", chance(r->confidence), bad);
    set(o, "reason",
        text_or_null(r->has_role ? NULL : st_listen_why(h, r->reason)), bad);
    set(o, "probabilities", all, bad);
    set(o, "embedding", vector, bad);
    return o;
}

/* --- pitch --- */

static void note_name(int key, char name[16]) {
    static const char *const names[] = {"C",  "C#", "D",  "D#", "E",  "F",
                                        "F#", "G",  "G#", "A",  "A#", "B"};
    snprintf(name, 16, "%s%d", names[key % 12], key / 12 - 1);
}

static json_t *notes(const st_listen_result *h, int *bad) {
    json_t *list = json_array();
    for (int64_t i = 0; i < h->note_count; i++) {
        const st_note *n = &h->notes[i];
        char name[16];
        note_name(n->key, name);
        push(list,
             json_pack("{s:o, s:o, s:s, s:i, s:o, s:o, s:i, s:o, s:o, s:o}",
                       "on_s", seconds(n->on_s), "off_s", seconds(n->off_s),
                       "name", name, "key", n->key, "cents",
                       st_json_rounded(n->cents, 10), "hz",
                       st_json_rounded(n->hz, 1000), "velocity", n->velocity,
                       "confidence", chance(n->confidence), "vibrato_hz",
                       st_json_rounded(n->vibrato_hz, 100), "vibrato_cents",
                       st_json_rounded(n->vibrato_cents, 10)),
             bad);
    }
    return list;
}

static json_t *track_json(const st_listen_result *h, int *bad) {
    json_t *hz = json_array(), *confidence = json_array(), *o = json_object();
    for (int64_t i = 0; i < h->f0_frames; i++) {
        const st_f0_frame *f = &h->f0[i];
        push(hz, f->voiced ? st_json_rounded(f->hz, 100) : json_null(), bad);
        push(confidence, chance(f->confidence), bad);
    }
    set(o, "rate_hz", json_integer(ST_F0_RATE), bad);
    set(o, "hz", hz, bad);
    set(o, "confidence", confidence, bad);
    return o;
}

static json_t *pitch(const st_listen_result *h, bool track, int *bad) {
    if (h->pitch == ST_LISTEN_PITCH_OFF)
        return json_null();
    json_t *o = json_object();
    bool net = h->pitch == ST_LISTEN_PITCH_SWIFTF0;
    set(o, "by", json_string(net ? "swiftf0" : "tracker"), bad);
    set(o, "notes", notes(h, bad), bad);
    if (track)
        set(o, "track", track_json(h, bad), bad);
    return o;
}

json_t *st_listen_json(const st_listen_result *h, bool track) {
    int bad = 0;
    json_t *doc = st_json_document("music", 1);
    if (doc == NULL)
        return NULL;
    set(doc, "seconds", seconds(h->seconds), &bad);
    set(doc, "rate_hz", json_integer(h->format.rate_hz), &bad);
    set(doc, "frames", json_integer(h->format.frames), &bad);
    set(doc, "rhythm", rhythm(h, &bad), &bad);
    set(doc, "harmony", harmony(h, &bad), &bad);
    set(doc, "role", role(h, &bad), &bad);
    set(doc, "pitch", pitch(h, track, &bad), &bad);
    if (!bad)
        return doc;
    json_decref(doc);
    return NULL;
}
