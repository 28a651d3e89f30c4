#include "analysis/harmony_impl.h"

#include "core/alloc.h"
#include "core/math.h"

enum { STATES = ST_HARMONYNET_CHORDS };

/* Costs of another chord, in sums of the log probabilities of cells. */
#define CHANGE 4.0f
#define EASY 2.0f /* where a bar begins */

static int key_at(const st_harmony_result *r, const st_key_segment *line,
                  double t) {
    for (int64_t i = 0; i < r->key_segments; i++)
        if (t < line[i].end_s || i == r->key_segments - 1)
            return 2 * line[i].tonic + line[i].minor;
    return 0; /* C major spells where there is no key */
}

/* Mean probability of a state over steps. */
static double sure(const float *score, const double *at, int64_t from,
                   int64_t to, int state) {
    double sum = 0.0, cell = st_cell_start_s(1) - st_cell_start_s(0);
    for (int64_t i = from; i < to; i++) {
        double cells = (at[i + 1] - at[i]) / cell;
        double mean = (double)score[i * STATES + state] / cells;
        sum += (at[i + 1] - at[i]) * st_exp(mean);
    }
    sum /= at[to] - at[from];
    return sum < 1.0 ? sum : 1.0;
}

static int64_t join(const float *score, const int *path, const st_steps *s,
                    const st_harmony_result *r, st_chord *out) {
    int64_t made = 0, from = 0;
    for (int64_t i = 1; i <= s->count; i++) {
        if (i < s->count && path[i] == path[from])
            continue;
        st_chord *c = &out[made++];
        *c = (st_chord){.start_s = s->at[from], .end_s = s->at[i], .root = -1};
        if (path[from] != ST_CHORD_NONE) {
            c->root = path[from] / ST_HARMONYNET_QUALITIES;
            c->quality =
                (st_chord_quality)(path[from] % ST_HARMONYNET_QUALITIES);
        }
        c->confidence = sure(score, s->at, from, i, path[from]);
        int key = key_at(r, r->key_line, (c->start_s + c->end_s) / 2);
        st_chord_name(c, key / 2, key % 2 == 1, c->name);
        from = i;
    }
    return made;
}

st_status st_harmony_chords(const float *logs, int64_t cells,
                            const st_steps *steps, const st_harmony_result *r,
                            st_chord **out, int64_t *count) {
    size_t n = (size_t)steps->count;
    float *score = st_calloc(n * STATES, sizeof *score);
    int *path = st_calloc(n, sizeof *path);
    st_chord *made = st_calloc(n, sizeof *made);
    st_status status = score && path && made ? ST_OK : ST_NO_MEM;
    if (status == ST_OK) {
        st_steps_gather(steps, logs, cells, STATES, score);
        status = st_harmony_path(score, steps->count, STATES, CHANGE, EASY,
                                 steps->strong, path);
    }
    if (status == ST_OK) {
        *count = steps->count > 0 ? join(score, path, steps, r, made) : 0;
        *out = made;
        made = NULL;
    }
    st_free(score);
    st_free(path);
    st_free(made);
    return status;
}
