#include "source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::yaml {

using base::Error;
using base::ErrorCode;
using base::SourcePos;

Source::Source(std::string_view text, std::string const& file) : text_(text), file_(file) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\n') starts_.push_back(i + 1);
}

SourcePos Source::at(std::size_t offset, std::size_t length) const {
    auto const after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    auto const line = static_cast<std::size_t>(after - starts_.begin());
    return {file_, static_cast<int>(line), static_cast<int>(offset - starts_[line - 1]) + 1, static_cast<int>(length)};
}

SourcePos Source::at(int line, int column, std::size_t length) const {
    return {file_, line, column, static_cast<int>(length)};
}

std::size_t Source::offset(int line, int column) const {
    auto const index = static_cast<std::size_t>(std::max(line, 1) - 1);
    if (index >= starts_.size()) return text_.size();
    return std::min(text_.size(), starts_[index] + static_cast<std::size_t>(std::max(column, 1) - 1));
}

std::string_view Source::line(int number) const { return source_line(text_, number); }

namespace {

/// Length of the well-formed UTF-8 sequence at `i`, or 0.
std::size_t sequence_length(std::string_view text, std::size_t i) {
    auto const byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    auto const follows = [&](std::size_t at) { return (byte(at) & 0xC0u) == 0x80u; };
    unsigned const first = byte(i);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(i + 1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        unsigned const second = byte(i + 1);
        bool const overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second >= 0xA0;
        return follows(i + 1) && follows(i + 2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        unsigned const second = byte(i + 1);
        bool const overlong = first == 0xF0 && second < 0x90, too_high = first == 0xF4 && second >= 0x90;
        return follows(i + 1) && follows(i + 2) && follows(i + 3) && !overlong && !too_high ? 4 : 0;
    }
    return 0;
}

std::size_t leading(std::string_view line, std::string_view of) {
    auto const end = line.find_first_not_of(of);
    return end == std::string_view::npos ? line.size() : end;
}

/// Whether a line ends by opening a block scalar: `key: |`, `- >-`, `|2+ # why`.
bool opens_block(std::string_view line) {
    if (auto const comment = line.find(" #"); comment != std::string_view::npos) line = line.substr(0, comment);
    line = base::trimmed(line);
    std::size_t end = line.size();
    while (end > 0 && (line[end - 1] == '+' || line[end - 1] == '-' || (line[end - 1] >= '0' && line[end - 1] <= '9')))
        --end;
    if (end == 0 || (line[end - 1] != '|' && line[end - 1] != '>')) return false;
    return end == 1 || line[end - 2] == ' ';
}

}  // namespace

std::optional<Error> bad_bytes(Source const& source) {
    auto const text = source.text();
    for (std::size_t i = 0; i < text.size();) {
        auto const length = sequence_length(text, i);
        if (length == 0)
            return Error{.code = ErrorCode::syntax,
                         .where = source.at(i),
                         .what = "this is not UTF-8 text",
                         .fix = "save the file as UTF-8",
                         .because = {},
                         .azure = {}};
        auto const c = static_cast<unsigned char>(text[i]);
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
            return Error{.code = ErrorCode::syntax,
                         .where = source.at(i),
                         .what = fmt::format("a control character (0x{:02x}) has no place in YAML", c),
                         .fix = "remove it, or write it as an escape in double quotes",
                         .because = {},
                         .azure = {}};
        i += length;
    }
    return {};
}

std::optional<Error> tab_indentation(Source const& source) {
    std::optional<std::size_t> block;  // indentation of the line that opened a block scalar
    for (int number = 1; number <= static_cast<int>(source.lines()); ++number) {
        auto const line = source.line(number);
        auto const space = leading(line, " \t");
        if (space == line.size()) continue;
        auto const indent = leading(line, " ");
        if (block && indent > *block) continue;
        block.reset();
        if (indent < space && line[space] != '#')
            return Error{.code = ErrorCode::syntax,
                         .where = source.at(number, static_cast<int>(indent) + 1),
                         .what = "the line is indented with a tab",
                         .fix = "indent with spaces",
                         .because = {},
                         .azure = {}};
        if (opens_block(line)) block = indent;
    }
    return {};
}

Extent extent(Source const& source, std::size_t offset, std::string_view value) {
    auto const text = source.text();
    if (offset >= text.size()) return {};
    char const quote = text[offset];
    auto const line_end = std::min(text.find('\n', offset), text.size());
    if (quote != '"' && quote != '\'') {
        bool const same = text.substr(offset, value.size()) == value;
        return {same && !value.empty() && offset + value.size() <= line_end ? value.size() : 1, true};
    }
    for (std::size_t i = offset + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '\'' && i + 1 < text.size() && text[i + 1] == '\'') ++i;
            else return {std::min(i + 1, line_end) - offset, true};
        }
    }
    return {line_end - offset, false};
}

std::string_view source_line(std::string_view text, int line) {
    if (line < 1) return {};
    std::size_t start = 0;
    for (int at = 1; at < line; ++at) {
        start = text.find('\n', start);
        if (start == std::string_view::npos) return {};
        ++start;
    }
    auto found = text.substr(start, text.find('\n', start) - start);
    if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
    return found;
}

}  // namespace holdfast::yaml
