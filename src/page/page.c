#include "page/page.h"

#include "core/alloc.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* One string, so that the page stands alone. */
static const char *const style[] = {
    ":root{color-scheme:light dark;--ground:#fbfaf7;--sheet:#fff;--ink:#22242a;"
    "--soft:#6d7078;--line:#e4e1da;--after:#0f6e6e;--before:#b3aca0;"
    "--reference:#b0682f;--good:#27744b;--bad:#b3392f;--wash:#0f6e6e18}",
    "@media(prefers-color-scheme:dark){:root{--ground:#15171b;--sheet:#1c1f25;"
    "--ink:#e7e5df;--soft:#969aa4;--line:#31353d;--after:#5cc4bd;"
    "--before:#7b7a78;--reference:#e0a06b;--good:#6fc796;--bad:#ee8378;"
    "--wash:#5cc4bd1c}}",
    "*{box-sizing:border-box}body{margin:0;background:var(--ground);"
    "color:var(--ink);font:15px/1.5 ui-sans-serif,system-ui,\"Segoe UI\","
    "Roboto,\"Helvetica Neue\",\"DejaVu Sans\",sans-serif;"
    "font-variant-numeric:tabular-nums}",
    "main{max-width:1000px;margin:0 auto;padding:48px 24px 64px}"
    "h1{font-size:30px;line-height:1.2;font-weight:600;letter-spacing:-.015em;"
    "margin:0 0 6px;overflow-wrap:anywhere}",
    "h2{font-size:16px;font-weight:600;margin:0}p{margin:0}"
    ".kind{font-size:13px;color:var(--soft);margin:0 0 10px}"
    ".lead{color:var(--soft);max-width:62ch}",
    ".verdict{display:flex;gap:10px;align-items:baseline;margin:22px 0 0}"
    ".verdict b{font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}"
    ".none{color:var(--soft)}",
    ".figures{display:grid;grid-template-columns:repeat(3,1fr);gap:1px;"
    "margin:26px 0 34px;background:var(--line);border:1px solid var(--line);"
    "border-radius:10px;overflow:hidden}",
    ".figures div{background:var(--sheet);padding:16px 18px}"
    ".figures span{display:block;font-size:13px;color:var(--soft)}"
    ".figures b{font-size:26px;font-weight:600;letter-spacing:-.02em}"
    ".figures small{font-size:13px;color:var(--soft);margin-left:5px}",
    "figure,section{margin:0 0 34px;background:var(--sheet);border:1px solid "
    "var(--line);border-radius:10px;padding:18px 20px 14px}"
    "figcaption{display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;"
    "margin-bottom:8px}figcaption p{color:var(--soft);font-size:13px}",
    ".legend{list-style:none;display:flex;gap:16px;margin:0 0 0 auto;padding:0;"
    "font-size:13px;color:var(--soft)}.legend li::before{content:\"\";"
    "display:inline-block;width:16px;height:2px;margin-right:6px;"
    "vertical-align:middle;background:var(--c)}",
    ".before{--c:var(--before)}.after,.limiting{--c:var(--after)}"
    ".reference,.compression{--c:var(--reference)}.faint{--c:var(--line)}"
    "svg{display:block;width:100%;height:auto;overflow:visible}",
    "path{fill:none;stroke:var(--c);stroke-width:1.8;stroke-linejoin:round}"
    "path.grid{stroke:var(--line);stroke-width:1}path.rule{stroke:var(--ink);"
    "stroke-width:1;stroke-dasharray:2 4;opacity:.6}"
    "path.faint.fill{fill:var(--wash);stroke:none}",
    "svg text{font-size:12px;fill:var(--soft)}"
    "table{width:100%;border-collapse:collapse;margin:10px 0 4px}"
    "th{font-weight:500;font-size:13px;color:var(--soft);text-align:left}"
    "td,th{padding:7px 12px 7px 0;border-top:1px solid var(--line);"
    "vertical-align:top}tr:first-child>*{border-top:0}"
    "td.n,th.n{text-align:right;white-space:nowrap}td:last-child,th:last-child"
    "{padding-right:0}td.why{color:var(--soft)}",
    ".group td{padding-top:16px;font-weight:600;border-top:0}"
    "details summary{cursor:pointer;font-weight:600;font-size:16px}"
    "footer{font-size:13px;color:var(--soft)}ul.notes{margin:8px 0 0;"
    "padding-left:18px}ul.notes li{margin:3px 0}",
    ".wave{--c:var(--before)}path.wave.fill{fill:var(--c);stroke:none}"
    ".pitch{--c:var(--reference)}img{display:block;width:100%;height:auto}"
    "rect{fill:var(--after)}rect.tint0{fill-opacity:.12}rect.tint1{"
    "fill-opacity:.26}rect.tint2{fill-opacity:.4}rect.tint3{fill-opacity:.54}"
    "path.beat{stroke:var(--after);stroke-width:1;opacity:.5}"
    "svg text.name{fill:var(--ink)}",
    "@media(max-width:700px){main{padding:26px 14px}.figures{"
    "grid-template-columns:repeat(2,1fr)}.legend{margin-left:0;"
    "flex-wrap:wrap;gap:4px 14px}section{overflow-x:auto}}",
    "@media print{:root{--ground:#fff;--sheet:#fff;--ink:#000;--soft:#555;"
    "--line:#ddd;--after:#0f6e6e;--before:#aaa;--reference:#b0682f;"
    "--good:#27744b;--bad:#b3392f;--wash:#0f6e6e18}body{font-size:10.5pt}"
    "main{padding:0;max-width:none}figure,section{break-inside:avoid;"
    "margin-bottom:14px;border-color:#ddd}@page{margin:14mm}}",
};

void st_page_begin_styled(st_text *t, const char *name, const char *kind,
                          const char *const *css, int count) {
    st_text_put(t, "<!doctype html>\n<html lang=\"en\"><head><meta "
                   "charset=\"utf-8\"><meta name=\"viewport\" "
                   "content=\"width=device-width,initial-scale=1\">\n<title>");
    st_text_escape(t, name);
    st_text_add(t, " \xC2\xB7 %s</title>\n<style>\n", kind);
    for (size_t i = 0; i < sizeof style / sizeof style[0]; i++)
        st_text_put(t, style[i]);
    for (int i = 0; i < count; i++)
        st_text_put(t, css[i]);
    st_text_put(t, "\n</style></head>\n<body><main>\n");
}

void st_page_begin(st_text *t, const char *name, const char *kind) {
    st_page_begin_styled(t, name, kind, NULL, 0);
}

void st_page_end(st_text *t) {
    st_text_put(t, "</main></body></html>\n");
}

void st_page_number(st_text *t, double value, int decimals) {
    if (!isfinite(value)) {
        st_text_put(t, "\xE2\x80\x93");
        return;
    }
    char text[32];
    snprintf(text, sizeof text, "%.*f", decimals, fabs(value));
    bool zero = strspn(text, "0.") == strlen(text);
    st_text_add(t, "%s%s", value < 0 && !zero ? "\xE2\x88\x92" : "", text);
}

void st_page_base64(st_text *t, const unsigned char *bytes, size_t size) {
    size_t room =
        sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *text = st_calloc(room, 1);
    if (text == NULL) {
        t->failed = true;
        return;
    }
    sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    st_text_put(t, text);
    st_free(text);
}

void st_page_png(st_text *t, const unsigned char *bytes, size_t size,
                 const char *label) {
    st_text_put(t, "<img alt=\"");
    st_text_escape(t, label);
    st_text_put(t, "\" src=\"data:image/png;base64,");
    st_page_base64(t, bytes, size);
    st_text_put(t, "\">\n");
}
