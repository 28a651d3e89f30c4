/* album: one loudness for many tracks, their own order kept.
 * Source: issue "Album mode"; research section 5, C7. */
#ifndef ST_MASTER_ALBUM_H
#define ST_MASTER_ALBUM_H

#include "core/attr.h"

#include <stdbool.h>

enum { ST_ALBUM_TRACKS = 256 };

/* The spread that album targets keep, LU; half a tenth under the promise so
 * that meters' rounding stays inside it. */
#define ST_ALBUM_SPREAD_LU 0.4

typedef struct {
    int count;
    double lufs;                        /* of the album, its middle */
    double spread_before, spread_after; /* LU, largest less smallest */
    double tilt_before, tilt_after;     /* dB per octave, same */
    bool order_kept;
} st_album;

/* Targets for tracks that measure before[count] LUFS (not finite: silent, gets
 * `lufs`), around `lufs`, none over most[i] (what each can reach): the
 * differences of the tracks, scaled so that they spread over at most
 * ST_ALBUM_SPREAD_LU. When a track cannot follow, all come down. [any] */
void st_album_targets(const double *before, const double *most, int count,
                      double lufs, double *target);
/* Largest less smallest of the finite values. [any] */
double st_album_spread(const double *values, int count);
/* Are tracks in the same order of loudness (differences under 0.1 LU count
 * as equal)? [any] */
bool st_album_order_kept(const double *before, const double *after, int count);

#endif
