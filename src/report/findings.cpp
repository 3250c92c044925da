/// Findings on a terminal: what is broken first, then what is unknown, then what the design chose otherwise; what
/// passed is counted, or listed on request.
#include <fmt/format.h>

#include "report/text.hpp"

namespace holdfast::report {
namespace {

using checks::Finding;
using checks::Outcome;

Tone tone(Finding const& finding) {
    switch (finding.outcome) {
        case Outcome::fail:
            return finding.chosen ? Tone::note : Tone::bad;
        case Outcome::unknown:
            return Tone::warn;
        case Outcome::pass:
            return Tone::good;
        case Outcome::not_applicable:
            break;
    }
    return Tone::faint;
}

std::string_view symbol(Finding const& finding, Style const& style) {
    switch (finding.outcome) {
        case Outcome::fail:
            return finding.chosen ? glyphs(style).chosen : glyphs(style).fail;
        case Outcome::unknown:
            return glyphs(style).unknown;
        case Outcome::pass:
            return glyphs(style).pass;
        case Outcome::not_applicable:
            break;
    }
    return glyphs(style).skipped;
}

/// The word beside the symbol: how bad a failure is, and that a refusal is Azure's, not ours.
std::string word(Finding const& finding) {
    if (finding.outcome == Outcome::fail && finding.chosen) return "choice";
    if (finding.outcome == Outcome::fail)
        return finding.kind == "refusal" ? std::string("REFUSED") : [&] {
            std::string out;
            for (char const c : checks::name(finding.severity))
                out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
            return out;
        }();
    return finding.outcome == Outcome::unknown ? "unknown" : finding.outcome == Outcome::pass ? "pass" : "n/a";
}

std::string position(base::SourcePos const& where) {
    if (where.file.empty()) return {};
    if (where.line < 1) return base::printable(where.file);
    return fmt::format("{}:{}:{}", base::printable(where.file), where.line, std::max(1, where.column));
}

std::string property(Finding const& finding) {
    return finding.property.empty() ? std::string() : base::printable(finding.property.text());
}

void full(std::string& out, Finding const& finding, Style const& style) {
    auto const head = fmt::format("{} {:<8} ", symbol(finding, style), word(finding));
    out += painted(style, tone(finding), head);
    out += painted(style, Tone::strong, base::printable(finding.says));
    out += '\n';
    std::string place = base::printable(finding.resource);
    if (auto const at = property(finding); !at.empty()) place += (place.empty() ? "" : "  ") + at;
    if (auto const at = position(finding.where); !at.empty()) place += fmt::format("  ({})", at);
    if (!place.empty()) out += block("           at    ", place, style);
    out += block("           seen  ", base::printable(finding.message), style);
    if (finding.outcome != Outcome::pass && !finding.fix.empty())
        out += block("           fix   ", base::printable(finding.fix), style);
    auto const weight = finding.chosen ? fmt::format(" ({})", checks::name(finding.severity)) : std::string();
    out += painted(style, Tone::faint, fmt::format("           rule  {}{}", base::printable(finding.rule), weight));
    out += '\n';
}

void brief(std::string& out, Finding const& finding, Style const& style) {
    std::string const lead = fmt::format("{} {:<8} ", symbol(finding, style), word(finding));
    auto const of = finding.resource.empty() || finding.resource == "cluster"
                        ? std::string()
                        : " (" + base::printable(finding.resource) + ")";
    // A choice reads as what is so, not as what was declined.
    std::string const text = fmt::format("{}{} {} {}", base::printable(finding.says), of, glyphs(style).dot,
                                         base::printable(finding.message));
    out += painted(style, tone(finding), lead) + clipped(text, std::max(20, style.columns - width(lead)), style) + "\n";
}

}  // namespace

std::string findings(checks::Findings const& all, Style style, Detail detail) {
    std::string out;
    bool const everything = detail == Detail::everything, choices_in_full = detail == Detail::choices;
    for (Outcome const outcome : {Outcome::fail, Outcome::unknown}) {
        for (auto const& finding : all.findings) {
            if (finding.outcome != outcome || (finding.chosen && !choices_in_full)) continue;
            full(out, finding, style);
            out += '\n';
        }
    }
    auto const brief_ones = [&](auto const& belongs) {
        bool any = false;
        for (auto const& finding : all.findings) {
            if (!belongs(finding)) continue;
            brief(out, finding, style);
            any = true;
        }
        if (any) out += '\n';
    };
    if (!choices_in_full)
        brief_ones([](Finding const& finding) { return finding.outcome == Outcome::fail && finding.chosen; });
    if (everything) {
        brief_ones([](Finding const& finding) { return finding.outcome == Outcome::pass; });
        brief_ones([](Finding const& finding) { return finding.outcome == Outcome::not_applicable; });
    }
    auto const& mark = glyphs(style);
    auto const part = [&](std::size_t count, std::string_view symbol_text, std::string_view text, Tone tone_when_any) {
        return painted(style, count > 0 ? tone_when_any : Tone::faint,
                       fmt::format("{} {} {}", symbol_text, count, text));
    };
    out +=
        fmt::format("{}   {}{}   {}   {}\n", part(all.broken(), mark.fail, "broken", Tone::bad),
                    all.chosen() > 0 ? part(all.chosen(), mark.chosen, "by choice", Tone::note) + "   " : std::string(),
                    part(all.count(Outcome::unknown), mark.unknown, "unknown", Tone::warn),
                    part(all.count(Outcome::pass), mark.pass, "proven", Tone::good),
                    part(all.count(Outcome::not_applicable), mark.skipped, "not applicable", Tone::faint));
    return out;
}

}  // namespace holdfast::report
