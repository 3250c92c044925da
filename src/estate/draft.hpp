/// draft: the drawing board on which an estate is designed.
///
/// Each part of the design (foundation, network, encryption, cluster …) adds its resources to one Draft. The board
/// knows how things are named, tagged, placed and identified, and writes down beside every value who decided it.
/// Mistakes are collected: a design with mistakes is finished anyway, so that all of them are told at once.
#pragma once

#include "estate/estate.hpp"
#include "estate/names.hpp"

namespace holdfast::estate {

using resource::Address;
using resource::Resource;
using resource::ResourceId;

/// What can be put into a body: JSON, or text in any of C++'s kinds.
struct Given {
    json::Value value;
    Given(json::Value v) : value(std::move(v)) {}                        // NOLINT(google-explicit-constructor)
    Given(json::Object v) : value(std::move(v)) {}                       // NOLINT(google-explicit-constructor)
    Given(json::Array v) : value(std::move(v)) {}                        // NOLINT(google-explicit-constructor)
    Given(std::string const& v) : value(boost::json::string_view(v)) {}  // NOLINT(google-explicit-constructor)
    Given(std::string_view v) : value(v) {}                              // NOLINT(google-explicit-constructor)
    Given(char const* v) : value(v) {}                                   // NOLINT(google-explicit-constructor)
    Given(bool v) : value(v) {}                                          // NOLINT(google-explicit-constructor)
    Given(int v) : value(v) {}                                           // NOLINT(google-explicit-constructor)
    Given(std::int64_t v) : value(v) {}                                  // NOLINT(google-explicit-constructor)
};

class Draft {
public:
    Draft(spec::Spec const&, Context const&);

    spec::Spec const& spec;
    Context const& context;
    Estate estate;
    std::vector<base::Error> mistakes;
    std::string region;

    // ------------------------------------------------------------------------------------------ resources

    /// A resource of ours, named by its row of data/names.yaml or by the spec's `names`. The parent stands already on
    /// the board. References stay valid: a graph is a map. `zone` for private DNS zones.
    Resource& ours(Address const&, Address const& parent, std::string zone = {});
    /// A resource that stands already: read, never written. By the id under `key`, or by another that follows from it.
    Resource& standing(Address const&, std::string const& key);
    Resource& standing(Address const&, ResourceId, std::string const& key);
    bool has(Address const& address) const { return estate.graph.find(address) != nullptr; }
    /// Asserts that the resource is on the board and its id is known.
    ResourceId const& id(Address const&) const;
    bool is_ours(Address const&) const;

    // ------------------------------------------------------------------------------------------ values

    /// A value that a key of the spec decided.
    void put(Resource&, json::Path const&, Given, std::string const& key);
    /// A value that Holdfast decided.
    void put_because(Resource&, json::Path const&, Given, std::string because);
    /// A value that another resource's answer, or a secret store, will hold.
    void await(Resource&, json::Path const&, std::variant<resource::Output, resource::SecretName>, resource::Origin);
    /// Every row of the spec language whose arm_type is this resource's and whose key begins with `rows` ("pools[]")
    /// lands where its arm_at says, from the concrete key ("pools[2]"); except keys that a part of the design judges
    /// itself.
    void land(Resource&, std::string_view rows = {}, std::string_view concrete = {});

    // ------------------------------------------------------------------------------------------ bookkeeping

    void refer(Address const& from, Address const& to, std::string because);
    /// Remembers, in a tag, what we write into a parent that is not ours.
    void written_elsewhere(std::string id);
    void mistake(std::string const& key, std::string what, std::string fix,
                 base::ErrorCode = base::ErrorCode::spec_value);
    /// Where the spec says a key, for errors.
    base::Where where(std::string const& key) const;

    /// Tags, locations, the list of what stands elsewhere; then the normal form of everything.
    void finish();

private:
    std::string name_of(Address const&, NameRule const&, bool elsewhere, std::string zone);
    /// Whose tags remember it: our group, and in a group of others the first of ours there that needs nothing else of
    /// ours, so that it can be made before all of them and go after them.
    Resource* keeper_of_the_record();
    NameParts parts_;
    std::vector<std::string> elsewhere_;
    std::vector<std::string> names_used_;
};

/// "network/subnets/nodes" -> "nodes".
std::string last_word(std::string_view address);

// The parts of the design, in the order in which they are drawn.
void design_foundation(Draft&);    ///< resource group, lock, identities
void design_services(Draft&);      ///< registry, workspace
void design_network(Draft&);       ///< security group, routes, egress, virtual network, subnets, peerings
void design_encryption(Draft&);    ///< vaults, keys, disk encryption set
void design_private_ways(Draft&);  ///< private endpoints, private DNS
void design_cluster(Draft&);       ///< cluster, pools, maintenance windows
void design_monitoring(Draft&);    ///< diagnostic settings, data collection
void design_grants(Draft&);        ///< role assignments of identities and people
void design_surroundings(Draft&);  ///< providers, features, what Azure makes by itself
void lay_over_unjudged(Draft&);    ///< `azure:` maps and `resources:`, checked against the shapes

}  // namespace holdfast::estate
