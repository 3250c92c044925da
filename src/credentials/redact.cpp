// Secrets that a server echoes, found in whatever spelling it chose.
#include <algorithm>
#include <array>
#include <vector>

#include "credentials/credentials.hpp"

namespace holdfast::credentials {

namespace {

/// How deep the text around a secret is nested: plain, a JSON string, JSON in a JSON string; or a form that was posted.
enum class Inside { nothing, json, json_in_json, form };

struct Character {
    std::string_view bytes;  ///< of the secret
    char32_t code = 0;
};

/// UTF-8 as far as it is; a byte that is not stands for itself.
std::vector<Character> characters(std::string_view text) {
    std::vector<Character> all;
    while (!text.empty()) {
        auto const lead = static_cast<unsigned char>(text.front());
        auto const size = std::max<std::size_t>(base::utf8_length(text, 0), 1);
        auto const bytes = text.substr(0, size);
        char32_t code = size == 1 ? lead : lead & (0x7fu >> size);
        for (auto const c : bytes.substr(1)) code = (code << 6) | (static_cast<unsigned char>(c) & 0x3fu);
        all.push_back({bytes, code});
        text.remove_prefix(bytes.size());
    }
    return all;
}

bool is_hex(std::string_view text, std::uint32_t value) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const digit = (value >> 4 * (text.size() - 1 - i)) & 0xf;
        if (text[i] != "0123456789abcdef"[digit] && text[i] != "0123456789ABCDEF"[digit]) return false;
    }
    return true;
}

/// `\` as it stands at that depth: "\", then "\\".
std::size_t backslash_at(std::string_view text, Inside inside) {
    std::string_view const written = inside == Inside::json_in_json ? R"(\\)" : R"(\)";
    return text.starts_with(written) ? written.size() : 0;
}

/// `\u` and four digits. No answer: something else stands there.
std::size_t unit_at(std::string_view text, std::uint32_t unit, Inside inside) {
    auto const begun = backslash_at(text, inside);
    if (begun == 0 || text.size() < begun + 5 || text[begun] != 'u' || !is_hex(text.substr(begun + 1, 4), unit))
        return 0;
    return begun + 5;
}

/// How many bytes of the text spell the character; 0: they do not.
std::size_t spelt(std::string_view text, Character const& one, Inside inside) {
    if (inside == Inside::form) {
        if (one.code == ' ' && text.starts_with('+')) return 1;
        std::size_t read = 0;
        for (auto const c : one.bytes) {
            auto const rest = text.substr(read);
            if (rest.size() < 3 || rest[0] != '%' || !is_hex(rest.substr(1, 2), static_cast<unsigned char>(c)))
                return text.starts_with(one.bytes) && one.code != '%' && one.code != '+' ? one.bytes.size() : 0;
            read += 3;
        }
        return read;
    }
    bool const quoted = one.code == '"' || one.code == '\\';
    if (text.starts_with(one.bytes) && (inside == Inside::nothing || !quoted)) return one.bytes.size();
    if (inside == Inside::nothing) return 0;
    if (one.code > 0xffff) {
        auto const high = unit_at(text, 0xd800 + ((one.code - 0x10000) >> 10), inside);
        auto const low = high == 0 ? 0 : unit_at(text.substr(high), 0xdc00 + ((one.code - 0x10000) & 0x3ff), inside);
        return low == 0 ? 0 : high + low;
    }
    if (auto const unit = unit_at(text, one.code, inside)) return unit;
    auto const begun = backslash_at(text, inside);
    if (begun == 0) return 0;
    constexpr std::array<std::pair<char32_t, char>, 6> letters{
        {{'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {'\b', 'b'}, {'\f', 'f'}, {'/', '/'}}};
    auto const after = text.substr(begun);
    for (auto const& [code, letter] : letters)
        if (one.code == code && after.starts_with(letter)) return begun + 1;
    if (!quoted) return 0;
    // The sign itself, which inside a JSON string is escaped once more.
    std::string const sign = inside == Inside::json_in_json ? std::string{'\\', static_cast<char>(one.code)}
                                                            : std::string(1, static_cast<char>(one.code));
    return after.starts_with(sign) ? begun + sign.size() : 0;
}

std::size_t spelt(std::string_view text, std::vector<Character> const& secret, Inside inside) {
    std::size_t read = 0;
    for (auto const& one : secret) {
        auto const size = spelt(text.substr(read), one, inside);
        if (size == 0) return 0;
        read += size;
    }
    return read;
}

/// A spelling of a secret begins with its first byte as it is, and goes on as it is or escaped; or it begins escaped.
bool may_begin(std::string_view text, std::string_view plain) {
    auto const escaped = [](char c) { return c == '\\' || c == '%' || c == '+'; };
    return escaped(text[0]) || (text[0] == plain[0] && (text.size() == 1 || text[1] == plain[1] || escaped(text[1])));
}

}  // namespace

std::string without_secret(std::string text, base::Secret const& secret) {
    constexpr std::size_t shortest = 6;
    constexpr std::string_view mark = "[secret]";
    auto const& plain = secret.reveal();
    if (plain.size() < shortest || text.size() < plain.size()) return text;  // no spelling is shorter than the secret
    auto const wanted = characters(plain);
    std::string out;
    std::size_t kept = 0;  // of the text, what is in `out` already
    for (std::size_t at = 0; at < text.size();) {
        auto const rest = std::string_view(text).substr(at);
        std::size_t found = 0;
        if (may_begin(rest, plain))
            for (auto const inside : {Inside::nothing, Inside::json, Inside::json_in_json, Inside::form})
                if (found == 0) found = spelt(rest, wanted, inside);
        if (found != 0) {
            out.append(text, kept, at - kept).append(mark);
            kept = at + found;
        }
        at += std::max<std::size_t>(found, 1);
    }
    if (kept == 0) return text;
    return out.append(text, kept);
}

}  // namespace holdfast::credentials
