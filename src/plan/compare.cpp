#include "plan/compare.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

#include "plan/plan.hpp"
#include "plan/rows.hpp"

namespace holdfast::plan {

namespace {

/// A place in a body: its path, and the same as list rules write it ("properties.rules[].ports").
struct Place {
    json::Path path;
    std::string pattern;
    Place member(std::string_view key) const {
        return {path.child(std::string(key)), pattern.empty() ? std::string(key) : fmt::format("{}.{}", pattern, key)};
    }
    Place element(std::size_t index) const { return {path.child(index), pattern + "[]"}; }
};

shapes::ListRule const* list_rule(std::string_view type, std::string_view pattern) {
    for (auto const& rule : shapes::list_rules())
        if (base::same_text(rule.type, type) && base::same_text(rule.at, pattern)) return &rule;
    return nullptr;
}

json::Value const* member(json::Value const& object, std::string_view key) {
    return json::find(object, json::Path{}.child(std::string(key)));
}
json::Value* member(json::Value& object, std::string_view key) {
    return json::find(object, json::Path{}.child(std::string(key)));
}

bool never_shown(std::string_view type, json::Path const& at) {
    auto const* shape = shapes::find(type);
    auto const* property = shape ? shapes::property_at(*shape, at) : nullptr;
    return property && (property->flags & (shapes::write_only | shapes::read_only)) != 0;
}

bool has_key(json::Value const& map, std::string_view key) {
    auto const* object = map.if_object();
    return object && std::ranges::any_of(*object, [&](auto const& item) { return base::same_text(item.key(), key); });
}
/// Keys are ids, which have no case.
bool same_keys(json::Value const& a, json::Value const& b) {
    auto const* one = a.if_object();
    auto const* other = b.if_object();
    return one && other && one->size() == other->size() &&
           std::ranges::all_of(*one, [&](auto const& item) { return has_key(b, item.key()); });
}

struct Comparison {
    std::string_view type;
    std::vector<Difference> found;

    void compare(Place const& place, json::Value const& desired, json::Value const* live) {
        if (desired.is_null() || is_uncompared(type, place.pattern)) return;
        if (live && is_whole_map(type, place.pattern) && !same_keys(desired, *live)) {
            found.push_back({place.path, *live, desired});
            return;
        }
        if (auto const* object = desired.if_object(); object && !object->empty() && (!live || live->is_object())) {
            for (auto const& item : *object)
                compare(place.member(item.key()), item.value(), live ? member(*live, item.key()) : nullptr);
            return;
        }
        if (!live) {
            if (never_shown(type, place.path)) return;
            if (!resource::same(type, place.path, &desired, nullptr))
                found.push_back({place.path, std::nullopt, desired});
            return;
        }
        bool const same = desired.is_array()
                              ? live->is_array() && same_list(place, desired.as_array(), live->as_array())
                          : desired.is_object() ? live->is_object()
                                                : resource::same(type, place.path, &desired, live);
        if (!same) found.push_back({place.path, *live, desired});
    }

    bool covers(Place const& place, json::Value const& desired, json::Value const& live) const {
        Comparison inner{type, {}};
        inner.compare(place, desired, &live);
        return inner.found.empty();
    }

    bool same_list(Place const& place, json::Array const& desired, json::Array const& live) const {
        if (desired.size() != live.size()) return false;
        auto const* rule = list_rule(type, place.pattern);
        if (!rule) {
            for (std::size_t i = 0; i < desired.size(); ++i)
                if (!covers(place.element(i), desired[i], live[i])) return false;
            return true;
        }
        std::vector<bool> taken(live.size(), false);
        for (std::size_t i = 0; i < desired.size(); ++i) {
            bool matched = false;
            for (std::size_t j = 0; j < live.size() && !matched; ++j) {
                if (taken[j] || !covers(place.element(i), desired[i], live[j])) continue;
                taken[j] = matched = true;
            }
            if (!matched) return false;
        }
        return true;
    }
};

json::Value const* with_key(json::Array const& list, std::string_view key, json::Value const& wanted) {
    auto const* name = member(wanted, key);
    if (!name) return nullptr;
    for (auto const& element : list) {
        auto const* other = member(element, key);
        if (!other) continue;
        bool const same = name->is_string() && other->is_string()
                              ? base::same_text(name->as_string(), other->as_string())
                              : *name == *other;
        if (same) return &element;
    }
    return nullptr;
}

void lay_at(std::string_view type, Place const& place, json::Value& into, json::Value const& desired) {
    if (desired.is_object() && into.is_object()) {
        if (is_whole_map(type, place.pattern)) {
            if (!same_keys(desired, into)) into = desired;
            return;
        }
        for (auto const& item : desired.as_object()) {
            if (item.value().is_null()) json::erase(into, json::Path{}.child(std::string(item.key())));
            else if (auto* there = member(into, item.key()))
                lay_at(type, place.member(item.key()), *there, item.value());
            else into.as_object()[item.key()] = item.value();
        }
        return;
    }
    if (desired.is_array() && into.is_array()) {
        Comparison const comparison{type, {}};
        if (comparison.same_list(place, desired.as_array(), into.as_array())) return;  // goes back as it came
        if (auto const* rule = list_rule(type, place.pattern); rule && !rule->key.empty()) {
            json::Array merged;
            for (auto const& element : desired.as_array()) {
                auto const* there = with_key(into.as_array(), rule->key, element);
                json::Value one = there ? *there : element;
                if (there) lay_at(type, place.element(0), one, element);
                merged.push_back(std::move(one));
            }
            into = std::move(merged);
            return;
        }
    }
    if (!resource::same(type, place.path, &into, &desired)) into = desired;
}

bool is_ours_alone(json::Path const& at) {
    static json::Path const tag = json::Path{}.child("tags").child(std::string(resource::owner_tag));
    return at == tag;
}

std::vector<int> numbers(std::string_view version) {
    std::vector<int> out;
    for (auto const& word : base::split(version, '.')) {
        int value = 0;
        std::from_chars(word.data(), word.data() + word.size(), value);
        out.push_back(value);
    }
    return out;
}

/// What Azure gives to each part of a resource by itself, whether or not the shape tells of it.
constexpr std::string_view given_to_parts[] = {"id", "etag"};

/// Removes what Azure alone writes. Other members that the shape does not know stay: they go back as they came.
void without_read_only(json::Value& body, shapes::Type const& type) {
    if (auto* list = body.if_array()) {
        if (type.item)
            for (auto& element : *list) without_read_only(element, *type.item);
        return;
    }
    auto* object = body.if_object();
    if (!object) return;
    if (type.kind == shapes::Kind::map) {
        if (type.item)
            for (auto& item : *object) without_read_only(item.value(), *type.item);
        return;
    }
    std::vector<std::string> gone;
    for (auto& item : *object) {
        std::string_view const key = item.key();
        auto const it = std::ranges::find_if(type.properties,
                                             [key](shapes::Property const& p) { return base::same_text(p.name, key); });
        if (it == type.properties.end()) {
            bool const given =
                type.kind == shapes::Kind::object && std::ranges::find(given_to_parts, key) != std::end(given_to_parts);
            if (given) gone.emplace_back(key);
            continue;
        }
        if (it->flags & shapes::read_only) gone.emplace_back(key);
        else if (it->type) without_read_only(item.value(), *it->type);
    }
    for (auto const& key : gone) object->erase(key);
    if (type.kind != shapes::Kind::discriminated) return;
    auto const* chosen = member(body, type.discriminator);
    if (!chosen || !chosen->is_string()) return;
    for (auto const& variant : type.variants)
        if (base::same_text(variant.name, chosen->as_string()) && variant.type) without_read_only(body, *variant.type);
}

bool within(json::Path at, json::Path const& ancestor) {
    for (;; at = at.parent()) {
        if (at == ancestor) return true;
        if (at.empty()) return false;
    }
}

/// A value that Azure decides from then on: sent when the resource is made, never compared or written afterwards.
bool is_a_start(resource::Resource const& desired, json::Path at) {
    for (;; at = at.parent()) {
        if (auto const it = desired.origins.find(at); it != desired.origins.end() && !at.empty())
            return it->second.by == resource::Origin::By::azure;
        if (at.empty()) return false;
    }
}

/// Values decided, not in the normal body because they are Azure's defaults, and otherwise in the live one.
std::vector<Difference> back_to_default(resource::Resource const& desired, json::Value const& live) {
    std::vector<Difference> out;
    for (auto const& [at, origin] : desired.origins) {
        if (at.empty() || json::find(desired.body, at)) continue;
        auto const indexed = [](auto const& segment) { return std::holds_alternative<std::size_t>(segment); };
        if (std::ranges::any_of(at.segments(), indexed)) continue;  // lists are compared whole
        auto const pending = [&at](auto const& p) { return within(p.at, at) || within(at, p.at); };
        if (std::ranges::any_of(desired.pending, pending)) continue;
        auto const* before = json::find(live, at);
        if (!before || before->is_object() || never_shown(desired.type, at)) continue;
        if (resource::same(desired.type, at, nullptr, before)) continue;
        std::optional<json::Value> after;
        auto const text = at.text();
        for (auto const& row : shapes::server_defaults())
            if (base::same_text(row.type, desired.type) && base::same_text(row.at, text))
                if (auto value = json::parse(row.value_json)) after = std::move(*value);
        if (!after && before->is_array()) after = json::Array{};
        out.push_back({at, *before, std::move(after)});
    }
    return out;
}

/// Azure's own number, moved to the nearer bound where the design's bounds leave it out.
void hold_within(WithinRow const& row, json::Value& decided, json::Value const& live) {
    json::Path const at(row.at);
    auto const now = json::whole_at(live, row.at);
    auto const least = json::whole_at(decided, row.least), most = json::whole_at(decided, row.most);
    if (json::find(decided, at) || !now || !json::truth_at(decided, row.when).value_or(false)) return;
    auto const held = std::min(std::max(*now, least.value_or(*now)), most.value_or(*now));
    if (held != *now) json::put(decided, at, json::Value(held));
}

/// What the envelope of every resource carries and nobody writes.
constexpr std::string_view envelope[] = {"id", "name", "type", "etag", "systemData"};

}  // namespace

std::vector<Difference> differences(resource::Resource const& desired, json::Value const& live) {
    Comparison comparison{desired.type, {}};
    comparison.compare({}, desired.body, &live);
    for (auto& back : back_to_default(desired, live)) comparison.found.push_back(std::move(back));
    std::erase_if(comparison.found, [&desired](Difference const& difference) {
        return is_ours_alone(difference.at) || is_a_start(desired, difference.at);
    });
    std::ranges::sort(comparison.found, {}, &Difference::at);
    return std::move(comparison.found);
}

json::Value decided(resource::Resource const& desired, json::Value const& live) {
    json::Value out = desired.body;
    for (auto const& [at, origin] : desired.origins)
        if (!at.empty() && origin.by == resource::Origin::By::azure) json::erase(out, at);
    for (auto& back : back_to_default(desired, live))
        json::put(out, back.at, back.after ? std::move(*back.after) : json::Value{});
    for (auto const& row : within_rows())
        if (base::same_text(row.type, desired.type)) hold_within(row, out, live);
    return out;
}

void lay(std::string_view type, json::Value& into, json::Value const& desired) { lay_at(type, {}, into, desired); }

json::Value update_body(resource::Resource const& live, resource::Resource const& desired) {
    json::Value body = live.raw ? *live.raw : live.body;
    if (auto* object = body.if_object())
        for (auto const key : envelope) object->erase(key);
    if (auto const* shape = shapes::find(desired.type); shape && shape->body) without_read_only(body, *shape->body);
    lay(desired.type, body, decided(desired, live.body));
    return body;
}

namespace {
/// Nothing stands where `asked` says null.
bool unsaid(json::Value const& asked, json::Value const* live) {
    if (!live || live->is_null()) return true;
    if (asked.is_null()) return false;
    auto const* object = asked.if_object();
    return !object || std::ranges::all_of(*object, [live](auto const& item) {
        return unsaid(item.value(), member(*live, item.key()));
    });
}
bool shows_alone(std::string_view type, json::Value const& asked, json::Value const& live) {
    auto const there = resource::normal(type, live);
    Comparison comparison{type, {}};
    comparison.compare({}, resource::normal(type, asked), &there);
    return comparison.found.empty() && unsaid(asked, &live);
}
}  // namespace

bool shows(resource::ResourceId const& id, json::Value const& asked, json::Value const& live) {
    auto const wanted = resource::unfold(id, asked), there = resource::unfold(id, live);
    return shows_alone(id.type(), wanted.body, there.body) &&
           std::ranges::all_of(wanted.children, [&there](auto const& child) {
               auto const it =
                   std::ranges::find(there.children, child.first, [](auto const& one) { return one.first; });
               return it != there.children.end() && shows_alone(child.first.type(), child.second, it->second);
           });
}

bool version_means(std::string_view asked, std::string_view actual) {
    return asked == actual || (actual.starts_with(asked) && actual.substr(asked.size()).starts_with('.'));
}
bool version_below(std::string_view a, std::string_view b) { return numbers(a) < numbers(b); }

std::vector<std::string> version_stops(std::string_view from, std::string_view to) {
    auto const start = numbers(from), target = numbers(to);
    std::vector<std::string> out;
    if (start.size() >= 2 && target.size() >= 2 && start[0] == target[0])
        for (int minor = start[1] + 1; minor < target[1]; ++minor) out.push_back(fmt::format("{}.{}", start[0], minor));
    out.emplace_back(to);
    return out;
}

}  // namespace holdfast::plan
