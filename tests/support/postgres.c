#include "support/cases.h"

#include "support/postgres.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

struct st_test_postgres {
    char folder[64];
    char data[80];
    char bin[256]; /* the folder of initdb and postgres */
    char url[256];
    uid_t uid;
    gid_t gid;
    pid_t pid;
    int databases;
};

static void find_programs(st_test_postgres *s) {
    glob_t found = {0};
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0)
        fail_msg("PostgreSQL is missing: apt-get install postgresql");
    const char *last = found.gl_pathv[found.gl_pathc - 1];
    (void)snprintf(s->bin, sizeof s->bin, "%.*s",
                   (int)(strrchr(last, '/') - last), last);
    globfree(&found);
}

static void make_folder(st_test_postgres *s) {
    (void)snprintf(s->folder, sizeof s->folder, "/tmp/stemma-pg-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->data, sizeof s->data, "%s/data", s->folder);
    s->uid = getuid();
    s->gid = getgid();
    if (s->uid != 0)
        return;
    const struct passwd *user = getpwnam("postgres");
    user = user == NULL ? getpwnam("nobody") : user;
    assert_non_null(user);
    s->uid = user->pw_uid;
    s->gid = user->pw_gid;
    assert_int_equal(chown(s->folder, s->uid, s->gid), 0);
}

/* In the child: give up root, say nothing on the terminal, end with the
 * test. */
static void become(const st_test_postgres *s, const char *log) {
    if (getuid() == 0 &&
        (setgroups(0, NULL) != 0 || setgid(s->gid) != 0 || setuid(s->uid) != 0))
        _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (chdir(s->folder) != 0 || fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(126);
}

static pid_t start(const st_test_postgres *s, char *const argv[]) {
    char log[128];
    (void)snprintf(log, sizeof log, "%s/log", s->folder);
    pid_t pid = fork();
    if (pid == 0) {
        become(s, log);
        (void)execv(argv[0], argv);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

static void init_data(const st_test_postgres *s) {
    char program[300];
    char data[80];
    int status = -1;
    (void)snprintf(program, sizeof program, "%s/initdb", s->bin);
    (void)snprintf(data, sizeof data, "%s", s->data);
    char *const argv[] = {program,
                          (char[]){"-D"},
                          data,
                          (char[]){"--auth=trust"},
                          (char[]){"--username=stemma"},
                          (char[]){"--no-sync"},
                          (char[]){"--no-locale"},
                          (char[]){"--encoding=UTF8"},
                          NULL};
    pid_t pid = start(s, argv);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0)
        fail_msg("initdb failed; see %s/log", s->folder);
}

static void start_server(st_test_postgres *s) {
    char program[300];
    char data[80];
    char folder[64];
    (void)snprintf(program, sizeof program, "%s/postgres", s->bin);
    (void)snprintf(data, sizeof data, "%s", s->data);
    (void)snprintf(folder, sizeof folder, "%s", s->folder);
    char *const argv[] = {program,
                          (char[]){"-D"},
                          data,
                          (char[]){"-k"},
                          folder,
                          (char[]){"-c"},
                          (char[]){"listen_addresses="},
                          (char[]){"-c"},
                          (char[]){"fsync=off"},
                          (char[]){"-c"},
                          (char[]){"max_connections=60"},
                          NULL};
    s->pid = start(s, argv);
}

static void make_url(st_test_postgres *s, const char *database) {
    (void)snprintf(s->url, sizeof s->url, "postgres:///%s?host=%s&user=stemma",
                   database, s->folder);
}

static void ignore_notice(void *ctx, const char *text) {
    (void)ctx;
    (void)text;
}

int st_test_postgres_run(st_test_postgres *s, const char *sql) {
    char url[sizeof s->url];
    (void)snprintf(url, sizeof url, "postgres:///postgres?host=%s&user=stemma",
                   s->folder);
    PGconn *pg = PQconnectdb(url);
    (void)PQsetNoticeProcessor(pg, ignore_notice, NULL);
    PGresult *r = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(r);
    int rows = PQntuples(r);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ok)
        print_message("%s", PQerrorMessage(pg));
    PQclear(r);
    PQfinish(pg);
    return ok ? rows : -1;
}

st_test_postgres *st_test_postgres_start(void) {
    const struct timespec rest = {.tv_nsec = 20000000};
    st_test_postgres *s = calloc(1, sizeof *s);
    assert_non_null(s);
    find_programs(s);
    make_folder(s);
    init_data(s);
    start_server(s);
    make_url(s, "postgres");
    for (int i = 0; PQping(s->url) != PQPING_OK; i++) {
        if (i == 1000)
            fail_msg("PostgreSQL does not start; see %s/log", s->folder);
        (void)nanosleep(&rest, NULL);
    }
    return s;
}

static int remove_one(const char *path, const struct stat *about, int kind,
                      struct FTW *at) {
    (void)about;
    (void)kind;
    (void)at;
    return remove(path);
}

void st_test_postgres_stop(st_test_postgres *s) {
    if (s == NULL)
        return;
    int status = 0;
    (void)kill(s->pid, SIGQUIT);
    (void)waitpid(s->pid, &status, 0);
    (void)nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
}

const char *st_test_postgres_fresh(st_test_postgres *s) {
    char name[32];
    char sql[64];
    (void)snprintf(name, sizeof name, "fresh%d", s->databases++);
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
    assert_int_equal(st_test_postgres_run(s, sql), 0);
    make_url(s, name);
    return s->url;
}

int st_test_postgres_cut(st_test_postgres *s) {
    return st_test_postgres_run(
        s, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
           "WHERE datname LIKE 'fresh%'");
}
