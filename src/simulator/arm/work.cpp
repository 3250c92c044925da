#include "simulator/arm/work.hpp"

#include <algorithm>

#include "simulator/arm/access.hpp"
#include "simulator/arm/history.hpp"

namespace holdfast::simulator::arm {
namespace {

/// One step of a link path: "subnets[]", "userAssignedIdentities{}" or a plain key.
void collect(json::Value const& value, std::string_view path, std::vector<std::string>& found) {
    if (path.empty()) {
        if (auto const* text = value.if_string()) found.emplace_back(*text);
        return;
    }
    auto const dot = path.find('.');
    auto step = path.substr(0, dot);
    auto const rest = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    bool const each = step.ends_with("[]"), keys = step.ends_with("{}");
    if (each || keys) step.remove_suffix(2);
    auto const* next = json::find(value, json::Path{}.child(std::string(step)));
    if (!next) return;
    if (each) {
        if (auto const* array = next->if_array()) {
            for (auto const& item : *array) collect(item, rest, found);
        }
    } else if (keys) {
        if (auto const* object = next->if_object()) {
            for (auto const& member : *object) found.emplace_back(member.key());
        }
    } else {
        collect(*next, rest, found);
    }
}

}  // namespace

std::vector<std::string> texts_at(json::Value const& body, std::string_view link_path) {
    std::vector<std::string> found;
    collect(body, link_path, found);
    return found;
}

ArmError error(int status, std::string_view code, std::string message, std::string target) {
    return {.status = status,
            .code = std::string(code),
            .message = std::move(message),
            .target = std::move(target),
            .subcode = {},
            .details = {},
            .more = nullptr};
}

namespace {
json::Object error_object(ArmError const& error) {
    json::Object object{{"code", error.code}, {"message", error.message}};
    if (!error.target.empty()) object["target"] = error.target;
    if (!error.details.empty()) {
        json::Array details;
        for (auto const& detail : error.details) details.push_back(error_object(detail));
        object["details"] = std::move(details);
    }
    if (!error.more.is_null()) object["additionalInfo"] = json::Array{error.more};
    return object;
}
}  // namespace

json::Value error_body(ArmError const& error, Envelope envelope) {
    auto object = error_object(error);
    if (envelope == Envelope::arm || error.from_gateway) return json::Object{{"error", std::move(object)}};
    if (!object.contains("details")) object["details"] = nullptr;
    object["subcode"] = error.subcode;
    return object;
}

std::string etag_of(Stored const& stored) {
    base::Prng drawn(base::WithoutCase{}(stored.id.key()) + static_cast<std::uint64_t>(stored.version));
    return drawn.guid();
}

void set_state(Stored& stored, std::string_view state) {
    auto const& row = behaviour(stored.type);
    if (!row.state_at.empty() && !stored.type.empty()) json::put(stored.body, row.state_at, json::Value(state));
}

std::string state_of(Stored const& stored) {
    auto const& row = behaviour(stored.type);
    return row.state_at.empty() ? "" : std::string(json::text_at(stored.body, row.state_at).value_or(""));
}

// ------------------------------------------------------------------------------------------------ reading

Stored const* Work::find(std::string_view text) const {
    if (auto const* stored = core_.store.find(base::lower(text))) return stored;  // as nearly everybody writes it
    auto const id = ResourceId::parse(text);
    return id ? find(*id) : nullptr;
}

std::vector<Stored const*> Work::children(ResourceId const& parent, std::string_view type) const {
    auto found = core_.store.under(parent.key());
    std::erase_if(found, [&](Stored const* stored) {
        auto const above = stored->id.parent();
        return !above || *above != parent || (!type.empty() && !base::same_text(stored->type, type));
    });
    return found;
}

std::vector<Stored const*> Work::users(ResourceId const& id) const {
    auto found = core_.store.naming(id.key());
    std::erase_if(found, [&](Stored const* stored) { return stored->id.is_within(id); });
    return found;
}

bool Work::busy(ResourceId const& id) const {
    auto const top = topmost(id).key();
    return std::any_of(core_.store.running().begin(), core_.store.running().end(), [&](std::string const& running) {
        auto const& locks = core_.store.operation(running)->locks;
        return std::find(locks.begin(), locks.end(), id.key()) != locks.end() ||
               std::find(locks.begin(), locks.end(), top) != locks.end();
    });
}

std::string shown_id(Stored const& stored) {
    auto id = stored.id.text();
    constexpr std::string_view written = "/resourceGroups/", small = "/resourcegroups/";
    auto const at = behaviour(stored.type).id_says_resourcegroups ? id.find(written) : std::string::npos;
    if (at != std::string::npos) id.replace(at, written.size(), small);
    return id;
}

/// Who wrote it last is not kept: it is taken to be who made it.
static json::Value system_data(Stored const& stored, Principal const* by) {
    bool const is_user = by && by->kind == "User";
    std::string const who = by ? by->client_id : stored.created_by;
    char const* const kind = is_user ? "User" : "Application";
    return json::Object{
        {"createdAt", base::to_string(stored.created)},      {"createdBy", who},      {"createdByType", kind},
        {"lastModifiedAt", base::to_string(stored.changed)}, {"lastModifiedBy", who}, {"lastModifiedByType", kind}};
}

json::Value Work::shown(Stored const& stored) const {
    auto const& row = behaviour(stored.type);
    json::Object object;
    object.reserve(stored.body.is_object() ? stored.body.get_object().size() + 4 : 4);
    object["id"] = shown_id(stored);
    object["name"] = stored.id.name();
    object["type"] = row.shown_type.empty() ? std::string_view(stored.type) : row.shown_type;
    if (auto const* body = stored.body.if_object()) {
        for (auto const& member : *body) object.insert_or_assign(member.key(), member.value());
    }
    if (row.system_data) object["systemData"] = system_data(stored, principal(stored.created_by));
    json::Value value = std::move(object);
    if (!row.etag_at.empty()) {
        auto const etag = etag_of(stored);
        json::put(value, row.etag_at, json::Value(row.conflict == Conflict::aks ? etag : "W/\"" + etag + "\""));
    }
    if (auto const* shape = shapes::find(stored.type)) {
        for (auto const& kind : inline_kinds_of(*shape)) {
            json::Array list;
            for (auto const* child : children(stored.id, kind.type->name))
                list.push_back(inline_form(kind, shown(*child)));
            if (!list.empty() || json::find(value, "properties")) json::put(value, kind.at, std::move(list));
        }
    }
    if (row.view) row.view(*this, stored, value);
    show_as_then(stored, now(), value);
    return value;
}

// ------------------------------------------------------------------------------------------------ writing

Stored* Work::edit(ResourceId const& id) {
    auto* stored = core_.store.edit(id.key());
    if (stored) {
        ++stored->version;
        stored->changed = now();
    }
    return stored;
}

Stored& Work::put(ResourceId const& id, json::Value body) {
    auto const* old = find(id);
    auto const type = id.type();
    Stored stored{.id = id,
                  .type = canonical_type(type).empty() ? type : canonical_type(type),
                  .body = std::move(body),
                  .hidden = old ? old->hidden : json::Value(json::Object{}),
                  .created = old ? old->created : now(),
                  .changed = now(),
                  .version = old ? old->version + 1 : 1,
                  .deleting = false,
                  .created_by = old ? old->created_by : caller_.object_id};
    if (!json::find(stored.body, behaviour(stored.type).state_at)) set_state(stored, "Succeeded");
    return core_.store.put(std::move(stored));
}

void Work::erase(ResourceId const& id) {
    auto const* stored = find(id);
    if (!stored) return;
    std::vector<Stored> subtree{*stored};
    for (auto const* below : core_.store.under(id.key())) subtree.push_back(*below);
    // Everything is gone before anybody is told: what a hook buries or counts must not find half of it.
    for (auto const& gone : subtree) core_.store.erase(gone.id.key());
    if (auto const& row = behaviour(subtree.front().type); row.deleted) row.deleted(*this, subtree.front(), subtree);
}

// ------------------------------------------------------------------------------------------------ access

bool Work::permits(std::string_view principal, std::string_view action, ResourceId const& scope) const {
    return arm::permits(core_.store, principal, action, scope, Plane::control, When::now);
}
bool Work::permits_data(std::string_view principal, std::string_view action, ResourceId const& scope) const {
    return arm::permits(core_.store, principal, action, scope, Plane::data, When::now);
}
bool Work::will_permit(std::string_view principal, std::string_view action, ResourceId const& scope) const {
    return arm::permits(core_.store, principal, action, scope, Plane::control, When::eventually) ||
           arm::permits(core_.store, principal, action, scope, Plane::data, When::eventually);
}

void Work::grant(std::string_view principal, std::string_view role, ResourceId const& scope) {
    auto const* definition = shapes::find_role(role);
    if (!definition) return;
    auto const name = base::guid_v5("6ba7b811-9dad-11d1-80b4-00c04fd430c8",
                                    scope.key() + "#" + base::lower(principal) + "#" + std::string(definition->guid));
    json::Object properties{{"roleDefinitionId", ResourceId::subscription_of(core_.options.owner.subscription)
                                                     .with("Microsoft.Authorization/roleDefinitions", definition->guid)
                                                     .text()},
                            {"principalId", principal},
                            {"principalType", "ServicePrincipal"},
                            {"scope", scope.text()}};
    put(scope.with("Microsoft.Authorization/roleAssignments", name),
        json::Object{{"properties", std::move(properties)}});
}

bool Work::registered(std::string_view provider) const {
    auto const* known = provider_named(provider);
    if (known && known->registered_at_first) return true;
    return core_.store.registration(provider).state == "Registered";
}

bool Work::feature_registered(std::string_view provider, std::string_view feature) const {
    return core_.store.feature(provider, feature) == "Registered";
}

// ------------------------------------------------------------------------------------------------ time and the bin

void Work::schedule(Time at, std::string_view function, std::string_view id, json::Value payload) {
    core_.store.schedule({.at = std::max(at, now()),
                          .number = 0,
                          .function = std::string(function),
                          .id = std::string(id),
                          .payload = std::move(payload)});
}

void Work::result(json::Value value) {
    if (operation_) operation_->result = std::move(value);
}

void Work::fail(ArmError error) {
    if (!operation_) return;
    operation_->status = "Failed";
    operation_->error_status = error.status;
    operation_->error = *json::find(error_body(error, Envelope::arm), "error");
}

SoftDeleted const* Work::soft_deleted(std::string_view kind, std::string_view name) const {
    auto const found = core_.store.bin().find(Store::bin_key(kind, name));
    return found == core_.store.bin().end() ? nullptr : &found->second;
}

std::vector<SoftDeleted const*> Work::all_soft_deleted(std::string_view kind) const {
    std::vector<SoftDeleted const*> found;
    for (auto const& [key, deleted] : core_.store.bin()) {
        if (base::same_text(deleted.kind, kind)) found.push_back(&deleted);
    }
    return found;
}

void Work::bury(SoftDeleted deleted) {
    schedule(deleted.until, "bin.purge", Store::bin_key(deleted.kind, deleted.name),
             json::Object{{"until", deleted.until.time_since_epoch().count()}});
    core_.store.put(std::move(deleted));
}

bool Work::unearth(std::string_view kind, std::string_view name) {
    auto const* deleted = soft_deleted(kind, name);
    if (!deleted) return false;
    for (auto thing : deleted->things) {
        thing.deleting = false;
        ++thing.version;
        core_.store.put(std::move(thing));
    }
    core_.store.erase_soft_deleted(Store::bin_key(kind, name));
    return true;
}

bool Work::purge(std::string_view kind, std::string_view name) {
    if (!soft_deleted(kind, name)) return false;
    core_.store.erase_soft_deleted(Store::bin_key(kind, name));
    return true;
}

}  // namespace holdfast::simulator::arm
