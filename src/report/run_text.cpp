/// A run, when it is over: what became of it, how long it took and what decided that, and what to do next.
#include <fmt/format.h>

#include <algorithm>

#include "report/text.hpp"

namespace holdfast::report {
namespace {

struct OutcomeWord {
    std::string_view outcome, word;
    Tone tone;
};
constexpr OutcomeWord outcome_words[] = {
    {"succeeded", "done", Tone::good},
    {"failed", "failed", Tone::bad},
    {"interrupted", "interrupted", Tone::warn},
};

std::string_view symbol(std::string_view outcome, Style const& style) {
    auto const& mark = glyphs(style);
    return outcome == "succeeded" ? mark.pass : outcome == "failed" ? mark.fail : mark.unknown;
}

std::size_t steps_with(engine::Run const& run, std::string_view outcome) {
    return static_cast<std::size_t>(std::ranges::count(run.timeline, outcome, &engine::StepTime::outcome));
}

void critical_path(std::string& out, engine::Run const& run, Style const& style) {
    struct Leg {
        std::string step;
        base::Duration took{};
    };
    std::vector<Leg> legs;
    base::Duration whole{};
    for (auto const& id : run.critical_path) {
        auto const at = std::ranges::find(run.timeline, id, &engine::StepTime::step);
        if (at == run.timeline.end()) continue;
        legs.push_back({id, std::chrono::duration_cast<base::Duration>(at->ended - at->started)});
        whole += legs.back().took;
    }
    if (legs.empty()) return;
    out += fmt::format("  longest path  {}\n", base::spoken(whole));
    std::vector<Leg const*> longest;
    for (auto const& leg : legs)
        if (leg.took >= std::chrono::seconds(1)) longest.push_back(&leg);
    constexpr int bar_columns = 24;
    int label = 0;
    for (auto const* leg : longest) label = std::max(label, width(leg->step));
    label = std::min(label, std::max(16, style.columns - bar_columns - 20));
    for (auto const* leg : longest) {
        auto const share = whole.count() > 0 ? bar_columns * leg->took.count() / whole.count() : 0;
        std::string bar;
        for (std::int64_t i = 0; i < std::max<std::int64_t>(1, share); ++i) bar += style.unicode ? "█" : "#";
        out += fmt::format("    {}  {}  {}\n", padded(clipped(base::printable(leg->step), label, style), label),
                           padded(base::spoken(leg->took), 12), painted(style, Tone::note, bar));
    }
}

}  // namespace

std::string run(engine::Run const& run, Style style) {
    std::string out;
    auto const known = std::ranges::find(outcome_words, std::string_view(run.outcome), &OutcomeWord::outcome);
    auto const tone = known != std::end(outcome_words) ? known->tone : Tone::warn;
    auto const word = known != std::end(outcome_words) ? known->word : std::string_view(run.outcome);
    out += fmt::format("{}  {} in {}, {}{}\n",
                       painted(style, tone, fmt::format("{} {}", symbol(run.outcome, style), word)),
                       counted(steps_with(run, "done"), "step"),
                       base::spoken(std::chrono::duration_cast<base::Duration>(run.ended - run.started)),
                       counted(static_cast<std::size_t>(run.calls), "call"),
                       run.retries > 0 ? fmt::format(", {} repeated", run.retries) : "");
    if (auto const failed = steps_with(run, "failed"); failed > 0)
        out += fmt::format("  {}\n", painted(style, Tone::bad, counted(failed, "step") + " failed"));
    if (auto const skipped = steps_with(run, "skipped"); skipped > 0)
        out += fmt::format("  {} not tried, because they need what failed\n", counted(skipped, "step"));
    critical_path(out, run, style);
    if (!run.errors.empty()) {
        out += '\n';
        out += errors(run.errors, {}, style);
    }
    if (run.outcome != "succeeded")
        out += fmt::format("\n  nothing is lost: holdfast resume {}\n", base::printable(run.run));
    return out;
}

}  // namespace holdfast::report
