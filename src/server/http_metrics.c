/* What the core counts about its requests. */
#include "server/http_impl.h"

#include "core/alloc.h"
#include "server/metrics.h"

#include <stdio.h>

struct st_http_metrics {
    st_metric *requests, *seconds, *in_flight, *in_bytes, *out_bytes;
};

static const double bounds_s[] = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                  0.05,  0.1,    0.25,  0.5,  1,
                                  2.5,   5,      10,    30,   120};

struct st_http_metrics *st_http_metrics_new(st_metrics *metrics) {
    struct st_http_metrics *m = st_calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->requests = st_metrics_counter(
        metrics, "stemma_http_requests_total",
        "Requests by route, method and status; status 0: the peer left.",
        "route method status");
    m->seconds = st_metrics_histogram(
        metrics, "stemma_http_request_seconds",
        "From the first line to the last byte.", "route method", bounds_s,
        (int)(sizeof bounds_s / sizeof bounds_s[0]));
    m->in_flight = st_metrics_gauge(metrics, "stemma_http_in_flight",
                                    "Requests that are being answered.", "");
    m->in_bytes = st_metrics_counter(metrics, "stemma_http_in_bytes_total",
                                     "Bytes of request bodies.", "route");
    m->out_bytes = st_metrics_counter(metrics, "stemma_http_out_bytes_total",
                                      "Bytes of answers' bodies.", "route");
    return m;
}

void st_http_metrics_free(struct st_http_metrics *m) {
    st_free(m);
}

void st_http_metrics_begin(struct st_http_metrics *m) {
    if (m != NULL)
        st_metric_add(m->in_flight, NULL, 1);
}

void st_http_metrics_end(struct st_http_metrics *m, const st_request *r,
                         double seconds) {
    char status[12];
    const char *route = r->route == NULL ? "-" : r->route->path;
    if (m == NULL)
        return;
    (void)snprintf(status, sizeof status, "%d", r->sent_status);
    const char *const labels[] = {
        route, r->method == NULL ? "OTHER" : r->method, status};
    st_metric_add(m->in_flight, NULL, -1);
    st_metric_add(m->requests, labels, 1);
    st_metric_observe(m->seconds, labels, seconds);
    st_metric_add(m->in_bytes, labels, (double)(r->received + r->drained));
    st_metric_add(m->out_bytes, labels, (double)atomic_load(&r->sent));
}
