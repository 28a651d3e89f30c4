#include "cli/cli.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* A job that is done before SHOW_AFTER_S shows no bar at all. */
#define SHOW_AFTER_S 0.15
#define EVERY_S 0.06
#define ETA_AFTER_S 0.7

static double now_s(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void cli_bar_init(cli_bar *bar, bool wanted) {
    *bar = (cli_bar){.begun_s = now_s()};
    if (wanted && isatty(STDERR_FILENO))
        bar->to = stderr;
}

/* `cells` cells in eighths: smooth even when it is short. */
static void draw_cells(FILE *to, double fraction, int cells) {
    static const char *const eighths[] = {" ", "▏", "▎", "▍",
                                          "▌", "▋", "▊", "▉"};
    int filled = (int)(fraction * cells * 8);
    fputs(cli_style(to, "cyan"), to);
    for (int i = 0; i < cells; i++) {
        int part = filled - 8 * i;
        fputs(part >= 8 ? "█" : part > 0 ? eighths[part] : " ", to);
    }
    fputs(cli_style(to, "off"), to);
}

static void eta_text(const cli_bar *bar, double fraction, double now,
                     char *text, size_t bytes) {
    double spent = now - bar->begun_s;
    text[0] = '\0';
    if (spent < ETA_AFTER_S || fraction < 0.01)
        return;
    long left = (long)(spent * (1 - fraction) / fraction + 0.999);
    snprintf(text, bytes, "%ld:%02ld left", left / 60, left % 60);
}

static void draw(cli_bar *bar, const st_progress *p, double now) {
    FILE *to = bar->to;
    char what[96];
    char eta[48];
    eta_text(bar, p->fraction, now, eta, sizeof eta);
    if (p->steps > 1)
        snprintf(what, sizeof what, "%s %d/%d  %s", p->stage, p->step + 1,
                 p->steps, p->phase);
    else
        snprintf(what, sizeof what, "%s  %s", p->stage, p->phase);
    /* what | cells | 100 % | eta */
    int width = cli_width(to) - 1;
    int what_width = 26;
    int cells = width - what_width - 8 - 12 - 2;
    if (cells > 40)
        cells = 40;
    fprintf(to, "\r\x1b[K%-*.*s ", what_width, what_width, what);
    if (cells >= 8) {
        fputs("▕", to);
        draw_cells(to, p->fraction, cells);
        fputs("▏", to);
    }
    fprintf(to, "%3d %%  %s", (int)(p->fraction * 100), eta);
    (void)fflush(to);
}

void cli_bar_show(cli_bar *bar, const st_progress *progress) {
    if (bar->to == NULL)
        return;
    double now = now_s();
    if (now - bar->begun_s < SHOW_AFTER_S || now - bar->shown_s < EVERY_S)
        return;
    bar->shown_s = now;
    bar->visible = true;
    draw(bar, progress, now);
}

void cli_bar_clear(cli_bar *bar) {
    if (bar->to == NULL || !bar->visible)
        return;
    fputs("\r\x1b[K", bar->to);
    (void)fflush(bar->to);
    bar->visible = false;
}
