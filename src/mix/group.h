/* group: more stems than strips, added up before the desk.
 * Source: issue "Mixing" ("more may be grouped"); mix/taste.h for loudness.
 *
 * Pairs are joined until as many are left as the desk has strips: never across
 * buses; one role before several; kick, snare and bass last; a lead vocal only
 * where there is no other way; of what is left the quietest in a mix and the
 * most alike. In a group each file gets a gain that gives it the loudness of
 * its role beside the others. A group has the role of its members; of several
 * drums it is "drums_bus", else that of the member that stands out most. */
#ifndef ST_MIX_GROUP_H
#define ST_MIX_GROUP_H

#include "mix/hear.h"
#include "mix/taste.h"

#include <jansson.h>

/* What a session holds that has a strip of its own. [any] */
int st_group_stems(const st_session *session);
/* Join until ST_MIX_STEMS are left, if buses allow; facts by file
 * (st_hear_files). Groups that are there already stay as they are. `keep`: no
 * gains, the files' own balance stays. balance_db: gains by file that are to be
 * had instead of those of the roles (NAN: none); or NULL. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_group_make(st_session *session,
                                    const st_file_facts *facts,
                                    const st_taste *taste, bool keep,
                                    const double *balance_db, st_err *err);
/* Gains of groups out of those of their members, by file. [any] */
void st_group_balance(const st_session *session, double *balance_db);
/* One group more: `name` unique or NULL (its role names it); role NONE: from
 * its members. ST_LIMIT when there are ST_MIX_STEMS. [any] */
ST_MUST_USE st_status st_group_add(st_session *session,
                                   const st_session_group *group,
                                   const char *name, st_role role,
                                   const st_taste *taste, st_err *err);

/* The part "groups" of a recipe (docs/formats.md); a new reference, NULL when
 * out of memory. [any] */
json_t *st_group_json(const st_session *session);
/* Groups as such a document says (NULL: none); roles are those of `recipe`,
 * where it names them. ST_BAD_DATA, ST_NOT_FOUND name the place. [any] */
ST_MUST_USE st_status st_group_parse(st_session *session, const json_t *groups,
                                     const st_mix_recipe *recipe,
                                     const st_taste *taste, st_err *err);

#endif
