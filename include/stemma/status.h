/* status: what each call of the public library returns.
 * Source: src/core/status.h, whose values these are (a test compares them).
 */
#ifndef STEMMA_STATUS_H
#define STEMMA_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define STEMMA_API __attribute__((visibility("default")))
#else
#define STEMMA_API
#endif

typedef enum {
    STEMMA_OK = 0,
    STEMMA_NO_MEM,      /* out of memory, or a size that overflows */
    STEMMA_BAD_ARG,     /* an argument outside its stated range */
    STEMMA_BAD_DATA,    /* input that lies, is damaged or is hostile */
    STEMMA_UNSUPPORTED, /* sound input, but nothing here can read it */
    STEMMA_NOT_FOUND,   /* a file, stage, preset or parameter of that name */
    STEMMA_EXISTS,      /* would overwrite what must stay */
    STEMMA_IO,          /* the disk, a pipe or a peer failed */
    STEMMA_LIMIT,       /* a stated limit (frames, channels, bytes) passed */
    STEMMA_CANCELLED,   /* the caller asked to stop */
    STEMMA_TIMEOUT,     /* a stated time passed */
    STEMMA_INTERNAL     /* a broken promise of the library: please report */
} stemma_status;

/* A status and one sentence that tells a person what to do. Zero it before
 * first use; no heap. */
typedef struct {
    stemma_status status;
    char text[512]; /* UTF-8 */
} stemma_error;

/* A short lower-case name ("no memory"); never NULL. [any] */
STEMMA_API const char *stemma_status_name(stemma_status status);

#ifdef __cplusplus
}
#endif
#endif
