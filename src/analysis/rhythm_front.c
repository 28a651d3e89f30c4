#include "analysis/rhythm_front.h"

#include "analysis/powerspec.h"
#include "analysis/spec_ops.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

enum {
    BANDS = ST_RHYTHM_BANDS,
    CLASSES = ST_RHYTHM_CLASSES,
    SIZE = 1024,
    LONG = 4096,
    FIRST_BIN = 2,
    SINGLE = 10, /* bands of one bin each, below the triangles */
    OCTAVE = 8,  /* triangles an octave */
    LANES = ST_SPEC_LANES,
    LOW_BIN = 19,   /* of the long spectrum: 102 Hz */
    HIGH_BIN = 391, /* 2105 Hz */
    ROWS = 4096,    /* of a block of the store */
    LIST = 64,      /* blocks that its list grows by */
    SCALE = 256
};

static const double rate_hz = 22050.0;
static const float least = 1e-10f; /* of power, before its logarithm */
static const float gain = 20.0f;

typedef struct {
    int16_t low, high; /* classes of a bin */
    float share;       /* of the higher one; 0 outside */
} bin_class;

/* Rows in blocks, so that nothing is copied while it grows. */
typedef struct {
    unsigned char **block;
    int64_t blocks;
    size_t bytes; /* of a row */
} store;

struct st_rhythm_front {
    int hop;
    st_powerspec *spec, *fine;
    const st_spec_ops *ops;
    st_spec_band band[BANDS];
    float *weights;
    bin_class classes[HIGH_BIN];
    store logs, chroma; /* rows of int16_t [BANDS], of uint8_t [CLASSES] */
    int64_t frames, chroma_frames;
    double power;
    st_status status;
};

/* --- the bands --- */

static double centre(int band) {
    int k = band - SINGLE;
    return (FIRST_BIN + SINGLE) * st_exp2((double)k / OCTAVE);
}

/* Weight of a bin in a triangle between its neighbours' centres. */
static double triangle(int band, double bin) {
    double low = centre(band - 1), mid = centre(band), high = centre(band + 1);
    double up = (bin - low) / (mid - low);
    double down = (high - bin) / (high - mid);
    double height = up < down ? up : down;
    return height > 0.0 ? height : 0.0;
}

static void span_of(int band, int *first, int *count) {
    if (band < SINGLE) {
        *first = FIRST_BIN + band;
        *count = 1;
        return;
    }
    *first = (int)ceil(centre(band - 1));
    *count = (int)floor(centre(band + 1)) - *first + 1;
}

static int padded(int count) {
    return (count + LANES - 1) / LANES * LANES;
}

static void fill_band(st_spec_band *b, int band, int first, int count,
                      float *weights) {
    double sum = 0.0;
    for (int i = 0; i < count; i++) {
        double w = band < SINGLE ? 1.0 : triangle(band, first + i);
        weights[i] = (float)w;
        sum += w;
    }
    for (int i = 0; i < count; i++)
        weights[i] /= (float)sum;
    *b = (st_spec_band){(size_t)first, (size_t)padded(count), weights};
}

static st_status make_bands(st_rhythm_front *f) {
    int first = 0, count = 0, all = 0;
    for (int b = 0; b < BANDS; b++) {
        span_of(b, &first, &count);
        all += padded(count);
    }
    f->weights = st_calloc((size_t)all, sizeof *f->weights);
    if (f->weights == NULL)
        return ST_NO_MEM;
    float *at = f->weights;
    for (int b = 0; b < BANDS; b++) {
        span_of(b, &first, &count);
        fill_band(&f->band[b], b, first, count, at);
        at += padded(count);
    }
    return ST_OK;
}

/* Each bin is shared by the two pitch classes that it lies between. */
static void make_classes(st_rhythm_front *f) {
    for (int bin = LOW_BIN; bin < HIGH_BIN; bin++) {
        double hz = bin * rate_hz / LONG;
        double pitch = 69.0 + 12.0 * st_log2(hz / 440.0);
        int low = (int)floor(pitch);
        f->classes[bin] = (bin_class){
            .low = (int16_t)(low % CLASSES),
            .high = (int16_t)((low + 1) % CLASSES),
            .share = (float)(pitch - low),
        };
    }
}

/* --- frames as they come --- */

/* Room for `row`, of the next one to come; NULL without memory. */
static void *room_for(store *s, int64_t row) {
    int64_t block = row / ROWS;
    if (block == s->blocks) {
        void *list = s->block;
        if (s->blocks % LIST == 0 &&
            st_regrow(&list, (size_t)s->blocks, (size_t)(s->blocks + LIST),
                      sizeof *s->block) != ST_OK)
            return NULL;
        s->block = list;
        s->block[block] = st_calloc(ROWS, s->bytes);
        if (s->block[block] == NULL)
            return NULL;
        s->blocks++;
    }
    return s->block[block] + (size_t)(row % ROWS) * s->bytes;
}

static const void *row_of(const store *s, int64_t row) {
    return s->block[row / ROWS] + (size_t)(row % ROWS) * s->bytes;
}

static void store_free(store *s) {
    for (int64_t i = 0; i < s->blocks; i++)
        st_free(s->block[i]);
    st_free(s->block);
    s->block = NULL;
    s->blocks = 0;
}

static void take_bands(void *ctx, int64_t frame, const float *power) {
    st_rhythm_front *f = ctx;
    int16_t *row = f->status == ST_OK ? room_for(&f->logs, frame) : NULL;
    if (row == NULL) {
        f->status = ST_NO_MEM;
        return;
    }
    float p[BANDS];
    f->ops->bands(p, power, f->band, BANDS);
    double sum = 0.0;
    for (int b = 0; b < BANDS; b++) {
        row[b] = (int16_t)lrintf(st_log2f(p[b] + least) * SCALE);
        sum += (double)p[b];
    }
    f->power += sum / BANDS;
    f->frames = frame + 1;
}

static void take_chroma(void *ctx, int64_t frame, const float *power) {
    st_rhythm_front *f = ctx;
    uint8_t *row = f->status == ST_OK ? room_for(&f->chroma, frame) : NULL;
    if (row == NULL) {
        f->status = ST_NO_MEM;
        return;
    }
    float c[CLASSES] = {0}, top = 1e-4f;
    for (int bin = LOW_BIN; bin < HIGH_BIN; bin++) {
        const bin_class *k = &f->classes[bin];
        float x = sqrtf(power[bin]);
        c[k->low] += x * (1.0f - k->share);
        c[k->high] += x * k->share;
    }
    for (int i = 0; i < CLASSES; i++)
        top = c[i] > top ? c[i] : top;
    for (int i = 0; i < CLASSES; i++)
        row[i] = (uint8_t)lrintf(c[i] / top * 255.0f);
    f->chroma_frames = frame + 1;
}

/* --- life --- */

static st_status make_specs(st_rhythm_front *f) {
    st_powerspec_params p = {SIZE, f->hop};
    st_status status =
        st_powerspec_new(&f->spec, &p, (st_frame_sink){take_bands, f});
    p = (st_powerspec_params){LONG, ST_RHYTHM_PER_CHROMA * f->hop};
    if (status == ST_OK)
        status =
            st_powerspec_new(&f->fine, &p, (st_frame_sink){take_chroma, f});
    return status;
}

st_status st_rhythm_front_new(st_rhythm_front **out, int hop) {
    if (hop < 100 || hop > 1000)
        return ST_BAD_ARG;
    st_rhythm_front *f = st_calloc(1, sizeof *f);
    if (f == NULL)
        return ST_NO_MEM;
    f->hop = hop;
    f->logs.bytes = BANDS * sizeof(int16_t);
    f->chroma.bytes = CLASSES;
    f->ops = st_spec_ops_get();
    make_classes(f);
    st_status status = make_bands(f);
    if (status == ST_OK)
        status = make_specs(f);
    if (status != ST_OK) {
        st_rhythm_front_free(f);
        return status;
    }
    *out = f;
    return ST_OK;
}

void st_rhythm_front_free(st_rhythm_front *f) {
    if (f == NULL)
        return;
    st_powerspec_free(f->spec);
    st_powerspec_free(f->fine);
    st_free(f->weights);
    store_free(&f->logs);
    store_free(&f->chroma);
    st_free(f);
}

void st_rhythm_front_reset(st_rhythm_front *f) {
    st_powerspec_reset(f->spec);
    st_powerspec_reset(f->fine);
    f->frames = f->chroma_frames = 0;
    f->power = 0.0;
    f->status = ST_OK;
}

st_status st_rhythm_front_process(st_rhythm_front *f, const float *in,
                                  int64_t n) {
    st_powerspec_process(f->spec, in, n);
    st_powerspec_process(f->fine, in, n);
    return f->status;
}

st_status st_rhythm_front_finish(st_rhythm_front *f) {
    st_powerspec_finish(f->spec);
    st_powerspec_finish(f->fine);
    return f->status;
}

void st_rhythm_front_forget(st_rhythm_front *f) {
    store_free(&f->logs);
    store_free(&f->chroma);
    f->frames = f->chroma_frames = 0;
}

int64_t st_rhythm_front_frames(const st_rhythm_front *f) {
    return f->frames;
}

double st_rhythm_front_power(const st_rhythm_front *f) {
    return f->frames > 0 ? f->power / (double)f->frames : 0.0;
}

const int16_t *st_rhythm_front_bands(const st_rhythm_front *f, int64_t frame) {
    return row_of(&f->logs, frame);
}

int64_t st_rhythm_front_chromas(const st_rhythm_front *f) {
    return f->chroma_frames;
}

const uint8_t *st_rhythm_front_chroma(const st_rhythm_front *f, int64_t frame) {
    return row_of(&f->chroma, frame);
}

/* --- what the network gets --- */

/* log2(1 + gain sqrt(P / mean)) from log2 P. */
static void fill_logs(const st_rhythm_front *f, int64_t frame, float shift,
                      float *x) {
    if (frame < 0 || frame >= f->frames) {
        memset(x, 0, BANDS * sizeof *x);
        return;
    }
    const int16_t *row = st_rhythm_front_bands(f, frame);
    for (int b = 0; b < BANDS; b++) {
        float half = 0.5f * ((float)row[b] * (1.0f / SCALE) - shift);
        x[b] = st_log2f(1.0f + gain * st_exp2f(half));
    }
}

static void fill_chroma(const st_rhythm_front *f, int64_t frame, float *c) {
    int64_t at = (frame + ST_RHYTHM_PER_CHROMA / 2) / ST_RHYTHM_PER_CHROMA;
    if (at >= f->chroma_frames)
        at = f->chroma_frames - 1;
    const uint8_t *row = st_rhythm_front_chroma(f, at);
    for (int i = 0; i < CLASSES; i++)
        c[i] = (float)row[i] * (1.0f / 255.0f);
}

void st_rhythm_front_fill(const st_rhythm_front *f, int64_t first,
                          int64_t count, float *out) {
    float before[BANDS];
    float shift = (float)st_log2(st_rhythm_front_power(f) + (double)least);
    fill_logs(f, first > 0 ? first - 1 : first, shift, before);
    for (int64_t i = 0; i < count; i++, out += ST_RHYTHM_INPUTS) {
        if (first + i < 0 || first + i >= f->frames) {
            memset(out, 0, ST_RHYTHM_INPUTS * sizeof *out);
            continue;
        }
        fill_logs(f, first + i, shift, out);
        const float *old = first + i == 0 ? out : before;
        for (int b = 0; b < BANDS; b++) {
            float rise = out[b] - old[b];
            out[BANDS + b] = rise > 0.0f ? rise : 0.0f;
        }
        memcpy(before, out, sizeof before);
        fill_chroma(f, first + i, out + 2 * BANDS);
    }
}
