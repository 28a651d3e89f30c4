#include "core/alloc.h"
#include "store/db_backend.h"

#include <assert.h>
#include <string.h>

enum { ROWS_MAX_BYTES = 256 << 20 };

/* Text and bytes lie one after another in `bytes`; while it grows, a cell
 * holds its offset instead of a pointer. */
typedef struct {
    st_db_type type;
    union {
        int64_t integer;
        double real;
        size_t offset;
    } is;
    size_t bytes;
} cell;

struct st_db_rows {
    cell *cells;
    size_t cell_count;
    size_t cell_room;
    char *bytes;
    size_t used;
    size_t room;
    int columns;
};

st_db_rows *st_db_rows_new(void) {
    return st_calloc(1, sizeof(st_db_rows));
}

void st_db_rows_free(st_db_rows *rows) {
    if (rows == NULL)
        return;
    st_free(rows->cells);
    st_free(rows->bytes);
    st_free(rows);
}

void st_db_rows_columns(st_db_rows *rows, int columns) {
    rows->columns = columns;
    rows->cell_count = 0;
    rows->used = 0;
}

static st_status make_room(st_db_rows *rows, size_t bytes) {
    if (rows->cell_count == rows->cell_room) {
        size_t more = rows->cell_room == 0 ? 32 : 2 * rows->cell_room;
        st_status s = st_regrow((void **)&rows->cells, rows->cell_room, more,
                                sizeof *rows->cells);
        if (s != ST_OK)
            return s;
        rows->cell_room = more;
    }
    if (bytes <= rows->room - rows->used)
        return ST_OK;
    if (bytes > ROWS_MAX_BYTES - rows->used)
        return ST_LIMIT;
    size_t more = rows->room == 0 ? 512 : 2 * rows->room;
    more = more < rows->used + bytes ? rows->used + bytes : more;
    st_status s = st_regrow((void **)&rows->bytes, rows->room, more, 1);
    rows->room = s == ST_OK ? more : rows->room;
    return s;
}

st_status st_db_rows_add(st_db_rows *rows, st_db_value value) {
    bool stored = value.type == ST_DB_TEXT || value.type == ST_DB_BYTES;
    if (stored && value.bytes >= ROWS_MAX_BYTES)
        return ST_LIMIT;
    st_status s = make_room(rows, stored ? value.bytes + 1 : 0);
    if (s != ST_OK)
        return s;
    cell *at = &rows->cells[rows->cell_count++];
    *at = (cell){.type = value.type, .bytes = value.bytes};
    if (value.type == ST_DB_REAL) {
        at->is.real = value.real;
    } else if (!stored) {
        at->is.integer = value.integer;
    } else {
        at->is.offset = rows->used;
        if (value.bytes > 0)
            memcpy(rows->bytes + rows->used, value.data, value.bytes);
        rows->bytes[rows->used + value.bytes] = '\0';
        rows->used += value.bytes + 1;
    }
    return ST_OK;
}

size_t st_db_rows_count(const st_db_rows *rows) {
    if (rows == NULL || rows->columns == 0)
        return 0;
    return rows->cell_count / (size_t)rows->columns;
}

st_db_value st_db_cell(const st_db_rows *rows, size_t row, int column) {
    assert(row < st_db_rows_count(rows));
    assert(column >= 0 && column < rows->columns);
    const cell *at = &rows->cells[row * (size_t)rows->columns + (size_t)column];
    switch (at->type) {
    case ST_DB_INT:
        return st_db_int(at->is.integer);
    case ST_DB_REAL:
        return st_db_real(at->is.real);
    case ST_DB_TEXT:
    case ST_DB_BYTES:
        return (st_db_value){.type = at->type,
                             .data = rows->bytes + at->is.offset,
                             .bytes = at->bytes};
    case ST_DB_NULL:
        break;
    }
    return (st_db_value){.type = ST_DB_NULL};
}

int64_t st_db_cell_int(const st_db_rows *rows, size_t row, int column) {
    st_db_value value = st_db_cell(rows, row, column);
    if (value.type != ST_DB_REAL)
        return value.integer;
    bool fits = value.real > -9.2e18 && value.real < 9.2e18;
    return fits ? (int64_t)value.real : 0;
}

double st_db_cell_real(const st_db_rows *rows, size_t row, int column) {
    st_db_value value = st_db_cell(rows, row, column);
    return value.type == ST_DB_INT ? (double)value.integer : value.real;
}

const char *st_db_cell_text(const st_db_rows *rows, size_t row, int column) {
    st_db_value value = st_db_cell(rows, row, column);
    return value.type == ST_DB_TEXT ? value.data : NULL;
}

st_db_value st_db_int(int64_t value) {
    return (st_db_value){.type = ST_DB_INT, .integer = value};
}

st_db_value st_db_real(double value) {
    return (st_db_value){.type = ST_DB_REAL, .real = value};
}

st_db_value st_db_text(const char *value) {
    if (value == NULL)
        return (st_db_value){.type = ST_DB_NULL};
    return (st_db_value){
        .type = ST_DB_TEXT, .data = value, .bytes = strlen(value)};
}

st_db_value st_db_bytes(const void *data, size_t bytes) {
    return (st_db_value){.type = ST_DB_BYTES, .data = data, .bytes = bytes};
}
