/* openapi: the table of routes as a document.
 * Source: OpenAPI 3.1.0; JSON Schema 2020-12. */
#ifndef ST_SERVER_OPENAPI_H
#define ST_SERVER_OPENAPI_H

#include "server/http.h"

/* A new reference, NULL when out of memory. `schemas`: what stands under
 * components/schemas (name -> schema), may be NULL, borrowed; "Problem" is
 * added. Routes with ST_ROUTE_HIDDEN are left out. [any] */
json_t *st_openapi_make(const st_route *routes, int route_count,
                        const char *title, const char *version,
                        json_t *schemas);

#endif
