#include "estate/conditions.hpp"

#include <algorithm>

namespace holdfast::estate {
namespace {

std::vector<std::string_view> pieces(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> out;
    for (;;) {
        auto const at = text.find(separator);
        out.push_back(base::trimmed(text.substr(0, at)));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + separator.size());
    }
}

/// A scalar as the conditions spell it; nothing for what is not there, "" for a list or map.
std::optional<std::string> spelled(spec::Spec const& spec, std::string const& key) {
    auto const* value = json::find(spec.tree, json::Path(key));
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (auto const* text = value->if_string()) return std::string(*text);
    if (value->is_bool() || value->is_number()) return json::write(*value);
    return "";
}

bool term(spec::Spec const& spec, std::string_view text) {
    if (text.starts_with("any ")) {
        auto const rest = text.substr(4);
        auto const brackets = rest.find("[]");
        auto const list = rest.substr(0, brackets);
        for (std::size_t i = 0; i < spec.count(list); ++i) {
            std::string const one =
                std::string(list) + "[" + std::to_string(i) + "]" + std::string(rest.substr(brackets + 2));
            if (term(spec, one)) return true;
        }
        return false;
    }
    if (text.starts_with('!')) return !term(spec, text.substr(1));
    if (auto const sides = pieces(text, " has "); sides.size() == 2) {
        auto const list = spec.texts(sides[0]);
        return std::ranges::find(list, sides[1]) != list.end();
    }
    bool const unequal = text.find(" != ") != std::string_view::npos;
    auto const sides = pieces(text, unequal ? " != " : " = ");
    if (sides.size() == 1) return spelled(spec, std::string(text)).has_value();
    auto const value = spelled(spec, std::string(sides[0]));
    bool const equal = value && std::ranges::count(pieces(sides[1], "|"), *value) > 0;
    return equal != unequal;
}

}  // namespace

bool holds(spec::Spec const& spec, std::string_view condition) {
    if (condition.empty()) return true;
    for (auto const alternative : pieces(condition, " or ")) {
        if (std::ranges::all_of(pieces(alternative, " & "), [&](auto text) { return term(spec, text); })) return true;
    }
    return false;
}

}  // namespace holdfast::estate
