#include "mix/listening.h"

#include "audio/reader.h"
#include "audio/resample.h"
#include "audio/writer.h"
#include "core/alloc.h"
#include "core/math.h"
#include "master/report.h"
#include "mix/sources.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { PART_S = 45, RUN_UP_S = 4, ROUNDS = 3, KBPS = 256, CONTROL = 64 };

#define HIGHEST_LUFS (-14.0)
#define CEILING_DBTP (-1.0)
#define CODEC_DB                                                               \
    0.8 /* that decoded peaks may stand over those that went in                \
         */
#define EQUAL_LU 0.05

/* --- which part --- */

static void plan(st_listening *l, st_mix_job *job) {
    const st_measure *m = &job->track.in;
    int rate = job->recipe.rate_hz;
    int64_t total = job->premix.frames, loud = total / 2;
    l->job = job;
    l->rate_hz = st_writer_rate(ST_WRITE_MP3, rate);
    l->frames = (int64_t)PART_S * rate;
    if (l->frames > total)
        l->frames = total;
    if (m->excerpts > 0)
        loud = m->excerpt[0] + m->excerpt_frames / 2;
    l->first = loud - l->frames / 2;
    if (l->first + l->frames > total)
        l->first = total - l->frames;
    if (l->first < 0)
        l->first = 0;
    l->run_up = (int64_t)RUN_UP_S * rate;
    if (l->run_up > l->first)
        l->run_up = l->first;
    /* Gains are computed at steps keyed to the frame: the same ones here. */
    l->run_up += (l->first - l->run_up) % CONTROL;
}

void st_listen_tick(const st_listening *l, const char *phase, double part) {
    st_ctx_progress(l->job->ctx,
                    ST_LISTEN_FROM + (0.99 - ST_LISTEN_FROM) * part, phase);
}

/* --- equal loudness --- */

static st_status measure(st_listening *l, st_err *err) {
    st_pool *pool = st_ctx_pool(l->job->ctx);
    double level = HIGHEST_LUFS;
    for (int i = 0; i < ST_LISTEN_STEPS; i++) {
        st_source *source = NULL;
        st_meter_result m = {0};
        st_listen_tick(l, "loudness of steps", 0.2 + 0.005 * i);
        st_status status = st_listen_source(l, i, &source, err);
        if (status == ST_OK)
            status = st_meter_source(source, pool, &m, err);
        st_source_free(source);
        if (status != ST_OK)
            return status;
        l->step[i].lufs = m.loudness.integrated_lufs;
        l->step[i].peak_dbtp = m.true_peak_dbtp;
        level = fmin(level, CEILING_DBTP - CODEC_DB - m.true_peak_dbtp +
                                m.loudness.integrated_lufs);
    }
    l->level_lufs = level;
    for (int i = 0; i < ST_LISTEN_STEPS; i++)
        l->step[i].gain_db = level - l->step[i].lufs;
    return ST_OK;
}

static bool audible(const st_listening *l) {
    for (int i = 0; i < ST_LISTEN_STEPS; i++)
        if (!isfinite(l->step[i].gain_db))
            return false;
    return true;
}

/* A step at its gain and at the rate of the files. */
static st_status levelled(const st_listening *l, int step, st_source **out,
                          st_err *err) {
    st_source *source = NULL, *louder = NULL;
    double gain = st_db_to_gain(l->step[step].gain_db);
    st_status status = st_listen_source(l, step, &source, err);
    if (status == ST_OK)
        status = st_sum_source_new(&louder, &source, &gain, 1, err);
    if (status != ST_OK)
        return status;
    status =
        st_resample_source_new(out, louder, l->rate_hz, ST_RESAMPLE_HIGH, err);
    if (status != ST_OK)
        st_source_free(louder);
    return status;
}

static int cancelled(void *ctx) {
    const st_listening *l = ctx;
    return st_ctx_cancelled(l->job->ctx);
}

static st_status copy(st_listening *l, int step, st_sink *sink, st_err *err) {
    st_source *source = NULL;
    st_status status = levelled(l, step, &source, err);
    if (status == ST_OK)
        status = st_stream_copy(source, sink, NULL, cancelled, l, err);
    if (status == ST_OK)
        status = st_sink_finish(sink, err);
    st_source_free(source);
    return status;
}

/* --- what stands inside the page --- */

static st_status slurp(const char *path, st_listen_step *s, st_err *err) {
    FILE *file = fopen(path, "rb");
    long size = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    st_free(s->mp3);
    s->mp3 = size > 0 ? st_calloc((size_t)size, 1) : NULL;
    s->bytes = size > 0 ? (size_t)size : 0;
    bool read = s->mp3 != NULL && fseek(file, 0, SEEK_SET) == 0 &&
                fread(s->mp3, 1, s->bytes, file) == s->bytes;
    if (file != NULL)
        (void)fclose(file);
    return read ? ST_OK
                : st_err_set(err, ST_IO, "A step could not be read back.");
}

static st_status hear_file(const char *path, st_listen_step *s, st_err *err) {
    st_source *source = NULL;
    st_meter_result m = {0};
    st_status status = st_reader_open(&source, path, NULL, err);
    if (status == ST_OK)
        status = st_meter_source(source, NULL, &m, err);
    st_source_free(source);
    s->file_lufs = m.loudness.integrated_lufs;
    s->file_dbtp = m.true_peak_dbtp;
    return status;
}

typedef struct {
    st_listening *l;
    st_status status[ST_LISTEN_STEPS];
    st_err err[ST_LISTEN_STEPS];
    st_sink *sink[ST_LISTEN_STEPS]; /* of files */
    const char *phase;
    double from, to; /* progress */
    atomic_int done;
} encoding;

static void step_done(encoding *e) {
    int done = atomic_fetch_add(&e->done, 1) + 1;
    st_listen_tick(e->l, e->phase,
                   e->from + (e->to - e->from) * done / ST_LISTEN_STEPS);
}

static void encode_step(void *ctx, int i) {
    encoding *e = ctx;
    st_listening *l = e->l;
    st_sink *sink = NULL;
    st_err *err = &e->err[i];
    char path[4096];
    const st_format format = {l->rate_hz, 2, -1};
    const st_writer_options options = {
        .format = ST_WRITE_MP3, .bitrate_kbps = KBPS, .no_sync = true};
    snprintf(path, sizeof path, "%s/step%d.mp3", l->job->folder, i + 1);
    st_status status = st_writer_open(&sink, path, &format, &options, err);
    if (status == ST_OK)
        status = copy(l, i, sink, err);
    st_sink_free(sink);
    if (status == ST_OK)
        status = hear_file(path, &l->step[i], err);
    if (status == ST_OK)
        status = slurp(path, &l->step[i], err);
    (void)unlink(path);
    e->status[i] = status;
    step_done(e);
}

static st_status first_failure(const encoding *e, st_err *err) {
    for (int i = 0; i < ST_LISTEN_STEPS; i++)
        if (e->status[i] != ST_OK) {
            if (err != NULL)
                *err = e->err[i];
            return e->status[i];
        }
    return ST_OK;
}

/* Progress of the rounds of encoding, and of the files after them. */
static const double parts[ROUNDS + 2] = {0.25, 0.5, 0.65, 0.75, 1.0};

static st_status encode(st_listening *l, int round, st_err *err) {
    encoding e = {.l = l,
                  .phase = "steps to MP3",
                  .from = parts[round],
                  .to = parts[round + 1]};
    st_listen_tick(l, e.phase, e.from);
    st_pool_for(st_ctx_pool(l->job->ctx), ST_LISTEN_STEPS, encode_step, &e);
    return first_failure(&e, err);
}

/* How decoded files miss, into gains: true when they have to be made again. */
static bool correct(st_listening *l) {
    double over = 0.0;
    bool again = false;
    for (int i = 0; i < ST_LISTEN_STEPS; i++)
        over = fmax(over, l->step[i].file_dbtp - CEILING_DBTP);
    if (over > 0.0)
        l->level_lufs -= over + 0.1;
    for (int i = 0; i < ST_LISTEN_STEPS; i++) {
        double miss = l->level_lufs - l->step[i].file_lufs;
        if (fabs(miss) > EQUAL_LU) {
            l->step[i].gain_db += miss;
            again = true;
        }
    }
    return again;
}

/* --- files --- */

static void write_step(void *ctx, int i) {
    encoding *e = ctx;
    e->status[i] = copy(e->l, i, e->sink[i], &e->err[i]);
    step_done(e);
}

static st_status write_files(st_listening *l, st_err *err) {
    encoding e = {.l = l,
                  .phase = "writing steps",
                  .from = parts[ROUNDS],
                  .to = parts[ROUNDS + 1]};
    st_status status = ST_OK;
    st_listen_tick(l, e.phase, e.from);
    for (int i = 0; status == ST_OK && i < ST_LISTEN_STEPS; i++) {
        const st_out_spec spec = {.format = {l->rate_hz, 2, -1},
                                  .container = "mp3",
                                  .label = st_listen_file(i)};
        status = st_out_audio(l->job->out, "listen", i, &spec, &e.sink[i], err);
    }
    if (status == ST_OK) {
        st_pool_for(st_ctx_pool(l->job->ctx), ST_LISTEN_STEPS, write_step, &e);
        status = first_failure(&e, err);
    }
    for (int i = 0; i < ST_LISTEN_STEPS; i++)
        st_sink_free(e.sink[i]);
    return status;
}

static st_status write_page(st_listening *l, st_err *err) {
    st_text text = {0};
    if (!st_out_wanted(l->job->out, "listen_page"))
        return ST_OK;
    st_listen_page(&text, l);
    st_status status = text.failed
                           ? st_err_set(err, ST_NO_MEM, "Out of memory.")
                           : st_out_bytes(l->job->out, "listen_page", 0,
                                          text.data, text.length, err);
    st_free(text.data);
    return status;
}

static void note(const st_listening *l) {
    st_mix_job *job = l->job;
    if (job->previews == NULL)
        job->previews = json_array();
    for (int i = 0; i < ST_LISTEN_STEPS; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "name", json_string(st_listen_file(i)));
        json_object_set_new(one, "lufs",
                            st_report_number(l->step[i].file_lufs, 2));
        json_object_set_new(one, "true_peak_dbTP",
                            st_report_number(l->step[i].file_dbtp, 2));
        json_object_set_new(one, "level_match_db",
                            st_report_number(l->step[i].gain_db, 2));
        json_array_append_new(job->previews, one);
    }
}

static st_status listen(st_listening *l, st_err *err) {
    st_status status = st_listen_render(l, err);
    if (status == ST_OK)
        status = measure(l, err);
    if (status == ST_OK && !audible(l)) {
        st_ctx_skip(l->job->ctx, "listen",
                    "There is nothing to hear in one of the steps of the mix: "
                    "give it stems that sound for at least half a second.");
        return ST_OK;
    }
    for (int round = 0; status == ST_OK && round < ROUNDS; round++) {
        status = encode(l, round, err);
        if (status == ST_OK && (round + 1 == ROUNDS || !correct(l)))
            break;
    }
    if (status == ST_OK)
        status = write_files(l, err);
    if (status == ST_OK)
        status = write_page(l, err);
    if (status == ST_OK)
        note(l);
    return status;
}

st_status st_mix_listen(st_mix_job *job, st_err *err) {
    st_listening *l = st_calloc(1, sizeof *l);
    if (l == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    plan(l, job);
    st_status status = listen(l, err);
    for (int i = 0; i < ST_LISTEN_STEPS; i++) {
        st_premix_deinit(&l->step[i].premix);
        st_free(l->step[i].mp3);
    }
    st_free(l);
    return status;
}
