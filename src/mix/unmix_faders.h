/* unmix_faders: the faders and places of a mix that is at hand, from its stems.
 * Source: least squares over short-time spectra, as in B. Kim & C. Raphael,
 * "Reverse engineering the mix", JAES 58(12), 2010; weights by the mix's own
 * power in each band (whitening), so that hats count as much as the bass.
 *
 * The mix is taken as the sum of the stems, each times a gain a side. Both
 * start at the same moment but for a shift that is looked for within 2 s
 * (unmix_shift.h); a mix may be upside down as a whole. What no stem explains
 * (effects, the master's work) stays over. */
#ifndef ST_MIX_UNMIX_FADERS_H
#define ST_MIX_UNMIX_FADERS_H

#include "audio/stream.h"
#include <stdbool.h>

enum { ST_UNMIX_MOST = 64 };

typedef struct {
    bool same_song;   /* the stems explain most of the mix */
    bool upside_down; /* the mix is, beside the stems */
    double share;     /* of the whitened power that they explain, 0..1 */
    double shift_s;   /* the mix begins this much after the stems */
    bool heard[ST_UNMIX_MOST];     /* enough of it is in both to say */
    double gain_db[ST_UNMIX_MOST]; /* from file to mix; -150: not in it */
    double pan[ST_UNMIX_MOST];     /* -1..1, by the law of dsp/panner.h */
} st_unmixed;

/* stems[count] (1..ST_UNMIX_MOST) and mix: of one rate, 1 or 2 channels, at
 * their starts; read to their ends. Errors of the sources; ST_NO_MEM. [one at a
 * time] */
ST_MUST_USE st_status st_unmix_faders(st_source *const *stems, int count,
                                      st_source *mix, st_unmixed *out,
                                      st_err *err);

#endif
