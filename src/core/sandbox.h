/* sandbox: run one outside program on hostile input, and read what it says.
 * Source: seccomp(2), landlock(7), getrlimit(2); design.md section 3.
 *
 * The child gets: no environment, an empty folder that no longer has a name
 * as its working folder, every descriptor closed but 0, 1, 2 and `extra_fd`,
 * limits on processor time, memory and file size, a seccomp filter (no
 * sockets, no further program, no new process, no ptrace, mounts, keys, bpf,
 * no opening for writing) and, where the kernel has it, Landlock (may open
 * the input, the program and the system's libraries, nothing else). It dies
 * with its parent. Between fork and exec only async-signal-safe calls run;
 * filter and rules are built before. RLIMIT_NPROC is not used: it counts all
 * processes of the user; the filter lets the child make threads only. */
#ifndef ST_CORE_SANDBOX_H
#define ST_CORE_SANDBOX_H

#include "core/attr.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    ST_SANDBOX_RLIMITS = 1,
    ST_SANDBOX_SECCOMP = 2,
    ST_SANDBOX_LANDLOCK = 4
};

/* What this machine can do, as a set of the bits above. [any] */
unsigned st_sandbox_features(void);

typedef struct {
    const char *const *argv; /* argv[0] is an absolute path; ends in NULL */
    int input_fd;            /* becomes the child's descriptor 0; -1: empty */
    int extra_fd;            /* becomes descriptor 3 (for writing); -1: none */
    int cpu_seconds;         /* processor time, > 0 */
    int64_t memory_bytes;    /* private writable memory, > 0 */
} st_sandbox_spec;

typedef struct {
    pid_t pid;  /* -1 once waited for */
    int out_fd; /* the child's standard output, to be read; -1 closed */
    int log_fd; /* the child's standard error, non-blocking; -1 closed */
} st_sandbox_child;

/* Start the program. The descriptors in `spec` stay the caller's.
 * ST_NOT_FOUND (no such program), ST_IO, ST_NO_MEM. [any] */
ST_MUST_USE st_status st_sandbox_spawn(const st_sandbox_spec *spec,
                                       st_sandbox_child *out, st_err *err);

/* Up to `bytes` from the child's output; *got 0 at its end. Waits at most
 * `stall_ms` for the first byte: ST_TIMEOUT, ST_IO. [one at a time] */
ST_MUST_USE st_status st_sandbox_read(st_sandbox_child *child, void *data,
                                      size_t bytes, int stall_ms, size_t *got,
                                      st_err *err);

/* Close the pipes, wait (killing first when `kill_it`), and say how it ended:
 * *exit_code is the exit status, or 128 + signal. `log` (may be NULL) gets
 * the last bytes of standard error, NUL-ended. Idempotent. [one at a time] */
void st_sandbox_end(st_sandbox_child *child, bool kill_it, int *exit_code,
                    char *log, size_t log_bytes);

/* Absolute path of program `name`, found in /usr/bin, /usr/local/bin, /bin
 * (never in $PATH) or, for tests, in $STEMMA_<NAME> (upper case). ST_NOT_FOUND
 * with a sentence that says how to install it. [any] */
ST_MUST_USE st_status st_sandbox_find(const char *name, char *path,
                                      size_t path_bytes, st_err *err);

#endif
