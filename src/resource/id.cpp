/// ResourceId: the only reading of an ARM id.
#include <fmt/format.h>

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cassert>
#include <unordered_map>

#include "resource/resource.hpp"

namespace holdfast::resource {

namespace {

constexpr std::size_t longest = 4096;  ///< far above what Azure accepts; hostile text stops here

/// Ids are read all the time, and seldom have more.
using Segments = boost::container::small_vector<std::string_view, 16>;

Segments segments_of(std::string_view text) {
    Segments out;
    for (std::size_t begin = 0; begin <= text.size();) {
        auto const end = std::min(text.find('/', begin), text.size());
        if (end > begin) out.push_back(text.substr(begin, end - begin));  // doubled, leading and trailing slashes
        begin = end + 1;
    }
    return out;
}

/// Where the last "providers" stands that opens a namespace, the number of segments when there is none. It opens one only
/// where a key is expected ("providers/namespace", "type/name", "subscriptions/guid": always two), so a thing named
/// "providers" is a name.
std::size_t provider_in(std::span<std::string_view const> segments) {
    auto found = segments.size();
    for (std::size_t at = 0; at < segments.size(); at += 2)
        if (base::same_text(segments[at], "providers")) found = at;
    return found;
}

/// The n-th segment of a canonical text; empty where there are fewer.
std::string_view segment(std::string_view text, int n) {
    for (; n > 0 && !text.empty(); --n) text.remove_prefix(std::min(text.find('/', 1), text.size()));
    return text.empty() ? text : text.substr(1, text.find('/', 1) - 1);
}

using Namespaces = std::unordered_map<std::string_view, std::string_view, base::WithoutCase, base::WithoutCase>;
Namespaces const& namespaces() {
    static auto const all = [] {
        Namespaces by_name;
        for (auto const& type : shapes::all()) {
            auto const name = std::string_view(type.name).substr(0, type.name.find('/'));
            by_name.emplace(name, name);
        }
        return by_name;
    }();
    return all;
}

/// The canonical case of a namespace and of each type word, as far as `shapes` knows them.
void canonical_type(std::span<std::string_view> provider) {
    // provider = [namespace, type, name, type, name …]
    std::string type;
    type.reserve(128);
    type = provider[0];
    for (std::size_t at = 1; at < provider.size(); at += 2) {
        (type += '/') += provider[at];
        if (auto const* known = shapes::find(type)) {
            provider[at] = known->name.substr(known->name.rfind('/') + 1);
            if (at == 1) provider[0] = known->name.substr(0, known->name.find('/'));
            type = known->name;
        } else if (at == 1) {
            if (auto const named = namespaces().find(provider[0]); named != namespaces().end()) {
                provider[0] = named->second;
                type.replace(0, provider[0].size(), provider[0]);  // of the same length
            }
        }
    }
}

bool writable_segment(std::string_view segment) {
    if (segment == "." || segment == "..") return false;
    // No early end, so that many bytes are looked at at a time: ids are read more often than anything else.
    bool unwritable = false;
    unsigned char bits = 0;
    for (unsigned char const c : segment) {
        unwritable |= (c < 0x20) | (c == 0x7f) | (c == '?') | (c == '#') | (c == '\\');
        bits |= c;
    }
    if (unwritable) return false;
    for (std::size_t at = 0; bits >= 0x80 && at < segment.size();) {
        auto const length = base::utf8_length(segment, at);
        if (length == 0) return false;
        at += length;
    }
    return segment.front() != ' ' && segment.back() != ' ';  // no segment is empty
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
    std::string text(given);
    for (auto at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1))
        if (base::same_text(std::string_view(text).substr(at, 3), "%2f")) text.replace(at, 3, "/");
    if (text.empty() || text.front() != '/') return refuse("it does not begin with '/'");

    auto segments = segments_of(text);
    if (!std::ranges::all_of(segments, writable_segment)) return refuse("it holds characters that no id has");
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
        if (segments[begin].find('.') == std::string_view::npos) return refuse("the provider's namespace has no dot");
        at += 2;
        while (left() > 0 && !base::same_text(segments[at], "providers")) {
            if (left() < 2) return refuse(fmt::format("the name after '{}' is missing", base::printable(segments[at])));
            at += 2;
        }
        canonical_type({segments.data() + begin, at - begin});
    }
    std::string canonical;
    canonical.reserve(text.size());
    for (auto const segment : segments) canonical.append("/").append(segment);
    std::string key = base::lower(canonical);
    return ResourceId(std::move(canonical), std::move(key));
}

std::string_view ResourceId::name() const { return std::string_view(text_).substr(text_.rfind('/') + 1); }

std::string ResourceId::type() const {
    auto const segments = segments_of(text_);
    auto const provider = provider_in({segments.data(), segments.size()});
    if (provider == segments.size())
        return segments.size() == 2 ? "Microsoft.Resources/subscriptions" : "Microsoft.Resources/resourceGroups";
    std::string out(segments[provider + 1]);
    for (std::size_t at = provider + 2; at < segments.size(); at += 2) out.append("/").append(segments[at]);
    return out;
}

std::string ResourceId::subscription() const {
    return segment(text_, 0) == "subscriptions" ? std::string(segment(text_, 1)) : std::string();
}

std::string ResourceId::group() const {
    bool const in_group = segment(text_, 0) == "subscriptions" && segment(text_, 2) == "resourceGroups";
    return in_group ? std::string(segment(text_, 3)) : std::string();
}

std::optional<ResourceId> ResourceId::parent() const {
    auto const segments = segments_of(text_);
    auto const provider = provider_in({segments.data(), segments.size()});
    // A pair less; of the last pair of its provider, the scope.
    auto const keep = provider + 4 == segments.size() ? provider : segments.size() - 2;
    if (keep == 0) return std::nullopt;
    auto const length = static_cast<std::size_t>(segments[keep].data() - text_.data()) - 1;
    return ResourceId(text_.substr(0, length), key_.substr(0, length));
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
