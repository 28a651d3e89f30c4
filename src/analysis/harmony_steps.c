#include "analysis/harmony_impl.h"

#include "core/alloc.h"

#include <math.h>
#include <string.h>

#define FRAME_S (ST_HARMONY_HOP / ST_HARMONY_RATE_HZ)
#define STEP_S 0.5
#define GAP_S 2.0
#define LEAST_S 0.1 /* shorter steps are joined with the one before */

/* Half a frame before the centre of its first frame. */
double st_cell_start_s(int64_t cell) {
    return ((double)(cell * ST_CELL_FRAMES) - 0.5) * FRAME_S;
}

static bool near_one_of(const double *list, int64_t count, double t) {
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t mid = (low + high) / 2;
        if (list[mid] < t - 0.02)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && list[low] < t + 0.02;
}

/* Ends the last step at t, in equal parts where it would be a gap. */
static void go_to(st_steps *s, double t) {
    double from = s->at[s->count];
    int64_t parts = t - from > GAP_S ? (int64_t)ceil((t - from) / STEP_S) : 1;
    for (int64_t i = 1; i <= parts; i++)
        s->at[s->count + i] =
            i == parts ? t : from + (t - from) * (double)i / (double)parts;
    s->count += parts;
}

st_status st_steps_make(st_steps *s, const st_harmony_grid *grid,
                        double seconds) {
    int64_t beats = grid->beats_s != NULL ? grid->beats : 0;
    size_t room = (size_t)(seconds / STEP_S) + (size_t)beats + 8;
    *s = (st_steps){st_calloc(room, sizeof(double)),
                    st_calloc(room, sizeof(bool)), 0};
    if (s->at == NULL || s->strong == NULL) {
        st_steps_free(s);
        return ST_NO_MEM;
    }
    for (int64_t i = 0; i < beats; i++) {
        double t = grid->beats_s[i]; /* false for what is not finite */
        if (t - s->at[s->count] >= LEAST_S && t <= seconds - LEAST_S)
            go_to(s, t);
    }
    if (seconds > 0.0)
        go_to(s, seconds);
    int64_t strong = grid->downbeats_s != NULL ? grid->downbeats : 0;
    for (int64_t i = 0; i < s->count; i++)
        s->strong[i] = near_one_of(grid->downbeats_s, strong, s->at[i]);
    return ST_OK;
}

void st_steps_free(st_steps *s) {
    st_free(s->at);
    st_free(s->strong);
    *s = (st_steps){0};
}

void st_steps_gather(const st_steps *s, const float *rows, int64_t cells,
                     int width, float *out) {
    memset(out, 0, (size_t)s->count * (size_t)width * sizeof *out);
    int64_t cell = 0;
    for (int64_t i = 0; i < s->count; i++, out += width) {
        double from = s->at[i], to = s->at[i + 1];
        while (cell > 0 && st_cell_start_s(cell) > from)
            cell--;
        for (; cell < cells && st_cell_start_s(cell) < to; cell++) {
            double a = st_cell_start_s(cell), b = st_cell_start_s(cell + 1);
            double inside = (b < to ? b : to) - (a > from ? a : from);
            float part = (float)(inside / (b - a));
            if (part <= 0.0f)
                continue;
            for (int k = 0; k < width; k++)
                out[k] += part * rows[cell * width + k];
        }
    }
}
