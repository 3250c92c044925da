#include <array>
#include <bit>

#include "base/base.hpp"

namespace holdfast::base {

Prng::Prng(std::uint64_t seed) {
    for (auto& word : state_) {  // splitmix64, as xoshiro's authors advise for seeding
        seed += 0x9e3779b97f4a7c15;
        std::uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        word = z ^ (z >> 31);
    }
}

std::uint64_t Prng::next() {
    auto const result = std::rotl(state_[1] * 5, 7) * 9;
    auto const t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Prng::below(std::uint64_t bound) {
    auto const limit = bound * (UINT64_MAX / bound);  // rejection keeps it uniform
    for (;;) {
        auto const drawn = next();
        if (drawn < limit) return drawn % bound;
    }
}

double Prng::unit() { return double(next() >> 11) * 0x1.0p-53; }

Prng Prng::fork() { return Prng(next()); }

std::string Prng::guid() {
    auto high = next(), low = next();
    high = (high & 0xffffffffffff0fff) | 0x4000;
    low = (low & 0x3fffffffffffffff) | 0x8000000000000000;
    // Two digits of a byte at a time: everything that is asked of the simulated Azure is answered with such names.
    static constexpr auto digits = [] {
        std::array<std::array<char, 2>, 256> of{};
        for (std::size_t byte = 0; byte < of.size(); ++byte)
            of[byte] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
        return of;
    }();
    std::string out(36, '-');
    std::size_t at = 0;
    for (auto const half : {high, low})
        for (int shift = 56; shift >= 0; shift -= 8) {
            if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
            auto const& two = digits[half >> shift & 0xff];
            out[at++] = two[0];
            out[at++] = two[1];
        }
    return out;
}

}  // namespace holdfast::base
