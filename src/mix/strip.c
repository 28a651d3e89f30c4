#include "mix/strip.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/biquad.h"
#include "dsp/compressor.h"
#include "dsp/deesser.h"
#include "dsp/delay_line.h"
#include "dsp/ducker.h"
#include "dsp/dyneq.h"
#include "dsp/smooth.h"
#include "mix/units.h"

#include <stddef.h>
#include <string.h>

enum { CHANNELS = 2, KEYS = ST_MIX_DYNEQS + 1, CHUNK = 256 };

struct st_strip {
    st_spec spec;
    int stem;
    st_biquad *filters, *eq;
    st_dyneq *dyneq;
    int dyneqs[ST_MIX_DYNEQS]; /* slot of each of its bands */
    int bands;
    st_deesser *deesser;
    st_compressor *compressor;
    st_ducker *ducker[ST_MIX_DUCKS];
    uint64_t band_keys[ST_MIX_DYNEQS], duck_keys[ST_MIX_DUCKS];
    st_delay_line wait[ST_MIX_DUCKS]; /* a key, until the signal is there */
    float *sum[KEYS]; /* [max_frames]: keys of several stems added */
    st_smooth gain[CHANNELS], dc[CHANNELS]; /* staging */
};

/* --- keys --- */

static bool ducks_stem(const st_mix_recipe *r, int duck, int stem) {
    return r->duck[duck].target == stem && st_move_acts(&r->duck[duck]);
}

/* Depth 0 where the duck has another target by now. */
static st_ducker_params duck_params(const st_mix_recipe *r, int duck,
                                    int stem) {
    st_ducker_params params;
    st_units_ducker(&r->duck[duck], &params);
    if (r->duck[duck].target != stem)
        params.curve.range_db = 0.0;
    return params;
}

uint64_t st_strip_keys(const st_mix_recipe *recipe, int stem) {
    uint64_t keys = 0;
    const st_move *move = recipe->stem[stem].move;
    for (int i = 0; i < ST_MIX_DYNEQS; i++)
        if (st_move_acts(&move[ST_STRIP_DYNEQ + i]))
            keys |= move[ST_STRIP_DYNEQ + i].source;
    for (int i = 0; i < recipe->ducks; i++)
        if (ducks_stem(recipe, i, stem))
            keys |= recipe->duck[i].source;
    return keys;
}

void st_strip_key(const st_mix_recipe *recipe, int stem, const float *const *in,
                  int channels, float *key, int frames) {
    st_strip_stage stage;
    st_strip_stage_set(&stage, recipe->stem[stem].move);
    for (int i = 0; i < frames; i++)
        key[i] = st_strip_staged(&stage, 0, in[0][i]);
    for (int i = 0; channels > 1 && i < frames; i++)
        key[i] = 0.5f * (key[i] + st_strip_staged(&stage, 1, in[1][i]));
}

/* One signal of all stems of a mask: the stem's own where it is one alone. */
static const float *key_of(const float *const *keys, uint64_t mask, float *sum,
                           int frames) {
    const float *first = NULL;
    int count = 0;
    for (int i = 0; i < ST_MIX_STEMS; i++) {
        if ((mask >> i & 1) == 0 || keys[i] == NULL)
            continue;
        if (count == 1)
            memcpy(sum, first, (size_t)frames * sizeof *sum);
        if (count++ == 0)
            first = keys[i];
        else
            for (int f = 0; f < frames; f++)
                sum[f] += keys[i][f];
    }
    return count > 1 ? sum : first;
}

/* --- making --- */

static st_status make_filters(st_strip *s, const st_move *move, bool live) {
    st_biquad_params filters, eq;
    st_units_filters(move, &filters);
    st_units_eq(&move[ST_STRIP_EQ], &eq);
    st_status status = ST_OK;
    if (live || st_move_acts(&move[ST_STRIP_HIGHPASS]) ||
        st_move_acts(&move[ST_STRIP_LOWPASS]))
        status = st_biquad_new(&s->filters, &s->spec, &filters);
    if (status == ST_OK && (live || st_units_eq_acts(&move[ST_STRIP_EQ])))
        status = st_biquad_new(&s->eq, &s->spec, &eq);
    return status;
}

static st_status make_dyneq(st_strip *s, const st_move *move, bool live) {
    st_dyneq_params params = st_dyneq_defaults();
    for (int i = 0; i < ST_MIX_DYNEQS; i++) {
        const st_move *m = &move[ST_STRIP_DYNEQ + i];
        if (!live && !st_move_acts(m))
            continue;
        s->dyneqs[s->bands] = i;
        s->band_keys[s->bands] = m->source;
        st_units_dyneq(m, &params.band[s->bands++]);
    }
    params.bands = s->bands;
    return s->bands > 0 ? st_dyneq_new(&s->dyneq, &s->spec, &params) : ST_OK;
}

static st_status make_dynamics(st_strip *s, const st_move *move, bool live) {
    st_deesser_params deesser;
    st_compressor_params compressor;
    st_units_deesser(&move[ST_STRIP_DEESSER], &deesser);
    st_units_compressor(&move[ST_STRIP_COMPRESSOR], &compressor);
    st_status status = ST_OK;
    if (live || st_move_acts(&move[ST_STRIP_DEESSER]))
        status = st_deesser_new(&s->deesser, &s->spec, &deesser);
    if (status == ST_OK && (live || st_move_acts(&move[ST_STRIP_COMPRESSOR])))
        status = st_compressor_new(&s->compressor, &s->spec, &compressor);
    return status;
}

/* Each key waits as long as the units before its ducker are late. */
static st_status make_duckers(st_strip *s, const st_mix_recipe *recipe,
                              bool live) {
    st_status status = ST_OK;
    int late = s->deesser != NULL ? st_deesser_latency_frames(s->deesser) : 0;
    for (int i = 0; status == ST_OK && i < recipe->ducks; i++) {
        bool here = recipe->duck[i].target == s->stem;
        if (!here || (!live && !st_move_acts(&recipe->duck[i])))
            continue;
        const st_ducker_params params = duck_params(recipe, i, s->stem);
        s->duck_keys[i] = recipe->duck[i].source;
        status = st_ducker_new(&s->ducker[i], &s->spec, &params);
        if (status == ST_OK)
            status = st_delay_line_init(&s->wait[i], 1, late);
        if (status == ST_OK)
            late += st_ducker_latency_frames(s->ducker[i]);
    }
    return status;
}

static void move_stage(st_smooth *s, float target) {
    if (s->target != target)
        st_smooth_to(s, target);
}

static void set_stage(st_strip *s, const st_move *move) {
    st_strip_stage stage;
    st_strip_stage_set(&stage, move);
    for (int c = 0; c < CHANNELS; c++) {
        move_stage(&s->gain[c], stage.gain[c]);
        move_stage(&s->dc[c], stage.dc[c]);
    }
}

static void settle_stage(st_strip *s) {
    for (int c = 0; c < CHANNELS; c++) {
        st_smooth_settle(&s->gain[c]);
        st_smooth_settle(&s->dc[c]);
    }
}

static void make_stage(st_strip *s, const st_move *move) {
    for (int c = 0; c < CHANNELS; c++) {
        st_smooth_init(&s->gain[c], s->spec.rate_hz, 20.0);
        st_smooth_init(&s->dc[c], s->spec.rate_hz, 20.0);
    }
    set_stage(s, move);
    settle_stage(s);
}

st_status st_strip_new(st_strip **out, const st_spec *spec,
                       const st_mix_recipe *recipe, int stem, bool live) {
    if (!st_spec_valid(spec) || spec->channels > CHANNELS)
        return ST_BAD_ARG;
    st_strip *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NO_MEM;
    const st_move *move = recipe->stem[stem].move;
    s->spec = *spec;
    s->stem = stem;
    make_stage(s, move);
    st_status status = make_filters(s, move, live);
    if (status == ST_OK)
        status = make_dyneq(s, move, live);
    if (status == ST_OK)
        status = make_dynamics(s, move, live);
    if (status == ST_OK)
        status = make_duckers(s, recipe, live);
    for (int i = 0; status == ST_OK && i < KEYS; i++) {
        s->sum[i] = st_calloc((size_t)spec->max_frames, sizeof(float));
        if (s->sum[i] == NULL)
            status = ST_NO_MEM;
    }
    if (status != ST_OK) {
        st_strip_free(s);
        return status;
    }
    *out = s;
    return ST_OK;
}

void st_strip_free(st_strip *s) {
    if (s == NULL)
        return;
    st_biquad_free(s->filters);
    st_biquad_free(s->eq);
    st_dyneq_free(s->dyneq);
    st_deesser_free(s->deesser);
    st_compressor_free(s->compressor);
    for (int i = 0; i < ST_MIX_DUCKS; i++) {
        st_ducker_free(s->ducker[i]);
        st_delay_line_deinit(&s->wait[i]);
    }
    for (int i = 0; i < KEYS; i++)
        st_free(s->sum[i]);
    st_free(s);
}

void st_strip_reset(st_strip *s) {
    if (s->filters != NULL)
        st_biquad_reset(s->filters);
    if (s->eq != NULL)
        st_biquad_reset(s->eq);
    if (s->dyneq != NULL)
        st_dyneq_reset(s->dyneq);
    if (s->deesser != NULL)
        st_deesser_reset(s->deesser);
    if (s->compressor != NULL)
        st_compressor_reset(s->compressor);
    for (int i = 0; i < ST_MIX_DUCKS; i++)
        if (s->ducker[i] != NULL) {
            st_ducker_reset(s->ducker[i]);
            st_delay_line_reset(&s->wait[i]);
        }
    settle_stage(s);
}

static void set_filters(st_strip *s, const st_move *move) {
    st_biquad_params params;
    if (s->filters != NULL) {
        st_units_filters(move, &params);
        st_biquad_set(s->filters, &params);
    }
    if (s->eq != NULL) {
        st_units_eq(&move[ST_STRIP_EQ], &params);
        st_biquad_set(s->eq, &params);
    }
}

static void set_dyneq(st_strip *s, const st_move *move) {
    st_dyneq_params params = st_dyneq_defaults();
    params.bands = s->bands;
    for (int i = 0; i < s->bands; i++) {
        const st_move *m = &move[ST_STRIP_DYNEQ + s->dyneqs[i]];
        st_units_dyneq(m, &params.band[i]);
        s->band_keys[i] = m->source;
    }
    st_dyneq_set(s->dyneq, &params);
}

void st_strip_set(st_strip *s, const st_mix_recipe *recipe) {
    const st_move *move = recipe->stem[s->stem].move;
    set_stage(s, move);
    set_filters(s, move);
    if (s->dyneq != NULL)
        set_dyneq(s, move);
    if (s->deesser != NULL) {
        st_deesser_params params;
        st_units_deesser(&move[ST_STRIP_DEESSER], &params);
        st_deesser_set(s->deesser, &params);
    }
    if (s->compressor != NULL) {
        st_compressor_params params;
        st_units_compressor(&move[ST_STRIP_COMPRESSOR], &params);
        st_compressor_set(s->compressor, &params);
    }
    for (int i = 0; i < recipe->ducks; i++)
        if (s->ducker[i] != NULL) {
            const st_ducker_params params = duck_params(recipe, i, s->stem);
            s->duck_keys[i] = recipe->duck[i].source;
            st_ducker_set(s->ducker[i], &params);
        }
}

/* --- latency --- */

static bool has_ducker(const st_strip *s) {
    bool has = false;
    for (int i = 0; i < ST_MIX_DUCKS; i++)
        has |= s->ducker[i] != NULL;
    return has;
}

bool st_strip_has(const st_strip *s, st_strip_tap tap) {
    const bool has[ST_TAP_COUNT] = {true,
                                    s->filters != NULL,
                                    s->eq != NULL,
                                    s->dyneq != NULL,
                                    s->deesser != NULL,
                                    s->compressor != NULL,
                                    has_ducker(s)};
    return has[tap];
}

int st_strip_tap_latency(const st_strip *s, st_strip_tap tap) {
    int frames = 0;
    if (tap >= ST_TAP_DEESSER && s->deesser != NULL)
        frames += st_deesser_latency_frames(s->deesser);
    if (tap >= ST_TAP_COMPRESSOR && s->compressor != NULL)
        frames += st_compressor_latency_frames(s->compressor);
    for (int i = 0; tap >= ST_TAP_DUCK && i < ST_MIX_DUCKS; i++)
        if (s->ducker[i] != NULL)
            frames += st_ducker_latency_frames(s->ducker[i]);
    return frames;
}

int st_strip_latency_frames(const st_strip *s) {
    return st_strip_tap_latency(s, ST_TAP_DUCK);
}

/* --- running --- */

static void hear(const st_tap_ear *ear, st_strip_tap tap, float *const *signal,
                 int frames) {
    if (ear != NULL)
        ear->hear(ear->ctx, (int)tap, (const float *const *)signal, frames);
}

static void run_dyneq(st_strip *s, const float *const *keys, float *const *x,
                      int frames) {
    const float *key[ST_DYNEQ_MAX_BANDS] = {NULL};
    for (int i = 0; i < s->bands; i++)
        key[i] = key_of(keys, s->band_keys[i], s->sum[i], frames);
    st_dyneq_process_keyed(s->dyneq, (const float *const *)x, key, x, frames);
}

static void run_ducker(st_strip *s, int duck, const float *const *keys,
                       float *const *x, int frames) {
    float *sum = s->sum[KEYS - 1];
    size_t bytes = (size_t)frames * sizeof *sum;
    const float *key = key_of(keys, s->duck_keys[duck], sum, frames);
    if (key == NULL)
        memset(sum, 0, bytes);
    else if (key != sum)
        memcpy(sum, key, bytes);
    st_delay_line_process(&s->wait[duck], &sum, frames);
    key = sum;
    st_ducker_process_keyed(s->ducker[duck], (const float *const *)x, &key, 1,
                            x, frames);
}

static void run_stage(st_strip *s, int c, const float *in, float *out,
                      int frames) {
    float gain[CHUNK], dc[CHUNK];
    int at = 0;
    for (; at < frames && s->gain[c].left + s->dc[c].left > 0; at += CHUNK) {
        int n = frames - at < CHUNK ? frames - at : CHUNK;
        st_smooth_fill(&s->gain[c], gain, n);
        st_smooth_fill(&s->dc[c], dc, n);
        for (int i = 0; i < n; i++)
            out[at + i] = (in[at + i] - dc[i]) * gain[i];
    }
    for (; at < frames; at++)
        out[at] = (in[at] - s->dc[c].target) * s->gain[c].target;
}

void st_strip_process(st_strip *s, const float *const *in,
                      const float *const *keys, float *const *out, int frames,
                      const st_tap_ear *ear) {
    const float *const *x = (const float *const *)out;
    for (int c = 0; c < s->spec.channels; c++)
        run_stage(s, c, in[c], out[c], frames);
    hear(ear, ST_TAP_INPUT, out, frames);
    if (s->filters != NULL)
        st_biquad_process(s->filters, x, out, frames);
    hear(ear, ST_TAP_FILTERS, out, frames);
    if (s->eq != NULL)
        st_biquad_process(s->eq, x, out, frames);
    hear(ear, ST_TAP_EQ, out, frames);
    if (s->dyneq != NULL)
        run_dyneq(s, keys, out, frames);
    hear(ear, ST_TAP_DYNEQ, out, frames);
    if (s->deesser != NULL)
        st_deesser_process(s->deesser, x, out, frames);
    hear(ear, ST_TAP_DEESSER, out, frames);
    if (s->compressor != NULL)
        st_compressor_process(s->compressor, x, out, frames);
    hear(ear, ST_TAP_COMPRESSOR, out, frames);
    for (int i = 0; i < ST_MIX_DUCKS; i++)
        if (s->ducker[i] != NULL)
            run_ducker(s, i, keys, out, frames);
    hear(ear, ST_TAP_DUCK, out, frames);
}

st_strip_meter st_strip_read(const st_strip *s) {
    st_strip_meter m;
    memset(&m, 0, sizeof m);
    if (s->compressor != NULL)
        m.compressor = st_compressor_reduction(s->compressor);
    if (s->deesser != NULL)
        m.deesser = st_deesser_reduction(s->deesser);
    for (int i = 0; i < s->bands; i++)
        m.band[s->dyneqs[i]] = st_dyneq_reduction(s->dyneq, i);
    for (int i = 0; i < ST_MIX_DUCKS; i++)
        if (s->ducker[i] != NULL)
            m.duck = st_ducker_reduction(s->ducker[i]);
    return m;
}
