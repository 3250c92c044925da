/// The live view of an act. One state, fed with events; a frame for terminals and lines for logs read from it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/text.hpp"

namespace holdfast::report {
namespace {

using base::Duration;
using base::Time;

constexpr Duration mention_again{30'000};  ///< a log reader hears of every running step at least this often
constexpr int frame_lines = 20;

struct Usual {
    int min_s = 0, max_s = 0;
};

Usual usual_of(plan::Step const& step) {
    auto const* row = catalog::find_duration(step.resource.type, step.act == plan::Act::remove ? "delete" : "write");
    if (row) return {row->min_s, row->max_s};
    return {0, step.expected_s};
}

std::string range_text(Usual usual) {
    if (usual.max_s <= 0) return {};
    return fmt::format("usual {}-{}", clock_text(Duration(std::int64_t{1000} * usual.min_s)),
                       clock_text(Duration(std::int64_t{1000} * usual.max_s)));
}

enum class Stage { waiting, running, done, failed, skipped };

struct Tracked {
    plan::Step const* step = nullptr;
    Stage stage = Stage::waiting;
    Time started{}, ended{}, mentioned{}, next_look{};
    std::string why;
    int asked = 0;
    std::vector<std::string> unlocks;  ///< steps that name this one in `after`
};

}  // namespace

struct Progress::State {
    plan::Plan plan;
    Style style;
    std::map<std::string, Tracked> steps;
    std::vector<std::string> order;
    std::map<std::string, int> remaining;
    std::map<std::string, int> reasons;  ///< how many steps give each reason
    std::string run, outcome;
    Time begun{}, latest{};
    bool started = false;

    Duration elapsed(Time now) const {
        return started ? std::chrono::duration_cast<Duration>(now - begun) : Duration{0};
    }
    std::size_t count(Stage stage) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(steps, [&](auto const& entry) { return entry.second.stage == stage; }));
    }
    /// What a waiting step still waits for, in plan order.
    std::vector<std::string> missing(Tracked const& tracked) const {
        std::vector<std::string> out;
        if (!tracked.step) return out;
        for (auto const& id : tracked.step->after) {
            auto const at = steps.find(id);
            if (at != steps.end() && at->second.stage != Stage::done) out.push_back(id);
        }
        return out;
    }
    /// A reason that many steps share says nothing about one of them.
    std::string reason(std::string const& because) const {
        auto const shared = reasons.find(because);
        return shared != reasons.end() && shared->second > 2 ? std::string() : base::printable(because);
    }
    Tracked& at(std::string const& id) {
        auto const [entry, fresh] = steps.try_emplace(id);
        if (fresh) order.push_back(id);  // a step the plan does not know: shown all the same
        return entry->second;
    }
};

Progress::Progress(plan::Plan const& plan, Style style) : state_(std::make_unique<State>()) {
    auto& state = *state_;
    state.plan = plan;
    state.style = style;
    for (auto const& step : state.plan.steps) {
        state.order.push_back(step.id);
        state.steps[step.id].step = &step;
        ++state.reasons[step.because];
    }
    for (auto const& step : state.plan.steps)
        for (auto const& id : step.after)
            if (auto const at = state.steps.find(id); at != state.steps.end()) at->second.unlocks.push_back(step.id);
    state.remaining = plan::remaining_seconds(state.plan);
}

Progress::~Progress() = default;

void Progress::feed(engine::Event const& event) {
    auto& state = *state_;
    state.latest = std::max(state.latest, event.at);
    base::match(
        event.what,
        [&](engine::RunStarted const& run) {
            state.run = run.run;
            state.begun = event.at;
            state.started = true;
        },
        [&](engine::StepStarted const& started) {
            auto& tracked = state.at(started.step);
            tracked.stage = Stage::running;
            tracked.started = tracked.mentioned = event.at;
            tracked.why.clear();
        },
        [&](engine::StepWaiting const& waiting) {
            auto& tracked = state.at(waiting.step);
            tracked.why = waiting.why;
            tracked.next_look = event.at + waiting.next;
            ++tracked.asked;
        },
        [&](engine::StepFinished const& finished) {
            auto& tracked = state.at(finished.step);
            tracked.stage = Stage::done;
            tracked.ended = event.at;
        },
        [&](engine::StepFailed const& failed) {
            auto& tracked = state.at(failed.step);
            tracked.stage = Stage::failed;
            tracked.ended = event.at;
            tracked.why = failed.error.what;
        },
        [&](engine::StepSkipped const& skipped) {
            auto& tracked = state.at(skipped.step);
            tracked.stage = Stage::skipped;
            tracked.why = skipped.waiting_for;
        },
        [&](engine::RunFinished const& finished) { state.outcome = finished.outcome; });
}

// ---------------------------------------------------------------------------------------------- log

namespace {

std::string log_line(Style const& style, Duration elapsed, Tone tone, std::string_view symbol, std::string_view word,
                     std::string_view text) {
    return fmt::format("{:>7}  {} {}\n", clock_text(elapsed),
                       painted(style, tone, fmt::format("{} {:<8}", symbol, word)), text);
}

}  // namespace

std::string Progress::tick(Time now) {
    auto& state = *state_;
    auto const& mark = glyphs(state.style);
    std::string out;
    for (auto const& id : state.order) {
        auto& tracked = state.steps[id];
        if (tracked.stage != Stage::running || now - tracked.mentioned < mention_again) continue;
        tracked.mentioned = now;
        auto const since = std::chrono::duration_cast<Duration>(now - tracked.started);
        auto text = fmt::format("{}  for {}", base::printable(id), base::spoken(since));
        if (tracked.step)
            if (auto const range = range_text(usual_of(*tracked.step)); !range.empty())
                text += fmt::format(" ({})", range);
        if (!tracked.why.empty()) text += fmt::format(", {}", base::printable(tracked.why));
        out += log_line(state.style, state.elapsed(now), Tone::note, mark.running, "still", text);
    }
    return out;
}

std::string Progress::line(engine::Event const& event) {
    auto& state = *state_;
    // What the step said before this event decides whether a wait is news.
    std::string before;
    if (auto const* waiting = std::get_if<engine::StepWaiting>(&event.what)) before = state.at(waiting->step).why;
    feed(event);
    auto const& style = state.style;
    auto const& mark = glyphs(style);
    auto const elapsed = state.elapsed(event.at);
    auto const took = [&](std::string const& id) {
        auto const& tracked = state.at(id);
        return tracked.started == Time{} ? Duration{0}
                                         : std::chrono::duration_cast<Duration>(event.at - tracked.started);
    };
    std::string out = base::match(
        event.what,
        [&](engine::RunStarted const& run) {
            return log_line(style, elapsed, Tone::plain, mark.running, "run",
                            fmt::format("{}, {}", base::printable(run.run), counted(run.steps, "step")));
        },
        [&](engine::StepStarted const& started) {
            auto text = base::printable(started.step);
            auto const& tracked = state.at(started.step);
            if (tracked.step)
                if (auto const range = range_text(usual_of(*tracked.step)); !range.empty())
                    text += fmt::format("  ({})", range);
            if (auto const why = state.reason(started.because); !why.empty()) text += fmt::format("  {}", why);
            return log_line(style, elapsed, Tone::note, mark.running, "start", text);
        },
        [&](engine::StepWaiting const& waiting) {
            if (before == waiting.why) return std::string();
            auto& tracked = state.at(waiting.step);
            tracked.mentioned = event.at;
            return log_line(style, elapsed, Tone::faint, mark.waiting, "waits",
                            fmt::format("{}  {}", base::printable(waiting.step), base::printable(waiting.why)));
        },
        [&](engine::StepFinished const& finished) {
            auto const how =
                finished.was_done ? std::string("stood already") : "in " + base::spoken(took(finished.step));
            return log_line(style, elapsed, Tone::good, mark.done, "done",
                            fmt::format("{}  {}", base::printable(finished.step), how));
        },
        [&](engine::StepFailed const& failed) {
            return log_line(style, elapsed, Tone::bad, mark.fail, "failed",
                            fmt::format("{}  {}", base::printable(failed.step), base::printable(failed.error.what)));
        },
        [&](engine::StepSkipped const& skipped) {
            return log_line(
                style, elapsed, Tone::warn, mark.skipped, "skipped",
                fmt::format("{}  needs {}", base::printable(skipped.step), base::printable(skipped.waiting_for)));
        },
        [&](engine::RunFinished const& finished) {
            return log_line(style, elapsed, finished.outcome == "succeeded" ? Tone::good : Tone::bad,
                            finished.outcome == "succeeded" ? mark.done : mark.fail, "run",
                            fmt::format("{}: {} of {}, {}", base::printable(finished.outcome), state.count(Stage::done),
                                        counted(state.order.size(), "step"),
                                        counted(static_cast<std::size_t>(finished.calls), "call")));
        });
    return out + tick(event.at);
}

// ---------------------------------------------------------------------------------------------- terminal

std::string Progress::frame(Time now) const {
    auto const& state = *state_;
    auto const& style = state.style;
    auto const& mark = glyphs(style);
    now = std::max(now, state.latest);
    std::vector<std::string> lines;
    auto const add = [&](std::string text) { lines.push_back(std::move(text)); };

    std::vector<std::string> running, failed;
    for (auto const& id : state.order) {
        auto const stage = state.steps.at(id).stage;
        if (stage == Stage::running) running.push_back(id);
        if (stage == Stage::failed) failed.push_back(id);
    }
    // The step with the most behind it first: it decides when the run ends.
    auto const behind = [&](std::string const& id) {
        auto const at = state.remaining.find(id);
        return at == state.remaining.end() ? 0 : at->second;
    };
    std::ranges::sort(running, {}, [&](auto const& id) { return std::pair(-behind(id), id); });

    int left_s = 0;
    for (auto const& id : state.order) {
        auto const& tracked = state.steps.at(id);
        if (tracked.stage == Stage::done) continue;
        int spent = 0;
        if (tracked.stage == Stage::running && tracked.step)
            spent = std::min<int>(
                tracked.step->expected_s,
                static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(now - tracked.started).count()));
        left_s = std::max(left_s, behind(id) - spent);
    }
    auto const done = state.count(Stage::done);
    auto head = fmt::format("{} of {} {} {} elapsed", done, counted(state.order.size(), "step"), mark.dot,
                            clock_text(state.elapsed(now)));
    if (left_s > 0)
        head += fmt::format(" {} about {} left", mark.dot, clock_text(Duration(std::int64_t{1000} * left_s)));
    constexpr int bar_columns = 20;
    auto const filled = state.order.empty() ? 0 : static_cast<int>(bar_columns * done / state.order.size());
    std::string bar;
    for (int i = 0; i < bar_columns; ++i) bar += i < filled ? (style.unicode ? "━" : "=") : (style.unicode ? "╌" : "-");
    add(clipped(fmt::format("{}  {}  {}", base::printable(state.plan.name), bar, head), style.columns, style));
    if (done > 0) add(painted(style, Tone::good, fmt::format("  {} {} done", mark.done, done)));

    for (auto const& id : failed)
        add(painted(style, Tone::bad,
                    clipped(fmt::format("  {} failed   {}  {}", mark.fail, base::printable(id),
                                        base::printable(state.steps.at(id).why)),
                            style.columns, style)));

    // Running steps and, below each, what starts as soon as it ends. Two lines are kept for the counts at the end.
    int label = 12;
    for (auto const& id : running) label = std::max(label, width(base::printable(id)));
    label = std::min(label, std::max(12, style.columns * 2 / 5));
    std::set<std::string> shown_waiting;
    std::size_t hidden = 0;
    int const room = frame_lines - 2;
    std::vector<std::vector<std::string>> blocks;
    for (auto const& id : running) {
        auto const& tracked = state.steps.at(id);
        std::vector<std::string> rows;
        auto const since = std::chrono::duration_cast<Duration>(now - tracked.started);
        auto row = fmt::format("  {} running  {}  {:>5}", mark.running,
                               padded(clipped(base::printable(id), label, style), label), clock_text(since));
        if (tracked.step)
            if (auto const usual = usual_of(*tracked.step); usual.max_s > 0)
                row += fmt::format("  ({}{})", range_text(usual),
                                   since > std::chrono::seconds(usual.max_s) ? ", longer now" : "");
        rows.push_back(painted(style, Tone::note, clipped(row, style.columns, style)));
        auto why = tracked.why.empty() ? std::string() : "waiting: " + tracked.why;
        if (why.empty() && tracked.step && !tracked.step->until.empty()) why = "until " + tracked.step->until;
        if (!why.empty()) {
            auto text = fmt::format("              {}", base::printable(why));
            if (tracked.next_look > now)
                text += fmt::format("; again in {}",
                                    clock_text(std::chrono::duration_cast<Duration>(tracked.next_look - now)));
            rows.push_back(painted(style, Tone::faint, clipped(text, style.columns, style)));
        }
        std::vector<std::string> next_rows;
        for (auto const& next : tracked.unlocks) {
            auto const& waiting = state.steps.at(next);
            if (waiting.stage != Stage::waiting || shown_waiting.contains(next)) continue;
            auto const missing = state.missing(waiting);
            if (missing.size() != 1 || missing.front() != id) continue;
            shown_waiting.insert(next);
            auto text = fmt::format("{} then     {}", mark.waiting, base::printable(next));
            if (waiting.step)
                if (auto const reason = state.reason(waiting.step->because); !reason.empty()) text += "  " + reason;
            next_rows.push_back(std::move(text));
        }
        for (std::size_t i = 0; i < next_rows.size(); ++i) {
            auto const branch = i + 1 == next_rows.size() ? mark.last_branch : mark.branch;
            rows.push_back(clipped(fmt::format("    {}{}", branch, next_rows[i]), style.columns, style));
        }
        blocks.push_back(std::move(rows));
    }
    // Every running step gets its first line before any gets its details.
    int used = static_cast<int>(lines.size());
    std::vector<std::size_t> take(blocks.size(), 0);
    for (std::size_t depth = 0; used < room; ++depth) {
        bool any = false;
        for (std::size_t i = 0; i < blocks.size() && used < room; ++i) {
            if (depth >= blocks[i].size() || take[i] != depth) continue;
            take[i] = depth + 1;
            ++used;
            any = true;
        }
        if (!any) break;
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        for (std::size_t row = 0; row < take[i]; ++row) add(blocks[i][row]);
        if (take[i] == 0) ++hidden;
    }
    if (hidden > 0) add(painted(style, Tone::note, fmt::format("  {} running  {} more", mark.running, hidden)));
    auto const waiting = state.count(Stage::waiting), skipped = state.count(Stage::skipped);
    if (waiting > 0)
        add(painted(style, Tone::faint, fmt::format("  {} {} waiting for what they need", mark.waiting, waiting)));
    if (skipped > 0)
        add(painted(style, Tone::warn, fmt::format("  {} {} skipped: they need what failed", mark.skipped, skipped)));
    if (static_cast<int>(lines.size()) > frame_lines) lines.resize(frame_lines);

    std::string out;
    for (auto const& text : lines) out += text + '\n';
    return out;
}

}  // namespace holdfast::report
