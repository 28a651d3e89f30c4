/* Any bytes as a user's preset: what is taken survives being written and read
 * again. */
#include "core/json.h"
#include "master/preset.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_t *doc = NULL;
    st_preset preset, back;
    st_err err = {0};
    if (st_json_load(&doc, (const char *)data, size, NULL, &err) != ST_OK)
        return 0;
    if (st_preset_parse(&preset, doc, &err) == ST_OK) {
        json_t *again = st_preset_json(&preset);
        if (!again || st_preset_parse(&back, again, &err) != ST_OK ||
            strcmp(preset.name, back.name) != 0 || preset.lufs != back.lufs)
            abort();
        json_decref(again);
    } else if (err.text[0] == '\0') {
        abort();
    }
    json_decref(doc);
    return 0;
}
