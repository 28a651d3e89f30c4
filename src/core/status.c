#include "core/status.h"

static const char *const names[ST_STATUS_COUNT] = {
    [ST_OK] = "ok",
    [ST_NO_MEM] = "no memory",
    [ST_BAD_ARG] = "bad argument",
    [ST_BAD_DATA] = "bad data",
    [ST_UNSUPPORTED] = "unsupported",
    [ST_NOT_FOUND] = "not found",
    [ST_EXISTS] = "already exists",
    [ST_IO] = "input or output failed",
    [ST_LIMIT] = "over a limit",
    [ST_CANCELLED] = "cancelled",
    [ST_TIMEOUT] = "timed out",
    [ST_INTERNAL] = "internal error",
};

const char *st_status_name(st_status status) {
    if ((unsigned)status >= ST_STATUS_COUNT)
        return "unknown status";
    return names[status];
}
