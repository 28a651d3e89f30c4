/* balance_net: faders as authors set them, by a network.
 * Source: models/mixnet/mixnet.h; models/mix.md for what it learned from.
 *
 * From what each file sounds like by itself (mix/hear.h), its role and how
 * loud it is beside the others. Files far from the rest are taken part of the
 * way: what an author hides stays behind. */
#ifndef ST_MIX_BALANCE_NET_H
#define ST_MIX_BALANCE_NET_H

#include "mix/hear.h"

/* Gains of the files of a session (by file, as `facts`), dB, the common one
 * free; NAN for groups, files that are left out and silent ones. Grouped files
 * count by themselves. ST_NO_MEM, and errors of the weights. [any] */
ST_MUST_USE st_status st_balance_net(const st_session *session,
                                     const st_file_facts *facts,
                                     double *gain_db, st_err *err);

#endif
