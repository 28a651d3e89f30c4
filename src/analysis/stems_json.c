#include "analysis/stems.h"
#include "core/json.h"

#include "core/alloc.h"

#include <math.h>
#include <stdlib.h>

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

json_t *st_stems_json(const st_stems *stems, const char *const *labels) {
    int count = st_stems_count(stems);
    int rate_hz = st_stems_rate(stems);
    json_t *doc = st_json_document("stems", 1);
    int failed =
        doc == NULL ||
        json_object_set_new(doc, "rate_hz", json_integer(rate_hz)) ||
        json_object_set_new(doc, "stems", stems_list(stems, count, labels)) ||
        json_object_set_new(doc, "conflicts",
                            conflicts_json(stems, count, labels)) ||
        json_object_set_new(doc, "pairs",
                            pairs_json(stems, count, rate_hz, labels));
    if (!failed)
        return doc;
    json_decref(doc);
    return NULL;
}
