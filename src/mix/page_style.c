#include "mix/page_mix.h"

const char *const st_mix_page_style[] = {
    /* rows: a name, a track to scale, the figures */
    ".row{display:grid;grid-template-columns:minmax(0,190px) minmax(0,1fr) "
    "116px;gap:0 18px;align-items:center;padding:4px 0;border-top:1px solid "
    "var(--line);font-size:14px}.row:first-child,.row.axis,.row.axis+.row{"
    "border-top:0}.row>b{font-weight:500;overflow-wrap:anywhere;line-height:"
    "1.3}.row>b small{display:block;font-weight:400;font-size:12px;color:"
    "var(--soft)}.row>span{text-align:right;white-space:nowrap}.row>span "
    "small{color:var(--soft);font-size:13px}",
    ".track{position:relative;height:24px}.track *{position:absolute}"
    ".track u{top:0;bottom:0;width:1px;background:var(--line)}"
    ".track u.guard{background:none;border-left:1px dashed var(--bad)}"
    ".track i{top:50%;transform:translateY(-50%)}"
    ".track .dot{width:11px;height:11px;margin-left:-5.5px;border-radius:50%;"
    "background:var(--after)}.track .dot.was{background:var(--sheet);border:"
    "2px solid var(--before)}.track .way{height:2px;background:var(--before)}"
    ".track .bar{height:10px;border-radius:2px;background:var(--after)}"
    ".track .bar.most{opacity:.28}.track .bar.wide{height:8px;border-radius:"
    "4px;opacity:.35}.track .mark{width:2px;height:14px;margin-left:-1px;"
    "background:var(--after)}.track .bar.was{height:10px;background:"
    "var(--before);opacity:.55}",
    ".axis .track{height:18px}.axis .track em{font-style:normal;font-size:12px;"
    "color:var(--soft);transform:translateX(-50%);white-space:nowrap}"
    ".axis .track em.guard{color:var(--bad)}"
    ".keys+p{flex-basis:100%}.keys li::before{box-sizing:border-box}"
    ".verdict "
    "b{white-space:nowrap}.keys{list-style:none;display:flex;flex-wrap:wrap;"
    "gap:2px 16px;margin:0 0 "
    "0 auto;padding:0;font-size:13px;color:var(--soft)}.keys li::before{"
    "content:\"\";display:inline-block;width:10px;height:10px;margin-right:"
    "6px;border-radius:50%;background:var(--after)}.keys li.was::before{"
    "background:none;border:2px solid var(--before)}.keys li.most::before{"
    "opacity:.35}.keys li.guard::before{border-radius:0;height:0;width:14px;"
    "background:none;border-top:1px dashed var(--bad);vertical-align:middle}",
    /* masking map */
    ".pair{display:grid;grid-template-columns:1fr 1fr;gap:26px;margin:16px 0 "
    "6px}.pair h3{font-size:14px;font-weight:600;margin:0 0 4px}"
    ".map{table-layout:fixed;margin:0}.map th,.map td{border:0;padding:1px;"
    "font-size:11px;text-align:center;line-height:24px}.map th:first-child{"
    "width:42%;text-align:left;color:var(--ink);font-size:13px;padding-right:"
    "6px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}"
    ".map td span{display:block;position:relative;border-radius:3px;"
    "background:var(--ground);height:24px;overflow:hidden}.map td i{position:"
    "absolute;inset:0;background:var(--reference)}.map td em{position:"
    "relative;font-style:normal}"
    ".map td.self span{background:none}.map tr>*{padding:1px!important}",
    /* moves */
    "h3{font-size:15px;font-weight:600;margin:22px 0 2px}h3 small{font-weight:"
    "400;font-size:13px;color:var(--soft);margin-left:8px}"
    ".move{display:grid;grid-template-columns:150px minmax(0,1fr) auto;gap:0 "
    "16px;padding:7px 0;border-top:1px solid var(--line);font-size:14px}"
    ".move>b{font-weight:500}.move p{grid-column:2/-1;color:var(--soft);"
    "font-size:13.5px}.move code{grid-row:1;grid-column:3}.move.off{opacity:"
    ".55}.tag{font-size:12px;color:var(--reference);margin-left:8px}",
    "code{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,\"DejaVu Sans "
    "Mono\",monospace;background:var(--wash);border-radius:4px;padding:1px "
    "5px;overflow-wrap:anywhere}pre{margin:6px 0 14px;overflow-x:auto}"
    "pre code{display:block;padding:10px 12px}"
    "section p+table,section h2+p{margin-top:2px}section>p{color:var(--soft);"
    "font-size:14px;max-width:76ch}section h2+div,section "
    "h2+p+div{margin-top:8px}a{color:var(--after)}"
    "ol.steps{margin:8px 0;padding-left:20px}ol.steps li{margin:8px 0}"
    "p.about{color:var(--soft);font-size:13px;margin:10px 0 2px}"
    ".part{font-size:20px;font-weight:600;letter-spacing:-.01em;margin:44px 0 "
    "14px}",
    "@media(max-width:700px){.row{grid-template-columns:minmax(0,1fr) auto}"
    ".row .track{grid-column:1/-1;grid-row:2}.row>b small{display:inline;"
    "margin-left:6px}.keys{margin-left:0}.pair{grid-template-columns:1fr}"
    "figure{overflow-x:auto}figure>svg{min-width:660px}section{overflow-x:"
    "visible}section>table{display:block;overflow-x:auto}"
    ".move{grid-template-columns:minmax(0,1fr);padding:9px 0}.move>*,.move "
    "p,.move code{grid-column:1;grid-row:auto;justify-self:start}"
    ".figures b{font-size:22px}}"
    "@media(prefers-color-scheme:dark){.map td.high em{color:var(--ground)}}"
    "@media print{*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    ".move,.row{break-inside:avoid}section.long{break-inside:auto}}",
};

const int st_mix_page_styles =
    sizeof st_mix_page_style / sizeof st_mix_page_style[0];
