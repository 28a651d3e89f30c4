/* status: what a call that can fail returns.
 * Source: style.md, "Errors"; the shape follows libebur128 and zix. */
#ifndef ST_CORE_STATUS_H
#define ST_CORE_STATUS_H

typedef enum {
    ST_OK = 0,
    ST_NO_MEM,      /* out of memory, or a size that overflows */
    ST_BAD_ARG,     /* an argument outside its stated range */
    ST_BAD_DATA,    /* input that lies, is damaged or is hostile */
    ST_UNSUPPORTED, /* sound input, but nothing here can read it */
    ST_NOT_FOUND,   /* a file, stage, preset or parameter of that name */
    ST_EXISTS,      /* would overwrite what must stay */
    ST_IO,          /* the disk, a pipe or a peer failed */
    ST_LIMIT,       /* a stated limit (frames, channels, bytes) passed */
    ST_CANCELLED,   /* the caller asked to stop */
    ST_TIMEOUT,     /* a stated time passed */
    ST_INTERNAL,    /* a broken promise of our own: please report */
    ST_STATUS_COUNT
} st_status;

/* A short lower-case name ("no memory", "bad data"). [any]
 * Never NULL; an unknown value gives "unknown status". */
const char *st_status_name(st_status status);

#endif
