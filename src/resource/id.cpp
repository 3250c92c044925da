/// ResourceId: the only reading of an ARM id.
#include <fmt/format.h>

#include <cassert>
#include <unordered_map>

#include "resource/resource.hpp"

namespace holdfast::resource {

namespace {

constexpr std::size_t longest = 4096;  ///< far above what Azure accepts; hostile text stops here

/// Where a parsed id's parts stand: pairs of key and value, `provider` at the last "providers".
struct Parts {
    std::vector<std::string> segments;
    std::size_t provider =
        0;  ///< index of the last "providers" that opens a namespace; segments.size() when there is none
    std::size_t scope_end() const { return provider; }
};

/// Splits the canonical text. `providers` opens a namespace only where a key is expected, so a thing named "providers"
/// is a name.
Parts parts_of(std::string_view text) {
    Parts out;
    out.segments = base::split(text.substr(1), '/');
    out.provider = out.segments.size();
    std::size_t at = 0;
    while (at < out.segments.size()) {
        if (base::same_text(out.segments[at], "providers")) out.provider = at;
        at += 2;  // "providers/namespace", "type/name", "subscriptions/guid": always two
    }
    return out;
}

std::string joined(std::span<std::string const> segments) {
    std::string out;
    for (auto const& segment : segments) {
        out += '/';
        out += segment;
    }
    return out;
}

/// By its name in lower case.
std::unordered_map<std::string, std::string_view> const& namespaces() {
    static auto const all = [] {
        std::unordered_map<std::string, std::string_view> by_name;
        for (auto const& type : shapes::all()) {
            auto const name = std::string_view(type.name).substr(0, type.name.find('/'));
            by_name.emplace(base::lower(name), name);
        }
        return by_name;
    }();
    return all;
}

/// The canonical case of a namespace and of each type word, as far as `shapes` knows them.
void canonical_type(std::span<std::string> provider) {
    // provider = [namespace, type, name, type, name …]
    if (auto const known = namespaces().find(base::lower(provider[0])); known != namespaces().end())
        provider[0] = known->second;
    std::string type = provider[0];
    for (std::size_t at = 1; at < provider.size(); at += 2) {
        type += '/';
        type += provider[at];
        if (auto const* known = shapes::find(type)) {
            provider[at] = known->name.substr(known->name.rfind('/') + 1);
            type = known->name;
        }
    }
}

bool writable_segment(std::string_view segment) {
    if (segment == "." || segment == "..") return false;
    for (char const c : segment) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || c == '?' || c == '#' || c == '\\') return false;
    }
    return base::trimmed(segment) == segment;
}

}  // namespace

base::Result<ResourceId> ResourceId::parse(std::string_view given) {
    auto const refuse = [&](std::string_view why) {
        auto const shown = given.size() <= 200 ? base::printable(given) : base::printable(given.substr(0, 200)) + "…";
        return base::fail(base::ErrorCode::spec_value, fmt::format("'{}' is not a resource id: {}", shown, why),
                          "write it as Azure shows it, such as "
                          "/subscriptions/…/resourceGroups/…/providers/Microsoft.Network/virtualNetworks/name");
    };
    if (given.size() > longest) return refuse("it is too long");
    std::string text;
    text.reserve(given.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i] == '%' && base::same_text(given.substr(i, 3), "%2f")) {
            text += '/';
            i += 2;
        } else {
            text += given[i];
        }
    }
    if (text.empty() || text.front() != '/') return refuse("it does not begin with '/'");

    std::vector<std::string> segments;
    for (auto& segment : base::split(text, '/')) {
        if (segment.empty()) continue;  // doubled, leading and trailing slashes
        if (!writable_segment(segment)) return refuse("it holds characters that no id has");
        segments.push_back(std::move(segment));
    }
    if (segments.empty()) return refuse("it names nothing");

    std::size_t at = 0;
    auto const left = [&] { return segments.size() - at; };
    if (base::same_text(segments[0], "subscriptions")) {
        if (left() < 2) return refuse("the subscription is missing");
        segments[0] = "subscriptions";
        at = 2;
        if (left() > 0 && base::same_text(segments[2], "resourceGroups")) {
            if (left() < 2) return refuse("the resource group's name is missing");
            segments[2] = "resourceGroups";
            at = 4;
        }
    }
    while (left() > 0) {
        if (!base::same_text(segments[at], "providers"))
            return refuse(fmt::format("'{}' stands where 'providers' is expected", base::printable(segments[at])));
        segments[at] = "providers";
        if (left() < 4) return refuse("after 'providers' come namespace, type and name");
        std::size_t const begin = at + 1;
        if (segments[begin].find('.') == std::string::npos) return refuse("the provider's namespace has no dot");
        at += 2;
        while (left() > 0 && !base::same_text(segments[at], "providers")) {
            if (left() < 2) return refuse(fmt::format("the name after '{}' is missing", base::printable(segments[at])));
            at += 2;
        }
        canonical_type(std::span(segments).subspan(begin, at - begin));
    }
    std::string canonical = joined(segments);
    std::string key = base::lower(canonical);
    return ResourceId(std::move(canonical), std::move(key));
}

std::string_view ResourceId::name() const { return std::string_view(text_).substr(text_.rfind('/') + 1); }

std::string ResourceId::type() const {
    auto const parts = parts_of(text_);
    if (parts.provider == parts.segments.size())
        return parts.segments.size() == 2 ? "Microsoft.Resources/subscriptions" : "Microsoft.Resources/resourceGroups";
    std::string out = parts.segments[parts.provider + 1];
    for (std::size_t at = parts.provider + 2; at < parts.segments.size(); at += 2) {
        out += '/';
        out += parts.segments[at];
    }
    return out;
}

std::string ResourceId::subscription() const {
    auto const segments = base::split(std::string_view(text_).substr(1), '/');
    return segments[0] == "subscriptions" ? segments[1] : std::string();
}

std::string ResourceId::group() const {
    auto const segments = base::split(std::string_view(text_).substr(1), '/');
    return segments.size() >= 4 && segments[0] == "subscriptions" && segments[2] == "resourceGroups" ? segments[3]
                                                                                                     : std::string();
}

std::optional<ResourceId> ResourceId::parent() const {
    auto const parts = parts_of(text_);
    std::size_t keep = parts.segments.size() - 2;                            // a pair less
    if (parts.provider + 4 == parts.segments.size()) keep = parts.provider;  // the last pair of its provider: the scope
    if (keep == 0) return std::nullopt;
    std::string text = joined(std::span(parts.segments).first(keep));
    std::string key = base::lower(text);
    return ResourceId(std::move(text), std::move(key));
}

bool ResourceId::is_within(ResourceId const& ancestor) const {
    return key_.starts_with(ancestor.key_) &&
           (key_.size() == ancestor.key_.size() || key_[ancestor.key_.size()] == '/');
}

ResourceId ResourceId::subscription_of(std::string_view guid) {
    assert(!guid.empty() && guid.find('/') == std::string_view::npos);
    std::string text = "/subscriptions/" + std::string(guid);
    std::string key = base::lower(text);
    return ResourceId(std::move(text), std::move(key));
}

ResourceId ResourceId::group(std::string_view name) const {
    assert(type() == "Microsoft.Resources/subscriptions");
    assert(!name.empty() && name.find('/') == std::string_view::npos);
    std::string text = text_ + "/resourceGroups/" + std::string(name);
    std::string key = base::lower(text);
    return ResourceId(std::move(text), std::move(key));
}

ResourceId ResourceId::with(std::string_view type, std::string_view name) const {
    if (base::same_text(type, "Microsoft.Resources/resourceGroups")) return group(name);
    auto const here = this->type();
    std::string text = text_;
    std::string_view rest = type;
    if (base::starts_with_text(type, here + "/")) {
        rest.remove_prefix(here.size() + 1);
    } else {
        auto const slash = type.find('/');
        assert(slash != std::string_view::npos && "a type is namespace/word");
        text += "/providers/" + std::string(type.substr(0, slash));
        rest.remove_prefix(slash + 1);
    }
    auto const words = base::split(rest, '/');
    auto const names = base::split(name, '/');
    assert(words.size() == names.size() && "one name for each word of the type");
    for (std::size_t i = 0; i < words.size(); ++i) {
        assert(!names[i].empty());
        text += "/" + words[i] + "/" + names[i];
    }
    std::string key = base::lower(text);
    return ResourceId(std::move(text), std::move(key));
}

}  // namespace holdfast::resource
