/// subnets: which subnets the design has, and what each is for (data/subnet_parts.yaml).
#pragma once

#include "estate/draft.hpp"

namespace holdfast::estate {

struct SubnetPart {
    std::string_view part;        ///< last word of the address; "*" for network.moreSubnets
    std::string_view delegation;  ///< service that owns it
    std::string_view joined;      ///< nsg, routes, nat, services; newline-separated
    bool no_default_outbound;     ///< switches off the way out that Azure gives unasked
    bool granted;                 ///< the cluster's identity joins things to it
    int min_prefix;
    std::string_view because;
    std::string_view source, date;
    bool joins(std::string_view what) const;
};
SubnetPart const& subnet_part(Address const& subnet);

/// One subnet that the spec names: a range makes one, an id takes one that stands.
struct SubnetWish {
    Address address;
    std::string range_key, id_key;  ///< one of the two is said
    bool is_new = false;
};
/// In the order of the spec; empty without a network.
std::vector<SubnetWish> subnet_wishes(spec::Spec const&);

/// The subnet of a pool's nodes; nothing where Azure makes its own network.
std::optional<Address> nodes_subnet(spec::Spec const&, std::size_t pool);

}  // namespace holdfast::estate
