// Policy: definitions and assignments are kept and shown; those that deny are held against every write below them.
#include <algorithm>

#include "simulator/arm/policy_rule.hpp"
#include "simulator/arm/requests.hpp"

namespace holdfast::simulator::arm {
namespace {

/// Built-in definitions that deployers of clusters assign by their ids.
struct BuiltIn {
    std::string_view type, name, shown, source, date;
};
constexpr std::string_view built_ins_source = "Azure Policy built-in definitions for AKS, learn.microsoft.com";
constexpr BuiltIn built_ins[] = {
    {"Microsoft.Authorization/policySetDefinitions", "a8640138-9b0a-4a28-b8cb-1666c838647d",
     "Kubernetes cluster pod security baseline standards for Linux-based workloads", built_ins_source, "2026-11-24"},
    {"Microsoft.Authorization/policySetDefinitions", "42b8ef37-b724-4e24-bbc8-7a7708edfe00",
     "Kubernetes cluster pod security restricted standards for Linux-based workloads", built_ins_source, "2026-11-24"},
};

constexpr std::string_view assignment_type = "Microsoft.Authorization/policyAssignments";

std::string text(json::Value const& value, json::Path const& at) {
    return std::string(json::text_at(value, at).value_or(""));
}

/// The definition's defaults, and over them what the assignment gives.
json::Object parameters_of(json::Value const& definition, json::Value const& assignment) {
    json::Object out;
    for (auto const& one : json::object_at(definition, "properties.parameters"))
        if (auto const* usual = json::find(one.value(), "defaultValue")) out[one.key()] = *usual;
    for (auto const& one : json::object_at(assignment, "properties.parameters"))
        if (auto const* given = json::find(one.value(), "value")) out[one.key()] = *given;
    return out;
}

bool is_excluded(json::Value const& assignment, ResourceId const& id) {
    auto const& scopes = json::list_at(assignment, "properties.notScopes");
    return std::any_of(scopes.begin(), scopes.end(), [&](json::Value const& one) {
        if (!one.is_string()) return false;
        auto const scope = ResourceId::parse(std::string_view(one.get_string()));
        return scope && id.is_within(*scope);
    });
}

ArmError disallowed(ResourceId const& id, Stored const& assignment, Stored const& definition) {
    auto const shown = [](Stored const& one) {
        auto const name = text(one.body, "properties.displayName");
        return name.empty() ? std::string(one.id.name()) : name;
    };
    json::Array const identifiers{
        json::Object{{"policyAssignment", json::Object{{"name", shown(assignment)}, {"id", assignment.id.text()}}},
                     {"policyDefinition", json::Object{{"name", shown(definition)}, {"id", definition.id.text()}}}}};
    auto refused = error(403, "RequestDisallowedByPolicy",
                         "Resource '" + std::string(id.name()) + "' was disallowed by policy. Policy identifiers: '" +
                             json::write(json::Value(identifiers)) + "'.",
                         std::string(id.name()));
    refused.more = json::Object{{"type", "PolicyViolation"},
                                {"info", json::Object{{"policyDefinitionDisplayName", shown(definition)},
                                                      {"policyDefinitionId", definition.id.text()},
                                                      {"policyDefinitionName", definition.id.name()},
                                                      {"policyDefinitionEffect", "deny"},
                                                      {"policyAssignmentDisplayName", shown(assignment)},
                                                      {"policyAssignmentId", assignment.id.text()},
                                                      {"policyAssignmentName", assignment.id.name()},
                                                      {"policyAssignmentScope", assignment.id.parent()->text()}}}};
    refused.from_gateway = true;
    return refused;
}

/// Recorded: a definition stays while an assignment names it.
std::optional<ArmError> refuse_assigned(Request const& request, ResourceId const& id) {
    for (auto const* assignment : request.store().of_type(assignment_type)) {
        auto const names = json::text_at(assignment->body, "properties.policyDefinitionId");
        if (!names || !base::same_text(*names, id.text())) continue;
        return error(400, "InvalidDeletePolicyDefinitionRequest",
                     "The policy definition '" + std::string(id.name()) +
                         "' cannot be deleted. It is referenced by the policy assignment '" + assignment->id.text() +
                         "'. Please delete all policy assignments referencing the policy.");
    }
    return std::nullopt;
}

}  // namespace

std::optional<ArmError> check_policies(Request const& request, ResourceId const& id, std::string const& type,
                                       json::Value const& body) {
    if (base::same_text(namespace_of(type), "Microsoft.Authorization")) return std::nullopt;
    for (auto const* assignment : request.store().of_type(assignment_type)) {
        auto const scope = assignment->id.parent();
        if (!scope || !id.is_within(*scope) || is_excluded(assignment->body, id)) continue;
        if (base::same_text(text(assignment->body, "properties.enforcementMode"), "DoNotEnforce")) continue;
        auto const named = ResourceId::parse(text(assignment->body, "properties.policyDefinitionId"));
        auto const* definition = named ? request.work.find(*named) : nullptr;
        auto const* rule = definition ? json::find(definition->body, "properties.policyRule.if") : nullptr;
        auto const* effect = rule ? json::find(definition->body, "properties.policyRule.then.effect") : nullptr;
        if (!effect) continue;
        auto const parameters = parameters_of(definition->body, assignment->body);
        auto const wanted = without_parameters(*effect, parameters);
        if (!wanted || !wanted->is_string() || !base::same_text(std::string_view(wanted->get_string()), "deny"))
            continue;
        auto const name = std::string(id.name());
        if (rule_holds(*rule, {.id = id.text(), .name = name, .type = type, .body = body}, parameters).value_or(false))
            return disallowed(id, *assignment, *definition);
    }
    return std::nullopt;
}

Said policy_definition(Request const& request, ResourceId const& id) {
    auto const type = id.type();
    auto const* built_in = std::find_if(std::begin(built_ins), std::end(built_ins), [&](BuiltIn const& row) {
        return base::same_text(row.type, type) && base::same_text(row.name, id.name());
    });
    bool const reads = request.asked.method == "GET";
    if (reads && built_in != std::end(built_ins)) {
        if (auto refused = check_api_version(request, type)) return tl::unexpected(*refused);
        return Answer{.status = 200,
                      .body = json::Object{{"id", "/providers/" + std::string(built_in->type) + "/" +
                                                      std::string(built_in->name)},
                                           {"name", built_in->name},
                                           {"type", built_in->type},
                                           {"properties", json::Object{{"policyType", "BuiltIn"},
                                                                       {"displayName", built_in->shown},
                                                                       {"parameters", json::Object{}},
                                                                       {"policyDefinitions", json::Array{}}}}},
                      .headers = {}};
    }
    auto const canonical = canonical_type(type);
    if (reads) return get(request, id, canonical);
    if (request.asked.method == "PUT") return put(request, id, canonical);
    if (request.asked.method == "DELETE") {
        if (auto refused = refuse_assigned(request, id)) return tl::unexpected(*refused);
        return erase(request, id, canonical);
    }
    return tl::unexpected(method_not_allowed(request));
}

}  // namespace holdfast::simulator::arm
