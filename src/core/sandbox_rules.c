#include "core/sandbox_rules.h"

#include "core/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Refused whatever the arguments. Names of other machines resolve to
 * negative numbers, which libseccomp leaves out of the program. */
static const int refused[] = {
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fspick),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(setrlimit),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(personality),
    SCMP_SYS(truncate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(fchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(lchown),
    SCMP_SYS(utimensat),
    SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr),
    SCMP_SYS(creat),
    SCMP_SYS(memfd_create),
};

static int refuse_writing(scmp_filter_ctx ctx, int call, unsigned arg) {
    static const uint64_t flags[][2] = {{O_ACCMODE, O_WRONLY},
                                        {O_ACCMODE, O_RDWR},
                                        {O_CREAT, O_CREAT},
                                        {O_TRUNC, O_TRUNC}};
    int code = 0;
    for (int i = 0; code == 0 && i < 4; i++)
        code = seccomp_rule_add(
            ctx, SCMP_ACT_ERRNO(EACCES), call, 1,
            SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, flags[i][0], flags[i][1]));
    return code;
}

static int add_rules(scmp_filter_ctx ctx, const char *path) {
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof refused / sizeof *refused; i++)
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
    if (code == 0)
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(execve), 1,
                                SCMP_CMP(0, SCMP_CMP_NE, (uintptr_t)path, 0));
    /* Threads yes, processes no; clone3 hides its flags in memory. */
    if (code == 0)
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    if (code == 0)
        code =
            seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (code == 0)
        code =
            seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
    if (code == 0)
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64),
                                1, SCMP_CMP(2, SCMP_CMP_NE, 0, 0));
    if (code == 0)
        code = refuse_writing(ctx, SCMP_SYS(open), 1);
    if (code == 0)
        code = refuse_writing(ctx, SCMP_SYS(openat), 2);
    return code;
}

/* This libseccomp writes a program to descriptors only. */
static st_status export_program(scmp_filter_ctx ctx,
                                struct sock_fprog *program) {
    int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0)
        return ST_IO;
    st_status status = ST_IO;
    struct stat info;
    if (seccomp_export_bpf(ctx, fd) == 0 && fstat(fd, &info) == 0) {
        size_t count = (size_t)info.st_size / sizeof(struct sock_filter);
        struct sock_filter *code = st_calloc(count, sizeof *code);
        status = code != NULL ? ST_OK : ST_NO_MEM;
        if (status == ST_OK &&
            pread(fd, code, (size_t)info.st_size, 0) != info.st_size) {
            st_free(code);
            status = ST_IO;
        }
        if (status == ST_OK)
            *program = (struct sock_fprog){(unsigned short)count, code};
    }
    close(fd);
    return status;
}

st_status st_sandbox_filter(struct sock_fprog *program, const char *path) {
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    if (ctx == NULL)
        return ST_NO_MEM;
    /* Calls of another architecture (32-bit, x32) kill the process. */
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    st_status status =
        add_rules(ctx, path) == 0 ? export_program(ctx, program) : ST_IO;
    seccomp_release(ctx);
    return status;
}

bool st_sandbox_filter_apply(const struct sock_fprog *program) {
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) == 0;
}

static void allow(int ruleset, int fd, uint64_t access) {
    struct stat info;
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && !S_ISDIR(info.st_mode))
        access &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR;
    struct landlock_path_beneath_attr rule = {.allowed_access = access,
                                              .parent_fd = fd};
    (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                  &rule, 0);
}

static void allow_path(int ruleset, const char *path, uint64_t access) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    allow(ruleset, fd, access);
    if (fd >= 0)
        close(fd);
}

int st_sandbox_landlock(const char *program, int input_fd) {
    static const char *const libraries[] = {"/lib", "/lib64", "/usr/lib",
                                            "/usr/lib64", "/usr/local/lib"};
    static const char *const settings[] = {"/etc/ld.so.cache",
                                           "/etc/alternatives"};
    const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE;
    const uint64_t use =
        read | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_DIR;
    /* All rights of the first Landlock: 13 bits. */
    struct landlock_ruleset_attr all = {.handled_access_fs = (1U << 13) - 1};
    int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (ruleset < 0)
        return -1;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        allow_path(ruleset, libraries[i], use);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        allow_path(ruleset, settings[i], read);
    allow_path(ruleset, program, use);
    /* By /proc/self/fd: the rule is of the file itself, not its name. */
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", input_fd);
    if (input_fd >= 0)
        allow_path(ruleset, path, read);
    return ruleset;
}

bool st_sandbox_landlock_apply(int ruleset) {
    return ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}
