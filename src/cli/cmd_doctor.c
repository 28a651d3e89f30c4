#include "cli/cli.h"

#include "core/cpu.h"
#include "core/pool.h"
#include "core/sandbox.h"

#include <sched.h>
#include <sndfile.h>
#include <sodium.h>
#include <soxr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

typedef enum { GOOD, POOR, NEWS } verdict;

typedef struct {
    bool json;
    json_t *facts; /* [{name, value, ok, hint}] */
    int poor;
} report;

/* One fact; `hint` says what to do when it is poor. */
static void say(report *r, verdict how, const char *name, const char *value,
                const char *hint) {
    r->poor += how == POOR;
    if (r->json) {
        json_t *fact = json_pack("{s:s,s:s,s:b}", "name", name, "value", value,
                                 "ok", how != POOR);
        if (how == POOR)
            json_object_set_new(fact, "hint", json_string(hint));
        json_array_append_new(r->facts, fact);
        return;
    }
    const char *mark = how == GOOD ? "ok" : how == POOR ? "!!" : "  ";
    const char *style = how == POOR ? "yellow" : "green";
    printf("%s%s%s  %-14s ", cli_style(stdout, style), mark,
           cli_style(stdout, "off"), name);
    cli_wrap(stdout, value, 19, 19);
    if (how == POOR) {
        printf("%19s", "");
        cli_wrap(stdout, hint, 19, 19);
    }
}

static void say_machine(report *r) {
    static const char *const levels[] = {"base", "avx2", "avx512"};
    struct utsname name;
    cpu_set_t set;
    char text[512];
    CPU_ZERO(&set);
    int cpus =
        sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    if (uname(&name) == 0) {
        snprintf(text, sizeof text, "%.60s %.60s on %.60s", name.sysname,
                 name.release, name.machine);
        say(r, NEWS, "system", text, NULL);
    }
    snprintf(text, sizeof text, "%d usable, vector kernels: %s", cpus,
             levels[st_cpu_level_get()]);
    say(r, NEWS, "cpus", text, NULL);
}

static void say_libraries(report *r) {
    char text[512];
    snprintf(text, sizeof text, "%s, %s, jansson %s, libsodium %s",
             sf_version_string(), soxr_version(), jansson_version_str(),
             sodium_version_string());
    say(r, NEWS, "libraries", text, NULL);
}

static void say_decoder(report *r) {
    char path[512];
    st_err err = {0};
    if (access("/proc/self/fd", F_OK) != 0)
        say(r, POOR, "/proc", "not mounted",
            "ffmpeg is handed its files through it; run: mount -t proc proc "
            "/proc");
    if (st_sandbox_find("ffmpeg", path, sizeof path, &err) == ST_OK)
        say(r, GOOD, "ffmpeg", path, NULL);
    else
        say(r, POOR, "ffmpeg",
            "missing: M4A, AAC, WMA and video cannot be read", err.text);
}

static void say_sandbox(report *r) {
    static const struct {
        unsigned bit;
        const char *name;
    } parts[] = {{ST_SANDBOX_RLIMITS, "rlimits"},
                 {ST_SANDBOX_SECCOMP, "seccomp"},
                 {ST_SANDBOX_LANDLOCK, "landlock"}};
    unsigned has = st_sandbox_features();
    char text[256] = "";
    char lacks[256] = "The kernel does not offer:";
    bool all = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bool on = (has & parts[i].bit) != 0;
        char *to = on ? text : lacks;
        size_t end = strlen(to);
        snprintf(to + end, 256 - end, "%s%s", end > 0 ? " " : "",
                 parts[i].name);
        all &= on;
    }
    say(r, all ? GOOD : POOR, "sandbox", text[0] != '\0' ? text : "none",
        lacks);
}

static void say_folder(report *r, const char *name, const char *path) {
    struct statvfs about;
    char text[5000];
    if (statvfs(path, &about) != 0) {
        snprintf(text, sizeof text, "%s (made when first needed)", path);
        say(r, NEWS, name, text, NULL);
        return;
    }
    double free_gib =
        (double)about.f_bavail * (double)about.f_frsize / 1073741824.0;
    bool writable = access(path, W_OK) == 0;
    snprintf(text, sizeof text, "%s, %.1f GiB free%s", path, free_gib,
             writable ? "" : ", not writable");
    say(r, writable && free_gib > 1 ? GOOD : POOR, name, text,
        "Make it writable, with more than 1 GiB free, or name another.");
}

static void say_folders(report *r) {
    char home[4096];
    const char *temp = getenv("TMPDIR");
    if (cli_home(home, sizeof home))
        say_folder(r, "home", home);
    else
        say(r, POOR, "home", "none", "Set STEMMA_HOME or HOME.");
    say_folder(r, "temporary",
               temp != NULL && *temp != '\0' ? temp : "/var/tmp");
}

static int print_facts(report *r) {
    json_t *document =
        json_pack("{s:s,s:s,s:b,s:O}", "schema", "stemma.doctor/1", "version",
                  cli_version(), "ok", r->poor == 0, "facts", r->facts);
    int code = cli_print_json(document);
    json_decref(document);
    return code;
}

int cmd_doctor(int count, char **args) {
    report r = {.json = count == 1 && strcmp(args[0], "--json") == 0};
    if (count > 1 || (count == 1 && !r.json))
        return cli_fail(CLI_USAGE, "usage: stemma doctor [--json]");
    r.facts = json_array();
    say(&r, NEWS, "stemma", cli_version(), NULL);
    say_machine(&r);
    say_libraries(&r);
    say_decoder(&r);
    say_sandbox(&r);
    say_folders(&r);
    int code = r.json ? print_facts(&r) : CLI_DONE;
    json_decref(r.facts);
    if (code != CLI_DONE)
        return code;
    return r.poor > 0 ? CLI_WARNED : CLI_DONE;
}
