// Private to the room: whether the machine sizes of pools to be made can be had, and can do what is designed, as the
// region's list of SKUs says it. Pure.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::readers {

inline constexpr std::string_view skus_version = "2021-07-01";

/// One region's list, and the pools it is asked for.
struct SizesWanted {
    std::string list;  ///< path and filter
    std::string location;
    std::vector<resource::Resource const*> pools;
};
/// For the designed pools among `missing`: what stands has its machines already.
std::vector<SizesWanted> sizes_wanted(resource::Graph const& estate, std::vector<resource::Resource const*> const& missing);

/// Every reason against one of the pools. A list without any machine size says nothing.
std::optional<std::vector<resource::Unfit>> unfit(SizesWanted const&, json::Array const& skus);

}  // namespace holdfast::readers
