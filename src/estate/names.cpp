#include "estate/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::estate {
namespace {

constexpr NameRule kRules[] = {
#include "names.inc"
};

constexpr std::size_t kHashLength = 4;

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool alphanumeric(char c) { return letter(c) || digit(c); }
bool allowed(NameRule const& rule, char c) { return alphanumeric(c) || rule.also.find(c) != std::string_view::npos; }

bool allowed_at(Edge edge, char c) {
    switch (edge) {
        case Edge::letter:
            return letter(c);
        case Edge::alphanumeric:
            return alphanumeric(c);
        case Edge::word:
            return alphanumeric(c) || c == '_';
        case Edge::any:
            return true;
    }
    return false;
}
std::string_view words(Edge edge) {
    switch (edge) {
        case Edge::letter:
            return "a letter";
        case Edge::alphanumeric:
            return "a letter or digit";
        case Edge::word:
            return "a letter, digit or '_'";
        case Edge::any:
            return "anything";
    }
    return "";
}

/// Characters of base 32 without those that look alike: readable aloud, valid in every kind of name.
std::string short_hash(std::string_view text, std::size_t length) {
    constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";
    std::string const bytes = base::sha256(text);
    std::string out;
    for (std::size_t i = 0; i < length; ++i) out += kAlphabet[static_cast<unsigned char>(bytes[i]) % kAlphabet.size()];
    return out;
}

std::string filled(std::string_view make, NameParts const& parts) {
    return fmt::format(fmt::runtime(make), fmt::arg("name", parts.name), fmt::arg("part", parts.part),
                       fmt::arg("salt", parts.salt), fmt::arg("zone", parts.zone));
}

/// Whether the pattern covers the address; `star` is what its last '*' stands for. '*' never covers a '/'.
bool covers(std::string_view pattern, std::string_view address, std::string_view& star) {
    auto const at = pattern.find('*');
    if (at == std::string_view::npos) return pattern == address;
    if (!address.starts_with(pattern.substr(0, at))) return false;
    auto const rest = address.substr(at);
    auto const end = std::min(rest.find('/'), rest.size());
    if (end == 0) return false;
    star = rest.substr(0, end);
    return covers(pattern.substr(at + 1), rest.substr(end), star);
}

/// Leaves only what the rule allows, so that a spec name with '-' gives a registry name without.
std::string fitted(NameRule const& rule, std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (!allowed(rule, c)) continue;
        if (rule.single_hyphens && c == '-' && !out.empty() && out.back() == '-') continue;
        out += c;
    }
    while (!out.empty() && !allowed_at(rule.last, out.back())) out.pop_back();
    return rule.lower ? base::lower(out) : out;
}

}  // namespace

std::span<NameRule const> name_rules() { return kRules; }

NameRule const* name_rule(std::string_view address) {
    NameRule const* best = nullptr;
    for (auto const& rule : kRules) {
        std::string_view star;
        if (!covers(rule.what, address, star)) continue;
        auto const plainer = [](NameRule const& a, NameRule const& b) {
            auto const stars = [](std::string_view text) { return std::ranges::count(text, '*'); };
            return std::pair(stars(a.what), -static_cast<int>(a.what.size())) <
                   std::pair(stars(b.what), -static_cast<int>(b.what.size()));
        };
        if (best == nullptr || plainer(rule, *best)) best = &rule;
    }
    return best;
}

std::string name_part(NameRule const& rule, std::string_view address) {
    std::string_view star;
    covers(rule.what, address, star);
    return std::string(star);
}

std::string salt(std::string_view subscription, std::string_view group, std::string_view name) {
    std::string const all = base::lower(fmt::format("{}/{}/{}", subscription, group, name));
    return short_hash(all, 5);
}

std::string shortened(std::string_view text, std::size_t max) {
    if (text.size() <= max) return std::string(text);
    return std::string(text.substr(0, max - kHashLength)) + short_hash(text, kHashLength);
}

std::string made_name(NameRule const& rule, NameParts const& parts, bool elsewhere) {
    auto const make = elsewhere && !rule.elsewhere.empty() ? rule.elsewhere : rule.make;
    std::string const whole = fitted(rule, filled(make, parts));
    auto const max = static_cast<std::size_t>(rule.max);
    if (whole.size() <= max) return whole;
    // Cut the spec's name, not the end: what a name says of its purpose, and its salt, stand there.
    std::string const hash = rule.global ? "" : short_hash(whole, kHashLength);
    for (std::size_t keep = parts.name.size(); keep-- > 0;) {
        NameParts shorter = parts;
        shorter.name = parts.name.substr(0, keep);
        while (!shorter.name.empty() && !alphanumeric(shorter.name.back())) shorter.name.pop_back();
        shorter.name += hash;
        std::string const name = fitted(rule, filled(make, shorter));
        if (name.size() <= max) return name;
    }
    return shortened(whole, max);
}

std::optional<std::string> name_mistake(NameRule const& rule, std::string_view name) {
    if (name.empty() || name.size() < static_cast<std::size_t>(rule.min) ||
        name.size() > static_cast<std::size_t>(rule.max)) {
        return fmt::format("it has {} characters; Azure allows {} to {}", name.size(), rule.min, rule.max);
    }
    auto const odd = std::ranges::find_if(name, [&](char c) { return !allowed(rule, c); });
    if (odd != name.end()) {
        return fmt::format("'{}' is not allowed in it: only letters, digits{}{}", base::printable(std::string(1, *odd)),
                           rule.also.empty() ? "" : " and ", rule.also);
    }
    if (!allowed_at(rule.first, name.front())) return fmt::format("it must begin with {}", words(rule.first));
    if (!allowed_at(rule.last, name.back())) return fmt::format("it must end with {}", words(rule.last));
    if (rule.single_hyphens && name.find("--") != std::string_view::npos)
        return "it must not hold two hyphens in a row";
    return std::nullopt;
}

}  // namespace holdfast::estate
