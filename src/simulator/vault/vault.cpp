#include "simulator/vault/vault.hpp"

#include <algorithm>

#include "simulator/arm/access.hpp"
#include "simulator/arm/work.hpp"
#include "simulator/entra/tokens.hpp"
#include "simulator/vault/crypto.hpp"

namespace holdfast::simulator::vault {
namespace {

constexpr std::string_view vault_type = "Microsoft.KeyVault/vaults";
constexpr std::string_view key_type = "Microsoft.KeyVault/vaults/keys";
constexpr std::string_view key_bin = "key";

world::Response refuse(int status, std::string_view code, std::string message, std::string_view inner = {}) {
    json::Object error{{"code", code}, {"message", std::move(message)}};
    if (!inner.empty()) error["innererror"] = json::Object{{"code", inner}};
    return answer_json(status, json::Object{{"error", std::move(error)}});
}

std::string text(json::Value const& value, std::string_view at) {
    return std::string(json::text_at(value, at).value_or(""));
}

std::int64_t seconds(Time time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// One request to one vault.
struct Visit {
    arm::Work& work;
    Asked const& asked;
    ResourceId vault;
    std::vector<std::string> const& path;
    json::Value body;
};

ResourceId key_id(Visit const& visit, std::string_view name) { return visit.vault.with(key_type, name); }
std::string key_url(Visit const& visit, std::string_view name) {
    return visit.asked.origin + "/keys/" + std::string(name);
}
std::string bin_name(Visit const& visit, std::string_view key) {
    return base::lower(visit.vault.name()) + "/" + base::lower(key);
}

bool is_elliptic(Stored const& key) { return text(key.body, "properties.kty").starts_with("EC"); }

/// The secret half of a version. Making one takes a tenth of a second and more, so it is made when it is first looked
/// at.
Material material_of(Visit const& visit, Stored const& key, std::string_view version) {
    auto versions = json::list_at(key.hidden, "versions");
    for (auto& one : versions) {
        if (text(one, "version") != version) continue;
        if (auto const kept = base::from_base64(text(one, "material")); kept && !kept->empty()) return {.der = *kept};
        auto made = new_material(is_elliptic(key),
                                 static_cast<int>(json::whole_at(key.body, "properties.keySize").value_or(2048)),
                                 text(key.body, "properties.curveName"));
        one.as_object()["material"] = base::base64(made.der);
        if (auto* stored = visit.work.core().store.edit(key.id.key()))
            json::put(stored->hidden, "versions", std::move(versions));
        return made;
    }
    return {};
}

/// As every answer about a key shows them: how long a deleted one may be recovered is the vault's to say.
json::Object attributes_of(Visit const& visit, json::Value const& key) {
    auto attributes = json::object_at(key, "properties.attributes");
    auto const* vault = visit.work.find(visit.vault);
    attributes["recoverableDays"] =
        vault ? json::whole_at(vault->body, "properties.softDeleteRetentionInDays").value_or(90) : 0;
    return attributes;
}

json::Value bundle(Visit const& visit, Stored const& key, json::Value const& version) {
    auto const name = text(version, "version");
    auto const created = json::whole_at(version, "created").value_or(0);  // making the material moves the versions
    auto const half = public_half(material_of(visit, key, name)).value_or(PublicHalf{});
    json::Object web{{"kid", key_url(visit, key.id.name()) + "/" + name},
                     {"kty", text(key.body, "properties.kty")},
                     {"key_ops", json::list_at(key.body, "properties.keyOps")}};
    if (is_elliptic(key)) {
        web["crv"] = text(key.body, "properties.curveName");
        web["x"] = half.x;
        web["y"] = half.y;
    } else {
        web["n"] = half.n;
        web["e"] = half.e;
    }
    auto attributes = attributes_of(visit, key.body);
    attributes["created"] = created;
    json::Object shown{{"key", std::move(web)}, {"attributes", std::move(attributes)}};
    if (auto const* tags = json::find(key.body, "tags")) shown["tags"] = *tags;
    return shown;
}

json::Value const* version_named(Stored const& key, std::string_view wanted) {
    auto const& versions = json::list_at(key.hidden, "versions");
    if (versions.empty()) return nullptr;
    if (wanted.empty()) return &versions.back();
    for (auto const& version : versions) {
        if (text(version, "version") == wanted) return &version;
    }
    return nullptr;
}

/// Another version of a key that stands; it becomes the newest.
void add_version(Visit const& visit, Stored& key) {
    auto random = visit.work.prng("key version " + key.id.key());
    auto const bytes = [&](std::size_t count) {
        std::string out;
        while (out.size() < count) out.push_back(static_cast<char>(random.next()));
        return out;
    };
    auto const version = base::hex(bytes(16));
    auto versions = json::list_at(key.hidden, "versions");
    versions.push_back(json::Object{{"version", version}, {"created", seconds(visit.work.now())}});
    json::put(key.hidden, "versions", std::move(versions));
    json::put(key.body, "properties.keyUriWithVersion",
              json::Value(text(key.body, "properties.keyUri") + "/" + version));
    json::put(key.body, "properties.attributes.updated", json::Value(seconds(visit.work.now())));
}

world::Response missing_key(Visit const& visit, std::string_view name) {
    return refuse(404, "KeyNotFound",
                  "A key with (name/id) " + std::string(name) + " was not found in this key vault ('" +
                      std::string(visit.vault.name()) + "').");
}

world::Response show_key(Visit const& visit, std::string_view name, std::string_view version) {
    auto const* key = visit.work.find(key_id(visit, name));
    auto const* found = key ? version_named(*key, version) : nullptr;
    return found ? answer_json(200, bundle(visit, *key, *found)) : missing_key(visit, name);
}

world::Response list_keys(Visit const& visit) {
    json::Array value;
    for (auto const* key : visit.work.children(visit.vault, key_type)) {
        value.push_back(
            json::Object{{"kid", key_url(visit, key->id.name())}, {"attributes", attributes_of(visit, key->body)}});
    }
    return answer_json(200, json::Object{{"value", std::move(value)}, {"nextLink", nullptr}});
}

/// "encrypt" and its like: the words of the operation, of `key_ops`, and what is done.
world::Response use_key(Visit const& visit, std::string_view operation) {
    auto const& name = visit.path[1];
    auto const version_asked = visit.path.size() == 4 ? visit.path[2] : std::string();
    auto const* key = visit.work.find(key_id(visit, name));
    auto const* found = key ? version_named(*key, version_asked) : nullptr;
    if (!found) return missing_key(visit, name);
    auto const& allowed = json::list_at(key->body, "properties.keyOps");
    bool const permitted = std::any_of(allowed.begin(), allowed.end(), [&](json::Value const& item) {
        return item.is_string() && base::same_text(std::string_view(item.get_string()), operation);
    });
    if (!permitted)
        return refuse(403, "Forbidden", "Operation " + std::string(operation) + " is not permitted on this key.",
                      "KeyOperationForbidden");
    if (!json::truth_at(key->body, "properties.attributes.enabled").value_or(true))
        return refuse(403, "Forbidden", "Operation " + std::string(operation) + " is not allowed on a disabled key.",
                      "KeyDisabled");
    bool const makes = operation == "encrypt" || operation == "wrapKey" || operation == "sign";
    auto const until = json::whole_at(key->body, "properties.attributes.exp");
    if (makes && until && *until <= seconds(visit.work.now()))
        return refuse(403, "Forbidden", "Operation " + std::string(operation) + " is not allowed on an expired key.",
                      "KeyExpired");
    auto const version = text(*found, "version");
    auto const kid = key_url(visit, key->id.name()) + "/" + version;
    auto const algorithm = text(visit.body, "alg");
    auto const value = base::from_base64(text(visit.body, operation == "verify" ? "digest" : "value"));
    if (!value || value->empty()) return refuse(400, "BadParameter", "The value is not base64url, or empty.");
    auto const material = material_of(visit, *key, version);
    auto const wrong = [&](Failed failed) {
        return failed == Failed::algorithm
                   ? refuse(400, "BadParameter",
                            "Algorithm '" + base::printable(algorithm) + "' does not fit a key of type " +
                                text(key->body, "properties.kty") + ".")
                   : refuse(400, "BadParameter", "The value does not fit the key and the algorithm.");
    };
    if (operation == "verify") {
        auto const signature = base::from_base64(text(visit.body, "value"));
        auto const good = verify(material, algorithm, *value, signature ? *signature : std::string());
        return good ? answer_json(200, json::Object{{"value", *good}}) : wrong(good.error());
    }
    auto const result = operation == "sign" ? sign(material, algorithm, *value)
                        : makes             ? encrypt(material, algorithm, *value)
                                            : decrypt(material, algorithm, *value);
    if (!result) return wrong(result.error());
    return answer_json(200, json::Object{{"kid", kid}, {"value", base::base64url(*result)}});
}

world::Response list_versions(Visit const& visit, std::string_view name) {
    auto const* key = visit.work.find(key_id(visit, name));
    if (!key) return missing_key(visit, name);
    json::Array value;
    for (auto const& version : json::list_at(key->hidden, "versions")) {
        auto attributes = attributes_of(visit, key->body);
        attributes["created"] = json::whole_at(version, "created").value_or(0);
        value.push_back(json::Object{{"kid", key_url(visit, name) + "/" + text(version, "version")},
                                     {"attributes", std::move(attributes)}});
    }
    return answer_json(200, json::Object{{"value", std::move(value)}, {"nextLink", nullptr}});
}

/// The data plane's words for the properties Resource Manager knows.
json::Value properties_of(json::Value const& asked) {
    json::Object properties;
    struct Word {
        char const *here, *there;
    };
    for (auto const& [here, there] : {Word{"kty", "kty"}, Word{"key_size", "keySize"}, Word{"crv", "curveName"},
                                      Word{"key_ops", "keyOps"}, Word{"attributes", "attributes"}}) {
        if (auto const* said = json::find(asked, here); said && !said->is_null()) properties[there] = *said;
    }
    json::Object body{{"properties", std::move(properties)}};
    if (auto const* tags = json::find(asked, "tags"); tags && tags->is_object()) body["tags"] = *tags;
    return body;
}

/// Deleting a key goes on for seconds after its answer: Key Vault soft-delete overview, learn.microsoft.com,
/// 2026-11-24.
constexpr Duration being_deleted{3000};

world::Response create_key(Visit const& visit, std::string const& name) {
    auto const id = key_id(visit, name);
    auto const& row = arm::behaviour(key_type);
    if (auto const* stands = visit.work.find(id)) {
        add_version(visit, *visit.work.edit(stands->id));
        return show_key(visit, name, {});
    }
    if (auto const* deleted = visit.work.soft_deleted(key_bin, bin_name(visit, name))) {
        if (visit.work.now() - deleted->deleted < being_deleted)
            return refuse(409, "Conflict", "Key " + name + " is currently being deleted.", "ObjectIsBeingDeleted");
        return refuse(
            409, "Conflict",
            "Key " + name + " is currently in a deleted but recoverable state, and its name cannot be reused.",
            "ObjectIsDeletedButRecoverable");
    }
    auto body = properties_of(visit.body);
    if (row.validate) {
        arm::Write const write{.id = id, .desired = body, .children = {}, .existing = nullptr, .api_version = {}};
        if (auto refused = row.validate(visit.work, write))
            return refuse(refused->status, refused->code, refused->message);
    }
    auto& stored = visit.work.put(id, std::move(body));
    if (row.accepted) row.accepted(visit.work, stored, nullptr);
    return show_key(visit, name, {});
}

world::Response update_key(Visit const& visit, std::string_view name, std::string_view version) {
    auto const id = key_id(visit, name);
    if (!visit.work.find(id)) return missing_key(visit, name);
    auto* key = visit.work.edit(id);
    auto const changes = properties_of(visit.body);
    if (auto const* attributes = json::find(changes, "properties.attributes")) {
        json::Value merged = json::object_at(key->body, "properties.attributes");
        json::merge(merged, *attributes);
        json::put(key->body, "properties.attributes", std::move(merged));
    }
    if (auto const* operations = json::find(changes, "properties.keyOps"))
        json::put(key->body, "properties.keyOps", *operations);
    if (auto const* tags = json::find(changes, "tags")) json::put(key->body, "tags", *tags);
    return show_key(visit, name, version);
}

world::Response delete_key(Visit const& visit, std::string_view name) {
    auto const id = key_id(visit, name);
    auto const* key = visit.work.find(id);
    auto const* vault = visit.work.find(visit.vault);
    if (!key || !vault) return missing_key(visit, name);
    auto const days = json::whole_at(vault->body, "properties.softDeleteRetentionInDays").value_or(90);
    auto shown = bundle(visit, *key, *version_named(*key, {}));
    SoftDeleted deleted{
        .kind = std::string(key_bin),
        .name = bin_name(visit, name),
        .things = {*key},
        .deleted = visit.work.now(),
        .until = visit.work.now() + std::chrono::hours(24 * days),
        .purge_protected = json::truth_at(vault->body, "properties.enablePurgeProtection").value_or(false)};
    auto& object = shown.as_object();
    object["recoveryId"] = visit.asked.origin + "/deletedkeys/" + std::string(name);
    object["deletedDate"] = seconds(deleted.deleted);
    object["scheduledPurgeDate"] = seconds(deleted.until);
    visit.work.bury(std::move(deleted));
    visit.work.erase(id);
    return answer_json(200, std::move(shown));
}

world::Response deleted_key(Visit const& visit, std::string_view name) {
    auto const* deleted = visit.work.soft_deleted(key_bin, bin_name(visit, name));
    if (!deleted) return missing_key(visit, name);
    auto shown = bundle(visit, deleted->things.front(), *version_named(deleted->things.front(), {}));
    auto& object = shown.as_object();
    object["recoveryId"] = visit.asked.origin + "/deletedkeys/" + std::string(name);
    object["deletedDate"] = seconds(deleted->deleted);
    object["scheduledPurgeDate"] = seconds(deleted->until);
    return answer_json(200, std::move(shown));
}

world::Response list_deleted(Visit const& visit) {
    json::Array value;
    auto const here = base::lower(visit.vault.name()) + "/";
    for (auto const* deleted : visit.work.all_soft_deleted(key_bin)) {
        if (!deleted->name.starts_with(here)) continue;
        auto const name = std::string(deleted->things.front().id.name());
        value.push_back(json::Object{{"kid", key_url(visit, name)},
                                     {"recoveryId", visit.asked.origin + "/deletedkeys/" + name},
                                     {"deletedDate", seconds(deleted->deleted)},
                                     {"scheduledPurgeDate", seconds(deleted->until)},
                                     {"attributes", attributes_of(visit, deleted->things.front().body)}});
    }
    return answer_json(200, json::Object{{"value", std::move(value)}, {"nextLink", nullptr}});
}

world::Response recover_key(Visit const& visit, std::string_view name) {
    if (!visit.work.unearth(key_bin, bin_name(visit, name))) return missing_key(visit, name);
    return show_key(visit, name, {});
}

world::Response purge_key(Visit const& visit, std::string_view name) {
    auto const* deleted = visit.work.soft_deleted(key_bin, bin_name(visit, name));
    if (!deleted) return missing_key(visit, name);
    if (deleted->purge_protected)
        return refuse(403, "Forbidden", "Operation 'purge' is not allowed: the vault has purge protection.");
    visit.work.purge(key_bin, bin_name(visit, name));
    return {.status = 204, .headers = {}, .body = {}};
}

world::Response rotate_key(Visit const& visit, std::string_view name) {
    auto const id = key_id(visit, name);
    if (!visit.work.find(id)) return missing_key(visit, name);
    add_version(visit, *visit.work.edit(id));
    return show_key(visit, name, {});
}

world::Response show_policy(Visit const& visit, std::string_view name) {
    auto const* key = visit.work.find(key_id(visit, name));
    if (!key) return missing_key(visit, name);
    auto const* policy = json::find(key->body, "properties.rotationPolicy");
    json::Value shown =
        policy ? *policy
               : json::Value(json::Object{{"lifetimeActions", json::Array{}}, {"attributes", json::Object{}}});
    json::put(shown, "id", json::Value(key_url(visit, name) + "/rotationpolicy"));
    return answer_json(200, std::move(shown));
}

world::Response write_policy(Visit const& visit, std::string_view name) {
    auto const id = key_id(visit, name);
    if (!visit.work.find(id)) return missing_key(visit, name);
    auto policy = visit.body;
    if (!policy.is_object()) return refuse(400, "BadParameter", "The policy is not a JSON object.");
    policy.get_object().erase("id");
    json::put(visit.work.edit(id)->body, "properties.rotationPolicy", std::move(policy));
    return show_policy(visit, name);
}

// ------------------------------------------------------------------------------------------------ who may, and what is
// asked

/// One operation: its method and path, the data action of role-based vaults, the permission of access policies.
struct Operation {
    std::string_view method, pattern, action, policy;
    world::Response (*run)(Visit const&);
};

// clang-format off
constexpr Operation operations[] = {
    {"GET",    "keys",                        "Microsoft.KeyVault/vaults/keys/read",                   "list",   [](Visit const& v) { return list_keys(v); }},
    {"POST",   "keys/{name}/create",          "Microsoft.KeyVault/vaults/keys/create/action",          "create", [](Visit const& v) { return create_key(v, v.path[1]); }},
    {"POST",   "keys/{name}/rotate",          "Microsoft.KeyVault/vaults/keys/rotate/action",          "rotate", [](Visit const& v) { return rotate_key(v, v.path[1]); }},
    {"GET",    "keys/{name}/rotationpolicy",  "Microsoft.KeyVault/vaults/keyrotationpolicies/read",    "getrotationpolicy", [](Visit const& v) { return show_policy(v, v.path[1]); }},
    {"PUT",    "keys/{name}/rotationpolicy",  "Microsoft.KeyVault/vaults/keyrotationpolicies/write",   "setrotationpolicy", [](Visit const& v) { return write_policy(v, v.path[1]); }},
    {"GET",    "keys/{name}/versions",        "Microsoft.KeyVault/vaults/keys/read",                   "list",   [](Visit const& v) { return list_versions(v, v.path[1]); }},
    {"GET",    "keys/{name}/{version}",       "Microsoft.KeyVault/vaults/keys/read",                   "get",    [](Visit const& v) { return show_key(v, v.path[1], v.path[2]); }},
    {"GET",    "keys/{name}",                 "Microsoft.KeyVault/vaults/keys/read",                   "get",    [](Visit const& v) { return show_key(v, v.path[1], {}); }},
    {"PATCH",  "keys/{name}/{version}",       "Microsoft.KeyVault/vaults/keys/update/action",          "update", [](Visit const& v) { return update_key(v, v.path[1], v.path[2]); }},
    {"PATCH",  "keys/{name}",                 "Microsoft.KeyVault/vaults/keys/update/action",          "update", [](Visit const& v) { return update_key(v, v.path[1], {}); }},
    {"DELETE", "keys/{name}",                 "Microsoft.KeyVault/vaults/keys/delete",                 "delete", [](Visit const& v) { return delete_key(v, v.path[1]); }},
    {"POST",   "keys/{name}/{version}/encrypt",   "Microsoft.KeyVault/vaults/keys/encrypt/action", "encrypt",   [](Visit const& v) { return use_key(v, "encrypt"); }},
    {"POST",   "keys/{name}/{version}/decrypt",   "Microsoft.KeyVault/vaults/keys/decrypt/action", "decrypt",   [](Visit const& v) { return use_key(v, "decrypt"); }},
    {"POST",   "keys/{name}/{version}/wrapkey",   "Microsoft.KeyVault/vaults/keys/wrap/action",    "wrapKey",   [](Visit const& v) { return use_key(v, "wrapKey"); }},
    {"POST",   "keys/{name}/{version}/unwrapkey", "Microsoft.KeyVault/vaults/keys/unwrap/action",  "unwrapKey", [](Visit const& v) { return use_key(v, "unwrapKey"); }},
    {"POST",   "keys/{name}/{version}/sign",      "Microsoft.KeyVault/vaults/keys/sign/action",    "sign",      [](Visit const& v) { return use_key(v, "sign"); }},
    {"POST",   "keys/{name}/{version}/verify",    "Microsoft.KeyVault/vaults/keys/verify/action",  "verify",    [](Visit const& v) { return use_key(v, "verify"); }},
    {"POST",   "keys/{name}/encrypt",             "Microsoft.KeyVault/vaults/keys/encrypt/action", "encrypt",   [](Visit const& v) { return use_key(v, "encrypt"); }},
    {"POST",   "keys/{name}/decrypt",             "Microsoft.KeyVault/vaults/keys/decrypt/action", "decrypt",   [](Visit const& v) { return use_key(v, "decrypt"); }},
    {"POST",   "keys/{name}/wrapkey",             "Microsoft.KeyVault/vaults/keys/wrap/action",    "wrapKey",   [](Visit const& v) { return use_key(v, "wrapKey"); }},
    {"POST",   "keys/{name}/unwrapkey",           "Microsoft.KeyVault/vaults/keys/unwrap/action",  "unwrapKey", [](Visit const& v) { return use_key(v, "unwrapKey"); }},
    {"POST",   "keys/{name}/sign",                "Microsoft.KeyVault/vaults/keys/sign/action",    "sign",      [](Visit const& v) { return use_key(v, "sign"); }},
    {"POST",   "keys/{name}/verify",              "Microsoft.KeyVault/vaults/keys/verify/action",  "verify",    [](Visit const& v) { return use_key(v, "verify"); }},
    {"GET",    "deletedkeys",                 "Microsoft.KeyVault/vaults/keys/read",                   "list",   [](Visit const& v) { return list_deleted(v); }},
    {"GET",    "certificates/contacts",       "Microsoft.KeyVault/vaults/certificatecontacts/read",    "managecontacts", [](Visit const&) { return refuse(404, "ContactsNotFound", "This vault has no certificate contacts."); }},
    {"GET",    "deletedkeys/{name}",          "Microsoft.KeyVault/vaults/keys/read",                   "get",    [](Visit const& v) { return deleted_key(v, v.path[1]); }},
    {"POST",   "deletedkeys/{name}/recover",  "Microsoft.KeyVault/vaults/keys/recover/action",         "recover", [](Visit const& v) { return recover_key(v, v.path[1]); }},
    {"DELETE", "deletedkeys/{name}",          "Microsoft.KeyVault/vaults/keys/purge/action",           "purge",  [](Visit const& v) { return purge_key(v, v.path[1]); }},
};
// clang-format on

bool fits(std::string_view pattern, std::vector<std::string> const& path) {
    auto const parts = base::split(pattern, '/');
    if (parts.size() != path.size()) return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!parts[i].starts_with('{') && !base::same_text(parts[i], path[i])) return false;
    }
    return true;
}

/// Where everybody who asks sits, as far as a vault's firewall can tell (RFC 5737, an address for documentation).
constexpr std::string_view callers_address = "203.0.113.10";

bool lets_in_by_address(Stored const& vault) {
    auto const caller = base::parse_ipv4(callers_address);
    auto const& rules = json::list_at(vault.body, "properties.networkAcls.ipRules");
    return std::any_of(rules.begin(), rules.end(), [&](json::Value const& rule) {
        auto const value = text(rule, "value");
        auto const range = base::Cidr::parse(value.find('/') == std::string::npos ? value + "/32" : value);
        return range && range->contains(*caller);
    });
}

std::optional<world::Response> check_access(Visit const& visit, Stored const& vault, entra::Token const& token,
                                            Operation const& operation) {
    if (base::same_text(text(vault.body, "properties.publicNetworkAccess"), "Disabled"))
        return refuse(403, "Forbidden",
                      "Public network access is disabled and the request is not from a trusted service nor via an "
                      "approved private link.",
                      "ForbiddenByConnection");
    if (base::same_text(text(vault.body, "properties.networkAcls.defaultAction"), "Deny") && !lets_in_by_address(vault))
        return refuse(403, "Forbidden", "Client address is not authorized and caller is not a trusted service.",
                      "ForbiddenByFirewall");
    if (json::truth_at(vault.body, "properties.enableRbacAuthorization").value_or(false)) {
        auto const scope = visit.path.size() > 1 && base::same_text(visit.path[0], "keys")
                               ? key_id(visit, visit.path[1])
                               : visit.vault;
        if (visit.work.permits_data(token.object_id, operation.action, scope)) return std::nullopt;
        return refuse(
            403, "Forbidden",
            "Caller is not authorized to perform action on resource. If role assignments were changed recently, "
            "wait for them to take effect. Caller: appid=" +
                token.client_id + ";oid=" + token.object_id + " Action: '" + std::string(operation.action) +
                "' Resource: '" + scope.text() + "'",
            "ForbiddenByRbac");
    }
    for (auto const& policy : json::list_at(vault.body, "properties.accessPolicies")) {
        if (!base::same_text(text(policy, "objectId"), token.object_id)) continue;
        auto const& keys = json::list_at(policy, "permissions.keys");
        bool const granted = std::any_of(keys.begin(), keys.end(), [&](json::Value const& item) {
            return item.is_string() && (base::same_text(std::string_view(item.get_string()), operation.policy) ||
                                        base::same_text(std::string_view(item.get_string()), "all"));
        });
        if (granted) return std::nullopt;
    }
    return refuse(403, "Forbidden",
                  "The user, group or application 'appid=" + token.client_id + ";oid=" + token.object_id +
                      "' does not have keys " + std::string(operation.policy) + " permission on key vault '" +
                      std::string(visit.vault.name()) + "'.",
                  "AccessDenied");
}

}  // namespace

world::Response answer(Core& core, Asked const& asked, CloudHosts const& cloud) {
    auto const name = asked.host.substr(0, asked.host.find('.'));
    auto const resource = "https://" + std::string(cloud.vault_suffix);
    auto const challenge = [&](world::Response response) {
        response.headers.push_back({"WWW-Authenticate", "Bearer authorization=\"https://" + std::string(cloud.login) +
                                                            "/" + core.options.owner.tenant + "\", resource=\"" +
                                                            resource + "\""});
        return response;
    };
    Stored const* vault = nullptr;
    for (auto const* candidate : core.store.of_type(vault_type)) {
        if (base::same_text(candidate->id.name(), name)) vault = candidate;
    }
    if (!vault) return refuse(404, "VaultNotFound", "No vault answers at '" + asked.host + "'.");
    if (!asked.bearer)
        return challenge(refuse(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token."));
    auto const token = entra::verify(core, *asked.bearer, entra::Audience::vault, asked);
    if (!token) {
        return challenge(refuse(401, "Unauthorized",
                                token.error().fault == entra::Fault::audience
                                    ? "AKV10022: Invalid audience. Expected " + resource + "."
                                    : "AKV10001: " + token.error().message));
    }
    if (asked.asked_for("api-version").empty()) return refuse(400, "BadParameter", "api-version must be specified.");

    arm::Work work(core, {.object_id = token->object_id, .client_id = token->client_id});
    Visit visit{.work = work, .asked = asked, .vault = vault->id, .path = asked.path, .body = {}};
    if (auto body = json::parse(asked.body)) visit.body = std::move(*body);
    for (auto const& operation : operations) {
        if (operation.method != asked.method || !fits(operation.pattern, asked.path)) continue;
        if (auto refused = check_access(visit, *vault, *token, operation)) return *refused;
        return operation.run(visit);
    }
    return refuse(404, "ResourceNotFound", "Nothing answers at '" + asked.text() + "'.");
}

}  // namespace holdfast::simulator::vault
