/* analyze: the meters of one file as a stage.
 * Source: analysis/meter.h, docs/measures.md. */
#include "analysis/meter.h"
#include "stage/stage.h"

enum {
    POOL_MIN_S = 10,       /* shorter files are done before threads start */
    SERIES_CAPACITY = 1200 /* points, when asked for */
};

static const st_engine engines[] = {
    {.name = "meter",
     .kind = ST_ENGINE_DSP,
     .help = "BS.1770-5 loudness, EBU R 128 ranges and true peak in one pass."},
    {0}};

static const st_param params[] = {
    {.name = "series",
     .type = ST_PARAM_BOOL,
     .help = "Add loudness, peaks and RMS over time to the JSON result."},
    {0}};

static const st_input inputs[] = {{.name = "audio",
                                   .kind = ST_KIND_AUDIO,
                                   .min_count = 1,
                                   .max_count = 1,
                                   .help = "The audio file to measure."},
                                  {0}};

static const st_output outputs[] = {
    {.name = "meters",
     .kind = ST_KIND_JSON,
     .help = "Loudness, peaks, stereo image and faults of the file."},
    {0}};

/* A source that tells how far reading has come. */
typedef struct {
    st_source base;
    st_source *inner;
    st_ctx *ctx;
    int64_t at;
} watched;

static st_status watched_read(st_source *source, float *const *out,
                              int64_t frames, int64_t *got, st_err *err) {
    watched *w = (watched *)source;
    st_status status = st_source_read(w->inner, out, frames, got, err);
    if (status != ST_OK)
        return status;
    w->at += *got;
    w->base.format = w->inner->format;
    if (w->base.format.frames > 0)
        st_ctx_progress(w->ctx, (double)w->at / (double)w->base.format.frames,
                        "measuring");
    return ST_OK;
}

static const st_source_ops watched_ops = {.read = watched_read};

static json_t *document(st_meter *meter, bool series, double rate_hz) {
    st_meter_result figures;
    st_meter_get(meter, &figures);
    json_t *meters = st_meter_json(&figures);
    if (meters == NULL || !series)
        return meters;
    st_meter_series points;
    st_meter_get_series(meter, &points);
    json_t *list = st_meter_series_json(&points, rate_hz);
    if (json_object_set_new(meters, "series", list) == 0)
        return meters;
    json_decref(meters);
    return NULL;
}

static st_status measure(st_ctx *ctx, st_source *source, json_t **out,
                         st_err *err) {
    bool series = st_ctx_bool(ctx, "series");
    const st_format *format = &source->format;
    st_meter_params about = {.rate_hz = format->rate_hz,
                             .channels = format->channels,
                             .series_capacity = series ? SERIES_CAPACITY : 0};
    bool brief = format->frames >= 0 &&
                 format->frames < (int64_t)POOL_MIN_S * format->rate_hz;
    st_pool *pool = brief ? NULL : st_ctx_pool(ctx);
    st_meter *meter = NULL;
    watched w = {{&watched_ops, *format}, source, ctx, 0};
    st_status status = st_meter_new(&meter, &about);
    if (status != ST_OK)
        return st_err_set(err, status, "The meter could not be made: %s.",
                          st_status_name(status));
    status = st_meter_run(meter, &w.base, pool, err);
    json_t *meters = NULL;
    if (status == ST_OK) {
        meters = document(meter, series, format->rate_hz);
        if (meters == NULL)
            status = st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    st_meter_free(meter);
    if (status == ST_OK)
        *out = meters;
    return status;
}

static st_status run(st_ctx *ctx, st_in *in, st_out *out, st_err *err) {
    st_source *source = NULL;
    json_t *meters = NULL;
    st_ctx_progress(ctx, 0, "measuring");
    st_status status = st_in_open_once(in, "audio", 0, &source, err);
    if (status != ST_OK)
        return status;
    status = measure(ctx, source, &meters, err);
    st_source_free(source);
    if (status == ST_OK)
        status = st_out_json(out, "meters", 0, meters, err);
    json_decref(meters);
    return status;
}

extern const st_stage st_stage_analyze;
const st_stage st_stage_analyze = {
    .name = "analyze",
    .help = "Measure loudness, true peak, dynamics, stereo image and faults.",
    .more =
        "Figures follow ITU-R BS.1770-5 and EBU R 128 / Tech 3341 / 3342; "
        "each one's formula is in docs/measures.md. Several files are measured "
        "one after the other; one that cannot be read does not stop the rest.",
    .version = 1,
    .engines = engines,
    .span = {.kind = ST_SPAN_STREAM},
    .params = params,
    .inputs = inputs,
    .outputs = outputs,
    .cacheable = true,
    .run = run,
};
