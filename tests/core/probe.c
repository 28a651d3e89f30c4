/* probe: tries what the sandbox must forbid; one word a line. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, int allowed) {
    printf("%s=%s\n", what, allowed ? "yes" : "no");
}

static void *work(void *arg) {
    return arg;
}

static int can_open(const char *path, int flags) {
    int fd = open(path, flags, 0600);
    return fd >= 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "sleep") == 0)
        for (;;)
            pause();
    if (argc > 1 && strcmp(argv[1], "spin") == 0)
        for (volatile unsigned i = 0;; i++)
            ;
    say("socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    say("unix", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    say("passwd", can_open("/etc/passwd", O_RDONLY));
    say("create", can_open("made", O_WRONLY | O_CREAT));
    say("tmp", can_open("/tmp/stemma-probe-made", O_RDWR | O_CREAT));
    say("input", can_open("/proc/self/fd/0", O_RDONLY));
    say("input-write", can_open("/proc/self/fd/0", O_RDWR));
    char program[] = "/bin/true";
    char *const args[] = {program, NULL};
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    say("fork", pid > 0);
    say("exec", execve("/bin/true", args, NULL) == 0);
    pthread_t thread;
    int made = pthread_create(&thread, NULL, work, NULL) == 0;
    if (made)
        pthread_join(thread, NULL);
    say("thread", made);
    say("environment", getenv("PATH") != NULL || getenv("HOME") != NULL);
    struct rlimit big = {1 << 20, 1 << 20};
    say("raise", setrlimit(RLIMIT_FSIZE, &big) == 0);
    /* volatile: or the compiler sees that nobody uses it, and leaves it out */
    void *volatile memory = malloc((size_t)512 << 20);
    say("memory", memory != NULL);
    free(memory);
    int open_fds = 0;
    for (int fd = 3; fd < 256; fd++)
        open_fds += fcntl(fd, F_GETFD) >= 0;
    /* input and input-write above may have left theirs open */
    say("descriptors", open_fds > 1);
    return 7;
}
