#include "analysis/bar_phase.h"

#include "analysis/bar_path.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>

const st_phase_weights st_phase_fitted = {
    .bar = 1.4f, .gain = 0.3, .trust = 0.1};

static const float most = 8.0f; /* nats a single change may count */
static const double unsure = 0.01, sure = 0.99;

/* Cut and centred: what is as usual speaks neither for nor against. */
static void centre(float *change, int64_t n, float weight) {
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        change[i] = change[i] < most ? change[i] : most;
        sum += (double)change[i];
    }
    float mean = (float)(sum / (double)n);
    for (int64_t i = 0; i < n; i++)
        change[i] = weight * (change[i] - mean);
}

/* Mean log of the greatest activation within two frames of each place. */
static double heard(const st_phase_input *in, const double *time_s, int64_t n) {
    double sum = 0.0;
    for (int64_t k = 0; k < n; k++) {
        int64_t f = llround(time_s[k] * ST_RHYTHM_FPS);
        double top = unsure;
        for (int64_t i = f - 2; i <= f + 2; i++)
            if (i >= 0 && i < in->frames && (double)in->activation[i] > top)
                top = (double)in->activation[i];
        sum += st_log(top < sure ? top : sure);
    }
    return sum / (double)n;
}

/* The beats one after the other in at[0..count), the places between them
 * after those; all in turn in grid. */
static void places(const st_phase_input *in, double *at, double *grid) {
    for (int64_t i = 0; i < in->count; i++)
        grid[2 * i] = at[i] = in->time_s[i];
    for (int64_t i = 0; i + 1 < in->count; i++)
        grid[2 * i + 1] = at[in->count + i] =
            (in->time_s[i] + in->time_s[i + 1]) / 2.0;
}

static st_status weigh(const st_phase_input *in, const st_phase_weights *w,
                       const double *at, const float *change, float *part,
                       bool *between) {
    double gain[2] = {0.0, 0.0};
    for (int off = 0; off < 2; off++) {
        int64_t n = in->count - off;
        for (int64_t i = 0; i < n; i++)
            part[i] = change[2 * i + off];
        st_status status = st_bar_gather(part, n, in->metre, &gain[off]);
        if (status != ST_OK)
            return status;
        gain[off] /= (double)n;
    }
    double against =
        heard(in, at, in->count) - heard(in, at + in->count, in->count - 1);
    *between = gain[1] - gain[0] > w->gain + w->trust * against;
    return ST_OK;
}

st_status st_bar_phase(const st_phase_input *in,
                       const st_phase_weights *weights,
                       const st_change_ear *ear, bool *between) {
    *between = false;
    size_t n = (size_t)in->count, all = 2 * n - 1;
    double *at = st_calloc(2 * all, sizeof *at);
    float *change = st_calloc(all + n, sizeof *change);
    st_status status = at && change ? ST_OK : ST_NO_MEM;
    if (status == ST_OK) {
        places(in, at, at + all);
        status = ear->changes(ear->ctx, at + all, (int64_t)all, change);
    }
    if (status == ST_OK) {
        centre(change, (int64_t)all, 1.0f);
        status = weigh(in, weights, at, change, change + all, between);
    }
    st_free(at);
    st_free(change);
    return status;
}

st_status st_bar_changes(const double *time_s, int64_t count,
                         const st_phase_weights *weights,
                         const st_change_ear *ear, float *out) {
    st_status status = ear->changes(ear->ctx, time_s, count, out);
    if (status == ST_OK && count > 0)
        centre(out, count, weights->bar);
    return status;
}
