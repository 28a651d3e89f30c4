#include "analysis/multires.h"

#include "analysis/powerspec.h"
#include "analysis/spec_ops.h"
#include "core/alloc.h"
#include "core/math.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LANES = ST_SPEC_LANES, CHUNK_HOPS = 8, LOBE = 4 };
#define LEAST 1e-24f     /* power: what is below is silence */
#define LEAST_DB -239.9f /* a little above it, for sums of rounded parts */
#define DB_TO_LOG2 0.33219280948873623f

/* One window length, and what it says of the rows it has a part in. */
typedef struct {
    st_multires *owner;
    const st_multires_look *about;
    st_powerspec *spectra;
    int first, rows; /* of the joined rows */
    st_spec_band *band;
    float *weights, *share; /* share[rows] of each in its row */
    float *power;           /* [rows] of the frame that came last */
    float *ring;            /* [slots][rows] dB */
    int64_t slots, frames, all;
} look;

struct st_multires {
    const st_spec_ops *ops;
    st_multires_params params;
    int rows;
    look look[ST_MULTIRES_LOOKS];
    float *joined; /* [rows] */
    float *zeros;  /* [CHUNK_HOPS * hop] */
    int64_t samples, frame, all;
    bool finished;
};

/* --- what it is made of --- */

/* The power of two nearest to 0.37 s, as octaves go. */
static int longest_size(double rate_hz) {
    double log2_size = rint(13.0 + st_log2(rate_hz / 22050.0));
    return log2_size < 16.0 ? 1 << (int)log2_size : 1 << 16;
}

st_multires_params st_multires_defaults(double rate_hz) {
    static const double centre_hz[] = {100.0, 300.0, 900.0, 2700.0, 8100.0};
    static const int every[] = {4, 2, 1, 1, 1};
    st_multires_params p = {.rate_hz = rate_hz,
                            .looks = 5,
                            .reach = 3.0,
                            .low_hz = 30.0,
                            .per_octave = 48};
    int size = rate_hz > 0.0 ? longest_size(rate_hz) : 64;
    for (int i = 0; i < p.looks; i++, size /= 2) {
        p.look[i].size = size;
        p.look[i].every = every[i];
        p.look[i].centre_hz = centre_hz[i];
        p.hop = size / 2;
    }
    return p;
}

int st_multires_rows(const st_multires_params *p) {
    double octaves = st_log2(p->rate_hz / 2.0 / p->low_hz);
    double rows = 1.0 + floor(octaves * p->per_octave);
    return rows < ST_MULTIRES_ROWS ? (int)rows : ST_MULTIRES_ROWS;
}

double st_multires_hz(const st_multires_params *p, int row) {
    return p->low_hz * st_exp2((double)row / p->per_octave);
}

static bool look_fits(const st_multires_params *p, int i) {
    const st_multires_look *l = &p->look[i];
    bool after =
        i == 0 || (l->size < l[-1].size && l->centre_hz > l[-1].centre_hz);
    return after && l->size >= 64 && l->size <= 65536 &&
           (l->size & (l->size - 1)) == 0 && l->every >= 1 && l->every <= 16 &&
           (l->every & (l->every - 1)) == 0 && p->hop * l->every <= l->size &&
           l->centre_hz > 0.0 && isfinite(l->centre_hz);
}

static bool valid(const st_multires_params *p) {
    if (!(p->rate_hz >= 8000.0 && p->rate_hz <= 384000.0) || p->looks < 1 ||
        p->looks > ST_MULTIRES_LOOKS || p->hop < 1 ||
        !(p->low_hz >= 10.0 && p->low_hz <= p->rate_hz / 4.0) ||
        p->per_octave < 4 || p->per_octave > 96 ||
        !(p->reach >= 1.0 && p->reach <= ST_MULTIRES_LOOKS))
        return false;
    bool wanted = p->joined.frame != NULL;
    for (int i = 0; i < p->looks; i++) {
        wanted |= p->look[i].power.frame != NULL;
        if (!look_fits(p, i))
            return false;
    }
    return wanted && p->hop >= p->look[p->looks - 1].size / 16;
}

/* --- who is heard in which row --- */

/* Place of a frequency among the looks: i at the centre of look i, evenly over
 * octaves between. */
static double place_of(const st_multires_params *p, double hz) {
    if (hz <= p->look[0].centre_hz)
        return 0.0;
    for (int i = 0; i + 1 < p->looks; i++) {
        double low = p->look[i].centre_hz, high = p->look[i + 1].centre_hz;
        if (hz < high)
            return i + st_log2(hz / low) / st_log2(high / low);
    }
    return p->looks - 1;
}

/* A triangle over the looks around the place; all shares are 1 together. */
static double share_at(const st_multires_params *p, int i, double hz) {
    double place = place_of(p, hz), sum = 0.0, mine = 0.0;
    for (int k = 0; k < p->looks; k++) {
        double height = 1.0 - fabs(k - place) / p->reach;
        height = height > 0.0 ? height : 0.0;
        sum += height;
        mine = k == i ? height : mine;
    }
    return mine / sum;
}

/* Power of a sine that a Hann window shows `off` bins away, 1 at 0. */
static double lobe(double off) {
    double x = fabs(off);
    if (x < 1e-9)
        return 1.0;
    double sinc = st_sinpi(x) / (ST_PI * x);
    double gain = fabs(x - 1.0) < 1e-9 ? 0.5 : sinc / (1.0 - x * x);
    return gain * gain;
}

/* The triangle of a row over the bins of a look. */
typedef struct {
    double middle, down, up; /* bins; widths to either side */
    int first, count;
} triangle;

static triangle triangle_of(const look *l, int row) {
    const st_multires_params *p = &l->owner->params;
    double bins = l->about->size / p->rate_hz;
    triangle t = {.middle = st_multires_hz(p, row) * bins};
    t.down = fmax(t.middle - st_multires_hz(p, row - 1) * bins, 1.0);
    t.up = fmax(st_multires_hz(p, row + 1) * bins - t.middle, 1.0);
    int last = (int)ceil(t.middle + t.up) - 1;
    t.first = (int)floor(t.middle - t.down) + 1;
    t.first = t.first > 0 ? t.first : 0;
    last = last < l->about->size / 2 ? last : l->about->size / 2;
    t.count = last - t.first + 1;
    return t;
}

static double height_of(const triangle *t, int bin) {
    double off = bin - t->middle;
    double height = 1.0 - (off < 0.0 ? -off / t->down : off / t->up);
    return height > 0.0 ? height : 0.0;
}

/* So scaled that a sine of amplitude 1 in the middle reads 1. */
static void fill_row(const look *l, const triangle *t, float *weights) {
    double full = 0.0, one = l->about->size / 4.0;
    for (int i = 0; i < t->count; i++)
        full += height_of(t, t->first + i) * lobe(t->first + i - t->middle);
    for (int i = 0; i < t->count; i++)
        weights[i] = (float)(height_of(t, t->first + i) / (full * one * one));
}

static int padded(int count) {
    return (count + LANES - 1) / LANES * LANES;
}

static void find_rows(look *l, int i) {
    const st_multires_params *p = &l->owner->params;
    l->first = 0;
    l->rows = 0;
    for (int r = 0; r < l->owner->rows; r++)
        if (share_at(p, i, st_multires_hz(p, r)) > 0.0) {
            l->first = l->rows == 0 ? r : l->first;
            l->rows = r + 1 - l->first;
        }
}

static st_status make_rows(look *l, int i) {
    size_t taps = 0, rows = (size_t)l->rows;
    for (int r = 0; r < l->rows; r++)
        taps += (size_t)padded(triangle_of(l, l->first + r).count);
    l->band = st_calloc(rows + 1, sizeof *l->band);
    l->weights = st_calloc(taps + 1, sizeof(float));
    l->share = st_calloc(rows + 1, sizeof(float));
    if (l->band == NULL || l->weights == NULL || l->share == NULL)
        return ST_NO_MEM;
    float *at = l->weights;
    for (int r = 0; r < l->rows; r++) {
        triangle t = triangle_of(l, l->first + r);
        fill_row(l, &t, at);
        l->band[r] =
            (st_spec_band){(size_t)t.first, (size_t)padded(t.count), at};
        l->share[r] =
            (float)share_at(&l->owner->params, i,
                            st_multires_hz(&l->owner->params, l->first + r));
        at += padded(t.count);
    }
    return ST_OK;
}

/* Samples from a frame's middle on until every look has told of it. */
static int64_t lookahead(const st_multires_params *p) {
    int64_t most = 0;
    for (int i = 0; i < p->looks; i++) {
        int64_t need = p->look[i].size / 2 + (int64_t)p->look[i].every * p->hop;
        most = need > most ? need : most;
    }
    return most;
}

static void on_power(void *ctx, int64_t frame, const float *power) {
    look *l = ctx;
    const st_spec_ops *ops = l->owner->ops;
    if (frame < l->all && l->about->power.frame != NULL)
        l->about->power.frame(l->about->power.ctx, frame, power);
    l->frames = frame + 1;
    if (l->rows == 0)
        return;
    ops->bands(l->power, power, l->band, (size_t)l->rows);
    ops->db(l->ring + (frame % l->slots) * l->rows, l->power, LEAST,
            (size_t)l->rows);
}

static st_status make_look(st_multires *m, int i) {
    const st_multires_params *p = &m->params;
    look *l = &m->look[i];
    l->owner = m;
    l->about = &p->look[i];
    int hop = l->about->every * p->hop;
    st_powerspec_params params = {l->about->size, hop};
    st_status status =
        st_powerspec_new(&l->spectra, &params, (st_frame_sink){on_power, l});
    if (status != ST_OK || p->joined.frame == NULL)
        return status;
    find_rows(l, i);
    status = make_rows(l, i);
    l->slots = (lookahead(p) + 2 * CHUNK_HOPS * (int64_t)p->hop) / hop + 4;
    l->power = st_calloc((size_t)l->rows + 1, sizeof(float));
    l->ring =
        st_calloc((size_t)l->slots, ((size_t)l->rows + 1) * sizeof(float));
    bool good = status == ST_OK && l->power != NULL && l->ring != NULL;
    return good ? ST_OK : ST_NO_MEM;
}

st_status st_multires_new(st_multires **out, const st_multires_params *params) {
    if (!valid(params))
        return ST_BAD_ARG;
    st_multires *m = st_calloc(1, sizeof *m);
    if (m == NULL)
        return ST_NO_MEM;
    m->ops = st_spec_ops_get();
    m->params = *params;
    m->rows = st_multires_rows(params);
    m->joined = st_calloc((size_t)m->rows, sizeof(float));
    m->zeros = st_calloc((size_t)params->hop, CHUNK_HOPS * sizeof(float));
    st_status status =
        m->joined != NULL && m->zeros != NULL ? ST_OK : ST_NO_MEM;
    for (int i = 0; status == ST_OK && i < params->looks; i++)
        status = make_look(m, i);
    if (status != ST_OK) {
        st_multires_free(m);
        return status;
    }
    st_multires_reset(m);
    *out = m;
    return ST_OK;
}

void st_multires_free(st_multires *m) {
    if (m == NULL)
        return;
    for (int i = 0; i < m->params.looks; i++) {
        look *l = &m->look[i];
        st_powerspec_free(l->spectra);
        st_free(l->band);
        st_free(l->weights);
        st_free(l->share);
        st_free(l->power);
        st_free(l->ring);
    }
    st_free(m->joined);
    st_free(m->zeros);
    st_free(m);
}

void st_multires_reset(st_multires *m) {
    for (int i = 0; i < m->params.looks; i++) {
        st_powerspec_reset(m->look[i].spectra);
        m->look[i].frames = 0;
        m->look[i].all = INT64_MAX;
    }
    m->samples = m->frame = 0;
    m->all = INT64_MAX;
    m->finished = false;
}

/* --- joining --- */

static bool frame_is_ready(const st_multires *m) {
    for (int i = 0; i < m->params.looks; i++) {
        int64_t every = m->params.look[i].every;
        if (m->look[i].frames <= (m->frame + every - 1) / every)
            return false;
    }
    return m->frame < m->all;
}

/* What a look says of the frame, its share of it, onto the rows. */
static void add_look(st_multires *m, const look *l) {
    int64_t every = l->about->every, k = m->frame / every;
    float part = (float)(m->frame % every) / (float)every;
    const float *share = l->share;
    const float *a = l->ring + (k % l->slots) * l->rows;
    const float *b = part > 0.0f ? l->ring + (k + 1) % l->slots * l->rows : a;
    float *to = m->joined + l->first;
    for (int r = 0; r < l->rows; r++)
        to[r] += share[r] * (a[r] + part * (b[r] - a[r]));
}

static void give_frame(st_multires *m) {
    memset(m->joined, 0, (size_t)m->rows * sizeof(float));
    for (int i = 0; i < m->params.looks; i++)
        add_look(m, &m->look[i]);
    for (int r = 0; r < m->rows; r++) {
        float db = m->joined[r];
        float power = st_exp2f(db * DB_TO_LOG2);
        m->joined[r] = db > LEAST_DB ? power : 0.0f;
    }
    m->params.joined.frame(m->params.joined.ctx, m->frame++, m->joined);
}

static void join(st_multires *m) {
    while (m->params.joined.frame != NULL && frame_is_ready(m))
        give_frame(m);
}

void st_multires_process(st_multires *m, const float *in, int64_t n) {
    assert(!m->finished);
    int64_t chunk = CHUNK_HOPS * (int64_t)m->params.hop;
    for (int64_t done = 0; done < n;) {
        int64_t part = n - done < chunk ? n - done : chunk;
        for (int i = 0; i < m->params.looks; i++)
            st_powerspec_process(m->look[i].spectra, in + done, part);
        done += part;
        join(m);
    }
    m->samples += n;
}

/* One frame more of silence, for what lies between the last and it. */
static void finish_look(st_multires *m, look *l) {
    int64_t step = (int64_t)l->about->every * m->params.hop;
    l->all = 1 + m->samples / step;
    if (l->about->every > 1) {
        int64_t chunk = CHUNK_HOPS * (int64_t)m->params.hop;
        for (int64_t left = step; left > 0; left -= chunk)
            st_powerspec_process(l->spectra, m->zeros,
                                 left < chunk ? left : chunk);
    }
    st_powerspec_finish(l->spectra);
}

void st_multires_finish(st_multires *m) {
    if (m->finished)
        return;
    m->finished = true;
    m->all = m->samples > 0 ? 1 + m->samples / m->params.hop : 0;
    for (int i = 0; i < m->params.looks && m->samples > 0; i++)
        finish_look(m, &m->look[i]);
    join(m);
}

int64_t st_multires_frames(const st_multires *m) {
    return m->frame;
}
