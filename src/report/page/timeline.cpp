/// The run as a Gantt chart: one row a step, the critical path in colour, virtual time along the top.
#include <algorithm>
#include <set>

#include "report/page/markup.hpp"
#include "report/text.hpp"

namespace holdfast::report::page {
namespace {

/// A step between ticks that gives five to nine of them.
std::int64_t tick_seconds(std::int64_t whole) {
    for (std::int64_t const step : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400})
        if (whole / step <= 9) return step;
    return std::max<std::int64_t>(1, whole / 9);
}

/// Seconds are enough for people.
std::string moment(base::Time at) { return base::to_string(base::Time(std::chrono::floor<std::chrono::seconds>(at))); }

}  // namespace

std::string timeline(Page const& page) {
    if (!page.run || page.run->timeline.empty()) return {};
    auto const& run = *page.run;
    std::vector<engine::StepTime const*> rows;
    for (auto const& step : run.timeline)
        if (step.outcome != "skipped") rows.push_back(&step);
    std::ranges::sort(rows, {}, [](auto const* step) { return std::tuple(step->started, step->ended, step->step); });
    std::set<std::string> const critical(run.critical_path.begin(), run.critical_path.end());
    auto end = run.ended;
    for (auto const* row : rows) end = std::max(end, row->ended);
    auto const whole =
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(end - run.started).count());

    constexpr int canvas = 960, label_width = 290, row_px = 22, top = 30, right_room = 66;
    constexpr int span = canvas - label_width - right_room;
    Drawing drawing(canvas);
    int const height = top + row_px * static_cast<int>(rows.size()) + 10;
    auto const x_of = [&](base::Time at) {
        auto const ms = std::clamp<std::int64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(at - run.started).count(), 0, whole);
        return label_width + static_cast<int>(ms * span / whole);
    };
    auto const step_s = tick_seconds(whole / 1000);
    for (std::int64_t s = 0; s * 1000 <= whole; s += step_s) {
        int const x = x_of(run.started + std::chrono::seconds(s));
        drawing.line(x, top - 8, x, height - 6, "grid");
        drawing.text(x, top - 14, clock_text(base::Duration(s * 1000)), "s mid");
    }
    int y = top;
    for (auto const* row : rows) {
        bool const on_path = critical.contains(row->step);
        auto const took = std::chrono::duration_cast<base::Duration>(row->ended - row->started);
        int const from = x_of(row->started), to = std::max(from + 3, x_of(row->ended));
        auto const klass = row->outcome == "failed" ? "bar bad" : on_path ? "bar path" : "bar";
        auto label = base::printable(row->step);
        int const label_columns = on_path ? 33 : 37;  // bold letters are wider
        drawing.text(label_width - 12, y + 14, clipped(label, label_columns, Style{}),
                     on_path ? "t end strong" : "t end");
        drawing.raw(fmt::format("<g><title>{}: {} to {}, {}{}</title>", escaped(row->step),
                                clock_text(std::chrono::duration_cast<base::Duration>(row->started - run.started)),
                                clock_text(std::chrono::duration_cast<base::Duration>(row->ended - run.started)),
                                escaped(base::spoken(took)), on_path ? ", on the longest path" : ""));
        drawing.box(from, y + 4, to - from, 13, klass, 3);
        drawing.raw("</g>");
        if (took >= std::chrono::seconds(1)) drawing.text(to + 6, y + 15, clock_text(took), "s");
        y += row_px;
    }
    auto const longest = [&] {
        base::Duration sum{};
        for (auto const* row : rows)
            if (critical.contains(row->step))
                sum += std::chrono::duration_cast<base::Duration>(row->ended - row->started);
        return sum;
    }();
    std::string out = "<section id=\"timeline\"><h2>How it went</h2>";
    out += fmt::format(
        "<p>{} to {}: <b>{}</b> for {}, in parallel. The longest path, <span class=\"swatch path\"></span> coloured, "
        "takes {}; "
        "every other step had time to spare.</p>",
        escaped(moment(run.started)), escaped(moment(run.ended)),
        escaped(base::spoken(std::chrono::duration_cast<base::Duration>(run.ended - run.started))),
        counted(rows.size(), "step"), escaped(base::spoken(longest)));
    out += drawing.svg(height, fmt::format("{} steps in {}", rows.size(), base::spoken(base::Duration(whole))));
    for (auto const& error : run.errors) {
        out += fmt::format("<p class=\"broken\"><b>{} failed</b> {}", glyphs(Style{}).fail, escaped(error.what));
        if (!error.fix.empty()) out += fmt::format("<br>{}", escaped(error.fix));
        out += "</p>";
    }
    return out + "</section>";
}

}  // namespace holdfast::report::page
