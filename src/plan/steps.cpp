#include "plan/steps.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cassert>
#include <unordered_map>

namespace holdfast::plan {

namespace {
/// Types of no row in the catalog: short, so that they never look like the path to take first.
constexpr int unlisted_s = 5;
}  // namespace

std::string Names::address_of(resource::ResourceId const& id) const {
    if (auto const* there = designed.find(id)) return there->address;
    if (auto const* there = live.find(id)) return there->address;
    return id.key();
}

std::string plain(std::string_view type) {
    auto const* shape = shapes::find(type);
    return std::string(shape && !shape->plain.empty() ? shape->plain : type);
}

std::string guard_name(resource::Resource const& resource) {
    if (!resource.id || base::is_guid(resource.id->name())) return resource.address;
    std::string out(resource.id->name());
    auto const type = resource.id->type();
    // A child is named with its parents: one type segment more than the namespace and the type itself each.
    auto up = resource.id->parent();
    for (auto levels = std::ranges::count(type, '/'); levels > 1 && up; --levels, up = up->parent())
        out = fmt::format("{}/{}", up->name(), out);
    return out;
}

int expected_s(std::string_view type, std::string_view act) {
    auto const* row = catalog::find_duration(type, act);
    return row ? row->typical_s : unlisted_s;
}

std::vector<std::string> locks(std::string_view type, std::optional<resource::ResourceId> const& id,
                               json::Value const& body, Names const& names) {
    std::vector<std::string> out;
    if (!id) return out;
    for (auto const& one : held(type, *id, body)) out.push_back(names.address_of(one));
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

bool hangs_on(resource::Resource const& user, resource::Resource const& used) {
    if (!used.id || user.address == used.address || (user.id && user.id->is_within(*used.id))) return false;
    auto const body_of = [](auto const& one) -> json::Value const& { return one.raw ? *one.raw : one.body; };
    auto const at = json::text_at(body_of(used), manner(used.type).answers_at).value_or("");
    bool found = false;
    json::each_leaf(body_of(user), [&](json::Path const& place, json::Value const& leaf) {
        auto const* text = leaf.if_string();
        if (found || !text || place == json::Path("id")) return;
        if (!at.empty() && base::starts_with_text(*text, at)) found = true;
        if (!text->starts_with('/')) return;
        auto const id = resource::ResourceId::parse(*text);
        found = found || (id && id->is_within(*used.id));
    });
    return found;
}

std::string write_id(Address const& address) { return "write " + address; }
std::string delete_id(Address const& address) { return "delete " + address; }

Step& Steps::add(Step step) {
    auto const [it, fresh] = steps_.emplace(step.id, std::move(step));
    assert(fresh && "two steps of one id");
    auto& wanted = after_[it->first];
    wanted.insert(it->second.after.begin(), it->second.after.end());
    return it->second;
}
Step* Steps::find(std::string const& id) {
    auto const it = steps_.find(id);
    return it == steps_.end() ? nullptr : &it->second;
}
void Steps::after(std::string const& step, std::string const& before) {
    if (step != before) after_[step].insert(before);
}
bool Steps::reaches(std::string const& from, std::string const& to) const {
    std::vector<std::string> open{from};
    std::set<std::string> seen;
    while (!open.empty()) {
        auto const at = open.back();
        open.pop_back();
        if (at == to) return true;
        if (!seen.insert(at).second) continue;
        if (auto const it = after_.find(at); it != after_.end())
            open.insert(open.end(), it->second.begin(), it->second.end());
    }
    return false;
}
void Steps::after_if_possible(std::string const& step, std::string const& before) {
    if (!reaches(before, step)) after(step, before);
}

std::vector<Step> Steps::ordered() && {
    Plan loose;
    for (auto& [id, step] : steps_) {
        step.after.clear();
        for (auto const& before : after_[id])
            if (steps_.contains(before)) step.after.push_back(before);
        loose.steps.push_back(std::move(step));
    }
    auto const remaining = remaining_seconds(loose);
    std::map<std::string_view, std::size_t> waiting;
    std::map<std::string_view, std::vector<Step*>> unlocks;
    std::set<std::tuple<int, std::string_view, Step*>> ready;  // longest path first, then by name
    auto const unlock = [&](Step& step) { ready.emplace(-remaining.at(step.id), step.id, &step); };
    for (auto& step : loose.steps) {
        waiting[step.id] = step.after.size();
        for (auto const& before : step.after) unlocks[before].push_back(&step);
        if (step.after.empty()) unlock(step);
    }
    std::vector<Step*> order;
    while (!ready.empty()) {
        auto* const step = std::get<Step*>(*ready.begin());
        ready.erase(ready.begin());
        order.push_back(step);
        for (auto* const next : unlocks[step->id])
            if (--waiting[next->id] == 0) unlock(*next);
    }
    assert(order.size() == steps_.size() && "the steps of a plan wait for each other in a circle");
    std::vector<Step> out;
    for (auto* const step : order) out.push_back(std::move(*step));
    return out;
}

std::map<std::string, int> remaining_seconds(Plan const& plan) {
    auto const& steps = plan.steps;
    std::unordered_map<std::string_view, std::size_t> place;
    for (std::size_t i = 0; i < steps.size(); ++i) place[steps[i].id] = i;
    struct Node {
        std::vector<std::size_t> comes_after;
        int waits = 0, longest_after = 0;
    };
    std::vector<Node> nodes(steps.size());
    for (auto const& step : steps)
        for (auto const& before : step.after)
            if (auto const it = place.find(before); it != place.end()) {
                nodes[place[step.id]].comes_after.push_back(it->second);
                ++nodes[it->second].waits;
            }
    // Backwards: a step is counted once everything that waits for it has been.
    std::map<std::string, int> out;
    std::vector<std::size_t> ends;
    for (auto const& [id, i] : place)
        if (nodes[i].waits == 0) ends.push_back(i);
    while (!ends.empty()) {
        auto const i = ends.back();
        ends.pop_back();
        auto const seconds = std::max(steps[i].expected_s, 0) + nodes[i].longest_after;
        out.emplace(steps[i].id, seconds);
        for (auto const before : nodes[i].comes_after) {
            nodes[before].longest_after = std::max(nodes[before].longest_after, seconds);
            if (--nodes[before].waits == 0) ends.push_back(before);
        }
    }
    // circles of a hostile plan: its own time
    for (auto const& [id, i] : place) out.emplace(std::string(id), std::max(steps[i].expected_s, 0));
    return out;
}

Step deletion(resource::Resource const& live, Names const& names, std::string because) {
    Step step;
    step.id = delete_id(live.address);
    step.act = Act::remove;
    step.method = "DELETE";
    step.address = live.address;
    step.resource.address = live.address;
    step.resource.type = live.type;
    step.resource.id = live.id;
    step.resource.parent = live.parent;
    step.resource.api_version = live.api_version;
    step.locks = locks(live.type, live.id, live.body, names);
    step.until = fmt::format("the {} is gone", plain(live.type));
    step.expected_s = expected_s(live.type, "delete");
    step.because = std::move(because);
    return step;
}

void order_deletions(Steps& steps, std::map<Address, std::string> const& deleted, Names const& names,
                     std::map<Address, std::string> const& kept) {
    if (deleted.empty()) return;
    resource::Needs const of_live(names.live), of_designed(names.designed);
    auto const uses = [&](Address const& user) {
        std::set<Address> out;
        for (auto const& [graph, needs] : {std::pair(&names.live, &of_live), std::pair(&names.designed, &of_designed)})
            if (auto const* resource = graph->find(user))
                for (auto& needed : needs->of(*resource)) out.insert(std::move(needed));
        return out;
    };
    for (auto const& [address, step] : deleted) {
        auto const* lock = names.live.find(address);
        if (!lock || !lock->id || !manner(lock->type).forbids) continue;
        auto const target = lock->id->parent();
        if (!target) continue;
        for (auto const& [other, other_step] : deleted) {
            auto const* below = names.live.find(other);
            if (below && below->id && other != address && below->id->is_within(*target))
                steps.after_if_possible(other_step, step);
        }
    }
    for (auto const& [user, step] : deleted)
        for (auto const& used : uses(user))
            if (auto const it = deleted.find(used); it != deleted.end()) steps.after_if_possible(it->second, step);
    for (auto const& [user, step] : kept) {
        for (auto const& used : uses(user))
            if (auto const it = deleted.find(used); it != deleted.end()) steps.after_if_possible(it->second, step);
        auto const* const stands = names.live.find(user);
        for (auto const& [used, its_end] : deleted) {
            auto const* const going = names.live.find(used);
            if (stands && going && manner(going->type).guards_data && hangs_on(*stands, *going))
                steps.after_if_possible(its_end, step);
        }
    }
}

}  // namespace holdfast::plan
