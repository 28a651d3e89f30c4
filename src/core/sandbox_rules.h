/* sandbox_rules: the filter and the rules that a child gets (private).
 * Source: seccomp(2), landlock(7). Built before fork, applied after it. */
#ifndef ST_CORE_SANDBOX_RULES_H
#define ST_CORE_SANDBOX_RULES_H

#include "core/attr.h"
#include "core/status.h"

#include <linux/filter.h>
#include <stdbool.h>

/* The BPF program; execve passes only with `path` as its first argument, the
 * very pointer. Freed with st_free(program->filter). ST_NO_MEM, ST_IO. */
ST_MUST_USE st_status st_sandbox_filter(struct sock_fprog *program,
                                        const char *path);
bool st_sandbox_filter_apply(const struct sock_fprog *program);

/* A Landlock ruleset descriptor, or -1 when the kernel has none. */
int st_sandbox_landlock(const char *program, int input_fd);
bool st_sandbox_landlock_apply(int ruleset); /* async-signal-safe */

#endif
