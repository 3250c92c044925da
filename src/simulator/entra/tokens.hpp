/// tokens: JSON web tokens as Entra issues them, and what the services check on them.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator::entra {

struct Token {
    std::string object_id, client_id, audience;
};
enum class Fault { none, malformed, expired, audience, tenant };
struct Refused {
    Fault fault;
    std::string message;
};
enum class Audience { management, vault, graph };

/// How a token was come by.
struct Issued {
    std::string client_id;  ///< the application a user signed in with; empty: the principal's own
    bool capable = false;   ///< the client can handle claims challenges
};
std::string issue(Core&, Principal const&, std::string_view audience, Duration lifetime, Issued = {});
/// A token of any claims with the world's signature.
std::string sign(Core const&, json::Object claims);
tl::expected<Token, Refused> verify(Core&, std::string_view token, Audience, Asked const&);

/// A token taken apart, its signature unchecked.
struct Parts {
    json::Value header, claims;
    std::string signed_bytes, signature;
};
std::optional<Parts> take_apart(std::string_view token);

/// "https://login.…/{tenant}" as this request's client should know it.
std::string authority_for(Core const&, Asked const&);
/// The login host that belongs to the host this request came to: its own origin for a custom cloud.
std::string login_origin(Asked const&);

}  // namespace holdfast::simulator::entra
