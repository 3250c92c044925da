#include "simulator/arm/policy_rule.hpp"

#include <algorithm>

namespace holdfast::simulator::arm {
namespace {

constexpr int deepest = 32;

bool same(json::Value const& a, json::Value const& b) {
    auto const text = [](json::Value const& value) {
        if (auto const* said = value.if_string()) return std::string(*said);
        return value.is_null() ? std::string() : json::write(value);
    };
    return base::same_text(text(a), text(b));
}

/// One star stands for anything.
bool alike(std::string_view text, std::string_view pattern) {
    auto const star = pattern.find('*');
    if (star == std::string_view::npos) return base::same_text(text, pattern);
    auto const head = pattern.substr(0, star), tail = pattern.substr(star + 1);
    return text.size() >= head.size() + tail.size() && base::same_text(text.substr(0, head.size()), head) &&
           base::same_text(text.substr(text.size() - tail.size()), tail);
}

json::Value const* member(json::Value const& value, std::string_view name) {
    auto const* object = value.if_object();
    if (!object) return nullptr;
    for (auto const& one : *object)
        if (base::same_text(one.key(), name)) return &one.value();
    return nullptr;
}

/// Every value at "a.b[*].c".
void collect(json::Value const& value, std::string_view path, std::vector<json::Value>& out) {
    if (path.empty()) {
        out.push_back(value);
        return;
    }
    auto const dot = path.find('.');
    auto key = path.substr(0, dot);
    auto const rest = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    bool const each = key.ends_with("[*]");
    if (each) key.remove_suffix(3);
    auto const* inner = member(value, key);
    if (!inner) return;
    if (!each) return collect(*inner, rest, out);
    if (auto const* list = inner->if_array())
        for (auto const& one : *list) collect(one, rest, out);
}

/// The values of a field; empty: it is not there.
std::vector<json::Value> field(std::string_view name, PolicySubject const& subject) {
    for (auto const& [known, value] :
         {std::pair("type", subject.type), {"name", subject.name}, {"fullName", subject.name}, {"id", subject.id}})
        if (base::same_text(name, known)) return {json::Value(value)};
    std::vector<json::Value> out;
    if (base::starts_with_text(name, "tags[")) {  // tags['x'], tags[x]
        auto key = name.substr(5, name.size() - 6);
        if (key.starts_with('\'') && key.ends_with('\'') && key.size() > 1) key = key.substr(1, key.size() - 2);
        auto const* tags = member(subject.body, "tags");
        auto const* tag = tags ? member(*tags, key) : nullptr;
        if (tag) out.push_back(*tag);
        return out;
    }
    if (name.find('/') == std::string_view::npos) {
        collect(subject.body, name, out);
        return out;
    }
    // An alias: the type, then a path below properties, or one of the envelope's own members.
    if (!base::starts_with_text(name, subject.type) || name.size() <= subject.type.size() ||
        name[subject.type.size()] != '/')
        return out;
    auto const path = name.substr(subject.type.size() + 1);
    if (auto const* properties = member(subject.body, "properties")) collect(*properties, path, out);
    if (out.empty()) collect(subject.body, path, out);
    return out;
}

enum class Operator { equals, like, in, contains, contains_key, exists };
struct Named {
    std::string_view name;
    Operator what;
    bool negated;
};
constexpr Named operators[] = {
    {"equals", Operator::equals, false},
    {"notEquals", Operator::equals, true},
    {"like", Operator::like, false},
    {"notLike", Operator::like, true},
    {"in", Operator::in, false},
    {"notIn", Operator::in, true},
    {"contains", Operator::contains, false},
    {"notContains", Operator::contains, true},
    {"containsKey", Operator::contains_key, false},
    {"notContainsKey", Operator::contains_key, true},
    {"exists", Operator::exists, false},
};

bool meets(Operator what, json::Value const& seen, json::Value const& wanted) {
    auto const* text = seen.if_string();
    switch (what) {
        case Operator::equals:
        case Operator::exists:
            return same(seen, wanted);
        case Operator::like:
            return text && wanted.is_string() && alike(*text, std::string_view(wanted.get_string()));
        case Operator::in: {
            auto const* list = wanted.if_array();
            return list && std::any_of(list->begin(), list->end(), [&](auto const& one) { return same(seen, one); });
        }
        case Operator::contains: {
            if (auto const* list = seen.if_array())
                return std::any_of(list->begin(), list->end(), [&](auto const& one) { return same(one, wanted); });
            return text && wanted.is_string() &&
                   base::lower(*text).find(base::lower(std::string_view(wanted.get_string()))) != std::string::npos;
        }
        case Operator::contains_key:
            return wanted.is_string() && member(seen, std::string_view(wanted.get_string()));
    }
    return false;
}

std::optional<bool> holds(json::Value const& condition, PolicySubject const& subject, json::Object const& parameters,
                          int depth) {
    if (depth > deepest || !condition.is_object()) return std::nullopt;
    if (auto const* inner = member(condition, "not")) {
        auto const held = holds(*inner, subject, parameters, depth + 1);
        return held ? std::optional(!*held) : std::nullopt;
    }
    for (auto const& [name, all] : {std::pair("allOf", true), {"anyOf", false}}) {
        auto const* list = member(condition, name);
        if (!list || !list->is_array()) continue;
        bool undecided = false;
        for (auto const& one : list->get_array()) {
            auto const held = holds(one, subject, parameters, depth + 1);
            if (held && *held != all) return !all;
            undecided = undecided || !held;
        }
        return undecided ? std::nullopt : std::optional(all);
    }
    auto const* said = member(condition, "field");
    auto const named = said ? without_parameters(*said, parameters) : std::nullopt;
    if (!named || !named->is_string()) return std::nullopt;
    auto const values = field(std::string_view(named->get_string()), subject);
    for (auto const& one : operators) {
        auto const* given = member(condition, one.name);
        if (!given) continue;
        auto const wanted = without_parameters(*given, parameters);
        if (!wanted) return std::nullopt;
        if (one.what == Operator::exists) return values.empty() != same(*wanted, json::Value("true"));
        if (values.empty()) return one.negated;
        // Of a list every element must.
        return std::all_of(values.begin(), values.end(),
                           [&](auto const& value) { return meets(one.what, value, *wanted) != one.negated; });
    }
    return std::nullopt;
}

}  // namespace

std::optional<json::Value> without_parameters(json::Value const& said, json::Object const& parameters) {
    auto const* text = said.if_string();
    if (!text || !text->starts_with("[") || text->starts_with("[[")) return said;
    constexpr std::string_view before = "[parameters('", after = "')]";
    std::string_view const all(*text);
    if (!base::starts_with_text(all, before) || !all.ends_with(after) || all.size() <= before.size() + after.size())
        return std::nullopt;
    auto const name = all.substr(before.size(), all.size() - before.size() - after.size());
    for (auto const& one : parameters)
        if (base::same_text(one.key(), name)) return one.value();
    return std::nullopt;
}

std::optional<bool> rule_holds(json::Value const& condition, PolicySubject const& subject,
                               json::Object const& parameters) {
    return holds(condition, subject, parameters, 0);
}

}  // namespace holdfast::simulator::arm
