#include "analysis/tempo.h"

#include "analysis/rhythm.h"
#include "analysis/tempo_fit.h"
#include "core/alloc.h"
#include "core/math.h"
#include "models/beat/beat.h"

#include <math.h>
#include <stdlib.h>

enum {
    RATIOS = ST_TEMPO_RATIOS,
    TEMPI = ST_BEAT_TEMPI,
    REACH = 2,  /* classes around a tempo that are its own: 4 % */
    PHASES = 6, /* of a grid that are compared, a beat */
    LEAST_S = 3
};

static const struct {
    int up, down;
} ratios[RATIOS] = {{1, 1}, {2, 1}, {1, 2}, {3, 1}, {1, 3},
                    {3, 2}, {2, 3}, {4, 3}, {3, 4}};
static const double least = 0.01, most = 0.98, least_mass = 0.002;

double st_tempo_ratio(int index) {
    return (double)ratios[index].up / ratios[index].down;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

st_status st_tempo_median(const double *time_s, int64_t beats,
                          double *length_s) {
    int64_t n = beats - 1;
    double *d = st_calloc((size_t)n, sizeof *d);
    if (d == NULL)
        return ST_NO_MEM;
    for (int64_t i = 0; i < n; i++)
        d[i] = time_s[i + 1] - time_s[i];
    qsort(d, (size_t)n, sizeof *d, ascending);
    *length_s = n % 2 ? d[n / 2] : 0.5 * (d[n / 2 - 1] + d[n / 2]);
    st_free(d);
    return ST_OK;
}

/* --- what the network says of a tempo, along the path --- */

static double share_of(const float *row, double bpm) {
    int c = (int)lround(st_beat_bpm_class(bpm));
    double sum = 0.0;
    for (int i = c - REACH; i <= c + REACH; i++)
        if (i >= 0 && i < TEMPI)
            sum += (double)row[i];
    return sum;
}

static void fill_mass(st_tempo_evidence *e, const st_tempo_input *in) {
    double sum[RATIOS] = {0}, all = 0.0;
    for (int64_t i = 0; i + 1 < in->beats; i++) {
        double length = in->time_s[i + 1] - in->time_s[i];
        int64_t second = (int64_t)in->time_s[i];
        const float *row = in->tempo + second * (TEMPI + 1);
        all += length * (1.0 - (double)row[TEMPI]);
        for (int r = 0; r < RATIOS; r++)
            sum[r] += length * share_of(row, 60.0 / length * st_tempo_ratio(r));
    }
    for (int r = 0; r < RATIOS; r++)
        e->mass[r] = st_log(sum[r] / (all + 1e-9) + least_mass);
}

/* --- how well the activations fit its grid --- */

static double log_odds(double b) {
    b = b < least ? least : b > most ? most : b;
    return st_log(b / (1.0 - b));
}

/* The greatest activation within a frame of a time. */
static double near(const st_tempo_input *in, double time_s) {
    int64_t f = llround(time_s * ST_RHYTHM_FPS);
    double top = 0.0;
    for (int64_t i = f - 1; i <= f + 1; i++)
        if (i >= 0 && i < in->frames)
            top = (double)in->beat[i] > top ? (double)in->beat[i] : top;
    return top;
}

static double time_at(const st_tempo_input *in, double beat) {
    int64_t i = (int64_t)beat;
    i = i > in->beats - 2 ? in->beats - 2 : i;
    return in->time_s[i] +
           (beat - (double)i) * (in->time_s[i + 1] - in->time_s[i]);
}

static double grid_at(const st_tempo_input *in, int ratio, double first) {
    const double step = (double)ratios[ratio].down / ratios[ratio].up;
    double sum = 0.0;
    for (int64_t k = 0;; k++) {
        double beat = first + (double)k * step;
        if (beat > (double)(in->beats - 1))
            return sum;
        sum += log_odds(near(in, time_at(in, beat)));
    }
}

static void fill_grid(st_tempo_evidence *e, const st_tempo_input *in) {
    for (int r = 0; r < RATIOS; r++) {
        if (!e->possible[r])
            continue;
        const double step = (double)ratios[r].down / ratios[r].up;
        double best = -1e9;
        for (int p = 0; p < PHASES * step - 1e-9; p++) {
            double s = grid_at(in, r, (double)p / PHASES);
            best = s > best ? s : best;
        }
        e->grid[r] = best / e->covered_s;
    }
}

/* --- is there a tempo --- */

static void fill_some(st_tempo_evidence *e, const st_tempo_input *in) {
    int64_t from = (int64_t)in->time_s[0];
    int64_t to = (int64_t)in->time_s[in->beats - 1];
    double none = 0.0, strength = 0.0, spread = 0.0;
    for (int64_t s = from; s <= to; s++)
        none += (double)in->tempo[s * (TEMPI + 1) + TEMPI];
    e->some = -log_odds(none / (double)(to - from + 1));
    for (int64_t i = 0; i < in->beats; i++)
        strength += near(in, in->time_s[i]);
    e->strength = strength / (double)in->beats;
    for (int64_t i = 0; i + 2 < in->beats; i++)
        spread += fabs(st_log2((in->time_s[i + 2] - in->time_s[i + 1]) /
                               (in->time_s[i + 1] - in->time_s[i])));
    e->spread = in->beats > 2 ? spread / (double)(in->beats - 2) : 1.0;
}

st_status st_tempo_evidence_of(st_tempo_evidence *out,
                               const st_tempo_input *in) {
    st_tempo_evidence e = {0};
    double length = 0.0;
    st_status status = st_tempo_median(in->time_s, in->beats, &length);
    if (status != ST_OK)
        return status;
    e.bpm = 60.0 / length;
    e.covered_s = in->time_s[in->beats - 1] - in->time_s[0];
    for (int r = 0; r < RATIOS; r++) {
        double bpm = e.bpm * st_tempo_ratio(r);
        e.possible[r] =
            r == 0 || (bpm >= ST_RHYTHM_MIN_BPM && bpm <= ST_RHYTHM_MAX_BPM);
    }
    fill_mass(&e, in);
    fill_grid(&e, in);
    fill_some(&e, in);
    *out = e;
    return ST_OK;
}

/* --- probabilities --- */

/* None of the multiples is right. */
static double other(const st_tempo_evidence *e) {
    double top = e->mass[0];
    for (int r = 1; r < RATIOS; r++)
        top = e->possible[r] && e->mass[r] > top ? e->mass[r] : top;
    return fit_other[0] * top + fit_other[1] * e->strength + fit_other[2];
}

void st_tempo_shares(const st_tempo_evidence *e, double *p) {
    double none = other(e), top = none;
    for (int r = 0; r < RATIOS; r++) {
        p[r] = fit_mass * e->mass[r] + fit_grid * (e->grid[r] - e->grid[0]) +
               fit_ratio[r];
        top = e->possible[r] && p[r] > top ? p[r] : top;
    }
    double sum = st_exp(none - top);
    for (int r = 0; r < RATIOS; r++) {
        p[r] = e->possible[r] ? st_exp(p[r] - top) : 0.0;
        sum += p[r];
    }
    for (int r = 0; r < RATIOS; r++)
        p[r] /= sum;
}

double st_tempo_some(const st_tempo_evidence *e) {
    if (e->covered_s < LEAST_S)
        return 0.0;
    double spread = e->spread < 1.0 ? e->spread : 1.0;
    double z = fit_some[0] * e->some + fit_some[1] * e->strength +
               fit_some[2] * st_log(e->covered_s) + fit_some[3] * spread +
               fit_some[4];
    return 1.0 / (1.0 + st_exp(-z));
}
