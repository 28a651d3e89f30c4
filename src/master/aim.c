#include "master/aim.h"

#include "analysis/kweight.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

enum { SLOW_MS = 13 };

/* Transposed direct form II, both sections. */
typedef struct {
    double z0, z1, z2, z3;
} weigh_state;

struct st_aim {
    int channels, hop; /* frames of a step */
    double steps_s;    /* steps a second */
    st_kweight kweight;
    weigh_state state[ST_MAX_CHANNELS];
    int64_t count, room;
    float *peak_db, *power;     /* [count] each step */
    float *mid, *side;          /* [count] their power, two channels */
    float *reduction, *scratch; /* [count], work of the model */
    int held;                   /* frames of the step under way */
    float held_peak;
    double held_power, held_mid, held_side;
};

st_status st_aim_new(st_aim **out, int rate_hz, int channels, int64_t frames) {
    st_aim *aim = st_calloc(1, sizeof *aim);
    if (!aim)
        return ST_NO_MEM;
    aim->channels = channels;
    aim->hop = rate_hz / 1000 > 1 ? rate_hz / 1000 : 1;
    /* Longer than 20 minutes: coarser steps, so that memory stays small. */
    while (frames > 0 && frames / aim->hop > 1200000)
        aim->hop *= 2;
    aim->steps_s = (double)rate_hz / aim->hop;
    st_status status = st_kweight_design(&aim->kweight, rate_hz);
    if (status)
        st_aim_free(aim);
    else
        *out = aim;
    return status;
}

void st_aim_free(st_aim *aim) {
    if (!aim)
        return;
    st_free(aim->peak_db);
    st_free(aim->power);
    st_free(aim->mid);
    st_free(aim->side);
    st_free(aim->reduction);
    st_free(aim->scratch);
    st_free(aim);
}

static st_status grow(st_aim *aim, float **block, int64_t room) {
    void *moved = *block;
    st_status status =
        st_regrow(&moved, (size_t)aim->room, (size_t)room, sizeof **block);
    *block = moved;
    return status;
}

static st_status push(st_aim *aim) {
    if (aim->count == aim->room) {
        int64_t room = aim->room ? aim->room * 3 / 2 : 65536;
        st_status status = grow(aim, &aim->peak_db, room);
        if (!status)
            status = grow(aim, &aim->power, room);
        if (!status)
            status = grow(aim, &aim->mid, room);
        if (!status)
            status = grow(aim, &aim->side, room);
        if (!status)
            status = grow(aim, &aim->reduction, room);
        if (!status)
            status = grow(aim, &aim->scratch, room);
        if (status)
            return status;
        aim->room = room;
    }
    aim->peak_db[aim->count] = st_gain_to_dbf(aim->held_peak);
    aim->mid[aim->count] = (float)(aim->held_mid / aim->hop);
    aim->side[aim->count] = (float)(aim->held_side / aim->hop);
    aim->power[aim->count++] = (float)(aim->held_power / aim->hop);
    aim->held = 0, aim->held_peak = 0, aim->held_power = 0;
    aim->held_mid = aim->held_side = 0;
    return ST_OK;
}

static inline double weigh_one(const st_kweight *k, weigh_state *s, double x) {
    const st_kweight_section *a = &k->section[0], *b = &k->section[1];
    double y = a->b0 * x + s->z0;
    s->z0 = a->b1 * x - a->a1 * y + s->z1;
    s->z1 = a->b2 * x - a->a2 * y;
    double w = b->b0 * y + s->z2;
    s->z2 = b->b1 * y - b->a1 * w + s->z3;
    s->z3 = b->b2 * y - b->a2 * w;
    return w * w;
}

static double weigh(const st_kweight *k, weigh_state *state, const float *in,
                    int n) {
    weigh_state s = *state;
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += weigh_one(k, &s, in[i]);
    *state = s;
    return sum;
}

/* Two channels side by side: the recursion waits, so both run in the time of
 * one. The sums are those of one after the other. */
static double weigh_pair(const st_kweight *k, weigh_state *state,
                         const float *left, const float *right, int n) {
    weigh_state a = state[0], b = state[1];
    double sum_a = 0, sum_b = 0;
    for (int i = 0; i < n; i++) {
        sum_a += weigh_one(k, &a, left[i]);
        sum_b += weigh_one(k, &b, right[i]);
    }
    state[0] = a, state[1] = b;
    return sum_a + sum_b;
}

static float peak_of(const float *in, int n) {
    float peak = 0;
    for (int i = 0; i < n; i++) {
        float x = fabsf(in[i]);
        peak = x > peak ? x : peak;
    }
    return peak;
}

/* Power sums of mid and side, in lanes that do not wait for each other. */
static void mid_side(st_aim *aim, const float *left, const float *right,
                     int n) {
    enum { LANES = 16 };
    float mid[LANES] = {0}, side[LANES] = {0};
    for (int i = 0; i < n; i += LANES)
        for (int j = 0; j < LANES && i + j < n; j++) {
            float m = left[i + j] + right[i + j];
            float s = left[i + j] - right[i + j];
            mid[j] += m * m, side[j] += s * s;
        }
    for (int j = 0; j < LANES; j++)
        aim->held_mid += 0.25 * mid[j], aim->held_side += 0.25 * side[j];
}

static void listen(st_aim *aim, const st_block *block, int at, int n) {
    for (int c = 0; c < block->channels; c++) {
        float peak = peak_of(block->channel[c] + at, n);
        aim->held_peak = peak > aim->held_peak ? peak : aim->held_peak;
    }
    if (block->channels == 2) {
        aim->held_power +=
            weigh_pair(&aim->kweight, aim->state, block->channel[0] + at,
                       block->channel[1] + at, n);
        mid_side(aim, block->channel[0] + at, block->channel[1] + at, n);
    } else {
        aim->held_power +=
            weigh(&aim->kweight, aim->state, block->channel[0] + at, n);
    }
}

st_status st_aim_step(void *ctx, st_block *block, st_err *err) {
    st_aim *aim = ctx;
    for (int at = 0; at < block->frames;) {
        int n = aim->hop - aim->held;
        n = n < block->frames - at ? n : block->frames - at;
        listen(aim, block, at, n);
        aim->held += n, at += n;
        if (aim->held == aim->hop && push(aim))
            return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    return ST_OK;
}

/* out[i] = max of in[i - half .. i + half] */
static void slide(const float *in, float *out, int64_t n, int half) {
    memcpy(out, in, (size_t)n * sizeof *out);
    for (int64_t shift = 1; shift <= half && shift < n; shift++) {
        for (int64_t i = shift; i < n; i++)
            out[i] = out[i] > in[i - shift] ? out[i] : in[i - shift];
        for (int64_t i = 0; i < n - shift; i++)
            out[i] = out[i] > in[i + shift] ? out[i] : in[i + shift];
    }
}

/* Reduction in dB of each step: what is asked for longer than SLOW_MS is
 * held (opening), single peaks dip for their step and half of the next. */
static void model(const st_aim *aim, double drive_db, double ceiling_db) {
    int64_t n = aim->count;
    float *need = aim->reduction, *work = aim->scratch;
    float over = (float)(drive_db - ceiling_db);
    for (int64_t i = 0; i < n; i++) {
        float x = aim->peak_db[i] + over;
        need[i] = x > 0 ? x : 0;
    }
    int half = (int)(SLOW_MS * aim->steps_s / 2000);
    slide(need, work, n, half);
    /* `work` is the held reduction: between it and the bare need lies what
     * the limiter does. */
    for (int64_t i = 0; i < n; i++) {
        float before = i ? need[i - 1] : 0, after = i + 1 < n ? need[i + 1] : 0;
        float dip = before > after ? before : after;
        dip = 0.4f * dip > need[i] ? 0.4f * dip : need[i];
        work[i] = dip + 0.2f * (work[i] - dip);
    }
}

/* Power gain of a step, after model(). */
static float step_gain(const st_aim *aim, int64_t i, float drive_db,
                       float untouched) {
    float taken = aim->scratch[i];
    return taken > 0 ? st_db_to_gainf(2 * (drive_db - taken)) : untouched;
}

double st_aim_side_ratio(const st_aim *aim, double drive_db,
                         double ceiling_db) {
    float drive = (float)drive_db, untouched = st_db_to_gainf(2 * drive);
    double mid = 0, side = 0;
    model(aim, drive_db, ceiling_db);
    for (int64_t i = 0; i < aim->count; i++) {
        float gain = step_gain(aim, i, drive, untouched);
        mid += aim->mid[i] * gain, side += aim->side[i] * gain;
    }
    return mid > 0 ? side / mid : 0;
}

/* Gated loudness of blocks of 400 ms each 100 ms. */
static double gated(const double *sum, int64_t blocks) {
    double gate = 0;
    for (int pass = 0; pass < 3; pass++) {
        double total = 0;
        int64_t used = 0;
        double absolute = 1.1724653045822963e-7; /* -70 LUFS */
        double least = pass < 2 ? absolute : fmax(gate, absolute);
        for (int64_t i = 0; i < blocks; i++)
            if (sum[i] > least)
                total += sum[i], used++;
        if (!used)
            return -INFINITY;
        gate = 0.1 * total / (double)used;
        if (pass == 2)
            return -0.691 + 10 * st_log10(total / (double)used);
    }
    return -INFINITY;
}

double st_aim_loudness(const st_aim *aim, double drive_db, double ceiling_db) {
    int64_t tenth = (int64_t)(aim->steps_s / 10 + 0.5);
    int64_t tenths = aim->count / tenth;
    if (tenths < 4)
        return -INFINITY;
    double *sum = st_calloc((size_t)tenths, sizeof *sum);
    if (!sum)
        return -INFINITY;
    model(aim, drive_db, ceiling_db);
    float drive = (float)drive_db, untouched = st_db_to_gainf(2 * drive);
    for (int64_t t = 0; t < tenths; t++) {
        double power = 0;
        for (int64_t i = t * tenth; i < (t + 1) * tenth; i++)
            power += aim->power[i] * step_gain(aim, i, drive, untouched);
        sum[t] = power / (double)tenth;
    }
    for (int64_t t = 0; t + 3 < tenths; t++)
        sum[t] = 0.25 * (sum[t] + sum[t + 1] + sum[t + 2] + sum[t + 3]);
    double lufs = gated(sum, tenths - 3);
    st_free(sum);
    return lufs;
}

/* Regula falsi (Illinois): the model is smooth and nearly rising. */
double st_aim_drive(const st_aim *aim, double lufs, double ceiling_db) {
    double low = -60, high = 40;
    double f_low = st_aim_loudness(aim, low, ceiling_db) - lufs;
    double f_high = st_aim_loudness(aim, high, ceiling_db) - lufs;
    if (!(f_low < 0) || !(f_high > 0))
        return f_low < 0 ? high : low;
    for (int i = 0; i < 20 && high - low > 0.004; i++) {
        double drive = isfinite(f_low)
                           ? low + (high - low) * f_low / (f_low - f_high)
                           : 0.5 * (low + high);
        double f = st_aim_loudness(aim, drive, ceiling_db) - lufs;
        if (fabs(f) < 0.002)
            return drive;
        if (f < 0)
            low = drive, f_low = f, f_high *= 0.5;
        else
            high = drive, f_high = f, f_low *= 0.5;
    }
    return 0.5 * (low + high);
}

double st_aim_peak_db(const st_aim *aim) {
    float peak = -INFINITY;
    for (int64_t i = 0; i < aim->count; i++)
        peak = aim->peak_db[i] > peak ? aim->peak_db[i] : peak;
    return peak > -300 ? (double)peak : -INFINITY;
}
