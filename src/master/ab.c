#include "master/ab.h"

#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 4096, TRIES = 4 };

typedef struct {
    st_source base;
    st_source *part[2];
    st_ab_params params;
    int64_t at;
    st_buffer scratch;
} ab_source;

static double weight_after(const st_ab_params *p, int64_t frame) {
    int64_t segment = frame / p->segment, inside = frame % p->segment;
    bool after = segment & 1;
    if (segment > 0 && inside < p->fade) {
        double x = (double)inside / (double)p->fade;
        return after ? x : 1 - x;
    }
    return after;
}

/* To out[c][at..at + frames), silence where the part ends. */
static st_status read_part(ab_source *s, int which, float *const *out,
                           int64_t at, int64_t frames, st_err *err) {
    int64_t done = 0;
    while (done < frames) {
        float *moved[ST_MAX_CHANNELS];
        for (int c = 0; c < s->base.format.channels; c++)
            moved[c] = out[c] + at + done;
        int64_t got = 0;
        st_status status =
            st_source_read(s->part[which], moved, frames - done, &got, err);
        if (status)
            return status;
        if (got == 0)
            break;
        done += got;
    }
    for (int c = 0; c < s->base.format.channels; c++)
        memset(out[c] + at + done, 0, (size_t)(frames - done) * sizeof(float));
    return ST_OK;
}

/* Both parts are at one place in the track, correlated, so the crossfade is
 * linear in amplitude. */
static void mix(ab_source *s, float *const *out, int64_t at, int64_t frames) {
    const st_ab_params *p = &s->params;
    for (int64_t i = 0; i < frames; i++) {
        double w = weight_after(p, s->at + i);
        float a = (float)((1 - w) * p->before_gain);
        float b = (float)(w * p->after_gain);
        for (int c = 0; c < s->base.format.channels; c++)
            out[c][at + i] = a * out[c][at + i] + b * s->scratch.channel[c][i];
    }
}

static st_status ab_read(st_source *source, float *const *out, int64_t frames,
                         int64_t *got, st_err *err) {
    ab_source *s = (ab_source *)source;
    *got = 0;
    while (*got < frames && s->at < s->params.frames) {
        int64_t n = frames - *got < CHUNK ? frames - *got : CHUNK;
        n = n < s->params.frames - s->at ? n : s->params.frames - s->at;
        st_status status = read_part(s, 0, out, *got, n, err);
        if (!status)
            status = read_part(s, 1, s->scratch.channel, 0, n, err);
        if (status)
            return status;
        mix(s, out, *got, n);
        s->at += n, *got += n;
    }
    return ST_OK;
}

static st_status ab_seek(st_source *source, int64_t frame, st_err *err) {
    ab_source *s = (ab_source *)source;
    s->at = frame;
    for (int i = 0; i < 2; i++) {
        st_status status =
            st_source_seek(s->part[i], s->params.first + frame, err);
        if (status)
            return status;
    }
    return ST_OK;
}

static void ab_free(st_source *source) {
    ab_source *s = (ab_source *)source;
    st_source_free(s->part[0]);
    st_source_free(s->part[1]);
    st_buffer_deinit(&s->scratch);
    st_free(s);
}

static const st_source_ops ab_ops = {ab_read, ab_seek, ab_free};

st_status st_ab_source_new(st_source **out, st_source *before, st_source *after,
                           const st_ab_params *params, st_err *err) {
    ab_source *s = st_calloc(1, sizeof *s);
    if (!s)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status =
        st_buffer_init(&s->scratch, before->format.channels, CHUNK);
    if (status) {
        st_free(s);
        return st_err_set(err, status, "Out of memory.");
    }
    s->base.ops = &ab_ops;
    s->base.format = before->format;
    s->base.format.frames = params->frames;
    s->params = *params;
    s->part[0] = before, s->part[1] = after;
    status = ab_seek(&s->base, 0, err);
    if (status) {
        st_buffer_deinit(&s->scratch);
        st_free(s);
        return status;
    }
    *out = &s->base;
    return ST_OK;
}

st_ab_params st_ab_plan(const st_measure *before, const st_measure *after,
                        double ceiling_db, double margin_db) {
    const st_meter_result *b = &before->meter, *a = &after->meter;
    double rate = a->rate_hz;
    st_ab_params p = {
        1, 1, 0, a->frames, (int64_t)(8 * rate), (int64_t)(0.03 * rate)};
    int64_t most = (int64_t)(96 * rate);
    if (p.frames > most) {
        int64_t loud = after->excerpts ? after->excerpt[0] : 0;
        p.first = loud - most / 2 > 0 ? loud - most / 2 : 0;
        if (p.first + most > a->frames)
            p.first = a->frames - most;
        p.frames = most;
    }
    double lb = b->loudness.integrated_lufs, la = a->loudness.integrated_lufs;
    if (!isfinite(lb) || !isfinite(la))
        return p;
    /* Both to the loudness at which neither peak passes the ceiling. */
    double top = ceiling_db - margin_db;
    double level =
        fmin(top - (b->true_peak_dbtp - lb), top - (a->true_peak_dbtp - la));
    level = fmin(level, fmax(la, lb));
    p.before_gain = st_db_to_gain(level - lb);
    p.after_gain = st_db_to_gain(level - la);
    return p;
}

static st_status copy_out(const st_means *means, st_source *source,
                          st_err *err) {
    st_sink *sink = NULL;
    st_status status = means->open(means->ctx, &sink, err);
    if (!status)
        status = st_stream_copy(source, sink, NULL, NULL, NULL, err);
    if (!status)
        status = st_sink_finish(sink, err);
    st_sink_free(sink);
    return status;
}

static st_status decoded_peak(const st_means *means, double *dbtp,
                              st_err *err) {
    st_source *source = NULL;
    st_meter_result result = {0};
    st_status status = means->reread(means->ctx, &source, err);
    if (!status)
        status = st_meter_source(source, means->pool, &result, err);
    st_source_free(source);
    if (!status)
        *dbtp = result.true_peak_dbtp;
    return status;
}

st_status st_preview_write(const st_means *means,
                           const st_preview_source *preview, double ceiling_db,
                           double *extra_db, double *peak_dbtp, st_err *err) {
    *extra_db = 0;
    for (int i = 0; i < TRIES; i++) {
        st_source *source = NULL;
        st_status status =
            preview->make(preview->ctx, -*extra_db, &source, err);
        if (!status)
            status = copy_out(means, source, err);
        st_source_free(source);
        if (!status)
            status = decoded_peak(means, peak_dbtp, err);
        if (status)
            return status;
        double over = *peak_dbtp - (ceiling_db - 0.12);
        if (!(over > 0))
            break;
        *extra_db += over + 0.05;
    }
    return ST_OK;
}
