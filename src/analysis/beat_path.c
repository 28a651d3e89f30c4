#include "analysis/beat_path.h"

#include "core/alloc.h"
#include "core/math.h"
#include "models/beat/beat.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    MIN = ST_BEAT_PATH_MIN,
    MAX = ST_BEAT_PATH_MAX,
    LAGS = MAX - MIN + 1,
    RING = MAX + 1,
    NEAR = 3, /* places around a beat that are its own */
    TEMPI = ST_BEAT_TEMPI,
    START = 255
};

static const float change_cost = 60.0f; /* of |ratio - 1| */
static const float change_most = 0.13f; /* beyond it is a jump */
static const float jump_cost = 9.0f;
static const float tempo_weight = 0.6f; /* a second */
static const float least_beat = 0.01f, most_beat = 0.98f;
static const float least_tempo = 0.003f;
static const float never = -1e30f;

typedef struct {
    int64_t places;
    int low, high; /* lags in use, indices 0..LAGS - 1, high included */
    float *beat;   /* [places] log of a beat here */
    double *rest;  /* [places + 1] sums of the log of no beat */
    float *tempo;  /* [seconds][LAGS], 0 the likeliest */
    int64_t seconds;
    float *score;   /* [RING][LAGS] */
    float *best;    /* [RING] greatest of a row */
    uint8_t *which; /* [RING] its lag */
    uint8_t *from;  /* [places][LAGS] lag before, START */
    float cost[LAGS][LAGS];
    int first[LAGS], last[LAGS]; /* lags within change_most */
} path;

/* --- tables --- */

static float at_place(const float *beat, int64_t i) {
    return i % 2 == 0 ? beat[i / 2] : 0.5f * (beat[i / 2] + beat[i / 2 + 1]);
}

static float log_of(float x) {
    return 0.69314718f * st_log2f(x);
}

static void fill_beats(path *p, const float *beat) {
    for (int64_t i = 0; i < p->places; i++) {
        float b = at_place(beat, i);
        float high = b > least_beat ? b : least_beat;
        float low = b < most_beat ? b : most_beat;
        p->beat[i] = log_of(high);
        p->rest[i + 1] = p->rest[i] + (double)(0.5f * log_of(1.0f - low));
    }
}

/* Of the row of a second at a lag, between classes. */
static float mass(const float *row, int lag) {
    double c = st_beat_bpm_class(60.0 * ST_BEAT_PATH_RATE / (lag + MIN));
    c = c < 0.0 ? 0.0 : c > TEMPI - 1 ? TEMPI - 1 : c;
    int i = (int)c < TEMPI - 2 ? (int)c : TEMPI - 2;
    float part = (float)(c - i);
    return row[i] * (1.0f - part) + row[i + 1] * part;
}

static void fill_tempo(path *p, const float *tempo) {
    for (int64_t s = 0; s < p->seconds; s++) {
        float *out = p->tempo + s * LAGS, top = least_tempo;
        for (int k = 0; k < LAGS; k++) {
            out[k] = mass(tempo + s * (TEMPI + 1), k) + least_tempo;
            top = out[k] > top ? out[k] : top;
        }
        for (int k = 0; k < LAGS; k++)
            out[k] = tempo_weight * log_of(out[k] / top);
    }
}

static void fill_costs(path *p) {
    for (int to = 0; to < LAGS; to++) {
        p->first[to] = LAGS;
        p->last[to] = -1;
        for (int from = 0; from < LAGS; from++) {
            float ratio = (float)(to + MIN) / (float)(from + MIN);
            float off = ratio > 1.0f ? ratio - 1.0f : 1.0f / ratio - 1.0f;
            p->cost[to][from] = change_cost * off;
            if (off > change_most)
                continue;
            p->first[to] = from < p->first[to] ? from : p->first[to];
            p->last[to] = from;
        }
    }
}

static int lag_of(double bpm) {
    double lag = 60.0 * ST_BEAT_PATH_RATE / bpm;
    lag = lag < MIN ? MIN : lag > MAX ? MAX : lag;
    return (int)lround(lag) - MIN;
}

static void path_free(path *p) {
    st_free(p->beat);
    st_free(p->rest);
    st_free(p->tempo);
    st_free(p->score);
    st_free(p->best);
    st_free(p->which);
    st_free(p->from);
}

static st_status path_make(path *p, const st_beat_path_input *in) {
    size_t n = (size_t)p->places;
    p->beat = st_calloc(n, sizeof(float));
    p->rest = st_calloc(n + 1, sizeof(double));
    p->tempo = st_calloc((size_t)p->seconds * LAGS, sizeof(float));
    p->score = st_calloc((size_t)RING * LAGS, sizeof(float));
    p->best = st_calloc(RING, sizeof(float));
    p->which = st_calloc(RING, 1);
    p->from = st_calloc(n, LAGS);
    if (!p->beat || !p->rest || !p->tempo || !p->score || !p->best ||
        !p->which || !p->from)
        return ST_NO_MEM;
    fill_beats(p, in->beat);
    if (in->tempo != NULL)
        fill_tempo(p, in->tempo);
    fill_costs(p);
    return ST_OK;
}

/* --- the programme --- */

/* Log of no beat at places [from, to). */
static float rest(const path *p, int64_t from, int64_t to) {
    from = from < 0 ? 0 : from;
    to = to > p->places ? p->places : to;
    return to > from ? (float)(p->rest[to] - p->rest[from]) : 0.0f;
}

/* The best lag before a beat at `lag` behind, whose row is given. */
static float before(const path *p, const float *row, int64_t ring, int lag,
                    uint8_t *which) {
    float best = p->best[ring] - jump_cost;
    int from = p->which[ring];
    int first = p->first[lag] > p->low ? p->first[lag] : p->low;
    int last = p->last[lag] < p->high ? p->last[lag] : p->high;
    for (int k = first; k <= last; k++) {
        float s = row[k] - p->cost[lag][k];
        if (s > best) {
            best = s;
            from = k;
        }
    }
    *which = (uint8_t)from;
    return best;
}

static void place(path *p, int64_t t) {
    int64_t second = t / ST_BEAT_PATH_RATE;
    const float *tempo = p->tempo + second * LAGS;
    float *row = p->score + t % RING * LAGS, top = never;
    const float first = rest(p, 0, t - NEAR + 1);
    int which = p->low;
    for (int k = p->low; k <= p->high; k++) {
        const int lag = k + MIN;
        float s = first;
        uint8_t from = START;
        if (t >= lag) {
            int64_t ring = (t - lag) % RING;
            uint8_t other = START;
            float b = before(p, p->score + ring * LAGS, ring, k, &other) +
                      rest(p, t - lag + NEAR, t - NEAR + 1) +
                      tempo[k] * ((float)lag / ST_BEAT_PATH_RATE);
            from = b > s ? other : from;
            s = b > s ? b : s;
        }
        s += p->beat[t];
        row[k] = s;
        p->from[t * LAGS + k] = from;
        which = s > top ? k : which;
        top = s > top ? s : top;
    }
    p->best[t % RING] = top;
    p->which[t % RING] = (uint8_t)which;
}

typedef struct {
    int64_t place;
    int lag;
    float score;
} goal;

static goal run(path *p) {
    goal g = {-1, 0, rest(p, 0, p->places)};
    for (int64_t t = 0; t < p->places; t++) {
        place(p, t);
        float s = p->best[t % RING] + rest(p, t + NEAR, p->places);
        if (s > g.score)
            g = (goal){t, p->which[t % RING], s};
    }
    return g;
}

static int64_t trace(const path *p, goal g, double *out) {
    int64_t n = 0, t = g.place;
    for (int lag = g.lag; t >= 0; n++) {
        if (out != NULL)
            out[-n] = (double)t / ST_BEAT_PATH_RATE;
        int from = p->from[t * LAGS + lag];
        if (from == START)
            return n + 1;
        t -= lag + MIN;
        lag = from;
    }
    return n;
}

st_status st_beat_path_find(st_beat_path *out, const st_beat_path_input *in) {
    *out = (st_beat_path){0};
    if (in->frames < 2)
        return ST_OK;
    path *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return ST_NO_MEM;
    p->places = 2 * in->frames - 1;
    p->seconds = st_beat_seconds(in->frames);
    p->low = lag_of(in->high_bpm);
    p->high = lag_of(in->low_bpm);
    st_status status = path_make(p, in);
    if (status == ST_OK) {
        goal g = run(p);
        out->score = (double)g.score;
        out->count = trace(p, g, NULL);
        out->time_s = st_calloc((size_t)out->count, sizeof *out->time_s);
        if (out->time_s == NULL)
            status = ST_NO_MEM;
        else if (out->count > 0)
            trace(p, g, out->time_s + out->count - 1);
    }
    path_free(p);
    st_free(p);
    return status;
}
