#include "report/style.h"

#include <fmt/format.h>

namespace report {

namespace {

struct Palette {
  const char *paper, *ink, *faint, *grid, *blue, *orange, *green, *purple, *red, *band;
};
constexpr Palette kLight{"#ffffff", "#1b1f24", "#57606a", "#e3e6ea", "#0072b2", "#b87500", "#008060", "#a8478a", "#c43c00", "#0072b2"};
constexpr Palette kDark{"#14171a", "#e6e9ec", "#a2abb4", "#2c3238", "#62b8ec", "#f0ad2b", "#33c79b", "#e39cc8", "#ff8a5c", "#62b8ec"};

}  // namespace

std::string figure_css(Theme theme) {
  const Palette& p = theme == Theme::light ? kLight : kDark;
  std::string css = fmt::format(
      ".paper{{fill:{}}}\n"
      "text{{font-family:'DejaVu Sans',Verdana,sans-serif;font-size:12px;fill:{}}}\n"
      ".heading{{font-size:19px;font-weight:bold}}\n"
      ".title{{font-size:13px;font-weight:bold}}\n"
      ".tick,.note{{font-size:11px;fill:{}}}\n"
      ".over{{stroke:{};stroke-width:4;paint-order:stroke}}\n"
      ".grid{{stroke:{};stroke-width:1}}\n"
      ".axis{{stroke:{};stroke-width:1}}\n",
      p.paper, p.ink, p.faint, p.paper, p.grid, p.faint);
  css += "path,.key{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n";
  for (const auto& [name, colour] : {std::pair("blue", p.blue), std::pair("orange", p.orange), std::pair("green", p.green), std::pair("purple", p.purple),
                                     std::pair("red", p.red), std::pair("grey", p.faint)}) {
    css += fmt::format("path.{0},.key.{0}{{stroke:{1}}}\n.dot.{0}{{fill:{1}}}\n.badge.{0}{{fill:{1}}}\n", name, colour);
  }
  css += ".dashed{stroke-dasharray:6 4}\n.thin{stroke-width:1.3}\n.bars{stroke-width:2.5}\n";
  css += fmt::format(".target{{stroke:{};stroke-width:1.2;stroke-dasharray:2 3}}\n", p.faint);
  css += fmt::format(".came{{fill:{0};fill-opacity:.13;stroke:{0};stroke-width:1}}\n.went{{fill:{1};fill-opacity:.13;stroke:{1};stroke-width:1}}\n", p.green,
                     p.red);
  css += fmt::format(".mixed,.number{{fill:{0};fill-opacity:.10;stroke:{0};stroke-width:1}}\n", p.faint);
  css += ".badge-text{font-size:11px;font-weight:bold}\n";
  css += fmt::format(".cross-task{{fill:{0};fill-opacity:.07}}\n.cross-node{{fill:{1};fill-opacity:.14}}\n", p.blue, p.orange);
  css += fmt::format(".alarm-on{{fill:{}}}\n.alarm-ok{{fill:{}}}\n.alarm-unknown{{fill:none;stroke:{};stroke-dasharray:2 3}}\n", p.red, p.green, p.faint);
  return css;
}

std::string page_css() {
  const auto theme = [](const Palette& p) {
    return fmt::format("body{{background:{};color:{}}}\n.muted,caption,summary{{color:{}}}\nth,td{{border-color:{}}}\na{{color:{}}}\n", p.paper, p.ink, p.faint,
                       p.grid, p.blue);
  };
  return "body{font:15px/1.5 system-ui,'DejaVu Sans',sans-serif;margin:0 auto;max-width:1240px;padding:1rem}\n"
         "h1{font-size:1.5rem;margin:.3rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}\n"
         "figure{margin:1rem 0;overflow-x:auto}svg{display:block;min-width:900px;width:100%;height:auto}\n"
         "table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}\n"
         "th,td{border-bottom:1px solid;padding:.2rem .7rem .2rem 0;text-align:left;vertical-align:top}td.n,th.n{text-align:right}\n"
         "details{margin:.4rem 0}summary{cursor:pointer}dt{font-weight:600}dd{margin:0 0 .4rem 1rem}.scroll{max-height:28rem;overflow:auto}\n" +
         theme(kLight) + figure_css(Theme::light) + "@media (prefers-color-scheme:dark){\n:root{color-scheme:dark}\n" + theme(kDark) +
         figure_css(Theme::dark) + "}\n";
}

}  // namespace report
