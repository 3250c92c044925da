/// Run command, and what operators do to a cluster beside writing it: new credentials, breaking an operation off.
#include <fmt/format.h>

#include <algorithm>

#include "simulator/arm/operations.hpp"
#include "simulator/providers/containerservice/hooks.hpp"

namespace holdfast::simulator::providers::containerservice {
namespace {

constexpr std::size_t most_kept = 20;  // results of earlier commands

/// What a cluster without Kubernetes inside can say: its nodes, read off its pools.
struct Said {
    int exit_code;
    std::string logs;
};
Said nodes(Context& context, Stored const& cluster) {
    std::string logs = fmt::format("{:<40} {:<8} {:<8} {:<6} {}\n", "NAME", "STATUS", "ROLES", "AGE", "VERSION");
    for (auto const* pool : context.children(cluster.id, pool_type)) {
        auto const age = std::chrono::duration_cast<std::chrono::minutes>(context.now() - pool->created).count();
        for (auto const& name : nodes_of(cluster, *pool)) {
            logs += fmt::format("{:<40} {:<8} {:<8} {:<6} v{}\n", name, "Ready", "<none>", fmt::format("{}m", age),
                                text(pool->body, "properties.currentOrchestratorVersion"));
        }
    }
    return {0, logs};
}
Said run(Context& context, Stored const& cluster, std::string_view command) {
    auto words = base::split(base::trimmed(command), ' ');
    std::erase(words, "");
    auto const is = [&](std::size_t at, std::string_view word) { return at < words.size() && words[at] == word; };
    if (is(0, "kubectl") && is(1, "get") && (is(2, "nodes") || is(2, "node") || is(2, "no")) && words.size() == 3)
        return nodes(context, cluster);
    if (is(0, "kubectl") && is(1, "version"))
        return {0, "Server Version: v" + text(cluster.body, "properties.currentKubernetesVersion") + "\n"};
    return {1, "The simulated Azure has no Kubernetes inside: it answers 'kubectl get nodes' and 'kubectl version'.\n"};
}

json::Path command_at(std::string_view id) { return json::Path("commands").child(std::string(id)); }

arm::Reply run_command(Context& context, Stored& cluster, arm::Call const& call) {
    if (text(cluster.body, "properties.powerState.code") == "Stopped")
        return refuse(400, "OperationNotAllowed", "The managed cluster is stopped: start it before running commands.");
    if (truth(cluster.body, "properties.apiServerAccessProfile.disableRunCommand"))
        return refuse(400, "RunCommandDisabled", "Run command is disabled for this cluster (disableRunCommand).");
    auto const command = call.body.is_object() ? text(call.body, "command") : std::string();
    if (command.empty()) return invalid("The command is missing.", "command");
    if (truth(cluster.body, "properties.aadProfile.managed") && text(call.body, "clusterToken").empty())
        return refuse(400, "AuthTokenMissing", "The cluster signs in with Entra: clusterToken is missing.",
                      "clusterToken");
    auto const id = context.guid("run command " + cluster.id.key());
    auto const seconds = context.draw({2, 5, 20, "estimate"}, "COMMAND " + cluster.id.key());
    auto const done = context.now() + base::Duration{static_cast<std::int64_t>(seconds * 1000)};
    auto const said = run(context, cluster, command);
    auto kept = json::object_at(cluster.hidden, "commands");
    while (kept.size() >= most_kept) kept.erase(kept.begin());
    kept[id] = json::Object{{"started", context.now().time_since_epoch().count()},
                            {"finished", done.time_since_epoch().count()},
                            {"exitCode", said.exit_code},
                            {"logs", said.logs}};
    json::put(cluster.hidden, "commands", std::move(kept));
    auto const version = call.query.contains("api-version") ? call.query.at("api-version") : std::string("2026-05-01");
    return arm::Answer{
        .status = 202,
        .body = {},
        .headers = {{"Location", call.origin + cluster.id.text() + "/commandResults/" + id + "?api-version=" + version},
                    {"Retry-After", "1"}}};
}

arm::Reply command_result(Context& context, Stored& cluster, arm::Call const& call) {
    auto const& id = call.parameters.at("id");
    auto const* kept = json::find(cluster.hidden, command_at(id));
    if (!kept) return refuse(404, "NotFound", "There is no command '" + id + "', or it ended too long ago.");
    auto const moment = [&](char const* key) { return Time{Duration{json::whole_at(*kept, key).value_or(0)}}; };
    if (context.now() < moment("finished")) {
        auto const version = call.query.contains("api-version") ? call.query.at("api-version") : std::string();
        return arm::Answer{
            .status = 202,
            .body = json::Object{{"id", id}, {"properties", json::Object{{"provisioningState", "Running"}}}},
            .headers = {
                {"Location", call.origin + cluster.id.text() + "/commandResults/" + id + "?api-version=" + version},
                {"Retry-After", "1"}}};
    }
    return arm::Answer{
        .status = 200,
        .body = json::Object{{"id", id},
                             {"properties", json::Object{{"provisioningState", "Succeeded"},
                                                         {"exitCode", json::whole_at(*kept, "exitCode").value_or(1)},
                                                         {"startedAt", base::to_string(moment("started"))},
                                                         {"finishedAt", base::to_string(moment("finished"))},
                                                         {"logs", text(*kept, "logs")}}}},
        .headers = {}};
}

arm::Reply reset_service_principal(Context& context, Stored& cluster, arm::Call const& call) {
    if (base::same_text(text(cluster.body, "properties.servicePrincipalProfile.clientId"), "msi"))
        return refuse(400, "BadRequest", "Updating service principal profile is not allowed on MSI cluster.");
    auto const client = call.body.is_object() ? text(call.body, "clientId") : std::string();
    if (!context.principal(client))
        return refuse(
            400, "ServicePrincipalNotFound",
            "The service principal with client id " + client + " was not found in tenant " + context.tenant() + ".",
            "servicePrincipalProfile");
    if (text(call.body, "secret").empty())
        return refuse(400, "ServicePrincipalValidationClientError", "The service principal's secret is missing.",
                      "secret");
    return arm::Started{.takes = {120, 300, 900, "estimate"},
                        .function = "aks.principal",
                        .payload = json::Object{{"clientId", client}},
                        .state = "Updating",
                        .final_status = 204};
}

arm::Reply abort_operation(Context& context, Stored& cluster, arm::Call const&) {
    auto& store = arm::own(context).core().store;
    if (auto const* running = arm::running_on(store, cluster.id)) {
        auto broken_off = *running;
        broken_off.status = "Canceled";
        broken_off.ends = context.now();
        store.put(std::move(broken_off));
        arm::set_state(cluster, "Canceled");
    }
    return arm::Started{.takes = {1, 3, 10, "estimate"},
                        .function = "aks.rotated",  // nothing more comes of it
                        .payload = json::Object{},
                        .state = {},
                        .final_status = 204};
}

constexpr arm::Action actions[] = {
    {"runCommand", "POST", "Microsoft.ContainerService/managedClusters/runCommand/action", run_command},
    {"commandResults/{id}", "GET", "Microsoft.ContainerService/managedClusters/commandResults/read", command_result},
    {"resetServicePrincipalProfile", "POST",
     "Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action", reset_service_principal, true},
    {"abort", "POST", "Microsoft.ContainerService/managedClusters/abort/action", abort_operation},
};

}  // namespace

std::vector<std::string> nodes_of(Stored const& cluster, Stored const& pool) {
    std::vector<std::string> names;
    if (text(pool.body, "properties.powerState.code") == "Stopped") return names;
    bool const windows = base::same_text(text(pool.body, "properties.osType"), "Windows");
    auto const number = text(cluster.hidden, "number");  // as in the scale set's name
    auto const count = json::whole_at(pool.body, "properties.count").value_or(0);
    for (std::int64_t i = 0; i < std::min<std::int64_t>(count, 1000); ++i)
        names.push_back(windows ? fmt::format("aks{}{:06}", pool.id.name(), i)
                                : fmt::format("aks-{}-{}-vmss{:06}", pool.id.name(),
                                              number.empty() ? mark_of(cluster) : number, i));
    return names;
}

std::span<arm::Action const> operator_actions() { return actions; }

void principal_due(Context& context, std::string const& id, json::Value const& payload) {
    auto const parsed = ResourceId::parse(id);
    auto* cluster = parsed ? context.edit(*parsed) : nullptr;
    if (cluster)
        json::put(cluster->body, "properties.servicePrincipalProfile.clientId", json::Value(text(payload, "clientId")));
}

}  // namespace holdfast::simulator::providers::containerservice
