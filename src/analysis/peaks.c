#include "analysis/peaks.h"

#include "analysis/meter_ops.h"
#include "core/alloc.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    MAX_CHANNELS = 8,
    FIRST = ST_PEAKS_FIRST,
    LEVELS = ST_PEAKS_LEVELS,
    EXPECTED_MAX = 1 << 28 /* frames: a header may say anything */
};

/* What an entry gathers before it is closed. */
typedef struct {
    float low, high;
    double square;
    int64_t frames;
} sums;

typedef struct {
    st_peak *entry[MAX_CHANNELS];
    sums open[MAX_CHANNELS];
    size_t count, room;
} level;

struct st_peaks {
    const st_meter_ops *ops;
    int channels, rate_hz;
    int64_t frames;
    int levels; /* in use; the answer after _finish */
    int held;   /* frames of the entry to come */
    bool finished;
    st_status status; /* ST_NO_MEM once memory ran out */
    float block[MAX_CHANNELS][FIRST];
    level level[LEVELS];
};

st_status st_peaks_new(st_peaks **out, int channels, int rate_hz) {
    if (channels < 1 || channels > MAX_CHANNELS || rate_hz < 1 ||
        rate_hz > 384000)
        return ST_BAD_ARG;
    st_peaks *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return ST_NO_MEM;
    p->ops = st_meter_ops_get();
    p->channels = channels;
    p->rate_hz = rate_hz;
    *out = p;
    return ST_OK;
}

void st_peaks_free(st_peaks *p) {
    if (p == NULL)
        return;
    for (int l = 0; l < LEVELS; l++)
        for (int c = 0; c < p->channels; c++)
            st_free(p->level[l].entry[c]);
    st_free(p);
}

static int16_t cut(double x) {
    return (int16_t)(x < -32767.0 ? -32767.0 : x > 32767.0 ? 32767.0 : x);
}

static st_peak entry_of(const sums *s) {
    double rms = sqrt(s->square / (double)s->frames);
    return (st_peak){cut(floor((double)s->low * 32767.0)),
                     cut(ceil((double)s->high * 32767.0)),
                     cut(rint(rms * 32767.0))};
}

static void join(sums *to, const sums *from) {
    if (to->frames == 0) {
        *to = *from;
        return;
    }
    to->low = from->low < to->low ? from->low : to->low;
    to->high = from->high > to->high ? from->high : to->high;
    to->square += from->square;
    to->frames += from->frames;
}

/* Room for so many entries of each channel. */
static st_status widen(st_peaks *p, level *v, size_t room) {
    for (int c = 0; c < p->channels; c++) {
        void *block = v->entry[c];
        st_status status =
            block == NULL ? ST_OK
                          : st_regrow(&block, v->room, room, sizeof(st_peak));
        if (block == NULL)
            block = st_calloc(room, sizeof(st_peak));
        if (status != ST_OK || block == NULL)
            return ST_NO_MEM;
        v->entry[c] = block;
    }
    v->room = room;
    return ST_OK;
}

/* Room for one entry more of each channel. */
static st_status make_room(st_peaks *p, level *v) {
    if (v->count < v->room)
        return ST_OK;
    return widen(p, v, v->room + v->room / 8 + 64);
}

st_status st_peaks_expect(st_peaks *p, int64_t frames) {
    if (frames > EXPECTED_MAX)
        frames = EXPECTED_MAX;
    for (int l = 0; l < LEVELS && p->status == ST_OK; l++) {
        int64_t room = (frames >> l) / FIRST + 1;
        if (room > (int64_t)p->level[l].room)
            p->status = widen(p, &p->level[l], (size_t)room);
        if (room == 1)
            break;
    }
    return p->status;
}

/* The open entry of a level is written down and joined to the one above. */
static st_status close_entry(st_peaks *p, int l) {
    level *v = &p->level[l];
    st_status status = make_room(p, v);
    if (status != ST_OK)
        return status;
    for (int c = 0; c < p->channels; c++) {
        v->entry[c][v->count] = entry_of(&v->open[c]);
        if (l + 1 < LEVELS)
            join(&p->level[l + 1].open[c], &v->open[c]);
        v->open[c] = (sums){0};
    }
    v->count++;
    p->levels = l + 1 > p->levels ? l + 1 : p->levels;
    return ST_OK;
}

static sums sums_of(const st_peaks *p, int channel) {
    const float *x = p->block[channel];
    size_t n = (size_t)p->held;
    /* st_sums counts 0 among the samples, so ask for the extremes here */
    st_sums s = p->ops->sums(x, n);
    float low = x[0], high = x[0];
    for (size_t i = 1; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    return (sums){low, high, s.square, p->held};
}

static st_status close_block(st_peaks *p) {
    for (int c = 0; c < p->channels; c++)
        p->level[0].open[c] = sums_of(p, c);
    p->held = 0;
    st_status status = close_entry(p, 0);
    for (int l = 1; status == ST_OK && l < LEVELS; l++) {
        if (p->level[l].open[0].frames < (int64_t)FIRST << l)
            break;
        status = close_entry(p, l);
    }
    return status;
}

st_status st_peaks_process(st_peaks *p, const float *const *in,
                           int64_t frames) {
    assert(!p->finished);
    for (int64_t done = 0; p->status == ST_OK && done < frames;) {
        int64_t part =
            frames - done < FIRST - p->held ? frames - done : FIRST - p->held;
        for (int c = 0; c < p->channels; c++)
            (void)p->ops->clean(p->block[c] + p->held, in[c] + done,
                                (size_t)part);
        p->held += (int)part;
        done += part;
        p->frames += part;
        if (p->held == FIRST)
            p->status = close_block(p);
    }
    return p->status;
}

/* Every level up to the first with one entry gets its last, short one. */
st_status st_peaks_finish(st_peaks *p) {
    if (p->finished)
        return p->status;
    p->finished = true;
    if (p->status == ST_OK && p->held > 0)
        p->status = close_block(p);
    if (p->frames == 0 || p->status != ST_OK)
        return p->status;
    int l = 1;
    while (p->status == ST_OK && l < LEVELS && p->level[l - 1].count > 1) {
        if (p->level[l].open[0].frames > 0)
            p->status = close_entry(p, l);
        l++;
    }
    p->levels = l;
    return p->status;
}

int st_peaks_levels(const st_peaks *p) {
    return p->levels;
}

int64_t st_peaks_entries(const st_peaks *p, int l) {
    return (int64_t)p->level[l].count;
}

const st_peak *st_peaks_get(const st_peaks *p, int l, int channel) {
    return p->level[l].entry[channel];
}

int64_t st_peaks_frames(const st_peaks *p) {
    return p->frames;
}

int st_peaks_channels(const st_peaks *p) {
    return p->channels;
}

int st_peaks_rate_hz(const st_peaks *p) {
    return p->rate_hz;
}
