#include "analysis/notes.h"

#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOW = 24, /* semitones of the path */
    SEMITONES = 96,
    BRIDGE = 3, /* frames without voice inside a note */
    RISE = 5    /* frames within which an attack rises */
};
static const double change_cost = 12.0;

typedef struct {
    const st_f0_frame *frames;
    int64_t count;
    st_notes_params params;
    double *cents;  /* above MIDI 0, own tuning taken out; -1: not voiced */
    int8_t *state;  /* semitone of the path; -1: none */
    uint8_t *from;  /* [count][SEMITONES], of one run at a time */
    double *sorted; /* of one note */
    double tuning;  /* cents */
} work;

st_notes_params st_notes_defaults(void) {
    return (st_notes_params){0.06, 6.0};
}

static double midi_cents(double hz) {
    return 6900.0 + 1200.0 * st_log2(hz / 440.0);
}

/* Where the pitches lie between semitones: angle of their mean on a circle of
 * 100 cents, found on a grid of one cent. */
static double tuning_of(const work *w) {
    double re = 0.0, im = 0.0, best = -INFINITY, at = 0.0;
    for (int64_t i = 0; i < w->count; i++)
        if (w->frames[i].voiced) {
            double turn = midi_cents((double)w->frames[i].hz) / 50.0;
            re += st_cospi(turn);
            im += st_sinpi(turn);
        }
    for (int c = -50; c < 50; c++) {
        double d = re * st_cospi(c / 50.0) + im * st_sinpi(c / 50.0);
        if (d > best) {
            best = d;
            at = c;
        }
    }
    return at;
}

static void read_pitch(work *w) {
    w->tuning = tuning_of(w);
    for (int64_t i = 0; i < w->count; i++)
        w->cents[i] = w->frames[i].voiced
                          ? midi_cents((double)w->frames[i].hz) - w->tuning
                          : -1.0;
    /* a pause of a frame or three in one pitch is none */
    for (int64_t i = 1; i < w->count; i++) {
        int64_t k = i;
        while (k < w->count && k - i < BRIDGE + 1 && w->cents[k] < 0.0)
            k++;
        if (k > i && k < w->count && k - i <= BRIDGE &&
            w->cents[i - 1] >= 0.0 && w->cents[k] >= 0.0 &&
            fabs(w->cents[k] - w->cents[i - 1]) < 50.0)
            for (int64_t j = i; j < k; j++)
                w->cents[j] = w->cents[i - 1];
    }
}

/* --- the path over semitones --- */

static double miss(double cents, int semitone) {
    double d = (cents - 100.0 * (LOW + semitone)) / 50.0;
    return d * d < 16.0 ? d * d : 16.0;
}

/* Frames [a, b) are voiced without a gap. */
static void path(work *w, int64_t a, int64_t b) {
    double cost[SEMITONES];
    for (int s = 0; s < SEMITONES; s++)
        cost[s] = miss(w->cents[a], s);
    for (int64_t i = a + 1; i < b; i++) {
        int least = 0;
        for (int s = 1; s < SEMITONES; s++)
            least = cost[s] < cost[least] ? s : least;
        double other = cost[least] + change_cost, base = cost[least];
        uint8_t *from = w->from + (i - a) * SEMITONES;
        for (int s = 0; s < SEMITONES; s++) {
            bool stay = cost[s] <= other;
            from[s] = (uint8_t)(stay ? s : least);
            cost[s] = (stay ? cost[s] : other) - base + miss(w->cents[i], s);
        }
    }
    int s = 0;
    for (int k = 1; k < SEMITONES; k++)
        s = cost[k] < cost[s] ? k : s;
    for (int64_t i = b; i-- > a;) {
        w->state[i] = (int8_t)s;
        if (i > a)
            s = w->from[(i - a) * SEMITONES + s];
    }
}

/* Long runs are cut, which bounds memory; a cut never ends a note. */
static void all_paths(work *w, int64_t longest) {
    for (int64_t i = 0; i < w->count;) {
        int64_t end = i;
        while (end < w->count && w->cents[end] >= 0.0 && end - i < longest)
            end++;
        if (end > i)
            path(w, i, end);
        i = end > i ? end : i + 1;
    }
}

/* --- notes --- */

/* A new attack at frame i: the level has come up from a dip just before, and
 * stands at the steepest place of it. */
static bool attack(const work *w, int64_t i) {
    if (i < RISE || i + RISE >= w->count)
        return false;
    double low = INFINITY;
    for (int64_t k = i - RISE; k <= i; k++)
        low = fmin(low, (double)w->frames[k].level_db);
    double rise = (double)w->frames[i + RISE - 2].level_db - low;
    double here =
        (double)w->frames[i + 1].level_db - (double)w->frames[i - 1].level_db;
    double next =
        (double)w->frames[i + 2].level_db - (double)w->frames[i].level_db;
    double last =
        (double)w->frames[i].level_db - (double)w->frames[i - 2].level_db;
    return rise >= w->params.rise_db && here > next && here >= last;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(work *w, int64_t a, int64_t b) {
    memcpy(w->sorted, w->cents + a, (size_t)(b - a) * sizeof *w->sorted);
    qsort(w->sorted, (size_t)(b - a), sizeof *w->sorted, by_value);
    return w->sorted[(b - a) / 2];
}

/* Vibrato is looked for where the pitch has arrived. */
static void find_vibrato(const work *w, int64_t a, int64_t b, st_note *n) {
    int64_t edge = (b - a) / 8 < 6 ? (b - a) / 8 : 6;
    st_vibrato_find(w->cents + a + edge, b - a - 2 * edge, &n->vibrato_hz,
                    &n->vibrato_cents);
}

static void describe(work *w, int64_t a, int64_t b, double loudest,
                     st_note *n) {
    double cents = median(w, a, b) + w->tuning, top = -INFINITY;
    *n = (st_note){.on_s = (double)a / ST_F0_RATE,
                   .off_s = (double)b / ST_F0_RATE};
    for (int64_t i = a; i < b; i++) {
        n->confidence += (double)w->frames[i].confidence / (double)(b - a);
        top = fmax(top, (double)w->frames[i].level_db);
    }
    n->hz = 440.0 * st_exp2((cents - 6900.0) / 1200.0);
    n->key = (int)lrint(cents / 100.0);
    n->cents = cents - 100.0 * n->key;
    double v = 110.0 * st_exp2((top - loudest) * (0.1660964 * 0.5));
    n->velocity = v < 1.0 ? 1 : v > 127.0 ? 127 : (int)lrint(v);
    find_vibrato(w, a, b, n);
}

static double loudest_of(const work *w) {
    double top = -200.0;
    for (int64_t i = 0; i < w->count; i++)
        if (w->frames[i].voiced)
            top = fmax(top, (double)w->frames[i].level_db);
    return top;
}

static int64_t end_of_note(const work *w, int64_t a, int64_t least) {
    int64_t b = a + 1;
    while (b < w->count && w->state[b] == w->state[a] &&
           !(b - a >= least && attack(w, b)))
        b++;
    return b;
}

static int64_t cut(work *w, st_note *out) {
    int64_t notes = 0, least = llround(w->params.min_s * ST_F0_RATE);
    double loudest = loudest_of(w);
    for (int64_t a = 0; a < w->count;) {
        if (w->state[a] < 0) {
            a++;
            continue;
        }
        int64_t b = end_of_note(w, a, least);
        if (b - a >= least)
            describe(w, a, b, loudest, &out[notes++]);
        a = b;
    }
    return notes;
}

st_status st_notes_find(const st_f0_frame *frames, int64_t count,
                        const st_notes_params *params, st_note **out,
                        int64_t *notes) {
    enum { LONGEST = 3000 };
    work w = {.frames = frames, .count = count};
    w.params = params ? *params : st_notes_defaults();
    if (count < 0 || !(w.params.min_s >= 0.03 && w.params.min_s <= 1.0) ||
        !(w.params.rise_db >= 3.0 && w.params.rise_db <= 40.0))
        return ST_BAD_ARG;
    size_t n = (size_t)count;
    w.cents = st_calloc(n, sizeof *w.cents);
    w.state = st_calloc(n, sizeof *w.state);
    w.from = st_calloc((n < LONGEST ? n : LONGEST), SEMITONES);
    w.sorted = st_calloc(n, sizeof *w.sorted);
    st_note *list = st_calloc(n / 3 + 1, sizeof *list);
    bool whole = w.cents && w.state && w.from && w.sorted && list;
    if (whole) {
        memset(w.state, -1, n);
        read_pitch(&w);
        all_paths(&w, LONGEST);
        *notes = cut(&w, list);
        *out = list;
    } else {
        st_free(list);
    }
    st_free(w.cents);
    st_free(w.state);
    st_free(w.from);
    st_free(w.sorted);
    return whole ? ST_OK : ST_NO_MEM;
}

static st_status fill(st_midi *m, const st_note *notes, int64_t count,
                      double bpm, const char *name) {
    st_midi_track *track = NULL;
    st_status status = st_midi_add_tempo(m, 0, bpm);
    if (status == ST_OK)
        status = st_midi_add_metre(m, 0, 4, 4);
    if (status == ST_OK)
        status = st_midi_add_track(m, name, &track);
    for (int64_t i = 0; i < count && status == ST_OK; i++) {
        int64_t on = st_midi_tick(m, notes[i].on_s);
        int64_t off = st_midi_tick(m, notes[i].off_s);
        int key = notes[i].key;
        status = st_midi_add_note(
            track, (st_midi_note){.tick = on,
                                  .length = off > on ? off - on : 1,
                                  .key = (uint8_t)(key < 0     ? 0
                                                   : key > 127 ? 127
                                                               : key),
                                  .velocity = (uint8_t)notes[i].velocity});
    }
    return status;
}

st_status st_notes_midi(const st_note *notes, int64_t count, double bpm,
                        const char *name, st_midi **out) {
    st_midi *m;
    if (count < 0 || !(bpm >= 20.0 && bpm <= 300.0))
        return ST_BAD_ARG;
    st_status status = st_midi_new(&m);
    if (status != ST_OK)
        return status;
    status = fill(m, notes, count, bpm, name);
    if (status != ST_OK) {
        st_midi_free(m);
        return status;
    }
    *out = m;
    return ST_OK;
}
