/// The page's one style sheet. System fonts, two palettes, no request to anywhere.
#include "report/page/markup.hpp"

namespace holdfast::report::page {

std::string_view style_sheet() {
    return R"css(
:root{color-scheme:light dark;
--ground:#f7f7f5;--card:#ffffff;--ink:#1b222c;--soft:#566171;--rule:#e2e4e7;--rule2:#cdd2d8;
--accent:#1d5aa6;--accent-wash:#e8f0fa;--good:#17704a;--good-wash:#e6f4ec;--warn:#855600;--warn-wash:#fbf1dc;
--bad:#ab2a1f;--bad-wash:#fbe9e7;--bar:#b9c2cd;--tint:#f1f4f7;--shadow:0 1px 2px rgba(20,30,45,.06),0 4px 16px rgba(20,30,45,.05)}
@media (prefers-color-scheme:dark){:root{
--ground:#11151b;--card:#181e26;--ink:#e7ebf0;--soft:#9fabb9;--rule:#2a323d;--rule2:#3b4553;
--accent:#7db4f5;--accent-wash:#1a2a3f;--good:#6fcf9f;--good-wash:#15291f;--warn:#e3b45a;--warn-wash:#2d2412;
--bad:#f0897f;--bad-wash:#341a18;--bar:#465362;--tint:#1f2731;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;
font-feature-settings:"tnum" 1}
main,header,footer{max-width:1080px;margin:0 auto;padding:0 24px}
header{padding-top:56px;padding-bottom:8px}
header .name{font-size:13px;letter-spacing:.14em;text-transform:uppercase;color:var(--soft);margin:0 0 8px}
h1{font-size:40px;line-height:1.12;letter-spacing:-.022em;font-weight:650;margin:0 0 8px;overflow-wrap:anywhere}
header .sub{color:var(--soft);margin:0}
nav{position:sticky;top:0;z-index:1;background:var(--ground);border-bottom:1px solid var(--rule);margin:24px 0 8px}
nav ul{max-width:1080px;margin:0 auto;padding:0 24px;display:flex;gap:22px;list-style:none;overflow-x:auto;scrollbar-width:none}
nav a{display:block;padding:12px 0;color:var(--soft);text-decoration:none;font-size:14px;white-space:nowrap}
nav a:hover{color:var(--accent)}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
section{background:var(--card);border:1px solid var(--rule);border-radius:14px;box-shadow:var(--shadow);padding:28px 32px;margin:20px 0;scroll-margin-top:60px}
h2{font-size:22px;line-height:1.25;letter-spacing:-.012em;font-weight:640;margin:0 0 14px}
h3{font-size:16px;font-weight:620;margin:20px 0 6px}
p{margin:0 0 12px;max-width:72ch}
code{font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.small{font-size:13px;line-height:1.45;color:var(--soft)}
.lead{font-size:13px;color:var(--soft);margin:12px 0 2px}
ul{margin:0;padding-left:1.1em}ul.plain{list-style:none;padding:0;font-size:14px}
li{margin:4px 0}
.counts{display:grid;grid-template-columns:repeat(3,1fr);gap:14px;margin-bottom:20px}
.count{border-radius:12px;padding:18px 20px;border:1px solid transparent}
.count b{display:block;font-size:46px;line-height:1;font-weight:640;letter-spacing:-.03em}
.count span{display:block;margin-top:8px;font-size:15px}
.count.proven{background:var(--good-wash);color:var(--good)}.count.unknown{background:var(--warn-wash);color:var(--warn)}
.count.broken{background:var(--bad-wash);color:var(--bad)}
.count.zero{background:var(--tint);color:var(--soft)}
.sentence{font-size:19px;line-height:1.45;letter-spacing:-.006em;margin-bottom:20px}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:14px 32px;margin:0 0 8px}
.facts dt{font-size:13px;color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.pill{display:inline-block;border-radius:999px;padding:1px 10px;font-size:13px;line-height:1.6;white-space:nowrap;font-weight:560}
.pill.proven{background:var(--good-wash);color:var(--good)}.pill.unknown{background:var(--warn-wash);color:var(--warn)}
.pill.broken{background:var(--bad-wash);color:var(--bad)}.pill.none{background:var(--tint);color:var(--soft)}
.pill.final{background:var(--accent-wash);color:var(--accent)}
p.unknown{background:var(--warn-wash);border-radius:8px;padding:8px 12px;font-size:14px;max-width:none;overflow-wrap:anywhere}
p.unknown b{color:var(--warn)}
p.broken{background:var(--bad-wash);border-radius:8px;padding:8px 12px;max-width:none;overflow-wrap:anywhere}p.broken b{color:var(--bad)}
.fix{margin-top:4px;color:var(--accent);font-size:14px}
.scroll,.drawing{overflow-x:auto;-webkit-overflow-scrolling:touch}
.drawing{margin:6px 0 4px}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.45}
th{font-weight:560;text-align:left;color:var(--soft);font-size:13px;padding:8px 16px 8px 0;border-bottom:1px solid var(--rule2);white-space:nowrap}
td{padding:9px 16px 9px 0;border-bottom:1px solid var(--rule);vertical-align:top;overflow-wrap:anywhere;min-width:110px}
tr:last-child td{border-bottom:0}
td:last-child,th:last-child{padding-right:0}
.promises td:first-child{width:112px;min-width:112px}.promises td:nth-child(2){width:40%}
details{margin:6px 0}
summary{cursor:pointer;padding:8px 0;font-weight:560}
.two{display:grid;gap:8px}.two>*{min-width:0}.nobr{white-space:nowrap}.each{margin:0 0 4px}.each:last-child{margin:0}
.swatch{display:inline-block;width:14px;height:10px;border-radius:2px;background:var(--accent);vertical-align:baseline}
footer{color:var(--soft);font-size:13px;padding-top:12px;padding-bottom:56px}
svg{display:block;max-width:none;height:auto}
svg text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;fill:var(--ink)}
svg .h{font-size:15px;font-weight:620}svg .b{font-weight:600}svg .s{font-size:12px;fill:var(--soft)}
svg .m{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;fill:var(--soft)}
svg .x{font-size:12px;fill:var(--bad);font-weight:560}
svg .end{text-anchor:end}svg .mid{text-anchor:middle}svg .strong{font-weight:600;fill:var(--accent)}
svg .net{fill:var(--tint);stroke:var(--rule2)}svg .inner{fill:none;stroke:var(--rule2);stroke-dasharray:5 4}
svg .sub{fill:var(--card);stroke:var(--rule2)}svg .nodes{stroke:var(--accent)}svg .api{stroke:var(--good)}
svg .hop{fill:var(--card);stroke:var(--rule2)}svg .open{stroke:var(--warn);stroke-width:1.5}svg .shut{stroke:var(--good);stroke-width:1.5}
svg .out{fill:var(--accent-wash);stroke:var(--accent)}
svg .dot{fill:var(--accent)}
svg .a{stroke:var(--rule2);stroke-width:1.5}svg .ah{fill:var(--rule2)}svg .ax{stroke:var(--good);stroke-width:1.5;stroke-dasharray:4 4}svg .axh{fill:var(--good)}
svg .e{stroke:var(--accent);stroke-width:1.75}svg .eh{fill:var(--accent)}
svg .link{fill:var(--tint);stroke:var(--rule2)}svg .last{fill:var(--accent-wash);stroke:var(--accent)}
svg .lose{stroke:var(--bad);stroke-width:1.25;stroke-dasharray:3 3}
svg .grid{stroke:var(--rule)}svg .bar{fill:var(--bar)}svg .path{fill:var(--accent)}svg .bad{fill:var(--bad)}
@media (max-width:640px){
body{font-size:15px}main,header,footer,nav ul{padding-left:16px;padding-right:16px}
header{padding-top:32px}h1{font-size:29px}section{padding:20px 18px;border-radius:12px;margin:14px 0}
.counts{gap:8px}.count{padding:12px}.count b{font-size:32px}.count span{font-size:13px}.count.zero{background:var(--tint);color:var(--soft)}
.sentence{font-size:17px}
table{min-width:560px}.promises{min-width:0}
.promises thead{display:none}.promises,.promises tbody,.promises tr,.promises td{display:block;width:auto!important}
.promises tr{border-bottom:1px solid var(--rule);padding:10px 0}.promises td{border:0;padding:2px 0}
}
@media print{
:root{--ground:#fff;--card:#fff;--ink:#111;--soft:#444;--rule:#ddd;--rule2:#bbb;--accent:#1d5aa6;--accent-wash:#eef3fa;--good:#17704a;--good-wash:#eef7f1;
--warn:#855600;--warn-wash:#fbf4e4;--bad:#ab2a1f;--bad-wash:#fbeeec;--bar:#b9c2cd;--tint:#f4f5f7;--shadow:none}body{font-size:11pt}nav{display:none}
section{border:0;padding:0;margin:0 0 18pt;break-inside:auto}h2{break-after:avoid}tr,svg{break-inside:avoid}
svg{max-width:100%}.drawing,.scroll{overflow:visible}details::details-content{content-visibility:visible;block-size:auto}
}
)css";
}

}  // namespace holdfast::report::page
