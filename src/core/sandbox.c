#include "core/sandbox.h"

#include "core/alloc.h"
#include "core/sandbox_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20, LOWEST_SPARE_FD = 16, LAST_FD = 4 };

/* All that the child needs, made before fork. */
typedef struct {
    const st_sandbox_spec *spec;
    struct sock_fprog filter;
    int ruleset;
    int folder; /* nameless, empty */
    int null_fd;
    int out[2];
    int log[2];
    int report[2]; /* errno of what failed in the child; closed by exec */
    pid_t parent;
} plan;

unsigned st_sandbox_features(void) {
    unsigned features = ST_SANDBOX_RLIMITS;
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0)
        features |= ST_SANDBOX_SECCOMP;
    if (syscall(SYS_landlock_create_ruleset, NULL, 0,
                LANDLOCK_CREATE_RULESET_VERSION) >= 1)
        features |= ST_SANDBOX_LANDLOCK;
    return features;
}

/* ---- in the child: async-signal-safe calls only ---- */

static void give_up(int report) {
    int why = errno;
    ssize_t done = write(report, &why, sizeof why);
    (void)done;
    _exit(127);
}

static int spare(int fd) {
    return fd < 0 ? -1 : fcntl(fd, F_DUPFD, LOWEST_SPARE_FD);
}

static void close_above(int last) {
    if (syscall(SYS_close_range, (unsigned)last + 1, ~0U, 0) == 0)
        return;
    for (int fd = last + 1; fd < 65536; fd++)
        close(fd);
}

static bool limit(int what, uint64_t value) {
    struct rlimit old;
    if (getrlimit((__rlimit_resource_t)what, &old) != 0)
        return false;
    rlim_t use = old.rlim_max != RLIM_INFINITY && old.rlim_max < value
                     ? old.rlim_max
                     : (rlim_t)value;
    struct rlimit fresh = {use, use};
    return setrlimit((__rlimit_resource_t)what, &fresh) == 0;
}

static bool set_limits(const st_sandbox_spec *spec) {
    uint64_t memory = (uint64_t)spec->memory_bytes;
    /* Address space also counts the program's 135 libraries. */
    return limit(RLIMIT_CPU, (uint64_t)spec->cpu_seconds) &&
           limit(RLIMIT_DATA, memory) &&
           limit(RLIMIT_AS, memory + (UINT64_C(2) << 30)) &&
           limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) &&
           limit(RLIMIT_NOFILE, 64);
}

static void run_child(const plan *p) {
    sigset_t none;
    sigemptyset(&none);
    int report = spare(p->report[1]);
    int in = spare(p->spec->input_fd >= 0 ? p->spec->input_fd : p->null_fd);
    int out = spare(p->out[1]);
    int log = spare(p->log[1]);
    int extra = spare(p->spec->extra_fd);
    int folder = spare(p->folder);
    int ruleset = spare(p->ruleset);
    static char *const no_environment[] = {NULL};
    if (report < 0 || in < 0 || out < 0 || log < 0 || folder < 0)
        give_up(p->report[1]);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(log, 2) < 0)
        give_up(report);
    if (extra >= 0 ? dup2(extra, 3) < 0 : close(3) != 0 && errno != EBADF)
        give_up(report);
    if (dup3(report, LAST_FD, O_CLOEXEC) < 0)
        _exit(127);
    report = LAST_FD;
    signal(SIGPIPE, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != p->parent ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0 || fchdir(folder) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !set_limits(p->spec) ||
        !st_sandbox_landlock_apply(ruleset))
        give_up(report);
    close_above(LAST_FD);
    if (!st_sandbox_filter_apply(&p->filter))
        give_up(report);
    /* execve takes char *const * for history's sake; it writes nothing. */
    union {
        const char *const *from;
        char *const *to;
    } argv = {p->spec->argv};
    execve(p->spec->argv[0], argv.to, no_environment);
    give_up(report);
}

/* ---- in the parent ---- */

/* A working folder that has no name any more: nothing can be made in it. */
static int open_folder(void) {
    char path[] = "/tmp/stemma-box-XXXXXX";
    char here[] = "/var/tmp/stemma-box-XXXXXX";
    char *name = mkdtemp(path);
    if (name == NULL)
        name = mkdtemp(here);
    if (name == NULL)
        return open("/proc/self/fdinfo", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    rmdir(name);
    return fd;
}

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
    pair[0] = pair[1] = -1;
}

static void plan_deinit(plan *p) {
    st_free(p->filter.filter);
    if (p->ruleset >= 0)
        close(p->ruleset);
    if (p->folder >= 0)
        close(p->folder);
    if (p->null_fd >= 0)
        close(p->null_fd);
    close_pair(p->out);
    close_pair(p->log);
    close_pair(p->report);
}

static st_status plan_init(plan *p, const st_sandbox_spec *spec) {
    *p = (plan){.spec = spec,
                .ruleset = -1,
                .folder = -1,
                .null_fd = -1,
                .out = {-1, -1},
                .log = {-1, -1},
                .report = {-1, -1},
                .parent = getpid()};
    st_status status = st_sandbox_filter(&p->filter, spec->argv[0]);
    if (status != ST_OK)
        return status;
    p->folder = open_folder();
    p->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    p->ruleset = st_sandbox_landlock(spec->argv[0], spec->input_fd);
    if (p->folder < 0 || p->null_fd < 0 || pipe2(p->out, O_CLOEXEC) != 0 ||
        pipe2(p->log, O_CLOEXEC | O_NONBLOCK) != 0 ||
        pipe2(p->report, O_CLOEXEC) != 0)
        return ST_IO;
    (void)fcntl(p->out[0], F_SETPIPE_SZ, PIPE_BYTES);
    return ST_OK;
}

static st_status wait_for_exec(plan *p, pid_t pid, st_err *err) {
    int why = 0;
    ssize_t got = 0;
    close(p->report[1]);
    p->report[1] = -1;
    do
        got = read(p->report[0], &why, sizeof why);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return ST_OK;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return st_err_set(err, why == ENOENT ? ST_NOT_FOUND : ST_IO,
                      "Cannot start '%s' in its sandbox: %s.", p->spec->argv[0],
                      strerror(why));
}

st_status st_sandbox_spawn(const st_sandbox_spec *spec, st_sandbox_child *out,
                           st_err *err) {
    plan p;
    st_status status = plan_init(&p, spec);
    if (status != ST_OK) {
        plan_deinit(&p);
        return st_err_set(err, status, "Cannot make a sandbox for '%s': %s.",
                          spec->argv[0], strerror(errno));
    }
    pid_t pid = fork();
    if (pid == 0)
        run_child(&p);
    if (pid < 0)
        status = st_err_set(err, ST_IO, "Cannot start '%s': %s.", spec->argv[0],
                            strerror(errno));
    else
        status = wait_for_exec(&p, pid, err);
    if (status == ST_OK) {
        *out = (st_sandbox_child){pid, p.out[0], p.log[0]};
        p.out[0] = p.log[0] = -1;
    }
    plan_deinit(&p);
    return status;
}

st_status st_sandbox_read(st_sandbox_child *child, void *data, size_t bytes,
                          int stall_ms, size_t *got, st_err *err) {
    struct pollfd wait = {.fd = child->out_fd, .events = POLLIN};
    int ready = 0;
    do
        ready = poll(&wait, 1, stall_ms);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return st_err_set(err, ST_TIMEOUT,
                          "The decoder said nothing for %d s: the file is "
                          "probably damaged.",
                          (stall_ms + 999) / 1000);
    ssize_t count = -1;
    do
        count = ready > 0 ? read(child->out_fd, data, bytes) : -1;
    while (count < 0 && ready > 0 && errno == EINTR);
    if (count < 0)
        return st_err_set(err, ST_IO, "Cannot read from the decoder: %s.",
                          strerror(errno));
    *got = (size_t)count;
    return ST_OK;
}

static void read_log(int fd, char *log, size_t log_bytes) {
    size_t held = 0;
    char part[512];
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) > 0) {
        size_t count = (size_t)got;
        if (count >= log_bytes) {
            memcpy(log, part + count - (log_bytes - 1), log_bytes - 1);
            held = log_bytes - 1;
            continue;
        }
        if (held + count > log_bytes - 1) {
            size_t drop = held + count - (log_bytes - 1);
            memmove(log, log + drop, held - drop);
            held -= drop;
        }
        memcpy(log + held, part, count);
        held += count;
    }
    log[held] = '\0';
}

void st_sandbox_end(st_sandbox_child *child, bool kill_it, int *exit_code,
                    char *log, size_t log_bytes) {
    int state = 0;
    if (log != NULL && log_bytes > 0)
        log[0] = '\0';
    if (child->pid <= 0)
        return;
    if (kill_it)
        kill(child->pid, SIGKILL);
    if (child->out_fd >= 0)
        close(child->out_fd);
    pid_t done;
    do
        done = waitpid(child->pid, &state, 0);
    while (done < 0 && errno == EINTR);
    if (log != NULL && log_bytes > 0 && child->log_fd >= 0)
        read_log(child->log_fd, log, log_bytes);
    if (child->log_fd >= 0)
        close(child->log_fd);
    *child = (st_sandbox_child){-1, -1, -1};
    if (exit_code != NULL)
        *exit_code = done < 0             ? 127
                     : WIFSIGNALED(state) ? 128 + WTERMSIG(state)
                                          : WEXITSTATUS(state);
}

st_status st_sandbox_find(const char *name, char *path, size_t path_bytes,
                          st_err *err) {
    static const char *const folders[] = {"/usr/bin", "/usr/local/bin", "/bin"};
    char variable[64] = "STEMMA_";
    size_t n = strlen(variable);
    for (size_t i = 0; name[i] != '\0' && n + 1 < sizeof variable; i++)
        variable[n++] = name[i] >= 'a' && name[i] <= 'z'
                            ? (char)(name[i] - 'a' + 'A')
                            : name[i];
    variable[n] = '\0';
    const char *set = getenv(variable);
    if (set != NULL && set[0] == '/' && access(set, X_OK) == 0) {
        (void)snprintf(path, path_bytes, "%s", set);
        return ST_OK;
    }
    for (size_t i = 0; set == NULL && i < 3; i++) {
        (void)snprintf(path, path_bytes, "%s/%s", folders[i], name);
        if (access(path, X_OK) == 0)
            return ST_OK;
    }
    return st_err_set(err, ST_NOT_FOUND,
                      "The program '%s' is needed and not there: install it "
                      "('apt install %s').",
                      name, name);
}
