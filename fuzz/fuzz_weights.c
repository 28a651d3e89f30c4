/* Any bytes as a weights file: tensors that are given lie inside it, are
 * finite and have the sizes they state; a refusal has a sentence. */
#include "nn/weights.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const st_weights *w) {
    for (int i = 0; i < st_weights_count(w); i++) {
        const st_tensor *t = st_weights_at(w, i);
        const float *v = NULL;
        st_err err = {0};
        if (st_weights_find(w, t->name) == NULL)
            abort();
        st_status status =
            st_weights_get(w, t->name, t->rank, t->shape, &v, &err);
        if ((status == ST_OK) != (t->data != NULL))
            abort();
        for (int64_t k = 0; v && k < t->count; k++)
            if (!(v[k] - v[k] == 0.0f))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    st_weights *w = NULL;
    st_err err = {0};
    if (st_weights_open_memory(&w, data, size, &err) == ST_OK)
        look(w);
    else if (err.text[0] == '\0')
        abort();
    st_weights_free(w);
    return 0;
}
