#include "analysis/stems.h"

#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK = 16384 };

/* One stem while the pass runs. */
typedef struct {
    st_source *source;
    st_buffer audio;
    st_bandgram *gram;
    float *mono;
    int64_t got;
    double square; /* sum over both channels, halved */
    st_status status;
    st_err err;
} lane;

struct st_stems {
    int count;
    int64_t frames; /* of the longest */
    lane lanes[ST_STEMS_MAX];
    st_align *align; /* NULL for one stem */
    st_masking *masking;
};

static st_status lane_init(lane *l, st_source *source) {
    l->source = source;
    l->got = BLOCK;
    st_status status =
        st_buffer_init(&l->audio, source->format.channels, BLOCK);
    if (status == ST_OK)
        status = st_bandgram_new(&l->gram, source->format.rate_hz,
                                 source->format.channels);
    if (status != ST_OK)
        return status;
    l->mono = st_calloc(BLOCK, sizeof(float));
    return l->mono != NULL ? ST_OK : ST_NO_MEM;
}

static void lane_deinit(lane *l) {
    st_buffer_deinit(&l->audio);
    st_bandgram_free(l->gram);
    st_free(l->mono);
}

static void mix_down(lane *l) {
    const float *left = l->audio.channel[0];
    const float *right =
        l->audio.channel[l->source->format.channels > 1 ? 1 : 0];
    for (int64_t i = 0; i < l->got; i++) {
        double a = fabsf(left[i]) <= 1e10f ? (double)left[i] : 0.0;
        double b = fabsf(right[i]) <= 1e10f ? (double)right[i] : 0.0;
        l->mono[i] = (float)(0.5 * (a + b));
        l->square += 0.5 * (a * a + b * b);
    }
    memset(l->mono + l->got, 0, (size_t)(BLOCK - l->got) * sizeof(float));
}

static void run_lane(void *ctx, int i) {
    lane *l = &((st_stems *)ctx)->lanes[i];
    bool more = l->got == BLOCK;
    l->got = 0;
    if (more)
        l->status = st_source_read(l->source, l->audio.channel, BLOCK, &l->got,
                                   &l->err);
    if (l->status != ST_OK)
        return;
    mix_down(l);
    l->status = st_bandgram_process(
        l->gram, (const float *const *)l->audio.channel, l->got);
}

/* One block of all; *most gets the frames of the longest. */
static st_status run_block(st_stems *s, st_pool *pool, int64_t *most,
                           st_err *err) {
    const float *mono[ST_STEMS_MAX];
    *most = 0;
    st_pool_for(pool, s->count, run_lane, s);
    for (int i = 0; i < s->count; i++) {
        lane *l = &s->lanes[i];
        if (l->status != ST_OK)
            return st_err_set(err, l->status, "%s",
                              l->err.text[0] != '\0' ? l->err.text
                                                     : "Out of memory.");
        mono[i] = l->mono;
        *most = l->got > *most ? l->got : *most;
    }
    if (s->align != NULL)
        st_align_process(s->align, mono, *most);
    return ST_OK;
}

static st_status conclude(st_stems *s, st_err *err) {
    const st_bandgram *grams[ST_STEMS_MAX];
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < s->count; i++) {
        status = st_bandgram_finish(s->lanes[i].gram);
        grams[i] = s->lanes[i].gram;
    }
    if (status == ST_OK && s->align != NULL)
        status = st_align_finish(s->align);
    if (status == ST_OK)
        status = st_masking_new(&s->masking, grams, s->count);
    return status == ST_OK ? ST_OK : st_err_set(err, status, "Out of memory.");
}

static st_status pass(st_stems *s, st_pool *pool, st_stems_tell tell, void *ctx,
                      st_err *err) {
    int64_t most = BLOCK;
    while (most == BLOCK) {
        st_status status = run_block(s, pool, &most, err);
        if (status != ST_OK)
            return status;
        s->frames += most;
        if (tell != NULL && !tell(ctx, s->frames))
            return st_err_set(err, ST_CANCELLED, "Cancelled.");
    }
    return conclude(s, err);
}

static st_status prepare(st_stems *s, st_source *const *sources, int count,
                         st_err *err) {
    int rate_hz = sources[0]->format.rate_hz;
    st_status status = ST_OK;
    s->count = count;
    for (int i = 0; status == ST_OK && i < count; i++) {
        const st_format *format = &sources[i]->format;
        if (format->rate_hz != rate_hz || format->channels > 2)
            return st_err_set(err, ST_BAD_ARG,
                              "Stems must have one sample rate and one or two "
                              "channels.");
        status = lane_init(&s->lanes[i], sources[i]);
    }
    if (status == ST_OK && count > 1)
        status = st_align_new(&s->align, rate_hz, count);
    return status == ST_OK ? ST_OK : st_err_set(err, status, "Out of memory.");
}

st_status st_stems_new(st_stems **out, st_source *const *sources, int count,
                       st_pool *pool, st_stems_tell tell, void *ctx,
                       st_err *err) {
    if (count < 1 || count > ST_STEMS_MAX)
        return st_err_set(err, ST_BAD_ARG, "Give 1 to %d stems.", ST_STEMS_MAX);
    st_stems *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = prepare(s, sources, count, err);
    if (status == ST_OK)
        status = pass(s, pool, tell, ctx, err);
    if (status != ST_OK) {
        st_stems_free(s);
        return status;
    }
    *out = s;
    return ST_OK;
}

void st_stems_free(st_stems *s) {
    if (s == NULL)
        return;
    for (int i = 0; i < s->count; i++)
        lane_deinit(&s->lanes[i]);
    st_align_free(s->align);
    st_masking_free(s->masking);
    st_free(s);
}

int st_stems_count(const st_stems *s) {
    return s->count;
}

int st_stems_rate(const st_stems *s) {
    return s->lanes[0].source->format.rate_hz;
}

const st_masking *st_stems_masking(const st_stems *s) {
    return s->masking;
}

const st_bandgram *st_stems_gram(const st_stems *s, int stem) {
    return s->lanes[stem].gram;
}

void st_stems_pair(const st_stems *s, int a, int b, st_align_pair *out) {
    st_align_get(s->align, a, b, out);
}

double st_stems_rms_dbfs(const st_stems *s, int stem) {
    double frames = s->frames > 0 ? (double)s->frames : 1.0;
    double square = s->lanes[stem].square / frames;
    return square > 0.0 ? 10.0 * st_log10(square) : -INFINITY;
}
