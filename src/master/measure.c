#include "master/measure.h"

#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

enum { MAX_PIECES = 256 };

struct st_ear {
    double rate_hz;
    int channels;
    int64_t frames;
    st_meter *meter;
    st_spectrum *spectrum;
    st_stereo_sums sums;
};

double st_measure_band_hz(int band) {
    return 20 * st_exp2((band + 0.5) / ST_MEASURE_BANDS * st_log2(1000));
}

void st_measure_bands26(const st_measure *m, bool with_side, double *out) {
    for (int i = 0; i < ST_SPECTRUM_BANDS; i++) {
        double power = 0;
        for (int k = 3 * i; k < 3 * i + 3; k++) {
            power += st_exp2(m->mid_db[k] * 0.33219280948873623);
            if (with_side)
                power += st_exp2(m->side_db[k] * 0.33219280948873623);
        }
        out[i] = power > 1e-20 ? 10 * st_log10(power) : -200;
    }
}

st_status st_ear_new(st_ear **out, double rate_hz, int channels) {
    st_ear *ear = st_calloc(1, sizeof *ear);
    if (!ear)
        return ST_NO_MEM;
    ear->rate_hz = rate_hz, ear->channels = channels;
    const st_meter_params meter = {rate_hz, channels, ST_MEASURE_POINTS};
    st_spectrum_params spectrum = st_spectrum_defaults(rate_hz, channels);
    spectrum.piece_s = 4;
    st_status status = st_meter_new(&ear->meter, &meter);
    if (!status)
        status = st_spectrum_new(&ear->spectrum, &spectrum);
    if (status)
        st_ear_free(ear);
    else
        *out = ear;
    return status;
}

void st_ear_free(st_ear *ear) {
    if (!ear)
        return;
    st_meter_free(ear->meter);
    st_spectrum_free(ear->spectrum);
    st_free(ear);
}

static st_status meter_step(void *ctx, st_block *block, st_err *err) {
    (void)err;
    st_ear *ear = ctx;
    st_meter_process(ear->meter, (const float *const *)block->channel,
                     block->frames);
    return ST_OK;
}

static st_status spectrum_step(void *ctx, st_block *block, st_err *err) {
    (void)err;
    st_ear *ear = ctx;
    st_spectrum_process(ear->spectrum, (const float *const *)block->channel,
                        block->frames);
    if (block->channels > 1)
        st_stereo_sums_add(&ear->sums, block->channel[0], block->channel[1],
                           block->frames);
    ear->frames += block->frames;
    return ST_OK;
}

void st_ear_steps(st_ear *ear, const char *phase, st_flow_step *steps) {
    steps[0] = (st_flow_step){phase, meter_step, ear, 0};
    steps[1] = (st_flow_step){phase, spectrum_step, ear, 0};
}

/* A band under one bin wide gets its share of the bin: good enough, since
 * differences of spectra are what counts. */
static void fold_db(const st_ear *ear, const float *power, double *out) {
    double edges[ST_MEASURE_BANDS + 1];
    st_spectrum_log_edges(20, 20000, ST_MEASURE_BANDS, edges);
    st_spectrum_fold(power, st_spectrum_bins(ear->spectrum), ear->rate_hz,
                     edges, ST_MEASURE_BANDS, out);
    st_spectrum_db(out, ST_MEASURE_BANDS, out);
}

static double piece_power(const st_ear *ear, int piece, float *scratch) {
    double sum = 0;
    for (int part = 0; part < 2; part++) {
        st_spectrum_piece_power(ear->spectrum, piece,
                                part ? ST_SPECTRUM_SIDE : ST_SPECTRUM_MID,
                                scratch);
        for (int k = 0; k < st_spectrum_bins(ear->spectrum); k++)
            sum += scratch[k];
    }
    return sum;
}

/* Pieces divide the file evenly but for the last, shorter one; the first so
 * many seconds of the loudest pieces become excerpts. */
static void find_excerpts(const st_ear *ear, float *scratch, st_measure *out) {
    int count = st_spectrum_pieces(ear->spectrum);
    double power[MAX_PIECES];
    bool used[MAX_PIECES] = {false};
    count = count > MAX_PIECES ? MAX_PIECES : count;
    int64_t unit = (int64_t)(4 * ear->rate_hz), piece = unit;
    while (count > 0 && piece * count < ear->frames)
        piece += unit;
    for (int i = 0; i < count; i++)
        power[i] = piece_power(ear, i, scratch);
    out->excerpt_frames = unit < ear->frames ? unit : ear->frames;
    for (int n = 0; n < ST_MEASURE_EXCERPTS; n++) {
        int best = -1;
        for (int i = 0; i < count; i++)
            if (!used[i] && (best < 0 || power[i] > power[best]) &&
                i * piece + out->excerpt_frames <= ear->frames)
                best = i;
        if (best < 0)
            break;
        for (int i = best - 1; i <= best + 1; i++)
            if (i >= 0 && i < count)
                used[i] = true;
        out->excerpt[out->excerpts++] = best * piece;
    }
}

static double side_under(const st_ear *ear, const float *mid, const float *side,
                         double hz) {
    double m = 0, s = 0;
    int size = 2 * (st_spectrum_bins(ear->spectrum) - 1);
    for (int k = 1; k < size / 2 && k * ear->rate_hz / size < hz; k++)
        m += mid[k], s += side[k];
    return s > 1e-12 * m && s > 1e-14 ? 10 * st_log10(s / (m + 1e-20)) : -200;
}

static void get_spectra(const st_ear *ear, st_measure *out) {
    size_t bins = (size_t)st_spectrum_bins(ear->spectrum);
    float *mid = st_calloc(bins, sizeof *mid);
    float *side = st_calloc(bins, sizeof *side);
    if (mid && side) {
        st_spectrum_power_loud(ear->spectrum, ST_SPECTRUM_MID, mid, NULL);
        st_spectrum_power_loud(ear->spectrum, ST_SPECTRUM_SIDE, side, NULL);
        fold_db(ear, mid, out->loud_mid_db);
        fold_db(ear, side, out->loud_side_db);
        find_excerpts(ear, mid, out);
        st_spectrum_power(ear->spectrum, ST_SPECTRUM_MID, mid);
        st_spectrum_power(ear->spectrum, ST_SPECTRUM_SIDE, side);
        fold_db(ear, mid, out->mid_db);
        fold_db(ear, side, out->side_db);
        out->low_side_db = side_under(ear, mid, side, 120);
        out->tilt_db_oct =
            st_spectrum_tilt_db_oct(mid, (int)bins, ear->rate_hz);
    }
    st_free(mid);
    st_free(side);
}

static void get_series(const st_ear *ear, st_measure *out) {
    st_meter_series series;
    st_meter_get_series(ear->meter, &series);
    int count =
        series.count < ST_MEASURE_POINTS ? series.count : ST_MEASURE_POINTS;
    if (count > 0) {
        memcpy(out->momentary, series.momentary_lufs,
               (size_t)count * sizeof(float));
        memcpy(out->short_term, series.short_term_lufs,
               (size_t)count * sizeof(float));
    }
    out->points = count;
    out->step_s = (double)series.step_frames / ear->rate_hz;
}

void st_ear_finish(st_ear *ear, st_measure *out) {
    memset(out, 0, sizeof *out);
    st_meter_finish(ear->meter);
    st_spectrum_finish(ear->spectrum);
    st_meter_get(ear->meter, &out->meter);
    out->sums = ear->sums;
    out->silent = !(out->meter.sample_peak_dbfs > -90);
    get_spectra(ear, out);
    get_series(ear, out);
}

st_status st_measure_source(st_source *source, st_pool *pool, st_measure *out,
                            st_err *err) {
    st_ear *ear = NULL;
    st_status status =
        st_ear_new(&ear, source->format.rate_hz, source->format.channels);
    if (status)
        return st_err_set(err, status, "Out of memory.");
    st_flow_step steps[ST_EAR_STEPS];
    st_ear_steps(ear, "measuring", steps);
    status =
        st_flow_run(pool, source, -1, 0, steps, ST_EAR_STEPS, NULL, NULL, err);
    if (!status)
        st_ear_finish(ear, out);
    st_ear_free(ear);
    return status;
}
