/// Holds a body against its type.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "shapes/shapes.hpp"

namespace holdfast::shapes {

namespace {

/// Patterns are written for other engines; those that RE2 refuses (look-ahead) judge nothing.
RE2 const* compiled(std::string_view pattern) {
    static std::mutex guard;
    static std::unordered_map<std::string_view, std::unique_ptr<RE2>> known;  // keys point into the constant tables
    std::scoped_lock const lock(guard);
    auto& slot = known[pattern];
    if (!slot) slot = std::make_unique<RE2>(pattern, RE2::Quiet);
    return slot->ok() ? slot.get() : nullptr;
}

/// Code points: what Azure's length limits count, near enough.
std::int64_t length(std::string_view text) {
    std::int64_t count = 0;
    for (char const c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return count;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t shown = 60;
    return text.size() <= shown ? base::printable(text) : base::printable(text.substr(0, shown)) + "…";
}

std::string_view article(Kind kind) {
    switch (kind) {
        case Kind::string:
        case Kind::choice:
            return "a text";
        case Kind::integer:
            return "a whole number";
        case Kind::boolean:
            return "true or false";
        case Kind::array:
            return "a list";
        case Kind::null:
            return "null";
        default:
            return "an object";
    }
}

std::string_view spoken(json::Value const& value) {
    if (value.is_string()) return "a text";
    if (value.is_bool()) return value.get_bool() ? "true" : "false";
    if (value.is_number()) return "a number";
    if (value.is_array()) return "a list";
    if (value.is_object()) return "an object";
    return "null";
}

/// Where a value stands, as links on the stack: a path is made of it only where there is something to say.
struct Spot {
    Spot const* above = nullptr;
    std::variant<std::string_view, std::size_t> step = {};

    Spot child(std::variant<std::string_view, std::size_t> one) const { return {this, one}; }
    json::Path path() const {
        if (above == nullptr) return {};
        auto const* key = std::get_if<std::string_view>(&step);
        return key ? above->path().child(std::string(*key)) : above->path().child(std::get<std::size_t>(step));
    }
};

class Reader {
public:
    explicit Reader(std::vector<Mistake>& out) : out_(out) {}

    void read(Type const& type, json::Value const& value, Spot const& at, bool top = false,
              bool sensitive = false) {
        if (value.is_null()) return;  // null is how Resource Manager writes "not said"
        switch (type.kind) {
            case Kind::any:
                return;
            case Kind::null:
                return wrong(type, value, at);
            case Kind::boolean:
                if (!value.is_bool()) wrong(type, value, at);
                return;
            case Kind::integer:
                return number(type, value, at);
            case Kind::string:
                return text(type, value, at, sensitive);
            case Kind::choice:
                return choice(type, value, at, sensitive);
            case Kind::array:
                return array(type, value, at);
            case Kind::map:
                if (!value.is_object()) return wrong(type, value, at);
                for (auto const& member : value.get_object())
                    if (type.item) read(*type.item, member.value(), at.child(std::string_view(member.key())));
                return;
            case Kind::object:
                if (!value.is_object()) return wrong(type, value, at);
                return object(type, nullptr, value, at, top);
            case Kind::discriminated:
                return discriminated(type, value, at, top);
        }
    }

private:
    void say(Spot const& at, std::string what, std::string nearest = {}, bool unknown = false) {
        out_.push_back({at.path(), std::move(what), std::move(nearest), unknown});
    }
    void wrong(Type const& type, json::Value const& value, Spot const& at) {
        say(at, fmt::format("expected {}, not {}",
                            type.kind == Kind::integer && type.open ? "a number" : article(type.kind), spoken(value)));
    }

    void number(Type const& type, json::Value const& value, Spot const& at) {
        if (!value.is_number()) return wrong(type, value, at);
        double const number = value.is_double()   ? value.get_double()
                              : value.is_uint64() ? static_cast<double>(value.get_uint64())
                                                  : static_cast<double>(value.get_int64());
        if (!type.open && number != std::floor(number)) return say(at, "expected a whole number, not a fraction");
        if (type.min != 0 && number < static_cast<double>(type.min)) say(at, fmt::format("at least {}", type.min));
        if (type.max != 0 && number > static_cast<double>(type.max)) say(at, fmt::format("at most {}", type.max));
    }

    void text(Type const& type, json::Value const& value, Spot const& at, bool sensitive) {
        if (!value.is_string()) return wrong(type, value, at);
        std::string_view const said = value.get_string();
        if (length(said) < type.min) return say(at, fmt::format("at least {} characters", type.min));
        if (type.max != 0 && length(said) > type.max) return say(at, fmt::format("at most {} characters", type.max));
        if (type.pattern.empty() || sensitive) return;
        auto const* pattern = compiled(type.pattern);
        if (pattern && !RE2::PartialMatch(said, *pattern))
            say(at, fmt::format("'{}' does not match {}", quoted(said), type.pattern));
    }

    void choice(Type const& type, json::Value const& value, Spot const& at, bool sensitive) {
        if (!value.is_string()) return wrong(type, value, at);
        if (type.open || sensitive) return;
        std::string_view const said = value.get_string();
        for (auto const literal : type.literals)
            if (base::same_text(literal, said)) return;
        std::vector<std::string> const allowed(type.literals.begin(), type.literals.end());
        auto const near = base::nearest(said, allowed);
        say(at,
            near ? fmt::format("'{}' is not allowed here ({}?)", quoted(said), *near)
                 : fmt::format("'{}' is not allowed here; allowed: {}", quoted(said), base::join(allowed, ", ")),
            near.value_or(""));
    }

    void array(Type const& type, json::Value const& value, Spot const& at) {
        if (!value.is_array()) return wrong(type, value, at);
        auto const& list = value.get_array();
        auto const count = static_cast<std::int64_t>(list.size());
        if (count < type.min) say(at, fmt::format("at least {} elements", type.min));
        if (type.max != 0 && count > type.max) say(at, fmt::format("at most {} elements", type.max));
        if (!type.item) return;
        for (std::size_t i = 0; i < list.size(); ++i) read(*type.item, list[i], at.child(i));
    }

    static bool is_said(json::Object const& object, std::string_view name) {
        return std::ranges::any_of(object, [name](auto const& entry) {
            return base::same_text(entry.key(), name) && !entry.value().is_null();
        });
    }

    /// `more`: the properties of a discriminated type's variant, beside the common ones.
    void object(Type const& type, Type const* more, json::Value const& value, Spot const& at, bool top) {
        for (auto const& entry : value.get_object()) {
            Property const* property = member(type, entry.key());
            if (!property && more) property = member(*more, entry.key());
            if (!property && type.kind == Kind::discriminated && base::same_text(type.discriminator, entry.key()))
                continue;
            auto const here = at.child(std::string_view(entry.key()));
            if (property) {
                // id, name and type of the resource itself stand in its URL; a body may repeat them
                if (top && (property->flags & deploy_constant)) continue;
                read(*property->type, entry.value(), here, false, (property->flags & sensitive) != 0);
            } else if (type.open) {
                if (type.item) read(*type.item, entry.value(), here);
            } else {
                unknown(type, more, entry.key(), here);
            }
        }
        for (auto const* part : {&type, more}) {
            if (!part) continue;
            for (auto const& property : part->properties) {
                bool const asked = (property.flags & required) && !(property.flags & read_only) &&
                                   !(top && (property.flags & deploy_constant));
                if (asked && !is_said(value.get_object(), property.name)) say(at, fmt::format("'{}' is missing", property.name));
            }
        }
    }

    void discriminated(Type const& type, json::Value const& value, Spot const& at, bool top) {
        if (!value.is_object()) return wrong(type, value, at);
        auto const here = at.child(type.discriminator);
        auto const* said = json::find(value, json::Path().child(std::string(type.discriminator)));
        if (!said || said->is_null()) return say(at, fmt::format("'{}' is missing", type.discriminator));
        if (!said->is_string()) return say(here, fmt::format("expected a text, not {}", spoken(*said)));
        if (auto const* branch = variant(type, value)) return object(type, branch, value, at, top);
        std::vector<std::string> known;
        for (auto const& branch : type.variants) known.emplace_back(branch.name);
        auto const near = base::nearest(std::string_view(said->get_string()), known);
        say(here,
            fmt::format("'{}' is not allowed here; allowed: {}", quoted(said->get_string()), base::join(known, ", ")),
            near.value_or(""));
    }

    void unknown(Type const& type, Type const* more, std::string_view key, Spot const& at) {
        std::vector<std::string> known;
        for (auto const* part : {&type, more})
            if (part)
                for (auto const& property : part->properties) known.emplace_back(property.name);
        auto const near = base::nearest(key, known);
        say(at,
            near ? fmt::format("unknown property '{}' ({}?)", quoted(key), *near)
                 : fmt::format("unknown property '{}'", quoted(key)),
            near.value_or(""), true);
    }

    std::vector<Mistake>& out_;
};

}  // namespace

std::vector<Mistake> validate(ResourceType const& type, json::Value const& body) {
    std::vector<Mistake> out;
    Reader(out).read(*type.body, body, {}, true);
    return out;
}

}  // namespace holdfast::shapes
