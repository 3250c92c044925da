/// Kubernetes versions that this Azure offers: minors with their patches, and what may follow what.
#pragma once

#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers::containerservice {

struct Version {
    int major = 0, minor = 0, patch = -1;  ///< patch -1: "1.36", the newest patch
    friend auto operator<=>(Version const&, Version const&) = default;
    std::string text() const;
};
std::optional<Version> parse_version(std::string_view);

struct Minor {
    std::string_view minor, patches;
    bool community = false, standard = false, oidc = false;
    std::string_view source, date;
    std::string newest() const;
    std::vector<std::string> all_patches() const;
};
std::span<Minor const> minors();
Minor const* find_minor(Version);
Minor const& standard_minor();

/// The patch that a written version ends up with ("" = the default); nullopt where it is not offered.
std::optional<std::string> resolved(std::string_view written);

}  // namespace holdfast::simulator::providers::containerservice
