/// keys: what hangs on which key. A thin first version: vault, key, disk encryption set, pools, and what losing each
/// loses.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::keys {

struct Link {
    resource::Address address;
    std::string what;  ///< "key 'disk' (RSA-HSM 3072, rotates every 90 days)"
    std::string lose;  ///< what is lost when this is destroyed
};
/// One role that lets somebody unwrap with the key.
struct User {
    std::string principal;    ///< address of an identity of the graph, else the object id
    std::string role, scope;  ///< "Key Vault Crypto User", "key 'etcd'"
    resource::Address assignment;
};
struct Chain {
    std::string purpose;                   ///< "disks", "etcd"
    std::vector<Link> links;               ///< vault first, what it protects last
    std::vector<std::string> who_can_use;  ///< `users` in words
    std::vector<User> users;
    std::vector<std::string> unknowns;
    resource::Address vault, key;  ///< empty: not in the graph
};
std::vector<Chain> chains(resource::Graph const&);

}  // namespace holdfast::keys
