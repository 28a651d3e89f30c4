/* name_role: what a file's name says of its role.
 * Source: names as engineers and programs give them ("01 Kick In", "LdVox_DT",
 * "OH L", "SNR top"). */
#ifndef ST_MIX_NAME_ROLE_H
#define ST_MIX_NAME_ROLE_H

#include "audio/role.h"

/* The role, or ST_ROLE_NONE where the name says nothing. Words are cut at
 * whatever is no letter, between small and capital letters, and at digits; case
 * does not matter. What is told by several words ("bass drum", "kick bass") is
 * decided by the longest match, then the first. [any] */
st_role st_name_role(const char *name);

#endif
