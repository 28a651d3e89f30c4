/* median: the middle of a few figures.
 * Source: textbook. */
#ifndef ST_MIX_MEDIAN_H
#define ST_MIX_MEDIAN_H

enum { ST_MEDIAN_MOST = 128 };

/* Of count figures, the mean of the two middle ones where they are even; 0 for
 * none. None is NaN; those after the first ST_MEDIAN_MOST are left out. [any]
 */
double st_median(const double *values, int count);

#endif
