#include "spec/spec.hpp"

#include <cassert>
#include <charconv>

#include "language.hpp"

namespace holdfast::spec {

namespace {

json::Value const* at(json::Value const& tree, std::string_view key) {
    assert(find_field(key) != nullptr && "a key that the language does not have");
    return json::find(tree, json::Path(key));
}

}  // namespace

std::string Spec::name() const { return text("name"); }

json::Value const* Spec::value(std::string_view key) const { return at(tree, key); }

bool Spec::has(std::string_view key) const { return at(tree, key) != nullptr; }

std::string Spec::text(std::string_view key) const {
    auto found = maybe_text(key);
    assert(found && "a key that this spec does not hold as text");
    return std::move(*found);
}

std::optional<std::string> Spec::maybe_text(std::string_view key) const { return plain_text(at(tree, key)); }

std::optional<std::int64_t> Spec::maybe_whole(std::string_view key) const {
    auto const text = maybe_text(key);
    if (!text) return {};
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size()) return {};
    return number;
}

std::optional<resource::SecretName> Spec::maybe_secret(std::string_view key) const {
    auto const* value = at(tree, key);
    if (value == nullptr || !value->is_object() || value->as_object().size() != 1) return {};
    auto const& [where, name] = *value->as_object().begin();
    if (!name.is_string()) return {};
    using Kind = resource::SecretName::Kind;
    auto const kind = where == "env" ? Kind::environment : where == "file" ? Kind::file : Kind::generate;
    return resource::SecretName{kind, std::string(name.as_string())};
}

bool Spec::truth(std::string_view key) const {
    auto const* value = at(tree, key);
    return value != nullptr && value->is_bool() && value->as_bool();
}

std::vector<std::string> Spec::texts(std::string_view key) const {
    std::vector<std::string> all;
    auto const* value = at(tree, key);
    if (value == nullptr || !value->is_array()) return all;
    for (auto const& item : value->as_array())
        if (auto text = plain_text(&item)) all.push_back(std::move(*text));
    return all;
}

std::size_t Spec::count(std::string_view list) const {
    auto const* value = at(tree, list);
    return value != nullptr && value->is_array() ? value->as_array().size() : 0;
}

bool Spec::holds(std::string_view condition) const { return Condition::parse(condition).holds(tree); }

resource::Origin Spec::origin(std::string_view key) const {
    for (json::Path path(key); !path.empty(); path = path.parent()) {
        auto const found = origins.find(path.text());
        if (found != origins.end()) return found->second;
    }
    return {};
}

}  // namespace holdfast::spec
