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
    std::vector<resource::Address> roles;    ///< of these, grants that must have taken effect: a pause stands between
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
    std::vector<std::string> before;  ///< what no template can say and az can do first: commands, in order
    std::vector<std::string> limits;  ///< what no template can say at all, in sentences
};
Design design_of(estate::Estate const&, estate::Context const&);

/// A template can only wait by work: empty deployments one after the other, as Microsoft's own landing zones do it
/// (Azure/ALZ-Bicep, "waitOnArm", read 2026-11-30). As many as outlast a grant that takes a minute and a half.
inline constexpr int usual_pauses = 50;
inline constexpr std::string_view
    pauses_parameter = "pauses",
    pauses_mean =
        "how many empty deployments stand between granting roles and what needs them: more where Azure answers "
        "LinkedAuthorizationFailed or KeyVaultAccessForbidden, 0 where the roles stand already";
std::string pause_name(resource::Address const&);  ///< of what waits

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
