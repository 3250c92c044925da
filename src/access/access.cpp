/// Who can get in: every role in view, what each means to the cluster, and the ways that need no role inside.
#include "access/access.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "access/paths.hpp"

namespace holdfast::access {
namespace {

using resource::Graph;
using resource::Resource;

struct WayRow {
    std::string_view role, name;
    Level level;
    std::string_view meaning;
    std::string_view source, date;
};
constexpr WayRow way_rows[] = {
#include "ways.inc"
};

struct Principal {
    std::string name, kind;
    bool human = true;
};

/// The identity behind an assignment, where it is one of the graph; else the object id as it stands.
Principal principal_of(Graph const& graph, Resource const& assignment) {
    auto const kind = resource::read_text(assignment, at::principal_kind).value_or("");
    if (auto const* output = resource::read_output(assignment, at::principal)) return {output->address, kind, false};
    auto const id = resource::read_text(assignment, at::principal);
    if (!id) return {"unknown", kind, true};
    for (auto const* identity : graph.of_type(type::identity)) {
        auto const principal = resource::read_text(*identity, at::identity_principal);
        if (principal && base::same_text(*principal, *id)) return {identity->address, kind, false};
    }
    return {*id, kind, true};
}

/// Where a role holds, in words, and whether the cluster lies there.
struct Scope {
    std::string words;
    bool covers_cluster = false;
};

Scope scope_of(Graph const& graph, Resource const& assignment, std::vector<Resource const*> const& clusters) {
    std::optional<resource::ResourceId> id;
    if (assignment.id) id = assignment.id->parent();
    if (!id)
        if (auto const text = resource::read_text(assignment, at::scope)) {
            auto const parsed = resource::ResourceId::parse(*text);
            if (parsed) id = *parsed;
        }
    Resource const* target = assignment.parent ? graph.find(*assignment.parent) : nullptr;
    if (!id && target) id = target->id;
    if (!target && id) target = graph.find(*id);
    Scope scope;
    scope.words = target ? target->address : id ? id->text() : assignment.parent.value_or("unknown scope");
    if (!id) return scope;
    for (auto const* cluster : clusters) {
        if (!cluster->id) continue;
        if (cluster->id->is_within(*id)) scope.covers_cluster = true;
        // A namespace is a scope below the cluster that is no resource of its own.
        if (id->is_within(*cluster->id) && !(*id == *cluster->id)) {
            scope.covers_cluster = true;
            auto const rest = std::string_view(id->text()).substr(cluster->id->text().size());
            auto const parts = base::split(rest.starts_with('/') ? rest.substr(1) : rest, '/');
            if (parts.size() == 2 && base::same_text(parts[0], "namespaces"))
                scope.words = fmt::format("{} / namespace {}", cluster->address, parts[1]);
        }
    }
    return scope;
}

shapes::Role const* role_of(Resource const& assignment, std::string& guid) {
    auto const definition = resource::read_text(assignment, at::role);
    if (!definition) return nullptr;
    auto const slash = definition->rfind('/');
    guid = base::lower(slash == std::string::npos ? *definition : definition->substr(slash + 1));
    return shapes::find_role(guid);
}

struct ClusterDoors {
    bool local_accounts, run_command, entra, azure_rbac;
    std::vector<std::string> admin_groups;
};
ClusterDoors doors_of(Resource const& cluster) {
    return {.local_accounts = !resource::read_truth(cluster, at::local_accounts_off).value_or(false),
            .run_command = !resource::read_truth(cluster, at::run_command_off).value_or(false),
            .entra = resource::read_truth(cluster, at::entra).value_or(false),
            .azure_rbac = resource::read_truth(cluster, at::azure_rbac).value_or(false),
            .admin_groups = resource::read_texts(cluster, at::admin_groups)};
}

void roles(Graph const& graph, std::vector<Resource const*> const& clusters, Paths& paths) {
    bool const local_accounts =
        std::ranges::any_of(clusters, [](auto const* c) { return doors_of(*c).local_accounts; });
    bool const run_commands = std::ranges::any_of(clusters, [](auto const* c) { return doors_of(*c).run_command; });
    for (auto const* assignment : graph.of_type(type::role_assignment)) {
        if (auto const why = resource::unreadable(graph, *assignment)) {
            paths.unknowns.push_back(fmt::format("{}: {}", assignment->address, *why));
            paths.role_list_complete = false;
            continue;
        }
        std::string guid;
        auto const* role = role_of(*assignment, guid);
        auto const row = std::ranges::find(way_rows, guid, &WayRow::role);
        bool const described = row != std::end(way_rows);
        if (!role && !described) {
            paths.unknowns.push_back(fmt::format("{} gives role {}, which is not a built-in role we know",
                                                 assignment->address, guid.empty() ? "(none)" : guid));
            paths.role_list_complete = false;
        }
        auto const principal = principal_of(graph, *assignment);
        auto const scope = scope_of(graph, *assignment, clusters);
        Way way{.principal = principal.name,
                .principal_type = principal.kind,
                .role = role        ? std::string(role->name)
                        : described ? std::string(row->name)
                                    : guid,
                .scope = scope.words,
                .level = described                                             ? row->level
                         : role && shapes::permits_data(*role, inside_cluster) ? Level::kubernetes_api
                                                                               : Level::azure_resource,
                .meaning = described ? std::string(row->meaning) : "see the role's definition",
                .human = principal.human,
                .from = assignment->address};
        way.broad = role && (shapes::permits(*role, give_roles) || shapes::permits(*role, delete_group));
        paths.ways.push_back(way);
        if (!role || !scope.covers_cluster || way.level != Level::azure_resource) continue;
        // Azure rights that open the Kubernetes API, whatever is said inside it.
        auto const also = [&](std::string meaning) {
            Way through = way;
            through.level = Level::kubernetes_api;
            through.meaning = std::move(meaning);
            paths.ways.push_back(std::move(through));
        };
        if (local_accounts && shapes::permits(*role, fetch_admin_credential))
            also("may fetch the cluster-admin credential: local accounts are on");
        if (run_commands && shapes::permits(*role, run_command))
            also("may run commands as cluster admin: run command is on");
    }
}

}  // namespace

std::string_view name(Level level) { return level == Level::azure_resource ? "Azure resource" : "Kubernetes API"; }

Paths paths(Graph const& graph) {
    Paths paths;
    std::vector<Resource const*> readable;
    for (auto const* cluster : graph.of_type(type::cluster)) {
        if (auto const why = resource::unreadable(graph, *cluster))
            paths.unknowns.push_back(fmt::format("{}: {}", cluster->address, *why));
        else readable.push_back(cluster);
    }
    if (readable.empty() && paths.unknowns.empty()) paths.unknowns.emplace_back("no cluster was found");

    for (auto const* cluster : readable) {
        auto const doors = doors_of(*cluster);
        std::string words = doors.entra ? "Entra ID" : "certificates only";
        if (doors.entra) words += doors.azure_rbac ? ", rights by Azure roles" : ", rights by Kubernetes roles";
        words += doors.local_accounts ? "; local accounts on" : "; local accounts off";
        words += doors.run_command ? "; run command on" : "; run command off";
        paths.sign_in += (paths.sign_in.empty() ? "" : " | ") + words;
        for (auto const& group : doors.admin_groups)
            paths.ways.push_back({.principal = group,
                                  .principal_type = "Group",
                                  .role = "cluster-admin",
                                  .scope = cluster->address,
                                  .level = Level::kubernetes_api,
                                  .meaning = "admin group of the cluster: may do everything inside it",
                                  .human = true,
                                  .from = cluster->address});
        if (doors.entra && !doors.azure_rbac)
            paths.unknowns.push_back(fmt::format(
                "{}: who has Kubernetes roles is decided by manifests that are not read here", cluster->address));
    }
    roles(graph, readable, paths);
    for (auto const& unread : graph.unread) {
        auto const id = resource::ResourceId::parse(unread.what);
        auto const* node = graph.find(unread.what);
        bool const a_role = node ? base::same_text(node->type, type::role_assignment)
                                 : unread.what.find("roleAssignments") != std::string::npos;
        if (!a_role || node) continue;
        paths.role_list_complete = false;
        paths.unknowns.push_back(fmt::format("{}: {}", unread.what, unread.because));
    }
    std::ranges::sort(paths.ways, {}, [](Way const& way) {
        return std::tuple(way.level == Level::azure_resource, !way.human, way.principal, way.role, way.scope,
                          way.meaning);
    });
    return paths;
}

}  // namespace holdfast::access
