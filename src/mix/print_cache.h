/* print_cache: prints of strips that did not change, kept between runs.
 * Source: issue row "unchanged stems come from cached prints"; audio/spool.h.
 *
 * A print is named by all that its samples depend on: content of the files,
 * rate and place in time, settings of the strip up to its print, the same of
 * the stems that key it, and the program that made it (a new build, whatever
 * its version, finds nothing). FOLDER/prints/KEY holds one;
 * those used longest ago go first when all are more than the cap. Nothing
 * here ever fails a mix. Several processes may share the folder. */
#ifndef ST_MIX_PRINT_CACHE_H
#define ST_MIX_PRINT_CACHE_H

#include "core/hash.h"
#include "mix/hear.h"
#include "mix/render.h"
#include "mix/session.h"

#define ST_PRINT_CACHE_BYTES ((int64_t)4 << 30)
#define ST_HEARD_CACHE_BYTES ((int64_t)64 << 20)

enum { ST_PRINT_MAKER_BYTES = 128 };
/* The running program, as a text: the stage's version, and the file by inode,
 * size and time. [any] */
void st_print_maker(int version, char text[ST_PRINT_MAKER_BYTES]);
/* The name of a print; file[i]: of stem i in the session. False while the
 * content of a file is not known. [any] */
bool st_print_key(const st_mix_recipe *recipe, const st_session *session,
                  const int *file, int stem, const char *maker,
                  char key[ST_HASH_TEXT_BYTES]);
/* The same of what is heard of one file. [any] */
bool st_heard_key(const st_session *session, int file, const char *maker,
                  char key[ST_HASH_TEXT_BYTES]);
/* `root`/`kind`, made if it is missing; false when it cannot be. [any] */
bool st_print_cache_folder(const char *root, const char *kind, char *path,
                           size_t bytes);
/* An empty print from the folder; false when there is none. [any] */
bool st_print_cache_load(const char *folder, const char *key, st_print *print);
/* Keep a print, whose spool was made in that folder; false when that cannot
 * be. [any] */
bool st_print_cache_store(const char *folder, const char *key,
                          const st_print *print);
/* What was heard of a file, in a folder of its own. [any] */
bool st_heard_load(const char *folder, const char *key, st_file_facts *heard);
bool st_heard_store(const char *folder, const char *key,
                    const st_file_facts *heard);
/* Oldest out until at most `cap` bytes are left. [any] */
void st_print_cache_trim(const char *folder, int64_t cap);

#endif
