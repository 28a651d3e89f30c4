/* host: what stands behind st_ctx, st_in and st_out; for runners only.
 * Source: design.md section 1. src/job implements it over files; a test may
 * implement it over memory. A stage never includes this file. */
#ifndef ST_STAGE_HOST_H
#define ST_STAGE_HOST_H

#include "stage/stage.h"

#include <pthread.h>

enum { ST_CTX_MAX_PHASES = 48 };

/* Each function gets the `host` pointer of its struct. */
typedef struct {
    st_pool *(*pool)(void *host);
    st_arena *(*arena)(void *host);
    st_status (*folder)(void *host, const char **path, st_err *err);
    void (*progress)(void *host, double fraction, const char *phase);
    bool (*cancelled)(void *host); /* [any] */
} st_ctx_ops;

typedef struct {
    const char *name;
    double seconds;
} st_phase;

struct st_ctx {
    const st_stage *stage;
    const char *engine;
    const json_t *params; /* from st_params_resolve */
    uint64_t seed;
    const char *cache; /* st_ctx_cache */
    const st_ctx_ops *ops;
    void *host;
    /* Filled while it runs. Arrays of {code|part, message}; the runner makes
     * and owns them. */
    json_t *warnings, *skipped;
    json_t *notes; /* array of strings */
    st_phase phases[ST_CTX_MAX_PHASES];
    int phase_count;
    int phase; /* running one, -1 before the first */
    double phase_since_s, begun_s, fraction;
    pthread_mutex_t lock; /* over all that is filled while it runs */
};

/* Sets begun_s and the rest that does not come from the caller; the lock is
 * the caller's to make and destroy. */
void st_ctx_begin(st_ctx *ctx);
/* Ends the running phase. */
void st_ctx_end(st_ctx *ctx);

typedef struct {
    int (*count)(void *host, int input);
    const char *(*label)(void *host, int input, int index);
    double (*weight)(void *host, int input, int index);
    st_bits (*bits)(void *host, int input, int index);
    /* place of the first sample on the session's clock (bext), -1: none */
    int64_t (*timecode)(void *host, int input, int index);
    /* of the decoded samples; NULL until known */
    const char *(*hash)(void *host, int input, int index);
    st_status (*format)(void *host, int input, int index, st_format *out,
                        st_err *err);
    st_status (*open)(void *host, int input, int index, bool once,
                      st_source **out, st_err *err);
    st_status (*bytes)(void *host, int input, int index, size_t max_bytes,
                       unsigned char **out, size_t *size, st_err *err);
} st_in_ops;

struct st_in {
    const st_stage *stage;
    const st_in_ops *ops;
    void *host;
};

typedef struct {
    bool (*wanted)(void *host, int output);
    void (*asked)(void *host, int output, int index, const char **container,
                  st_bits *bits);
    st_status (*audio)(void *host, int output, int index,
                       const st_out_spec *spec, st_sink **sink, st_err *err);
    st_status (*reread)(void *host, int output, int index, st_source **source,
                        st_err *err);
    st_status (*json)(void *host, int output, int index, json_t *document,
                      st_err *err);
    st_status (*pieces)(void *host, int output, int index, st_piece_fn next,
                        void *ctx, st_err *err);
} st_out_ops;

struct st_out {
    const st_stage *stage;
    const st_out_ops *ops;
    void *host;
};

#endif
