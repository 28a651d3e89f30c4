#include "nn/weights.h"

#include "audio/bytes.h"
#include "core/alloc.h"
#include "core/hash.h"
#include "core/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PREFIX = 8, HEADER_MAX = 16 << 20 };

typedef struct {
    const char *name;
    size_t bytes;
} dtype;

static const dtype dtypes[] = {
    {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8},     {"I64", 8},
    {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U64", 8},     {"U32", 4},
    {"U16", 2}, {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1},
};

typedef struct {
    st_tensor tensor;
    const dtype *type;
    uint64_t from, to; /* of the data section */
    float *own;        /* converted */
} entry;

struct st_weights {
    const uint8_t *bytes;
    size_t size;
    void *mapped;
    json_t *header; /* holds the names */
    entry *entries;
    int count;
};

/* --- one entry of the header --- */

static const dtype *find_type(const char *name) {
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return &dtypes[i];
    return NULL;
}

static bool whole(const json_t *value, uint64_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static st_status read_shape(st_tensor *t, const json_t *shape, st_err *err) {
    size_t rank = json_array_size(shape);
    if (!json_is_array(shape) || rank > ST_TENSOR_MAX_RANK)
        return st_err_set(err, ST_BAD_DATA,
                          "The shape of tensor %s is not a list of at most %d "
                          "sizes.",
                          t->name, ST_TENSOR_MAX_RANK);
    t->rank = (int)rank;
    t->count = 1;
    for (size_t i = 0; i < rank; i++) {
        uint64_t n;
        if (!whole(json_array_get(shape, i), &n) || n > INT32_MAX ||
            __builtin_mul_overflow(t->count, (int64_t)n, &t->count))
            return st_err_set(err, ST_BAD_DATA,
                              "Tensor %s has an impossible size.", t->name);
        t->shape[i] = (int64_t)n;
    }
    return ST_OK;
}

static st_status read_entry(entry *e, const char *name, const json_t *value,
                            uint64_t room, st_err *err) {
    const char *type = json_string_value(json_object_get(value, "dtype"));
    const json_t *ends = json_object_get(value, "data_offsets");
    e->tensor.name = name;
    e->type = type ? find_type(type) : NULL;
    if (json_object_size(value) != 3 || e->type == NULL)
        return st_err_set(err, ST_BAD_DATA,
                          "Tensor %s has no known dtype, or fields beside "
                          "dtype, shape and data_offsets.",
                          name);
    e->tensor.dtype = e->type->name;
    st_status status =
        read_shape(&e->tensor, json_object_get(value, "shape"), err);
    if (status != ST_OK)
        return status;
    if (json_array_size(ends) != 2 ||
        !whole(json_array_get(ends, 0), &e->from) ||
        !whole(json_array_get(ends, 1), &e->to) || e->from > e->to ||
        e->to > room)
        return st_err_set(err, ST_BAD_DATA,
                          "The data of tensor %s is not inside the file.",
                          name);
    uint64_t need;
    if (__builtin_mul_overflow((uint64_t)e->tensor.count,
                               (uint64_t)e->type->bytes, &need) ||
        need != e->to - e->from)
        return st_err_set(err, ST_BAD_DATA,
                          "Tensor %s has another number of bytes than its "
                          "shape needs.",
                          name);
    return ST_OK;
}

/* --- all entries --- */

static int by_place(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

static int by_name(const void *a, const void *b) {
    const entry *x = a, *y = b;
    return strcmp(x->tensor.name, y->tensor.name);
}

static st_status check_places(entry *e, int count, uint64_t room, st_err *err) {
    uint64_t at = 0;
    qsort(e, (size_t)count, sizeof *e, by_place);
    for (int i = 0; i < count; i++) {
        if (e[i].from != at)
            return st_err_set(
                err, ST_BAD_DATA, "Tensor %s %s before it.", e[i].tensor.name,
                e[i].from < at ? "overlaps the tensor" : "leaves a hole");
        at = e[i].to;
    }
    if (at != room)
        return st_err_set(err, ST_BAD_DATA,
                          "There are bytes behind the last tensor.");
    return ST_OK;
}

static st_status read_entries(st_weights *w, uint64_t room, st_err *err) {
    const char *name;
    json_t *value;
    size_t fields = json_object_size(w->header);
    if (fields > ST_WEIGHTS_MAX_TENSORS)
        return st_err_set(err, ST_LIMIT, "There are more than %d tensors.",
                          ST_WEIGHTS_MAX_TENSORS);
    w->entries = st_calloc(fields, sizeof *w->entries);
    if (w->entries == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    json_object_foreach(w->header, name, value) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        st_status status =
            read_entry(&w->entries[w->count], name, value, room, err);
        if (status != ST_OK)
            return status;
        w->count++;
    }
    return check_places(w->entries, w->count, room, err);
}

static st_status check_notes(const json_t *header, st_err *err) {
    json_t *notes = json_object_get(header, "__metadata__");
    const char *key;
    json_t *value;
    bool fine = notes == NULL || json_is_object(notes);
    json_object_foreach(notes, key, value) fine = fine && json_is_string(value);
    if (!fine)
        return st_err_set(err, ST_BAD_DATA,
                          "The field __metadata__ is not an object of texts.");
    return ST_OK;
}

/* --- values --- */

static float from_half(uint32_t h) {
    uint32_t sign = (h & 0x8000u) << 16, e = h >> 10 & 31u, m = h & 1023u;
    uint32_t bits;
    float f;
    if (e == 0) {
        f = (float)m * 0x1p-24f;
        return sign ? -f : f;
    }
    bits = sign | (e == 31 ? 255u : e + 112u) << 23 | m << 13;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static float value_at(const uint8_t *p, const dtype *type) {
    float f;
    uint32_t bits;
    if (strcmp(type->name, "F16") == 0)
        return from_half(st_le16(p));
    bits = type->bytes == 2 ? (uint32_t)st_le16(p) << 16 : st_le32(p);
    memcpy(&f, &bits, sizeof f);
    return f;
}

static st_status load(st_weights *w, entry *e, uint64_t base, st_err *err) {
    st_tensor *t = &e->tensor;
    const uint8_t *p = w->bytes + base + e->from;
    bool in_place = e->type == &dtypes[0] && (uintptr_t)p % sizeof(float) == 0;
    if (e->type > &dtypes[2])
        return ST_OK;
    if (!in_place) {
        e->own = st_calloc((size_t)t->count, sizeof *e->own);
        if (e->own == NULL)
            return st_err_set(err, ST_NO_MEM, "Out of memory.");
        for (int64_t i = 0; i < t->count; i++)
            e->own[i] = value_at(p + (size_t)i * e->type->bytes, e->type);
    }
    t->data = in_place ? (const float *)(const void *)p : e->own;
    for (int64_t i = 0; i < t->count; i++)
        if (!(t->data[i] - t->data[i] == 0.0f))
            return st_err_set(err, ST_BAD_DATA,
                              "Tensor %s holds values that are not finite.",
                              t->name);
    return ST_OK;
}

/* --- open --- */

static st_status parse(st_weights *w, st_err *err) {
    if (w->bytes == NULL || w->size < PREFIX)
        return st_err_set(err, ST_BAD_DATA, "It is too short for weights.");
    uint64_t head = st_le64(w->bytes);
    if (head > w->size - PREFIX)
        return st_err_set(err, ST_BAD_DATA,
                          "It is no safetensors file, or cut short.");
    const st_json_limits limits = {.max_bytes = HEADER_MAX, .max_depth = 4};
    const char *text = (const char *)w->bytes + PREFIX;
    st_status status =
        st_json_load(&w->header, text, (size_t)head, &limits, err);
    if (status != ST_OK)
        return status;
    if (!json_is_object(w->header))
        return st_err_set(err, ST_BAD_DATA, "The header is not an object.");
    uint64_t base = PREFIX + head;
    status = check_notes(w->header, err);
    if (status == ST_OK)
        status = read_entries(w, w->size - base, err);
    for (int i = 0; i < w->count && status == ST_OK; i++)
        status = load(w, &w->entries[i], base, err);
    if (status == ST_OK)
        qsort(w->entries, (size_t)w->count, sizeof *w->entries, by_name);
    return status;
}

static st_status open_bytes(st_weights **out, const void *data, size_t bytes,
                            void *mapped, st_err *err) {
    st_weights *w = st_calloc(1, sizeof *w);
    if (w == NULL) {
        if (mapped)
            munmap(mapped, bytes);
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    }
    *w = (st_weights){.bytes = data, .size = bytes, .mapped = mapped};
    st_status status = parse(w, err);
    if (status != ST_OK) {
        st_weights_free(w);
        return status;
    }
    *out = w;
    return ST_OK;
}

st_status st_weights_open_memory(st_weights **out, const void *data,
                                 size_t bytes, st_err *err) {
    return open_bytes(out, data, bytes, NULL, err);
}

static st_status map_file(int fd, void **mapped, size_t *bytes, st_err *err) {
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return st_err_set(err, ST_BAD_DATA, "It is not a regular file.");
    if (info.st_size < PREFIX)
        return st_err_set(err, ST_BAD_DATA, "It is too short for weights.");
    *bytes = (size_t)info.st_size;
    void *at = mmap(NULL, *bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return st_err_set(err, ST_IO, "It cannot be mapped: %s.",
                          strerror(errno));
    *mapped = at;
    return ST_OK;
}

st_status st_weights_open(st_weights **out, const char *path, st_err *err) {
    void *mapped = NULL;
    size_t bytes = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return st_err_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO,
                          "%s: %s.", path, strerror(errno));
    st_status status = map_file(fd, &mapped, &bytes, err);
    close(fd);
    if (status == ST_OK)
        status = open_bytes(out, mapped, bytes, mapped, err);
    if (status != ST_OK)
        st_err_prefix(err, "%s", path);
    return status;
}

void st_weights_free(st_weights *w) {
    if (w == NULL)
        return;
    for (int i = 0; w->entries && i < w->count; i++)
        st_free(w->entries[i].own);
    st_free(w->entries);
    json_decref(w->header);
    if (w->mapped)
        munmap(w->mapped, w->size);
    st_free(w);
}

/* --- looking up --- */

void st_weights_hash(const st_weights *w, char text[65]) {
    st_hash_text(w->bytes, w->size, text);
}

const char *st_weights_note(const st_weights *w, const char *key) {
    json_t *notes = json_object_get(w->header, "__metadata__");
    return json_string_value(json_object_get(notes, key));
}

int st_weights_count(const st_weights *w) {
    return w->count;
}

const st_tensor *st_weights_at(const st_weights *w, int index) {
    return &w->entries[index].tensor;
}

const st_tensor *st_weights_find(const st_weights *w, const char *name) {
    entry key = {.tensor.name = name};
    const entry *e =
        bsearch(&key, w->entries, (size_t)w->count, sizeof key, by_name);
    return e ? &e->tensor : NULL;
}

static void shape_text(char *text, size_t room, int rank,
                       const int64_t *shape) {
    size_t at = (size_t)snprintf(text, room, "[");
    for (int i = 0; i < rank && at < room; i++)
        at += (size_t)snprintf(text + at, room - at, i ? ", %lld" : "%lld",
                               (long long)shape[i]);
    if (at < room)
        snprintf(text + at, room - at, "]");
}

st_status st_weights_get(const st_weights *w, const char *name, int rank,
                         const int64_t *shape, const float **out, st_err *err) {
    const st_tensor *t = st_weights_find(w, name);
    if (t == NULL)
        return st_err_set(err, ST_NOT_FOUND, "There is no tensor %s.", name);
    bool same = t->rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = shape[i] == -1 || shape[i] == t->shape[i];
    if (!same) {
        char has[200], wants[200];
        shape_text(has, sizeof has, t->rank, t->shape);
        shape_text(wants, sizeof wants, rank, shape);
        return st_err_set(err, ST_BAD_DATA,
                          "Tensor %s has the shape %s, not %s.", name, has,
                          wants);
    }
    if (t->data == NULL)
        return st_err_set(err, ST_BAD_DATA, "Tensor %s is %s, not float.", name,
                          t->dtype);
    *out = t->data;
    return ST_OK;
}
