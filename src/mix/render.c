#include "mix/render.h"

#include "core/alloc.h"
#include "mix/sources.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum {
    BLOCK = ST_MIX_BLOCK,
    RING_MS = 250 /* of filters behind a stem's end */
};

void st_print_deinit(st_print *print) {
    st_spool_free(print->spool);
    memset(print, 0, sizeof *print);
}

/* All strips that are to be made. */
typedef struct {
    const st_mix_means *means;
    const st_mix_recipe *recipe;
    st_print *prints;
    int todo[ST_MIX_STEMS], count;
    st_status status[ST_MIX_STEMS];
    st_err err[ST_MIX_STEMS];
    atomic_llong done; /* frames */
    atomic_llong total;
} strips;

/* One strip while it runs. */
typedef struct {
    strips *all;
    int stem, channels;
    st_source *source, *key_source[ST_MIX_STEMS];
    st_strip *strip;
    st_sink *sink;
    st_buffer block, key_block;
    float *key[ST_MIX_STEMS];
    const st_tap_ear *ear;
    int64_t skip;
} job;

static st_status open_stem(const strips *s, int stem, st_source **out,
                           st_err *err) {
    return s->means->open(s->means->ctx, stem, out, err);
}

static st_status open_keys(job *j, st_err *err) {
    uint64_t keys = st_strip_keys(j->all->recipe, j->stem);
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < ST_MIX_STEMS; i++) {
        if ((keys >> i & 1) == 0)
            continue;
        j->key[i] = st_calloc(BLOCK, sizeof(float));
        status = j->key[i] == NULL
                     ? st_err_set(err, ST_NO_MEM, "Out of memory.")
                     : open_stem(j->all, i, &j->key_source[i], err);
    }
    return status;
}

static st_status open_print(job *j, st_err *err) {
    st_print *print = &j->all->prints[j->stem];
    st_status status =
        st_spool_new(&print->spool, j->all->means->folder,
                     j->source->format.rate_hz, j->channels, err);
    if (status == ST_OK)
        status = st_spool_sink(print->spool, &j->sink, err);
    return status;
}

static st_status job_init(job *j, strips *all, int stem, st_err *err) {
    memset(j, 0, sizeof *j);
    j->all = all;
    j->stem = stem;
    j->channels = all->recipe->stem[stem].channels;
    st_status status = open_stem(all, stem, &j->source, err);
    if (status != ST_OK)
        return status;
    if (j->source->format.channels != j->channels)
        return st_err_set(err, ST_BAD_DATA,
                          "%s has %d channels, and the recipe says %d.",
                          all->recipe->stem[stem].name,
                          j->source->format.channels, j->channels);
    const st_spec spec = {j->source->format.rate_hz, j->channels, BLOCK};
    status = st_strip_new(&j->strip, &spec, all->recipe, stem, false);
    if (status == ST_OK)
        status = st_buffer_init(&j->block, 2, BLOCK);
    if (status == ST_OK)
        status = st_buffer_init(&j->key_block, 2, BLOCK);
    if (status != ST_OK)
        return st_err_set(err, status, "Out of memory.");
    j->skip = st_strip_latency_frames(j->strip);
    if (all->means->strip_ear != NULL)
        j->ear = all->means->strip_ear(all->means->ctx, stem, j->strip);
    status = open_keys(j, err);
    return status == ST_OK ? open_print(j, err) : status;
}

static void job_deinit(job *j) {
    for (int i = 0; i < ST_MIX_STEMS; i++) {
        st_source_free(j->key_source[i]);
        st_free(j->key[i]);
    }
    st_source_free(j->source);
    st_strip_free(j->strip);
    st_sink_free(j->sink);
    st_buffer_deinit(&j->block);
    st_buffer_deinit(&j->key_block);
}

/* What is no number, or as good as none, as the hearing takes it. */
static void clean(float *x, int64_t frames) {
    for (int64_t i = 0; i < frames; i++)
        x[i] = fabsf(x[i]) <= 1e10f ? x[i] : 0.0f;
}

/* Up to a block of a source, silence behind its end. */
static st_status read_padded(st_source *source, st_buffer *to, int64_t *got,
                             st_err *err) {
    st_status status = st_source_read(source, to->channel, BLOCK, got, err);
    if (status == ST_OK)
        for (int c = 0; c < source->format.channels; c++) {
            clean(to->channel[c], *got);
            memset(to->channel[c] + *got, 0,
                   (size_t)(BLOCK - *got) * sizeof(float));
        }
    return status;
}

static st_status read_keys(job *j, st_err *err) {
    for (int i = 0; i < ST_MIX_STEMS; i++) {
        int64_t got = 0;
        if (j->key_source[i] == NULL)
            continue;
        st_status status =
            read_padded(j->key_source[i], &j->key_block, &got, err);
        if (status != ST_OK)
            return status;
        st_strip_key(j->all->recipe, i,
                     (const float *const *)j->key_block.channel,
                     j->key_source[i]->format.channels, j->key[i], BLOCK);
    }
    return ST_OK;
}

/* What is not late any more. */
static st_status write_trimmed(st_sink *sink, int64_t *skip, float *const *x,
                               int channels, int64_t frames, st_err *err) {
    const float *at[ST_MAX_CHANNELS];
    int64_t drop = *skip < frames ? *skip : frames;
    *skip -= drop;
    for (int c = 0; c < channels; c++)
        at[c] = x[c] + drop;
    return st_sink_write(sink, at, frames - drop, err);
}

static st_status job_block(job *j, int64_t frames, st_err *err) {
    st_status status = read_keys(j, err);
    if (status != ST_OK)
        return status;
    st_strip_process(j->strip, (const float *const *)j->block.channel,
                     (const float *const *)j->key, j->block.channel,
                     (int)frames, j->ear);
    return write_trimmed(j->sink, &j->skip, j->block.channel, j->channels,
                         frames, err);
}

static bool told(strips *s, int64_t frames) {
    long long done = atomic_fetch_add(&s->done, frames) + frames;
    long long total = atomic_load(&s->total);
    return s->means->tick != NULL &&
           s->means->tick(s->means->ctx, "stems",
                          total > 0 ? (double)done / (double)total : 0.0);
}

/* The stem, then silence until filters have rung and all has come out. */
static st_status run_job(job *j, st_err *err) {
    int64_t left = j->source->format.rate_hz * RING_MS / 1000 + j->skip;
    bool ended = false;
    while (left > 0) {
        int64_t got = 0;
        st_status status = read_padded(j->source, &j->block, &got, err);
        if (status != ST_OK)
            return status;
        ended |= got < BLOCK;
        int64_t more = ended ? BLOCK - got : 0;
        more = more < left ? more : left;
        left -= ended ? more : 0;
        status = job_block(j, got + more, err);
        if (status != ST_OK)
            return status;
        if (told(j->all, got))
            return st_err_set(err, ST_CANCELLED, "Cancelled.");
    }
    return st_sink_finish(j->sink, err);
}

static void run_strip(void *ctx, int i) {
    strips *s = ctx;
    job j;
    int stem = s->todo[i];
    st_status status = job_init(&j, s, stem, &s->err[i]);
    if (status == ST_OK)
        status = run_job(&j, &s->err[i]);
    if (status == ST_OK)
        s->prints[stem].meter = st_strip_read(j.strip);
    else
        st_print_deinit(&s->prints[stem]);
    s->status[i] = status;
    job_deinit(&j);
}

/* About how long a strip takes beside others. */
static int cost(const st_mix_recipe *recipe, int stem) {
    const st_mix_stem *s = &recipe->stem[stem];
    int units = 2;
    for (int i = 0; i < ST_STRIP_SLOTS; i++)
        units += st_move_acts(&s->move[i]) ? 1 : 0;
    for (int i = 0; i < recipe->ducks; i++)
        units += recipe->duck[i].target == stem ? 2 : 0;
    return units * s->channels;
}

/* The longest first, so that no thread is left with one at the end. */
static void sort_todo(strips *s) {
    for (int i = 1; i < s->count; i++)
        for (int j = i; j > 0 && cost(s->recipe, s->todo[j]) >
                                     cost(s->recipe, s->todo[j - 1]);
             j--) {
            int swap = s->todo[j];
            s->todo[j] = s->todo[j - 1];
            s->todo[j - 1] = swap;
        }
}

st_status st_mix_prints(const st_mix_means *means, const st_mix_recipe *recipe,
                        st_print *prints, st_err *err) {
    strips *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    s->means = means;
    s->recipe = recipe;
    s->prints = prints;
    for (int i = 0; i < recipe->stems; i++)
        if (prints[i].spool == NULL)
            s->todo[s->count++] = i;
    sort_todo(s);
    for (int i = 0; i < s->count; i++) {
        st_source *source = NULL;
        if (open_stem(s, s->todo[i], &source, NULL) == ST_OK &&
            source->format.frames > 0)
            atomic_fetch_add(&s->total, source->format.frames);
        st_source_free(source);
    }
    st_pool_for(means->pool, s->count, run_strip, s);
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < s->count; i++) {
        status = s->status[i];
        if (status != ST_OK && err != NULL)
            *err = s->err[i];
    }
    st_free(s);
    return status;
}
