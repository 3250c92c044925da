/// arm/provider: how a resource type behaves, as a row and a few plain functions.
///
/// The core does what all of Resource Manager does: routing, versions, tokens, roles, registration, locks, validation
/// against `shapes`, replacing on PUT, inline children, conflicts, operations, polling, paging, throttling, soft
/// deletes, durability. A provider says only what is special about its types. It has no state of its own: everything it
/// must remember stands in `Stored::body` or `Stored::hidden`, or is scheduled.
///
/// The life of a PUT, in the order of the questions Azure asks:
///   route, api-version, token, permission, registration, body against `shapes`, etag, management locks,
///   `links` (each must exist, be ready, and permit the caller), `validate`, the write lock (409 when held)
///   -> stored with `creating`/`updating`, `accepted`, answer
///   -> after the drawn duration `complete` -> "Succeeded", or "Failed" with its error.
/// With a duration of zero everything happens before the answer.
#pragma once

#include <variant>

#include "simulator/store/stored.hpp"
#include "world/world.hpp"

namespace holdfast::simulator::arm {

// ---------------------------------------------------------------------------------------------- errors

/// Azure's no. The core writes it in the envelope of the type that was asked.
struct ArmError {
    int status = 400;
    std::string code;
    std::string message;
    std::string target;
    std::string subcode;            ///< AKS
    std::vector<ArmError> details;  ///< their status is ignored
    bool from_gateway = false;      ///< x-ms-failure-cause: gateway instead of service
    json::Value more = nullptr;     ///< one of its additionalInfo: {"type", "info"}
};
enum class Envelope { arm, aks };  ///< {"error": {…}}, or bare {"code", "message", "details", "subcode"}

// ---------------------------------------------------------------------------------------------- the row

/// How long something takes: a triangle drawn once an operation from the world's seed and the resource's id.
struct Takes {
    double least = 0, typical = 0, most = 0;  ///< seconds
    std::string_view source;
};

/// How the answer tells that work goes on.
enum class Lro {
    none,                ///< it does not: done when answered (`takes` must be zero)
    async,               ///< Azure-AsyncOperation
    async_and_location,  ///< both headers
    location,            ///< Location only, 202 … 200/204
    resource_poll,       ///< no header: poll the resource until its provisioningState is terminal
};
enum class PatchStyle {
    none,
    tags,
    merge
};  ///< none: 405. tags: tags at once, anything else 400. merge: RFC 7396, then as a PUT
enum class StatusBody {
    bare,
    timed,
    timed_with_output
};  ///< {"status"}; + name, startTime, endTime; + properties.output
/// What a PUT of the parent means for children of this type that its body does not name. `kept_unsaid`: kept where the
/// body does not speak of such children at all, from an api-version on.
enum class OmittedChildren { removed, kept_unsaid, kept };

/// What one write excludes. `whole`: everything under the topmost resource (a virtual network, a cluster) too.
enum class WriteLock { none, itself, whole };
enum class Conflict { network, aks };  ///< AnotherOperationInProgress, or AKS's OperationNotAllowed

/// A place in the body that names another resource: "properties.subnets[].properties.routeTable.id", or
/// "identity.userAssignedIdentities{}" where the keys are the ids. Inline children's links stand in the child's own
/// row.
struct Link {
    std::string_view at;
    std::string_view action;    ///< what the caller needs there: "…/subnets/join/action"; empty: nothing
    bool must_exist = true;     ///< else 400 InvalidResourceReference
    bool must_be_ready = true;  ///< else 400 ReferencedResourceNotProvisioned (429 for none)
    bool locked_too = false;    ///< the write takes that resource's write lock as well
};

class Context;

/// One write as the client asked for it.
struct Write {
    ResourceId const& id;
    json::Value const& desired;  ///< defaults filled, read-only properties removed, inline children taken out
    std::span<std::pair<ResourceId, json::Value> const> children;  ///< the inline children, same treatment
    Stored const* existing;                                        ///< null: it is created
    std::string_view api_version;
    bool inline_child = false;  ///< written as part of its parent's body
};

struct Answer {
    int status = 200;
    json::Value body;  ///< null: empty
    world::Headers headers;
    std::string written{};  ///< the body as it goes out, where that is known already; `body` is null then
};
/// What an action or a route says: an answer, an error, or "work started" (202).
struct Started {
    Takes takes;
    std::string_view function;  ///< a `Scheduled` that runs at the end, with `payload`
    json::Value payload = json::Object{};
    std::string_view state;             ///< provisioningState meanwhile: "Stopping"
    int final_status = 204;             ///< what the Location URL answers at the end: 204, or 200 with `result` left by
                                        ///< the function through Context::result
    Lro lro = Lro::async_and_location;  ///< the headers that tell of it
};
using Reply = std::variant<Answer, ArmError, Started>;

/// One request to an action or a route.
struct Call {
    std::string method;
    std::map<std::string, std::string> parameters;  ///< from the pattern: {location}, {name}
    std::map<std::string, std::string> query;       ///< keys lower case: "$filter", "format"
    json::Value body;                               ///< null when empty
    std::string subscription, group;                ///< as written; empty where there is none
    std::string origin;                             ///< "https://host:port" of this request
};

struct Action {
    std::string_view name;    ///< "listClusterUserCredential"; for GET sub-resources that are no resources too:
                              ///< "upgradeProfiles/default"
    std::string_view method;  ///< "POST"
    std::string_view
        permission;  ///< full: "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"
    Reply (*run)(Context&, Stored&, Call const&);
    bool locks = false;  ///< takes the type's write lock
};

struct Done {};
struct Later {
    Duration after;
};  ///< not finished: ask again then
using Outcome = std::variant<Done, ArmError, Later>;

struct ResourceBehaviour {
    std::string_view type;  ///< canonical, as in shapes

    int create_status = 201, update_status = 200;
    Lro put = Lro::none,
        erase = Lro::none;  ///< erase none: 200 (the body too when `delete_answers_body`); else 202. Absent: 204
    bool delete_answers_body = false;
    int put_retry_after = 0, erase_retry_after = 10;  ///< seconds; 0: no header
    int erase_final_status = 204;                     ///< what the Location answers once it is gone
    Takes create{}, update{}, destroy{};
    PatchStyle patch = PatchStyle::none;

    std::string_view state_at = "properties.provisioningState";  ///< empty: the type has none
    std::string_view creating = "Updating", updating = "Updating", deleting = "Deleting";

    WriteLock lock = WriteLock::none;
    Conflict conflict = Conflict::network;
    Envelope envelope = Envelope::arm;
    StatusBody status_body = StatusBody::bare;
    /// Under /subscriptions/{s}: "providers/Microsoft.Network/locations/{location}/operations/{id}?api-version=…".
    std::string_view operation_path{}, result_path{};

    std::string_view etag_at{};  ///< "etag", "eTag", "properties.eTag"; empty: none
    bool etag_header = false;    ///< answers to GET carry it; those to PUT never do
    int etag_mismatch = 412;     ///< 412 PreconditionFailed, or 409 EtagMismatch
    /// So many seconds a write is being saved: another one of the same thing meets the etag that moves under it (AKS's
    /// 409 EtagMismatch), and the lock only afterwards.
    int saved_after = 0;
    /// A `Scheduled` that fails with its payload: a mismatch is accepted, and the operation ends so. Empty: refused.
    std::string_view etag_fails_by{};

    OmittedChildren omitted = OmittedChildren::removed;
    std::string_view kept_unsaid_since{};
    bool accepted_empty = false;      ///< a PUT answers `{}`: what came of it shows a GET
    std::string_view null_at_first{};  ///< what the answer to a creating PUT does not know yet
    bool system_data = false;          ///< GET tells who made it, and when it was written last
    bool tracked = true;              ///< shown by GET …/resources, when it is a top-level resource
    bool location_of_itself = false;  ///< PUT answers with a Location that is its own URL, and no operation
    std::span<Link const> links{};
    std::span<Action const> actions{};
    std::span<std::string_view const>
        secrets{};  ///< write-only paths: kept in `hidden` under the same path when sent, never shown

    /// Synchronous 4xx. Null hooks mean nothing special.
    std::optional<ArmError> (*validate)(Context&, Write const&) = nullptr;
    /// Stored and about to be answered: fill what is known at once (principalId, fqdn, another state).
    /// Defaults of the type that `shapes` does not know belong here too. `before` is null on creation.
    void (*accepted)(Context&, Stored&, Stored const* before) = nullptr;
    /// Overrides the row's `create`/`update` duration (seconds).
    std::optional<double> (*duration)(Context&, Stored const&, Stored const* before) = nullptr;
    /// The operation ends: fill the rest, create what comes with it, or fail.
    Outcome (*complete)(Context&, Stored&) = nullptr;
    /// Synchronous no to a DELETE: in use, protected. Also asked for inline children that a parent PUT drops, and for
    /// every member of a group that is being deleted.
    std::optional<ArmError> (*before_delete)(Context&, Stored const&) = nullptr;
    /// A DELETE was accepted: what its query says may be kept in `hidden`.
    void (*erasing)(Context&, Stored&, std::map<std::string, std::string> const& query) = nullptr;
    /// The DELETE's own work, asked until it is done; then the resource goes.
    Outcome (*erase_step)(Context&, Stored&) = nullptr;
    /// It is gone, with `subtree` (itself first, then children and extensions).
    void (*deleted)(Context&, Stored const&, std::span<Stored const> subtree) = nullptr;
    /// Last touch on the properties that a GET shows, and on nothing beside them: etag and inline children are already
    /// there, secrets are not.
    void (*view)(Context const&, Stored const&, json::Value& shown) = nullptr;
    bool id_says_resourcegroups = false;  ///< in lower case
    std::string_view shown_type{};        ///< as a GET spells it; empty: canonical

    std::string_view source{}, date{};
};

/// A path of the namespace that is no resource. The pattern stands after "/providers/":
/// "Microsoft.KeyVault/locations/{location}/deletedVaults/{name}", under a subscription, a group or the tenant.
struct Route {
    enum class Under { tenant, subscription, group } under = Under::subscription;
    std::string_view method;
    std::string_view pattern;
    std::string_view permission;  ///< checked at the subscription or group; empty: any valid token
    Reply (*run)(Context&, Call const&);
};

/// A function that runs by itself later. Named, because schedules survive a restart.
struct Scheduled {
    std::string_view name;  ///< "aks.kubelet_identity"
    void (*run)(Context&, std::string const& id, json::Value const& payload);
};

struct Provider {
    std::string_view name;  ///< "Microsoft.Network"
    bool registered_at_first = false;
    Takes registration{5, 15, 60, "estimate from documentation, 2026-11-23"};
    std::span<ResourceBehaviour const> types{};
    std::span<Route const> routes{};
    std::span<Scheduled const> scheduled{};
};

/// Defined in simulator/providers/providers.cpp. Types that `shapes` knows and no row mentions can be loaded and read;
/// a write is refused as not modelled.
std::span<Provider const* const> providers();

// ---------------------------------------------------------------------------------------------- the context

struct Caller {
    std::string object_id, client_id;
    std::string stack =
        {};  ///< id of the deployment stack in whose name this is asked: its deny settings do not hold it
    bool operator==(Caller const&) const = default;
};

/// The world as a hook sees it, for one request or one scheduled moment.
/// References to Stored stay valid until that resource is erased.
class Context {
public:
    virtual ~Context() = default;

    virtual Time now() const = 0;
    virtual Caller const& caller() const = 0;  ///< of the request; in `complete`, of the request that started it
    virtual std::string const& tenant() const = 0;
    /// Randomness that depends on the seed, the purpose and how often it was asked for: not on who else drew meanwhile.
    virtual base::Prng prng(std::string_view purpose) = 0;
    virtual double draw(Takes const&, std::string_view purpose) = 0;
    virtual std::string guid(std::string_view purpose) = 0;

    // Reading. Ids compare without case; text that is no id finds nothing.
    virtual Stored const* find(ResourceId const&) const = 0;
    virtual Stored const* find(std::string_view id) const = 0;
    virtual std::vector<Stored const*> children(ResourceId const& parent, std::string_view type = {}) const = 0;
    virtual std::vector<Stored const*> of_type(std::string_view type) const = 0;
    /// Who names this resource, or something under it, in a body; what stands under it does not count.
    virtual std::vector<Stored const*> users(ResourceId const&) const = 0;
    /// As a GET would answer.
    virtual json::Value shown(Stored const&) const = 0;
    virtual bool busy(ResourceId const&) const = 0;  ///< an operation holds its write lock

    // Writing: durable with this request, all or nothing.
    virtual Stored* edit(ResourceId const&) = 0;  ///< null when it does not stand; counts as a change
    /// Creates or replaces without asking hooks; for what Azure makes by itself.
    virtual Stored& put(ResourceId const&, json::Value body) = 0;
    virtual void erase(ResourceId const&) = 0;  ///< with everything under it; `deleted` hooks run

    // Access.
    virtual bool permits(std::string_view principal, std::string_view action, ResourceId const& scope) const = 0;
    virtual bool permits_data(std::string_view principal, std::string_view action, ResourceId const& scope) const = 0;
    /// Whether `permits` would say yes once assignments just made take effect.
    virtual bool will_permit(std::string_view principal, std::string_view action, ResourceId const& scope) const = 0;
    virtual Principal const* principal(std::string_view object_or_client_id) const = 0;
    virtual Principal const& add_principal(Principal) = 0;
    virtual void remove_principal(std::string_view object_id) = 0;
    /// Gives a role without propagation delay: what Azure's own services do for themselves.
    virtual void grant(std::string_view principal, std::string_view role, ResourceId const& scope) = 0;
    virtual bool registered(std::string_view provider) const = 0;
    virtual bool feature_registered(std::string_view provider, std::string_view feature) const = 0;

    // Time.
    virtual void schedule(Time at, std::string_view function, std::string_view id,
                          json::Value payload = json::Object{}) = 0;
    /// In a function named by `Started`: what the Location URL answers with 200.
    virtual void result(json::Value) = 0;
    /// In a function named by `Started`: the operation failed.
    virtual void fail(ArmError) = 0;

    // The bin.
    virtual SoftDeleted const* soft_deleted(std::string_view kind, std::string_view name) const = 0;
    virtual std::vector<SoftDeleted const*> all_soft_deleted(std::string_view kind) const = 0;
    virtual void bury(SoftDeleted) = 0;                                      ///< purged by itself at `until`
    virtual bool unearth(std::string_view kind, std::string_view name) = 0;  ///< its things stand again
    virtual bool purge(std::string_view kind, std::string_view name) = 0;
};

/// Every text at a link path, in document order.
std::vector<std::string> texts_at(json::Value const& body, std::string_view link_path);
ArmError error(int status, std::string_view code, std::string message, std::string target = {});

}  // namespace holdfast::simulator::arm
