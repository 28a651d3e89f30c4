/* taste: which way a mix leans: the balance of roles and the amounts of tools.
 * Source: issue rows M11, M62; design.md section 9 (names). Numbers are our own
 * starting points from common practice; the role figures are loudness beside a
 * lead vocal.
 *
 * A taste never sets a move by itself; the rules measure the music and use it
 * as the direction in which to go. */
#ifndef ST_MIX_TASTE_H
#define ST_MIX_TASTE_H

#include "audio/role.h"

typedef struct {
    const char *name;              /* as a mastering preset: "Pop" */
    double role_lu[ST_ROLE_COUNT]; /* loudness beside a lead vocal, LU */
    double width;                  /* 0..1: how far apart stems are placed */
    double reverb_db;              /* of all sends, dB against the usual */
    double reverb_s;               /* decay */
    double delay_db;               /* of the delay's sends */
    double glue_db;       /* mean reduction of bus compressors, 0..2.5 */
    double punch_db;      /* transients of the drum bus, 0..4 */
    double duck_db;       /* kick over bass, 0..4 */
    double vocal_duck_db; /* lead vocal over music, 0.5..1.5 */
} st_taste;

/* By the name of a mastering preset, case and punctuation aside; the neutral
 * one for any other, or NULL. Never NULL. [any] */
const st_taste *st_taste_find(const char *name);

#endif
