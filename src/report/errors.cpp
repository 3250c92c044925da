/// Errors for people and programs: where, what, why, what to do next; Azure's own words last.
#include <fmt/format.h>

#include <algorithm>

#include "report/text.hpp"

namespace holdfast::report {
namespace {

using base::Error;
using base::SourcePos;

/// A source line as it will look: tabs filled to the next stop of four, control characters visible, and for every byte
/// the column at which its character begins. Positions count bytes; carets count columns.
struct Seen {
    std::string text;
    std::vector<int> column_of_byte;  ///< one more than bytes: the end
};

Seen seen(std::string_view line) {
    Seen out;
    int column = 0;
    for (auto const& point : code_points(line)) {
        for (std::size_t i = 0; i < point.bytes.size(); ++i) out.column_of_byte.push_back(column);
        std::string const drawn = point.value == '\t' ? std::string(static_cast<std::size_t>(4 - column % 4), ' ')
                                                      : base::printable(point.bytes);
        out.text += drawn;
        column += width(drawn);
    }
    out.column_of_byte.push_back(column);
    return out;
}

std::string line_of(std::string_view text, int number) {
    for (int line = 1; line < number; ++line) {
        auto const end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    auto line = text.substr(0, text.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return std::string(line);
}

/// The part of a very long line around the caret.
struct Window {
    std::string text;
    int caret, length;
};

Window window_of(Seen const& line, SourcePos const& where, int room, Style const& style) {
    auto const bytes = static_cast<int>(line.column_of_byte.size()) - 1;
    int const from = std::clamp(where.column - 1, 0, bytes);
    int const to = std::clamp(from + std::max(1, where.length), from, bytes);
    int const begin = line.column_of_byte[static_cast<std::size_t>(from)];
    int const end = line.column_of_byte[static_cast<std::size_t>(to)];
    int const length = std::max(1, end - begin);
    if (width(line.text) <= room) return {line.text, begin, length};
    int const skip = std::max(0, begin - room / 3);
    std::string text;
    int at = 0, left = 0;
    for (auto const& point : code_points(line.text)) {
        int const wide = width(point.bytes);
        if (at < skip) {
            at += wide;
            left = at;
            continue;
        }
        text += point.bytes;
    }
    std::string_view const lead = skip > 0 ? glyphs(style).ellipsis : std::string_view();
    int const shift = width(lead) - left;
    return {clipped(std::string(lead) + text, room, style), begin + shift,
            std::max(1, std::min(length, room - begin - shift))};
}

std::string excerpt(SourcePos const& where, std::map<std::string, std::string> const& sources, Style const& style) {
    auto const source = sources.find(where.file);
    if (source == sources.end() || where.line < 1) return {};
    std::string const raw = line_of(source->second, where.line);
    if (raw.empty()) return {};
    auto const gutter = fmt::format("{:>5} | ", where.line);
    auto const window = window_of(seen(raw), where, std::max(20, style.columns - width(gutter)), style);
    auto const blank = fmt::format("{:>5} | ", "");
    return fmt::format("{}{}\n{}{}{}\n", painted(style, Tone::faint, gutter), window.text,
                       painted(style, Tone::faint, blank), std::string(static_cast<std::size_t>(window.caret), ' '),
                       painted(style, Tone::bad, std::string(static_cast<std::size_t>(window.length), '^')));
}

std::string place(base::Where const& where) {
    return base::match(
        where, [](std::monostate) { return std::string(); },
        [](SourcePos const& at) {
            auto const file = base::printable(at.file);
            if (at.line < 1) return file + ": ";
            if (at.column < 1) return fmt::format("{}:{}: ", file, at.line);
            return fmt::format("{}:{}:{}: ", file, at.line, at.column);
        },
        [](base::Call const& call) {
            return fmt::format("{} {}: ", base::printable(call.method), base::printable(call.address));
        },
        [](base::JournalRecord const& record) {
            return fmt::format("run {}, record {}: ", base::printable(record.run), record.number);
        });
}

bool begins_with_while(std::string_view what) { return base::starts_with_text(what, "while "); }

/// Server text goes out on one line, without controls, and bounded: it is theirs, not ours.
std::string quoted(std::string_view text) {
    constexpr std::size_t most = 2000;
    bool const cut = text.size() > most;
    return base::printable(text.substr(0, most)) + (cut ? " [cut]" : "");
}

void causes(std::string& out, std::span<Error const> because, int depth,
            std::map<std::string, std::string> const& sources, Style const& style) {
    for (auto const& cause : because) {
        std::string const indent(static_cast<std::size_t>(2 + 2 * depth), ' ');
        std::string const lead = begins_with_while(cause.what) ? indent : indent + "because ";
        out += block(lead, place(cause.where) + base::printable(cause.what), style);
        if (auto const* at = std::get_if<SourcePos>(&cause.where)) out += excerpt(*at, sources, style);
        if (!cause.fix.empty()) out += block(indent + "fix: ", base::printable(cause.fix), style);
        if (depth < 8) causes(out, cause.because, depth + 1, sources, style);
    }
}

void azure_said(std::string& out, base::AzureError const& azure, Style const& style) {
    std::string code = azure.code.empty() ? std::string("no code") : azure.code;
    if (!azure.subcode.empty()) code += " / " + azure.subcode;
    if (azure.status > 0) code += fmt::format(" (HTTP {})", azure.status);
    out += block("  Azure said  ", quoted(code + (azure.message.empty() ? "" : ": " + azure.message)), style);
    for (auto const& link : azure.chain) {
        if (link.find(azure.message) == std::string::npos || azure.message.empty())
            out += block("              ", quoted(link), style);
    }
    if (!azure.target.empty()) out += block("  target      ", quoted(azure.target), style);
    if (!azure.correlation_id.empty())
        out += block("  correlation ", quoted(azure.correlation_id) + " (support asks for it)", style);
}

json::Value where_json(base::Where const& where) {
    return base::match(
        where, [](std::monostate) { return json::Value(json::Object{}); },
        [](SourcePos const& at) { return json::Value{{"file", at.file}, {"line", at.line}, {"column", at.column}}; },
        [](base::Call const& call) { return json::Value{{"method", call.method}, {"address", call.address}}; },
        [](base::JournalRecord const& record) { return json::Value{{"run", record.run}, {"record", record.number}}; });
}

json::Value to_json(Error const& error) {
    json::Object out;
    out["code"] = std::string(base::name(error.code));
    out["where"] = where_json(error.where);
    out["what"] = error.what;
    out["fix"] = error.fix;
    json::Array because;
    for (auto const& cause : error.because) because.push_back(to_json(cause));
    out["because"] = std::move(because);
    if (error.azure) {
        json::Array chain;
        for (auto const& link : error.azure->chain) chain.emplace_back(link);
        out["azure"] = json::Object{{"status", error.azure->status},
                                    {"code", error.azure->code},
                                    {"subcode", error.azure->subcode},
                                    {"message", error.azure->message},
                                    {"target", error.azure->target},
                                    {"chain", std::move(chain)},
                                    {"correlationId", error.azure->correlation_id}};
    }
    return out;
}

}  // namespace

std::string errors(std::span<Error const> all, std::map<std::string, std::string> const& sources, Style style) {
    std::string out;
    for (auto const& error : all) {
        if (!out.empty()) out += '\n';
        out +=
            fmt::format("{}{} {}\n", painted(style, Tone::strong, place(error.where)),
                        painted(style, Tone::bad, "error:"), painted(style, Tone::strong, base::printable(error.what)));
        if (auto const* at = std::get_if<SourcePos>(&error.where)) out += excerpt(*at, sources, style);
        causes(out, error.because, 0, sources, style);
        if (!error.fix.empty()) out += block("  fix: ", base::printable(error.fix), style);
        if (error.azure) azure_said(out, *error.azure, style);
    }
    if (all.size() > 1) out += fmt::format("\n{}\n", counted(all.size(), "error"));
    return out;
}

json::Value errors_json(std::span<Error const> all) {
    json::Array list;
    for (auto const& error : all) list.push_back(to_json(error));
    return json::Object{{"schema", "holdfast/errors"}, {"schemaVersion", 1}, {"errors", std::move(list)}};
}

}  // namespace holdfast::report
