#include "analysis/harmony_impl.h"

#include "core/alloc.h"
#include "core/math.h"

#include <string.h>

static int best_of(const float *x, int n) {
    int top = 0;
    for (int i = 1; i < n; i++)
        top = x[i] > x[top] ? i : top;
    return top;
}

/* One best state to come from is enough: all changes cost alike. */
st_status st_harmony_path(const float *score, int64_t steps, int states,
                          float change, float easy, const bool *strong,
                          int *path) {
    size_t cells = 0, n = (size_t)states;
    if (!st_size_mul((size_t)steps, n, &cells))
        return ST_NO_MEM;
    bool *stayed = st_calloc(cells, sizeof *stayed);
    int *from = st_calloc((size_t)steps, sizeof *from);
    float *sum = st_calloc(n, sizeof *sum);
    st_status status = stayed && from && sum ? ST_OK : ST_NO_MEM;
    for (int64_t t = 0; status == ST_OK && t < steps; t++) {
        from[t] = best_of(sum, states);
        float top = sum[from[t]];
        float cost = strong != NULL && strong[t] ? easy : change;
        for (int k = 0; k < states; k++) {
            bool stay = sum[k] >= top - cost;
            stayed[(size_t)t * n + (size_t)k] = stay;
            sum[k] = (stay ? sum[k] - top : -cost) +
                     score[(size_t)t * n + (size_t)k];
        }
    }
    if (status == ST_OK && steps > 0)
        path[steps - 1] = best_of(sum, states);
    for (int64_t t = steps - 1; status == ST_OK && t > 0; t--)
        path[t - 1] =
            stayed[(size_t)t * n + (size_t)path[t]] ? path[t] : from[t];
    st_free(stayed);
    st_free(from);
    st_free(sum);
    return status;
}

void st_harmony_log_softmax(float *rows, int64_t count, int n) {
    for (int64_t r = 0; r < count; r++, rows += n) {
        float top = rows[best_of(rows, n)], sum = 0.0f;
        for (int i = 0; i < n; i++) {
            rows[i] -= top;
            sum += st_exp2f(rows[i] * 1.44269504f);
        }
        float log_sum = st_log2f(sum) * 0.69314718f;
        for (int i = 0; i < n; i++)
            rows[i] -= log_sum;
    }
}
