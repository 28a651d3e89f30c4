#include "analysis/spectra.h"

#include "analysis/cqt.h"
#include "analysis/mel.h"
#include "analysis/mfcc.h"
#include "analysis/multires.h"
#include "analysis/powerspec.h"
#include "core/alloc.h"

enum { COLUMNS = 4096, MELS = ST_SPECTRA_MELS };
#define TUNED 0.1

struct st_spectra {
    st_spectra_params params;
    st_powerspec *spectra;
    st_mel_bank *bank;
    st_mfcc *mfcc;
    st_tuning *tuning;
    st_cqt *cqt;
    st_chroma *chroma;
    st_multires *multires;                    /* NULL where not wanted */
    st_grid *stft_grid, *mel_grid, *cqt_grid; /* NULL without pictures */
    st_grid *multires_grid, *chroma_grid;
    int64_t samples;
    float mel[MELS];
};

static void pass(st_frame_sink sink, int64_t frame, const float *values) {
    if (sink.frame != NULL)
        sink.frame(sink.ctx, frame, values);
}

static void on_power(void *ctx, int64_t frame, const float *power) {
    st_spectra *s = ctx;
    pass(s->params.power, frame, power);
    st_tuning_add(s->tuning, power);
    st_mel_bank_fold(s->bank, power, s->mel);
    pass(s->params.mel, frame, s->mel);
    if (s->mfcc != NULL)
        st_mfcc_process(s->mfcc, s->mel);
    if (s->stft_grid == NULL)
        return;
    st_grid_add(s->stft_grid, power);
    st_grid_add(s->mel_grid, s->mel);
}

static void on_cqt(void *ctx, int64_t frame, const float *bins) {
    st_spectra *s = ctx;
    pass(s->params.cqt, frame, bins);
    if (s->cqt_grid != NULL)
        st_grid_add(s->cqt_grid, bins);
}

static st_status make_grids(st_spectra *s) {
    if (!s->params.pictures)
        return ST_OK;
    st_status status =
        st_grid_new(&s->stft_grid, ST_SPECTRA_SIZE / 2 + 1, COLUMNS);
    if (status == ST_OK)
        status = st_grid_new(&s->mel_grid, MELS, COLUMNS);
    if (status == ST_OK)
        status = st_grid_new(&s->cqt_grid, ST_SPECTRA_CQT, COLUMNS);
    if (status == ST_OK)
        status = st_grid_new(&s->chroma_grid, ST_CHROMA_CLASSES, COLUMNS);
    return status;
}

static st_status make_multires(st_spectra *s) {
    st_multires_params params = st_multires_defaults(s->params.rate_hz);
    if (!s->params.multires)
        return ST_OK;
    st_status status =
        st_grid_new(&s->multires_grid, st_multires_rows(&params), COLUMNS);
    params.joined = (st_frame_sink){st_grid_sink, s->multires_grid};
    if (status == ST_OK)
        status = st_multires_new(&s->multires, &params);
    return status;
}

static st_status make_units(st_spectra *s) {
    double rate = s->params.rate_hz;
    st_powerspec_params power = {ST_SPECTRA_SIZE, ST_SPECTRA_HOP};
    st_mel_params mel = st_mel_defaults(rate);
    st_cqt_params cqt = st_cqt_defaults(rate);
    st_status status = st_mel_bank_new(&s->bank, &mel);
    if (status == ST_OK)
        status =
            st_powerspec_new(&s->spectra, &power, (st_frame_sink){on_power, s});
    if (status == ST_OK)
        status = st_tuning_new(&s->tuning, rate, ST_SPECTRA_SIZE);
    if (status == ST_OK && s->params.mfcc.frame != NULL)
        status = st_mfcc_new(&s->mfcc, MELS, ST_SPECTRA_MFCC, s->params.mfcc);
    if (status == ST_OK)
        status = st_chroma_new(&s->chroma, rate, ST_SPECTRA_HOP);
    if (status == ST_OK) {
        st_chroma_tap(s->chroma, s->params.fine);
        st_chroma_tap_fine(s->chroma, s->params.classes);
        if (s->params.no_chroma && !s->params.pictures)
            st_chroma_forget(s->chroma);
    }
    if (status == ST_OK && (s->params.pictures || s->params.cqt.frame != NULL))
        status = st_cqt_new(&s->cqt, &cqt, (st_frame_sink){on_cqt, s});
    return status;
}

st_status st_spectra_new(st_spectra **out, const st_spectra_params *params) {
    st_spectra *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NO_MEM;
    s->params = *params;
    st_status status = make_units(s);
    if (status == ST_OK)
        status = make_grids(s);
    if (status == ST_OK)
        status = make_multires(s);
    if (status == ST_OK)
        *out = s;
    else
        st_spectra_free(s);
    return status;
}

void st_spectra_free(st_spectra *s) {
    if (s == NULL)
        return;
    st_powerspec_free(s->spectra);
    st_mel_bank_free(s->bank);
    st_mfcc_free(s->mfcc);
    st_tuning_free(s->tuning);
    st_cqt_free(s->cqt);
    st_chroma_free(s->chroma);
    st_multires_free(s->multires);
    st_grid_free(s->multires_grid);
    st_grid_free(s->chroma_grid);
    st_grid_free(s->stft_grid);
    st_grid_free(s->mel_grid);
    st_grid_free(s->cqt_grid);
    st_free(s);
}

st_status st_spectra_process(st_spectra *s, const float *in, int64_t n) {
    s->samples += n;
    st_powerspec_process(s->spectra, in, n);
    if (s->cqt != NULL)
        st_cqt_process(s->cqt, in, n);
    if (s->multires != NULL)
        st_multires_process(s->multires, in, n);
    return st_chroma_process(s->chroma, in, n);
}

/* The tuning is known at the end only, and with it the pitch classes. */
static void draw_chroma(st_spectra *s) {
    double cents = st_spectra_cents(s);
    for (int64_t i = 0; i < st_chroma_frames(s->chroma); i++) {
        float v[ST_CHROMA_CLASSES];
        st_chroma_get(s->chroma, ST_CHROMA_ALL, cents, ST_CHROMA_MAX, i, 1, v);
        st_grid_add(s->chroma_grid, v);
    }
}

st_status st_spectra_finish(st_spectra *s) {
    st_powerspec_finish(s->spectra);
    if (s->mfcc != NULL)
        st_mfcc_finish(s->mfcc);
    if (s->cqt != NULL)
        st_cqt_finish(s->cqt);
    if (s->multires != NULL)
        st_multires_finish(s->multires);
    st_status status = st_chroma_finish(s->chroma);
    if (status == ST_OK && s->chroma_grid != NULL)
        draw_chroma(s);
    if (s->params.no_chroma)
        st_chroma_forget(s->chroma);
    return status;
}

const st_chroma *st_spectra_chroma(const st_spectra *s) {
    return s->chroma;
}

st_tuning_result st_spectra_tuning(const st_spectra *s) {
    return st_tuning_get(s->tuning);
}

double st_spectra_cents(const st_spectra *s) {
    st_tuning_result r = st_tuning_get(s->tuning);
    return r.confidence >= TUNED ? r.cents : 0.0;
}

/* --- pictures --- */

st_status st_spectra_picture(const st_spectra *s, st_picture_kind kind,
                             const char *title, int width, int height,
                             unsigned char **bytes, size_t *size) {
    bool kept =
        kind == ST_PICTURE_MULTIRES ? s->params.multires : s->params.pictures;
    if (!kept || kind < ST_PICTURE_STFT || kind > ST_PICTURE_MULTIRES)
        return ST_BAD_ARG;
    st_picture_spec spec = st_picture_defaults(kind, s->params.rate_hz);
    spec.title = title;
    spec.width = width > 0 ? width : spec.width;
    spec.height = height > 0 ? height : spec.height;
    if (kind != ST_PICTURE_MULTIRES)
        spec.hop = ST_SPECTRA_HOP;
    spec.seconds = (double)s->samples / s->params.rate_hz;
    if (kind == ST_PICTURE_STFT)
        spec.full_scale = ST_SPECTRA_SIZE / 4.0 * (ST_SPECTRA_SIZE / 4.0);
    const st_grid *grid[] = {s->stft_grid, s->mel_grid, s->cqt_grid,
                             s->chroma_grid, s->multires_grid};
    return st_picture_png(grid[kind], &spec, bytes, size);
}
