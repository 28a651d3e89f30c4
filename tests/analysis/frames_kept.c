#include "frames_kept.h"

#include <stdlib.h>
#include <string.h>

void keep_frame(void *ctx, int64_t frame, const float *values) {
    kept *k = ctx;
    if (frame != k->frames)
        k->out_of_order++;
    if (k->frames == k->room) {
        k->room = k->room * 2 + 64;
        k->data =
            realloc(k->data, (size_t)k->room * k->values * sizeof *k->data);
        if (k->data == NULL)
            abort();
    }
    memcpy(k->data + (size_t)k->frames++ * k->values, values,
           k->values * sizeof *values);
}

const float *kept_frame(const kept *k, int64_t t) {
    return k->data + (size_t)t * k->values;
}

void kept_free(kept *k) {
    free(k->data);
    k->data = NULL;
    k->frames = k->room = 0;
}
