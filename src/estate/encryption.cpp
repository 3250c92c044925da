// Whose keys encrypt what: a vault and a key for each purpose, and the disk encryption set that hangs on one of them.
//
// Each purpose has a vault of its own: the etcd plugin cannot pass a vault's firewall, and a role on a vault that holds
// one key opens one key. Keys are made through Resource Manager, so that no data-plane right has to be granted and
// awaited first.

#include <fmt/format.h>

#include "estate/draft.hpp"

namespace holdfast::estate {
namespace {

struct Purpose {
    std::string word;                     ///< "disk": vault/disk, keys/disk
    std::string key;                      ///< "encryption.disks"
    std::vector<char const*> operations;  ///< what the key may do
    std::string because;
    Address vault() const { return "vault/" + word; }
    Address key_address() const { return "keys/" + word; }
};

void vault_of(Draft& draft, Purpose const& purpose) {
    auto const& spec = draft.spec;
    Resource& vault = draft.ours(purpose.vault(), "group");
    draft.land(vault, purpose.key, purpose.key);
    draft.put_because(vault, "properties.tenantId", draft.context.tenant, "the tenant of the subscription");
    draft.put_because(vault, "properties.sku.family", "A", "the only family");
    bool const hardware = spec.maybe_text(purpose.key + ".keyType") == "RSA-HSM";
    draft.put(vault, "properties.sku.name", hardware ? "premium" : "standard", purpose.key + ".keyType");
    draft.put_because(vault, "properties.enableRbacAuthorization", true,
                      "rights are role assignments, seen and proven like all others");
    draft.put_because(vault, "properties.enableSoftDelete", true, "a deleted key can be recovered");
    draft.put_because(
        vault, "properties.enablePurgeProtection", true,
        "nobody can destroy the key for good before its retention ends; disk encryption sets insist on it");
}

void key_of(Draft& draft, Purpose const& purpose) {
    Resource& key = draft.ours(purpose.key_address(), purpose.vault());
    draft.land(key, purpose.key, purpose.key);
    json::Array operations;
    for (auto const* operation : purpose.operations) operations.emplace_back(operation);
    draft.put_because(key, "properties.keyOps", std::move(operations), purpose.because);
    // When to rotate landed by its row; that it means rotating, and not only a notice, is said here.
    json::Path const when("properties.rotationPolicy.lifetimeActions[0].trigger.timeAfterCreate");
    if (json::find(key.body, when) != nullptr) {
        json::Path const act("properties.rotationPolicy.lifetimeActions[0].action.type");
        json::put(key.body, act, "rotate");
        key.origins[act] = key.origins.at(when);
    }
}

/// The vault and key of a purpose: made, or taken by id.
void keys_for(Draft& draft, Purpose const& purpose) {
    auto const& spec = draft.spec;
    std::string const existing_key = purpose.key + ".existingKey.id";
    std::string const existing_vault = purpose.key + ".vault.id";
    if (spec.has(existing_key)) {
        Resource& key = draft.standing(purpose.key_address(), existing_key);
        draft.standing(purpose.vault(), *key.id->parent(), existing_key);
        key.parent = purpose.vault();
        return;
    }
    if (spec.has(existing_vault)) {
        draft.standing(purpose.vault(), existing_vault);
    } else {
        vault_of(draft, purpose);
    }
    key_of(draft, purpose);
}

void disk_encryption_set(Draft& draft) {
    auto const& spec = draft.spec;
    if (spec.has("encryption.disks.set.id")) {
        draft.standing("disk-encryption", "encryption.disks.set.id");
        return;
    }
    keys_for(draft, {.word = "disk",
                     .key = "encryption.disks",
                     .operations = {"wrapKey", "unwrapKey"},
                     .because = "it wraps the keys of disks and does nothing else"});
    if (!draft.has("keys/disk") || !draft.has("identity/disk")) return;
    Resource& set = draft.ours("disk-encryption", "group");
    draft.land(set, "encryption.disks", "encryption.disks");
    draft.put(set, "identity.type", "UserAssigned", "identity.disks");
    draft.put(set, json::Path("identity.userAssignedIdentities").child(draft.id("identity/disk").text()),
              json::Object{}, "identity.disks");
    draft.await(set, "properties.activeKey.keyUrl", resource::Output{"keys/disk", "properties.keyUriWithVersion"},
                spec.origin("encryption.disks.key"));
    auto const& vault = draft.id("vault/disk");
    if (vault.subscription() == draft.id("disk-encryption").subscription()) {
        draft.put(set, "properties.activeKey.sourceVault.id", vault.text(), "encryption.disks.vault");
    }
    draft.put_because(set, "properties.rotationToLatestKeyVersionEnabled", true,
                      "a new version of the key is taken up by itself");
}

}  // namespace

void design_encryption(Draft& draft) {
    auto const& spec = draft.spec;
    if (spec.maybe_text("encryption.disks.key") == "customer") disk_encryption_set(draft);
    if (spec.maybe_text("encryption.etcd.key") != "customer") return;

    keys_for(draft, {.word = "etcd",
                     .key = "encryption.etcd",
                     .operations = {"encrypt", "decrypt", "wrapKey", "unwrapKey"},
                     .because = "the API server's plugin encrypts with it"});
    if (!draft.is_ours("vault/etcd")) return;
    Resource& vault = *draft.estate.graph.find("vault/etcd");
    bool const closed = spec.maybe_text("encryption.etcd.vaultAccess") == "private";
    std::string const key = "encryption.etcd.vaultAccess";
    // The plugin is no trusted service: a public vault must be open to it, a private one is reached by private
    // endpoint.
    draft.put(vault, "properties.networkAcls.defaultAction", closed ? "Deny" : "Allow", key);
    draft.put(vault, "properties.networkAcls.bypass", closed ? "None" : "AzureServices", key);
    draft.put(vault, "properties.publicNetworkAccess", closed ? "Disabled" : "Enabled", key);
}

}  // namespace holdfast::estate
