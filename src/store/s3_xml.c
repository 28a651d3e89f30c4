#include "store/s3_xml.h"

#include "core/alloc.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DEPTH_MAX = 16, TEXT_MAX = 4096, PATH_BYTES = 512 };

/* Called when an element ends. path: "/Error/Code". text: what stood in it
 * since the last tag, blanks at its ends cut. */
typedef st_status (*leaf_fn)(void *ctx, const char *path, const char *text,
                             st_err *err);

typedef struct {
    XML_Parser parser;
    leaf_fn leaf;
    void *ctx;
    st_err *err;
    st_status status;
    int depth;
    size_t path_bytes[DEPTH_MAX + 1];
    char path[PATH_BYTES];
    char text[TEXT_MAX + 1];
    size_t text_bytes;
} walk;

static void stop(walk *w, st_status status, const char *why) {
    if (w->status == ST_OK)
        w->status = why == NULL
                        ? status
                        : st_err_set(w->err, status,
                                     "the server's answer %s; is this an S3 "
                                     "server?",
                                     why);
    (void)XML_StopParser(w->parser, XML_FALSE);
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts) {
    walk *w = ctx;
    size_t used = w->path_bytes[w->depth];
    size_t length = strlen(name);
    (void)atts;
    if (w->depth == DEPTH_MAX || used + length + 2 > sizeof w->path) {
        stop(w, ST_BAD_DATA, "is nested too deep");
        return;
    }
    w->path[used] = '/';
    memcpy(w->path + used + 1, name, length + 1);
    w->path_bytes[++w->depth] = used + 1 + length;
    w->text_bytes = 0;
}

static const char *trimmed(walk *w) {
    static const char blanks[] = " \t\r\n";
    while (w->text_bytes > 0 &&
           strchr(blanks, w->text[w->text_bytes - 1]) != NULL)
        w->text_bytes--;
    w->text[w->text_bytes] = '\0';
    return w->text + strspn(w->text, blanks);
}

static void on_end(void *ctx, const XML_Char *name) {
    walk *w = ctx;
    (void)name;
    if (w->status != ST_OK)
        return;
    st_status status = w->leaf(w->ctx, w->path, trimmed(w), w->err);
    if (status != ST_OK)
        stop(w, status, NULL);
    w->path[w->path_bytes[--w->depth]] = '\0';
    w->text_bytes = 0;
}

static void on_text(void *ctx, const XML_Char *text, int bytes) {
    walk *w = ctx;
    if (w->status != ST_OK)
        return;
    if ((size_t)bytes > TEXT_MAX - w->text_bytes) {
        stop(w, ST_BAD_DATA, "holds too long a text");
        return;
    }
    memcpy(w->text + w->text_bytes, text, (size_t)bytes);
    w->text_bytes += (size_t)bytes;
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int internal) {
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(ctx, ST_BAD_DATA, "declares a document type");
}

static st_status unread(enum XML_Error why, st_err *err) {
    if (why == XML_ERROR_NO_MEMORY)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    return st_err_set(err, ST_BAD_DATA,
                      "the server's answer is no XML (%s); is this an S3 "
                      "server?",
                      XML_ErrorString(why));
}

/* Servers that take long over an answer send blanks first. */
static st_status walk_text(const char *text, size_t bytes, leaf_fn leaf,
                           void *ctx, st_err *err) {
    static const XML_Memory_Handling_Suite memory = {malloc, realloc, free};
    walk w = {.leaf = leaf, .ctx = ctx, .err = err};
    while (bytes > 0 && strchr(" \t\r\n", *text) != NULL && *text != '\0') {
        text++;
        bytes--;
    }
    w.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
    if (w.parser == NULL)
        return st_err_set(err, ST_NO_MEM, "not enough memory.");
    XML_SetUserData(w.parser, &w);
    XML_SetElementHandler(w.parser, on_start, on_end);
    XML_SetCharacterDataHandler(w.parser, on_text);
    XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
    enum XML_Status done = bytes > INT32_MAX
                               ? XML_STATUS_ERROR
                               : XML_Parse(w.parser, text, (int)bytes, 1);
    if (done != XML_STATUS_OK && w.status == ST_OK)
        w.status = unread(XML_GetErrorCode(w.parser), err);
    XML_ParserFree(w.parser);
    return w.status;
}

static st_status wrong(const char *what, st_err *err) {
    return st_err_set(err, ST_BAD_DATA,
                      "the server's answer is not %s; is this an S3 server?",
                      what);
}

static st_status keep(char *field, size_t bytes, const char *text,
                      st_err *err) {
    if (strlen(text) >= bytes)
        return wrong("what was asked for: a name in it is too long", err);
    memcpy(field, text, strlen(text) + 1);
    return ST_OK;
}

/* -- values ------------------------------------------------------------------
 */

bool st_s3_time(const char *text, int64_t *utc_us) {
    struct tm t = {0};
    int length = 0;
    int milli = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &t.tm_year, &t.tm_mon,
               &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec, &length) != 6)
        return false;
    const char *rest = text + length;
    if (*rest == '.') {
        size_t digits = strspn(rest + 1, "0123456789");
        for (size_t i = 0; i < 3; i++)
            milli = 10 * milli + (i < digits ? rest[1 + i] - '0' : 0);
        rest += 1 + digits;
    }
    if (strcmp(rest, "Z") != 0 || t.tm_year < 1970 || t.tm_mon < 1 ||
        t.tm_mon > 12 || t.tm_mday < 1 || t.tm_mday > 31 || t.tm_hour < 0 ||
        t.tm_hour > 23 || t.tm_min < 0 || t.tm_min > 59 || t.tm_sec < 0 ||
        t.tm_sec > 60)
        return false;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    *utc_us = (int64_t)timegm(&t) * 1000000 + milli * 1000;
    return true;
}

static bool number(const char *text, int64_t *out) {
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] != '\0')
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

/* -- <Error> -----------------------------------------------------------------
 */

typedef struct {
    st_s3_error *out;
    bool found;
} error_ctx;

static void keep_printable(char *field, size_t bytes, const char *text) {
    size_t used = 0;
    for (; *text != '\0' && used + 1 < bytes; text++)
        field[used++] = *text >= ' ' && *text <= '~' ? *text : '?';
    field[used] = '\0';
}

static st_status error_leaf(void *ctx, const char *path, const char *text,
                            st_err *err) {
    error_ctx *c = ctx;
    (void)err;
    if (strcmp(path, "/Error") == 0)
        c->found = true;
    else if (strcmp(path, "/Error/Code") == 0)
        keep_printable(c->out->code, sizeof c->out->code, text);
    else if (strcmp(path, "/Error/Message") == 0)
        keep_printable(c->out->message, sizeof c->out->message, text);
    else if (strcmp(path, "/Error/Region") == 0)
        keep_printable(c->out->region, sizeof c->out->region, text);
    return ST_OK;
}

st_status st_s3_error_read(const char *text, size_t bytes, st_s3_error *out,
                           st_err *err) {
    st_s3_error found = {.code = ""};
    error_ctx ctx = {.out = &found};
    st_status status = walk_text(text, bytes, error_leaf, &ctx, err);
    if (status == ST_OK && !ctx.found)
        status = wrong("an error document", err);
    if (status == ST_OK)
        *out = found;
    return status;
}

/* -- lists -------------------------------------------------------------------
 */

typedef struct {
    st_s3_page *page;
    st_s3_entry entry;
    st_s3_each each;
    void *ctx;
    bool sized;
    bool timed;
    bool found;
} page_ctx;

static st_status entry_end(page_ctx *c, bool upload, st_err *err) {
    bool whole = c->entry.key[0] != '\0' && c->timed &&
                 (upload ? c->entry.upload_id[0] != '\0' : c->sized);
    if (!whole)
        return wrong("a list: an entry lacks its name, size or time", err);
    st_status status = c->each(c->ctx, &c->entry, err);
    c->page->entries++;
    c->entry = (st_s3_entry){.bytes = 0};
    c->sized = c->timed = false;
    return status;
}

static st_status entry_field(page_ctx *c, const char *name, const char *text,
                             st_err *err) {
    st_s3_entry *e = &c->entry;
    if (strcmp(name, "Key") == 0)
        return keep(e->key, sizeof e->key, text, err);
    if (strcmp(name, "UploadId") == 0)
        return keep(e->upload_id, sizeof e->upload_id, text, err);
    if (strcmp(name, "Size") == 0 && !(c->sized = number(text, &e->bytes)))
        return wrong("a list: a size is no number", err);
    if ((strcmp(name, "LastModified") == 0 || strcmp(name, "Initiated") == 0) &&
        !(c->timed = st_s3_time(text, &e->time_us)))
        return wrong("a list: a time is no time", err);
    return ST_OK;
}

static const char *behind(const char *path, const char *head) {
    size_t length = strlen(head);
    return strncmp(path, head, length) == 0 ? path + length : NULL;
}

static st_status page_field(page_ctx *c, const char *name, const char *text,
                            st_err *err) {
    st_s3_page *page = c->page;
    if (strcmp(name, "IsTruncated") == 0)
        page->truncated = strcmp(text, "true") == 0;
    if (strcmp(name, "NextKeyMarker") == 0)
        return keep(page->next_key, sizeof page->next_key, text, err);
    if (strcmp(name, "NextUploadIdMarker") == 0)
        return keep(page->next_id, sizeof page->next_id, text, err);
    return ST_OK;
}

static st_status page_leaf(void *ctx, const char *path, const char *text,
                           st_err *err) {
    page_ctx *c = ctx;
    const char *objects = behind(path, "/ListBucketResult");
    const char *uploads = behind(path, "/ListMultipartUploadsResult");
    const char *at = objects != NULL ? objects : uploads;
    const char *item = objects != NULL ? "/Contents" : "/Upload";
    if (at == NULL)
        return ST_OK;
    if (*at == '\0') {
        c->found = true;
        return ST_OK;
    }
    const char *field = behind(at, item);
    if (field != NULL && *field == '\0')
        return entry_end(c, objects == NULL, err);
    if (field != NULL && *field == '/')
        return entry_field(c, field + 1, text, err);
    return *at == '/' ? page_field(c, at + 1, text, err) : ST_OK;
}

st_status st_s3_page_read(const char *text, size_t bytes, st_s3_each each,
                          void *ctx, st_s3_page *page, st_err *err) {
    *page = (st_s3_page){.truncated = false};
    page_ctx c = {.page = page, .each = each, .ctx = ctx};
    st_status status = walk_text(text, bytes, page_leaf, &c, err);
    return status == ST_OK && !c.found ? wrong("a list", err) : status;
}

/* -- multipart ---------------------------------------------------------------
 */

typedef struct {
    char *id;
    bool complete;
} upload_ctx;

static st_status upload_leaf(void *ctx, const char *path, const char *text,
                             st_err *err) {
    upload_ctx *c = ctx;
    if (strcmp(path, "/InitiateMultipartUploadResult/UploadId") == 0 &&
        c->id != NULL)
        return keep(c->id, 1025, text, err);
    if (strcmp(path, "/CompleteMultipartUploadResult") == 0)
        c->complete = true;
    return ST_OK;
}

st_status st_s3_upload_read(const char *text, size_t bytes, char id[1025],
                            st_err *err) {
    upload_ctx ctx = {.id = id};
    id[0] = '\0';
    st_status status = walk_text(text, bytes, upload_leaf, &ctx, err);
    return status == ST_OK && id[0] == '\0' ? wrong("an upload's id", err)
                                            : status;
}

st_status st_s3_complete_read(const char *text, size_t bytes, st_err *err) {
    upload_ctx ctx = {.id = NULL};
    st_status status = walk_text(text, bytes, upload_leaf, &ctx, err);
    return status == ST_OK && !ctx.complete ? wrong("a finished upload", err)
                                            : status;
}
