/// The one normal form, and equality in it.
#include <algorithm>

#include "resource/lists.hpp"

namespace holdfast::resource {

using shapes::Kind;

namespace {

bool looks_like_id(std::string_view text) {
    return base::starts_with_text(text, "/subscriptions/") || base::starts_with_text(text, "/providers/");
}

std::string canonical_text(std::string_view text) {
    if (looks_like_id(text))
        if (auto const id = ResourceId::parse(text)) return id->text();
    return std::string(text);
}

bool says_nothing(json::Value const& value) {
    if (value.is_null()) return true;
    if (value.is_string()) return value.get_string().empty();
    if (value.is_array()) return value.get_array().empty();
    return value.is_object() && value.get_object().empty();
}

/// The element's key, or its whole text where it has none.
std::string element_key(json::Value const& element, std::string_view key) {
    if (key.empty()) return comparable(element);
    if (auto const* object = element.if_object())
        if (auto const* named = object->if_contains(key)) return comparable(*named);
    return {};
}

/// The indices of a set or keyed list in the order of what its elements are called, then of what they say.
std::vector<std::size_t> order(json::Array const& list, std::string_view key) {
    std::vector<std::tuple<std::string, std::string, std::size_t>> named;
    for (std::size_t i = 0; i < list.size(); ++i)
        named.emplace_back(element_key(list[i], key), json::write(list[i]), i);
    std::sort(named.begin(), named.end());
    std::vector<std::size_t> out;
    for (auto const& entry : named) out.push_back(std::get<2>(entry));
    return out;
}

/// What a type says of the top of every body: where it stands, not what it is.
bool names_itself(shapes::Property const& property) { return (property.flags & shapes::deploy_constant) != 0; }

class Normaliser {
public:
    Normaliser(std::string_view type, bool keep_read_only) : type_(type), keep_read_only_(keep_read_only) {}

    json::Value value(shapes::Type const& shape, json::Value value, std::string const& at, bool top = false) const {
        switch (shape.kind) {
            case Kind::string:
            case Kind::choice:
                return scalar(shape, std::move(value));
            case Kind::array:
                return array(shape, std::move(value), at);
            case Kind::map:
                return map(shape, std::move(value), at);
            case Kind::object:
                return object(shape, nullptr, std::move(value), at, top);
            case Kind::discriminated: {
                auto const* branch = shapes::variant(shape, value);
                return object(shape, branch, std::move(value), at, top);
            }
            default:
                return value;
        }
    }

private:
    json::Value scalar(shapes::Type const& shape, json::Value value) const {
        if (!value.is_string()) return value;
        std::string_view const text = value.get_string();
        for (auto const literal : shape.literals)
            if (base::same_text(literal, text)) return json::Value(literal);
        return json::Value(canonical_text(text));
    }

    json::Value array(shapes::Type const& shape, json::Value value, std::string const& at) const {
        if (!value.is_array()) return value;
        auto& list = value.get_array();
        auto const inside = at + "[]";
        if (shape.item)
            for (auto& element : list) element = this->value(*shape.item, std::move(element), inside);
        auto const* rule = list_rule(type_, at);
        if (!rule) return value;
        json::Array sorted;
        for (std::size_t const index : order(list, rule->key)) sorted.push_back(std::move(list[index]));
        list = std::move(sorted);
        if (rule->key.empty()) {
            auto const same_element = [](json::Value const& a, json::Value const& b) {
                return comparable(a) == comparable(b);
            };
            list.erase(std::unique(list.begin(), list.end(), same_element), list.end());
        }
        return value;
    }

    /// The members of a map are the user's: an empty one says something (an identity attached, a tag without value).
    json::Value map(shapes::Type const& shape, json::Value value, std::string const& at) const {
        if (!value.is_object() || !shape.item) return value;
        json::Object out;
        for (auto& member : value.get_object()) {
            if (member.value().is_null()) continue;
            std::string const key = canonical_text(member.key());
            // tags and configuration are text, whatever they look like
            bool const entered = shape.item->kind != Kind::string;
            out[key] = entered ? this->value(*shape.item, std::move(member.value()), pattern_of(at, key))
                               : std::move(member.value());
        }
        return out;
    }

    json::Value object(shapes::Type const& shape, shapes::Type const* branch, json::Value value, std::string const& at,
                       bool top) const {
        if (!value.is_object()) return value;
        json::Object out;
        out.reserve(value.get_object().size());
        for (auto& member : value.get_object()) {
            shapes::Property const* property = shapes::member(shape, member.key());
            if (!property && branch) property = shapes::member(*branch, member.key());
            if (!property) {
                out[member.key()] = std::move(member.value());
                continue;
            }
            if (top && names_itself(*property)) continue;
            if (!keep_read_only_ && (property->flags & shapes::read_only)) continue;
            auto inner = this->value(*property->type, std::move(member.value()), pattern_of(at, property->name));
            if (base::same_text(property->name, "location") && inner.is_string())
                inner = json::Value(normal_location(std::string_view(inner.get_string())));
            if (!says_nothing(inner)) out[property->name] = std::move(inner);
        }
        return out;
    }

    std::string_view type_;
    bool keep_read_only_;
};

constexpr std::string_view self_names[] = {"id", "name", "type", "apiVersion"};

}  // namespace

std::string normal_location(std::string_view text) {
    std::string out;
    for (char const c : base::lower(text))
        if (c != ' ') out += c;
    return out;
}

json::Value normal(std::string_view type, json::Value body, bool keep_read_only) {
    if (!body.is_object()) return body;
    for (auto const name : self_names) body.get_object().erase(name);
    if (!keep_read_only)
        body.get_object().erase("etag");  // private DNS zones publish theirs as writable; If-Match carries it
    auto const* row = shapes::find(type);
    if (!row) return body;
    auto out = Normaliser(row->name, keep_read_only).value(*row->body, std::move(body), {}, true);
    if (row->body->kind == Kind::map)  // no published shape: only what every resource has
        if (auto const location = json::text_at(out, "location"))
            json::put(out, "location", json::Value(normal_location(*location)));
    return out;
}

// ---------------------------------------------------------------------------------------------- equality

namespace {

class Comparison {
public:
    explicit Comparison(std::string_view type) : type_(type) {}

    bool same(shapes::Type const* shape, json::Value const* a, json::Value const* b, std::string const& at,
              bool location) const {
        if (a && says_nothing(*a)) a = nullptr;
        if (b && says_nothing(*b)) b = nullptr;
        if (!a && !b) return true;
        if (!a || !b) {
            auto const& said = a ? *a : *b;
            auto const* standing = server_default(type_, at);
            if (standing && equal(shape, said, *standing, at, location)) return true;
            // an object none of whose members says anything new
            static json::Value const nothing = json::Object{};
            bool const members_count = shape && (shape->kind == Kind::object || shape->kind == Kind::discriminated);
            return members_count && said.is_object() && objects(shape, said, nothing, at);
        }
        return equal(shape, *a, *b, at, location);
    }

private:
    bool equal(shapes::Type const* shape, json::Value const& a, json::Value const& b, std::string const& at,
               bool location) const {
        if (a.is_string() && b.is_string()) return text(shape, a.get_string(), b.get_string(), location);
        if (a.is_array() && b.is_array()) return lists(shape, a.get_array(), b.get_array(), at);
        if (a.is_object() && b.is_object()) return objects(shape, a, b, at);
        if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
        return a == b;
    }

    static bool text(shapes::Type const* shape, std::string_view a, std::string_view b, bool location) {
        if (a == b) return true;
        if (location) return normal_location(a) == normal_location(b);
        if (shape && shape->kind == Kind::choice) return base::same_text(a, b);
        if (!looks_like_id(a) || !looks_like_id(b)) return false;
        auto const x = ResourceId::parse(a), y = ResourceId::parse(b);
        return x && y && *x == *y;
    }

    bool lists(shapes::Type const* shape, json::Array const& a, json::Array const& b, std::string const& at) const {
        if (a.size() != b.size()) return false;
        auto const inside = at + "[]";
        auto const* item = shape ? shape->item : nullptr;
        auto const* rule = list_rule(type_, at);
        if (!rule) {
            for (std::size_t i = 0; i < a.size(); ++i)
                if (!same(item, &a[i], &b[i], inside, false)) return false;
            return true;
        }
        auto const x = order(a, rule->key), y = order(b, rule->key);
        for (std::size_t i = 0; i < x.size(); ++i)
            if (!same(item, &a[x[i]], &b[y[i]], inside, false)) return false;
        return true;
    }

    bool objects(shapes::Type const* shape, json::Value const& a, json::Value const& b, std::string const& at) const {
        std::map<std::string, std::pair<json::Value const*, json::Value const*>> members;  // by lower-case key
        for (auto const& member : a.get_object()) members[base::lower(member.key())].first = &member.value();
        for (auto const& member : b.get_object()) members[base::lower(member.key())].second = &member.value();
        bool const is_map = shape && shape->kind == Kind::map;
        auto const* branch = shape ? shapes::variant(*shape, a) : nullptr;
        for (auto const& [key, sides] : members) {
            auto const [left, right] = sides;
            if (is_map && (!left || !right)) return false;  // an empty member of a map is a member
            auto const* property = shape ? shapes::member(*shape, key) : nullptr;
            if (!property && branch) property = shapes::member(*branch, key);
            auto const* inner = property ? property->type : shape ? shape->item : nullptr;
            if (!same(inner, left, right, pattern_of(at, key), key == "location")) return false;
        }
        return true;
    }

    std::string_view type_;
};

}  // namespace

bool same(std::string_view type, json::Path const& at, json::Value const* a, json::Value const* b) {
    auto const* row = shapes::find(type);
    shapes::Type const* shape = row ? row->body : nullptr;
    if (row && !at.empty()) {
        auto const* property = shapes::property_at(*row, at);
        shape = property ? property->type : nullptr;
    }
    bool location = false;
    if (!at.empty())
        if (auto const* key = std::get_if<std::string>(&at.segments().back()))
            location = base::same_text(*key, "location");
    return Comparison(row ? row->name : type).same(shape, a, b, pattern_of(at), location);
}

}  // namespace holdfast::resource
