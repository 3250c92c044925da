// Private to the room: which machine sizes a subscription may have, as the list of SKUs says it. Pure.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::readers {

inline constexpr std::string_view skus_version = "2021-07-01";

/// One region's list, and what it is asked about: sizes, and the zones that pools want them in.
struct SizesWanted {
    std::string list;  ///< path and filter
    std::string location;
    std::map<std::string, std::set<std::string>> sizes;
};
/// For the designed pools among `missing`: what stands has its machines already.
std::vector<SizesWanted> sizes_wanted(resource::Graph const& estate, std::vector<resource::Resource const*> const& missing);

/// What the list closes of them. A list without any machine size says nothing.
std::optional<std::vector<resource::Closed>> closed_sizes(SizesWanted const&, json::Array const& skus);

}  // namespace holdfast::readers
