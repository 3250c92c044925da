/// signing: what the ways to sign in share. Private to this room.
#pragma once

#include <map>
#include <memory>

#include "credentials/credentials.hpp"

namespace holdfast::credentials {

/// A token and when to stop trusting it.
struct Token {
    base::Secret secret;
    base::Time expires;
    base::Time stale;  ///< from here on a new one is fetched ahead
};

/// Reads {access_token, expires_in | expires_on, refresh_in}; numbers may come as texts (IMDS sends them so).
Result<Token> read_token(std::string_view body, base::Time now);
/// Five minutes before the end; two for tokens of five minutes; never later than asked for by `refresh_in`.
base::Time stale_from(base::Time now, base::Time expires, std::optional<base::Duration> refresh_in);

/// Repeats what means *again*: asking for a token changes nothing, so it may be asked twice.
Task<Result<world::Response>> send_until_answered(world::Request request, world::World* world, int attempts = 4);

/// An OAuth refusal in people's words, Entra's code and ids kept. The token URL stays out: only its path's last word.
base::Error refused(world::Response const&, std::string who);

/// Keeps tokens by audience; one refresh at a time; whoever comes meanwhile waits, or takes the old one while it is
/// valid.
class Cached : public Credential {
public:
    Task<Result<base::Secret>> token(std::string audience, std::string claims, world::World& world) final;
    void forget(std::string const& audience) override;

protected:
    virtual Task<Result<Token>> fetch(std::string audience, std::string claims, world::World* world) = 0;

private:
    struct Slot {
        std::optional<Token> token;
        bool fetching = false;
        world::Signal done;
    };
    std::map<std::string, std::shared_ptr<Slot>> slots_;  // shared with waiters that a forget() may overtake
};

/// A signed JWT that proves possession of a certificate's key to Entra.
Result<std::string> client_assertion(base::Secret const& pem, std::string const& client_id,
                                     std::string const& token_url, base::Time now, std::string const& id);

}  // namespace holdfast::credentials
