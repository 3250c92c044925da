/// From text to a complete Spec: lay files over each other, hold every value against its row, fill what is not said,
/// and look for statements that exclude each other.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <ranges>

#include "complete.hpp"
#include "merge.hpp"
#include "value.hpp"

namespace holdfast::spec {

using base::Error;
using base::ErrorCode;
using base::SourcePos;
using yaml::Node;
using Kind = yaml::Node::Kind;

namespace {

std::string joined(std::string const& generic, std::string_view word) {
    return generic.empty() ? std::string(word) : fmt::format("{}.{}", generic, word);
}

/// Where else the language knows this word, if in one place only: `version` at the top is meant for operations.
std::optional<std::string> elsewhere(std::string_view word) {
    std::optional<std::string> place;
    for (auto const& row : fields()) {
        if (last_word(row.key) != word || row.key.find("[]") != std::string_view::npos) continue;
        if (place) return {};
        place = row.key;
    }
    return place;
}

}  // namespace

void Draft::read_map(Node const& map, std::string const& generic, json::Path const& at, Said const& said) {
    for (auto const& [key, key_where, value] : map.members) {
        auto const child = joined(generic, key);
        auto const* row = find_field(child);
        if (row == nullptr || row->key != child) {
            unknown_key(key, key_where, generic, at);
            continue;
        }
        auto const path = at.child(key);
        if (said.origin == nullptr) key_places.insert_or_assign(path, key_where);
        if (value.kind != Kind::null) read_field(*row, value, path, said);
    }
    auto const* row = find_field(generic);
    if (generic.empty() || row == nullptr || row->short_for.empty() || map.find(row->short_for) != nullptr) return;
    auto const* member = find_field(joined(generic, row->short_for));
    if (member->kind == FieldKind::truth && !map.members.empty())
        put(at.child(std::string(row->short_for)), true, map.where, said, "because its details are said");
}

void Draft::unknown_key(std::string const& key, SourcePos const& where, std::string const& generic,
                        json::Path const& at) {
    std::vector<std::string> known;
    for (auto const* row : members_of(generic)) known.emplace_back(last_word(row->key));
    auto const near = key.size() < 3 ? std::nullopt : base::nearest(key, known);
    auto const place = elsewhere(key);
    auto const section = generic.ends_with("[]") ? generic.substr(0, generic.size() - 2) : generic;
    // Very likely meant, so that nothing is called missing because of a slip of the pen.
    if (near) broken.insert(at.child(*near));
    std::string fix = fmt::format("write one of: {}", base::join(known, ", "));
    if (key == "<<") fix = "merge keys are not understood: use an overlay file";
    else if (near) fix = fmt::format("did you mean {}?", *near);
    else if (place && place->find('.') != std::string::npos)
        fix = fmt::format("it belongs to {}", place->substr(0, place->find_last_of('.')));
    mistakes.push_back(mistake(ErrorCode::spec_unknown_key, where,
                               generic.empty() ? fmt::format("there is no key {}", quoted(key))
                                               : fmt::format("there is no key {} in {}", quoted(key), section),
                               std::move(fix)));
}

void Draft::put(json::Path const& at, json::Value value, SourcePos const& where, Said const& said,
                std::string because) {
    json::put(tree, at, std::move(value));
    auto const origin =
        said.origin != nullptr ? *said.origin : resource::Origin{resource::Origin::By::you, where, std::move(because)};
    origins.insert_or_assign(at.text(), origin);
}

void Draft::read_field(FieldRow const& row, Node const& node, json::Path const& at, Said const& said) {
    auto const generic = std::string(row.key);
    auto const note = [&](json::Path const& path, SourcePos const& where) {
        auto const origin =
            said.origin != nullptr ? *said.origin : resource::Origin{resource::Origin::By::you, where, {}};
        origins.insert_or_assign(path.text(), origin);
    };
    if (row.kind == FieldKind::list) {
        read_entries(row, node, at, said);
        return;
    }
    bool const union_map = node.kind == Kind::map && !members_of(generic).empty();
    if (row.kind == FieldKind::section || union_map) {
        if (node.kind != Kind::map) {
            broken.insert(at);
            mistakes.push_back(mistake(ErrorCode::spec_value, node.where,
                                       fmt::format("{} is a map, not {}", last_word(generic),
                                                   node.kind == Kind::list ? "a list" : "one value"),
                                       fmt::format("write `{}:` and its keys below, indented", last_word(generic))));
            return;
        }
        if (node.members.empty()) return;
        note(at, node.where);
        read_map(node, generic, at, said);
        return;
    }
    auto value = read_value(row, node, mistakes);
    if (!value) {
        broken.insert(at);
        return;
    }
    put(at, std::move(*value), node.where, said, {});
    for (std::size_t i = 0; i < node.items.size(); ++i) note(at.child(i), node.items[i].where);
    if (row.kind == FieldKind::map_text || row.kind == FieldKind::paths || row.kind == FieldKind::resources)
        for (auto const& [key, key_where, part] : node.members) {
            note(at.child(key), part.where);
            if (row.kind == FieldKind::resources)
                for (auto const& inner : part.members) note(at.child(key).child(inner.key), inner.value.where);
        }
}

void Draft::read_entries(FieldRow const& row, Node const& node, json::Path const& at, Said const& said) {
    auto const generic = std::string(row.key) + "[]";
    bool const named =
        find_field(generic + ".name") != nullptr && find_field(generic + ".name")->key == generic + ".name";
    auto const example = named
                             ? fmt::format("write `{}:` and below it `- name: …`", last_word(row.key))
                             : fmt::format("write `{}:` and below it entries that begin with `- `", last_word(row.key));
    if (node.kind != Kind::list) {
        broken.insert(at);
        mistakes.push_back(mistake(
            ErrorCode::spec_value, node.where,
            fmt::format("{} is a list, not {}", last_word(row.key), node.kind == Kind::map ? "a map" : "one value"),
            example));
        return;
    }
    if (row.max > 0 && static_cast<std::int64_t>(node.items.size()) > row.max)
        mistakes.push_back(mistake(
            ErrorCode::spec_value, node.where,
            fmt::format("{} has at most {} entries, not {}", row.key, row.max, node.items.size()), "remove some"));
    json::put(tree, at, json::Array());
    origins.insert_or_assign(
        at.text(), said.origin != nullptr ? *said.origin : resource::Origin{resource::Origin::By::you, node.where, {}});
    std::vector<std::string_view> names;
    std::size_t index = 0;
    for (auto const& item : node.items) {
        if (item.kind != Kind::map) {
            broken.insert(at);
            mistakes.push_back(
                mistake(ErrorCode::spec_value, item.where, fmt::format("an entry of {} is a map", row.key), example));
            continue;
        }
        auto const entry = at.child(index++);
        put(entry, json::Object(), item.where, said, {});
        read_map(item, generic, entry, said);
        auto const* name = item.find("name");
        if (name == nullptr || name->kind != Kind::scalar) continue;
        if (std::ranges::find(names, name->text) != names.end())
            mistakes.push_back(mistake(ErrorCode::spec_conflict, name->where,
                                       fmt::format("two entries of {} are called {}", row.key, quoted(name->text)),
                                       "give each its own name"));
        names.push_back(name->text);
    }
}

namespace {

/// In order of the files as given, then of position.
void sort_mistakes(std::vector<Error>& mistakes, std::vector<std::string> const& files) {
    auto const place = [&files](Error const& error) {
        auto const* at = std::get_if<SourcePos>(&error.where);
        if (at == nullptr) return std::tuple<std::size_t, int, int>(files.size(), 0, 0);
        auto const file = static_cast<std::size_t>(std::ranges::find(files, at->file) - files.begin());
        return std::tuple(file, at->line, at->column);
    };
    std::vector<std::pair<std::tuple<std::size_t, int, int>, std::size_t>> order;
    for (std::size_t i = 0; i < mistakes.size(); ++i) order.emplace_back(place(mistakes[i]), i);
    std::ranges::sort(order);
    std::vector<Error> sorted;
    for (auto const& [key, index] : order) sorted.push_back(std::move(mistakes[index]));
    mistakes = std::move(sorted);
}

/// Takes what stands at a place out of the file; of a list the whole entry that holds it, for half an entry is none.
void leave_out(Node& root, json::Path const& at) {
    Node* node = &root;
    for (auto const& segment : at.segments()) {
        if (auto const* index = std::get_if<std::size_t>(&segment)) {
            if (node->kind == Kind::list && *index < node->items.size())
                node->items.erase(node->items.begin() + static_cast<std::ptrdiff_t>(*index));
            return;
        }
        auto const member = std::ranges::find(node->members, std::get<std::string>(segment), &yaml::Member::key);
        if (member == node->members.end()) return;
        bool const last = &segment == &at.segments().back();
        if (last) {
            node->members.erase(member);
            return;
        }
        node = &member->value;
    }
}

std::string folder_of(std::string const& file) {
    auto const slash = file.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace

Reading attempt(std::string_view text, std::string file, Overrides const& overrides) {
    Draft draft;
    draft.file = file;
    std::vector<std::string> files{file};
    bool readable = true;
    auto const parsed = [&](std::string_view content, std::string const& name) {
        auto node = yaml::parse(content, name);
        if (!node) {
            readable = false;
            for (auto& error : node.error()) draft.mistakes.push_back(std::move(error));
            return Node{};
        }
        if (node->kind != Kind::map && node->kind != Kind::null) {
            readable = false;
            draft.mistakes.push_back(mistake(ErrorCode::spec_value, node->where, "a spec is a map of keys",
                                             "begin with `name: …` and `azure: {region: …}`"));
            return Node{};
        }
        expand_short_forms(*node);
        return std::move(*node);
    };
    Node root = parsed(text, file);
    for (auto const& [name, content] : overrides.overlays) {
        files.push_back(name);
        auto over = parsed(content, name);
        if (over.kind == Kind::map) lay_over(root, std::move(over));
    }
    files.emplace_back("--set");
    int number = 0;
    for (auto const& [key, value] : overrides.set) set_value(root, key, value, ++number, draft.mistakes);
    expand_short_forms(root);
    put_files(root, folder_of(file), overrides.file, draft.mistakes);
    draft.read_map(root, "", {}, {});

    Reading reading;
    // A file that cannot be parsed says nothing, so nothing can be called missing or in conflict.
    if (readable) {
        auto const unreadable = draft.broken;
        complete(draft);
        Draft around;
        if (!draft.mistakes.empty()) {
            around.file = file;
            for (auto const& at : unreadable | std::views::reverse) leave_out(root, at);
            around.read_map(root, "", {}, {});
            around.broken.clear();
            around.mistakes.clear();
            complete(around);
        }
        auto& whole = draft.mistakes.empty() ? draft : around;
        if (whole.mistakes.empty())
            reading.spec = Spec{std::move(whole.tree), std::move(whole.origins), file, folder_of(file)};
    }
    sort_mistakes(draft.mistakes, files);
    reading.mistakes = std::move(draft.mistakes);
    return reading;
}

base::Collected<Spec> read(std::string_view text, std::string file, Overrides const& overrides) {
    auto reading = attempt(text, std::move(file), overrides);
    if (!reading.mistakes.empty()) return tl::unexpected(std::move(reading.mistakes));
    return std::move(*reading.spec);
}

}  // namespace holdfast::spec
