/// resource: ids, addresses, bodies, references, graphs, and the one normal form.
///
/// Three graphs of one shape: *Estate* (what the spec asks for), *Live* (what stands), *After* (Live overlaid by Estate).
/// A node is named by its Address, which never changes; its ResourceId may not be known yet. A body is one owned JSON
/// value in normal form; beside it `pending`, the values known only later, and `origins`, who decided each value.
/// A child (subnet, pool, route, rule, key …) is always its own node: bodies in a graph contain no children.
/// The order of work is read from `pending`, ids inside bodies, parents and `references`: from nothing else.
#pragma once

#include <unordered_map>

#include "json/json.hpp"
#include "shapes/shapes.hpp"

namespace holdfast::resource {

/// "/subscriptions/…/resourceGroups/…/providers/Microsoft.X/type/name[/type/name]", or a resource group, subscription,
/// or an extension resource on any of these. Compared without case, printed in the case it was given, types canonical.
class ResourceId {
public:
    static base::Result<ResourceId> parse(std::string_view);  ///< the only way in; decodes %2F, collapses slashes
    std::string const& text() const { return text_; }
    std::string const& key() const { return key_; }   ///< lower case: what compares
    std::string_view name() const;                    ///< last segment
    std::string type() const;                         ///< "Microsoft.Network/virtualNetworks/subnets"; "Microsoft.Resources/resourceGroups", "Microsoft.Resources/subscriptions"
    std::string subscription() const;                 ///< empty for tenant-level ids
    std::string group() const;                        ///< resource group name, or empty
    /// The enclosing resource: a child's parent, an extension's target, a resource's group, a group's subscription.
    std::optional<ResourceId> parent() const;
    bool is_within(ResourceId const& ancestor) const; ///< itself or below, whole segments
    friend bool operator==(ResourceId const& a, ResourceId const& b) { return a.key_ == b.key_; }
    friend auto operator<=>(ResourceId const& a, ResourceId const& b) { return a.key_ <=> b.key_; }

    static ResourceId subscription_of(std::string_view guid);
    ResourceId group(std::string_view name) const;    ///< on a subscription
    /// Child or top-level resource of a canonical type under this id (a group, a parent, or any resource for extensions).
    ResourceId with(std::string_view type, std::string_view name) const;

private:
    ResourceId(std::string text, std::string key) : text_(std::move(text)), key_(std::move(key)) {}
    std::string text_, key_;
};

/// A stable name in the words of the spec: "cluster", "cluster/pools/system", "network/subnets/nodes", "keys/disk".
/// Lower-case words, digits, '-', '.', and '/' between.
using Address = std::string;

/// A value another resource's answer will hold: `keys/disk` at `properties.keyUriWithVersion`.
struct Output {
    Address address;
    json::Path path;
    std::string suffix = {};  ///< appended to a text: "/32" makes a range of an address
    friend bool operator==(Output const&, Output const&) = default;
};
/// The value as it is wanted, from what the source shows.
json::Value as_wanted(Output const&, json::Value const& shown);
/// A secret named by the spec: where to fetch it just before sending.
struct SecretName {
    enum class Kind { environment, file, generate } kind = Kind::environment;
    std::string name;
    friend bool operator==(SecretName const&, SecretName const&) = default;
};
struct Pending {
    json::Path at;
    std::variant<Output, SecretName> from;
};

/// Who decided a value, and why.
struct Origin {
    enum class By { you, profile, standard, azure };  ///< standard = Holdfast's default
    By by = By::standard;
    base::SourcePos where;   ///< for `you`
    std::string because;
};
std::string_view name(Origin::By);

/// Something that must stand first though the body does not show it: a role before the cluster that uses it.
struct Reference {
    Address to;
    std::string because;
};

enum class Ownership { managed, existing };

struct Resource {
    Address address;
    std::string type;                        ///< canonical
    Ownership ownership = Ownership::managed;
    std::optional<ResourceId> id;            ///< unknown only for names made from pending values
    std::optional<Address> parent;           ///< a child's parent, an extension's target; a resource's group
    json::Value body = json::Object{};       ///< normal form, no children, no id/name/type
    std::vector<Pending> pending;
    std::vector<Reference> references;
    std::map<json::Path, Origin> origins;    ///< by path into the body; the empty path speaks for the resource
    std::optional<json::Value> raw;          ///< Live: the body exactly as read, kept for updates
    std::string etag;                        ///< Live, where the type has one
    bool ours = false;                       ///< Live: bears our mark, or was created with a parent that does
    std::string api_version;                 ///< empty: the newest of `shapes`
};

/// How much of the world a graph speaks for. Live graphs read from files know only part of it.
struct Unread {
    std::string what;      ///< address or id
    std::string because;   ///< "403 AuthorizationFailed", "not in the file"
};

/// A designed thing that Azure still keeps in its bin: creating it means recovering it.
struct Recoverable {
    Address address;
    std::string until;     ///< when Azure purges it, as Azure wrote it
};

/// A designed pool that cannot be as designed, for its machine size.
struct Unfit {
    Address address;
    std::string because;  ///< "it is closed in westeurope: NotAvailableForSubscription"
};

class Graph {
public:
    /// Asserts that the address is new.
    Resource& add(Resource);
    void erase(Address const&);
    Resource const* find(Address const&) const;
    Resource* find(Address const&);
    Resource const* find(ResourceId const&) const;
    /// In order of address.
    std::map<Address, Resource> const& resources() const { return resources_; }
    std::map<Address, Resource>& resources() { return resources_; }
    std::vector<Resource const*> of_type(std::string_view type) const;
    std::vector<Resource const*> children(Address const& parent) const;
    /// Addresses this resource needs first: parent, pending outputs, ids in the body (values and member names; read-only
    /// parts point backwards and do not count), references. Only nodes of this graph; an id of something inside a node
    /// means the nearest node that holds it; never itself nor what is below it. Sorted, no duplicates.
    /// Who asks for many nodes asks `Needs`.
    std::vector<Address> needs(Resource const&) const;

    std::vector<Unread> unread;   ///< what could not be read: judges answer `unknown` there, never pass
    std::vector<Recoverable> recoverable;
    std::optional<std::vector<Unfit>> unfit;  ///< of the pools that are to be made; nothing: nobody asked

private:
    std::map<Address, Resource> resources_;
};

/// What the nodes of a graph need first, for the whole graph: its ids are gathered once, and it stays as it is meanwhile.
class Needs {
public:
    explicit Needs(Graph const&);
    std::vector<Address> of(Resource const&) const;

private:
    Graph const& graph_;
    std::unordered_map<std::string_view, Resource const*> by_key_;
};

/// The tag by which a resource is ours; its value is the spec's name.
inline constexpr std::string_view owner_tag = "holdfast";

/// The normal form: property names, enums and the fixed words and types of ids in canonical case (names inside ids keep
/// theirs), locations as `westeurope`, sets sorted, keyed lists sorted by key, `""`, `[]`, `{}` and null removed except as
/// members of a map, the body's own id, name and type removed, read-only properties removed when `keep_read_only` is false.
/// Idempotent. Unknown properties stay as they are. Server defaults stay too: what the estate says must win over a live
/// value that differs; `same` knows them.
json::Value normal(std::string_view type, json::Value body, bool keep_read_only = true);
std::string normal_location(std::string_view);
/// Whether two values at a place of a body mean the same; null pointer: absent. Ids and enums without case, locations,
/// sets and keyed lists in any order, 1 and 1.0; `""`, `[]`, `{}`, null and the server's default are as absent.
bool same(std::string_view type, json::Path const& at, json::Value const* a, json::Value const* b);

/// Takes children out of a parent's raw body. A child looks as a GET of it would answer ({id, name, type, properties, …}),
/// flat inline ones too. Elements without a usable name stay in the body.
struct Unfolded {
    json::Value body;                                       ///< the parent without its children
    std::vector<std::pair<ResourceId, json::Value>> children;
};
Unfolded unfold(ResourceId const&, json::Value raw);
/// Puts children back inside a parent's body for one PUT (virtual network with all subnets, cluster with all pools), in
/// the order given. Their pending values are filled already.
json::Value fold(Resource const& parent, std::span<Resource const* const> children, json::Value parent_body);

/// One Resource from ARM JSON, wherever it came from; asserts nothing about ownership.
base::Result<Resource> from_arm(json::Value const& body, Address address);

/// Name of a role assignment: GUID v5 of (scope, principal id, role definition id), all lower case.
std::string assignment_name(ResourceId const& scope, std::string_view principal_id, std::string_view role_guid);

/// What will stand: live, overlaid by the estate (by Address). Pending values whose source stands already are filled.
Graph overlay(Graph const& live, Graph const& estate);

// ---------------------------------------------------------------------------------------------- reading, for judges

/// A property, named once: rooms that judge keep theirs as constants in one header, and a test finds each in `shapes`.
struct PropertyName {
    std::string_view type, at;
};
/// What the body says, else what Azure answered (read-only properties); null when neither does. Null too when the
/// resource is of another type: a judge that mixes them up sees nothing rather than something wrong.
json::Value const* read(Resource const&, PropertyName const&);
std::optional<std::string> read_text(Resource const&, PropertyName const&);
std::optional<std::int64_t> read_whole(Resource const&, PropertyName const&);
std::optional<bool> read_truth(Resource const&, PropertyName const&);
std::vector<std::string> read_texts(Resource const&, PropertyName const&);   ///< the texts of a list; else empty
/// The output that will stand there, where the value is known only later.
Output const* read_output(Resource const&, PropertyName const&);
/// The resource whose id stands there, or whose output will; null when it is not in the graph.
Resource const* read_target(Graph const&, Resource const&, PropertyName const&);
/// Why nothing may be said of this resource: it could not be read, or it exists and was not. nullopt: judge it.
std::optional<std::string> unreadable(Graph const&, Resource const&);
/// The place in the user's file of the value at the path, or of the nearest enclosing one the user wrote.
base::SourcePos written_at(Resource const&, json::Path const&);

}  // namespace holdfast::resource
