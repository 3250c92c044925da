#include "report/page/markup.hpp"

#include <algorithm>
#include <cmath>

#include "report/text.hpp"

namespace holdfast::report::page {

std::string escaped(std::string_view text) {
    std::string out;
    for (char const c : base::printable(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string breakable(std::string_view text) {
    std::string out, word;
    for (char const c : text) {
        word += c;
        if (c != '/' && c != '.' && c != '-' && c != '_' && c != ',') continue;
        out += escaped(word) + "<wbr>";
        word.clear();
    }
    return out + escaped(word);
}

int text_px(std::string_view text, int font_px) { return report::width(text) * font_px * 57 / 100; }

std::vector<std::string> lines_of(std::string_view text, int width_px, int font_px) {
    int const columns = std::max(8, width_px * 100 / (font_px * 57));
    std::vector<std::string> lines;
    for (auto const& line : wrapped(base::printable(text), columns)) {
        std::string rest = line;
        while (report::width(rest) > columns) {  // one long word: an id, a range list
            std::string head;
            int used = 0;
            for (auto const& point : code_points(rest)) {
                if (used + report::width(point.bytes) > columns) break;
                head += point.bytes;
                used += report::width(point.bytes);
            }
            if (head.empty()) break;
            rest.erase(0, head.size());
            lines.push_back(std::move(head));
        }
        lines.push_back(std::move(rest));
    }
    return lines;
}

void Drawing::box(int x, int y, int width, int height, std::string_view klass, int radius) {
    body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\" class=\"{}\"/>", x, y, width,
                         height, radius, klass);
}

void Drawing::text(int x, int y, std::string_view content, std::string_view klass) {
    body_ += fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>", x, y, klass, escaped(content));
}

int Drawing::paragraph(int x, int y, int width, std::string_view content, std::string_view klass, int line_px,
                       int most_lines) {
    auto lines = lines_of(content, width, line_px - 4);
    if (static_cast<int>(lines.size()) > most_lines) {
        lines.resize(static_cast<std::size_t>(most_lines));
        lines.back() += " …";
    }
    for (auto const& one : lines) {
        text(x, y, one, klass);
        y += line_px;
    }
    return y;
}

void Drawing::line(int x1, int y1, int x2, int y2, std::string_view klass) {
    body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>", x1, y1, x2, y2, klass);
}

void Drawing::arrow(int x1, int y1, int x2, int y2, std::string_view klass) {
    line(x1, y1, x2, y2, klass);
    double const dx = x2 - x1, dy = y2 - y1, length = std::max(1.0, std::sqrt(dx * dx + dy * dy));
    double const ux = dx / length, uy = dy / length;
    constexpr double head = 8, half = 4.5;
    body_ += fmt::format("<polygon points=\"{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}\" class=\"{}h\"/>", double(x2),
                         double(y2), x2 - ux * head - uy * half, y2 - uy * head + ux * half, x2 - ux * head + uy * half,
                         y2 - uy * head - ux * half, klass);
}

std::string Drawing::svg(int height, std::string_view title) const {
    return fmt::format(
        "<div class=\"drawing\"><svg viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\" aria-label=\"{}\">"
        "<title>{}</title>{}</svg></div>",
        width_, height, width_, height, escaped(title), escaped(title), body_);
}

}  // namespace holdfast::report::page
