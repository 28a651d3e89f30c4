#include "mix/median.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double st_median(const double *values, int count) {
    double sorted[ST_MEDIAN_MOST] = {0};
    if (count <= 0)
        return 0.0;
    if (count > ST_MEDIAN_MOST)
        count = ST_MEDIAN_MOST;
    for (int i = 0; i < count; i++)
        sorted[i] = values[i];
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    return 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
}
