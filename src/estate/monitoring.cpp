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

json::Array list_of(json::Object object) {
    json::Array list;
    list.emplace_back(std::move(object));
    return list;
}
json::Array list_of(char const* text) {
    json::Array list;
    list.emplace_back(text);
    return list;
}

void associate(Draft& draft, Address const& address, Address const& rule, std::string const& key) {
    Resource& association = draft.ours(address, "cluster");
    draft.put(association, "properties.dataCollectionRuleId", draft.id(rule).text(), key);
    draft.put_because(association, "properties.description", "holdfast:" + draft.spec.name(), "marks it as ours");
}

/// Container insights with the cluster's own identity: a rule says what is collected, an association says from whom.
void container_insights(Draft& draft) {
    if (!draft.spec.truth("operations.containerInsights") || !draft.has("workspace")) return;
    std::string const key = "operations.containerInsights";
    constexpr char const* kStream = "Microsoft-ContainerInsights-Group-Default";
    Resource& rule = draft.ours("monitoring/rule", "group");
    json::Object extension;
    extension["name"] = "ContainerInsightsExtension";
    extension["extensionName"] = "ContainerInsights";
    extension["streams"] = list_of(kStream);
    draft.put(rule, "properties.dataSources.extensions", list_of(std::move(extension)), key);
    json::Object destination;
    destination["name"] = "workspace";
    destination["workspaceResourceId"] = draft.id("workspace").text();
    draft.put(rule, "properties.destinations.logAnalytics", list_of(std::move(destination)), "operations.workspace");
    json::Object flow;
    flow["streams"] = list_of(kStream);
    flow["destinations"] = list_of("workspace");
    draft.put(rule, "properties.dataFlows", list_of(std::move(flow)), key);
    associate(draft, "monitoring/association", "monitoring/rule", key);
}

/// Managed Prometheus: without a rule and an association the agent would run and its metrics go nowhere.
void metrics(Draft& draft) {
    if (!draft.spec.truth("operations.metrics")) return;
    std::string const key = "operations.metrics";
    constexpr char const* kStream = "Microsoft-PrometheusMetrics";
    draft.ours("monitoring/metrics", "group");
    Resource& endpoint = draft.ours("monitoring/metrics-endpoint", "group");
    draft.put_because(endpoint, "kind", "Linux", "the agent runs on Linux nodes");
    draft.put_because(endpoint, "properties.networkAcls.publicNetworkAccess", "Enabled",
                      "nodes send their metrics by the way out that the spec names");
    Resource& rule = draft.ours("monitoring/metrics-rule", "group");
    draft.put_because(rule, "kind", "Linux", "the agent runs on Linux nodes");
    draft.put(rule, "properties.dataCollectionEndpointId", draft.id("monitoring/metrics-endpoint").text(), key);
    json::Object source;
    source["name"] = "prometheus";
    source["streams"] = list_of(kStream);
    draft.put(rule, "properties.dataSources.prometheusForwarder", list_of(std::move(source)), key);
    json::Object destination;
    destination["name"] = "metrics";
    destination["accountResourceId"] = draft.id("monitoring/metrics").text();
    draft.put(rule, "properties.destinations.monitoringAccounts", list_of(std::move(destination)), key);
    json::Object flow;
    flow["streams"] = list_of(kStream);
    flow["destinations"] = list_of("metrics");
    draft.put(rule, "properties.dataFlows", list_of(std::move(flow)), key);
    associate(draft, "monitoring/metrics-association", "monitoring/metrics-rule", key);
}

}  // namespace

void design_monitoring(Draft& draft) {
    diagnostics(draft);
    container_insights(draft);
    metrics(draft);
}

}  // namespace holdfast::estate
