/* role_dump: what the ear for roles says of raw files, for bench/roles.py.
 *
 *   role_dump FILE...   mono float32 at 22,050 Hz, native order
 *
 * A line a file: role, confidence, milliseconds of the network, looks, 18
 * probabilities, 64 of embedding. */
#include "analysis/role.h"
#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>

static float *read_all(const char *path, int64_t *n) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        exit(1);
    long bytes = ftell(f);
    rewind(f);
    float *x = malloc((size_t)bytes + 4);
    *n = bytes / 4;
    if (x == NULL || fread(x, 4, (size_t)*n, f) != (size_t)*n)
        exit(1);
    fclose(f);
    return x;
}

static void show(const st_role_result *r, double ms) {
    printf("%s %.5f %.3f %d", st_role_name(r->role), (double)r->confidence, ms,
           r->looks);
    for (int i = 0; i < ST_ROLE_COUNT; i++)
        printf(" %.5f", (double)r->probability[i]);
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++)
        printf(" %.5f", (double)r->embedding[i]);
    printf("\n");
}

int main(int argc, char **argv) {
    st_err err = {0};
    st_role_ear *ear = NULL;
    if (st_role_ear_new(&ear, &err) != ST_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        int64_t n = 0;
        float *x = read_all(argv[i], &n);
        st_role_ear_reset(ear);
        st_role_ear_process(ear, x, n);
        int64_t begin = st_clock_ns();
        st_role_ear_finish(ear);
        show(st_role_ear_get(ear),
             1e3 * st_clock_seconds(begin, st_clock_ns()));
        free(x);
    }
    st_role_ear_free(ear);
    return 0;
}
