/* rig: tracks in memory on their way through mastering, for the tests here. */
#ifndef ST_TESTS_MASTER_RIG_H
#define ST_TESTS_MASTER_RIG_H

#include "audio/memory.h"
#include "master/track.h"

/* Written to a memory sink; a fault can be put into what is read back. */
typedef struct {
    int rate_hz, channels;
    st_sink *sink; /* of the last round */
    int rounds;
    float *channel[ST_MAX_CHANNELS];
    double fault_gain;   /* 0: none; else the file read is this much off */
    int64_t lost_frames; /* frames missing at the end of the file read */
} rig_file;

st_means rig_means(rig_file *file);
void rig_free(rig_file *file);

/* A buffer of `seconds` of sig_music at `gain_db`, stereo. */
st_buffer rig_music(double seconds, int rate_hz, double gain_db, uint64_t seed);
/* Loads a buffer into a track (asserts). `channels` 1 or 2 are taken. */
void rig_load(st_track *track, const st_buffer *audio, int64_t frames,
              int channels, int rate_hz);
/* Options with the default preset and 24 bits. */
st_decide_options rig_options(void);
/* Give target and ceiling, master, assert success. */
void rig_master(st_track *track, rig_file *file,
                const st_decide_options *options, double lufs);

#endif
