#include "dsp/dynamics.h"

#include "core/math.h"
#include "dsp/clamp.h"

st_dynamics_params st_dynamics_defaults(void) {
    return (st_dynamics_params){
        .detect = ST_DETECT_PEAK,
        .rms_ms = 10.0,
        .threshold_db = -20.0,
        .ratio = 1.0,
        .knee_db = 6.0,
        .range_db = 100.0,
        .attack_ms = 10.0,
        .release_ms = 100.0,
        .hold_ms = 5.0,
        .makeup_db = 0.0,
        .mix = 1.0,
        .upward = false,
        .floor_db = -70.0,
    };
}

bool st_dynamics_is_neutral(const st_dynamics_params *params) {
    bool moves =
        params->ratio > 1.0 && params->range_db > 0.0 && params->mix > 0.0;
    return !moves && params->makeup_db == 0.0;
}

/* Giannoulis et al., eq. 4, as "over the threshold", never negative. */
static double knee_db(double over_db, double width_db) {
    double half = 0.5 * width_db;
    if (over_db <= -half)
        return 0.0;
    if (over_db >= half)
        return over_db;
    return (over_db + half) * (over_db + half) / (2.0 * width_db);
}

double st_dynamics_curve_db(const st_dynamics_params *params, double level_db) {
    double threshold = st_clamp(params->threshold_db, -100.0, 20.0);
    double slope = 1.0 - 1.0 / st_clamp(params->ratio, 1.0, 1000.0);
    double width = st_clamp(params->knee_db, 0.0, 40.0);
    double range = st_clamp(params->range_db, 0.0, 100.0);
    double over = params->upward ? threshold - level_db : level_db - threshold;
    double move = slope * knee_db(over, width);
    if (move > range)
        move = range;
    if (!params->upward)
        return -move;
    double room = level_db - st_clamp(params->floor_db, -120.0, 0.0);
    return st_clamp(move, 0.0, room > 0.0 ? room : 0.0);
}
