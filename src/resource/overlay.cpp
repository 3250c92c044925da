/// What will stand: live, overlaid by the estate.
#include <algorithm>

#include "resource/lists.hpp"

namespace holdfast::resource {

namespace {

json::Value const* element_called(json::Array const& list, std::string_view key, json::Value const& wanted) {
    json::Path const at = json::Path().child(std::string(key));
    auto const* name = json::find(wanted, at);
    if (!name) return nullptr;
    for (auto const& element : list)
        if (auto const* other = json::find(element, at); other && comparable(*other) == comparable(*name))
            return &element;
    return nullptr;
}

/// Members one by one, keyed lists element by element, everything else whole. What nobody decided stays.
void lay(std::string_view type, std::string const& at, json::Value& into, json::Value const& desired) {
    if (desired.is_object() && into.is_object()) {
        for (auto const& member : desired.get_object()) {
            auto* standing = json::find(into, json::Path().child(std::string(member.key())));
            if (standing) lay(type, pattern_of(at, member.key()), *standing, member.value());
            else into.get_object()[member.key()] = member.value();
        }
        return;
    }
    auto const* rule = desired.is_array() && into.is_array() ? list_rule(type, at) : nullptr;
    if (!rule || rule->key.empty()) {
        into = desired;
        return;
    }
    json::Array laid;
    for (auto const& element : desired.get_array()) {
        auto const* standing = element_called(into.get_array(), rule->key, element);
        json::Value one = standing ? *standing : element;
        if (standing) lay(type, at + "[]", one, element);
        laid.push_back(std::move(one));
    }
    into = std::move(laid);
}

bool enters_a_list(json::Path const& at) {
    return std::ranges::any_of(at.segments(), [](auto const& s) { return std::holds_alternative<std::size_t>(s); });
}

bool within(json::Path const& at, json::Path const& ancestor) {
    auto const& a = at.segments();
    auto const& b = ancestor.segments();
    return a.size() >= b.size() && std::equal(b.begin(), b.end(), a.begin());
}

/// The estate decided for nothing here (an empty list of ranges): the normal form has no trace of it but the origin.
void clear_what_was_decided_empty(Resource const& desired, json::Value& body) {
    for (auto const& [at, _] : desired.origins) {
        if (at.empty() || enters_a_list(at) || json::find(desired.body, at)) continue;
        bool const pending = std::ranges::any_of(
            desired.pending, [&at](Pending const& p) { return within(p.at, at) || within(at, p.at); });
        auto const* standing = pending ? nullptr : json::find(body, at);
        if (standing && !standing->is_object()) json::erase(body, at);
    }
}

void lay_over(Resource& standing, Resource const& desired) {
    standing.ownership = desired.ownership;
    standing.references = desired.references;
    standing.pending = desired.pending;
    for (auto const& [path, origin] : desired.origins) standing.origins.insert_or_assign(path, origin);
    if (desired.parent) standing.parent = desired.parent;
    if (!standing.id) standing.id = desired.id;
    if (!desired.api_version.empty()) standing.api_version = desired.api_version;
    if (desired.ownership != Ownership::managed) return;
    clear_what_was_decided_empty(desired, standing.body);
    lay(desired.type, {}, standing.body, desired.body);
}

/// The value an output holds today, where its source stands.
json::Value const* standing_value(Graph const& live, Pending const& pending) {
    auto const* output = std::get_if<Output>(&pending.from);
    auto const* source = output ? live.find(output->address) : nullptr;
    if (!source) return nullptr;
    auto const* value = source->raw ? json::find(*source->raw, output->path) : nullptr;
    if (!value) value = json::find(source->body, output->path);
    return value && !value->is_null() ? value : nullptr;
}

}  // namespace

json::Value as_wanted(Output const& output, json::Value const& shown) {
    auto const* text = shown.if_string();
    if (output.suffix.empty() || !text) return shown;
    return json::Value(std::string(*text) + output.suffix);
}

Graph overlay(Graph const& live, Graph const& estate) {
    Graph out = live;
    out.unread.insert(out.unread.end(), estate.unread.begin(), estate.unread.end());
    out.recoverable.insert(out.recoverable.end(), estate.recoverable.begin(), estate.recoverable.end());
    for (auto const& [address, desired] : estate.resources()) {
        if (auto* standing = out.find(address)) lay_over(*standing, desired);
        else out.add(desired);
    }
    for (auto& [_, resource] : out.resources())
        std::erase_if(resource.pending, [&](Pending const& pending) {
            auto const* value = standing_value(live, pending);
            if (value) json::put(resource.body, pending.at, as_wanted(std::get<Output>(pending.from), *value));
            return value != nullptr;
        });
    return out;
}

}  // namespace holdfast::resource
