// Private to the room: a designed text taken apart into what is fixed, what whoever runs the export may choose, and
// what only Azure or a secret store will say. Every language prints the same pieces in its own way.
#pragma once

#include "exports/exports.hpp"

namespace holdfast::exports {

struct Fixed {
    std::string text;
};
struct IdOf {
    resource::Address address;  ///< the id of a node of the graph
};
struct OwnSubscription {};
struct OwnTenant {};
struct OwnRegion {};
using Late = resource::Output;        ///< another resource's answer holds it
using Hidden = resource::SecretName;  ///< whoever runs the export says it
using Piece = std::variant<Fixed, IdOf, OwnSubscription, OwnTenant, OwnRegion, Late, Hidden>;
using Text = std::vector<Piece>;

/// What the estate says once and uses everywhere.
struct Choices {
    std::string subscription, tenant, region;
};

/// Reads texts of one estate. Ids of its nodes, and of what lies inside them, become references to these nodes.
class Words {
public:
    Words(resource::Graph const& graph, Choices choices) : graph_(graph), choices_(std::move(choices)) {}
    Text of(std::string_view text) const;
    /// The id of a node, from its parent's where that is a node: {IdOf parent, "/subnets/nodes"}.
    Text id_of(resource::Resource const&) const;
    Choices const& choices() const { return choices_; }

private:
    Text below(resource::ResourceId const&, bool strictly) const;
    resource::Graph const& graph_;
    Choices choices_;
};

/// A body in which every open place holds an empty text, so that one walk prints everything.
class Filled {
public:
    Filled(json::Value body, std::vector<resource::Pending> const& pending);
    json::Value const& body() const { return body_; }
    /// The pieces of the text that stands at a place of the body.
    Text text(json::Path const& at, std::string_view, Words const&) const;
    std::map<json::Path, Piece> const& open() const { return open_; }

private:
    json::Value body_;
    std::map<json::Path, Piece> open_;
};

/// Names for addresses, in whatever letters a language allows: two addresses never share one.
class Symbols {
public:
    /// `plain`: turns an address into a name the language takes; a number is added where two meet.
    Symbols(resource::Graph const&, std::string (*plain)(std::string_view));
    std::string const& of(resource::Address const& address) const { return names_.at(address); }

private:
    std::map<resource::Address, std::string> names_;
};

/// The region of our resource group, the subscription and tenant of the design.
Choices choices(estate::Estate const&, estate::Context const&);

/// "network security group nodes".
std::string called(resource::Resource const&);
/// Settings of a body that cannot be changed later, each with why, in order of path.
struct FinalValue {
    json::Path at;
    std::string value, because;
};
std::vector<FinalValue> final_values(resource::Resource const&);

}  // namespace holdfast::exports
