/// Microsoft.KeyVault: vaults that are never quite gone, and keys made through Resource Manager.
#include <algorithm>
#include <array>
#include <boost/regex.hpp>
#include <iterator>

#include "simulator/providers/keyvault/vaults.hpp"
#include "simulator/providers/providers.hpp"

namespace holdfast::simulator::providers {
namespace keyvault {
namespace {

constexpr std::string_view bin = "vault";  // the kind of soft-deleted things
constexpr int longest_retention_days = 90, shortest_retention_days = 7;

bool recovering(json::Value const& body) { return base::same_text(text(body, "properties.createMode"), "recover"); }

// ------------------------------------------------------------------------------------------ vaults

Refusal subnets_serve_vaults(Context const& context, json::Value const& body) {
    for (auto const& rule : json::list_at(body, "properties.networkAcls.virtualNetworkRules")) {
        auto const* subnet = context.find(text(rule, "id"));
        if (!subnet || truth(rule, "ignoreMissingVnetServiceEndpoint")) continue;
        auto const& endpoints = json::list_at(subnet->body, "properties.serviceEndpoints");
        bool const serves = std::ranges::any_of(
            endpoints, [](auto const& one) { return base::same_text(text(one, "service"), "Microsoft.KeyVault"); });
        if (!serves)
            return arm::error(400, "SubnetsHaveNoServiceEndpointsConfigured",
                              "Subnets " + std::string(subnet->id.name()) + " of virtual network " +
                                  subnet->id.parent()->text() +
                                  " do not have ServiceEndpoints for Microsoft.KeyVault resources configured. Add "
                                  "Microsoft.KeyVault to "
                                  "subnet's ServiceEndpoints collection before trying to ACL Microsoft.KeyVault "
                                  "resources to these subnets.");
    }
    return {};
}

Refusal name_is_free(Context const& context, Write const& write) {
    if (write.existing) return {};
    auto const* deleted = context.soft_deleted(bin, base::lower(write.id.name()));
    if (deleted) {
        if (recovering(write.desired) && deleted->things.front().id == write.id) return {};
        if (recovering(write.desired))
            return arm::error(400, "BadRequest",
                              "The deleted vault '" + std::string(write.id.name()) + "' can only be recovered as " +
                                  deleted->things.front().id.text() + ".");
        return arm::error(409, "ConflictError",
                          "A vault with the same name already exists in deleted state. You need to either recover or "
                          "purge existing key vault.");
    }
    if (recovering(write.desired))
        return arm::error(404, "VaultNotFound",
                          "There is no deleted vault '" + std::string(write.id.name()) + "' to recover.");
    if (find_vault(context, write.id.name()))
        return arm::error(400, "VaultAlreadyExists",
                          "The vault name '" + std::string(write.id.name()) +
                              "' is already in use. Vault names are globally unique so it is possible that the name is "
                              "already taken.");
    return {};
}

Refusal validate_vault(Context& context, Write const& write) {
    if (auto no = name_allowed(vault_type, write.id.name())) return no;
    if (auto no = name_is_free(context, write)) return no;
    if (recovering(write.desired) && !write.existing) return {};
    if (auto no = ordinary(context, write)) return no;
    auto const& body = write.desired;
    if (!base::same_text(text(body, "properties.tenantId"), context.tenant()))
        return arm::error(400, "InvalidTenantId",
                          "The tenant ID in the request does not match the tenant of the subscription.",
                          "properties.tenantId");
    if (text(body, "properties.sku.name").empty() || text(body, "properties.sku.family").empty())
        return arm::error(400, "BadRequest", "The parameter 'sku' has an invalid value.", "properties.sku");
    if (says(body, "properties.enableSoftDelete") && !truth(body, "properties.enableSoftDelete"))
        return arm::error(
            400, "BadRequest",
            "The property \"enableSoftDelete\" cannot be set to false. Soft delete is enabled for all vaults.",
            "properties.enableSoftDelete");
    if (says(body, "properties.enablePurgeProtection") && !truth(body, "properties.enablePurgeProtection"))
        return arm::error(400, "BadRequest",
                          "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge "
                          "protection for a vault is an irreversible action.",
                          "properties.enablePurgeProtection");
    if (auto const days = json::whole_at(body, "properties.softDeleteRetentionInDays");
        days && (*days < shortest_retention_days || *days > longest_retention_days))
        return arm::error(400, "BadRequest", "The property \"softDeleteRetentionInDays\" must be between 7 and 90.",
                          "properties.softDeleteRetentionInDays");
    bool const roles = truth(body, "properties.enableRbacAuthorization", write.api_version >= "2026-02-01");
    if (!roles && !says(body, "properties.accessPolicies") && !write.existing)
        return arm::error(400, "BadRequest", "The parameter accessPolicies is not specified.",
                          "properties.accessPolicies");
    return subnets_serve_vaults(context, body);
}

/// While the name is being registered the URI has no slash at its end (recorded).
void set_uri(Stored& stored, bool registered) {
    json::put(stored.body, "properties.vaultUri",
              json::Value("https://" + base::lower(stored.id.name()) + "." + std::string(vault_suffix) +
                          (registered ? "/" : "")));
}

void accepted_vault(Context& context, Stored& stored, Stored const* before) {
    if (!before && recovering(stored.body)) {
        // The vault's settings and its keys come back as they were.
        context.unearth(bin, base::lower(stored.id.name()));
        json::erase(stored.body, "properties.createMode");
        json::put(stored.body, "properties.provisioningState", "RegisteringDns");
        return;
    }
    json::erase(stored.body, "properties.createMode");
    if (before) keep_fixed(vault_type, stored.body, before->body);
    fill(stored.body, "properties.enabledForDeployment", false);
    // Nobody said how access is decided: as before, else by roles unless access policies came along.
    fill(stored.body, "properties.enableRbacAuthorization",
         before ? truth(before->body, "properties.enableRbacAuthorization")
                : !says(stored.body, "properties.accessPolicies"));
    fill(stored.body, "properties.accessPolicies", json::Array{});
    fill(stored.body, "properties.enableSoftDelete", true);
    fill(stored.body, "properties.softDeleteRetentionInDays", longest_retention_days);
    fill(stored.body, "properties.publicNetworkAccess", "Enabled");
    set_uri(stored, before != nullptr);
}

arm::Outcome complete_vault(Context&, Stored& stored) {
    set_uri(stored, true);
    return arm::Done{};
}

void deleted_vault(Context& context, Stored const& stored, std::span<Stored const> subtree) {
    SoftDeleted deleted;
    deleted.kind = bin;
    deleted.name = base::lower(stored.id.name());
    // What was set on the vault by other services (role assignments, diagnostic settings) is gone for good: recovering
    // a vault does not bring it back. Source: Azure Key Vault soft-delete overview, learn.microsoft.com, read
    // 2026-11-24.
    std::copy_if(subtree.begin(), subtree.end(), std::back_inserter(deleted.things),
                 [](Stored const& thing) { return base::starts_with_text(thing.type, vault_type); });
    deleted.deleted = context.now();
    auto const days =
        json::whole_at(stored.body, "properties.softDeleteRetentionInDays").value_or(longest_retention_days);
    deleted.until = context.now() + std::chrono::duration_cast<Duration>(std::chrono::hours(24 * days));
    deleted.purge_protected = truth(stored.body, "properties.enablePurgeProtection");
    context.bury(std::move(deleted));
}

void view_vault(Context const& context, Stored const& stored, json::Value& shown) {
    json::Array connections;
    for (auto const* user : context.users(stored.id)) {
        if (user->type != "Microsoft.Network/privateEndpoints") continue;
        connections.push_back(json::Object{
            {"id", stored.id.text() + "/privateEndpointConnections/" + std::string(user->id.name())},
            {"properties", json::Object{{"provisioningState", "Succeeded"},
                                        {"privateEndpoint", json::Object{{"id", user->id.text()}}},
                                        {"privateLinkServiceConnectionState",
                                         json::Object{{"status", "Approved"}, {"actionsRequired", "None"}}}}}});
    }
    if (!connections.empty()) json::put(shown, "properties.privateEndpointConnections", std::move(connections));
}

// ------------------------------------------------------------------------------------------ keys

constexpr std::string_view key_operations[] = {"encrypt", "decrypt",   "sign",   "verify",
                                               "wrapKey", "unwrapKey", "import", "release"};

/// Days in an ISO 8601 duration of years, months and days; nullopt when it is none.
std::optional<int> days_in(std::string const& duration) {
    static boost::regex const pattern("^P(?:(\\d+)Y)?(?:(\\d+)M)?(?:(\\d+)D)?$");
    boost::smatch match;
    constexpr std::size_t longest = 20;
    if (duration.size() < 3 || duration.size() > longest || !boost::regex_match(duration, match, pattern)) return {};
    auto const number = [&](std::size_t i) { return match[i].matched ? std::atoi(match[i].str().c_str()) : 0; };
    return number(1) * 365 + number(2) * 30 + number(3);
}

Refusal rotation_policy(json::Value const& body) {
    if (!says(body, "properties.rotationPolicy")) return {};
    auto const expiry_text = text(body, "properties.rotationPolicy.attributes.expiryTime");
    auto const expiry = days_in(expiry_text);
    if (!expiry_text.empty() && (!expiry || *expiry < 28))
        return arm::error(400, "BadParameter",
                          "The expiry time of a key rotation policy is an ISO 8601 duration of at least P28D, not '" +
                              expiry_text + "'.",
                          "properties.rotationPolicy.attributes.expiryTime");
    for (auto const& action : json::list_at(body, "properties.rotationPolicy.lifetimeActions")) {
        auto const after = text(action, "trigger.timeAfterCreate"),
                   before_expiry = text(action, "trigger.timeBeforeExpiry");
        if (after.empty() == before_expiry.empty())
            return arm::error(400, "BadParameter",
                              "A lifetime action has one trigger, timeAfterCreate or timeBeforeExpiry.",
                              "properties.rotationPolicy.lifetimeActions");
        auto const days = days_in(after.empty() ? before_expiry : after);
        if (!days || *days < 7)
            return arm::error(400, "BadParameter",
                              "The trigger of a lifetime action is an ISO 8601 duration of at least P7D.",
                              "properties.rotationPolicy.lifetimeActions");
        if (expiry && after.empty() && *days + 7 > *expiry)
            return arm::error(400, "BadParameter", "timeBeforeExpiry leaves less than 7 days after creation.",
                              "properties.rotationPolicy.lifetimeActions");
        if (expiry && !after.empty() && *days + 7 > *expiry)
            return arm::error(400, "BadParameter", "timeAfterCreate must be at least 7 days before the expiry time.",
                              "properties.rotationPolicy.lifetimeActions");
        if (!expiry && after.empty())
            return arm::error(400, "BadParameter", "timeBeforeExpiry needs an expiry time.",
                              "properties.rotationPolicy.lifetimeActions");
    }
    return {};
}

Refusal validate_key(Context& context, Write const& write) {
    if (auto no = name_allowed(key_type, write.id.name())) return no;
    if (write.existing) return {};  // create-if-absent: what is sent does not matter any more
    auto const parent = write.id.parent();
    auto const* vault = parent ? context.find(*parent) : nullptr;
    if (!vault) return {};
    if (text(vault->body, "properties.provisioningState") != "Succeeded")
        return arm::error(409, "ConflictError",
                          "The vault '" + std::string(vault->id.name()) + "' is still being provisioned.");
    if (context.soft_deleted("key", base::lower(vault->id.name()) + "/" + base::lower(write.id.name())))
        return arm::error(409, "ConflictError",
                          "Key " + std::string(write.id.name()) +
                              " is currently in a deleted but recoverable state, and its name cannot be reused.");
    auto const kind = text(write.desired, "properties.kty");
    bool const hsm = kind.ends_with("-HSM"), elliptic = kind.starts_with("EC");
    if (kind != "RSA" && kind != "RSA-HSM" && kind != "EC" && kind != "EC-HSM")
        return arm::error(400, "BadParameter", "The key type '" + kind + "' is not supported.", "properties.kty");
    if (hsm && !base::same_text(text(vault->body, "properties.sku.name"), "premium"))
        return arm::error(
            400, "BadParameter",
            "Keys of type " + kind + " need a premium vault; '" + std::string(vault->id.name()) + "' is standard.",
            "properties.kty");
    auto const size = json::whole_at(write.desired, "properties.keySize");
    if (!elliptic && size && *size != 2048 && *size != 3072 && *size != 4096)
        return arm::error(400, "BadParameter",
                          "Invalid key size " + std::to_string(*size) + "; allowed are 2048, 3072 and 4096.",
                          "properties.keySize");
    auto const curve = text(write.desired, "properties.curveName");
    constexpr std::string_view curves[] = {"", "P-256", "P-256K", "P-384", "P-521"};
    if (elliptic && std::ranges::find(curves, curve) == std::end(curves))
        return arm::error(400, "BadParameter", "The curve '" + curve + "' is not supported.", "properties.curveName");
    for (auto const& operation : strings(write.desired, "properties.keyOps"))
        if (std::ranges::none_of(key_operations, [&](auto known) { return base::same_text(known, operation); }))
            return arm::error(400, "BadParameter", "The key operation '" + operation + "' is not supported.",
                              "properties.keyOps");
    return rotation_policy(write.desired);
}

void accepted_key(Context& context, Stored& stored, Stored const* before) {
    if (before) {  // the key that is there answers, unchanged
        stored.body = before->body;
        stored.hidden = before->hidden;
        return;
    }
    auto const elliptic = text(stored.body, "properties.kty").starts_with("EC");
    if (elliptic) fill(stored.body, "properties.curveName", "P-256");
    else fill(stored.body, "properties.keySize", 2048);
    if (!says(stored.body, "properties.keyOps"))
        json::put(stored.body, "properties.keyOps",
                  elliptic ? json::Array{"sign", "verify"}
                           : json::Array{"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"});
    auto prng = context.prng("key " + stored.id.key());
    auto const random_hex = [&] {
        std::string bytes;
        for (int i = 0; i < 2; ++i) {
            auto const word = prng.next();
            for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(word >> shift));
        }
        return base::hex(bytes);
    };
    auto const version = random_hex();
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(context.now().time_since_epoch()).count();
    json::put(stored.hidden, "versions", json::Array{json::Object{{"version", version}, {"created", seconds}}});
    fill(stored.body, "properties.attributes.enabled", true);
    json::put(stored.body, "properties.attributes.created", seconds);
    json::put(stored.body, "properties.attributes.updated", seconds);
    auto const parent = stored.id.parent();
    auto const* vault = parent ? context.find(*parent) : nullptr;
    bool const protected_vault = vault && truth(vault->body, "properties.enablePurgeProtection");
    json::put(stored.body, "properties.attributes.recoveryLevel",
              protected_vault ? "Recoverable" : "Recoverable+Purgeable");
    json::put(stored.body, "properties.attributes.exportable", false);
    auto const uri = "https://" + base::lower(parent->name()) + "." + std::string(vault_suffix) + "/keys/" +
                     std::string(stored.id.name());
    json::put(stored.body, "properties.keyUri", json::Value(uri));
    json::put(stored.body, "properties.keyUriWithVersion", json::Value(uri + "/" + version));
    if (vault) json::put(stored.body, "location", json::Value(text(vault->body, "location")));
}

/// Resource Manager makes keys and shows them; only the vault itself deletes one.
Refusal refuse_key_delete(Context& context, Stored const& key) {
    auto const* group = context.find(ResourceId::subscription_of(key.id.subscription()).group(key.id.group()));
    auto const vault = key.id.parent();
    auto const* stored = vault ? context.find(*vault) : nullptr;
    if ((group && group->deleting) || (stored && stored->deleting)) return {};
    return arm::error(405, "MethodNotAllowed", "The requested resource does not support http method 'DELETE'.");
}

// ------------------------------------------------------------------------------------------ the bin

json::Value shown_deleted(SoftDeleted const& deleted) {
    auto const& vault = deleted.things.front();
    auto const location = resource::normal_location(text(vault.body, "location"));
    json::Object properties{{"vaultId", vault.id.text()},
                            {"location", location},
                            {"deletionDate", base::to_string(deleted.deleted)},
                            {"scheduledPurgeDate", base::to_string(deleted.until)}};
    if (auto const* tags = json::find(vault.body, "tags")) properties["tags"] = *tags;
    if (deleted.purge_protected) properties["purgeProtectionEnabled"] = true;
    return json::Object{
        {"id", "/subscriptions/" + vault.id.subscription() + "/providers/Microsoft.KeyVault/locations/" + location +
                   "/deletedVaults/" + std::string(vault.id.name())},
        {"name", vault.id.name()},
        {"type", "Microsoft.KeyVault/deletedVaults"},
        {"properties", std::move(properties)}};
}

SoftDeleted const* deleted_at(Context& context, arm::Call const& call) {
    auto const* deleted = context.soft_deleted(bin, base::lower(call.parameters.at("name")));
    if (!deleted) return nullptr;
    auto const here = resource::normal_location(text(deleted->things.front().body, "location"));
    return here == resource::normal_location(call.parameters.at("location")) ? deleted : nullptr;
}

arm::ArmError not_deleted() { return arm::error(404, "ResourceNotFound", "The specified resource does not exist."); }

arm::Reply list_deleted(Context& context, arm::Call const&) {
    json::Array value;
    for (auto const* deleted : context.all_soft_deleted(bin)) value.push_back(shown_deleted(*deleted));
    return arm::Answer{.status = 200, .body = json::Object{{"value", std::move(value)}}, .headers = {}};
}

arm::Reply get_deleted(Context& context, arm::Call const& call) {
    auto const* deleted = deleted_at(context, call);
    if (!deleted) return not_deleted();
    return arm::Answer{.status = 200, .body = shown_deleted(*deleted), .headers = {}};
}

arm::Reply purge_deleted(Context& context, arm::Call const& call) {
    auto const* deleted = deleted_at(context, call);
    if (!deleted) return not_deleted();
    if (deleted->purge_protected)
        return arm::error(
            405, "MethodNotAllowed",
            "Operation 'DeletedVaultPurge' is not allowed: the vault is protected against purging until " +
                base::to_string(deleted->until) + ".");
    arm::Started started;
    started.takes = {5, 15, 40, "estimate"};
    started.function = "keyvault.purge";
    started.payload = json::Object{{"name", deleted->name}};
    started.final_status = 200;
    return started;
}

void purge_now(Context& context, std::string const&, json::Value const& payload) {
    context.purge(bin, text(payload, "name"));
}

arm::Reply check_name(Context& context, arm::Call const& call) {
    auto const name = text(call.body, "name");
    json::Object answer{{"nameAvailable", true}};
    if (auto no = name_allowed(vault_type, name)) {
        answer = {{"nameAvailable", false}, {"reason", "AccountNameInvalid"}, {"message", no->message}};
    } else if (context.soft_deleted(bin, base::lower(name))) {
        answer = {{"nameAvailable", false},
                  {"reason", "AlreadyExists"},
                  {"message", "The vault name '" + name + "' is used by a deleted vault that can still be recovered."}};
    } else if (find_vault(context, name)) {
        answer = {{"nameAvailable", false},
                  {"reason", "AlreadyExists"},
                  {"message", "The vault name '" + name + "' is already in use."}};
    }
    return arm::Answer{.status = 200, .body = std::move(answer), .headers = {}};
}

constexpr arm::Link vault_links[] = {
    {.at = "properties.networkAcls.virtualNetworkRules[].id",
     .action = "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action"},
};

constexpr arm::ResourceBehaviour types[] = {
    {.type = vault_type,
     .create_status = 200,
     .put = arm::Lro::resource_poll,
     .create = {2, 25, 60, "recorded: Succeeded at the first poll after 30 s, 4 of 4"},
     .patch = arm::PatchStyle::merge,
     .creating = "RegisteringDns",
     .updating = "Succeeded",
     .lock = arm::WriteLock::none,
     .links = vault_links,
     .validate = validate_vault,
     .accepted = accepted_vault,
     .complete = complete_vault,
     .deleted = deleted_vault,
     .view = view_vault,
     .source = "recorded: net KeyVault.ManageKeyVaultTest; Key Vault documentation on soft delete",
     .date = "2026-11-23"},
    {.type = key_type,
     .create_status = 200,
     .state_at = {},
     .tracked = false,
     .validate = validate_key,
     .accepted = accepted_key,
     .before_delete = refuse_key_delete,
     .source = "Key Vault REST reference, keys through Resource Manager (create if absent)",
     .date = "2026-11-23"},
};

constexpr arm::Route routes[] = {
    {.under = arm::Route::Under::subscription,
     .method = "GET",
     .pattern = "Microsoft.KeyVault/deletedVaults",
     .permission = "Microsoft.KeyVault/deletedVaults/read",
     .run = list_deleted},
    {.under = arm::Route::Under::subscription,
     .method = "GET",
     .pattern = "Microsoft.KeyVault/locations/{location}/deletedVaults/{name}",
     .permission = "Microsoft.KeyVault/locations/deletedVaults/read",
     .run = get_deleted},
    {.under = arm::Route::Under::subscription,
     .method = "POST",
     .pattern = "Microsoft.KeyVault/locations/{location}/deletedVaults/{name}/purge",
     .permission = "Microsoft.KeyVault/locations/deletedVaults/purge/action",
     .run = purge_deleted},
    {.under = arm::Route::Under::subscription,
     .method = "POST",
     .pattern = "Microsoft.KeyVault/checkNameAvailability",
     .permission = "Microsoft.KeyVault/checkNameAvailability/read",
     .run = check_name},
};

constexpr arm::Scheduled scheduled[] = {{"keyvault.purge", purge_now}};

constexpr arm::Provider provider{
    .name = "Microsoft.KeyVault", .types = types, .routes = routes, .scheduled = scheduled};

}  // namespace
}  // namespace keyvault

arm::Provider const& microsoft_keyvault() { return keyvault::provider; }

}  // namespace holdfast::simulator::providers
