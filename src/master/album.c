#include "master/album.h"

#include <math.h>

static void ends(const double *values, int count, double *low, double *high) {
    *low = INFINITY, *high = -INFINITY;
    for (int i = 0; i < count; i++)
        if (isfinite(values[i])) {
            *low = fmin(*low, values[i]);
            *high = fmax(*high, values[i]);
        }
}

double st_album_spread(const double *values, int count) {
    double low, high;
    ends(values, count, &low, &high);
    return high > low ? high - low : 0;
}

void st_album_targets(const double *before, const double *most, int count,
                      double lufs, double *target) {
    double low, high;
    ends(before, count, &low, &high);
    double spread = high > low ? high - low : 0;
    double scale = fmin(1, spread > 0 ? ST_ALBUM_SPREAD_LU / spread : 1);
    double down = 0;
    for (int i = 0; i < count; i++) {
        double from = isfinite(before[i]) ? before[i] - 0.5 * (low + high) : 0;
        target[i] = lufs + scale * from;
        if (isfinite(before[i]) && isfinite(most[i]))
            down = fmax(down, target[i] - most[i]);
    }
    for (int i = 0; i < count; i++)
        target[i] -= down;
}

bool st_album_order_kept(const double *before, const double *after, int count) {
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++)
            if (isfinite(before[i]) && isfinite(before[k]) &&
                before[i] > before[k] + 0.1 && after[i] < after[k] - 0.1)
                return false;
    return true;
}
