/// What the simulated Azure remembers: plain values, each written to one row.
#pragma once

#include "resource/resource.hpp"

namespace holdfast::simulator {

using base::Duration;
using base::Time;
using resource::ResourceId;

/// One resource as it stands: what Azure would answer, without id, name, type and children.
struct Stored {
    ResourceId id;       ///< in the case it was created with
    std::string type;    ///< canonical
    json::Value body;    ///< location, tags, identity, sku, properties …, read-only values included
    json::Value hidden;  ///< what no GET shows: passwords, key material, bookkeeping of a provider. An object
    Time created{}, changed{};
    std::int64_t version = 0;  ///< grows with every change; the etag is made of it
    bool deleting = false;     ///< a delete is under way; a GET still finds it
    std::string created_by;    ///< object id of the caller
};

/// Somebody Entra knows.
struct Principal {
    std::string object_id;
    std::string kind;       ///< "ServicePrincipal", "User", "Group"
    std::string client_id;  ///< of a service principal; a user's principal name; both find it
    std::string name;
    std::string resource;                ///< id of the managed identity's ARM resource, lower case; empty for others
    Time visible_from{};                 ///< before it, the authorization service answers PrincipalNotFound
    std::vector<std::string> members{};  ///< of a group: object ids
};

/// A deleted thing that Azure keeps, with everything that hung on it.
struct SoftDeleted {
    std::string kind;            ///< "vault", "key"
    std::string name;            ///< unique in its kind; a key's is "vault/key"
    std::vector<Stored> things;  ///< the deleted resource first
    Time deleted{}, until{};     ///< Azure purges it by itself at `until`
    bool purge_protected = false;
};

}  // namespace holdfast::simulator
