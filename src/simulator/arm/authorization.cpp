// Microsoft.Authorization: role assignments with their delays, role definitions, locks, permissions.
#include <algorithm>

#include "simulator/arm/access.hpp"
#include "simulator/arm/requests.hpp"

namespace holdfast::simulator::arm {
namespace {

constexpr std::string_view assignment_type = "Microsoft.Authorization/roleAssignments";
constexpr std::string_view definition_type = "Microsoft.Authorization/roleDefinitions";
constexpr std::string_view lock_type = "Microsoft.Authorization/locks";
constexpr std::string_view permissions_type = "Microsoft.Authorization/permissions";

std::string text(json::Value const& body, std::string_view at) {
    return std::string(json::text_at(body, at).value_or(""));
}

std::string role_guid(json::Value const& body) {
    auto const id = text(body, "properties.roleDefinitionId");
    return base::lower(id.substr(id.rfind('/') + 1));
}

std::string undashed(std::string guid) {
    std::erase(guid, '-');
    return guid;
}

// ------------------------------------------------------------------------------------------------ role assignments

std::optional<ArmError> validate_principal(Context& context, json::Value const& desired) {
    auto const id = text(desired, "properties.principalId");
    auto const kind = text(desired, "properties.principalType");
    if (!base::is_guid(id)) {
        return error(
            400, "InvalidPrincipalId",
            "The principal id '" + id + "' is not a valid GUID. Principal ids are object ids of the directory.");
    }
    auto const* principal = context.principal(id);
    bool const known = principal && base::same_text(principal->object_id, id);
    if (principal && !known) {
        return error(400, "PrincipalNotFound",
                     "The id '" + id + "' is an application's client id. Use the object id of its service principal.");
    }
    if (kind.empty()) {
        if (known && principal->visible_from <= context.now()) return std::nullopt;
        return error(400, "PrincipalNotFound",
                     "Principal " + undashed(id) + " does not exist in the directory " + context.tenant() +
                         ". If it was created a moment ago, set principalType so that its replication need not be "
                         "waited for.");
    }
    if (known && !base::same_text(principal->kind, kind)) {
        return error(400, "UnmatchedPrincipalType",
                     "The principal '" + undashed(id) + "' has type '" + principal->kind + "', not '" + kind + "'.");
    }
    return std::nullopt;
}

std::optional<ArmError> validate_assignment(Context& context, Write const& write) {
    auto& work = own(context);
    auto const name = std::string(write.id.name());
    if (!base::is_guid(name)) {
        return error(400, "InvalidRoleAssignmentId",
                     "The role assignment id '" + name + "' is not valid. It must be a GUID.");
    }
    auto const guid = role_guid(write.desired);
    if (!role_exists(work.core().store, guid)) {
        return error(400, "RoleDefinitionDoesNotExist",
                     "The specified role definition with id '" + undashed(guid) + "' does not exist.");
    }
    auto const principal = text(write.desired, "properties.principalId");
    if (write.existing) {
        bool const same = base::same_text(text(write.existing->body, "properties.principalId"), principal) &&
                          role_guid(write.existing->body) == guid;
        if (same) return std::nullopt;
        return error(409, "RoleAssignmentUpdateNotPermitted",
                     "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.");
    }
    if (auto refused = validate_principal(context, write.desired)) return refused;
    auto const scope = write.id.parent();
    for (auto const* other : work.core().store.assignments_of(principal)) {
        if (other->id.parent() != scope || role_guid(other->body) != guid) continue;
        work.core().store.count_repeated_create();
        work.core().fate().repeated(write.id);
        return error(409, "RoleAssignmentExists",
                     "The role assignment already exists. The ID of the existing role assignment is " +
                         undashed(std::string(other->id.name())) + ".");
    }
    return std::nullopt;
}

void accepted_assignment(Context& context, Stored& stored, Stored const* before) {
    auto& work = own(context);
    auto const scope = stored.id.parent();
    auto const principal_id = text(stored.body, "properties.principalId");
    auto put = [&](char const* at, std::string_view value) { json::put(stored.body, at, json::Value(value)); };
    put("properties.scope", scope ? scope->text() : "/");
    put("properties.updatedOn", base::to_string(context.now()));
    put("properties.updatedBy", context.caller().object_id);
    if (!json::text_at(stored.body, "properties.principalType")) {
        auto const* principal = context.principal(principal_id);
        put("properties.principalType", principal ? principal->kind : "Unknown");
    }
    if (before) return;
    put("properties.createdOn", base::to_string(context.now()));
    put("properties.createdBy", context.caller().object_id);
    auto const& options = work.core().options;
    auto const least = std::min(options.propagation_least, options.propagation_most);
    auto const most = options.propagation_most;
    Takes const propagation{least, least + (most - least) / 3, most, "documentation, 2026-11-23: usually 10-60 s"};
    auto const drawn = context.draw(propagation, "EFFECT " + stored.id.key());
    auto const seconds = work.core().fate().takes_effect(stored.id, drawn);
    auto const effective = context.now() + Duration{static_cast<std::int64_t>(seconds * 1000)};
    json::put(stored.hidden, effective_at, json::Value(effective.time_since_epoch().count()));
    if (seconds > 0) context.schedule(effective, "role.effective", stored.id.text());
}

// ------------------------------------------------------------------------------------------------ definitions and
// locks

json::Array as_array(std::vector<std::string> const& texts) {
    json::Array array;
    for (auto const& item : texts) array.emplace_back(item);
    return array;
}

json::Value permission_body(Permission const& permission) {
    return json::Object{{"actions", as_array(permission.actions)},
                        {"notActions", as_array(permission.not_actions)},
                        {"dataActions", as_array(permission.data_actions)},
                        {"notDataActions", as_array(permission.not_data_actions)}};
}

json::Value built_in(Store const& store, shapes::Role const& role, std::string const& subscription) {
    json::Array permissions;
    for (auto const& permission : permissions_of_role(store, role.guid))
        permissions.push_back(permission_body(permission));
    return json::Object{{"id", ResourceId::subscription_of(subscription).with(definition_type, role.guid).text()},
                        {"name", role.guid},
                        {"type", definition_type},
                        {"properties", json::Object{{"roleName", role.name},
                                                    {"type", "BuiltInRole"},
                                                    {"description", role.name},
                                                    {"assignableScopes", json::Array{"/"}},
                                                    {"permissions", std::move(permissions)}}}};
}

std::optional<ArmError> validate_definition(Context& context, Write const& write) {
    auto const name = std::string(write.id.name());
    if (!base::is_guid(name))
        return error(400, "InvalidRoleDefinitionId", "The role definition id '" + name + "' is not a GUID.");
    if (shapes::find_role(name)) return error(400, "RoleDefinitionBuiltIn", "Built-in roles cannot be changed.");
    if (text(write.desired, "properties.roleName").empty())
        return error(400, "InvalidRoleDefinitionRequest", "A role definition needs properties.roleName.");
    for (auto const* other : context.of_type(definition_type)) {
        if (other->id != write.id &&
            base::same_text(text(other->body, "properties.roleName"), text(write.desired, "properties.roleName")))
            return error(409, "RoleDefinitionWithSameNameExists",
                         "Another custom role of this name exists: " + std::string(other->id.name()) + ".");
    }
    return std::nullopt;
}

std::optional<ArmError> definition_in_use(Context& context, Stored const& stored) {
    for (auto const* assignment : context.of_type(assignment_type)) {
        if (role_guid(assignment->body) == base::lower(stored.id.name()))
            return error(400, "RoleDefinitionHasAssignments",
                         "There are existing role assignments referencing the role.");
    }
    return std::nullopt;
}

void view_definition(Context const&, Stored const&, json::Value& shown) {
    json::put(shown, "properties.type", json::Value("CustomRole"));
}

}  // namespace

Provider const& authorization() {
    static ResourceBehaviour const types[] = {
        {.type = assignment_type,
         .create_status = 201,
         .update_status = 200,
         .delete_answers_body = true,
         .state_at = "",
         .null_at_first = "properties.createdBy",
         .tracked = false,
         .validate = validate_assignment,
         .accepted = accepted_assignment,
         .source = "recorded traffic, read 2026-11-23",
         .date = "2026-11-23"},
        {.type = definition_type,
         .create_status = 201,
         .update_status = 201,
         .delete_answers_body = true,
         .state_at = "",
         .tracked = false,
         .validate = validate_definition,
         .before_delete = definition_in_use,
         .view = view_definition,
         .source = "api-versions and permissions in the REST reference, read 2026-11-23",
         .date = "2026-11-23"},
        {.type = lock_type,
         .create_status = 201,
         .update_status = 200,
         .state_at = "",
         .tracked = false,
         .source = "api-versions and permissions in the REST reference, read 2026-11-23",
         .date = "2026-11-23"},
    };
    static Provider const provider{.name = "Microsoft.Authorization", .registered_at_first = true, .types = types};
    return provider;
}

// ------------------------------------------------------------------------------------------------ lists

Said list_role_assignments(Request const& request, ResourceId const& scope) {
    if (auto refused = check_api_version(request, assignment_type)) return tl::unexpected(*refused);
    if (auto refused = check_permission(request, "Microsoft.Authorization/roleAssignments/read", scope))
        return tl::unexpected(*refused);
    if (auto refused = check_above(request, scope)) return tl::unexpected(*refused);
    auto const filter = request.asked.asked_for("$filter");
    auto principal = filtered_by(filter, "principalId");
    if (principal.empty()) principal = filtered_by(filter, "assignedTo");
    bool const at_scope = base::lower(filter).find("atscope()") != std::string::npos;
    json::Array all;
    for (auto const* assignment : request.work.of_type(assignment_type)) {
        auto const at = assignment->id.parent();
        if (!at) continue;
        bool const above = scope.is_within(*at), below = at->is_within(scope);
        if (!(above || (below && !at_scope))) continue;
        if (!principal.empty() && !base::same_text(text(assignment->body, "properties.principalId"), principal))
            continue;
        all.push_back(request.work.shown(*assignment));
    }
    return paged(request, std::move(all));
}

Said list_role_definitions(Request const& request, ResourceId const& scope) {
    if (auto refused = check_api_version(request, definition_type)) return tl::unexpected(*refused);
    if (auto refused = check_permission(request, "Microsoft.Authorization/roleDefinitions/read", scope))
        return tl::unexpected(*refused);
    auto const filter = request.asked.asked_for("$filter");
    auto const name = filtered_by(filter, "roleName"), kind = filtered_by(filter, "type");
    json::Array all;
    if (kind.empty() || base::same_text(kind, "BuiltInRole")) {
        for (auto const& role : shapes::roles()) {
            if (name.empty() || base::same_text(role.name, name))
                all.push_back(built_in(request.store(), role, request.subscription()));
        }
    }
    for (auto const* role : request.work.of_type(definition_type)) {
        if (!kind.empty() && !base::same_text(kind, "CustomRole")) break;
        if (name.empty() || base::same_text(text(role->body, "properties.roleName"), name))
            all.push_back(request.work.shown(*role));
    }
    return paged(request, std::move(all));
}

Said role_definition(Request const& request, ResourceId const& id) {
    auto const* role = base::is_guid(id.name()) ? shapes::find_role(id.name()) : nullptr;
    if (!role || request.asked.method != "GET") {
        auto const type = std::string(definition_type);
        if (request.asked.method == "PUT") return put(request, id, type);
        if (request.asked.method == "DELETE") return erase(request, id, type);
        if (request.asked.method != "GET") return tl::unexpected(method_not_allowed(request));
        for (auto const* custom : request.work.of_type(definition_type)) {
            if (base::same_text(custom->id.name(), id.name()))
                return Answer{.status = 200, .body = request.work.shown(*custom), .headers = {}};
        }
        auto missing =
            error(404, "RoleDefinitionDoesNotExist",
                  "The specified role definition with id '" + undashed(std::string(id.name())) + "' does not exist.");
        return tl::unexpected(std::move(missing));
    }
    if (auto refused = check_api_version(request, definition_type)) return tl::unexpected(*refused);
    return Answer{.status = 200, .body = built_in(request.store(), *role, request.subscription()), .headers = {}};
}

Said list_locks(Request const& request, ResourceId const& scope) {
    if (auto refused = check_api_version(request, lock_type)) return tl::unexpected(*refused);
    if (auto refused = check_permission(request, "Microsoft.Authorization/locks/read", scope))
        return tl::unexpected(*refused);
    bool const at_scope = base::lower(request.asked.asked_for("$filter")).find("atscope()") != std::string::npos;
    json::Array all;
    for (auto const* lock : request.work.of_type(lock_type)) {
        auto const at = lock->id.parent();
        if (!at) continue;
        if (scope.is_within(*at) || (at->is_within(scope) && !at_scope)) all.push_back(request.work.shown(*lock));
    }
    return paged(request, std::move(all));
}

Said list_permissions(Request const& request, ResourceId const& scope) {
    if (auto refused = check_api_version(request, permissions_type)) return tl::unexpected(*refused);
    json::Array all;
    for (auto const& permission : permissions_at(request.store(), request.work.caller().object_id, scope))
        all.push_back(permission_body(permission));
    return paged(request, std::move(all));
}

}  // namespace holdfast::simulator::arm
