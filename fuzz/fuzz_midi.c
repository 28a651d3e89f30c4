/* Any bytes as a MIDI file: what is read can be written, and read again is
 * the same. */
#include "audio/midi.h"
#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const st_midi *a, const st_midi *b) {
    if (a->ppq != b->ppq || a->tempo_count != b->tempo_count ||
        a->key_count != b->key_count || a->metre_count != b->metre_count)
        abort();
    int64_t x = 0, y = 0;
    for (int64_t i = 0; i < a->track_count; i++)
        x += a->tracks[i].count;
    for (int64_t i = 0; i < b->track_count; i++)
        y += b->tracks[i].count;
    if (x != y)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    st_midi *m = NULL, *back = NULL;
    uint8_t *bytes = NULL;
    size_t count = 0;
    st_err err = {0};
    if (st_midi_read(&m, data, size, &err) != ST_OK) {
        if (err.text[0] == '\0')
            abort();
        return 0;
    }
    if (st_midi_write(m, &bytes, &count, &err) != ST_OK ||
        st_midi_read(&back, bytes, count, &err) != ST_OK)
        abort();
    compare(m, back);
    st_free(bytes);
    st_midi_free(back);
    st_midi_free(m);
    return 0;
}
