#include "mix/hear.h"

#include "audio/channels.h"
#include "audio/resample.h"
#include "core/alloc.h"
#include "core/clock.h"
#include "core/math.h"
#include "dsp/dynamics.h"
#include "mix/sources.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum {
    BLOCK = 16384,
    LOUD_DBFS = -60,
    TRUST_PERCENT = 75 /* confidence at which sound stands over a name */
};

/* 0.01 dB of power, in octaves. */
#define LOG2_OF_CENT 0.0033219280948873623

/* Mono at 0 dB to both sides is 3.01 LU louder than as one channel. */
static const double mono_lu = 3.010299956639812;

/* One pass over files, each by itself, or all stems together. */
typedef struct {
    st_hearing *out; /* of the stems; NULL for files alone */
    st_session *session;
    const st_hear_means *means;
    int count, file[ST_SESSION_FILES];
    st_stem_facts *facts[ST_MIX_STEMS]; /* of the stems */
    st_file_facts *files;               /* of st_hear_files, by file; or NULL */
    st_status status[ST_SESSION_FILES];
    st_err err[ST_SESSION_FILES];
    atomic_int done;
} pass;

typedef struct {
    st_source *source;
    st_meter *meter;
    st_role_ear *role;
    st_resampler *rate;
    st_buffer block;
    float *mono, *slow;   /* [BLOCK], at the source's rate and the role's */
    int64_t step, filled; /* frames of 10 ms, of the running one */
    double square[2];
    st_file_facts *heard;
} ear;

static st_status ear_init(ear *e, st_file_facts *heard, st_source *source,
                          st_err *err) {
    const st_format *f = &source->format;
    const st_meter_params about = {.rate_hz = f->rate_hz,
                                   .channels = f->channels};
    memset(e, 0, sizeof *e);
    e->source = source;
    e->heard = heard;
    e->step = f->rate_hz / 100;
    st_status status = st_role_ear_new(&e->role, err);
    if (status != ST_OK)
        return status;
    status = st_meter_new(&e->meter, &about);
    if (status == ST_OK)
        status = st_resampler_new(&e->rate, f->rate_hz, ST_ROLE_RATE_HZ, 1,
                                  ST_RESAMPLE_HIGH);
    if (status == ST_OK)
        status = st_buffer_init(&e->block, f->channels, BLOCK);
    e->mono = st_calloc(BLOCK, sizeof(float));
    e->slow = st_calloc(BLOCK, sizeof(float));
    if (status == ST_OK && (e->mono == NULL || e->slow == NULL))
        status = ST_NO_MEM;
    return status == ST_OK ? ST_OK : st_err_set(err, status, "Out of memory.");
}

static void ear_deinit(ear *e) {
    st_meter_free(e->meter);
    st_role_ear_free(e->role);
    st_resampler_free(e->rate);
    st_buffer_deinit(&e->block);
    st_free(e->mono);
    st_free(e->slow);
}

/* --- levels --- */

static void count_level(ear *e) {
    double most = fmax(e->square[0], e->square[1]) / (double)e->step;
    double db = most > 1e-12 ? 10.0 * st_log10(most) + 3.0103 : -200.0;
    int bin = (int)floor(db + 0.5) - ST_HEAR_LOWEST;
    bin = bin < 0 ? 0 : bin >= ST_HEAR_LEVELS ? ST_HEAR_LEVELS - 1 : bin;
    e->heard->facts.level[bin]++;
    e->square[0] = e->square[1] = 0.0;
    e->filled = 0;
}

static void spread_levels(ear *e, int64_t frames) {
    int channels = e->source->format.channels;
    for (int64_t i = 0; i < frames; i++) {
        for (int c = 0; c < channels && c < 2; c++) {
            double x = e->block.channel[c][i];
            e->square[c] += x * x;
        }
        if (++e->filled == e->step)
            count_level(e);
    }
}

/* --- one stem --- */

static void clean(ear *e, int64_t frames) {
    for (int c = 0; c < e->source->format.channels; c++)
        for (int64_t i = 0; i < frames; i++)
            if (!(fabsf(e->block.channel[c][i]) <= 1e10f))
                e->block.channel[c][i] = 0.0f;
}

static void fold(ear *e, int64_t frames) {
    const float *left = e->block.channel[0];
    const float *right = e->block.channel[e->source->format.channels > 1];
    for (int64_t i = 0; i < frames; i++)
        e->mono[i] = 0.5f * (left[i] + right[i]);
}

/* frames < 0: the end. */
static st_status hear_role(ear *e, int64_t frames) {
    int64_t done = 0, used = 0, got = 1;
    while (frames < 0 ? got > 0 : done < frames) {
        const float *from = e->mono + done;
        st_status status =
            st_resampler_process(e->rate, frames < 0 ? NULL : &from,
                                 frames - done, &used, &e->slow, BLOCK, &got);
        if (status != ST_OK)
            return status;
        st_role_ear_process(e->role, e->slow, got);
        done += used;
    }
    return ST_OK;
}

static st_status hear_blocks(ear *e, const pass *p, st_err *err) {
    int64_t got = 1;
    st_status status = ST_OK;
    while (status == ST_OK && got > 0) {
        if (p->means->tick != NULL && p->means->tick(p->means->ctx, NULL, 0.0))
            return st_err_set(err, ST_CANCELLED, "Cancelled.");
        status = st_source_read(e->source, e->block.channel, BLOCK, &got, err);
        if (status != ST_OK || got == 0)
            break;
        st_meter_process(e->meter, (const float *const *)e->block.channel, got);
        clean(e, got);
        spread_levels(e, got);
        fold(e, got);
        if (hear_role(e, got) != ST_OK)
            status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    if (status == ST_OK && hear_role(e, -1) != ST_OK)
        status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    return status;
}

/* In rising order: the name, the sound where it is sure, the user. Of two
 * voices no sound tells which one leads, so there the name stands. */
static void take_role(st_session_file *f, const st_file_facts *heard) {
    f->heard = heard->has_role ? heard->role : ST_ROLE_NONE;
    f->confidence = heard->confidence;
    if (f->said == ST_SAID_USER || f->group > 0 || f->heard == ST_ROLE_NONE ||
        f->heard == ST_ROLE_FULL_MIX)
        return;
    bool sure = f->confidence * 100.0 >= TRUST_PERCENT;
    const st_role_info *named = st_role_get(f->named);
    bool voices = named != NULL && named->bus == ST_BUS_VOCAL &&
                  st_role_get(f->heard)->bus == ST_BUS_VOCAL;
    if (f->named == ST_ROLE_NONE || (sure && !voices)) {
        f->role = f->heard;
        f->said = ST_SAID_SOUND;
    }
}

static void read_role(ear *e) {
    st_role_ear_finish(e->role);
    const st_role_result *role = st_role_ear_get(e->role);
    e->heard->has_role = role->has_role;
    e->heard->role = role->role;
    e->heard->confidence = role->confidence;
    memcpy(e->heard->sound, role->embedding, sizeof e->heard->sound);
}

/* Of what is too short for gated loudness: its power where it sounds. */
static double short_loudness(const st_stem_facts *facts) {
    double sum = 0.0;
    int64_t all = 0;
    for (int i = LOUD_DBFS - ST_HEAR_LOWEST; i < ST_HEAR_LEVELS; i++) {
        all += facts->level[i];
        sum += (double)facts->level[i] *
               st_exp2((ST_HEAR_LOWEST + i - 3.01) * 0.33219280948873626);
    }
    return all > 0 ? 10.0 * st_log10(sum / (double)all) - 0.69 : -INFINITY;
}

static void read_facts(ear *e, const st_session_file *f) {
    st_stem_facts *facts = &e->heard->facts;
    st_meter_finish(e->meter);
    st_meter_get(e->meter, &facts->meter);
    read_role(e);
    double lufs = facts->meter.loudness.integrated_lufs;
    facts->lufs = f->channels == 1 ? lufs + mono_lu : lufs;
    if (!isfinite(facts->lufs))
        facts->lufs = short_loudness(facts);
    facts->silent =
        !(facts->meter.sample_peak_dbfs > -90.0) || !isfinite(facts->lufs);
    if (facts->silent)
        facts->lufs = -INFINITY;
}

static st_status hear_file(pass *p, int i, st_file_facts *out) {
    const st_session_file *f = &p->session->file[p->file[i]];
    st_source *source = NULL;
    st_err *err = &p->err[i];
    ear e;
    st_status status = st_session_source(p->session, p->file[i], &source, err);
    if (status == ST_OK) {
        status = ear_init(&e, out, source, err);
        if (status == ST_OK)
            status = hear_blocks(&e, p, err);
        if (status == ST_OK)
            read_facts(&e, f);
        ear_deinit(&e);
    }
    st_source_free(source);
    if (status != ST_OK)
        st_err_prefix(err, "%s", f->label);
    return status;
}

/* What is known of a file need not be heard. */
static st_status hear_or_recall(pass *p, int i, st_file_facts *out) {
    const st_hear_means *m = p->means;
    int file = p->file[i];
    bool group = p->session->file[file].group > 0;
    if (m->known != NULL && !group) {
        *out = m->known[file];
        return ST_OK;
    }
    if (!group && m->recall != NULL && m->recall(m->ctx, file, out))
        return ST_OK;
    st_status status = hear_file(p, i, out);
    if (status == ST_OK && !group && m->remember != NULL)
        m->remember(m->ctx, file, out);
    return status;
}

static void hear_one(void *ctx, int i) {
    pass *p = ctx;
    st_file_facts heard;
    memset(&heard, 0, sizeof heard);
    heard.scan = p->session->file[p->file[i]].scan;
    p->status[i] = hear_or_recall(p, i, &heard);
    if (p->status[i] == ST_OK) {
        take_role(&p->session->file[p->file[i]], &heard);
        if (p->files != NULL)
            p->files[p->file[i]] = heard;
        else
            *p->facts[i] = heard.facts;
    }
    if (p->means->tick != NULL)
        (void)p->means->tick(p->means->ctx, "hearing stems",
                             (double)++p->done / p->count);
}

static st_status hear_each(pass *p, st_err *err) {
    st_pool_for(p->means->pool, p->count, hear_one, p);
    for (int i = 0; i < p->count; i++)
        if (p->status[i] != ST_OK) {
            if (err != NULL)
                *err = p->err[i];
            return p->status[i];
        }
    return ST_OK;
}

/* --- all together --- */

static void read_bands(st_stem_facts *facts, const st_bandgram *gram) {
    double sum[ST_SPECTRUM_BANDS] = {0};
    int64_t cells = st_bandgram_cells(gram), active = 0;
    for (int64_t i = 0; i < cells; i++) {
        const int16_t *cell = st_bandgram_cell(gram, i);
        double power[ST_SPECTRUM_BANDS], all = 0.0;
        for (int b = 0; b < ST_SPECTRUM_BANDS; b++)
            all += power[b] = st_exp2(cell[b] * LOG2_OF_CENT);
        if (all < 1e-7) /* -70 dBFS */
            continue;
        active++;
        for (int b = 0; b < ST_SPECTRUM_BANDS; b++)
            sum[b] += power[b];
    }
    facts->active = cells > 0 ? (double)active / (double)cells : 0.0;
    for (int b = 0; b < ST_SPECTRUM_BANDS; b++)
        facts->band_db[b] =
            sum[b] > 0.0 ? 10.0 * st_log10(sum[b] / (double)active) : -200.0;
}

static bool tell(void *ctx, int64_t frames) {
    const pass *p = ctx;
    double all = p->out->seconds * p->out->rate_hz;
    return p->means->tick == NULL ||
           !p->means->tick(p->means->ctx, "comparing stems",
                           all > 0.0 ? (double)frames / all : 0.0);
}

static st_status open_all(const st_hearing *h, const st_session *session,
                          st_source **sources, st_err *err) {
    for (int i = 0; i < h->count; i++) {
        st_status status =
            st_session_source(session, h->file[i], &sources[i], err);
        if (status == ST_OK)
            continue;
        while (i-- > 0)
            st_source_free(sources[i]);
        return status;
    }
    return ST_OK;
}

static st_status hear_together(pass *p, st_err *err) {
    st_source *sources[ST_MIX_STEMS];
    st_hearing *h = p->out;
    st_status status = open_all(h, p->session, sources, err);
    if (status != ST_OK)
        return status;
    status = st_stems_new(&h->stems, sources, h->count, p->means->pool, tell, p,
                          err);
    for (int i = 0; status == ST_OK && i < h->count; i++)
        read_bands(&h->stem[i], st_stems_gram(h->stems, i));
    for (int i = 0; i < h->count; i++)
        st_source_free(sources[i]);
    return status;
}

/* --- the sum --- */

static bool listen_tick(void *ctx, int64_t frames) {
    return !tell(ctx, frames);
}

static st_status hear_sum(pass *p, st_err *err) {
    st_source *sources[ST_MIX_STEMS], *sum = NULL;
    double gains[ST_MIX_STEMS];
    st_hearing *h = p->out;
    const st_listen_params params = {.music = true,
                                     .scratch = p->means->folder};
    const st_flow_watch watch = {listen_tick, p};
    st_status status = open_all(h, p->session, sources, err);
    if (status != ST_OK)
        return status;
    for (int i = 0; i < h->count; i++)
        gains[i] =
            h->stem[i].silent ? 0.0 : st_db_to_gain(-26.0 - h->stem[i].lufs);
    status = st_sum_source_new(&sum, sources, gains, h->count, err);
    if (status != ST_OK)
        return status;
    status = st_listen_new(&h->listen, &sum->format, &params, err);
    if (status == ST_OK)
        status = st_listen_run(h->listen, sum, p->means->pool, &watch, err);
    st_source_free(sum);
    return status;
}

static void spent(const pass *p, const char *phase, int64_t *since) {
    int64_t now = st_clock_ns();
    if (p->means->spent != NULL)
        p->means->spent(p->means->ctx, phase, st_clock_seconds(*since, now));
    *since = now;
}

st_status st_hear(st_hearing *out, st_session *session,
                  const st_hear_means *means, st_err *err) {
    pass *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    p->out = out;
    p->session = session;
    p->means = means;
    out->rate_hz = session->rate_hz;
    for (int i = 0; i < session->count; i++)
        if (st_session_is_stem(session, i) && out->count < ST_MIX_STEMS) {
            p->facts[p->count] = &out->stem[out->count];
            p->file[p->count++] = out->file[out->count++] = i;
        }
    int64_t since = st_clock_ns();
    st_status status = hear_each(p, err);
    for (int i = 0; i < out->count; i++)
        out->seconds = fmax(out->seconds, out->stem[i].meter.seconds);
    spent(p, "hearing stems", &since);
    if (status == ST_OK)
        status = hear_together(p, err);
    spent(p, "comparing stems", &since);
    if (status == ST_OK)
        status = hear_sum(p, err);
    spent(p, "hearing the sum", &since);
    st_free(p);
    return status;
}

st_status st_hear_files(st_file_facts *out, st_session *session,
                        const st_hear_means *means, st_err *err) {
    pass *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    p->session = session;
    p->means = means;
    p->files = out;
    for (int i = 0; i < session->count; i++)
        if (st_session_is_stem(session, i) && p->count < ST_SESSION_FILES)
            p->file[p->count++] = i;
    st_status status = hear_each(p, err);
    st_free(p);
    return status;
}

void st_hearing_deinit(st_hearing *hearing) {
    st_stems_free(hearing->stems);
    st_listen_free(hearing->listen);
    memset(hearing, 0, sizeof *hearing);
}

/* --- levels, read --- */

double st_hear_level(const st_stem_facts *facts, double share) {
    int64_t all = 0, sum = 0;
    int first = LOUD_DBFS - ST_HEAR_LOWEST;
    for (int i = first; i < ST_HEAR_LEVELS; i++)
        all += facts->level[i];
    for (int i = first; i < ST_HEAR_LEVELS; i++) {
        sum += facts->level[i];
        if (all > 0 && (double)sum >= share * (double)all)
            return ST_HEAR_LOWEST + i;
    }
    return ST_HEAR_LOWEST;
}

double st_hear_reduction(const st_stem_facts *facts, double gain_db,
                         double threshold_db, double ratio, double knee_db) {
    st_dynamics_params curve = st_dynamics_defaults();
    double sum = 0.0;
    int64_t all = 0;
    curve.threshold_db = threshold_db;
    curve.ratio = ratio;
    curve.knee_db = knee_db;
    for (int i = 0; i < ST_HEAR_LEVELS; i++) {
        double level = ST_HEAR_LOWEST + i + gain_db;
        if (level < LOUD_DBFS)
            continue;
        all += facts->level[i];
        sum -= (double)facts->level[i] * st_dynamics_curve_db(&curve, level);
    }
    return all > 0 ? sum / (double)all : 0.0;
}
