#include "analysis/harmony_impl.h"

#include "core/alloc.h"
#include "core/math.h"

#include <stdio.h>
#include <string.h>

enum {
    KEYS = 24,
    ALL = ST_HARMONYNET_KEYS,
    HALF = 4 /* steps to each side of a window: 18 s in all */
};

#define CHANGE 12.0f /* cost of another key, in log probability */
#define LEAST 0.2    /* of the likeliest key, else there is none */

static void no_key(st_harmony_result *r, const char *why) {
    r->has_key = false;
    r->keys = 0;
    memset(r->key, 0, sizeof r->key);
    snprintf(r->reason, sizeof r->reason, "%s", why);
}

/* The likeliest three; probabilities among the keys. */
static void rank(const double *p, double none, st_harmony_result *r) {
    bool taken[KEYS] = {false};
    for (int i = 0; i < ST_HARMONY_CANDIDATES; i++) {
        int top = -1;
        for (int k = 0; k < KEYS; k++)
            if (!taken[k] && (top < 0 || p[k] > p[top]))
                top = k;
        taken[top] = true;
        r->key[i] = (st_key){.tonic = top / 2,
                             .minor = top % 2 == 1,
                             .probability = p[top] / (1.0 - none)};
        st_key_words(&r->key[i]);
    }
    r->keys = ST_HARMONY_CANDIDATES;
    r->has_key = true;
    r->key_confidence = p[2 * r->key[0].tonic + r->key[0].minor];
}

/* Softmax of 25 logits to p[24]; what is returned is "none". */
static double probabilities(const float *logits, double *p) {
    double top = (double)logits[0], sum = 0.0, e[ALL];
    for (int k = 1; k < ALL; k++)
        top = (double)logits[k] > top ? (double)logits[k] : top;
    for (int k = 0; k < ALL; k++)
        sum += e[k] = st_exp((double)logits[k] - top);
    for (int k = 0; k < KEYS; k++)
        p[k] = e[k] / sum;
    double none = e[ALL - 1] / sum;
    return none < 1.0 - 1e-9 ? none : 1.0 - 1e-9;
}

static void whole(const st_harmonynet *net, const st_harmonynet_pool *pools,
                  int64_t count, st_harmony_result *r) {
    st_harmonynet_pool all = {0};
    float logits[ALL];
    double p[KEYS];
    for (int64_t i = 0; i < count; i++)
        st_harmonynet_pool_join(&all, &pools[i]);
    if (all.cells < 8) {
        no_key(r, all.cells == 0 ? "There is no sound."
                                 : "There is less than 1.5 s of sound.");
        return;
    }
    st_harmonynet_key(net, &all, logits);
    double none = probabilities(logits, p);
    rank(p, none, r);
    if (none > 0.5) {
        no_key(r, "No notes that settle a key: drums, noise, speech, a single "
                  "tone, or all tones alike.");
        r->key_confidence = 1.0 - none;
    } else if (r->key_confidence < LEAST) {
        no_key(r, "The notes fit several keys equally well.");
    }
}

/* Log probabilities of the keys in a window around each step; a window of
 * overlapping ones counts as its share. */
static void windows(const st_harmonynet *net, const st_harmonynet_pool *pools,
                    int64_t count, float *score) {
    for (int64_t i = 0; i < count; i++, score += KEYS) {
        st_harmonynet_pool pool = {0};
        float logits[ALL];
        int64_t from = i > HALF ? i - HALF : 0;
        int64_t to = i + HALF < count ? i + HALF + 1 : count;
        for (int64_t k = from; k < to; k++)
            st_harmonynet_pool_join(&pool, &pools[k]);
        memset(score, 0, KEYS * sizeof *score);
        if (pool.cells < 8)
            continue;
        st_harmonynet_key(net, &pool, logits);
        memcpy(score, logits, KEYS * sizeof *score);
        st_harmony_log_softmax(score, 1, KEYS);
    }
}

static double mean_probability(const float *score, int64_t from, int64_t to,
                               int key) {
    double sum = 0.0;
    for (int64_t i = from; i < to; i++)
        sum += (double)st_exp2f(score[i * KEYS + key] * 1.44269504f);
    return sum / (double)(to - from);
}

static int64_t segments(const float *score, const int *path, int64_t count,
                        double seconds, st_key_segment *out) {
    int64_t made = 0, from = 0;
    for (int64_t i = 1; i <= count; i++) {
        if (i < count && path[i] == path[from])
            continue;
        double start = st_cell_start_s(from * ST_KEY_STEP_CELLS);
        double end = st_cell_start_s(i * ST_KEY_STEP_CELLS);
        out[made++] = (st_key_segment){
            .start_s = from == 0 ? 0.0 : start,
            .end_s = i == count ? seconds : end,
            .tonic = path[from] / 2,
            .minor = path[from] % 2 == 1,
            .confidence = mean_probability(score, from, i, path[from])};
        from = i;
    }
    return made;
}

/* A line of one key is that of the whole. */
static void agree(st_harmony_result *r, st_key_segment *line) {
    if (r->key_segments != 1)
        return;
    line->tonic = r->key[0].tonic;
    line->minor = r->key[0].minor;
    line->confidence = r->key_confidence;
}

st_status st_harmony_keys(const st_harmonynet *net,
                          const st_harmonynet_pool *pools, int64_t count,
                          st_harmony_result *r, st_key_segment **line) {
    whole(net, pools, count, r);
    if (!r->has_key)
        return ST_OK;
    float *score = st_calloc((size_t)count * KEYS, sizeof *score);
    int *path = st_calloc((size_t)count, sizeof *path);
    st_key_segment *made = st_calloc((size_t)count, sizeof *made);
    st_status status = score && path && made ? ST_OK : ST_NO_MEM;
    if (status == ST_OK) {
        windows(net, pools, count, score);
        status =
            st_harmony_path(score, count, KEYS, CHANGE, CHANGE, NULL, path);
    }
    if (status == ST_OK) {
        r->key_segments = segments(score, path, count, r->seconds, made);
        agree(r, made);
        *line = made;
        made = NULL;
    }
    st_free(score);
    st_free(path);
    st_free(made);
    return status;
}
