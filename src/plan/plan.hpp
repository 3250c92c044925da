/// plan: compare two graphs. What to do, in what order, what it costs, and why.
///
/// Pure. Compares the Estate with Live in normal form; what the Estate does not decide is not compared. An update sends
/// the live body, read-only parts removed, our changes laid over it, under If-Match where the type has one. A thing of
/// ours no longer designed is a guarded delete. What Live could not read is `unknown`, never `create`. Empty after
/// apply.
#pragma once

#include "catalog/catalog.hpp"
#include "estate/estate.hpp"

namespace holdfast::plan {

using resource::Address;

enum class Action { none, create, update, replace, remove };
std::string_view name(Action);  ///< "create" … "delete"
char symbol(Action);            ///< + ~ ! - and space

struct PropertyChange {
    json::Path at;
    std::optional<json::Value> before, after;  ///< after: absent when pending
    bool pending = false;                      ///< known only later
    catalog::Class cost = catalog::Class::in_place;
    std::string because, source;
    resource::Origin origin;
};
struct Change {
    Address address;
    std::string type;
    std::string resource;  ///< id, or the name it will have; empty while unknown
    Action action = Action::none;
    std::vector<PropertyChange> properties;
    std::string because;
};

enum class Act { write, remove, call, await };
std::string_view name(Act);

/// What a step waits for after its act: GET `path` below the ARM root until the value at `at` is `value`.
struct Condition {
    std::string path, api_version;
    json::Path at;
    std::string value;
};

/// One thing to do. Self-contained: the engine needs the plan and nothing else.
struct Step {
    std::string id;  ///< "write cluster", "register Microsoft.Network"
    Act act = Act::write;
    Address address;
    resource::Resource resource;   ///< write: the body to send (children folded when `inlines` says so), pending open
    std::string method = "PUT";    ///< PUT, DELETE, POST
    std::string action;            ///< call: "providers/Microsoft.Network/register" as a path under the subscription
    std::vector<Address> inlines;  ///< children written by this very step, inside its body
    std::string scope;             ///< where a resource whose id is not known yet will stand: the id of its target
    json::Value overlay;   ///< updates: what the estate decides, to be laid over a fresh body when the live one moved
    bool ours = false;     ///< updates: it bore our mark; what bears it no more is not written over
    bool fresh = false;    ///< updates: read again just before, an earlier step of this plan changes it too
    json::Value recovery;  ///< creations: laid over the body it brings back a deleted one that keeps the name
    std::string if_match;  ///< etag seen when planning
    bool create_only = false;        ///< If-None-Match: *
    std::vector<std::string> after;  ///< step ids
    std::vector<std::string> locks;  ///< two steps sharing one never overlap: "network/vnet-prod"
    std::string until;               ///< the condition, in words
    std::optional<Condition> condition;
    int expected_s = 0;
    std::string because;
    bool grants = false;     ///< a role: those who need it wait by repeating
    std::string granted_at;  ///< when the newest role it needs and that stands already was granted, as Azure wrote it
};

struct Guard {
    std::string
        klass;  ///< rebuild, one_way, unknown, delete, lockout, key-loss, own; refused: no --allow lifts that one
    std::string name;  ///< the object: what `--allow CLASS:NAME` must say, "vnet-prod/nodes"
    std::string because;
    Address address;
};

struct Plan {
    std::string name;             ///< the spec's
    std::vector<Change> changes;  ///< every designed resource, sorted by address; `none` too
    std::vector<Step> steps;      ///< in an order that respects `after`
    std::vector<Guard> guards;
    std::vector<resource::Unread> unknowns;
    std::vector<resource::Unread>
        unseen;  ///< asked for where Azure shows nothing: it hinders no act and proves nothing
    std::vector<estate::Estate::ByAzure> by_azure;
    std::vector<estate::Estate::Unjudged> unjudged;  ///< values laid over as the user wrote them
    bool empty() const { return steps.empty(); }
    std::size_t count(Action) const;
};

/// State of provider registrations and features, read before planning: "Microsoft.Network" -> "Registered",
/// "Microsoft.Compute/EncryptionAtHost" -> "NotRegistered". What is missing is asked for: registering twice changes
/// nothing.
using Providers = std::map<std::string, std::string>;

/// How often a body is sent: where its thing is missing or differs, or whole at every run, as a template does. Then no
/// child may stand alone that its parent's next write would take away.
enum class Sent { once, again };
/// A designed `existing` node that Live neither holds nor calls unread is taken to stand (plans against nothing).
Plan make(estate::Estate const&, resource::Graph const& live, Providers const&, Sent = Sent::once);
/// Destroy: everything of ours, users before what they use; existing things stay. What of ours stays because nothing
/// can delete it (a key in somebody else's vault) is a change `none` that says so.
Plan unmake(estate::Estate const&, resource::Graph const& live);

/// The longest path through the steps, in expected seconds; for display and scheduling.
std::map<std::string, int> remaining_seconds(Plan const&);

/// holdfast/plan 1; `from_json` reads a saved one back exactly.
json::Value to_json(Plan const&, base::Date as_of);
base::Result<Plan> from_json(json::Value const&);

/// What is no longer as it was when `reviewed` was made, in sentences; empty when carrying it out does what was
/// reviewed.
std::vector<std::string> moved_since(Plan const& reviewed, Plan const& now);

/// Whether what stands, a GET's body, shows all that a write of `asked` brings, children inside it too: sent again, it
/// would change nothing. Null in `asked` is what must be unsaid. What Azure never shows is taken to be so.
bool shows(resource::ResourceId const&, json::Value const& asked, json::Value const& live);

/// The body of an update: live body without read-only parts, the estate's values laid over it.
json::Value update_body(resource::Resource const& live, resource::Resource const& desired);

}  // namespace holdfast::plan
