/// policy_rule: whether a policy's rule holds for a resource that is about to be written.
///
/// Pure. Conditions over fields and values with the operators below; anything else (count, value, functions other than
/// parameters()) leaves the rule undecided, and what is undecided denies nothing. "Azure Policy definition structure:
/// policy rule", learn.microsoft.com, read 2026-11-30.
#pragma once

#include <optional>

#include "json/json.hpp"

namespace holdfast::simulator::arm {

/// What conditions look at.
struct PolicySubject {
    std::string_view id, name, type;
    json::Value const& body;  ///< location, tags, properties, … as they will be written
};

/// Whether the `if` of a rule holds; nothing where it says what is not understood. `parameters`: name -> value.
std::optional<bool> rule_holds(json::Value const& condition, PolicySubject const&, json::Object const& parameters);

/// A value in which "[parameters('x')]" stands for what was given; nothing for any other expression.
std::optional<json::Value> without_parameters(json::Value const& said, json::Object const& parameters);

}  // namespace holdfast::simulator::arm
