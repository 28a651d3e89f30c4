/* html: the report as one page that needs nothing else: style and pictures
 * are inside. Light and dark follow the reader; made to print on two sheets.
 * Source: issue "one-page HTML report". */
#ifndef ST_MASTER_HTML_H
#define ST_MASTER_HTML_H

#include "master/report.h"
#include "page/text.h"

/* Append the whole page; text->failed when out of memory. Every text from
 * files is escaped. [any] */
void st_html_page(st_text *text, const st_track *track,
                  const st_report_facts *facts);

/* Its parts, in order. */
void st_html_charts(st_text *text, const st_track *track,
                    const st_report_facts *facts);

#endif
