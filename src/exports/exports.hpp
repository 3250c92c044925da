/// exports: the design in other languages.
///
/// `export` is a word C++ keeps for itself, so the room has a plural. Pure: text out, nothing sent.
#pragma once

#include "estate/estate.hpp"

namespace holdfast::exports {

/// Kubernetes manifests: what the spec asks for inside the cluster and Azure cannot do. Role bindings of grants on the
/// Kubernetes level when Kubernetes decides who may do what (with their namespaces), and storage classes that carry the
/// customer's disk key, so that volumes are encrypted with it as node disks are. One YAML stream for `kubectl apply -f -`;
/// a comment says so when there is nothing to do. Hostile names are quoted as JSON strings, which YAML reads as they are.
std::string kubernetes(spec::Spec const&, estate::Estate const&);

}  // namespace holdfast::exports
