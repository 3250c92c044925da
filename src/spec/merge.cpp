#include "merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "value.hpp"

namespace holdfast::spec {

using base::Error;
using base::ErrorCode;
using base::SourcePos;
using yaml::Member;
using yaml::Node;
using Kind = yaml::Node::Kind;

namespace {

Node* member(Node& map, std::string_view key) {
    auto const found = std::ranges::find(map.members, key, &Member::key);
    return found == map.members.end() ? nullptr : &found->value;
}

std::string_view name_of(Node const& entry) {
    auto const* name = entry.find("name");
    return name != nullptr && name->kind == Kind::scalar ? std::string_view(name->text) : std::string_view();
}

bool all_named(Node const& list) {
    return !list.items.empty() &&
           std::ranges::all_of(list.items, [](Node const& entry) { return !name_of(entry).empty(); });
}

Node* entry(Node& list, std::string_view name) {
    auto const found = std::ranges::find_if(list.items, [&](Node const& item) { return name_of(item) == name; });
    return found == list.items.end() ? nullptr : &*found;
}

void expand(Node& node, std::string const& generic) {
    auto const* row = find_field(generic);
    if (row != nullptr && !row->short_for.empty() && node.kind == Kind::scalar) {
        Node map;
        map.kind = Kind::map;
        map.where = node.where;
        map.members.push_back({std::string(row->short_for), node.where, std::move(node)});
        node = std::move(map);
        return;
    }
    if (node.kind == Kind::list && row != nullptr && row->kind == FieldKind::list)
        for (auto& item : node.items) expand(item, generic + "[]");
    if (node.kind == Kind::map && (generic.empty() || generic.ends_with("[]") || !members_of(generic).empty()))
        for (auto& [key, where, value] : node.members) expand(value, generic.empty() ? key : generic + "." + key);
}

}  // namespace

void expand_short_forms(Node& root) { expand(root, ""); }

void lay_over(Node& base, Node over) {
    if (base.kind == Kind::map && over.kind == Kind::map) {
        for (auto& [key, where, value] : over.members) {
            auto const found = std::ranges::find(base.members, key, &Member::key);
            if (found == base.members.end()) {
                base.members.push_back({key, where, std::move(value)});
            } else {
                // Two maps stay two statements, each at its place; a replaced value brings its key along.
                if (found->value.kind != Kind::map || value.kind != Kind::map) found->key_where = where;
                lay_over(found->value, std::move(value));
            }
        }
    } else if (base.kind == Kind::list && over.kind == Kind::list && all_named(base) && all_named(over)) {
        for (auto& item : over.items) {
            if (auto* same = entry(base, name_of(item))) lay_over(*same, std::move(item));
            else base.items.push_back(std::move(item));
        }
    } else {
        base = std::move(over);
    }
}

// ------------------------------------------------------------------------------------------------ --set

namespace {

struct Step {
    std::string word;
    bool entry = false;  ///< [word]
};

/// a.b[c].d, and ['a.b'] for words with dots.
std::optional<std::vector<Step>> steps_of(std::string_view key) {
    std::vector<Step> steps;
    while (!key.empty()) {
        if (key.starts_with('[')) {
            auto const is_quoted = key.starts_with("['");
            auto const close = key.find(is_quoted ? "']" : "]");
            auto const open = is_quoted ? 2u : 1u;
            if (close == std::string_view::npos || close <= open) return {};
            steps.push_back({std::string(key.substr(open, close - open)), !is_quoted});
            key.remove_prefix(close + (is_quoted ? 2 : 1));
            if (key.starts_with('.')) key.remove_prefix(1);
            continue;
        }
        auto const end = std::min(key.find_first_of(".["), key.size());
        if (end == 0) return {};
        steps.push_back({std::string(key.substr(0, end)), false});
        key.remove_prefix(end);
        if (key.starts_with('.')) {
            key.remove_prefix(1);
            if (key.empty()) return {};
        }
    }
    if (steps.empty()) return {};
    return steps;
}

void move_to(Node& node, SourcePos const& origin) {
    auto const move = [&origin](SourcePos& where) {
        where.column += origin.column - 1;
        where.line = origin.line;
        where.file = origin.file;
    };
    move(node.where);
    for (auto& item : node.items) move_to(item, origin);
    for (auto& [key, where, value] : node.members) {
        move(where);
        move_to(value, origin);
    }
}

std::optional<std::size_t> index_of(std::string_view word) {
    std::size_t value = 0;
    auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size()) return {};
    return value;
}

}  // namespace

void set_value(Node& root, std::string_view key, std::string_view value, int number, std::vector<Error>& mistakes) {
    SourcePos const at_key{"--set", number, 1, static_cast<int>(std::max<std::size_t>(key.size(), 1))};
    SourcePos const at_value{"--set", number, static_cast<int>(key.size()) + 2,
                             static_cast<int>(std::max<std::size_t>(value.size(), 1))};
    auto const steps = steps_of(key);
    if (!steps) {
        mistakes.push_back(mistake(ErrorCode::usage, at_key, fmt::format("{} is no key", quoted(key)),
                                   "write it as network.policy or pools[system].count"));
        return;
    }
    auto parsed = yaml::parse(value, "--set");
    if (!parsed) {
        for (auto& error : parsed.error()) {
            if (auto* where = std::get_if<SourcePos>(&error.where)) {
                where->line = number;
                where->column = std::max(where->column, 1) + at_value.column - 1;
            }
            mistakes.push_back(std::move(error));
        }
        return;
    }
    move_to(*parsed, at_value);

    Node* node = &root;
    std::string generic;
    for (auto const& [word, is_entry] : *steps) {
        auto const* row = find_field(generic);
        bool const in_list = is_entry || (row != nullptr && row->kind == FieldKind::list && !generic.ends_with("[]"));
        if (in_list) {
            auto const index = index_of(word);
            Node* found = node->kind == Kind::list ? entry(*node, word) : nullptr;
            if (found == nullptr && index) {
                if (node->kind != Kind::list || *index >= node->items.size()) {
                    mistakes.push_back(mistake(ErrorCode::spec_value, at_key,
                                               fmt::format("{} has no entry {}", generic, *index),
                                               fmt::format("count from 0, or name it: {}[name]", generic)));
                    return;
                }
                found = &node->items[*index];
            }
            if (found == nullptr) {
                if (node->kind != Kind::list) *node = Node{.kind = Kind::list, .where = at_key};
                Node fresh{.kind = Kind::map, .where = at_key};
                Node name{.kind = Kind::scalar, .text = word, .where = at_key};
                fresh.members.push_back({"name", at_key, std::move(name)});
                node->items.push_back(std::move(fresh));
                found = &node->items.back();
            }
            node = found;
            generic += "[]";
            continue;
        }
        if (node->kind != Kind::map) *node = Node{.kind = Kind::map, .where = at_key};
        Node* found = member(*node, word);
        if (found == nullptr) {
            node->members.push_back({word, at_key, Node{.where = at_key}});
            found = &node->members.back().value;
        }
        for (auto& [name, where, part] : node->members)
            if (&part == found) where = at_key;
        node = found;
        generic += (generic.empty() || word.empty() ? "" : ".") + word;
    }
    *node = std::move(*parsed);
}

}  // namespace holdfast::spec
