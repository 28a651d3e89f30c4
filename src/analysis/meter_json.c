#include "analysis/meter.h"
#include "core/json.h"

#include <math.h>

static json_t *db(double value) {
    return st_json_rounded(value, 100.0);
}

static json_t *ratio(double value) {
    return st_json_rounded(value, 10000.0);
}

/* Takes `value`; once anything failed, *ok stays 0. */
static void set(json_t *object, const char *key, json_t *value, int *ok) {
    if (json_object_set_new(object, key, value) != 0)
        *ok = 0;
}

static json_t *channel(const st_meter_channel *c, double rate_hz, int *ok) {
    json_t *o = json_object();
    set(o, "sample_peak_dbfs", db(c->sample_peak_dbfs), ok);
    set(o, "true_peak_dbTP", db(c->true_peak_dbtp), ok);
    set(o, "true_peak_s",
        st_json_rounded((double)c->true_peak_frame / rate_hz, 1000.0), ok);
    set(o, "rms_dbfs", db(c->rms_dbfs), ok);
    set(o, "dc", st_json_rounded(c->dc, 1e6), ok);
    return o;
}

static void set_loudness(json_t *o, const st_meter_result *r, int *ok) {
    const st_loudness_result *l = &r->loudness;
    set(o, "lufs_integrated", db(l->integrated_lufs), ok);
    set(o, "lufs_momentary_max", db(l->momentary_max_lufs), ok);
    set(o, "lufs_momentary_max_s",
        st_json_rounded((double)l->momentary_max_frame / r->rate_hz, 1000.0),
        ok);
    set(o, "lufs_short_term_max", db(l->short_term_max_lufs), ok);
    set(o, "lufs_short_term_max_s",
        st_json_rounded((double)l->short_term_max_frame / r->rate_hz, 1000.0),
        ok);
    set(o, "lra", db(l->range_lu), ok);
    set(o, "lra_low_lufs", db(l->range_low_lufs), ok);
    set(o, "lra_high_lufs", db(l->range_high_lufs), ok);
    set(o, "relative_gate_lufs", db(l->relative_gate_lufs), ok);
}

static void set_levels(json_t *o, const st_meter_result *r, int *ok) {
    set(o, "true_peak_dbTP", db(r->true_peak_dbtp), ok);
    set(o, "true_peak_s", st_json_rounded(r->true_peak_s, 1e5), ok);
    set(o, "true_peak_channel", json_integer(r->true_peak_channel), ok);
    set(o, "sample_peak_dbfs", db(r->sample_peak_dbfs), ok);
    set(o, "headroom_db", db(r->headroom_db), ok);
    set(o, "rms_dbfs", db(r->rms_dbfs), ok);
    set(o, "crest_factor", db(r->crest_db), ok);
    set(o, "plr_db", db(r->plr_db), ok);
    set(o, "psr_db", db(r->psr_db), ok);
    set(o, "dc_offset", st_json_rounded(r->dc_max, 1e6), ok);
}

static void set_stereo(json_t *o, const st_meter_result *r, int *ok) {
    set(o, "mono_correlation", ratio(r->correlation), ok);
    set(o, "width", ratio(r->width), ok);
    set(o, "side_mid_db", db(r->side_mid_db), ok);
    set(o, "balance_db", db(r->balance_db), ok);
    set(o, "mono_loss_db", db(r->mono_loss_db), ok);
}

static void set_faults(json_t *o, const st_meter_result *r, int *ok) {
    set(o, "clipped_runs", json_integer(r->clipped_runs), ok);
    set(o, "clipped_samples", json_integer(r->clipped_samples), ok);
    set(o, "bad_samples", json_integer(r->bad_samples), ok);
    set(o, "head_silence_s",
        st_json_rounded((double)r->head_silence_frames / r->rate_hz, 1000.0),
        ok);
    set(o, "tail_silence_s",
        st_json_rounded((double)r->tail_silence_frames / r->rate_hz, 1000.0),
        ok);
    set(o, "effective_bits", json_integer(r->bits), ok);
}

json_t *st_meter_json(const st_meter_result *result) {
    int ok = 1;
    json_t *o = json_object();
    set(o, "sample_rate", json_integer((json_int_t)result->rate_hz), &ok);
    set(o, "channels", json_integer(result->channels), &ok);
    set(o, "frames", json_integer(result->frames), &ok);
    set(o, "duration_seconds", st_json_rounded(result->seconds, 1e6), &ok);
    set_loudness(o, result, &ok);
    set_levels(o, result, &ok);
    set_stereo(o, result, &ok);
    set_faults(o, result, &ok);
    json_t *list = json_array();
    for (int c = 0; c < result->channels; c++) {
        json_t *one = channel(&result->channel[c], result->rate_hz, &ok);
        if (json_array_append_new(list, one) != 0)
            ok = 0;
    }
    set(o, "per_channel", list, &ok);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *numbers(const float *v, int count, double per_unit, int *ok) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (json_array_append_new(list,
                                  st_json_rounded((double)v[i], per_unit)) != 0)
            *ok = 0;
    return list;
}

json_t *st_meter_series_json(const st_meter_series *s, double rate_hz) {
    int ok = 1;
    json_t *o = json_object();
    double step = (double)s->step_frames / rate_hz;
    set(o, "step_seconds", st_json_rounded(step, 1e6), &ok);
    set(o, "momentary_lufs", numbers(s->momentary_lufs, s->count, 100.0, &ok),
        &ok);
    set(o, "short_term_lufs", numbers(s->short_term_lufs, s->count, 100.0, &ok),
        &ok);
    set(o, "low", numbers(s->low, s->count, 10000.0, &ok), &ok);
    set(o, "high", numbers(s->high, s->count, 10000.0, &ok), &ok);
    set(o, "rms", numbers(s->rms, s->count, 1e5, &ok), &ok);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}
