/// Findings on a terminal: what is broken first, then what is unknown; what passed is counted, or listed on request.
#include <fmt/format.h>

#include "report/text.hpp"

namespace holdfast::report {
namespace {

using checks::Finding;
using checks::Outcome;

Tone tone(Finding const& finding) {
    switch (finding.outcome) {
        case Outcome::fail: return Tone::bad;
        case Outcome::unknown: return Tone::warn;
        case Outcome::pass: return Tone::good;
        case Outcome::not_applicable: break;
    }
    return Tone::faint;
}

std::string_view symbol(Outcome outcome, Style const& style) {
    switch (outcome) {
        case Outcome::fail: return glyphs(style).fail;
        case Outcome::unknown: return glyphs(style).unknown;
        case Outcome::pass: return glyphs(style).pass;
        case Outcome::not_applicable: break;
    }
    return glyphs(style).skipped;
}

/// The word beside the symbol: how bad a failure is, and that a refusal is Azure's, not ours.
std::string word(Finding const& finding) {
    if (finding.outcome == Outcome::fail)
        return finding.kind == "refusal" ? std::string("REFUSED") : [&] {
            std::string out;
            for (char const c : checks::name(finding.severity)) out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
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
    auto const head = fmt::format("{} {:<8} ", symbol(finding.outcome, style), word(finding));
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
    out += painted(style, Tone::faint, fmt::format("           rule  {}", base::printable(finding.rule)));
    out += '\n';
}

void brief(std::string& out, Finding const& finding, Style const& style) {
    std::string const lead = fmt::format("{} {:<8} ", symbol(finding.outcome, style), word(finding));
    std::string const text = fmt::format("{} {} {}", base::printable(finding.says), glyphs(style).dot,
                                         base::printable(finding.message));
    out += painted(style, tone(finding), lead) + clipped(text, std::max(20, style.columns - width(lead)), style) + "\n";
}

}  // namespace

std::string findings(checks::Findings const& all, Style style, bool everything) {
    std::string out;
    for (Outcome const outcome : {Outcome::fail, Outcome::unknown}) {
        for (auto const& finding : all.findings) {
            if (finding.outcome != outcome) continue;
            full(out, finding, style);
            out += '\n';
        }
    }
    if (everything) {
        bool any = false;
        for (Outcome const outcome : {Outcome::pass, Outcome::not_applicable}) {
            for (auto const& finding : all.findings) {
                if (finding.outcome != outcome) continue;
                brief(out, finding, style);
                any = true;
            }
        }
        if (any) out += '\n';
    }
    auto const& mark = glyphs(style);
    auto const part = [&](Outcome outcome, std::string_view symbol_text, std::string_view text, Tone tone_when_any) {
        auto const count = all.count(outcome);
        return painted(style, count > 0 ? tone_when_any : Tone::faint, fmt::format("{} {} {}", symbol_text, count, text));
    };
    out += fmt::format("{}   {}   {}   {}\n", part(Outcome::fail, mark.fail, "broken", Tone::bad),
                       part(Outcome::unknown, mark.unknown, "unknown", Tone::warn),
                       part(Outcome::pass, mark.pass, "proven", Tone::good),
                       part(Outcome::not_applicable, mark.skipped, "not applicable", Tone::faint));
    return out;
}

}  // namespace holdfast::report
