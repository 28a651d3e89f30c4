#include "analysis/role.h"

#include "analysis/mel.h"
#include "core/alloc.h"
#include "core/math.h"
#include "models/rolenet/rolenet.h"

#include <math.h>
#include <string.h>

enum {
    BANDS = ST_ROLE_BANDS,
    FRAMES = ST_ROLE_LOOK_FRAMES,
    LOOKS = ST_ROLE_LOOKS,
    LOWEST = 1, /* band 0 hears a constant: it is not looked at */
    BLOCK = 512,
    HEARD = 6 /* frames with sound, at least: a click has four */
};

_Static_assert((int)FRAMES == (int)ST_ROLENET_FRAMES &&
                   (int)BANDS == (int)ST_ROLENET_BANDS &&
                   (int)ST_ROLE_EMBEDDING == (int)ST_ROLENET_EMBEDDING,
               "the network's picture is a look");

static const float silence = 3e-5f; /* strongest band, about -80 dBFS */
static const float audible = 1e-4f; /* of the loudest frame: -40 dB */
static const float floor_db = 80.0f;

/* Power bands of FRAMES frames. */
typedef struct {
    float *bands;
    float level[FRAMES]; /* power of each frame */
    float activity;      /* sum of their amplitudes */
} look;

struct st_role_ear {
    st_rolenet *net;
    st_mel *mel;
    look held[LOOKS + 1]; /* the last of them is being filled */
    int kept;             /* complete ones */
    int filled;           /* frames of the one being filled */
    float *picture;
    st_role_result result;
};

/* --- looks --- */

static void clear(look *l) {
    memset(l->bands, 0, (size_t)FRAMES * BANDS * sizeof(float));
    memset(l->level, 0, sizeof l->level);
    l->activity = 0.0f;
}

static void exchange(look *a, look *b) {
    look held = *a;
    *a = *b;
    *b = held;
}

/* The most active looks stay; of equals the earlier one. */
static void close_look(st_role_ear *e) {
    look *now = &e->held[LOOKS];
    for (int t = 0; t < FRAMES; t++)
        now->activity += sqrtf(now->level[t]);
    int place = e->kept;
    if (e->kept == LOOKS) {
        place = 0;
        for (int i = 1; i < LOOKS; i++)
            if (e->held[i].activity <= e->held[place].activity)
                place = i;
    } else {
        e->kept++;
    }
    if (place >= 0 && e->held[place].activity < now->activity)
        exchange(&e->held[place], now);
    clear(now);
    e->filled = 0;
}

static void take_frame(void *ctx, int64_t frame, const float *values) {
    (void)frame;
    st_role_ear *e = ctx;
    look *now = &e->held[LOOKS];
    float *to = now->bands + (size_t)e->filled * BANDS, sum = 0.0f;
    for (int b = LOWEST; b < BANDS; b++) {
        to[b] = values[b] <= 1e30f ? values[b] : 0.0f;
        sum += to[b];
    }
    now->level[e->filled++] = sum;
    if (e->filled == FRAMES)
        close_look(e);
}

/* --- life --- */

static st_status make_room(st_role_ear *e) {
    st_mel_params p = st_mel_defaults(ST_ROLE_RATE_HZ);
    size_t size = (size_t)FRAMES * BANDS;
    bool whole = true;
    for (int i = 0; i <= LOOKS; i++) {
        e->held[i].bands = st_calloc(size, sizeof(float));
        whole = whole && e->held[i].bands;
    }
    e->picture = st_calloc(size, sizeof(float));
    if (!whole || e->picture == NULL)
        return ST_NO_MEM;
    return st_mel_new(&e->mel, &p, (st_frame_sink){take_frame, e});
}

st_status st_role_ear_new(st_role_ear **out, st_err *err) {
    st_role_ear *e = st_calloc(1, sizeof *e);
    st_status status = e ? make_room(e) : ST_NO_MEM;
    if (status != ST_OK)
        st_err_set(err, status, "Out of memory.");
    else
        status = st_rolenet_new(&e->net, NULL, err);
    if (status != ST_OK) {
        st_role_ear_free(e);
        return status;
    }
    st_role_ear_reset(e);
    *out = e;
    return ST_OK;
}

void st_role_ear_free(st_role_ear *e) {
    if (e == NULL)
        return;
    for (int i = 0; i <= LOOKS; i++)
        st_free(e->held[i].bands);
    st_free(e->picture);
    st_mel_free(e->mel);
    st_rolenet_free(e->net);
    st_free(e);
}

static void forget(st_role_result *r) {
    memset(r, 0, sizeof *r);
    r->role = ST_ROLE_NONE;
    r->reason = "Nothing was heard yet.";
}

void st_role_ear_reset(st_role_ear *e) {
    st_mel_reset(e->mel);
    for (int i = 0; i <= LOOKS; i++)
        clear(&e->held[i]);
    e->kept = e->filled = 0;
    forget(&e->result);
}

st_frame_sink st_role_ear_sink(st_role_ear *e) {
    return (st_frame_sink){take_frame, e};
}

void st_role_ear_process(st_role_ear *e, const float *in, int64_t n) {
    float clean[BLOCK];
    for (int64_t at = 0; at < n; at += BLOCK) {
        int64_t now = n - at < BLOCK ? n - at : BLOCK;
        for (int64_t i = 0; i < now; i++)
            clean[i] = fabsf(in[at + i]) <= 1e10f ? in[at + i] : 0.0f;
        st_mel_process(e->mel, clean, now);
    }
}

/* --- the answer --- */

/* Power to 1 + dB / 80 under the look's own peak. */
static void paint(const look *l, float *picture) {
    float peak = 0.0f;
    for (int i = 0; i < FRAMES * BANDS; i++)
        peak = l->bands[i] > peak ? l->bands[i] : peak;
    for (int i = 0; i < FRAMES * BANDS; i++) {
        float db = 3.01029996f * st_log2f(l->bands[i] / peak + 1e-12f);
        float x = 1.0f + db / floor_db;
        picture[i] = x > 0.0f ? x : 0.0f;
    }
}

static float loudest_band(const st_role_ear *e) {
    float top = 0.0f;
    for (int i = 0; i < e->kept; i++)
        for (int b = 0; b < FRAMES * BANDS; b++)
            top = e->held[i].bands[b] > top ? e->held[i].bands[b] : top;
    return top;
}

static int heard_frames(const st_role_ear *e) {
    float top = 0.0f;
    int count = 0;
    for (int i = 0; i < e->kept; i++)
        for (int t = 0; t < FRAMES; t++)
            top = e->held[i].level[t] > top ? e->held[i].level[t] : top;
    for (int i = 0; i < e->kept; i++)
        for (int t = 0; t < FRAMES; t++)
            count += e->held[i].level[t] > top * audible;
    return count;
}

static const char *why_none(const st_role_ear *e) {
    if (e->kept == 0)
        return "The stem is empty.";
    if (loudest_band(e) < silence)
        return "The stem is silent.";
    if (heard_frames(e) < HEARD)
        return "There is less than 0.15 s of sound.";
    return NULL;
}

static void add(float *sum, const float *x, int n, float weight) {
    for (int i = 0; i < n; i++)
        sum[i] += x[i] * weight;
}

static void normalise(float *x) {
    float sum = 0.0f;
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++)
        sum += x[i] * x[i];
    float length = sqrtf(sum);
    for (int i = 0; i < ST_ROLE_EMBEDDING && length > 0.0f; i++)
        x[i] /= length;
}

/* Looks count by what sounds in them; nearly empty ones not at all. */
static void read_looks(st_role_ear *e) {
    st_role_result *r = &e->result;
    float top = 0.0f, total = 0.0f;
    for (int i = 0; i < e->kept; i++)
        top = e->held[i].activity > top ? e->held[i].activity : top;
    for (int i = 0; i < e->kept; i++) {
        float weight = e->held[i].activity / top;
        float logits[ST_ROLE_COUNT], embedding[ST_ROLE_EMBEDDING];
        if (weight < 0.1f)
            continue;
        paint(&e->held[i], e->picture);
        st_rolenet_run(e->net, e->picture, logits, embedding);
        add(r->probability, logits, ST_ROLE_COUNT, weight);
        add(r->embedding, embedding, ST_ROLE_EMBEDDING, weight);
        total += weight;
        r->looks++;
    }
    for (int i = 0; i < ST_ROLE_COUNT; i++)
        r->probability[i] /= total;
    normalise(r->embedding);
}

static void decide(st_role_ear *e) {
    st_role_result *r = &e->result;
    st_rolenet_chances(e->net, r->probability);
    r->role = ST_ROLE_KICK;
    for (int i = 1; i < ST_ROLE_COUNT; i++)
        if (r->probability[i] > r->probability[r->role])
            r->role = (st_role)i;
    r->confidence = r->probability[r->role];
    r->has_role = true;
}

void st_role_ear_finish(st_role_ear *e) {
    st_mel_finish(e->mel);
    if (e->filled > 0)
        close_look(e);
    forget(&e->result);
    e->result.reason = why_none(e);
    if (e->result.reason != NULL)
        return;
    read_looks(e);
    decide(e);
}

const st_role_result *st_role_ear_get(const st_role_ear *e) {
    return &e->result;
}
