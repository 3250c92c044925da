/// reading: what `live` and `from_json` share. Private to this room.
#pragma once

#include "readers/readers.hpp"

namespace holdfast::readers {

using resource::Address;
using resource::Graph;
using resource::Resource;
using resource::ResourceId;

/// The tag of our group, and its numbered sisters, that name what we made in others' resources.
inline constexpr std::string_view elsewhere_tag = "holdfast-elsewhere";
inline constexpr std::string_view group_type = "Microsoft.Resources/resourceGroups";
inline constexpr std::string_view assignments_path = "/providers/Microsoft.Authorization/roleAssignments";

/// How the estate calls things, so that what it does not know is called alike.
class Names {
public:
    explicit Names(Graph const& estate) : estate_(estate) {}
    /// The estate's address, else one made from the id: `cluster/pools/old` beside `cluster/pools/system`.
    Address address_of(ResourceId const& id, Graph const& live) const;

private:
    Graph const& estate_;
};

/// The spec's name as the estate's tags carry it; empty when nothing is tagged.
std::string owner_of(Graph const& estate);
/// Whether a body bears our tag, or our mark where its type has a place for one.
bool bears_our_mark(std::string_view type, json::Value const& raw, std::string_view owner);

/// A resource and the children its body showed, from Azure's JSON. `designed` lends address, parent and ownership.
struct Read {
    Resource resource;
    std::vector<std::pair<ResourceId, json::Value>> children;
};
Result<Read> read_body(ResourceId const& id, json::Value raw, std::string etag, Address address,
                       Resource const* designed);

}  // namespace holdfast::readers
