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
    constexpr std::string_view telling[] = {"\"intend\"", "\"accepted\"", "\"done\""};
    if (std::ranges::none_of(telling, [line](auto word) { return line.find(word) != line.npos; })) return;
    auto const record = json::parse(line);
    auto const kind = record ? json::text_at(*record, "kind") : std::nullopt;
    auto const named = kind ? json::text_at(*record, "step") : std::nullopt;
    if (!named) return;
    std::pair const step{machine, std::string(*named)};
    if (kind == "intend") intended_.insert(step), operations_.erase(step);
    if (kind == "accepted") operations_[step] = json::text_at(*record, "data.poll").value_or("");
    if (kind != "done") return;
    done_.insert(step);
    operations_.erase(step);
    if (auto const id = json::text_at(*record, "data.id")) unrecorded_.erase({machine, base::lower(*id)});
}

std::string Doubts::operation(Machine machine, std::string const& step) const {
    auto const found = operations_.find({machine, step});
    return found == operations_.end() ? std::string() : found->second;
}

void Doubts::life_ended() {
    for (auto const& [machine, key] : unrecorded_) ++excused_[key];
    unrecorded_.clear();
    writing_.clear();
    intended_.clear();
    done_.clear();
}

bool Doubts::may_repeat(std::string const& key) {
    if (auto const found = excused_.find(key); found != excused_.end() && found->second > 0) {
        --found->second;
        return true;
    }
    for (std::size_t i = 0; i < below_.size(); ++i)
        if (key.starts_with(below_[i] + "/") && used_below_.emplace(i, key).second) return true;
    return false;
}

}  // namespace holdfast::storm
