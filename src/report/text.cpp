#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace holdfast::report {
namespace {

struct Interval {
    char32_t first, last;
};

/// Combining marks, joiners, variation selectors: no column of their own. (Unicode 15, the blocks that occur in text.)
constexpr Interval zero_width[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},   {0x06D6, 0x06DC},
    {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},   {0x0E47, 0x0E4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},   {0x20D0, 0x20FF},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
};

/// East Asian Wide and Fullwidth, and the emoji that terminals draw two columns wide.
constexpr Interval double_width[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},
    {0x26D4, 0x26D4},   {0x2705, 0x2705},   {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},
    {0x2795, 0x2797},   {0x2B1B, 0x2B1C},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
};

template <std::size_t N>
bool within(char32_t value, Interval const (&table)[N]) {
    auto const* at = std::upper_bound(std::begin(table), std::end(table), value,
                                      [](char32_t v, Interval const& interval) { return v < interval.first; });
    return at != std::begin(table) && value <= std::prev(at)->last;
}

int width_of(char32_t value) {
    if (value < 0x20 || value == 0x7F || within(value, zero_width)) return 0;
    return within(value, double_width) ? 2 : 1;
}

constexpr std::string_view sequence(Tone tone) {
    switch (tone) {
        case Tone::strong:
            return "\x1b[1m";
        case Tone::faint:
            return "\x1b[2m";
        case Tone::good:
            return "\x1b[32m";
        case Tone::bad:
            return "\x1b[1;31m";
        case Tone::warn:
            return "\x1b[33m";
        case Tone::note:
            return "\x1b[36m";
        case Tone::plain:
            break;
    }
    return {};
}

constexpr Glyphs unicode_glyphs{
    .pass = "✓",
    .fail = "✗",
    .unknown = "?",
    .chosen = "◇",
    .skipped = "·",
    .running = "▸",
    .waiting = "◦",
    .done = "✓",
    .branch = "├─ ",
    .last_branch = "└─ ",
    .through = "│  ",
    .blank = "   ",
    .dot = "·",
    .arrow = "→",
    .ellipsis = "…",
    .final = "■",
};
constexpr Glyphs ascii_glyphs{
    .pass = "+",
    .fail = "x",
    .unknown = "?",
    .chosen = "=",
    .skipped = ".",
    .running = ">",
    .waiting = "o",
    .done = "+",
    .branch = "|- ",
    .last_branch = "`- ",
    .through = "|  ",
    .blank = "   ",
    .dot = "-",
    .arrow = "->",
    .ellipsis = "...",
    .final = "#",
};

}  // namespace

Glyphs const& glyphs(Style const& style) { return style.unicode ? unicode_glyphs : ascii_glyphs; }

std::vector<CodePoint> code_points(std::string_view text) {
    std::vector<CodePoint> points;
    points.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        auto const lead = static_cast<unsigned char>(text[at]);
        std::size_t const length = lead < 0x80                   ? 1
                                   : lead >= 0xF0 && lead < 0xF5 ? 4
                                   : lead >= 0xE0 && lead < 0xF0 ? 3
                                   : lead >= 0xC2 && lead < 0xE0 ? 2
                                                                 : 0;
        bool valid = length > 0 && at + length <= text.size();
        char32_t value = length == 1 ? lead : length == 2 ? lead & 0x1F : length == 3 ? lead & 0x0F : lead & 0x07;
        for (std::size_t i = 1; valid && i < length; ++i) {
            auto const next = static_cast<unsigned char>(text[at + i]);
            valid = (next & 0xC0) == 0x80;
            value = (value << 6) | (next & 0x3F);
        }
        if (!valid) {
            points.push_back({lead, text.substr(at, 1), false});
            at += 1;
            continue;
        }
        points.push_back({value, text.substr(at, length), true});
        at += length;
    }
    return points;
}

int width(std::string_view text) {
    int columns = 0;
    for (auto const& point : code_points(text)) columns += point.valid ? width_of(point.value) : 1;
    return columns;
}

std::string clipped(std::string_view text, int columns, Style const& style) {
    if (width(text) <= columns) return std::string(text);
    auto const ellipsis = glyphs(style).ellipsis;
    int const room = std::max(0, columns - width(ellipsis));
    std::string out;
    int used = 0;
    for (auto const& point : code_points(text)) {
        int const wide = point.valid ? width_of(point.value) : 1;
        if (used + wide > room) break;
        out += point.bytes;
        used += wide;
    }
    return columns <= 0 ? std::string() : out + std::string(ellipsis);
}

std::string padded(std::string_view text, int columns) {
    std::string out(text);
    int const missing = columns - width(text);
    if (missing > 0) out.append(static_cast<std::size_t>(missing), ' ');
    return out;
}

std::vector<std::string> wrapped(std::string_view text, int columns) {
    std::vector<std::string> lines;
    for (auto const& paragraph : base::split(text, '\n')) {
        std::string line;
        int used = 0;
        for (auto const& word : base::split(paragraph, ' ')) {
            if (word.empty()) continue;
            int const wide = width(word);
            if (used > 0 && used + 1 + wide > columns) {
                lines.push_back(std::move(line));
                line.clear();
                used = 0;
            }
            if (used > 0) {
                line += ' ';
                used += 1;
            }
            line += word;
            used += wide;
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string block(std::string_view lead, std::string_view text, Style const& style) {
    int const indent = width(lead);
    std::string out;
    bool first = true;
    for (auto const& line : wrapped(text, std::max(24, style.columns - indent))) {
        out += first ? std::string(lead) : std::string(static_cast<std::size_t>(indent), ' ');
        out += line;
        out += '\n';
        first = false;
    }
    return out;
}

std::string painted(Style const& style, Tone tone, std::string_view text) {
    if (!style.colour || tone == Tone::plain || text.empty()) return std::string(text);
    return fmt::format("{}{}\x1b[0m", sequence(tone), text);
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    if (count == 1) return fmt::format("1 {}", one);
    return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

std::string shown(json::Value const& value) {
    if (auto const* text = value.if_string()) return base::printable({text->data(), text->size()});
    if (auto const* list = value.if_array()) {
        bool const scalars = std::ranges::none_of(*list, [](auto const& v) { return v.is_object() || v.is_array(); });
        if (scalars) {
            std::vector<std::string> parts;
            for (auto const& item : *list) parts.push_back(shown(item));
            return base::join(parts, ", ");
        }
    }
    if (value.is_null()) return "nothing";
    return base::printable(json::write(value));
}

std::string clock_text(base::Duration duration) {
    auto const seconds = std::max<std::int64_t>(0, duration.count() / 1000);
    if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
    return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace holdfast::report
