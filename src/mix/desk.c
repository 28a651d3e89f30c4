#include "mix/desk.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/delay_line.h"
#include "dsp/smooth.h"
#include "mix/busline.h"
#include "mix/units.h"

#include <stddef.h>
#include <string.h>

enum { LINES = ST_BUS_COUNT + ST_RETURNS };

typedef struct {
    int channels, bus;
    st_panner *panner;
    st_smooth send[ST_RETURNS];
} lane;

struct st_desk {
    st_spec spec;
    int stems, ducks;
    lane lane[ST_MIX_STEMS];
    float *stereo[2]; /* [max_frames]: a stem behind its fader */
    float *gain;      /* [max_frames]: of a send that moves */
    uint64_t duck_source[ST_MIX_DUCKS]; /* of ducks of buses, else 0 */
    st_busline *bus[ST_BUS_COUNT];
    st_delay_line wait[LINES]; /* buses, then returns */
    int latency;
    st_reverb *reverb;
    st_echo *echo;
    st_biquad *eq;
    st_panner *place;
};

/* --- making --- */

static void mix_params(const st_mix_recipe *r, st_biquad_params *eq,
                       st_panner_params *place) {
    const st_move *m = &r->mix[ST_MIXMOVE_PLACE];
    st_units_eq(r->mix, eq);
    *place = st_panner_defaults();
    place->pan = st_move_value(m, ST_PLACE_PAN);
    place->width = st_move_value(m, ST_PLACE_WIDTH) / 100.0;
}

static const st_move *send_of(const st_mix_stem *stem, int which) {
    return &stem->move[which == ST_RETURN_REVERB ? ST_STRIP_REVERB
                                                 : ST_STRIP_DELAY];
}

static st_status make_lanes(st_desk *d, const st_mix_recipe *r) {
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < r->stems; i++) {
        st_spec spec = d->spec;
        st_panner_params params;
        lane *l = &d->lane[i];
        spec.channels = l->channels = r->stem[i].channels;
        l->bus = (int)r->stem[i].bus;
        st_units_panner(&r->stem[i], &params);
        status = st_panner_new(&l->panner, &spec, &params);
        for (int w = 0; w < ST_RETURNS; w++) {
            st_smooth_init(&l->send[w], spec.rate_hz, 20.0);
            st_smooth_to(&l->send[w], st_units_send(send_of(&r->stem[i], w)));
            st_smooth_settle(&l->send[w]);
        }
    }
    return status;
}

static st_status make_buses(st_desk *d, const st_mix_recipe *r, bool live) {
    st_status status = ST_OK;
    for (int b = 0; status == ST_OK && b < ST_BUS_COUNT; b++) {
        status = st_busline_new(&d->bus[b], &d->spec, r, b, live);
        if (status != ST_OK)
            break;
        int late = st_busline_tap_latency(d->bus[b], ST_BUSTAP_FADER);
        d->latency = late > d->latency ? late : d->latency;
    }
    for (int i = 0; i < LINES && status == ST_OK; i++) {
        int late = i < ST_BUS_COUNT
                       ? st_busline_tap_latency(d->bus[i], ST_BUSTAP_FADER)
                       : 0;
        status = st_delay_line_init(&d->wait[i], 2, d->latency - late);
    }
    return status;
}

static st_status make_returns(st_desk *d, const st_mix_recipe *r, bool live) {
    st_reverb_params reverb;
    st_echo_params echo;
    st_units_reverb(&r->reverb, &reverb);
    st_units_echo(&r->delay, &echo);
    st_status status = ST_OK;
    if (live || st_move_acts(&r->reverb))
        status = st_reverb_new(&d->reverb, &d->spec, &reverb);
    if (status == ST_OK && (live || st_move_acts(&r->delay)))
        status = st_echo_new(&d->echo, &d->spec, &echo);
    return status;
}

static st_status make_mix(st_desk *d, const st_mix_recipe *r, bool live) {
    st_biquad_params eq;
    st_panner_params place;
    mix_params(r, &eq, &place);
    st_status status = st_panner_new(&d->place, &d->spec, &place);
    if (status == ST_OK && (live || st_units_eq_acts(r->mix)))
        status = st_biquad_new(&d->eq, &d->spec, &eq);
    size_t n = (size_t)d->spec.max_frames;
    d->stereo[0] = st_calloc(n, sizeof(float));
    d->stereo[1] = st_calloc(n, sizeof(float));
    d->gain = st_calloc(n, sizeof(float));
    if (d->stereo[0] == NULL || d->stereo[1] == NULL || d->gain == NULL)
        return ST_NO_MEM;
    return status;
}

static void take_ducks(st_desk *d, const st_mix_recipe *r) {
    d->ducks = r->ducks;
    for (int i = 0; i < r->ducks; i++)
        d->duck_source[i] =
            r->duck[i].target >= ST_TARGET_BUS ? r->duck[i].source : 0;
}

st_status st_desk_new(st_desk **out, const st_spec *spec,
                      const st_mix_recipe *recipe, bool live) {
    if (!st_spec_valid(spec) || spec->channels != 2)
        return ST_BAD_ARG;
    st_desk *d = st_calloc(1, sizeof *d);
    if (d == NULL)
        return ST_NO_MEM;
    d->spec = *spec;
    d->stems = recipe->stems;
    take_ducks(d, recipe);
    st_status status = make_lanes(d, recipe);
    if (status == ST_OK)
        status = make_buses(d, recipe, live);
    if (status == ST_OK)
        status = make_returns(d, recipe, live);
    if (status == ST_OK)
        status = make_mix(d, recipe, live);
    if (status == ST_OK)
        *out = d;
    else
        st_desk_free(d);
    return status;
}

void st_desk_free(st_desk *d) {
    if (d == NULL)
        return;
    for (int i = 0; i < ST_MIX_STEMS; i++)
        st_panner_free(d->lane[i].panner);
    for (int b = 0; b < ST_BUS_COUNT; b++)
        st_busline_free(d->bus[b]);
    for (int i = 0; i < LINES; i++)
        st_delay_line_deinit(&d->wait[i]);
    st_reverb_free(d->reverb);
    st_echo_free(d->echo);
    st_biquad_free(d->eq);
    st_panner_free(d->place);
    st_free(d->stereo[0]);
    st_free(d->stereo[1]);
    st_free(d->gain);
    st_free(d);
}

void st_desk_reset(st_desk *d) {
    for (int i = 0; i < d->stems; i++) {
        st_panner_reset(d->lane[i].panner);
        for (int w = 0; w < ST_RETURNS; w++)
            st_smooth_settle(&d->lane[i].send[w]);
    }
    for (int b = 0; b < ST_BUS_COUNT; b++)
        st_busline_reset(d->bus[b]);
    for (int i = 0; i < LINES; i++)
        st_delay_line_reset(&d->wait[i]);
    if (d->reverb != NULL)
        st_reverb_reset(d->reverb);
    if (d->echo != NULL)
        st_echo_reset(d->echo);
    if (d->eq != NULL)
        st_biquad_reset(d->eq);
    st_panner_reset(d->place);
}

static void set_returns(st_desk *d, const st_mix_recipe *r) {
    if (d->reverb != NULL) {
        st_reverb_params params;
        st_units_reverb(&r->reverb, &params);
        st_reverb_set(d->reverb, &params);
    }
    if (d->echo != NULL) {
        st_echo_params params;
        st_units_echo(&r->delay, &params);
        st_echo_set(d->echo, &params);
    }
}

void st_desk_set(st_desk *d, const st_mix_recipe *recipe) {
    st_biquad_params eq;
    st_panner_params place;
    take_ducks(d, recipe);
    for (int i = 0; i < d->stems; i++) {
        st_panner_params params;
        lane *l = &d->lane[i];
        st_units_panner(&recipe->stem[i], &params);
        st_panner_set(l->panner, &params);
        for (int w = 0; w < ST_RETURNS; w++) {
            float gain = st_units_send(send_of(&recipe->stem[i], w));
            if (l->send[w].target != gain) /* else a move would begin anew */
                st_smooth_to(&l->send[w], gain);
        }
    }
    for (int b = 0; b < ST_BUS_COUNT; b++)
        st_busline_set(d->bus[b], recipe);
    set_returns(d, recipe);
    mix_params(recipe, &eq, &place);
    if (d->eq != NULL)
        st_biquad_set(d->eq, &eq);
    st_panner_set(d->place, &place);
}

int st_desk_latency_frames(const st_desk *d) {
    return d->latency;
}

int st_desk_tail_frames(const st_desk *d) {
    int reverb = d->reverb != NULL ? st_reverb_tail_frames(d->reverb) : 0;
    int echo = d->echo != NULL ? st_echo_tail_frames(d->echo) : 0;
    return reverb > echo ? reverb : echo;
}

int st_desk_tap_latency(const st_desk *d, int bus, st_bus_tap tap) {
    return bus == ST_BUS_COUNT ? d->latency
                               : st_busline_tap_latency(d->bus[bus], tap);
}

bool st_desk_has(const st_desk *d, int bus, st_bus_tap tap) {
    if (bus == ST_BUS_COUNT)
        return tap != ST_BUSTAP_EQ || d->eq != NULL;
    return st_busline_has(d->bus[bus], tap);
}

/* --- blocks --- */

enum { PLANES = 2 * ST_BUS_COUNT + 2 * ST_RETURNS + ST_MIX_DUCKS };

st_status st_desk_io_new(st_desk_io *io, int max_frames) {
    size_t n = (size_t)max_frames;
    float *at = st_calloc(n * PLANES, sizeof(float));
    memset(io, 0, sizeof *io);
    if (at == NULL)
        return ST_NO_MEM;
    io->memory = at;
    for (int b = 0; b < ST_BUS_COUNT; b++)
        for (int c = 0; c < 2; c++, at += n)
            io->bus[b][c] = at;
    for (int w = 0; w < ST_RETURNS; w++)
        for (int c = 0; c < 2; c++, at += n)
            io->send[w][c] = at;
    for (int i = 0; i < ST_MIX_DUCKS; i++, at += n)
        io->key[i] = at;
    return ST_OK;
}

void st_desk_io_free(st_desk_io *io) {
    st_free(io->memory);
    memset(io, 0, sizeof *io);
}

static void clear(st_desk *d, st_desk_io *io) {
    size_t bytes = (size_t)io->frames * sizeof(float);
    for (int c = 0; c < 2; c++) {
        for (int b = 0; b < ST_BUS_COUNT; b++)
            memset(io->bus[b][c], 0, bytes);
        for (int w = 0; w < ST_RETURNS; w++)
            memset(io->send[w][c], 0, bytes);
    }
    for (int i = 0; i < d->ducks; i++)
        memset(io->key[i], 0, bytes);
}

static void add(float *to, const float *x, int n) {
    for (int i = 0; i < n; i++)
        to[i] += x[i];
}

static void add_scaled(float *to, const float *x, float gain, int n) {
    for (int i = 0; i < n; i++)
        to[i] += x[i] * gain;
}

static void add_moved(float *to, const float *x, const float *gain, int n) {
    for (int i = 0; i < n; i++)
        to[i] += x[i] * gain[i];
}

static void send(st_desk *d, lane *l, int which, float *const *x,
                 st_desk_io *io) {
    st_smooth *s = &l->send[which];
    if (st_smooth_is(s, 0.0f))
        return;
    bool moves = s->left > 0;
    float gain = s->target;
    if (moves)
        st_smooth_fill(s, d->gain, io->frames);
    for (int c = 0; c < 2; c++)
        if (moves)
            add_moved(io->send[which][c], x[c], d->gain, io->frames);
        else
            add_scaled(io->send[which][c], x[c], gain, io->frames);
}

static void add_key(const float *const *print, int channels, float *key,
                    int frames) {
    if (channels == 1)
        add(key, print[0], frames);
    else
        for (int i = 0; i < frames; i++)
            key[i] += 0.5f * (print[0][i] + print[1][i]);
}

void st_desk_gather(st_desk *d, const float *const *const *prints,
                    float *const *const *faded, int frames, st_desk_io *io) {
    io->frames = frames;
    clear(d, io);
    for (int i = 0; i < d->stems; i++) {
        lane *l = &d->lane[i];
        bool kept = faded != NULL && faded[i] != NULL;
        float *const *x = kept ? faded[i] : d->stereo;
        st_panner_process(l->panner, prints[i], x, frames);
        for (int c = 0; c < 2; c++)
            add(io->bus[l->bus][c], x[c], frames);
        for (int w = 0; w < ST_RETURNS; w++)
            send(d, l, w, x, io);
        for (int k = 0; k < d->ducks; k++)
            if (d->duck_source[k] >> i & 1)
                add_key(prints[i], l->channels, io->key[k], frames);
    }
}

void st_desk_bus(st_desk *d, int bus, st_desk_io *io, const st_desk_ear *ear) {
    st_busline_process(d->bus[bus], io->bus[bus], io->key, io->frames, ear);
    st_delay_line_process(&d->wait[bus], io->bus[bus], io->frames);
}

void st_desk_return(st_desk *d, int which, st_desk_io *io) {
    float *const *x = io->send[which];
    const float *const *in = (const float *const *)x;
    if (which == ST_RETURN_REVERB && d->reverb != NULL)
        st_reverb_process(d->reverb, in, x, io->frames);
    else if (which == ST_RETURN_DELAY && d->echo != NULL)
        st_echo_process(d->echo, in, x, io->frames);
    else
        for (int c = 0; c < 2; c++)
            memset(x[c], 0, (size_t)io->frames * sizeof(float));
    st_delay_line_process(&d->wait[ST_BUS_COUNT + which], x, io->frames);
}

static void hear(const st_desk_ear *ear, int tap, float *const *x, int frames) {
    if (ear != NULL)
        ear->hear(ear->ctx, ST_BUS_COUNT, tap, (const float *const *)x, frames);
}

void st_desk_sum(st_desk *d, st_desk_io *io, float *const *out,
                 const st_desk_ear *ear) {
    const float *const *in = (const float *const *)out;
    for (int w = 0; w < ST_RETURNS; w++)
        if (ear != NULL && ear->returned != NULL)
            ear->returned(ear->ctx, w, (const float *const *)io->send[w],
                          io->frames);
    for (int c = 0; c < 2; c++) {
        memcpy(out[c], io->bus[0][c], (size_t)io->frames * sizeof(float));
        for (int b = 1; b < ST_BUS_COUNT; b++)
            add(out[c], io->bus[b][c], io->frames);
        for (int w = 0; w < ST_RETURNS; w++)
            add(out[c], io->send[w][c], io->frames);
    }
    hear(ear, 0, out, io->frames);
    if (d->eq != NULL)
        st_biquad_process(d->eq, in, out, io->frames);
    hear(ear, 1, out, io->frames);
    st_panner_process(d->place, in, out, io->frames);
    hear(ear, 2, out, io->frames);
}

float st_desk_gain(const st_mix_recipe *recipe) {
    const st_move *m = &recipe->mix[ST_MIXMOVE_FADER];
    return (float)st_db_to_gain(st_move_value(m, ST_FADER_GAIN));
}

st_bus_meter st_desk_read(const st_desk *d, int bus) {
    return st_busline_read(d->bus[bus]);
}
