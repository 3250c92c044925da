/// Built-in roles and what they permit.
#include <array>

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
    // Greedy with one step back: `*` covers any text, slashes too. Linear for one star, quadratic at worst.
    std::size_t p = 0, a = 0, star = std::string_view::npos, resume = 0;
    while (a < action.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = a;
        } else if (p < pattern.size() && lowered(pattern[p]) == lowered(action[a])) {
            ++p;
            ++a;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            a = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool permits(Role const& role, std::string_view action) {
    return any_matches(role.actions, action) && !any_matches(role.not_actions, action);
}
bool permits_data(Role const& role, std::string_view action) {
    return any_matches(role.data_actions, action) && !any_matches(role.not_data_actions, action);
}

}  // namespace holdfast::shapes
