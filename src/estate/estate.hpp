/// estate: design. A Spec becomes the graph of desired resources.
///
/// Pure: the same Spec gives the same Graph. Every resource name follows from the spec's name by one row of
/// data/names.yaml and can be overridden. Values known later (principal ids, key versions) are `pending`; roles are the
/// narrowest that work, each with its reason; what must stand before the cluster is a Reference. Everything ours
/// carries the owner tag or mark.
#pragma once

#include "spec/spec.hpp"

namespace holdfast::estate {

struct Context {
    std::string tenant, subscription;  ///< GUIDs: from the spec, else from the signed-in account
    std::string vault_suffix;          ///< of the cloud
    std::string registry_suffix;
};

struct Estate {
    resource::Graph graph;
    std::vector<std::string> providers;  ///< namespaces to register, sorted
    struct Feature {
        std::string provider, name, because;
    };
    std::vector<Feature> features;
    /// What Azure will create by itself and takes away again: shown by plan, touched by nobody.
    struct ByAzure {
        std::string what, because;
    };
    std::vector<ByAzure> by_azure;
    /// `azure: {path: value}` entries: laid over bodies, shown as "yours, unjudged".
    struct Unjudged {
        resource::Address address;
        json::Path at;
        base::SourcePos where;
    };
    std::vector<Unjudged> unjudged;
    /// Asked for, and nothing that Azure shows: manifests inside the cluster. Plans and proofs call them unknown.
    std::vector<resource::Unread> unseen;
};
base::Collected<Estate> design(spec::Spec const&, Context const&);

}  // namespace holdfast::estate
