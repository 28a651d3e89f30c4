#include "stemma/meter.h"

#include "analysis/meter.h"

#include <math.h>

stemma_status stemma_meter_new(stemma_meter **out, double rate_hz,
                               int channels) {
    st_meter *meter = NULL;
    const st_meter_params params = {.rate_hz = rate_hz, .channels = channels};
    st_status status = st_meter_new(&meter, &params);
    if (status == ST_OK)
        *out = (stemma_meter *)meter;
    return (stemma_status)status;
}

void stemma_meter_free(stemma_meter *meter) {
    st_meter_free((st_meter *)meter);
}

void stemma_meter_process(stemma_meter *meter, const float *const *in,
                          int64_t frames) {
    if (frames > 0)
        st_meter_process((st_meter *)meter, in, frames);
}

void stemma_meter_finish(stemma_meter *meter) {
    st_meter_finish((st_meter *)meter);
}

double stemma_meter_get(const stemma_meter *meter, stemma_figure figure) {
    st_meter_result r;
    st_meter_get((const st_meter *)meter, &r);
    const double figures[STEMMA_FIGURE_COUNT] = {
        [STEMMA_INTEGRATED_LUFS] = r.loudness.integrated_lufs,
        [STEMMA_RANGE_LU] = r.loudness.range_lu,
        [STEMMA_MOMENTARY_MAX_LUFS] = r.loudness.momentary_max_lufs,
        [STEMMA_SHORT_TERM_MAX_LUFS] = r.loudness.short_term_max_lufs,
        [STEMMA_TRUE_PEAK_DBTP] = r.true_peak_dbtp,
        [STEMMA_TRUE_PEAK_S] = r.true_peak_s,
        [STEMMA_SAMPLE_PEAK_DBFS] = r.sample_peak_dbfs,
        [STEMMA_RMS_DBFS] = r.rms_dbfs,
        [STEMMA_CREST_DB] = r.crest_db,
        [STEMMA_PLR_DB] = r.plr_db,
        [STEMMA_PSR_DB] = r.psr_db,
        [STEMMA_DC] = r.dc_max,
        [STEMMA_CORRELATION] = r.correlation,
        [STEMMA_SIDE_MID_DB] = r.side_mid_db,
    };
    return (unsigned)figure < STEMMA_FIGURE_COUNT ? figures[figure] : NAN;
}
