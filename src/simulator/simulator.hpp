/// simulator: a strict fake Azure, a house of its own.
///
/// Its core is `answer(Request, Time, Prng&) -> Response` plus `next_due()`: no coroutine, clock or socket. The
/// in-process transport and HTTPS are thin faces of it; bodies cross as bytes through the real parsers in both. It
/// shares `shapes` and `resource` with the client and none of its beliefs: conflicts, capacity, names, immutability,
/// errors and durations are rows and code of its own (simulator/data). Where it is unsure it is stricter than Azure.
///
/// State is written through to `world::Rows` before an answer leaves: a kill loses no acknowledged write.
#pragma once

#include "resource/resource.hpp"
#include "world/world.hpp"

namespace holdfast::simulator {

using base::Duration;
using base::Time;

/// An application that may sign in. It holds no role until it is given one.
struct Application {
    std::string client_id, object_id, name;
    std::string client_secret;    ///< empty: none
    std::string certificate_pem;  ///< assertions signed by it are accepted; empty: none
    struct Federation {
        std::string issuer, subject, audience = "api://AzureADTokenExchange";
    };
    std::vector<Federation> federations;  ///< tokens of others that are accepted in its place
    std::string role;                     ///< held on the subscription from the start; empty: none
};

struct Identity {
    std::string tenant = "11111111-1111-1111-1111-111111111111";
    std::string subscription = "00000000-0000-0000-0000-000000000001";
    std::string client_id = "22222222-2222-2222-2222-222222222222";  ///< the Owner that --env-file names
    std::string object_id = "33333333-3333-3333-3333-333333333333";
    std::string client_secret = "simulated-secret";
    std::string certificate_pem;                       ///< as an Application's
    std::vector<Application::Federation> federations;  ///< as an Application's
};

/// Those who are there besides the Owner.
struct Directory {
    struct User {
        std::string object_id, user_principal_name, name, password;
        std::string role;  ///< held on the subscription from the start; empty: none
    };
    struct Group {
        std::string object_id, name;
        std::vector<std::string> members;  ///< object ids
        std::string role;
    };
    std::vector<User> users;  ///< a device code is approved by the first of them
    std::vector<Group> groups;
    std::vector<Application> applications;
    /// A subscription of another tenant, of which somebody may have the id.
    struct Foreign {
        std::string subscription, tenant;
    };
    std::vector<Foreign> foreign;
};
/// {"users": [{"userPrincipalName", "password", …}], "groups": [{"displayName", "members": [UPN, name or object id]}],
/// "servicePrincipals": [{"appId", "secret", …}], "subscriptionsOfOthers": [{"subscriptionId", "tenantId"}]}. Ids that
/// are not said are made from the names. Unknown members, doubled names and members that nobody is are refused with their place.
base::Result<Directory> read_directory(std::string_view json);

/// What Azure itself may do to a deployment, for tests of those who deploy. Everything that can be done on the wire is
/// left to the wire; only what happens inside Azure is asked here, once each time. The default is fair weather.
class Fate {
public:
    virtual ~Fate() = default;
    enum class End {
        well,
        fails,                 ///< what was written stands as Failed until it is written again; what was to go stays
        fails_then_converges,  ///< the same, and five minutes later what was written is Succeeded by itself
        hangs,                 ///< goes on; asked again after a minute
    };
    /// Work on `target` (PUT, PATCH, DELETE or POST) is about to end.
    virtual End end(std::string_view verb, resource::ResourceId const& target);
    /// A provider's registration is about to end. True: it stays Registering; asked again after a minute.
    virtual bool registration_hangs(std::string_view name_space);
    /// How long that work takes, in seconds, before it begins.
    virtual double takes(std::string_view verb, resource::ResourceId const& target, double drawn);
    /// Seconds until a role assignment just made takes effect.
    virtual double takes_effect(resource::ResourceId const& assignment, double drawn);
    virtual Duration token_lives(Duration usual);
    /// Told of a create that asks for what stands already, unasked: `repeated_creates` counts them.
    virtual void repeated(resource::ResourceId const& target);
};

struct Options {
    Identity owner;
    Directory directory;
    Time start;                    ///< a new world's now; an old world keeps its own
    std::uint64_t seed = 1;        ///< durations and propagation are drawn from it
    double propagation_least = 0;  ///< seconds until a new role assignment takes effect, drawn for each:
    double propagation_most = 90;  ///< the least and the most. Both 0: at once
    Fate* fate = nullptr;          ///< null: fair weather. Borrowed
    std::string public_url;  ///< "https://127.0.0.1:8443": absolute URLs in answers follow the request's host; this is
                             ///< for metadata
};

class Azure {
public:
    /// Loads what `rows` holds, or starts empty.
    static base::Result<std::unique_ptr<Azure>> open(world::Rows& rows, Options options);
    virtual ~Azure() = default;

    /// One request, at a virtual moment that never goes back. Always answers; the state change is durable before it
    /// returns.
    virtual world::Response answer(world::Request const&, Time now) = 0;
    /// When something happens by itself next (an operation ends, a role takes effect), if anything is under way.
    virtual std::optional<Time> next_due() const = 0;
    /// The world's own clock: the latest moment it has seen.
    virtual Time now() const = 0;

    /// Starts the world from ARM bodies ("existing" networks and vaults): a JSON list or {"value": […]}.
    virtual base::Result<void> load(std::string_view arm_json) = 0;

    /// For tests: what stands, by id (lower case), as a GET would show it.
    virtual std::map<std::string, json::Value> resources() const = 0;
    struct Soft {
        std::string kind, name;
        Time until;
        bool purge_protected = false;
    };
    virtual std::vector<Soft> soft_deleted() const = 0;
    /// Durations drawn so far, "PUT <lower-case id>" -> seconds: what an independent critical path is computed from.
    virtual std::map<std::string, double> drawn() const = 0;
    virtual std::int64_t repeated_creates() const = 0;
};

/// What deployments meet in life, laid over a served Azure: throttling, refusals, lost answers on the wire, and a fate
/// for what happens inside. Everybody's requests draw from the same dice: the same word, seed and sequence of requests meet
/// the same weather. Directions (discovery, metadata) are always fair: without them no client finds the way.
class Weather {
public:
    struct Profile {
        std::string_view name, says;
    };
    static std::span<Profile const> profiles();
    /// A profile's name, whose dice are thrown by `seed`; or a number, from which kinds, rates and dice are drawn.
    static base::Result<std::unique_ptr<Weather>> read(std::string_view word, std::uint64_t seed);
    virtual ~Weather() = default;

    virtual Fate& fate() = 0;  ///< for the Options of the Azure that is served
    struct Answer {
        world::Response response;
        std::size_t withheld = 0;  ///< so many of its last bytes never come, and the connection ends
    };
    static constexpr std::size_t everything = ~std::size_t{0};  ///< withheld: no answer at all
    /// `readers_now`: what the asker's clock shows, by which dates are read. `hurry`: how much faster than the asker
    /// this Azure lives, and so what remains of the waits it asks for.
    virtual Answer answer(Azure&, world::Request const&, Time now, Time readers_now, double hurry) = 0;

    struct Kind {
        std::string_view name, means;
        double rate;  ///< per opportunity
        std::uint64_t struck;
    };
    /// Those that are on.
    virtual std::vector<Kind> kinds() const = 0;
    virtual std::uint64_t requests() const = 0;
    virtual std::string title() const = 0;  ///< "rough, a bad day: …"
};

/// The in-process face: each exchange takes `latency` of virtual time.
std::unique_ptr<world::Transport> transport(Azure&, world::Clock&, Duration latency = Duration{40});

}  // namespace holdfast::simulator
