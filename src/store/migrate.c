#include "core/clock.h"
#include "store/schema.h"

typedef struct {
    const char *const *steps;
    int count;
    int version; /* out: where the database stands */
    const char *label;
} state;

static st_status read_version(st_db_tx *tx, int *version, st_err *err) {
    st_db_rows *rows = NULL;
    st_status s =
        st_db_query(tx, "SELECT COALESCE(MAX(version), 0) FROM schema_steps",
                    NULL, 0, &rows, err);
    if (s == ST_OK)
        *version = (int)st_db_cell_int(rows, 0, 0);
    st_db_rows_free(rows);
    return s;
}

static st_status make_table(st_db_tx *tx, st_err *err) {
    return st_db_run(tx,
                     "CREATE TABLE IF NOT EXISTS schema_steps ("
                     "version BIGINT PRIMARY KEY, applied_us BIGINT NOT NULL)",
                     NULL, 0, NULL, err);
}

static st_status apply(st_db_tx *tx, const state *m, st_err *err) {
    const st_db_value note[] = {st_db_int(m->version + 1),
                                st_db_int(st_clock_utc_us())};
    st_status s = st_db_script(tx, m->steps[m->version], err);
    if (s == ST_OK)
        s = st_db_run(tx,
                      "INSERT INTO schema_steps (version, applied_us) "
                      "VALUES (?, ?)",
                      note, 2, NULL, err);
    if (s != ST_OK)
        st_err_prefix(err, "Step %d of the schema", m->version + 1);
    return s;
}

/* The next step, if one is missing. */
static st_status step(void *ctx, st_db_tx *tx, st_err *err) {
    state *m = ctx;
    st_status s = make_table(tx, err);
    if (s == ST_OK)
        s = read_version(tx, &m->version, err);
    if (s != ST_OK || m->version == m->count)
        return s;
    if (m->version > m->count)
        return st_err_set(err, ST_UNSUPPORTED,
                          "%s: its schema is version %d and this program knows "
                          "%d: use the newer program, or a copy of the "
                          "database from before it.",
                          m->label, m->version, m->count);
    return apply(tx, m, err);
}

st_status st_db_migrate_steps(st_db *db, const char *const *steps, int count,
                              st_err *err) {
    state m = {.steps = steps, .count = count, .label = st_db_label(db)};
    st_status s;
    do
        s = st_db_alone(db, "stemma.schema", step, &m, err);
    while (s == ST_OK && m.version < count);
    return s;
}

st_status st_db_migrate(st_db *db, st_err *err) {
    return st_db_migrate_steps(db, st_schema_steps, st_schema_step_count, err);
}

static st_status look(void *ctx, st_db_tx *tx, st_err *err) {
    int *version = ctx;
    st_status s = make_table(tx, err);
    return s == ST_OK ? read_version(tx, version, err) : s;
}

st_status st_db_version(st_db *db, int *version, st_err *err) {
    int found = 0;
    st_status s = st_db_alone(db, "stemma.schema", look, &found, err);
    if (s == ST_OK)
        *version = found;
    return s;
}
