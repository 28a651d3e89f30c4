#include "dsp/reverb_net.h"

#include "core/alloc.h"
#include "core/cpu.h"
#include "dsp/clamp.h"

#include <math.h>
#include <string.h>

enum {
    LINES = ST_REVERB_LINES,
    STEP = ST_REVERB_STEP,
    TAPS = ST_REVERB_TAPS,
    DIFFUSERS = ST_REVERB_DIFFUSERS,
    MIRROR = 2 * STEP
};

ST_CPU_TABLES(st_reverb_ops, st_reverb_ops);

const st_reverb_ops *st_reverb_ops_level(int level) {
    return st_cpu_table(st_reverb_ops_tables, level);
}

const st_reverb_ops *st_reverb_ops_get(void) {
    return st_cpu_table_best(st_reverb_ops_tables);
}

/* Lengths at size 1 in ms; all are scaled with the lines. */
static const double diffuser_ms[2 * DIFFUSERS] = {
    2.31, 3.83, 5.97, 8.71, 12.61, 2.53, 4.13, 5.51, 9.47, 11.83};

/* The lines from short to long: sides take turns as L R R L, still and bent
 * lines too. */
static const int by_length[LINES] = {0,  11, 2,  9, 4, 15, 6,  13,
                                     12, 3,  10, 5, 8, 7,  14, 1};

static bool is_prime(int n) {
    for (int d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

/* The first prime from `n` on that is not among `used`. */
static int free_prime(double n, int least, const int *used, int count) {
    int p = st_clamp_int((int)rint(n), least, 1 << 24);
    for (;; p++) {
        bool taken = false;
        for (int i = 0; i < count; i++)
            taken = taken || used[i] == p;
        if (!taken && is_prime(p))
            return p;
    }
}

static void set_lengths(st_reverb_net *net, const st_reverb_room *room,
                        int bend) {
    double mean_ms = 8.0 + (45.0 - 8.0) * room->size;
    double frames = 0.001 * room->rate_hz;
    /* 0.6 to 1.55 of the mean in even ratios; their mean is 1 */
    double length = 0.6 * mean_ms * frames, ratio = 1.0653;
    int sorted[LINES];
    for (int i = 0; i < LINES; i++, length *= ratio) {
        sorted[i] = free_prime(length, ST_REVERB_LEAST + bend, sorted, i);
        net->line_frames[by_length[i]] = sorted[i];
    }
    double scale = frames * (0.4 + 0.6 * room->size);
    for (int i = 0; i < 2 * DIFFUSERS; i++)
        net->diffuser_frames[i] =
            free_prime(diffuser_ms[i] * scale, STEP, net->diffuser_frames, i);
}

static int longest(const int *frames, int n) {
    int top = 0;
    for (int i = 0; i < n; i++)
        top = frames[i] > top ? frames[i] : top;
    return top;
}

/* The stride is an odd number of cache lines, so that rows do not share their
 * places in the cache. */
static st_status ring_init(st_reverb_ring *r, int rows, int frames) {
    int steps = (frames + TAPS) / STEP + 3;
    *r = (st_reverb_ring){.rows = rows, .capacity = steps * STEP};
    r->stride = r->capacity + MIRROR + 16;
    r->data = st_calloc((size_t)rows * (size_t)r->stride, sizeof(float));
    return r->data != NULL ? ST_OK : ST_NO_MEM;
}

static void ring_clear(st_reverb_ring *r) {
    memset(r->data, 0, (size_t)r->rows * (size_t)r->stride * sizeof(float));
    r->at = 0;
}

st_status st_reverb_net_init(st_reverb_net *net, const st_reverb_room *room) {
    double frames = 0.001 * room->rate_hz;
    int bend = (int)ceil(room->bend_ms * frames);
    set_lengths(net, room, bend);
    net->before_frames = (int)rint(room->predelay_ms * frames);
    int diffuser = longest(net->diffuser_frames, 2 * DIFFUSERS);
    int line = longest(net->line_frames, LINES) + bend;
    st_status status = ring_init(&net->before, 2, net->before_frames);
    if (status == ST_OK)
        status = ring_init(&net->diffuser, 2 * DIFFUSERS, diffuser);
    if (status == ST_OK)
        status = ring_init(&net->line, LINES, line);
    return status;
}

void st_reverb_net_deinit(st_reverb_net *net) {
    st_free(net->before.data);
    st_free(net->diffuser.data);
    st_free(net->line.data);
}

void st_reverb_net_clear(st_reverb_net *net) {
    ring_clear(&net->before);
    ring_clear(&net->diffuser);
    ring_clear(&net->line);
    memset(net->s1, 0, sizeof net->s1);
    memset(net->s2, 0, sizeof net->s2);
    memset(net->s3, 0, sizeof net->s3);
    memset(net->mixed, 0, sizeof net->mixed);
}

/* Lagrange's polynomial through six points, read `u` frames before the third
 * newest; oldest first. */
static void lagrange(float taps[TAPS], double u) {
    double a = u + 2.0, b = u + 1.0, c = u - 1.0, d = u - 2.0, e = u - 3.0;
    double ab = a * b, de = d * e, ucde = u * c * de, abu = ab * u;
    taps[0] = (float)(abu * c * d / 120.0);
    taps[1] = (float)(abu * c * e / -24.0);
    taps[2] = (float)(abu * de / 12.0);
    taps[3] = (float)(ab * c * de / -12.0);
    taps[4] = (float)(a * ucde / 24.0);
    taps[5] = (float)(b * ucde / -120.0);
}

void st_reverb_net_bend(st_reverb_net *net,
                        const double from[ST_REVERB_MODULATED],
                        const double to[ST_REVERB_MODULATED]) {
    for (int k = 0; k < ST_REVERB_MODULATED; k++) {
        int base = net->line_frames[2 * k];
        double whole = floor(from[k]);
        lagrange(net->from[k], from[k] - whole);
        lagrange(net->to[k], to[k] - whole);
        net->place[k] = base + (int)whole + TAPS / 2;
    }
}
