#include "stage/ctx.h"

#include "core/clock.h"
#include "stage/host.h"
#include "stage/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_MAX_BYTES = 1024 };

static double now_s(void) {
    return st_clock_seconds(0, st_clock_ns());
}

/* -- parameters */

static json_t *value_of(const st_ctx *ctx, const char *name) {
    assert(st_param_find(ctx->stage, name) >= 0);
    json_t *value = json_object_get(ctx->params, name);
    return json_is_null(value) ? NULL : value;
}

bool st_ctx_has(const st_ctx *ctx, const char *name) {
    return value_of(ctx, name) != NULL;
}

bool st_ctx_bool(const st_ctx *ctx, const char *name) {
    const json_t *value = value_of(ctx, name);
    assert(value == NULL || json_is_boolean(value));
    return json_is_true(value);
}

int64_t st_ctx_int(const st_ctx *ctx, const char *name) {
    const json_t *value = value_of(ctx, name);
    assert(value == NULL || json_is_integer(value));
    return json_integer_value(value);
}

double st_ctx_float(const st_ctx *ctx, const char *name) {
    const json_t *value = value_of(ctx, name);
    assert(value == NULL || json_is_number(value));
    return json_number_value(value);
}

const char *st_ctx_text(const st_ctx *ctx, const char *name) {
    const json_t *value = value_of(ctx, name);
    assert(value == NULL || json_is_string(value));
    return json_string_value(value);
}

int st_ctx_choice(const st_ctx *ctx, const char *name) {
    const st_param *param =
        &ctx->stage->params[st_param_find(ctx->stage, name)];
    assert(param->type == ST_PARAM_CHOICE);
    const char *text = st_ctx_text(ctx, name);
    for (int i = 0; text != NULL && param->choices[i] != NULL; i++)
        if (strcmp(param->choices[i], text) == 0)
            return i;
    return -1;
}

json_t *st_ctx_json(const st_ctx *ctx, const char *name) {
    return value_of(ctx, name);
}

const char *st_ctx_engine(const st_ctx *ctx) {
    return ctx->engine;
}

/* -- means */

st_arena *st_ctx_arena(st_ctx *ctx) {
    return ctx->ops->arena(ctx->host);
}

st_pool *st_ctx_pool(st_ctx *ctx) {
    return ctx->ops->pool(ctx->host);
}

uint64_t st_ctx_seed(const st_ctx *ctx) {
    return ctx->seed;
}

st_status st_ctx_folder(st_ctx *ctx, const char **path, st_err *err) {
    return ctx->ops->folder(ctx->host, path, err);
}

const char *st_ctx_cache(const st_ctx *ctx) {
    return ctx->cache;
}

/* -- progress and notes */

/* The lock is inside a ctx that readers see as const. */
static void lock(st_ctx *ctx) {
    (void)pthread_mutex_lock(&ctx->lock);
}

static void unlock(st_ctx *ctx) {
    (void)pthread_mutex_unlock(&ctx->lock);
}

void st_ctx_begin(st_ctx *ctx) {
    ctx->begun_s = ctx->phase_since_s = now_s();
    ctx->phase = -1;
    ctx->phase_count = 0;
    ctx->fraction = 0;
}

static int phase_find(const st_ctx *ctx, const char *name) {
    for (int i = 0; i < ctx->phase_count; i++)
        if (strcmp(ctx->phases[i].name, name) == 0)
            return i;
    return -1;
}

/* The index of a phase, made when new; the last one takes what is too many. */
static int phase_need(st_ctx *ctx, const char *name) {
    int i = phase_find(ctx, name);
    if (i >= 0)
        return i;
    if (ctx->phase_count == ST_CTX_MAX_PHASES)
        return ST_CTX_MAX_PHASES - 1;
    ctx->phases[ctx->phase_count] = (st_phase){.name = name};
    return ctx->phase_count++;
}

static void phase_end(st_ctx *ctx) {
    double now = now_s();
    if (ctx->phase >= 0)
        ctx->phases[ctx->phase].seconds += now - ctx->phase_since_s;
    ctx->phase_since_s = now;
    ctx->phase = -1;
}

void st_ctx_end(st_ctx *ctx) {
    lock(ctx);
    phase_end(ctx);
    unlock(ctx);
}

void st_ctx_progress(st_ctx *ctx, double fraction, const char *phase) {
    lock(ctx);
    if (ctx->phase < 0 || strcmp(ctx->phases[ctx->phase].name, phase) != 0) {
        phase_end(ctx);
        ctx->phase = phase_need(ctx, phase);
    }
    if (fraction > 1)
        fraction = 1;
    if (fraction > ctx->fraction)
        ctx->fraction = fraction;
    ctx->ops->progress(ctx->host, ctx->fraction, phase);
    unlock(ctx);
}

void st_ctx_phase_add(st_ctx *ctx, const char *phase, double seconds) {
    lock(ctx);
    ctx->phases[phase_need(ctx, phase)].seconds += seconds;
    unlock(ctx);
}

static double seconds_of(const st_ctx *ctx, int i) {
    double running = i == ctx->phase ? now_s() - ctx->phase_since_s : 0;
    return ctx->phases[i].seconds + running;
}

double st_ctx_phase_seconds(st_ctx *ctx, const char *phase) {
    lock(ctx);
    int i = phase_find(ctx, phase);
    double seconds = i < 0 ? 0 : seconds_of(ctx, i);
    unlock(ctx);
    return seconds;
}

json_t *st_ctx_phases(st_ctx *ctx) {
    json_t *phases = json_object();
    bool ok = phases != NULL;
    lock(ctx);
    for (int i = 0; ok && i < ctx->phase_count; i++) {
        double seconds = st_seconds_round(seconds_of(ctx, i));
        ok = json_object_set_new(phases, ctx->phases[i].name,
                                 json_real(seconds)) == 0;
    }
    unlock(ctx);
    if (ok)
        return phases;
    json_decref(phases);
    return NULL;
}

double st_ctx_seconds(const st_ctx *ctx) {
    return now_s() - ctx->begun_s;
}

bool st_ctx_cancelled(const st_ctx *ctx) {
    return ctx->ops->cancelled(ctx->host);
}

/* A note that cannot be kept for want of memory is let go: the work itself
 * will meet the same want and say so. Takes `item`. */
static void keep(st_ctx *ctx, json_t *list, json_t *item) {
    lock(ctx);
    int kept = json_array_append_new(list, item);
    unlock(ctx);
    (void)kept;
}

static json_t *sentence(const char *format, va_list args) {
    char text[NOTE_MAX_BYTES];
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    return st_text_json(text);
}

static json_t *note(const char *key, const char *name, json_t *message) {
    return json_pack("{s:o,s:o}", key, st_text_json(name), "message", message);
}

void st_ctx_note(st_ctx *ctx, const char *format, ...) {
    va_list args;
    va_start(args, format);
    keep(ctx, ctx->notes, sentence(format, args));
    va_end(args);
}

void st_ctx_warn(st_ctx *ctx, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    keep(ctx, ctx->warnings, note("code", code, sentence(format, args)));
    va_end(args);
}

json_t *st_ctx_warnings(st_ctx *ctx) {
    lock(ctx);
    json_t *copy =
        ctx->warnings != NULL ? json_deep_copy(ctx->warnings) : json_array();
    unlock(ctx);
    return copy;
}

void st_ctx_skip(st_ctx *ctx, const char *part, const char *format, ...) {
    va_list args;
    va_start(args, format);
    keep(ctx, ctx->skipped, note("part", part, sentence(format, args)));
    va_end(args);
}
