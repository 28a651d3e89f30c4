#include "dsp/lineq.h"

#include "core/alloc.h"
#include "core/math.h"
#include "dsp/convolve.h"
#include "dsp/lineq_design.h"

#include <math.h>

enum { MIN_TAPS = 255, MAX_TAPS = 131071 };

struct st_lineq {
    st_convolve *convolve;
    double rate_hz;
    float *fir;  /* [taps] */
    float *side; /* [taps], or NULL: as fir */
    st_lineq_info info;
};

st_lineq_params st_lineq_defaults(void) {
    return (st_lineq_params){0};
}

/* Automatic length: bass decides it, whatever the rate. The shortest of three
 * lengths that comes this near to the target. */
#define GOOD_ENOUGH_DB 0.05

static int shortest_taps(double rate_hz) {
    int taps = 8192;
    while (taps < 0.16 * rate_hz && taps < (MAX_TAPS + 1) / 4)
        taps *= 2;
    return taps - 1;
}

static bool params_are_good(const st_spec *spec, const st_lineq_params *p) {
    return st_spec_valid(spec) &&
           (p->taps == 0 || (p->taps >= MIN_TAPS && p->taps <= MAX_TAPS)) &&
           st_lineq_curve_valid(&p->mid) &&
           (!p->separate_side ||
            (spec->channels == 2 && st_lineq_curve_valid(&p->side)));
}

static st_status design(st_lineq *u, float **fir, const st_lineq_curve *curve,
                        int taps) {
    st_lineq_quality quality;
    st_free(*fir);
    *fir = st_calloc((size_t)taps, sizeof(float));
    if (*fir == NULL)
        return ST_NO_MEM;
    st_status status =
        st_lineq_design(curve, u->rate_hz, *fir, (size_t)taps, &quality);
    if (status != ST_OK)
        return status;
    if (quality.error_db > u->info.error_db)
        u->info.error_db = quality.error_db;
    if (quality.pre_ring_db > u->info.pre_ring_db)
        u->info.pre_ring_db = quality.pre_ring_db;
    return ST_OK;
}

static st_status design_both(st_lineq *u, const st_lineq_params *p, int taps) {
    u->info = (st_lineq_info){.taps = taps, .pre_ring_db = -200.0};
    st_status status = design(u, &u->fir, &p->mid, taps);
    if (status == ST_OK && p->separate_side)
        status = design(u, &u->side, &p->side, taps);
    return status;
}

static st_status build(st_lineq *u, const st_spec *spec,
                       const st_lineq_params *p) {
    int taps = p->taps > 0 ? p->taps | 1 : shortest_taps(spec->rate_hz);
    int last = p->taps > 0 ? taps : 4 * taps + 3;
    st_status status = design_both(u, p, taps);
    while (status == ST_OK && u->info.error_db > GOOD_ENOUGH_DB &&
           taps < last) {
        taps = 2 * taps + 1;
        status = design_both(u, p, taps);
    }
    if (status != ST_OK)
        return status;
    st_convolve_params fast = {u->fir, u->side, (size_t)taps, p->block_frames};
    return st_convolve_new(&u->convolve, spec, &fast);
}

st_status st_lineq_new(st_lineq **out, const st_spec *spec,
                       const st_lineq_params *params) {
    if (!params_are_good(spec, params))
        return ST_BAD_ARG;
    st_lineq *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->rate_hz = spec->rate_hz;
    st_status status = build(u, spec, params);
    if (status == ST_OK)
        *out = u;
    else
        st_lineq_free(u);
    return status;
}

void st_lineq_free(st_lineq *u) {
    if (u == NULL)
        return;
    st_convolve_free(u->convolve);
    st_free(u->fir);
    st_free(u->side);
    st_free(u);
}

void st_lineq_reset(st_lineq *u) {
    st_convolve_reset(u->convolve);
}

int st_lineq_latency_frames(const st_lineq *u) {
    return (u->info.taps - 1) / 2 + st_convolve_latency_frames(u->convolve);
}

void st_lineq_process(st_lineq *u, const float *const *in, float *const *out,
                      int frames) {
    st_convolve_process(u->convolve, in, out, frames);
}

st_lineq_info st_lineq_info_get(const st_lineq *u) {
    return u->info;
}

const float *st_lineq_fir(const st_lineq *u, bool side) {
    return side && u->side != NULL ? u->side : u->fir;
}

double st_lineq_response_db(const st_lineq *u, bool side, double hz) {
    const float *fir = st_lineq_fir(u, side);
    int half = (u->info.taps - 1) / 2;
    double sum = (double)fir[half];
    for (int lag = 1; lag <= half; lag++)
        sum += 2.0 * (double)fir[half + lag] *
               st_cospi(2.0 * hz * lag / u->rate_hz);
    return st_gain_to_db(fabs(sum));
}
