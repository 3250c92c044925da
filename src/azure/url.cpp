#include "azure/url.hpp"

#include <algorithm>
#include <array>

#include "base/base.hpp"

namespace holdfast::azure {

static std::size_t host_start(std::string_view url) {
    if (base::starts_with_text(url, "https://")) return 8;
    if (base::starts_with_text(url, "http://")) return 7;
    return std::string_view::npos;
}

/// Where the first of "/?#" stands, or the end. Every request asks, and a search for any of a set of characters is slow.
static std::size_t end_of_host(std::string_view url, std::size_t start) {
    auto const ends = [](char c) { return c == '/' || c == '?' || c == '#'; };
    return static_cast<std::size_t>(std::find_if(url.begin() + static_cast<std::ptrdiff_t>(start), url.end(), ends) -
                                    url.begin());
}

namespace {
/// Where a URL leads, borrowed from it.
struct Origin {
    bool tls;
    std::string_view name, port;
};

std::optional<Origin> origin_in(std::string_view url) {
    auto const start = host_start(url);
    if (start == std::string_view::npos) return std::nullopt;
    bool strange = false;  // no early end: the whole of a long URL is looked at many bytes at a time
    for (unsigned char const c : url) strange |= (c <= 0x20) | (c >= 0x7f) | (c == '\\');
    if (strange) return std::nullopt;
    auto const host = url.substr(start, end_of_host(url, start) - start);
    if (host.empty() || host.find('@') != std::string_view::npos) return std::nullopt;
    bool const bracketed = host.front() == '[';
    auto const after_name = bracketed ? host.find(']') : 0;
    if (after_name == std::string_view::npos) return std::nullopt;
    auto const colon = host.find(':', after_name);
    auto const name = host.substr(0, colon);
    auto port = colon == std::string_view::npos ? std::string_view{} : host.substr(colon + 1);
    if (name.empty() || port.size() > 5 ||
        !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    while (port.size() > 1 && port.front() == '0') port.remove_prefix(1);
    bool const tls = start == 8;
    if (port.empty()) port = tls ? "443" : "80";
    return Origin{tls, name, port};
}
}  // namespace

std::optional<std::string> origin_of(std::string_view url) {
    auto const origin = origin_in(url);
    if (!origin) return std::nullopt;
    return std::string(origin->tls ? "https://" : "http://") + base::lower(origin->name) + ":" +
           std::string(origin->port);
}

bool same_origin(std::string_view a, std::string_view b) {
    auto const left = origin_in(a), right = origin_in(b);
    return left && right && left->tls == right->tls && base::same_text(left->name, right->name) &&
           left->port == right->port;
}

std::string_view path_of(std::string_view url) {
    auto const start = host_start(url);
    if (start != std::string_view::npos) {
        url.remove_prefix(end_of_host(url, start));
    }
    return without_query(url);
}

std::string absolute(std::string_view url, std::string_view base) {
    if (host_start(url) != std::string_view::npos || url.empty() || url.front() != '/') return std::string(url);
    if (url.starts_with("//")) return std::string(url);  // names a host without a scheme: no origin, so never followed
    auto const start = host_start(base);
    if (start == std::string_view::npos) return std::string(url);
    return std::string(base.substr(0, end_of_host(base, start))) + std::string(url);
}

std::string_view without_query(std::string_view url) {
    return url.substr(0, std::min(url.find('?'), url.find('#')));
}

std::string without_queries(std::string_view text) {
    static constexpr std::string_view ends = " \t\r\n\"'<>()[]{},;`|";
    std::string out;
    while (true) {
        auto const at = text.find("://");
        if (at == std::string_view::npos) break;
        auto const end = std::min(text.find_first_of(ends, at), text.size());
        auto const query = text.find('?', at);
        if (query < end) {
            out += text.substr(0, query);
            out += "?...";
        } else {
            out += text.substr(0, end);
        }
        // Signatures are base64 and may hold none of `ends`; what follows a separator is text again.
        text = text.substr(end);
    }
    out += text;
    return out;
}

static char hex_digit(unsigned value) { return "0123456789ABCDEF"[value & 15]; }

/// By byte: whether it stands for itself.
using Plain = std::array<bool, 256>;

static constexpr Plain in_path = [] {
    Plain plain{};
    for (unsigned char c = 'a'; c <= 'z'; ++c) plain[c] = plain[c - 'a' + 'A'] = true;
    for (unsigned char c = '0'; c <= '9'; ++c) plain[c] = true;
    for (unsigned char const c : std::string_view("-._~!$&'()*+,;=:@/")) plain[c] = true;
    return plain;
}();
static constexpr Plain in_target = [] {
    Plain plain{};
    for (unsigned char c = 0x21; c < 0x7f; ++c) plain[c] = true;
    for (unsigned char const c : std::string_view("\"<>\\^`{|}#")) plain[c] = false;
    return plain;
}();

static std::string encoded(std::string_view text, Plain const& plain) {
    if (std::ranges::all_of(text, [&plain](unsigned char c) { return plain[c]; })) return std::string(text);
    std::string out;
    out.reserve(text.size());
    for (unsigned char const c : text) {
        if (plain[c]) out += static_cast<char>(c);
        else (out += '%').append({hex_digit(c >> 4), hex_digit(c)});
    }
    return out;
}

std::string encoded_path(std::string_view path) {
    return encoded(path, in_path);
}

std::string encoded_target(std::string_view target) {
    return encoded(target, in_target);
}

}  // namespace holdfast::azure
