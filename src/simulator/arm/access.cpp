#include "simulator/arm/access.hpp"

#include <algorithm>

namespace holdfast::simulator::arm {
namespace {

std::vector<std::string> lines(std::string_view text) {
    auto out = base::split(text, '\n');
    std::erase_if(out, [](std::string const& line) { return line.empty(); });
    return out;
}

std::vector<std::string> texts(json::Value const& object, char const* key) {
    std::vector<std::string> out;
    for (auto const& item : json::list_at(object, key)) {
        if (auto const* text = item.if_string()) out.emplace_back(*text);
    }
    return out;
}

std::string last_segment(std::string_view id) { return std::string(id.substr(id.rfind('/') + 1)); }

bool any_covers(std::vector<std::string> const& patterns, std::string_view action) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](std::string const& pattern) { return shapes::action_matches(pattern, action); });
}

Stored const* custom_role(Store const& store, std::string_view guid) {
    for (auto const* role : store.of_type("Microsoft.Authorization/roleDefinitions")) {
        if (base::same_text(role->id.name(), guid)) return role;
    }
    return nullptr;
}

bool in_effect(Stored const& assignment, Time now) {
    return json::whole_at(assignment.hidden, effective_at).value_or(0) <= now.time_since_epoch().count();
}

/// An assignment's id is that of its scope with its own name behind.
bool reaches(Stored const& assignment, ResourceId const& scope) {
    std::string_view const key = assignment.id.key(), below = scope.key();
    auto const at = key.substr(0, key.rfind("/providers/"));
    return !at.empty() && below.starts_with(at) && (below.size() == at.size() || below[at.size()] == '/');
}

/// Calls `visit(assignment)` for every assignment of the principal, or of a group it is in, that reaches the scope,
/// until it says stop.
template <typename Visit>
bool any_assignment(Store const& store, std::string_view principal, ResourceId const& scope, When when, Visit visit) {
    for (auto const& holder : store.holders_of(principal)) {
        for (auto const* assignment : store.assignments_of(holder)) {
            if (!reaches(*assignment, scope)) continue;
            if (when == When::now && !in_effect(*assignment, store.now())) continue;
            if (visit(*assignment)) return true;
        }
    }
    return false;
}

std::string role_of(Stored const& assignment) {
    return last_segment(json::text_at(assignment.body, "properties.roleDefinitionId").value_or(""));
}

json::Array array_of(std::vector<std::string> const& texts) { return json::Array(texts.begin(), texts.end()); }

}  // namespace

bool covers(Permission const& permission, std::string_view action, Plane plane) {
    return plane == Plane::data
               ? any_covers(permission.data_actions, action) && !any_covers(permission.not_data_actions, action)
               : any_covers(permission.actions, action) && !any_covers(permission.not_actions, action);
}

json::Value to_json(DenyAssignment const& deny) {
    return json::Object{{"id", deny.id},
                        {"name", deny.name},
                        {"owner", deny.owner},
                        {"actions", array_of(deny.permission.actions)},
                        {"notActions", array_of(deny.permission.not_actions)},
                        {"excludedPrincipals", array_of(deny.excluded_principals)},
                        {"reachesChildren", deny.reaches_children}};
}

std::optional<DenyAssignment> deny_assignment_of(Stored const& stored) {
    auto const* kept = json::find(stored.hidden, denied_by);
    if (!kept) return std::nullopt;
    auto const text = [&](char const* key) { return std::string(json::text_at(*kept, key).value_or("")); };
    return DenyAssignment{.id = text("id"),
                          .name = text("name"),
                          .owner = text("owner"),
                          .permission = {texts(*kept, "actions"), texts(*kept, "notActions"), {}, {}},
                          .excluded_principals = texts(*kept, "excludedPrincipals"),
                          .reaches_children = json::truth_at(*kept, "reachesChildren").value_or(false)};
}

std::vector<Permission> permissions_of_role(Store const& store, std::string_view guid) {
    if (auto const* role = shapes::find_role(guid)) {
        return {
            {lines(role->actions), lines(role->not_actions), lines(role->data_actions), lines(role->not_data_actions)}};
    }
    std::vector<Permission> permissions;
    if (auto const* role = custom_role(store, guid)) {
        for (auto const& entry : json::list_at(role->body, "properties.permissions")) {
            permissions.push_back({texts(entry, "actions"), texts(entry, "notActions"), texts(entry, "dataActions"),
                                   texts(entry, "notDataActions")});
        }
    }
    return permissions;
}

bool role_exists(Store const& store, std::string_view guid) {
    return base::is_guid(guid) && (shapes::find_role(guid) || custom_role(store, guid));
}

bool permits(Store const& store, std::string_view principal, std::string_view action, ResourceId const& scope,
             Plane plane, When when) {
    return any_assignment(store, principal, scope, when, [&](Stored const& assignment) {
        auto const guid = role_of(assignment);
        if (auto const* role = shapes::find_role(guid))
            return plane == Plane::data ? shapes::permits_data(*role, action) : shapes::permits(*role, action);
        auto const permissions = permissions_of_role(store, guid);
        return std::any_of(permissions.begin(), permissions.end(),
                           [&](Permission const& permission) { return covers(permission, action, plane); });
    });
}

std::vector<Permission> permissions_at(Store const& store, std::string_view principal, ResourceId const& scope) {
    std::vector<Permission> all;
    any_assignment(store, principal, scope, When::now, [&](Stored const& assignment) {
        auto permissions = permissions_of_role(store, role_of(assignment));
        all.insert(all.end(), permissions.begin(), permissions.end());
        return false;
    });
    return all;
}

}  // namespace holdfast::simulator::arm
