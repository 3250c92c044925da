// What is written down about the cluster and its vaults, and where it goes.

#include "estate/draft.hpp"

namespace holdfast::estate {
namespace {

json::Array logs_of(std::vector<std::string> const& categories, char const* as) {
    json::Array logs;
    for (auto const& category : categories) {
        json::Object log;
        log[as] = category;
        log["enabled"] = true;
        logs.emplace_back(std::move(log));
    }
    return logs;
}

void diagnostics(Draft& draft) {
    auto const& spec = draft.spec;
    if (!spec.truth("operations.diagnostics.on")) return;
    Resource& cluster = draft.ours("diagnostics/cluster", "cluster");
    draft.put(cluster, "properties.workspaceId", draft.id("workspace").text(), "operations.workspace");
    draft.put_because(cluster, "properties.logAnalyticsDestinationType", "Dedicated",
                      "a table a category: cheaper to keep and to ask than the one table of old");
    draft.put(cluster, "properties.logs", logs_of(spec.texts("operations.diagnostics.categories"), "category"),
              "operations.diagnostics.categories");

    // Who used which key when is the first question after an incident.
    for (auto const* word : {"disk", "etcd"}) {
        Address const vault = std::string("vault/") + word;
        if (!draft.is_ours(vault)) continue;
        Resource& setting = draft.ours(std::string("diagnostics/vault-") + word, vault);
        draft.put(setting, "properties.workspaceId", draft.id("workspace").text(), "operations.workspace");
        draft.put_because(setting, "properties.logs", logs_of({"audit"}, "categoryGroup"),
                          "every use of a key is written down");
    }
}

/// Container insights with the cluster's own identity: a rule says what is collected, an association says from whom.
void container_insights(Draft& draft) {
    if (!draft.spec.truth("operations.containerInsights") || !draft.has("workspace")) return;
    std::string const key = "operations.containerInsights";
    Resource& rule = draft.ours("monitoring/rule", "group");
    json::Array streams;
    streams.emplace_back("Microsoft-ContainerInsights-Group-Default");
    json::Object extension;
    extension["name"] = "ContainerInsightsExtension";
    extension["extensionName"] = "ContainerInsights";
    extension["streams"] = streams;
    json::Array extensions;
    extensions.emplace_back(std::move(extension));
    draft.put(rule, "properties.dataSources.extensions", std::move(extensions), key);
    json::Object destination;
    destination["name"] = "workspace";
    destination["workspaceResourceId"] = draft.id("workspace").text();
    json::Array destinations;
    destinations.emplace_back(std::move(destination));
    draft.put(rule, "properties.destinations.logAnalytics", std::move(destinations), "operations.workspace");
    json::Object flow;
    flow["streams"] = std::move(streams);
    flow["destinations"] = json::Array{json::Value("workspace")};
    json::Array flows;
    flows.emplace_back(std::move(flow));
    draft.put(rule, "properties.dataFlows", std::move(flows), key);

    Resource& association = draft.ours("monitoring/association", "cluster");
    draft.put(association, "properties.dataCollectionRuleId", draft.id("monitoring/rule").text(), key);
    draft.put_because(association, "properties.description", "holdfast:" + draft.spec.name(), "marks it as ours");
}

}  // namespace

void design_monitoring(Draft& draft) {
    diagnostics(draft);
    container_insights(draft);
}

}  // namespace holdfast::estate
