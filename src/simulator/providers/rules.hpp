/// rules: what the providers have in common, judged by rows.
///
/// Names, regions, properties that stay as they are, things still in use: data/simulator_*.yaml. The rows are the
/// simulated Azure's own; the client's tables are not read here, so that one cannot confirm the other's mistakes.
#pragma once

#include <boost/regex_fwd.hpp>

#include "simulator/arm/provider.hpp"

namespace holdfast::simulator::providers {

using arm::ArmError;
using arm::Context;
using arm::Write;
using Refusal = std::optional<ArmError>;

// ---------------------------------------------------------------------------------------------- rows

struct Region {
    std::string_view name, shown;
    bool zones = false;             ///< has availability zones
    bool vnet_integration = false;  ///< AKS API server VNet integration
    std::string_view pair;          ///< the region that storage is copied to; empty: none
    std::string_view source, date;
};
Region const* find_region(std::string_view location);
std::span<Region const> regions();

/// The name rule of a type, the region it names, and the fixed properties of what stands already.
Refusal ordinary(Context&, Write const&);

Refusal name_allowed(std::string_view type, std::string_view name);
/// First property that the rows fix and `desired` changes.
Refusal nothing_fixed_changes(std::string_view type, json::Value const& existing, json::Value const& desired);
/// Fixed properties that the new body leaves out keep their value.
void keep_fixed(std::string_view type, json::Value& body, json::Value const& before);
/// Whom a row of simulator_in_use lets stand in the way of deleting this; users that go in the same group deletion do
/// not count.
Refusal refuse_in_use(Context&, Stored const&);

// ---------------------------------------------------------------------------------------------- small words

/// Text at a path, or empty.
std::string text(json::Value const&, json::Place);
bool truth(json::Value const&, json::Place, bool otherwise = false);
/// Puts the value where nothing stands (null counts as nothing).
void fill(json::Value&, json::Path const&, json::Value);
bool says(json::Value const&, json::Place);  ///< something other than null stands there
std::vector<std::string> strings(json::Value const&, json::Place);

/// The first refusal of several questions asked in order.
template <typename... Questions>
Refusal first_of(Questions&&... questions) {
    Refusal found;
    ((found = found ? std::move(found) : questions()), ...);
    return found;
}

/// Longer texts than any rule allows match nothing.
bool matches(std::string_view text, boost::regex const& pattern);

/// A child's write shows in its parent's etag too.
void touch_parent(Context&, Stored const& child);

/// A subnet's range, from addressPrefix or the first of addressPrefixes.
std::optional<base::Cidr> subnet_range(json::Value const& subnet_body);
std::vector<base::Cidr> address_space(json::Value const& virtual_network_body);
/// Addresses that something of Azure holds in a subnet (nodes, pods, firewalls, private endpoints), and the five Azure
/// keeps.
std::int64_t addresses_held(Context const&, ResourceId const& subnet);

/// "{name}" and "{user}" in a row's message.
std::string filled(std::string_view pattern, std::map<std::string, std::string> const& words);

/// The DNS suffixes of the simulated cloud.
inline constexpr std::string_view vault_suffix = "vault.azsim.test";
inline constexpr std::string_view registry_suffix = "azurecr.azsim.test";
inline constexpr std::string_view cluster_suffix = "azmk8s.azsim.test";

}  // namespace holdfast::simulator::providers
