/// Microsoft.Insights: where logs go.
#include <algorithm>
#include <array>

#include "simulator/providers/providers.hpp"
#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers {
namespace {

constexpr std::string_view setting_type = "Microsoft.Insights/diagnosticSettings";
constexpr std::size_t most_settings = 5;  // per resource; Azure Monitor documentation

struct Categories {
    std::string_view type, logs;
};
/// What can be logged. Source: Azure Monitor supported log categories (2026-11).
constexpr Categories categories[] = {
    {"Microsoft.ContainerService/managedClusters",
     "kube-apiserver kube-audit kube-audit-admin kube-controller-manager kube-scheduler cluster-autoscaler "
     "cloud-controller-manager guard csi-azuredisk-controller "
     "csi-azurefile-controller csi-snapshot-controller fleet-member-agent fleet-member-net-controller-manager "
     "fleet-mcs-controller-manager"},
    {"Microsoft.KeyVault/vaults", "AuditEvent AzurePolicyEvaluationDetails"},
    {"Microsoft.ContainerRegistry/registries", "ContainerRegistryRepositoryEvents ContainerRegistryLoginEvents"},
    {"Microsoft.Network/azureFirewalls",
     "AzureFirewallApplicationRule AzureFirewallNetworkRule AzureFirewallDnsProxy AZFWNetworkRule AZFWApplicationRule "
     "AZFWNatRule AZFWThreatIntel AZFWIdpsSignature AZFWDnsQuery "
     "AZFWFqdnResolveFailure AZFWFatFlow AZFWFlowTrace AZFWApplicationRuleAggregation AZFWNetworkRuleAggregation "
     "AZFWNatRuleAggregation"},
    {"Microsoft.Network/networkSecurityGroups", "NetworkSecurityGroupEvent NetworkSecurityGroupRuleCounter"},
};

Refusal validate_setting(Context& context, Write const& write) {
    if (auto no = name_allowed(setting_type, write.id.name())) return no;
    auto const target = write.id.parent();
    auto const type = target ? target->type() : std::string();
    auto const& body = write.desired;
    bool const somewhere = !text(body, "properties.workspaceId").empty() ||
                           !text(body, "properties.storageAccountId").empty() ||
                           !text(body, "properties.eventHubAuthorizationRuleId").empty() ||
                           !text(body, "properties.marketplacePartnerId").empty();
    if (!somewhere) return arm::error(400, "BadRequest", "A diagnostic setting needs a destination.", "properties");
    auto const& logs = json::list_at(body, "properties.logs");
    auto const& metrics = json::list_at(body, "properties.metrics");
    if (logs.empty() && metrics.empty())
        return arm::error(400, "BadRequest", "A diagnostic setting needs logs or metrics.", "properties");
    auto const* known = std::ranges::find(categories, std::string_view(type), &Categories::type);
    std::vector<std::string> seen;
    for (auto const& log : logs) {
        auto const category = text(log, "category"), group = text(log, "categoryGroup");
        if (category.empty() == group.empty())
            return arm::error(400, "BadRequest", "A log of a diagnostic setting names a category or a category group.",
                              "properties.logs");
        if (!group.empty() && !base::same_text(group, "audit") && !base::same_text(group, "allLogs"))
            return arm::error(400, "BadRequest", "Category group '" + group + "' is not supported.", "properties.logs");
        if (!category.empty() && known != std::end(categories)) {
            auto const words = base::split(known->logs, ' ');
            if (std::ranges::none_of(words, [&](auto const& one) { return base::same_text(one, category); }))
                return arm::error(400, "BadRequest", "Category '" + category + "' is not supported.",
                                  "properties.logs");
        }
        auto const key = base::lower(category + "/" + group);
        if (std::ranges::find(seen, key) != seen.end())
            return arm::error(400, "BadRequest", "Category '" + category + group + "' is given twice.",
                              "properties.logs");
        seen.push_back(key);
    }
    if (!target) return {};
    auto const siblings = context.children(*target, setting_type);
    if (!write.existing && siblings.size() >= most_settings)
        return arm::error(
            409, "Conflict",
            "Resource " + target->text() + " already has " + std::to_string(most_settings) + " diagnostic settings.");
    // Two settings must not send the same category to the same place.
    for (auto const* sibling : siblings) {
        if (sibling->id == write.id ||
            !base::same_text(text(sibling->body, "properties.workspaceId"), text(body, "properties.workspaceId")))
            continue;
        for (auto const& theirs : json::list_at(sibling->body, "properties.logs"))
            for (auto const& ours : logs)
                if (truth(theirs, "enabled") && truth(ours, "enabled") && !text(ours, "category").empty() &&
                    base::same_text(text(theirs, "category"), text(ours, "category")))
                    return arm::error(409, "Conflict",
                                      "Data sink '" + text(body, "properties.workspaceId") +
                                          "' is already used in diagnostic setting '" +
                                          std::string(sibling->id.name()) + "' for category '" +
                                          text(ours, "category") +
                                          "'. Data sinks can't be reused in "
                                          "different settings on the same category for the same resource.");
    }
    return {};
}

void accepted_setting(Context&, Stored& stored, Stored const*) {
    for (auto const* list : {"properties.logs", "properties.metrics"}) {
        fill(stored.body, list, json::Array{});
        for (auto& one : json::find(stored.body, list)->as_array())
            fill(one, "retentionPolicy", json::Object{{"enabled", false}, {"days", 0}});
    }
}

Refusal validate_rule(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    auto const& body = write.desired;
    std::vector<std::string> destinations;
    for (auto const& kind : json::object_at(body, "properties.destinations"))
        if (auto const* list = kind.value().if_array())
            for (auto const& one : *list) destinations.push_back(text(one, "name"));
    for (auto const& flow : json::list_at(body, "properties.dataFlows")) {
        if (strings(flow, "streams").empty())
            return arm::error(400, "InvalidPayload", "A data flow needs streams.", "properties.dataFlows");
        for (auto const& name : strings(flow, "destinations"))
            if (std::ranges::find(destinations, name) == destinations.end())
                return arm::error(400, "InvalidPayload",
                                  "Data flow destination '" + name + "' is not among the rule's destinations.",
                                  "properties.dataFlows");
    }
    return {};
}

void accepted_rule(Context& context, Stored& stored, Stored const* before) {
    auto const old = before ? text(before->body, "properties.immutableId") : std::string();
    auto fresh = context.guid("rule " + stored.id.key());
    std::erase(fresh, '-');
    json::put(stored.body, "properties.immutableId", json::Value(old.empty() ? "dcr-" + fresh : old));
    json::put(stored.body, "properties.provisioningState", "Succeeded");
}

void accepted_endpoint(Context& context, Stored& stored, Stored const* before) {
    auto const region = resource::normal_location(text(stored.body, "location"));
    auto const old = before ? text(before->body, "properties.immutableId") : std::string();
    auto fresh = context.guid("endpoint " + stored.id.key());
    std::erase(fresh, '-');
    json::put(stored.body, "properties.immutableId", json::Value(old.empty() ? "dce-" + fresh : old));
    json::put(stored.body, "properties.provisioningState", "Succeeded");
    auto const host = base::lower(stored.id.name()) + "." + region + "-1";
    json::put(stored.body, "properties.configurationAccess.endpoint",
              json::Value("https://" + host + ".handler.control.monitor.azsim.test"));
    json::put(stored.body, "properties.logsIngestion.endpoint",
              json::Value("https://" + host + ".ingest.monitor.azsim.test"));
    json::put(stored.body, "properties.metricsIngestion.endpoint",
              json::Value("https://" + host + ".metrics.ingest.monitor.azsim.test"));
    fill(stored.body, "properties.networkAcls.publicNetworkAccess", "Enabled");
}

Refusal validate_association(Context&, Write const& write) {
    bool const rule = says(write.desired, "properties.dataCollectionRuleId"),
               endpoint = says(write.desired, "properties.dataCollectionEndpointId");
    if (rule == endpoint)
        return arm::error(400, "InvalidPayload", "An association names either a data collection rule or an endpoint.",
                          "properties");
    if (endpoint && write.id.name() != "configurationAccessEndpoint")
        return arm::error(400, "InvalidPayload",
                          "The association with an endpoint must be named configurationAccessEndpoint.", "name");
    return {};
}

constexpr arm::Link setting_links[] = {
    {.at = "properties.workspaceId", .action = "Microsoft.OperationalInsights/workspaces/sharedKeys/action"}};
constexpr arm::Link rule_links[] = {
    {.at = "properties.destinations.logAnalytics[].workspaceResourceId",
     .action = "Microsoft.OperationalInsights/workspaces/read"},
    {.at = "properties.destinations.monitoringAccounts[].accountResourceId",
     .action = "Microsoft.Monitor/accounts/read"},
    {.at = "properties.dataCollectionEndpointId", .action = "Microsoft.Insights/dataCollectionEndpoints/read"},
};
constexpr arm::Link association_links[] = {
    {.at = "properties.dataCollectionEndpointId", .action = "Microsoft.Insights/dataCollectionEndpoints/read"},

    {.at = "properties.dataCollectionRuleId", .action = "Microsoft.Insights/dataCollectionRules/read"}};

constexpr arm::ResourceBehaviour types[] = {
    {.type = setting_type,
     .create_status = 200,
     .state_at = {},
     .tracked = false,
     .links = setting_links,
     .validate = validate_setting,
     .accepted = accepted_setting,
     .source = "Azure Monitor REST reference (diagnosticSettings); az insists on 200 (experiment)",
     .date = "2026-11-23"},
    {.type = "Microsoft.Insights/dataCollectionRules",
     .patch = arm::PatchStyle::merge,
     .etag_at = "etag",
     .links = rule_links,
     .validate = validate_rule,
     .accepted = accepted_rule,
     .before_delete = refuse_in_use,
     .source = "Azure Monitor REST reference (data collection rules)",
     .date = "2026-11-24"},
    {.type = "Microsoft.Insights/dataCollectionEndpoints",
     .patch = arm::PatchStyle::merge,
     .etag_at = "etag",
     .validate = ordinary,
     .accepted = accepted_endpoint,
     .before_delete = refuse_in_use,
     .source = "Azure Monitor REST reference (data collection endpoints)",
     .date = "2026-11-24"},
    {.type = "Microsoft.Insights/dataCollectionRuleAssociations",
     .state_at = {},
     .etag_at = "etag",
     .tracked = false,
     .links = association_links,
     .validate = validate_association,
     .source = "Azure Monitor REST reference (data collection rule associations)",
     .date = "2026-11-24"},
};
constexpr arm::Provider provider{.name = "Microsoft.Insights", .types = types};

}  // namespace

arm::Provider const& microsoft_insights() { return provider; }

}  // namespace holdfast::simulator::providers
