#include "analysis/bar_path.h"

#include "core/alloc.h"
#include "core/math.h"

#include <string.h>

enum { METRES = ST_BAR_MAX - ST_BAR_MIN + 1, MOST = ST_BAR_MAX };

static const double anew_cost = 7.0;     /* a bar that is cut short */
static const double metre_weight = 0.35; /* of its log, a beat */
static const double least = 0.01, most = 0.99, least_metre = 0.003;
static const double heat = 6.0; /* of the scores, for confidence */

typedef struct {
    double score[MOST];
} column;

static double clamped(float x) {
    double v = (double)x;
    return v < least ? least : v > most ? most : v;
}

/* What speaks for the beat having this position. */
static double seen(const st_bar_input *in, int64_t i, int position) {
    double nats = 0.0;
    if (in->downbeat != NULL) {
        double d = clamped(in->downbeat[i]);
        nats = st_log(position == 0 ? d : 1.0 - d);
    }
    if (in->change != NULL && position == 0)
        nats += (double)in->change[i];
    return nats;
}

/* Positions 0..n - 1; from[i][0]: the position before a first one. */
static double run(const st_bar_input *in, int n, uint8_t *from, int *last) {
    column now = {{0}}, next;
    for (int k = 0; k < n; k++)
        now.score[k] = seen(in, 0, k);
    for (int64_t i = 1; i < in->count; i++) {
        int best = n - 1;
        double start = now.score[n - 1];
        for (int k = 0; k < n - 1; k++)
            if (now.score[k] - anew_cost > start) {
                start = now.score[k] - anew_cost;
                best = k;
            }
        from[i] = (uint8_t)best;
        next.score[0] = start + seen(in, i, 0);
        for (int k = 1; k < n; k++)
            next.score[k] = now.score[k - 1] + seen(in, i, k);
        now = next;
    }
    *last = 0;
    for (int k = 1; k < n; k++)
        *last = now.score[k] > now.score[*last] ? k : *last;
    return now.score[*last];
}

static void trace(int64_t count, const uint8_t *from, int last, int *position) {
    for (int64_t i = count - 1; i >= 0; i--) {
        position[i] = last + 1;
        last = last > 0 ? last - 1 : from[i];
    }
}

/* What the network heard of this metre, as if each beat had said so. */
static double prior(const st_bar_input *in, int metre) {
    if (in->metre == NULL)
        return 0.0;
    double p = (double)in->metre[metre - ST_BAR_MIN] + least_metre;
    return metre_weight * st_log(p) * (double)in->count;
}

/* Scores a beat, as a probability of the best among all. */
static double share(const double *score, int best, int64_t count) {
    double sum = 0.0;
    for (int i = 0; i < METRES; i++)
        sum += st_exp((score[i] - score[best]) * heat / (double)count);
    return 1.0 / sum;
}

st_status st_bar_find(const st_bar_input *in, int *position,
                      st_bar_answer *answer) {
    *answer = (st_bar_answer){0};
    if (in->count < 4) {
        memset(position, 0, (size_t)in->count * sizeof *position);
        return ST_OK;
    }
    uint8_t *from = st_calloc((size_t)in->count, 1);
    if (from == NULL)
        return ST_NO_MEM;
    double score[METRES];
    int last = 0, best = 0;
    for (int i = 0; i < METRES; i++) {
        int metre = i + ST_BAR_MIN;
        score[i] = run(in, metre, from, &last) + prior(in, metre);
        best = score[i] > score[best] ? i : best;
    }
    run(in, best + ST_BAR_MIN, from, &last);
    trace(in->count, from, last, position);
    answer->metre = best + ST_BAR_MIN;
    answer->confidence = share(score, best, in->count);
    st_free(from);
    return ST_OK;
}

st_status st_bar_gather(const float *change, int64_t count, int metre,
                        double *score) {
    *score = 0.0;
    if (count < 4)
        return ST_OK;
    uint8_t *from = st_calloc((size_t)count, 1);
    if (from == NULL)
        return ST_NO_MEM;
    int last = 0;
    *score = run(&(st_bar_input){.change = change, .count = count}, metre, from,
                 &last);
    st_free(from);
    return ST_OK;
}
