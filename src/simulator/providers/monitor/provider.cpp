/// Microsoft.Monitor: Azure Monitor workspaces, where managed Prometheus keeps its metrics.
#include "simulator/providers/providers.hpp"
#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers {
namespace {

constexpr std::string_view account_type = "Microsoft.Monitor/accounts";

void accepted_account(Context& context, Stored& stored, Stored const* before) {
    auto const old = before ? text(before->body, "properties.accountId") : std::string();
    json::put(stored.body, "properties.accountId",
              json::Value(old.empty() ? context.guid("account " + stored.id.key()) : old));
    fill(stored.body, "properties.publicNetworkAccess", "Enabled");
    auto const region = resource::normal_location(text(stored.body, "location"));
    json::put(stored.body, "properties.metrics.prometheusQueryEndpoint",
              json::Value("https://" + base::lower(stored.id.name()) + "-" +
                          text(stored.body, "properties.accountId").substr(0, 4) + "." + region +
                          ".prometheus.monitor.azsim.test"));
}

constexpr arm::ResourceBehaviour types[] = {
    {.type = account_type,
     .create_status = 200,  // done when it answers: az goes on at once with what names it
     .erase = arm::Lro::async_and_location,
     .destroy = {5, 20, 60, "estimate"},
     .patch = arm::PatchStyle::merge,
     .creating = "Creating",
     .lock = arm::WriteLock::itself,
     .operation_path = "providers/Microsoft.Monitor/locations/{location}/operationStatuses/{id}",
     .etag_at = "etag",
     .validate = ordinary,
     .accepted = accepted_account,
     .source = "Azure Monitor REST reference (accounts); az 2.91 does not wait for it",
     .date = "2026-11-24"},
};
constexpr arm::Provider provider{.name = "Microsoft.Monitor", .types = types};

}  // namespace

arm::Provider const& microsoft_monitor() { return provider; }

}  // namespace holdfast::simulator::providers
