/* scan: what a file holds before anything is done to it, and the mending of
 * what no sound can be.
 * Source: IEEE 754 binary32; analysis/meter.h for full scale.
 *
 * Float files may hold peaks over full scale (they are no fault), single
 * samples of a broken memory or plug-in, or whole numbers that nobody brought
 * to full scale. A sample is *wild* over +12 dBFS, where it stands 30 dB and
 * more over all but one in ten thousand samples of its file: no crest of music
 * is as high. What is over +24 dBFS all over (twelve full stems added up reach
 * +21.6) is on another scale, and is brought down by a power of two. */
#ifndef ST_MIX_SCAN_H
#define ST_MIX_SCAN_H

#include "audio/stream.h"

typedef struct {
    int64_t frames;
    double peak_dbfs;     /* of what is not wild; -INFINITY for silence */
    int64_t flat_runs;    /* tops cut off, in one channel: 3 and more samples at
                           * full scale; in files that go over it, at exactly
                           * their peak */
    int64_t wild_samples; /* no numbers among them */
    double wild_dbfs;     /* the highest of them, INFINITY for no number */
    float wild_over;      /* what is more is wild; full scale 1.0 */
    float gain; /* that brings it to full scale: 1, or 1 / 2^n for a file that
                 * is over +24 dBFS all over */
} st_scan;

/* Read a source of any rate and channels to its end. Errors of the source;
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_scan_source(st_scan *out, st_source *source,
                                     st_err *err);
/* `in` (taken, also on error) with wild samples bridged from those beside them
 * in a straight line, times the gain; `in` itself where there is nothing to
 * do. The same samples wherever it is read from. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_mended_source_new(st_source **out, st_source *in,
                                           const st_scan *scan, st_err *err);

#endif
