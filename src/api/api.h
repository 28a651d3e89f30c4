/* api: between the public names of include/stemma and the house's own.
 * Source: none. Private to src/api. */
#ifndef ST_API_API_H
#define ST_API_API_H

#include "core/err.h"
#include "stemma/status.h"

/* Hand a status and its sentence to the caller. NULL `to` is fine. */
stemma_status st_api_give(st_status status, const st_err *err,
                          stemma_error *to);

#endif
