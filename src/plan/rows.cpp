#include "plan/rows.hpp"

#include <algorithm>

namespace holdfast::plan {

namespace {
constexpr LockRow locks_table[] = {
#include "locks.inc"
};
constexpr MannerRow manners_table[] = {
#include "manners.inc"
};
constexpr UpgradeRow upgrades_table[] = {
#include "upgrades.inc"
};
constexpr UncomparedRow uncompared_table[] = {
#include "uncompared.inc"
};
constexpr WithinRow within_table[] = {
#include "within.inc"
};
constexpr WholeMapRow whole_maps_table[] = {
#include "whole_maps.inc"
};
constexpr MannerRow plain{};

void collect(json::Value const& at, std::span<std::string const> words, std::vector<std::string>& out) {
    if (words.empty()) {
        if (auto const* text = at.if_string()) out.emplace_back(*text);
        return;
    }
    std::string_view word = words.front();
    bool const each = word.ends_with("[]");
    if (each) word.remove_suffix(2);
    if (word == "{}") {
        if (auto const* map = at.if_object())
            for (auto const& member : *map) {
                if (words.size() == 1) out.emplace_back(member.key());
                else collect(member.value(), words.subspan(1), out);
            }
        return;
    }
    auto const* next = json::find(at, json::Path{}.child(std::string(word)));
    if (!next) return;
    if (!each) return collect(*next, words.subspan(1), out);
    if (auto const* list = next->if_array())
        for (auto const& element : *list) collect(element, words.subspan(1), out);
}
}  // namespace

bool is_uncompared(std::string_view type, std::string_view pattern) {
    return std::ranges::any_of(uncompared_table, [&](auto const& row) {
        if (row.type != "*" && !base::same_text(row.type, type)) return false;
        if (!base::starts_with_text(pattern, row.at)) return false;
        auto const rest = pattern.substr(row.at.size());
        return rest.empty() || rest.front() == '.' || rest.front() == '[';
    });
}

bool is_whole_map(std::string_view type, std::string_view pattern) {
    return std::ranges::any_of(whole_maps_table, [&](auto const& row) {
        return (row.type == "*" || base::same_text(row.type, type)) && base::same_text(row.at, pattern);
    });
}

MannerRow const& manner(std::string_view type) {
    for (auto const& row : manners_table)
        if (base::same_text(row.type, type)) return row;
    return plain;
}
UpgradeRow const* upgrade(std::string_view type) {
    for (auto const& row : upgrades_table)
        if (base::same_text(row.type, type)) return &row;
    return nullptr;
}
bool is_kept_kind(resource::Resource const& resource) {
    auto const& row = manner(resource.type);
    return !row.keeps_one_at.empty() &&
           base::same_text(json::text_at(resource.body, row.keeps_one_at).value_or(""), row.keeps_one_value);
}
std::span<WithinRow const> within_rows() { return within_table; }
std::span<LockRow const> lock_rows() { return locks_table; }

std::vector<std::string> texts_at(json::Value const& root, std::string_view pattern) {
    std::vector<std::string> out;
    auto const words = base::split(pattern, '.');
    collect(root, words, out);
    return out;
}

std::vector<resource::ResourceId> held(std::string_view type, resource::ResourceId const& self,
                                       json::Value const& body) {
    std::vector<resource::ResourceId> out;
    for (auto const& row : locks_table) {
        if (!base::same_text(row.type, type)) continue;
        std::vector<resource::ResourceId> ids;
        if (row.at.empty()) ids.push_back(self);
        for (auto const& text : row.at.empty() ? std::vector<std::string>{} : texts_at(body, row.at))
            if (auto id = resource::ResourceId::parse(text)) ids.push_back(std::move(*id));
        for (auto id : ids) {
            for (int i = 0; i < row.up; ++i)
                if (auto const parent = id.parent()) id = *parent;
            out.push_back(std::move(id));
        }
    }
    return out;
}

}  // namespace holdfast::plan
