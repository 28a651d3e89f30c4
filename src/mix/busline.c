#include "mix/busline.h"

#include "core/alloc.h"
#include "dsp/delay_line.h"
#include "mix/units.h"

#include <stddef.h>
#include <string.h>

struct st_busline {
    st_spec spec;
    int bus;
    st_biquad *eq;
    st_compressor *compressor, *parallel;
    st_transient *transient;
    st_ducker *ducker[ST_MIX_DUCKS];
    st_delay_line wait[ST_MIX_DUCKS]; /* a key, until the signal is there */
    st_panner *fader;
};

/* Depth 0 where the duck has another target by now. */
static st_ducker_params duck_params(const st_mix_recipe *r, int duck, int bus) {
    st_ducker_params params;
    st_units_ducker(&r->duck[duck], &params);
    if (r->duck[duck].target != ST_TARGET_BUS + bus)
        params.curve.range_db = 0.0;
    return params;
}

static void fader_params(const st_move *move, st_panner_params *out) {
    *out = st_panner_defaults();
    out->gain_db = st_move_value(&move[ST_BUSMOVE_FADER], ST_FADER_GAIN) +
                   st_move_value(&move[ST_BUSMOVE_COMPRESSOR], ST_COMP_MAKEUP);
}

static st_status make_tone(st_busline *b, const st_move *move, bool live) {
    st_biquad_params eq;
    st_transient_params transient;
    st_panner_params fader;
    st_units_eq(move, &eq);
    st_units_transient(&move[ST_BUSMOVE_TRANSIENT], &transient);
    fader_params(move, &fader);
    st_status status = st_panner_new(&b->fader, &b->spec, &fader);
    if (status == ST_OK && (live || st_units_eq_acts(move)))
        status = st_biquad_new(&b->eq, &b->spec, &eq);
    if (status == ST_OK && (live || st_move_acts(&move[ST_BUSMOVE_TRANSIENT])))
        status = st_transient_new(&b->transient, &b->spec, &transient);
    return status;
}

static st_status make_dynamics(st_busline *b, const st_mix_recipe *r,
                               bool live) {
    const st_move *move = r->bus[b->bus];
    st_compressor_params params;
    st_status status = ST_OK;
    st_units_compressor(&move[ST_BUSMOVE_COMPRESSOR], &params);
    if (live || st_move_acts(&move[ST_BUSMOVE_COMPRESSOR]))
        status = st_compressor_new(&b->compressor, &b->spec, &params);
    st_units_parallel(&move[ST_BUSMOVE_PARALLEL], &params);
    if (status == ST_OK && (live || st_move_acts(&move[ST_BUSMOVE_PARALLEL])))
        status = st_compressor_new(&b->parallel, &b->spec, &params);
    return status;
}

/* Each key waits as long as the units before its ducker are late. */
static st_status make_duckers(st_busline *b, const st_mix_recipe *r,
                              bool live) {
    st_status status = ST_OK;
    int late =
        b->transient != NULL ? st_transient_latency_frames(b->transient) : 0;
    for (int i = 0; status == ST_OK && i < r->ducks; i++) {
        const st_ducker_params params = duck_params(r, i, b->bus);
        bool here = r->duck[i].target == ST_TARGET_BUS + b->bus;
        if (!here || (!live && !st_move_acts(&r->duck[i])))
            continue;
        status = st_ducker_new(&b->ducker[i], &b->spec, &params);
        if (status == ST_OK)
            status = st_delay_line_init(&b->wait[i], 1, late);
        if (status == ST_OK)
            late += st_ducker_latency_frames(b->ducker[i]);
    }
    return status;
}

st_status st_busline_new(st_busline **out, const st_spec *spec,
                         const st_mix_recipe *recipe, int bus, bool live) {
    st_busline *b = st_calloc(1, sizeof *b);
    if (b == NULL)
        return ST_NO_MEM;
    b->spec = *spec;
    b->bus = bus;
    st_status status = make_tone(b, recipe->bus[bus], live);
    if (status == ST_OK)
        status = make_dynamics(b, recipe, live);
    if (status == ST_OK)
        status = make_duckers(b, recipe, live);
    if (status == ST_OK)
        *out = b;
    else
        st_busline_free(b);
    return status;
}

void st_busline_free(st_busline *b) {
    if (b == NULL)
        return;
    st_biquad_free(b->eq);
    st_compressor_free(b->compressor);
    st_compressor_free(b->parallel);
    st_transient_free(b->transient);
    st_panner_free(b->fader);
    for (int i = 0; i < ST_MIX_DUCKS; i++) {
        st_ducker_free(b->ducker[i]);
        st_delay_line_deinit(&b->wait[i]);
    }
    st_free(b);
}

void st_busline_reset(st_busline *b) {
    if (b->eq != NULL)
        st_biquad_reset(b->eq);
    if (b->compressor != NULL)
        st_compressor_reset(b->compressor);
    if (b->parallel != NULL)
        st_compressor_reset(b->parallel);
    if (b->transient != NULL)
        st_transient_reset(b->transient);
    for (int i = 0; i < ST_MIX_DUCKS; i++)
        if (b->ducker[i] != NULL) {
            st_ducker_reset(b->ducker[i]);
            st_delay_line_reset(&b->wait[i]);
        }
    st_panner_reset(b->fader);
}

static void set_compressors(st_busline *b, const st_move *move) {
    st_compressor_params params;
    if (b->compressor != NULL) {
        st_units_compressor(&move[ST_BUSMOVE_COMPRESSOR], &params);
        st_compressor_set(b->compressor, &params);
    }
    if (b->parallel != NULL) {
        st_units_parallel(&move[ST_BUSMOVE_PARALLEL], &params);
        st_compressor_set(b->parallel, &params);
    }
}

void st_busline_set(st_busline *b, const st_mix_recipe *recipe) {
    const st_move *move = recipe->bus[b->bus];
    st_panner_params fader;
    set_compressors(b, move);
    if (b->eq != NULL) {
        st_biquad_params params;
        st_units_eq(move, &params);
        st_biquad_set(b->eq, &params);
    }
    if (b->transient != NULL) {
        st_transient_params params;
        st_units_transient(&move[ST_BUSMOVE_TRANSIENT], &params);
        st_transient_set(b->transient, &params);
    }
    for (int i = 0; i < recipe->ducks; i++)
        if (b->ducker[i] != NULL) {
            const st_ducker_params params = duck_params(recipe, i, b->bus);
            st_ducker_set(b->ducker[i], &params);
        }
    fader_params(move, &fader);
    st_panner_set(b->fader, &fader);
}

static bool has_ducker(const st_busline *b) {
    bool has = false;
    for (int i = 0; i < ST_MIX_DUCKS; i++)
        has |= b->ducker[i] != NULL;
    return has;
}

bool st_busline_has(const st_busline *b, st_bus_tap tap) {
    const bool has[ST_BUSTAP_COUNT] = {true,
                                       b->eq != NULL,
                                       b->compressor != NULL,
                                       b->transient != NULL,
                                       b->parallel != NULL,
                                       has_ducker(b),
                                       true};
    return has[tap];
}

int st_busline_tap_latency(const st_busline *b, st_bus_tap tap) {
    int frames = 0;
    if (tap >= ST_BUSTAP_TRANSIENT && b->transient != NULL)
        frames += st_transient_latency_frames(b->transient);
    for (int i = 0; tap >= ST_BUSTAP_DUCK && i < ST_MIX_DUCKS; i++)
        if (b->ducker[i] != NULL)
            frames += st_ducker_latency_frames(b->ducker[i]);
    return frames;
}

static void hear(const st_busline *b, const st_desk_ear *ear, st_bus_tap tap,
                 float *const *x, int frames) {
    if (ear != NULL)
        ear->hear(ear->ctx, b->bus, (int)tap, (const float *const *)x, frames);
}

void st_busline_process(st_busline *b, float *const *x, float *const *key,
                        int frames, const st_desk_ear *ear) {
    const float *const *in = (const float *const *)x;
    hear(b, ear, ST_BUSTAP_INPUT, x, frames);
    if (b->eq != NULL)
        st_biquad_process(b->eq, in, x, frames);
    hear(b, ear, ST_BUSTAP_EQ, x, frames);
    if (b->compressor != NULL)
        st_compressor_process(b->compressor, in, x, frames);
    hear(b, ear, ST_BUSTAP_COMPRESSOR, x, frames);
    if (b->transient != NULL)
        st_transient_process(b->transient, in, x, frames);
    hear(b, ear, ST_BUSTAP_TRANSIENT, x, frames);
    if (b->parallel != NULL)
        st_compressor_process(b->parallel, in, x, frames);
    hear(b, ear, ST_BUSTAP_PARALLEL, x, frames);
    for (int i = 0; i < ST_MIX_DUCKS; i++) {
        const float *k = key[i];
        if (b->ducker[i] == NULL)
            continue;
        st_delay_line_process(&b->wait[i], &key[i], frames);
        st_ducker_process_keyed(b->ducker[i], in, &k, 1, x, frames);
    }
    hear(b, ear, ST_BUSTAP_DUCK, x, frames);
    st_panner_process(b->fader, in, x, frames);
    hear(b, ear, ST_BUSTAP_FADER, x, frames);
}

st_bus_meter st_busline_read(const st_busline *b) {
    st_bus_meter m;
    memset(&m, 0, sizeof m);
    if (b->compressor != NULL)
        m.compressor = st_compressor_reduction(b->compressor);
    if (b->parallel != NULL)
        m.parallel = st_compressor_reduction(b->parallel);
    if (b->transient != NULL)
        m.transient = st_transient_read(b->transient);
    for (int i = 0; i < ST_MIX_DUCKS; i++)
        if (b->ducker[i] != NULL)
            m.duck[i] = st_ducker_reduction(b->ducker[i]);
    return m;
}
