#include "support/cases.h"

#include "support/helper.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

static void run_child(const char *path, int in, int out, const char *a,
                      const char *b, const char *c) {
    (void)dup2(in, 0);
    (void)dup2(out, 1);
    (void)execl(path, path, a, b, c, (char *)NULL);
    _exit(127);
}

void helper_start(helper *h, const char *script, const char *a, const char *b,
                  const char *c) {
    char path[1024];
    int in[2], out[2];
    const char *folder = getenv("STEMMA_SUPPORT");
    (void)snprintf(path, sizeof path, "%s/%s",
                   folder != NULL ? folder : "tests/support", script);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid == 0)
        run_child(path, in[0], out[1], a, b, c);
    (void)close(in[0]);
    (void)close(out[1]);
    h->keep_fd = in[1];
    FILE *said = fdopen(out[0], "r");
    assert_non_null(said);
    if (fgets(h->line, sizeof h->line, said) == NULL)
        fail_msg("%s did not start (what it needs: tools/setup test)", path);
    (void)fclose(said);
    h->line[strcspn(h->line, "\n")] = '\0';
}

void helper_stop(helper *h) {
    int status = 0;
    (void)close(h->keep_fd);
    (void)waitpid(h->pid, &status, 0);
}

void s3_server_start(s3_server *s) {
    helper_start(&s->helper, "s3_server.py", "blobs", "other", NULL);
    json_t *said = json_loads(s->helper.line, 0, NULL);
    assert_non_null(said);
    const char *endpoint = json_string_value(json_object_get(said, "endpoint"));
    (void)snprintf(s->host, sizeof s->host, "%s", endpoint + strlen("http://"));
    (void)snprintf(s->folder, sizeof s->folder, "%s",
                   json_string_value(json_object_get(said, "folder")));
    (void)setenv("AWS_ACCESS_KEY_ID",
                 json_string_value(json_object_get(said, "access_key")), 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY",
                 json_string_value(json_object_get(said, "secret_key")), 1);
    (void)setenv("no_proxy", "127.0.0.1", 1);
    json_decref(said);
}

void s3_server_stop(s3_server *s) {
    helper_stop(&s->helper);
}
