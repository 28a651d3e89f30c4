#include "analysis/rhythm.h"

#include "analysis/bar_path.h"
#include "analysis/bar_phase.h"
#include "analysis/beat_path.h"
#include "analysis/beat_times.h"
#include "analysis/onset.h"
#include "analysis/rhythm_front.h"
#include "analysis/rhythm_impl.h"
#include "core/alloc.h"
#include "models/beat/beat.h"

#include <math.h>
#include <string.h>

enum {
    BANDS = ST_RHYTHM_BANDS,
    TEMPI = ST_BEAT_TEMPI,
    METRES = ST_BEAT_METRES,
    PART = 256, /* frames that are filled together */
    LEAST_BEATS = 4
};

static const double silent = 1e-8; /* mean power of a band: about -110 dBFS */
static const double least_some = 0.5, least_said = 0.02;
static const double band_room = 1.12; /* around the tempi of a path */

struct st_rhythm {
    st_rhythm_front *front;
    st_beat_net *net;
    int64_t samples;
    float *curves; /* strength, beat, downbeat: [frames] each */
    float *tempo, *metre;
    st_rhythm_beat *beat;
    st_rhythm_segment *segment;
    st_rhythm_onset *onset;
    st_tempo_evidence evidence;
    st_phase_weights weights;
    st_rhythm_result result;
};

/* --- life --- */

st_status st_rhythm_new(st_rhythm **out, st_err *err) {
    st_rhythm *r = st_calloc(1, sizeof *r);
    if (r == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    r->weights = st_phase_fitted;
    st_status status = st_beat_net_new(&r->net, NULL, err);
    if (status == ST_OK) {
        status = st_rhythm_front_new(&r->front, ST_RHYTHM_HOP);
        if (status != ST_OK)
            st_err_set(err, status, "Out of memory.");
    }
    if (status != ST_OK) {
        st_rhythm_free(r);
        return status;
    }
    *out = r;
    return ST_OK;
}

static void forget(st_rhythm *r) {
    st_free(r->curves);
    st_free(r->tempo);
    st_free(r->metre);
    st_free(r->beat);
    st_free(r->segment);
    st_free(r->onset);
    r->curves = r->tempo = r->metre = NULL;
    r->beat = NULL;
    r->segment = NULL;
    r->onset = NULL;
    r->result = (st_rhythm_result){0};
    r->evidence = (st_tempo_evidence){0};
}

void st_rhythm_free(st_rhythm *r) {
    if (r == NULL)
        return;
    forget(r);
    st_rhythm_front_free(r->front);
    st_beat_net_free(r->net);
    st_free(r);
}

void st_rhythm_reset(st_rhythm *r) {
    forget(r);
    st_rhythm_front_reset(r->front);
    r->samples = 0;
}

st_status st_rhythm_process(st_rhythm *r, const float *in, int64_t n) {
    r->samples += n;
    return st_rhythm_front_process(r->front, in, n);
}

const st_rhythm_result *st_rhythm_get(const st_rhythm *r) {
    return &r->result;
}

const st_tempo_evidence *st_rhythm_evidence(const st_rhythm *r) {
    return &r->evidence;
}

void st_rhythm_weigh_chords(st_rhythm *r, const st_phase_weights *weights) {
    r->weights = *weights;
}

/* --- curves --- */

static void fill(void *ctx, int64_t first, int64_t count, float *out) {
    st_rhythm_front_fill(ctx, first, count, out);
}

/* Mean rise of the bands. */
static st_status fill_strength(const st_rhythm *r, float *out, int64_t frames) {
    float *rows = st_calloc((size_t)PART * ST_RHYTHM_INPUTS, sizeof *rows);
    if (rows == NULL)
        return ST_NO_MEM;
    for (int64_t at = 0; at < frames; at += PART) {
        int64_t n = frames - at < PART ? frames - at : PART;
        st_rhythm_front_fill(r->front, at, n, rows);
        for (int64_t i = 0; i < n; i++) {
            const float *rise = rows + i * ST_RHYTHM_INPUTS + BANDS;
            float sum = 0.0f;
            for (int b = 0; b < BANDS; b++)
                sum += rise[b];
            out[at + i] = sum / BANDS;
        }
    }
    st_free(rows);
    return ST_OK;
}

static st_status make_curves(st_rhythm *r, int64_t frames) {
    size_t n = (size_t)frames, seconds = (size_t)st_beat_seconds(frames);
    r->curves = st_calloc(3 * n, sizeof(float));
    r->tempo = st_calloc(seconds * (TEMPI + 1), sizeof(float));
    r->metre = st_calloc(seconds * METRES, sizeof(float));
    if (r->curves == NULL || r->tempo == NULL || r->metre == NULL)
        return ST_NO_MEM;
    r->result.frames = frames;
    r->result.strength = r->curves;
    r->result.beat_activation = r->curves + n;
    r->result.downbeat_activation = r->curves + 2 * n;
    st_status status = fill_strength(r, r->curves, frames);
    if (status != ST_OK)
        return status;
    return st_beat_net_run(r->net, &(st_beat_input){fill, r->front, frames},
                           &(st_beat_output){r->curves + n, r->curves + 2 * n,
                                             r->tempo, r->metre});
}

static st_status find_onsets(st_rhythm *r) {
    const float *s = r->result.strength;
    int64_t frames = r->result.frames;
    int64_t n = st_onset_pick(s, frames, NULL);
    r->onset = st_calloc((size_t)n, sizeof *r->onset);
    if (r->onset == NULL)
        return ST_NO_MEM;
    r->result.onsets = st_onset_pick(s, frames, r->onset);
    r->result.onset = r->onset;
    return ST_OK;
}

/* --- tempo --- */

static st_status find_path(const st_rhythm *r, double low_bpm, double high_bpm,
                           st_beat_path *path) {
    return st_beat_path_find(
        path, &(st_beat_path_input){r->result.beat_activation, r->tempo,
                                    r->result.frames, low_bpm, high_bpm});
}

/* All tempi of a path times a ratio, with some room. */
static st_status find_again(const st_rhythm *r, double ratio,
                            st_beat_path *path) {
    double least = 1e9, most = 0.0;
    for (int64_t i = 0; i + 1 < path->count; i++) {
        double d = path->time_s[i + 1] - path->time_s[i];
        least = d < least ? d : least;
        most = d > most ? d : most;
    }
    double low = 60.0 / most * ratio / band_room;
    double high = 60.0 / least * ratio * band_room;
    st_free(path->time_s);
    return find_path(r, low, high, path);
}

static st_status weigh(st_rhythm *r, const st_beat_path *path) {
    return st_tempo_evidence_of(&r->evidence,
                                &(st_tempo_input){r->result.beat_activation,
                                                  r->tempo, r->result.frames,
                                                  path->time_s, path->count});
}

static void say_candidates(st_rhythm_result *out, const st_tempo_evidence *e,
                           const double *p, double some) {
    bool said[ST_TEMPO_RATIOS] = {false};
    out->candidates = 0;
    while (out->candidates < ST_RHYTHM_CANDIDATES) {
        int best = -1;
        for (int k = 0; k < ST_TEMPO_RATIOS; k++)
            if (!said[k] && (best < 0 || p[k] > p[best]))
                best = k;
        if (out->candidates > 0 && p[best] * some < least_said)
            return;
        said[best] = true;
        out->candidate[out->candidates++] = (st_rhythm_candidate){
            e->bpm * st_tempo_ratio(best), p[best] * some};
    }
}

/* --- the answer --- */

static const char *none(st_rhythm *r, const char *reason) {
    r->result.has_tempo = false;
    r->result.reason = reason;
    return reason;
}

/* Greatest downbeat activation within two frames. */
static float downbeat_near(const st_rhythm_result *s, double time_s) {
    int64_t f = llround(time_s * ST_RHYTHM_FPS);
    float top = 0.0f;
    for (int64_t i = f - 2; i <= f + 2; i++)
        if (i >= 0 && i < s->frames && s->downbeat_activation[i] > top)
            top = s->downbeat_activation[i];
    return top;
}

static void mean_metre(const st_rhythm *r, const st_beat_path *path,
                       float *out) {
    int64_t from = (int64_t)path->time_s[0];
    int64_t to = (int64_t)path->time_s[path->count - 1];
    memset(out, 0, METRES * sizeof *out);
    for (int64_t s = from; s <= to; s++)
        for (int k = 0; k < METRES; k++)
            out[k] += r->metre[s * METRES + k] / (float)(to - from + 1);
}

/* ear: NULL where nobody has heard chords. */
static st_status find_bars(st_rhythm *r, const st_beat_path *path,
                           const st_change_ear *ear) {
    size_t n = (size_t)path->count;
    float *down = st_calloc(2 * n, sizeof *down), metre[METRES];
    int *position = st_calloc(n, sizeof *position);
    st_bar_answer bar = {0};
    st_status status = down && position ? ST_OK : ST_NO_MEM;
    if (status == ST_OK && ear != NULL)
        status = st_bar_changes(path->time_s, path->count, &r->weights, ear,
                                down + n);
    if (status == ST_OK) {
        mean_metre(r, path, metre);
        for (size_t i = 0; i < n; i++)
            down[i] = downbeat_near(&r->result, path->time_s[i]);
        status = st_bar_find(
            &(st_bar_input){down, metre, ear ? down + n : NULL, path->count},
            position, &bar);
    }
    for (size_t i = 0; i < n && status == ST_OK; i++)
        r->beat[i] = (st_rhythm_beat){path->time_s[i], position[i]};
    r->result.metre = bar.metre;
    r->result.metre_confidence = bar.confidence;
    st_free(down);
    st_free(position);
    return status;
}

static st_status say_beats(st_rhythm *r, const st_beat_path *path,
                           const st_change_ear *ear) {
    st_free(r->beat);
    st_free(r->segment);
    r->result.beats = r->result.segments = 0;
    r->result.beat = NULL;
    r->result.segment = r->segment = NULL;
    r->beat = st_calloc((size_t)path->count, sizeof *r->beat);
    if (r->beat == NULL)
        return ST_NO_MEM;
    st_status status = find_bars(r, path, ear);
    if (status != ST_OK)
        return status;
    int64_t segments = st_beat_times_segments(path->time_s, path->count, NULL);
    r->segment = st_calloc((size_t)segments, sizeof *r->segment);
    if (r->segment == NULL)
        return ST_NO_MEM;
    st_beat_times_segments(path->time_s, path->count, r->segment);
    r->result.beats = path->count;
    r->result.beat = r->beat;
    r->result.segments = segments;
    r->result.segment = r->segment;
    return ST_OK;
}

static st_status say_tempo(st_rhythm *r, const st_beat_path *path,
                           const double *p, double some) {
    double length = 0.0;
    st_status status = st_tempo_median(path->time_s, path->count, &length);
    if (status != ST_OK)
        return status;
    say_candidates(&r->result, &r->evidence, p, some);
    r->result.has_tempo = true;
    r->result.reason = NULL;
    r->result.bpm = 60.0 / length;
    r->result.candidate[0].bpm = r->result.bpm;
    r->result.confidence = r->result.candidate[0].probability;
    return ST_OK;
}

/* The likeliest multiple of the path; if it is another, the path anew. */
static st_status settle(st_rhythm *r, st_beat_path *path) {
    double p[ST_TEMPO_RATIOS];
    st_status status = weigh(r, path);
    if (status != ST_OK)
        return status;
    double some = st_tempo_some(&r->evidence);
    if (some < least_some) {
        none(r, "Nothing in it repeats like a beat.");
        return ST_OK;
    }
    st_tempo_shares(&r->evidence, p);
    int best = 0;
    for (int k = 1; k < ST_TEMPO_RATIOS; k++)
        best = p[k] > p[best] ? k : best;
    if (best != 0)
        status = find_again(r, st_tempo_ratio(best), path);
    if (status == ST_OK && path->count < LEAST_BEATS) {
        none(r, "It has fewer than four beats.");
        return ST_OK;
    }
    if (status == ST_OK)
        status =
            st_beat_times_refine(path->time_s, path->count,
                                 r->result.beat_activation, r->result.frames);
    if (status == ST_OK)
        status = say_beats(r, path, NULL);
    if (status == ST_OK)
        status = say_tempo(r, path, p, some);
    return status;
}

st_status st_rhythm_finish(st_rhythm *r) {
    st_status status = st_rhythm_front_finish(r->front);
    if (status != ST_OK)
        return status;
    int64_t frames = st_rhythm_front_frames(r->front);
    none(r, "There is nothing to hear.");
    if (frames == 0)
        return ST_OK;
    status = make_curves(r, frames);
    bool nothing = st_rhythm_front_power(r->front) < silent;
    st_rhythm_front_forget(r->front);
    if (status != ST_OK || nothing)
        return status;
    status = find_onsets(r);
    st_beat_path path = {0};
    if (status == ST_OK)
        status = find_path(r, ST_RHYTHM_MIN_BPM, ST_RHYTHM_MAX_BPM, &path);
    none(r, "It has fewer than four beats.");
    if (status == ST_OK && path.count >= LEAST_BEATS)
        status = settle(r, &path);
    st_free(path.time_s);
    return status;
}

/* --- with chords --- */

/* Beats half-way between those, and before the first and after the last
 * where there is sound. */
static void move_half(const st_rhythm *r, st_beat_path *path) {
    double *t = path->time_s;
    int64_t n = path->count;
    double first = t[0] - (t[1] - t[0]) / 2.0;
    double last = t[n - 1] + (t[n - 1] - t[n - 2]) / 2.0;
    bool ends = last <= (double)(r->result.frames - 1) / ST_RHYTHM_FPS;
    for (int64_t i = 0; i + 1 < n; i++)
        t[i] = (t[i] + t[i + 1]) / 2.0;
    t[n - 1] = last;
    path->count = ends ? n : n - 1;
    if (first < 0.0)
        return;
    for (int64_t i = path->count; i > 0; i--)
        t[i] = t[i - 1];
    t[0] = first;
    path->count++;
}

st_status st_rhythm_settle(st_rhythm *r, const st_change_ear *ear) {
    const st_rhythm_result *s = &r->result;
    if (!s->has_tempo || s->metre == 0)
        return ST_OK;
    st_beat_path path = {.count = s->beats};
    path.time_s = st_calloc((size_t)s->beats + 1, sizeof *path.time_s);
    st_status status = path.time_s != NULL ? ST_OK : ST_NO_MEM;
    for (int64_t i = 0; status == ST_OK && i < s->beats; i++)
        path.time_s[i] = s->beat[i].time_s;
    bool between = false;
    if (status == ST_OK)
        status = st_bar_phase(&(st_phase_input){path.time_s, path.count,
                                                s->beat_activation, s->frames,
                                                s->metre},
                              &r->weights, ear, &between);
    if (between)
        move_half(r, &path);
    if (status == ST_OK)
        status = say_beats(r, &path, ear);
    if (status != ST_OK) {
        none(r, "The memory ran out.");
        r->result.beats = r->result.segments = 0;
    }
    st_free(path.time_s);
    return status;
}

/* --- places between beats --- */

static double length_after(const st_rhythm_result *r, int64_t i) {
    return r->beat[i + 1].time_s - r->beat[i].time_s;
}

double st_rhythm_time_s(const st_rhythm_result *r, double beat) {
    if (r->beats < 2)
        return 0.0;
    double last = (double)(r->beats - 2);
    double whole = floor(beat < 0.0 ? 0.0 : beat > last ? last : beat);
    int64_t i = (int64_t)whole;
    return r->beat[i].time_s + (beat - whole) * length_after(r, i);
}

double st_rhythm_beat_at(const st_rhythm_result *r, double time_s) {
    if (r->beats < 2)
        return 0.0;
    int64_t low = 0, high = r->beats - 2;
    while (low < high) {
        int64_t mid = (low + high + 1) / 2;
        if (r->beat[mid].time_s <= time_s)
            low = mid;
        else
            high = mid - 1;
    }
    return (double)low + (time_s - r->beat[low].time_s) / length_after(r, low);
}
