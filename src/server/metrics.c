#include "server/metrics.h"

#include "core/alloc.h"
#include "core/json.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_BOUNDS = 24, BUCKETS = 1024, LABEL_TEXT_BYTES = 512 };

typedef struct series {
    struct series *next_in_bucket, *next;
    double value;     /* of a histogram: the sum */
    uint64_t *counts; /* of a histogram: bound_count + 1 */
    char labels[];    /* as they are printed: a="b",c="d" */
} series;

typedef enum { COUNTER, GAUGE, HISTOGRAM } metric_kind;

struct st_metric {
    st_metric *next;
    st_metrics *owner;
    metric_kind kind;
    const char *name, *help, *labels;
    const double *bounds;
    int bound_count, series_count;
    series *first, *last, *buckets[BUCKETS];
};

struct st_metrics {
    pthread_mutex_t lock;
    st_metric *first, *last;
};

st_metrics *st_metrics_new(void) {
    st_metrics *m = st_calloc(1, sizeof *m);
    if (m != NULL)
        pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void free_metric(st_metric *metric) {
    for (series *s = metric->first, *next; s != NULL; s = next) {
        next = s->next;
        st_free(s->counts);
        st_free(s);
    }
    st_free(metric);
}

void st_metrics_free(st_metrics *m) {
    if (m == NULL)
        return;
    for (st_metric *at = m->first, *next; at != NULL; at = next) {
        next = at->next;
        free_metric(at);
    }
    pthread_mutex_destroy(&m->lock);
    st_free(m);
}

static st_metric *find(st_metrics *m, const char *name) {
    st_metric *at = m->first;
    while (at != NULL && strcmp(at->name, name) != 0)
        at = at->next;
    return at;
}

static st_metric *family(st_metrics *m, const st_metric *like) {
    pthread_mutex_lock(&m->lock);
    st_metric *metric = find(m, like->name);
    if (metric == NULL && (metric = st_calloc(1, sizeof *metric)) != NULL) {
        *metric = *like;
        metric->owner = m;
        if (m->last != NULL)
            m->last->next = metric;
        else
            m->first = metric;
        m->last = metric;
    }
    pthread_mutex_unlock(&m->lock);
    return metric;
}

st_metric *st_metrics_counter(st_metrics *m, const char *name, const char *help,
                              const char *labels) {
    return family(
        m, &(st_metric){
               .kind = COUNTER, .name = name, .help = help, .labels = labels});
}

st_metric *st_metrics_gauge(st_metrics *m, const char *name, const char *help,
                            const char *labels) {
    return family(
        m, &(st_metric){
               .kind = GAUGE, .name = name, .help = help, .labels = labels});
}

st_metric *st_metrics_histogram(st_metrics *m, const char *name,
                                const char *help, const char *labels,
                                const double *bounds, int bound_count) {
    return family(m, &(st_metric){.kind = HISTOGRAM,
                                  .name = name,
                                  .help = help,
                                  .labels = labels,
                                  .bounds = bounds,
                                  .bound_count = bound_count > MAX_BOUNDS
                                                     ? MAX_BOUNDS
                                                     : bound_count});
}

/* -- series ---------------------------------------------------------------- */

/* Backslash, quote and line feed are marked; false: no room. */
static bool put_escaped(char *out, size_t room, size_t *used,
                        const char *text) {
    for (; *text != '\0'; text++) {
        bool mark = *text == '\\' || *text == '"' || *text == '\n';
        if (*used + 3 >= room)
            return false;
        if (mark)
            out[(*used)++] = '\\';
        out[(*used)++] = *text == '\n' ? 'n' : *text;
    }
    return true;
}

static bool label_text(const st_metric *metric, const char *const *values,
                       char out[LABEL_TEXT_BYTES]) {
    size_t used = 0;
    const char *name = metric->labels;
    for (int i = 0; *name != '\0'; i++) {
        size_t n = strcspn(name, " ");
        int w = snprintf(out + used, LABEL_TEXT_BYTES - used, "%s%.*s=\"",
                         i > 0 ? "," : "", (int)n, name);
        if (w < 0 || (size_t)w >= LABEL_TEXT_BYTES - used)
            return false;
        used += (size_t)w;
        if (!put_escaped(out, LABEL_TEXT_BYTES, &used, values[i]))
            return false;
        out[used++] = '"';
        name += n + (name[n] == ' ');
    }
    out[used] = '\0';
    return true;
}

static unsigned bucket_of(const char *text) {
    uint32_t h = 2166136261U;
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 16777619U;
    return h % BUCKETS;
}

static series *new_series(st_metric *metric, const char *labels) {
    size_t n = strlen(labels) + 1;
    series *s = st_calloc(1, sizeof *s + n);
    if (s == NULL)
        return NULL;
    memcpy(s->labels, labels, n);
    if (metric->kind == HISTOGRAM) {
        s->counts =
            st_calloc((size_t)metric->bound_count + 1, sizeof *s->counts);
        if (s->counts == NULL) {
            st_free(s);
            return NULL;
        }
    }
    if (metric->last != NULL)
        metric->last->next = s;
    else
        metric->first = s;
    metric->last = s;
    metric->series_count++;
    return s;
}

/* Under the lock. */
static series *series_of(st_metric *metric, const char *labels) {
    unsigned bucket = bucket_of(labels);
    series *s = metric->buckets[bucket];
    while (s != NULL && strcmp(s->labels, labels) != 0)
        s = s->next_in_bucket;
    if (s != NULL || metric->series_count == ST_METRIC_MAX_SERIES)
        return s;
    s = new_series(metric, labels);
    if (s != NULL) {
        s->next_in_bucket = metric->buckets[bucket];
        metric->buckets[bucket] = s;
    }
    return s;
}

typedef enum { ADD, SET, OBSERVE } change;

static void apply(const st_metric *metric, series *s, change what, double v) {
    int at = 0;
    if (what == SET)
        s->value = v;
    else
        s->value += v;
    if (what != OBSERVE || metric->kind != HISTOGRAM)
        return;
    while (at < metric->bound_count && v > metric->bounds[at])
        at++;
    s->counts[at]++;
}

static void change_series(st_metric *metric, const char *const *values,
                          change what, double v) {
    char labels[LABEL_TEXT_BYTES];
    if (metric == NULL || !label_text(metric, values, labels))
        return;
    pthread_mutex_lock(&metric->owner->lock);
    series *s = series_of(metric, labels);
    if (s != NULL)
        apply(metric, s, what, v);
    pthread_mutex_unlock(&metric->owner->lock);
}

void st_metric_add(st_metric *metric, const char *const *values, double by) {
    change_series(metric, values, ADD, by);
}

void st_metric_set(st_metric *metric, const char *const *values, double to) {
    change_series(metric, values, SET, to);
}

void st_metric_observe(st_metric *metric, const char *const *values,
                       double value) {
    change_series(metric, values, OBSERVE, value);
}

/* -- the page -------------------------------------------------------------- */

static void put_number(FILE *out, double value) {
    char text[ST_JSON_NUMBER_BYTES];
    if (isnan(value)) {
        (void)fputs("NaN", out);
    } else if (isinf(value)) {
        (void)fputs(value > 0 ? "+Inf" : "-Inf", out);
    } else {
        st_json_number(value, text);
        (void)fputs(text, out);
    }
}

static void put_line(FILE *out, const char *name, const char *suffix,
                     const char *labels, const char *more, double value) {
    bool any = labels[0] != '\0' || more[0] != '\0';
    (void)fprintf(out, "%s%s%s%s%s%s%s ", name, suffix, any ? "{" : "", labels,
                  labels[0] != '\0' && more[0] != '\0' ? "," : "", more,
                  any ? "}" : "");
    put_number(out, value);
    (void)fputc('\n', out);
}

static void put_histogram(FILE *out, const st_metric *metric, const series *s) {
    uint64_t total = 0;
    for (int i = 0; i <= metric->bound_count; i++) {
        char bound[ST_JSON_NUMBER_BYTES] = "+Inf";
        char le[ST_JSON_NUMBER_BYTES + 8];
        total += s->counts[i];
        if (i < metric->bound_count)
            st_json_number(metric->bounds[i], bound);
        (void)snprintf(le, sizeof le, "le=\"%s\"", bound);
        put_line(out, metric->name, "_bucket", s->labels, le, (double)total);
    }
    put_line(out, metric->name, "_sum", s->labels, "", s->value);
    put_line(out, metric->name, "_count", s->labels, "", (double)total);
}

static void put_family(FILE *out, const st_metric *metric) {
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name,
                  metric->help, metric->name, kinds[metric->kind]);
    for (const series *s = metric->first; s != NULL; s = s->next)
        if (metric->kind == HISTOGRAM)
            put_histogram(out, metric, s);
        else
            put_line(out, metric->name, "", s->labels, "", s->value);
}

char *st_metrics_text(st_metrics *m, size_t *bytes) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    pthread_mutex_lock(&m->lock);
    for (const st_metric *at = m->first; at != NULL; at = at->next)
        put_family(out, at);
    pthread_mutex_unlock(&m->lock);
    if (fclose(out) != 0) {
        st_free(text);
        return NULL;
    }
    *bytes = size;
    return text;
}
