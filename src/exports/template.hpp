// Private to the room: what an ARM template and a Bicep file have in common: which resources are declared, where, in
// what order, and which are made inside another's body.
#pragma once

#include <functional>
#include <set>

#include "exports/words.hpp"
#include "plan/plan.hpp"

namespace holdfast::exports {

/// One resource of a template.
struct Declared {
    resource::Resource const* node;
    Filled body;                             ///< children folded in
    std::vector<resource::Address> inlines;  ///< these
    std::vector<resource::Address> after;    ///< declared resources that must stand first
    std::optional<resource::Address> scope;  ///< an extension's target, where it is a node
    bool is_extension = false;               ///< stands on another resource, not below it
    bool elsewhere = false;                  ///< in another group than ours, or in none
};

/// Everything a template declares, in the order of the plan.
struct Design {
    Words words;
    std::optional<resource::Address> group;  ///< our resource group, where it is ours to make
    std::string group_name;
    std::vector<Declared> declared;
    std::map<std::string, resource::SecretName> secrets;  ///< parameter -> what it holds
};
Design design_of(estate::Estate const&, estate::Context const&);

/// "network/subnets/nodes" -> "networkSubnetsNodes".
std::string camel(std::string_view);
/// The parameter that chooses a resource's name.
std::string name_parameter(resource::Address const&);
std::string secret_parameter(resource::SecretName const&);

bool is_assignment(resource::Resource const&);
/// A resource whose name its owner may choose: not a child, not an extension, not named by a rule.
bool has_chosen_name(resource::Resource const&);
std::string version_of(resource::Resource const&);
/// The GUID of the role in a role assignment's body.
std::string role_of(resource::Resource const&);

}  // namespace holdfast::exports
