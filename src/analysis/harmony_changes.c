#include "analysis/harmony_impl.h"

#include "core/alloc.h"

#include <string.h>

enum { STATES = ST_HARMONYNET_CHORDS };

static float best_of(const float *a, const float *b) {
    float top = a[0] + (b != NULL ? b[0] : 0.0f);
    for (int k = 1; k < STATES; k++) {
        float v = a[k] + (b != NULL ? b[k] : 0.0f);
        top = v > top ? v : top;
    }
    return top;
}

st_status st_chord_changes(const float *logs, int64_t cells, const double *at_s,
                           int64_t n, float *out) {
    memset(out, 0, (size_t)n * sizeof *out);
    if (n < 2 || cells == 0)
        return ST_OK;
    double *at = st_calloc((size_t)n + 1, sizeof *at);
    float *score = st_calloc((size_t)n * STATES, sizeof *score);
    st_status status = at && score ? ST_OK : ST_NO_MEM;
    if (status == ST_OK) {
        memcpy(at, at_s, (size_t)n * sizeof *at);
        at[n] = 2.0 * at[n - 1] - at[n - 2];
        st_steps steps = {.at = at, .count = n};
        st_steps_gather(&steps, logs, cells, STATES, score);
    }
    for (int64_t i = 1; status == ST_OK && i < n; i++) {
        const float *before = score + (i - 1) * STATES,
                    *after = before + STATES;
        float gain = best_of(before, NULL) + best_of(after, NULL) -
                     best_of(before, after);
        out[i] = gain > 0.0f ? gain : 0.0f;
    }
    st_free(at);
    st_free(score);
    return status;
}
