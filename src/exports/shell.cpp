#include "exports/shell.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/base.hpp"

namespace holdfast::exports {

namespace {

constexpr std::size_t comment_width = 100;

bool printable_ascii(char c) { return c >= ' ' && c <= '~'; }
bool needs_no_quotes(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:,+@%").find(c) != std::string_view::npos;
}

/// Code points of UTF-8; a byte that begins none stands for itself, so that nothing is lost or read beyond the end.
std::vector<char32_t> code_points(std::string_view text) {
    std::vector<char32_t> out;
    for (std::size_t i = 0; i < text.size();) {
        auto const lead = static_cast<unsigned char>(text[i]);
        std::size_t const length = lead < 0x80 ? 1 : lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : 2;
        char32_t point = length == 1 ? lead : lead & (0xffu >> (length + 1));
        bool whole = lead < 0x80 || (lead >= 0xc2 && lead < 0xf5 && i + length <= text.size());
        for (std::size_t k = 1; whole && k < length; ++k) {
            auto const next = static_cast<unsigned char>(text[i + k]);
            whole = (next & 0xc0u) == 0x80u;
            point = (point << 6) | (next & 0x3fu);
        }
        out.push_back(whole ? point : U'\ufffd');
        i += whole ? length : 1;
    }
    return out;
}

}  // namespace

std::string word(std::string_view text) {
    if (text.empty()) return "''";
    if (!std::ranges::all_of(text, printable_ascii) || text.find('\'') != std::string_view::npos) {
        std::string out = "$'";
        for (char const c : text) {
            if (c == '\'' || c == '\\') out += fmt::format("\\{}", c);
            else if (printable_ascii(c)) out += c;
            else out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
        }
        return out + "'";
    }
    if (std::ranges::all_of(text, needs_no_quotes) && text[0] != '-') return std::string(text);
    return fmt::format("'{}'", text);
}

std::string inside_quotes(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (std::string_view("\\\"$`").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string json_in_heredoc(std::string_view text) {
    std::string out;
    for (char32_t const point : code_points(text)) {
        if (point == U'"') out += "\\\"";
        else if (point < 0x7f && point >= 0x20 && point != U'$' && point != U'`' && point != U'\\')
            out += static_cast<char>(point);
        else if (point < 0x10000) out += fmt::format("\\u{:04x}", static_cast<unsigned>(point));
        else
            out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((static_cast<unsigned>(point) - 0x10000) >> 10),
                               0xdc00 + ((static_cast<unsigned>(point) - 0x10000) & 0x3ff));
    }
    return out;
}

std::string comment(std::string_view text, std::size_t indent) {
    auto const margin = std::string(indent, ' ') + "# ";
    std::string out, line;
    for (auto const& one : base::split(base::printable(text), ' ')) {
        if (!line.empty() && line.size() + 1 + one.size() > comment_width) {
            out += margin + line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + one;
    }
    return out + margin + line + "\n";
}

}  // namespace holdfast::exports
