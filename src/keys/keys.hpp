/// keys: what hangs on which key. A thin first version: vault, key, disk encryption set, pools, and what losing each loses.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::keys {

struct Link {
    resource::Address address;
    std::string what;      ///< "key 'disk' (RSA-HSM 3072, rotates every 90 days)"
    std::string lose;      ///< what is lost when this is destroyed
};
struct Chain {
    std::string purpose;           ///< "disks", "etcd"
    std::vector<Link> links;       ///< vault first, what it protects last
    std::vector<std::string> who_can_use;   ///< identities with a role on the key, and the role
    std::vector<std::string> unknowns;
};
std::vector<Chain> chains(resource::Graph const&);

}  // namespace holdfast::keys
