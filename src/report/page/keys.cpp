/// Key chains drawn: vault, key, what uses it, what hangs on it; below each link what is lost with it.
#include <algorithm>

#include "report/page/markup.hpp"

namespace holdfast::report::page {
namespace {

/// "key 'disk' (RSA 3072, …)": the name stands out, what is said of it stands below.
struct Worded {
    std::string name, said;
};
Worded worded(std::string what) {
    std::erase(what, '\'');  // the weight of the letters sets names apart
    auto const open = what.find(" (");
    if (open == std::string::npos || !what.ends_with(')')) return {what, {}};
    return {what.substr(0, open), what.substr(open + 2, what.size() - open - 3)};
}

constexpr int link_width = 222, between = 24, pad = 14, line_px = 17;

std::vector<std::string> lines(std::string const& text) {
    return text.empty() ? std::vector<std::string>{} : lines_of(text, link_width - 2 * pad + 4, 13);
}

}  // namespace

std::string key_chains(Page const& page) {
    if (page.chains.empty()) return {};
    std::string out = "<section id=\"keys\"><h2>What hangs on which key</h2>";
    for (auto const& chain : page.chains) {
        auto const count = std::max<int>(1, static_cast<int>(chain.links.size()));
        Drawing drawing(count * link_width + (count - 1) * between + 4);
        int tall = 0, deepest = 0;
        for (auto const& link : chain.links)
            tall = std::max(tall, 28 + line_px * static_cast<int>(lines(worded(link.what).name).size() +
                                                                  lines(worded(link.what).said).size()));
        int x = 2;
        for (std::size_t i = 0; i < chain.links.size(); ++i) {
            auto const& link = chain.links[i];
            drawing.box(x, 4, link_width, tall, i + 1 == chain.links.size() ? "link last" : "link");
            int line = 28;
            auto const words = worded(link.what);
            for (auto const& text : lines(words.name)) {
                drawing.text(x + pad, line, text, "b");
                line += line_px;
            }
            for (auto const& text : lines(words.said)) {
                drawing.text(x + pad, line, text, "t");
                line += line_px;
            }
            drawing.line(x + pad, tall + 4, x + pad, tall + 22, "lose");
            drawing.text(x + pad, tall + 40, "when destroyed", "x");
            deepest = std::max(deepest, drawing.paragraph(x + pad, tall + 58, link_width - pad, link.lose, "s", 16, 6));
            if (i + 1 < chain.links.size())
                drawing.arrow(x + link_width, 4 + tall / 2, x + link_width + between - 2, 4 + tall / 2, "a");
            x += link_width + between;
        }
        out += fmt::format("<h3>{}</h3>", escaped(chain.purpose == "disks"  ? "Disks"
                                                  : chain.purpose == "etcd" ? "Secrets in etcd"
                                                                            : chain.purpose));
        if (!chain.links.empty()) out += drawing.svg(deepest + 4, fmt::format("Key chain of {}", chain.purpose));
        if (!chain.who_can_use.empty()) {
            out += "<p class=\"lead\">Who may open it</p><ul class=\"plain\">";
            for (auto const& who : chain.who_can_use) out += fmt::format("<li>{}</li>", breakable(who));
            out += "</ul>";
        }
        for (auto const& unknown : chain.unknowns)
            out += fmt::format("<p class=\"unknown\"><b>? unknown</b> {}</p>", breakable(unknown));
    }
    return out + "</section>";
}

}  // namespace holdfast::report::page
