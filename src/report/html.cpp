/// The page: one file, nothing fetched, nothing run.
#include "report/page/markup.hpp"

namespace holdfast::report {

std::string html(Page const& page) {
    struct Section {
        std::string_view id, label;
        std::string (*draw)(Page const&);
    };
    static constexpr Section sections[] = {
        {"standing", "What stands", page::standing}, {"network", "Network", page::network_drawn},
        {"access", "Who can get in", page::way_in},  {"keys", "Keys", page::key_chains},
        {"timeline", "How it went", page::timeline}, {"promises", "Promises", page::promises},
        {"decisions", "Decisions", page::decisions}, {"azure", "Made by Azure", page::azure_made},
        {"unknowns", "Not known", page::unknowns},
    };
    std::string links, body;
    for (auto const& section : sections) {
        auto const drawn = section.draw(page);
        if (drawn.empty()) continue;
        links += fmt::format("<li><a href=\"#{}\">{}</a></li>", section.id, section.label);
        body += drawn + "\n";
    }
    auto const title = page::escaped(page.title);
    std::string place = page.cloud == "simulated" ? "the simulated Azure" : page.cloud;
    if (!page.region.empty()) place += ", " + page.region;
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src "
        "data:\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n"
        "<title>{} · Holdfast</title>\n<style>{}</style>\n</head>\n<body>\n"
        "<header><p class=\"name\">Holdfast</p><h1>{}</h1><p class=\"sub\">{} · <span class=\"nobr\">as of "
        "{}</span></p></header>\n"
        "<nav aria-label=\"Sections\"><ul>{}</ul></nav>\n<main>\n{}</main>\n"
        "<footer>Written by Holdfast on {}. This page is one file; it asks nobody for "
        "anything.</footer>\n</body>\n</html>\n",
        title, page::style_sheet(), title, page::escaped(place), base::to_string(page.as_of), links, body,
        base::to_string(page.as_of));
}

}  // namespace holdfast::report
