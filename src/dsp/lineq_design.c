#include "dsp/lineq_design.h"

#include "audio/fft.h"
#include "audio/window.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

/* The window's side lobes need not be deep: the corrections below remove
 * what it smears; it only has to make the ends meet zero gently. */
#define KAISER_BETA 2.0
enum { CORRECTIONS = 12 };

typedef struct {
    size_t size, bins, half; /* transform, size/2 + 1, (taps - 1) / 2 */
    st_rfft *fft;
    double *target_db; /* [bins] */
    double *window;    /* [taps] */
    float *wanted;     /* [bins] linear */
    float *asked;      /* [bins] what is transformed, corrected in turns */
    float *made;       /* [bins] what the FIR does */
    float *zero;       /* [bins] */
    float *time;       /* [size] zero phase: lag n at n, -n at size - n */
    float *scratch;
} work;

static void work_deinit(work *w) {
    st_rfft_free(w->fft);
    st_free(w->target_db);
    st_free(w->window);
    st_free(w->wanted);
    st_free(w->asked);
    st_free(w->made);
    st_free(w->zero);
    st_free(w->time);
    st_free(w->scratch);
}

static st_status work_init(work *w, size_t taps) {
    *w = (work){.size = 1024, .half = (taps - 1) / 2};
    while (w->size < 4 * taps)
        w->size *= 2;
    w->bins = w->size / 2 + 1;
    st_status status = st_rfft_new(&w->fft, w->size);
    if (status != ST_OK)
        return status;
    w->target_db = st_calloc(w->bins, sizeof(double));
    w->window = st_calloc(taps, sizeof(double));
    w->wanted = st_calloc(w->bins, sizeof(float));
    w->asked = st_calloc(w->bins, sizeof(float));
    w->made = st_calloc(w->bins, sizeof(float));
    w->zero = st_calloc(w->bins, sizeof(float));
    w->time = st_calloc(w->size, sizeof(float));
    w->scratch = st_calloc(st_rfft_scratch(w->fft), sizeof(float));
    if (w->target_db == NULL || w->window == NULL || w->wanted == NULL ||
        w->asked == NULL || w->made == NULL || w->zero == NULL ||
        w->time == NULL || w->scratch == NULL) {
        work_deinit(w);
        return ST_NO_MEM;
    }
    st_window_kaiser(w->window, taps, KAISER_BETA);
    return ST_OK;
}

/* asked -> windowed zero-phase response in `time` -> made. */
static void realise(work *w) {
    memset(w->zero, 0, w->bins * sizeof(float));
    st_rfft_inverse(w->fft, w->asked, w->zero, w->time, w->scratch);
    float scale = 1.0f / (float)w->size;
    for (size_t lag = 0; lag <= w->half; lag++) {
        float value = (float)w->window[w->half + lag] * scale * w->time[lag];
        w->time[lag] = value;
        if (lag > 0)
            w->time[w->size - lag] = value;
    }
    memset(w->time + w->half + 1, 0,
           (w->size - 2 * w->half - 1) * sizeof(float));
    st_rfft_forward(w->fft, w->time, w->made, w->zero, w->scratch);
}

/* Ask for more where less came out. Outside what is heard there is nothing to
 * hold: the correction there is left out, which frees the rest. */
static void correct(work *w, size_t first, size_t last) {
    for (size_t k = first; k <= last; k++)
        w->asked[k] += w->wanted[k] - w->made[k];
}

static double worst_error_db(const work *w, size_t first, size_t last) {
    double worst = 0.0;
    for (size_t k = first; k <= last; k++) {
        double gain = fabs((double)w->made[k]);
        double error = fabs(st_gain_to_db(gain) - w->target_db[k]);
        worst = error > worst ? error : worst;
    }
    return worst;
}

static double pre_ring_db(const work *w, double rate_hz) {
    double early = 0.0, all = 0.0;
    for (size_t lag = 0; lag <= w->half; lag++) {
        double power = (double)w->time[lag] * (double)w->time[lag];
        all += lag == 0 ? power : 2.0 * power;
        if ((double)lag > 0.001 * rate_hz)
            early += power;
    }
    return early > 1e-20 * all ? 10.0 * st_log10(early / all) : -200.0;
}

static bool is_flat(const work *w) {
    for (size_t k = 0; k < w->bins; k++)
        if (fabs(w->target_db[k] - w->target_db[0]) > 1e-9)
            return false;
    return true;
}

static void write_fir(const work *w, float *fir) {
    for (size_t lag = 0; lag <= w->half; lag++)
        fir[w->half - lag] = fir[w->half + lag] = w->time[lag];
}

static void shape(work *w, double rate_hz, float *fir,
                  st_lineq_quality *quality) {
    double top_hz = 0.45 * rate_hz < 20000.0 ? 0.45 * rate_hz : 20000.0;
    double step_hz = rate_hz / (double)w->size;
    size_t first = (size_t)(20.0 / step_hz), last = (size_t)(top_hz / step_hz);
    for (size_t k = 0; k < w->bins; k++)
        w->asked[k] = w->wanted[k] = (float)st_db_to_gain(w->target_db[k]);
    realise(w);
    for (int i = 0; i < CORRECTIONS; i++) {
        correct(w, first, last + 1 < w->bins ? last + 1 : last);
        realise(w);
    }
    if (is_flat(w)) {
        memset(w->time, 0, w->size * sizeof(float));
        w->time[0] = w->wanted[0];
        for (size_t k = 0; k < w->bins; k++)
            w->made[k] = w->wanted[0];
    }
    write_fir(w, fir);
    quality->error_db = worst_error_db(w, first + 1, last);
    quality->pre_ring_db = pre_ring_db(w, rate_hz);
}

st_status st_lineq_design(const st_lineq_curve *curve, double rate_hz,
                          float *fir, size_t taps, st_lineq_quality *quality) {
    work w;
    st_status status = work_init(&w, taps);
    if (status != ST_OK)
        return status;
    status = st_lineq_curve_sample(curve, rate_hz / (double)w.size, w.target_db,
                                   w.bins);
    if (status == ST_OK)
        shape(&w, rate_hz, fir, quality);
    work_deinit(&w);
    return status;
}
