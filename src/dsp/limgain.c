#include "dsp/limgain.h"

#include "core/alloc.h"

#include <string.h>

/* ---- dip ---- */

static int want_past(const st_dip *d) {
    return 2 * d->reach + 2;
}

static int least_past(const st_dip *d) {
    return 2 * d->reach;
}

void st_dip_init(st_dip *d, int blocks, int reach) {
    d->blocks = blocks;
    d->reach = reach;
    double scale = 1.0 / ((reach + 1.0) * (reach + 1.0));
    for (int k = 0; k <= 2 * reach; k++) {
        int from_middle = k < reach ? reach - k : k - reach;
        d->weight[k] = (float)(scale * (reach + 1 - from_middle));
    }
    st_dip_reset(d);
}

void st_dip_reset(st_dip *d) {
    d->idle = 1 << 20;
    for (int i = 0; i < want_past(d) + d->blocks; i++)
        d->want[i] = 1.0f;
    for (int i = 0; i < least_past(d) + d->blocks; i++)
        d->least[i] = 1.0f;
}

int st_dip_delay(const st_dip *d) {
    return 2 * d->reach + 1;
}

static void slide(float *row, int past, const float *fresh, int blocks) {
    memmove(row, row + blocks, (size_t)past * sizeof *row);
    memcpy(row + past, fresh, (size_t)blocks * sizeof *row);
}

static float smallest(const float *x, int n) {
    float low = x[0];
    for (int i = 1; i < n; i++)
        low = x[i] < low ? x[i] : low;
    return low;
}

void st_dip_hop(st_dip *d, const float *want, float *gain) {
    int n = d->blocks;
    float fresh[ST_DIP_BLOCKS_MAX];
    if (smallest(want, n) < 1.0f)
        d->idle = 0;
    else if (d->idle < 1 << 20)
        d->idle += n;
    if (d->idle > want_past(d) + least_past(d) + n) {
        for (int i = 0; i < n; i++)
            gain[i] = 1.0f;
        return;
    }
    slide(d->want, want_past(d), want, n);
    memcpy(fresh, d->want, (size_t)n * sizeof *fresh);
    for (int k = 1; k <= want_past(d); k++)
        for (int i = 0; i < n; i++)
            fresh[i] = fresh[i] < d->want[i + k] ? fresh[i] : d->want[i + k];
    slide(d->least, least_past(d), fresh, n);
    float taken[ST_DIP_BLOCKS_MAX] = {0};
    for (int k = 0; k <= 2 * d->reach; k++)
        for (int i = 0; i < n; i++)
            taken[i] += d->weight[k] * (1.0f - d->least[i + k]);
    for (int i = 0; i < n; i++)
        gain[i] = 1.0f - taken[i];
}

/* ---- hold ---- */

st_status st_hold_init(st_hold *h, int hold_hops, int open_max) {
    memset(h, 0, sizeof *h);
    h->hold_hops = hold_hops;
    h->open_hops = h->open_max = open_max;
    h->held = st_calloc((size_t)hold_hops, sizeof *h->held);
    h->kept = st_calloc((size_t)open_max, sizeof *h->kept);
    if (h->held == NULL || h->kept == NULL) {
        st_hold_deinit(h);
        return ST_NO_MEM;
    }
    st_hold_reset(h);
    return ST_OK;
}

void st_hold_deinit(st_hold *h) {
    st_free(h->held);
    st_free(h->kept);
    h->held = h->kept = NULL;
}

void st_hold_reset(st_hold *h) {
    for (int i = 0; i < h->hold_hops; i++)
        h->held[i] = 1.0f;
    for (int i = 0; i < h->open_max; i++)
        h->kept[i] = 1.0f;
    h->held_at = h->kept_at = 0;
    h->low[0] = h->low[1] = h->now = 1.0;
}

void st_hold_copy(st_hold *h, const st_hold *from) {
    memcpy(h->held, from->held, (size_t)h->hold_hops * sizeof *h->held);
    memcpy(h->kept, from->kept, (size_t)h->open_max * sizeof *h->kept);
    h->held_at = from->held_at;
    h->kept_at = from->kept_at;
    h->low[0] = from->low[0];
    h->low[1] = from->low[1];
    h->now = from->now;
}

/* The largest of the newest `count` in a ring whose newest is at `at`. */
static float newest_top(const float *ring, int size, int at, int count) {
    float top = 0.0f;
    int from = at - count + 1;
    for (int i = from < 0 ? 0 : from; i <= at; i++)
        top = ring[i] > top ? ring[i] : top;
    for (int i = from + size; from < 0 && i < size; i++)
        top = ring[i] > top ? ring[i] : top;
    return top;
}

static double toward(double state, double goal, double keep) {
    double gap = goal - state;
    return gap < 1e-9 && gap > -1e-9 ? goal : goal - gap * keep;
}

float st_hold_hop(st_hold *h, float want) {
    h->held_at = (h->held_at + 1) % h->hold_hops;
    h->held[h->held_at] = want;
    float least = smallest(h->held, h->hold_hops);
    h->kept_at = (h->kept_at + 1) % h->open_max;
    h->kept[h->kept_at] = least;
    if (h->recover > 0.0) {
        double up = toward(h->now, 1.0, h->recover);
        h->now = want < up ? want : up;
        h->low[0] = h->low[1] = h->now;
        return (float)h->now;
    }
    float goal = newest_top(h->kept, h->open_max, h->kept_at, h->open_hops);
    h->low[0] = toward(h->low[0], goal, h->pole);
    h->low[1] = toward(h->low[1], h->low[0], h->pole);
    h->now = h->low[1];
    return (float)h->now;
}
