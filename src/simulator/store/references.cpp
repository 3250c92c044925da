#include "simulator/store/references.hpp"

#include <algorithm>

namespace holdfast::simulator {
namespace {

constexpr std::string_view every_id = "/subscriptions/";

void collect(json::Value const& value, std::vector<std::string>& found) {
    auto const is_id = [](std::string_view text) { return base::same_text(text.substr(0, every_id.size()), every_id); };
    if (auto const* text = value.if_string()) {
        if (is_id(*text)) found.push_back(base::lower(*text));
    } else if (auto const* array = value.if_array()) {
        for (auto const& item : *array) collect(item, found);
    } else if (auto const* object = value.if_object()) {
        for (auto const& member : *object) {
            if (is_id(member.key())) found.push_back(base::lower(member.key()));
            collect(member.value(), found);
        }
    }
}

}  // namespace

void References::read(std::string const& key, json::Value const& body) {
    std::vector<std::string> found;
    collect(body, found);
    auto const before = names_.find(key);
    if (before == names_.end() ? found.empty() : before->second == found) return;
    forget(key);
    if (found.empty()) return;
    for (auto const& id : found) named_by_[id].insert(key);
    names_.emplace(key, std::move(found));
}

void References::forget(std::string const& key) {
    auto const names = names_.find(key);
    if (names == names_.end()) return;
    for (auto const& id : names->second) {
        auto const by = named_by_.find(id);
        if (by == named_by_.end()) continue;  // named twice
        by->second.erase(key);
        if (by->second.empty()) named_by_.erase(by);
    }
    names_.erase(names);
}

std::set<std::string> References::naming(std::string_view id) const {
    std::set<std::string> found;
    for (auto it = named_by_.lower_bound(std::string(id)); it != named_by_.end() && it->first.starts_with(id); ++it) {
        if (it->first.size() == id.size() || it->first[id.size()] == '/') found.insert(it->second.begin(), it->second.end());
    }
    return found;
}

}  // namespace holdfast::simulator
