/// Microsoft.ManagedIdentity: user-assigned identities and the tokens others may exchange for theirs.
#include <algorithm>

#include "simulator/providers/managedidentity/identities.hpp"
#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::providers {
namespace managedidentity {

constexpr std::string_view credential_type =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
constexpr std::size_t most_credentials = 20;  // per identity; Entra documentation, workload identity federation
constexpr Duration writes_apart{300};         // two writes closer than this are "at the same time"

void give_principal(Context& context, Stored& identity) {
    Principal principal;
    // A world that is loaded says who its identities are: roles in it speak of them.
    auto const said = [&](char const* path, std::string otherwise) {
        auto const there = text(identity.body, path);
        return base::is_guid(there) ? there : std::move(otherwise);
    };
    principal.object_id = said("properties.principalId", context.guid("principal " + identity.id.key()));
    principal.client_id = said("properties.clientId", context.guid("client " + identity.id.key()));
    principal.kind = "ServicePrincipal";
    principal.name = std::string(identity.id.name());
    principal.resource = identity.id.key();
    // Recorded: 26 to 252 s until the authorization service knows a new identity.
    auto const seconds =
        context.draw({26, 38, 252, "recorded PrincipalNotFound windows, n=10"}, "visible " + identity.id.key());
    principal.visible_from = context.now() + Duration{static_cast<std::int64_t>(seconds * 1000)};
    json::put(identity.body, "properties.tenantId", json::Value(context.tenant()));
    json::put(identity.body, "properties.principalId", json::Value(principal.object_id));
    json::put(identity.body, "properties.clientId", json::Value(principal.client_id));
    context.add_principal(std::move(principal));
}

namespace {

void accepted_identity(Context& context, Stored& stored, Stored const* before) {
    if (!before) return give_principal(context, stored);
    for (auto const* path : {"properties.tenantId", "properties.principalId", "properties.clientId"})
        json::put(stored.body, path, json::Value(text(before->body, path)));
}

void deleted_identity(Context& context, Stored const& stored, std::span<Stored const>) {
    context.remove_principal(text(stored.body, "properties.principalId"));
}

Refusal validate_credential(Context& context, Write const& write) {
    if (auto no = name_allowed(credential_type, write.id.name())) return no;
    auto const issuer = text(write.desired, "properties.issuer"), subject = text(write.desired, "properties.subject");
    if (!issuer.starts_with("https://"))
        return arm::error(400, "BadRequest",
                          "The issuer of a federated identity credential is an https URL, not '" + issuer + "'.",
                          "properties.issuer");
    if (subject.empty() || subject.size() > 600)
        return arm::error(400, "BadRequest", "The subject of a federated identity credential has 1 to 600 characters.",
                          "properties.subject");
    if (strings(write.desired, "properties.audiences").size() != 1)
        return arm::error(400, "BadRequest", "A federated identity credential has exactly one audience.",
                          "properties.audiences");
    auto const identity = write.id.parent();
    if (!identity) return {};
    auto const siblings = context.children(*identity, credential_type);
    if (!write.existing && siblings.size() >= most_credentials)
        return arm::error(400, "FederatedIdentityCredentialsLimitReached",
                          "Identity " + identity->text() + " already has " + std::to_string(most_credentials) +
                              " federated identity credentials.");
    for (auto const* sibling : siblings) {
        if (context.now() - sibling->changed < writes_apart && sibling->id != write.id)
            return arm::error(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
                              "Too many concurrent writes have been made to the federated identity credentials of " +
                                  identity->text() + ". Only one write at a time is supported.");
        if (sibling->id != write.id && text(sibling->body, "properties.issuer") == issuer &&
            text(sibling->body, "properties.subject") == subject)
            return arm::error(
                409, "FederatedIdentityCredentialConflict",
                "Issuer and subject combination already exists for this managed identity: " + sibling->id.text() + ".");
    }
    return {};
}

constexpr arm::ResourceBehaviour types[] = {
    {.type = "Microsoft.ManagedIdentity/userAssignedIdentities",
     .patch = arm::PatchStyle::merge,
     .state_at = {},
     .location_of_itself = true,
     .validate = ordinary,
     .accepted = accepted_identity,
     .deleted = deleted_identity,
     .source = "recorded userAssignedIdentities PUTs (25): 201, no provisioningState, Location of itself",
     .date = "2026-11-23"},
    {.type = credential_type,
     .state_at = {},
     .tracked = false,
     .validate = validate_credential,
     .source = "terraform-provider-azurerm federated_identity_credential; Entra documentation (considerations)",
     .date = "2026-11-24"},
};

constexpr arm::Provider provider{.name = "Microsoft.ManagedIdentity", .types = types};

}  // namespace
}  // namespace managedidentity

arm::Provider const& microsoft_managedidentity() { return managedidentity::provider; }

}  // namespace holdfast::simulator::providers
