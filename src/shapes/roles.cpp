/// Built-in roles and what they permit.
#include <algorithm>

#include "shapes/shapes.hpp"

namespace holdfast::shapes {

namespace {

constexpr Role table[] = {
#include "roles.inc"
};

bool any_matches(std::string_view patterns, std::string_view action) {
    while (!patterns.empty()) {
        auto const end = std::min(patterns.find('\n'), patterns.size());
        if (action_matches(patterns.substr(0, end), action)) return true;
        patterns.remove_prefix(std::min(end + 1, patterns.size()));
    }
    return false;
}

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::span<Role const> roles() { return table; }

Role const* find_role(std::string_view guid_or_name) {
    for (auto const& role : table)
        if (base::same_text(role.guid, guid_or_name) || base::same_text(role.name, guid_or_name)) return &role;
    return nullptr;
}

bool action_matches(std::string_view pattern, std::string_view action) {
    if (pattern == "*") return true;
    if (pattern.find('*') == std::string_view::npos) return base::same_text(pattern, action);
    // All places of the pattern that may be next, moved along the action: time is the product of the lengths, whatever
    // they say.
    std::vector<char> here(pattern.size() + 1), next(pattern.size() + 1);
    auto const enter = [&](auto const& self, std::vector<char>& places, std::size_t p) -> void {
        while (!places[p]) {
            places[p] = 1;
            if (p == pattern.size() || pattern[p] != '*') return;
            // "vaults/*/read" covers "vaults/read" too: a star between slashes may stand for nothing at all
            bool const between = p > 0 && pattern[p - 1] == '/' && p + 1 < pattern.size() && pattern[p + 1] == '/';
            if (between) self(self, places, p + 2);
            ++p;
        }
    };
    auto const reach = [&](std::vector<char>& places, std::size_t p) { enter(enter, places, p); };
    reach(here, 0);
    for (char const c : action) {
        std::fill(next.begin(), next.end(), 0);
        bool alive = false;
        for (std::size_t p = 0; p < pattern.size(); ++p) {
            if (!here[p]) continue;
            if (pattern[p] == '*') reach(next, p);
            else if (lowered(pattern[p]) == lowered(c)) reach(next, p + 1);
            else continue;
            alive = true;
        }
        if (!alive) return false;
        here.swap(next);
    }
    return here[pattern.size()] != 0;
}

bool permits(Role const& role, std::string_view action) {
    return any_matches(role.actions, action) && !any_matches(role.not_actions, action);
}
bool permits_data(Role const& role, std::string_view action) {
    return any_matches(role.data_actions, action) && !any_matches(role.not_data_actions, action);
}

}  // namespace holdfast::shapes
