/* overview: one HTML page that shows what was heard in a file.
 * Source: own drawing with page/; the document is analysis/listen.h's. */
#ifndef ST_ANALYSIS_OVERVIEW_H
#define ST_ANALYSIS_OVERVIEW_H

#include "analysis/listen.h"
#include "page/text.h"

/* The whole page into `page` (data freed with st_free, also on failure).
 * Parts that were not listened for are left out: it needs at least the meter's
 * series; peaks, pictures and music make it whole. ST_NO_MEM, ST_INTERNAL.
 * [any] */
ST_MUST_USE st_status st_overview_write(st_text *page,
                                        const st_listen_result *heard,
                                        const char *label);

#endif
