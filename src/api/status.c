#include "api/api.h"

#include "stemma/stemma.h"

#include <assert.h>
#include <string.h>

static_assert((int)STEMMA_INTERNAL == (int)ST_INTERNAL &&
                  (int)ST_STATUS_COUNT == (int)STEMMA_INTERNAL + 1,
              "public and inner status values are one list");
static_assert(sizeof((stemma_error *)0)->text == ST_ERR_MAX_BYTES,
              "sentences fit");

const char *stemma_version(void) {
    return ST_VERSION;
}

const char *stemma_status_name(stemma_status status) {
    return st_status_name((st_status)status);
}

stemma_status st_api_give(st_status status, const st_err *err,
                          stemma_error *to) {
    if (to == NULL)
        return (stemma_status)status;
    to->status = (stemma_status)status;
    memcpy(to->text, err->text, sizeof to->text);
    if (status != ST_OK && to->text[0] == '\0')
        strncpy(to->text, st_status_name(status), sizeof to->text - 1);
    return (stemma_status)status;
}
