// Policy: definitions and assignments are kept and shown. Nothing here evaluates them.
#include <algorithm>

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

/// Recorded: a definition stays while an assignment names it.
std::optional<ArmError> refuse_assigned(Request const& request, ResourceId const& id) {
    for (auto const* assignment : request.store().of_type("Microsoft.Authorization/policyAssignments")) {
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
