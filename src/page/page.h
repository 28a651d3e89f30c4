/* page: what the HTML pages of reports share: head, style, numbers, pictures.
 * Source: HTML 5; light, dark and print follow the reader. A page stands
 * alone: no file, script or font is loaded. */
#ifndef ST_PAGE_PAGE_H
#define ST_PAGE_PAGE_H

#include "page/text.h"

/* Up to and with <main>. The title is "name - kind". */
void st_page_begin(st_text *t, const char *name, const char *kind);
/* The same with CSS of this kind of page behind the style of all. */
void st_page_begin_styled(st_text *t, const char *name, const char *kind,
                          const char *const *css, int count);
void st_page_end(st_text *t);
/* With a real minus sign; a dash for what is not finite. */
void st_page_number(st_text *t, double value, int decimals);
/* Bytes as text within the page (RFC 4648). */
void st_page_base64(st_text *t, const unsigned char *bytes, size_t size);
/* A PNG file as an image inside the page; `label` is read out. */
void st_page_png(st_text *t, const unsigned char *bytes, size_t size,
                 const char *label);

#endif
