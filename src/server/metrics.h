/* metrics: counters, gauges and histograms as Prometheus reads them.
 * Source: Prometheus text exposition format 0.0.4. [any], all of it. */
#ifndef ST_SERVER_METRICS_H
#define ST_SERVER_METRICS_H

#include "core/attr.h"
#include "core/status.h"

#include <stddef.h>

typedef struct st_metrics st_metrics;
typedef struct st_metric st_metric; /* a family: one name, many label values */

enum { ST_METRIC_MAX_LABELS = 6, ST_METRIC_MAX_SERIES = 4096 };

/* NULL when out of memory; NULL is fine to free. */
st_metrics *st_metrics_new(void);
void st_metrics_free(st_metrics *metrics);

/* Families live as long as `metrics`; asked for twice, the first is given.
 * labels: names with a space between, "" for none; names and help are not
 * copied. NULL when out of memory: then the calls below do nothing. */
st_metric *st_metrics_counter(st_metrics *metrics, const char *name,
                              const char *help, const char *labels);
st_metric *st_metrics_gauge(st_metrics *metrics, const char *name,
                            const char *help, const char *labels);
/* Upper bounds, ascending; +Inf is added. At most 24, not copied. */
st_metric *st_metrics_histogram(st_metrics *metrics, const char *name,
                                const char *help, const char *labels,
                                const double *bounds, int bound_count);

/* values: one text for each label (NULL where there are none). A series more
 * than ST_METRIC_MAX_SERIES is left out. */
void st_metric_add(st_metric *metric, const char *const *values, double by);
void st_metric_set(st_metric *metric, const char *const *values, double to);
void st_metric_observe(st_metric *metric, const char *const *values,
                       double value);

/* The page, type ST_METRICS_TYPE; freed with st_free. NULL: out of memory. */
char *st_metrics_text(st_metrics *metrics, size_t *bytes);
#define ST_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
