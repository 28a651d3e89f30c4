/* heard: a song in memory as an input of the stage, heard and ready to be
 * decided on. */
#ifndef ST_TESTS_MIX_HEARD_H
#define ST_TESTS_MIX_HEARD_H

#include "mix/decide.h"
#include "mix/song.h"
#include "stage/host.h"

/* What stands behind the input. */
typedef struct {
    song *song;
    const char *const *labels;
    const int64_t *timecodes; /* NULL: none */
    int unreadable;           /* item, -1: none */
    st_in in;
} heard_host;

typedef struct {
    heard_host host;
    st_session session;
    st_hearing hearing;
    st_mix_recipe recipe; /* stems only */
} heard;

void heard_host_init(heard_host *host, song *s, const char *const *labels);
/* Opened, heard, stems in the recipe. */
st_status heard_init(heard *h, song *s, const char *const *labels,
                     const char *roles);
void heard_free(heard *h);
/* By the rules, in the taste of a preset. */
void heard_decide(heard *h, const char *preset, bool respect_user_gains);
st_move *heard_strip(heard *h, const char *stem, int slot);

#endif
