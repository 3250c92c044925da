#include "simulator/providers/containerservice/versions.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::simulator::providers::containerservice {
namespace {
constexpr Minor rows[] = {
#include "simulator_kubernetes.inc"
};
}  // namespace

std::string Version::text() const {
    auto out = std::to_string(major) + "." + std::to_string(minor);
    if (patch >= 0) out += "." + std::to_string(patch);
    return out;
}

std::optional<Version> parse_version(std::string_view written) {
    auto const parts = base::split(written, '.');
    if (parts.size() < 2 || parts.size() > 3) return {};
    int numbers[3] = {0, 0, -1};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto const* end = parts[i].data() + parts[i].size();
        auto const [stopped, error] = std::from_chars(parts[i].data(), end, numbers[i]);
        if (error != std::errc{} || stopped != end || numbers[i] < 0) return {};
    }
    return Version{numbers[0], numbers[1], numbers[2]};
}

std::vector<std::string> Minor::all_patches() const { return base::split(patches, '\n'); }
std::string Minor::newest() const { return all_patches().back(); }

std::span<Minor const> minors() { return rows; }

Minor const* find_minor(Version version) {
    auto const* found = std::ranges::find_if(rows, [&](Minor const& row) {
        auto const parsed = parse_version(row.minor);
        return parsed && parsed->major == version.major && parsed->minor == version.minor;
    });
    return found == std::end(rows) ? nullptr : found;
}

Minor const& standard_minor() { return *std::ranges::find_if(rows, &Minor::standard); }

std::optional<std::string> resolved(std::string_view written) {
    if (written.empty()) return standard_minor().newest();
    auto const version = parse_version(written);
    auto const* minor = version ? find_minor(*version) : nullptr;
    if (!minor) return {};
    if (version->patch < 0) return minor->newest();
    auto const patches = minor->all_patches();
    auto const found = std::ranges::find(patches, version->text());
    return found == patches.end() ? std::nullopt : std::optional(*found);
}

}  // namespace holdfast::simulator::providers::containerservice
