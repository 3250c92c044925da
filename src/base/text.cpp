#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "base/base.hpp"

namespace holdfast::base {

namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }
/// Eight characters at once, as they stand in memory: every name and header is compared so.
std::uint64_t eight(std::string_view text, std::size_t at) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    return word;
}
std::uint64_t lower(std::uint64_t word) {
    constexpr std::uint64_t each = 0x0101010101010101, top = 0x80 * each;
    auto const low = word & ~top;
    auto const from_a = low + (0x80 - 'A') * each, beyond_z = low + (0x7f - 'Z') * each;  // told in the top bits
    auto const capital = from_a & ~beyond_z & ~word & top;
    return word | capital >> 2;  // 0x80 >> 2 is what tells a capital from its small letter
}
bool is_hex(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f'); }
unsigned hex_value(char c) { return c <= '9' ? unsigned(c - '0') : unsigned(lower(c) - 'a') + 10; }

/// Optimal string alignment: insertions, deletions, substitutions and swapped neighbours, each one step.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t const substitution = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, substitution});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

std::string encode64(std::string_view bytes, std::string_view alphabet, bool pad) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        std::size_t const count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < count ? std::uint32_t(static_cast<unsigned char>(bytes[i + k])) : 0);
        for (std::size_t k = 0; k < 4; ++k) {
            if (k <= count) out += alphabet[group >> (18 - 6 * k) & 63];
            else if (pad) out += '=';
        }
    }
    return out;
}
constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// What each character stands for, in either alphabet; 64: in neither.
constexpr std::uint8_t in_neither = 64;
constexpr auto sixes = [] {
    std::array<std::uint8_t, 256> of{};
    of.fill(in_neither);
    for (std::uint8_t i = 0; i < in_neither; ++i)
        of[static_cast<unsigned char>(kPlain[i])] = of[static_cast<unsigned char>(kUrl[i])] = i;
    return of;
}();

std::string digest(EVP_MD const* algorithm, std::string_view bytes) {
    std::string out(std::size_t(EVP_MD_get_size(algorithm)), '\0');
    unsigned length = 0;
    [[maybe_unused]] int const done = EVP_Digest(
        bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &length, algorithm, nullptr);
    assert(done == 1);
    return out;
}

/// Invisible or direction-changing characters that can make a terminal line lie.
bool deceives(std::string_view sequence) {
    auto const b = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 2) return b(0) == 0xc2 && b(1) < 0xa0;  // C1 controls
    if (sequence.size() != 3) return false;
    if (b(0) == 0xe2 && b(1) == 0x80) return (b(2) >= 0x8b && b(2) <= 0x8f) || (b(2) >= 0xa8 && b(2) <= 0xae);
    if (b(0) == 0xe2 && b(1) == 0x81) return b(2) >= 0xa0 && b(2) <= 0xaf;
    return b(0) == 0xef && b(1) == 0xbb && b(2) == 0xbf;
}
}  // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = lower(c);
    return out;
}
bool same_letters(std::string_view a, std::string_view b) {
    assert(a.size() == b.size());
    std::size_t at = 0;
    for (; at + 8 <= a.size(); at += 8)
        if (lower(eight(a, at)) != lower(eight(b, at))) return false;
    for (; at < a.size(); ++at)
        if (a[at] != b[at] && lower(a[at]) != lower(b[at])) return false;
    return true;
}
std::size_t WithoutCase::operator()(std::string_view text) const {
    // Eight bytes at a time, the bit that makes letters small set in every byte.
    constexpr std::uint64_t small = 0x2020202020202020, odd = 0x9e3779b97f4a7c15;
    std::uint64_t hash = odd ^ text.size();
    auto const mix = [&](std::uint64_t word) {
        hash = (hash ^ (word | small)) * odd;
        hash ^= hash >> 32;
    };
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) mix(eight(text, at));
    if (at < text.size()) {
        std::uint64_t last = 0;
        std::memcpy(&last, text.data() + at, text.size() - at);
        mix(last);
    }
    return hash;
}
bool starts_with_text(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && same_text(text.substr(0, prefix.size()), prefix);
}
std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    parts.reserve(1 + static_cast<std::size_t>(std::ranges::count(text, separator)));
    for (;;) {
        auto const at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}
std::string join(std::span<std::string const> parts, std::string_view separator) {
    std::string out;
    for (auto const& part : parts) {
        if (&part != parts.data()) out += separator;
        out += part;
    }
    return out;
}
std::string_view trimmed(std::string_view text) {
    auto const space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (!text.empty() && space(text.front())) text.remove_prefix(1);
    while (!text.empty() && space(text.back())) text.remove_suffix(1);
    return text;
}

std::optional<std::string> nearest(std::string_view typed, std::span<std::string const> candidates) {
    if (typed.size() > 200) return std::nullopt;
    auto const wanted = lower(typed);
    std::size_t best = std::max<std::size_t>(1, typed.size() / 3) + 1;
    std::optional<std::string> found;
    for (auto const& candidate : candidates) {
        if (candidate.size() > 200) continue;
        auto const d = distance(wanted, lower(candidate));
        if (d < best) {
            best = d;
            found = candidate;
        }
    }
    if (found || wanted.empty()) return found;
    // The beginning of one word only: `nat` for natGateway.
    auto const begins = [&](std::string const& candidate) { return lower(candidate).starts_with(wanted); };
    if (std::ranges::count_if(candidates, begins) == 1) found = *std::ranges::find_if(candidates, begins);
    return found;
}

std::size_t utf8_length(std::string_view text, std::size_t at) {
    auto const byte = [&](std::size_t i) {
        return static_cast<unsigned char>(at + i < text.size() ? text[at + i] : 0);
    };
    auto const tail = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    unsigned const b = byte(0);
    if (b < 0x80) return 1;
    if (b >= 0xc2 && b <= 0xdf) return tail(1) ? 2 : 0;
    if (b >= 0xe0 && b <= 0xef) {
        if (!tail(1) || !tail(2)) return 0;
        if (b == 0xe0 && byte(1) < 0xa0) return 0;
        if (b == 0xed && byte(1) > 0x9f) return 0;
        return 3;
    }
    if (b >= 0xf0 && b <= 0xf4) {
        if (!tail(1) || !tail(2) || !tail(3)) return 0;
        if (b == 0xf0 && byte(1) < 0x90) return 0;
        if (b == 0xf4 && byte(1) > 0x8f) return 0;
        return 4;
    }
    return 0;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        auto const length = utf8_length(text, at);
        auto const c = static_cast<unsigned char>(text[at]);
        if (length == 0) {
            out += fmt::format("\\x{:02x}", c);
            ++at;
            continue;
        }
        auto const sequence = text.substr(at, length);
        if (length == 1 && (c < 0x20 || c == 0x7f))
            out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : fmt::format("\\x{:02x}", c);
        else if (deceives(sequence))
            for (char const byte : sequence) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        else out += sequence;
        at += length;
    }
    return out;
}

std::string base64(std::string_view bytes) { return encode64(bytes, kPlain, true); }
std::string base64url(std::string_view bytes) { return encode64(bytes, kUrl, false); }

Result<std::string> from_base64(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3 + 3);
    std::uint32_t group = 0;
    int bits = 0;
    bool ended = false;
    for (char const c : text) {
        if (c == '\r' || c == '\n' || c == ' ') continue;
        if (c == '=') {
            ended = true;
            continue;
        }
        auto const at = sixes[static_cast<unsigned char>(c)];
        if (at == in_neither || ended) return fail(ErrorCode::syntax, "this is not base64");
        group = (group << 6 | std::uint32_t(at)) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += char(group >> bits & 0xff);
        }
    }
    if (bits == 6) return fail(ErrorCode::syntax, "this base64 is cut off");
    return out;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (char const c : text) {
        bool const keep = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
        if (keep) out += c;
        else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}
std::string percent_decoded(std::string_view text) {
    if (text.find('%') == std::string_view::npos) return std::string(text);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2])) {
            out += char(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}
std::string hex(std::string_view bytes) {
    std::string out;
    out.reserve(2 * bytes.size());
    for (unsigned char const c : bytes) {
        out += "0123456789abcdef"[c >> 4];
        out += "0123456789abcdef"[c & 15];
    }
    return out;
}

// Fetched once: looking an algorithm up costs more than most digests.
std::string sha1(std::string_view bytes) {
    static EVP_MD const* const algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    return digest(algorithm, bytes);
}
std::string sha256(std::string_view bytes) {
    static EVP_MD const* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return digest(algorithm, bytes);
}

bool is_guid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < 36; ++i) {
        bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
    }
    return true;
}

std::string guid_v5(std::string_view namespace_guid, std::string_view name) {
    assert(is_guid(namespace_guid));
    std::string bytes;
    for (std::size_t i = 0; i < namespace_guid.size(); ++i) {
        if (namespace_guid[i] == '-') continue;
        bytes += char(hex_value(namespace_guid[i]) << 4 | hex_value(namespace_guid[i + 1]));
        ++i;
    }
    auto hash = sha1(bytes + std::string(name)).substr(0, 16);
    hash[6] = char((static_cast<unsigned char>(hash[6]) & 0x0f) | 0x50);
    hash[8] = char((static_cast<unsigned char>(hash[8]) & 0x3f) | 0x80);
    auto const digits = hex(hash);
    return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
           "-" + digits.substr(20);
}

}  // namespace holdfast::base
