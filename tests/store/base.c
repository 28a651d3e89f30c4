#include "support/cases.h"

#include "store/base.h"
#include "support/postgres.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static st_test_postgres *server;
static char folder[64];
static char url[256];
static int files;

int base_sqlite(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/stemma-db-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

int base_postgres(void **state) {
    (void)state;
    server = st_test_postgres_start();
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind,
                      struct FTW *at) {
    (void)about;
    (void)kind;
    (void)at;
    return remove(path);
}

int base_end(void **state) {
    (void)state;
    st_test_postgres_stop(server);
    server = NULL;
    if (folder[0] != '\0')
        (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    folder[0] = '\0';
    return 0;
}

bool base_is_postgres(void) {
    return server != NULL;
}

const char *base_fresh(void) {
    if (server != NULL)
        return st_test_postgres_fresh(server);
    (void)snprintf(url, sizeof url, "sqlite:%s/%d.db", folder, files++);
    return url;
}

int base_cut(void) {
    return server != NULL ? st_test_postgres_cut(server) : 0;
}

void base_ok(st_status status, const st_err *err) {
    if (status != ST_OK)
        fail_msg("%s: %s", st_status_name(status), err->text);
}

st_db *base_open(const char *where, const st_db_options *options) {
    st_db *db = NULL;
    st_err err = {0};
    base_ok(st_db_open(&db, where, options, &err), &err);
    return db;
}
