#include "analysis/stems.h"
#include "core/json.h"

#include "core/alloc.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_LINES = 256 };

static const double least_share = 0.05;
static const char *const kinds[] = {"apart", "related", "duplicate"};

/* One masked band of a pair. */
typedef struct {
    int masker, masked;
    st_mask_band band;
    const st_mask_figures *figures;
} conflict;

/* How much a listener loses: hidden time times how deep it is hidden. */
static double weight(const conflict *c) {
    return c->figures->active * c->figures->share * c->figures->excess_db;
}

static int heavier(const void *a, const void *b) {
    double x = weight(a);
    double y = weight(b);
    if (x > y || x < y)
        return x > y ? -1 : 1;
    const conflict *p = a;
    const conflict *q = b;
    int first = p->masker * ST_STEMS_MAX + p->masked;
    int second = q->masker * ST_STEMS_MAX + q->masked;
    return first != second ? first - second : (int)p->band - (int)q->band;
}

static size_t gather(const st_stems *stems, int count, conflict *out) {
    size_t found = 0;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            for (int b = 0; i != j && b < ST_MASK_BANDS; b++) {
                const st_mask_figures *f =
                    st_masking_pair(st_stems_masking(stems), i, j, b);
                if (f->share >= least_share && f->active > 0.0)
                    out[found++] = (conflict){i, j, (st_mask_band)b, f};
            }
    qsort(out, found, sizeof *out, heavier);
    return found;
}

static json_t *conflict_json(const conflict *c, const char *const *labels) {
    double low;
    double high;
    st_mask_band_edges(c->band, &low, &high);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "masker", labels[c->masker], "masked", labels[c->masked],
                     "band", st_mask_band_name(c->band), "low_hz",
                     json_real(low), "high_hz", json_real(high), "active_share",
                     st_json_rounded(c->figures->active, 1e4), "masked_share",
                     st_json_rounded(c->figures->share, 1e4), "excess_db",
                     st_json_rounded(c->figures->excess_db, 100), "worst_db",
                     st_json_rounded(c->figures->worst_db, 100), "worst_s",
                     st_json_rounded(c->figures->worst_s, 10));
}

static json_t *conflicts_json(const st_stems *stems, int count,
                              const char *const *labels) {
    size_t most = (size_t)count * (size_t)count * ST_MASK_BANDS;
    conflict *list = st_calloc(most, sizeof *list);
    json_t *array = json_array();
    int failed = list == NULL || array == NULL;
    if (!failed) {
        size_t found = gather(stems, count, list);
        for (size_t i = 0; i < found; i++)
            failed |=
                json_array_append_new(array, conflict_json(&list[i], labels));
    }
    st_free(list);
    if (!failed)
        return array;
    json_decref(array);
    return NULL;
}

/* ---- all bands together, over time ---- */

typedef struct {
    int masker, masked;
    st_mask_span span;
} line;

static int heavier_line(const void *a, const void *b) {
    const line *p = a;
    const line *q = b;
    double x = p->span.weight_db;
    double y = q->span.weight_db;
    if (x > y || x < y)
        return x > y ? -1 : 1;
    return p->masker * ST_STEMS_MAX + p->masked -
           (q->masker * ST_STEMS_MAX + q->masked);
}

/* Does the pair stand among the conflicts? */
static bool in_conflict(const st_masking *m, int masker, int masked) {
    for (int b = 0; masker != masked && b < ST_MASK_BANDS; b++) {
        const st_mask_figures *f =
            st_masking_pair(m, masker, masked, (st_mask_band)b);
        if (f->share >= least_share && f->active > 0.0)
            return true;
    }
    return false;
}

static double share_of(const st_mask_point *p) {
    return p->active > 0 ? (double)p->hidden / p->active : 0.0;
}

static int add_series(json_t *o, const st_mask_point *points, int count) {
    json_t *share = json_array();
    json_t *excess = json_array();
    json_t *band = json_array();
    int failed = 0;
    for (int i = 0; i < count; i++) {
        const st_mask_point *p = &points[i];
        failed |=
            json_array_append_new(share, st_json_rounded(share_of(p), 1000));
        failed |= json_array_append_new(
            excess, st_json_rounded((double)p->excess_db, 10));
        failed |= json_array_append_new(band, json_integer(p->band));
    }
    json_t *series = json_pack("{s:o, s:o, s:o}", "masked_share", share,
                               "excess_db", excess, "band", band);
    return json_object_set_new(o, "series", series) || failed;
}

static json_t *line_json(const line *l, const char *const *labels) {
    const st_mask_span *span = &l->span;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "masker",
                     labels[l->masker], "masked", labels[l->masked],
                     "active_share", st_json_rounded(span->active, 1e4),
                     "masked_share", st_json_rounded(span->share, 1e4),
                     "excess_db", st_json_rounded(span->excess_db, 100),
                     "worst_from_s", st_json_rounded(span->from_s, 10),
                     "worst_to_s", st_json_rounded(span->to_s, 10));
}

static json_t *lines_array(const st_masking *m, const line *list, size_t found,
                           const char *const *labels, bool series) {
    json_t *array = json_array();
    int failed = array == NULL;
    for (size_t i = 0; i < found; i++) {
        int count;
        const st_mask_point *points =
            st_masking_line(m, list[i].masker, list[i].masked, &count);
        json_t *o = line_json(&list[i], labels);
        if (series)
            failed |= o == NULL || add_series(o, points, count);
        failed |= json_array_append_new(array, o);
    }
    if (!failed)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *over_time_json(const st_masking *m, int count,
                              const char *const *labels, bool series) {
    line *list = st_calloc((size_t)count * (size_t)count, sizeof *list);
    size_t found = 0;
    json_t *bands = json_array();
    int failed = list == NULL || bands == NULL;
    for (int i = 0; !failed && i < count; i++)
        for (int j = 0; j < count; j++)
            if (in_conflict(m, i, j))
                list[found++] = (line){i, j, st_masking_span(m, i, j)};
    for (int b = 0; b < ST_MASK_BANDS; b++)
        failed |= json_array_append_new(
            bands, json_string(st_mask_band_name((st_mask_band)b)));
    json_t *lines = NULL;
    if (!failed) {
        qsort(list, found, sizeof *list, heavier_line);
        found = found < MOST_LINES ? found : MOST_LINES;
        lines = lines_array(m, list, found, labels, series);
    }
    st_free(list);
    return json_pack("{s:i, s:o, s:o}", "step_s", st_masking_step_s(m), "bands",
                     bands, "pairs", lines);
}

/* ---- the same sound in two stems ---- */

static json_t *pair_json(const st_align_pair *p, const char *a, const char *b,
                         int rate_hz) {
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o}", "a", a, "b", b,
                     "kind", kinds[p->kind], "delay_frames",
                     st_json_rounded(p->delay_frames, 100), "delay_ms",
                     st_json_rounded(p->delay_frames * 1000.0 / rate_hz, 1000),
                     "polarity", p->polarity < 0 ? "inverted" : "same",
                     "gain_db", st_json_rounded(p->gain_db, 100), "coherence",
                     st_json_rounded(p->coherence, 1e4));
}

/* Pairs that have something in common; the rest is apart. */
static json_t *pairs_json(const st_stems *stems, int count, int rate_hz,
                          const char *const *labels) {
    json_t *array = json_array();
    int failed = array == NULL;
    for (int a = 0; a < count; a++)
        for (int b = a + 1; b < count; b++) {
            st_align_pair pair;
            st_stems_pair(stems, a, b, &pair);
            if (pair.kind != ST_ALIGN_APART)
                failed |= json_array_append_new(
                    array, pair_json(&pair, labels[a], labels[b], rate_hz));
        }
    if (!failed)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *stems_list(const st_stems *stems, int count,
                          const char *const *labels) {
    json_t *array = json_array();
    int failed = array == NULL;
    for (int i = 0; i < count; i++)
        failed |= json_array_append_new(
            array,
            json_pack("{s:s, s:o, s:o}", "name", labels[i], "rms_dbfs",
                      st_json_rounded(st_stems_rms_dbfs(stems, i), 100),
                      "masked_share",
                      st_json_rounded(
                          st_masking_share(st_stems_masking(stems), i), 1e4)));
    if (!failed)
        return array;
    json_decref(array);
    return NULL;
}

json_t *st_stems_json(const st_stems *stems, const char *const *labels,
                      bool series) {
    int count = st_stems_count(stems);
    int rate_hz = st_stems_rate(stems);
    json_t *doc = st_json_document("stems", 1);
    int failed =
        doc == NULL ||
        json_object_set_new(doc, "rate_hz", json_integer(rate_hz)) ||
        json_object_set_new(doc, "stems", stems_list(stems, count, labels)) ||
        json_object_set_new(doc, "conflicts",
                            conflicts_json(stems, count, labels)) ||
        json_object_set_new(
            doc, "over_time",
            over_time_json(st_stems_masking(stems), count, labels, series)) ||
        json_object_set_new(doc, "pairs",
                            pairs_json(stems, count, rate_hz, labels));
    if (!failed)
        return doc;
    json_decref(doc);
    return NULL;
}
