#include "resource/lists.hpp"

#include <unordered_map>

namespace holdfast::resource {

namespace {

std::string place(std::string_view type, std::string_view pattern) {
    return base::lower(type) + '\n' + base::lower(pattern);
}

}  // namespace

std::string pattern_of(std::string const& parent, std::string_view key) {
    return parent.empty() ? std::string(key) : parent + "." + std::string(key);
}

std::string pattern_of(json::Path const& path) {
    std::string out;
    for (auto const& segment : path.segments()) {
        if (auto const* key = std::get_if<std::string>(&segment)) out = pattern_of(out, *key);
        else out += "[]";
    }
    return out;
}

shapes::ListRule const* list_rule(std::string_view type, std::string_view pattern) {
    static auto const known = [] {
        std::unordered_map<std::string, shapes::ListRule const*> out;
        for (auto const& rule : shapes::list_rules()) out.emplace(place(rule.type, rule.at), &rule);
        return out;
    }();
    auto const found = known.find(place(type, pattern));
    return found == known.end() ? nullptr : found->second;
}

json::Value const* server_default(std::string_view type, std::string_view pattern) {
    static auto const known = [] {
        std::unordered_map<std::string, json::Value> out;
        for (auto const& row : shapes::server_defaults())
            if (auto value = json::parse(row.value_json)) out.emplace(place(row.type, row.at), std::move(*value));
        return out;
    }();
    auto const found = known.find(place(type, pattern));
    return found == known.end() ? nullptr : &found->second;
}

std::string comparable(json::Value const& value) {
    if (value.is_string()) return base::lower(std::string_view(value.get_string()));
    return base::lower(json::write(value));
}

}  // namespace holdfast::resource
