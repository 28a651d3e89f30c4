#include "mix/move.h"

#include "core/math.h"
#include "dsp/clamp.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const shapes[] = {"bell", "low_shelf", "high_shelf", NULL};

/* {name, min, max, neutral, initial, scale, choices} */
#define N ST_SCALE_NONE
#define L ST_SCALE_LINEAR
#define R ST_SCALE_RATIO

static const st_move_info table[ST_MOVE_KINDS] = {
    [ST_MOVE_STAGING] = {"staging",
                         "gain staging",
                         1,
                         {{"gain_db", -60, 60, 0, 0, N, NULL}}},
    [ST_MOVE_POLARITY] = {"polarity",
                          "polarity and offset",
                          4,
                          {{"invert_left", 0, 1, 0, 0, N, NULL},
                           {"invert_right", 0, 1, 0, 0, N, NULL},
                           {"dc_left", -1, 1, 0, 0, L, NULL},
                           {"dc_right", -1, 1, 0, 0, L, NULL}}},
    [ST_MOVE_HIGHPASS] = {"highpass",
                          "high-pass",
                          1,
                          {{"hz", 10, 1000, 10, 30, ST_SCALE_HZ, NULL}}},
    [ST_MOVE_LOWPASS] = {"lowpass",
                         "low-pass",
                         1,
                         {{"hz", 1000, 20000, 20000, 18000, ST_SCALE_HZ,
                           NULL}}},
    [ST_MOVE_EQ] = {"eq",
                    "EQ",
                    4,
                    {{"type", 0, 2, 0, 0, N, shapes},
                     {"hz", 20, 20000, 1000, 1000, N, NULL},
                     {"q", 0.2, 8, 1, 1, N, NULL},
                     {"gain_db", -4, 4, 0, 0, L, NULL}}},
    [ST_MOVE_DYNAMIC_EQ] = {"dynamic_eq",
                            "dynamic EQ",
                            8,
                            {{"type", 0, 2, 0, 0, N, shapes},
                             {"hz", 20, 20000, 1000, 1000, N, NULL},
                             {"q", 0.2, 8, 1, 1, N, NULL},
                             {"threshold_db", -100, 0, -30, -30, N, NULL},
                             {"ratio", 1, 10, 1, 2, N, NULL},
                             {"range_db", 0, 4, 0, 2, L, NULL},
                             {"attack_ms", 1, 200, 10, 10, N, NULL},
                             {"release_ms", 20, 1000, 120, 120, N, NULL}}},
    [ST_MOVE_DEESSER] = {"deesser",
                         "de-esser",
                         4,
                         {{"hz", 2000, 12000, 5500, 5500, N, NULL},
                          {"threshold_db", -30, 20, -3, -3, N, NULL},
                          {"ratio", 1, 10, 1, 3, N, NULL},
                          {"range_db", 0, 8, 0, 4, L, NULL}}},
    [ST_MOVE_COMPRESSOR] = {"compressor",
                            "compressor",
                            7,
                            {{"threshold_db", -80, 0, 0, -20, N, NULL},
                             {"ratio", 1, 4, 1, 2, R, NULL},
                             {"knee_db", 0, 24, 6, 6, N, NULL},
                             {"attack_ms", 0.1, 200, 15, 15, N, NULL},
                             {"release_ms", 10, 2000, 150, 150, N, NULL},
                             {"makeup_db", 0, 12, 0, 0, L, NULL},
                             {"detector_hz", 0, 400, 0, 0, N, NULL}}},
    [ST_MOVE_FADER] = {"fader",
                       "fader",
                       1,
                       {{"gain_db", -150, 40, 0, 0, L, NULL}}},
    [ST_MOVE_PLACE] = {"place",
                       "pan and width",
                       2,
                       {{"pan", -1, 1, 0, 0, L, NULL},
                        {"width_pct", 0, 140, 100, 100, L, NULL}}},
    [ST_MOVE_SEND] = {"send",
                      "send",
                      1,
                      {{"level_db", -100, 0, -100, -100, ST_SCALE_LEVEL,
                        NULL}}},
    [ST_MOVE_TRANSIENT] = {"transient",
                           "transients",
                           2,
                           {{"attack_db", -4, 4, 0, 0, L, NULL},
                            {"sustain_db", -4, 4, 0, 0, L, NULL}}},
    [ST_MOVE_PARALLEL] = {"parallel",
                          "parallel compression",
                          5,
                          {{"threshold_db", -80, 0, -30, -30, N, NULL},
                           {"ratio", 1, 10, 4, 4, N, NULL},
                           {"attack_ms", 0.1, 200, 5, 5, N, NULL},
                           {"release_ms", 10, 2000, 120, 120, N, NULL},
                           {"mix", 0, 0.5, 0, 0, L, NULL}}},
    [ST_MOVE_DUCK] = {"duck",
                      "side-chain",
                      8,
                      {{"low_hz", 0, 1000, 0, 0, N, NULL},
                       {"high_hz", 0, 1000, 0, 0, N, NULL},
                       {"threshold_db", -80, 0, -30, -30, N, NULL},
                       {"depth_db", 0, 4, 0, 1, L, NULL},
                       {"attack_ms", 0.5, 200, 5, 5, N, NULL},
                       {"hold_ms", 0, 500, 10, 10, N, NULL},
                       {"release_ms", 10, 2000, 120, 120, N, NULL},
                       {"lookahead_ms", 5, 10, 8, 8, N, NULL}}},
    [ST_MOVE_REVERB] = {"reverb",
                        "reverb",
                        7,
                        {{"decay_s", 0.2, 6, 1.6, 1.6, N, NULL},
                         {"predelay_ms", 0, 200, 20, 20, N, NULL},
                         {"size", 0, 1, 0.5, 0.5, N, NULL},
                         {"damping", 0.05, 1, 0.45, 0.45, N, NULL},
                         {"low_cut_hz", 20, 1000, 200, 200, N, NULL},
                         {"high_cut_hz", 1000, 20000, 9000, 9000, N, NULL},
                         {"return_db", -60, 12, -60, 0, ST_SCALE_LEVEL, NULL}}},
    [ST_MOVE_DELAY] = {"delay",
                       "delay",
                       6,
                       {{"left_ms", 1, 2000, 375, 375, N, NULL},
                        {"right_ms", 1, 2000, 500, 500, N, NULL},
                        {"feedback", 0, 0.8, 0.3, 0.3, N, NULL},
                        {"low_cut_hz", 20, 1000, 250, 250, N, NULL},
                        {"high_cut_hz", 500, 20000, 5000, 5000, N, NULL},
                        {"return_db", -60, 12, -60, 0, ST_SCALE_LEVEL, NULL}}},
};

#undef N
#undef L
#undef R

const st_move_info *st_move_about(st_move_kind kind) {
    return &table[kind];
}

st_move st_move_initial(st_move_kind kind) {
    st_move move;
    memset(&move, 0, sizeof move);
    move.kind = kind;
    move.amount = 1.0;
    for (int i = 0; i < table[kind].count; i++)
        move.value[i] = table[kind].field[i].initial;
    return move;
}

double st_move_clamp(st_move_kind kind, int field, double value) {
    const st_move_field *f = &table[kind].field[field];
    return isnan(value) ? f->initial : st_clamp(value, f->min, f->max);
}

static double toward(const st_move_field *f, double value, double amount) {
    switch (f->scale) {
    case ST_SCALE_LINEAR:
        return f->neutral + amount * (value - f->neutral);
    case ST_SCALE_RATIO:
        return 1.0 / (1.0 - amount * (1.0 - 1.0 / value));
    case ST_SCALE_HZ:
        return f->neutral * st_exp2(amount * st_log2(value / f->neutral));
    case ST_SCALE_LEVEL:
        return value + st_gain_to_db(amount);
    default:
        return value;
    }
}

double st_move_value(const st_move *move, int field) {
    const st_move_field *f = &table[move->kind].field[field];
    double value = st_clamp(move->value[field], f->min, f->max);
    if (f->scale == ST_SCALE_NONE)
        return value;
    if (!move->on || !(move->amount > 0.0))
        return f->neutral;
    if (move->amount >= 1.0)
        return value;
    return st_clamp(toward(f, value, move->amount), f->min, f->max);
}

/* The kinds that nothing but a field of kind "none" would move. */
static bool moves(const st_move *m) {
    const st_move_info *about = &table[m->kind];
    for (int i = 0; i < about->count; i++)
        if (about->field[i].scale != ST_SCALE_NONE &&
            st_move_value(m, i) != about->field[i].neutral)
            return true;
    return false;
}

bool st_move_acts(const st_move *move) {
    if (!move->on || !(move->amount > 0.0))
        return false;
    if (move->kind == ST_MOVE_STAGING)
        return move->value[ST_STAGING_GAIN] != 0.0;
    if (move->kind == ST_MOVE_POLARITY &&
        (move->value[ST_POLARITY_LEFT] > 0.5 ||
         move->value[ST_POLARITY_RIGHT] > 0.5))
        return true;
    return moves(move);
}
