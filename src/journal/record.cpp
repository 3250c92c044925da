// A record as a line, and lines as the state of a run.
#include <fmt/format.h>
#include <array>

#include "journal/fold.hpp"

namespace holdfast::journal {

namespace {
constexpr std::array kind_names{
    std::pair{Kind::begin, std::string_view{"begin"}},   std::pair{Kind::resume, std::string_view{"resume"}},
    std::pair{Kind::intend, std::string_view{"intend"}}, std::pair{Kind::accepted, std::string_view{"accepted"}},
    std::pair{Kind::done, std::string_view{"done"}},     std::pair{Kind::failed, std::string_view{"failed"}},
    std::pair{Kind::end, std::string_view{"end"}}};

std::optional<Kind> kind_of(std::string_view word) {
    for (auto const& [kind, text] : kind_names)
        if (text == word) return kind;
    return std::nullopt;
}
bool about_a_step(Kind kind) {
    return kind == Kind::intend || kind == Kind::accepted || kind == Kind::done || kind == Kind::failed;
}

/// Nothing when the line is not a record, whatever it is.
std::optional<Record> record(std::string_view text) {
    auto const value = json::parse(text);
    if (!value || !value->is_object()) return std::nullopt;
    auto const kind_word = json::text_at(*value, "kind");
    auto const at = json::text_at(*value, "at");
    if (!kind_word || !at) return std::nullopt;
    auto const kind = kind_of(*kind_word);
    auto const moment = base::parse_time(*at);
    if (!kind || !moment) return std::nullopt;
    Record out{.kind = *kind, .at = *moment};
    if (auto const step = json::text_at(*value, "step")) out.step = std::string(*step);
    if (about_a_step(*kind) == out.step.empty()) return std::nullopt;
    if (auto const* data = json::find(*value, "data")) out.data = *data;
    return out;
}

json::Value part(json::Value const& data, json::Path const& at) {
    auto const* found = json::find(data, at);
    return found ? *found : json::Value{};
}
std::string text_part(json::Value const& data, json::Path const& at) {
    return std::string(json::text_at(data, at).value_or(""));
}

tl::unexpected<base::Error> corrupt(std::string const& run, int number, std::string what) {
    return base::fail(base::ErrorCode::journal_corrupt, std::move(what),
                      "Azure holds the truth: run `holdfast apply` again instead of resuming this run",
                      base::JournalRecord{run, number});
}
}  // namespace

std::string_view name(Kind kind) {
    for (auto const& [value, text] : kind_names)
        if (value == kind) return text;
    return "?";
}

std::string line(Record const& record) {
    // Members in the order of json::write; what a record holds may be a whole plan, and is not copied for it.
    std::string out = "{\"at\":\"" + base::to_string(record.at) + '"';
    if (!record.data.is_null()) out.append(",\"data\":").append(json::write(record.data));
    out.append(",\"kind\":\"").append(name(record.kind)).append("\"");
    if (!record.step.empty()) out.append(",\"step\":").append(json::write(json::Value(record.step)));
    return out + "}\n";
}

void fold(RunState& state, Record record) {
    state.last = record.at;
    switch (record.kind) {
        case Kind::begin:
            state.plan = std::move(record.data);
            state.begun = record.at;
            break;
        case Kind::resume:
            state.torn = false;
            state.outcome.reset();
            break;
        case Kind::intend:
            state.failed.erase(record.step);
            state.in_flight[record.step] = "";
            break;
        case Kind::accepted:
            state.in_flight[record.step] = text_part(record.data, "poll");
            break;
        case Kind::done:
            state.in_flight.erase(record.step);
            state.failed.erase(record.step);
            state.done[record.step] = part(record.data, "outputs");
            break;
        case Kind::failed:
            // Whatever was begun is looked for before it is sent again; the address stays good unless Azure said the
            // end.
            if (auto const it = state.in_flight.find(record.step);
                it != state.in_flight.end() && json::truth_at(record.data, "unknown") != true)
                it->second.clear();
            state.failed[record.step] = part(record.data, "error");
            break;
        case Kind::end:
            state.outcome = text_part(record.data, "outcome");
            break;
    }
}

Result<RunState> read(std::string_view text, std::string run) {
    RunState state;
    state.run = run;
    int number = 0;
    std::optional<int> broken;  // a line that is no record, waiting for its explanation
    while (!text.empty()) {
        auto const newline = text.find('\n');
        bool const whole = newline != std::string_view::npos;
        auto const one = text.substr(0, newline);
        text = whole ? text.substr(newline + 1) : std::string_view{};
        ++number;
        auto found = record(one);
        if (!found) {  // may be one of several: whoever closed a torn line can die writing its `resume`
            if (!broken) broken = number;
            continue;
        }
        if (broken) {
            bool const explained = found->kind == Kind::resume && json::truth_at(found->data, "torn") == true;
            if (!explained) return corrupt(run, *broken, "a line in the middle of the journal is not a record");
            broken.reset();
        }
        if (found->kind == Kind::begin && !state.plan.is_null())
            return corrupt(run, number, "the journal holds the beginning of a second run");
        if (found->kind != Kind::begin && found->kind != Kind::resume && state.plan.is_null())
            return corrupt(run, number, "the journal does not begin with the plan of its run");
        fold(state, std::move(*found));
    }
    state.torn = broken.has_value();
    return state;
}

}  // namespace holdfast::journal
