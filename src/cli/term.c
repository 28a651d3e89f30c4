#include "cli/cli.h"

#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40, WIDTH_MAX = 100 };

int cli_width(FILE *to) {
    struct winsize size;
    int width = WIDTH_DEFAULT;
    const char *columns = getenv("COLUMNS");
    if (isatty(fileno(to)) && ioctl(fileno(to), TIOCGWINSZ, &size) == 0 &&
        size.ws_col > 0)
        width = size.ws_col;
    else if (columns != NULL && atoi(columns) > 0)
        width = atoi(columns);
    if (width < WIDTH_MIN)
        return WIDTH_MIN;
    return width > WIDTH_MAX ? WIDTH_MAX : width;
}

static bool coloured(FILE *to) {
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fileno(to)) && (no == NULL || *no == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}

const char *cli_style(FILE *to, const char *name) {
    static const char *const styles[][2] = {
        {"bold", "\x1b[1m"},   {"dim", "\x1b[2m"},     {"red", "\x1b[31m"},
        {"green", "\x1b[32m"}, {"yellow", "\x1b[33m"}, {"cyan", "\x1b[36m"},
        {"off", "\x1b[0m"},
    };
    if (!coloured(to))
        return "";
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        if (strcmp(styles[i][0], name) == 0)
            return styles[i][1];
    return "";
}

void cli_clean(const char *from, char *to, size_t bytes) {
    snprintf(to, bytes, "%s", from);
    st_utf8_clean(to);
}

int cli_columns(const char *text) {
    int columns = 0;
    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xC0) != 0x80;
    return columns;
}

/* The byte at which column `column` of UTF-8 text starts. */
static const char *at_column(const char *text, int column) {
    for (; *text != '\0'; text++)
        if (((unsigned char)*text & 0xC0) != 0x80 && column-- == 0)
            break;
    return text;
}

void cli_fit(FILE *to, const char *name, int width) {
    int length = cli_columns(name);
    if (length <= width) {
        fprintf(to, "%s%*s", name, width - length, "");
        return;
    }
    int tail = width / 2;
    int head = width - tail - 1;
    fprintf(to, "%.*s…%s", (int)(at_column(name, head) - name), name,
            at_column(name, length - tail));
}

void cli_wrap(FILE *to, const char *text, int at, int indent) {
    int width = cli_width(to);
    bool first = true;
    while (*text != '\0') {
        if (*text == '\n') {
            fprintf(to, "\n%*s", text[1] != '\n' ? indent : 0, "");
            at = indent;
            first = true;
            text++;
            continue;
        }
        size_t length = strcspn(text, " \n");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        st_utf8_clean(word);
        int columns = cli_columns(word);
        if (!first && at + 1 + columns > width) {
            fprintf(to, "\n%*s", indent, "");
            at = indent;
            first = true;
        }
        at += columns + (first ? 0 : 1);
        fprintf(to, "%s%s", first ? "" : " ", word);
        first = false;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

void cli_time_text(double seconds, char *text, size_t bytes) {
    long tenths = (long)(seconds * 10 + 0.5), whole = tenths / 10;
    if (whole >= 3600)
        snprintf(text, bytes, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60,
                 whole % 60);
    else
        snprintf(text, bytes, "%ld:%02ld.%ld", whole / 60, whole % 60,
                 tenths % 10);
}
