/* text: a growing string for pages and pictures.
 * Source: C11 7.21.6. A failure to grow is kept and seen at the end. */
#ifndef ST_PAGE_TEXT_H
#define ST_PAGE_TEXT_H

#include "core/attr.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    char *data; /* NUL-ended, freed with st_free */
    size_t length, room;
    bool failed;
} st_text;

void st_text_add(st_text *text, const char *format, ...) ST_PRINTF(2, 3);
/* As is. */
void st_text_put(st_text *text, const char *raw);
/* With < > & " ' escaped and control characters dropped. */
void st_text_escape(st_text *text, const char *raw);

#endif
