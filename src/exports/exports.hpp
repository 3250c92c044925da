/// exports: the design in other languages.
///
/// `export` is a word C++ keeps for itself, so the room has a plural. Pure: text out, nothing sent.
#pragma once

#include "estate/estate.hpp"

namespace holdfast::exports {

/// Kubernetes manifests: what the spec asks for inside the cluster and Azure cannot do. Role bindings of grants on the
/// Kubernetes level when Kubernetes decides who may do what (with their namespaces), and storage classes that carry the
/// customer's disk key, so that volumes are encrypted with it as node disks are. One YAML stream for `kubectl apply -f
/// -`; a comment says so when there is nothing to do. Hostile names are quoted as JSON strings, which YAML reads as
/// they are.
std::string kubernetes(spec::Spec const&, estate::Estate const&);

/// One bash script for the Azure CLI that makes exactly the estate: a walk over the plan against nothing, in its order.
/// It asks before it writes, so that a second run changes nothing; waits for conditions, each with a deadline; stops
/// with Azure's reason where az would only warn; takes everything away again with --destroy. Whatever the spec holds,
/// bash reads it as text.
struct Script {
    std::string text;
    std::size_t resources = 0;  ///< of ours
    std::size_t writes = 0;     ///< each a block of the script; children may be made inside their parent's
    std::size_t by_rest = 0;    ///< of these, by `az rest` with the exact body
};
Script az(spec::Spec const&, estate::Estate const&, estate::Context const&);

/// An ARM template for a subscription: our group, and a nested deployment with everything in it; what stands in others'
/// groups is a deployment there. Names and region are parameters, secrets are secureString parameters without a
/// default, values known only later are `reference`. What no template can say is told beside it and in its metadata:
/// commands for before, and sentences.
struct Arm {
    std::string text;
    std::string parameters;  ///< a parameters file with what the template takes by default; no secrets
    std::size_t resources = 0;
    std::vector<std::string> before;  ///< az commands, in order
    std::vector<std::string> limits;  ///< sentences
};
Arm arm(spec::Spec const&, estate::Estate const&, estate::Context const&);

/// One Bicep file for our resource group; its head says how to make the group with its tags. Symbolic names, existing
/// resources, `guid` for role assignments; what stands in others' groups is a deployment there.
std::string bicep(spec::Spec const&, estate::Estate const&, estate::Context const&);

}  // namespace holdfast::exports
