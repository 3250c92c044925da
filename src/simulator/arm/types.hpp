/// types: which row speaks for a resource type, and which provider for a namespace.
#pragma once

#include "simulator/arm/provider.hpp"

namespace holdfast::simulator::arm {

/// The row of a type, or the default row: 201/200, done at once.
ResourceBehaviour const& behaviour(std::string_view type);
bool has_behaviour(std::string_view type);
Provider const* provider_named(std::string_view name_space);
std::span<Provider const* const> all_providers();  ///< ours (authorization, resources, features) and the others
Scheduled const* scheduled_named(std::string_view);

/// "Microsoft.Network" of "Microsoft.Network/virtualNetworks".
std::string_view namespace_of(std::string_view type);
/// The type in canonical case, or empty when neither shapes nor a row knows it.
std::string canonical_type(std::string_view type);
/// Whether a type that neither knows may be kept all the same: one of Microsoft's namespaces, and fit for a path.
bool is_storable(std::string_view type);
/// A namespace of known types in canonical case; another of Microsoft's as it is written; else empty.
std::string canonical_namespace(std::string_view name_space);

/// The topmost resource an id belongs to: the virtual network of a subnet. Groups and subscriptions are their own.
ResourceId topmost(ResourceId const&);

/// Rows of the core itself.
Provider const& authorization();
Provider const& resources();
Provider const& features();

}  // namespace holdfast::simulator::arm
