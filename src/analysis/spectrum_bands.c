/* Bands of a spectrum and what is compared by them; see spectrum.h. */
#include "analysis/spectrum.h"

#include "core/math.h"

#include <math.h>

static double clamp(double v, double low, double high) {
    return v < low ? low : (v > high ? high : v);
}

/* Bin k reaches from (k - 1/2) to (k + 1/2) bin widths, within 0..rate/2. */
void st_spectrum_fold(const float *power, int bins, double rate_hz,
                      const double *edges, int bands, double *out) {
    double width = rate_hz / (2.0 * (bins - 1));
    double end = bins - 1;
    for (int b = 0; b < bands; b++) {
        double low = clamp(edges[b] / width, 0.0, end);
        double high = clamp(edges[b + 1] / width, 0.0, end);
        double sum = 0.0;
        for (int k = (int)(low + 0.5); k < bins && k - 0.5 < high; k++) {
            double from = fmax(k - 0.5, 0.0);
            double to = fmin(k + 0.5, end);
            double shared = fmin(to, high) - fmax(from, low);
            if (shared > 0.0)
                sum += (double)power[k] * shared / (to - from);
        }
        out[b] = sum;
    }
}

void st_spectrum_log_edges(double low_hz, double high_hz, int bands,
                           double *edges) {
    double octaves = st_log2(high_hz / low_hz);
    for (int i = 0; i <= bands; i++)
        edges[i] = low_hz * st_exp2(octaves * i / bands);
    edges[bands] = high_hz;
}

void st_spectrum_band_edges(double *edges) {
    st_spectrum_log_edges(20.0, 20000.0, ST_SPECTRUM_BANDS, edges);
}

void st_spectrum_db(const double *power, int bands, double *out) {
    for (int i = 0; i < bands; i++)
        out[i] = power[i] > 1e-20 ? 10.0 * st_log10(power[i]) : -200.0;
}

double st_spectrum_distance_db(const double *a_db, const double *b_db,
                               int bands, double floor_db, int level_free) {
    double sum = 0.0;
    double square = 0.0;
    int count = 0;
    for (int i = 0; i < bands; i++) {
        if (a_db[i] <= floor_db && b_db[i] <= floor_db)
            continue;
        double d = a_db[i] - b_db[i];
        sum += d;
        square += d * d;
        count++;
    }
    if (count == 0)
        return 0.0;
    double mean = level_free ? sum / count : 0.0;
    return sqrt(fmax(square / count - mean * mean, 0.0));
}

double st_spectrum_tilt_db_oct(const float *power, int bins, double rate_hz) {
    double edges[ST_SPECTRUM_BANDS + 1];
    double band[ST_SPECTRUM_BANDS];
    double n = 0.0, x1 = 0.0, x2 = 0.0, y1 = 0.0, xy = 0.0;
    st_spectrum_band_edges(edges);
    st_spectrum_fold(power, bins, rate_hz, edges, ST_SPECTRUM_BANDS, band);
    for (int i = 0; i < ST_SPECTRUM_BANDS; i++) {
        if (edges[i] < 39.0 || edges[i + 1] > 16100.0 ||
            edges[i + 1] > 0.5 * rate_hz || band[i] <= 1e-20)
            continue;
        double x = 0.5 * st_log2(edges[i] * edges[i + 1]);
        double y = 10.0 * st_log10(band[i] / (edges[i + 1] - edges[i]));
        n += 1.0;
        x1 += x;
        x2 += x * x;
        y1 += y;
        xy += x * y;
    }
    double spread = n * x2 - x1 * x1;
    return n >= 2.0 ? (n * xy - x1 * y1) / spread : 0.0;
}
