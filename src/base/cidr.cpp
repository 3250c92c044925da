#include <fmt/format.h>

#include <cassert>

#include "base/base.hpp"

namespace holdfast::base {

namespace {
std::uint32_t mask(int prefix) { return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix); }

std::optional<unsigned> number(std::string_view text, unsigned most) {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    unsigned value = 0;
    for (char const c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + unsigned(c - '0');
    }
    return value <= most ? std::optional(value) : std::nullopt;
}
}  // namespace

Result<std::uint32_t> parse_ipv4(std::string_view text) {
    std::uint32_t address = 0;
    auto const parts = split(text, '.');
    bool good = parts.size() == 4;
    for (auto const& part : parts) {
        auto const octet = number(part, 255);
        good = good && octet;
        address = address << 8 | octet.value_or(0);
    }
    if (!good)
        return fail(ErrorCode::spec_value, fmt::format("'{}' is not an IPv4 address", printable(text)),
                    "write four numbers, such as 10.0.0.4");
    return address;
}

std::string ipv4_text(std::uint32_t a) {
    return fmt::format("{}.{}.{}.{}", a >> 24, (a >> 16) & 255, (a >> 8) & 255, a & 255);
}

Result<Cidr> Cidr::parse(std::string_view text) {
    auto const slash = text.find('/');
    auto const address = parse_ipv4(text.substr(0, slash));
    auto const prefix = slash == std::string_view::npos ? std::nullopt : number(text.substr(slash + 1), 32);
    if (!address || !prefix)
        return fail(ErrorCode::spec_value, fmt::format("'{}' is not an address range", printable(text)),
                    "write an address and a prefix length, such as 10.240.0.0/16");
    int const length = int(*prefix);
    if (*address & ~mask(length)) {
        auto const canonical = of(*address & mask(length), length).text();
        return fail(ErrorCode::spec_value, fmt::format("'{}' has bits set after its /{}", text, length),
                    fmt::format("write {}", canonical));
    }
    return Cidr(*address, length);
}

Cidr Cidr::of(std::uint32_t network, int prefix) {
    assert(prefix >= 0 && prefix <= 32 && (network & ~mask(prefix)) == 0);
    return Cidr(network, prefix);
}
std::uint32_t Cidr::last() const { return network_ | ~mask(prefix_); }
bool Cidr::contains(Cidr const& other) const { return other.first() >= first() && other.last() <= last(); }
bool Cidr::contains(std::uint32_t address) const { return address >= first() && address <= last(); }
bool Cidr::overlaps(Cidr const& other) const { return first() <= other.last() && other.first() <= last(); }
std::string Cidr::text() const { return fmt::format("{}/{}", ipv4_text(network_), prefix_); }

}  // namespace holdfast::base
