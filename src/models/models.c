#include "models/models.h"

#include "model_list.h"

#include <string.h>

#define DECLARE(NAME)                                                          \
    extern const unsigned char st_model_##NAME##_begin[],                      \
        st_model_##NAME##_end[];
/* cppcheck-suppress unknownMacro */
ST_MODEL_LIST(DECLARE)

#define ROW(NAME) {#NAME, st_model_##NAME##_begin, st_model_##NAME##_end},
static const struct {
    const char *name;
    const unsigned char *begin, *end;
} models[] = {ST_MODEL_LIST(ROW)};

enum { COUNT = sizeof models / sizeof *models };

const void *st_model_find(const char *name, size_t *bytes) {
    for (int i = 0; i < COUNT; i++)
        if (strcmp(models[i].name, name) == 0) {
            *bytes = (size_t)(models[i].end - models[i].begin);
            return models[i].begin;
        }
    return NULL;
}

const char *st_model_name(int index) {
    return index >= 0 && index < COUNT ? models[index].name : NULL;
}

st_status st_model_open(st_weights **out, const char *name, st_err *err) {
    size_t bytes = 0;
    const void *data = st_model_find(name, &bytes);
    if (data == NULL)
        return st_err_set(err, ST_NOT_FOUND,
                          "This build holds no model named %s.", name);
    st_status status = st_weights_open_memory(out, data, bytes, err);
    if (status != ST_OK)
        st_err_prefix(err, "model %s", name);
    return status;
}
