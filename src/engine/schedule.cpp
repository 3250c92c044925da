#include <algorithm>
#include <cassert>

#include "engine/engine.hpp"

namespace holdfast::engine {

Schedule::Schedule(plan::Plan const& plan, std::vector<std::string> const& done) : nodes_(plan.steps.size()) {
    std::map<std::string_view, std::size_t> place;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) place.emplace(plan.steps[i].id, i);
    auto const remaining = plan::remaining_seconds(plan);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        auto const& step = plan.steps[i];
        nodes_[i].locks = step.locks;
        nodes_[i].remaining_s = remaining.at(step.id);
        for (auto const& before : step.after)
            if (auto const it = place.find(before); it != place.end()) {
                nodes_[it->second].unlocks.push_back(i);
                ++nodes_[i].waits_for;
            }
    }
    for (auto const& id : done)
        if (auto const it = place.find(id); it != place.end()) nodes_[it->second].state = State::done;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].state == State::done)
            for (auto const next : nodes_[i].unlocks) --nodes_[next].waits_for;
    for (std::size_t i = 0; i < nodes_.size(); ++i) unlock(i);
}

void Schedule::unlock(std::size_t step) {
    auto const& node = nodes_[step];
    if (node.state == State::waiting && node.waits_for == 0) ready_.emplace(-node.remaining_s, step);
}

std::optional<std::size_t> Schedule::next() {
    for (auto it = ready_.begin(); it != ready_.end(); ++it) {
        auto& node = nodes_[it->second];
        if (std::ranges::any_of(node.locks, [this](auto const& lock) { return held_.contains(lock); })) continue;
        auto const step = it->second;
        ready_.erase(it);
        held_.insert(node.locks.begin(), node.locks.end());
        node.state = State::running;
        ++running_;
        return step;
    }
    return std::nullopt;
}

std::vector<std::size_t> Schedule::finished(std::size_t step, Outcome outcome) {
    auto& node = nodes_.at(step);
    assert(node.state == State::running && "only what runs can finish");
    --running_;
    for (auto const& lock : node.locks) held_.erase(lock);
    node.state = outcome == Outcome::done ? State::done : State::failed;
    std::vector<std::size_t> skipped;
    if (outcome == Outcome::done) {
        for (auto const next : node.unlocks) {
            --nodes_[next].waits_for;
            unlock(next);
        }
        return skipped;
    }
    std::vector<std::size_t> open = node.unlocks;
    while (!open.empty()) {
        auto const at = open.back();
        open.pop_back();
        if (nodes_[at].state != State::waiting) continue;
        nodes_[at].state = State::skipped;
        skipped.push_back(at);
        open.insert(open.end(), nodes_[at].unlocks.begin(), nodes_[at].unlocks.end());
    }
    std::ranges::sort(skipped);
    return skipped;
}

bool Schedule::over() const { return running_ == 0 && ready_.empty(); }
std::size_t Schedule::running() const { return running_; }

}  // namespace holdfast::engine
