/// tokens: what the ways to sign in share. Private to this room.
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

inline constexpr std::size_t largest_token = 64u << 10;  ///< bytes; the longest seen are 8 KB (many group claims)
inline constexpr std::size_t largest_answer = 1u << 20;  ///< bytes of one sign-in answer
inline constexpr json::ParseLimits answer_limits{largest_answer, 16};

/// Reads {access_token, expires_in | expires_on, refresh_in}; numbers may come as texts (IMDS sends them so). A token
/// that could not stand in a header line is refused.
Result<Token> read_token(std::string_view body, base::Time now);
/// Five minutes before the end; two for tokens of five minutes; never later than asked for by `refresh_in`.
base::Time stale_from(base::Time now, base::Time expires, std::optional<base::Duration> refresh_in);
/// Visible ASCII only, and not endless.
bool can_be_token(std::string_view text);
/// A whole number, also when it comes as text or with a fraction.
std::optional<std::int64_t> number_at(json::Value const& value, json::Path const& at);

/// Makes each attempt's request anew: an assertion is good for one attempt, since its id may not be seen twice.
using MakeRequest = std::function<Result<world::Request>()>;
/// Repeats what means *again*: asking for a token changes nothing, so it may be asked twice. A refusal that repeats what
/// it was sent comes without what proved who asked.
Task<Result<world::Response>> send_until_answered(MakeRequest make, world::World* world, int attempts = 4);

/// An OAuth refusal in people's words, Entra's code and ids kept. The token URL stays out.
base::Error refused(world::Response const&, std::string who);

/// A secret is sent only over TLS, or to this very machine.
bool may_carry_secrets(std::string_view url);
/// The same, or to a link-local address, where a host speaks to what runs on it: App Service, metadata services.
bool stays_on_this_host(std::string_view url);

/// "2222…": ids are shown shortened, enough to tell one from another.
std::string brief(std::string_view id);

/// What is asked for.
struct Wanted {
    std::string audience;
    std::string claims;  ///< empty, or a challenge to answer
    int attempts = 4;    ///< few while an older token still serves
};

/// Keeps tokens by audience; one refresh at a time; whoever comes meanwhile waits, or takes the old one while it is
/// valid. Who waited for a fetch that failed shares its error. A refresh ahead that failed is tried again half a minute
/// later, not by everybody who asks.
class Cached : public Credential {
public:
    Task<Result<base::Secret>> token(std::string audience, std::string claims, world::World& world) final;
    void forget(std::string const& audience, base::Secret const& refused) override;

protected:
    virtual Task<Result<Token>> fetch(Wanted wanted, world::World* world) = 0;

private:
    struct Slot {
        std::optional<Token> token;
        std::string claims;  ///< the challenge that `token` answers
        bool fetching = false;
        std::uint64_t fetches = 0;          ///< how many have ended
        std::optional<base::Error> failed;  ///< why the last one did, for those who waited for it
        world::Signal done;
    };
    std::map<std::string, std::shared_ptr<Slot>> slots_;  // shared with waiters that a forget() may overtake
};

}  // namespace holdfast::credentials
