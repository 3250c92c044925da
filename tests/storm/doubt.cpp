#include "doubt.hpp"

#include <algorithm>

#include "json/json.hpp"

namespace holdfast::storm {

bool Doubts::written(Machine machine, std::string const& key) {
    unrecorded_.emplace(machine, key);
    auto& writers = writers_[key];
    if (writers.insert(machine).second && writers.size() > 1) ++excused_[key];
    auto const steps = writing_.find({machine, key});
    return steps == writing_.end() || std::ranges::any_of(steps->second, [&](std::string const& step) {
               return intended_.contains({machine, step});
           });
}

void Doubts::recorded(Machine machine, std::string_view line) {
    bool const done = line.find("\"done\"") != std::string_view::npos;
    if (!done && line.find("\"intend\"") == std::string_view::npos) return;
    auto const record = json::parse(line);
    auto const step = record ? json::text_at(*record, "step") : std::nullopt;
    if (step && json::text_at(*record, "kind") == "intend") intended_.emplace(machine, *step);
    if (!done) return;
    if (step && json::text_at(*record, "kind") == "done") done_.emplace(machine, *step);
    if (auto const id = record ? json::text_at(*record, "data.id") : std::nullopt)
        unrecorded_.erase({machine, base::lower(*id)});
}

void Doubts::life_ended() {
    for (auto const& [machine, key] : unrecorded_) ++excused_[key];
    unrecorded_.clear();
    writing_.clear();
    intended_.clear();
    done_.clear();
}

bool Doubts::may_repeat(std::string const& key) {
    auto const found = excused_.find(key);
    if (found == excused_.end() || found->second == 0) return false;
    --found->second;
    return true;
}

}  // namespace holdfast::storm
